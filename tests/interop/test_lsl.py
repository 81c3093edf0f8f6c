"""gait-lsl against a STAND-IN of liblsl that writes down each call (the real library could not be had): what is handed over is what a subscriber of its own
sees. Without liblsl it says what to do."""
import json
import math
import os
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, collect  # noqa: E402

STANDIN = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests/lib", "liblsl-standin.so")


def start(d, log, *argv):
    process = subprocess.Popen([os.path.join(BIN, "gait-lsl"), "--socket", d.run, "--liblsl", STANDIN, *argv], stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, STANDIN_LSL_LOG=log))
    line = process.stderr.readline()
    assert "liblsl 116, 1 mats" in line, line
    return process


def calls(log):
    with open(log, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f]


def same(a, b):
    return (b is None and math.isnan(a)) or a == b


def foot(live, side, key):
    return next((f[key] for f in live["feet"] if f["side"] == side), None)


def handed_over(frames):
    with Gaitd(WALKER % ("seed=3,rows=150,cols=22,pitch=15,rate=50,lead_s=0.5,tail_s=0.5", 0)) as d:
        log = os.path.join(d.folder, "calls")
        process = start(d, log, *(["--frames"] if frames else []))
        want = d.subscriptions if hasattr(d, "subscriptions") else 0
        d.wait_for(lambda: d.ask("status")["stream"]["subscriptions"] >= want + (5 if frames else 4), "its subscriptions")
        d.subscriptions = want + (5 if frames else 4)
        sub = d.subscribe("live/", "footfall/", "trial/", "event/", "frame/")
        d.ask("session open", subject="L01", mass_kg=70)
        d.ask("trial start")
        got = collect(sub, lambda t, h: t == "trial/mat-1/" and h["state"] == "sealed")
        last = [h for t, h, _ in got if t.startswith("trial/")][-1]["t_ns"] * 1e-9
        d.wait_for(lambda: any(c[0] == "marker" and '"sealed"' in c[3] and abs(float(c[2]) - last) < 1e-6 for c in calls(log)), "the last marker")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, process.stderr.read()
        made = calls(log)
        infos = [c[1:] for c in made if c[0] == "info"]
        assert infos[:2] == [["gait mat-1 metrics", "Gait", "14", "50", "2", "gaitd-mat-1-metrics"],
                             ["gait mat-1 markers", "Markers", "1", "0", "3", "gaitd-mat-1-markers"]], infos
        assert len(infos) == 2 + frames and sum(c[0] == "outlet" for c in made) == sum(c[0] == "destroy" for c in made) == 2 + frames
        told = [c[2:] for c in made if c[0] == "value" and c[1] == "gait mat-1 metrics"]
        assert told[:6] == [["label", "force"], ["unit", "N"], ["type", "Force"], ["label", "area"], ["unit", "mm2"], ["type", "Area"]], told
        assert [len([t for t in told if t[0] == what]) for what in ("label", "unit", "type")] == [14, 14, 14] and told[-1] == ["serial_number", "mat-1"], told
        # 150 x 22 floats, 50 times a second: a minute of it is 38 MiB; 128 MiB are the most
        assert {c[3] for c in made if c[0] == "outlet"} == {"60"}, made
        lives = [h for t, h, _ in got if t.startswith("live/")]
        pushed = [[float(v) for v in c[2:]] for c in made if c[0] == "push"]
        assert len(pushed) == len(lives) > 100, (len(pushed), len(lives))
        for p, h in zip(pushed, lives):
            expected = [h["force_N"], h["area_mm2"], h["peak_kPa"], h["mean_kPa"], h["cop_x_mm"], h["cop_y_mm"]]
            for side in ("left", "right"):
                expected += [foot(h, side, k) for k in ("force_N", "heel_force_N", "mid_share_pct")]
            expected += [h["contact_cells"], h["open_footfalls"]]
            assert p[0] == h["t_ns"] * 1e-9 and all(same(a, b) for a, b in zip(p[1:], expected)), (p, h)
        markers = [json.loads(c[3]) for c in made if c[0] == "marker"]
        others = [(t.split("/")[0], h) for t, h, _ in got if t.split("/")[0] in ("footfall", "trial", "event")]
        assert [m["marker"] for m in markers] == [kind for kind, _ in others], (markers, [k for k, _ in others])
        feet = [h for kind, h in others if kind == "footfall"]
        told = [m for m in markers if m["marker"] == "footfall"]
        assert len(feet) >= 4 and all(m["metrics"] == h["metrics"] and m["side"] == h["side"] for m, h in zip(told, feet))
        pictures = [c for c in made if c[0] == "frame"]
        sent = [(h, p) for t, h, p in got if t.startswith("frame/")]
        assert len(pictures) == (len(sent) if frames else 0), (len(pictures), len(sent))
        for c, (h, payload) in zip(pictures, sent):
            cells = struct.unpack(f"<{len(payload) // 4}f", payload)
            total = 0.0
            for v in cells:
                total += v if v == v else 0
            assert int(c[3]) == len(cells) and float(c[4]) == total and float(c[2]) == h["t_ns"] * 1e-9
        print(f"ok: {len(pushed)} samples, {len(markers)} markers, {len(pictures)} frames as they were sent")


def without():
    done = subprocess.run([os.path.join(BIN, "gait-lsl"), "--liblsl", "/nowhere/liblsl.so"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "github.com/sccn/liblsl" in done.stderr and len(done.stderr.splitlines()) == 1, done
    done = subprocess.run([os.path.join(BIN, "gait-lsl"), "--liblsl", "libm.so.6"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "has no lsl_" in done.stderr, done
    done = subprocess.run([os.path.join(BIN, "gait-lsl"), "--liblsl", STANDIN, "--socket", "/nowhere"], capture_output=True, text=True, check=False,
                          timeout=60, env=dict(os.environ, STANDIN_LSL_LOG="/dev/null"))
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done
    print("ok: without liblsl, with another library and without a daemon it says so")


without()
handed_over(False)
handed_over(True)
