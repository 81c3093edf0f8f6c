"""Power cuts. A gaitd records, moves to its second path when an fdatasync fails, seals and closes while all that it does to files is traced. From the trace come
folders as a power cut at any moment could have left them; `gait recover` makes of each what it can. Truth is the journal as it was written, read by
tests/interop/journal_reader.py: each frame that a returned fdatasync covered is in a file that h5py reads, every frame there is the one that was written, and what
is missing is said. 25 cuts in the gate, 1,000 with GAIT_TIER=full."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["GAIT_SOURCE_DIR"], os.environ["GAIT_BUILD_DIR"]
sys.path[:0] = [os.path.join(SOURCE, "tests/lib"), os.path.join(SOURCE, "tests/interop")]
from gaitd_run import BIN, Gaitd, collect, skip  # noqa: E402
import journal_reader  # noqa: E402
import power_cut  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError:
    skip("python3-h5py is not installed")

FULL = os.environ.get("GAIT_TIER") == "full"
CUTS = int(os.environ.get("GAIT_CUTS", 1000 if FULL else 25))
SEED = int(os.environ.get("GAIT_SEED", 11))
YAML = """version: 1
mats: [{id: mat-1, source: {walker: "seed=4,rows=64,cols=24,pitch=10,rate=100,mass=70,lead_s=0.1,tail_s=0.1", speed: 2, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0, path: %s/a, second_path: %s/b}
ring: {memory_MiB: 1}
"""


def record(disk, log, fails):
    """A session of two trials; the fails-th fdatasync fails. Everything is traced."""
    d = Gaitd(YAML % (disk, disk), data=disk + "/a")
    env = {"LD_PRELOAD": os.path.join(BUILD, "tests/bin/gait_trace_files.so"), "GAIT_TRACE_ROOT": disk, "GAIT_TRACE_LOG": log, "GAIT_TRACE_FAIL": str(fails)}
    os.environ.update(env)
    try:
        d.start()
    finally:
        for name in env:
            del os.environ[name]
    try:
        sub = d.subscribe("frame10/")
        d.ask("session open", subject="S01")
        for frames in (500, 250):
            first = d.ask("trial start")["trials"][0]["first_frame"]
            collect(sub, lambda t, h, until=first + frames: t == "frame10/mat-1/" and h["frame"] >= until)
            d.ask("trial stop")
        closed = d.ask("session close")
        assert d.stop() == 0, d.said()
    except BaseException:
        d.stop()
        print(d.said())
        raise
    d.context.destroy(0)
    shutil.rmtree(d.folder)
    return closed


class Journal:
    """One journal as it was written: every frame that it ever had, where each of them ends in the file, and the first number behind those of a whole one. After a bad
    sync it is taken back to the last good one and gets its end there: what stood behind that is written again in the next journal."""

    def __init__(self, node):
        self.frames, self.upto = {}, None
        content, high = power_cut.Content(node.safe), 0
        for at, data in node.pending:
            if data is not None and at < high:
                self.read(content)
            content.apply(at, data)
            high = at + len(data) if data is not None else high
        self.read(content)
        if self.upto is None and self.frames:
            self.upto = max(self.frames) + 1

    def read(self, content):
        for _, kind, offset, payload, uuid in journal_reader.records(bytes(content.data)):
            self.uuid = uuid.hex()
            if kind == 3:
                number = int.from_bytes(payload[:8], "little")
                self.frames.setdefault(number, (offset + 48 + journal_reader.padded(len(payload)), payload[144:]))
            if kind == 9:
                self.upto = min(self.frames, default=0) + journal_reader.unpack(payload)["frames"]


def journals_of(events, root, inode):
    """By the name that each was made under; with all its writes, also those that were cut off again."""
    world = power_cut.World(root, inode, random.Random(0))
    for event in events:
        if event[0] in (power_cut.SYNC_BEGIN, power_cut.SYNC_END) and isinstance(world.node.get(event[1]), power_cut.File):
            continue  # all writes stay to be looked at
        if event[0] not in (power_cut.SIZE, power_cut.SYNC_FAILED):
            world.play(event)
    return {file.path: Journal(file) for file in world.files if file.path.endswith(".gaitj")}


def stored(folder):
    """uuid: trial groups in all HDF5 files below, as (path, attributes, frame numbers, raw counts, damage told before each gap)."""
    out = {}
    for top, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".h5"):
                continue
            with h5py.File(os.path.join(top, name), "r") as h5:
                for trial in (h5[n] for n in h5 if n.startswith("trial-")):
                    gaps = dict(zip(trial["gaps/frame"][:].tolist(), trial["gaps/gap_damage"][:].tolist())) if len(trial["gaps/frame"]) else {}
                    out.setdefault(trial.attrs["uuid"].replace("-", ""), []).append(
                        (os.path.join(top, name), dict(trial.attrs), trial["frame"][:].tolist(), trial["raw"][:], gaps))
    return out


def judge(where, journal, promised, groups):
    """Returns how many frames are missing of this journal, all of them told."""
    assert groups or not promised, f"{where}: {len(promised)} frames were synced, no file holds the trial"
    for path, attributes, numbers, raw, gaps in groups:
        missing = promised - set(numbers)
        assert not missing, f"{where}: {path}: {len(missing)} synced frames are not there, the first {min(missing)}"
        for number, counts in zip(numbers, raw):
            assert counts.tobytes() == journal.frames[number][1], f"{where}: {path}: frame {number} is another one"
        first = int(attributes["first_frame"])
        cut_off = attributes["end_why"] == "cut off"
        end = (max(numbers) + 1 if numbers else first) if cut_off else journal.upto
        assert int(attributes["gap_damage"]) == end - first - len(numbers), f"{where}: {path}: {len(numbers)} frames, gap_damage {attributes['gap_damage']}"
        assert int(attributes["recovered"]) == 1 or not cut_off, f"{where}: {path}: cut off and not called recovered"
        steps = [(b, b - a - 1) for a, b in zip([first - 1] + numbers, numbers) if b != a + 1]
        assert all(gaps.get(frame, 0) == lost for frame, lost in steps), f"{where}: {path}: {steps} frames are missing, told are {gaps}"
    return len(journal.frames) - max((len(g[2]) for g in groups), default=0)


def run(where, *argv):
    done = subprocess.run([os.path.join(BIN, "gait"), *argv], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 6), f"{where}: gait {argv[0]}: {done.returncode} {done.stderr}"
    return done


def moments(events):
    """All of them; and those without the many small writes into HDF5 files."""
    name, few = {}, []
    for i, event in enumerate(events):
        if event[0] == power_cut.CREATE:
            name[event[1]] = event[3]
        if event[0] != power_cut.WRITE or ".h5" not in name.get(event[1], ""):
            few.append(i + 1)
    return range(1, len(events) + 1), few


def one_cut(number, events, journals, root, inode):
    rng = random.Random(f"{SEED} {number}")
    world, at = power_cut.World(root, inode, rng), rng.choice(moments(events)[rng.randrange(2)])
    for event in events[:at]:
        world.play(event)
    where = f"cut {number} (GAIT_SEED={SEED}) behind event {at} of {len(events)}"
    left = tempfile.mkdtemp(prefix="gait-cut-")
    try:
        promised = {f.path: {n for n, (end, _) in journals[f.path].frames.items() if end <= f.covered} for f in world.files if f.path.endswith(".gaitj")}
        world.cut(rng, left)
        for top, _, names in os.walk(left):
            if "session.json" in names:
                json.load(open(os.path.join(top, "session.json"), encoding="utf-8"))
        said = run(where, "recover", left)
        groups = stored(left)
        still = [n for _, _, names in os.walk(left) for n in names if n.endswith(".gaitj") or n.endswith(".part")]
        assert not [n for n in still if n.endswith(".gaitj")], f"{where}: {still} stays: {said.stderr}"
        lost = synced = 0
        for path, frames in promised.items():
            lost += judge(where, journals[path], frames, groups.get(journals[path].uuid, []))
            synced += len(frames)
        told = any(int(g[1]["gap_damage"]) for group in groups.values() for g in group if not g[0].count("S01-") > 1)
        assert said.returncode == 6 or not told or "recover" not in said.args, f"{where}: damage, and exit status 0"
        for folder in [os.path.join(left, "a", n) for n in (os.listdir(left + "/a") if os.path.isdir(left + "/a") else [])]:
            if number % 3 == 0 and groups and any(n.endswith(".h5") for n in os.listdir(folder)):
                second = os.path.join(left, "b", os.path.basename(folder))
                run(where, "recover", "--close", *(("--also", second) if os.path.isdir(second) else ()), folder)
                closed = stored(left)
                for path, frames in promised.items():
                    judge(where + ", closed", journals[path], frames, closed.get(journals[path].uuid, []))
        return synced, lost
    finally:
        shutil.rmtree(left)


def main():
    folder = tempfile.mkdtemp(prefix="gait-power-")
    disk, log = folder + "/disk", folder + "/log"
    os.mkdir(disk)
    try:
        inode = os.stat(disk).st_ino
        closed = record(disk, log, 4)
        assert len(closed["session"]["trials"][0].get("parts", [])) == 1, "no fdatasync failed in trial 1"
        events = power_cut.events(log)
        journals = journals_of(events, disk, inode)
        assert len(journals) == 3 and all(len(j.frames) > 50 for j in journals.values()), {p: len(j.frames) for p, j in journals.items()}
        kinds = [e[0] for e in events]
        assert kinds.count(power_cut.SYNC_FAILED) == 1 and kinds.count(power_cut.SYNC_END) > 20, "the trace is not whole"
        made = {e[3] for e in events if e[0] == power_cut.CREATE}
        assert sum(".h5" in path for path in made) >= 4, f"the sealers left no trace: {made}"
        synced = lost = 0
        for number in range(CUTS):
            a, b = one_cut(number, events, journals, disk, inode)
            synced, lost = synced + a, lost + b
        assert lost > 0 and synced > 0, "nothing was ever lost: the cuts cut nothing"
        print(("RESULT power cuts: " if FULL else "") + f"{CUTS} cuts at {len(events)} moments: {synced} synced frames, all there; {lost} others lost, all told")
    finally:
        shutil.rmtree(folder)


main()
