"""kill -9 of the daemon in a trial, and of the sealer at any moment: `gait recover` and the next start bring every frame back that was appended, once."""
import fcntl
import glob
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

WALKWAY = "seed=1,rows=200,cols=48,tail_s=600"  # a trial that does not end by itself
SEALER_KILLS = 12


def frames_in(path):
    h5py = lab.need("h5py")
    with h5py.File(path, "r") as f:
        return f["trial-" + path[-6:-3] if path[-6:-3].isdigit() else "trial-001"]["raw"].shape[0]


def find(gaitd, pattern):
    return sorted(glob.glob(os.path.join(gaitd.data, "**", pattern), recursive=True))


def kill_in_a_trial(gaitd):
    """Returns how many frames had been recorded at least."""
    gaitd.gait("trial", "start", "--timepoint", "pre1")
    gaitd.until(lambda: (gaitd.mat()["trial"] or {}).get("frames", 0) > 100, "a hundred frames")
    frames = gaitd.mat()["trial"]["frames"]
    gaitd.kill()
    return frames


def daemon_killed():
    with lab.Lab(source={"walker": WALKWAY, "speed": 4}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
        frames = kill_in_a_trial(gaitd)
        (journal,) = find(gaitd, "trial-001.gaitj")
        kept = os.path.join(gaitd.folder, "kept.gaitj")
        shutil.copy(journal, kept)
        status, out, err = lab.run("gait", "--json", "recover", gaitd.data, env=gaitd.env)
        assert status in (0, 6), f"gait recover: {status} {out} {err}"
        (sealed,) = find(gaitd, "trial-001.h5")
        assert frames_in(sealed) >= frames, f"{frames_in(sealed)} of at least {frames} frames"
        assert not find(gaitd, "*.gaitj") and not find(gaitd, "*tmp*"), os.listdir(os.path.dirname(sealed))
        assert lab.run("gait", "check", sealed)[0] == 6, "a trial that was cut off is told"
        print(f"killed in a trial: {frames} frames seen, {frames_in(sealed)} after gait recover")

        gaitd.start()
        frames = kill_in_a_trial(gaitd)
        (journal,) = find(gaitd, "trial-002.gaitj")
        with open(journal, "rb") as held:  # as a sealer does that outlived the daemon
            fcntl.flock(held, fcntl.LOCK_EX)
            gaitd.start()
            gaitd.until(lambda: "just now" in (gaitd.gait("status")[1]["sealer"]["text"]), "a journal that is held is told")
            assert gaitd.gait("status")[1]["session"]["trials"][-1]["state"] != "sealed", "a journal that is held was called sealed"
        gaitd.until(lambda: find(gaitd, "trial-002.h5") and not find(gaitd, "*.gaitj"), "the next start seals what was left")
        (second,) = find(gaitd, "trial-002.h5")
        after = frames_in(second)
        assert after >= frames, f"{after} of at least {frames} frames"
        path = gaitd.gait("session", "close")[1]["path"]
        status, out, err = lab.run("gait", "--json", "check", path)
        assert status == 6 and [line["trial"] for line in lab.lines(out)] == [1, 2], f"{status} {out} {err}"
        print(f"killed again: {frames} frames seen, {after} after the next start; both trials in {os.path.basename(path)}")
        sealer_killed(gaitd, kept)


def sealer_killed(gaitd, journal):
    folder = os.path.join(gaitd.folder, "sealing")
    os.makedirs(folder)
    copy = os.path.join(folder, "trial-001.gaitj")
    whole = None
    began = time.monotonic()
    for i in range(SEALER_KILLS):
        shutil.rmtree(folder)
        os.makedirs(folder)
        shutil.copy(journal, copy)
        sealer = subprocess.Popen([lab.program("gait"), "recover", copy], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if i:  # the first one runs to its end and tells how long it takes
            time.sleep(took * i / SEALER_KILLS)
            sealer.kill()
        sealer.wait()
        took = took if i else time.monotonic() - began
        status, _, err = lab.run("gait", "recover", folder)
        assert status in (0, 6), f"after kill {i}: {status} {err}"
        left = sorted(os.listdir(folder))
        assert left == ["trial-001.h5"], f"after kill {i}: {left}"
        frames = frames_in(os.path.join(folder, "trial-001.h5"))
        whole = whole or frames
        assert frames == whole, f"after kill {i}: {frames} of {whole} frames"
    print(f"the sealer killed {SEALER_KILLS - 1} times within its {took * 1000:.0f} ms: one whole file each time")


if __name__ == "__main__":
    daemon_killed()
