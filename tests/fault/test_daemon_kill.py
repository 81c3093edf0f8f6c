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



def records_begun(path):
    with open(path, "rb") as f:
        return f.read(1 << 20).count(b"\x8bGAITR\r\n")


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
# killed before the start was answered: its number is taken, and its journal becomes a trial of the session
SLOW = """version: 1
mats: [{id: mat-1, source: {walker: "seed=5,lead_s=0", speed: 0.001, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0}
"""
with Gaitd(SLOW) as d:
    d.wait_for(lambda: d.ask("status")["mats"][0]["frames"] >= 1, "the frame before one that comes after seconds")
    session = d.ask("session open", subject="S04")["session"]
    state = os.path.join(session["folder"], "session.json")
    journal = os.path.join(session["folder"], "trial-001.gaitj")
    d.requests.send_json({"v": "1.0", "client": "x", "id": "x", "verb": "trial start", "args": {}})
    d.wait_for(lambda: os.path.exists(journal) and records_begun(journal) >= 2, "the journal's header and state")
    d.stop(signal.SIGKILL)
    with open(state, encoding="utf-8") as f:
        text = json.load(f)
    assert text["next_trial"] == text["next_run"] == 2 and text["trials"] == [], text
    with open(d.config, "w", encoding="utf-8") as f:
        f.write(WALKER % ("seed=5", 1))
    d.start()
    row = d.ask("status")["session"]["trials"][0]
    assert row["trial"] == 1 and row["recovered"] is True and row["uuid"], row
    sub = d.subscribe("frame10/")
    second = d.ask("trial start")["trials"][0]
    assert second["trial"] == 2, second
    collect(sub, lambda t, h: h["frame"] >= 20)
    d.stop(signal.SIGKILL)
    # as a daemon left it that noted numbers and row only with the first frame
    with open(state, encoding="utf-8") as f:
        text = json.load(f)
    text["trials"], text["next_trial"], text["next_run"] = text["trials"][:1], 2, 2
    with open(state, "w", encoding="utf-8") as f:
        json.dump(text, f)
    sub.close()
    del d.subscriptions
    d.start()
    found = d.ask("status")["session"]
    assert found["next_trial"] == found["next_run"] == 3 and [t["trial"] for t in found["trials"]] == [1, 2], found
    assert found["trials"][1]["mat"] == "mat-1" and found["trials"][1]["recovered"] is True, found
    d.wait_for(lambda: all(t["state"] == "sealed" for t in d.ask("status")["session"]["trials"]), "the seals")
    assert d.ask("status")["session"]["trials"][1]["frames"] >= 20
    closed = d.ask("session close")
    assert closed["unlisted"] == [] and os.path.exists(closed["path"]), closed
print("killed, recovered, stopped and sealed; closed after all")
