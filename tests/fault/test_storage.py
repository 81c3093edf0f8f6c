#!/usr/bin/python3
"""Storage when things break: test_storage.py calls|memory|full|kill. Truth is what h5py reads afterwards."""
import glob
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped: %s; install python3-h5py and python3-numpy" % missing)
    sys.exit(77)

STORE = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "fault_store")
FULL = os.environ.get("GAIT_TIER") == "full"
SANITIZED = bool(os.environ.get("GAIT_SANITIZE"))
NAME = "2025-03-04-S017"
FRAMES = 40


def store(*words, fail=None, count=False):
    """Run one step; returns exit code, the last promise "safe N", number of calls, stderr."""
    env = dict(os.environ)
    reader, writer = os.pipe()
    env["GAIT_FAIL_COUNT"] = str(writer)
    for key, value in (fail or {}).items():
        env[key] = str(value)
    done = subprocess.run([STORE, *words], env=env, pass_fds=[writer], capture_output=True, text=True, timeout=120)
    os.close(writer)
    with os.fdopen(reader) as file:
        calls = int(file.read() or 0)
    safe = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("safe")]
    if done.returncode not in (0, 1) or (done.returncode == 1 and done.stderr.count("\n") < 1):
        sys.exit("%s: exit %d, %r" % (words, done.returncode, done.stderr))
    return done.returncode, (safe or [0])[-1], calls, done.stderr


def check_trial(group, at_least, where):
    """Every frame in it is right, they are the first ones, and as many as were promised."""
    raw, number = group["raw"][...], group["frame"][...]
    frames = raw.shape[0]
    if frames < at_least:
        sys.exit("%s: %d frames were promised, %d are there" % (where, at_least, frames))
    if not np.array_equal(number, np.arange(frames)):
        sys.exit("%s: frames %s" % (where, number))
    expected = (np.arange(frames)[:, None] * 12 + np.arange(12)).astype(np.uint16)
    if not np.array_equal(raw.reshape(frames, 12), expected) or not np.array_equal(group["force_N"][...], np.arange(frames) + 0.1):
        sys.exit("%s: frames hold something else than was recorded" % where)
    return frames


def check_folder(folder, promised, where, before_closing=False):
    """After a recovery that nothing disturbed: each trial exactly once, nothing half-written, nothing promised lost."""
    left = [f for f in os.listdir(folder) if f.endswith(".gaitj") or f.endswith(".part")]
    if before_closing:  # a session file that could not even be unlinked goes when the session is closed again
        left = [f for f in left if f != "." + NAME + ".h5.part"]
    if left:
        sys.exit("%s: %s was left behind" % (where, left))
    seen = {}
    for path in glob.glob(os.path.join(folder, "*.h5")):
        with h5py.File(path, "r") as h5:
            for name in h5:
                if name.startswith("trial-"):
                    if name in seen and not before_closing:  # then both are there, and closing again removes one
                        sys.exit("%s: %s is in %s and %s" % (where, name, seen[name], path))
                    seen[name] = path
                    check_trial(h5[name], promised.get(name, 0), where)
    for name, frames in promised.items():
        if frames and name not in seen:
            sys.exit("%s: %s is lost, %d frames of it were promised" % (where, name, frames))
    return seen


def session(top):
    folder = os.path.join(top, NAME)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    return folder


def one_life(top, verb, fail, trials, kept={}):
    """Record, seal, close, with a failure in the first step of that verb; then recover and close undisturbed. What comes before that step is done once, and copied: it is
    the same each time."""
    folder, promised, failed, before = os.path.join(top, NAME), {}, None, os.path.join(top, "before-%s-%d" % (verb, trials))
    steps = [("record", os.path.join(folder, "trial-%03d.gaitj" % (i + 1)), str(FRAMES)) for i in range(trials)] + [("recover", folder), ("close", folder)]
    fail_in = [step[0] for step in steps].index(verb)
    done = os.path.isdir(before)
    if done:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        promised.update(kept[verb, trials])
    else:
        session(top)
    for i, step in enumerate(steps):
        if i < fail_in and done:
            continue
        if i == fail_in and not done:
            shutil.copytree(folder, before)
            kept[verb, trials] = dict(promised)
        code, safe, calls, _ = store(*step, fail=fail if i == fail_in else None)
        if step[0] == "record":
            promised["trial-%03d" % (i + 1)] = safe
        if i == fail_in:
            failed = (code, calls)
        if step[0] == "record" and code == 0 and safe != FRAMES:
            sys.exit("record said it was done and %d frames are safe" % safe)
    return folder, promised, failed


def state(folder, promised):
    """What lies in a folder, to the byte, and what was promised of it. Half a file of a sealer (.part) is removed by the next one, whatever it holds."""
    def digest(name):
        with open(os.path.join(folder, name), "rb") as file:
            return b"" if name.endswith(".part") else hashlib.sha256(file.read()).digest()
    return tuple((n, digest(n)) for n in sorted(os.listdir(folder))), tuple(sorted(promised.items()))


