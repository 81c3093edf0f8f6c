"""A tare that waits for frames always ends in an answer: the mat falls silent, a trial begins, gaitd is stopped; and a trial that begins meanwhile keeps its frames."""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import Gaitd  # noqa: E402

SLOW = """version: 1
mats: [{id: mat-1, source: {walker: "seed=1,rows=40,cols=40", speed: %s, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 1}
"""


def post(d, verb, **args):
    d.number += 1
    d.requests.send_json({"v": "1.0", "client": d.client, "id": str(d.number), "verb": verb, "args": args})
    return str(d.number)


def answers(d, *requests):
    """In whatever order they come: error code, or None."""
    code = {}
    while len(code) < len(requests):
        assert d.requests.poll(30000), f"no answer to {set(requests) - set(code)}; gaitd said: {d.said()}"
        reply = json.loads(d.requests.recv_multipart()[-1])
        code[reply["id"]] = None if reply["ok"] else reply["error"]["code"]
    return [code[r] for r in requests]


def error_of(d, request):
    return answers(d, request)[0]


def frames(d):
    return d.ask("status")["mats"][0]["frames"]


# a frame every 200 s
with Gaitd(SLOW % 0.0001) as silent:
    for verb, args in (("tare", {}), ("calibrate", {"what": "equilibrate", "pressure_kPa": 100})):
        assert error_of(silent, post(silent, verb, **args)) == "no-frames"
    waits = post(silent, "tare")
    assert error_of(silent, post(silent, "tare")) == "busy", "two at once"
    silent.process.send_signal(signal.SIGTERM)
    assert error_of(silent, waits) == "busy", "gaitd was stopped"

# five frames a second: a tare of 2,000 takes minutes
with Gaitd(SLOW % 0.1) as slow:
    slow.ask("session open", subject="T1")
    slow.wait_for(lambda: frames(slow) > 3, "frames")
    waits = post(slow, "tare", frames=2000)
    assert answers(slow, waits, post(slow, "trial start")) == ["trial-running", None]
    first = frames(slow)
    slow.wait_for(lambda: frames(slow) >= first + 5, "five frames of the trial")
    assert error_of(slow, post(slow, "tare")) == "trial-running"
    ended = slow.ask("trial stop")["trials"][0]
    assert ended["lost_device"] == ended["lost_ring"] == 0, json.dumps(ended)
    assert ended["frames"] >= 5, json.dumps(ended)
print("every tare was answered; the trial that began in one lost nothing")
