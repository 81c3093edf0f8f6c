"""Live equals offline, to the last bit: what the daemon published is what `gait analyse` makes of the sealed file, of a journal, and what replays of that
journal at other speeds give. Texts with 17 digits are compared as they are."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALK = "seed=5,rows=200,cols=48,pitch=5,rate=100,mass=70,noise=1"
# members that say where and when a message was sent, not what was measured
SENT = {"v", "instance", "seq", "frame", "t_ns", "mat", "gap_device", "gap_ring", "skipped", "topic", "kind", "payload", "trial", "dtype",
        "shape", "unit", "ic_ns", "t_arrival_ns"}
# the mat's own time starts at another zero in another trial
TIMES = {"ic_mat_ns", "to_mat_ns", "t_mat_ns"}


def text(message, t0):
    kept = {k: v - t0 if k in TIMES else v for k, v in message.items() if k not in SENT}
    return json.dumps(kept, sort_keys=True)


def measured(messages):
    """(numbers of every frame, footfalls), as texts."""
    live = [m for m in messages if m.get("topic", "").startswith("live/") or m.get("kind") == "frame"]
    foot = [m for m in messages if m.get("topic", "").startswith("footfall/") or m.get("kind") == "footfall"]
    t0 = live[0]["t_mat_ns"]
    return [text(m, t0) for m in live], [text(m, t0) for m in foot]


def same(what, expected, got):
    for kind, a, b in zip(("frame", "footfall"), expected, got):
        assert len(a) == len(b), f"{what}: {len(b)} {kind}s, live had {len(a)}"
        for i, (x, y) in enumerate(zip(a, b)):
            if x != y:
                x, y = json.loads(x), json.loads(y)
                differing = {k: (x.get(k), y.get(k)) for k in x.keys() | y.keys() if x.get(k) != y.get(k)}
                raise AssertionError(f"{what}: {kind} {i} differs: {str(differing)[:2000]}")
    print(f"{what}: {len(got[0])} frames and {len(got[1])} footfalls, the same bits")


def analyse(gaitd, path):
    status, out, err = lab.run("gait", "analyse", "--json", "--frames", path, env=gaitd.env)
    assert status == 0, err
    return measured(first_trial(lab.lines(out)))


def replay(journal, speed):
    """A replay in a session of its own: what a session knows of earlier trials is part of a trial's state."""
    with lab.Lab(source={"replay": {"path": journal}, "speed": speed}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70")
        return measured(gaitd.record("--timepoint", "pre1")[0])


def first_trial(lines):
    end = [i for i, line in enumerate(lines) if line["kind"] == "end"][0]
    return lines[1:end]


def check(source):
    with lab.Lab(source=source) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70")
        live = measured(gaitd.record("--timepoint", "pre1")[0])
        assert live[0] and live[1], "nothing was measured"
        gaitd.until(lambda: any(name.endswith(".h5") for _, _, names in os.walk(gaitd.data) for name in names), "the trial is sealed")
        sealed = [os.path.join(folder, name) for folder, _, names in os.walk(gaitd.data) for name in names if name.endswith(".h5")][0]
        same("gait analyse on the trial file", live, analyse(gaitd, sealed))
        journal = os.path.join(gaitd.folder, "again.gaitj")
        gaitd.gait("export", "--to", "journal", "-o", journal, sealed)
        same("gait analyse on the journal (one step after the other, no threads)", live, analyse(gaitd, journal))
        for speed in (0, 20):
            same(f"a replay of the journal at speed {speed}", live, replay(journal, speed))
        closed = gaitd.gait("session", "close")[1]["path"]
        same("gait analyse on the session file", live, analyse(gaitd, closed))
        same("a replay of the session file", live, replay(closed, 0))


def check_actions():
    """What an operator does while feet are down is applied at the same frame offline: the second footfall becomes a left one."""
    with lab.Lab(source={"walker": WALK + ",pass=1,steps=2", "speed": 1}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
        messages = gaitd.subscribe("trial/", "live/", "footfall/", "event/")
        gaitd.gait("trial", "start")
        got = messages.until(lambda m: any(foot["footfall"] == 2 for foot in m.get("feet", [])))
        gaitd.gait("footfall", "set-side", "2", "left")
        gaitd.gait("mark", "the second foot is down")
        got += messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
        live = measured(got)
        second = [m for m in got if m["topic"].startswith("footfall/")][1]
        assert second["side"] == "left" and second["side_print"] == "right" and "side_override" in second["flags"], second["flags"]
        assert [m["text"] for m in got if m.get("event") == "mark"] == ["the second foot is down"]
        same("gait analyse on a session file with an operator's actions", live, analyse(gaitd, gaitd.gait("session", "close")[1]["path"]))


if __name__ == "__main__":
    check_actions()
    check({"walker": WALK, "speed": 0})
    check({"replay": {"path": lab.recording("emed_test.lst"), "speed": 0}})
