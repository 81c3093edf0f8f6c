"""Real recordings through the running daemon: every frame in the stream and in the file, with the numbers of an independent program.

p_on 0 (every cell above 0 counts), compared with reference/numpy_*_curves.csv (6 significant digits) and, for emed, with the totals that the vendor wrote.
"""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

# name, table, frames, origin of the table's CoP on our mat in mm (data/README.md)
CASES = [
    ("emed_test.lst", "numpy_emed_curves.csv", 106, 25 * 5.0, (95 - 83) * 5.0),
    ("fscan_left.asf", "numpy_tekscan_curves.csv", 205, 0.0, 0.0),
    ("footscan_test.tsv", "numpy_footscan_curves.csv", 329, 5.08, 7.62),  # the empty ring around its window
]


def close(what, got, expected, relative=1e-5):
    """Within relative, or one unit of the last of 6 digits."""
    digit = 10.0 ** (math.floor(math.log10(abs(expected))) - 5) if expected else 0.0
    assert abs(got - expected) <= max(relative * abs(expected), digit) * 1.0000001, f"{what}: {got!r}, expected {expected!r}"


def check_numbers(where, numbers, table, x0, y0):
    for i, (n, row) in enumerate(zip(numbers, table)):
        what = f"{where} frame {i + 1}"
        close(what + " force_N", n["force_N"], row["force_N"])
        if "device_force_N" in row:
            assert abs(n["force_N"] - row["device_force_N"]) <= 0.0051, f"{what}: {n['force_N']} N, the vendor wrote {row['device_force_N']}"
        close(what + " peak_kPa", n["peak_kPa"], row["peak_kPa"])
        close(what + " area_cm2", n["area_mm2"] / 100, row["area_cm2"])
        if row["force_N"] >= 20:
            close(what + " cop_x_m", (n["cop_x_mm"] - x0) / 1000, row["cop_x_m"])
            close(what + " cop_y_m", (n["cop_y_mm"] - y0) / 1000, row["cop_y_m"])


def check_stream(messages, frames, table, x0, y0):
    live = [m for m in messages if m["topic"].startswith("live/")]
    assert len(live) == frames, f"{len(live)} live messages of {frames} frames"
    assert [m["frame"] - live[0]["frame"] for m in live] == list(range(frames)), "frame numbers have holes"
    assert not any(m[gap] for m in live for gap in ("gap_device", "gap_ring", "skipped")), "a gap"
    for m, row in zip(live, table):
        assert abs((m["t_mat_ns"] - live[0]["t_mat_ns"]) * 1e-9 - row["t_s"]) < 1e-9, "time"
    check_numbers("stream", live, table, x0, y0)


def check_pressure(messages, table, geometry):
    """Pressure in the payloads sums to the same force."""
    np = lab.need("numpy")
    cell_m2 = geometry["pitch_x_mm"] * geometry["pitch_y_mm"] * 1e-6
    frames = [m for m in messages if m["topic"].startswith("frame/")]
    assert len(frames) == len(table), f"{len(frames)} frames"
    for m, row in zip(frames, table):
        p = np.frombuffer(m["payload"], "<f4").reshape(m["shape"]).astype(float)
        assert m["unit"] == "kPa" and p.shape == (geometry["rows"], geometry["cols"])
        close("payload force_N", float(np.nansum(p)) * 1000 * cell_m2, row["force_N"])


def check_file(path, frames, table, x0, y0):
    h5py = lab.need("h5py")
    with h5py.File(path, "r") as f:
        trial = f["trial-001"]
        n = {name: trial[name][:] for name in ("force_N", "area_mm2", "peak_kPa", "cop_x_mm", "cop_y_mm")}
        assert trial["raw"].shape[0] == frames, f"{trial['raw'].shape} in the file"
        assert not trial["gap_device"][:].any() and not trial["gap_ring"][:].any(), "a gap in the file"
    check_numbers("file", [{k: float(v[i]) for k, v in n.items()} for i in range(frames)], table, x0, y0)


def play(name, table_name, frames, x0, y0):
    table = lab.reference(table_name)
    assert len(table) == frames
    with lab.Lab(source={"replay": {"path": lab.recording(name), "speed": 0}}, pipeline={"p_on_kPa": 0}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
        messages, end = gaitd.record(topics=("live/", "frame/"))
        assert end["frames"] == frames and end["lost_device"] == end["lost_ring"] == 0, end
        check_stream(messages, frames, table, x0, y0)
        check_pressure(messages, table, gaitd.mat())
        path = gaitd.gait("session", "close")[1]["path"]
        check_file(path, frames, table, x0, y0)
    print(f"{name}: {frames} frames in stream and file, no gap, every number as the reference says")


if __name__ == "__main__":
    for case in CASES:
        play(*case)
