"""What an operator does around and in a trial reaches the files: tare, mark, set-side, invalid, discard, the pre-trigger, the end of the session; and what a
walker truly did stands beside its frames."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # pylint: disable=wrong-import-position
import live_equals_offline as bits  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")
np = lab.need("numpy")

# a mat that streams all the time: 3 s empty, a walk over it, from the start again
MAT = "seed=3,rows=200,cols=48,pitch=5,rate=100,mass=70,noise=2,offset=30,steps=2,lead_s=3,tail_s=0.1"
PRE_TRIGGER = 1 << 3


def live(mat):
    return lambda m: m["topic"] == f"live/{mat}/"


def wait(messages, condition, needed=1):
    """Live messages until `needed` in a row have been as wanted."""
    n = 0
    while n < needed:
        m = messages.next()
        if m["topic"].startswith("live/"):
            n = n + 1 if condition(m) else 0
    return m


def check_tare():
    with lab.Lab(source={"walker": MAT, "speed": 1, "free_run": True}) as gaitd:
        messages = gaitd.subscribe("live/")
        wait(messages, lambda m: m["force_N"] > 300)
        status, _, err = gaitd.gait("tare", check=False)
        assert status == 5 and "somebody is on the mat" in err, (status, err)
        assert gaitd.mat()["calibration"] == 1, "a refused tare changed something"
        wait(messages, lambda m: m["force_N"] == 0, 30)
        tare = gaitd.gait("tare")[1]
        assert tare["frames"] == 100 and abs(tare["sigma_counts"] - 2) < 0.2, tare
        gaitd.gait("session", "open", "--subject", "T1")
        gaitd.gait("trial", "start")
        wait(messages, lambda m: True, 20)
        gaitd.gait("trial", "stop")
        with h5py.File(gaitd.gait("session", "close")[1]["path"], "r") as f:
            state = f["trial-001/state"]
            offset, sigma = state["offset"][:], state["sigma"][:]
            assert state.attrs["calibration.version"] == tare["calibration"] == 2, dict(state.attrs)
            # 100 frames of noise 2 (and 1 / sqrt 12 of rounding): the mean is known to 0.2, and is no constant any more
            assert np.abs(offset - 30).max() < 1.2 and offset.std() > 0.1, (offset.min(), offset.max(), offset.std())
            assert abs(float(sigma.mean()) - tare["sigma_counts"]) < 1e-6
    print("tare: refused under load; offsets and noise stand in the next trial's state")


def check_pre_trigger():
    """Frames from before the start are in the file, flagged; what was measured live is what the file gives."""
    with lab.Lab(source={"walker": MAT, "speed": 1, "free_run": True}, recording={"pre_trigger_s": 0.5}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70")
        messages, events = gaitd.subscribe("trial/", "live/", "footfall/"), gaitd.subscribe("event/")
        wait(messages, lambda m: m["force_N"] > 300)
        wait(messages, lambda m: m["force_N"] == 0, 60)
        trial = gaitd.gait("trial", "start")[1]["trials"][0]
        mark = gaitd.gait("mark", "here")[1]["marks"][0]
        told = events.until(lambda m: m["event"] == "mark")[-1]
        assert trial["first_frame"] > 0 and told["frame"] == trial["first_frame"] + mark["frame"], (trial, mark, told)
        got = messages.until(lambda m: m["topic"].startswith("footfall/") and m["footfall"] == 2)
        gaitd.gait("trial", "stop")
        got += messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
        end = got[-1]
        path = gaitd.gait("session", "close")[1]["path"]
        with h5py.File(path, "r") as f:
            flags, index = f["trial-001/frame_flags"][:], f["trial-001/index"][:]
        n = int(((flags & PRE_TRIGGER) != 0).sum())
        assert 40 <= n <= 60 and not (flags[n:] & PRE_TRIGGER).any() and (flags[:n] & PRE_TRIGGER).all(), f"{n} pre-trigger frames"
        assert len(index) == end["frames"] and (np.diff(index.astype(np.int64)) == 1).all()
        first = index[0]
        assert first == trial["first_frame"]
        during = [m for m in got if live("mat-1")(m) and first + n <= m["frame"] < first + end["frames"]]
        during += [m for m in got if m["topic"].startswith("footfall/")]
        status, out, err = lab.run("gait", "analyse", "--json", "--frames", path, env=gaitd.env)
        assert status == 0, err
        offline = bits.first_trial(lab.lines(out))
        frames = [m for m in offline if m["kind"] == "frame"][n:]
        feet = [m for m in offline if m["kind"] == "footfall"]
        t0_live, t0_file = min(m["t_mat_ns"] for m in during if "t_mat_ns" in m), frames[0]["t_mat_ns"]
        bits.same("gait analyse on a trial with a pre-trigger", sorted_texts(during, t0_live), sorted_texts(frames + feet, t0_file))
    print(f"pre-trigger: {n} frames from before the start")


def sorted_texts(messages, t0):
    feet = [m for m in messages if "footfall" in m]
    return ([bits.text(m, t0) for m in messages if "footfall" not in m and "flags" in m], [bits.text(m, t0) for m in feet])


def check_late(gaitd, expected):
    """After the trial: kept with the session, told, heard at once by a comparison of the trial file; the trial itself stays as it was."""
    status, _, err = gaitd.gait("footfall", "invalid", "99", "a test", check=False)
    assert status == 5 and "no footfall 99" in err, err
    status, _, err = gaitd.gait("footfall", "invalid", "--trial", "7", "1", "a test", check=False)
    assert status == 5 and "no such trial" in err, err
    told = gaitd.subscribe("event/")
    assert gaitd.gait("footfall", "invalid", "1", "turned round")[1] == {"at_frame": None, "trial": 1}
    gaitd.gait("footfall", "set-side", "--trial", "1", "3", "right")
    last = told.until(lambda m: m["event"] == "set_side")
    assert [(m["event"], m["trial"], m["footfall"]) for m in last] == [("invalid", 1, 1), ("set_side", 1, 3)], last
    said = gaitd.gait("status")[1]["session"]["corrections"]
    assert [(c["kind"], c["footfall"], c["why"], c.get("side")) for c in said] == [("invalid", 1, "turned round", None), ("set_side", 3, "", "right")], said
    assert len(expected[1]) == 3


def check_heeded(path):
    """What was said after a foot had left the mat: in the session's tables and events; compare and exports go by it."""
    with h5py.File(path, "r") as f:
        table, own = f["session_tables/footfalls"], f["trial-001/footfalls"]
        assert table["valid"][:].tolist()[:2] == [0, 0] and table["side"][2] == 2, (table["valid"][:], table["side"][:])
        assert own["valid"][0] == 1 and own["side"][2] == 1, "the trial itself was changed"
        assert "turned round" in [t if isinstance(t, str) else t.decode() for t in f["events"].attrs["texts"]]
        assert len(json.loads(f.attrs["corrections"])) == 2
    status, out, err = lab.run("gait", "--json", "compare", path)
    assert status == 5 and "there is only the timepoint" in err, err  # what was left out is told all the same
    left_out = {x["footfall"]: x["why"] for x in json.loads(out)["provenance"]["excluded"]}
    assert "operator_invalid" in left_out[1] and "operator_invalid" in left_out[2], left_out
    status, out, err = lab.run("gait", "export", "--to", "csv", "--out", os.path.dirname(path), path)
    assert status == 0, err
    with open(path[:-3] + "-wide.csv", encoding="utf-8") as wide:
        head, *rows = [line.rstrip("\n").split(",") for line in wide]
    side = [r[head.index("side")] for r in rows]
    assert side[2] == "right" and rows[2][[i for i, n in enumerate(head) if n.startswith("pronation_index")][0]] == "", rows[2]


