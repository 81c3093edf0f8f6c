"""A tare that waits for frames always ends in an answer: the mat falls silent, a trial begins, gaitd is stopped; and a trial that begins meanwhile keeps its frames.
A mat whose calibration is a curve without offsets is tared although it rests above the threshold; a tare that would kill most of a mat writes nothing."""
import glob
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/interop"))
from gaitd_run import Gaitd, Refused  # noqa: E402
from journal_reader import crc32c  # noqa: E402

SLOW = """version: 1
mats: [{id: mat-1, source: {walker: "seed=1,rows=40,cols=40", speed: %s, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 1}
"""

# 200 counts are 20 kPa and the calibration does not know of them; the second one's noise shows 5 x 80 counts = 40 kPa
REST = """version: 1
mats:
  - {id: mat-1, source: {walker: "seed=1,rows=40,cols=40,noise=4,offset=200,lead_s=600,steps=1", speed: 1, free_run: true}}
  - {id: mat-2, source: {walker: "seed=2,rows=40,cols=40,noise=80,offset=400,lead_s=600,steps=1", speed: 1, free_run: true}}
recording: {floor_min: 0}
"""


def write_curve(d, mat):
    """Version 3 of its calibration: two points of a line of 0.1 kPa a count, no offsets."""
    text = (f'# Calibration\ngaitd-calibration: 1\nmat: "{mat}"\nversion: 3\nmodel: "table"\nserial: ""\ndate: "2026-11-27T10:00:00Z"\n'
            'note: ""\nscale: 1\nkPa_per_count: 1\nsaturation_count: 4095\nrows: 40\ncols: 40\npoints: 2\ncurve:\n  - [0, 0]\n  - [4095, 409.5]\n')
    folder = f"{d.data}/calibration/{mat}"
    os.makedirs(folder)
    with open(f"{folder}/000003.calibration.yaml", "w", encoding="ascii") as f:
        f.write(text + f"crc32c: 0x{crc32c(text.encode()):08x}\n")


def refused(d, verb, **args):
    try:
        raise AssertionError(d.ask(verb, **args))
    except Refused as why:
        assert why.code == "calibration", why
        return why.message


def files(d, mat):
    return len(glob.glob(f"{d.data}/calibration/{mat}/*"))


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

rest = Gaitd(REST)
write_curve(rest, "mat-1")
write_curve(rest, "mat-2")
with rest:
    assert [m["calibration"] for m in rest.ask("status")["mats"]] == [3, 3], rest.said()
    done = rest.ask("tare", mat="mat-1")
    assert (done["calibration"], done["noisy_cells"], done["dead_cells"]) == (4, 0, 0), done
    assert "1600 of 1600 cells would be dead" in refused(rest, "tare", mat="mat-2")
    assert files(rest, "mat-2") == 1 and rest.ask("status")["mats"][1]["dead_cells"] == 0
    done = rest.ask("tare", mat="mat-2", override="a test of what noise does")
    assert (done["calibration"], done["dead_cells"]) == (4, 1600), done
    with open(done["path"], encoding="ascii") as f:
        assert 'note: "tare over 100 frames, override: a test of what noise does"' in f.read()
    # a second level that cannot be (nothing is on the mat) is not kept, the first one is until it is forgotten
    assert rest.ask("calibrate", what="equilibrate", pressure_kPa=100, mat="mat-1")["levels"] == 1
    refused(rest, "calibrate", what="equilibrate", pressure_kPa=200, mat="mat-1")
    forgotten = rest.ask("calibrate", what="forget", mat="mat-1")
    assert (forgotten["forgotten_levels"], forgotten["forgotten_loads"]) == (1, 0), forgotten
    assert rest.ask("calibrate", what="forget", mat="mat-1")["forgotten_levels"] == 0
    assert files(rest, "mat-1") == 2
print("every tare was answered; the trial that began in one lost nothing")
