"""Peers that mean no good while a trial is recorded: floods by strangers over TCP, malformed messages, a flood of requests, clients that die, a subscriber that
stands still, many subscribers. The recording has no gap, honest clients are served, memory is told. At last what libzmq cannot bound: one endless message by a member of the groups
and by the holder of a key. It ends gaitd (kernel.systemd has the kernel's kill by MemoryMax), and the trial is recovered at the next start."""
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
from gaitd_run import BIN, Gaitd, collect  # noqa: E402
import flood  # noqa: E402
import socket  # noqa: E402
import zmq  # noqa: E402

FULL = os.environ.get("GAIT_TIER") == "full"
SECONDS, SUBSCRIBERS, REQUESTS, MALFORMED = (10, 1000, 50000, 20000) if FULL else (2, 100, 3000, 1500)
ROOM_MIB = 260 if FULL else 48  # that gaitd may still take before an endless message ends it
STRANGERS_MIB = 64  # more than that of growth is a leak, not a queue
YAML = """version: 1
mats: [{id: mat-1, source: {walker: "seed=1,rows=64,cols=32,lead_s=0.1,tail_s=0.1", speed: 1, free_run: true}}]
recording: {floor_min: 0, pre_trigger_s: 0}
stream: {high_water_mark: 100, tcp: '127.0.0.1:%d'}
control: {tcp: '127.0.0.1:%d'}
access: {keys: %s}
ring: {memory_MiB: 64}
"""


def free_ports():
    taken = [socket.socket() for _ in range(2)]
    for s in taken:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in taken]
    for s in taken:
        s.close()
    return ports


def rss_MiB(d):
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


def honest(d):
    """Commands and looks while it goes on: each must be answered."""
    assert d.ask("mark", text="still here")["marks"]
    assert d.ask("status")["mats"][0]["state"] == "recording"


def meanwhile(d, what):
    """Runs what() in a thread of its own and is an honest client until it ends; the largest memory seen."""
    thread, most = threading.Thread(target=what), 0.0
    thread.start()
    while thread.is_alive():
        honest(d)
        most = max(most, rss_MiB(d))
        time.sleep(0.05)
    thread.join()
    return max(most, rss_MiB(d))


def strangers(d, control, stream):
    for what, port in (("multipart", control), ("subscribe", stream)):
        before, told = rss_MiB(d), [0, 0]

        def go(what=what, port=port, told=told):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                try:
                    sent, hung_up = flood.flood(what, f"tcp://127.0.0.1:{port}", SECONDS)
                except OSError:
                    continue
                told[0] += sent
                told[1] += hung_up
        most = meanwhile(d, go)
        assert told[1] > 0, f"{what}: nobody hung up on a stranger"
        assert most - before < STRANGERS_MIB, f"{what}: {before:.0f} to {most:.0f} MiB"
        print(f"RESULT {what} by a peer without a key over TCP: hung up on {told[1]} times, {told[0] / 2**20:.1f} MiB pushed, {before:.1f} to {most:.1f} MiB")
    d.wait_for(lambda: "no CURVE handshake" in d.said(), "a line in the log")
    assert d.said().count("was not let in") <= 6 * SECONDS + 10, "one line each"


def malformed(d):
    """Multipart messages of every shape, and bytes of every kind, to both sockets."""
    dice = random.Random(7)

    def go():
        for i in range(MALFORMED):
            s = sockets[i % 2]
            parts = [dice.randbytes(dice.choice((0, 0, 1, 5, 64, 300, 5000))) for _ in range(dice.randint(1, 6))]
            if i % 3 == 0:
                parts[-1] = json.dumps({"v": "1.0", "client": "x", "id": str(i), "verb": dice.choice(("status", "nonsense", "trial stop ")),
                                        "args": dice.choice((None, 3, [], {"mat": 7}))})[:dice.randint(1, 90)].encode()
            try:
                s.send_multipart(parts, zmq.NOBLOCK)
            except zmq.Again:
                time.sleep(0.001)
    sockets = []
    for path in ("control/control", "view/query"):
        s = d.context.socket(zmq.DEALER)
        s.linger = 0
        s.connect(f"ipc://{d.run}/{path}")
        sockets.append(s)
    most = meanwhile(d, go)
    for s in sockets:
        s.close()
    print(f"RESULT {MALFORMED} malformed messages: {most:.1f} MiB at most")


def requests(d):
    """Asks and never reads an answer."""
    s = d.context.socket(zmq.DEALER)
    s.linger = 0
    s.connect(f"ipc://{d.run}/control/control")
    sent = [0]

    def go():
        for i in range(REQUESTS):
            try:
                s.send_json({"v": "1.0", "client": "flood", "id": str(i), "verb": "status"}, zmq.NOBLOCK)
                sent[0] += 1
            except zmq.Again:
                time.sleep(0.001)
    before = rss_MiB(d)
    most = meanwhile(d, go)
    s.close()
    assert sent[0] > 100
    print(f"RESULT {sent[0]} requests whose answers nobody reads: {before:.1f} to {most:.1f} MiB")


