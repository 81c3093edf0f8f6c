"""A visit under a protocol, through the daemon: what comes next, what is refused, what the file says in the end; and the daemon is killed in between."""
import csv
import glob
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")

# 3.6 m: three steps of each foot, more or less
WALKWAY = "seed=5,rows=450,cols=40,pitch=8,rate=100,mass=70,lead_s=0.2,tail_s=0.2"
PROTOCOL = """version: 1
name: visit
design: single_group
oil_removed: true
passes: 2
arms: [{name: massage, technique: effleurage, dose_min: 10}]
timepoints:
  - {name: fam, kind: familiarisation, passes: 1}
  - {name: pre1, kind: pre}
  - {name: post0, kind: post}
  - {name: post10, kind: post, after_treatment_min: 10, early_min: 10}
  - {name: post60, kind: post, after_treatment_min: 60}
conditions: [{name: barefoot}]
primary: [{metric: heel31_impulse_Ns}]
"""


def refused(gaitd, code, word, *argv):
    status, _, err = gaitd.gait(*argv, check=False)
    error = json.loads(err)["error"]
    assert status == (2 if code == "bad-argument" else 5) and error["code"] == code and word in error["message"], (argv, status, err)


def session(gaitd):
    return gaitd.gait("status")[1]["session"]


def walk(gaitd, *argv):
    """One pass to its end: what the start said."""
    started = gaitd.gait("trial", "start", *argv)[1]
    gaitd.until(lambda: gaitd.mat()["trial"] is None and gaitd.mat()["state"] == "idle", "the walk is over")
    return started


def expect(gaitd, **members):
    there = session(gaitd)["next"]
    assert {k: there[k] for k in members} == members, there


def check_opening(gaitd, path):
    refused(gaitd, "bad-argument", "oil_removed", "session", "open", "--subject", "S01", "--set", "oil_remved=true")
    refused(gaitd, "bad-argument", "0 to 10", "session", "open", "--subject", "S01", "--set", "pain_walking_pre_nprs=11")
    refused(gaitd, "bad-argument", "pseudonyms", "session", "open", "--subject", "S01", "--set", "x_last_name=x")
    refused(gaitd, "bad-argument", "there is no", "session", "open", "--subject", "S01", "--protocol", "nowhere")
    status, _, err = gaitd.gait("session", "open", "--subject", b"S\xff1", check=False)
    assert status == 2 and "UTF-8" in err, (status, err)
    with open(path + ".bad", "w", encoding="utf-8") as out:
        out.write(PROTOCOL.replace("kind: pre}", "kind: per}").replace("heel31_impulse_Ns", "heel31_impulse"))
    status, _, err = gaitd.gait("session", "open", "--subject", "S01", "--protocol", path + ".bad", check=False)
    assert status == 3 and ".bad:9:24: " in err and "heel31_impulse_Ns" in err, (status, err)
    assert session(gaitd) is None, "a refused opening left a session"
    opened = gaitd.gait("session", "open", "--subject", "S01", "--protocol", path, "--mass-kg", "70", "--set", "consent_version=007",
                        "--set", "pain_walking_pre_nprs=4", "--set", "x_room=007")[1]["session"]
    assert opened["fields"] == {"consent_version": "007", "pain_walking_pre_nprs": 4, "x_room": "007", "arm": "massage"}, opened["fields"]
    assert opened["protocol"]["name"] == "visit" and "text" not in opened["protocol"]


def check_before(gaitd):
    expect(gaitd, do="trial", timepoint="fam", condition="barefoot", **{"pass": 1, "of": 1})
    refused(gaitd, "protocol", "turn", "trial", "start", "--timepoint", "pre1")
    refused(gaitd, "bad-argument", "pre1", "trial", "start", "--timepoint", "pre9")
    assert walk(gaitd)["timepoint"] == "fam"
    refused(gaitd, "protocol", "pre1 is not complete", "treatment", "start")
    refused(gaitd, "protocol", "treatment has not", "trial", "start", "--timepoint", "post0")
    # along the edge: the right foot, always the outer one, is cut
    assert walk(gaitd, "--walker", WALKWAY + ",shift_mm=120", "--speed", "0")["pass"] == 1
    cells = {c["foot"]: c for c in session(gaitd)["quality"]["cells"] if c["timepoint"] == "pre1"}
    assert cells["left"]["valid"] >= 2 and cells["right"]["valid"] == 0 and cells["right"]["partial"] >= 2, cells
    text = lab.run("gait", "status", env=gaitd.env)[1]
    assert "right  0 of 5 valid, " in text and "most right steps miss the mat" in text and "nan" not in text, text
    gaitd.gait("trial", "discard", "stumbled")
    expect(gaitd, timepoint="pre1", **{"pass": 1})


