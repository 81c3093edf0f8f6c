"""Drawn and blind: what an operator can see tells no arm and no timepoint until the session is locked; drawing is balanced; crossover waits; purge leaves nothing."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")
SANITIZED = bool(os.environ.get("GAIT_SANITIZE"))  # there it is about memory: one block drawn, not three

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
SINGLE = """version: 1
name: oneleg
design: side_randomised
mat_mode: single
approach: two_step
foot_order: ABBA
speed_source: stance
treated: random
index_foot: treated
blind: true
passes: 5
arms: [{name: kneading, technique: deep strokes, dose_min: 10}]
allocation: {blocks: [4]}
timepoints:
  - {name: trying, kind: familiarisation, passes: 2}
  - {name: beforehand, kind: pre}
  - {name: afterwards, kind: post}
conditions: [{name: barefoot}]
primary: [{metric: heel31_impulse_Ns, foot: treated}]
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


def numbers(value, name=""):
    """Every number of a message, with the name it stands under."""
    if isinstance(value, dict):
        return [n for k, v in value.items() for n in numbers(v, k)]
    if isinstance(value, list):
        return [n for v in value for n in numbers(v, name)]
    return [(name, value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


SHOWN = set("""seq frame t_ns gap_device gap_ring skipped trial footfall algorithm_version shape first_frame last_frame ic_mat_ns to_mat_ns ic_ns
heel_x_mm heel_y_mm axis_x axis_y origin_x_mm origin_y_mm progression_x progression_y stance_s picture_row picture_col""".split())


def check_numbers_hidden(gaitd, got):
    feet = [m for m in got if m["topic"].startswith("footfall/")]
    assert feet, "no footfalls came"
    for m in feet:
        told = {name for name, _ in numbers({k: v for k, v in m.items() if k != "payload"})} - SHOWN
        assert not told and len(m.get("payload") or "") == 0, (told, m)
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
        check_numbers_hidden(gaitd, got)
        tells_nothing("the stream", [{k: v for k, v in m.items() if k != "payload"} for m in got])
        tells_nothing("status", gaitd.gait("status")[1])
        if gaitd.gait("status")[1]["session"]["next"]["do"] == "treatment_start":
            arm = gaitd.gait("treatment", "show")[1]
            assert ARMS[arm["arm"]] == arm["technique"], arm
            refused(gaitd, "bad-argument", "side", "treatment", "start", "--technique", arm["technique"], "--side", "lef")
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
    drawn, lengths = [], set()
    for i in range(1, 4 if SANITIZED else 12):
        opened = gaitd.gait("session", "open", "--subject", f"P{i:02d}", "--protocol", path)[1]["session"]
        with open(os.path.join(opened["folder"], "session.json"), encoding="utf-8") as state:
            lengths.add(len(base64.b64decode(json.load(state)["allocation"]["sealed"])))
        drawn.append(gaitd.gait("treatment", "show")[1]["arm"])
        gaitd.gait("session", "close")
    gaitd.gait("session", "open", "--subject", "P03", "--protocol", path)
    assert gaitd.gait("treatment", "show")[1]["arm"] == drawn[2]
    assert len(lengths) == 1 and set(drawn) == set(ARMS), f"the length of what is sealed tells the arm: {lengths}"
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
    """Blind: what was given stays hidden in both periods, and after them; a third one is refused."""
    crossover = PROTOCOL.replace("design: parallel", "design: crossover\nwashout_days: 7").replace("name: secret", "name: cross")
    with open(path + ".cross.yaml", "w", encoding="utf-8") as out:
        out.write(crossover)
    argv, given = ("session", "open", "--subject", "C01", "--protocol", path + ".cross.yaml"), []
    for period in (1, 2):
        if period == 2:
            refused(gaitd, "protocol", "washout", *argv)
        session = gaitd.gait(*argv, *(["--override", "time is short in a test"] if period == 2 else []))[1]["session"]
        assert session["protocol"]["period"] == period and session["protocol"]["arm"] is None, session["protocol"]
        given.append(gaitd.gait("treatment", "show")[1]["arm"])
        gaitd.gait("treatment", "start", "--override", "not walked here")
        gaitd.gait("treatment", "stop")
        tells_nothing("a crossover's status", gaitd.gait("status")[1])
        gaitd.gait("session", "close")
    assert set(given) == set(ARMS), given
    status, _, err = gaitd.gait(*argv, check=False)
    assert status == 5 and "has had both treatments" in err, err
    tells_nothing("that refusal", err)
    told = gaitd.gait("session", "unblind", "--session", session["session"], "a test")[1]["unblinded"]
    assert told["arm"] == given[1], told


def step(gaitd, foot, number):
    """One pass of a mat that takes one footfall: what the start said, and the row of the trial."""
    walker = f"seed=7,rows=60,cols=40,pitch=8,rate=100,mass=70,lead_s=0.2,tail_s=0.2,steps=1,first={foot},pass={number}"
    started = gaitd.gait("trial", "start", "--walker", walker, "--speed", "0")[1]
    gaitd.until(lambda: gaitd.mat()["trial"] is None and gaitd.mat()["state"] == "idle", "the step is over")
    return started


def check_single(gaitd, path):
    """One footfall a pass, feet in turns, one leg treated, which is drawn and hidden: the other foot is kept and does not count, and nobody is told which leg it is."""
    with open(path + ".single.yaml", "w", encoding="utf-8") as out:
        out.write(SINGLE)
    opened = gaitd.gait("session", "open", "--subject", "L01", "--protocol", path + ".single.yaml", "--mass-kg", "70")[1]["session"]
    walked, number, folder = [], 0, opened["folder"]
    while len(walked) < 5:
        todo = gaitd.gait("status")[1]["session"]["next"]
        if len(walked) == 4:
            assert todo["timepoint"] == "t2" and todo["foot"] == "left", todo
            leg = gaitd.gait("treatment", "show")[1]["treated"]
            hidden = gaitd.gait("treatment", "start", "--side", leg, "--override", "not walked here")[1]["treatment"]
            assert hidden["side"] is None and leg in ("left", "right"), hidden
            gaitd.gait("treatment", "stop")
        other, number = "right" if todo["foot"] == "left" else "left", number + 1
        if number == 2:
            refused(gaitd, "protocol", "other foot's turn", "trial", "start", "--foot", other)
            assert step(gaitd, other, number)["foot"] == todo["foot"]
            again = gaitd.gait("status")[1]["session"]
            assert again["next"]["foot"] == todo["foot"] and again["next"]["pass"] == todo["pass"], again["next"]
            assert again["quality"]["last"]["foot"] == other, again["quality"]["last"]
        else:
            walked.append(step(gaitd, todo["foot"], number)["foot"])
        now = gaitd.gait("status")[1]["session"]
        tells_nothing("status", now)
        assert now["protocol"]["treated"] is None and "treated" not in now["fields"] and now["protocol"]["arm"] is None, now["protocol"]
    assert walked == ["left", "right", "right", "left", "left"], walked
    closed = gaitd.gait("session", "close")[1]["path"]
    with h5py.File(closed, "r") as f:
        trials = [f[n] for n in sorted(f) if n.startswith("trial-")]
        assert len(trials) == number == 6 and {t["state"].attrs["parameters.mat_mode"] for t in trials} == {"single"}
        table = f["session_tables/footfalls"]
        assert [("", "left", "right")[s] for s, v in zip(table["side"][:], table["valid"][:]) if v] == walked, (table["side"][:], table["valid"][:], table["flags"][:], walked, [t.attrs["foot"] for t in trials])
        state = json.loads(f.attrs["session_json"])
        assert "treated" not in state["fields"] and state["treatments"][0].get("side") is None and leg not in json.dumps(state["allocation"])
    told = gaitd.gait("session", "unblind", "--session", os.path.basename(folder), "a test")[1]["unblinded"]
    assert told["treated"] == leg, told


def check_purge(gaitd, closed):
    session = os.path.basename(os.path.dirname(closed))
    status, _, err = gaitd.gait("session", "purge", "--session", session, "consent withdrawn", check=False)
    assert status == 2 and "--yes" in err and os.path.exists(closed)
    gone = gaitd.gait("session", "purge", "--session", session, "--yes", "consent withdrawn")[1]
    assert gone["files"] >= 2 and not os.path.exists(os.path.dirname(closed)), gone
    refused(gaitd, "no-session", "no such", "session", "purge", "--session", session, "--yes", "again")
    refused(gaitd, "no-session", "no such", "session", "purge", "--session", "../allocation", "--yes", "evil")
    with open(os.path.join(gaitd.folder, "allocation", "secret.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    assert rows[0]["subject"] == "" and rows[0]["index"] == 0 and rows[1]["subject"] == "P01", rows[:2]
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
        for block in range(len(drawn) // 4):
            assert sorted(drawn[4 * block:4 * block + 4]) == sorted(2 * list(ARMS)), drawn
        check_place(gaitd)
        check_other_protocol(gaitd, path)
        check_crossover(gaitd, path)
        check_single(gaitd, path)
        check_purge(gaitd, closed)
    print("blind until locked, balanced in blocks, washout kept, one leg drawn and hidden on a mat of one footfall, purged")


main()
