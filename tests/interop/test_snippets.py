"""The short programs of docs/SESSION.md, taken out of the page and run as they stand."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["GAIT_SOURCE_DIR"], os.environ["GAIT_BUILD_DIR"]
MAKE = os.path.join(BUILD, "tests", "bin", "interop_make_session")
AROUND_C = """#include <stdio.h>
#include <stdlib.h>
#include <gait/pipeline.h>
#include <gait/session.h>

int main(void)
{
%s
    return 0;
}
"""


def snippets():
    """Language to text: the indented block behind a line that is the language's name and a colon."""
    text = open(os.path.join(SOURCE, "docs", "SESSION.md"), encoding="utf-8").read()
    found = re.findall(r"^(Python|R|Octave|C|Another analysis, C):\n\n((?:    .*\n|\n)+)", text, re.M)
    return {language: re.sub(r"^    ", "", block, flags=re.M) for language, block in found}


def run(folder, *argv):
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False,
                          env=dict(os.environ, LD_LIBRARY_PATH=os.path.join(BUILD, "lib")))
    assert done.returncode == 0 and not re.search("warning|error", done.stderr), f"{argv[0]}: {done.returncode} {done.stderr}"
    return done.stdout


def python(folder, text):
    try:
        import xarray  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "not tried, xarray is not installed"
    open(os.path.join(folder, "snippet.py"), "w", encoding="utf-8").write(text)
    out = run(folder, sys.executable, "-W", "ignore", "snippet.py").split()
    assert float(out[0]) == 14.1 and len(out) >= 2, out  # frame i of the fixture has i + 0.1 N; 15 frames
    return out


def r(folder, text):
    program = shutil.which("Rscript")
    if not program or subprocess.run([program, "-e", "library(hdf5r)"], capture_output=True, check=False).returncode:
        return "not tried, R with hdf5r is not installed"
    open(os.path.join(folder, "snippet.R"), "w", encoding="utf-8").write(text)
    done = subprocess.run([program, "--vanilla", "snippet.R"], cwd=folder, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0] == "14.1 N" and len(lines) == 2 and lines[1].split(), (done.stdout, done.stderr)
    return lines


def octave(folder, text):
    program = shutil.which("octave-cli") or shutil.which("octave")
    if not program:
        return "not tried, octave is not installed"
    open(os.path.join(folder, "snippet.m"), "w", encoding="utf-8").write(text)
    done = subprocess.run([program, "--no-gui", "--norc", "-q", "snippet.m"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "14.1 N", (done.stdout, done.stderr)
    return done.stdout.strip()


def c(folder, text):
    open(os.path.join(folder, "snippet.c"), "w", encoding="utf-8").write(AROUND_C % text)
    lib = os.path.join(BUILD, "lib")
    flags = ["-fsanitize=address,undefined"] if "GAIT_SANITIZE:STRING=address" in open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8").read() else []
    run(folder, os.environ.get("CC", "cc"), "-Wall", *flags, "-I", os.path.join(SOURCE, "libgait", "include"), "snippet.c", "-o", "snippet", "-L", lib,
        "-Wl,-rpath-link," + lib, "-lgait-session", "-lgait")
    out = run(folder, os.path.join(folder, "snippet"))
    assert out.startswith("15 frames"), out
    return out.strip()


def main():
    found = snippets()
    assert sorted(found) == ["Another analysis, C", "C", "Octave", "Python", "R"], f"docs/SESSION.md has snippets for {sorted(found)}"
    folder = tempfile.mkdtemp(prefix="gait-snippets-")
    try:
        subprocess.run([MAKE, folder], check=True)
        shutil.copy(os.path.join(folder, "2025-03-04-S017", "2025-03-04-S017.h5"), os.path.join(folder, "trial-001.h5"))
        for language, function in (("Python", python), ("R", r), ("Octave", octave), ("C", c), ("Another analysis, C", c)):
            print(f"{language}: {function(folder, found[language])}")
    finally:
        shutil.rmtree(folder)


main()
