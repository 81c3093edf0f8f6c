"""A visit through the daemon to verdicts and a report: what `gait compare` says follows from the numbers that it exports; the same input gives
the same bytes; what cannot be compared is said in a line, and nothing half-written stays.

Patients in numbers: replay.compare_patients.
"""
import csv
import hashlib
import json
import math
import os
import re
import shutil
import statistics
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALKWAY = "seed=4,rows=360,cols=64,pitch=5,rate=100,mass=70"
SANITIZED = bool(os.environ.get("GAIT_SANITIZE"))  # there it is about memory, not numbers: each form once
PASSES = 5
DATE = "2025-06-01T12:00:00Z"


def record(gaitd, subject="T1", walkway=WALKWAY, after=",collapse=0.9,heel=0.6"):
    gaitd.gait("session", "open", "--subject", subject, "--mass-kg", "70")
    for i in range(2 * PASSES):
        over(gaitd)
        if i == PASSES:
            gaitd.gait("treatment", "start", "--technique", "effleurage", "--muscle", "calf", "--side", "left", "--dose-min", "10")
            gaitd.gait("treatment", "stop")
        gaitd.record("--timepoint", "pre1" if i < PASSES else "post0", "--walker",
                     f"{walkway},pass={i + 1}{'' if i < PASSES else after}", "--speed", "0")
    return close(gaitd)


def over(gaitd):
    """The trial has ended and its source is back where it was."""
    gaitd.until(lambda: gaitd.mat()["trial"] is None and gaitd.mat()["state"] == "idle", "the trial is over")


def close(gaitd):
    over(gaitd)
    return gaitd.gait("session", "close")[1]["path"]


def compare(*argv, code=0):
    status, out, err = lab.run("gait", "--json", "compare", "--date", DATE, *argv)
    assert status == code, f"{argv}: {status} {err}"
    assert not re.search(r"\bnan\b|\binf\b", out, re.I), out[:200]
    return json.loads(out) if code == 0 else err


def pass_means(path, metric, side=None):
    """timepoint -> means of passes, by hand from the long table; side None: mean of both feet."""
    steps = {}
    with open(path, encoding="ascii") as table:
        for row in csv.DictReader(table):
            if row["metric"] == metric and row["valid"] == "1" and row["value"]:
                steps.setdefault(row["timepoint"], {}).setdefault(int(row["trial"]), {}).setdefault(row["side"], []).append(float(row["value"]))
    means = {}
    for timepoint, trials in steps.items():
        for _, feet in sorted(trials.items()):
            if side is None and len(feet) == 2:
                means.setdefault(timepoint, []).append(sum(statistics.fmean(v) for v in feet.values()) / 2)
            elif side in feet:
                means.setdefault(timepoint, []).append(statistics.fmean(feet[side]))
    return means


def check_numbers(path, folder):
    """Welch of all passes, by hand."""
    table = os.path.join(folder, "long.csv")
    said = compare(path, "--csv", table)
    assert said["design"] == "one_person" and said["baseline"] == "pre1" and len(said["primaries"]) == 3
    checked = 0
    for row in said["primaries"] + said["explored"]:
        means = pass_means(table, row["metric"], None if row["foot"] == "both" else row["foot"])
        x, y = means.get("pre1", []), means.get("post0", [])
        assert (row["all_before"]["n"], row["all_after"]["n"]) == (len(x), len(y)), row
        if len(x) < 2 or len(y) < 2:
            assert row["why_missing"], row
            continue
        a, b = statistics.variance(x) / len(x), statistics.variance(y) / len(y)
        df = (a + b) ** 2 / (a ** 2 / (len(x) - 1) + b ** 2 / (len(y) - 1))
        for key, value in (("value", statistics.fmean(y) - statistics.fmean(x)), ("se", math.sqrt(a + b)), ("df", df)):
            assert abs(row["all_change"][key] - value) <= 1e-9 * max(1e-3, abs(value)), (row["metric"], key, value, row["all_change"])
        checked += 1
    assert checked >= 20, checked
    assert [f["code"] for f in said["findings"] if f["severity"] == "note"] == ["no_control_arm"], said["findings"]
    verdicts = {r["metric"]: r["verdict"] for r in said["primaries"]}
    assert "no_mdc" in verdicts["dai_mean"]["reasons"] and verdicts["dai_mean"]["kind"] != "beyond_error"
    assert verdicts["heel31_peak_kPa"]["kind"] == "beyond_error" and "fell by" in verdicts["heel31_peak_kPa"]["sentence"]
    assert not any("improve" in v["sentence"] for v in verdicts.values())
    wanted = compare(path, "--direction", "heel31_peak_kPa=decrease")["primaries"][1]["verdict"]
    assert wanted["improved"] and "registered beforehand" in wanted["sentence"]
    return checked


