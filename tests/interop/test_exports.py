"""Every export through readers that share no code with ours, its numbers equal to those of the session file as h5py reads them. A session of two
trials by the synthetic walker, and a trial with a gap (emed, gif); test_exports.py csv|mat|c3d|bids|emed|pictures|files."""
import csv
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

np = lab.need("numpy")
h5py = lab.need("h5py")
WALKER = "seed=5,rows=200,cols=48,pitch=5,rate=100,mass=70"


def close(what, got, expected, allowed):
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    assert got.shape == expected.shape, f"{what}: {got.shape}, expected {expected.shape}"
    assert np.array_equal(np.isnan(got), np.isnan(expected)), f"{what}: NaN elsewhere"
    worst = np.nanmax(np.abs(got - expected)) if np.isfinite(got).any() else 0
    assert worst <= allowed, f"{what}: off by {worst}"


def export(to, folder, *files, expect=0, more=()):
    status, out, err = lab.run("gait", "export", "--to", to, "--out", folder, *more, *files)
    assert status == expect, f"export --to {to}: {status}: {err}"
    return out.split(), err


def record(folder):
    """A closed session of two trials; its path and its open file."""
    with lab.Lab(source={"walker": {}}) as gaitd:
        gaitd.gait("session", "open", "--subject", "S-17", "--mass-kg", "70")
        for i, timepoint in enumerate(("pre1", "post0")):
            gaitd.record("--timepoint", timepoint, "--walker", f"{WALKER},pass={i + 1}", "--speed", "0")
        closed = []
        gaitd.until(lambda: closed.append(gaitd.gait("session", "close", check=False)) or closed[-1][0] == 0, "the session closes")
        path = closed[-1][1]["path"]
        copy = os.path.join(folder, os.path.basename(path))
        shutil.copy(path, copy)
    return copy


def trials(h5):
    return [h5[name] for name in sorted(h5) if name.startswith("trial-")]


def footfalls(trial):
    """Column name to values, by rising contact."""
    group = trial["footfalls"]
    order = np.argsort(group["ic_mat_ns"][:], kind="stable")
    return {name: group[name][:][order] for name in group if isinstance(group[name], h5py.Dataset)}, order


def metrics_of(trial):
    return [n for n, d in trial["footfalls"].items() if isinstance(d, h5py.Dataset) and d.attrs.get("tier") == "step"]


def pressure(trial):
    """kPa by definition from raw counts and the calibration in the file (no table, no dead cells in the walker's)."""
    state = trial["state"]
    factor = state.attrs["calibration.scale"] * state.attrs["calibration.kPa_per_count"]
    raw = trial["raw"][...].astype(float)
    raw = raw - (state["offset"][...] if "offset" in state else 0)
    return np.maximum(raw * factor * (state["gain"][...] if "gain" in state else 1), 0)


def test_csv(path, out):
    with h5py.File(path) as h5:
        made, _ = export("csv", out, path)
        long, wide = ([dict(r) for r in csv.DictReader(open(p, encoding="utf-8", newline=""))] for p in made if p.endswith(".csv"))
        dictionary = json.load(open([p for p in made if p.endswith(".json")][0], encoding="utf-8"))["metrics"]
        checked = 0
        for n, trial in enumerate(trials(h5), 1):
            columns, _ = footfalls(trial)
            for i, step in enumerate(columns["footfall"]):
                key = (str(n), str(step))
                rows = {r["metric"]: r for r in long if (r["trial"], r["step"]) == key}
                tidy = [r for r in wide if (r["trial"], r["step"]) == key]
                assert len(tidy) == 1 and tidy[0]["timepoint"] == trial.attrs["timepoint"] and tidy[0]["subject"] == "S-17"
                assert tidy[0]["side"] == ("unknown", "left", "right")[columns["side"][i]]
                for m in metrics_of(trial):
                    value, unit = columns[m][i], trial["footfalls"][m].attrs["units"]
                    text, in_wide = rows[m]["value"], tidy[0][f"{m} [{unit}]"]
                    assert text == in_wide and rows[m]["unit"] == unit == dictionary[m]["unit"]
                    assert rows[m]["mask"] == trial["footfalls"][m].attrs.get("mask", "") == dictionary[m]["mask"], m
                    assert (text == "") == bool(np.isnan(value)) and (text == "" or float(text) == value), f"{m}: {text}, {value}"
                    assert text or rows[m]["reason"], f"{m} is empty without a reason"
                    checked += 1
        assert checked > 300 and all(d["definition"] for d in dictionary.values())
    return f"{checked} numbers to the last bit, long and wide"


