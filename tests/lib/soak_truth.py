"""What a walker that goes on and on must leave behind: each frame's counts by its place in the walk, and the frames that the mat drops. Session files (h5py) and journals of
`gait record` (docs/SESSION.md) are held against it."""
import mmap
import os
import struct
import sys
import zlib

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/interop"))
import journal_reader  # noqa: E402

BLOCK = 64  # frames read at a time


def checksums(raw):
    for at in range(0, raw.shape[0], BLOCK):
        for frame in raw[at:at + BLOCK]:
            yield zlib.crc32(np.ascontiguousarray(frame))


def learn(path):
    """The walk, from a trial of one: (frames of a round, checksum by the mat's counter)."""
    with h5py.File(path, "r") as f:
        trial = f["trial-001"]
        seq = trial["seq"][:].tolist()
        return seq[-1] + 1, dict(zip(seq, checksums(trial["raw"])))


def expected(first, last, walk):
    """The mat's counter in first..last, without what it drops."""
    period, known = walk
    return [s for s in range(first, last + 1) if s % period in known]


def trials_of(f):
    """Groups of each trial in their order: a trial that went on in another journal has several."""
    found = {}
    for name in f:
        if name.startswith("trial-"):
            found.setdefault(name[:9], []).append(f[name])
    return {k: sorted(v, key=lambda g: int(g.attrs["first_frame"])) for k, v in sorted(found.items())}


def column(parts, name):
    return np.concatenate([p[name][:] for p in parts]).astype(np.int64)


def judge_trial(parts, walk):
    seq, frame, index = (column(parts, n) for n in ("seq", "frame", "index"))
    device, ring = column(parts, "gap_device"), column(parts, "gap_ring")
    where = parts[0].name
    assert seq.tolist() == expected(int(seq[0]), int(seq[-1]), walk), f"{where}: not the frames that the walker gave"
    assert (np.diff(index) == 1).all(), f"{where}: frames of the ring are missing"
    assert (np.diff(seq) - 1 == device[1:]).all() and not ring.any(), f"{where}: gaps are not those of the mat"
    assert frame.tolist() == list(range(len(frame))), f"{where}: trial frames are missing"
    assert (np.diff(column(parts, "t_mat_ns")) > 0).all() and (np.diff(column(parts, "t_ns")) > 0).all(), f"{where}: time goes back"
    device[0] = 0  # what was lost before the first frame is not the trial's
    told = sum(int(p["gaps/gap_device"][:].sum()) for p in parts if "gaps" in p and "gap_device" in p["gaps"])
    assert told == int(device.sum()), f"{where}: {told} in the table of gaps, {device.sum()} beside the frames"
    at = 0
    for part in parts:
        for crc in checksums(part["raw"]):
            assert crc == walk[1][int(seq[at]) % walk[0]], f"{where}: counts of frame {frame[at]} are not the walker's"
            at += 1
    feet = [int(i) for p in parts if "footfalls" in p and "footfall" in p["footfalls"] for i in p["footfalls/footfall"][:]]
    assert feet == list(range(1, len(feet) + 1)), f"{where}: footfalls {feet}"
    return {"frames": len(seq), "gaps": int((device > 0)[1:].sum()), "dropped": int(device[1:].sum()), "footfalls": len(feet), "parts": len(parts),
            "first": int(index[0]), "last": int(index[-1])}


def judge_session(path, walk):
    """Every trial of a closed session; a trial's number to what was found in it."""
    with h5py.File(path, "r") as f:
        return {name: judge_trial(parts, walk) for name, parts in trials_of(f).items()}


def judge_kept(path, walk):
    """A journal of gait record: (frames, missing on the way here); each hole in the mat's counter is told."""
    frames = on_the_way = 0
    before = None
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 0
        while data[at:at + 8] == journal_reader.MAGIC:
            length, kind = struct.unpack_from("<IH", data, at + 32)
            if kind == 3:
                seq, device, ring = struct.unpack_from("<2Q", data, at + 48 + 8)[1], *struct.unpack_from("<2I", data, at + 48 + 56)
                frames += 1
                if before is not None:
                    missing = len([s for s in range(before + 1, seq) if s % walk[0] in walk[1]])
                    assert missing == ring and seq - before - 1 >= missing + device, f"{path}: {ring} are told missing before {seq}, {missing} are"
                    on_the_way += ring
                before = seq
            at += 48 + journal_reader.padded(length)
    return frames, on_the_way