def check_exploratory(path):
    """Benjamini and Hochberg's p of what is no primary, by hand."""
    rows = [r for r in compare(path)["explored"] if r["change"]["se"]]
    order = sorted(range(len(rows)), key=lambda i: rows[i]["change"]["p"])
    least = 1.0
    for place in range(len(order), 0, -1):
        row = rows[order[place - 1]]
        least = min(least, row["change"]["p"] * len(order) / place)
        assert abs(row["p_bh"] - least) < 1e-12, (row["metric"], row["p_bh"], least)
    assert len(rows) > 20


def people_pass_means(table, metric):
    """[subject][timepoint] -> means of both feet, a pass each, from the long table."""
    feet = {}
    with open(table, encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            if row["metric"] == metric and row["valid"] == "1" and row["value"]:
                feet.setdefault(row["subject"], {}).setdefault(row["timepoint"], {}).setdefault(row["trial"], {}).setdefault(row["side"], []).append(float(row["value"]))
    return [[[sum(map(statistics.fmean, sides.values())) / 2 for sides in trials.values() if len(sides) == 2] for _, trials in sorted(times.items())]
            for times in feet.values()]


def check_lab(gaitd, path, folder):
    """A lab's double baseline: its variances by hand, and MDC95 for the passes at hand in a comparison by it."""
    files, walkway = [], WALKWAY.replace("rows=360", "rows=250")
    for person in range(3):
        gaitd.gait("session", "open", "--subject", f"B{person}", "--mass-kg", "70")
        for i in range(4):
            over(gaitd)
            gaitd.record("--timepoint", "pre1" if i < 2 else "pre2", "--walker", f"{walkway.replace('seed=4', f'seed={person + 20}')},pass={i + 1}", "--speed", "0")
        files.append(close(gaitd))
    out, table = os.path.join(folder, "lab.json"), os.path.join(folder, "lab.csv")
    status, _, err = lab.run("gait", "baseline", *files, "-o", out)
    assert status == 0 and "3 people: 20 are wanted" in err, err
    compare(*files, "--csv", table)
    cells = people_pass_means(table, "heel31_peak_kPa")
    assert len(cells) == 3 and all(len(c) == 2 for c in cells), cells
    step = sum(statistics.variance(x) * (len(x) - 1) for c in cells for x in c if len(x) > 1) / sum(len(x) - 1 for c in cells for x in c)
    error = statistics.variance([statistics.fmean(b) - statistics.fmean(a) for a, b in cells]) / 2
    session = max(0, error - step * statistics.fmean(1 / len(x) for c in cells for x in c))
    with open(out, encoding="utf-8") as file:
        said = json.load(file)
    row = next(r for r in said["terms"] if (r["metric"], r["foot"]) == ("heel31_peak_kPa", "both"))
    for key, value in (("var_step", step), ("var_session", session), ("ms_error", error)):
        assert abs(row[key] - value) <= 1e-9 * max(value, 1), (key, row[key], value)
    by = next(r for r in compare(path, "--baseline", out)["primaries"] if r["metric"] == "heel31_peak_kPa")
    mdc = 1.959963984540054 * math.sqrt(2 * session + step / by["before"]["n"] + step / by["after"]["n"])
    assert by["mdc"]["source"] == "lab" and "few values" in by["mdc"]["note"] and abs(by["mdc"]["mdc95"] - mdc) < 1e-9 * mdc, (by["mdc"], mdc)
    assert by["before"]["n"] != 2, "the number of passes must not be the baseline's"
    for changed in ({"p_on_kPa": 20, "condition": "shod"}, {"pitch_x_mm": 4, "condition": "shod", "algorithm_version": 999}):
        with open(f"{out}.{len(changed)}", "w", encoding="utf-8") as file:
            json.dump(dict(said, **changed), file)
        codes = {f["code"] for f in compare(path, "--baseline", file.name)["findings"] if f["severity"] == "warning"}
        assert codes == {"baseline_settings", "baseline_condition"} | ({"baseline_version"} if len(changed) == 3 else set()), codes


def check_reports(path, folder):
    """Each form is whole, says what it must, and comes out the same twice."""
    sizes = {}
    for form in ("pdf", "html", "svg", "png"):
        both = [os.path.join(folder, f"{name}.{form}") for name in ("a" if SANITIZED else "ab")]
        for out in both:
            compare(path, "--report", out)
        bytes_of = {open(out, "rb").read() for out in both}
        assert len(bytes_of) == 1, f"{form} differs between two runs"
        sizes[form] = len(bytes_of.pop())
        err = compare(path, "--report", both[0], code=1)
        assert "nothing is written over" in err, err
    html = open(os.path.join(folder, "a.html"), encoding="utf-8").read()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert html.count("<svg") == 2 and len(ids) == len(set(ids)) and "NaN" not in html
    assert set(re.findall(r'"#([^"]+)"|url\(#([^)]+)\)', html)) and not re.search(r"(src|href)=\"(?!#|data:)", html)
    assert "Heel peak pressure of both feet fell by" in html
    full = os.path.join(folder, "full.pdf")
    compare(path, "--full", "--report", full)
    assert os.path.getsize(full) > sizes["pdf"]
    assert open(full, "rb").read().startswith(b"%PDF") and json.dumps(compare(path)) == json.dumps(compare(path))
    return sizes


def check_blind(path, folder):
    out = os.path.join(folder, "blind.html")
    said = compare(path, "--blind", "--report", out)
    texts = json.dumps(said) + open(out, encoding="utf-8").read()
    assert "pre1" not in texts and "post0" not in texts and said["baseline"] == "A"
    assert "effleurage" not in texts
    assert {g["timepoint"] for g in said["groups"]} == {"A", "B"}
    first = said["primaries"][0]["change"]["value"] > 0
    assert SANITIZED or any((compare(path, "--blind", "--seed", str(seed))["primaries"][0]["change"]["value"] > 0) != first for seed in range(12)), "A always comes first"
    compare(path, "--blind", "--csv", os.path.join(folder, "x.csv"), code=2)


def check_bad_input(path, folder):
    for argv, code, word in (
            (("--report", os.path.join(folder, "x.doc")), 3, "must end in .pdf"),
            (("--primary", "heel31_peak_kPa,dai_mean,arch_index,cpei_pct"), 3, "more than 3"),
            (("--primary", "dai_mean,dai_mean"), 3, "twice"),
            (("--primary", "cadence_per_min"), 3, "whole pass"),
            (("--against", "pre9"), 3, "no such timepoint"),
            (("--condition", "shod"), 3, "nobody walked so"),
            (("--baseline", path), 3, "line 1"),
            ((path,), 3, "name one of them"),
            (("--foot", "third"), 2, "left, right or both")):
        err = compare(path, *argv, code=code)
        assert word in err and len(err.strip().splitlines()) <= 2, (argv, err)
    assert not os.path.exists(os.path.join(folder, "x.doc"))
    status, _, err = lab.run("gait", "baseline", path)
    assert status == 3 and "pre2" in err, err
    page = os.path.join(folder, "refused.pdf")
    status, out, err = lab.run("gait", "--json", "compare", path, "--against", "pre1", "--foot", "left", "--window", "0.1", "--report", page)
    assert status == 5 and "nothing was compared: T1: 1 valid step of the left foot" in err and os.path.exists(page), (status, err)
    one = json.loads(out)
    assert all(r["verdict"]["kind"] == "refused" for r in one["primaries"]), one["primaries"]
    assert all(r["why_missing"] or r["change"]["ci95"][0] is not None for r in one["primaries"] + one["explored"])


def check_repeated(path, folder):
    """A file named twice and a copy of it are refused; the checksum is sha256sum's."""
    copy = os.path.join(folder, "copy.h5")
    shutil.copy(path, copy)
    for again in (path, copy):
        assert "name one of them" in compare(path, again, code=3)
    with open(path, "rb") as file:
        assert [f["sha256"] for f in compare(path)["provenance"]["files"]] == [hashlib.sha256(file.read()).hexdigest()]


def check_folders(gaitd, path, folder):
    """A session's folder stands for its file, any other for all sessions in it."""
    own = compare(os.path.dirname(path))
    assert own["primaries"] == compare(path)["primaries"] and [f["path"] for f in own["provenance"]["files"]] == [path], own["provenance"]
    said = compare(gaitd.data + "/", "--against", "pre1")
    people = sorted(os.path.join(d, n) for d, _, names in os.walk(gaitd.data) for n in names if n.endswith(".h5"))
    assert [f["path"] for f in said["provenance"]["files"]] == people and len(people) == 4 and said["design"] == "group", said["provenance"]
    for name, files, word in (("empty", (), "without a session file"), ("open", ("session.json", "trial-001.h5"), "is not closed"),
                              ("two", ("session.json", "a.h5", "b.h5"), "2 session files")):
        here = os.path.join(folder, name)
        os.mkdir(here)
        for file in files:
            open(os.path.join(here, file), "w", encoding="ascii").close()
        err = compare(here, code=3)
        assert word in err and f"{here}: " in err, err
    assert "a folder: name the file in it" in lab.run("gait", "analyse", folder)[2]


def check_long_session(path, folder):
    """A session.json of 12 MB, as thousands of footfalls leave it, is read within the processor time that a small file is given."""
    here = os.path.join(folder, "long")
    os.mkdir(here)
    shutil.copy(path, here)
    shutil.copy(os.path.join(os.path.dirname(path), "session.json"), here)
    with open(os.path.join(here, "session.json"), "a", encoding="ascii") as out:
        out.write(" " * (12 << 20))
    assert compare(here)["primaries"] == compare(path)["primaries"]


def check_long_pass(gaitd):
    """Of a pass of five footfalls or more the first and the last do not count."""
    gaitd.gait("session", "open", "--subject", "L1", "--mass-kg", "70")
    over(gaitd)
    _, end = gaitd.record("--timepoint", "pre1", "--walker", f"{WALKWAY.replace('rows=360', 'rows=900')},pass=1", "--speed", "0")
    status, out, err = lab.run("gait", "--json", "compare", close(gaitd))
    assert status == 5 and end["footfalls"] >= 5, (status, err, end)
    said = json.loads(out)
    why = {e["footfall"]: e["why"] for e in said["provenance"]["excluded"]}
    assert set(why) == {1, end["footfalls"]} and all(w.startswith("first or last of a pass of 5") for w in why.values()), (why, end)
    assert said["groups"][0]["left"] + said["groups"][0]["right"] == end["footfalls"] - 2, said["groups"]


def check_treatment(path):
    """What was logged stands in the report; a blind one does not tell."""
    told = compare(path)["provenance"]["treatments"]
    assert [(t["technique"], t["muscle"], t["side"], t["planned_min"]) for t in told] == [("effleurage", "calf", "left", 10)], told
    assert 0 <= told[0]["given_min"] < 5, told
    assert compare(path, "--blind")["provenance"]["treatments"] is None


def check_odd_name(path, folder):
    """A file whose name is no UTF-8 is compared and reported like any other."""
    page = os.path.join(folder, "odd.pdf")
    odd = os.path.join(folder.encode(), b"S\xf6ren.h5")
    shutil.copy(path, odd)
    said = compare(odd.decode("utf-8", "surrogateescape"), "--report", page)
    assert said["provenance"]["files"][0]["path"].endswith("S?ren.h5"), said["provenance"]["files"]
    with open(page, "rb") as file:
        assert file.read().startswith(b"%PDF")


PROTOCOL = """version: 1
name: registered
design: parallel
blind: true
passes: 2
arms: [{name: massage, technique: effleurage, dose_min: 10}, {name: rest, technique: lying, dose_min: 10}]
timepoints:
  - {name: pre1, kind: pre}
  - {name: post0, kind: post}
conditions: [{name: barefoot}]
primary:
  - {metric: heel31_peak_kPa, foot: left, direction: decrease, swc: 20}
  - {metric: dai_mean}
window_percent: 8
"""


def check_protocol(gaitd, path, folder):
    """What was registered is what is judged, named in a command or carried by the trials; and what is blind stays so."""
    name = os.path.join(folder, "registered.yaml")
    with open(name, "w", encoding="ascii") as out:
        out.write(PROTOCOL)
    sha256 = hashlib.sha256(PROTOCOL.encode()).hexdigest()
    want = [("heel31_peak_kPa", "left", "decrease", 20.0), ("dai_mean", "both", "either", None)]
    said = compare(path, "--protocol", name)
    assert [(p["metric"], p["foot"], p["direction"], p["swc"]) for p in said["plan"]["primaries"]] == want, said["plan"]
    assert said["plan"]["window_percent"] == 8 and said["plan"]["protocol_sha256"] == sha256 and not said["blind"]
    assert said["primaries"][0]["verdict"]["improved"] and said["design"] == "one_person"
    assert [f["code"] for f in said["findings"] if f["code"].startswith("protocol")] == ["protocol_afterwards"]
    assert "not_registered" in [f["code"] for f in compare(path, "--protocol", name, "--swc", "dai_mean=0.1")["findings"]]
    with open(name + ".bad", "w", encoding="ascii") as out:
        out.write(PROTOCOL.replace("passes: 2", "passes: two"))
    assert "registered.yaml.bad:5:9: passes" in compare(path, "--protocol", name + ".bad", code=3)
    gaitd.gait("session", "open", "--subject", "T2", "--mass-kg", "70", "--protocol", name)
    for i in range(4):
        over(gaitd)
        gaitd.record("--walker", f"{WALKWAY},pass={i + 1}", "--speed", "0", "--timepoint", "pre1" if i < 2 else "post0", "--override", "test")
    carried = close(gaitd)
    said = compare(carried, "--direction", "heel31_peak_kPa=decrease")
    assert [(p["metric"], p["foot"], p["swc"]) for p in said["plan"]["primaries"]] == [(m, f, s) for m, f, _, s in want]
    assert said["plan"]["protocol_sha256"] == sha256 and said["blind"] and {g["timepoint"] for g in said["groups"]} == {"A", "B"}
    assert {p["direction"] for p in said["plan"]["primaries"]} == {"either"}  # the registered one would tell which letter came first
    told = re.findall(r'.{20}(?:pre1|post0|massage|"rest").{20}', json.dumps({k: v for k, v in said.items() if k != "findings"}))
    assert not told, told
    assert "blind" in compare(carried, "--csv", os.path.join(folder, "blind.csv"), code=3) and not os.path.exists(os.path.join(folder, "blind.csv"))


def check_feet(path):
    """Each primary its own foot."""
    said = compare(path, "--primary", "heel31_peak_kPa:left,dai_mean:right,heel31_impulse_Ns")
    assert [r["foot"] for r in said["primaries"]] == ["left", "right", "both"] == [p["foot"] for p in said["plan"]["primaries"]]
    assert "left, right or both" in compare(path, "--primary", "dai_mean:third", code=3)
    each = compare(path, "--primary", "dai_mean:left,dai_mean:right")["primaries"]
    assert [r["foot"] for r in each] == ["left", "right"] and each[0]["change"]["value"] != each[1]["change"]["value"]


if __name__ == "__main__":
    with lab.Lab(source={"walker": WALKWAY, "speed": 0}) as running:
        if "built without reports" in lab.run("gait", "compare", "--report", "x.pdf", "/dev/null")[2]:
            lab.skip("this gait has no reports")
        closed = record(running)
        print(check_numbers(closed, running.folder), "comparisons by hand;", check_reports(closed, running.folder), "bytes")
        check_blind(closed, running.folder)
        check_bad_input(closed, running.folder)
        check_repeated(closed, running.folder)
        check_treatment(closed)
        check_odd_name(closed, running.folder)
        if not SANITIZED:  # for numbers alone, and more visits through the daemon
            check_feet(closed)
            check_exploratory(closed)
            check_long_session(closed, running.folder)
            check_lab(running, closed, running.folder)
            check_folders(running, closed, running.folder)
            check_long_pass(running)
            check_protocol(running, closed, running.folder)
