"""`gait repair`: a byte is changed in each part of a trial and of a session file in turn. What can be told from other parts comes back to the bit, what cannot is lost and said
so; the file itself is only read, and nothing stays beside the new one. Then bytes anywhere: it ends with 0, 3 or 6 and what it wrote can be read whole. 12 files in the gate,
2,000 with GAIT_TIER=full."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped: %s; install python3-h5py and python3-numpy" % missing)
    sys.exit(77)

MAKE = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "interop_make_session")
FULL = os.environ.get("GAIT_TIER") == "full"
RANDOM_FILES = 2000 if FULL else 12
OK, BAD, GAPS = 0, 3, 6

# What is said of a column that is wrong, and the exit status; the others of a trial are the frames' own numbers.
COLUMNS = {
    "frame": ("frame is counted anew", OK),
    "t_mat_ns": ("t_mat_ns is made from time", OK),
    "t_ns": ("t_ns is t_arrival_ns", OK),
    "t_arrival_ns": ("t_arrival_ns is t_ns", OK),
    "gap_device": ("gaps of frames are those of the table gaps", OK),
    "gap_ring": ("gaps of frames are those of the table gaps", OK),
    "index": ("index is unknown and 0", GAPS),
    "seq": ("seq is unknown and 0", GAPS),
    "tick": ("tick is unknown and 0", GAPS),
    "connection": ("connection is unknown and 0", GAPS),
    "frame_flags": ("frame_flags is unknown and 0", GAPS),
    "calibration_version": ("calibration_version is unknown and 0", GAPS),
}
NUMBERS = ("force_N", "area_mm2", "peak_kPa", "mean_kPa", "cop_x_mm", "cop_y_mm", "contact_cells", "saturated_cells", "peak_cell", "open_footfalls")
EVERY = 1 if FULL else 90  # of the tables that are made from the rest
TRIED = NUMBERS if FULL else ("cop_y_mm", "peak_cell")


def gait(*args):
    done = subprocess.run([lab.program("gait"), *args], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def stored(path):
    """Where the bytes of each dataset lie: {name: [(offset, bytes), ...]}"""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.size and item.id.get_storage_size():
            if item.chunks:
                infos = [item.id.get_chunk_info(i) for i in range(item.id.get_num_chunks())]
                found[name] = [(c.byte_offset, c.size) for c in infos]
            else:
                found[name] = [(item.id.get_offset(), item.id.get_storage_size())]
    with h5py.File(path, "r") as h5:
        h5.visititems(visit)
    return found


def values(path):
    """Everything a file holds: datasets and attributes, but references, which are places in the file."""
    held = {}

    def attributes(name, item):
        for key, value in item.attrs.items():
            if key not in ("REFERENCE_LIST", "DIMENSION_LIST"):
                held[name + "@" + key] = str(np.asarray(value).tolist())

    def visit(name, item):
        attributes(name, item)
        if isinstance(item, h5py.Dataset):
            held[name] = (item.shape, item[()].tobytes())
    with h5py.File(path, "r") as h5:
        attributes("", h5)
        h5.visititems(visit)
    return held


class Case:
    """One file to be broken, in a folder of its own."""

    def __init__(self, folder, source):
        self.source, self.folder = source, os.path.join(folder, "case")
        self.bad, self.out = os.path.join(self.folder, "bad.h5"), os.path.join(self.folder, "out.h5")
        self.stored, self.values = stored(source), values(source)
        os.makedirs(self.folder, exist_ok=True)

    def breaks(self, offset, size):
        shutil.copyfile(self.source, self.bad)
        with open(self.bad, "r+b") as file:
            file.seek(offset + size // 2)
            byte = file.read(1)[0]
            file.seek(offset + size // 2)
            file.write(bytes([byte ^ 0x10]))

    def repair(self):
        """Exit status and words; what is beside the two files, and whether the broken one was touched, is looked at each time."""
        if os.path.exists(self.out):
            os.remove(self.out)
        with open(self.bad, "rb") as file:
            before = file.read()
        status, out, err = gait("repair", self.bad, "--out", self.out)
        with open(self.bad, "rb") as file:
            assert file.read() == before, "the broken file was changed"
        there = sorted(os.listdir(self.folder))
        assert there == (["bad.h5", "out.h5"] if os.path.exists(self.out) else ["bad.h5"]), there
        assert os.path.exists(self.out) == (status in (OK, GAPS)) or "nothing to repair" in err, (status, out, err)
        return status, out + err

    def changed(self):
        now = values(self.out)
        return sorted(name for name in self.values.keys() | now.keys() if self.values.get(name) != now.get(name))


def signed(trial):
    """What differs in every trial that says it was repaired."""
    return {trial + "@repaired", trial + "@texts_crc32c", trial + "/journal/byte", trial + "/journal/byte@NAME", trial + "/journal/records",
            trial + "/journal/records@crc32c"}


def of_column(trial, column):
    return {trial + "/" + column, trial + "/" + column + "@crc32c"}


def check_column(case, trial, column):
    words, wanted = COLUMNS[column]
    status, said = case.repair()
    assert status == wanted and words in said, (column, status, said)
    may = signed(trial) | (of_column(trial, column) if wanted == GAPS or column in ("t_ns", "t_arrival_ns") else set())
    assert set(case.changed()) <= may, (column, case.changed())


def check_numbers(case, trial, column):
    """Computed anew they are what the pipeline makes of the counts."""
    status, said = case.repair()
    assert status == OK and "numbers of frames are computed anew" in said, (column, status, said)
    may = signed(trial).union(*(of_column(trial, name) for name in NUMBERS))
    assert set(case.changed()) <= may, (column, case.changed())
    status, out, err = gait("analyse", "--json", "--frames", case.out)
    frames = [json.loads(line) for line in out.splitlines()]
    force_N = [frame["force_N"] for frame in frames if frame["kind"] == "frame"]
    with h5py.File(case.out, "r") as h5:
        assert h5[trial]["force_N"][...].tolist() == force_N, (status, err, force_N[:4], h5[trial]["force_N"][:4])


def check_raw(case, trial, chunk):
    """Sixteen frames go; the others, and all that was computed live, stay."""
    status, said = case.repair()
    with h5py.File(case.source, "r") as was, h5py.File(case.out, "r") as now:
        kept = np.ones(len(was[trial]["raw"]), bool)
        kept[16 * chunk:16 * chunk + 16] = False
        lost = int((~kept).sum())
        assert status == GAPS and f"{lost} of {len(kept)} frames cannot be read and are lost" in said, said
        for name in ("raw", "frame", "t_mat_ns", "force_N", "seq"):
            assert np.array_equal(now[trial][name][...], was[trial][name][...][kept]), name
        assert now[trial].attrs["gap_damage"] == lost == now[trial]["gaps/gap_damage"][...].sum(), "the gap is not in the file"
        assert np.array_equal(now[trial]["footfalls/peak_kPa"][...], was[trial]["footfalls/peak_kPa"][...], equal_nan=True)
        assert "frames cannot be read" in now[trial].attrs["repaired"]
    status, said, _ = gait("check", case.out)
    assert status == GAPS and ", %d in damaged stretches: damaged\n    repaired 2" % lost in said, said


def check_records(case, trial):
    """The state stands twice in the file: footfalls are made anew with it."""
    status, said = case.repair()
    assert status == GAPS and "footfalls are computed anew" in said, said
    with h5py.File(case.source, "r") as was, h5py.File(case.out, "r") as now:
        for name in ("raw", "frame", "t_mat_ns", "seq", "state/offset", "state/gain"):
            assert np.array_equal(now[trial][name][...], was[trial][name][...]), name
        assert now[trial].attrs["uuid"] == was[trial].attrs["uuid"]
    status, said, err = gait("check", case.out)
    assert status in (OK, GAPS), (said, err)


def check_made(case, name):
    """Made from the rest: as if nothing had been."""
    status, said = case.repair()
    assert status == OK, (name, status, said)
    assert not case.changed(), (name, case.changed())


def each_part(case, every):
    made = 0
    for name, places in sorted(case.stored.items()):
        trial, _, part = name.partition("/") if name.startswith("trial-") else ("", "", name)
        for k, place in enumerate(places):
            case.breaks(*place)
            if part in COLUMNS:
                check_column(case, trial, part)
            elif part in NUMBERS:
                if part in TRIED:
                    check_numbers(case, trial, part)
            elif part == "raw":
                if FULL or place in (places[0], places[-1]):
                    check_raw(case, trial, k)
            elif part == "journal/records":
                check_records(case, trial)
            else:
                made += 1
                if made % every == 0:
                    check_made(case, name)
    return made


def refusals(folder):
    good, journal, out = os.path.join(folder, "clean.h5"), os.path.join(folder, "clean.gaitj"), os.path.join(folder, "new.h5")
    status, _, err = gait("repair", good, "--out", out)
    assert status == OK and "nothing to repair" in err and not os.path.exists(out), (status, err)
    status, _, err = gait("repair", journal, "--out", out)
    assert status == BAD and "gait recover" in err, err
    status, _, err = gait("repair", good, "--out", good)
    assert status not in (OK, GAPS) and "never replaced" in err, (status, err)
    assert gait("repair", good, "--out", os.path.join(folder, "none", "x.h5"))[0] not in (OK, GAPS)
    status, said, err = gait("check", good, os.path.join(folder, "trial-003.h5"))
    assert status == GAPS and [line.rsplit(": ", 1)[1] for line in said.splitlines()] == ["good", "with gaps"], (status, said, err)


def cut_off(case):
    """A copy that was broken off: one byte is nothing, half a file is told, in words and for ever."""
    with open(case.source, "rb") as file:
        source = file.read()
    with open(case.bad, "wb") as file:
        file.write(source[:-1])
    status, said = case.repair()
    assert status == OK and "1 bytes shorter than it was" in said and not case.changed(), (status, said)
    with h5py.File(case.source, "r") as h5:
        last = sorted(name for name in h5 if name.startswith("trial-"))[-1]
    with open(case.bad, "wb") as file:
        file.write(source[:max(offset for offset, _ in case.stored[last + "/journal/records"])])
    status, said = case.repair()
    assert status == GAPS and last + " is lost" in said, (status, said)
    with h5py.File(case.out, "r") as h5:
        assert last not in h5 and last + " is lost" in h5.attrs["repaired"], dict(h5.attrs)
    status, out, err = gait("check", case.out)
    assert status == GAPS and last + " is lost: damaged" in out, (status, out, err)


def without_uuid(case):
    """A uuid stands nowhere else: one that has changed is told, and of one that is none no journal can be made. The other trial is written all the same."""
    for uuid, words, left in (("12345678-9abc-4def-8123-456789abcdef", "its uuid is unproven", 2),
                              ("00000000-0000-0000-0000-000000000000", "trial-002 is lost: what of it is damaged breaks its reader, or nothing can be made of it", 1)):
        shutil.copyfile(case.source, case.bad)
        with h5py.File(case.bad, "r+") as h5:
            h5["trial-002"].attrs["uuid"] = uuid
        status, said = case.repair()
        with h5py.File(case.out, "r") as h5:
            trials = [name for name in h5 if name.startswith("trial-")]
        assert status == GAPS and words in said and len(trials) == left, (status, said, trials)


def without_list(case, trials):
    """Its first bytes are gone, superblock and the head of the root: zeros, as a sector that cannot be read leaves them; or a byte in that head is another. The trials are found."""
    for size in (48, 96, 0):
        case.breaks(150, 1)
        with open(case.bad, "r+b") as file:
            file.write(bytes(size))
        status, said = case.repair()
        assert status == GAPS and "has lost its beginning or the list of its trials" in said, (size, status, said)
        may = {"@repaired", "@session_json", "@texts_crc32c"}.union(*map(signed, trials))
        assert set(case.changed()) <= may, (size, sorted(set(case.changed()) - may))
        status, said, _ = gait("check", case.out)
        assert said.count("    repaired 2") == len(trials), said
    with open(case.bad, "wb") as file:
        file.write(bytes(100000))
    status, said = case.repair()
    assert status == BAD and "no trial is found in it" in said, (status, said)


def at_work(folder):
    return [name for name in os.listdir(folder) if name.startswith(".gait-repair-")]


def stopped(case):
    """Ctrl-C in the middle leaves nothing; one that was done before is tried again."""
    case.breaks(*case.stored["trial-002/raw"][0])
    for _ in range(20):
        if os.path.exists(case.out):
            os.remove(case.out)
        process = subprocess.Popen([lab.program("gait"), "repair", case.bad, "--out", case.out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        while process.poll() is None and not at_work(case.folder):
            pass
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        if process.wait(60) == 130:
            break
    assert process.returncode == 130 and os.listdir(case.folder) == ["bad.h5"], (process.returncode, os.listdir(case.folder))


def anywhere(case, rng):
    kinds = {}
    with open(case.source, "rb") as file:
        source = file.read()
    for _ in range(RANDOM_FILES):
        data = bytearray(source)
        at, n = rng.randrange(len(data)), rng.choice((1, 1, 8, 512))
        data[at:at + n] = rng.choice((bytes(n), b"\xff" * n, rng.randbytes(n)))
        with open(case.bad, "wb") as file:
            file.write(data)
        status, said = case.repair()
        assert status in (OK, BAD, GAPS), (at, n, status, said)
        if os.path.exists(case.out):
            again, out, err = gait("check", case.out)
            assert again in (OK, GAPS), f"{n} bytes at {at}: repaired to a file that is none: {out} {err}"
        kind = "good as it was" if "nothing to repair" in said else {OK: "whole again", GAPS: "with losses", BAD: "not saved"}[status]
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def main():
    rng = random.Random(20261128)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([MAKE, folder], check=True)
        refusals(folder)
        clean = Case(folder, os.path.join(folder, "clean.h5"))
        made = each_part(clean, EVERY)
        session = Case(folder, os.path.join(folder, "2025-03-04-S017", "2025-03-04-S017.h5"))
        name = next(n for n in session.stored if re.fullmatch("trial-002/raw", n))
        session.breaks(*session.stored[name][0])
        status, said = session.repair()
        assert status == GAPS and "frames cannot be read" in said, said
        assert all(n.startswith("trial-002") or n.startswith("session_tables") or "events" in n for n in session.changed()), session.changed()
        cut_off(session)
        stopped(session)
        without_uuid(session)
        without_list(clean, ["trial-005"])
        without_list(session, ["trial-001", "trial-002"])
        kinds = anywhere(session, rng)
    print("RESULT fault.repair: a byte in each part of a trial, %d tables among them (of them each %d.); %d files with bytes anywhere: %s" %
          (made, EVERY, RANDOM_FILES, ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))))


main()
