"""`gait view` in a terminal (tmux): live against a gaitd with a walker, and a file. What it shows against what the stream says and h5py reads."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
import lab  # noqa: E402
from pane import Pane  # noqa: E402

SHOTS = os.path.join(os.environ["GAIT_BUILD_DIR"], "screenshots")
WALKER = {"walker": "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70", "speed": 1}
ROW = re.compile(r"^ +(\d+) +(\d+) (Left|Right|\?|Side unknown) +([\d.]+|-)(?: +\d+)? +([\d.]+) (%BW|N) +([\d.]+|-) +(\d+|-) +([\d.]+|-)(.*)$", re.M)


def table(text):
    return [m.groups() for m in ROW.finditer(text)]


def check_table(rows, footfalls):
    """Newest first; each number is the stream's, rounded."""
    assert len(rows) == len(footfalls), (len(rows), len(footfalls))
    for row, f in zip(rows, reversed(footfalls)):
        x = f["metrics"]
        assert row[:2] == (str(f["trial"]), str(f["footfall"])) and row[2].lower() in (f["side"], "?"), (row, f["trial"], f["footfall"], f["side"])
        heel = x["heel31_force_max_pctBW"] if row[5] == "%BW" else x["heel31_force_max_N"]
        for shown, value, half in ((row[3], x["stance_s"], .0005), (row[4], heel, .05 if row[5] == "%BW" else .5), (row[6], x["heel31_impulse_Ns"], .05),
                                   (row[7], x["ho_pct"], .5), (row[8], x["mid_share_pct"], .05)):
            assert (shown == "-") == (value is None) and (value is None or abs(float(shown) - value) <= half * 1.001), (row, shown, value)
        assert f["valid"] != ("no:" in row[9]), (row, f["valid"])
        assert f["valid"] or f["flags"][0].replace("_", " ") in row[9], (row, f["flags"])


def fits(text, cols):
    assert all(len(line) <= cols for line in text.splitlines()), text


def shoot(pane, name):
    """To be looked at; each takes a browser, so in the full tier only."""
    if os.environ.get("GAIT_TIER") == "full":
        pane.picture(os.path.join(SHOTS, f"view-{name}-80x24.png"))


def colours(gaitd):
    """As many colours as the terminal has, and letters where there is nothing else."""
    for settings, wanted, unwanted in (({"TERM": "xterm-256color"}, r"\x1b\[38;5;|;38;5;|;48;5;", r"[34]8;2;"), ({"TERM": "xterm-color"}, r"\x1b\[(0;|1;)?3[1-7]", r"[34]8[;:]"),
                                       ({"TERM": "vt100"}, r"L", r"\x1b\[[\d;]*[34][0-8]"), ({"TERM": "xterm-256color", "NO_COLOR": "1"}, r"L", r"\x1b\[[\d;]*[34][0-8]"),
                                       ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, r"[34]8[;:]2[;:]", r"38;5;")):
        if "COLORTERM" in settings and subprocess.run(["infocmp", "xterm-direct"], capture_output=True, check=False).returncode:
            print("no terminfo entry xterm-direct (Debian: ncurses-term): true colour was not looked at")
            continue
        with Pane("gait view", 80, 24, gaitd.env, **settings) as pane:
            pane.wait(r"valid +Right")
            shown = pane.coloured()
            assert re.search(wanted, shown) and not re.search(unwanted, shown), (settings, shown)
            shoot(pane, "-".join(settings.values()))
            pane.keys("q")
            assert pane.ended() == 0
    for option, settings in (("--ascii", {}), ("", {"LANG": "C", "LC_ALL": "C"})):
        with Pane(f"gait view {option}", 80, 24, gaitd.env, TERM="xterm-256color", **settings) as pane:
            pane.wait(r"valid +Right")
            assert pane.text().isascii(), pane.text()
            shoot(pane, option.strip("-") or "C")


def walk(gaitd, pane, wide, trial, wanted):
    """One trial while both look; the footfalls of the stream until it has ended."""
    messages = gaitd.subscribe("trial/", "footfall/")
    gaitd.gait("trial", "start", "--timepoint", "pre1")
    wanted_words = {rf"Recording trial {trial}, \d+ s": pane, r"Force +[1-9]\d* N": wide}  # both pass within a few seconds: looked for in turns
    seen = set()

    def see():
        seen.update(words for words, each in wanted_words.items() if re.search(words, each.text()))
        return len(seen) == len(wanted_words)

    pane.until(see, f"the terminals show {list(wanted_words)}")
    got = messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
    footfalls = wanted + [m for m in got if m["topic"].startswith("footfall/")]
    pane.wait("Not recording")
    for each in (pane, wide):
        each.until(lambda: len(table(each.text())) == min(len(footfalls), 9 if each is pane else 99), f"{len(footfalls)} footfalls in the table")
    return footfalls


