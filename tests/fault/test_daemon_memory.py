"""An allocation of gaitd fails, once or for ever, while a whole visit runs: it refuses with a line, or ends with one, and asking again or its next start goes on. Every
frame that was written is in the session file, to the bit what the undisturbed walker gives; what is missing is counted; no row of session.json is lost."""
import mmap
import os
import random
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import Gaitd, skip  # noqa: E402

try:
    import h5py
    import numpy as np
    from journal_frames import written
except ImportError:
    skip("python3-h5py is not installed")

FULL = os.environ.get("GAIT_TIER") == "full"
PLACES = int(os.environ.get("GAIT_PLACES", 300 if FULL else 4))
SHIM = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_fail_malloc.so")
YAML = """version: 1
mats: [{id: mat-1, source: {walker: "seed=4,rows=96,cols=32,pitch=10,rate=100,mass=70,lead_s=0.1,tail_s=0.1", speed: 4}}]
recording: {floor_min: 0, pre_trigger_s: 0}
"""
WORDS = ("no memory", "out of memory", "OUT OF MEMORY", "bad_alloc", "Cannot allocate memory", "Assertion failed")  # the others are libzmq's and libstdc++'s


class Ended(Exception):
    """gaitd is gone."""


class Board:
    """What the shim shares: how many allocations there were, and which one fails."""

    def __init__(self, path):
        with open(path, "w+b") as f:
            f.write(bytes(112))
            f.flush()
            self.map = mmap.mmap(f.fileno(), 112)

    def calls(self):
        return struct.unpack_from("q", self.map, 0)[0]

    def fail(self, at, for_ever):
        struct.pack_into("q", self.map, 8, -at if for_ever else at)


    def only(self, pid, program):
        """From here on only allocations count that may be refused: gaitd's own and its libraries', but no JSON and nothing by memory_new()."""
        with open(f"/proc/{pid}/maps", encoding="ascii") as f:
            maps = [line.split() for line in f]
        text = [[int(x, 16) for x in m[0].split("-")] for m in maps if "x" in m[1] and m[-1].split("/")[-1].startswith(("gaitd", "libgait.so"))]
        base = min(int(m[0].split("-")[0], 16) for m in maps if m[-1].endswith("/gaitd"))
        names = [line.split() for line in subprocess.run(["nm", "-S", program], capture_output=True, text=True, check=True).stdout.splitlines()]
        never = [[base + int(n[0], 16), base + int(n[0], 16) + int(n[1], 16)] for n in names if n[-1] in ("for_json", "memory_new")]
        assert 1 <= len(text) <= 4 and len(never) == 2, (text, never)
        self.fail(0, False)
        struct.pack_into("4q", self.map, 80, *never[0], *never[1])
        for i, one in enumerate(text):
            struct.pack_into("2q", self.map, 16 + 16 * i, *one)


class Visit:
    """One session with one trial, in steps. own: of the allocations after the start, only those count that may be refused."""

    def __init__(self, own=False):
        self.own = own
        self.d = Gaitd(YAML)
        self.board = Board(self.d.folder + "/board")
        self.trial = self.closed = None
        self.refused = []

    def ask(self, verb, **args):
        """Answered, or gaitd has ended; a refusal for want of memory is asked again and must be no more than that."""
        for _ in range(20):
            self.d.number += 1
            request = str(self.d.number)
            reply, end, again = None, time.monotonic() + 60, 0
            while reply is None:
                if time.monotonic() > again:  # libzmq drops a message that it has no memory for: the same request, with its id
                    again = time.monotonic() + 5
                    self.d.requests.send_json({"v": "1.0", "client": self.d.client, "id": request, "verb": verb, "args": args})
                try:
                    reply = self.d.reply(request, 100)
                except TimeoutError:
                    if self.d.process.poll() is not None:
                        raise Ended from None
                    assert time.monotonic() < end, f"{verb}: no answer, and gaitd lives: {self.d.said()}"
            if reply["ok"]:
                return reply["result"]
            self.refused.append((verb, reply["error"]["code"], reply["error"]["message"]))
        raise AssertionError(f"{verb} is refused again and again: {self.refused[-1]}")

    def start(self):
        os.environ.update(LD_PRELOAD=SHIM, GAIT_MALLOC_BOARD=self.d.folder + "/board")
        try:
            self.d.start()
        except RuntimeError:
            raise Ended from None
        finally:
            del os.environ["LD_PRELOAD"], os.environ["GAIT_MALLOC_BOARD"]
        if self.own:
            self.board.only(self.d.process.pid, self.d.command()[0])

    def open(self):
        self.ask("session open", subject="S01", mass_kg=70, fields={"footwear": "barefoot", "x_note": "memory"})

    def begin(self):
        self.trial = self.ask("trial start", timepoint="pre1")["trials"][0]

    def walk(self):
        self.ask("mark", text="here")
        while self.ask("status")["mats"][0]["trial"]:
            time.sleep(0.02)

    def seal(self):
        while self.ask("status")["session"]["trials"][0]["state"] != "sealed":
            time.sleep(0.02)

    def close(self):
        self.closed = self.ask("session close")["path"]

    STEPS = ("start", "open", "begin", "walk", "seal", "close")


