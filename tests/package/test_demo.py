"""scripts/demo with the programs of this build: ends well, its last line is a good session file, at least five valid footfalls a foot and condition."""
import collections
import json
import os
import subprocess
import sys
import tempfile

BIN = os.environ["GAIT_BIN_DIR"]


def lines_of(*argv):
    done = subprocess.run([os.path.join(BIN, "gait"), "--json", *argv], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (argv, done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    with tempfile.TemporaryDirectory(prefix="gait-demo-") as folder:
        done = subprocess.run([os.path.join(os.environ["GAIT_SOURCE_DIR"], "scripts/demo"), "--programs", BIN], env={**os.environ, "GAIT_DEMO_DIR": folder},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=170, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        path = done.stdout.splitlines()[-1]
        assert path.endswith(".h5") and path.startswith(folder), path
        assert len(lines_of("check", path)) == 10, "ten trials, each good"
        valid, timepoint = collections.Counter(), ""
        for line in lines_of("analyse", path):
            if line.get("kind") == "trial":
                timepoint = line["timepoint"]
            elif line.get("side") in ("left", "right") and line["valid"]:
                valid[timepoint, line["side"]] += 1
        print(dict(valid))
        assert len(valid) == 4 and all(n >= 5 for n in valid.values()), valid
        assert "inconclusive" in done.stdout or "beyond error" in done.stdout, "nothing was compared"


sys.exit(main())
