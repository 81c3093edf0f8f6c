#!/usr/bin/python3
"""Arrows run down only: reads every #include line against the table below.

An area is a folder. It may include itself, the areas it points at, the C library, and the third-party families named for it.
A new folder, public header or library needs a line here, and a reason in docs/HACKING.md.
"""
import os
import re
import sys

import tree

# area: (areas it points at, third-party families it may see)
ALLOWED = {
    "libgait/core": ([], []),
    "libgait/metrics": (["libgait/core"], []),
    "libgait/pipeline": (["libgait/metrics", "libgait/core"], []),
    "libgait/journal": (["libgait/core"], []),
    "libgait/session": (["libgait/journal", "libgait/metrics", "libgait/core"], ["hdf5", "isal", "zlib", "jansson"]),
    "libgait/stream": (["libgait/core"], ["zmq", "jansson"]),
    "libgait/formats/in": (["libgait/core"], []),
    "libgait/formats/out": (["libgait/core"], ["matio", "zlib"]),
    "libgait/compare": (["libgait/core"], ["gsl"]),
    "drivers/driver.h": (["libgait/core"], []),  # the contract: all drivers see it, and who links mats
    "drivers/mats": (["drivers/driver.h", "libgait/core"], ["cyaml", "yaml"]),
    "drivers/transport": (["drivers", "drivers/driver.h", "drivers/mats", "drivers/bridge", "libgait/core"], ["libusb"]),
    "drivers/bridge": (["drivers", "drivers/driver.h", "drivers/transport", "drivers/mats", "libgait/core"], ["libusb"]),
    "drivers/virtual": (["drivers", "drivers/driver.h", "drivers/transport", "drivers/mats", "libgait/core"], []),
    "drivers/virtual/matsim": (  # a program: it wires recordings into the model as the daemon wires them into replay
        ["drivers/virtual", "drivers", "drivers/driver.h", "drivers/transport", "drivers/mats", "libgait/core", "libgait/journal",
         "libgait/formats/in"], []),
    "protocol": (["drivers/driver.h", "drivers/mats", "libgait/core"], []),
    "drivers": (["drivers/driver.h", "drivers/mats", "drivers/transport", "drivers/bridge", "libgait/core"], []),
    "daemon": (
        ["drivers", "drivers/driver.h", "drivers/mats", "drivers/transport", "drivers/bridge", "protocol", "libgait/core",
         "libgait/metrics", "libgait/pipeline", "libgait/journal", "libgait/stream", "libgait/formats/in"],
        ["zmq", "jansson", "cyaml", "yaml", "sodium", "systemd"],
    ),
    "clients": (
        ["drivers/driver.h", "drivers/mats", "protocol", "libgait/core", "libgait/metrics", "libgait/pipeline", "libgait/journal",
         "libgait/session", "libgait/stream", "libgait/formats/in", "libgait/formats/out", "libgait/compare"],
        ["zmq", "jansson", "cairo", "curses", "websockets"],
    ),
}

# Which area a public header gait/X.h belongs to; X holds for X_y.h too. A header not named here belongs to the folder of
# libgait that has X.c, or else to the folder whose source includes it first, as its own header.
HEADER_AREA = {
    "api": "libgait/core", "version": "libgait/core", "cleanup": "libgait/core", "error": "libgait/core",
    "log": "libgait/core", "clock": "libgait/core", "frame": "libgait/core", "frame_source": "libgait/core",
    "ring": "libgait/core", "calibration": "libgait/core", "live": "libgait/core", "footfall": "libgait/core",
    "metric": "libgait/core", "metric_list": "libgait/core", "trial_state": "libgait/core",
    "measure": "libgait/metrics", "calibrate": "libgait/metrics", "tare": "libgait/metrics", "drift": "libgait/metrics",
    "calibrate_fit": "libgait/metrics", "session_tier": "libgait/metrics", "formats_in": "libgait/formats/in", "formats_out": "libgait/formats/out", "stats": "libgait/compare", "verdict": "libgait/compare", "design": "libgait/compare",
    "crc32c": "libgait/core", "pack": "libgait/core", "note": "libgait/core", "record": "libgait/journal",
    "pipeline": "libgait/pipeline", "journal": "libgait/journal", "session": "libgait/session",
    "stream": "libgait/stream", "compare": "libgait/compare", "export": "libgait/formats/out",
}

