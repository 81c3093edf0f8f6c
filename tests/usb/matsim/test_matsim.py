#!/usr/bin/python3
"""matsim seen by a USB/IP host: test_matsim.py SCENARIO. Frames are read as docs/OPEN-MAT.md says, by code written here."""
import os
import struct
import subprocess
import sys

SOURCE = os.environ["GAIT_SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "lib"))
import usbip  # pylint: disable=wrong-import-position

BIN = os.environ["GAIT_BIN_DIR"]
WALK = "seed=3,rows=40,cols=24,pitch=10,rate=100,mass=70"
CELLS = 40 * 24


class Matsim:
    """with Matsim("--rate", "max") as m: m.port"""

    def __init__(self, *options, walker=WALK):
        source = ["--walker", walker] if walker else []
        self.command = [os.path.join(BIN, "matsim"), "--port", "0", *source, *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.line("waits at").split(" waits at 127.0.0.1:")[1].split(";")[0])
        return self

    def __exit__(self, kind, value, trace):
        assert self.process.poll() is None, f"matsim ended by itself with {self.process.returncode}"
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)

    def line(self, with_text):
        """The next line that contains a text; what came before is passed over."""
        while True:
            line = self.process.stdout.readline()
            assert line, f"matsim ended before it said '{with_text}'"
            if with_text in line:
                return line.strip()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def host(self, start=True):
        host = usbip.Host(self.port)
        assert host.status == 0, host.status
        assert host.control(0x00, 9, 1)[0] == 0
        if start:
            assert host.control(0x40, 2)[0] == 0
        return host


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def open_frame(data):
    """(part, parts, seq, tick_us, rows, cols, counts) of a piece; its checksum is looked at."""
    magic, version, flags, part, parts, seq, tick_us, rows, cols = struct.unpack("<4sBBBBIQHH", data[:24])
    assert (magic, version, flags) == (b"GMAT", 1, 0), data[:8]
    assert struct.unpack("<I", data[-4:])[0] == crc32c(data[:-4]), "checksum"
    return part, parts, seq, tick_us, rows, cols, data[24:-4]


def walked(frames, walker=WALK):
    out = subprocess.run([os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "walker_frames"), walker, str(frames)],
                         stdout=subprocess.PIPE, check=True).stdout
    n = len(out) // frames
    return [out[i * n:(i + 1) * n] for i in range(frames)]


def handshake():
    with Matsim("--serial", "H1", "--busid", "3-1.2") as m:
        device, = usbip.devices(m.port)
        assert (device["busid"], device["vid"], device["pid"]) == ("3-1.2", 0x1209, 0x0001), device
        assert device["speed"] == 3 and device["interfaces"] == 1 and device["kinds"] == [(0xff, 0x47, 1)], device
        assert usbip.Host(m.port, "1-1").status == 4, "an unknown busid"
        first = usbip.Host(m.port, "3-1.2")
        assert first.status == 0 and first.device["busid"] == "3-1.2" and first.device["interfaces"] == 1
        assert usbip.Host(m.port, "3-1.2").status == 2, "busy"
        assert len(usbip.devices(m.port)) == 1, "it can be listed while it is taken"
        first.close()
        m.line("let go")
        assert usbip.Host(m.port, "3-1.2").status == 0, "free again"


def descriptors():
    with Matsim("--serial", "SN-7") as m:
        host = m.host(start=False)
        status, device = host.control(0x80, 6, 1 << 8, 0, 18)
        assert status == 0 and len(device) == 18 and struct.unpack("<HH", device[8:12]) == (0x1209, 1)
        status, head = host.control(0x80, 6, 2 << 8, 0, 9)
        total = struct.unpack("<H", head[2:4])[0]
        config = host.control(0x80, 6, 2 << 8, 0, total)[1]
        assert len(head) == 9 and len(config) == total and config[9 + 5:9 + 8] == bytes([0xff, 0x47, 1])
        assert bytes([7, 5, 0x81, 2, 0, 2]) in config, "a bulk IN endpoint of 512 bytes"
        assert host.control(0x80, 6, 3 << 8 | device[15], 0x409, 255)[1][2:].decode("utf-16le") == "open mat"
        assert host.control(0x80, 6, 3 << 8 | device[16], 0x409, 255)[1][2:].decode("utf-16le") == "SN-7"
        assert host.control(0x80, 6, 6 << 8, 0, 10) == (usbip.STALL, b""), "no device qualifier"
        status, identity = host.control(0xc0, 1, 0, 0, 40)
        assert status == 0 and struct.unpack("<4sBBHHHII", identity[:20]) == (b"GMAT", 1, 1, 0, 40, 24, 10000, 10000)
        assert struct.unpack("<I", identity[20:24])[0] == 100000
        assert host.control(0xc0, 99, 0, 0, 8)[0] == usbip.STALL


