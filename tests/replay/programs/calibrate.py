"""Calibration files: a tare is written, found again after a restart, refused under load; gains, curve and scale of a mat whose unevenness is known come out of
uniform pressures, a known load and somebody standing; a damaged file is one line and the version before."""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

h5py = lab.need("h5py")
np = lab.need("numpy")

ROWS, COLS, RATE, PHASE = 12, 12, 100, 400
SPEED = 2  # a phase is there for two seconds, which is what a command has from its first frame to its last
TOO_LITTLE = 1.08  # what the mat shows is this much less than what is on it
STANDING_KG = 60.0
SILENT, WEAK, NOISY = (3, 4), (5, 6), (11, 11)


def uneven():
    gain = 0.8 * (1.25 / 0.8) ** (np.arange(ROWS * COLS) * 37 % (ROWS * COLS) / (ROWS * COLS - 1))
    return gain.reshape(ROWS, COLS)


def scene(path, gain):
    """Tekscan's text: empty, 50 kPa, 100 kPa, somebody stands; each for PHASE frames."""
    stand = np.zeros((ROWS, COLS))
    stand[2:10, 1:5] = stand[2:10, 7:11] = STANDING_KG * 9.80665 / 64 * 10  # 64 cells of 1 cm2
    random = np.random.default_rng(1)
    with open(path, "w", encoding="ascii") as out:
        out.write(f"DATA_TYPE MOVIE\nROWS {ROWS}\nCOLS {COLS}\nROW_SPACING 10 mm\nCOL_SPACING 10 mm\n"
                  f"SECONDS_PER_FRAME {1 / RATE}\nUNITS KPa\nEND_FRAME {4 * PHASE}\nASCII_DATA @@\n")
        number = 0
        for pressure in (np.zeros((ROWS, COLS)), np.full((ROWS, COLS), 50.0), np.full((ROWS, COLS), 100.0), stand):
            for _ in range(PHASE):
                number += 1
                shown = pressure / gain / TOO_LITTLE
                shown[WEAK] /= 4
                shown += 2 + random.normal(0, 0.1, shown.shape)
                shown[SILENT] = 0
                shown[NOISY] += 2.5 + 2 * (number % 5 - 2)  # in any stretch 5 sigma reach the threshold of 10 kPa, no frame does
                out.write(f"Frame {number}\n")
                for row in shown[::-1]:  # their first row is at the toes
                    out.write(",".join(f"{max(v, 0):.2f}" for v in row) + "\n")
                out.write("\n")
        out.write("@@\n")


def wait(gaitd, low, high):
    """Until the force has been within for ten frames since it was outside: the beginning of that phase."""
    messages = gaitd.subscribe("live/")
    outside, n = False, 0
    while n < 10:
        m = messages.next()
        if not m["topic"].startswith("live/"):
            continue
        inside = low <= m["force_N"] <= high
        outside = outside or not inside
        n = n + 1 if inside and outside else 0
    messages.socket.close(0)
    return m["force_N"]


def check_even(gaitd, pressure):
    """All cells show it, each by its own gain, the dead ones by their neighbours'."""
    messages = gaitd.subscribe("frame10/")
    kPa = np.zeros(1)
    while abs(np.median(kPa) / pressure - 1) > 0.1:
        m = messages.next()
        kPa = np.frombuffer(m["payload"], "<f4") if m["topic"].startswith("frame10/") else kPa
    messages.socket.close(0)
    kPa = kPa.reshape(ROWS, COLS)
    assert np.abs(kPa / np.median(kPa) - 1).max() < 0.02, kPa


def refused(gaitd, text, *argv):
    status, _, err = gaitd.gait(*argv, check=False)
    assert status == 5 and text in err, (argv, status, err)


def restart(gaitd):
    gaitd.stop()
    gaitd.start()
    return gaitd.mat()


EMPTY, HALF, FULL, STANDING, STANDING_UNTARED = (0, 30), (600, 850), (1000, 1600), (500, 570), (480, 595)


def check_tare_and_gains(gaitd, gain):
    wait(gaitd, *STANDING_UNTARED)
    refused(gaitd, "somebody is on the mat", "tare")
    assert not glob.glob(gaitd.data + "/calibration/*/*")
    wait(gaitd, *EMPTY)
    tare = gaitd.gait("tare")[1]
    assert os.path.exists(tare["path"]) and tare["path"].startswith(gaitd.data + "/calibration/mat-1/"), tare
    assert (tare["noisy_cells"], tare["stuck_cells"], tare["dead_cells"], tare["unfilled_cells"]) == (1, 1, 2, 0), tare
    wait(gaitd, *HALF)
    one = gaitd.gait("calibrate", "equilibrate", "--pressure-kPa", "50")[1]
    assert one["levels"] == 1 and "calibration" not in one, one
    wait(gaitd, *FULL)
    two = gaitd.gait("calibrate", "equilibrate", "--pressure-kPa", "100")[1]
    assert two["calibration"] == tare["calibration"] + 1 and two["levels"] == 2, two
    assert sorted(two["cells"]) == [[*SILENT, "silent"], [*WEAK, "gain"]], two["cells"]
    assert two["dead_cells"] == 3 and two["unfilled_cells"] == 0, two
    assert two["spread_percent_before"] > 10 and two["spread_percent_after"] < 0.5, two
    print("tare and equilibrate:", {k: v for k, v in two.items() if k != "path"})


