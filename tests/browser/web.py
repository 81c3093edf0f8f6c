"""A gaitweb of one's own beside a lab.Lab, for tests: where it is, its token, what it said; and a WebSocket in as few lines as it takes."""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests/lib"))
import lab  # noqa: E402

PAGE = os.path.join(os.environ["GAIT_SOURCE_DIR"], "clients/web/page")


class Web:
    def __init__(self, run_folder, *options, program=None, tls=None):
        """tls: an ssl context that knows the certificate given in options."""
        command = [lab.program("gaitweb"), "--listen", "127.0.0.1:0", "--socket", run_folder, "--page", PAGE, *options]
        if program:
            command = [lab.program(program[0]), *program[1:], "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=lab.die_with_parent)
        line = self.process.stdout.readline()
        found = re.match(rf"gaitweb: open {'https' if tls else 'http'}://(127\.0\.0\.1:(\d+))/\?token=([0-9a-f]{{32}})$", line)
        if not found:
            raise AssertionError(f"gaitweb said: {line} {self.process.stderr.read()}")
        self.host, self.port, self.token = found[1], int(found[2]), found[3]
        self.tls = tls
        self.origin = ("https://" if tls else "http://") + self.host
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        status = self.process.wait(30)
        self.reader.join(10)
        said = "".join(self.lines)
        if kind:
            print("--- gaitweb said:\n" + said)
        else:
            assert status == 0, (status, said)
            assert "Sanitizer" not in said and "runtime error" not in said, said

    def connect(self, small=False):
        """small: so that what is not read soon has no place in the kernel either. On the loopback's large segments two megabytes would have."""
        s = socket.socket()
        s.settimeout(30)
        if small:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        s.connect(("127.0.0.1", self.port))
        return self.tls.wrap_socket(s, server_hostname="127.0.0.1") if self.tls else s

    def http(self, request, host=None, headers=(), body=b""):
        """One request: (status, headers, body)."""
        with self.connect() as s:
            lines = [request + " HTTP/1.1", f"Host: {host or self.host}", "Connection: close", *headers]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            got = b""
            while part := s.recv(65536):
                got += part
        head, _, body = got.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        return int(first.split()[1]) if first else 0, dict(h.lower().split(": ", 1) for h in rest), body

    def log_in(self):
        status, headers, _ = self.http(f"GET /?token={self.token}")
        assert status == 303 and headers["location"] == "/", (status, headers)
        return headers["set-cookie"].split(";")[0]

    def handshake(self, cookie="", origin=None, host=None, protocol="gait-web-1", small=False):
        """A socket on which a WebSocket stands, or None: refused."""
        s = self.connect(small)
        lines = ["GET /ws HTTP/1.1", f"Host: {host or self.host}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        if origin != "":
            lines.append(f"Origin: {origin or self.origin}")
        if cookie:
            lines.append(f"Cookie: {cookie}")
        s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = s.recv(1)
            if not byte:
                break
            head += byte
        if not head.startswith(b"HTTP/1.1 101"):
            s.close()
            return None
        return s


def rss_MB(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def sanitized():
    """Built with a sanitizer, which keeps what was freed."""
    with open(os.path.join(os.environ["GAIT_BUILD_DIR"], "CMakeCache.txt"), encoding="utf-8") as cache:
        return bool(re.search(r"^GAIT_SANITIZE:\w+=(?!OFF|off|none|$)", cache.read(), re.M))


class Socket:
    """Messages on a WebSocket."""

    def __init__(self, web, cookie, small=False):
        self.s = web.handshake(cookie, small=small)
        assert self.s, "the handshake was refused"

    def exactly(self, n):
        got = b""
        while len(got) < n:
            part = self.s.recv(n - len(got))
            if not part:
                raise EOFError
            got += part
        return got

    def send(self, data, opcode=None, final=True):
        data = data.encode() if isinstance(data, str) else data
        opcode = 1 if opcode is None else opcode
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        self.s.sendall(bytes([(0x80 if final else 0) | opcode]) + length + bytes(4) + data)  # a mask of zeros

    def next(self):
        """(kind, message, payload); EOFError when it was closed."""
        while True:
            first, second = self.exactly(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.exactly(8))
            data = self.exactly(length)
            opcode = first & 15
            if opcode == 8:
                raise EOFError
            if opcode == 1:
                message = json.loads(data)
                return message["kind"], message, b""
            if opcode == 2:
                magic, n = struct.unpack("<4sI", data[:8])
                assert magic == b"GAIT"
                message = json.loads(data[8:8 + n])
                return message["kind"], message, data[8 + n:]

    def until(self, kind, fits=lambda message: True):
        while True:
            got = self.next()
            if got[0] == kind and fits(got[1]):
                return got

    def ask(self, text):
        """The reply to a message with an id."""
        self.send(text)
        wanted = json.loads(text)["id"]
        return self.until("reply", lambda m: m["id"] == wanted)[1]["reply"]
