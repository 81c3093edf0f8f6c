#!/usr/bin/python3
"""Reads CTest's JUnit files.

    results.py counts FILE        prints "PASSED FAILED SKIPPED"
    results.py details FILE       prints one line a failed or skipped test, with the reason it gave; of a failed one also the lines about it
    results.py again FILE         prints the failed tests worth a second run: not those in which a sanitizer spoke, that took three minutes, or when many failed
    results.py slowest FILE N     prints the N slowest tests
    results.py recorded LOG       prints what tests put on lines that begin with "RESULT "
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """Yields (name, status, seconds, output); status is passed, failed or skipped."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = "passed"
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            status = "failed"
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            status = "skipped"
        if status == "skipped" and case.get("status") == "notrun":
            reason = case.find("skipped")
            if reason is None or "SKIP_RETURN_CODE" not in (reason.get("message") or ""):
                status = "failed"  # a test that could not be started is no skip
        yield case.get("name"), status, float(case.get("time") or 0), case.findtext("system-out") or ""


def around(output):
    """Of what a failed test printed: the lines about the first that tells of an error, where a stack mostly stands, and the last ones."""
    lines = output.rstrip().splitlines()
    at = next((i for i, line in enumerate(lines) if re.search(r"fail|error", line, re.I)), 0)
    kept = [i for i in range(len(lines)) if at - 20 <= i <= at + 20 or i >= len(lines) - 15]
    for before, i in zip([-1, *kept], kept):
        if i != before + 1:
            yield "..."
        yield lines[i]


def reason(status, output):
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("RESULT ")]
    if not lines:
        return "no output"
    if status == "skipped":
        return next((line for line in lines if "skip" in line.lower()), lines[0])
    return next((line for line in lines if re.search(r"fail|error", line, re.I)), lines[-1])


SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer: detected")


def main():
    command, path = sys.argv[1:3]
    if command == "counts":
        states = [status for _, status, _, _ in cases(path)]
        print(*(states.count(s) for s in ("passed", "failed", "skipped")))
    elif command == "details":
        for name, status, _, output in cases(path):
            if status != "passed":
                print(f"  {status}: {name}: {reason(status, output)[:160]}")
            if status == "failed":
                print(*(f"    | {line[:200]}" for line in around(output)), sep="\n")
    elif command == "again":
        names = [name for name, status, seconds, output in cases(path) if status == "failed" and seconds < 180 and not SANITIZER.search(output)]
        print(*(names if len(names) <= 5 else ()), sep="\n")
    elif command == "slowest":
        for name, _, seconds, _ in sorted(cases(path), key=lambda c: -c[2])[: int(sys.argv[3])]:
            print(f"  {seconds:7.1f} s  {name}")
    elif command == "recorded":
        for line in open(path, encoding="utf-8", errors="replace"):
            if line.startswith("RESULT "):
                print("- " + line[len("RESULT "):].strip())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
