"""`trial start` of all mats is answered, whoever ends first: five small frames are over, most times, before the other mat's first large one is written."""
import os
import sys

SANITIZED = bool(os.environ.get("GAIT_SANITIZE"))  # sessions and starts take several times as long: fewer
sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import Gaitd, Refused, collect  # noqa: E402

HEAD = ("Dynamic roll off\nScanning speed;  for the left foot: 0.00 Hertz, for the right foot: 500.00 Hertz\n\nRight foot data\n\nRight rectangle position\n"
        "Rectangle bottom\n0\nRectangle left\n0\nRectangle width\n20\nRectangle height\n38\n\n")
ROW = "\t".join(["0"] * 20) + "\n"
YAML = """version: 1
mats:
  - {id: short, source: {replay: {path: %s, speed: 0}}}
  - {id: long, source: {walker: "seed=2,rows=720,cols=240", speed: 1}}
recording: {floor_min: 0}
"""
SECOND = """version: 1
mats:
  - {id: first, source: {walker: "seed=1,rows=120,cols=48", speed: 0}}
  - {id: second, source: {replay: {path: %s, speed: 0}}}
recording: {floor_min: 0}
"""
SLOW = """version: 1
mats: [{id: mat-1, source: {walker: "seed=3,rows=40,cols=20", speed: 1}}]
recording: {floor_min: 0}
"""


def five_frames(path):
    with open(path, "w", encoding="ascii") as f:
        f.write(HEAD)
        for i in range(5):
            f.write(f"Frame {i} ({2 * i}.00 ms)\n" + 38 * ROW + "\n")
    return path


def starts(d, times):
    """Each start is answered with both trials, each trial ends, and the session knows how."""
    d.ask("session open", subject="S01")
    for _ in range(times):
        trials = d.ask("trial start", mat="all")["trials"]
        assert [t["mat"] for t in trials] == ["short", "long"], trials
        d.ask("trial stop", mat="all")
        d.wait_idle()
    rows = d.ask("status")["session"]["trials"]
    assert len(rows) == 2 * times and all(r["state"] in ("recorded", "sealed") for r in rows), rows
    short = [r for r in rows if r["mat"] == "short"]
    # the stop that follows the answer may come before the fifth frame is written
    assert all(r["lost_ring"] == 0 and (r["frames"] == 5 or (r["why"] == "stop" and 1 <= r["frames"] < 5)) for r in short), short
    print("starts of all:", times, "answered; ends of the short one:", sorted({r["why"] for r in short}))


def one_cannot_be_opened(d, recording):
    """The second mat's recording has gone: refused, and the first mat is free again."""
    d.ask("session open", subject="S01")
    refused(lambda: d.ask("trial start", mat="second", source={"replay": {"path": d.config, "speed": 0}}), "source")
    os.rename(recording, recording + ".away")
    refused(lambda: d.ask("trial start", mat="all"), "source")
    os.rename(recording + ".away", recording)
    assert len(d.ask("trial start", mat="all")["trials"]) == 2
    d.wait_idle()
    assert d.ask("trial discard", why="for a test", mat="first")["trials"][0]["mat"] == "first"
    print("a source that cannot be opened: refused, nothing is stuck")


def closed_at_once(d):
    """A session is closed in the moment its trial's end is told, its source not yet put back."""
    sub = d.subscribe("trial/")
    times = 2 if SANITIZED else 8
    for _ in range(times):
        d.ask("session open", subject="S01")
        d.ask("trial start", mat="first")
        collect(sub, lambda t, h: h["state"] == "ended")
        d.ask("session close")
        d.wait_idle()
    print("closed in the moment of the end:", times, "times")


def refused(call, code):
    try:
        call()
    except Refused as e:
        assert e.code == code, e
        return e.message
    raise AssertionError("not refused")


def slow_disk(ms):
    """Each fdatasync takes so long. What the disk takes is no fault of the mat: the trial starts, or the answer names the disk."""
    d = Gaitd(SLOW)
    os.environ["LD_PRELOAD"] = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_fail_fdatasync.so")
    os.environ["GAIT_SLOW_FDATASYNC_MS"] = str(ms)
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    try:
        d.start()
    finally:
        del os.environ["LD_PRELOAD"], os.environ["GAIT_SLOW_FDATASYNC_MS"]
    with d:
        d.ask("session open", subject="S01")
        if ms < 5000:
            assert len(d.start_trial()["trials"]) == 1
            d.ask("trial stop")
        else:
            said = refused(lambda: d.ask("trial start"), "path")
            assert "the disk took longer than 5 s" in said, said
            assert d.ask("status")["session"]["trials"] == [] and d.ask("status")["mats"][0]["trial"] is None
        d.wait_idle()
    print(f"{ms} ms a sync: as it should be")


# `start` may have happened already
Gaitd.__enter__ = lambda self: self if self.process else self.start()

with Gaitd("version: 1\n") as folder:
    recording = five_frames(folder.folder + ".txt")
try:
    with Gaitd(YAML % recording) as gaitd:
        starts(gaitd, 6 if SANITIZED else 20)
    with Gaitd(SECOND % recording) as gaitd:
        one_cannot_be_opened(gaitd, recording)
        assert gaitd.ask("session close")["path"].endswith(".h5")
        closed_at_once(gaitd)
    slow_disk(1000)  # more than the mat has for its first frame
    if os.environ.get("GAIT_TIER") == "full":
        slow_disk(6000)
finally:
    os.unlink(recording)