def dying(d):
    """Clients that ask and are gone; two operators who want the same at once."""
    for i in range(20):
        s = socket.socket(socket.AF_UNIX)
        s.connect(f"{d.run}/control/control")
        flood.shake_hands(s, "DEALER")
        text = json.dumps({"v": "1.0", "client": "dying", "id": str(i), "verb": "status"}).encode()
        s.sendall(flood.frame(text)[:-dice] if (dice := i % 3) else flood.frame(text))  # some in the middle of a word
        s.close()
    honest(d)
    answers = []

    def stop():
        done = subprocess.run([os.path.join(BIN, "gait"), "--json", "--socket", d.run, "trial", "stop"], capture_output=True, text=True, check=False, timeout=60)
        answers.append((done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.stdout else done.stderr))
    both = [threading.Thread(target=stop) for _ in range(2)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    assert len(answers) == 2 and any(r == 0 for r, _ in answers), answers
    return next(a for r, a in answers if r == 0 and a["trials"])["trials"][0]


def subscribers(d):
    """Many, one of which stands still, and some that leave without a word."""
    many = []
    for i in range(SUBSCRIBERS):
        s = d.context.socket(zmq.SUB)
        s.linger = 0
        s.rcvhwm = 1000
        s.subscribe(b"event/")
        s.connect(f"ipc://{d.run}/view/stream")
        many.append(s)
    still = d.context.socket(zmq.SUB)
    still.rcvhwm = 1
    still.subscribe(b"frame/")
    still.connect(f"ipc://{d.run}/view/stream")
    d.wait_for(lambda: d.ask("status")["stream"]["subscriptions"] >= 2, "subscriptions")
    for s in many[::5]:
        s.close()
    left = [s for i, s in enumerate(many) if i % 5]

    def heard(s):
        d.ask("mark", text="to all")
        return s.poll(100)
    for s in left:
        d.wait_for(lambda s=s: heard(s), "a mark at every subscriber that stayed")
    print(f"RESULT {SUBSCRIBERS} subscribers: every one of {len(left)} that stayed heard; {rss_MiB(d):.1f} MiB")
    for s in left + [still]:
        s.close()


def kept_small(d):
    """No cgroup is needed for it: from here on so much more may be allocated, and not a byte more."""
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        has = next(int(line.split()[1]) for line in f if line.startswith("VmData")) * 1024
    resource.prlimit(d.process.pid, resource.RLIMIT_DATA, (has + ROOM_MIB * 2**20,) * 2)


def endless_by_member(d, _):
    while d.process.poll() is None:
        try:
            flood.flood("multipart", f"ipc://{d.run}/view/query", 60)
        except OSError:
            pass


def endless_by_key_holder(d, port):
    """libzmq sends no message before its last part is there: parts enough."""
    with open(d.keys + ".desk", encoding="ascii") as f:
        key = dict(line.strip().split(": ") for line in f if not line.startswith("#"))
    s = d.context.socket(zmq.DEALER)
    s.linger = 0
    s.curve_serverkey, s.curve_publickey, s.curve_secretkey = (key[k].encode() for k in ("server", "public", "secret"))
    s.connect(f"tcp://127.0.0.1:{port}")
    s.send_json({"v": "1.0", "client": "desk", "id": "1", "verb": "status"})
    assert s.poll(20000) and json.loads(s.recv_multipart()[-1])["ok"], "the key is a good one"
    for _ in range(int(1.5 * ROOM_MIB * 2**20 / 1000)):
        s.send(b"x" * 1000, zmq.SNDMORE)
    s.send(b"")
    d.wait_for(lambda: d.process.poll() is not None, "its end", 60)
    s.close()


def beyond_memory(d, who, endless, port):
    """gaitd ends by it in a trial; at its next start every frame that was told to be recorded is there."""
    trial = d.ask("trial start")["trials"][0]
    d.wait_for(lambda: d.ask("status")["mats"][0]["trial"]["frames"] > 100, "frames")
    kept_small(d)
    told, began = d.ask("status")["mats"][0]["trial"]["frames"], time.monotonic()
    endless(d, port)
    ended, passed = d.process.wait(60), time.monotonic() - began
    assert ended < 0, f"{who}: gaitd ended with {ended}"
    d.requests.close()
    d.start()
    d.wait_for(lambda: d.ask("status")["session"]["trials"][-1]["state"] == "sealed", "the seal")
    row = d.ask("status")["session"]["trials"][-1]
    assert row["trial"] == trial["trial"] and row["recovered"] is True and row["lost_ring"] == row["lost_device"] == 0, row
    assert row["frames"] >= told, (row, told)
    print(f"RESULT an endless message by {who}: {ROOM_MIB} MiB more and gaitd ended after {passed:.1f} s (signal {-ended}); "
          f"{told} frames told as recorded, {row['frames']} recovered, none missing among them")


def main():
    stream, control = free_ports()
    keys = Gaitd("version: 1\n").folder + "/keys"
    done = subprocess.run([os.path.join(BIN, "gait"), "key", "new", "desk", "--role", "viewer", "--keys", keys, "-o", keys + ".desk"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Gaitd(YAML % (stream, control, keys)) as d:
        d.context.set(zmq.MAX_SOCKETS, 4 * SUBSCRIBERS + 100)
        d.ask("session open", subject="F01")
        first = d.ask("trial start")["trials"][0]["first_frame"]
        strangers(d, control, stream)
        malformed(d)
        requests(d)
        subscribers(d)
        sub = d.subscribe("live/")
        collect(sub, lambda t, h: h["frame"] > first + 100)
        trial = dying(d)
        assert trial["lost_ring"] == trial["lost_device"] == 0 and trial["frames"] > 100, trial
        d.wait_for(lambda: d.ask("status")["session"]["trials"][0]["state"] == "sealed", "the seal")
        path = d.ask("status")["session"]["trials"][0]["path"]
        done = subprocess.run([os.path.join(BIN, "gait"), "check", path], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        print(f"RESULT through all floods: {trial['frames']} frames recorded, none missing")
        d.keys = keys
        beyond_memory(d, "a member over ipc", endless_by_member, None)
        beyond_memory(d, "a key holder over TCP", endless_by_key_holder, control)


main()
