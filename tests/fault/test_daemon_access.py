"""Who is let in over TCP, and who is not: unknown, revoked and viewers' keys, clients without CURVE; each refused with a line in the log. And what is left of
who did what: the audit log, the metrics page, a reload."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, Gaitd, collect  # noqa: E402
import flood  # noqa: E402
import prometheus_page  # noqa: E402
import socket  # noqa: E402
import zmq  # noqa: E402

YAML = """version: 1
mats: [{id: mat-1, source: {walker: "seed=1,rows=64,cols=32,lead_s=0.1,tail_s=0.1", speed: 1, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0}
log: {level: info}
"""


def gait(*argv, **env):
    done = subprocess.run([os.path.join(BIN, "gait"), *argv], capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ, **env))
    return done.returncode, done.stdout, done.stderr


def two_ports():
    """Two free ports, one after the other, as `gait --socket tcp://` takes them."""
    for port in range(20000 + os.getpid() % 20000, 60000, 2):
        taken = []
        try:
            for p in (port, port + 1):
                s = socket.socket()
                taken.append(s)
                s.bind(("127.0.0.1", p))
            return port
        except OSError:
            pass
        finally:
            for s in taken:
                s.close()
    raise RuntimeError("no two free ports")


def key_file(path):
    with open(path, encoding="ascii") as f:
        return dict(line.strip().split(": ") for line in f if not line.startswith("#"))


def broken_while_keys_change(d, port, key):
    """libzmq waits for ever to tell of a broken handshake when nobody can be told any more, and all its sockets with it: so the telling ends before a socket does."""
    end = threading.Event()

    def knock(at):
        while not end.is_set():
            try:
                with socket.create_connection(("127.0.0.1", at), 1) as s:
                    s.sendall(flood.GREETING)
                    s.settimeout(1)
                    s.recv(64)
            except OSError:
                pass
    knocking = [threading.Thread(target=knock, args=(at,)) for at in (port, port + 1) * 2]
    for t in knocking:
        t.start()
    for _ in range(8):
        before = d.ask("status")["tcp"]["reopened"]
        os.utime(key)
        d.wait_for(lambda n=before: d.ask("status")["tcp"]["reopened"] > n, "reopened sockets")
    end.set()
    for t in knocking:
        t.join()


def keys_by_root(folder):
    """What an administrator makes as root, the service's user must be able to read: it gets the owner of the folder of keys."""
    if os.geteuid() != 0:
        return
    os.mkdir(folder, 0o750)
    os.chown(folder, 990, 991)
    assert gait("key", "new", "eve", "--keys", folder, "-o", folder + ".eve")[0] == 0
    for path in ("allowed", "server.key", "allowed/eve.pub"):
        made = os.stat(os.path.join(folder, path))
        assert (made.st_uid, made.st_gid) == (990, 991), f"{path} belongs to {made.st_uid}:{made.st_gid}"
    assert os.stat(folder + ".eve").st_uid == 0, "the key itself is for whoever asked"


class Tcp:
    """A DEALER with a key, as docs/SECURITY.md says."""

    def __init__(self, context, port, key, kind=zmq.DEALER):
        self.socket = context.socket(kind)
        self.socket.linger = 0
        if key:
            self.socket.curve_serverkey = key["server"].encode()
            self.socket.curve_publickey = key["public"].encode()
            self.socket.curve_secretkey = key["secret"].encode()
        self.socket.connect(f"tcp://127.0.0.1:{port}")
        self.number = 0

    def ask(self, verb, args=None, timeout_ms=20000):
        """The reply, or None: nobody answered in that time."""
        self.number += 1
        self.socket.sndtimeo = timeout_ms
        try:
            self.socket.send_json({"v": "1.0", "client": "shared", "id": str(self.number), "verb": verb, "args": args or {}})
        except zmq.Again:  # not let in: there is nobody to send to
            return None
        return self.socket.recv_json() if self.socket.poll(timeout_ms) else None


def refused_configurations():
    """CURVE without ZAP, or TCP without keys, cannot be written down."""
    for extra, word in (("stream: {tcp: '127.0.0.1:7471'}\n", "access.keys"), ("control: {tcp: '127.0.0.1:7470'}\n", "access.keys"),
                        ("control: {tcp: '7470'}\naccess: {keys: /x}\n", "ADDRESS:PORT")):
        d = Gaitd(YAML + extra)
        done = subprocess.run([*d.command(), "--check"], capture_output=True, text=True, check=False)
        assert done.returncode == 3 and word in done.stderr, (extra, done)
    # a folder without a server key opens nothing
    d = Gaitd(YAML + "control: {tcp: '127.0.0.1:7470'}\naccess: {keys: /nonexistent}\n")
    done = subprocess.run(d.command(), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "gait key new" in done.stderr, done


def looks_only():
    """Somebody who is in the view's group and not in the control's: status is answered on the query socket."""
    if os.geteuid() != 0:
        print("not root: who is in gaitd-view only is not tried")
        return
    with Gaitd(YAML) as d:
        os.chmod(d.folder, 0o755)
        os.chmod(d.run, 0o755)
        for folder, group, sockets in (("view", 12345, ("stream", "query")), ("control", 12346, ("control",))):
            for name in ("", *sockets):
                os.chown(f"{d.run}/{folder}/{name}", 0, group)
            os.chmod(f"{d.run}/{folder}", 0o2750)

        def as_viewer(*argv):
            done = subprocess.run([os.path.join(BIN, "gait"), "--socket", d.run, *argv], capture_output=True, text=True, check=False, timeout=60,
                                  user=65534, group=12345, extra_groups=[])
            return done.returncode, done.stderr
        if as_viewer("--version")[0] != 0:
            print("the programs cannot be run by another user here: who is in gaitd-view only is not tried")
            return
        assert as_viewer("status")[0] == 0, as_viewer("status")
        status, err = as_viewer("mark", "x")
        assert status in (4, 5, 1) and "gaitd-view to look only" in err, (status, err)


def said(d, text):
    d.wait_for(lambda: text in d.said(), f"the log to say: {text}")


def revoked_all_the_same(d, folder, place):
    """A folder that was put back from a copy is another folder; the daemon's own key may be in trouble: who is revoked then is out too."""
    def allowed():
        return d.ask("status")["tcp"]["keys"]

    def let_in(name):
        return gait("--socket", place, "status", GAIT_KEY=f"{folder}/../{name}.key")[0] == 0

    first = allowed()
    for name in ("late", "last"):
        assert gait("key", "new", name, "--role", "viewer", "--keys", folder, "-o", f"{folder}/../{name}.key")[0] == 0
    d.wait_for(lambda: allowed() == first + 2, "two keys more")
    os.rename(folder + "/allowed", folder + "/before")
    d.wait_for(lambda: allowed() == 0, "no folder, nobody")
    shutil.copytree(folder + "/before", folder + "/allowed")
    d.wait_for(lambda: allowed() == first + 2, "the folder that was put back")
    assert let_in("late")
    assert gait("key", "revoke", "late", "--keys", folder)[0] == 0
    d.wait_for(lambda: allowed() == first + 1, "a key revoked in it")
    assert not let_in("late") and let_in("last")
    os.chmod(folder + "/server.key", 0o644)
    assert gait("key", "revoke", "last", "--keys", folder)[0] == 0
    d.wait_for(lambda: allowed() == first, "a key revoked while the daemon's own is in trouble")
    assert not let_in("last")
    said(d, "server.key")
    os.chmod(folder + "/server.key", 0o600)


def main():
    refused_configurations()
    looks_only()
    port = two_ports()
    keys = Gaitd(YAML)
    folder = keys.folder + "/keys"
    for name, role in (("anna", "operator"), ("desk", "viewer"), ("gone", "operator")):
        status, _, err = gait("key", "new", name, "--role", role, "--keys", folder, "-o", f"{keys.folder}/{name}.key")
        assert status == 0, err
    assert os.stat(folder + "/server.key").st_mode & 0o777 == 0o600 == os.stat(keys.folder + "/anna.key").st_mode & 0o777
    keys_by_root(keys.folder + "/by-root")
    assert gait("key", "new", "anna", "--keys", folder, "-o", keys.folder + "/x.key")[0] == 3, "a second key of one name"
    assert sorted(json.loads(line)["role"] for line in gait("--json", "key", "list", "--keys", folder)[1].splitlines()) == ["operator", "operator", "viewer"]
    d = Gaitd(YAML + f"control: {{tcp: '127.0.0.1:{port}'}}\nstream: {{tcp: '127.0.0.1:{port + 1}'}}\naccess: {{keys: {folder}}}\n")
    with d:
        anna, desk, gone = (key_file(f"{keys.folder}/{n}.key") for n in ("anna", "desk", "gone"))
        place = f"tcp://127.0.0.1:{port}"
        # who may
        status, out, err = gait("--json", "--socket", place, "status", GAIT_KEY=keys.folder + "/anna.key")
        assert status == 0 and json.loads(out)["tcp"]["keys"] == 3, err
        with open(keys.folder + "/anna.key", encoding="ascii") as f:
            assert f.readline().startswith("# an operator's key of gaitd")
        os.chmod(keys.folder + "/anna.key", 0o640)
        status, out, err = gait("--socket", place, "status", GAIT_KEY=keys.folder + "/anna.key")
        assert status != 0 and "anna.key: others may read this secret key: chmod 600" in err and len(err.splitlines()) == 1, (status, err)
        os.chmod(keys.folder + "/anna.key", 0o600)
        assert gait("--socket", place, "session", "open", "--subject", "S01", GAIT_KEY=keys.folder + "/anna.key")[0] == 0
        viewer = Tcp(d.context, port, desk)
        assert viewer.ask("status")["ok"] and viewer.ask("metrics")["ok"]
        states = [d.ask(verb)[key][0]["state"] for verb, key in (("status", "mats"), ("snapshot", "mats"), ("devices", "devices"))]
        assert states == ["streaming"] * 3, states
        # a viewer does not command, nor read what an operator was answered to the same client and id
        reply = viewer.ask("session close")
        assert reply["error"]["code"] == "not-allowed" and "viewer" in reply["error"]["message"], reply
        said(d, "desk was not let in")
        assert d.ask("status")["session"], "a viewer closed the session"
        # the stream
        sub = Tcp(d.context, port + 1, desk, zmq.SUB).socket
        sub.subscribe(b"live/")
        sub.subscribe(b"")  # no such prefix: gives nothing
        assert sub.poll(20000) and sub.recv_multipart()[0] == b"live/mat-1/"
        lively = Tcp(d.context, port, gone)
        assert lively.ask("status")["ok"]
        gone_sub = Tcp(d.context, port + 1, gone, zmq.SUB).socket
        gone_sub.subscribe(b"live/")
        assert gone_sub.poll(20000)
        # who may not: an unknown key, nobody's key, a wrong server key, no CURVE
        before = d.ask("status")["tcp"]["denied"]
        public, secret = (k.decode() for k in zmq.curve_keypair())
        stranger = Tcp(d.context, port, {"server": anna["server"], "public": public, "secret": secret})
        plain = Tcp(d.context, port, None)
        plain_sub = Tcp(d.context, port + 1, None, zmq.SUB).socket
        plain_sub.subscribe(b"live/")
        d.wait_for(lambda: d.ask("status")["tcp"]["denied"] >= before + 3, "three denials")
        said(d, "its key is not among the allowed ones")
        said(d, "no CURVE handshake")
        for who in (stranger, plain):
            assert who.ask("status", timeout_ms=300) is None, "somebody without a key was answered"
        assert not plain_sub.poll(300), "somebody without a key was sent the stream"
        assert d.said().count("was not let in") < 30, "denials are not told one by one"
        for s in (stranger.socket, plain.socket, plain_sub):
            s.close(0)
        d.wait_for(lambda: d.ask("status")["clients"]["tcp"] == 4, "viewer, sub, lively and gone_sub alone to be counted")
        # revoked: out at once, with the connection that stands
        reopened = d.ask("status")["tcp"]["reopened"]
        assert gait("key", "revoke", "gone", "--keys", folder)[0] == 0
        d.wait_for(lambda: d.ask("status")["tcp"]["reopened"] > reopened and d.ask("status")["tcp"]["control_open"] and d.ask("status")["tcp"]["stream_open"],
                   "reopened sockets")
        assert lively.ask("status", timeout_ms=500) is None, "a revoked key was answered"
        while gone_sub.poll(0):
            gone_sub.recv_multipart()
        assert not gone_sub.poll(500), "a revoked key is still sent the stream"
        assert viewer.ask("status")["ok"], "who was not revoked comes back"
        while sub.poll(0):
            sub.recv_multipart()
        assert sub.poll(20000), "who was not revoked gets the stream again"
        broken_while_keys_change(d, port, os.path.join(folder, "allowed", "anna.pub"))
        assert viewer.ask("status")["ok"] and sub.poll(20000), "TCP goes on"
        # a trial is not disturbed by any of it
        trial = d.ask("trial start")["trials"][0]
        assert gait("key", "revoke", "desk", "--keys", folder)[0] == 0
        collect(d.subscribe("live/"), lambda t, h: h["frame"] > trial["first_frame"] + 100)
        stop = d.ask("trial stop")["trials"][0]
        assert stop["lost_ring"] == 0 and stop["frames"] > 100
        revoked_all_the_same(d, folder, place)
        # metrics
        status, out, _ = gait("--socket", d.run, "status", "--prometheus")
        page = prometheus_page.read(out)
        assert status == 0 and page["gaitd_mat_frames_total", (("mat", "mat-1"),)] > 100 and page["gaitd_tcp_denied_total", ()] >= 4, out
        assert page["gaitd_output_free_bytes", ()] > 2**20 and 0 < page["gaitd_stage_seconds", (("quantile", "0.5"), ("stage", "pipeline"))] < 1, out
        assert page["gaitd_stage_seconds_count", (("stage", "append"),)] > 100, out
        assert 0 < page["gaitd_stage_last_seconds", (("stage", "pipeline"),)] <= page["gaitd_stage_seconds", (("quantile", "1"), ("stage", "pipeline"))], out
        # reload: what may change does, the rest is refused with its reason
        with open(d.config, encoding="utf-8") as f:
            text = f.read()
        with open(d.config, "w", encoding="utf-8") as f:
            f.write(text.replace("floor_min: 0, pre_trigger_s: 0", "floor_min: 0, max_trial_s: 77, pre_trigger_s: 1"))
        d.process.send_signal(signal.SIGHUP)
        said(d, "recording.pre_trigger_s sizes the rings")
        assert d.ask("config")["config"]["recording"]["max_trial_s"] == 77 and d.ask("config")["config"]["recording"]["pre_trigger_s"] == 0
        result = d.ask("reload")
        assert result["changed"] == [] and [r["key"] for r in result["refused"]] == ["recording.pre_trigger_s"], result
        with open(d.config, "w", encoding="utf-8") as f:
            f.write("version: 1\nnonsense: 1\n")
        reply = d.ask_raw("reload")
        assert not reply["ok"] and "nothing is changed" in reply["error"]["message"], reply
        d.ask("session close")
        # the audit log
        with open(os.path.join(d.folder, "audit.log"), encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        told = [(line["who"], line["verb"], line["ok"]) for line in lines]
        assert ("anna", "session open", True) in told and ("local", "trial start", True) in told and ("local", "session close", True) in told, told
        assert not [t for t in told if t[0] == "desk" or t[1] == "status"], told
        assert lines[0]["session"].startswith("S01-") and lines[0]["args"]["subject"] == "(not kept)", lines[0]
    print("TCP: known keys are served, others are not; revoked at once; audited; reloaded")


main()
