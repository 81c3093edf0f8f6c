#!/usr/bin/python3
"""clang-format has nothing to change. Files that passed once are remembered in the build folder by their content.

To put a file right: clang-format -i FILE
"""
import hashlib
import os
import shutil
import subprocess

import tree

CHUNK = 16


def main():
    if not shutil.which("clang-format"):
        tree.skip("clang-format is not installed (apt-get install clang-format)")
    memory = os.path.join(tree.BUILD or "/nonexistent", "format-ok")
    known = set(open(memory, encoding="ascii").read().split()) if os.path.exists(memory) else set()
    style = tree.read(".clang-format")
    files = tree.files(".c", ".h")
    key = {f: hashlib.sha256((style + tree.read(f)).encode()).hexdigest() for f in files}
    todo = [f for f in files if key[f] not in known]
    bad = set()
    for i in range(0, len(todo), CHUNK):
        chunk = todo[i:i + CHUNK]
        run = subprocess.run(["clang-format", "--dry-run", *chunk], cwd=tree.ROOT, capture_output=True, text=True, check=False)
        bad |= {line.split(":")[0] for line in run.stderr.splitlines() if "-Wclang-format-violations" in line}
        if run.returncode:
            bad.add(f"clang-format says {run.stderr.splitlines()[0]}")
    if tree.BUILD:
        with open(memory, "w", encoding="ascii") as f:
            f.write("\n".join(sorted(key[name] for name in files if name not in bad)))
    tree.finish([f"{name}: clang-format -i {name}" for name in sorted(bad)], f"{len(files)} files, {len(todo)} looked at")


main()
