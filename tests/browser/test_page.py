"""The page in Chromium against a gaitd with a walker: a visit driven through the page, and the numbers on it against those of the stream."""
import json
import os
import shutil
import statistics
import subprocess
import sys

import web
from web import lab

HERE = os.path.dirname(os.path.abspath(__file__))
SHOTS = os.path.join(os.environ["GAIT_BUILD_DIR"], "screenshots")
WALKER = "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70"
MATS = [{"id": "mat-1", "source": {"walker": WALKER, "speed": 4}},
        {"id": "free", "source": {"walker": WALKER + ",lead_s=2", "speed": 1.5, "free_run": True}},  # streams all the time, as a mat does
        {"id": "gone", "source": {"usb": True}}]  # was never plugged in
PROTOCOL = """version: 1
name: before-after
title: a visit of a test
design: single_group
mat_mode: multi
treated: both
index_foot: both
passes: 5
min_steps: 5
oil_removed: false
arms:
  - {name: massage, technique: effleurage, dose_min: 10}
timepoints:
  - {name: pre1, kind: pre}
  - {name: post0, kind: post}
conditions:
  - {name: barefoot}
primary:
  - {metric: heel31_impulse_Ns, foot: both, direction: either}
"""


def need_browser():
    for program in ("node", "npm"):
        if not shutil.which(program):
            lab.skip(f"{program} is not installed")
    chromium = shutil.which("chromium")
    if not chromium:
        lab.skip("chromium is not installed")
    modules = os.path.join(os.environ["GAIT_BUILD_DIR"], "browser")
    if not os.path.isdir(os.path.join(modules, "node_modules/playwright-core")):
        os.makedirs(modules, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, name), modules)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=modules, capture_output=True, text=True, check=False)
        if done.returncode:
            lab.skip(f"npm ci could not fetch playwright-core and axe-core: {done.stderr.strip().splitlines()[-1:]}")
    return chromium, modules


def in_stream(subscriber, trials):
    """The footfalls of mat-1 in the stream until that many of its trials have ended."""
    got, ended = [], 0
    while ended < trials:
        message = subscriber.next()
        if message["topic"] == "footfall/mat-1/":
            got.append(message)
        ended += message["topic"] == "trial/mat-1/" and message["state"] == "ended"
    return got


def check_before(rows, footfalls):
    """Means, SD and number of each foot and timepoint, worked out again from the stream; in three trials of mat-1 ... of 5 each."""
    timepoint = {trial: "pre1" if i < 5 else "post0" for i, trial in enumerate(sorted({f["trial"] for f in footfalls}))}
    digits = {"Heel impulse": ("heel31_impulse_Ns", .05), "Heel peak": ("heel31_peak_kPa", .5), "Midfoot": ("mid_share_pct", .05), "Stance": ("stance_s", .0005)}
    checked = 0
    for row in rows:
        name, half = next((v for k, v in digits.items() if row[0].startswith(k)), (None, None))
        for k, (side, point) in enumerate((s, t) for s in ("left", "right") for t in ("pre1", "post0")):
            values = [f["metrics"][name] for f in footfalls if f["valid"] and f["side"] == side and timepoint[f["trial"]] == point and f["metrics"][name] is not None] if name else []
            if values:
                mean, _, sd, n = row[1 + k + k // 2].replace("(", "").replace(")", "").split()
                assert abs(float(mean) - statistics.mean(values)) <= half * 1.001 and abs(float(sd) - statistics.stdev(values)) <= half * 1.001, (row, side, point)
                assert int(n) == len(values), (row, side, point)
                checked += 1
    assert checked >= 12, rows


def check_table(rows, footfalls):
    """Each number on the page is the stream's, rounded."""
    assert len(rows) == len(footfalls), (len(rows), len(footfalls))
    for cells, f in zip(reversed(rows), footfalls):
        x = f["metrics"]
        assert cells[:2] == [str(f["trial"]), str(f["footfall"])], (cells, f["trial"], f["footfall"])
        assert cells[2] == {"left": "Left", "right": "Right", "unknown": "Side unknown"}[f["side"]], (cells, f["side"])
        assert cells[3].endswith("yes" if f["valid"] else "no"), cells
        for cell, name, half in ((4, "stance_s", .0005), (6, "heel31_impulse_Ns", .005), (7, "ho_pct", .05), (8, "mid_share_pct", .05), (9, "peak_kPa", .5)):
            if x[name] is None:
                assert cells[cell] == "-", (cells, name)
            else:
                assert abs(float(cells[cell]) - x[name]) <= half * 1.001, (cells, name, x[name])
        if x["heel31_force_max_pctBW"] is not None:
            assert abs(float(cells[5].split()[0]) - x["heel31_force_max_pctBW"]) <= .0501 and cells[5].endswith("%BW"), cells
        assert f["valid"] or cells[10].strip(), f"no reason is given: {cells}"


def drive(gaitd, env):
    """Runs the driver and does what it asks for; returns what it saw."""
    driver = subprocess.Popen(["node", os.path.join(HERE, "page.mjs")], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=lab.die_with_parent)
    seen = None
    for line in driver.stdout:
        said = json.loads(line)
        if "do" in said:
            {"stop": gaitd.stop, "start": gaitd.start}[said["do"]]()
            driver.stdin.write("done\n")
            driver.stdin.flush()
        else:
            seen = said
    assert driver.wait(lab.ENOUGH_S) == 0 and seen, "page.mjs failed"
    return seen


def protocol_of(gaitd):
    """A protocol beside gaitd.yaml, where this daemon knows protocols."""
    if not os.path.isdir(os.path.join(os.environ["GAIT_SOURCE_DIR"], "config/protocols")):
        return ""
    folder = os.path.join(gaitd.folder, "protocols")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "before-after.yaml"), "w", encoding="utf-8") as out:
        out.write(PROTOCOL)
    return "before-after"


def main():
    chromium, modules = need_browser()
    os.makedirs(SHOTS, exist_ok=True)
    with lab.Lab(mats=MATS) as gaitd, web.Web(gaitd.run_folder, "--operate") as server:
        subscriber = gaitd.subscribe("footfall/", "trial/")
        env = dict(os.environ, CHROMIUM=chromium, MODULES=modules, ORIGIN=server.origin, TOKEN=server.token, SHOTS=SHOTS, GAITD=str(gaitd.daemon.pid),
                   PROTOCOL=protocol_of(gaitd))
        seen = drive(gaitd, env)
        footfalls = in_stream(subscriber, 10)
        check_table(seen["rows"], footfalls)
        check_before(seen["before"], footfalls)
        after = sorted({f["trial"] for f in footfalls})[5:]
        for side in ("left", "right"):
            valid = sum(f["valid"] and f["side"] == side and f["trial"] in after for f in footfalls)
            assert seen[side] == str(valid), (side, seen[side], valid)
        assert any(f["valid"] for f in footfalls), "the walker left no valid footfall: this test shows nothing"
        assert len(seen["trials"]) == 12 and sum("discarded" in t for t in seen["trials"]) == 2, seen["trials"]
        assert "heel31_impulse_Ns" in seen["verdict"], seen["verdict"]
        print(f"{len(footfalls)} footfalls on the page as in the stream; page {seen['page_bytes']} bytes; first frame after {seen['first_frame_ms']} ms; "
              f"{seen['axe']} rules of axe hold")


if __name__ == "__main__":
    sys.exit(main())
