"""A service that a lab leaves running: a mat at full rate is recorded trial after trial, three subscribers listen (one counts, `gait record` stores, one is too slow), and in
every turn something goes wrong. Afterwards each frame of each session file is the walker's, what is missing is what its mat dropped, to the frame; every subscriber's holes
are told; memory and descriptors stand where they stood after the first third.

In the gate a minute of 96x88 cells at 500 Hz; with GAIT_TIER=full an hour of it and ten minutes of 720x240 at 100 Hz, a fault a minute. GAIT_SOAK_SECONDS sets the
recorded seconds of each (at least every fault comes once), GAIT_SOAK_TURN those between two faults, GAIT_SOAK_MATS picks one (96x88). Seconds are the mat's.

Memory is compared as the median over the second and the last third of the run, and may rise by FLAT_MIB; of descriptors the least that were open in either."""
import concurrent.futures
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, Refused, skip  # noqa: E402
import flood  # noqa: E402
import zmq  # noqa: E402

try:
    import soak_truth
except ImportError:
    skip("python3-h5py is not installed")

FULL = os.environ.get("GAIT_TIER") == "full"
TURN_S = float(os.environ.get("GAIT_SOAK_TURN", 60 if FULL else 4))  # ten of them, with what their faults take, are the gate's minute
TURNS_A_SESSION = 10
FLAT_MIB, FLAT_FDS = 16, 2
PATIENCE_S = 1800 if FULL else 500  # a hang fails; nothing is timed
#       name       walker                                                             Hz  seconds            messages that wait for a slow one
MATS = (("96x88", "seed=4,rows=96,cols=88,pitch=10,rate=500,drop_from=600,drop_count=3", 500, 3600 if FULL else 60, 1000),
        ("720x240", "seed=4,rows=720,cols=240,pitch=5,rate=100,drop_from=150,drop_count=2", 100, 600 if FULL else 0, 50))
YAML = """version: 1
mats: [{id: mat-1, source: {walker: "%s", speed: 1, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0.5}
stream: {high_water_mark: %d}
"""


def learn(walker):
    """A round of the walk, played by itself."""
    with Gaitd(WALKER % (walker, 0)) as d:
        d.ask("session open", subject="S01")
        d.ask("trial start")
        d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed", "the seal", PATIENCE_S)
        return soak_truth.learn(d.ask("status")["session"]["trials"][0]["path"])


