"""Frame to glass: how fast and how late the page draws, what gaitweb and the browser take of a core, what ten browsers and a stalled one cost.

Reports only; GAIT_TIER=full, since it takes minutes."""
import json
import os
import subprocess
import sys
import threading
import time

import test_page
import web
from web import lab

SECONDS = float(os.environ.get("GAIT_GLASS_S", "20"))
STALL_S = float(os.environ.get("GAIT_STALL_S", "30"))
TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """Of a process and all below it."""
    total = 0
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total = (int(fields[11]) + int(fields[12])) / TICK
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                total += sum(cpu_s(int(child)) for child in children.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return total


def glass(server, modules, chromium):
    env = dict(os.environ, CHROMIUM=chromium, MODULES=modules, ADDRESS=f"{server.origin}/?token={server.token}", SECONDS=str(SECONDS))
    driver = subprocess.Popen(["node", os.path.join(test_page.HERE, "glass.mjs")], env=env, stdout=subprocess.PIPE, text=True, preexec_fn=lab.die_with_parent)
    assert json.loads(driver.stdout.readline())["measuring"]
    before = time.monotonic(), cpu_s(server.process.pid), cpu_s(driver.pid)
    time.sleep(SECONDS * .9)
    wall = time.monotonic() - before[0]
    server_pct, browser_pct = 100 * (cpu_s(server.process.pid) - before[1]) / wall, 100 * (cpu_s(driver.pid) - before[2]) / wall
    seen = json.loads(driver.stdout.readline())
    assert driver.wait(lab.ENOUGH_S) == 0 and not seen["elsewhere"], seen
    return dict(seen, server_pct=server_pct, browser_pct=browser_pct)


class Reader(threading.Thread):
    """A browser that reads everything, or nothing."""

    def __init__(self, server, mat):
        super().__init__(daemon=True)
        self.socket = web.Socket(server, server.log_in())
        self.socket.send(json.dumps({"watch": mat}))
        self.frames = self.missed = 0
        self.start()

    def run(self):
        try:
            while True:
                kind, _, _ = self.socket.next()
                self.frames += kind == "frame"
                self.missed += kind == "missed"
        except (EOFError, OSError):
            pass


def many(gaitd, server):
    """Ten that read, beside one that does not: frames of each a second before and with it, memory before and after."""
    readers = [Reader(server, "mat-1") for _ in range(10)]

    def rate(seconds):
        before = [r.frames for r in readers]
        began, cpu = time.monotonic(), cpu_s(server.process.pid)
        time.sleep(seconds)
        wall = time.monotonic() - began
        return min((r.frames - b) / wall for r, b in zip(readers, before)), 100 * (cpu_s(server.process.pid) - cpu) / wall
    time.sleep(1)
    alone, cpu_alone = rate(STALL_S / 6)
    memory = web.rss_MB(server.process.pid)
    stalled = web.Socket(server, server.log_in(), small=True)
    stalled.send(json.dumps({"watch": "mat-1"}))
    beside, _ = rate(STALL_S)
    after = web.rss_MB(server.process.pid)
    sent = gaitd.mat()["rate_hz"] / 2
    assert not any(r.missed for r in readers), "a browser that reads missed something"
    assert after - memory < 4, f"a browser that does not read costs memory: {memory:.1f} MB became {after:.1f} MB"
    kind = None
    while kind != "status":
        kind = stalled.next()[0]
    return {"slowest_per_s": alone, "beside_stalled_per_s": beside, "sent_per_s": sent, "cpu_pct": cpu_alone, "memory_MB": memory, "after_MB": after}


def main():
    if os.environ.get("GAIT_TIER") != "full":
        lab.skip("skipped: minutes of measuring, GAIT_TIER=full only")
    chromium, modules = test_page.need_browser()
    for rows, cols in ((96, 88), (720, 240)):
        walker = {"walker": f"seed=1,rows={rows},cols={cols},pitch=5,rate=100,mass=70", "speed": 1, "free_run": True}
        with lab.Lab(source=walker) as gaitd, web.Web(gaitd.run_folder) as server:
            gaitd.until(lambda: gaitd.mat()["frames"] > 100, "frames come")
            g = glass(server, modules, chromium)
            print(f"RESULT glass {rows}x{cols} at 100 Hz: {g['drawn_per_s']:.1f} pictures/s of {g['came_per_s']:.1f} frames/s that came; frame complete to drawn "
                  f"p50 {g['p50_ms']:.1f} ms, p99 {g['p99_ms']:.1f} ms ({g['n']}); gaitweb {g['server_pct']:.1f} %, browser {g['browser_pct']:.0f} % of a core; "
                  f"page {g['load_bytes']} bytes, first frame {g['first_ms']:.0f} ms after a cold start of loading", flush=True)
            m = many(gaitd, server)
            print(f"RESULT ten browsers {rows}x{cols}: slowest {m['slowest_per_s']:.1f} of {m['sent_per_s']:.1f} frames/s, gaitweb {m['cpu_pct']:.1f} % of a core, {m['memory_MB']:.1f} MB; "
                  f"beside one that is stalled {STALL_S:.0f} s {m['beside_stalled_per_s']:.1f} frames/s, {m['after_MB']:.1f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
