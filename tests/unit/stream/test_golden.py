"""The golden messages, read as docs/STREAM.md says, by a program that shares nothing with ours."""
import base64
import json
import math
import os
import struct
import sys

TOPICS = ("frame", "frame2", "frame10", "live", "footfall", "trial", "event", "status")


def no_twice(pairs):
    if len({k for k, _ in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def read(parts):
    """(topic, header, payload) of a message; ValueError when it is not what the page says."""
    if len(parts) == 1:
        topic, _, text = parts[0].partition(b" ")
        if not topic.startswith(b"json/"):
            raise ValueError("one part")
        topic = topic[5:]
        header = json.loads(text, object_pairs_hook=no_twice)
        payload = base64.b64decode(header.pop("payload", ""), validate=True)
    elif len(parts) == 3:
        topic, text, payload = parts
        header = json.loads(text, object_pairs_hook=no_twice)
    else:
        raise ValueError("parts")
    kind, _, mat = topic.decode().partition("/")
    if kind not in TOPICS or not topic.endswith(b"/") or not isinstance(header, dict):
        raise ValueError("topic")
    if header["v"].split(".")[0] != "1" or header["mat"] != mat[:-1]:
        raise ValueError("version or mat")
    for key in ("seq", "frame", "t_ns", "gap_device", "gap_ring", "skipped"):
        if type(header[key]) is not int or header[key] < 0:
            raise ValueError(key)
    if len(payload) != (4 * math.prod(header["shape"]) if "shape" in header else 0):
        raise ValueError("payload")
    return kind, header, payload


folder = os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/unit/stream/golden")
with open(os.path.join(folder, "messages.json"), encoding="utf-8") as f:
    messages = json.load(f)
for m in messages:
    parts = [base64.b64decode(p) for p in m["parts"]]
    try:
        kind, header, payload = read(parts)
    except (ValueError, KeyError):
        assert "error" in m, m["name"]
        continue
    assert "error" not in m, m["name"]
    assert header == m["header"] and payload == base64.b64decode(m["payload"]), m["name"]
    if kind == "frame":
        assert struct.unpack("<6f", payload)[3] == 100.25 and header["t_ns"] == 2 ** 53 + 1
print(len(messages), "golden messages")
sys.exit(0 if len(messages) == 27 else 1)
