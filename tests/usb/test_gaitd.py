"""The daemon with a mat on an emulated bus: waits for it, records it, is unplugged in a trial, goes on when it is back, seals what there was."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import gaitd_run  # pylint: disable=wrong-import-position
import prometheus_page  # pylint: disable=wrong-import-position

WALKWAY = "seed=1,rows=100,cols=24,pitch=10"
YAML = """version: 1
mats: [{id: W1, source: {usb: true}}]
recording: {floor_min: 0}
"""


class OnBed(gaitd_run.Gaitd):
    """gaitd below usb_bed, which is told on stdin what to plug."""

    def __init__(self, yaml, *mats, preload=(), **env):
        super().__init__(yaml)
        self.mats = mats
        self.env = dict(os.environ, LD_PRELOAD=":".join([os.environ["GAIT_UMOCKDEV_PRELOAD"], *preload]), **env)

    def start(self):
        bed = [os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "usb_bed"), *self.mats, "--"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(bed + self.command(), stderr=log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.env)
        self.wait_for(lambda: " serves " in self.said() or self.process.poll() is not None, "the start")
        assert self.process.poll() is None, self.said()
        self.requests = self.context.socket(gaitd_run.zmq.DEALER)
        self.requests.linger = 0
        self.requests.connect(f"ipc://{self.run}/control/control")
        return self

    def do(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", (line, answer)

    def mat(self):
        return self.ask("status")["mats"][0]

    def gait(self, *words, **options):
        """A person's gait beside it; what it prints is read."""
        return subprocess.Popen([os.path.join(gaitd_run.BIN, "gait"), *words], stdout=subprocess.PIPE, text=True, env=dict(os.environ, GAIT_SOCKET=self.run), **options)


def main():
    with OnBed(YAML, f"W0={WALKWAY}", f"W1={WALKWAY}") as d:
        d.wait_for(lambda: "W0" in str(d.ask("devices")), "the other mat to be named")
        assert "waiting for mat W1; plugged in: W0" in str(d.ask("devices")), d.ask("devices")
        shown = d.gait("status").communicate(timeout=30)[0]
        assert "mat       W1  usb, not open yet, waiting for mat W1; plugged in: W0 (name it under" in shown, shown
        d.ask("session open", subject="U1")
        try:
            d.ask("trial start", timepoint="pre1")
            raise AssertionError("a trial began without a mat")
        except gaitd_run.Refused as refused:
            print("refused without the mat:", refused.message)
        d.do("plug 1 1-2 busy")
        d.wait_for(lambda: "in use by another program: end it" in str(d.ask("devices")), "that another program has it")
        d.do("allow 1")  # nothing is plugged in anew: it is tried again
        d.wait_for(lambda: d.mat()["state"] == "streaming", "the mat")
        print("after plugging in:", d.mat()["source_text"])
        events = d.subscribe("event/W1/")
        watch = d.gait("watch", stderr=subprocess.STDOUT)
        until_line(watch.stdout, "watching")
        assert "has not been tared" in d.mat()["calibration_text"], d.mat()
        started = d.ask("trial start", timepoint="pre1")["trials"][0]
        assert "has not been tared" in started["calibration_text"], started
        d.wait_for(lambda: (d.mat()["trial"] or {}).get("frames", 0) > 60, "frames of the trial")
        d.do("unplug 1")
        got = gaitd_run.collect(events, lambda topic, header: header.get("event") == "lost")
        at = d.mat()
        print("unplugged:", got[-1][1]["text"], "| state", at["state"], "| trial", at["trial"]["frames"], "frames")
        assert at["trial"], "the trial goes on while the mat is gone"
        shown = d.gait("status").communicate(timeout=30)[0]
        assert "recording: unplugged; plug it in again, the trial goes on" in shown, shown
        print(shown)
        d.wait_for(lambda: d.mat()["last_frame_age_s"] > 1, "a gap that can be seen")
        d.do("plug 1 1-3")
        got = gaitd_run.collect(events, lambda topic, header: header.get("event") == "back")
        print("back:", got[-1][1]["text"])
        seen = until_line(watch.stdout, "  back  W1 is back at port 1-3")
        watch.terminate()
        watch.communicate(timeout=30)
        lost = [line for line in seen if "  lost  " in line]
        assert len(lost) == 1 and lost[0].startswith("W1  lost  unplugged (") and "it is taken again by itself, and a trial that runs goes on" in lost[0], seen
        print("watch:", lost[0])
        before = d.mat()["trial"]["frames"]
        d.wait_for(lambda: d.mat()["trial"]["frames"] > before + 60, "frames after it came back")
        page = prometheus_page.read(d.ask("metrics")["text"])
        assert page["gaitd_mat_usb_total", (("event", "no_device"), ("mat", "W1"))] >= 1 and page["gaitd_mat_usb_total", (("event", "reconnects"), ("mat", "W1"))] == 1, page
        assert page["gaitd_mat_decoded_total", (("mat", "W1"), ("verdict", "frame"))] > 120, page
        ended = d.ask("trial stop")["trials"][0]
        print("ended:", {k: ended.get(k) for k in ("frames", "lost_ring", "lost_device", "state", "reconnects")})
        if os.environ.get("GAIT_BED_SANITIZER") != "thread":  # the sealer has no threads, and is nice: it would be waited for long
            d.wait_for(lambda: glob.glob(d.data + "/**/trial-001.h5", recursive=True), "the sealed trial", 60)
            check(glob.glob(d.data + "/**/trial-001.h5", recursive=True)[0], ended["frames"])
        stopped_while_away(d, events)


def until_line(stream, part):
    """What a program printed up to the line that has this part."""
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        if part in line:
            return lines
    raise AssertionError(f"it ended without saying {part!r}: {lines}")


def stopped_while_away(d, events):
    """Unplugged in a trial, and nobody puts it back: the trial can be ended all the same."""
    d.ask("trial start", timepoint="pre1")
    d.wait_for(lambda: (d.mat()["trial"] or {}).get("frames", 0) > 40, "frames of the second trial")
    d.do("unplug 1")
    gaitd_run.collect(events, lambda topic, header: header.get("event") == "lost")
    ended = d.ask("trial stop")["trials"][0]
    assert d.mat()["state"] == "waiting" and d.mat()["text"] == "unplugged", d.mat()
    print("stopped while it is away:", ended["frames"], "frames, state", d.mat()["state"], "|", d.mat().get("text"))


def check(path, frames):
    """As a stranger reads it: both connections are there, the first frame of the second is flagged, time goes on by about what passed."""
    try:
        import h5py
    except ImportError:
        print("h5py is not installed: the file is not looked into")
        return
    with h5py.File(path, "r") as f:
        trial = f["trial-001"]
        flags = trial["frame_flags"][:]
        t_s = trial["time"][:]
        assert trial["raw"].shape[0] == frames == len(t_s)
        back = [i for i in range(len(flags)) if flags[i] & 64]
        assert len(back) == 1, back
        assert all(b > a for a, b in zip(t_s, t_s[1:])), "time goes forward"
        step = t_s[back[0]] - t_s[back[0] - 1]
        print(f"file: {frames} frames, reconnected at frame {back[0]}, gap of {step:.2f} s there")
        assert 0.9 < step < 60, step


if __name__ == "__main__":
    main()