def frames():
    """What a host reads is what the walker walked, in order, however large its transfers are."""
    truth = walked(150)
    piece = 24 + 2 * CELLS + 4
    for length in (65536, 16384, 512):
        with Matsim("--rate", "max") as m:
            host = m.host()
            asked = [host.submit(0x81, length) for _ in range(8)]
            stream, pieces = b"", []
            while len(pieces) < 150:
                status, data = host.answer(asked.pop(0))[1:3]
                assert status == 0 and 0 < len(data) <= length
                asked.append(host.submit(0x81, length))
                stream += data
                if len(data) < length or len(stream) % piece == 0:
                    pieces.append(stream)
                    stream = b""
            for number, data in enumerate(pieces):
                part, parts, seq, tick_us, rows, cols, counts = open_frame(data)
                assert (part, parts, seq, rows, cols) == (0, 1, number, 40, 24), (part, parts, seq, rows, cols)
                assert tick_us == number * 10000
                assert counts == truth[number], f"frame {number}"
    assert any(any(frame) for frame in truth), "the walker walks on the mat"


def parts():
    truth = walked(60)
    with Matsim("--rate", "max", "--parts", "4") as m:
        host = m.host()
        for number in range(60):
            counts = b""
            for k in range(4):
                status, data = host.read()
                part, n, seq, _, _, _, some = open_frame(data)
                assert status == 0 and (part, n, seq) == (k, 4, number)
                counts += some
            assert counts == truth[number]


def line_up():
    """START, STOP, configuring anew (what a port's reset is over USB/IP); a transfer that ends short although the host forbids it."""
    with Matsim("--rate", "max") as m:
        host = m.host(start=False)
        waits = host.submit(0x81, 65536)
        assert host.control(0x40, 2)[0] == 0
        assert open_frame(host.answer(waits)[2])[2] == 0, "the first frame, in a transfer from before START"
        assert host.read(flags=usbip.SHORT_NOT_OK)[0] == usbip.SHORT
        assert host.control(0x40, 3)[0] == 0
        waits = host.submit(0x81, 65536)
        assert host.control(0x00, 9, 1)[0] == 0
        assert host.control(0xc0, 1, 0, 0, 40)[0] == 0
        assert waits not in host.answers, "silent after STOP"
        assert host.control(0x40, 2)[0] == 0
        open_frame(host.answer(waits)[2])
        assert host.control(0x00, 9, 1)[0] == 0
        waits = host.submit(0x81, 65536)
        assert host.control(0xc0, 1, 0, 0, 40)[0] == 0 and waits not in host.answers, "silent after configuring anew"
        assert host.read(endpoint=0x85)[0] == usbip.STALL, "an endpoint that is not there"
        assert host.answer(host.submit(0x02, data=b"x" * 600))[1:3] == (0, 600), "OUT is taken"


def unlink():
    with Matsim("--rate", "0.001") as m:
        host = m.host()
        assert open_frame(host.read()[1])[2] == 0
        asked = [host.submit(0x81, 65536) for _ in range(3)]
        waiting = host.unlink(asked[1])
        assert host.answer(waiting)[:2] == (4, usbip.RESET), "it was waiting"
        assert host.answer(host.unlink(asked[1]))[:2] == (4, 0), "it is not there any more"
        assert host.answer(host.unlink(4711))[:2] == (4, 0)
        assert host.answer(host.unlink(asked[0]))[:2] == (4, usbip.RESET)
        assert host.answer(host.unlink(asked[2]))[:2] == (4, usbip.RESET)
        assert not [a for a in asked if a in host.answers], "what was unlinked gets no answer"
        done = host.submit(0x80, 40, struct.pack("<BBHHH", 0xc0, 1, 0, 0, 40))
        assert host.answer(host.unlink(done))[:2] == (4, 0) and host.answer(done)[1] == 0, "answered before"
        m.say("status")
        assert "in use, 1 frames" in m.line("in use")


def faults():
    with Matsim("--rate", "max", "--fault", "stall@3", "--fault", "overflow@5", "--fault", "protocol@7", "--fault", "gap@9x100",
                "--fault", "bit-flip@12", "--fault", "unplug@20") as m:
        host = m.host()
        seen, numbers = [], []
        try:
            while True:
                status, data = host.read()
                if status == usbip.STALL:
                    assert host.read()[0] == usbip.STALL, "halted until it is cleared"
                    assert host.control(0x02, 1, 0, 0x81)[0] == 0
                if status:
                    seen.append(status)
                    continue
                if struct.unpack("<I", data[-4:])[0] != crc32c(data[:-4]):
                    seen.append("flipped")
                    continue
                numbers.append(open_frame(data)[2])
        except usbip.Gone:
            seen.append("gone")
        assert seen == [usbip.STALL, usbip.OVERFLOW, usbip.PROTOCOL, "flipped", "gone"], seen
        jumps = [b - a for a, b in zip(numbers, numbers[1:]) if b - a > 1]
        assert 101 in jumps, jumps
        m.line("unplugged after 20 frames")