FAMILIES = [
    ("hdf5", r"hdf5(_hl)?\.h|H5\w+\.h"), ("zmq", r"zmq(_utils)?\.h"), ("libusb", r"libusb(-1\.0/\w+)?\.h|libusb-1\.0/libusb\.h"),
    ("jansson", r"jansson\.h"), ("cyaml", r"cyaml/.*"), ("yaml", r"yaml\.h"), ("gsl", r"gsl/.*"), ("cairo", r"cairo.*"),
    ("websockets", r"libwebsockets\.h|lws_.*"), ("curses", r"n?curses(w/.*)?\.h|ncursesw?/.*|panel\.h|term\.h"),
    ("systemd", r"systemd/.*"), ("matio", r"matio.*"), ("isal", r"isa-l.*|igzip_lib\.h|crc\.h"), ("zlib", r"zlib\.h"),
    ("cmocka", r"cmocka\.h"), ("sodium", r"sodium(/.*)?\.h|sodium\.h"),
]
LIBC = re.compile(
    r"(assert|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|"
    r"stdint|stdio|stdlib|stdnoreturn|string|strings|tgmath|threads|time|uchar|wchar|wctype|complex|"
    r"alloca|argp|argz|byteswap|dirent|dlfcn|elf|endian|err|error|execinfo|fcntl|features|fnmatch|ftw|getopt|glob|grp|ifaddrs|"
    r"langinfo|libgen|link|malloc|mntent|netdb|poll|pthread|pty|pwd|regex|sched|search|semaphore|spawn|syslog|termios|ucontext|"
    r"unistd|utime|wordexp|cpuid|x86intrin|immintrin|emmintrin|xmmintrin|pmmintrin|arm_neon)\.h"
    r"|(sys|linux|asm|arpa|net|netinet)/[\w./-]+\.h|sanitizer/\w+\.h")
# No option of the build changes what libgait is without third parties, so its unit tests prove in one configuration what they prove in all
# (GAIT_TESTS_OF_OPTIONS).
SAME_EVERYWHERE = ("libgait/core/", "libgait/metrics/", "libgait/pipeline/", "libgait/journal/", "libgait/formats/in/", "libgait/CMakeLists.txt", "tests/lib/")
OPTION = re.compile(r"\bGAIT_(HAVE_\w+|CONFIG|DAEMON|CLIENTS|PACKAGE|BENCH)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def area_of(path):
    """The longest area that the path lies in. A family's folder below drivers counts as drivers."""
    found = [a for a in ALLOWED if path == a or path.startswith(a + "/")]
    return max(found, key=len) if found else None


def header_area(name, known):
    stem = name[len("gait/"):-len(".h")]
    if stem not in HEADER_AREA:
        for area in ALLOWED:
            if area.startswith("libgait/") and (f"{area}/{stem}.c" in known or f"{area}/{stem}.h" in known):
                return area
        for path, text in known.items():
            first = INCLUDE.search(text)
            if path.startswith("libgait/") and path.endswith(".c") and first and first.group(2) == name:
                return area_of(path)
    while stem not in HEADER_AREA and "_" in stem:
        stem = stem.rpartition("_")[0]
    return HEADER_AREA.get(stem)


def resolve(path, name, known):
    """The project's file that an include means, or None."""
    for base in (os.path.dirname(path), "libgait", "drivers", "daemon", "clients", "libgait/include", ""):
        candidate = os.path.normpath(os.path.join(base, name))
        if candidate in known:
            return candidate
    return None


def judge(path, area, name, known):
    """What is wrong with one include, or None."""
    points_at, families = ALLOWED[area]
    target = None
    if name.startswith("gait/"):
        target = header_area(name, known)
        if not target:
            return f"no area is known for {name}: add it to HEADER_AREA"
    else:
        file = resolve(path, name, known)
        if file:
            target = area_of(file)
            if not target:
                return f"{name} lies outside of product code"
            if area == "clients" and target.startswith("libgait/"):
                return f"{name} is internal to {target}: clients see gait/*.h only"
    if target:
        return None if target == area or target in points_at else f"{area} must not point at {target} ({name})"
    for family, pattern in FAMILIES:
        if re.fullmatch(pattern, name):
            return None if family in families else f"{area} must not see {family} ({name})"
    if LIBC.fullmatch(name):
        return None
    return f"{name} is neither a file of the tree nor known: add it to FAMILIES or LIBC"


def check(sources):
    """sources: {path: text}. Returns the problems."""
    problems = []
    for path, text in sources.items():
        area = area_of(path)
        if path.startswith("libgait/include/gait/"):
            area = header_area(path[len("libgait/include/"):], sources)
            if not area:
                problems.append(f"{path}: no area is known for this header: add it to HEADER_AREA")
                continue
        if not area:
            continue
        for match in INCLUDE.finditer(text):
            wrong = judge(path, area, match.group(2), sources)
            # A public header brings no third-party include to whoever uses it.
            if not wrong and "/include/gait/" in path and any(re.fullmatch(p, match.group(2)) for _, p in FAMILIES):
                wrong = f"a public header must not include {match.group(2)}"
            if wrong:
                problems.append(f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}: {wrong}")
    return problems


OPTIONS_BAD = {"libgait/core/w.c": "#if defined(GAIT_HAVE_GSL)", "libgait/metrics/CMakeLists.txt": "if(GAIT_DAEMON)", "libgait/CMakeLists.txt": "\nif(GAIT_CONFIG STREQUAL full)"}


def check_options(sources):
    """Options in code that is to be the same with each."""
    return [f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group()} reaches code that GAIT_TESTS_OF_OPTIONS takes for the same everywhere"
            for path, text in sources.items() if path.startswith(SAME_EVERYWHERE) for m in OPTION.finditer(text)]


