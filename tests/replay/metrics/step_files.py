"""Steps as arrays of kPa [frame, row, column] with row 0 at y = 0, and vendors' texts of them; all written for the tests, nothing of gaitd's in it."""
import re

import numpy as np


def read_emed(path, rows=95):
    """The frames of a one-page-a-frame emed text."""
    frames = []
    with open(path, "rb") as f:
        pages = f.read().decode("latin-1").split("\f")
    for page in (p for p in pages if re.search(r"Pict-No\.: *\d", p)):
        lines = page.split("\n")
        head = next(k for k, line in enumerate(lines) if "Pict-No" in line) + 2
        cols = np.array([int(w) for w in lines[head].split()[:-1]]) - 1
        frame = np.zeros((rows, 64))
        for words in (line.split() for line in lines[head + 1:]):
            if words and words[0] != "Force":
                frame[rows - int(words[0]), cols] = [float(w) for w in words[1:1 + len(cols)]]
        frames.append(frame)
    return np.array(frames)


class Emed:
    """How an emed text is written: the active window with `margin`, a frame cut into pages of `split_rows` and `split_cols`."""

    def __init__(self, **how):
        self.period_ms, self.size_cm, self.sep, self.eol = 10.0, 0.5, "\t", "\n"
        self.margin = self.split_rows = self.split_cols = 0
        self.number, self.comma, self.summaries, self.force, self.first, self.sensor_size = "%.2f", False, "", True, 1, True
        for name, value in how.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def text_of(self, x):
        text = self.number % x
        return text.replace(".", ",") if self.comma else text

    def line(self, words):
        return (self.sep.join(words) if self.sep == "\t" else "".join(w.rjust(8) for w in words)) + self.eol

    def head(self, shape, name):
        n = self.eol
        size = f"\tSensor size: {self.size_cm:.3f}x{self.size_cm:.3f} cm{n}" if self.sensor_size else ""
        return (f"{n}\t\t\t\tPage 1{n}{n}\tFile: C:\\steps\\1.dat \tMatrix: {shape[1]}x{shape[0]} {n}\tSensor area: {self.size_cm ** 2:.2f} cm\xb2"
                f"\tTime/picture:{self.period_ms:.1f} ms{n}\tMV over frames{n}{size}\t{name}{n}{n}")

    def pages(self, name, frame, rows, cols):
        """`frame` with row 0 at the toes; rows and cols: the window's first and last."""
        newton = self.size_cm ** 2 * 0.1
        out = []
        for c0 in range(cols[0], cols[1] + 1, self.split_cols or 1 << 16):
            c1 = min(cols[1], c0 + self.split_cols - 1) if self.split_cols else cols[1]
            total = self.force and c1 == cols[1]
            for r0 in range(rows[0], rows[1] + 1, self.split_rows or 1 << 16):
                r1 = min(rows[1], r0 + self.split_rows - 1) if self.split_rows else rows[1]
                out += [self.head(frame.shape, name), self.line([""] + [str(c + 1) for c in range(c0, c1 + 1)] + ["Force"] * total)]
                for r in range(r0, r1 + 1):
                    out.append(self.line([str(r + 1)] + [self.text_of(x) for x in frame[r, c0:c1 + 1]] + [self.text_of(frame[r].sum() * newton)] * total))
                if self.force and r1 == rows[1]:
                    sums = [self.text_of(x * newton) for x in frame[:, c0:c1 + 1].sum(axis=0)]
                    out.append(self.line(["Force"] + sums + [self.text_of(frame.sum() * newton)] * total))
                out.append("\f" + self.eol)
        return "".join(out)

    def write(self, path, step):
        toes_first = step[:, ::-1, :]
        active = (toes_first > 0).any(axis=0)
        window = [(max(0, k[0] - self.margin), min(len(on) - 1, k[-1] + self.margin)) for on, k in
                  ((on, np.where(on)[0]) for on in (active.any(axis=1), active.any(axis=0)))]
        text = [self.pages(f"Pict-No.: {k + self.first}  Force[N]=sum*sensor_area in row/column", f, *window) for k, f in enumerate(toes_first)]
        for name in self.summaries.split():
            text.append(self.pages(f"{name}  Force[N]=sum*sensor_area in row/column", toes_first.max(axis=0), *window))
        with open(path, "wb") as f:
            f.write("".join(text).encode("latin-1"))


