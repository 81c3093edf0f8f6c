"""gait logs: a real systemd-journald, in a /run of its own (a mount namespace; root), takes what gaitd says in the journal's own protocol; journalctl gives back the lines of a mat, of a
session and of a trial, and no others."""
import json
import os
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, Gaitd, skip  # noqa: E402

JOURNALD = "/lib/systemd/systemd-journald"
INSIDE = "GAIT_TEST_INSIDE"
YAML = """version: 1
mats:
  - {id: left, source: {walker: "seed=1,rows=64,cols=32,lead_s=0.1,tail_s=0.1", speed: 0}}
  - {id: right, source: {walker: "seed=2,rows=64,cols=32,lead_s=0.1,tail_s=0.1", speed: 0}}
recording: {floor_min: 0}
"""


class InJournal(Gaitd):
    """Its standard error is a stream of the journal, and $JOURNAL_STREAM names it, as systemd does for a service."""

    def start(self):
        stream = socket.socket(socket.AF_UNIX)
        stream.connect("/run/systemd/journal/stdout")
        stream.sendall(b"gaitd\n\n6\n1\n0\n0\n0\n")
        at = os.fstat(stream.fileno())
        self.process = subprocess.Popen(self.command(), stderr=stream, env=dict(os.environ, JOURNAL_STREAM=f"{at.st_dev}:{at.st_ino}"))
        stream.close()
        self.requests = self.context.socket(socket_kind())
        self.requests.linger = 0
        self.requests.connect(f"ipc://{self.run}/control/control")
        return self

    def said(self):
        return ""


def socket_kind():
    import zmq  # pylint: disable=import-outside-toplevel
    return zmq.DEALER


def logs(*argv):
    done = subprocess.run([os.path.join(BIN, "gait"), "--json", "logs", *argv], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 or not done.stdout, (argv, done)
    return [json.loads(line) for line in done.stdout.splitlines()]


def inside():
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.makedirs("/run/systemd/journal")
    os.makedirs("/run/log/journal")
    journald = subprocess.Popen([JOURNALD], stderr=subprocess.DEVNULL)
    try:
        d = InJournal(YAML)
        d.wait_for(lambda: os.path.exists("/run/systemd/journal/socket") and os.path.exists("/run/systemd/journal/stdout"), "journald")
        with d:
            session = d.ask("session open", subject="S01")["session"]["session"]
            for mat in ("left", "right", "left"):
                d.start_trial(mat=mat)
                d.wait_idle()
            d.wait_for(lambda: logs("--trial", "3", "--session", session), "lines of trial 3")
        d.wait_for(lambda: any("stopping" in line["MESSAGE"] for line in logs()), "its last word")
        check(session)
    finally:
        journald.terminate()
        journald.wait(60)


def check(session):
    everything, left, second = logs(), logs("--mat", "left"), logs("--trial", "2")
    assert len(everything) > len(left) > 0 and len(second) > 0
    assert {line["MAT"] for line in left} == {"left"} and not any("right" in line["MESSAGE"] for line in left), left
    assert {(line["MAT"], line["TRIAL"], line["SESSION"]) for line in second} == {("right", "2", session)}, second
    assert any("trial 2 started" in line["MESSAGE"] for line in second), second
    of_session = logs("--session", session)
    assert of_session and {line["SESSION"] for line in of_session} == {session} and len(of_session) < len(everything)
    assert logs("--session", "S09-20200101") == []
    for line in everything:
        assert line["SYSLOG_IDENTIFIER"] == "gaitd" and line["PRIORITY"] in "34567", line
    assert all(line["COMPONENT"] for line in everything if line["_TRANSPORT"] == "journal")
    assert sum(line["_TRANSPORT"] == "journal" for line in everything) > 8, "it does not speak the journal's protocol"
    assert len(logs("--lines", "2")) == 2
    print(f"{len(everything)} lines in a real journal: {len(left)} of a mat, {len(second)} of a trial, {len(of_session)} of the session")


def main():
    if os.environ.get(INSIDE):
        return inside()
    for name in ("journalctl", "unshare"):
        if not shutil.which(name):
            skip(f"{name} is not installed")
    if os.geteuid() != 0 or not os.path.exists(JOURNALD) or not os.path.exists("/etc/machine-id"):
        skip("no root, systemd-journald or machine id here: no journal of our own")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        skip("no mount namespaces here")
    return sys.exit(subprocess.run(["unshare", "--mount", sys.executable, __file__], env=dict(os.environ, **{INSIDE: "1"}), check=False).returncode)


main()
