"""A terminal of a test's own (tmux): what a program shows in it, as text and as a picture."""
import html
import os
import re
import shutil
import subprocess
import tempfile
import time

BASE = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#3b78ff", "#bc3fbc", "#11a8cd", "#e5e5e5", "#767676", "#f14c4c", "#23d18b", "#f5f543", "#6d9eff", "#d670d6", "#29b8db", "#ffffff"]
INK, GROUND = "#d8d8d8", "#101010"
ENOUGH_S = 30


class Pane:
    """with Pane("gait view", 80, 24, TERM="xterm-256color") as pane: pane.wait("Not recording")"""

    def __init__(self, command, cols, rows, env, **variables):
        self.folder = tempfile.mkdtemp(prefix="gait-pane.", dir="/tmp")
        self.status, self.raw = os.path.join(self.folder, "status"), os.path.join(self.folder, "raw")
        self.env = dict(env, **{"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
        for name in ("TMUX", "COLORTERM", "NO_COLOR"):
            self.env.pop(name, None)
        settings = " ".join(f"{name}='{value}'" for name, value in variables.items())
        # the terminal's settings before and after: what was taken is given back
        script = f"stty -g > {self.folder}/before; env {settings} {command}; echo $? > {self.status}; stty -g > {self.folder}/after; sleep 1000"
        with open(os.path.join(self.folder, "tmux.conf"), "w", encoding="ascii") as conf:
            conf.write("set -s escape-time 0\nset -as terminal-features ',*:RGB'\nset -g default-terminal xterm-256color\n")
        self.tmux("-f", os.path.join(self.folder, "tmux.conf"), "new-session", "-d", "-x", str(cols), "-y", str(rows), script)

    def tmux(self, *argv):
        return subprocess.run(["tmux", "-S", os.path.join(self.folder, "socket"), *argv], env=self.env, capture_output=True, text=True, check=True,
                              timeout=ENOUGH_S).stdout

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            print("--- the terminal shows:\n" + self.text())
        self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def coloured(self):
        return self.tmux("capture-pane", "-p", "-e", "-N")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, cols, rows):
        self.tmux("resize-window", "-x", str(cols), "-y", str(rows))

    def record(self):
        """From here on everything the program writes is kept."""
        self.tmux("pipe-pane", "-o", f"cat >> {self.raw}")

    def written(self):
        with open(self.raw, "rb") as file:
            return file.read()

    def until(self, condition, what):
        end = time.monotonic() + ENOUGH_S
        while not condition():
            assert time.monotonic() < end, f"did not happen: {what}"
            time.sleep(0.05)

    def wait(self, pattern):
        self.until(lambda: re.search(pattern, self.text()), f"the terminal shows /{pattern}/")
        return self.text()

    def gone(self, pattern):
        self.until(lambda: not re.search(pattern, self.text()), f"the terminal shows /{pattern}/ no more")

    def ended(self):
        """The exit status of the program; the terminal is as it was before."""
        self.until(lambda: os.path.exists(os.path.join(self.folder, "after")) and os.path.getsize(os.path.join(self.folder, "after")), "the program ends")
        with open(self.status, encoding="ascii") as file:
            status = int(file.read())
        before, after = (open(os.path.join(self.folder, name), encoding="ascii").read() for name in ("before", "after"))
        assert before == after, "the terminal's settings were not given back"
        return status

    def pid(self, name):
        """The process of that name in this terminal."""
        shell = int(self.tmux("display-message", "-p", "#{pane_pid}"))
        listed = subprocess.run(["ps", "--ppid", str(shell), "-o", "pid=,comm="], capture_output=True, text=True, check=False).stdout
        return next(int(line.split()[0]) for line in listed.splitlines() if line.split()[1] == name)

    def picture(self, path):
        """A PNG of what is shown, where there is a chromium."""
        chromium = shutil.which("chromium")
        if not chromium:
            return
        source = os.path.join(self.folder, "pane.html")
        text = self.coloured()
        with open(source, "w", encoding="utf-8") as out:
            out.write(to_html(text))
        cols, rows = (int(n) for n in self.tmux("display-message", "-p", "#{pane_width} #{pane_height}").split())
        subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={self.folder}/chromium",
                        f"--window-size={int(cols * 8.43 + 10)},{rows * 17 + 10}", f"--screenshot={path}", source],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=4 * ENOUGH_S, check=True)


def of_256(n):
    if n < 16:
        return BASE[n]
    if n >= 232:
        return "#" + 3 * f"{8 + 10 * (n - 232):02x}"
    steps = (0, 95, 135, 175, 215, 255)
    return "#" + "".join(f"{steps[k]:02x}" for k in ((n - 16) // 36, (n - 16) // 6 % 6, (n - 16) % 6))


def set_style(style, numbers):
    """One SGR sequence."""
    while numbers:
        n = numbers.pop(0)
        if n == 0:
            style.update(ink=None, ground=None, bold=False, turned=False)
        elif n in (1, 22):
            style["bold"] = n == 1
        elif n in (7, 27):
            style["turned"] = n == 7
        elif 30 <= n < 38 or 40 <= n < 48:
            style["ink" if n < 40 else "ground"] = BASE[n % 10]
        elif 90 <= n < 98:
            style["ink"] = BASE[n - 82]
        elif n in (39, 49):
            style["ink" if n == 39 else "ground"] = None
        elif n in (38, 48):
            value = of_256(numbers.pop(1)) if numbers[0] == 5 else "#" + "".join(f"{numbers.pop(1):02x}" for _ in range(3))
            numbers.pop(0)
            style["ink" if n == 38 else "ground"] = value


def to_html(text):
    out, style = [], {"ink": None, "ground": None, "bold": False, "turned": False}
    for part in re.finditer(r"\x1b\[([0-9;:]*)m|([^\x1b])|\x1b", text.rstrip("\n")):
        if part[1] is not None:
            set_style(style, [int(n or 0) for n in re.split("[;:]", part[1])])
        elif part[2] == "\n":
            out.append("\n")
        elif part[2]:
            ink, ground = style["ink"] or INK, style["ground"] or GROUND
            ink, ground = (ground, ink) if style["turned"] else (ink, ground)
            out.append(f'<i style="color:{ink};background:{ground}{";font-weight:bold" if style["bold"] else ""}">{html.escape(part[2])}</i>')
    return (f"<!doctype html><meta charset=utf-8><style>body{{margin:0;background:{GROUND}}}pre{{margin:4px;font:14px/17px 'DejaVu Sans Mono',monospace}}"
            "i{font-style:normal;display:inline-block;width:8.43px;height:17px;overflow:hidden;vertical-align:top}</style><pre>" + "".join(out) + "</pre>")
