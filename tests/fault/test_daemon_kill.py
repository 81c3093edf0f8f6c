"""kill -9 in the middle of a trial: the next start ends it, says so and seals it; the session is still open."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, collect, skip  # noqa: E402

if subprocess.run([os.path.join(BIN, "gait"), "recover", "--help"], capture_output=True, check=False).returncode != 0:
    skip("gait recover is not built")



def frames_in(path):
    """As h5py reads it."""
    try:
        import h5py  # pylint: disable=import-outside-toplevel
    except ImportError:
        skip("python3-h5py is not installed")
    with h5py.File(path) as f:
        return len(f["trial-001/frame"])


d = Gaitd(WALKER % ("seed=5", 1)).start()
sub = d.subscribe("frame10/")
session = d.ask("session open", subject="S03")["session"]
journal = d.ask("trial start")["trials"][0]["journal"]
collect(sub, lambda t, h: h["frame"] >= 100)
before = d.ask("status")
assert before["mats"][0]["state"] == "recording" and before["output"]["path"] == session["folder"]
d.stop(signal.SIGKILL)
assert os.path.exists(journal) and os.path.exists(d.run + "/view/stream"), "it was killed in the middle"
sub.close()
del d.subscriptions

with d:
    status = d.ask("status")
    assert status["session"]["session"] == session["session"] and status["instance"] != before["instance"]
    row = status["session"]["trials"][0]
    assert row["recovered"] is True and row["state"] in ("recorded", "sealed"), row
    sealed = journal[:-6] + ".h5"
    d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed" or d.ask("status")["sealer"]["failed"], "the seal")
    assert os.path.exists(sealed) and not os.path.exists(journal), d.said()
    assert "was cut off" in d.said()
    row = d.ask("status")["session"]["trials"][0]
    assert row["frames"] == frames_in(sealed) >= 100 and row["lost_device"] == row["lost_ring"] == 0, row
    # the next trial takes the next number; SIGTERM in it ends and seals it
    sub = d.subscribe("frame10/")
    second = d.ask("trial start")["trials"][0]
    assert second["trial"] == 2
    collect(sub, lambda t, h: h["frame"] >= 20)
    assert d.stop() == 0
    assert os.path.exists(second["journal"][:-6] + ".h5"), d.said()
    assert "(shutdown)" in d.said()
    # killed between marking the session closed and making its file: the next start makes it
    state = os.path.join(session["folder"], "session.json")
    with open(state, encoding="utf-8") as f:
        text = json.load(f)
    text["closed_utc"] = "2026-01-01T00:00:00Z"
    with open(state, "w", encoding="utf-8") as f:
        json.dump(text, f)
    whole = os.path.join(session["folder"], session["session"] + ".h5")
    assert not os.path.exists(whole)
    d.start()
    d.wait_for(lambda: os.path.exists(whole) and not os.path.exists(sealed), "the session's file")
    assert d.ask("status")["session"] is None, "a closed session is open"
print("killed, recovered, stopped and sealed; closed after all")