def self_test():
    """Each of these lines is against the table: the check must say so for every one."""
    bad = {
        "libgait/core/a.c": "#include <zmq.h>", "libgait/core/b.c": '#include "gait/session.h"',
        "libgait/core/c.c": '#include "metrics/heel.h"', "libgait/metrics/d.c": '#include "../pipeline/p.h"',
        "libgait/journal/e.c": "#include <hdf5.h>", "libgait/formats/out/f.c": "#include <hdf5.h>",
        "libgait/stream/g.c": "#include <H5Dpublic.h>", "daemon/h.c": "#include <hdf5.h>",
        "daemon/i.c": "#include <gait/session.h>", "daemon/j.c": '#include "gait/compare.h"',
        "drivers/mats/k.c": "#include <libusb.h>", "drivers/transport/l.c": "#include <zmq.h>",
        "drivers/emed/m.c": "  #  include <hdf5.h>", "clients/gait/n.c": "#include <libusb-1.0/libusb.h>",
        "clients/gait/o.c": '#include "daemon/config.h"', "clients/gait/p.c": '#include "core/secret.h"',
        "libgait/include/gait/session.h": "#include <hdf5.h>", "drivers/virtual/q.c": '#include "daemon/config.h"',
        "libgait/core/r.c": "#include <nobody/knows.h>", "libgait/core/s.c": '#include "tests/lib/x.h"',
        "daemon/t.c": '#include "gait/odd.h"', "daemon/u.c": '#include "gait/session_x.h"', "daemon/v.c": '#include "gait/none.h"',
    }
    others = {"libgait/metrics/heel.h": "", "libgait/pipeline/p.h": "", "daemon/config.h": "", "libgait/core/secret.h": "",
              "tests/lib/x.h": "", "libgait/session/other.c": "#include <gait/odd.h>"}
    good = {
        "libgait/session/a.c": '#include <hdf5.h>\n#include "gait/journal.h"\n#include "session/x.h"', "libgait/session/x.h": "",
        "daemon/a.c": '#include <zmq.h>\n#include "gait/stream.h"\n#include "transport/t.h"', "drivers/transport/t.h": "",
        "clients/gait/a.c": '#include <gait/session.h>\n#include "mats/m.h"\n#include <argp.h>', "drivers/mats/m.h": "",
    }
    problems = check({**bad, **others})
    missed = [path for path in bad if not any(p.startswith(path + ":") for p in problems)]
    missed += [p for p, text in OPTIONS_BAD.items() if not check_options({p: text})]
    tree.finish([f"not noticed: {p}: {bad.get(p) or OPTIONS_BAD[p]}" for p in missed] + check({**good, **others}), f"{len(bad)} bad lines")


def main():
    if "--self-test" in sys.argv:
        self_test()
    sources = {path: tree.read(path) for path in tree.files(".c", ".h")}
    options = check_options({path: tree.read(path) for path in tree.files(".c", ".h", "CMakeLists.txt")})
    tree.finish(check(sources) + options, f"{len(sources)} files")


main()
