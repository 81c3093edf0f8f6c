#!/usr/bin/python3
"""Two mats behind the real kernel; B's process is killed in mid-stride and comes back. What the session file says about it, and that A, which
nobody touched, has the footfalls of the same walker without USB, to the bit."""
import os
import sys

import machine

try:
    import h5py
    import numpy as np
except ImportError:
    machine.skip("python3-h5py is missing (Debian: apt-get install python3-h5py)")

LEAD_FRAMES = 600  # the walk's first foot comes after them
# When in the lab, or when since the trial's first frame: the trial over USB begins some frames into the lead.
PLACED = {"footfalls/ic_ns", "footfalls/ic_mat_ns", "footfalls/to_mat_ns", "footfalls/first_frame", "footfalls/last_frame", "footfalls/t_ic_s"}
PER_FOOTFALL = ("footfalls", "regions", "cop", "curves", "pictures")
PROBLEMS = []


def check(truth, what):
    print(("ok: " if truth else "FAILED: ") + what)
    if not truth:
        PROBLEMS.append(what)


def text(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return f.read()


def trial_of(file, mat):
    return [t for name, t in file.items() if name.startswith("trial-") and t.attrs["mat"] == mat][0]


def same_bits(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def tables(trial, n):
    """All datasets of the first n footfalls."""
    last = trial["footfalls/footfall"][n - 1]
    for group in PER_FOOTFALL:
        for name, data in trial[group].items():
            if isinstance(data, h5py.Dataset) and f"{group}/{name}" not in PLACED:
                rows = trial[group]["footfall"][()] <= last if data.shape[:1] == trial[group]["footfall"].shape else slice(None)
                yield f"{group}/{name}", data[()][rows]


def compare(usb, alone):
    """A's first walk against the walker that gaitd played itself."""
    n = len(alone["footfalls/footfall"])
    first = int(usb["seq"][0])
    frames = min(len(usb["raw"]), len(alone["raw"]) - first)
    check(n >= 4 and len(usb["footfalls/footfall"]) >= n, f"{n} footfalls without USB, {len(usb['footfalls/footfall'])} over USB")
    check(first < LEAD_FRAMES, f"the trial over USB began before the walk, at the mat's frame {first}")
    check(frames > LEAD_FRAMES - first and same_bits(usb["raw"][:frames], alone["raw"][first:first + frames]), f"the counts of {frames} frames are the same")
    passed = usb["t_mat_ns"][:frames] - usb["t_mat_ns"][0]
    check(same_bits(passed, alone["t_mat_ns"][first:first + frames] - alone["t_mat_ns"][first]), "the mat's time is the same")
    for name in ("first_frame", "last_frame", "ic_mat_ns", "to_mat_ns"):
        begin_u, begin_a = (usb["t_mat_ns"][0], alone["t_mat_ns"][first]) if name.endswith("_ns") else (usb["frame"][0], alone["frame"][first])
        check(same_bits(usb["footfalls"][name][:n] - begin_u, alone["footfalls"][name][()] - begin_a), f"{name} from the same frame on is the same")
    there = dict(tables(usb, n))
    names, different = 0, []
    for name, data in tables(alone, n):
        names += 1
        if not same_bits(data, there[name]):
            different.append(name)
    check(names > 150 and not different, f"{names} tables of footfalls, regions, centre of pressure, curves and pictures are the same to the bit {different[:8]}")
    for metric in ("stance_s", "force_max_N", "heel31_impulse_Ns", "arch_index", "dai_mean", "cpei_pct"):
        values = alone["footfalls"][metric][()]
        check(np.isfinite(values).sum() >= n - 1, f"{metric}: {np.round(values, 4)} are numbers")
    if not PROBLEMS:
        print(f"RESULT kernel: {n} footfalls over USB equal those without it in {names} tables, to the bit")


def undisturbed(a):
    check(a.attrs["gap_device"] == 0 and a.attrs["gap_ring"] == 0 and len(a["gaps/frame"]) == 0, "A: no gap")
    check(set(np.diff(a["seq"][()].astype(np.int64))) == {1}, f"A: {len(a['seq'])} frames, each number once")
    check(set(a["connection"]) == {a["connection"][0]}, "A: one connection")


def interrupted(b):
    """Every frame that B sent before the kill and after it came back is there; the gap between is marked; the foot that was down says why it ends."""
    connection = b["connection"][()]
    first = int(np.argmax(connection != connection[0]))
    check(first > 0 and set(np.diff(connection.astype(np.int64))) == {0, 1}, f"B: the second connection begins at frame {first}")
    for name, part in (("before", slice(0, first)), ("after", slice(first, None))):
        seq = b["seq"][part].astype(np.int64)
        check(len(seq) > 50 and set(np.diff(seq)) == {1}, f"B {name}: {len(seq)} frames, each number once")
    check(b.attrs["gap_ring"] == 0, "B: gaitd dropped nothing")
    gaps = list(b["gaps/frame"][()] - b.attrs["first_frame"])
    check(len(gaps) == 1 and gaps[0] == first, f"B: one gap is listed, before frame {gaps}")
    pause_s = (b["t_ns"][first] - b["t_ns"][first - 1]) * 1e-9
    check(pause_s > 0.1, f"B: it was away for {pause_s:.2f} s")
    flags = dict(zip(b["frame_flags"].attrs["flag_meanings"].split(), b["frame_flags"].attrs["flag_masks"]))
    raised = [name for name, mask in flags.items() if b["frame_flags"][first] & mask]
    check("reconnect" in " ".join(raised) or "gap" in " ".join(raised), f"B: that frame is flagged {raised}")
    kinds = b["footfalls/flags"].attrs
    meaning = dict(zip(kinds["flag_meanings"].split(), kinds["flag_masks"]))
    cut = [int(i) for i, f in zip(b["footfalls/footfall"], b["footfalls/flags"]) if f & meaning["gap"]]
    check(len(cut) >= 1, f"B: footfall {cut} ends with the gap: the foot was down")
    return first


def rest_of_b(b, alone, first):
    """The walk after the gap is the walker's from its beginning."""
    frames = min(len(b["raw"]) - first, len(alone["raw"]))
    check(same_bits(b["raw"][first:first + frames], alone["raw"][:frames]), f"B after the gap: the counts of {frames} frames are the walker's")
    begun = b["footfalls/first_frame"][()] >= b["frame"][first]
    n = len(alone["footfalls/footfall"])
    check(same_bits(b["footfalls/force_max_N"][begun][:n], alone["footfalls/force_max_N"][:n]), f"B after the gap: all {n} footfalls of a walk, same largest forces")


def seen_by_a_person(folder):
    print(text(folder, "status-unplugged"))
    print(text(folder, "watch"))
    check("unplugged" in text(folder, "status-unplugged"), "gait status says that B is unplugged")
    check("unplugged" in text(folder, "watch") or "lost" in text(folder, "watch"), "gait watch says so")
    nodes = [line.split() for line in text(folder, "nodes").splitlines()]
    mats = [n for n in nodes if n[3] == "990"]
    check(len(mats) == 2 and all(n[0] == "crw-rw----" for n in mats), "the shipped udev rule gave both mats to the group gaitd")
    status = text(folder, "gaitd.status")
    check("Uid:\t990\t990\t990\t990" in status and "CapEff:\t0000000000000000" in status, "gaitd ran as its own user, without capabilities")


def main():
    programs = [os.path.join(machine.BIN, p) for p in ("gaitd", "gait", "matsim")] + [machine.need("usbip", "usbip")]
    if os.environ.get("GAIT_SANITIZE"):
        machine.skip("a kernel's boot with sanitizers takes too long")
    folder = machine.go("two_mats", programs, ["two_mats.sh"])
    with h5py.File(os.path.join(folder, "usb.h5")) as usb, h5py.File(os.path.join(folder, "walker.h5")) as walker:
        alone = trial_of(walker, "A")
        undisturbed(trial_of(usb, "A"))
        compare(trial_of(usb, "A"), alone)
        rest_of_b(trial_of(usb, "B"), alone, interrupted(trial_of(usb, "B")))
    seen_by_a_person(folder)
    sys.exit(bool(PROBLEMS))


main()
