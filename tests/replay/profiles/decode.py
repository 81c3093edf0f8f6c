"""Every shipped profile finds the frames in bytes made from the mat's written description: each cell, at any cut, and after damage."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position
import mats

FOLDER = os.path.join(os.environ["GAIT_SOURCE_DIR"], "config", "mats")
FULL = os.environ.get("GAIT_TIER") == "full"


def try_profile(name, data, chunk):
    """(frames as dicts, the summary)"""
    with tempfile.NamedTemporaryFile(suffix=".bytes") as capture:
        capture.write(data)
        capture.flush()
        run = subprocess.run([lab.program("gait"), "--json", "profile", "try", os.path.join(FOLDER, name + ".yaml"), "--bytes",
                              capture.name, "--cells", "--chunk", str(chunk)], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode in (0, 3, 6), f"{name}: exit status {run.returncode}: {run.stderr}"
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert lines and "frames" in lines[-1], f"{name}: {run.stdout[:200]!r} {run.stderr}"
    return lines[:-1], lines[-1]


def whole(name, count, chunks):
    """Undamaged: every cell of every frame, whatever the cut."""
    mat, frames, data = mats.make(name, count, 1)
    expected = frames[mat.lost_first:len(frames) - mat.lost_last]
    for chunk in chunks:
        found, summary = try_profile(name, data, chunk)
        got = [f["cells"] for f in found if not f["partial"]]
        assert got == expected, f"{name}, chunk {chunk}: {len(got)} frames of {len(expected)}, {summary}"
        assert summary["lost"] == 0, f"{name}: {summary}"
        if found[0]["tick_us"] >= 0:
            assert [f["tick_us"] for f in found] == [10000 * (k + 1) for k in range(count)], name
            assert [f["seq"] for f in found] == list(range(1, count + 1)), name
    return len(data)


def damage(rng, data):
    kind, at = rng.choice(["delete", "insert", "flip"]), rng.randrange(len(data))
    if kind == "delete":
        return kind, data[:at] + data[at + rng.choice([1, 1, 2, 37]):]
    if kind == "insert":
        return kind, data[:at] + rng.randbytes(rng.choice([1, 1, 2, 37])) + data[at:]
    return kind, data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def differing(a, b):
    return sum(x != y for x, y in zip(a, b))


def damaged(name, count, times):
    """One wound: what is given out as whole was sent, the rest of the stream is found again. A flipped bit that no checksum guards may change one cell."""
    mat, frames, data = mats.make(name, count, 2)
    rng, expected = random.Random(name), len(frames) - mat.lost_first - mat.lost_last
    guarded = name.startswith("open-mat")
    for _ in range(times):
        kind, hurt = damage(rng, data)
        found, summary = try_profile(name, hurt, rng.choice([1, 7, 64, 512, 16384]))
        got = [f["cells"] for f in found if not f["partial"]]
        slack = 0 if guarded or (mat.exact and kind != "flip") else 2
        for cells in got:
            nearest = min(differing(cells, f) for f in frames)
            assert nearest <= slack, f"{name}, {kind}: a frame differs in {nearest} cells from all that were sent: {summary}"
        # one frame is hurt; the one before it may need the marker that is gone, the one behind it the lock that was lost
        assert len(got) >= expected - 3, f"{name}, {kind}: {len(got)} of {expected} frames: {summary}"


def mutated(name, count, rounds):
    """A stream in rags: no crash, and what a checksum guards is exact."""
    mat, frames, data = mats.make(name, count, 3)
    rng = random.Random(name)
    del mat
    for _ in range(rounds):
        hurt = data
        for _ in range(40):
            _, hurt = damage(rng, hurt)
        found, summary = try_profile(name, hurt, rng.choice([1, 100, 65536]))
        whole_ones = [f for f in found if not f["partial"]]
        assert len(whole_ones) <= count, f"{name}: {len(whole_ones)} whole frames of {count}: {summary}"
        if name.startswith("open-mat"):
            assert all(f["cells"] in frames for f in found if not f["partial"]), f"{name}: an invented frame"


def lost_pieces():
    """Our own mat: three frames missing are counted; WiReSens: pieces and whole frames missing."""
    mat = mats.OpenMat(64, 64, 1)
    rng = random.Random(5)
    frames = [mat.frame(rng, k) for k in range(8)]
    data = b"".join(mat.send(f, k) for k, f in enumerate(frames) if k not in (2, 3, 4))
    found, summary = try_profile("open-mat", data, 1000)
    assert [f["gap"] for f in found] == [0, 0, 3, 0, 0] and summary["lost"] == 3, summary
    mat, frames, data = mats.make("wiresens", 8, 4)
    piece = 137
    hurt = data[:4 * piece * 2 + 2 * piece] + data[4 * piece * 5 + piece:]  # half of frame 3, frames 4 and 5, the first piece of frame 6
    found, summary = try_profile("wiresens", hurt, 1000)
    states = [(f["partial"], f["gap"]) for f in found]
    assert summary["lost"] == 2, summary
    assert states == [(True, 0), (False, 0), (True, 0), (True, 2), (False, 0), (False, 0)], states
    hurt = data[:4 * piece * 2 + 2 * piece] + data[4 * piece * 5 + 2 * piece:]  # what follows would fit: only the numbers tell
    found, summary = try_profile("wiresens", hurt, 1000)
    states = [(f["partial"], f["gap"]) for f in found]
    assert states == [(True, 0), (False, 0), (True, 0), (True, 2), (False, 0), (False, 0)], states


def endless():
    """A capture may have no end, and a profile's file must have one: each says so in one line."""
    profile = os.path.join(FOLDER, "m1616.yaml")
    for file, capture, says in ((profile, "/dev/zero", "/dev/zero: only its first 64 MiB were looked at"), ("/dev/zero", profile, "this is no file")):
        run = subprocess.run([lab.program("gait"), "profile", "try", file, "--bytes", capture], capture_output=True, text=True, check=False, timeout=200)
        assert run.returncode == 3 and says in run.stderr, (run.returncode, run.stderr)


def main():
    names = sorted(f[:-5] for f in os.listdir(FOLDER) if f.endswith(".yaml"))
    names = [n for n in names if "\ndriver:" not in open(os.path.join(FOLDER, n + ".yaml"), encoding="utf-8").read()]  # code: tests/unit/families
    missing = [n for n in names if n not in mats.MATS and n not in mats.SAME_BYTES]
    assert not missing, f"no bytes are made for {missing}: describe them in mats.py"
    for name in names:
        large = name.startswith("open-mat-")
        chunks = [977, 16384] if large else [1, 3, 64, 511, 512, 4096, 1 << 20]
        size = whole(name, 4 if large else 8, chunks)
        if not large or FULL:
            damaged(name, 10, 40 if FULL else 5)
            mutated(name, 12, 10 if FULL else 1)
        print(f"{name}: {size} bytes, chunks {chunks}: every cell")
    lost_pieces()
    endless()


main()
