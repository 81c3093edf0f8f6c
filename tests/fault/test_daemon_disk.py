"""A disk that is full, gone or never was there: told, counted, and not a frame lost that was promised."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, Refused, collect, skip  # noqa: E402

try:
    import h5py
except ImportError:
    skip("python3-h5py is not installed")


def refused(code, d, verb, **args):
    try:
        d.ask(verb, **args)
    except Refused as e:
        assert e.code == code, e
        return e.message
    raise AssertionError(f"{verb} was not refused")


def path_that_is_none():
    with tempfile.NamedTemporaryFile() as f:
        audited = "access: {audit: %s}\n" % (f.name + "-audit.log")  # beside such a path it could not lie, and gaitd would not start
        with Gaitd(WALKER % ("seed=1", 0) + audited, data=f.name + "/below") as d:
            text = refused("path", d, "session open", subject="S01")
            assert f.name in text, text
            assert d.ask("status")["session"] is None
        os.unlink(f.name + "-audit.log")


def path_goes_away():
    with Gaitd(WALKER % ("seed=1", 0)) as d:
        session = d.ask("session open", subject="S01")["session"]
        shutil.rmtree(session["folder"])
        with open(session["folder"], "w", encoding="utf-8"):
            pass
        refused("path", d, "trial start")
        os.unlink(session["folder"])
        os.mkdir(session["folder"])
        assert d.ask("trial start")["trials"][0]["trial"] == 1, "the refused start used a number up"
        d.wait_idle()


def low_disk():
    yaml = (WALKER % ("seed=1", 0)).replace("floor_min: 0", "floor_min: 1440").replace("seed=1", "seed=1,rate=500,lead_s=0,tail_s=0")
    with Gaitd(yaml) as d:
        d.ask("session open", subject="S01")
        if d.ask("status")["output"]["minutes_left"] < 1440:
            text = refused("disk-low", d, "trial start")
            assert "floor_min" in text
            d.ask("trial start", override="a test")
            d.wait_idle()


def mount(folder, size):
    os.makedirs(folder, exist_ok=True)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", size if "=" in size else f"size={size}", "tmpfs", folder], capture_output=True, check=False).returncode == 0


def journal_frames(*paths):
    """Frames that `gait` finds in journals, read back independently of the daemon."""
    total = 0
    for path in paths:
        with open(path, "rb") as f:
            data = f.read()
        at = 0
        magic = b"\x8bGAITR\r\n"
        while data[at:at + 8] == magic:
            size, kind = int.from_bytes(data[at + 32:at + 36], "little"), int.from_bytes(data[at + 36:at + 38], "little")
            total += kind == 3
            at += 48 + (size + 7) // 8 * 8
    return total


def says_what_is_missing(path, ended, why):
    """The file itself, and who looks only at it."""
    with h5py.File(path, "r") as f:
        trial = f[[n for n in f if n.startswith("trial-")][0]]
        n, lost, gaps = len(trial["frame"]), int(trial.attrs["gap_ring"]), trial["gaps"]
        assert (n, lost) == (ended["frames"], ended["lost_ring"]) and trial["frame"][:].tolist() == list(range(n)), (n, lost, ended)
        assert trial.attrs["end_why"] == why and int(trial.attrs["recovered"]) == 0, (trial.attrs["end_why"], trial.attrs["recovered"])
        assert int(gaps["gap_ring"][:].sum()) == lost and int(gaps["frame"][-1]) == n, (gaps["frame"][:], gaps["gap_ring"][:], lost)
    said = subprocess.run([os.path.join(BIN, "gait"), "check", path], capture_output=True, text=True, check=False)
    assert said.returncode == 6 and f"lost 0 by the mat, {lost} by us" in said.stdout, said


def sealed_when_there_is_room(d, folder, journal):
    """By itself, and no word of a failure when it is over."""
    subprocess.run(["mount", "-o", "remount,size=40m", folder], check=True)
    d.wait_for(lambda: not os.path.exists(journal) and not d.ask("status")["sealer"]["text"], "the seal")


def closed_when_there_is_room(d, folder):
    """With a little room libhdf5 fails in the middle and does not say why."""
    stat = os.statvfs(folder)
    filler = os.path.join(folder, "filler")
    with open(filler, "wb") as out:
        out.write(bytes(stat.f_bavail * stat.f_frsize - 20_000))
    text = refused("sealer", d, "session close")
    assert "stays open" in text and "the disk has only 0.0 MB left: free some space there" in text, text
    os.unlink(filler)
    assert os.path.exists(d.ask("session close")["path"])


LOW = """version: 1
mats: [{id: mat-1, source: {walker: "seed=4,rows=200,cols=48,rate=100,mass=70,lead_s=0.1,tail_s=0.1", speed: 4, free_run: true}}]
recording: {floor_min: %g, pre_trigger_s: 0%s}
"""


def low_while_recording():
    """A trial begins with room for what the floor asks and a little: it ends by itself and whole, and no other one begins. With a second folder it goes on there instead."""
    for second in (False, True):
        folder = tempfile.mkdtemp(prefix="gaitd-low-", dir="/tmp")
        if not mount(folder, "16m"):
            os.rmdir(folder)
            skip("no right to mount a tmpfs of 16 MiB")
        try:  # 1.94 MB/s: the floor is at 16.5 MB of 16.8
            with Gaitd(LOW % (0.142, f", second_path: {folder}-second" if second else ""), data=folder + "/sessions") as d:
                sub = d.subscribe("trial/", "event/")
                d.ask("session open", subject="S01")
                started = d.ask("trial start")["trials"][0]
                got = collect(sub, lambda t, h: h.get("state") in ("ended", "failed") or h.get("event") == "moved")
                if second:
                    assert "nearly full" in got[-1][1]["text"], got[-1]
                    ended = d.ask("trial stop")["trials"][0]
                else:
                    ended = got[-1][1]
                    assert "disk_low" in [h.get("event") for _, h, _ in got] and ended["state"] == "ended" and ended["why"] == "disk_low", got
                    assert "nearly full" in d.ask("status")["output"]["text"]
                    refused("disk-low", d, "trial start")
                assert ended["lost_ring"] == 0, ended
                d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed", "the seal")
                if not second:
                    refused("disk-low", d, "trial start")
                path = d.ask("session close")["path"]
                numbers, lost = frames_of(path)
                assert numbers == list(range(ended["frames"])) and len(numbers) > 150 and not any(lost), (len(numbers), ended)
                with h5py.File(path, "r") as f:
                    ends = sorted(f[n].attrs["end_why"] for n in f if n.startswith("trial-"))
                assert ends == (["moved", "stop"] if second else ["disk_low"]) and started["trial"] == 1, ends
                print(f"low disk{', second path' if second else ''}: {len(numbers)} frames, none lost, {ends}")
        finally:
            subprocess.run(["umount", "-l", folder], check=False)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder + "-second", ignore_errors=True)


def full_disk(second):
    folder = tempfile.mkdtemp(prefix="gaitd-full-", dir="/tmp")
    if not mount(folder, "4m"):
        os.rmdir(folder)
        skip("no right to mount a tmpfs of 4 MiB")
    try:
        yaml = WALKER % ("seed=1,rows=360,cols=64", 0)
        if second:
            yaml = yaml.replace("floor_min: 0", f"floor_min: 0, second_path: {folder}-second")
        with Gaitd(yaml, data=folder + "/sessions") as d:
            sub = d.subscribe("trial/", "event/")
            d.ask("session open", subject="S01")
            d.ask("trial start")
            got = collect(sub, lambda t, h: h.get("state") in ("ended", "failed"))
            ended = got[-1][1]
            events = [h["event"] for t, h, _ in got if t == "event/mat-1/"]
            d.wait_idle()
            journals = [os.path.join(f, n) for top in (folder, folder + "-second") for f, _, names in os.walk(top) for n in names if n.endswith(".gaitj")]
            kept = journal_frames(*journals)
            if second:
                assert ended["state"] == "ended" and "moved" in events and len(journals) == 2, (ended, events, journals)
                assert ended["lost_ring"] == 0 and kept == ended["frames"], (kept, ended)
            else:
                assert ended["state"] == "failed" and "write_failed" in events and ended["lost_ring"] > 0, (ended, events)
                assert kept == ended["frames"] > 20, (kept, ended)
                assert "second_path" in d.ask("status")["output"]["text"]
                sealed_when_there_is_room(d, folder, journals[0])
                says_what_is_missing(journals[0][:-6] + ".h5", ended, "write failed")
                closed_when_there_is_room(d, folder)
            print("full disk,", "second path" if second else "no second path", "-", ended["frames"], "frames kept,", ended["lost_ring"], "counted lost")
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder + "-second", ignore_errors=True)


FREE = """version: 1
mats: [{id: mat-1, source: {walker: "seed=4,rows=200,cols=48,rate=100,mass=70,lead_s=0.1,tail_s=0.1", speed: 5, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0%s}
"""


def second_disk_too_small():
    """An fdatasync fails, and the second disk takes a journal's beginning, not the frames that are to be written again: the part before is known all the same and becomes a file."""
    d = Gaitd(FREE % "")
    second = d.folder + "/second"
    if not mount(second, "500k"):
        skip("no right to mount a tmpfs of 500 KiB")
    with open(d.config, "w", encoding="utf-8") as f:
        f.write(FREE % f", second_path: {second}")
    os.environ["LD_PRELOAD"] = os.path.join(os.path.dirname(BIN), "tests", "bin", "gait_fail_fdatasync.so")
    os.environ["GAIT_FAIL_FDATASYNC"] = "4"
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    try:
        with d:
            del os.environ["LD_PRELOAD"], os.environ["GAIT_FAIL_FDATASYNC"]
            sub = d.subscribe("trial/", "event/")
            d.ask("session open", subject="S01")
            first = d.ask("trial start")["trials"][0]["journal"]
            got = collect(sub, lambda t, h: h.get("state") in ("ended", "failed"))
            events = [h["event"] for t, h, _ in got if h.get("event") in ("moved", "write_failed")]
            assert events == ["moved", "write_failed"], events
            d.wait_for(lambda: d.ask("status")["session"]["trials"][0].get("parts") == [first[:-6] + ".h5"], "the part before is a file")
            row = d.ask("status")["session"]["trials"][0]
            assert row["journal"].startswith(second) and row["frames"] > 0 and row["lost_ring"] > 0, row
            print("an fdatasync fails, the second disk is full:", row["frames"], "frames kept,", row["lost_ring"], "counted lost")
    finally:
        subprocess.run(["umount", "-l", second], check=False)


def sync_fails_alone(removed_too=False):
    """An fdatasync fails and there is no other folder: the file itself says how many frames went with it. So when the journal was removed, too: what had been
    synced is written again from the one that is still open."""
    if removed_too:
        os.environ["GAIT_UNLINK_FDATASYNC"] = "1"
    os.environ["LD_PRELOAD"] = os.path.join(os.path.dirname(BIN), "tests", "bin", "gait_fail_fdatasync.so")
    os.environ["GAIT_FAIL_FDATASYNC"] = "4"
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with Gaitd(FREE % "") as d:
        del os.environ["LD_PRELOAD"], os.environ["GAIT_FAIL_FDATASYNC"]
        os.environ.pop("GAIT_UNLINK_FDATASYNC", None)
        sub = d.subscribe("trial/")
        d.ask("session open", subject="S01")
        journal = d.ask("trial start")["trials"][0]["journal"]
        ended = collect(sub, lambda t, h: h.get("state") in ("ended", "failed"))[-1][1]
        assert ended["state"] == "failed" and ended["lost_ring"] > 0 and ended["frames"] > 0, ended
        d.wait_for(lambda: os.path.exists(journal[:-6] + ".h5") and not os.path.exists(journal), "the seal")
        says_what_is_missing(journal[:-6] + ".h5", ended, "write failed")
        print("an fdatasync fails, no second path:", ended["frames"], "frames kept,", ended["lost_ring"], "told as lost in the file")


def killed_while_losing():
    """An fdatasync fails, and gaitd is killed before the trial has its end: what was known to be lost stands in the file all the same."""
    os.environ["LD_PRELOAD"] = os.path.join(os.path.dirname(BIN), "tests", "bin", "gait_fail_fdatasync.so")
    os.environ.update(GAIT_FAIL_FDATASYNC="4", GAIT_KILL_FDATASYNC="5")
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    d = Gaitd(FREE % "").start()
    del os.environ["LD_PRELOAD"], os.environ["GAIT_FAIL_FDATASYNC"], os.environ["GAIT_KILL_FDATASYNC"]
    d.ask("session open", subject="S01")
    journal = d.ask("trial start")["trials"][0]["journal"]
    assert d.process.wait(60) == -signal.SIGKILL
    kept = journal_frames(journal)
    said = subprocess.run([os.path.join(BIN, "gait"), "recover", journal], capture_output=True, text=True, check=False)
    with h5py.File(journal[:-6] + ".h5", "r") as f:
        trial, gaps = f["trial-001"], f["trial-001/gaps"]
        lost = gaps["gap_ring"][:].tolist()
        assert trial.attrs["end_why"] == "cut off" and len(trial["frame"]) == kept > 0, (trial.attrs["end_why"], kept)
        assert len(lost) == 1 and lost[0] > 0 and gaps["frame"][0] == kept and int(trial.attrs["gap_ring"]) == lost[0], (lost, gaps["frame"][:], kept)
    assert said.returncode == 6 and f"{lost[0]} by us" in said.stdout, said
    d.stop()
    d.context.destroy(0)
    shutil.rmtree(d.folder)
    print(f"an fdatasync fails, then kill -9: {kept} frames kept, {lost[0]} told as lost by a file that was cut off")


def frames_of(session):
    """Trial frame numbers of all parts, in order, as h5py reads them, and what the parts say is missing before them."""
    with h5py.File(session, "r") as f:
        parts = sorted((n for n in f if n.startswith("trial-")), key=lambda n: int(f[n].attrs["first_frame"]))
        return [int(i) for n in parts for i in f[n]["frame"][:]], [int(f[n].attrs["gap_ring"]) for n in parts]


def told_where_it_was_rescued(d, sub, folder2, event, kept_at_least):
    """The journal is on the second disk now, and says itself that the trial ended there and why."""
    ended = collect(sub, lambda t, h: h.get("state") in ("ended", "failed"))[-1][1]
    assert event["event"] == "write_failed" and ended["state"] == "failed" and ended["frames"] >= kept_at_least and ended["lost_ring"] > 0, (event, ended)
    journal = d.ask("status")["session"]["trials"][0]["journal"]
    assert journal.startswith(folder2), journal
    subprocess.run(["mount", "-o", "remount,nr_inodes=100", folder2], check=True)
    d.wait_for(lambda: not os.path.exists(journal), "the seal")
    says_what_is_missing(journal[:-6] + ".h5", ended, "write failed")
    subprocess.run(["umount", "-l", folder2], check=False)
    print(f"folder, rescued to a second disk that takes no other file: {ended['frames']} frames kept, {ended['lost_ring']} told as lost in the file")


def removed(how, second=False, hopeless=False, inodes=0):
    """The journal, or its whole folder, goes while the trial runs: noticed, said, and every frame is in a file all the same; where nothing can be
    written any more, each is counted as lost. inodes: so many files the second disk takes, which are the journal again and no next one."""
    with Gaitd(FREE % "") as d:
        folder2 = d.folder + "/second"
        if second:
            d.stop()
            if inodes and not mount(folder2, f"nr_inodes={inodes}"):
                skip("no right to mount a tmpfs")
            with open(d.config, "w", encoding="utf-8") as f:
                f.write(FREE % f", second_path: {folder2}")
            d.start()
        sub = d.subscribe("trial/", "event/", "frame10/")
        session = d.ask("session open", subject="S01")["session"]
        started = d.ask("trial start")["trials"][0]
        before = 1200 if hopeless and not second else 300  # longer than a second: the ring has let go of what was synced
        collect(sub, lambda t, h: t == "frame10/mat-1/" and h["frame"] >= started["first_frame"] + before)
        if how == "file":
            os.unlink(started["journal"])
        elif how == "moved":
            os.rename(session["folder"], session["folder"] + "-elsewhere")
        else:
            shutil.rmtree(session["folder"])
        if hopeless:
            with open(session["folder"], "w", encoding="utf-8"):
                pass
        got = collect(sub, lambda t, h: h.get("event") in ("moved", "write_failed"))
        event = got[-1][1]
        assert "removed or moved away" in event["text"] or hopeless, event
        if inodes:
            told_where_it_was_rescued(d, sub, folder2, event, kept_at_least=before)
            os.unlink(session["folder"])
            return
        if hopeless and not second:
            ended = collect(sub, lambda t, h: h.get("state") in ("ended", "failed"))[-1][1]
            assert event["event"] == "write_failed" and ended["state"] == "failed", (event, ended)
            assert ended["frames"] == 0 and ended["lost_ring"] >= before, ended
            os.unlink(session["folder"])
            print(f"{how}, and nothing can be written there: {ended['lost_ring']} frames, all counted lost: {ended['why']}")
            return
        collect(sub, lambda t, h: t == "frame10/mat-1/" and h["frame"] >= event["frame"] + 100)
        ended = d.ask("trial stop")["trials"][0]
        if hopeless:
            os.unlink(session["folder"])
        closed = d.ask("session close")
        numbers, _ = frames_of(closed["path"])
        assert ended["lost_ring"] == 0 and numbers == list(range(ended["frames"])), (ended, len(numbers), numbers[:2])
        assert len(closed["session"]["trials"][0]["parts"]) == 1, closed["session"]["trials"]
        print(f"{how}{', second path' if second else ''}: {len(numbers)} frames, none lost, in {os.path.basename(closed['path'])}")


assert os.path.exists(os.path.join(BIN, "gaitd"))
path_that_is_none()
path_goes_away()
low_disk()
low_while_recording()
full_disk(second=True)
full_disk(second=False)
second_disk_too_small()
sync_fails_alone()
sync_fails_alone(removed_too=True)
killed_while_losing()
removed("file")
removed("folder")
removed("moved")
removed("folder", second=True, hopeless=True)
removed("folder", hopeless=True)
removed("folder", second=True, hopeless=True, inodes=3)
