"""A subscriber that knows docs/STREAM.md and docs/CONTROL.md only sees every frame of a trial, and the same numbers everywhere."""
import base64
import json
import math
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import DATA, WALKER, Gaitd, Refused, collect  # noqa: E402


def floats(payload):
    return struct.unpack(f"<{len(payload) // 4}f", payload)


def by_topic(messages):
    topics = {}
    for topic, header, payload in messages:
        topics.setdefault(topic, []).append((header, payload))
    return topics


def check_numbering(topics):
    for topic, messages in topics.items():
        seqs = [h["seq"] for h, _ in messages]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"{topic}: holes in seq"
        for header, _ in messages:
            assert header["v"] == "1.0" and len(header["instance"]) == 16
            assert topic == (topic.split("/")[0] + "/" + (header["mat"] + "/" if header["mat"] else ""))


def check_frames(topics, frames, pitch_mm2):
    got = topics["frame/mat-1/"]
    assert [h["frame"] for h, _ in got] == list(range(got[0][0]["frame"], got[0][0]["frame"] + frames)), "frames are missing"
    assert all(h["gap_device"] == h["gap_ring"] == h["skipped"] == 0 for h, _ in got)
    times = [h["t_mat_ns"] for h, _ in got]
    assert all(a < b for a, b in zip(times, times[1:]))
    lives = {h["frame"]: h for h, _ in topics["live/mat-1/"]}
    for header, payload in got:
        kPa = floats(payload)
        live = lives[header["frame"]]
        assert header["dtype"] == "<f4" and header["unit"] == "kPa" and len(kPa) == math.prod(header["shape"])
        if live["contact_cells"]:
            assert live["peak_kPa"] == kPa[live["peak_cell"]], (live, kPa[live["peak_cell"]])
        total = math.fsum(p for p in kPa if not math.isnan(p)) * pitch_mm2 * 1e-3
        assert live["force_N"] <= total * 1.0001 + 0.01, (live["force_N"], total)
    assert [h["frame"] for h, _ in topics["frame10/mat-1/"]] == [h["frame"] for h, _ in got if h["frame"] % 10 == 0]
    return got, lives


def walker():
    with Gaitd(WALKER % ("seed=3", 0)) as d:
        try:
            d.ask("trial start")
            raise AssertionError("a trial started without a session")
        except Refused as e:
            assert e.code == "no-session", e
        sub = d.subscribe("frame/mat-1/", "frame10/mat-1/", "live/", "footfall/", "trial/", "event/")
        single = d.subscribe("json/footfall/mat-1/", "json/trial/mat-1/")
        d.ask("session open", subject="S07", mass_kg=70.0)
        started = d.ask("trial start", timepoint="pre1", condition="shod")["trials"][0]
        got = collect(sub, lambda t, h: t == "trial/mat-1/" and h["state"] in ("ended", "failed"))
        d.wait_idle()
        ended = [h for t, h, _ in got if t == "trial/mat-1/"][-1]
        assert ended["state"] == "ended" and ended["why"] == "source_end" and ended["timepoint"] == "pre1", ended
        assert ended["lost_device"] == ended["lost_ring"] == 0
        assert ended["frame"] == started["first_frame"] + ended["frames"] - 1, ended
        assert started["trial"] == ended["trial"] == 1 and started["journal"].endswith("trial-001.gaitj")
        while len([1 for t, _, _ in got if t == "frame/mat-1/"]) < ended["frames"]:
            got += collect(sub, lambda t, h: True)
        topics = by_topic(got)
        check_numbering(topics)
        check_frames(topics, ended["frames"], 25)
        feet = topics["footfall/mat-1/"]
        assert len(feet) == ended["footfalls"] > 0
        for header, payload in feet:
            assert started["first_frame"] + header["last_frame"] <= header["frame"] <= ended["frame"], (header["frame"], header["last_frame"], ended)
            rows, cols = header["shape"][1:]
            assert header["metrics"]["peak_kPa"] is None or max(floats(payload)[: rows * cols]) >= header["metrics"]["peak_kPa"] - 1e-3
            for name, value in header["metrics"].items():
                assert value is not None or name in header["reason"], name
        ones = {}
        while len(ones) < len(feet):
            part = single.recv_multipart()
            assert len(part) == 1
            topic, _, text = part[0].partition(b" ")
            header = json.loads(text)
            if topic == b"json/footfall/mat-1/":
                payload = base64.b64decode(header.pop("payload"))
                ones[header["footfall"]] = (header, payload)
        assert [ones[h["footfall"]] for h, _ in feet] == feet
        snapshot, clients = d.ask("snapshot")["mats"][0], d.ask("status")["clients"]
        assert clients == {"stream": 2, "query": 0, "control": 1, "tcp": 0}, clients
        single.close()
        d.wait_for(lambda: d.ask("status")["clients"]["stream"] == 1, "one client less")
        assert snapshot["seq"]["frame/mat-1/"] == topics["frame/mat-1/"][-1][0]["seq"]
        assert [f["footfall"] for f in snapshot["footfalls"]] == [h["footfall"] for h, _ in feet]
        assert (snapshot["rows"], snapshot["cols"], snapshot["pitch_x_mm"]) == (360, 64, 5.0)
        print("walker:", ended["frames"], "frames,", ended["footfalls"], "footfalls, no gap")