def check_kill(gaitd):
    """Idle, and while a trial runs at the speed of a walk: after it the same comes next, with the steps that were in the journal."""
    walk(gaitd)
    before = session(gaitd)
    gaitd.kill()
    gaitd.start()
    after = session(gaitd)
    assert after["next"] == before["next"] and after["quality"] == before["quality"], (before["next"], after["next"])
    messages = gaitd.subscribe("footfall/")
    gaitd.gait("trial", "start", "--walker", WALKWAY.replace("tail_s=0.2", "tail_s=30"), "--speed", "1")
    messages.until(lambda m: m["topic"].startswith("footfall/") and m["footfall"] >= 4)
    gaitd.kill()
    gaitd.start()
    after = session(gaitd)
    assert after["trials"][-1]["recovered"], after["trials"][-1]
    assert f"trial {len(after['trials'])} was cut off" in lab.run("gait", "status", env=gaitd.env)[1]
    assert after["quality"]["last"]["trial"] == len(after["trials"]), after["quality"]["last"]
    assert after["next"]["do"] == "treatment_start", after["next"]  # its steps count: the pre timepoint is complete


def check_treatment(gaitd):
    refused(gaitd, "bad-argument", "never a name", "treatment", "start", "--by", "Anna Schmidt")
    gaitd.gait("treatment", "start", "--muscle", "soleus")
    began = gaitd.gait("treatment", "start", "--muscle", "triceps surae", "--side", "left", "--by", "T2")[1]["treatment"]  # completes what runs
    assert (began["n"], began["muscle"], began["side"], began["by"]) == (1, "triceps surae", "left", "T2"), began
    assert began["technique"] == "effleurage" and began["planned_min"] == 10 and began["state"] == "running", began
    refused(gaitd, "protocol", "under way", "trial", "start")
    extra = walk(gaitd, "--override", "he got up")
    row = session(gaitd)["trials"][-1]
    assert extra["extra"] and row["extra"] and row["override"] == "he got up" and "t_since_treatment_s" not in row, (extra, row)
    assert gaitd.gait("treatment", "stop")[1]["treatment"]["state"] == "done"
    refused(gaitd, "protocol", "the treatment was given", "treatment", "start")
    expect(gaitd, do="oil", timepoint="post0")
    refused(gaitd, "protocol", "oil", "trial", "start")
    gaitd.gait("session", "set", "oil_removed=true")
    gaitd.kill()
    gaitd.start()
    expect(gaitd, do="trial", timepoint="post0")


def check_after(gaitd):
    rows = []
    for timepoint in ("post0", "post0", "post10", "post10"):
        started = walk(gaitd)
        assert started["timepoint"] == timepoint, started
        rows.append(session(gaitd)["trials"][-1])
    since = [row["t_since_treatment_s"] for row in rows]
    assert since == sorted(since) and 0 <= since[0] and since[-1] < 300, since
    expect(gaitd, do="wait", timepoint="post60")
    assert 3000 < session(gaitd)["next"]["wait_s"] < 3600
    refused(gaitd, "protocol", "early", "trial", "start")
    refused(gaitd, "protocol", "planned passes are there", "trial", "start", "--timepoint", "post10")
    extra = walk(gaitd, "--timepoint", "post10", "--override", "one more for the picture")
    assert extra["extra"] and session(gaitd)["trials"][-1]["override"] == "one more for the picture"
    assert session(gaitd)["quality"]["extra_passes"] == 2


