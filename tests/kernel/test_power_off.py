#!/usr/bin/python3
"""A machine that is reset (sysrq-b) in the middle of a trial on a real ext4: what its page cache held is gone. At the next start gaitd recovers the trial by itself; every
frame that a returned fdatasync covered is there, as h5py reads it, and what is missing is told."""
import json
import os
import re
import subprocess

import machine

try:
    import h5py
    import numpy as np
except ImportError:
    machine.skip("python3-h5py is missing (Debian: apt-get install python3-h5py)")

DISK_MIB = 256


def last_whole(texts):
    for text in reversed(texts):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            continue
    raise AssertionError("no status came whole over the serial line")


def main():
    machine.full_only()
    mkfs = machine.need("mkfs.ext4", "e2fsprogs")
    os.makedirs(machine.FOLDER, exist_ok=True)
    disk = os.path.join(machine.FOLDER, "power_off.disk")
    if os.path.exists(disk):
        os.remove(disk)
    with open(disk, "wb") as f:
        f.truncate(DISK_MIB << 20)
    subprocess.run([mkfs, "-q", "-F", disk], check=True)
    programs = [os.path.join(machine.BIN, p) for p in ("gaitd", "gait")]
    out = machine.go("power_off", programs, ["power_off.sh"], more_modules=("crc32c_generic", "ext4"), disk=disk)
    os.remove(disk)
    with open(os.path.join(machine.FOLDER, "power_off.log"), encoding="utf-8", errors="replace") as log:
        said = log.read()
    mat = last_whole(re.findall(r"guest: status (\{.*\})", said))["mats"][0]
    first, recorded = mat["trial"]["first_frame"], mat["trial"]["frames"]
    synced = mat["taken"] - mat["ring"]["fill"] - first  # the ring lets go of what a good sync covers, of nothing else
    assert said.count("up after") == 2 and 0 < synced <= mat["taken"] - first, f"{said.count('up after')} boots, {synced} frames were synced"
    with h5py.File(os.path.join(out, "session.h5"), "r") as h5:
        trial = h5["trial-001"]
        numbers, seq = trial["frame"][:].astype(int), trial["seq"][:].astype(int)
        assert set(range(synced)) <= set(numbers), f"{synced} frames were synced, {len(numbers)} are there"
        assert trial.attrs["end_why"] == "cut off" and trial.attrs["recovered"] == 1
        assert int(trial.attrs["gap_damage"]) == numbers[-1] + 1 - len(numbers)
        assert np.array_equal(seq - seq[0], numbers - numbers[0]), "a frame stands where another one stood"
        count = len(numbers)
    row = json.load(open(os.path.join(out, "status"), encoding="utf-8"))["session"]["trials"][0]
    assert row["recovered"] is True and row["frames"] == count, row
    print(f"RESULT reset on ext4: {recorded} frames recorded when last asked, {synced} of them synced; {count} recovered, {recorded - min(count, recorded)} lost")


main()
