"""The daemon with two pads on an emulated bus as one mat: one is unplugged in a trial and comes back. Which pads a frame was made of, and how old they were, stands in
the stream and in the file; what is missing is no value; and the analysis of the file gives the bits that were streamed."""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gaitd_run  # pylint: disable=wrong-import-position
from test_gaitd import OnBed  # pylint: disable=wrong-import-position

try:
    import h5py
    import numpy as np
except ImportError:
    gaitd_run.skip("python3-h5py and python3-numpy are not installed")

PAD = "rows=64,cols=64,pitch=8,rate=50"
MISSING, STALE = 1 << 4, 1 << 5
PERIOD_S = 0.020
YAML = """version: 1
mats: [{id: T1, source: {usb: true}, profile: %s}]
recording: {floor_min: 0, pre_trigger_s: 0}
"""
TILING = """tiling:
  rows: 128
  cols: 64
  pads:
    - { id: P0, y_mm: 0, clock: true }
    - { id: P1, y_mm: 512 }
"""


def profile(folder):
    """The open mat's own, twice."""
    with open(os.path.join(os.environ["GAIT_SOURCE_DIR"], "config", "mats", "open-mat.yaml"), encoding="utf-8") as f:
        text = f.read()
    text = text.replace("name: open-mat", "name: two-open-mats").replace("rate_hz: 100", "rate_hz: 50")
    path = os.path.join(folder, "two-open-mats.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text + TILING)
    return path


def live(d, messages, enough):
    """Frames until enough(header); their headers."""
    return [header for topic, header, _ in gaitd_run.collect(messages, lambda t, h: t.startswith("live/") and enough(h))
            if topic.startswith("live/")]


def check_streamed(headers):
    for h in headers:
        clock, other = h["pad_age_s"]
        assert clock == 0.0, h
        assert (other is None) == ("pad_missing" in h["flags"]), h
        assert other is None or abs(other - PERIOD_S) < 1e-5 or (other > PERIOD_S) == ("pad_stale" in h["flags"]), h


def check_file(path, headers):
    with h5py.File(path, "r") as f:
        trial = f["trial-001"]
        age, flags, raw, t_ns = trial["pad_age_s"][:], trial["frame_flags"][:], trial["raw"][:], trial["t_ns"][:]
        assert trial["pad"][:].tolist() == [1, 2] and age.shape == (len(flags), 2)
        assert trial["pad_age_s"].dims[1][0].name == "/trial-001/pad"
    missing = (flags & MISSING) != 0
    assert missing.any() and not missing.all()
    assert (age[:, 0] == 0).all()
    assert (np.isnan(age[:, 1]) == missing).all()
    clear = np.abs(age[:, 1] - PERIOD_S) > 1e-5  # microseconds are stored, nanoseconds were compared
    assert ((age[:, 1] > PERIOD_S) == ((flags & STALE) != 0))[clear].all()
    assert np.isnan(raw[missing, 64:]).all() and np.isfinite(raw[~missing]).all() and np.isfinite(raw[:, :64]).all()
    streamed = {h["t_ns"]: h["pad_age_s"] for h in headers}
    both = [(streamed[t], a) for t, a in zip(t_ns.tolist(), age.tolist()) if t in streamed]
    assert len(both) > 100, len(both)
    for s, a in both:
        assert [-1 if v is None else v for v in s] == [-1 if v != v else v for v in a], (s, a)
    print(f"{len(flags)} frames, {int(missing.sum())} without the second pad; ages as streamed in {len(both)}")


def check_analysis(path, headers):
    """The force of each frame, cells that are missing among them, is the same to the bit."""
    gait = os.path.join(gaitd_run.BIN, "gait")
    done = subprocess.run([gait, "analyse", "--json", "--frames", path], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 6), done  # 6: a busy machine lost frames, and they were told
    frames = [m for m in map(json.loads, done.stdout.splitlines()) if m["kind"] == "frame"]
    t0, first = frames[0]["t_mat_ns"], None
    with h5py.File(path, "r") as f:
        first = int(f["trial-001/t_mat_ns"][0])
    offline = {m["t_mat_ns"] - t0 + first: m for m in frames}
    same = [(h, offline[h["t_mat_ns"]]) for h in headers if h["t_mat_ns"] in offline]
    assert len(same) > 100 and any(h["force_N"] > 0 for h, _ in same)
    for h, o in same:
        assert [h[k] for k in ("force_N", "area_mm2", "peak_kPa")] == [o[k] for k in ("force_N", "area_mm2", "peak_kPa")], (h, o)


def main():
    with tempfile.TemporaryDirectory(prefix="gait-pads.") as folder, OnBed(YAML % profile(folder), f"P0=seed=1,{PAD}", f"P1=seed=2,{PAD}") as d:
        d.wait_for(lambda: "waiting for pad 2 (P1) of 2" in str(d.ask("devices")), "that the second pad is waited for")
        d.do("plug 1 1-2")
        d.wait_for(lambda: d.mat()["state"] == "streaming", "the mat")
        assert (d.mat()["rows"], d.mat()["cols"]) == (128, 64), d.mat()
        assert "has not been tared" in d.mat()["calibration_text"], d.mat()
        messages = d.subscribe("live/T1/")
        d.ask("session open", subject="U1")
        d.ask("trial start", timepoint="pre1")
        whole = lambda h: h.get("pad_age_s", [None])[-1] is not None  # noqa: E731
        headers = live(d, messages, lambda h: h["force_N"] > 100)
        d.do("unplug 1")
        headers += live(d, messages, lambda h: not whole(h))
        d.wait_for(lambda: "1 of 2 pads missing" in d.mat()["text"], "status to say that a pad is missing")
        d.do("plug 1 1-3")
        headers += live(d, messages, whole)
        count = [0]

        def hundred(h):
            count[0] += whole(h)
            return count[0] >= 100

        headers += live(d, messages, hundred)
        d.ask("trial stop")
        check_streamed(headers)
        d.wait_for(lambda: glob.glob(d.data + "/**/trial-001.h5", recursive=True), "the sealed trial", 60)
        path = glob.glob(d.data + "/**/trial-001.h5", recursive=True)[0]
        check_file(path, headers)
        check_analysis(path, headers)


if __name__ == "__main__":
    main()