def test_mat(path, out):
    octave = shutil.which("octave-cli") or shutil.which("octave")
    if not octave:
        lab.skip("octave is not installed")
    with h5py.File(path) as h5:
        made, _ = export("mat", out, path)
        assert len(made) == 2, made
        checked = 0
        for mat, trial in zip(made, trials(h5)):
            columns, order = footfalls(trial)
            names = metrics_of(trial)
            script = os.path.join(out, "read.m")
            with open(script, "w", encoding="utf-8") as m:
                m.write(f"s = load('{mat}');\nprintf('%s|', s.trial.timepoint, s.footfalls.side{{:}}); printf('\\n');\n")
                for expression in [f"s.footfalls.{n}" for n in names] + ["s.frames.force_N", "s.frames.t_s", "s.frames.cop_y_mm", "s.picture_kPa.'",
                                                                         "s.footfalls.curve_force_N.'"]:
                    m.write(f"printf('%.17g ', {expression}); printf('\\n');\n")
                m.write("printf('%s\\n', s.metrics.arch_index.unit, s.metrics.arch_index.definition);\n")
            done = subprocess.run([octave, "--no-gui", "--norc", "-q", script], capture_output=True, text=True, check=False)
            lines = done.stdout.splitlines()
            assert len(lines) == len(names) + 8, f"Octave: {lines[-3:]} {done.stderr[:300]}"
            sides = [("unknown", "left", "right")[s] for s in columns["side"]]
            assert lines[0].split("|")[:-1] == [trial.attrs["timepoint"]] + sides, lines[0]
            for name, line in zip(names, lines[1:]):
                close(f"mat {name}", line.split(), columns[name], 0)
            rest = lines[1 + len(names):]
            close("mat force_N", rest[0].split(), trial["force_N"][:], 0)
            close("mat t_s", rest[1].split(), trial["time"][:], 1e-12)
            close("mat cop_y_mm", rest[2].split(), trial["cop_y_mm"][:], 0)
            close("mat picture", rest[3].split(), pressure(trial).max(axis=0).ravel(), 1e-3)
            close("mat curve", rest[4].split(), trial["curves/force_N"][:][order].ravel(), 0)
            assert rest[5] == "1" and rest[6] == trial["footfalls/arch_index"].attrs["long_name"], rest[5:]
            checked += len(names) * len(sides)
    return f"Octave reads {checked} numbers of footfalls to the last bit, frames, curves and the picture"


def truth_of_feet(trial):
    """Force and force-weighted centre of pressure of each side on the frames' own times, from the session file's path table."""
    group, table = trial["footfalls"], trial["cop"]
    n = trial["time"].shape[0]
    force, moment, feet = np.zeros((3, n)), np.zeros((3, 2, n)), np.zeros((3, n))
    t0, rate = trial.attrs["t0_mat_ns"], trial.attrs["rate_hz"]
    for i, foot in enumerate(group["footfall"][:]):
        mine = table["footfall"][:] == foot
        seconds = (int(group["ic_mat_ns"][i]) - int(t0)) * 1e-9 + table["t_s"][:][mine]
        at = np.rint(seconds * rate).astype(int)
        f, side = table["force_N"][:][mine], int(group["side"][i])
        for k, v, x, y in zip(at, f, table["x_mm"][:][mine], table["y_mm"][:][mine]):
            if 0 <= k < n and np.isfinite(v):
                force[side, k] += v
                moment[side, :, k] += v * np.array((x, y)) if np.isfinite(x) else 0
                feet[side, k] += 1
    moment[:, :, :] = np.where(feet[:, None, :] == 1, moment, np.nan)  # of two feet that are called the same nothing is claimed here
    return force, moment


