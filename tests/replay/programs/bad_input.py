"""Bad input: one clear line, the exit status, nothing half-written."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

EMED = ("\tFile: x \tMatrix: 4x6 \n\tTime/picture:20.0 ms\n\tSensor size: 0.500x1.000 cm\n\tPict-No.: 1\n\n\t2\t3\tForce\n"
        "2\t10.00\t20.00\t1.50\n5\t0.00\t30.00\t1.50\nForce\t0.50\t2.50\t3.00\n\f\n")

# name, bytes, what the line must say
FILES = [
    ("empty.lst", b"", "is empty"),
    ("binary.lst", os.urandom(64) + b"\0" * 64, "not a text export"),
    ("truncated.lst", EMED[:-40].encode(), "cut"),
    ("wrong-matrix.lst", EMED.replace("4x6", "2x6").encode(), "outside the matrix of 2 columns"),
    ("utf16.lst", EMED.encode("utf-16"), "UTF-16"),
    ("not-utf8.lst", EMED.encode().replace(b"10.00", b"1\xff.00"), "is not a number"),
    ("truncated.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, ""),
    ("truncated.gaitj", b"\x8bGAITR\r\n" + b"\0" * 20, ""),
]


def one_line(what, status, expected_status, err, say):
    assert status == expected_status, f"{what}: exit status {status}, expected {expected_status}: {err}"
    assert len(err.strip().splitlines()) == 1 and say in err, f"{what}: not one line saying '{say}': {err!r}"
    print(f"{what}: {status}: {err.strip()}")


def files_in(folder):
    return sorted(os.path.join(d, n) for d, _, names in os.walk(folder) for n in names if n != "session.json")


def recordings(gaitd):
    gaitd.gait("session", "open", "--subject", "T1")
    before = files_in(gaitd.data)
    for name, content, say in FILES:
        path = os.path.join(gaitd.folder, name)
        with open(path, "wb") as out:
            out.write(content)
        status, out, err = lab.run("gait", "analyse", path, env=gaitd.env)
        one_line(f"analyse {name}", status, 3, err, say)
        assert out == "", f"analyse {name} printed {out!r}"
        status, _, err = lab.run("gait", "trial", "start", "--replay", path, env=gaitd.env)
        one_line(f"trial start --replay {name}", status, 3, err, say)
        assert files_in(gaitd.data) == before, f"{name} left {files_in(gaitd.data)}"
        assert gaitd.mat()["trial"] is None
    status, _, err = lab.run("gait", "analyse", "/nonexistent.lst", env=gaitd.env)
    one_line("a missing file", status, 3, err, "/nonexistent.lst")


def second_daemon(gaitd):
    done = subprocess.run(gaitd.command(), env=gaitd.env, capture_output=True, text=True,
                          timeout=lab.ENOUGH_S, check=False)
    assert done.returncode not in (0, -6, -11), done.returncode
    assert len(done.stderr.strip().splitlines()) == 1, f"a second daemon says: {done.stderr!r}"
    print("a second daemon:", done.returncode, done.stderr.strip())
    gaitd.gait("status")  # the first one is still there


def config(text, say):
    gaitd = lab.Lab()
    done = subprocess.run(gaitd.command(text), env=gaitd.env, capture_output=True, text=True,
                          timeout=lab.ENOUGH_S, check=False)
    assert done.returncode not in (0, -6, -11) and say in done.stderr, f"{done.returncode} {done.stderr!r}"
    assert ":3:" in done.stderr, f"no line number: {done.stderr!r}"
    print("config:", done.returncode, done.stderr.strip())
    shutil.rmtree(gaitd.folder)


def unreadable():
    """A file that is there and not for this user is bad input, not a daemon that is away."""
    if os.geteuid() != 0:
        print("passed over: a file of another user needs root")
        return
    with tempfile.NamedTemporaryFile(suffix=".lst", dir="/tmp") as file:
        run = subprocess.run([lab.program("gait"), "check", file.name], capture_output=True, text=True, check=False, user=65534, group=65534, extra_groups=[])
        one_line("a file of another user", run.returncode, 3, run.stderr, "ermission denied")


def full_path():
    """A file system of 1 MiB: refused, or ended with what fitted; told either way, never a daemon that died."""
    gaitd = lab.Lab(source={"walker": "seed=1,rows=360,cols=64", "speed": 0})
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", gaitd.data], check=False).returncode:
        shutil.rmtree(gaitd.folder)
        print("passed over: a full output path needs to mount a tmpfs")
        return
    try:
        with gaitd:
            status, _, err = lab.run("gait", "session", "open", "--subject", "T1", env=gaitd.env)
            if status == 0:
                status, _, err = lab.run("gait", "trial", "start", env=gaitd.env)
            one_line("a full output path", status, 5, err, "No space left")
            assert not [f for f in files_in(gaitd.data) if not f.endswith(".json")], files_in(gaitd.data)
            gaitd.gait("status")
    finally:
        subprocess.run(["umount", gaitd.data], check=False)


if __name__ == "__main__":
    with lab.Lab(source={"walker": "seed=1,rows=120,cols=48", "speed": 0}) as running:
        recordings(running)
        second_daemon(running)
    config("version: 1\nrecording:\n  pth: /tmp\n", "pth")
    config("version: 1\npipeline:\n  p_on_kPa: lots\n", "p_on_kPa")
    unreadable()
    full_path()
