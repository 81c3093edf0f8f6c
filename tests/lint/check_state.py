#!/usr/bin/python3
"""No file-scope mutable state in libgait and the drivers: their objects have nothing in .data, .bss, .tdata, .tbss or common.

Constant tables with pointers lie in .data.rel.ro, which is fine.
"""
import os
import re
import subprocess

import tree

ARCHIVES = ["libgait_static.a", "libgait-session_static.a", "libgait-stream_static.a", "libgait-export_static.a",
            "libgait-compare_static.a", "libgait_mats.a", "libgait_drivers.a", "libgait_virtual.a"]
SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\.data|\.bss|\.tdata|\.tbss|\*COM\*)(\.(?!rel\.ro)\S*)?\t[0-9a-f]+ (?:\.hidden )?(\S+)")


def main():
    if os.environ.get("GAIT_SANITIZE") or os.environ.get("GAIT_COVERAGE") == "ON":
        tree.skip("sanitizers and coverage put state of their own into objects")
    problems, objects = [], 0
    for name in ARCHIVES:
        path = os.path.join(tree.BUILD, "lib", name)
        if not os.path.exists(path):
            continue
        member = ""
        for line in subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True).stdout.splitlines():
            if ":     file format" in line:
                member, objects = line.split(":")[0], objects + 1
            match = SYMBOL.match(line)
            if match and match.group(3) not in (".data", ".bss", ".tdata", ".tbss"):
                problems.append(f"{name}({member}): {match.group(3)} is mutable at file scope ({match.group(1)})")
    tree.finish(problems, f"{objects} objects")


main()
