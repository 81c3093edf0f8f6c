"""A running gaitd for a test: its own folders, its own config, `gait` to command it, a ZeroMQ subscriber that knows docs/STREAM.md only.

    with lab.Lab(source={"replay": {"path": path, "speed": 0}}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SKIP = 77
BIN = os.environ.get("GAIT_BIN_DIR", "")
DATA = os.environ.get("GAIT_DATA", "")
ENOUGH_S = 30  # for anything to happen: a hang fails, nothing is timed


def skip(why):
    print("SKIP:", why)
    sys.exit(SKIP)


def need(module):
    try:
        return __import__(module)
    except ImportError:
        return skip(f"{module} is not installed for {sys.executable}")


def recording(name):
    path = os.path.realpath(os.path.join(DATA, "pressuRe", name))
    if not os.path.exists(path):
        skip(f"no recordings here ({path}): set GAIT_DATA")
    return path


def reference(name):
    """The rows of a table of reference numbers, as dicts of floats."""
    with open(os.path.join(DATA, "reference", name), encoding="ascii") as table:
        names = table.readline().strip().split(",")
        return [dict(zip(names, (float(v) if v else float("nan") for v in line.strip().split(",")))) for line in table]


def program(name):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        skip(f"{name} is not built in this configuration")
    return path


def run(*argv, **options):
    """Run a program of ours to its end: (exit status, stdout, stderr)."""
    done = subprocess.run([program(argv[0]), *argv[1:]], capture_output=True, text=True, timeout=4 * ENOUGH_S, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def yaml(value, indent=0):
    """Enough YAML for a config: dicts, lists, scalars."""
    out = ""
    for key, item in value.items():
        if isinstance(item, dict):
            out += " " * indent + f"{key}:\n" + yaml(item, indent + 2)
        elif isinstance(item, list):
            out += " " * indent + f"{key}:\n"
            for entry in item:
                text = yaml(entry, indent + 4)
                out += " " * (indent + 2) + "- " + text.lstrip()
        else:
            out += " " * indent + f"{key}: {json.dumps(item)}\n"
    return out


def die_with_parent():
    """A test that is killed takes its daemon with it (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Lab:
    def __init__(self, **config):
        self.folder = tempfile.mkdtemp(prefix="gait-test.", dir="/tmp")  # short: socket paths have 107 bytes
        self.run_folder = os.path.join(self.folder, "gaitd")
        self.data = os.path.join(self.folder, "data")
        os.makedirs(self.data)
        self.config = {"version": 1, "recording": {"path": self.data, "pre_trigger_s": 0, "floor_min": 0}}
        for key, value in config.items():
            if isinstance(value, dict):
                self.config.setdefault(key, {}).update(value)
            else:
                self.config[key] = value
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.folder, XDG_STATE_HOME=self.folder, GAIT_SOCKET=self.run_folder,
                        PATH=BIN + os.pathsep + os.environ["PATH"])
        self.daemon = None
        self.asked = 0

    def write_config(self, text=None):
        path = os.path.join(self.folder, "gaitd.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text if text is not None else yaml(self.config))
        return path

    def command(self, text=None):
        return [program("gaitd"), "--user", "--run", self.run_folder, "--config", self.write_config(text)]

    def start(self, **how):
        self.log = open(os.path.join(self.folder, "gaitd.log"), "a", encoding="utf-8")
        self.daemon = subprocess.Popen(self.command(), **{"env": self.env, "stderr": self.log, "stdout": self.log, "preexec_fn": die_with_parent, **how})
        self.until(lambda: self.ask("status", timeout_s=0.5), "gaitd answers")
        return self

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind, value, trace):
        try:
            if kind:
                self.kill()
                with open(self.log.name, encoding="utf-8") as log:
                    print("--- gaitd said:\n" + log.read())
            else:
                self.stop()
        finally:
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            status = self.daemon.wait(4 * ENOUGH_S)  # a sealer is nice, and is waited for
            assert status == 0, f"gaitd ended with {status}"

    def kill(self):
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()

    def until(self, condition, what):
        end = time.monotonic() + ENOUGH_S
        while not condition():
            assert self.daemon.poll() is None, f"gaitd ended while waiting: {what}"
            assert time.monotonic() < end, f"did not happen: {what}"
            time.sleep(0.02)

    def gait(self, *argv, check=True):
        """`gait --json ...`: (exit status, what it printed as an object or None, stderr)."""
        status, out, err = run("gait", "--json", *argv, env=self.env)
        assert status == 0 or not check, f"gait {' '.join(argv)}: {status} {err}"
        return status, json.loads(out.splitlines()[-1]) if out.strip() else None, err

    def ask(self, verb, timeout_s=ENOUGH_S):
        """What a verb without arguments answers, as docs/CONTROL.md says, or None: for what is asked many times, since each `gait` has 75 libraries to load."""
        zmq = need("zmq")
        self.asked += 1
        with zmq.Context.instance().socket(zmq.DEALER) as socket:
            socket.linger = 0
            socket.connect(f"ipc://{self.run_folder}/control/control")
            socket.send_json({"v": "1.0", "client": f"test-{os.getpid()}", "id": str(self.asked), "verb": verb, "args": {}})
            if not socket.poll(1000 * timeout_s):
                return None
            reply = json.loads(socket.recv_multipart()[-1])
        assert reply["ok"], reply
        return reply["result"]

    def mat(self):
        return self.ask("status")["mats"][0]

    def subscribe(self, *topics):
        return Subscriber(self, topics)

    def record(self, *argv, topics=("live/", "footfall/")):
        """Start a trial, collect what is published until it ends: (messages, the message of its end)."""
        messages = self.subscribe("trial/", *topics)
        self.gait("trial", "start", *argv)
        got = messages.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
        return got[:-1], got[-1]


class Subscriber:
    def __init__(self, lab, topics):
        zmq = need("zmq")
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.set_hwm(0)
        self.socket.connect(f"ipc://{lab.run_folder}/view/stream")
        self.zmq = zmq
        for topic in (*topics, "status/"):
            self.socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
        self.next()  # a status: the subscription stands
        self.seq = {}

    def next(self):
        assert self.socket.poll(1000 * ENOUGH_S), "nothing comes from the stream"
        topic, header, payload = self.socket.recv_multipart()
        message = json.loads(header)
        message["topic"], message["payload"] = topic.decode(), payload
        return message

    def until(self, last):
        got = []
        while True:
            message = self.next()
            topic = message["topic"]
            if topic != "status/":
                if topic in self.seq:
                    assert message["seq"] == self.seq[topic] + 1, f"{topic}: {message['seq']} after {self.seq[topic]}"
                self.seq[topic] = message["seq"]
                got.append(message)
                if last(message):
                    return got