def test_c3d(path, out):
    import c3d_reader
    with h5py.File(path) as h5:
        made, _ = export("c3d", out, path)
        loaded = heels = 0
        for file, trial in zip(made, trials(h5)):
            c3d = c3d_reader.read(file)
            assert c3d["frames"] == trial["time"].shape[0] and c3d["rate"] == trial.attrs["rate_hz"]
            force, moment = truth_of_feet(trial)
            for side, plate in zip((1, 2, 0), c3d_reader.plates(c3d)):
                close("c3d force up", -plate["force"][2], force[side], 1e-3)  # action on the plate points down
                close("c3d shear", plate["force"][:2], 0 * plate["force"][:2], 0)
                on = (force[side] > 20) & np.isfinite(moment[side]).all(axis=0) & (np.abs(moment[side]).sum(axis=0) > 0)
                close("c3d cop", plate["cop"][:2, on], (moment[side] / np.where(force[side] > 0, force[side], 1))[:, on], 1e-3)
                loaded += on.sum()
            columns, _ = footfalls(trial)
            t0 = int(trial.attrs["t0_mat_ns"])
            context = {0: "General", 1: "Left", 2: "Right"}
            expected = sorted([((int(a) - t0) * 1e-9, context[s], w) for name, w in (("ic_mat_ns", "Foot Strike"), ("to_mat_ns", "Foot Off"))
                               for a, s in zip(columns[name], columns["side"])])
            got = sorted(c3d_reader.events(c3d))
            assert [(c, w) for _, c, w in got] == [(c, w) for _, c, w in expected], got
            close("c3d events", [t for t, _, _ in got], [t for t, _, _ in expected], 1e-4)
            for side, name in ((1, "left"), (2, "right")):
                most = columns["heel31_force_max_N"][columns["side"] == side]
                if np.isfinite(most).any():
                    assert abs(c3d["channel"]["heel31_" + name].max() - np.nanmax(most)) < 1e-3, f"heel force {name}"
                    heels += 1
        assert loaded > 50 and heels >= 1, (loaded, heels)
    return f"force and centre of pressure of {loaded} loaded samples, events"


BIDS_NAME = re.compile(r"sub-[A-Za-z0-9]+(_ses-[A-Za-z0-9]+)?_task-[A-Za-z0-9]+_tracksys-[A-Za-z0-9]+(_acq-[A-Za-z0-9]+)?(_run-[0-9]+)?_"
                       r"(motion\.(tsv|json)|channels\.tsv|events\.(tsv|json))$")


def tsv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def test_bids(path, out):
    with h5py.File(path) as h5:
        made, _ = export("bids", out, path)
        assert len(made) == 2
        description = json.load(open(os.path.join(out, "dataset_description.json"), encoding="utf-8"))
        assert description["BIDSVersion"] and description["Name"] and description["DatasetType"] == "raw"
        people = tsv(os.path.join(out, "participants.tsv"))
        assert people[0][0] == "participant_id" and [p[0] for p in people[1:]] == ["sub-S17"] and float(people[1][1]) == 70, people
        session = re.search(r"(ses-[A-Za-z0-9]+)", made[0]).group(1)
        folder = os.path.join(out, "sub-S17", session, "motion")
        for name in os.listdir(folder):
            assert BIDS_NAME.match(name), name
        assert len(os.listdir(folder)) == 10
        for file, trial in zip(made, trials(h5)):
            stem = file[:-len("motion.tsv")]
            side = json.load(open(stem + "motion.json", encoding="utf-8"))
            channels = tsv(stem + "channels.tsv")
            rows = np.array([[float("nan") if v == "n/a" else float(v) for v in line] for line in tsv(file)])
            assert channels[0][:5] == ["name", "component", "type", "tracked_point", "units"]
            assert len(channels) - 1 == rows.shape[1] == side["MotionChannelCount"] and len({c[0] for c in channels}) == len(channels)
            assert side["TaskName"] == "walk" and side["SamplingFrequency"] == trial.attrs["rate_hz"] and rows.shape[0] == trial["time"].shape[0]
            force, _ = truth_of_feet(trial)
            names = [c[0] for c in channels[1:]]
            close("bids left", rows[:, names.index("left_force")], force[1], 1e-9)
            close("bids right", rows[:, names.index("right_force")], force[2], 1e-9)
            table = tsv(stem + "events.tsv")
            assert table[0][:2] == ["onset", "duration"] and len(table) - 1 == trial["footfalls/footfall"].shape[0]
            onset = [float(r[0]) for r in table[1:]]
            assert onset == sorted(onset)
            columns, _ = footfalls(trial)
            close("bids onset", onset, columns["t_ic_s"], 1e-8)
            close("bids duration", [float(r[1]) for r in table[1:]], (columns["to_mat_ns"] - columns["ic_mat_ns"].astype(float)) * 1e-9, 1e-8)
        source = os.path.join(out, "sourcedata", "sub-S17", session, os.path.basename(path))
        assert open(source, "rb").read() == open(path, "rb").read(), "the recording was not copied"
    again, err = export("bids", out, path, expect=1)
    assert not again and "--force" in err
    assert len(tsv(os.path.join(out, "participants.tsv"))) == 2
    return "names, sidecars, channels, forces, events, participants and source"


