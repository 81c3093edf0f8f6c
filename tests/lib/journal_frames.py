"""Frames of a journal, as docs/SESSION.md has them, in whatever state it is."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/interop"))
import journal_reader  # noqa: E402  pylint: disable=wrong-import-position


def written(path):
    """By trial frame number: the mat's own sequence and the counts; records that are not whole are passed over."""
    frames = {}
    with open(path, "rb") as file:
        data = file.read()
    head, at = 48, 0
    while data[at:at + 8] == journal_reader.MAGIC:
        size, kind = int.from_bytes(data[at + 32:at + 36], "little"), int.from_bytes(data[at + 36:at + 38], "little")
        end = at + head + journal_reader.padded(size)
        if end > len(data):
            break
        if kind == 3:
            payload = data[at + head:at + head + size]
            frames[int.from_bytes(payload[:8], "little")] = (int.from_bytes(payload[16:24], "little"), payload[144:])
        at = end
    return frames
