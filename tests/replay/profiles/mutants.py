"""Each shipped profile's bytes in rags: 200 thousand of them, 10 million with GAIT_TIER=full. Bits flip, bytes go, come twice, become others, at any cut. No crash, every
call makes progress, and where a checksum guards a frame none is given out that was not sent."""
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position
import mats

FOLDER = os.path.join(os.environ["GAIT_SOURCE_DIR"], "config", "mats")
PROGRAM = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "replay_mutants")
TOTAL = 10000000 if os.environ.get("GAIT_TIER") == "full" else 200000


def run(folder, name):
    first = mats.make(name, 1, 6)[2]
    count = max(3, min(40, 60000 // len(first)))
    mat, frames, data = mats.make(name, count, 7)
    with open(os.path.join(folder, "bytes"), "wb") as out:
        out.write(data)
    with open(os.path.join(folder, "frames"), "wb") as out:
        for cells in frames:
            out.write(struct.pack(f"<{len(cells)}H", *cells))
    done = subprocess.run([PROGRAM, os.path.join(FOLDER, name + ".yaml"), out.name.replace("frames", "bytes"), out.name, str(count), str(TOTAL), "1"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: ends with {done.returncode}: {done.stderr}"
    got = json.loads(done.stdout)
    assert got["bytes"] >= TOTAL and got["wounds"] > 0, got
    assert 0 < got["whole"] <= got["sent"], f"{name}: {got}"
    if isinstance(mat, mats.OpenMat):
        assert got["invented"] == 0, f"{name}: {got}"
    print(f"{name}: {got['bytes']} bytes, {got['wounds']} wounds: {got['whole']} of {got['sent']} frames whole, {got['partial']} partial, "
          f"{got['invented']} with a cell that was not sent")


def main():
    if not os.path.exists(PROGRAM):
        lab.skip("replay_mutants is not built in this configuration")
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(list(mats.MATS) + list(mats.SAME_BYTES)):
            run(folder, name)


main()