def bids_validator():
    """The validator of the BIDS project, from npm by the committed lock file: 700 MB, so in full runs only, or when it lies in the build folder already."""
    modules = os.path.join(os.environ["GAIT_BUILD_DIR"], "bids")
    program = os.path.join(modules, "node_modules", "bids-validator", "bin", "bids-validator")
    if not shutil.which("node") or not shutil.which("npm"):
        lab.skip("skipped: node and npm are not installed")
    if os.path.exists(program):
        return program
    if os.environ.get("GAIT_TIER") != "full":
        lab.skip("skipped: the BIDS validator is not in the build folder; a run with GAIT_TIER=full fetches it (700 MB)")
    os.makedirs(modules, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bids", name), modules)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=modules, capture_output=True, text=True, check=False)
    if done.returncode:
        lab.skip(f"skipped: npm ci could not fetch bids-validator: {done.stderr.strip().splitlines()[-1:]}")
    return program


def test_bids_validator(path, out):
    program = bids_validator()

    def validate():
        done = subprocess.run(["node", program, "--json", out], capture_output=True, text=True, timeout=300, check=False)
        return json.loads(done.stdout)["issues"]
    made, _ = export("bids", out, path)
    issues = validate()
    known = {"CUSTOM_COLUMN_WITHOUT_DESCRIPTION",  # it takes the first row of motion.tsv for a header; BIDS says that there is none
             "NO_AUTHORS"}  # nobody's name is in a recording
    assert not issues["errors"] and {w["key"] for w in issues["warnings"]} <= known, issues
    os.unlink(made[0].replace("_motion.tsv", "_channels.tsv"))
    with open(os.path.join(out, "dataset_description.json"), "w", encoding="utf-8") as file:
        file.write("{}")
    assert validate()["errors"], "it finds no error in a dataset that has one"
    return "no error; " + ", ".join(sorted(w["key"] for w in issues["warnings"]))


def read_lst(path):
    """Pages of an emed-style file, by its public layout: picture number to (matrix, total)."""
    pages = {}
    for page in open(path, encoding="latin-1").read().split("\f"):
        if "Pict-No.:" not in page:
            continue
        cols, rows = map(int, re.search(r"Matrix: (\d+)x(\d+)", page).groups())
        lines = [line.split() for line in page.split("Pict-No.:")[1].splitlines()[1:] if line.strip()]
        labels = [int(c) - 1 for c in lines[0][:-1]]
        p = np.zeros((rows, cols))
        for line in lines[1:-1]:
            p[rows - int(line[0]), labels] = [float(v) for v in line[1:-1]]
        pages[int(page.split("Pict-No.:")[1].split()[0])] = (p, float(lines[-1][-1]))
    return pages


def test_emed(path, out):
    with h5py.File(path) as h5:
        made, _ = export("emed", out, path)
        for file, trial in zip(made, trials(h5)):
            truth, pages = pressure(trial), read_lst(file)
            assert sorted(pages) == list(range(1, truth.shape[0] + 1))
            close("lst pressure", np.stack([pages[i + 1][0] for i in range(len(truth))]), truth, 0.00501)
            close("lst total", [pages[i + 1][1] for i in range(len(truth))], truth.sum(axis=(1, 2)) * 0.025, 0.006)
            status, text, err = lab.run("gait", "--json", "analyse", "--frames", file)  # the way back through our own reader
            assert status == 0, err
            got = [line["force_N"] for line in lab.lines(text) if line["kind"] == "frame"]
            close("read back", got, trial["force_N"][:], 1.5)
    gap_in_emed(made[-1], out)
    cells_in_emed(out)
    return "pressures to half of the last digit, and back; gaps and cells without a value"


def steps_of(path):
    """Footfalls as analyse tells them, and what it says was lost."""
    status, text, err = lab.run("gait", "--json", "analyse", path)
    rows = lab.lines(text)
    assert status == 6, (status, err)
    return [(r["valid"], r["flags"], r["metrics"]["stance_s"]) for r in rows if r["kind"] == "footfall"], rows[-1]["lost_device"]


def gap_in_emed(path, out):
    """Three pictures taken out in the middle of a stance: an import of that, exported again, has the hole at its place, and the GIF stands still there."""
    pages, force = open(path, encoding="latin-1").read().split("\f"), {k: p[1] for k, p in read_lst(path).items()}
    at = max(force, key=force.get)
    cut, more = os.path.join(out, "cut.lst"), os.path.join(out, "more.lst")
    for name, n in ((cut, 3), (more, 30)):
        with open(name, "w", encoding="latin-1") as file:
            file.write("\f".join(p for p in pages if not any(f"Pict-No.: {at + i} " in p for i in range(n))))
    status, text, err = lab.run("gait", "import", "--out", out, cut)
    assert status == 0 and "3 frames are missing" in text, (text, err)
    again, err = export("emed", os.path.join(out, "again"), os.path.join(out, "cut.h5"))
    assert "trial 1: 3 frames are missing in 1 place: the picture numbers jump there" in err, err
    assert list(read_lst(again[0])) == [k for k in force if not at <= k < at + 3], "the hole is closed up"
    expected, got = steps_of(cut), steps_of(again[0])
    assert got == expected and got[1] == 3 and any("gap" in s[1] and not s[0] for s in got[0]), (got, expected)
    delays = []
    for lst in (path, more):
        (gif,), _ = export("gif", os.path.join(out, "again"), lst)
        delays.append(sum(d for d, _ in read_gif(gif)[0]))
    assert abs(delays[0] - delays[1]) <= 4, f"the GIF closes the hole up: {delays} of 10 ms"


PLIANCE = """file name: S01.mat date/time 17.06.23 15.21
mat type s2160_001
total times [secs]: 0.2 time per frame [secs]: 0.04167 scanning rate [Hz]: 24
pressure values in kPa

time[secs]  1  2  4  5  6
  0.04167  0.000 10.000  0.000  0.000 20.000
  0.12500 13.333  0.000  0.000  0.000  0.000
  0.20833  0.000  0.000  0.000 30.000  0.000

 time[secs] force[N]   x[cm]   y[cm]
  0.04167 1.628 0.6 1.9
  0.08333 0.000 - -
  0.12500 0.724 0.3 2.6
  0.16667 5.000 0.3 2.6
  0.20833 1.628 0.8 1.5

x[c]  0.2640  0.2640  0.2640  0.7920  0.7920
y[c]  2.5700  1.5420  0.5140  1.5420  0.5140
area  0.5428  0.5428  0.5428  0.5428  0.5428
"""


def cells_in_emed(out):
    """Five sensors of six: the sixth has no value, emed can but write 0, and says so in each picture. A frame of it has a load and no values: a hole."""
    path = os.path.join(out, "five.asc")
    with open(path, "w", encoding="ascii") as file:
        file.write(PLIANCE)
    (made,), err = export("emed", os.path.join(out, "again"), path)
    assert "1 frame is missing" in err and "1 cell has no value: written as 0" in err, err
    assert open(made, encoding="latin-1").read().count("(cells without a value, here 0: 1)") == 4 and list(read_lst(made)) == [1, 2, 3, 5], made


def read_png(path):
    """Pixels as indices, and the palette; each chunk's sum is checked."""
    data, at, chunks = open(path, "rb").read(), 8, []
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while at < len(data):
        n, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + n]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, at + 8 + n)[0], kind
        chunks.append((kind, body))
        at += 12 + n
    assert chunks[0][0] == b"IHDR" and chunks[-1] == (b"IEND", b"")
    width, height, depth, kind = struct.unpack_from(">IIBB", chunks[0][1])
    assert (depth, kind) == (8, 3)
    rows = np.frombuffer(zlib.decompress(b"".join(b for k, b in chunks if k == b"IDAT")), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    text = dict(chunks)[b"tEXt"].split(b"\0")[1].decode("latin-1")
    return rows[:, 1:], np.frombuffer(dict(chunks)[b"PLTE"], np.uint8).reshape(256, 3), text


def unpack_lzw(data, least):
    """GIF's LZW by its definition."""
    clear, out, table, width = 1 << least, bytearray(), [], least + 1
    bits = int.from_bytes(data, "little")
    at, before = 0, None
    while True:
        code = bits >> at & ((1 << width) - 1)
        at += width
        if code == clear:
            table = [bytes((i,)) for i in range(clear)] + [b"", b""]
            width, before = least + 1, None
            continue
        if code == clear + 1:
            return bytes(out)
        entry = table[code] if code < len(table) else before + before[:1]
        out += entry
        if before is not None and len(table) < 4096:
            table.append(before + entry[:1])
        if len(table) == 1 << width and width < 12:
            width += 1
        before = entry


def read_gif(path):
    """Images as indices with their delays, and the palette."""
    data = open(path, "rb").read()
    assert data[:6] == b"GIF89a" and data[-1:] == b";"
    width, height = struct.unpack_from("<HH", data, 6)
    palette = np.frombuffer(data, np.uint8, 768, 13).reshape(256, 3)
    at, images, delay = 13 + 768, [], None

    def blocks(at):
        body = b""
        while data[at]:
            body += data[at + 1:at + 1 + data[at]]
            at += 1 + data[at]
        return body, at + 1
    while data[at:at + 1] != b";":
        if data[at] == 0x21:
            body, following = blocks(at + 2)
            if data[at + 1] == 0xF9:
                delay = struct.unpack_from("<H", body, 1)[0]
            at = following
        else:
            assert data[at] == 0x2C and struct.unpack_from("<4H", data, at + 1) == (0, 0, width, height)
            body, following = blocks(at + 11)
            if len(images) < 2 or data[following:following + 1] == b";":  # the first two and the last: Python is slow
                images.append((delay, np.frombuffer(unpack_lzw(body, data[at + 10]), np.uint8).reshape(height, width)))
            else:
                images.append((delay, None))
            at = following
    return images, palette


def cells_of(pixels, rows, cols, cell, margin=8):
    """The index of each cell, which must be one colour all over; row 0 at the bottom."""
    area = pixels[margin:margin + rows * cell, margin:margin + cols * cell].reshape(rows, cell, cols, cell)
    assert (area == area[:, :1, :, :1]).all(), "a cell has two colours"
    return area[::-1, 0, :, 0].astype(int)


def luminance(rgb):
    return (rgb.astype(float) / 255) ** 2.2 @ (0.2126, 0.7152, 0.0722)


def test_pictures(path, out):
    with h5py.File(path) as h5:
        pngs, _ = export("png", out, path, more=("--full-kpa", "500"))
        gifs, _ = export("gif", out, path, more=("--full-kpa", "500"))
        for png, gif, trial in zip(pngs, gifs, trials(h5)):
            largest = pressure(trial).max(axis=0)
            pixels, palette, text = read_png(png)
            cell = int(re.search(r"(\d+) x \d+ pixels a cell", text).group(1))
            rows, cols = largest.shape
            got = cells_of(pixels, rows, cols, cell)
            expected = np.where(largest > 0, np.minimum(255, 3 + np.rint(largest / 500 * 252)), 0)
            assert (np.abs(got - expected) <= (np.abs(largest / 500 * 252 % 1 - 0.5) < 1e-3)).all(), "a colour is not its pressure"
            assert (got > 0).sum() > 100 and (np.diff(luminance(palette[3:])) > -0.002).all() and luminance(palette[3:4]) < 0.05 and luminance(palette[-1:]) > 0.7
            assert len(np.unique(palette[3:], axis=0)) > 240
            images, in_gif = read_gif(gif)
            assert np.array_equal(in_gif, palette) and np.array_equal(images[-1][1], pixels), "the GIF does not end in the PNG's picture"
            step = -(-trial.attrs["rate_hz"] // 25)
            first = cells_of(images[0][1], rows, cols, cell)
            early = pressure(trial)[:int(step)].max(axis=0)
            assert np.array_equal(first > 0, early > 0), "the first image is not the first frames"
            assert abs(images[0][0] - 100 * step / trial.attrs["rate_hz"]) <= 1 and len(images) >= trial["time"].shape[0] // step
    return "every cell's colour is its pressure; the GIF ends in the PNG"


def test_files(path, out):
    """Nothing is replaced, nothing stays half-written, a bad file does not keep the others out."""
    bad = os.path.join(out, "bad.h5")
    with open(bad, "wb") as file:
        file.write(open(path, "rb").read()[:3000])
    folder = os.path.join(out, "new", "deep")
    made, err = export("c3d", folder, bad, path, expect=3)
    assert len(made) == 2 and len(err.splitlines()) == 1 and "bad.h5" in err, err
    before = {p: open(p, "rb").read() for p in made}
    for to in ("c3d", "png"):
        for p in made:
            open(p.replace(".c3d", "." + to), "ab").close()
        again, err = export(to, folder, path, expect=1)
        assert not again and "--force replaces it" in err and len(err.splitlines()) == 1, err
    assert {p: open(p, "rb").read() for p in made} == before
    forced, _ = export("c3d", folder, path, more=("--force",))
    assert forced == made and {p: open(p, "rb").read() for p in made} == before, "the same again is not the same"
    return full_disk(path, out)


def mount(full, size):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", full], capture_output=True, check=False).returncode == 0


def refused_by_full(full, what, *argv, keeps=()):
    """One line, which names the file and the cause; of the files only those that were there, or that were told as made."""
    status, said, err = lab.run("gait", *argv)
    left = [f for f in glob.glob(full + "/**", recursive=True, include_hidden=True) if os.path.isfile(f)]
    assert status == 1 and len(err.splitlines()) == 1 and full + "/" in err and "No space left on device" in err, f"{what}: {status}: {err}"
    assert "/." not in err and "free room there" in err, f"{what}: {err}"
    assert not set(left) - set(said.split()) - set(keeps), f"{what} on a full disk left {left}, said {err}"


def full_disk(path, out):
    """Every verb that writes a file, where nothing fits and where only a beginning does."""
    full, source = os.path.join(out, "full"), os.path.join(out, "source")
    os.mkdir(full)
    if not mount(full, "4k"):
        return "kept and forced (no tmpfs can be mounted here for a full disk)"
    subprocess.run(["umount", full], check=True)
    (lst,), _ = export("emed", source, path, more=("--trial", "1"))
    (journal,), _ = export("journal", source, path, more=("--trial", "1"))
    cases = {to: ("export", "--to", to, "--out", full, "--trial", "1", path) for to in ("csv", "mat", "c3d", "bids", "emed", "png", "gif", "journal")}
    cases |= {"journal -o": ("export", "--to", "journal", "-o", full + "/one.gaitj", "--trial", "1", path), "csv -o": ("export", "--to", "csv", "-o", full + "/one.csv", path)}
    cases |= {end: ("compare", "--report", f"{full}/report.{end}", path) for end in ("pdf", "html", "svg", "png")}
    cases |= {"compare --csv": ("compare", "--csv", full + "/steps.csv", path), "import": ("import", "--out", full, lst), "analyse": ("analyse", "--store", full, journal)}
    for size in ("4k", "16k", "100k"):
        assert mount(full, size)
        try:
            for what, argv in cases.items():
                if size == "4k" or what in {"16k": ("csv", "bids", "emed", "gif", "journal", "html", "svg"), "100k": ("emed", "gif", "journal", "import", "analyse")}[size]:
                    refused_by_full(full, f"{what} in {size}", *argv)
        finally:
            subprocess.run(["umount", full], check=True)
    assert mount(full, os.path.getsize(journal) + 16384)
    try:
        kept = shutil.copy(journal, full + "/trial-001.gaitj")
        refused_by_full(full, "recover", "recover", full, keeps=(kept,))
    finally:
        subprocess.run(["umount", full], check=True)
    return f"kept, forced, and nothing half-written on a full disk by {len(cases) + 1} commands"


def main():
    folder = tempfile.mkdtemp(prefix="gait-exports-")
    sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "interop"))
    try:
        if "bids_validator" in sys.argv:
            bids_validator()  # skips before anything is recorded
        path = record(folder)
        for name in sys.argv[1:]:
            out = os.path.join(folder, "out-" + name)
            os.mkdir(out)
            print(f"{name}: {globals()['test_' + name](path, out)}")
    finally:
        shutil.rmtree(folder)


main()
