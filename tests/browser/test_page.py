"""The page in Chromium against a gaitd with walkers and a mat on an emulated bus: a visit driven through the page, the numbers on it against those of the
stream; cables pulled and programs ended; a blind visit, a mat of one footfall; every control of the page used."""
import json
import os
import shutil
import signal
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
        {"id": "long", "source": {"walker": "seed=1,rows=800,cols=40,pitch=10,rate=50,mass=70", "speed": 4}},  # five steps a foot in one pass
        {"id": "plate", "source": {"walker": "seed=1,rows=64,cols=64,pitch=5,rate=100,mass=70", "speed": 4}},  # room for one foot
        {"id": "gone", "source": {"usb": True}}]  # was never plugged in
BED = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "usb_bed")
PRELOAD = os.environ.get("GAIT_UMOCKDEV_PRELOAD", "")
PLUGGED = "W1=seed=1,rows=150,cols=40,pitch=10,rate=50,mass=70"
COMMON = """version: 1
title: a visit of a test
conditions: [{name: barefoot}]
"""
PROTOCOLS = {"before-after": """
design: single_group
mat_mode: multi
treated: both
index_foot: both
passes: 5
min_steps: 5
oil_removed: false
arms: [{name: massage, technique: effleurage, dose_min: 10}]
timepoints: [{name: pre1, kind: pre}, {name: post0, kind: post}]
primary: [{metric: heel31_impulse_Ns, foot: both, direction: either}]
""", "blind": """
design: parallel
blind: true
oil_removed: true
passes: 1
min_steps: 5
arms:
  - {name: kneading, technique: deep strokes, dose_min: 10}
  - {name: dummytouch, technique: light strokes, dose_min: 10}
allocation: {blocks: [4]}
timepoints: [{name: beforehand, kind: pre}, {name: afterwards, kind: post}]
primary: [{metric: heel31_impulse_Ns}]
""", "single": """
design: single_group
mat_mode: single
passes: 6
arms: [{name: massage, technique: effleurage, dose_min: 10}]
timepoints: [{name: pre1, kind: pre}, {name: post0, kind: post}]
primary: [{metric: heel31_impulse_Ns}]
"""}


class OnBed(lab.Lab):
    """A gaitd on an emulated bus, where there is one: W1 can be pulled."""

    on_bed = bool(PRELOAD) and os.path.exists(BED)

    def command(self, text=None):
        return [BED, PLUGGED, "--", *super().command(text)] if self.on_bed else super().command(text)

    def start(self, **how):
        if self.on_bed:
            how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": dict(self.env, LD_PRELOAD=PRELOAD)}
        return super().start(**how)

    def bed(self, line):
        self.daemon.stdin.write(line + "\n")
        self.daemon.stdin.flush()
        answer = self.daemon.stdout.readline()
        assert answer == "done\n", answer

    def signal(self, number):
        pid = self.daemon.pid
        if self.on_bed:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                pid = int(children.read().split()[0])
        os.kill(pid, number)


class Servers:
    """The gaitweb beside a daemon, which can be ended and begun again at the same port."""

    def __init__(self, run_folder):
        self.run_folder = run_folder
        self.now = web.Web(run_folder, "--operate")

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.now.__exit__(*why)

    def stop(self):
        self.now.__exit__(None, None, None)

    def start(self):
        self.now = web.Web(self.run_folder, "--operate", "--listen", self.now.host)
        return self.now.token

    def signal(self, number):
        self.now.process.send_signal(number)


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


def drive(script, actions, **variables):
    """Runs a driver and does what it asks for; returns what it saw. actions: word -> function, whose answer (or "done") is given back."""
    driver = subprocess.Popen(["node", os.path.join(HERE, script)], env=dict(os.environ, SHOTS=SHOTS, PAGE=web.PAGE, **variables), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, preexec_fn=lab.die_with_parent)
    seen = None
    for line in driver.stdout:
        said = json.loads(line)
        if "do" in said:
            answer = actions[said["do"]]()
            driver.stdin.write((answer if isinstance(answer, str) else "done") + "\n")
            driver.stdin.flush()
        else:
            seen = said
    assert driver.wait(lab.ENOUGH_S) == 0 and seen, f"{script} failed"
    return seen


def write_protocols(gaitd):
    """Beside gaitd.yaml."""
    folder = os.path.join(gaitd.folder, "protocols")
    os.makedirs(folder)
    for name, text in PROTOCOLS.items():
        with open(os.path.join(folder, name + ".yaml"), "w", encoding="utf-8") as out:
            out.write(COMMON + f"name: {name}" + text)


def check_counts(seen, footfalls):
    """Valid footfalls: of the timepoint after on the page, of the one before in the closed session."""
    trials = sorted({f["trial"] for f in footfalls})

    def valid(side, of):
        return sum(f["valid"] and f["side"] == side and f["trial"] in of for f in footfalls)
    for side in ("left", "right"):
        assert seen[side] == str(valid(side, trials[5:])), (side, seen[side])
    assert any(f["valid"] for f in footfalls), "the walker left no valid footfall: this test shows nothing"
    assert seen["reviewed"] == [str(valid("left", trials[:5])), len(footfalls)], seen["reviewed"]


def main():
    chromium, modules = need_browser()
    os.makedirs(SHOTS, exist_ok=True)
    mats = MATS + ([{"id": "W1", "source": {"usb": True}}] if OnBed.on_bed else [])
    if not OnBed.on_bed:
        print("umockdev is not installed: no cable was pulled")
    with OnBed(mats=mats) as gaitd, Servers(gaitd.run_folder) as servers:
        write_protocols(gaitd)
        subscriber = gaitd.subscribe("footfall/", "trial/")
        actions = {"unplug": lambda: gaitd.bed("unplug 0"), "plug": lambda: gaitd.bed("plug 0 1-3"),
                   "daemon freeze": lambda: gaitd.signal(signal.SIGSTOP), "daemon thaw": lambda: gaitd.signal(signal.SIGCONT), "daemon stop": gaitd.stop, "daemon start": gaitd.start,
                   "web freeze": lambda: servers.signal(signal.SIGSTOP), "web thaw": lambda: servers.signal(signal.SIGCONT), "web stop": servers.stop, "web start": servers.start}
        seen = drive("page.mjs", actions, CHROMIUM=chromium, MODULES=modules, ORIGIN=servers.now.origin, TOKEN=servers.now.token, BED="1" if OnBed.on_bed else "")
        footfalls = in_stream(subscriber, 10)
    check_table(seen["rows"], footfalls)
    check_before(seen["before"], footfalls)
    check_counts(seen, footfalls)
    discarded = 2 + OnBed.on_bed
    assert len(seen["trials"]) == 10 + discarded and sum("discarded" in t for t in seen["trials"]) == discarded, seen["trials"]
    assert "heel31_impulse_Ns" in seen["verdict"], seen["verdict"]
    print(f"{len(footfalls)} footfalls on the page as in the stream; all {seen['controls']} controls and keys used; page {seen['page_bytes']} bytes; "
          f"first frame after {seen['first_frame_ms']} ms; {seen['axe']} rules of axe hold")


if __name__ == "__main__":
    sys.exit(main())