def valid_steps(path):
    """(timepoint, side) to valid steps that count, as a stranger counts them."""
    count = {}
    with h5py.File(path, "r") as f:
        for name in (n for n in f if n.startswith("trial-")):
            trial = f[name]
            if "discarded" in trial.attrs or "extra" in trial.attrs:
                continue
            foot = trial["footfalls"]
            for side, valid in zip(foot["side"][:], foot["valid"][:]):
                key = (trial.attrs["timepoint"], ("", "left", "right")[side])
                count[key] = count.get(key, 0) + int(valid)
    return count


def check_file(path, protocol, said):
    with open(protocol, "rb") as whole:
        text = whole.read()
    with h5py.File(path, "r") as f:
        assert f["protocol"].attrs["sha256"] == hashlib.sha256(text).hexdigest() and f["protocol"].attrs["text"] == text.decode()
        assert f.attrs["protocol"] == "visit" and json.loads(f.attrs["session_json"])["protocol"]["design"] == "single_group"
        for name in (n for n in f if n.startswith("trial-")):
            assert f[name].attrs["protocol_sha256"] == f["protocol"].attrs["sha256"], name
            assert f[name].attrs["protocol_text"] == text.decode() and int(f[name].attrs["pass"]) >= 1
            assert ("t_since_treatment_s" in f[name].attrs) == (f[name].attrs["timepoint"].startswith("post") and f[name].attrs.get("override") != "he got up"), name
        treatments = f["treatments"]
        assert treatments["duration_s"].shape == (1,) and 0 <= treatments["duration_s"][0] < 300
        assert list(treatments.attrs["muscle"]) == ["triceps surae"] and treatments["planned_min"][0] == 10
    counted = {(c["timepoint"], c["foot"]): c["valid"] for c in said["cells"] if c["valid"]}
    true = {k: n for k, n in valid_steps(path).items() if k[1] and n}
    assert counted == true, (counted, true)
    return sum(true.values())


def check_csv(gaitd, path):
    """Whoever reads the table alone sees which trials do not count, and when after the treatment each was."""
    out = os.path.join(gaitd.folder, "tables")
    status, _, err = lab.run("gait", "export", "--to", "csv", "--out", out, path)
    assert status == 0, err
    with h5py.File(path, "r") as f, open(glob.glob(out + "/*-wide.csv")[0], encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            of = f[f"trial-{int(row['trial']):03d}"].attrs
            assert (row["discarded"], row["extra"]) == (str(int("discarded" in of)), str(int("extra" in of))), row
            assert row["t_since_treatment_s"] == "" if "t_since_treatment_s" not in of else float(row["t_since_treatment_s"]) == float(of["t_since_treatment_s"]), row


def main():
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}) as gaitd:
        path = os.path.join(gaitd.folder, "visit.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(PROTOCOL)
        check_opening(gaitd, path)
        check_before(gaitd)
        check_kill(gaitd)
        check_treatment(gaitd)
        check_after(gaitd)
        said = session(gaitd)["quality"]
        window, last = said["window"], said["last"]
        value = last["speed_m_per_s"] if window["by"] == "speed" else last["stance_s"]
        assert last["in_window"] == (window[last["foot"]]["low"] <= value <= window[last["foot"]]["high"]), (window, last)
        gaitd.gait("session", "lock")
        refused(gaitd, "locked", "locked", "trial", "start", "--override", "no")
        refused(gaitd, "locked", "locked", "session", "set", "mass_kg=71")
        closed = gaitd.gait("session", "close")[1]["path"]
        steps = check_file(closed, path, said)
        with open(os.path.join(os.path.dirname(closed), "session.json"), encoding="utf-8") as state:
            assert {row["path"] for row in json.load(state)["trials"]} == {closed}
        check_csv(gaitd, closed)
        compared = lab.run("gait", "compare", closed)[1]
        assert "pre1" in compared and "at fam" not in compared, compared  # walked to get used to it: no finding, no refusal
        with open(os.path.join(gaitd.folder, "audit.log"), encoding="utf-8") as log:
            assert any("one more for the picture" in line and '"ok":true' in line for line in log), "the override is not in the audit log"
    print(f"a visit of {steps} counted steps; 3 kills")


main()
