#!/usr/bin/python3
"""The units are as strict as they are said to be: `systemd-analyze security` gives each an exposure of at most 2.0, a comment gives the reason of all that it finds fault with, and every key in them is one that systemd knows."""
import os
import re
import shutil
import subprocess
import sys

MOST = 2.0


def exposure(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    return float(found.group(1)) if found else f"systemd-analyze said: {(done.stderr or done.stdout).strip()}"


def unknown_keys(unit):
    """What else `verify` says is about this machine, where nothing is installed."""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False)
    return [line for line in done.stderr.splitlines() if os.path.basename(unit) in line and re.search(r"Unknown|Failed to parse|Invalid", line)]


def too_short_a_stop(unit):
    """systemd would kill gaitd while it still gives its trials and sealers the time that daemon/loop.c grants."""
    with open(os.path.join(os.environ["GAIT_SOURCE_DIR"], "daemon/loop.c"), encoding="utf-8") as f:
        granted = [int(s) for s in re.findall(r"STOP_(?:TRIALS|SEALING)_S = (\d+)", f.read())]
    with open(unit, encoding="utf-8") as f:
        stop = int(re.search(r"^TimeoutStopSec=(\d+)$", f.read(), re.MULTILINE).group(1))
    if len(granted) == 2 and stop > sum(granted):
        return []
    return [f"gaitd.service: TimeoutStopSec={stop}, and gaitd may take {granted} s to stop"]


def without_reason(unit):
    """What `security` finds fault with, and no comment of the unit names."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, timeout=60, check=False)
    with open(unit, encoding="utf-8") as f:
        comments = "".join(line for line in f if line.startswith("#"))
    for name, about in re.findall(r"^\u2717 (\S+) +(.*?)  ", done.stdout, re.MULTILINE):
        what = name.split("~")[1].replace("AF_(INET|INET6)", "AF_INET") if "~" in name else "char-rtc" if "char-rtc" in about else name.split("=")[0] + "="
        if what not in comments:
            yield f"{os.path.basename(unit)}: no comment says why: {name} ({about})"


def main():
    if not shutil.which("systemd-analyze"):
        print("skipped: systemd-analyze is missing (Debian: apt-get install systemd)")
        return 77
    folder = os.path.join(os.environ["GAIT_BUILD_DIR"], "systemd")
    units = sorted(name for name in (os.listdir(folder) if os.path.isdir(folder) else ()) if name.endswith(".service"))
    if not units:
        print("skipped: no units in this configuration")
        return 77
    problems = []
    for name in units:
        unit = os.path.join(folder, name)
        level = exposure(unit)
        print(f"{name}: exposure {level}")
        if not isinstance(level, float) or level > MOST:
            problems.append(f"{name}: {level}, wanted is at most {MOST}")
        problems += unknown_keys(unit)
        problems += without_reason(unit)
        problems += too_short_a_stop(unit) if name == "gaitd.service" else []
    print("\n".join("FAILED: " + p for p in problems))
    return 1 if problems else 0


sys.exit(main())
