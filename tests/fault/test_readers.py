#!/usr/bin/python3
"""Somebody has a file open in h5py, which locks what it opens. A reader is nobody's trouble: what it sees stays whole while sessions are closed and closed
again around it. One that writes is waited for with a clear line, and nothing is lost."""
import os
import subprocess
import sys
import tempfile

from test_storage import FRAMES, NAME, check_folder, h5py, session, store

HOLDER = """import h5py, sys
with h5py.File(sys.argv[1], sys.argv[2]) as h5:
    print("open", flush=True)
    sys.stdin.readline()
    for name in h5:
        if name.startswith("trial-"):
            print(name, h5[name]["raw"][...].tobytes().hex(), flush=True)
"""


class Holder:
    """h5py in another process, with the file open until done()."""

    def __init__(self, path, mode):
        self.process = subprocess.Popen([sys.executable, "-c", HOLDER, path, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "open\n", f"{path} cannot be opened"

    def done(self):
        """Raw counts of each trial, as the file says now."""
        out, _ = self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0
        return dict(line.split() for line in out.splitlines())


def record(folder, number):
    assert store("record", os.path.join(folder, f"trial-{number:03d}.gaitj"), str(FRAMES))[0] == 0
    assert store("recover", folder)[0] == 0


def refused(folder, path):
    before = sorted(os.listdir(folder))
    code, _, _, text = store("close", folder)
    assert code == 1 and text == f"store: {path}: is open for writing in another program; close it there, then try again\n", text
    assert sorted(os.listdir(folder)) == before, os.listdir(folder)


def files(top):
    folder = session(top)
    whole = os.path.join(folder, NAME + ".h5")
    record(folder, 1)
    first = Holder(os.path.join(folder, "trial-001.h5"), "r")
    record(folder, 2)
    assert store("close", folder)[0] == 0
    second = Holder(whole, "r")
    record(folder, 3)
    assert store("close", folder)[0] == 0
    raw = first.done()["trial-001"]
    assert second.done() == {"trial-001": raw, "trial-002": raw}, "what a reader had open has changed under it"
    for held, number in ((whole, 4), (os.path.join(folder, "trial-005.h5"), 5)):
        record(folder, number)
        writer = Holder(held, "r+")
        refused(folder, held)
        writer.done()
        assert store("close", folder)[0] == 0
    seen = check_folder(folder, {f"trial-{n:03d}": FRAMES for n in range(1, 6)}, "after readers and writers")
    assert set(seen.values()) == {whole}
    print("readers saw what they had opened; writers were waited for; 5 trials of", FRAMES, "frames in", NAME + ".h5")


def main():
    with tempfile.TemporaryDirectory(prefix="gait-readers-") as top:
        files(top)


main()
