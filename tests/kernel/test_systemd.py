"""The packages in a clean Debian 12: installed, upgraded, removed and purged in a chroot; then booted by its own systemd in QEMU, where the unit is
notified, killed by its watchdog, flooded, upgraded under a trial. Full tier; systemd_guest.sh runs in the guest."""
import glob
import json
import os
import sys

import debian_image
import machine

SECONDS = 1500
UNIT = """[Unit]
Description=the test
After=multi-user.target gaitd.service
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/bin/sh -c 'mkdir -p /out; /bin/sh /root/test.sh; tar c -C /out . >/dev/vdb; sync; printf "\\\\052" | dd of=/dev/port bs=1 seek=244'
"""


def in_chroot(root, log):
    """What dpkg alone must do, on a system that does not run."""
    root.put(PACKAGES)
    log.append(root.install("1"))
    for user in ("gaitd", "gaitweb"):
        assert user in root.sh(f"getent passwd {user}")
    assert "gaitd" in root.sh("getent group gaitd-view")
    assert "enabled" in root.sh("systemctl is-enabled gaitd.service")
    assert "disabled" in root.sh("systemctl is-enabled gaitweb.service", check=False)
    root.sh("gaitd --check && gait --version && matsim --help >/dev/null && gaitweb --version")
    # an upgrade keeps what a person changed
    root.sh("echo '# mine' >>/etc/gaitd/gaitd.yaml")
    root.sh("install -o gaitd -g gaitd -d /var/lib/gaitd/sessions/S01-20260101 /etc/gaitd/keys && touch /etc/gaitd/keys/server.key")
    log.append(root.install("2"))
    assert "# mine" in root.sh("cat /etc/gaitd/gaitd.yaml")
    assert "0.1.0-2" in root.sh("dpkg-query -W gaitd")
    # removed: programs go, configuration and recordings stay; purged: configuration and keys go too
    root.sh("dpkg --remove gaitd gaitweb gait-clients")
    assert os.path.exists(root.path + "/etc/gaitd/gaitd.yaml") and not os.path.exists(root.path + "/usr/bin/gaitd")
    said = root.sh("dpkg --purge gaitd gaitweb gait-clients libgait-dev libgait0")
    assert "kept: /var/lib/gaitd" in said, said
    left = root.sh("find / -xdev -iname '*gait*' -not -path '/pkg/*' -not -path '/proc/*'").split()
    assert left == ["/var/lib/gaitd"], f"purge left {left}"
    assert os.path.isdir(root.path + "/var/lib/gaitd/sessions/S01-20260101"), "purge took recordings"
    root.sh("rm -r /var/lib/gaitd")
    print("ok: installed, upgraded, removed and purged in a chroot")


def clocks_tell(path):
    """The wall clock jumped twice in trial 2; its frames' times did not."""
    import h5py  # pylint: disable=import-outside-toplevel
    import numpy  # pylint: disable=import-outside-toplevel
    with h5py.File(path) as f:
        trial = f["trial-002"]
        time = trial["time"][:]
        assert (numpy.diff(time) > 0).all(), "time goes back in trial 2"
        clock = trial["clock"]
        mono, real = clock["monotonic_ns"][:].astype("i8"), clock["realtime_ns"][:].astype("i8")
        jumps = numpy.diff(real - mono) / 1e9
        big = [round(j / 86400, 1) for j in jumps if abs(j) > 3600]
        print("clock jumps in the pairs, days:", big)
        assert big and min(big) < -0.9 and max(big) > 300, f"the pairs do not tell: {big}"
        print(f"ok: {len(time)} frames in order through both jumps")
        for name, cut_off in (("trial-001", 1), ("trial-002", 0), ("trial-003", 1), ("trial-004", 0)):
            print(name, "frames", len(f[name]["frame"]), "recovered", f[name].attrs["recovered"])
            assert f[name].attrs["recovered"] == cut_off and len(f[name]["frame"]) >= 25


def main():
    if os.environ.get("GAIT_TIER") != "full" and not os.environ.get("GAIT_SYSTEMD_TEST"):
        machine.skip("a Debian image takes minutes: GAIT_TIER=full")
    if os.geteuid() != 0:
        machine.skip("a Debian image is made as root")
    for name, package in (("mmdebstrap", "mmdebstrap"), ("mke2fs", "e2fsprogs"), ("qemu-system-x86_64", "qemu-system-x86"), ("cpio", "cpio"), ("modinfo", "kmod"),
                          ("dpkg-shlibdeps", "dpkg-dev"), ("ninja", "ninja-build")):
        machine.need(name, package)
    os.makedirs(machine.FOLDER, exist_ok=True)
    global PACKAGES
    PACKAGES = debian_image.packages()
    root = debian_image.Root(os.path.join(machine.FOLDER, "debian.root"), debian_image.base(debian_image.depends(PACKAGES["1"].values())))
    in_chroot(root, log := [])
    # a machine for the real thing: small rings, an open serial line, the test as a unit
    root.install("1")
    root.sh("rm /usr/sbin/policy-rc.d")
    root.write("/etc/gaitd/gaitd.yaml", "version: 1\nmats: [{id: A, source: {usb: true}}]\nring: {memory_MiB: 60}\nrecording: {floor_min: 0}\n")
    with open(os.path.join(machine.HERE, "systemd_guest.sh"), encoding="utf-8") as f:
        root.write("/root/test.sh", f.read())
    for helper in ("flood.py", "stall_thread.py"):
        with open(os.path.join(machine.SOURCE, "tests", "lib", helper), encoding="utf-8") as f:
            root.write("/opt/" + helper, f.read(), 0o755)
    root.write("/etc/systemd/system/gait-test.service", UNIT)
    root.sh("mkdir -p /etc/systemd/system/multi-user.target.wants && ln -s ../gait-test.service /etc/systemd/system/multi-user.target.wants/")
    root.sh("systemctl mask serial-getty@ttyS0.service getty@tty1.service systemd-timesyncd.service apt-daily.timer 2>/dev/null || true")
    results = debian_image.boot("systemd", root, SECONDS)
    with open(os.path.join(machine.FOLDER, "systemd.log"), encoding="utf-8", errors="replace") as f:
        said = f.read()
    bad = [line for line in said.splitlines() if "CHECK FAILED" in line]
    assert not bad and "guest: ready" in said, "\n".join(bad) or "the guest's script did not end"
    clocks_tell(glob.glob(os.path.join(results, "*.h5"))[0])
    with open(os.path.join(results, "journal.json"), encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    told = [line for line in lines if line.get("MAT") == "A" and line.get("TRIAL") == "2" and line.get("SESSION", "").startswith("K1-")]
    assert told and any("started" in line["MESSAGE"] for line in told), "no line with MAT, SESSION and TRIAL in the journal"
    with open(os.path.join(results, "logs-A"), encoding="utf-8") as f:
        assert "trial 2 started" in f.read(), "gait logs --mat A does not find it"
    print(f"RESULT packages under Debian's systemd: {said.count('CHECK ok')} checks, {len(lines)} lines in the journal")


if __name__ == "__main__":
    main()
    sys.exit(0)
