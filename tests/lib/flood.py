#!/usr/bin/python3
"""A peer that means no good, speaking ZMTP 3.0 by hand (no libzmq): floods of reliability.

    flood.py multipart ENDPOINT SECONDS     one message without an end, in parts of 1000 bytes, to a ROUTER
    flood.py subscribe ENDPOINT SECONDS     ever new subscriptions of 68 bytes, to an XPUB
Prints what it could send, and whether the other side hung up.
"""
import socket
import struct
import sys
import time

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
BATCH = 500


def connect(endpoint):
    if endpoint.startswith("ipc://"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(endpoint[6:])
    else:
        host, port = endpoint[6:].rsplit(":", 1)
        s = socket.create_connection((host, int(port)))
    s.settimeout(5)
    return s


def frame(body, flags=0):
    return bytes([flags, len(body)]) + body if len(body) < 256 else bytes([flags | 2]) + struct.pack(">Q", len(body)) + body


def ready(kind):
    value = kind.encode()
    return frame(b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(value)) + value, 4)


def shake_hands(s, kind):
    """False: the other side does not take us."""
    s.sendall(GREETING)
    got = b""
    while len(got) < 64:
        more = s.recv(64 - len(got))
        if not more:
            return False
        got += more
    if not got[12:].startswith(b"NULL"):
        # it wants CURVE; go on all the same, as one who means no good would
        pass
    s.sendall(ready(kind))
    return True


def flood(what, endpoint, seconds):
    """(bytes that went out, hung up?)"""
    s = connect(endpoint)
    sent, n, end = 0, 0, time.monotonic() + seconds
    try:
        shake_hands(s, "DEALER" if what == "multipart" else "SUB")
        part = frame(b"x" * 1000, 1)
        while time.monotonic() < end:
            if what == "multipart":
                block = part * BATCH
            else:
                block = b"".join(frame(b"\x01" + f"frame/{n + i:061d}/".encode()) for i in range(BATCH))
                n += BATCH
            s.sendall(block)
            sent += len(block)
    except socket.timeout:
        return sent, False
    except OSError:
        return sent, True
    return sent, False


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("multipart", "subscribe"):
        sys.exit(__doc__)
    went, hung_up = flood(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    print(f"{sys.argv[1]}: {went} bytes went out, " + ("then the other side hung up" if hung_up else "the connection stands"))
