#!/usr/bin/python3
"""The committed journal gives the committed numbers: by the reader written from the document, and by ours."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import journal_reader

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
RENAMED = {"metric", "metric_reason"}


def same(ours, theirs, where):
    """Every number that both give is the same; ours may know more (metrics that came later)."""
    problems = []
    for key, value in ours.items():
        if key not in RENAMED and key in theirs and value != theirs[key]:
            problems.append("%s: %s is %r, expected %r" % (where, key, value, theirs[key]))
    if "metric" in ours:
        for i, name in enumerate(theirs["metric_names"].split("\n")):
            if ours["metric"][name] != theirs["value"][i] or ours["metric_reason"][name] != theirs["reason"][i]:
                problems.append("%s: metric %s differs" % (where, name))
    return problems


def main():
    path = os.path.join(GOLDEN, "trial-003.gaitj")
    with open(os.path.join(GOLDEN, "trial-003.json"), encoding="utf-8") as file:
        expected = json.load(file)
    problems = []
    if json.loads(json.dumps(journal_reader.read(path))) != expected:
        problems.append("journal_reader.py gives something else than trial-003.json")
    dump = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "interop_dump_journal")
    ours = json.loads(subprocess.run([dump, path], check=True, capture_output=True, text=True).stdout)
    if len(ours) != len(expected["records"]):
        problems.append("our reader gives %d records of %d" % (len(ours), len(expected["records"])))
    for record, theirs in zip(ours, expected["records"]):
        problems += same(record, theirs, "record %d (%s)" % (theirs["number"], theirs["type"]))
    frames = [r for r in expected["records"] if r["type"] == "frame"]
    if len(frames) != 9 or [r["raw"][0] for r in frames] != [12 * i for i in range(9)]:
        problems.append("the frames are not those that the golden journal was made with")
    print("\n".join(problems[:20]) or "%d records, %d frames: the same by both readers" % (len(ours), len(frames)))
    return 1 if problems else 0


sys.exit(main())
