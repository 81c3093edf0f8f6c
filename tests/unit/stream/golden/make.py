#!/usr/bin/python3
"""Makes messages.json: stream messages written from docs/STREAM.md alone, with what a reader must understand.

Run by hand when the page changes; never from the C code's output.
"""
import base64
import json
import os
import struct

INSTANCE = "00c0ffee00c0ffee"


def head(seq, frame, t_ns, mat="mat-1", gaps=(0, 0, 0)):
    return {"v": "1.0", "instance": INSTANCE, "seq": seq, "frame": frame, "t_ns": t_ns, "mat": mat,
            "gap_device": gaps[0], "gap_ring": gaps[1], "skipped": gaps[2]}


def b64(data):
    return base64.b64encode(data).decode()


def three(topic, header, payload=b""):
    return [b64(topic.encode()), b64(json.dumps(header).encode()), b64(payload)]


def single(topic, header, payload=b""):
    header = dict(header)
    if payload:
        header["payload"] = b64(payload)
    return [b64((topic + " " + json.dumps(header)).encode())]


FRAME = dict(head(7, 123456789012, 9007199254740993, gaps=(1, 2, 3)), dtype="<f4", shape=[2, 3], unit="kPa",
             t_mat_ns=1234567890123456789, flags=["gap_estimated", "saturated"], t_arrival_ns=9007199254740995,
             mat_seq=99, connection=4, calibration=2, lost_device=11, lost_ring=12)
KPA = [0.0, 1.5, float("nan"), 100.25, 0.1, 65535.0]
FRAME_PAYLOAD = struct.pack("<6f", *KPA)

LIVE = dict(head(8, 10, 1000), t_mat_ns=500, flags=[], force_N=0.1, area_mm2=25.0, peak_kPa=4.0, mean_kPa=None,
            cop_x_mm=None, cop_y_mm=1 / 3, contact_cells=1, saturated_cells=0, open_footfalls=1, peak_cell=None,
            reason={"mean_kPa": "no_contact", "cop_x_mm": "no_contact", "peak_cell": "no_contact"},
            feet=[{"footfall": 2, "side": "left", "phase": "foot_flat", "force_N": 700.25, "heel_force_N": None,
                   "mid_share_pct": 12.5, "mid_spread": 0.25, "cop_x_mm": 101.0, "cop_y_mm": 202.0, "time_s": 0.07,
                   "region_force_N": [1.0, 2.0, 3.0, 4.0, 5.0, None], "reason": {"heel_force_N": "not_computed"}}])

REGION = {"cells": 12.5, "area_cm2": 3.125, "peak_kPa": 250.0, "force_max_N": 400.0, "impulse_Ns": 50.0, "share_pct": 25.0,
          "pti_peak_kPas": 30.0, "pti_mean_kPas": 20.0, "mean_kPa": 128.0, "contact_time_s": 0.5, "time_to_peak_s": None}
FOOTFALL = dict(head(3, 400, 5000), dtype="<f4", shape=[2, 1, 2], unit="kPa", trial=6, footfall=2, algorithm_version=1,
                side="right", side_print="unknown", **{"class": "walking"}, valid=True, flags=["partial", "side_override"],
                first_frame=10, last_frame=12, ic_mat_ns=111, to_mat_ns=222, ic_ns=333,
                heel_x_mm=1.0, heel_y_mm=2.0, axis_x=0.6, axis_y=0.8, origin_x_mm=3.0, origin_y_mm=4.0,
                progression_x=None, progression_y=None,
                reason={"progression_x": "degenerate", "progression_y": "degenerate", "force_max_pctBW": "no_mass"},
                metrics={"stance_s": 0.7, "force_max_N": 818.6000000000001, "force_max_pctBW": None, "a_metric_of_tomorrow": 1},
                regions={"heel31": REGION}, lines={"cpei_chord": [1.0, 2.0, 3.0, 4.0], "cpei_third": None},
                curves={name: [i / 100 for i in range(101)] for name in
                        ("force_N", "heel_force_N", "mid_force_N", "fore_force_N", "mid_spread", "medial_mid_force_N", "cop_u_mm", "cop_v_mm")},
                cop={"t_s": [0.0, 0.01, 0.02], "x_mm": [None, 1.0, 2.0], "y_mm": [None, 3.0, 4.0], "force_N": [5.0, 6.0, 7.0],
                     "heel_force_N": [5.0, 4.0, 3.0]},
                picture_row=17, picture_col=18)
