"""Drawn and blind: what an operator can see tells no arm and no timepoint until the session is locked; drawing is balanced; crossover waits; purge leaves nothing."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")

WALKWAY = "seed=5,rows=450,cols=40,pitch=8,rate=100,mass=70,lead_s=0.2,tail_s=0.2"
ARMS = {"kneading": "deep strokes", "dummytouch": "light strokes"}
PROTOCOL = """version: 1
name: secret
design: parallel
blind: true
passes: 1
arms:
  - {name: kneading, technique: deep strokes, dose_min: 10}
  - {name: dummytouch, technique: light strokes, dose_min: 10}
allocation: {blocks: [4]}
timepoints:
  - {name: beforehand, kind: pre}
  - {name: afterwards, kind: post}
conditions: [{name: barefoot}]
primary: [{metric: heel31_impulse_Ns}]
"""
TELLING = ("kneading", "dummytouch", "strokes", "beforehand", "afterwards")


def refused(gaitd, code, word, *argv):
    status, _, err = gaitd.gait(*argv, check=False)
    error = json.loads(err)["error"]
    assert status in (2, 5) and error["code"] == code and word in error["message"], (argv, status, err)


def tells_nothing(what, value):
    text = json.dumps(value, default=str)
    found = [word for word in TELLING if word in text]
    assert not found, f"{what} tells {found}: {text}"


def walk(gaitd, messages):
    started = gaitd.gait("trial", "start")[1]
    got = messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
    gaitd.until(lambda: gaitd.mat()["trial"] is None and gaitd.mat()["state"] == "idle", "the walk is over")
    return started, got


def check_numbers_hidden(got):
    feet = [m for m in got if m["topic"].startswith("footfall/")]
    assert feet, "no footfalls came"
    for m in feet:
        shown = {k: v for k, v in m["metrics"].items() if v is not None}
        assert set(shown) == {"stance_s"}, shown
        assert m["reason"]["heel31_impulse_Ns"] == "blinded", m["reason"]


def one_session(gaitd, path):
    """A blind visit of two timepoints; the arm that the therapist was told."""
    messages = gaitd.subscribe("trial/", "footfall/", "event/", "status/")
    tells_nothing("the answer of open", gaitd.gait("session", "open", "--subject", "P00", "--protocol", path)[1])
    refused(gaitd, "bad-argument", "t1, t2", "trial", "start", "--timepoint", "before")
    refused(gaitd, "bad-argument", "protocol sets them", "session", "set", "arm=guess")
    for i in range(4):
        started, got = walk(gaitd, messages)
        tells_nothing("trial start", {k: v for k, v in started.items() if k != "trials"} | {"t": started["trials"][0]["timepoint"]})
        check_numbers_hidden(got)
        tells_nothing("the stream", [{k: v for k, v in m.items() if k != "payload"} for m in got])
        tells_nothing("status", gaitd.gait("status")[1])
        if gaitd.gait("status")[1]["session"]["next"]["do"] == "treatment_start":
            arm = gaitd.gait("treatment", "show")[1]
            assert ARMS[arm["arm"]] == arm["technique"], arm
            answer = gaitd.gait("treatment", "start", "--technique", arm["technique"], "--dose-min", "9")[1]
            tells_nothing("treatment start", answer)
            assert answer["treatment"]["hidden"] and answer["treatment"]["technique"] is None
            gaitd.gait("treatment", "stop")
        if gaitd.gait("status")[1]["session"]["next"]["do"] == "close":
            break
    state = json.load(open(os.path.join(gaitd.gait("status")[1]["session"]["folder"], "session.json"), encoding="utf-8"))
    # the protocol itself and the timepoints of trials must stand in it; the arm must not
    for member in ("fields", "treatments", "allocation"):
        tells_nothing(f"session.json {member}", state[member])
    assert "arm" not in state["fields"] and len(state["allocation"]["seen"]) == 1
    return arm["arm"]


def check_compared(closed, blind):
    """The comparison opens with the session, although the file stays as it was; "beforehand" is told by its kind, not by its name."""
    status, out, err = lab.run("gait", "--json", "compare", closed)
    assert status == 0, err
    said = json.loads(out)
    assert said["blind"] == blind and {g["timepoint"] for g in said["groups"]} == ({"A", "B"} if blind else {"beforehand", "afterwards"}), said["groups"]
    assert said["baseline"] == ("A" if blind else "beforehand"), said["baseline"]
    if blind:
        tells_nothing("the comparison", said)


def check_end(gaitd, arm):
    locked = gaitd.gait("session", "lock")[1]["session"]
    assert [t["timepoint"] for t in locked["protocol"]["timepoints"]] == ["beforehand", "afterwards"]
    assert locked["fields"]["arm"] in "AB" and locked["protocol"]["arm"] == locked["fields"]["arm"], locked["fields"]
    closed = gaitd.gait("session", "close")[1]["path"]
    with h5py.File(closed, "r") as f:
        state = json.loads(f.attrs["session_json"])
        assert state["fields"]["arm"] == locked["fields"]["arm"]
        for name in (n for n in f if n.startswith("trial-")):
            assert "arm" not in f[name].attrs
    check_compared(closed, True)
    told = gaitd.gait("session", "unblind", "--session", locked["session"], "all are measured")[1]["unblinded"]
    assert told["arm"] == arm and told["letter"] == locked["fields"]["arm"], told
    state = json.load(open(os.path.join(os.path.dirname(closed), "session.json"), encoding="utf-8"))
    assert state["fields"]["arm"] == arm and state["treatments"][0]["technique"] == ARMS[arm], state["treatments"]
    check_compared(closed, False)
    audit = open(os.path.join(gaitd.folder, "audit.log"), encoding="utf-8").read()
    assert "strokes" not in audit and "all are measured" in audit and '"verb":"treatment show"' in audit
    return closed


def check_drawing(gaitd, path):
    """Twelve people: each block of four is balanced; who comes again keeps the arm."""
    drawn = []
    for i in range(1, 12):
        gaitd.gait("session", "open", "--subject", f"P{i:02d}", "--protocol", path)
        drawn.append(gaitd.gait("treatment", "show")[1]["arm"])
        gaitd.gait("session", "close")
    gaitd.gait("session", "open", "--subject", "P03", "--protocol", path)
    assert gaitd.gait("treatment", "show")[1]["arm"] == drawn[2]
    gaitd.gait("session", "close")
    return drawn


def check_place(gaitd):
    folder = os.path.join(gaitd.folder, "allocation")
    assert os.stat(folder).st_mode & 0o777 == 0o700 and os.stat(os.path.join(folder, "key")).st_mode & 0o777 == 0o600
    tells_nothing("the list", open(os.path.join(folder, "secret.jsonl"), encoding="utf-8").read())


def check_other_protocol(gaitd, path):
    with open(path + ".2.yaml", "w", encoding="utf-8") as out:
        out.write(PROTOCOL.replace("passes: 1", "passes: 2"))
    refused(gaitd, "protocol", "another version", "session", "open", "--subject", "P77", "--protocol", path + ".2.yaml")
    assert gaitd.gait("status")[1]["session"] is None


def check_crossover(gaitd, path):
    crossover = PROTOCOL.replace("design: parallel", "design: crossover\nwashout_days: 7").replace("name: secret", "name: cross")
    with open(path + ".cross.yaml", "w", encoding="utf-8") as out:
        out.write(crossover.replace("blind: true\n", ""))
    argv = ("session", "open", "--subject", "C01", "--protocol", path + ".cross.yaml")
    first = gaitd.gait(*argv)[1]["session"]
    gaitd.gait("treatment", "start", "--override", "not walked here")
    gaitd.gait("treatment", "stop")
    gaitd.gait("session", "close")
    refused(gaitd, "protocol", "washout", *argv)
    second = gaitd.gait(*argv, "--override", "time is short in a test")[1]["session"]
    assert {first["protocol"]["arm"], second["protocol"]["arm"]} == set(ARMS) and second["protocol"]["period"] == 2
    gaitd.gait("session", "close")


def check_purge(gaitd, closed):
    session = os.path.basename(os.path.dirname(closed))
    status, _, err = gaitd.gait("session", "purge", "--session", session, "consent withdrawn", check=False)
    assert status == 2 and "--yes" in err and os.path.exists(closed)
    gone = gaitd.gait("session", "purge", "--session", session, "--yes", "consent withdrawn")[1]
    assert gone["files"] >= 2 and not os.path.exists(os.path.dirname(closed)), gone
    refused(gaitd, "no-session", "no such", "session", "purge", "--session", session, "--yes", "again")
    refused(gaitd, "no-session", "no such", "session", "purge", "--session", "../allocation", "--yes", "evil")
    assert "consent withdrawn" in open(os.path.join(gaitd.folder, "audit.log"), encoding="utf-8").read()
    gaitd.gait("session", "open", "--subject", "Q01")
    folder = gaitd.gait("status")[1]["session"]["folder"]
    gaitd.gait("trial", "start")
    gaitd.until(lambda: gaitd.mat()["trial"] is None and gaitd.mat()["state"] == "idle", "the walk is over")
    gaitd.until(lambda: gaitd.gait("session", "purge", "--yes", "wrong person", check=False)[0] == 0, "the open session is purged")
    assert not os.path.exists(folder) and gaitd.gait("status")[1]["session"] is None


def main():
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}) as gaitd:
        path = os.path.join(gaitd.folder, "secret.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(PROTOCOL)
        arm = one_session(gaitd, path)
        closed = check_end(gaitd, arm)
        drawn = [arm] + check_drawing(gaitd, path)
        for block in range(3):
            assert sorted(drawn[4 * block:4 * block + 4]) == sorted(2 * list(ARMS)), drawn
        check_place(gaitd)
        check_other_protocol(gaitd, path)
        check_crossover(gaitd, path)
        check_purge(gaitd, closed)
    print("blind until locked, balanced in blocks, washout kept, purged")


main()
