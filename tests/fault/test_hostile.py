"""Journals and session files with bytes that are wrong, through `gait check`: it ends, in bounded memory, with exit status 0, 3 or 6, and what it
refuses gets one line that names the file. 500 files in the gate, 10,000 with GAIT_TIER=full, ten to a call: one that breaks its reader must not
hide the others. What was not touched is still read as good."""
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

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
        gaps = any(", lost " in line or " in damaged stretches" in line or line.endswith("cut off") for line in said)
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
    names = ("trial-003.gaitj", "trial-003.h5", "2025-03-04-S017/2025-03-04-S017.h5")
    paths = [os.path.join(folder, name) for name in names]
    for path in paths:
        assert judged({path: "not touched"})[0] in ("good", "gaps"), path
    return paths


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


def told(folder):
    """What a good HDF5 file says wrongly is told by name: a changed number, a missing unit, another unit, a table cut short."""
    try:
        import h5py  # pylint: disable=import-outside-toplevel
    except ImportError:
        return "not tried, h5py is not installed"

    def number(h5):
        h5["trial-003/footfalls/force_max_N"][0] += 1

    def no_unit(h5):
        del h5["trial-003/force_N"].attrs["units"]

    def other_unit(h5):
        h5["trial-003/footfalls/stance_s"].attrs["units"] = "ms"

    def no_scale(h5):
        h5["trial-003/extra"] = [1.0, 2.0]
        h5["trial-003/extra"].attrs["units"] = h5["trial-003/extra"].attrs["long_name"] = "1"
    for change, say in ((number, "footfalls/force_max_N differs from the footfalls' records"), (no_unit, "trial-003/force_N has no units"),
                        (other_unit, "footfalls/stance_s has another unit"), (no_scale, "trial-003/extra has an axis without a scale")):
        path = os.path.join(folder, change.__name__ + ".h5")
        shutil.copy(os.path.join(folder, "trial-003.h5"), path)
        with h5py.File(path, "r+") as h5:
            change(h5)
        status, _, err = check(path)
        assert status == EXIT_BAD and len(err.splitlines()) == 1 and say in err, f"{change.__name__}: {status} {err!r}"
    return "a changed number, missing and other units, a missing scale are told by name"


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
        empty(folder)
        broken_reader(folder)
        call = {}
        for i in range(FILES):
            path, what = hostile(rng, folder, i, paths[i % len(paths)])
            call[path] = what
            if len(call) == AT_ONCE or i == FILES - 1:
                for kind in judged(call):
                    counts[kind] = counts.get(kind, 0) + 1
                call = {}
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        assert peak < MEMORY_BYTES, f"a reader took {peak >> 20} MiB"
        assert counts.get("refused", 0) > FILES / 20 and counts.get("crashed in its child", 0) <= FILES / 100, counts
        print(("RESULT hostile files: " if FILES > 500 else "") + f"{FILES} files: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) + f"; at most {peak >> 20} MiB")
    finally:
        shutil.rmtree(folder)


main()
