"""A bad stretch in a journal is a gap for whoever analyses it, not a shorter footfall; and another source is played for one trial only."""
import json
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALKWAY = "seed=1,rows=360,cols=64"
FRAME = 3  # the record type
OWN = ("stance_s", "impulse_Ns", "peak_kPa", "heel31_impulse_Ns", "arch_index")


def analyse(path):
    status, out, err = lab.run("gait", "--json", "analyse", path)
    lines = [json.loads(line) for line in out.splitlines()]
    return status, [l for l in lines if "metrics" in l], lines[-1], err


def spoil(path, where, frames, frame_bytes):
    """Overwrite so many frames' bytes from a place in the file on."""
    with open(path, "r+b") as f:
        f.seek(where)
        f.write(b"\xa5" * (frames * frame_bytes))


def spoil_last(path, frames):
    """Overwrite the last frame records; what stands behind them stays."""
    data = open(path, "rb").read()
    at, places = 0, []
    while at < len(data):
        size, kind = struct.unpack_from("<IH", data, at + 32)
        places += [at] if kind == FRAME else []
        at += 48 + (size + 7) // 8 * 8
    for place in places[-frames:]:
        spoil(path, place, 1, 100)


def check_tail(whole, path):
    """Frames lost behind the last good one are told by every program, and by the file of a new analysis."""
    shutil.copy(whole, path)
    spoil_last(path, 8)
    status, _, end, _ = analyse(path)
    assert (status, end["lost_ring"]) == (6, 8), (status, end)
    status, out, _ = lab.run("gait", "--json", "check", path)
    assert (status, json.loads(out.splitlines()[-1])["lost_damage"]) == (6, 8), out
    store = os.path.join(os.path.dirname(path), "again")
    status, _, err = lab.run("gait", "analyse", "--store", store, path)
    assert status == 6, (status, err)
    stored = [os.path.join(store, name) for name in os.listdir(store) if name.endswith(".h5")]
    status, _, end, _ = analyse(stored[0])
    assert (status, end["lost_ring"]) == (6, 8), (status, end)
    print(f"{end['lost_ring']} frames in a bad stretch at the end: told, and kept by a new analysis")


def main():
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}) as gaitd:
        gaitd.gait("session", "open", "--subject", "S01", "--mass-kg", "70")
        gaitd.gait("trial", "start", "--walker", WALKWAY + ",rate=50,steps=1", "--speed", "0")
        gaitd.until(lambda: gaitd.mat()["trial"] is None, "the trial ends")
        other = gaitd.gait("session", "list")[1]
        gaitd.gait("trial", "start", "--timepoint", "pre1")
        gaitd.until(lambda: gaitd.mat()["trial"] is None, "the trial ends")
        assert gaitd.mat()["nominal_rate_hz"] == 100, "the configured walker plays again when no other is named"
        path = gaitd.gait("session", "close")[1]["path"]
        assert other is not None
        journal = os.path.join(gaitd.folder, "whole.gaitj")
        status, _, err = lab.run("gait", "export", "--to", "journal", "--trial", "2", "-o", journal, path)
        assert status == 0, err
        status, whole, end, _ = analyse(journal)
        assert status == 0 and len(whole) == 3, (status, len(whole), end)
        check_tail(journal, os.path.join(gaitd.folder, "tail.gaitj"))
        size = os.path.getsize(journal)
        spoil(journal, size * 4 // 10, 12, 46300)
        status, damaged, end, _ = analyse(journal)
        assert status == 6, f"exit status {status}: frames are missing"
        assert end["lost_ring"] >= 12, end
        hit = [f for f in damaged if {"gap", "gap_filled"} & set(f["flags"])]
        assert hit, [(f["footfall"], f["flags"]) for f in damaged]
        print([(f["footfall"], f["flags"], f["ic_mat_ns"], f["metrics"]["stance_s"], f["metrics"]["impulse_Ns"]) for f in damaged], [(f["footfall"], f["flags"], f["ic_mat_ns"],f["metrics"]["stance_s"],f["metrics"]["impulse_Ns"]) for f in whole])
        for f in damaged:
            same = [w for w in whole if w["ic_mat_ns"] == f["ic_mat_ns"]]
            own = same and all(same[0]["metrics"][m] == f["metrics"][m] for m in OWN)  # a step length needs the foot before
            assert f in hit or own, f"footfall {f['footfall']} changed without a flag"
        print(f"{end['lost_ring']} frames in a bad stretch: {[f['flags'] for f in hit]}, the others to the bit")


main()