PICTURES = struct.pack("<4f", 1.0, 2.0, 0.5, 0.25)

TRIAL = dict(head(1, 55, 66), state="started", session="S01-20260301", trial=6, run=2)
STATUS = dict(head(4, 0, 77, mat=""), version="0.1.0", mats=[])

GOOD = [
    ("frame", three("frame/mat-1/", FRAME, FRAME_PAYLOAD), FRAME, FRAME_PAYLOAD),
    ("frame2", three("frame2/mat-1/", FRAME, FRAME_PAYLOAD), FRAME, FRAME_PAYLOAD),
    ("frame, one part", single("json/frame/mat-1/", FRAME, FRAME_PAYLOAD), FRAME, FRAME_PAYLOAD),
    ("live", three("live/mat-1/", LIVE), LIVE, b""),
    ("footfall", three("footfall/mat-1/", FOOTFALL, PICTURES), FOOTFALL, PICTURES),
    ("footfall, one part", single("json/footfall/mat-1/", FOOTFALL, PICTURES), FOOTFALL, PICTURES),
    ("trial, one part", single("json/trial/mat-1/", TRIAL), TRIAL, b""),
    ("status", three("status/", STATUS), STATUS, b""),
    ("a minor version later, with a member nobody knows", three("trial/mat-1/", dict(TRIAL, v="1.7", news=[1, {"a": 2}])),
     dict(TRIAL, v="1.7", news=[1, {"a": 2}]), b""),
]

BAD = [
    ("another major version", three("trial/mat-1/", dict(TRIAL, v="2.0")), "EPROTONOSUPPORT"),
    ("two parts", three("trial/mat-1/", TRIAL)[:2], "EINVAL"),
    ("no slash at the end", three("frame/mat-1", FRAME, FRAME_PAYLOAD), "EBADMSG"),
    ("an unknown topic", three("fame/mat-1/", FRAME, FRAME_PAYLOAD), "EBADMSG"),
    ("three parts of a json topic", three("json/trial/mat-1/", TRIAL), "EBADMSG"),
    ("one part of a plain topic", single("trial/mat-1/", TRIAL), "EBADMSG"),
    ("topic and header name different mats", three("trial/mat-2/", TRIAL), "EBADMSG"),
    ("seq is missing", three("trial/mat-1/", {k: v for k, v in TRIAL.items() if k != "seq"}), "EBADMSG"),
    ("seq is negative", three("trial/mat-1/", dict(TRIAL, seq=-1)), "EBADMSG"),
    ("seq is a real", three("trial/mat-1/", dict(TRIAL, seq=1.5)), "EBADMSG"),
    ("the payload is a byte short", three("frame/mat-1/", FRAME, FRAME_PAYLOAD[:-1]), "EBADMSG"),
    ("the payload is missing", three("frame/mat-1/", FRAME), "EBADMSG"),
    ("a payload that no shape announces", three("trial/mat-1/", TRIAL, b"1234"), "EBADMSG"),
    ("a shape that overflows", three("frame/mat-1/", dict(FRAME, shape=[1 << 20, 1 << 20, 1 << 20]), FRAME_PAYLOAD), "EBADMSG"),
    ("header is not an object", [b64(b"status/"), b64(b"[1]"), ""], "EBADMSG"),
    ("header is empty", [b64(b"status/"), "", ""], "EBADMSG"),
    ("a member twice", [b64(b"status/"), b64(json.dumps(STATUS)[:-1].encode() + b', "seq": 5}'), ""], "EBADMSG"),
    ("base64 that is none", [b64(b"json/frame/mat-1/ " + json.dumps(dict(FRAME, payload="!!!!")).encode())], "EBADMSG"),
]

messages = [{"name": n, "parts": p, "header": h, "payload": b64(x)} for n, p, h, x in GOOD]
messages += [{"name": n, "parts": p, "error": e} for n, p, e in BAD]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "messages.json"), "w", encoding="utf-8") as f:
    f.write("[\n" + ",\n".join(json.dumps(m) for m in messages) + "\n]\n")
