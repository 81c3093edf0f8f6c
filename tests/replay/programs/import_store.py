"""Vendors' recordings become trial files with the same numbers; footfalls computed again lie beside the old ones in a new file."""
import hashlib
import os
import re
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")
NAME = "Erika Mustermann"
SMALL = ("\tFile: C:\\patients\\" + NAME + ".dat \tMatrix: 4x6 \n\tTime/picture:20.0 ms\n\tSensor size: 0.500x1.000 cm\n\tPict-No.: 1\n\n"
         "\t2\t3\tForce\n2\t10.00\t20.00\t1.50\n5\t0.00\t30.00\t1.50\nForce\t0.50\t2.50\t3.00\n\f\n")


def pliance(total_N):
    """A disc of 100 kPa that grows and shrinks, 24 Hz, on 20 x 30 sensors of 5.28 x 10.28 mm; the vendor's total of its largest frame is given."""
    cell = [(0.264 + 0.528 * (i // 30), 0.514 + 1.028 * (29 - i % 30)) for i in range(600)]
    frames = []
    for k in range(1, 25):
        radius = 4 - abs(k - 12) / 3
        frames.append([100.0 if (x - 5) ** 2 + ((y - 15) / 2) ** 2 < radius * abs(radius) else 0.0 for x, y in cell])
    sums = [sum(p) * 0.0542784 for p in frames]
    lines = ["file name: " + NAME + "_1.mat date/time 17.06.23 15.21", "mat type s2160_001",
             "total times [secs]: 1 time per frame [secs]: 0.04167 scanning rate [Hz]: 24", "pressure values in kPa", "",
             "time[secs]" + "".join("%8d" % (i + 4) for i in range(600))]
    lines += ["%11.5f" % (k / 24) + "".join("%8.3f" % p for p in frame) for k, frame in enumerate(frames, 1) if sum(frame)]
    lines += ["", " time[secs] force[N]   x[cm]   y[cm]", ""]
    lines += ["%11.5f%9.3f   5.000  15.000" % (k / 24, total_N if total_N and k == 12 else f) for k, f in enumerate(sums, 1)]
    lines += ["x[c]" + "".join("%9.4f" % x for x, _ in cell), "y[c]" + "".join("%9.4f" % y for _, y in cell), "area" + "   0.5428" * 600]
    return "\n".join(lines) + "\n", sum(1 for f in frames if sum(f)), sums


def no_name_in(path):
    data = open(path, "rb").read()
    assert all(part.encode() not in data for part in [NAME, *NAME.split()]), "a name went along"


def mats(folder):
    """pliance: places, totals, what has no line; PedCAD: one picture, and what is made of it says so."""
    out = os.path.join(folder, "mats")
    text, loaded, sums = pliance(None)
    assert loaded < 24, "all frames have a line"
    for name, content in (("good.asc", text), ("bad.asc", pliance(321)[0])):
        open(os.path.join(folder, name), "w", encoding="latin-1").write(content)
    status, said, err = lab.run("gait", "import", "--out", out, os.path.join(folder, "bad.asc"), os.path.join(folder, "good.asc"))
    assert status == 3 and err.count("\n") == 1 and "N, the file says 321.00 N" in err and "24 totals of the vendor agree" in said, (said, err)
    with h5py.File(os.path.join(out, "good.h5")) as h5:
        trial = h5["trial-001"]
        raw = trial["raw"][...]
        assert raw.shape == (24, 30, 20) and int(trial.attrs["gap_device"]) == 0, raw.shape
        assert max(abs(raw.sum(axis=(1, 2)) * 0.0542784 - sums)) < 1e-3, "a frame is not what was written"
        assert abs(trial["x"][1] - trial["x"][0] - 5.28) < 1e-9 and abs(trial["y"][1] - trial["y"][0] - 10.28) < 1e-9
    no_name_in(os.path.join(out, "good.h5"))
    picture = ["\t".join("%.1f" % (20 + y % 3) if (x - 6) ** 2 < (16 if y < 10 or y > 18 else 3) else "-1" for x in range(13)) for y in range(30)]
    head = ("[General]\nDescription=pedcad Importfile\nUnitDistance=mm\nUnitPressure=N/cm2\n\n[Customer]\nFirstName=%s\nLastName=%s\n\n[Technical]\n"
            "SensCountX=30\nSensCountY=13\nLDistX=8.46591\nLDistY=8.46591\n\n[Data]\n" % tuple(NAME.split()))
    open(os.path.join(folder, "foot.apd"), "w", encoding="ascii").write(head + "\n".join(picture) + "\n")
    status, said, err = lab.run("gait", "import", "--out", out, os.path.join(folder, "foot.apd"))
    assert status == 0 and "does not count" in err, (said, err)
    with h5py.File(os.path.join(out, "foot.h5")) as h5:
        trial = h5["trial-001"]
        assert trial["raw"].shape == (1, 32, 15) and trial["raw"][0].max() == 220 and "no time" in trial.attrs["imported_picture"]
        assert list(trial["footfalls/valid"][:]) == [0] * len(trial["footfalls/valid"]), "a picture counts as a step"
    no_name_in(os.path.join(out, "foot.h5"))


def pedar():
    """Two steps a foot, hollow on the outer side, as if it were the other foot; 98 sensors in 14 rows of 7; a layout of the left insole; forces beside."""
    place = {1 + 7 * row + k: (60 - 10 * k, 18 * row) for row in range(14) for k in range(7)}
    layout = ["# rows of 7", "insole,y", "side,left"] + ["%d,171.5,%g,%g,%g,%g" % (k, x, y, x + 10, y + 18) for k, (x, y) in place.items()]
    numbers, frames, forces = ",".join(map(str, place)), [], []
    for frame in range(1, 241):
        values = []
        for foot in (0, 1):
            phase = (frame / 100 + 0.5 - 0.6 * foot) % 1.2 / 0.7
            front, height = 20 + 220 * phase, 250 * phase * (1 - phase) * 4
            p = [round(max(0, height * (1 - abs(y + 9 - front) / 110)) / 2.5) * 2.5 if x > 10 or not 80 < y < 150 else 0 for x, y in place.values()]
            values.append(p if phase < 1 else [0] * len(p))
        frames.append("%12.5f" % (frame / 100) + "".join("\t%7.3f" % p for p in values[0] + values[1]) + "\t")
        forces.append([sum(p) * 0.1715 for p in values])
    head = ["file name: " + NAME + ".sol\tdate/time 17.06.23 15.21", "sensor type:  y-1l-2r", "total time [secs]: 2.4\tscanning rate [Hz]:   100", "pressure values in  kPa",
            "", "mask definition:", "left insole: " + numbers + ",", "right insole: " + numbers + ",", "", "time[secs]" + ("\t" + numbers.replace(",", "\t")) * 2]
    table = ["file name: " + NAME, "time[secs]\tforce[N]", ""] + ["%.5f\t%.3f\t1\t1\t1\t%.3f\t1\t1\t1" % (k / 100, *f) for k, f in enumerate(forces, 1)]
    return "\n".join(head + frames) + "\n", "\n".join(layout) + "\n", "\n".join(table) + "\n", forces


def insoles(folder):
    """pedar: a file for each foot, its force kept, its side told to every footfall; forces beside it that contradict are refused before anything is written."""
    out, path = os.path.join(folder, "insoles"), {name: os.path.join(folder, name) for name in ("shoe.asc", "layout.csv", "shoe.fgt")}
    recording, layout, table, forces = pedar()
    wrong = table.replace("\n1.00000\t%.3f" % forces[99][0], "\n1.00000\t%.3f" % (forces[99][0] + 9))
    for name, text in zip(path, (recording, layout, wrong)):
        open(path[name], "w", encoding="ascii").write(text)
    status, said, err = lab.run("gait", "import", "--out", out, path["shoe.asc"])
    assert status == 3 and "--insole" in err and err.count("\n") == 1, err
    command = ["gait", "import", "--subject", "S1", "--insole", path["layout.csv"], "--out", out, path["shoe.asc"]]
    status, said, err = lab.run(*command)
    assert status == 3 and err.count("\n") == 1 and "picture 100: its cells sum to" in err and os.listdir(out) == [], (err, os.listdir(out))
    open(path["shoe.fgt"], "w", encoding="ascii").write(table)
    status, said, err = lab.run(*command)
    assert status == 0 and said.count("240 totals of the vendor agree") == 2, (said, err)
    assert sorted(os.listdir(out)) == ["shoe-left.h5", "shoe-right.h5"], os.listdir(out)
    for foot, side in enumerate(("left", "right")):
        file = os.path.join(out, "shoe-%s.h5" % side)
        with h5py.File(file) as h5:
            trial = h5["trial-001"]
            raw = trial["raw"][...]
            assert abs(trial["x"][1] - trial["x"][0] - 2) < 1e-9 and raw.shape[2] == 37
            raw[raw != raw] = 0
            assert max(abs(raw.sum(axis=(1, 2), dtype="f8") * 4e-3 - [f[foot] for f in forces])) < 1e-3, "a force is not what was written"
            assert trial.attrs["imported_side"] == side and "resampled" in trial.attrs["imported_insole"] and trial.attrs["condition"] == "shod"
            n, code = len(trial["footfalls/side"]), list(trial["footfalls/side"].attrs["flag_meanings"].split()).index(side)
            assert n >= 2 and list(trial["footfalls/side"][:]) == [code] * n, (list(trial["footfalls/side"][:]), code)
            for name in ("step_length_mm", "stride_length_mm", "speed_m_per_s"):
                assert all(v != v for v in trial["footfalls/" + name][:]), name + " of an insole"
        no_name_in(file)
        assert [f["side"] for f in footfalls(file)] == [side] * n, "another analysis forgot the side"


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def footfalls(*argv):
    status, out, err = lab.run("gait", "--json", "analyse", *argv)
    assert status == 0, err
    return [line for line in lab.lines(out) if line["kind"] == "footfall"]


def small(folder):
    """Totals are checked, names stay out, nothing is replaced, nothing half-written; by a recording made here."""
    good, bad = os.path.join(folder, "good.lst"), os.path.join(folder, "bad.lst")
    open(good, "w", encoding="latin-1").write(SMALL)
    open(bad, "w", encoding="latin-1").write(SMALL.replace("2.50\t3.00", "2.50\t3.20"))
    out = os.path.join(folder, "out")
    status, text, err = lab.run("gait", "import", "--subject", "S1", "--out", out, bad, good)
    assert status == 3 and len(err.splitlines()) == 1 and "3.00 N, the file says 3.20 N" in err, err
    for verb in ("analyse", "check"):  # numbers of a file that contradicts itself are not told either
        status, text_of, err = lab.run("gait", verb, bad)
        assert status == 3 and not text_of and len(err.splitlines()) == 1 and "3.00 N, the file says 3.20 N" in err, (verb, text_of, err)
    assert "1 totals of the vendor agree" in text and os.listdir(out) == ["good.h5"], (text, os.listdir(out))
    data = open(os.path.join(out, "good.h5"), "rb").read()
    assert NAME.encode() not in data and NAME.split()[1].encode() not in data, "a name went along"
    with h5py.File(os.path.join(out, "good.h5")) as h5:
        assert h5["trial-001"].attrs["subject"] == "S1" and abs(h5["trial-001/raw"][0].sum() - 60) < 1e-6
        assert h5["trial-001/raw"][0, 4, 1] == 10 and h5["trial-001/raw"][0, 1, 2] == 30, "file row 2 of 6 is the mat's row 4"
    before = digest(os.path.join(out, "good.h5"))
    status, _, err = lab.run("gait", "import", "--out", out, good)
    assert status == 1 and "never replaced" in err and digest(os.path.join(out, "good.h5")) == before, err


def whole(folder):
    """The emed recording: the trial file gives what the recording gives, and a second analysis beside the first."""
    path, out = lab.recording("emed_test.lst"), os.path.join(folder, "real")
    status, text, err = lab.run("gait", "import", "--subject", "S1", "--timepoint", "pre1", "--out", out, path)
    assert status == 0 and "106 totals of the vendor agree" in text, (text, err)
    trial = os.path.join(out, "emed_test.h5")
    first, again = footfalls(path), footfalls(trial)
    assert [f["metrics"] for f in first] == [f["metrics"] for f in again] and len(first) == 1, "the numbers changed on the way in"
    before = digest(trial)
    with h5py.File(trial) as h5:
        assert h5["trial-001/footfalls/force_max_N"][0] == first[0]["metrics"]["force_max_N"]
        assert h5["trial-001/footfalls/force_max_pctBW"][0] != h5["trial-001/footfalls/force_max_pctBW"][0], "no mass, no number"
    status, _, err = lab.run("gait", "analyse", "--store", out, "--mass-kg", "75", trial)
    assert status == 0 and digest(trial) == before, "the original was touched"
    second = os.path.join(out, "emed_test-v2.h5")
    with h5py.File(second) as h5:
        group = h5["trial-001"]
        got = group["footfalls/force_max_pctBW"][0]
        assert abs(got - 100 * 818.625 / (75 * 9.80665)) < 0.01, got
        kinds, records, at = [], bytes(group["journal/records"][:]), 0
        while at < len(records):
            kind, n = struct.unpack_from("<HxxI", records, at)
            kinds.append(kind)
            at += 16 + (n + 7) // 8 * 8
        assert kinds.count(10) == 1 and kinds.count(6) == 1, kinds
        assert group.attrs["uuid"] != group.attrs["analysis_of"]
    status, text, err = lab.run("gait", "check", second)
    assert status == 0 and re.search(r"version 1: algorithm \d+, .*mass unknown", text) and re.search(r"version 2: .*mass 75 kg.*T.*Z", text), text
    status, _, err = lab.run("gait", "analyse", "--store", out, trial)
    assert status == 1 and "never replaced" in err, err
    assert sorted(os.listdir(out)) == ["emed_test-v2.h5", "emed_test.h5"], os.listdir(out)
    return first


def main():
    folder = tempfile.mkdtemp(prefix="gait-import-")
    try:
        small(folder)
        print("import: totals checked, names left out, nothing replaced")
        mats(folder)
        print("pliance and PedCAD: places and totals as written, a picture is no step")
        insoles(folder)
        print("pedar: a file for each foot, forces and sides as written")
        whole(folder)
        print("the emed recording: the same numbers as a trial file, a second analysis beside the first")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