def control_line():
    with Matsim("--rate", "max") as m:
        m.say("status")
        assert m.line("plugged in").endswith("plugged in, free, 0 frames")
        host = m.host()
        m.line("imported")
        host.read()
        m.say("stall")
        m.line("stall")
        while host.read()[0] == 0:
            pass
        assert host.read()[0] == usbip.STALL
        m.say("stll@4")
        assert "no such kind" in m.line("stll")
        m.say("stall@x")
        assert "write it like" in m.line("stall@x")
        m.say("unplug")
        m.line("unplugged after")
        assert host.closed()
        assert usbip.devices(m.port) == [] and usbip.Host(m.port).status == 4
        m.say("stall")
        m.line("it is unplugged")
        m.say("plug")
        m.line("plugged in again")
        assert open_frame(m.host().read()[1])[2] == 0, "it counts from 0: it was without power"


def hostile():
    """What no host sends. matsim closes that connection with one line, and goes on."""
    def head(command, direction, endpoint, length, packets=0xffffffff):
        return struct.pack(">IIIII", command, 1, 1 << 16 | 2, direction, endpoint) + struct.pack(">IIIII", 0, length, 0, packets, 0) + bytes(8)

    with Matsim("--rate", "max") as m:
        for data, says in (
                (head(1, 1, 1, 0xffffffff), "transfer of 4294967295 bytes"), (head(1, 0, 2, (4 << 20) + 1), "transfer of 4194305 bytes"),
                (head(1, 1, 16, 64), "endpoint 16"), (head(1, 2, 1, 64), "direction 2"), (head(9, 0, 0, 0), "command 9"),
                (head(1, 1, 1, 64, 0x10000000), "268435456 packets"), (head(1, 0, 1, 64, 4), "isochronous")):
            host = m.host(start=False)
            host.send(data)
            assert host.closed(), says
            assert says in m.line("the host "), says
            m.line("let go")
        c = usbip.Connection(m.port)
        c.send(b"GET / HTTP/1.1\r\n\r\n")
        assert c.closed()
        m.line("speaks no USB/IP")
        half = usbip.Connection(m.port)
        half.send(struct.pack(">HHI", 0x0111, 0x8003, 0) + b"1-1")
        idle = [usbip.Connection(m.port) for _ in range(6)]
        host = m.host(start=False)
        for _ in range(257):
            host.submit(0x81, 64)
        assert host.closed()
        m.line("more than 256 transfers")
        half.close()
        for c in idle:
            c.close()
        assert open_frame(m.host().read()[1])[2] == 0, "and it still works"


def recording():
    """A vendor's file whose cells are known here: it starts at the toes, a mat at y = 0."""
    path = os.path.join(SOURCE, "tests", "fuzz", "corpus", "formats_in", "tekscan.asf")
    with open(path, encoding="latin-1") as f:
        lines = f.read().split("Frame 4\n")[1].splitlines()[:3]
    truth = [float(v) for line in reversed(lines) for v in line.replace("B", "0").split(",")]
    assert sum(truth) == 60
    with Matsim("--recording", path, "--rate", "max", walker=None) as m:
        host = m.host()
        identity = host.control(0xc0, 1, 0, 0, 40)[1]
        scale = struct.unpack("<f", identity[28:32])[0]
        assert struct.unpack("<HH", identity[8:12]) == (3, 2)
        counts = struct.unpack("<6H", open_frame(host.read()[1])[6])
        assert [round(c * scale, 3) for c in counts] == truth, (truth, counts)
    bad = subprocess.run([os.path.join(BIN, "matsim"), "--port", "0", "--recording", "/nowhere"], capture_output=True, text=True, check=False)
    assert bad.returncode == 3 and bad.stderr.count("\n") == 1 and "/nowhere" in bad.stderr, bad


def bridge():
    """It poses as a serial chip with a profile's bytes behind it: full speed, packets of 64."""
    profile = os.path.join(SOURCE, "config", "mats", "jq-foot.yaml")
    with Matsim("--profile", profile, "--rate", "max", walker="seed=1,rows=64,cols=64,pitch=7,dtype=u8") as m:
        device, = usbip.devices(m.port)
        assert device["speed"] == 2, device
        assert (device["vid"], device["pid"]) == (0x1a86, 0x55d3), device
    bad = subprocess.run([os.path.join(BIN, "matsim"), "--port", "0", "--profile", profile], capture_output=True, text=True, check=False)
    assert bad.returncode == 3 and "64x64 cells, the source 360x64" in bad.stderr, bad


def isochronous():
    """Packets whose data are shorter than their room: the data come without holes."""
    with Matsim("--rate", "max", "--parts", "4") as m:
        host = m.host()
        room = 4096
        _, status, data, table = host.answer(host.submit(0x81, 6 * room, packets=[room] * 6))
        assert status == 0 and [p[1] for p in table] == [room] * 6 and [p[0] for p in table] == [i * room for i in range(6)]
        assert len(data) == sum(p[2] for p in table)
        at = 0
        for k, packet in enumerate(table):
            assert open_frame(data[at:at + packet[2]])[0] == k % 4
            at += packet[2]


globals()[sys.argv[1]]()