def check_weight(gaitd):
    wait(gaitd, *STANDING)
    refused(gaitd, "25", "calibrate", "weight", "--mass-kg", "90")
    wait(gaitd, *STANDING)
    done = gaitd.gait("calibrate", "weight", "--mass-kg", str(STANDING_KG))[1]
    # of the two dead cells one is under a foot, at its edge, and filled to 0.65, the other beside one, and filled to 0.35; the median of the gains is not quite 1
    print("weight:", done["scale"], "of", TOO_LITTLE)
    assert abs(done["scale"] / TOO_LITTLE - 1) < 0.015, done
    force = wait(gaitd, 560, 620)
    assert abs(force / (STANDING_KG * 9.80665) - 1) < 0.01, force
    return done


def check_restart(gaitd, gain, done):
    mat = restart(gaitd)
    assert mat["calibration"] == done["calibration"] and mat["calibration_path"] == done["path"] and mat["dead_cells"] == 3, mat
    gaitd.gait("session", "open", "--subject", "T1")
    gaitd.gait("trial", "start")
    wait(gaitd, 560, 620)
    refused(gaitd, "between trials", "calibrate", "weight", "--mass-kg", "60")
    gaitd.gait("trial", "stop")
    refused(gaitd, "one scale", "calibrate", "weight", "--mass-kg", "60")
    with h5py.File(gaitd.gait("session", "close")[1]["path"], "r") as f:
        state = f["trial-001/state"]
        counts = 2 / state.attrs["calibration.kPa_per_count"]
        assert abs(float(np.median(state["offset"][:])) / counts - 1) < 0.05, state["offset"][:]
        assert state.attrs["calibration.scale"] == done["scale"] and state.attrs["calibration.version"] == done["calibration"]
        dead = state["cell"][:] == 2
        assert dead[SILENT] and dead[WEAK] and dead[NOISY] and dead.sum() == 3, np.argwhere(dead)
        ratio = np.asarray(state["gain"][:]).reshape(ROWS, COLS) / gain
        ratio[SILENT] = ratio[WEAK] = ratio[NOISY] = np.nan
        assert np.nanmax(np.abs(ratio / np.nanmedian(ratio) - 1)) < 0.01, ratio
    print("restart: the trial's state holds offsets, gains, scale of the file")


def check_load(gaitd):
    wait(gaitd, *[v * TOO_LITTLE for v in FULL])
    area = ROWS * COLS
    done = gaitd.gait("calibrate", "load", "--force-N", str(10 * area), "--area-cm2", str(area))[1]
    assert done["model"] == "linear" and done["loads"] == 1, done
    wait(gaitd, *EMPTY)
    force = wait(gaitd, 1350, 1500)
    assert abs(force / (10 * area) - 1) < 0.01, (force, area)
    check_even(gaitd, 100)
    print("load:", done["count"], "counts; a full mat of 100 kPa shows", force, "N")
    return done


def check_damaged(gaitd, done):
    with open(done["path"], "r+", encoding="ascii") as f:
        f.seek(os.path.getsize(done["path"]) // 2)
        f.write("##")
    mat = restart(gaitd)
    before = sorted(glob.glob(gaitd.data + "/calibration/mat-1/*"))[-2]
    assert mat["calibration"] == done["calibration"] - 1 and mat["calibration_path"] == before and mat["dead_cells"] == 3, mat
    assert os.path.basename(done["path"]) in mat["calibration_text"] and "before it" in mat["calibration_text"], mat
    older = sorted(glob.glob(gaitd.data + "/calibration/mat-1/*"))[0]
    gaitd.config["mats"][0]["calibration"] = older
    mat = restart(gaitd)
    assert mat["calibration_path"] == older and mat["calibration"] == 2, mat
    print("damaged: one line, the version before; gaitd.yaml names another")


def main():
    with lab.tempfile.TemporaryDirectory(prefix="gait-scene.") as folder:
        path, gain = folder + "/scene.asf", uneven()
        scene(path, gain)
        with lab.Lab(mats=[{"id": "mat-1", "source": {"replay": {"path": path, "speed": SPEED}, "free_run": True}}]) as gaitd:
            check_tare_and_gains(gaitd, gain)
            done = check_weight(gaitd)
            check_restart(gaitd, gain, done)
            check_damaged(gaitd, check_load(gaitd))


if __name__ == "__main__":
    main()
