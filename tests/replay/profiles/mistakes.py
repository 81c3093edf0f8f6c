"""`gait profile check` lists every mistake of a file at once, each where it stands; exit status 3."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

GOOD = """\
name: a-mat
label: A mat
match:
  - { vid: 0x1234, pid: 0x5678 }
usb: { transfer: bulk, endpoint_in: 0x81 }
framing:
  fixed: { header: "AA 55", length: 20 }
fields:
  sequence: { offset: 2, width: 1 }
integrity: { kind: sum8, offset: 1, from_end: true, to_end: 1 }
samples: { kind: u8, offset: 3 }
layout:
  rows: 4
  cols: 4
  pitch_x_mm: 5
  pitch_y_mm: 5
calibration: { rate_hz: 100 }
"""

# what is replaced, by what, and where the mistake must be listed (line, column counted from the text that is sought), what it must say
CASES = [
    ("label: A mat", "lable: A mat", "lable", "unknown key 'lable': write label"),
    ("label: A mat\n", "", "name: a-mat", "label is missing"),
    ("name: a-mat", "name: A Mat", "A Mat", "must be of a-z"),
    ("label: A mat", "label: A mat\nlabel: B", "label: B", "written twice"),
    ("vid: 0x1234", "vid: 66000", "66000", "1 to 65535"),
    ("vid: 0x1234", "vid: 0010", "0010", "whole number"),
    ("vid: 0x1234, pid: 0x5678", "vid: 0x10c4, pid: 0xea60", "{ vid", "anybody's device"),
    ("transfer: bulk", "transfer: bulky", "bulky", "write bulk"),
    ("transfer: bulk", "transfer: carrier", "carrier", "one of"),
    ("endpoint_in: 0x81", "endpoint_in: 0x01", "0x01", "OUT address"),
    ("usb: {", "line: { baud: 9600 }\nusb: {", "{ baud", "line belongs to a bridge chip"),
    ("transfer: bulk", "bridge: ftdi", "ftdi", "a bridge chip needs line"),
    ("AA 55", "AA 5", "\"AA 5\"", "pairs of hexadecimal"),
    ("AA 55", "01 02 03 04 05 06 07 08 09", "\"01 02", "1 to 8"),
    ("length: 20", "length: 21", "21", "room for 17 samples: 4 x 4 cells"),
    ("length: 20", "length: 19", "19", "room for 15 samples: 4 x 4 cells"),
    ("length: 20", "length: 2", "2 }", "header and trailer alone are 2 bytes"),
    ("length: 20", "length: twenty", "twenty", "whole number"),
    ("  fixed: { header: \"AA 55\", length: 20 }", "  fixed: { length: 20 }", "{ length", "header or trailer is needed"),
    ("length: 20 }", "length: 20 }\n  line: { longest: 5 }", "fixed:", "fixed and line exclude each other"),
    ("  fixed: { header: \"AA 55\", length: 20 }", "  {}", "{}", "one of these is needed: fixed"),
    ("offset: 2, width: 1", "offset: 19, width: 4", "{ offset: 19", "ends at byte 23: the frame has 20"),
    ("offset: 2, width: 1", "offset: 2, width: 5", "{ offset: 2, width", "1, 2, 3, 4 or 8"),
    ("kind: sum8", "kind: crc16, polynomial: 0x1021", "{ kind: crc16", "this checksum has 2"),
    ("from_end: true", "from_end: maybe", "maybe", "true or false"),
    ("samples: { kind: u8, offset: 3 }\n", "", "name: a-mat", "samples is missing"),
    ("kind: u8, offset", "kind: ascii, offset", "ascii", "framing must be line"),
    ("offset: 3 }", "offset: 3, full_scale: 300 }", "300", "at most 255"),
    ("  cols: 4", "  cols: [4]", "[4]", "cols must be a whole number"),
    ("  cols: 4", "  cols: 4\n  rotate: 45", "45", "0, 90, 180 or 270"),
    ("  cols: 4", "  cols: 4\n  permutation: [0, 1, 2]", "[0, 1", "3 entries: 4 x 4 cells need 16"),
    ("  cols: 4", "  cols: 4\n  permutation: [" + ", ".join(["0"] * 16) + "]", "[0, 0", "entry 1 is 0: that sample has a cell"),
    ("  cols: 4", "  cols: 4\n  dead: [{ row: 3, col: 3, cols: 2 }]", "{ row", "column 4: the mat has 4 x 4"),
    ("rate_hz: 100", "rate_hz: fast", "fast", "must be a number"),
    ("rate_hz: 100", "rate_hz: nan", "nan", "must be a number"),
    ("calibration: {", "out_of_band: { prefix: \"01 02 03\", length: 2 }\ncalibration: {", "2 }\ncal", "prefix alone has 3"),
    ("calibration: {", "tiling: { rows: 8, cols: 4, pads: [{ id: a, clock: true }, { id: a, y_mm: 20 }] }\ncalibration: {", "[{ id",
     "same id"),
    ("calibration: {", "tiling: { rows: 8, cols: 4, pads: [{ id: a }, { id: b, y_mm: 20 }] }\ncalibration: {", "[{ id",
     "exactly one sets the pace"),
    ("calibration: {", "tiling: { rows: 8, cols: 4, pads: [{ id: a, clock: true }, { id: b, y_mm: 21 }] }\ncalibration: {",
     "{ id: b", "no multiple of the pitch"),
    ("calibration: {", "tiling: { rows: 7, cols: 4, pads: [{ id: a, clock: true }, { id: b, y_mm: 20 }] }\ncalibration: {",
     "{ id: b", "beyond the tiled mat"),
    ("calibration: {", "init: [{ write: \"01\", delay_ms: 3 }]\ncalibration: {", "{ write", "exclude each other"),
    ("calibration: {", "init: [{ expect: { bytes: \"01 02\", mask: FF } }]\ncalibration: {", "{ expect", "as many bytes"),
    ("calibration: {", "init: hello\ncalibration: {", "hello", "must be a list"),
    ("layout:", "layout: [", None, "no YAML"),
]


def check(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        run = subprocess.run([lab.program("gait"), "--json", "profile", "check", file.name], capture_output=True, text=True, check=False)
    return run.returncode, json.loads(run.stdout)["list"]


def where(text, sought):
    at = text.index(sought)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def one_by_one():
    for old, new, sought, say in CASES:
        assert GOOD.count(old) >= 1, old
        text = GOOD.replace(old, new, 1)
        status, faults = check(text)
        assert status == 3 and len(faults) == 1, f"{new!r}: {status}: {faults}"
        assert say in faults[0]["text"], f"{new!r}: {faults}"
        if sought:
            assert (faults[0]["line"], faults[0]["column"]) == where(text, sought), f"{new!r}: {faults}, not {where(text, sought)}"


def all_at_once():
    text, expected, used = GOOD, [], {"label: A mat\n"}
    for old, new, sought, say in CASES:
        if old not in ("label: A mat", "vid: 0x1234", "transfer: bulk", "offset: 2, width: 1", "from_end: true", "rate_hz: 100") or old in used:
            continue
        used.add(old)
        text = text.replace(old, new, 1)
        expected.append((sought, say))
    status, faults = check(text)
    assert status == 3 and len(faults) == len(expected) == 6, faults
    assert [f["line"] for f in faults] == sorted(f["line"] for f in faults)
    for sought, say in expected:
        assert any(say in f["text"] and (f["line"], f["column"]) == where(text, sought) for f in faults), (sought, faults)


def main():
    assert check(GOOD) == (0, []), check(GOOD)
    one_by_one()
    all_at_once()
    print(f"{len(CASES)} mistakes, each where it stands")


main()
