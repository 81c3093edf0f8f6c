"""The daemon before the five serial chips at once, each with the kernel's own driver on it: frames come from the five that gaitd.yaml names, a sixth like them is never
touched, and every driver is given back. Beside them a mat that goes wrong in each way on command: what `gait status` counts, and what `gait watch` says."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_gaitd import OnBed, until_line  # pylint: disable=wrong-import-position

CHIPS = {"cdc-acm": (0x1A86, 0x55D3), "ftdi": (0x0403, 0x6001), "cp210x": (0x10C4, 0xEA60), "ch340": (0x1A86, 0x7523), "pl2303": (0x067B, 0x2303)}
PROFILE = """name: chip-%s
label: 16 x 16 bytes behind a serial chip
match: [{vid: %d, pid: %d, generic: true}]
usb: {bridge: %s}
line: {baud: 921600}
framing: {fixed: {header: "AA 55", length: 261}}
fields: {sequence: {offset: 2, width: 2}}
integrity: {kind: sum8, offset: 1, from_end: true, to_end: 1}
samples: {kind: u8, offset: 4}
layout: {rows: 16, cols: 16, pitch_x_mm: 20, pitch_y_mm: 20}
calibration: {rate_hz: 10}
"""
WALKER = "seed=1,rows=16,cols=16,pitch=20,rate=10,dtype=u8"  # of 10 Hz: a busy machine is not taken for a silent mat before 2 s
GOOD, STRANGER = 0, len(CHIPS) + 1  # among the bed's mats: before and after the chips
# what is done to it; which counts rise and by how much at least; how many frames are missing; what gait watch says
FAULTS = [
    ("stall", {"stalls": 1, "clear_halts": 1}, 1, "the mat stalled (first failed transfer: stall): clearing the halt, continuing"),
    ("short@0x5", {}, 0, None),
    ("overflow@0x2", {"overflows": 2}, 2, None),
    ("babble", {"overflows": 1}, 1, None),
    ("protocol@0x2", {"errors": 2}, 2, None),
    ("bit-flip@0x2", {"bad_checksum": 1}, 2, None),
    ("truncate", {}, 1, None),
    ("gap@0x9", {}, 9, None),
    ("silence@0x1", {"clear_halts": 1}, 0, "the mat is silent (first failed transfer: "),
]


def files(folder):
    """A profile a chip; its path."""
    paths = {}
    for chip, (vid, pid) in CHIPS.items():
        paths[chip] = os.path.join(folder, f"chip-{chip}.yaml")
        with open(paths[chip], "w", encoding="utf-8") as f:
            f.write(PROFILE % (chip, vid, pid, chip))
    return paths


def counts(line):
    return {k: int(v) for k, v in re.findall(r"(\w+) (\d+)", line)}


def good_mat(d):
    mat = next(m for m in d.ask("status")["mats"] if m["mat"] == "GOOD")
    return mat, {**mat["usb"], **mat["decode"], "lost": mat["lost_device"], "frames": mat["frames"]}


def go_wrong(d, watch, fault, rises, missing, says):
    _, before = good_mat(d)
    d.do(f"fault {GOOD} {fault}")
    want = {**rises, "lost": missing, "frames": 10}

    def risen():
        mat, now = good_mat(d)
        return mat["state"] == "streaming" and all(now.get(k, 0) >= before.get(k, 0) + n for k, n in want.items())

    d.wait_for(risen, f"{fault}: {want} more than {before}")
    _, now = good_mat(d)
    print(f"{fault}: " + ", ".join(f"{k} +{now.get(k, 0) - before.get(k, 0)}" for k in want if k != "frames"))
    if says:
        print("    watch:", until_line(watch.stdout, says)[-1])


def main():
    with tempfile.TemporaryDirectory(prefix="gait-chips.") as folder:
        paths = files(folder)
        mats = [f"{{id: {chip}, source: {{usb: true}}, profile: {path}}}" for chip, path in paths.items()]
        yaml = f"version: 1\nmats: [{', '.join(mats)}, {{id: GOOD, source: {{usb: true}}}}]\nrecording: {{floor_min: 0}}\n"
        bed = [f"{chip}@{path}={WALKER}" for chip, path in paths.items()]
        with OnBed(yaml, "--rate=100", f"GOOD={WALKER},dtype=u16", "--rate=10", *bed, f"STRANGER@{paths['ch340']}={WALKER}") as d:
            watch = d.gait("watch", "--mat", "GOOD", stderr=subprocess.STDOUT)
            until_line(watch.stdout, "watching")
            for fault in FAULTS:
                go_wrong(d, watch, *fault)
            print(d.gait("status").communicate(timeout=30)[0])
            watch.terminate()
            watch.communicate(timeout=30)
            d.do(f"unplug {GOOD}")
            for i in range(1, STRANGER + 1):
                d.do(f"plug {i} 1-{i + 1} driver")
            d.wait_for(lambda: all(m["frames"] > 12 for m in d.ask("status")["mats"]), "frames of all", 120)
            for m in d.ask("status")["mats"]:
                print(f"{m['mat']:8} {m['source_text']}: {m['frames']} frames, lost {m['lost_device']}, decode {m['decode']}")
                if m["mat"] != "GOOD":
                    assert m["usb"]["errors"] == 0 and set(m["decode"]) <= {"frame", "skip_early"}, m
                    assert m["lost_device"] == 0 or m["usb"]["clear_halts"], m
            assert d.stop() == 0, d.said()
            last = {counts(line)["counts"]: counts(line) for line in d.process.stdout.read().splitlines()}
        for i, chip in enumerate(CHIPS, 1):
            print(f"{chip}: {last[i]}")
            assert last[i]["claims"] == last[i]["releases"] >= 1 and last[i]["control"] > 0, last[i]
            assert last[i]["detached"] == last[i]["attached"] >= 1, last[i]
        assert last[STRANGER]["claims"] == last[STRANGER]["control"] == last[STRANGER]["submitted"] == 0, last[STRANGER]


if __name__ == "__main__":
    main()
