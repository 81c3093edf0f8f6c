"""Whatever a vendor's text of one step looks like, it is one footfall: the right side, a heel strike, the vendor's impulse (rectangle sum) within 0.1 % and the heel's
within 1.5 % of what is computed here. (Where nobody says how long a foot is, a print of more than 1.25 times 265 mm may lose cells that flicker at
its ends: 1 %.) Synthetic feet, and, where $GAIT_DATA has it, the one real emed step turned, mirrored, sped up and cut."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is missing (python3-numpy)")
    sys.exit(77)

import step_files as files  # pylint: disable=wrong-import-position

FULL = os.environ.get("GAIT_TIER") == "full"
PLATE = (5.0, 5.0)
LONGEST_MM = 330.0  # 1.25 times 265 mm is 331


class Steps:
    """Collects files of steps and what is true of them, then judges them all in a few runs of gait analyse."""

    def __init__(self, folder):
        self.folder, self.step, self.failed = folder, [], []

    def add(self, what, step, side, how=None, pitch=PLATE, rate_hz=100.0, expect="valid"):
        path = os.path.join(self.folder, f"{len(self.step):05d}.txt")
        (how or files.Emed()).write(path, step)
        self.note(path, what, step, side, pitch, rate_hz, expect)

    def note(self, path, what, step, side, pitch, rate_hz, expect="valid"):
        self.step.append((path, what, expect, {"side": side, "impulse": files.rectangle_sum(step, pitch, rate_hz),
                                               "heel": files.heel_impulse(step, pitch, rate_hz, side),
                                               "impulse_within": 0.001 if files.length_mm(step, pitch) <= LONGEST_MM else 0.01}))

    def path(self):
        return os.path.join(self.folder, f"{len(self.step):05d}.txt")

    def judge(self):
        for first in range(0, len(self.step), 40):
            some = self.step[first:first + 40]
            run = subprocess.run([os.path.join(os.environ["GAIT_BIN_DIR"], "gait"), "analyse", "--json", *[s[0] for s in some]], capture_output=True, text=True, check=False)
            found, path = {}, None
            for line in map(json.loads, run.stdout.splitlines()):
                path = line["file"] if line.get("kind") == "trial" else path
                if "metrics" in line:
                    found.setdefault(path, []).append(line)
            for path, what, expect, truth in some:
                wrong = judge_one(found.get(path, []), expect, truth) if run.returncode == 0 else [run.stderr.strip()]
                if wrong:
                    self.failed.append(f"{what}: {', '.join(wrong)}")
        return len(self.step)


def judge_one(footfalls, expect, truth):
    if len(footfalls) != 1:
        return [f"{len(footfalls)} footfalls"]
    foot, wrong = footfalls[0], []
    if expect not in ("valid", *foot["flags"]):
        wrong.append(f"not {expect}")
    if expect in ("partial", "cut"):
        return wrong + (["valid"] if foot["valid"] else [])
    metrics = foot["metrics"]
    if foot["side"] != truth["side"] or not foot["valid"]:
        wrong.append(f"{foot['side']} {'valid' if foot['valid'] else 'not valid'} {foot['flags']}")
    for name, expected, allowed in (("impulse_Ns", truth["impulse"], truth["impulse_within"]), ("heel31_impulse_Ns", truth["heel"], 0.015)):
        if metrics[name] is None or abs(metrics[name] / expected - 1) > allowed:
            wrong.append(f"{name} {metrics[name]}, here {expected:.3f}")
    if metrics["strike_index"] is None or metrics["strike_index"] >= 1 / 3:
        wrong.append(f"strike index {metrics['strike_index']}")
    return wrong


LAYOUTS = [{}, {"sep": " "}, {"eol": "\r\n"}, {"eol": "\r\n", "sep": " "}, {"comma": True}, {"summaries": "MVP MPP"}, {"summaries": "MPP MVP", "split_cols": 9, "split_rows": 15},
           {"split_cols": 10}, {"split_rows": 20, "eol": "\r\n"}, {"margin": 3}, {"margin": 99}, {"number": "%.0f"}, {"number": "%.3f"}, {"force": False}, {"first": 17},
           {"summaries": "MPP", "sep": " ", "comma": True}, {"sensor_size": False}]


def cut_at(step, share):
    """`step` up to its last frame with at least this share of its largest force."""
    force = step.sum(axis=(1, 2))
    return step[:np.where(force >= share * force.max())[0][-1] + 1]


def on_matrix(step, rows, cols, row, col):
    active = (step > 0).any(axis=0)
    r, c = np.where(active.any(axis=1))[0], np.where(active.any(axis=0))[0]
    window = step[:, r[0]:r[-1] + 1, c[0]:c[-1] + 1]
    result = np.zeros((len(step), rows, cols))
    result[:, row:row + window.shape[1], col:col + window.shape[2]] = window
    return result


def synthetic_feet(steps):
    for seed in range(2000) if FULL else (*range(24), 147, 1122):  # those two: long prints whose ends flicker
        rng = np.random.default_rng(seed)
        side = ("left", "right")[seed % 2]
        step = files.synthetic(rng, side)
        if seed % 3 == 0:  # cells that flicker about the floor
            loaded = step > 2
            step = np.maximum(0, step + loaded * rng.normal(0, rng.choice([2, 5, 10]), step.shape))
        steps.add(f"synthetic {seed}", files.quantised(step), side)
    rng = np.random.default_rng(1)
    for how in LAYOUTS:
        steps.add(f"synthetic as {how}", files.quantised(files.synthetic(rng, "left")), "left", files.Emed(**how))
    for period_ms in (20, 12.5, 5, 2.5):
        rate = 1000 / period_ms
        steps.add(f"synthetic {rate} Hz", files.quantised(files.synthetic(rng, "right", rate_hz=rate)), "right", files.Emed(period_ms=period_ms), rate_hz=rate)
    for size_cm, matrix in ((0.7, (64, 48)), (0.4, (120, 80))):
        pitch = (10 * size_cm, 10 * size_cm)
        steps.add(f"synthetic {size_cm} cm", files.quantised(files.synthetic(rng, "right", matrix, pitch)), "right", files.Emed(size_cm=size_cm), pitch=pitch)


def other_vendors(steps):
    for seed in range(40 if FULL else 4):
        rng = np.random.default_rng(seed)
        side = ("left", "right")[seed % 2]
        step = files.synthetic(rng, side, (60, 60), (5.08, 7.62), 250)
        step[step < 10] = 0
        path = steps.path()
        files.write_footscan(path, step, side, 250)
        steps.note(path, f"footscan {seed}", step, side, (5.08, 7.62), 250)
        step = np.round(files.synthetic(rng, side, (84, 64), PLATE))
        step[step < 10] = 0
        path = steps.path()
        files.write_tekscan(path, step, 5, 100)
        steps.note(path, f"tekscan {seed}", step, side, PLATE, 100)
    # a print that fills its matrix: cut by the edge of a mat, whole in an insole, which has no corners
    active = (step > 0).any(axis=0)
    r, c = np.where(active.any(axis=1))[0], np.where(active.any(axis=0))[0]
    step = step[:, r[0]:r[-1] + 1, c[0]:c[-1] + 1]
    for expect, outline in (("partial", None), ("valid", ~active[r[0]:r[-1] + 1, c[0]:c[-1] + 1])):
        path = steps.path()
        files.write_tekscan(path, step, 5, 100, outline)
        steps.note(path, f"tekscan, full matrix, {expect}", step, side, PLATE, 100, expect)


def real_step(steps, real):
    mirrored, reversed_way = (lambda s: s[:, :, ::-1]), (lambda s: s[:, ::-1, :])
    poses = {"as it is": (lambda s: s, "right"), "mirrored": (mirrored, "left"), "walked the other way, mirrored": (reversed_way, "left"),
             "walked the other way": (lambda s: mirrored(reversed_way(s)), "right")}
    some = slice(None) if FULL else slice(None, None, 2)
    for stance_s in (1.05, 0.50, 0.60, 0.70, 0.84)[some]:
        for cut in (0, 1, 3, 6)[some]:
            for name, (pose, side) in poses.items():
                steps.add(f"real, {stance_s} s, {cut} frames cut, {name}", pose(files.quantised(files.at_speed(real, stance_s))[cut:]), side)
    for stance_s, degrees in ((0.52, -30), (0.58, -20), (0.63, -10), (0.7, -5), (0.75, 5), (0.8, 10), (0.66, 20), (0.55, 30))[some]:
        for scale in (0.5, 0.8, 1.3)[some]:
            step = files.quantised(scale * files.turned(files.at_speed(real, stance_s), degrees))
            steps.add(f"real, {stance_s} s, {degrees} degrees, times {scale}", step, "right")
            steps.add(f"real, {stance_s} s, {degrees} degrees, times {scale}, mirrored", mirrored(step), "left")
    quick = files.quantised(files.at_speed(real, 0.65))
    empty = np.zeros((20,) + quick.shape[1:])
    for how in LAYOUTS[some]:
        steps.add(f"real as {how}", quick, "right", files.Emed(**how))
    for rows, cols, row, col in ((95, 64, 1, 1), (64, 95, 2, 2), (60, 40, 5, 10), (80, 32, 20, 4), (240, 100, 9, 60)):
        steps.add(f"real on {cols} x {rows}", on_matrix(quick, rows, cols, row, col), "right")
    steps.add("real at the mat's edge", on_matrix(quick, 95, 64, 0, 5), "right", expect="partial")
    steps.add("real, empty frames before and after", np.concatenate([empty, quick, empty]), "right")
    for share, expect in ((0.04, "to_extrapolated"), (0.2, "cut"), (0.5, "cut"), (0.95, "cut")):
        steps.add(f"real, ends at {share} of its force", cut_at(quick, share), "right", expect=expect)


def main():
    with tempfile.TemporaryDirectory() as folder:
        steps = Steps(folder)
        synthetic_feet(steps)
        other_vendors(steps)
        path = os.path.join(os.environ.get("GAIT_DATA", ""), "pressuRe", "emed_test.lst")
        if os.path.exists(path):
            real_step(steps, files.read_emed(path))
        else:
            print(f"the real step is skipped, {path} is not there: synthetic feet only")
        n = steps.judge()
    for line in steps.failed:
        print(line)
    print(f"RESULT recorded_steps right={n - len(steps.failed)} of={n}")
    assert not steps.failed, f"{len(steps.failed)} of {n}"


if __name__ == "__main__":
    main()
