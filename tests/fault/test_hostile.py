"""Journals and session files with bytes that are wrong, through `gait check`: it ends, in bounded memory, with exit status 0, 3 or 6, and what it
refuses gets one line that names the file. 500 files in the gate, 10,000 with GAIT_TIER=full, ten to a call: one that breaks its reader must not
hide the others. What was not touched is still read as good, and a journal that is called good holds, by the reader of tests/interop, every record of
the one it was made from."""
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "interop"))
import journal_reader  # pylint: disable=wrong-import-position
import lab  # pylint: disable=wrong-import-position

try:
    import h5py
    import numpy as np
except ImportError:
    h5py = None

MAKE = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "interop_make_session")
FILES = 10000 if os.environ.get("GAIT_TIER") == "full" else 500
AT_ONCE = 10
MEMORY_BYTES = 1 << 30
EXIT_OK, EXIT_BAD, EXIT_GAPS = 0, 3, 6
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def flip(rng, data):
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def number(rng, data):
    """A length, a count or an address becomes an unlikely one."""
    at = rng.randrange(max(1, len(data) // 8)) * 8 if rng.random() < 0.5 else rng.randrange(len(data))
    size, code = rng.choice(((1, "<B"), (2, "<H"), (4, "<I"), (8, "<Q")))
    data[at:at + size] = struct.pack(code, rng.choice(NUMBERS) & ((1 << 8 * size) - 1))


def run_of(rng, data):
    at, n = rng.randrange(len(data)), rng.choice((1, 8, 64, 512))
    data[at:at + n] = rng.choice((bytes(n), b"\xff" * n, rng.randbytes(n)))


def cut(rng, data):
    del data[rng.randrange(len(data)):]


def move(rng, data):
    """A piece of the file stands somewhere else."""
    at, to, n = rng.randrange(len(data)), rng.randrange(len(data)), rng.choice((8, 48, 200, 512))
    data[to:to + n] = data[at:at + n]


def remove(rng, data):
    at = rng.randrange(len(data))
    del data[at:at + rng.choice((1, 8, 48, 512))]


MUTATIONS = (flip, flip, number, number, run_of, cut, move, remove)


def limits():
    """A reader that takes more than this of memory fails, and so does the test."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check(*paths):
    done = subprocess.run([lab.program("gait"), "check", *paths], capture_output=True, timeout=300, check=False, preexec_fn=limits)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def judge(what, path, out, err):
    """Returns what became of one file of a call, and the exit status that it wants."""
    lines = [line for line in err.splitlines() if path in line]
    said = [line for line in out.splitlines() if line.startswith(path + ": ")]
    if not lines:
        assert said, f"{what}: not a word of it: {out!r}, {err!r}"
        gaps = any(", lost " in line or " in damaged stretches" in line or line.endswith(("cut off", ": damaged")) for line in said)
        return ("gaps", EXIT_GAPS) if gaps else ("good", EXIT_OK)
    assert len(lines) == 1 and lines[0].startswith("gait: "), f"{what}: not one line that names the file: {err!r}"
    if "broke its reader" in lines[0]:
        assert path.endswith(".h5"), f"{what}: our own reader crashed: {err}"
        return "crashed in its child", EXIT_BAD
    return "too long" if "processor time" in lines[0] else "refused", EXIT_BAD


def judged(call):
    """Checks files of one call, {path: what it is}, and returns the kind of each."""
    status, out, err = check(*call)
    found = [judge(what, path, out, err) for path, what in call.items()]
    each = [s for _, s in found]
    worst = next(s for s in (EXIT_BAD, EXIT_GAPS, EXIT_OK) if s in each)
    assert status == worst, f"exit status {status}, should be {worst}: {err!r}"
    assert len(err.splitlines()) == each.count(EXIT_BAD), f"more lines than bad files: {err!r}"
    return [kind for kind, _ in found]


def sources(folder):
    subprocess.run([MAKE, folder], check=True)
    names = ("clean.gaitj", "clean.h5", "trial-003.gaitj", "2025-03-04-S017/2025-03-04-S017.h5")
    paths = [os.path.join(folder, name) for name in names]
    for path in paths:
        assert judged({path: "not touched"}) == ["good" if "clean" in path else "gaps"], path
    return paths


def records(path):
    with open(path, "rb") as journal:
        return [(number, kind, payload) for number, kind, _, payload, _ in journal_reader.records(journal.read())]


def believe(path, what, whole):
    """What was called good: nothing of it may be missing or another."""
    if path.endswith(".gaitj") or h5py:
        now, was = (records(path), whole[0]) if path.endswith(".gaitj") else (content(path), whole[1])
        assert now == was, f"{what}: called good, and it is not what it was"


def empty(folder):
    """A journal that was cut before anything was recorded is a bad file, not a failure of ours."""
    path = os.path.join(folder, "empty.gaitj")
    with open(os.path.join(folder, "trial-003.gaitj"), "rb") as whole:
        head = whole.read(48)
        payload = whole.read(struct.unpack_from("<I", head, 32)[0] + 7 & ~7)
    with open(path, "wb") as out:
        out.write(head + payload)
    assert judged({path: "a header alone"}) == ["refused"]


def broken_reader(folder):
    """A reader that dies of a broken heap is told in one line, without what libc says of it."""
    path = os.path.join(folder, "trial-003.h5")
    done = subprocess.run([lab.program("gait"), "check", path], capture_output=True, text=True, timeout=60, check=False,
                          env=dict(os.environ, LD_PRELOAD=os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_break_reader.so")))
    assert judge("a reader that aborts", path, done.stdout, done.stderr) == ("crashed in its child", done.returncode), done
    assert len(done.stderr.splitlines()) == 1, done


def crc_again(h5, name):
    """As somebody who changes a dataset and knows docs/SESSION.md."""
    h5[name].attrs["crc32c"] = np.uint32(journal_reader.crc32c(h5[name][...].tobytes()))


def number(h5):
    h5["trial-005/footfalls/force_max_N"][0] += 1


def number_with_crc(h5):
    number(h5)
    crc_again(h5, "trial-005/footfalls/force_max_N")


def no_unit(h5):
    del h5["trial-005/force_N"].attrs["units"]


def other_unit(h5):
    h5["trial-005/footfalls/stance_s"].attrs["units"] = "ms"
    del h5["trial-005/footfalls/stance_s"].attrs["texts_crc32c"]


def other_text(h5):
    h5["trial-005"].attrs["condition"] = "another"


def no_scale(h5):
    h5["trial-005/extra"] = [1.0, 2.0]
    h5["trial-005/extra"].attrs["units"] = h5["trial-005/extra"].attrs["long_name"] = "1"


def frames(h5):
    h5["trial-005"].attrs["frames"] = 500


def gap_ring(h5):
    h5["trial-005"].attrs["gap_ring"] = 7


def gap_of_a_frame(h5):
    h5["trial-005/gap_device"][20] = 1
    crc_again(h5, "trial-005/gap_device")


def no_footfalls(h5):
    del h5["trial-005/footfalls"]


TOLD = ((number, EXIT_BAD, "footfalls/force_max_N differs from its checksum"),
        (number_with_crc, EXIT_BAD, "footfalls/force_max_N differs from the footfalls' records"),
        (no_unit, EXIT_BAD, "trial-005/force_N has no units"), (other_unit, EXIT_BAD, "footfalls/stance_s has another unit"),
        (other_text, EXIT_BAD, "trial-005 has texts as attributes that differ"),
        (no_scale, EXIT_BAD, "trial-005/extra has an axis without a scale"),
        (frames, EXIT_GAPS, "trial-005 holds 40 and its attribute frames says 500"),
        (gap_ring, EXIT_GAPS, "trial-005 holds 0 and its attribute gap_ring says 7"),
        (gap_of_a_frame, EXIT_GAPS, "trial-005 holds 1 and its attribute gap_device says 0"),
        (no_footfalls, EXIT_GAPS, "trial-005 has no table of footfalls"))


def told(folder):
    """What a good HDF5 file says wrongly is told by name."""
    if not h5py:
        return "not tried, h5py is not installed"
    for change, exit_status, say in TOLD:
        path = os.path.join(folder, change.__name__ + ".h5")
        shutil.copy(os.path.join(folder, "clean.h5"), path)
        with h5py.File(path, "r+") as h5:
            change(h5)
        status, out, err = check(path)
        assert status == exit_status and say in (err if exit_status == EXIT_BAD else out), f"{change.__name__}: {status} {out!r} {err!r}"
        assert len(err.splitlines()) == (exit_status == EXIT_BAD), f"{change.__name__}: {err!r}"
    return f"{len(TOLD)} changes with h5py are told by name"


def content(path):
    """All that a reader sees of an HDF5 file, but references."""
    found = {}

    def attributes(name, item):
        for key in item.attrs:
            if key not in ("REFERENCE_LIST", "DIMENSION_LIST"):
                found[name, key] = repr(item.attrs[key])

    def visit(name, item):
        attributes(name, item)
        if isinstance(item, h5py.Dataset):
            found[name] = (item.shape, str(item.dtype), item[...].tobytes())
    with h5py.File(path, "r") as h5:
        attributes("/", h5)
        h5.visititems(visit)
    return found


def flipped(folder, rng):
    """One bit of the values of a dataset that is not compressed, of the texts of attributes, of a number as attribute."""
    if not h5py:
        return
    source, calls = os.path.join(folder, "clean.h5"), {}
    with open(source, "rb") as h5:
        data = h5.read()
    places = []
    with h5py.File(source, "r") as h5:
        h5.visititems(lambda name, item: places.append((name, item.id.get_offset(), item.id.get_storage_size()))
                      if isinstance(item, h5py.Dataset) and item.chunks is None and item.id.get_storage_size() else None)
    texts = [("texts", data.index(text), len(text)) for text in (b"barefoot", b"centre of pressure along the walkway") if text in data]
    with h5py.File(source, "r") as h5:
        value = h5["trial-005"].attrs["start_realtime_ns"].tobytes()
    texts += [("a number as attribute", at, 8) for at in range(len(data)) if data.startswith(value, at)]
    for i, (name, at, size) in enumerate(rng.sample(places, 12) + texts):
        changed = bytearray(data)
        changed[at + rng.randrange(size)] ^= 1 << rng.randrange(8)
        path = os.path.join(folder, f"flipped-{i}.h5")
        with open(path, "wb") as out:
            out.write(changed)
        calls[path] = f"a bit of {name}"
    kinds = judged(calls)
    assert kinds == ["refused"] * len(calls), list(zip(calls.values(), kinds))


def damaged_records(folder):
    """A record that is no frame, damaged: told with its kind by `check` and `recover`, and of the sealed file too."""
    source, copy = os.path.join(folder, "clean.gaitj"), os.path.join(folder, "damaged.gaitj")
    with open(source, "rb") as journal:
        data = journal.read()
    for kind, name in ((1, "header"), (6, "footfall"), (7, "action")):
        changed = bytearray(data)
        _, _, at, payload, _ = next(record for record in journal_reader.records(data) if record[1] == kind)
        changed[at + 48 + len(payload) // 2] ^= 1
        with open(copy, "wb") as out:
            out.write(changed)
        say = f"1 record damaged (1 {name})"
        status, out, err = check(copy)
        assert status == EXIT_GAPS and say in out and ("its end counts 4 footfalls" in out) == (kind == 6), (status, out, err)
        done = subprocess.run([lab.program("gait"), "recover", copy], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == EXIT_GAPS and say in done.stdout, done
        sealed = copy[:-6] + ".h5"
        status, out, err = check(sealed)
        assert status == EXIT_GAPS and say in out and out.rstrip().endswith(": damaged"), (status, out, err)
        os.unlink(sealed)


def hostile(rng, folder, i, source):
    """Writes file i; returns its path and what it is."""
    data = bytearray(open(source, "rb").read())
    mutation = rng.choice(MUTATIONS)
    mutation(rng, data)
    path = os.path.join(folder, f"hostile-{i % AT_ONCE}" + os.path.splitext(source)[1])
    with open(path, "wb") as out:
        out.write(data)
    return path, f"file {i} ({os.path.basename(source)}, {mutation.__name__})"


def main():
    folder = tempfile.mkdtemp(prefix="gait-hostile-")
    rng = random.Random(20250304)
    counts = {}
    try:
        paths = sources(folder)
        print(told(folder))
        damaged_records(folder)
        flipped(folder, rng)
        whole = records(paths[0]), content(paths[1]) if h5py else None
        empty(folder)
        broken_reader(folder)
        call = {}
        for i in range(FILES):
            path, what = hostile(rng, folder, i, paths[i % len(paths)])
            call[path] = what
            if len(call) == AT_ONCE or i == FILES - 1:
                for (path, what), kind in zip(call.items(), judged(call)):
                    counts[kind] = counts.get(kind, 0) + 1
                    if kind == "good":
                        believe(path, what, whole)
                call = {}
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        assert peak < MEMORY_BYTES, f"a reader took {peak >> 20} MiB"
        assert counts.get("refused", 0) > FILES / 20 and counts.get("crashed in its child", 0) <= FILES / 50, counts  # libhdf5's heap of texts, all of which are read
        print(("RESULT hostile files: " if FILES > 500 else "") + f"{FILES} files: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) + f"; at most {peak >> 20} MiB")
    finally:
        shutil.rmtree(folder)


main()
