"""A reader of C3D files from the public guide (c3d.org), for tests: it shares no code with the writer.

A file is blocks of 512 bytes. Block 1 is the header; its byte 0 says in which block the parameters begin. Parameters: 4 bytes, then records; a record begins
with the length of its name (negative: locked) and the group's number (negative: the record is the group itself); the word behind the name is the distance
from itself to the next record.
"""
import struct

import numpy as np


class Bad(Exception):
    pass


def parse_parameters(data):
    first = data[0]
    if data[1] != 0x50:
        raise Bad("no C3D file")
    at = (first - 1) * 512
    blocks, processor = data[at + 2], data[at + 3]
    if processor != 84:
        raise Bad("processor %d: only Intel is read here" % processor)
    end, at = at + blocks * 512, at + 4
    groups, values = {}, {}
    while at < end:
        n, number = abs(struct.unpack_from("<b", data, at)[0]), struct.unpack_from("<b", data, at + 1)[0]
        if n == 0:
            break
        name = data[at + 2:at + 2 + n].decode("ascii")
        here = at + 2 + n
        distance = struct.unpack_from("<h", data, here)[0]
        if number < 0:
            groups[-number] = name
        else:
            values[(number, name)] = value_at(data, here + 2)
        if distance == 0:
            break
        at = here + distance
    return {groups[g] + ":" + name: value for (g, name), value in values.items()}


def value_at(data, at):
    kind, axes = struct.unpack_from("<bB", data, at)
    shape = list(data[at + 2:at + 2 + axes])
    at += 2 + axes
    count = int(np.prod(shape)) if shape else 1
    if kind == -1:
        raw = data[at:at + count]
        if len(shape) < 2:
            return raw.decode("latin-1").rstrip()
        return [raw[i:i + shape[0]].decode("latin-1").rstrip() for i in range(0, count, shape[0])] if shape[0] else []
    dtype = {1: "<i1", 2: "<i2", 4: "<f4"}[kind]
    numbers = np.frombuffer(data, dtype, count, at)
    return numbers.reshape(shape, order="F") if shape else numbers[0]


def read(path):
    """Header facts, parameters, analog channels by label as floats [frames * samples a frame]."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) % 512:
        raise Bad("not whole blocks")
    points, per_frame, first, last = struct.unpack_from("<4H", data, 2)
    scale, = struct.unpack_from("<f", data, 12)
    start, samples = struct.unpack_from("<2H", data, 16)
    rate, = struct.unpack_from("<f", data, 20)
    p = parse_parameters(data)
    if not scale < 0 or points != 0 or int(p["POINT:DATA_START"]) != start:
        raise Bad("header and parameters differ, or integers")
    frames = int(p["POINT:FRAMES"]) if int(p["POINT:FRAMES"]) > 0 else int(p["POINT:FRAMES"]) + 65536
    values = np.frombuffer(data, "<f4", frames * per_frame, (start - 1) * 512).reshape(frames * samples, -1)
    label = p["ANALOG:LABELS"]
    gain, offset = p["ANALOG:SCALE"] * p["ANALOG:GEN_SCALE"], p["ANALOG:OFFSET"]
    channel = {label[i]: (values[:, i].astype(float) - offset[i]) * gain[i] for i in range(int(p["ANALOG:USED"]))}
    return {"first": first, "last": last, "rate": rate, "frames": frames, "parameters": p, "channel": channel}


def plates(c3d):
    """For each platform of type 1: force on the plate and centre of pressure in the laboratory's frame, mm."""
    p, labels = c3d["parameters"], c3d["parameters"]["ANALOG:LABELS"]
    out = []
    for i in range(int(p["FORCE_PLATFORM:USED"])):
        if p["FORCE_PLATFORM:TYPE"][i] != 1:
            raise Bad("platform of another type")
        corner = p["FORCE_PLATFORM:CORNERS"][:, :, i].astype(float)
        x = corner[:, 0] - corner[:, 1]
        y = corner[:, 0] - corner[:, 3]
        x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
        z = np.cross(x, y)
        axes = np.stack((x, y, z), axis=1)
        fx, fy, fz, px, py, _ = (c3d["channel"][labels[c - 1]] for c in p["FORCE_PLATFORM:CHANNEL"][:, i])
        force = axes @ np.stack((fx, fy, fz))
        cop = corner.mean(axis=1)[:, None] + axes @ np.stack((px, py, 0 * px))
        out.append({"force": force, "cop": cop, "loaded": fz > 0})
    return out


def events(c3d):
    p, out = c3d["parameters"], []
    for part in [""] + [str(i) for i in range(2, 100)]:
        if "EVENT:LABELS" + part not in p:
            break
        times = p["EVENT:TIMES" + part].astype(float)
        out += list(zip(60 * times[0] + times[1], p["EVENT:CONTEXTS" + part], p["EVENT:LABELS" + part]))
    return out
