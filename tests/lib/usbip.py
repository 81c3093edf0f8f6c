"""A USB/IP host written from the protocol's description (Linux: Documentation/usb/usbip_protocol.rst), sharing no code with matsim."""
import socket
import struct

STALL, RESET, OVERFLOW, PROTOCOL, SHORT = -32, -104, -75, -71, -121
SHORT_NOT_OK = 1


class Gone(Exception):
    """The device's side closed the connection: an unplug."""


class Connection:
    def __init__(self, port, seconds=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def take(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.socket.recv(n - len(data))
            except ConnectionResetError as error:
                raise Gone from error
            if not more:
                raise Gone
            data += more
        return data

    def closed(self):
        """Whether the other side has closed (waits for it or for a byte)."""
        try:
            self.take(1)
        except Gone:
            return True
        return False


def _device(data):
    path, busid, bus, number, speed, vid, pid, bcd = struct.unpack(">256s32sIIIHHH", data[:306])
    kind = struct.unpack("6B", data[306:312])
    return {"path": path.rstrip(b"\0").decode(), "busid": busid.rstrip(b"\0").decode(), "bus": bus, "number": number, "speed": speed,
            "vid": vid, "pid": pid, "bcd": bcd, "class": kind[:3], "configurations": kind[4], "interfaces": kind[5]}


def devices(port):
    c = Connection(port)
    c.send(struct.pack(">HHI", 0x0111, 0x8005, 0))
    version, code, status, count = struct.unpack(">HHII", c.take(12))
    assert (version, code, status) == (0x0111, 0x0005, 0), (version, code, status)
    found = []
    for _ in range(count):
        device = _device(c.take(312))
        device["kinds"] = [tuple(c.take(4)[:3]) for _ in range(device["interfaces"])]
        found.append(device)
    assert c.closed()
    return found


class Host(Connection):
    """A host that has imported the device."""

    def __init__(self, port, busid="1-1"):
        super().__init__(port)
        self.seqnum = 0
        self.answers = {}  # seqnum: (command, status, data, packets)
        self.asked = {}
        self.send(struct.pack(">HHI32s", 0x0111, 0x8003, 0, busid.encode()))
        version, code, self.status = struct.unpack(">HHI", self.take(8))
        assert (version, code) == (0x0111, 0x0003)
        self.device = _device(self.take(312)) if self.status == 0 else None

    def submit(self, endpoint, length=0, setup=bytes(8), data=b"", flags=0, packets=None):
        """endpoint 0x81 reads, 0x02 writes; control: 0x80 or 0x00. packets: lengths of isochronous packets. Returns the seqnum."""
        self.seqnum += 1
        incoming = endpoint >> 7
        table = b"".join(struct.pack(">IIII", sum(packets[:i]), n, 0, 0) for i, n in enumerate(packets or []))
        head = struct.pack(">IIIII", 1, self.seqnum, 1 << 16 | 2, incoming, endpoint & 0x7f)
        body = struct.pack(">IIIII", flags, length if incoming else len(data), 0, len(packets) if packets else 0xffffffff, 0)
        self.asked[self.seqnum] = (incoming, packets)
        self.send(head + body + setup + data + table)
        return self.seqnum

    def unlink(self, which):
        self.seqnum += 1
        self.asked[self.seqnum] = (None, None)
        self.send(struct.pack(">IIIIII", 2, self.seqnum, 1 << 16 | 2, 0, 0, which) + bytes(24))
        return self.seqnum

    def receive(self):
        """The next answer: its seqnum."""
        head = self.take(48)
        command, seqnum, _, _, _, status, actual, _, _, errors = struct.unpack(">IIIIIiIIII", head[:40])
        assert command in (3, 4), command
        incoming, packets = self.asked.pop(seqnum)
        assert (command == 4) == (incoming is None)
        if command == 4:
            self.answers[seqnum] = (4, status, b"", [])
            return seqnum
        data = self.take(actual) if incoming else b""
        table = [struct.unpack(">IIIi", self.take(16)) for _ in packets or []]
        assert errors == sum(1 for p in table if p[3])
        self.answers[seqnum] = (3, status, data if incoming else actual, table)
        return seqnum

    def answer(self, seqnum):
        while seqnum not in self.answers:
            self.receive()
        return self.answers.pop(seqnum)

    def control(self, kind, request, value=0, index=0, length=0, data=b""):
        """(status, bytes read or count written)"""
        n = length if kind & 0x80 else len(data)
        setup = struct.pack("<BBHHH", kind, request, value, index, n)
        _, status, got, _ = self.answer(self.submit(kind & 0x80, length, setup, data))
        return status, got

    def read(self, length=65536, endpoint=0x81, flags=0):
        return self.answer(self.submit(endpoint, length, flags=flags))[1:3]
