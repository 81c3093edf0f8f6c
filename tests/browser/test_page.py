"""The page in Chromium against a gaitd with a walker: a visit driven through the page, and the numbers on it against those of the stream."""
import json
import os
import shutil
import subprocess
import sys

import web
from web import lab

HERE = os.path.dirname(os.path.abspath(__file__))
SHOTS = os.path.join(os.environ["GAIT_BUILD_DIR"], "screenshots")
WALKER = {"walker": "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70", "speed": 0.5}


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
    """The footfalls of the stream until that many trials have ended."""
    got, ended = [], 0
    while ended < trials:
        message = subscriber.next()
        if message["topic"].startswith("footfall/"):
            got.append(message)
        ended += message["topic"].startswith("trial/") and message["state"] == "ended"
    return got


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


def main():
    chromium, modules = need_browser()
    os.makedirs(SHOTS, exist_ok=True)
    with lab.Lab(source=WALKER) as gaitd, web.Web(gaitd.run_folder, "--operate") as server:
        subscriber = gaitd.subscribe("footfall/", "trial/")
        env = dict(os.environ, CHROMIUM=chromium, MODULES=modules, ORIGIN=server.origin, TOKEN=server.token, SHOTS=SHOTS, GAITD=str(gaitd.daemon.pid))
        done = subprocess.run(["node", os.path.join(HERE, "page.mjs")], env=env, stdout=subprocess.PIPE, text=True, check=False, timeout=150)
        assert done.returncode == 0, f"page.mjs failed: {done.stdout[-3000:]}"
        seen = json.loads(done.stdout)
        footfalls = in_stream(subscriber, 2)
        check_table(seen["rows"], footfalls)
        for side in ("left", "right"):
            valid = sum(f["valid"] and f["side"] == side for f in footfalls)
            assert seen[side] == str(valid), (side, seen[side], valid)
        assert any(f["valid"] for f in footfalls), "the walker left no valid footfall: this test shows nothing"
        print(f"{len(footfalls)} footfalls on the page as in the stream; page {seen['page_bytes']} bytes; first frame after {seen['first_frame_ms']} ms; "
              f"{seen['axe']} rules of axe hold")


if __name__ == "__main__":
    sys.exit(main())