class Reader:
    """One of tests/lib/soak_subscriber.py."""

    def __init__(self, d, how):
        script = os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib/soak_subscriber.py")
        self.process = subprocess.Popen([sys.executable, script, f"ipc://{d.run}/view/stream", how], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "reading\n"

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        return json.loads(out.splitlines()[-1])


class Keeper:
    """gait record, a turn long: an hour of it would be 60 GB."""

    def __init__(self, run):
        self.folder = os.path.join(run.elsewhere, f"kept-{run.turns}")
        self.process = subprocess.Popen([os.path.join(BIN, "gait"), "--json", "--socket", run.d.run, "record", self.folder], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        assert "ready" in self.process.stdout.readline()

    def end(self, run):
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        told = json.loads(out.splitlines()[-1])["mats"][0]
        assert self.process.returncode == 6 or told["lost"] + told["lost_device"] + told["lost_ring"] + told["skipped"] == 0, told
        run.verdicts.append((self.folder, told, run.pool.submit(soak_truth.judge_kept, told["path"], run.walk)))


class Run:
    def __init__(self, d, mat, walk, elsewhere, pool):
        self.name, _, self.rate, self.seconds, _ = mat
        self.d, self.walk, self.elsewhere, self.pool = d, walk, elsewhere, pool
        self.counts, self.samples, self.turns, self.recorded, self.journals = {}, [], 0, 0, 0
        self.dice = random.Random(5)
        self.verdicts, self.told, self.between = [], [], []
        with open(d.config, encoding="utf-8") as f:
            self.yaml = f.read()

    def add(self, **counts):
        for name, n in counts.items():
            self.counts[name] = self.counts.get(name, 0) + n

    # --- looking ---------------------------------------------------------------------------------------------------------

    def look(self):
        """What an operator's page asks for twice a second; and what the process uses."""
        status = self.d.ask("status")
        pid = self.d.process.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024
        self.samples.append((rss, len(os.listdir(f"/proc/{pid}/fd"))))
        return status["mats"][0]

    def wait_frames(self, n, done=lambda mat: True):
        """n frames more of the trial, and until done()."""
        end, first = time.monotonic() + PATIENCE_S, self.look()["frames"]
        while True:
            mat = self.look()
            if mat["frames"] >= first + n and done(mat):
                return mat
            assert time.monotonic() < end and mat["state"] in ("recording", "starting", "stopping"), (mat, self.d.said())
            time.sleep(0.25)

    def threads(self):
        """CPU seconds by the thread's name."""
        used, ticks = {}, os.sysconf("SC_CLK_TCK")
        task = f"/proc/{self.d.process.pid}/task"
        for tid in os.listdir(task):
            with open(f"{task}/{tid}/stat", encoding="ascii") as f:
                name, _, rest = f.read().partition("(")[2].rpartition(") ")
            fields = rest.split()
            used[name] = used.get(name, 0) + (int(fields[11]) + int(fields[12])) / ticks
        return used

    # --- trials ----------------------------------------------------------------------------------------------------------

    def start(self):
        trial = self.d.ask("trial start")["trials"][0]
        try:
            self.d.ask("trial start")
            raise AssertionError("a second trial started on the same mat")
        except Refused as e:
            assert e.code == "trial-running", e
        return trial

    def stop(self):
        """By two operators at once."""
        answers = []
        ask = [os.path.join(BIN, "gait"), "--json", "--socket", self.d.run, "trial", "stop"]
        both = [subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
        for one in both:
            out, _ = one.communicate(timeout=PATIENCE_S)
            answers += json.loads(out.splitlines()[-1])["trials"] if one.returncode in (0, 6) and out.strip() else []
        assert answers, "neither could stop the trial"
        ended = answers[0]
        assert ended["why"] == "stop" and ended["lost_ring"] == 0, ended
        self.told.append(ended)
        self.recorded += ended["frames"]

    def close(self):
        self.d.number += 1
        ask = str(self.d.number)
        self.d.requests.send_json({"v": "1.0", "client": self.d.client, "id": ask, "verb": "session close", "args": {}})
        reply = self.d.reply(ask, 1000 * PATIENCE_S)
        assert reply["ok"] and reply["result"]["unlisted"] == [], (reply, self.d.said())
        path = reply["result"]["path"]
        self.verdicts.append((os.path.dirname(path), list(self.told), self.pool.submit(soak_truth.judge_session, path, self.walk)))
        self.told.clear()

    def judge(self, wait):
        """What has been read whole is deleted; at most one waits for it."""
        while self.verdicts and (wait or len(self.verdicts) > 1 or self.verdicts[0][2].done()):
            path, told, verdict = self.verdicts.pop(0)
            found = verdict.result(PATIENCE_S)
            if isinstance(told, list):
                self.judged(told, list(found.values()))
            else:
                frames, missing = found
                assert told["files"] == 1 and frames == told["frames"] > 0 and missing == told["lost"] + told["skipped"] + told["lost_ring"], (told, found)
                self.add(kept=frames, kept_missing=missing)
            shutil.rmtree(path)

    def judged(self, told, found):
        assert [t["frames"] for t in told] == [f["frames"] for f in found], (told, found)
        assert sum(t["lost_device"] for t in told) >= sum(f["dropped"] for f in found) > 0, (told, found)
        self.between += [b["first"] - a["last"] - 1 for a, b in zip(found, found[1:])]
        self.add(trials=len(found), **{n: sum(f[n] for f in found) for n in ("frames", "gaps", "dropped", "footfalls", "parts")})

    # --- what goes wrong -------------------------------------------------------------------------------------------------

    def subscriber_killed(self):
        self.reader.kill()
        self.wait_frames(self.rate // 2)
        self.reader = Reader(self.d, "reads")

    def subscriber_stopped(self):
        self.keeper.process.send_signal(signal.SIGSTOP)
        self.wait_frames(self.rate * min(10, int(TURN_S / 3)))
        self.keeper.process.send_signal(signal.SIGCONT)

    def journal_removed(self):
        """Its trial goes on in another file."""
        old = self.look()["trial"]["journal"]
        os.unlink(old)
        self.wait_frames(1, lambda mat: mat["trial"] and mat["trial"]["journal"] != old)
        self.journals += 1

    def reconfigured(self):
        """SIGHUP: something that changes at once (a second path where none can be), something that waits, then mistakes, then all as it was."""
        for text, word in ((self.yaml.replace("floor_min: 0", f"floor_min: 0, second_path: {self.d.config}/none").replace("mark: ", "mark: 1"), "stream.high_water_mark belongs"),
                           ("version: 1\nmats: 7\n", "holds mistakes"), (self.yaml, "recording.second_path is changed")):
            n = self.d.said().count(word)
            with open(self.d.config, "w", encoding="utf-8") as f:
                f.write(text)
            self.d.process.send_signal(signal.SIGHUP)
            self.d.wait_for(lambda word=word, n=n: self.d.said().count(word) > n, word, PATIENCE_S)

    def malformed(self):
        sockets = []
        for place in ("control/control", "view/query"):
            s = self.d.context.socket(zmq.DEALER)
            s.linger = 0
            s.connect(f"ipc://{self.d.run}/{place}")
            sockets.append(s)
        refused = self.d.ask("status")["control"]["refused"]
        for i in range(400):
            parts = [self.dice.randbytes(self.dice.choice((0, 1, 5, 64, 300, 5000))) for _ in range(self.dice.randint(1, 5))]
            if not sockets[i % 2].poll(1000, zmq.POLLOUT):
                break
            sockets[i % 2].send_multipart(parts)
        self.d.wait_for(lambda: self.d.ask("status")["control"]["refused"] > refused, "refused messages", PATIENCE_S)
        for s in sockets:
            s.close()

    def asked_too_much(self):
        """Two thousand requests whose answers nobody reads."""
        s = self.d.context.socket(zmq.DEALER)
        s.linger = 0
        s.connect(f"ipc://{self.d.run}/control/control")
        for i in range(2000):
            if not s.poll(1000, zmq.POLLOUT):
                break
            s.send_json({"v": "1.0", "client": f"flood-{self.turns}", "id": str(i), "verb": "status"})
        self.d.ask("mark", text="still here")
        s.close()

    def clients_die(self):
        """In the middle of a word, and right behind it."""
        text = json.dumps({"v": "1.0", "client": f"dying-{self.turns}", "id": "1", "verb": "status"}).encode()
        for cut in range(0, 30):
            s = flood.connect(f"ipc://{self.d.run}/control/control")
            flood.shake_hands(s, "DEALER")
            s.sendall(flood.frame(text)[:len(text) + 2 - 2 * cut])
            s.close()
        self.d.ask("mark", text="still here")

    def subscriptions(self):
        """A thousand that are known to nobody, then a hang-up."""
        s = flood.connect(f"ipc://{self.d.run}/view/stream")
        flood.shake_hands(s, "SUB")
        s.sendall(b"".join(flood.frame(b"\x01" + f"frame/{i:040d}/".encode()) for i in range(1000)))
        self.wait_frames(self.rate // 4)
        s.close()

    def publisher_held(self):
        """Until it is half a ring behind: it passes frames over, and what the mat lost among them is told all the same."""
        task = f"/proc/{self.d.process.pid}/task"
        tid = next(t for t in os.listdir(task) if open(f"{task}/{t}/comm", encoding="ascii").read() == "publisher\n")
        script = os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib/stall_thread.py")
        holder = subprocess.Popen([sys.executable, script, tid], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if holder.stdout.readline() == "held\n":
            skipped = self.wait_frames(1, lambda mat: mat["ring"]["lag"]["publisher"] > mat["ring"]["depth_frames"] / 2 + 1)["skipped"]
            holder.kill()
            self.wait_frames(1, lambda mat: mat["skipped"] > skipped)
            self.add(held=1)
        holder.communicate()

    def sealer_killed(self):
        """Stopped, the sealer killed when it has begun, started again at once: it is tried again."""
        self.stop()
        pid, end = None, time.monotonic() + PATIENCE_S
        while not pid and self.d.ask("status")["session"]["trials"][-1]["state"] != "sealed":
            assert time.monotonic() < end, "no sealer"
            with open(f"/proc/{self.d.process.pid}/task/{self.d.process.pid}/children", encoding="ascii") as f:
                pid = next(map(int, f.read().split()), None)
        if pid:
            os.kill(pid, signal.SIGKILL)
            self.add(sealers_killed=1)
        self.start()

    FAULTS = (subscriber_stopped, subscriber_killed, publisher_held, malformed, reconfigured, journal_removed, asked_too_much, sealer_killed, clients_die,
              subscriptions)

    # --- all of it -------------------------------------------------------------------------------------------------------

    def turn(self):
        fault = self.FAULTS[self.turns % len(self.FAULTS)]
        third = int(self.rate * TURN_S / 3)
        self.keeper = Keeper(self)
        self.start()
        self.wait_frames(third)
        fault(self)
        self.add(faults=1)
        self.wait_frames(2 * third)
        self.stop()
        self.keeper.end(self)
        self.judge(False)
        self.turns += 1
        print(f"{time.strftime('%H:%M:%S')} {self.name} turn {self.turns}, {fault.__name__}: {self.recorded} frames, {self.samples[-1][0]:.1f} MiB, "
              f"{self.samples[-1][1]} descriptors", flush=True)

    def go(self):
        self.reader, slow = Reader(self.d, "reads"), Reader(self.d, "slow")
        began, used = time.monotonic(), self.threads()
        while self.recorded < self.seconds * self.rate or self.turns < len(self.FAULTS):
            if self.turns % TURNS_A_SESSION == 0:
                if self.turns:
                    self.close()
                self.d.ask("session open", subject=f"S{self.turns // TURNS_A_SESSION + 1:02d}", mass_kg=70)
            self.turn()
        wall, now = time.monotonic() - began, self.threads()
        self.close()
        self.judge(True)
        self.tell(wall, {n: now[n] - used.get(n, 0) for n in now}, self.reader.end(), slow.end())

    def tell(self, wall, cpu, reads, slow):
        c, third = self.counts, len(self.samples) // 3
        rss = [statistics.median(s[0] for s in self.samples[k * third:(k + 1) * third]) for k in (1, 2)]
        fds = [min(s[1] for s in self.samples[k * third:(k + 1) * third]) for k in (1, 2)]
        print(f"RESULT soak {self.name} at {self.rate} Hz: {c['frames']} frames ({c['frames'] / self.rate:.0f} s) in {c['trials']} trials and {c['parts']} journals over "
              f"{wall:.0f} s, {c['faults']} faults ({self.journals} journals removed, {c.get('sealers_killed', 0)} sealers killed, {c.get('held', 0)} times the publisher held); the mat dropped {c['dropped']} in {c['gaps']} "
              f"gaps, all told, nothing else is missing; every count is the walker's; {c['footfalls']} footfalls")
        print(f"RESULT soak {self.name}: a subscriber took {reads['frames']} frames, {reads['skipped']} were skipped, {reads['lost']} messages lost; gait record kept {c['kept']}, {c['kept_missing']} "
              f"told missing; a slow one took {slow['frames']} and lost {slow['lost']}; {reads['unexplained'] + slow['unexplained']} holes unexplained")
        print(f"RESULT soak {self.name}: memory {rss[0]:.1f} MiB in the second third, {rss[1]:.1f} in the last, {max(s[0] for s in self.samples):.1f} at most; descriptors "
              f"{fds[0]} and {fds[1]}; between two trials at most {max(self.between, default=0)} frames are in neither")
        print(f"RESULT soak {self.name}: CPU in percent of a core: " + ", ".join(f"{n} {100 * s / wall:.2f}" for n, s in sorted(cpu.items(), key=lambda x: -x[1])))
        assert reads["unexplained"] == slow["unexplained"] == 0 and slow["lost"] > 0 and reads["frames"] > 0
        assert c["parts"] == c["trials"] + self.journals, c
        assert rss[1] - rss[0] < FLAT_MIB, f"memory rose from {rss[0]:.1f} to {rss[1]:.1f} MiB"
        assert fds[1] - fds[0] <= FLAT_FDS, f"descriptors rose from {fds[0]} to {fds[1]}"


def soak(mat, pool):
    name, walker, _, seconds, waiting = mat
    walk = learn(walker)
    room = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 12 << 30 else None  # the second machine has a disk of its own
    elsewhere = tempfile.mkdtemp(prefix="gait-soak-", dir=room)
    try:
        with Gaitd(YAML % (walker, waiting)) as d:
            print(f"{name}: {seconds} s, a round of the walk is {walk[0]} frames", flush=True)
            Run(d, mat, walk, elsewhere, pool).go()
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


def main():
    only, seconds = os.environ.get("GAIT_SOAK_MATS"), os.environ.get("GAIT_SOAK_SECONDS")
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for mat in MATS:
            mat = (*mat[:3], int(seconds) if seconds and (mat[3] or only) else mat[3], mat[4])
            if mat[3] and only in (None, mat[0]):
                soak(mat, pool)


if __name__ == "__main__":
    main()
