"""Cells that a calibration file calls dead are filled from their neighbours in what is streamed, measured and recorded, live as offline, to the bit; a cluster too
large to be filled spoils what steps on it. Filled values, forces and peaks are worked out here from the recorded counts, by definition."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "interop"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # pylint: disable=wrong-import-position
import live_equals_offline as bits  # pylint: disable=wrong-import-position
from journal_reader import crc32c  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")
np = lab.need("numpy")

ROWS, COLS, DEAD = 360, 48, 2
MAT = f"rows={ROWS},cols={COLS},pitch=5,rate=100,noise=1,offset=20,mass=70"
WALK = f"{MAT},seed=5,pass=1,steps=4"
EMPTY = f"{MAT},seed=9,lead_s=60,steps=1"


def tare(gaitd):
    """A calibration file as gaitd writes it, of an empty mat."""
    gaitd.gait("tare")
    return sorted(glob.glob(gaitd.data + "/calibration/mat-1/*.calibration.yaml"))[-1]


def mark_dead(path, cells):
    """Say of these cells in the file that they are dead, and that it was made long ago."""
    with open(path, encoding="ascii") as f:
        text = f.read()
    cell = np.zeros((ROWS, COLS), int)
    cell[tuple(np.transpose(cells))] = DEAD
    rows = "".join("  - [" + ", ".join(str(c) for c in row) + "]\n" for row in cell)
    text, n = re.subn(r"cell:\n(  - \[.*\]\n)+", "cell:\n" + rows, text[:text.index("crc32c:")])
    assert n == 1, "the file of a tare has a cell map"
    text = re.sub('date: "[^"]*"', 'date: "2020-02-03T04:05:06Z"', text)
    with open(path, "w", encoding="ascii") as f:
        f.write(text + f"crc32c: 0x{crc32c(text.encode()):08x}\n")


def neighbours(r, c):
    return [(y, x) for y in (r - 1, r, r + 1) for x in (c - 1, c, c + 1) if (y, x) != (r, c)]


def filled(kPa, dead):
    """Inverse-distance mean of the live neighbours, for dead cells that do not touch each other."""
    kPa = kPa.copy()
    for r, c in dead:
        weight = {p: 1 if p[0] == r or p[1] == c else 0.5 ** 0.5 for p in neighbours(r, c)}
        kPa[:, r, c] = sum(kPa[:, y, x] * w for (y, x), w in weight.items()) / sum(weight.values())
    return kPa


def walk(gaitd):
    gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70")
    got, end = gaitd.record("--timepoint", "pre1", topics=("live/", "footfall/", "frame/"))
    assert end["why"] == "source_end", end
    gaitd.until(lambda: gaitd.mat()["state"] == "idle", "the walker to be put back")
    path = gaitd.gait("session", "close")[1]["path"]
    with h5py.File(path, "r") as f:
        assert f["trial-001"].attrs.get("calibration_text", "") == gaitd.mat()["calibration_text"]
    return got, path


def pressures(path):
    with h5py.File(path, "r") as f:
        trial = f["trial-001"]
        state = trial["state"]
        count = trial["raw"][:].astype(float) - state["offset"][:]
        kPa = np.maximum(count, 0) * state.attrs["calibration.kPa_per_count"] * state.attrs["calibration.scale"]
        return kPa, state["cell"][:], trial["force_N"][:], trial["peak_kPa"][:]


def frames(got):
    return np.array([np.frombuffer(m["payload"], "<f4").reshape(ROWS, COLS) for m in got if m["topic"].startswith("frame/")])


def valid(got):
    return sum(m["valid"] for m in got if m["topic"].startswith("footfall/"))


def check_filled(gaitd, dead):
    got, path = walk(gaitd)
    kPa, cell, force, peaks = pressures(path)
    assert sorted(zip(*np.nonzero(cell == DEAD))) == sorted(dead), np.argwhere(cell == DEAD)
    expected = filled(kPa, dead)
    streamed = frames(got)
    n = len(streamed)
    assert n == len(kPa), (n, len(kPa))
    assert np.allclose(streamed, expected, rtol=1e-5, atol=1e-4), np.abs(streamed - expected).max()
    assert max(streamed[:, r, c].max() for r, c in dead) > 50, "somebody stepped on them"
    # hysteresis is left to other tests: what is above the upper threshold is in, what is below the lower one is out
    low, high = np.where(expected >= 10, expected, 0).sum((1, 2)) * 0.025, np.where(expected >= 5, expected, 0).sum((1, 2)) * 0.025
    assert (force >= low - 1e-3).all() and (force <= high + 1e-3).all()
    without = np.where(kPa >= 10, kPa, 0)
    for r, c in dead:
        without[:, r, c] = 0
        kPa[:, r, c] = 0
    assert (peaks <= kPa.max((1, 2)) + 1e-3).all(), "a filled cell is no peak of a frame"
    assert (force > without.sum((1, 2)) * 0.025 + 1).any(), "what is filled counts as force"
    bits.same("dead cells of a calibration file", bits.measured(got), bits.analyse(gaitd, path))
    return valid(got)


def check_unfilled(gaitd, path, block, before):
    """Twenty-five dead cells under one foot: no value, and that foot does not count."""
    mark_dead(path, block)
    gaitd.stop()
    gaitd.start()
    mat = gaitd.mat()
    assert mat["dead_cells"] == len(block) and mat["unfilled_cells"] == len(block), mat
    got, path = walk(gaitd)
    assert np.isnan(frames(got)[:, block[12][0], block[12][1]]).all()
    spoilt = ["dead_cells" in m["flags"] for m in got if m["topic"].startswith("footfall/")]
    assert spoilt.count(True) == 1, spoilt
    assert valid(got) == before - 1, (valid(got), before)
    bits.same("a hole in the mat", bits.measured(got), bits.analyse(gaitd, path))


def main():
    with lab.Lab(source={"walker": EMPTY, "speed": 1, "free_run": True}) as gaitd:
        path = tare(gaitd)
        gaitd.config["source"] = {"walker": WALK, "speed": 0}
        gaitd.stop()
        gaitd.start()
        got, _ = walk(gaitd)
        foot = next(m for m in got if m["topic"].startswith("footfall/") and m["valid"])
        r, c = int(foot["heel_y_mm"] / 5), int(foot["heel_x_mm"] / 5)
        dead = [(r, c), (r + 3, c), (r, c + 2), (2, 2)]
        mark_dead(path, dead)
        gaitd.stop()
        gaitd.start()
        mat = gaitd.mat()
        assert mat["dead_cells"] == 4 and mat["unfilled_cells"] == 0, mat
        assert "days old (2020-02-03): make a new one" in mat["calibration_text"], mat
        feet = check_filled(gaitd, dead)
        assert feet == valid(got) >= 1, (feet, valid(got))
        check_unfilled(gaitd, path, [(r + y, c + x) for y in range(-2, 3) for x in range(-2, 3)], valid(got))


if __name__ == "__main__":
    main()
