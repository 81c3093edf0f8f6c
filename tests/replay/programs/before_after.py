"""A session of two timepoints through the daemon: what `gait compare` prints is what anybody gets from the numbers that `gait export --to csv` and h5py give."""
import csv
import io
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALKWAY = "seed=3,rows=360,cols=64,pitch=5,rate=100,mass=70"
PASSES = 3


def record(gaitd):
    gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70", "--set", "footwear=none")
    for i in range(2 * PASSES):
        change = "" if i < PASSES else ",collapse=0.9,heel=0.85"
        _, end = gaitd.record("--timepoint", "pre1" if i < PASSES else "post0", "--walker", f"{WALKWAY},pass={i + 1}{change}",
                              "--speed", "0")
        assert end["footfalls"] >= 2 and end["lost_device"] == end["lost_ring"] == 0, end
    gaitd.gait("trial", "discard", "--trial", "2", "stumbled")
    return gaitd.gait("session", "close")[1]["path"]


def table(path):
    """(timepoint, side, metric) to the values of valid footfalls."""
    status, out, err = lab.run("gait", "export", "--to", "csv", path)
    assert status == 0, err
    values = {}
    assert {row["trial"] for row in csv.DictReader(io.StringIO(out)) if row["discarded"] == "1"} == {"2"}
    for row in csv.DictReader(io.StringIO(out)):
        if row["valid"] == "1" and row["discarded"] == "0" and row["value"]:
            values.setdefault((row["timepoint"], row["side"], row["metric"]), []).append(float(row["value"]))
    return values


def check_compare(path, values):
    status, out, err = lab.run("gait", "--json", "compare", "--all", path)
    assert status == 5 and "fewer than 3 are not compared" in err, err  # no verdict; the table is there all the same
    rows, groups = lab.lines(out)[0]["rows"], lab.lines(out)[0]["groups"]
    assert [(g["timepoint"], g["trials"], g["discarded"]) for g in groups] == [("pre1", PASSES - 1, 1), ("post0", PASSES, 0)], groups
    checked = 0
    for row in rows:
        x = values.get((row["timepoint"], row["side"], row["metric"]), [])
        base = values.get(("pre1", row["side"], row["metric"]), [])
        assert row["n"] == len(x), row
        if len(x) > 1:
            scale = max(abs(v) for v in x) + 1e-300
            assert abs(row["mean"] - statistics.fmean(x)) <= 1e-12 * scale, row
            assert abs(row["sd"] - statistics.stdev(x)) <= 1e-9 * scale, row
            if row["timepoint"] == "post0" and base:
                assert abs(row["difference"] - (statistics.fmean(x) - statistics.fmean(base))) <= 1e-12 * scale, row
            checked += 1
    assert checked > 200, f"only {checked} numbers"
    heel = [r for r in rows if r["metric"] == "heel31_force_max_N" and r["timepoint"] == "post0"]
    assert len(heel) == 2 and all(r["difference"] < -20 for r in heel), heel
    text = lab.run("gait", "compare", path)[1]
    assert "improve" not in text.lower() and "heel31_force_max_N" in text
    return checked


def check_file(path, values):
    """The same footfalls as a stranger reads them."""
    h5py = lab.need("h5py")
    count = 0
    with h5py.File(path, "r") as f:
        for i in (n for n in range(2 * PASSES) if n != 1):  # trial 2 is discarded
            foot = f[f"trial-{i + 1:03d}/footfalls"]
            names = set(foot.keys())
            assert {"force_max_N", "arch_index", "heel31_force_max_N"} <= names, sorted(names)
            count += len(foot["force_max_N"])
            stored = sorted(v for v, ok in zip(foot["force_max_N"][:], foot["valid"][:]) if ok)
            timepoint = "pre1" if i < PASSES else "post0"
            known = values[(timepoint, "left", "force_max_N")] + values[(timepoint, "right", "force_max_N")]
            assert all(v in known for v in stored), (stored, known)
    return count


if __name__ == "__main__":
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}) as running:
        closed = record(running)
        numbers = table(closed)
        print(f"{check_compare(closed, numbers)} means and SDs, {check_file(closed, numbers)} footfalls")
