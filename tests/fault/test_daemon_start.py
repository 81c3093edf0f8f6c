"""What gaitd says when it cannot start: one clear line, the exit code, nothing half-written."""
import fcntl
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import WALKER, Gaitd  # noqa: E402


def fails(d, status, *words):
    done = subprocess.run(d.command(), capture_output=True, text=True, timeout=60, check=False)
    lines = [x for x in done.stderr.splitlines() if x]
    assert done.returncode == status, (done.returncode, done.stderr)
    assert all(any(w in x for x in lines) for w in words), (words, lines)
    return lines


def started_with(yaml, status, *words):
    d = Gaitd(yaml)
    lines = fails(d, status, *words)
    assert not os.path.exists(d.data), "something was written"
    d.context.destroy(0)
    return lines


with Gaitd(WALKER % ("seed=1", 0)) as first:
    before = first.ask("status")["instance"]
    assert len(fails(first, 1, "another gaitd is running on")) == 1
    assert first.ask("status")["instance"] == before, "the second one stole the socket"

lines = started_with("version: 1\nmats: [{id: mat-1, sauce: x}]\nring: {memory_MiB: much}\nrecording: {floor_min: -1}\n", 3,
                     ":2:20: unknown key \"sauce\"", ":3:20: memory_MiB: \"much\" is not a number", ":4:24: floor_min: -1 is out of range")
assert len(lines) == 3, lines
assert len(started_with("a: b: c\n", 3, ":1:")) == 1
assert len(started_with("mats: [{id: a/b}]\n", 3, "no mat id")) == 1
assert len(started_with("source: {replay: {path: /nowhere/x.lst}}\n", 3, "/nowhere/x.lst: cannot be opened")) >= 1
assert len(started_with("source: {walker: \"seed=1,rows=zero\"}\n", 3, "rows")) >= 1
assert len(started_with("stream: {tcp: '*:7471'}\n", 3, ":1:10: tcp: a TCP socket is opened only for known keys")) == 1
assert len(started_with("access: {audit: /nonexistent/x/audit.log}\n", 1, "/nonexistent/x/audit.log: the audit log cannot be opened: No such file")) == 1
empty = os.path.join(first.folder + "-x.lst")
with open(empty, "wb") as f:
    f.write(b"\x00\xff" * 500)
started_with("source: {replay: {path: %s}}\n" % empty, 3, empty)
os.unlink(empty)
os.mkfifo(empty)
assert len(started_with("source: {replay: {path: %s}}\n" % empty, 3, empty + ": is no regular file")) >= 1
os.unlink(empty)
done = subprocess.run([first.command()[0], "--config", "/nowhere.yaml", "--run", "/tmp/x"], capture_output=True, text=True, timeout=60, check=False)
assert done.returncode == 3 and "/nowhere.yaml: cannot be read" in done.stderr, done
done = subprocess.run([first.command()[0], "--nonsense"], capture_output=True, text=True, timeout=60, check=False)
assert done.returncode == 2, done
# without memory for its options it does not go on with others
shim = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_fail_malloc.so")
for n in range(1, 9 if os.path.exists(shim) else 0):
    done = subprocess.run([first.command()[0], "--config", "/nowhere.yaml", "--run", "/tmp/x", "--data", "/tmp/x"], capture_output=True, text=True, timeout=60,
                          check=False, env=dict(os.environ, LD_PRELOAD=shim, GAIT_FAIL_MALLOC=str(n)))
    assert done.returncode in (1, 3) and len(done.stderr.splitlines()) >= 1 and " serves " not in done.stderr, (n, done)
# a child of a daemon that was killed may hold the lock for a moment more
late = Gaitd("version: 1\n")
os.makedirs(late.run)
with open(late.run + "/lock", "w", encoding="ascii") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = subprocess.Popen(late.command(), stderr=subprocess.PIPE, text=True)
    opened = os.path.realpath(lock.name)
    late.wait_for(lambda: process.poll() is not None or opened in [os.path.realpath(p) for p in glob.glob(f"/proc/{process.pid}/fd/*")], "gaitd at the lock")
first_line = process.stderr.readline()
while process.poll() is None and "serves" not in first_line:
    first_line = process.stderr.readline()
assert "serves" in first_line, first_line
process.terminate()
assert process.wait(60) == 0
late.context.destroy(0)
# one person's daemon keeps his sessions in his folder, wherever its sockets are
own = Gaitd("version: 1\n")
state = os.path.join(own.folder, "state")
command = own.command()
own.command = lambda: ["env", "-u", "XDG_RUNTIME_DIR", f"XDG_STATE_HOME={state}", command[0], "--user", "--config", own.config, "--run", own.run]
with own:
    assert f"sessions in {state}/gaitd/sessions" in own.said(), own.said()
print("every mistake was told where it stands")
