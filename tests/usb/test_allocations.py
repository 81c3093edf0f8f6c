"""The whole daemon over USB, a trial recorded and watched: the pipeline thread allocates nothing, from its first frame to its last, and no code of ours allocates in the usb
thread (libusb does, at each submit). Every allocation is looked at by its thread and its caller."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gaitd_run  # pylint: disable=wrong-import-position
from test_gaitd import OnBed, WALKWAY  # pylint: disable=wrong-import-position

YAML = """version: 1
mats: [{id: W0, source: {usb: true}}]
recording: {floor_min: 0}
"""
COUNTER = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "gait_count_allocations.so")


def main():
    with gaitd_run.tempfile.TemporaryDirectory(prefix="gait-count.") as folder:
        with OnBed(YAML, f"W0={WALKWAY}", preload=[COUNTER], GAIT_ALLOCATIONS=folder + "/count") as d:
            d.wait_for(lambda: d.mat()["state"] == "streaming", "the mat")
            feet = d.subscribe("footfall/W0/", "live/W0/", "frame/W0/")
            d.ask("session open", subject="U1", mass_kg=70)
            d.ask("trial start", timepoint="pre1")
            gaitd_run.collect(feet, lambda topic, header: topic.startswith("footfall/") and header["footfall"] >= 2)
            d.ask("mark", text="here")
            frames = d.ask("trial stop")["trials"][0]["frames"]
        with open(folder + "/count.gaitd", encoding="ascii") as f:
            counts = {line.split()[0]: tuple(map(int, line.split()[1:])) for line in f}
    print(f"{frames} frames; thread: (allocations, of them ours)", counts)
    assert counts["usb"][0] > frames / 2, "the counter sees what libusb takes"
    assert counts["publisher"][1] > 0, "the counter sees what we take"
    assert counts["usb"][1] == 0, "ours, in the usb thread"
    assert "pipeline" not in counts, counts["pipeline"]


if __name__ == "__main__":
    main()
