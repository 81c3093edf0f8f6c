"""The emed recording with the default threshold: one right footfall with the numbers that were worked out by hand and by others' programs
(data/README.md: the vendor's maximum force, the independent reference for heel and arch)."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

# metric, expected, allowed
EXPECTED = [
    ("force_max_N", 818.625, 0.05),
    ("peak_kPa", 370, 0),
    ("heel31_force_max_N", 595, 1),
    ("heel31_peak_kPa", 355, 0),
    ("heel27_force_max_N", 578.6, 1),
    ("arch_index", 0.227, 0.006),
    ("impulse_Ns", 675.8, 0.2),
    ("contact_area_max_cm2", 106.5, 1e-9),
    ("footprint_area_cm2", 126.5, 1e-9),
]


def check(where, footfalls):
    assert len(footfalls) == 1, f"{where}: {len(footfalls)} footfalls"
    foot = footfalls[0]
    assert foot["side"] == "right" and foot["valid"], f"{where}: {foot['side']} {foot['valid']} {foot['flags']}"
    for name, expected, allowed in EXPECTED:
        got = foot["metrics"][name]
        assert got is not None and abs(got - expected) <= allowed, f"{where}: {name} {got}, expected {expected} +- {allowed}"


def main():
    path = lab.recording("emed_test.lst")
    status, out, err = lab.run("gait", "analyse", "--json", path)
    assert status == 0, err
    check("gait analyse", [m for m in lab.lines(out) if m["kind"] == "footfall"])
    with lab.Lab(source={"replay": {"path": path, "speed": 0}}) as gaitd:
        gaitd.gait("session", "open", "--subject", "T1")
        messages, end = gaitd.record(topics=("footfall/",))
        assert end["footfalls"] == 1, end
        check("stream", [m for m in messages if m["topic"].startswith("footfall/")])
    print("one right footfall:", ", ".join(f"{name} {expected}" for name, expected, _ in EXPECTED))


if __name__ == "__main__":
    main()
