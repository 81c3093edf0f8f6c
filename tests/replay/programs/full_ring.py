"""What a full ring loses is counted in the trial that it was lost in, also behind its last frame: no frame of a source is neither there nor counted."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALKWAY = "seed=1,rows=360,cols=64,steps=2"
TRIALS = 6


def ended(gaitd):
    gaitd.until(lambda: gaitd.mat()["trial"] is None, "the trial ends")
    row = gaitd.gait("trial", "stop", check=False)[1]["trials"][0]
    return row["frames"], row["lost_ring"]


def main():
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}, ring={"memory_MiB": 2}) as gaitd:
        gaitd.gait("session", "open", "--subject", "S01", "--mass-kg", "70")
        gaitd.gait("trial", "start")
        told = [ended(gaitd)]
        whole, lost = told[0]
        assert whole > 100 and lost == 0, (whole, lost)
        for _ in range(TRIALS):
            gaitd.gait("trial", "start", "--walker", WALKWAY, "--speed", "1000", check=False)
            told.append(ended(gaitd))
        print(told)
        assert all(frames + lost == whole for frames, lost in told), told
        path = gaitd.gait("session", "close")[1]["path"]
        status, out, err = lab.run("gait", "--json", "check", path)
        rows = [json.loads(line) for line in out.splitlines()]
        assert status == (6 if any(lost for _, lost in told) else 0), (status, err)
        assert [(row["frames"], row["lost_ring"]) for row in rows] == told, (rows, told)
        status, out, err = lab.run("gait", "--json", "analyse", path)
        ends = [l for l in map(json.loads, out.splitlines()) if l.get("kind") == "end"]
        assert [(end["frames"], end["lost_ring"]) for end in ends] == told, (ends, told)
        print(f"{len(told)} trials of {whole} frames: {sum(lost for _, lost in told)} lost, each counted where it was lost")


main()
