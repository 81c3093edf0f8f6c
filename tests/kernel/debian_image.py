"""A clean Debian 12 with our packages in it, as a disk that its own systemd boots in QEMU.

mmdebstrap makes the base once a build, with what the packages depend on; then dpkg does the rest without a network.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile

import machine

sys.path.insert(0, os.path.join(machine.SOURCE, "tests", "package"))
import debian  # noqa: E402

MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "vhci-hcd")
ALSO = ("systemd", "systemd-sysv", "udev", "dbus", "kmod", "init-system-helpers", "python3")
DISK_MIB = 1200


def packages():
    """{release: {name: path}}: two revisions of the same packages, to upgrade from one to the other."""
    archive = debian.tarball()
    found = {}
    for release in ("1", "2"):
        built = debian.build(archive, "packages", release)
        kept = os.path.join(debian.FOLDER, "release-" + release)
        shutil.rmtree(kept, ignore_errors=True)
        os.makedirs(kept)
        found[release] = {name: shutil.copy(path, kept) for name, path in built.items()}
    return found


def depends(paths):
    names = set(ALSO)
    for path in paths:
        for one in machine.run("dpkg-deb", "--field", path, "Depends").split(","):
            name = one.strip().split(" ")[0]
            if name and name not in debian.PACKAGES:
                names.add(name)
    return sorted(names)


def base(names):
    """The tar of a minimal system with these packages; made when the list changed."""
    mark = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    tar = os.path.join(machine.FOLDER, f"debian12-{mark}.tar")
    if not os.path.exists(tar):
        done = subprocess.run(["mmdebstrap", "--mode=root", "--variant=minbase", "--include=" + ",".join(names), "bookworm", tar + ".new.tar"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            machine.skip("no Debian 12 can be fetched here: " + " ".join(done.stdout.strip().splitlines()[-1:]))
        os.rename(tar + ".new.tar", tar)
    return tar


class Root:
    """The unpacked system, to chroot into."""

    def __init__(self, path, tar):
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        machine.run("tar", "xf", tar, "-C", path, "--exclude=./dev/*")
        os.makedirs(path + "/pkg", exist_ok=True)
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)

    def write(self, path, text, mode=0o644):
        full = self.path + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(full, mode)

    def sh(self, command, check=True):
        done = subprocess.run(["chroot", self.path, "/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
        assert done.returncode == 0 or not check, f"{command}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def put(self, found):
        for release, paths in found.items():
            for path in paths.values():
                shutil.copy(path, f"{self.path}/pkg/")

    def install(self, release):
        return self.sh(f"dpkg --install /pkg/*-{release}_amd64.deb")


def initramfs(folder, image):
    root = image + ".root"
    shutil.rmtree(root, ignore_errors=True)
    for empty in ("bin", "dev", "proc", "sys", "modules", "disk"):
        os.makedirs(os.path.join(root, empty))
    machine.put(root, machine.need("busybox", "busybox-static", "/bin/busybox"), "/bin/busybox")
    order = machine.modules(folder, MODULES)
    for module in order:
        machine.put(root, module, "/modules/" + os.path.basename(module))
    with open(root + "/modules/order", "w", encoding="ascii") as f:
        f.writelines(os.path.basename(m) + "\n" for m in order)
    shutil.copy(os.path.join(machine.HERE, "debian_init.sh"), root + "/init")
    os.chmod(root + "/init", 0o755)
    subprocess.run("find . | cpio -o -H newc --quiet | gzip -1 > " + image, shell=True, cwd=root, check=True)
    shutil.rmtree(root)


def boot(name, root, seconds):
    """Boots the disk; its unit gait-test.service runs /root/test.sh and packs /out. Returns the folder of the results."""
    folder = machine.kernel()
    image, disk, out = (os.path.join(machine.FOLDER, f"{name}.{e}") for e in ("img", "disk", "out"))
    log = os.path.join(machine.FOLDER, name + ".log")
    initramfs(folder, image)
    for path, size in ((disk, DISK_MIB), (out, machine.OUT_MIB)):
        with open(path, "wb") as f:
            f.truncate(size << 20)
    machine.run("mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum", "-d", root.path, disk)
    how = "kvm" if machine.accelerator_is_kvm() else "tcg,thread=multi"
    command = [machine.need("qemu-system-x86_64", "qemu-system-x86"), "-accel", how, "-cpu", "max", "-smp", "2", "-m", "1536", "-nodefaults",
               "-no-reboot", "-display", "none", "-serial", "stdio", "-kernel", os.path.join(folder, "vmlinuz"), "-initrd", image,
               "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe", "-drive", f"file={out},format=raw,if=virtio",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
               "-append", "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on nokaslr tsc=reliable systemd.show_status=0 net.ifnames=0"]
    with open(log, "wb") as serial:
        try:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=serial, stderr=subprocess.STDOUT, timeout=seconds, check=False).returncode
        except subprocess.TimeoutExpired:
            code = None
    results = os.path.join(machine.FOLDER, name + ".results")
    shutil.rmtree(results, ignore_errors=True)
    with open(log, encoding="utf-8", errors="replace") as f:
        print(f.read()[-20000:])
    if code is None or code >> 1 != machine.WELL:
        print(f"the guest ({how}) " + (f"ended with {code}" if code is not None else f"was not ready within {seconds} s") + f"; its log is {log}")
        sys.exit(1)
    with tarfile.open(out) as tar:
        tar.extractall(results)
    for path in (image, disk, out):
        os.remove(path)
    return results
