"""Answers that say what is so: one daemon a folder of sessions; `already` only when nothing was asked otherwise; a mark only into a recording; a session closed
only with all its files; an answer to a request that is too long; a rate only of frames that come; --check opens what it checks."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, Refused  # noqa: E402

SMALL = WALKER % ("seed=1,rows=64,cols=32,lead_s=0.1,tail_s=0.1", 0)

HEAD = ("Dynamic roll off\nScanning speed;  for the left foot: 0.00 Hertz, for the right foot: 500.00 Hertz\n\nRight foot data\n\nRight rectangle position\n"
        "Rectangle bottom\n0\nRectangle left\n0\nRectangle width\n20\nRectangle height\n38\n\n")
ROW = "\t".join(["0"] * 20) + "\n"


def refused(code, d, verb, **args):
    try:
        d.ask(verb, **args)
    except Refused as e:
        assert e.code == code, e
        return e.message
    raise AssertionError(f"{verb} was not refused")


def gait(d, *argv):
    done = subprocess.run([os.path.join(BIN, "gait"), *argv], capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ, GAIT_SOCKET=d.run))
    return done.returncode, done.stdout, done.stderr


def one_daemon_a_folder():
    with Gaitd(SMALL) as first:
        with Gaitd(SMALL, data=first.data) as second:  # nothing is there yet to be locked: both start
            session = first.ask("session open", subject="S01")["session"]["session"]
            assert first.data in refused("path", second, "session open", subject="S02")
            assert os.listdir(first.data) == [session], "the second one wrote"
        third = Gaitd(SMALL, data=first.data)
        done = subprocess.run(third.command(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1 and f"another gaitd records into {first.data}" in done.stderr, done
        first.stop(signal.SIGKILL)  # a lock of a dead daemon holds nobody up
        first.start()
        assert first.ask("status")["session"]["session"] == session


def trial(d):
    d.ask("trial start")
    d.wait_idle()


def what_stands():
    with Gaitd(SMALL) as d:
        assert "no trial is running" in refused("no-trial", d, "mark", text="here")
        d.ask("session open", subject="S01", mass_kg=70, fields={"footwear": "none"})
        same = d.ask_raw("session open", {"subject": "S01", "mass_kg": 70.0, "fields": {"footwear": "none"}})
        assert same["ok"] and same["already"] and d.ask_raw("session open", {"subject": "S01"})["already"]
        assert "mass_kg is 70" in refused("session-open", d, "session open", subject="S01", mass_kg=72)
        assert "footwear is" in refused("session-open", d, "session open", subject="S01", fields={"footwear": "shoe"})
        assert "stature_m is not set" in refused("session-open", d, "session open", subject="S01", stature_m=1.7)
        assert d.ask("status")["session"]["mass_kg"] == 70
        trial(d)
        assert "no trial is running" in refused("no-trial", d, "mark", text="too late")
        d.wait_for(lambda: d.ask("status")["mats"][0]["rate_hz"] == 0, "the rate of a source that stands still")
        status, _, err = gait(d, "mark", "here")
        assert status == 5 and "no trial is running" in err, (status, err)


def cut_in_a_character():
    """A text that is cut to a length is cut at a character: half of one would make the whole answer none."""
    with Gaitd(SMALL) as d:
        message = refused("bad-argument", d, "mark", **{"é" * 19 + "eé" + "x": 1})
        assert "has no argument" in message and message.isprintable(), message
    long = d.folder + "-cut"
    folder = os.path.join(long, "p" * (130 - len(d.folder)))
    os.makedirs(folder)
    for n in (0, 1):  # one of the two is cut within a character
        recording = os.path.join(folder, n * "p" + "é" * 9 + ".txt")
        with open(recording, "w", encoding="ascii") as f:
            f.write(HEAD)
            for i in range(5):
                f.write(f"Frame {i} ({2 * i}.00 ms)\n" + 38 * ROW + "\n")
        with Gaitd("version: 1\nmats: [{id: mat-1, source: {replay: {path: %s, speed: 1}}}]\n" % recording) as d:
            mats = d.ask("status")["mats"]
            assert len(mats) == 1 and mats[0]["source_text"].endswith("é"), mats
    shutil.rmtree(long, ignore_errors=True)


def every_key():
    """The verb config has each key that docs/CONFIG.md lists, as the file would say it."""
    with open(os.path.join(os.environ["GAIT_SOURCE_DIR"], "docs/CONFIG.md"), encoding="utf-8") as f:
        rows = [line.split("|")[1:4] for line in f if line.startswith("| `")]
    keys = [k for row in rows for k in re.findall("`([a-z_.*A-Z]+)`", row[0]) if not k.startswith("source") and "*" not in k]
    keys += ["pipeline." + k for row in rows if "pipeline" in row[0] for k in re.findall("`([a-z_A-Z0-9]+)`", row[2])]
    assert {"stream.tcp", "access.keys", "pipeline.mat_mode", "log.level"} <= set(keys), keys
    with Gaitd(SMALL + "log: {level: notice}\npipeline: {approach: two-step}\n") as d:
        config = d.ask("config")["config"]
        missing = [k for k in keys if any(part not in at for part, at in nested(config, k))]
        assert not missing, missing
        assert config["log"]["level"] == "notice" and config["access"]["audit"] == d.folder + "/audit.log", config
        p = config["pipeline"]
        assert (p["approach"], p["surface"], p["mat_mode"], p["belt_speed_m_per_s"]) == ("two-step", "overground", "multi", None), p


def nested(at, key):
    for part in key.split("."):
        yield part, at
        at = at.get(part, {})


def unknown_arguments():
    with open(os.path.join(os.environ["GAIT_SOURCE_DIR"], "docs/CONTROL.md"), encoding="utf-8") as f:
        verbs = re.findall(r"^\| `([a-z-]+(?: [a-z-]+)?)` \|", f.read().split("## Verbs")[1].split("### status")[0], re.M)
    assert {"status", "session list", "reload", "footfall invalid"} <= set(verbs), verbs
    with Gaitd(SMALL) as d:
        assert "z: " in refused("bad-argument", d, "session open", subject="S01", z=1)
        d.ask("session open", subject="S01")
        for verb in verbs:
            if verb != "session open":
                assert "z" in refused("bad-argument", d, verb, z=1), verb


def reload_of_nothing():
    with Gaitd(SMALL) as d:
        os.rename(d.config, d.config + "-aside")
        assert f"{d.config}: No such file" in refused("config", d, "reload")
        os.rename(d.config + "-aside", d.config)
        assert d.ask("reload") == {"changed": [], "refused": []}
        assert " serves 1 mat at " in d.said()


def too_long():
    with Gaitd(SMALL) as d:
        reply = d.ask_raw("mark", {"text": "x" * 70000})
        assert not reply["ok"] and reply["error"]["code"] == "bad-request" and "64 KiB" in reply["error"]["message"], reply
        status, _, err = gait(d, "mark", "x" * 70000)
        assert status == 1 and len(err.splitlines()) == 1 and "65536" in err, (status, err)
        assert d.ask("status")["mats"], "it answers others still"


def closed_with_all_its_files():
    with Gaitd(SMALL) as d:
        session = d.ask("session open", subject="S01")["session"]
        folder, name = session["folder"], session["session"]
        for _ in range(3):
            trial(d)
        d.wait_for(lambda: all(t["state"] == "sealed" for t in d.ask("status")["session"]["trials"]), "the seals")
        os.rename(folder + "/trial-002.h5", folder + "/aside")
        assert "trial 2" in refused("file-missing", d, "session close") and "trial-002" in refused("file-missing", d, "session close")
        assert d.ask("status")["session"]["session"] == name and not os.path.exists(f"{folder}/{name}.h5")
        os.rename(folder + "/trial-001.h5", folder + "/trial-009.h5")  # one that session.json knows under another number
        status, out, err = gait(d, "session", "close", "--override", "2 was deleted, 1 renamed")
        assert status == 0 and "trial-009.h5" in err and out.strip() == f"{folder}/{name}.h5", (status, out, err)
        with open(folder + "/session.json", encoding="utf-8") as f:
            state = json.load(f)
        assert [t.get("missing") for t in state["trials"]] == ["trial-001.h5", "trial-002.h5", None] and state["close_override"] == "2 was deleted, 1 renamed"


def check_opens():
    for source, word in (("walker: \"seed=x\"", "seed"), ("replay: {path: /nowhere/x.lst}", "/nowhere/x.lst")):
        d = Gaitd("version: 1\nmats: [{id: mat-1, source: {%s}}]\n" % source)
        done = subprocess.run(d.command() + ["--check"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3 and word in done.stderr and "mat-1" in done.stderr and not os.path.exists(d.data), done
        d.context.destroy(0)
    for extra, words in (("access: {audit: /nonexistent/x/audit.log}\n", "/nonexistent/x/audit.log: the audit log cannot be opened: No such file"),
                         ("access: {keys: /nonexistent}\n", "/nonexistent/server.key")):
        d = Gaitd(SMALL + extra)
        done = subprocess.run(d.command() + ["--check"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3 and words in done.stderr and len(done.stderr.splitlines()) == 1 and os.listdir(d.folder) == ["gaitd.yaml"], done
        d.context.destroy(0)
    d = Gaitd(SMALL)
    d.data = d.folder + "/not/yet/sessions"  # where nothing is named folders are made: not by a check
    assert subprocess.run(d.command() + ["--check"], capture_output=True, timeout=60, check=False).returncode == 0
    assert os.listdir(d.folder) == ["gaitd.yaml"]
    with d:
        assert os.path.exists(d.folder + "/not/yet/audit.log")
        with open(d.config, "a", encoding="utf-8") as f:
            f.write("access: {audit: /nonexistent/x/audit.log}\n")
        assert "/nonexistent/x/audit.log" in refused("config", d, "reload")
        assert d.ask("config")["config"]["access"]["audit"] == d.folder + "/not/yet/audit.log"


one_daemon_a_folder()
what_stands()
cut_in_a_character()
every_key()
unknown_arguments()
reload_of_nothing()
too_long()
closed_with_all_its_files()
check_opens()
print("what was answered was so")