def write_footscan(path, step, side, rate_hz):
    """`step` in kPa on cells of 5.08 x 7.62 mm, heel at row 0."""
    newton = 5.08 * 7.62 * 1e-3
    active = (step > 0).any(axis=0)
    r, c = np.where(active.any(axis=1))[0], np.where(active.any(axis=0))[0]
    step = step[:, r[0]:r[-1] + 1, c[0]:c[-1] + 1]
    with open(path, "w", encoding="ascii") as f:
        f.write(f"Dynamic Roll off\n{side.title()} foot data\n\nRectangle width\n{step.shape[2]}\nRectangle height\n{step.shape[1]}\n\n")
        for k, frame in enumerate(step):
            rows = "\n".join("\t".join(f"{x * newton:.4f}" for x in row) for row in frame)
            f.write(f"Frame {k} ({k * 1000 / rate_hz:.2f} ms)\n{rows}\n\n")


def write_tekscan(path, step, pitch_mm, rate_hz, no_cell=None):
    with open(path, "w", encoding="ascii") as f:
        f.write(f"DATA_TYPE MOVIE\nROWS {step.shape[1]}\nCOLS {step.shape[2]}\nROW_SPACING {pitch_mm} mm\nCOL_SPACING {pitch_mm} mm\n"
                f"SECONDS_PER_FRAME {1 / rate_hz}\nSTART_FRAME 1\nEND_FRAME {len(step)}\nUNITS KPa\nASCII_DATA @@\n\n")
        for k, frame in enumerate(step):
            f.write(f"Frame {k + 1}\n")
            for r in range(step.shape[1] - 1, -1, -1):
                f.write(",".join("B" if no_cell is not None and no_cell[r, c] else f"{x:.0f}" for c, x in enumerate(frame[r])) + "\n")
            f.write("\n")
        f.write("@@\n")


def quantised(step):
    """As an emed plate tells it: steps of 5 kPa, nothing below 10; without empty frames at the ends."""
    step = np.floor(step / 5 + 1e-9) * 5
    step[step < 10] = 0
    loaded = np.where(step.any(axis=(1, 2)))[0]
    return step[loaded[0]:loaded[-1] + 1]


def raised_cosine(t, a, b):
    x = (t - a) / (b - a)
    return np.where((x > 0) & (x < 1), 0.5 - 0.5 * np.cos(2 * np.pi * x), 0)


def synthetic(rng, side, matrix=(95, 64), pitch=(5.0, 5.0), rate_hz=100.0):
    """One foot of a dozen blobs: any length, arch, load, direction, toe-out; stance 0.50 to 0.84 s, most of them loaded in their first frame."""
    length, stance_s, load = rng.uniform(205, 285), rng.uniform(0.50, 0.84), rng.uniform(0.65, 1.6)
    z, hand = length / 250, 1 if side == "right" else -1
    slow = rng.random() < 0.3
    heel = (-0.12, 0.66) if slow else (-rng.uniform(0.10, 0.35), rng.uniform(0.48, 0.62))
    blobs = [(30 * z, rng.uniform(-3, 3), 19 * z, 16 * z, 300 * rng.uniform(0.8, 1.25), heel),
             (105 * z, rng.uniform(8, 14) * z, 35 * z, rng.uniform(9, 18) * z, rng.choice([0, 3, 15, 30, 60, 110]), (rng.uniform(0.05, 0.12), rng.uniform(0.6, 0.8)))]
    landing = rng.uniform(0.08, 0.15)
    for k, (v, p) in enumerate(((-26, 150), (-12, 210), (2, 200), (16, 120), (30, 90))):
        blobs.append(((0.72 - 0.012 * k) * length, v * z, 12 * z, 8 * z, p * rng.uniform(0.8, 1.5), (landing + 0.015 * (4 - k), 1)))
    blobs.append((0.93 * length, -24 * z, 8 * z, 7 * z, 200 * rng.uniform(0.5, 1.25), (rng.uniform(0.3, 0.5), rng.uniform(0.98, 1.04))))
    for k in range(4):
        blobs.append(((0.93 - 0.02 * k) * length, (-8 + 11 * k) * z, 5 * z, 5 * z, rng.choice([0, 20, 40, 80]), (0.5, 0.97)))
    turn = np.radians(rng.uniform(-8, 20)) * hand
    ahead = np.array([np.sin(turn), np.cos(turn)]) * rng.choice([-1, 1])
    lateral = np.array([ahead[1], -ahead[0]]) * hand
    x, y = np.meshgrid((np.arange(matrix[1]) + 0.5) * pitch[0], (np.arange(matrix[0]) + 0.5) * pitch[1])
    heel_edge = np.array([matrix[1] * pitch[0], matrix[0] * pitch[1]]) / 2 + rng.uniform(-8, 8, 2) - ahead * length / 2
    u = (x - heel_edge[0]) * ahead[0] + (y - heel_edge[1]) * ahead[1]
    v = (x - heel_edge[0]) * lateral[0] + (y - heel_edge[1]) * lateral[1]
    t = (np.arange(int(1.05 * stance_s * rate_hz) + 2) + rng.random()) / rate_hz / stance_s
    step = np.zeros((len(t),) + matrix)
    for along, across, su, sv, p, window in blobs:
        step += load * p * raised_cosine(t, *window)[:, None, None] * np.exp(-0.5 * ((u - along) / su) ** 2 - 0.5 * ((v - across) / sv) ** 2)
    return step


