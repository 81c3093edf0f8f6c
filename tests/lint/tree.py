"""What the lint tests share: the tree's files."""
import os
import subprocess
import sys

ROOT = os.environ.get("GAIT_SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GAIT_BUILD_DIR", "")


def files(*endings):
    """Paths below the root, relative to it: what git tracks or would track; without git, everything that is no build."""
    try:
        command = ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"]
        found = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, below, names in os.walk(ROOT):
            below[:] = [b for b in below if not b.startswith(("build", ".git", "node_modules"))]
            found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names]
    return sorted(f for f in set(found) if f.endswith(endings) and os.path.isfile(os.path.join(ROOT, f)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def finish(problems, checked):
    """Prints every problem and ends the test."""
    for problem in problems:
        print("FAILED:", problem)
    print(f"{checked}: {len(problems)} problems")
    sys.exit(1 if problems else 0)


def skip(why):
    print("skipped:", why)
    sys.exit(77)
