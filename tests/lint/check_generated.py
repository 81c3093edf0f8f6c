#!/usr/bin/python3
"""Generated files are committed; here each is made again and must not differ.

tests/lint/generated.list has a line for each: the file, then the command that prints it, run in the tree's root with the build's
programs in $GAIT_BIN_DIR. To put one right: run the command, redirect it into the file.
"""
import difflib
import os
import subprocess

import tree

LIST = "tests/lint/generated.list"


def entries():
    for line in tree.read(LIST).splitlines():
        line = line.split("#")[0].strip()
        if line:
            yield line.split(None, 1)


def main():
    problems, checked = [], 0
    for path, command in entries():
        program = command.split()[0].replace("$GAIT_BIN_DIR", os.environ.get("GAIT_BIN_DIR", ""))
        if program.startswith("/") and not os.path.exists(program):
            print(f"passed over: {path}: {program} is not built in this configuration")
            continue
        checked += 1
        run = subprocess.run(["bash", "-c", command], cwd=tree.ROOT, capture_output=True, text=True, check=False)
        if run.returncode:
            problems.append(f"{path}: '{command}' failed: {run.stderr.strip()}")
        elif run.stdout != tree.read(path):
            diff = difflib.unified_diff(tree.read(path).splitlines(), run.stdout.splitlines(), path, command, lineterm="", n=1)
            problems.append(f"{path} is not what '{command}' prints:\n" + "\n".join(list(diff)[:20]))
    if not checked:
        tree.skip(f"nothing of {LIST} can be made here")
    tree.finish(problems, f"{checked} generated files")


main()
