#!/usr/bin/python3
"""A journal reader written from docs/SESSION.md alone: python3 journal_reader.py FILE prints what is in it as JSON."""
import json
import math
import struct
import sys

MAGIC = bytes.fromhex("8b4741495452 0d0a".replace(" ", ""))
TYPES = {1: "header", 2: "state", 3: "frame", 4: "gap", 5: "clock", 6: "footfall", 7: "action", 8: "event", 9: "end",
         10: "earlier_footfall", 11: "pads"}
PACK = {1: "B", 2: "H", 3: "h", 4: "I", 5: "Q", 6: "q", 7: "f", 8: "d"}
FRAME = ("frame index seq tick t_arrival_ns t_mat_ns t_ns gap_device gap_ring connection flags calibration_version raw_bytes "
         "force_N area_mm2 peak_kPa mean_kPa cop_x_mm cop_y_mm contact_cells saturated_cells peak_cell open_footfalls").split()
RAW = {1: "B", 2: "H", 3: "h", 4: "f"}


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def padded(n):
    return (n + 7) // 8 * 8


def unpack(payload):
    """A container: name -> value, list (one axis or more, flat) or text."""
    items, at = {}, 0
    while at < len(payload):
        size, name_bytes, dtype, ndim = struct.unpack_from("<IHBB", payload, at)
        shape = struct.unpack_from("<%dI" % ndim, payload, at + 8)
        name_at = at + 8 + 4 * ndim
        name = payload[name_at:name_at + name_bytes].decode()
        data_at = at + padded(8 + 4 * ndim + name_bytes)
        count = math.prod(shape)
        if dtype == 9:
            value = payload[data_at:data_at + count].decode()
        else:
            value = list(struct.unpack_from("<%d%s" % (count, PACK[dtype]), payload, data_at))
        items.setdefault(name, value[0] if ndim == 0 else value)
        at += size
    return items


def records(data):
    """(number, type, offset, payload) of every record that can be believed; looks for the next magic after bad bytes."""
    at, expected, uuid = 0, 0, None
    while True:
        at = data.find(MAGIC, at)
        if at < 0 or at + 48 > len(data):
            return
        head = data[at:at + 48]
        number, length, kind, major, minor, payload_crc, head_crc = struct.unpack_from("<QIHBBII", head, 24)
        end = at + 48 + padded(length)
        if at % 8 or crc32c(head[:44]) != head_crc or end > len(data) or crc32c(data[at + 48:end]) != payload_crc \
                or major != 1 or (uuid and head[8:24] != uuid) or number < expected:
            at += 8 - at % 8
            continue
        uuid, expected = head[8:24], number + 1
        yield number, kind, at, data[at + 48:at + 48 + length], uuid
        at = end


def frame_of(payload, raw_type):
    values = struct.unpack_from("<7Q6I6d4I", payload, 0)
    frame = dict(zip(FRAME, values))
    raw = payload[144:]
    frame["raw"] = list(struct.unpack("<%d%s" % (len(raw) // struct.calcsize(raw_type), raw_type), raw))
    return frame


def clean(value):
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, list):
        return [clean(v) for v in value]
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    return value


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    out, raw_type = {"uuid": None, "records": []}, "H"
    for number, kind, offset, payload, uuid in records(data):
        out["uuid"] = uuid.hex()
        record = {"number": number, "type": TYPES.get(kind, "unknown"), "offset": offset, "bytes": len(payload)}
        if kind == 3:
            record.update(frame_of(payload, raw_type))
        else:
            record.update(unpack(payload))
        if kind == 2:
            raw_type = RAW[record["geometry.dtype"]]
        out["records"].append(record)
    return clean(out)


if __name__ == "__main__":
    json.dump(read(sys.argv[1]), sys.stdout, indent=1)
    print()