def two_mats():
    yaml = """version: 1
mats:
  - {id: left.1, source: {walker: "seed=1,rows=120,cols=48", speed: 0}}
  - {id: right-2, source: {walker: "seed=2,rows=96,cols=88", speed: 0}}
recording: {floor_min: 0}
"""
    with Gaitd(yaml) as d:
        d.ask("session open", subject="S08", mass_kg=70.0)
        try:
            d.ask("trial start")
            raise AssertionError("a mat was chosen by itself")
        except Refused as e:
            assert e.code == "which-mat", e
        sub = d.subscribe("trial/")
        trials = d.ask("trial start", mat="all")["trials"]
        assert [t["mat"] for t in trials] == ["left.1", "right-2"] and trials[0]["run"] == trials[1]["run"] == 1
        assert [t["trial"] for t in trials] == [1, 2]
        ended = []
        while len(ended) < 2:
            ended += [h for t, h, _ in collect(sub, lambda t, h: h["state"] == "ended") if h["state"] == "ended"]
        d.wait_idle()
        second = d.ask("trial start", mat="right-2", source={"walker": "seed=9,rows=96,cols=88", "speed": 0})
        assert second["run"] == 2 and second["trials"][0]["first_frame"] > 0, second
        d.wait_idle()
        told = collect(sub, lambda t, h: h["state"] == "sealed" and h["trial"] == 3)
        frames = next(h["frames"] for _, h, _ in told if h["trial"] == 3 and h["state"] == "ended")
        last = second["trials"][0]["first_frame"] + frames - 1
        assert [h["frame"] for _, h, _ in told if h["trial"] == 3 and h["state"] in ("ended", "sealed")] == [last, last], (last, told)
        try:
            d.ask("trial start", mat="right-2", source={"walker": "seed=9,rows=none"})
            raise AssertionError("a bad walker started")
        except Refused as e:
            assert e.code == "source" and "rows" in e.message, e
        r = d.ask("trial start", mat="right-2", source={"walker": "seed=9,rows=200,cols=64", "speed": 0})
        assert r["trials"][0]["trial"] == 4, r
        d.wait_idle()
        print("two mats:", [(h["mat"], h["frames"]) for h in ended])


def emed():
    path = os.path.join(DATA, "pressuRe")
    found = [os.path.join(f, n) for f, _, names in os.walk(path) for n in names if n == "emed_test.lst"]
    if not found:
        print("emed_test.lst is not there: passed over")
        return
    yaml = f"""version: 1
source: {{replay: {{path: {os.path.abspath(found[0])}, speed: 0}}}}
pipeline: {{p_on_kPa: 0}}
recording: {{floor_min: 0}}
"""
    with Gaitd(yaml) as d:
        sub = d.subscribe("frame/", "live/", "footfall/", "trial/")
        d.ask("session open", subject="S09")
        d.ask("trial start")
        got = collect(sub, lambda t, h: t == "trial/mat-1/" and h["state"] == "ended")
        ended = got[-1][1]
        assert ended["frames"] == 106 and ended["lost_device"] == ended["lost_ring"] == 0, ended
        while len([1 for t, _, _ in got if t == "frame/mat-1/"]) < 106:
            got += collect(sub, lambda t, h: True)
        frames, lives = check_frames(by_topic(got) | {"frame10/mat-1/": [m for m in by_topic(got)["frame/mat-1/"] if m[0]["frame"] % 10 == 0]},
                                     106, 1e9)
        assert max(lives[f]["force_N"] for f in lives) > 800
        print("emed: 106 frames, no gap")


walker()
two_mats()
emed()
