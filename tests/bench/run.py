#!/usr/bin/python3
"""Run the benchmarks of a build and print their JSON lines; with --doc write the tables of docs/PERFORMANCE.md between its marks.

usage: run.py BUILD_DIR [--doc docs/PERFORMANCE.md] [--only frame,count,measure,journal,seal,latency,usb]
"""
import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MATS = {"64x64": (64, 64), "96x88": (96, 88), "360x64": (360, 64), "720x240": (720, 240)}


def lines(argv, **options):
    out = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **options).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def run_frame(build):
    return lines([f"{build}/bench/bench_frame"])


def run_measure(build):
    return lines([f"{build}/bench/bench_measure"])


def run_journal(build):
    with tempfile.TemporaryDirectory(dir=os.environ.get("GAIT_BENCH_DIR", "/var/tmp")) as folder:
        return lines([f"{build}/bench/bench_journal", folder])


def run_seal(build):
    program = f"{build}/bench/bench_seal"
    if not os.path.exists(program):
        return []
    with tempfile.TemporaryDirectory(dir=os.environ.get("GAIT_BENCH_DIR", "/var/tmp")) as folder:
        return lines([program, folder])


def run_count(build):
    """Instructions a cell of the contact pass, by callgrind: the same on every run."""
    rows = []
    for name, (r, c) in MATS.items():
        with tempfile.NamedTemporaryFile() as out:
            p = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", "--toggle-collect=contact_frame",
                                f"{build}/bench/bench_frame", "callgrind", str(r), str(c)], check=True, capture_output=True, text=True)
        facts = json.loads(p.stdout.splitlines()[-1])
        total = int(re.search(r"Collected : (\d+)", p.stderr).group(1))
        rows.append({"bench": "count", "case": name, "name": "contact pass", "value": total / facts["frames"] / facts["cells"], "unit": "instructions a cell"})
    return rows


def recording_of(gaitd_run, walker):
    """A walk that is only read when it is played: to compose a frame takes longer than to read one, and would be measured too."""
    folder = tempfile.mkdtemp(dir=os.environ.get("GAIT_BENCH_DIR", "/var/tmp"))
    with gaitd_run.Gaitd(gaitd_run.WALKER % (walker, 0), data=folder) as d:
        d.ask("session open", subject="BENCH1")
        d.ask("trial start")
        d.wait_idle()
        d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed", "the seal", 300)
        return folder, d.ask("status")["session"]["trials"][0]["path"]


def latency_round(build, daemon, rows, cols, rate, messages):
    topic = "frame/mat-1/"
    heard = lines([f"{build}/bench/bench_latency", "listen", f"ipc://{daemon.run}/view/stream", topic, str(messages)])[0]
    bare = lines([f"{build}/bench/bench_latency", "pair", f"ipc://{daemon.folder}/bare", str(rows * cols * 4), str(rate), str(messages)])[0]
    return heard, bare


PLAYED = """version: 1
mats: [{id: mat-1, source: {replay: {path: %s, speed: 1}, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0}
"""


def run_latency(build, messages=300, rounds=9):
    os.environ["GAIT_BIN_DIR"] = f"{build}/bin"
    sys.path.insert(0, os.path.join(HERE, "..", "lib"))
    import gaitd_run
    rows_out = []
    for name, rate in (("96x88", 500), ("360x64", 100), ("720x240", 100)):
        r, c = MATS[name]
        folder, recording = recording_of(gaitd_run, f"seed=1,rows={r},cols={c},rate={rate},lead_s=0.5,tail_s=0.5")
        ratios, ours, bares = [], [], []
        with gaitd_run.Gaitd(PLAYED % recording) as d:
            d.ask("session open", subject="BENCH2")
            d.ask("trial start")
            for _ in range(rounds):
                heard, bare = latency_round(build, d, r, c, rate, messages)
                ratios.append(heard["p50_us"] / bare["p50_us"])
                ours.append(heard)
                bares.append(bare)
            d.ask("trial stop")
            d.wait_idle()
        shutil.rmtree(folder)
        for who, got in (("bare PUB/SUB", bares), ("gaitd", ours)):
            rows_out.append({"bench": "latency", "case": f"{name} at {rate} Hz", "name": who, "p50_us": statistics.median(g["p50_us"] for g in got),
                             "p99_us": statistics.median(g["p99_us"] for g in got), "ratio": statistics.median(ratios) if who == "gaitd" else 1.0,
                             "against": "bare PUB/SUB", "rounds": rounds})
    return rows_out


def run_usb(build):
    """Needs umockdev, which catches libusb's ioctls when it is preloaded."""
    program = f"{build}/bench/bench_usb"
    if not os.path.exists(program):
        print("usb: skipped: bench_usb is not built (Debian: apt-get install umockdev libumockdev-dev)", file=sys.stderr)
        return []
    return lines([program], env=dict(os.environ, LD_PRELOAD="libumockdev-preload.so.0"))


BENCHES = {"frame": run_frame, "count": run_count, "measure": run_measure, "journal": run_journal, "seal": run_seal, "latency": run_latency, "usb": run_usb}


def table(rows):
    text = ["| bench | case | what | median | ratio | to |", "|---|---|---|---|---|---|"]
    for row in rows:
        if "value" in row:
            text.append(f"| {row['bench']} | {row['case']} | {row['name']} | {row['value']:.4g} {row['unit'] if row['unit'] != '1' else ''} | | |")
        elif "p50_us" in row:
            text.append(f"| {row['bench']} | {row['case']} | {row['name']} | p50 {row['p50_us']:.0f} us, p99 {row['p99_us']:.0f} us | {row['ratio']:.2f} | {row['against']} |")
        else:
            text.append(f"| {row['bench']} | {row['case']} | {row['name']} | {row['unit_ns'] / 1000:.4g} us | {row['ratio']:.3g} | {row['against']} |")
    return "\n".join(text)


def write_doc(path, rows):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    head = f"Run on {datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, {platform.release()}.\n\n"
    begin, end = "<!-- bench begin -->\n", "<!-- bench end -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + begin + head + table(rows) + "\n" + end + after)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--doc")
    p.add_argument("--only", default=",".join(BENCHES))
    a = p.parse_args()
    build = os.path.abspath(a.build)
    rows = []
    for name in a.only.split(","):
        for row in BENCHES[name](build):
            print(json.dumps(row), flush=True)
            rows.append(row)
    if a.doc:
        write_doc(a.doc, rows)


main()
