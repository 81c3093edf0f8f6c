#!/usr/bin/python3
"""The Nth call into HDF5 fails, once and for ever, while a trial is sealed and while its session is closed. Then either the step said so, with the form
before it untouched, or its file is in every dataset, attribute and scale the file of a step that nothing disturbed, as h5py reads both. Never a third."""
import filecmp
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

from test_storage import FRAMES, FULL, NAME, STORE, check_folder, h5py, session, store

SHIM = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_fail_hdf5.so")
OF_SCALES = {"DIMENSION_LIST", "REFERENCE_LIST"}  # references into the file: what they say is compared through h5py's dims
GATE = 6  # places of a step that fail in the gate
NO_MATTER = {"H5Eauto_is_v2", "H5Eclear2", "H5Eget_auto1", "H5Eget_auto2", "H5Eset_auto1", "H5Eset_auto2", "H5Ewalk2", "H5check_version",
             "H5dont_atexit", "H5free_memory", "H5open"}


def shim_knows_all():
    """Every HDF5 function that the code under test calls is one that can fail here."""
    def names(kind, path):
        out = subprocess.run(["nm", "-D", kind, path], capture_output=True, text=True, check=True).stdout
        words = {word.split("@")[0] for word in out.split()}  # without the version of a symbol
        return {word for word in words if word.startswith("H5") and not word.endswith("_g")}
    missing = names("--undefined-only", STORE) - names("--defined-only", SHIM) - NO_MATTER
    assert not missing, f"{SHIM} lets these always succeed: {missing}"


def contents(path):
    """All that h5py sees in a file."""
    seen = {}

    def take(name, item):
        attrs = {key: (str(h5py.check_string_dtype(item.attrs.get_id(key).dtype)), repr(value.tolist() if hasattr(value, "tolist") else value))
                 for key, value in item.attrs.items() if key not in OF_SCALES}
        if isinstance(item, h5py.Dataset):
            scales = [[scale.name for scale in axis.values()] for axis in item.dims]
            seen[name] = (item.shape, str(item.dtype), item[...].tobytes(), scales, attrs)
        else:
            seen[name] = attrs
    with h5py.File(path, "r") as h5:
        take("/", h5["/"])
        h5.visititems(take)
    return seen


def difference(wanted, path):
    """Where a file says something else than the one that nothing disturbed made. Most are equal to the byte, which is looked at first."""
    if filecmp.cmp(wanted, path, shallow=False):
        return []
    was, now = contents(wanted), contents(path)
    return [name for name in sorted(set(was) | set(now)) if was.get(name) != now.get(name)]


def digests(folder):
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest() for name in os.listdir(folder)}


def step(words, at=0, for_ever=False, trace=None):
    """(exit status, calls counted, words for an error)"""
    env = dict(os.environ, LD_PRELOAD=SHIM)
    if trace:
        env["GAIT_TRACE_HDF5"] = trace
    reader, writer = os.pipe()
    env["GAIT_COUNT_HDF5"] = str(writer)
    if at:
        env["GAIT_FAIL_HDF5"] = str(at)
    if for_ever:
        env["GAIT_FAIL_FOR_EVER"] = "1"
    done = subprocess.run([STORE, *words], env=env, pass_fds=[writer], capture_output=True, text=True, timeout=300, check=False)
    os.close(writer)
    with os.fdopen(reader) as file:
        n, name = file.read().split() or (0, "-")
    where = f"{words[0]}, call {at} ({name}){' for ever' if for_ever else ''}"
    assert done.returncode in (0, 1), f"{where}: exit {done.returncode}, {done.stderr}"
    assert done.returncode == 0 or done.stderr.count("\n") == 1, f"{where}: not one line: {done.stderr!r}"
    return done.returncode, int(n), where


def one(top, pattern, verb, made, wanted, at, for_ever):
    """One failure in one step, from a copy of the folder as it was before that step. Returns whether the step said so."""
    folder = os.path.join(top, NAME)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pattern, folder)
    before = digests(folder)
    code, _, where = step((verb, folder), at, for_ever)
    if code == 0:
        wrong = difference(wanted, os.path.join(folder, made))
        assert not wrong, f"{where}: said to be well, and differs in {wrong}"
    else:
        now = digests(folder)
        assert all(now.get(name) == digest for name, digest in before.items()), f"{where}: what was there is not any more: {sorted(now)}"
    code_after, _, _, text = store(verb, folder)
    assert code_after == 0, f"{where}: cannot be done afterwards: {text}"
    assert not difference(wanted, os.path.join(folder, made)), f"{where}: another file afterwards"
    assert os.listdir(folder) == [made], f"{where}: {os.listdir(folder)} in the end"
    return code


def choose(trace):
    """Numbers of calls to fail. Tens of thousands are made, from some hundred places in the source: each place fails at its first, its last and at
    some other times; in the gate, at one of them."""
    sites, rng = {}, random.Random(5)
    with open(trace, encoding="ascii") as file:
        for n, line in enumerate(file, 1):
            sites.setdefault(line, []).append(n)
    if FULL:
        chosen = {n for calls in sites.values() for n in (calls[0], calls[-1], *rng.sample(calls, min(3, len(calls))))}
    else:
        chosen = {rng.choice(calls) for calls in rng.sample(sorted(sites.values()), min(GATE, len(sites)))}
    return sorted(chosen), len(sites)


def every(top, pattern, verb, made):
    """The step undisturbed, then calls of it that fail. The folder is left as the undisturbed step made it."""
    folder, trace = os.path.join(top, NAME), os.path.join(top, "trace")
    code, n, _ = step((verb, folder), trace=trace)
    assert code == 0 and n > 1000, f"{verb} undisturbed: exit {code}, {n} calls"
    check_folder(folder, {"trial-001": FRAMES}, verb)
    keep = os.path.join(top, "kept")
    shutil.move(folder, keep)
    wanted = os.path.join(keep, made)
    tried, sites = choose(trace)
    runs = said = 0
    for at in tried:
        for for_ever in (False, True) if FULL else (at % 4 == 0,):
            runs, said = runs + 1, said + one(top, pattern, verb, made, wanted, at, for_ever)
    shutil.rmtree(folder)
    shutil.move(keep, folder)
    print(f"{'RESULT ' if FULL else ''}{verb}: {n} HDF5 calls from {sites} places; {len(tried)} failed in turn, {runs} runs: {said} told so and kept what "
          f"there was, {runs - said} made the same file all the same")


def main():
    shim_knows_all()
    top = tempfile.mkdtemp(prefix="gait-hdf5-")
    try:
        folder = session(top)
        store("record", os.path.join(folder, "trial-001.gaitj"), str(FRAMES))
        for verb, made in (("recover", "trial-001.h5"), ("close", NAME + ".h5")):
            pattern = os.path.join(top, "before-" + verb)
            shutil.copytree(folder, pattern)
            every(top, pattern, verb, made)
    finally:
        shutil.rmtree(top)


main()