def calls_of(top, verb, trials, chosen, both):
    """Calls of one step fail. chosen: of their number, which; both: once and for ever, else the one or the other."""
    _, _, (code, n) = one_life(top, verb, {}, trials)
    if code != 0 or n < 5:
        sys.exit("%s undisturbed: exit %d, %d calls" % (verb, code, n))
    said = runs = 0
    seen = set()  # folders that were recovered, judged and closed already: the same bytes give the same
    tried = chosen(n)
    for at in tried:
        for for_ever in ({}, {"GAIT_FAIL_FOR_EVER": 1}) if both else ({"GAIT_FAIL_FOR_EVER": 1} if at % 2 else {},):
            runs += 1
            where = "%s, call %d of %d%s" % (verb, at, n, ", for ever" if for_ever else "")
            folder, promised, (code, _) = one_life(top, verb, dict(for_ever, GAIT_FAIL_AT=at, GAIT_FAIL_ERRNO=random.choice((5, 28))), trials)
            said += code
            now = state(folder, promised)
            if now in seen:
                continue
            seen.add(now)
            store("recover", folder)
            check_folder(folder, promised, where, True)
            if any(promised.values()) and store("close", folder)[0] != 0:
                sys.exit(where + ": the session cannot be closed afterwards")
            check_folder(folder, promised, where + ", closed")
    print(("RESULT " if FULL else "") + "%s of %d trial%s: %d of %d calls failed in turn, %d runs: %d told so; %d different folders came of it, nothing promised was lost"
          % (verb, trials, "s"[:trials - 1], sum(at <= n for at in tried), n, runs, said, len(seen)), flush=True)


def calls(top):
    """The Nth call fails, once and for ever, N = 1.. until the step completes; with two trials, whose calls are the same twice over, some of them.
    Under a sanitizer some of one trial."""
    for verb in ("record", "recover", "close"):
        if FULL:
            calls_of(top, verb, 1, lambda n: range(1, n + 2), True)
        if SANITIZED:
            calls_of(top, verb, 1, lambda n, verb=verb: sorted({n - 1, n} | set(random.Random(verb).sample(range(1, n + 1), 2))), False)
        else:
            calls_of(top, verb, 2, lambda n, verb=verb: sorted({1, 2, n - 1, n} | set(random.Random(verb).sample(range(1, n + 1), 30 if FULL else 5))), FULL)


def without_memory(words, at, for_ever, places=None):
    """A step whose at-th allocation fails: (exit code, the last promise, allocations). libhdf5 may crash of it, which is a killed sealer.
    places: a file for the numbers of those that are the first of their place in the source."""
    env = dict(os.environ, LD_PRELOAD=os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_fail_malloc.so"))
    reader, writer = os.pipe()
    env["GAIT_COUNT_MALLOC"] = str(writer)
    if at:
        env["GAIT_FAIL_MALLOC"] = str(at)
    if places:
        env["GAIT_PLACES_MALLOC"] = places
    if for_ever:
        env["GAIT_FAIL_FOR_EVER"] = "1"
    done = subprocess.run([STORE, *words], env=env, pass_fds=[writer], capture_output=True, text=True, timeout=120, check=False)
    os.close(writer)
    with os.fdopen(reader) as file:
        n = int(file.read() or 0)
    return done.returncode, ([int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("safe")] or [0])[-1], n


def memory_step(top, verb, at, for_ever, places=None, seen=None):
    """One failure in one step, from a copy of the folder as it was before it; then an undisturbed recovery and closing, unless that was judged for a folder of
    the same bytes. Returns (exit code, allocations)."""
    folder, before = os.path.join(top, NAME), os.path.join(top, "before-" + verb)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder)
    words = (verb, os.path.join(folder, "trial-001.gaitj"), str(FRAMES)) if verb == "record" else (verb, folder)
    code, said, n = without_memory(words, at, for_ever, places)
    safe = said if verb == "record" else FRAMES
    where = "%s, allocation %d%s" % (verb, at, ", for ever" if for_ever else "")
    if at == 0 and code != 0:
        sys.exit("%s undisturbed: exit %d" % (verb, code))
    now = state(folder, {"trial-001": safe})
    if seen is not None and now in seen:
        return code, n
    store("recover", folder)
    check_folder(folder, {"trial-001": safe}, where, True)
    if safe and store("close", folder)[0] != 0:
        sys.exit(where + ": the session cannot be closed afterwards")
    check_folder(folder, {"trial-001": safe}, where + ", closed")
    if seen is not None:
        seen.add(now)
    return code, n


def memory_steps_before(top):
    """The folder as it is before each step of an undisturbed life."""
    folder = session(top)
    for verb, words in (("record", (os.path.join(folder, "trial-001.gaitj"), str(FRAMES))), ("recover", (folder,)), ("close", (folder,))):
        shutil.copytree(folder, os.path.join(top, "before-" + verb))
        assert store(verb, *words)[0] == 0, verb


