"""kill -9 of gaitd at any moment, while it records and while it seals, at full rate, again and again: what every recorded frame should hold is known from the same
walker played without a kill. After the last start each file opens in plain h5py, every frame that was written is in one, right to the last bit; frames that a kill
took were still in the ring, and there is nothing else missing. 20 kills in the gate, 200 with GAIT_TIER=full."""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import Gaitd, collect, message, skip  # noqa: E402

try:
    import h5py
    import numpy as np
    from journal_frames import written
except ImportError:
    skip("python3-h5py is not installed")

FULL = os.environ.get("GAIT_TIER") == "full"
KILLS = int(os.environ.get("GAIT_KILLS", 200 if FULL else 20))
SEED = int(os.environ.get("GAIT_SEED", 3))
RATE = 500
YAML = """version: 1
mats: [{id: mat-1, source: {walker: "seed=4,rows=64,cols=32,pitch=10,rate=%d,mass=70,lead_s=0,tail_s=0", speed: 1, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0}
""" % RATE


def one_kill(d, rng, trials, lost):
    """Started, a trial begun, killed: in the trial, or after its stop while it is being sealed."""
    d.start()
    sub = d.subscribe("frame/")
    if not trials:
        d.ask("session open", subject="S01")
    trial = d.ask("trial start")["trials"][0]
    depth = d.ask("status")["mats"][0]["ring"]["depth_frames"]
    seen = collect(sub, lambda t, h: t == "frame/mat-1/" and h["frame"] >= trial["first_frame"] + rng.randrange(20, 400))[-1][1]
    sealing = rng.random() < 0.4
    if sealing:
        ended = d.ask("trial stop")["trials"][0]
    time.sleep(rng.uniform(0, 0.15))  # any moment
    d.stop(signal.SIGKILL)
    while sub.poll(50):  # what it had still published
        seen = message(sub.recv_multipart())[1]
    sub.close()
    del d.subscriptions
    path = trial["journal"]
    try:
        frames = written(path)
    except FileNotFoundError:  # perhaps just now: a sealer outlives gaitd
        frames = None
    if frames is not None:
        if sealing:  # the stop was answered: all of it had to be there
            assert len(frames) == ended["frames"], f"{path}: {len(frames)} frames, the stop's answer said {ended['frames']}"
        else:  # the last frame that was published had been committed to the ring, and worked, before the kill
            lost.append(max(0, seen["frame"] - trial["first_frame"] + 1 - len(frames)))
            assert lost[-1] <= depth, f"{path}: {lost[-1]} frames were published and not written, {depth} fit the ring"
        trials[path] = frames
    else:
        assert sealing and os.path.exists(path[:-6] + ".h5"), f"{path} is neither a journal nor a file"
        trials[path] = ended["frames"]


def judge(path, expected):
    with h5py.File(path[:-6] + ".h5", "r") as h5:
        name = [n for n in h5 if n.startswith("trial-")][0]
        trial = h5[name]
        numbers, seq, raw = trial["frame"][:].tolist(), trial["seq"][:].tolist(), trial["raw"][:]
        count = expected if isinstance(expected, int) else len(expected)
        assert numbers == list(range(count)), f"{path}: {len(numbers)} frames, {count} were written"
        steps = set(np.diff(seq).tolist())
        assert steps <= {1} or int(trial.attrs["gap_device"]) + int(trial.attrs["gap_ring"]) > 0, f"{path}: the walker's sequence steps {steps}, no gap is told"
        if not isinstance(expected, int):
            for number, s, counts in zip(numbers, seq, raw):
                assert expected[number] == (s, counts.tobytes()), f"{path}: frame {number} is not what was written"
        assert int(trial.attrs["gap_damage"]) == 0
        return count, trial.attrs["end_why"] == "cut off"


def main():
    rng, trials, lost = random.Random(SEED), {}, []
    d = Gaitd(YAML)
    for _ in range(KILLS):
        one_kill(d, rng, trials, lost)
    with d:
        d.wait_for(lambda: all(t["state"] == "sealed" for t in d.ask("status")["session"]["trials"]), "the seals", 120)
        rows = d.ask("status")["session"]["trials"]
        assert [r["trial"] for r in rows] == list(range(1, KILLS + 1)), "a trial's number was used twice or skipped"
        frames = cut_off = 0
        for path, expected in trials.items():
            n, cut = judge(path, expected)
            frames, cut_off = frames + n, cut_off + cut
        left = [n for n in os.listdir(os.path.dirname(path)) if n.endswith(".gaitj") or n.endswith(".part")]
        assert not left, left
    assert len(trials) == KILLS and cut_off > KILLS / 4
    lost.sort()
    print(("RESULT kills: " if FULL else "") + f"{KILLS} kills at {RATE} Hz, {cut_off} of them in a trial: {frames} frames written, all there to the bit; "
          f"published and not yet written when killed: median {lost[len(lost) // 2]}, at most {lost[-1]} frames")


main()