def live(gaitd):
    with Pane("gait view", 80, 24, gaitd.env, TERM="xterm-256color") as pane, Pane("gait view --mat mat-1", 200, 60, gaitd.env, TERM="xterm-256color") as wide:
        assert "No session" in pane.wait(r"No session +Not recording")
        gaitd.gait("session", "open", "--subject", "S01", "--mass-kg", "70")
        pane.wait(r"Session S01-\d+")
        pane.record()
        footfalls = walk(gaitd, pane, wide, 1, [])
        pane.picture(os.path.join(SHOTS, "view-80x24.png"))
        wide.picture(os.path.join(SHOTS, "view-200x60.png"))
        assert b"\x1b[2J" not in pane.written() and b"\x1b[J" not in pane.written(), "the screen is wiped while it draws: it flickers"
        for each, cols in ((pane, 80), (wide, 200)):
            fits(each.text(), cols)
            check_table(table(each.text()), footfalls)
        valid = {side: sum(f["valid"] and f["side"] == side for f in footfalls) for side in ("left", "right")}
        assert re.search(rf"Left {valid['left']} of 5 valid +Right {valid['right']} of 5 valid", pane.text()), (valid, pane.text())
        assert "Heel force, N" in wide.text() and "Heel force, N" not in pane.text()
        gaitd.gait("trial", "discard", "stumbled")
        pane.wait(r"Left 0 of 5 valid +Right 0 of 5")
        pane.wait("trial discarded")
        resize(pane)
        pane.keys("s", "?")
        pane.wait("any key goes back")
        pane.keys("x")
        pane.wait(r"200 kPa \(fixed\)")
        colours(gaitd)
        away(gaitd, pane, wide)


def resize(pane):
    for cols, rows, words in ((40, 10, "too small"), (120, 40, r"Left 0 of"), (80, 24, r"q quit")):
        pane.resize(cols, rows)
        pane.wait(words)
        pane.until(lambda: all(len(line) <= cols for line in pane.text().splitlines()), f"everything fits into {cols} columns")


def away(gaitd, pane, wide):
    """A daemon that says nothing, comes back, ends and is started again; then the ways out."""
    gaitd.daemon.send_signal(signal.SIGSTOP)
    pane.wait(r"The daemon is gone")
    pane.wait(r"Last known")
    gaitd.daemon.send_signal(signal.SIGCONT)
    pane.gone("daemon is gone")
    gaitd.stop()
    pane.wait(r"The daemon is gone: no daemon")
    fits(pane.text(), 80)
    gaitd.start()
    pane.gone("daemon is gone")
    pane.keys("q")
    assert pane.ended() == 0
    os.kill(wide.pid("gait"), signal.SIGHUP)
    assert wide.ended() == 0
    with Pane("gait view --mat nowhere", 80, 24, gaitd.env, TERM="xterm-256color") as other:
        other.wait("does not know that mat")
        other.keys("Tab")
        other.wait("Mat mat-1")
        os.kill(other.pid("gait"), signal.SIGTERM)
        assert other.ended() == 0


PROTOCOL = """version: 1
name: pair
title: before and after
design: single_group
mat_mode: multi
approach: midgait
treated: both
passes: 2
arms: [{name: massage}]
timepoints: [{name: pre1, kind: pre}, {name: post0, kind: post}]
conditions: [{name: barefoot}]
primary: [{metric: heel31_peak_kPa, foot: both, direction: decrease}]
"""