def memory(top):
    """The Nth allocation fails in recording, sealing and closing; what was promised is there after an undisturbed recovery. Hundreds of thousands are made, from
    some thousand places (which are their last callers together): each place fails once, and 300 of them for ever too;
    in the gate some allocations do."""
    memory_steps_before(top)
    places = os.path.join(top, "places")
    for verb in ("record", "recover", "close"):
        n = memory_step(top, verb, 0, False, places)[1]
        with open(places, encoding="ascii") as file:
            first = [at for at in map(int, file) if at <= n]  # telling their number takes one more
        assert first and abs(n - memory_step(top, verb, 0, False)[1]) < 20, "%s: the numbers are not those of a run that does not look" % verb
        tried = sorted({1, 2, n, *(first if FULL else random.Random(verb).sample(range(1, n + 1), 6))})
        both = set(random.Random(verb).sample(tried, min(300, len(tried)))) if FULL else ()
        told = crashed = runs = 0
        seen = set()
        for at in tried:
            for for_ever in (False, True) if at in both else (at % 2 == 0 and not FULL,):
                code = memory_step(top, verb, at, for_ever, seen=seen)[0]
                runs, told, crashed = runs + 1, told + (code == 1), crashed + (code < 0)
        print(("RESULT " if FULL else "") + "%s: %d allocations from %d places; %d failed in turn, %d runs: %d told so, %d ended by a signal; nothing promised was lost"
              % (verb, n, len(first), len(tried), runs, told, crashed), flush=True)


def mounted(size):
    folder = tempfile.mkdtemp(prefix="gait-tmpfs-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        os.rmdir(folder)
        print("skipped: a tmpfs cannot be mounted here: %s" % done.stderr.strip())
        sys.exit(77)
    return folder


def full():
    """A disk that fills while recording and while sealing, then has room again."""
    top = mounted("160k")
    try:
        folder = session(top)
        code, safe, _, text = store("record", os.path.join(folder, "trial-001.gaitj"), "4000")
        if code != 1 or "No space left" not in text or safe < 8 or safe >= 4000:
            sys.exit("record on a full disk: exit %d, %d safe, %r" % (code, safe, text))
        code, _, _, text = store("recover", folder)
        if code != 1 or "No space left" not in text:
            sys.exit("sealing on a full disk: exit %d, %r" % (code, text))
        if sorted(os.listdir(folder)) != ["trial-001.gaitj"]:
            sys.exit("sealing on a full disk left %s" % os.listdir(folder))
        subprocess.run(["mount", "-o", "remount,size=64m", top], check=True)
        if store("recover", folder)[0] != 0:
            sys.exit("sealing with room again fails")
        check_folder(folder, {"trial-001": safe}, "full disk")
        with h5py.File(os.path.join(folder, "trial-001.h5"), "r") as h5:
            group = h5["trial-001"]
            if group.attrs["end_why"] != "disk full" or group["footfalls/footfall"].shape[0] != 1 or group["raw"].shape[0] != safe:
                sys.exit("the footfall and the end did not fit what was kept back")
        print("full disk: %d frames safe, told, and all there when there was room" % safe)
    finally:
        subprocess.run(["umount", top], check=False)
        os.rmdir(top)


def killed(words, after_s):
    process = subprocess.Popen([STORE, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    out = process.communicate()[0]
    return ([int(line.split()[1]) for line in out.splitlines() if line.startswith("safe") and len(line.split()) == 2] or [0])[-1]


def kill(top):
    """SIGKILL of the recorder, of the sealer again and again, and of closing."""
    rng, rounds, kills = random.Random(7), 40 if FULL else 6, 0
    for turn in range(rounds):
        folder = session(top)
        safe = killed(("record", os.path.join(folder, "trial-001.gaitj"), "100000", "1"), rng.uniform(0.05, 0.4))
        store("record", os.path.join(folder, "trial-002.gaitj"), "3000")
        promised = {"trial-001": safe, "trial-002": 3000}
        for _ in range(4):
            killed(("recover", folder), rng.uniform(0, 0.25))
            kills += 1
        store("recover", folder)
        check_folder(folder, promised, "killed sealer, turn %d" % turn)
        for _ in range(3):
            killed(("close", folder), rng.uniform(0, 0.25))
            kills += 1
        if store("close", folder)[0] != 0:
            sys.exit("turn %d: the session cannot be closed" % turn)
        check_folder(folder, promised, "killed closing, turn %d" % turn)
    print("%d kills of sealing and closing, %d of recording: every trial back exactly once" % (kills, rounds))


def main():
    mode = sys.argv[1]
    if mode == "full":
        full()
        return
    top = tempfile.mkdtemp(prefix="gait-fault-")
    try:
        {"calls": calls, "memory": memory, "kill": kill}[mode](top)
    finally:
        shutil.rmtree(top)


if __name__ == "__main__":
    main()