def undisturbed(own=False):
    """Allocations of each step, and what the session file holds."""
    v, counts = Visit(own), []
    for step in Visit.STEPS:
        before = v.board.calls()
        getattr(v, step)()
        counts.append(v.board.calls() - before)
    assert not v.refused, v.refused
    truth = contents(v.closed)
    with v.d:  # is started again, and stopped
        pass
    assert (own or min(counts) > 10) and truth["footfalls"] >= 1, (counts, truth["footfalls"])
    return counts, truth


Gaitd.__enter__ = lambda self: self if self.process and self.process.poll() is None else self.start()


def contents(path):
    with h5py.File(path, "r") as f:
        t = f["trial-001"]
        lost = int(t.attrs["gap_device"]) + int(t.attrs["gap_ring"])
        return {"frame": t["frame"][:], "seq": t["seq"][:], "raw": t["raw"][:], "force": t["force_N"][:], "lost": lost, "why": t.attrs["end_why"],
                "footfalls": int(t.attrs["footfalls"]) + int(t.attrs["footfalls_dropped"]), "note": t.attrs.get("x_note"), "mass": f.attrs["mass_kg"],
                "marks": [x for x in f["events"].attrs.get("texts", []) if x == "here"] if "events" in f else []}


def judge(there, truth, promised, where):
    n = len(there["frame"])
    assert n >= promised and np.array_equal(there["frame"], np.arange(n)), f"{where}: {n} frames of {promised} that were written"
    at = there["seq"] - truth["seq"][0]
    assert np.array_equal(there["raw"], truth["raw"][at]) and np.array_equal(there["force"], truth["force"][at]), f"{where}: frames hold something else"
    assert there["note"] == "memory" and there["mass"] == 70, f"{where}: fields of the session are missing"
    if there["why"] != "cut off":
        assert n + there["lost"] == len(truth["frame"]), f"{where}: {n} frames, {there['lost']} told as lost, {len(truth['frame'])} walked"
        assert there["footfalls"] == truth["footfalls"] and there["marks"] == truth["marks"], f"{where}: {there['footfalls']} footfalls, {there['marks']}"


def broken(v, step, n, for_ever):
    """The visit until gaitd ends, or to its end. Returns whether it ended."""
    try:
        for name in Visit.STEPS:
            if name == step:
                v.board.fail(v.board.calls() + n, for_ever)
            getattr(v, name)()
        v.board.fail(0, False)  # not reached, perhaps
        v.ask("status")
    except Ended:
        code, said = v.d.process.wait(60), v.d.said()  # one that lives elsewhere is no end
        if code in (-11, -6) and step == "start" and not said:
            return True  # libpgm, which zmq_ctx_new() begins, dies of it (its word is on standard output), or glibc's getprotobyname() in it; nothing was served yet
        assert code in (1, 3, -6) and any(w in said for w in WORDS), f"{step}: ended with {code} and said: {said}"
        return True
    return False


def one_place(step, n, for_ever, truth, own=False):
    where, v = f"{step}, {'own ' if own else ''}allocation {n}{', for ever' if for_ever else ''}", Visit(own)
    ended = broken(v, step, n, for_ever)
    promised = 0
    if v.trial and os.path.exists(v.trial["journal"]):
        promised = len(written(v.trial["journal"]))
    if ended and hasattr(v.d, "requests"):
        v.d.requests.close()
    with v.d as d:
        d.wait_for(lambda: (s := d.ask("status")["sealer"])["running"] is None and not s["waiting"], "what was left to be sealed")
        state = d.ask("status")["session"]
        if state and state["trials"]:
            v.closed = d.ask("session close")["path"]
        whole = v.closed or (v.trial and os.path.join(os.path.dirname(v.trial["journal"]), os.path.basename(os.path.dirname(v.trial["journal"])) + ".h5"))
        if whole:
            judge(contents(whole), truth, promised, where)
    return ended, bool(v.refused), promised


def refusable(truth, rng):
    """What may be refused is: one answer with a line, the next one does it, and gaitd lives."""
    counts = undisturbed(True)[0]
    places = [(step, n) for step, count in zip(Visit.STEPS, counts) for n in range(1, count + 1) if step in ("open", "begin")]
    assert places, counts
    ended, refused, chosen = 0, 0, places if FULL else rng.sample(places, 2)
    for step, n in chosen:
        gone, told, _ = one_place(step, n, False, truth, True)
        ended, refused = ended + gone, refused + told
    print(("RESULT gaitd's memory: " if FULL else "") + f"{len(places)} allocations of opening a session and starting a trial may be refused, {len(chosen)} failed "
          f"in turn: {refused} refused with a line, {ended} ended gaitd")
    assert refused == len(chosen) and not ended, "it might have been refused"


def main():
    counts, truth = undisturbed()
    rng = random.Random(int(os.environ.get("GAIT_SEED", 5)))
    ended = refused = 0
    for i in range(PLACES):
        k = i % len(counts)
        gone, told, _ = one_place(Visit.STEPS[k], rng.randrange(1, counts[k] + 1), rng.random() < 0.3, truth)
        ended, refused = ended + gone, refused + told
    refusable(truth, rng)
    print(("RESULT gaitd's memory: " if FULL else "") + f"{PLACES} of {sum(counts)} allocations of a visit failed in turn: gaitd ended with a line {ended} times, "
          f"refused with one {refused} times; every written frame is in the session file")


main()