def at_speed(step, stance_s, rate_hz=100.0):
    """The same step in less or more time, frames interpolated."""
    at = np.linspace(0, len(step) - 1, int(stance_s * rate_hz))
    k = np.minimum(at.astype(int), len(step) - 2)
    w = (at - k)[:, None, None]
    return step[k] * (1 - w) + step[k + 1] * w


def turned(step, degrees):
    """Turned about the middle of its print, bilinear."""
    a = np.radians(degrees)
    rows, cols = step.shape[1:]
    r, c = np.mgrid[0:rows, 0:cols]
    at = [np.where((step > 0).any(axis=0))[k].mean() for k in (0, 1)]
    y = (r - rows / 2) * np.cos(a) - (c - cols / 2) * np.sin(a) + at[0]
    x = (r - rows / 2) * np.sin(a) + (c - cols / 2) * np.cos(a) + at[1]
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)

    def value(yy, xx):
        inside = (yy >= 0) & (yy < rows) & (xx >= 0) & (xx < cols)
        return np.where(inside, step[:, np.clip(yy, 0, rows - 1), np.clip(xx, 0, cols - 1)], 0)

    wy, wx = y - y0, x - x0
    return (1 - wy) * ((1 - wx) * value(y0, x0) + wx * value(y0, x0 + 1)) + wy * ((1 - wx) * value(y0 + 1, x0) + wx * value(y0 + 1, x0 + 1))


def rectangle_sum(step, pitch, rate_hz):
    """The vendor's impulse, N s."""
    return step.sum() * pitch[0] * pitch[1] * 1e-3 / rate_hz


def length_mm(step, pitch):
    """Of the print along its longest direction, edge to edge."""
    r, c = np.where(step.max(axis=0) > 0)
    at = np.stack([(c + 0.5) * pitch[0], (r + 0.5) * pitch[1]], axis=1)
    axis = np.linalg.eigh(np.cov((at - at.mean(axis=0)).T))[1][:, 1]
    return np.ptp(at @ axis) + abs(axis) @ pitch


def heel_impulse(step, pitch, rate_hz, side, share=0.31):
    """N s of the whole cells with centres in the rearmost `share` of the print along the axis from heel centre to second metatarsal."""
    r, c = np.where(step.max(axis=0) > 0)
    at = np.stack([(c + 0.5) * pitch[0], (r + 0.5) * pitch[1]], axis=1)
    axis = np.linalg.eigh(np.cov((at - at.mean(axis=0)).T))[1][:, 1]
    force = step.sum(axis=(1, 2))
    down = np.where(force * pitch[0] * pitch[1] * 1e-3 >= 20)[0]
    centre = [(step[k][r, c][:, None] * at).sum(axis=0) / force[k] for k in (down[0], down[-1])]
    if axis @ (centre[1] - centre[0]) < 0:
        axis = -axis
    for _ in range(5):
        lateral = np.array([axis[1], -axis[0]]) * (1 if side == "right" else -1)
        half_u, half_v = (abs(axis) @ pitch) / 2, (abs(lateral) @ pitch) / 2
        u, v = at @ axis, at @ lateral
        rear = u.min() - half_u
        length = u.max() + half_u - rear
        band = (u - rear >= 0.62 * length) & (u - rear <= 0.78 * length)
        medial, outer = v[band].min() - half_v, v[band].max() + half_v
        metatarsal = (rear + 0.70 * length) * axis + (medial + 0.385 * (outer - medial)) * lateral
        axis = metatarsal - at[u - rear < 0.20 * length].mean(axis=0)
        axis = axis / np.linalg.norm(axis)
    u = at @ axis
    rear = u.min() - (abs(axis) @ pitch) / 2
    heel = u - rear < share * (u.max() + (abs(axis) @ pitch) / 2 - rear)
    return step[:, r[heel], c[heel]].sum() * pitch[0] * pitch[1] * 1e-3 / rate_hz
