"""A disk that is full, gone or never was there: told, counted, and not a frame lost that was promised."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, WALKER, Gaitd, Refused, collect, skip  # noqa: E402


def refused(code, d, verb, **args):
    try:
        d.ask(verb, **args)
    except Refused as e:
        assert e.code == code, e
        return e.message
    raise AssertionError(f"{verb} was not refused")


def path_that_is_none():
    with tempfile.NamedTemporaryFile() as f:
        with Gaitd(WALKER % ("seed=1", 0), data=f.name + "/below") as d:
            text = refused("path", d, "session open", subject="S01")
            assert f.name in text, text
            assert d.ask("status")["session"] is None


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
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False).returncode == 0


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
            print("full disk,", "second path" if second else "no second path", "-", ended["frames"], "frames kept,", ended["lost_ring"], "counted lost")
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder + "-second", ignore_errors=True)


assert os.path.exists(os.path.join(BIN, "gaitd"))
path_that_is_none()
path_goes_away()
low_disk()
full_disk(second=True)
full_disk(second=False)
