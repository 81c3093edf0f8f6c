"""Frames of a journal, as docs/SESSION.md has them, in whatever state it is."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/interop"))
import journal_reader  # noqa: E402  pylint: disable=wrong-import-position

TABLE = np.array(journal_reader.TABLE, np.uint32)
HEAD = 48


def crc32c(rows):
    """Of each row, all at once."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in np.ascontiguousarray(rows.T):
        crc = crc >> np.uint32(8) ^ TABLE[(crc ^ column) & np.uint32(255)]
    return ~crc


def whole(data, starts, size):
    """Which of these records of one size have both checksums right."""
    rows = np.stack([np.frombuffer(data, np.uint8, size, at) for at in starts])
    stored = np.ascontiguousarray(rows[:, 40:48]).view("<u4")
    return (crc32c(rows[:, :44]) == stored[:, 1]) & (crc32c(rows[:, HEAD:]) == stored[:, 0])


def written(path):
    """By trial frame number: the mat's own sequence and the counts; records that are not whole, by their length or a checksum, are passed over."""
    frames, places = {}, {}
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while data[at:at + 8] == journal_reader.MAGIC:
        size, kind = int.from_bytes(data[at + 32:at + 36], "little"), int.from_bytes(data[at + 36:at + 38], "little")
        end = at + HEAD + journal_reader.padded(size)
        if end > len(data):
            break
        if kind == 3:
            places.setdefault((size, end - at), []).append(at)
        at = end
    for (size, length), starts in places.items():
        for at, good in zip(starts, whole(data, starts, length)):
            payload = data[at + HEAD:at + HEAD + size]
            if good:
                frames[int.from_bytes(payload[:8], "little")] = (int.from_bytes(payload[16:24], "little"), payload[144:])
    return frames
