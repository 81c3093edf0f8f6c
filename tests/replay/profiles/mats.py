"""The bytes that each mat sends, made from its written description alone: this file shares nothing with the framer.

A Mat makes frames of known content and the bytes around them. `lost_first`, `lost_last`: frames that nobody can be sure of, because what proves
them (the delimiter before, the header behind) is not there.
"""
import random
import struct


class Mat:
    rows = cols = 0
    largest = 255
    lost_first = lost_last = 0
    exact = True  # damage that is not noticed by the wire's own rules cannot go into a frame that is given out as whole

    def frame(self, rng, number):
        """Counts of one frame, in rows: a blob over noise, and its number in the first cells so that no two are alike."""
        cells = [rng.randrange(self.largest // 8 + 1) for _ in range(self.rows * self.cols)]
        for _ in range(self.rows * self.cols // 6):
            cells[rng.randrange(len(cells))] = rng.randrange(self.largest + 1)
        cells[0] = number % (self.largest + 1)
        return cells

    def begin(self):
        return b""

    def send(self, cells, number):
        raise NotImplementedError


class JqFoot(Mat):
    """Free-running; bytes, then AA 55 03 99."""
    rows = cols = 64

    def begin(self):
        return b"\xaa\x55\x03\x99"

    def send(self, cells, number):
        return bytes(cells) + b"\xaa\x55\x03\x99"


class JqSeat(JqFoot):
    rows = cols = 32


class JqBed(Mat):
    """16 bits, lowest byte first; every byte of the delimiter as 16 bits."""
    rows = cols = 32
    largest = 65535

    def begin(self):
        return bytes.fromhex("AA00550003009900")

    def send(self, cells, number):
        return struct.pack(f"<{len(cells)}H", *cells) + bytes.fromhex("AA00550003009900")


class Fisica(Mat):
    """645 bytes: cells in 1..638, weight in 641..642 (highest byte first, tenths), F0 0F at the end."""
    rows, cols = 29, 22
    lost_first = 1

    def send(self, cells, number):
        frame = bytearray(645)
        frame[0] = 0x24
        frame[1:639] = bytes(cells)
        frame[641:643] = struct.pack(">H", 700 + number)
        frame[643:645] = b"\xf0\x0f"
        return bytes(frame)


class Pico(Mat):
    """56 x 28 bytes and FF FE FE FF."""
    rows, cols = 56, 28
    lost_first = 1

    def send(self, cells, number):
        return bytes(cells) + b"\xff\xfe\xfe\xff"


class M1616(Mat):
    """AA AB AC, 256 values with the highest byte first, 4 bytes nobody has explained."""
    rows = cols = 16
    largest = 65535
    lost_last = 1

    def send(self, cells, number):
        return b"\xaa\xab\xac" + struct.pack(">256H", *cells) + struct.pack(">I", number * 2654435761 & 0xffffffff)


class Snowboard(Mat):
    """Lines of 160 values with commas between."""
    rows, cols = 16, 10
    largest = 1023
    lost_first = 1
    exact = False

    def send(self, cells, number):
        return (",".join(map(str, cells)) + "\r\n").encode()


class ETextile(Mat):
    """SLIP (RFC 1055): C0 ends, DB DC is C0, DB DD is DB."""
    rows = cols = 16
    largest = 4095

    def begin(self):
        return b"\xc0"

    def send(self, cells, number):
        raw = struct.pack("<256H", *cells)
        return raw.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class AsciiPlate(Mat):
    """One line a cell: index and value."""
    rows, cols = 44, 32
    largest = 1023
    lost_first = 1  # its first line cannot be known to be whole
    exact = False

    def send(self, cells, number):
        return "".join(f"{i} {v}\n" for i, v in enumerate(cells)).encode()


class WiReSens(Mat):
    """Pieces of 64 values: i8 id, u16 start, values, u32 number, "wr"."""
    rows = cols = 16
    largest = 4095
    lost_first = 1

    def send(self, cells, number):
        out = b""
        for k in range(4):
            out += struct.pack("<bH64HI", 7, 64 * k, *cells[64 * k:64 * k + 64], 4 * number + k) + b"wr"
        return out


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ crc >> 8
    return crc ^ 0xffffffff


def crc_row(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
    return byte


CRC_TABLE = [crc_row(byte) for byte in range(256)]
assert crc32c(b"123456789") == 0xe3069283  # the catalogue's check value


class OpenMat(Mat):
    """docs/OPEN-MAT.md."""
    largest = 4095

    def __init__(self, rows, cols, parts):
        self.rows, self.cols, self.parts = rows, cols, parts

    def send(self, cells, number):
        out, n = b"", len(cells) // self.parts
        for part in range(self.parts):
            body = struct.pack("<4sBBBBIQHH", b"GMAT", 1, 0, part, self.parts, number, 10000 * number, self.rows, self.cols)
            body += struct.pack(f"<{n}H", *cells[part * n:part * n + n])
            out += body + struct.pack("<I", crc32c(body))
        return out


MATS = {
    "jq-foot": JqFoot(), "jq-seat": JqSeat(), "jq-bed": JqBed(), "fisica-scale": Fisica(), "pico-mat": Pico(), "m1616": M1616(),
    "snowboard": Snowboard(), "etextile": ETextile(), "ascii-plate": AsciiPlate(), "wiresens": WiReSens(),
    "open-mat": OpenMat(64, 64, 1), "open-mat-96x88": OpenMat(96, 88, 1), "open-mat-360x64": OpenMat(360, 64, 1),
    "open-mat-720x240": OpenMat(720, 240, 4),
}
# these say the same of a pad as another file; their tiling is tests/unit/mats
SAME_BYTES = {"jq-foot-tiled-4": "jq-foot"}


def make(name, count, seed):
    """(mat, frames, bytes) of a profile."""
    mat, rng = MATS[SAME_BYTES.get(name, name)], random.Random(f"{name} {seed}")
    frames = [mat.frame(rng, k + 1) for k in range(count)]
    return mat, frames, mat.begin() + b"".join(mat.send(f, k + 1) for k, f in enumerate(frames))
