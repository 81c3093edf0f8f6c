"""A gaitd of one's own in a folder of one's own, for tests: started, asked (docs/CONTROL.md), listened to (docs/STREAM.md), stopped."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.environ["GAIT_BIN_DIR"]
DATA = os.environ.get("GAIT_DATA", "")

try:
    import zmq
except ImportError:
    print("skipped: python3-zmq is not installed")
    sys.exit(77)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.message = error["message"]


class Gaitd:
    """with Gaitd("mats: ...") as d: ..."""

    def __init__(self, yaml, data=None, program="gaitd"):
        self.folder = tempfile.mkdtemp(prefix="gaitd-", dir="/tmp")  # short: a socket's path has 107 bytes
        self.run = os.path.join(self.folder, "run")
        self.data = data or os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "gaitd.yaml")
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(yaml)
        self.log = os.path.join(self.folder, "log")
        self.process = None
        self.context = zmq.Context()
        self.number = 0
        self.client = f"test-{os.getpid()}"

    def command(self):
        return [os.path.join(BIN, "gaitd"), "--config", self.config, "--run", self.run, "--data", self.data]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stderr=log)
        end = time.monotonic() + 30
        while not os.path.exists(self.run + "/control/control") or " serves " not in self.said():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"gaitd did not start (status {self.process.poll()}): {self.said()}")
            time.sleep(0.01)
        self.requests = self.context.socket(zmq.DEALER)
        self.requests.linger = 0
        self.requests.connect(f"ipc://{self.run}/control/control")
        return self

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ask_raw(self, verb, args=None, request_id=None, client=None, timeout_ms=30000):
        self.number += 1
        request_id = request_id or str(self.number)
        self.requests.send_json({"v": "1.0", "client": client or self.client, "id": request_id, "verb": verb, "args": args or {}})
        return self.reply(request_id, timeout_ms)

    def reply(self, request_id, timeout_ms=30000):
        end = time.monotonic() + timeout_ms / 1000
        while self.requests.poll(max(0, int(1000 * (end - time.monotonic())))):
            reply = json.loads(self.requests.recv_multipart()[-1])
            if reply["id"] in (request_id, ""):
                return reply
        raise TimeoutError(f"no answer to request {request_id}; gaitd said: {self.said()}")

    def ask(self, verb, **args):
        reply = self.ask_raw(verb, args)
        if not reply["ok"]:
            raise Refused(reply["error"])
        return reply["result"]

    def start_trial(self, **args):
        """On a machine so busy that no frame is written within a second the start is refused, and asked for again."""
        for _ in range(20):
            reply = self.ask_raw("trial start", args)
            if reply["ok"] or reply["error"]["code"] != "no-frames":
                break
        if not reply["ok"]:
            raise Refused(reply["error"])
        return reply["result"]

    def subscribe(self, *topics):
        socket = self.context.socket(zmq.SUB)
        socket.rcvhwm = 100000
        socket.linger = 0
        for topic in topics:
            socket.subscribe(topic.encode())
        socket.connect(f"ipc://{self.run}/view/stream")
        want = self.subscriptions + len(topics) if hasattr(self, "subscriptions") else len(topics)
        self.subscriptions = want
        # poll: after a connection that failed, libzmq sends subscriptions anew only when the socket is used
        self.wait_for(lambda: socket.poll(0) >= 0 and self.ask("status")["stream"]["subscriptions"] >= want, "subscriptions")
        return socket

    def sealing(self):
        """A sealer is nice and has limits of its own: on a busy machine it may wait long for its turn, and that is no hang."""
        try:
            return self.process.poll() is None and self.ask("status")["sealer"]["running"] is not None
        except (TimeoutError, AttributeError):
            return False

    def wait_for(self, what, name, seconds=30):
        """Polls until what() is true; what it is must be told, so that a hang says so."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end and self.sealing():
                end += seconds
            elif time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s for {name}; gaitd said: {self.said()}")
            time.sleep(0.03)

    def wait_idle(self):
        self.wait_for(lambda: all(m["trial"] is None and m["state"] in ("idle", "streaming") for m in self.ask("status")["mats"]), "the trial's end")

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)
        if hasattr(self, "requests"):
            self.requests.close()
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        status = self.stop()
        said = self.said()
        self.context.destroy(0)
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            assert status == 0, f"gaitd ended with {status}: {said}"
            assert "ERROR: AddressSanitizer" not in said and "WARNING: ThreadSanitizer" not in said and "runtime error" not in said, said
        else:
            print(said)
        return False


WALKER = """version: 1
mats: [{id: mat-1, source: {walker: "%s", speed: %s}}]
recording: {floor_min: 0}
"""


def message(parts):
    """topic, header, payload as docs/STREAM.md says."""
    topic, header, payload = parts
    return topic.decode(), json.loads(header), payload


def collect(socket, until, seconds=60):
    """Messages until until(topic, header) is true for one, that one included."""
    end = time.monotonic() + seconds
    got = []
    while socket.poll(max(0, int(1000 * (end - time.monotonic())))):
        got.append(message(socket.recv_multipart()))
        if until(*got[-1][:2]):
            return got
    raise TimeoutError(f"only {len(got)} messages came: {[m[0] for m in got][-5:]}")