def check_corrections():
    """invalid and set-side while the foot is down; live is offline. And after the trial has ended."""
    # slow, so that four words reach a foot while it is down, from programs under a sanitizer too
    with lab.Lab(source={"walker": bits.WALK + ",pass=1,steps=3,rows=420,cols=64", "speed": 0.25}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
        messages = gaitd.subscribe("trial/", "live/", "footfall/", "event/")
        gaitd.gait("trial", "start")
        got = messages.until(lambda m: any(foot["footfall"] == 2 for foot in m.get("feet", [])))
        status, _, err = gaitd.gait("footfall", "invalid", "99", "a test", check=False)
        assert status == 5 and "no footfall 99" in err, err
        gaitd.gait("footfall", "invalid", "2", "slipped")
        gaitd.gait("footfall", "set-side", "2", "left")
        gaitd.gait("mark", "here")
        got += messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
        expected = bits.measured(got)
        second = [m for m in got if m["topic"].startswith("footfall/")][1]
        assert not second["valid"] and second["side"] == "left", second
        check_late(gaitd, expected)
        path = gaitd.gait("session", "close")[1]["path"]
        bits.same("gait analyse after invalid and set-side", expected, bits.analyse(gaitd, path))
        check_heeded(path)
        status, _, err = gaitd.gait("footfall", "invalid", "1", "too late", check=False)
        assert status == 5 and "no session is open" in err, err
        with h5py.File(path, "r") as f:
            texts = [t if isinstance(t, str) else t.decode() for t in f["events"].attrs["texts"]]
            assert "slipped" in texts and "here" in texts, texts
    print("corrections: invalid, set-side and mark, the same bits offline")


def check_closed():
    """discard, closed_utc and the walker's truth, in the file that the session leaves."""
    with lab.Lab(source={"walker": bits.WALK, "speed": 0}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1", "--mass-kg", "70")
        gaitd.record()
        gaitd.until(lambda: gaitd.mat()["state"] == "idle", "the source is put back")
        gaitd.record()
        told = gaitd.subscribe("trial/")
        gaitd.gait("trial", "discard", "he stopped half way")
        last = told.until(lambda m: m["state"] == "discarded")[-1]
        assert (last["trial"], last["why"]) == (2, "he stopped half way"), last
        assert gaitd.mat()["pipeline"]["footfalls_dropped"] == 0
        gaitd.until(lambda: all(t["state"] == "sealed" for t in gaitd.gait("status")[1]["session"]["trials"]), "both are sealed")
        path = gaitd.gait("session", "close")[1]["path"]
        with h5py.File(path, "r") as f:
            state = json.loads(f.attrs["session_json"])
            assert state["closed_utc"] and f.attrs["closed_utc"] == state["closed_utc"], "the file does not say when it was closed"
            assert f["trial-002"].attrs["discarded"] == 1 and f["trial-002"].attrs["discard_why"] == "he stopped half way"
            assert "discarded" not in f["trial-001"].attrs
            truth = json.loads(f["trial-001"].attrs["truth"])
            feet = f["trial-001/footfalls"]
            impulse = feet["impulse_Ns"][:]
            assert len(truth["footfalls"]) == len(impulse) and any(t["whole"] for t in truth["footfalls"]), truth
            for measured, t in zip(impulse, truth["footfalls"]):
                assert not t["whole"] or abs(measured - t["impulse_p10_Ns"]) < 0.01 * t["impulse_p10_Ns"], (measured, t)
        assert gaitd.gait("session", "list")[1]["sessions"][0]["closed_utc"]
    print("closed: the discarded trial's reason, the time, the walker's truth")


if __name__ == "__main__":
    check_closed()
    check_corrections()
    check_tare()
    check_pre_trigger()
