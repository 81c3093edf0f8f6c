#!/usr/bin/python3
"""A mat as a gadget of the guest's own kernel (FunctionFS, dummy_hcd), read by gaitd: its cable is pulled in mid-stride, where transfers fail with ERROR before the device is
gone; and a stream begins behind half a frame that the endpoint kept from the last one."""
import json
import os
import sys

import machine

try:
    import h5py
    import numpy as np
except ImportError:
    machine.skip("python3-h5py is missing (Debian: apt-get install python3-h5py)")

PROBLEMS = []


def check(truth, what):
    print(("ok: " if truth else "FAILED: ") + what)
    if not truth:
        PROBLEMS.append(what)


def text(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return f.read()


def mat(folder, name):
    return json.loads(text(folder, name))["mats"][0]


def once_each(trial, part, what):
    seq = trial["seq"][part].astype(np.int64)
    check(len(seq) > 40 and set(np.diff(seq)) == {1}, f"{what}: {len(seq)} frames, each number once")


def pulled(folder, trial):
    """An unplug and nothing else, although transfers failed before the device left; the file has the gap and every other frame."""
    at = mat(folder, "status-unplugged.json")
    usb = at["usb"]
    print("transfers at the unplug:", usb)
    check(at["text"].startswith("unplugged"), f"gait status says: {at['text']}")
    # which of the two comes, or comes first, is the kernel's timing; ERROR before LEFT for certain is usb.unplug.error_before_left
    check(usb["errors"] + usb["no_device"] >= 8, f"every transfer came home, {usb['errors']} of them with ERROR")
    said = text(folder, "gaitd-first.log")
    check("lost: unplugged (first failed transfer: " in said, "failed transfers, then the device's leaving, were taken for an unplug")
    check("cannot be opened" not in said, "nothing is said of a device that is just leaving or just coming")
    connection = trial["connection"][()]
    first = int(np.argmax(connection != connection[0]))
    check(first > 0 and set(np.diff(connection.astype(np.int64))) == {0, 1}, f"the second connection begins at frame {first}")
    once_each(trial, slice(0, first), "before")
    once_each(trial, slice(first, None), "after")
    check(list(trial["gaps/frame"][()] - trial.attrs["first_frame"]) == [first], "one gap is listed, there")
    kinds = trial["footfalls/flags"].attrs
    gap = dict(zip(kinds["flag_meanings"].split(), kinds["flag_masks"]))["gap"]
    check(any(f & gap for f in trial["footfalls/flags"]), "the foot that was down ends with the gap")


def stale(folder, trial):
    """Half a frame came first; it was passed over and counted, no frame was invented and none was lost."""
    decode = mat(folder, "status-half.json")["decode"]
    print("decoded behind the half frame:", decode)
    check(sum(decode.get(k, 0) for k in ("skip_length", "skip_early", "bad_checksum", "bad_sanity")) >= 1, "the half frame was passed over, and counted")
    check("partial" not in decode, "no half frame was taken for one")
    once_each(trial, slice(None), "after the half frame")
    check(trial.attrs["gap_device"] == 0 and trial.attrs["gap_ring"] == 0, "no gap")


def main():
    if os.environ.get("GAIT_SANITIZE"):
        machine.skip("a kernel's boot with sanitizers takes too long")
    machine.full_only()
    folder = machine.go("functionfs", [os.path.join(machine.BIN, p) for p in ("gaitd", "gait", "matsim")], ["functionfs.sh"])
    print(text(folder, "status-unplugged"))
    print(text(folder, "watch"))
    with h5py.File(os.path.join(folder, "usb.h5")) as usb:
        trial = {int(t.attrs["trial"]): t for name, t in usb.items() if name.startswith("trial-")}
        pulled(folder, trial[1])
        stale(folder, trial[2])
    sys.exit(bool(PROBLEMS))


main()
