"""gait record: a stream kept on another machine is what was sent, judged by a reader of journals and a subscriber that share no code with it; what never
came is counted to the frame."""
import base64
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gaitd_run import BIN, Gaitd, WALKER, collect, message  # noqa: E402
import journal_reader  # noqa: E402

SMALL = "seed=3,rows=150,cols=22,pitch=15,rate=50,lead_s=0.5,tail_s=0.5"


class Recorder:
    """gait record as a process of its own."""

    def __init__(self, d, out, *argv):
        self.process = subprocess.Popen([os.path.join(BIN, "gait"), "--json", "--socket", d.run, "record", out, *argv], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert "ready" in line, line

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, json.loads(out.splitlines()[-1]), err


def gait(*argv):
    done = subprocess.run([os.path.join(BIN, "gait"), *argv], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def drain(socket):
    got = []
    while socket.poll(1500):
        got.append(message(socket.recv_multipart()))
    return got


def lossless():
    with Gaitd(WALKER % (SMALL, 0)) as d:
        out = os.path.join(d.folder, "kept")
        sub = d.subscribe("frame/", "live/", "footfall/", "trial/", "event/")
        recorder = Recorder(d, out)
        d.ask("session open", subject="R01", mass_kg=70)
        d.ask("trial start")
        sent = collect(sub, lambda t, h: t.startswith("trial/") and h["state"] == "sealed") + drain(sub)
        status, told, said = recorder.end()
        assert status == 0, (status, said)
        frames = [(h, p) for t, h, p in sent if t == "frame/mat-1/"]
        path = told["mats"][0]["path"]
        journal = journal_reader.read(path)["records"]
        kept = [r for r in journal if r["type"] == "frame"]
        assert len(kept) == len(frames) == told["mats"][0]["frames"] > 100, (len(kept), len(frames), told)
        with open(path, "rb") as f:
            raw = [payload[144:] for _, kind, _, payload, _ in journal_reader.records(f.read()) if kind == 3]
        for r, cells, (h, payload) in zip(kept, raw, frames):
            assert cells == payload, f"frame {h['frame']}: other cells"
            assert (r["t_ns"], r["t_mat_ns"], r["t_arrival_ns"], r["seq"], r["connection"]) == \
                (h["t_ns"], h["t_mat_ns"], h["t_arrival_ns"], h["mat_seq"], h["connection"]), (r, h)
            assert r["gap_device"] == r["gap_ring"] == 0
        mask = os.umask(0o022)
        os.umask(mask)
        for kept_file in (path, os.path.join(out, "messages.jsonl")):
            assert os.stat(kept_file).st_mode & 0o777 == 0o640 & ~mask, (kept_file, oct(os.stat(kept_file).st_mode))
        # everything else, line by line what a subscriber got
        others = {}
        with open(os.path.join(out, "messages.jsonl"), encoding="utf-8") as f:
            for line in f:
                topic, text = line.split(" ", 1)
                header = json.loads(text)
                others[(topic, header["seq"])] = header
        n = 0
        for topic, header, payload in sent:
            if topic.startswith("frame/"):
                continue
            mine = others[("json/" + topic, header["seq"])]
            assert base64.b64decode(mine.pop("payload", "")) == payload and mine == header, (topic, header["seq"])
            n += topic.startswith("footfall/")
        assert n >= 4, "no footfalls"
        # and our own programs read it
        status, text, said = gait("check", path)
        assert status == 0, (status, text, said)
        status, text, said = gait("--json", "analyse", path)
        feet = [json.loads(line) for line in text.splitlines()]
        assert status == 0 and sum("metrics" in f for f in feet) == n, (status, n, text[:500], said)
        # a folder that is there is not written over
        assert gait("--socket", d.run, "record", out)[0] != 0
        print(f"ok: {len(kept)} frames and {len(others)} messages kept as they were sent, {n} footfalls found again")


def losses():
    """The recorder stands still until messages are thrown away; what it says then adds up to the frame."""
    yaml = "version: 1\nmats: [{id: mat-1, source: {walker: \"%s\", speed: 100, free_run: true}}]\nrecording: {floor_min: 0}\nstream: {high_water_mark: 10}\n"
    with Gaitd(yaml % "seed=3,rows=64,cols=32,pitch=15,rate=50,lead_s=0.1,tail_s=0.1") as d:
        out = os.path.join(d.folder, "kept")
        recorder = Recorder(d, out)

        def index():
            return d.ask("status")["mats"][0]["frames"]

        os.kill(recorder.process.pid, signal.SIGSTOP)
        n = index()
        d.wait_for(lambda: index() > n + 12000, "frames while nobody listens")
        os.kill(recorder.process.pid, signal.SIGCONT)
        sub = d.subscribe("status/")
        collect(sub, lambda t, h: h["mats"][0]["frames"] > n + 20000)
        status, told, said = recorder.end()
        mat = told["mats"][0]
        assert status == 6 and mat["lost"] > 0, (status, told, said)
        first = last = gap = kept = 0
        with open(mat["path"], "rb") as f:
            data = f.read()
        at = 0
        while True:  # without checksums, which take too long in Python for so many frames
            at = data.find(journal_reader.MAGIC, at)
            if at < 0:
                break
            length, kind = struct.unpack_from("<IH", data, at + 32)
            if kind == 3:
                values = struct.unpack_from("<7Q6I", data, at + 48)
                kept += 1
                gap += values[8]
                last = values[2]
                first = first or values[2]
            at += 48 + journal_reader.padded(length)
        assert kept == mat["frames"] and gap == mat["lost"] + mat["skipped"] + mat["lost_ring"], (kept, gap, mat)
        assert last - first + 1 == kept + gap + mat["lost_device"], (first, last, kept, gap, mat)
        status, text, said = gait("check", mat["path"])
        assert status == 6, (status, text, said)
        print(f"ok: {kept} frames kept, {gap} not: together what the mat sent")


def restarted():
    """The daemon goes and comes while somebody records. What the new one sent before it was found again was for the recorder, and is missing."""
    yaml = "version: 1\nmats: [{id: mat-1, source: {walker: \"%s\", free_run: true}}]\nrecording: {floor_min: 0}\n"
    with Gaitd(yaml % SMALL) as d:
        recorder = Recorder(d, os.path.join(d.folder, "kept"))

        def frames():
            return d.ask("status")["mats"][0]["frames"]

        d.wait_for(lambda: frames() > 50, "frames")
        sub = d.subscribe("status/")
        os.kill(recorder.process.pid, signal.SIGSTOP)
        d.stop()
        d.start()
        d.wait_for(lambda: frames() > 300, "frames of the new one")
        n = frames()
        os.kill(recorder.process.pid, signal.SIGCONT)
        collect(sub, lambda t, h: h["mats"][0]["frames"] > n + 300)
        status, told, said = recorder.end()
        mat = told["mats"][0]
        assert status == 6 and told["restarts"] == 1 and mat["files"] == 2, (status, told, said)
        kept = [r for r in journal_reader.read(mat["path"])["records"] if r["type"] == "frame"]
        first = kept[0]["seq"]
        assert mat["lost"] == first > 100, f"the new daemon began at 0, frame {first} was the first to come: {mat}"
        print(f"ok: {first} frames of a daemon that came again were not kept, and said so")


def left_alone():
    """The daemon goes while somebody records until the end of a trial: that ends too, and what came is kept."""
    yaml = "version: 1\nmats: [{id: mat-1, source: {walker: \"%s\", free_run: true}}]\nrecording: {floor_min: 0}\n"
    with Gaitd(yaml % SMALL) as d:
        recorder = Recorder(d, os.path.join(d.folder, "kept"), "--until-end")
        sub = d.subscribe("status/")
        collect(sub, lambda t, h: h["mats"][0]["frames"] > 50)
        d.process.terminate()
        out, err = recorder.process.communicate(timeout=60)
        assert recorder.process.returncode == 4, (recorder.process.returncode, err)
        assert json.loads(out.splitlines()[-1])["mats"][0]["frames"] > 0, out
        print("ok: a daemon that went ends gait record --until-end")


def full_disk():
    """The disk fills: what was kept is told, the journal says itself what it has not got, nothing in it is damaged, and messages.jsonl has whole lines."""
    yaml = "version: 1\nmats: [{id: mat-1, source: {walker: \"%s\", speed: 10, free_run: true}}]\nrecording: {floor_min: 0}\n"
    full = tempfile.mkdtemp(prefix="gait-record-", dir="/tmp")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1900k", "tmpfs", full], capture_output=True, check=False).returncode:
        os.rmdir(full)
        print("no tmpfs can be mounted here: a full disk was not tried")
        return
    try:
        with Gaitd(yaml % SMALL) as d:
            recorder = Recorder(d, full + "/kept")
            out, err = recorder.process.communicate(timeout=60)
        mat = json.loads(out.splitlines()[-1])["mats"][0]
        assert recorder.process.returncode == 1 and "No space left on device: free room there" in err, (recorder.process.returncode, err)
        end = journal_reader.read(mat["path"])["records"][-1]
        assert mat["frames"] > 20 and mat["unwritten"] == 1 and (end["why"], end["frames"]) == ("write failed", mat["frames"]), (mat, end)
        status, text, said = gait("check", mat["path"])
        assert status == 6 and text.endswith("lost 0 by the mat, 1 by us: with gaps\n"), (status, text, said)
        with open(full + "/kept/messages.jsonl", encoding="utf-8") as f:
            assert all(line.endswith("}\n") for line in f), "a line that is not whole"
        print(f"ok: {mat['frames']} frames kept on a disk that filled, and one told as not written")
    finally:
        subprocess.run(["umount", "-l", full], check=False)
        os.rmdir(full)


lossless()
losses()
restarted()
left_alone()
full_disk()