def counted(gaitd):
    """Under a protocol: what did not count and why, and how far apart in time the feet are."""
    path = os.path.join(gaitd.folder, "pair.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(PROTOCOL)
    gaitd.gait("session", "open", "--subject", "S02", "--mass-kg", "70", "--protocol", path)
    with Pane("gait view", 200, 40, gaitd.env, TERM="xterm-256color") as pane:
        for n in (1, 2):  # the first foot lies over the edge; the second pass begins with the other one
            gaitd.record("--walker", WALKER["walker"] + f",start_mm=30,pass={n}", "--speed", "20")
        pane.wait(r"Left: 1 partial +Right: 1 partial +Left and right \d+ s apart")


def unplugged():
    """A mat that was never there."""
    with lab.Lab(mats=[{"id": "gone-1"}], source={"usb": True}) as gaitd, Pane("gait view", 80, 24, gaitd.env, TERM="xterm-256color") as pane:
        pane.wait(r"The mat gone-1 is not there")


def steps_cost_little(pane, frames):
    """A picture writes what has changed and no more: a step where nobody stands on the mat is a few characters, where all of it drawn anew would be every one."""
    pane.keys("Home")
    text = pane.wait(rf"stopped +frame 1 of {frames}")
    whole = len(re.sub(r"\s", "", text))
    pane.record()
    steps = 20
    for n in range(2, steps + 2):
        pane.keys("Right")
        pane.wait(rf"stopped +frame {n} of")
    pane.keys("q")
    assert pane.ended() == 0
    pane.until(lambda: b"\x1b[?1049l" in pane.written(), "all that it wrote is here")
    wrote = pane.written().partition(b"\x1b[?1049l")[0]
    assert not re.search(rb"\x1b\[[0-3]?J", wrote), "the screen is wiped between two pictures"
    assert 0 < len(wrote) < steps * whole / 3, f"{len(wrote)} bytes for {steps} pictures of {whole} characters: all of it is drawn each time"
    return len(wrote) / steps, whole


def click(pane, frames):
    """The mouse: a click on the middle of the time line, as xterm reports it (SGR, from 1)."""
    row = next(i for i, line in enumerate(pane.text().splitlines()) if "\u2500" * 20 in line)
    for end in "Mm":
        pane.tmux("send-keys", "-l", f"\x1b[<0;41;{row + 1}{end}")
    pane.wait(rf"stopped +frame {frames * 39 // 78 + 1} of")


def review(gaitd):
    gaitd.gait("session", "close")
    path = gaitd.gait("session", "list")[1]["sessions"][0]["path"]
    said = lab.lines(subprocess.run([lab.program("gait"), "--json", "analyse", path], capture_output=True, text=True, check=True).stdout)
    footfalls, frames = [line for line in said if line["kind"] == "footfall"], next(line["frames"] for line in said if line["kind"] == "end")
    with Pane(f"gait view {path}", 80, 24, gaitd.env, TERM="xterm-256color") as pane:
        pane.wait(rf"(playing|stopped) +frame \d+ of {frames} ")  # read to its end
        pane.keys("End")
        pane.wait(rf"stopped +frame {frames} of {frames} ")
        check_table(table(pane.text()), footfalls)
        assert "DISCARDED" in pane.text() and os.path.basename(path) in pane.text(), "the discarded trial is not said"
        for key, frame in (("Home", 1), ("Right", 2), ("NPage", 102), ("Left", 101), ("PPage", 1)):
            pane.keys(key)
            pane.wait(rf"stopped +frame {frame} of")
        assert not table(pane.text()), "footfalls before they happened"
        pane.keys("f")
        pane.wait(rf"frame {footfalls[0]['first_frame'] + 1} of")
        pane.picture(os.path.join(SHOTS, "view-file-80x24.png"))
        click(pane, frames)
        each, whole = steps_cost_little(pane, frames)
        print(f"a step in a file writes {each:.0f} bytes, of a screen of {whole} characters")
    broken = os.path.join(gaitd.folder, "broken.h5")
    with open(path, "rb") as good, open(broken, "wb") as bad:
        bad.write(good.read()[:4096] + os.urandom(4096))
    for argv in (["view", broken], ["web", broken]):
        with Pane(f"gait {' '.join(argv)} 2>{gaitd.folder}/said", 80, 24, gaitd.env, TERM="xterm-256color") as pane:
            assert pane.ended() == 3, argv
        with open(f"{gaitd.folder}/said", encoding="utf-8") as said:
            lines = said.read().splitlines()
        assert len(lines) == 1 and "broken.h5" in lines[0], (argv, lines)


def no_terminal():
    status, _, said = lab.run("gait", "view")
    assert status in (1, 2) and said.count("\n") == 1, (status, said)
    if "without the terminal view" in said:
        lab.skip("this gait has no view (GAIT_CONFIG=minimal)")
    assert "needs a terminal" in said, said
    return said


def main():
    no_terminal()
    if not shutil.which("tmux"):
        lab.skip("tmux is not installed")
    os.makedirs(SHOTS, exist_ok=True)
    with lab.Lab(source=WALKER) as gaitd:
        live(gaitd)
        review(gaitd)
        counted(gaitd)
    unplugged()
    print("live at 80x24 and 200x60 and a file: tables as in the stream, 5 kinds of terminal")


if __name__ == "__main__":
    sys.exit(main())
