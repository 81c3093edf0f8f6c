"""A trial in several journals: by recording.max_trial_s, by an fdatasync that fails once. Every frame and every footfall stands exactly once in the session file,
also when the wall clock is set a day back and a year on meanwhile. And a subscriber that was stopped (SIGSTOP) is nobody's trouble."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import Gaitd, Refused, collect, skip  # noqa: E402

try:
    import h5py
except ImportError:
    skip("python3-h5py is not installed")

WALK = "seed=4,rows=200,cols=48,rate=100,mass=70,lead_s=0.1,tail_s=0.1"
DAY_S = 86400
# streams without end: frames come all the time
FREE = """version: 1
mats: [{id: mat-1, source: {walker: "%s", speed: %g, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0%s}
stream: {high_water_mark: 10}
"""


def whole(path, ended):
    """The parts of trial 1 in their order; frames and footfalls of all of them once and without a hole. Returns how many parts."""
    with h5py.File(path, "r") as f:
        parts = sorted((n for n in f if n.startswith("trial-001")), key=lambda n: int(f[n].attrs["first_frame"]))
        frames = [int(i) for n in parts for i in f[n]["frame"][:]]
        index = [int(i) for n in parts for i in f[n]["index"][:]]
        feet = [int(i) for n in parts if "footfalls" in f[n] and "footfall" in f[n]["footfalls"] for i in f[n]["footfalls/footfall"][:]]
        uuids = [f[n].attrs["uuid"] for n in parts]
        continues = [f[n].attrs["continues"] for n in parts]
    assert frames == list(range(ended["frames"])), (len(frames), ended["frames"], parts)
    assert [b - a for a, b in zip(index, index[1:])] == [1] * (len(index) - 1), "ring indices have a hole"
    assert feet == list(range(1, ended["footfalls"] + 1)), (feet, ended["footfalls"])
    assert continues[1:] == uuids[:-1], "the parts do not name the one before"
    return parts


def set_clock(d, by_s):
    with open(d.clock + ".new", "w", encoding="ascii") as f:
        f.write(str(by_s))
    os.rename(d.clock + ".new", d.clock)
    ran = d.ask("status")["mats"][0]["trial"]["seconds"]
    assert 0 < ran < 3600, f"the trial is said to run for {ran} s"


def clock_is_told(path, parts):
    """Frames are in order through all jumps; the pairs of clocks, at least one in each part, tell them."""
    with h5py.File(path, "r") as f:
        t_ns = [int(t) for n in parts for t in f[n]["t_ns"][:]]
        ahead = [int(r) - int(m) for n in parts for r, m in zip(f[n]["clock/realtime_ns"][:], f[n]["clock/monotonic_ns"][:])]
        assert all(len(f[n]["clock/realtime_ns"]) for n in parts), "a part does not say when it was"
    assert all(b > a for a, b in zip(t_ns, t_ns[1:])), "time goes back"
    jumps = [round((b - a) / (DAY_S * 1e9), 2) for a, b in zip(ahead, ahead[1:]) if abs(b - a) > 60e9]
    assert jumps == [-1.0, 366.0], jumps
    print("the wall clock was set by days of", jumps)


def record(d, seconds, rate, clock=()):
    """clock: (after so many seconds, the wall clock is so far beside)"""
    sub = d.subscribe("frame10/")
    d.ask("session open", subject="S01")
    first = d.ask("trial start")["trials"][0]["first_frame"]
    for at, by_s in clock:
        collect(sub, lambda t, h, at=at: t == "frame10/mat-1/" and h["frame"] >= first + at * rate)
        set_clock(d, by_s)
    collect(sub, lambda t, h: t == "frame10/mat-1/" and h["frame"] >= first + seconds * rate)
    ended = d.ask("trial stop")["trials"][0]
    assert ended["why"] == "stop" and ended["lost_ring"] == 0, ended
    assert ended["footfalls"] > 0, "nobody walked"
    return ended


def gait(*args):
    return subprocess.run([os.path.join(os.environ["GAIT_BIN_DIR"], "gait"), *args], capture_output=True, text=True, timeout=120)


def exports_of_parts(folder, path, parts):
    """Each part in files of its own; one trial to the statistics."""
    for form, below in (("emed", ""), ("bids", "sub-S01")):
        out = os.path.join(folder, form)
        done = gait("export", "--to", form, "--out", out, path)
        assert done.returncode == 0, (form, done.stderr)
        made = done.stdout.split()
        assert len(set(made)) == len(parts) and all(os.path.getsize(name) for name in made), (form, made, parts)
        assert all(below in name for name in made), made
    compared = gait("--json", "compare", path)
    if "is no verb" not in compared.stderr:  # built without
        (group,) = json.loads(compared.stdout)["groups"]
        assert group["trials"] == 1, group


def long_trial():
    d = Gaitd(FREE % (WALK, 1, ", max_trial_s: 1"))
    d.clock = os.path.join(d.folder, "clock")
    os.environ["LD_PRELOAD"] = os.path.join(os.path.dirname(os.environ["GAIT_BIN_DIR"]), "tests", "bin", "gait_set_clock.so")
    os.environ["GAIT_SET_CLOCK"] = d.clock
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with d:
        del os.environ["LD_PRELOAD"], os.environ["GAIT_SET_CLOCK"]
        ended = record(d, 3.3, 100, [(1.2, -DAY_S), (2.2, 365 * DAY_S)])
        row = d.ask("status")["session"]["trials"][0]
        closed = d.ask("session close")
        parts = whole(closed["path"], ended)
        # the stop may come a part later on a busy machine; a part lasts a second of the mat's time and a little more
        assert 4 <= len(parts) <= ended["frames"] // 100 + 1 and len(row["parts"]) == len(parts) - 1, (parts, row)
        assert not [n for n in os.listdir(os.path.dirname(closed["path"])) if n.startswith("trial-")], "trial files were left"
        clock_is_told(closed["path"], parts)
        print("max_trial_s:", ended["frames"], "frames and", ended["footfalls"], "footfalls in", parts)
        exports_of_parts(d.folder, closed["path"], parts)


def next_name_is_taken():
    """The second part cannot be made in the trial's folder: it goes on in the other one."""
    d = Gaitd(FREE % (WALK, 1, ", max_trial_s: 1"))
    text = open(d.config, encoding="utf-8").read().replace("pre_trigger_s: 0", f"pre_trigger_s: 0, second_path: {d.folder}/second")
    with open(d.config, "w", encoding="utf-8") as f:
        f.write(text)
    with d:
        taken = os.path.join(d.ask("session open", subject="S01")["session"]["folder"], "trial-001-2.gaitj")
        with open(taken, "w", encoding="utf-8") as f:
            f.write("somebody's")
        sub = d.subscribe("frame10/")
        first = d.ask("trial start")["trials"][0]["first_frame"]
        collect(sub, lambda t, h: t == "frame10/mat-1/" and h["frame"] >= first + 150)
        ended = d.ask("trial stop")["trials"][0]
        assert ended["why"] == "stop" and ended["lost_ring"] == 0, (ended, d.said())
        assert ended["journal"].startswith(d.folder + "/second/"), ended
        with open(taken, encoding="utf-8") as f:
            assert f.read() == "somebody's"
        os.unlink(taken)
        parts = whole(d.ask("session close")["path"], ended)
        assert len(parts) >= 2, parts
        print("a name that is taken:", ended["frames"], "frames in", parts)


def sync_fails(at):
    """True when that many fdatasyncs happen at all."""
    d = Gaitd(FREE % (WALK, 2, ""))
    text = open(d.config, encoding="utf-8").read().replace("pre_trigger_s: 0", f"pre_trigger_s: 0, second_path: {d.folder}/second")
    with open(d.config, "w", encoding="utf-8") as f:
        f.write(text)
    os.environ["LD_PRELOAD"] = os.path.join(os.path.dirname(os.environ["GAIT_BIN_DIR"]), "tests", "bin", "gait_fail_fdatasync.so")
    os.environ["GAIT_FAIL_FDATASYNC"] = str(at)
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    try:
        d.start()
    finally:
        del os.environ["LD_PRELOAD"], os.environ["GAIT_FAIL_FDATASYNC"]
    with d:
        ended = record(d, 6, 100)
        folders = {os.path.dirname(j["journal"] or j["path"]) for j in d.ask("status")["session"]["trials"]}
        closed = d.ask("session close")
        parts = whole(closed["path"], ended)
        assert not os.path.exists(d.folder + "/second") or not [n for _, _, f in os.walk(d.folder + "/second") for n in f], "files were left on the second path"
        print(f"fdatasync {at} fails: {ended['frames']} frames, {ended['footfalls']} footfalls in {parts}; went on in {folders}")
        return len(parts) > 1


# `start` has happened already
Gaitd.__enter__ = lambda self: self if self.process else self.start()


def resident_MiB(d):
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024


def stopped_subscriber():
    """It costs no more memory than one may: 1,200 frames of 38 kB wait for it, twice, and in base64 once."""
    reader = """import sys, zmq
s = zmq.Context().socket(zmq.SUB); s.rcvhwm = 1
s.subscribe(b"frame/"); s.subscribe(b"json/frame/"); s.connect("ipc://" + sys.argv[1] + "/view/stream")
s.recv_multipart(); print("reading", flush=True)
while True: s.recv_multipart()
"""
    free = FREE.replace("high_water_mark: 10", "high_water_mark: 100000, memory_MiB: 8")
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"  # else what was freed would stay
    with Gaitd(free % (WALK, 5, "")) as d:
        child = subprocess.Popen([sys.executable, "-c", reader, d.run], stdout=subprocess.PIPE, text=True)
        try:
            assert child.stdout.readline() == "reading\n"
            child.send_signal(signal.SIGSTOP)
            before = resident_MiB(d)
            ended = record(d, 12, 100)
            more = resident_MiB(d) - before
            assert more < 40, f"{more:.0f} MiB more for a subscriber that may have 8"
            mat = d.ask("status")["mats"][0]
            assert mat["lost_ring"] == 0, mat
            assert len(whole(d.ask("session close")["path"], ended)) == 1
            print("a stopped subscriber:", ended["frames"], f"frames recorded, none lost, {more:.1f} MiB more memory;", json.dumps(mat["ring"]["lag"]))
        finally:
            child.kill()
            child.wait()


def refused_close(d):
    try:
        d.ask("session close")
    except Refused as e:
        assert e.code == "sealer" and "stays open" in e.message, e
        return e.message
    raise AssertionError("the session was closed")


def what_is_refused_is_nowhere(d, folder, foot):
    """session.json cannot be written: what was asked is refused, and comes with no later save either. What may not be asked of a locked session is refused, too."""
    def state():
        with open(folder + "/session.json", encoding="utf-8") as f:
            return json.load(f)
    def refused(verb, args, code):
        reply = d.ask_raw(verb, args)
        assert not reply["ok"] and reply["error"]["code"] == code, (verb, reply)
    changes = (("footfall invalid", {"footfall": foot, "why": "aimed", "trial": 1}), ("footfall set-side", {"footfall": foot, "side": "left", "trial": 1}),
               ("session set", {"fields": {"x_lost": "1"}}), ("trial discard", {"why": "looked", "trial": 1}), ("treatment start", {}), ("session lock", {}))
    before = state()
    os.mkdir(folder + "/session.json.new")
    for verb, args in changes:
        refused(verb, args, "path")
    os.rmdir(folder + "/session.json.new")
    d.ask("session set", fields={"x_note": "kept"})
    assert state() == dict(before, fields={"x_note": "kept"}), (before, state())
    d.ask("treatment start")
    refused("session lock", {}, "treatment-running")
    os.mkdir(folder + "/session.json.new")
    refused("treatment stop", {}, "path")
    os.rmdir(folder + "/session.json.new")
    assert d.ask("status")["session"]["treatment"]["state"] == "running"
    d.ask("treatment stop")


def sealing_fails():
    """What cannot be sealed is told, kept and tried again: by itself, and when the session is closed. A close that fails leaves the session open, and the next one does it.
    All in a session whose name is as long as one may be."""
    with Gaitd(FREE % (WALK, 5, ', session_name: "{subject}-%s"' % ("n" * 57))) as d:
        folder = d.ask("session open", subject="S01")["session"]["folder"]
        assert len(os.path.basename(folder)) == 61, folder
        holder = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print('open', flush=True); sys.stdin.readline(); f.close()"
        ended = []
        for n in (1, 2):
            os.mkdir(f"{folder}/.trial-{n:03d}.h5.part")  # no sealer can make its file there
            d.start_trial()
            d.wait_for(lambda: d.ask("status")["mats"][0]["trial"]["footfalls"] > 0, "a footfall")
            ended.append(d.ask("trial stop")["trials"][0])
            d.wait_for(lambda n=n: f"trial-{n:03d}" in d.ask("status")["sealer"]["text"], "the failure is told")
            row = d.ask("status")["session"]["trials"][-1]
            assert row["state"] == "recorded" and os.path.exists(ended[-1]["journal"]), row
            if n == 1:
                os.rmdir(f"{folder}/.trial-001.h5.part")
                d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed", "it is tried again")
        what_is_refused_is_nowhere(d, folder, ended[0]["footfalls"])
        why = refused_close(d)
        assert "trial-002" in why and "Is a directory" in why and "gait recover" not in why and os.path.exists(ended[1]["journal"]), why
        os.rmdir(f"{folder}/.trial-002.h5.part")
        writer = subprocess.Popen([sys.executable, "-c", holder, folder + "/trial-001.h5"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert writer.stdout.readline() == "open\n"
            held = refused_close(d)
            assert "open for writing in another program" in held, held
            status = d.ask("status")["session"]
            assert status["closed_utc"] is None and [t["state"] for t in status["trials"]] == ["sealed", "sealed"], status
        finally:
            writer.communicate("\n", timeout=60)
        path = d.ask("session close")["path"]
        with h5py.File(path, "r") as f:
            assert [int(f[f"trial-{n:03d}"].attrs["frames"]) for n in (1, 2)] == [e["frames"] for e in ended], ended
        assert sorted(os.listdir(folder)) == sorted([os.path.basename(path), "session.json"]), os.listdir(folder)
        print(f"sealing that fails: {why}; {held}; then closed with all frames")
        again = d.ask("session open", subject="S01")["session"]["session"]
        assert again == os.path.basename(folder) + "-2", again


long_trial()
sealing_fails()
next_name_is_taken()
moved = [sync_fails(n) for n in (3, 4, 5)]
assert any(moved), "no fdatasync of a journal failed: the test tests nothing"
stopped_subscriber()
