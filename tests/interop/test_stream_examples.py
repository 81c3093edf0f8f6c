"""The short programs of docs/STREAM.md, taken out of the page and run as they stand: each prints every footfall as a subscriber got it, goes on when the daemon is
started anew, and the helper of libgait says that it was."""
import os
import re
import shutil
import subprocess
import sys

SOURCE, BUILD = os.environ["GAIT_SOURCE_DIR"], os.environ["GAIT_BUILD_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests/lib"))
from gaitd_run import WALKER, Gaitd, collect  # noqa: E402

AROUND_C = """#include <stdio.h>
#include <gait/stream.h>

int main(void)
{
%s
    return 1;
}
"""
WALK = WALKER % ("seed=3,lead_s=0.1,tail_s=0.1", 0)


def examples(d):
    """Language to text: the indented block behind a line that begins with the language's name and ends in a colon."""
    with open(os.path.join(SOURCE, "docs/STREAM.md"), encoding="utf-8") as f:
        found = re.findall(r"^(Python|Octave|C) \([^)]*\):\n\n((?:    .*\n|\n)+)", f.read(), re.M)
    assert sorted(language for language, _ in found) == ["C", "Octave", "Python"], found
    return {language: re.sub(r"^    ", "", text, flags=re.M).replace("/run/gaitd/", d.run + "/") for language, text in found}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def build_c(folder, text):
    lib, out = os.path.join(BUILD, "lib"), os.path.join(folder, "example")
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as f:
        flags = ["-fsanitize=address,undefined"] if "GAIT_SANITIZE:STRING=address" in f.read() else []
    done = subprocess.run([os.environ.get("CC", "cc"), "-Wall", "-Werror", *flags, "-I", os.path.join(SOURCE, "libgait/include"),
                           write(out + ".c", AROUND_C % text), "-o", out, "-L", lib, "-Wl,-rpath," + lib, "-lgait-stream", "-lgait"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [out]


def commands(folder, texts):
    found = {"Python": [sys.executable, write(os.path.join(folder, "example.py"), texts["Python"])], "C": build_c(folder, texts["C"])}
    octave = shutil.which("octave-cli")
    if octave and subprocess.run([octave, "--norc", "-q", "--eval", "pkg load zeromq"], capture_output=True, check=False).returncode == 0:
        found["Octave"] = [octave, "--no-gui", "--norc", "-q", write(os.path.join(folder, "example.m"), texts["Octave"])]
    else:
        print("Octave: not tried, octave with octave-zeromq is not installed")
    return found


class Example:
    def __init__(self, folder, language, command):
        self.language, self.path = language, os.path.join(folder, language + ".out")
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def lines(self):
        with open(self.path, encoding="utf-8") as f:
            return f.read().splitlines()

    def feet(self):
        return [line for line in self.lines() if line[0].isdigit() and "never" not in line]


def one_trial(d, subscriptions):
    """Footfalls of a trial, as a subscriber of our own has them, when every example has subscribed."""
    d.wait_for(lambda: d.ask("status")["stream"]["subscriptions"] >= subscriptions, "subscriptions of the examples", 120)
    d.subscriptions = d.ask("status")["stream"]["subscriptions"]
    sub = d.subscribe("footfall/", "trial/")
    d.ask("session open", subject="E01", mass_kg=70)
    d.start_trial()
    got = collect(sub, lambda t, h: h.get("state") == "ended")
    d.wait_idle()
    sub.close()
    return [h for t, h, _ in got if t.startswith("footfall/")]


def same(d, running, feet, before):
    for e in running:
        def there(e=e):
            assert e.process.poll() is None, (e.language, e.lines())
            return len(e.feet()) >= before + len(feet)
        d.wait_for(there, f"footfalls in {e.language}", 120)
        for line, h in zip(e.feet()[before:], feet):
            number, side, *heel = line.split()
            want = h["metrics"]["heel31_force_max_N"]
            assert (int(number), side) == (h["footfall"], h["side"]), (e.language, line, h["footfall"], h["side"])
            assert want is None or float(heel[0]) == want, (e.language, line, want)


def main():
    d = Gaitd(WALK)
    with d:
        texts = examples(d)
        running = [Example(d.folder, language, command) for language, command in sorted(commands(d.folder, texts).items())]
        try:
            first = one_trial(d, len(running))
            same(d, running, first, 0)
            d.stop()
            del d.subscriptions
            d.start()
            second = one_trial(d, len(running))
            same(d, running, second, len(first))
            c = next(e for e in running if e.language == "C")
            assert c.lines().count("the daemon was started anew") == 1, c.lines()
            assert c.lines().index("the daemon was started anew") == len(first), c.lines()
            assert not any("never" in line for line in c.lines()), c.lines()
        finally:
            for e in running:
                e.process.kill()
                e.process.wait()
    assert all(any(h["metrics"]["heel31_force_max_N"] for h in feet) for feet in (first, second)), "no footfall has a heel's force: nothing was compared"
    print(f"{', '.join(e.language for e in running)}: {len(first)} footfalls, and {len(second)} from the daemon that was started anew")


main()
