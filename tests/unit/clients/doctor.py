"""gait doctor on made-up systems: each thing that is wrong is named once, with a command; what is right is not."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["GAIT_SOURCE_DIR"], "tests", "lib"))
import lab  # pylint: disable=wrong-import-position

SOURCE = os.environ["GAIT_SOURCE_DIR"]


def write(root, path, text=""):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def device(root, port, **facts):
    for name, value in facts.items():
        write(root, f"sys/bus/usb/devices/{port}/{name.replace('power_', 'power/')}", value + "\n")


def healthy(root):
    write(root, "etc/udev/rules.d/70-gaitd.rules")
    write(root, "sys/module/usbcore/parameters/usbfs_memory_mb", "16\n")
    write(root, "lib/systemd/system/gaitd.service")
    write(root, "run/gaitd/control/control")
    os.makedirs(os.path.join(root, "var/lib/gaitd"))
    os.makedirs(os.path.join(root, "etc/gaitd/mats"))
    shutil.copy(os.path.join(SOURCE, "config/mats/open-mat.yaml"), os.path.join(root, "etc/gaitd/mats"))
    shutil.copy(os.path.join(SOURCE, "config/mats/m1616.yaml"), os.path.join(root, "etc/gaitd/mats"))
    device(root, "1-1.2", idVendor="1209", idProduct="0001", bcdDevice="0100", busnum="1", devnum="7", product="open mat",
           serial="A1", power_control="on")
    device(root, "1-3", idVendor="1a86", idProduct="7523", bcdDevice="0100", busnum="1", devnum="8", product="USB Serial",
           power_control="auto")  # anybody's: no mat until it is named
    device(root, "1-0:1.0", bInterfaceNumber="00")
    device(root, "usb1", idVendor="1d6b", idProduct="0002")
    write(root, "dev/bus/usb/001/007")


def doctor(root):
    env = dict(os.environ, GAIT_SOCKET="/run/gaitd")
    run = subprocess.run([lab.program("gait"), "--json", "doctor", "--root", root], capture_output=True, text=True, check=False, env=env)
    assert run.returncode in (0, 1), run.stderr
    found = json.loads(run.stdout)
    ill = {f["what"]: f for f in found["findings"] if not f["ok"] and f["what"] != "group"}  # groups are those of this machine
    assert all(f.get("mend") for f in ill.values())
    assert run.returncode == (1 if found["to_mend"] else 0)
    return ill, found["findings"]


def run_adopt(root, *words):
    run = subprocess.run([lab.program("gait"), "devices", "adopt", "--root", root, *words], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


def adopt(root):
    """A generic chip is named by its serial, or by its port where it has none of its own."""
    healthy(root)
    profile = os.path.join(SOURCE, "config/mats/m1616.yaml")
    status, out, err = run_adopt(root, "1-3", "--profile", profile)
    assert status == 0 and 'id: "port-1-3"' in out and "profile: m1616" in out and 'KERNEL=="1-3"' in out, (status, out, err)
    assert "no serial of its own" in err, err
    device(root, "1-3", serial="0001")
    status, out, err = run_adopt(root, "0001", "--profile", profile)
    assert status == 0 and 'id: "0001"' in out and 'ATTR{serial}=="0001"' in out and "KERNEL" not in out, out
    device(root, "1-4", idVendor="1a86", idProduct="7523", serial="0001", busnum="1", devnum="9")
    assert run_adopt(root, "0001", "--profile", profile)[0] == 3  # two have it
    status, out, _ = run_adopt(root, "1-4", "--profile", profile)
    assert status == 0 and 'id: "port-1-4"' in out and 'KERNEL=="1-4"' in out and "serial" not in out, out
    for words in (["9-9"], ["1-1.2"]):  # not there; not of this profile
        status, out, err = run_adopt(root, *words, "--profile", profile)
        assert status == 3 and not out and len(err.strip().splitlines()) == 1, (status, out, err)


def main():
    with tempfile.TemporaryDirectory() as top:
        root = os.path.join(top, "well")
        healthy(root)
        ill, findings = doctor(root)
        free = shutil.disk_usage(root).free / 1e9
        if free < 5:
            ill.pop("disk")
        assert not ill, ill
        assert sum(f["what"] == "mat" for f in findings) == 1, findings
        cases = [
            ("udev rule", lambda r: os.remove(os.path.join(r, "etc/udev/rules.d/70-gaitd.rules")), "profile udev"),
            ("usbfs memory", lambda r: write(r, "sys/module/usbcore/parameters/usbfs_memory_mb", "8\n"), "usbfs_memory_mb"),
            ("autosuspend", lambda r: device(r, "1-1.2", power_control="auto"), "devices/1-1.2/power/control"),
            ("mat", lambda r: os.remove(os.path.join(r, "dev/bus/usb/001/007")), "devices/1-1.2"),
            ("sockets", lambda r: os.remove(os.path.join(r, "run/gaitd/control/control")), "systemctl start gaitd"),
            ("disk", lambda r: os.rmdir(os.path.join(r, "var/lib/gaitd")), "systemd-tmpfiles"),
            ("profile", lambda r: write(r, "etc/gaitd/mats/bad.yaml", "name: x\n"), "profile check"),
            ("usb", lambda r: shutil.rmtree(os.path.join(r, "sys/bus")), "modprobe"),
        ]
        for number, (what, hurt, command) in enumerate(cases):
            root = os.path.join(top, str(number))
            healthy(root)
            hurt(root)
            ill, _ = doctor(root)
            if free < 5 and what != "disk":
                ill.pop("disk")
            assert list(ill) == [what], f"{what}: {ill}"
            assert command in ill[what]["mend"], ill
        print(f"{len(cases)} illnesses")
        adopt(os.path.join(top, "adopt"))


main()
