"""A small virtual machine: Debian's own kernel, busybox, systemd-udevd, the programs of this build, in an initramfs.

The kernel package is downloaded once into the build folder. What the guest puts into /out comes back as a tar on a disk.
"""
import glob
import os
import shutil
import subprocess
import sys
import tarfile

SOURCE = os.environ["GAIT_SOURCE_DIR"]
BUILD = os.environ["GAIT_BUILD_DIR"]
BIN = os.environ["GAIT_BIN_DIR"]
FOLDER = os.path.join(BUILD, "kernel")
HERE = os.path.dirname(os.path.abspath(__file__))

MODULES = ("virtio_pci", "virtio_blk", "vhci-hcd", "dummy_hcd", "usb_f_fs")
UDEV = "/bin/udevadm"
UDEV_RULES = "/lib/udev/rules.d/50-udev-default.rules"
WELL = 42  # what the guest reports; 0 would be QEMU's own exit code 1
BOOT_S, PROBE_S = 360, 20  # under an emulator, on a machine that is busy; quiet, a boot and a test take 30 s
OUT_MIB = 256


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def full_only():
    """The gate boots one kernel, for kernel.two_mats."""
    if os.environ.get("GAIT_TIER") != "full" and not os.environ.get("GAIT_KERNEL_TEST"):
        skip("a boot more takes two minutes: in full runs, or with GAIT_KERNEL_TEST=1")


def need(name, package, path=None):
    found = path if path and os.path.exists(path) else shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    return found or skip(f"{name} is missing (Debian: apt-get install {package})")


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


# --- the kernel -------------------------------------------------------------------------------------------------

def kernel_package():
    out = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    names = [line.split()[-1] for line in out.stdout.splitlines() if "Depends: linux-image-" in line]
    return names[0] if names else skip("no kernel package is known here (Debian: apt-get update)")


def kernel():
    """The folder with vmlinuz and the modules of Debian's kernel; downloaded once."""
    kept = sorted(f for f in glob.glob(os.path.join(FOLDER, "linux-image-*")) if glob.glob(f + "/lib/modules/*/kernel/fs/ext4"))
    if kept:
        return kept[-1]
    need("dpkg-deb", "dpkg")
    name = kernel_package()
    unpacked = os.path.join(FOLDER, "unpack")
    shutil.rmtree(unpacked, ignore_errors=True)
    os.makedirs(unpacked)
    got = subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", name], cwd=unpacked, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    package = glob.glob(os.path.join(unpacked, "*.deb"))
    if got.returncode or not package:
        skip(f"{name} cannot be downloaded: {got.stdout.strip().splitlines()[-1:]}")
    tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package[0]], stdout=subprocess.PIPE)
    run("tar", "x", "-C", unpacked, "--wildcards", "./boot/vmlinuz-*", "./lib/modules/*/kernel/drivers/usb", "./lib/modules/*/kernel/fs/configfs",
        "./lib/modules/*/kernel/drivers/virtio", "./lib/modules/*/kernel/drivers/block", "./lib/modules/*/kernel/fs/ext4",
        "./lib/modules/*/kernel/fs/jbd2", "./lib/modules/*/kernel/fs/mbcache.ko", "./lib/modules/*/kernel/lib/crc16.ko",
        "./lib/modules/*/kernel/crypto/crc32c_generic.ko", stdin=tar.stdout)
    assert tar.wait() == 0
    os.remove(package[0])
    os.rename(glob.glob(os.path.join(unpacked, "boot", "vmlinuz-*"))[0], os.path.join(unpacked, "vmlinuz"))
    shutil.rmtree(os.path.join(FOLDER, name), ignore_errors=True)
    os.rename(unpacked, os.path.join(FOLDER, name))
    return os.path.join(FOLDER, name)


def modules(folder, names=MODULES):
    """Files of these modules and of what they need, in the order to load them."""
    files = {os.path.basename(p)[:-len(".ko")].replace("-", "_"): p for p in glob.glob(os.path.join(folder, "lib/**/*.ko"), recursive=True)}
    order = []

    def add(name):
        path = files[name.replace("-", "_")]
        if path in order:
            return
        for other in run("modinfo", "-F", "depends", path).strip().split(","):
            if other:
                add(other)
        order.append(path)

    for name in names:
        add(name)
    return order


# --- the image --------------------------------------------------------------------------------------------------

def libraries(program):
    out = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    words = [w for line in out.splitlines() for w in line.split() if w.startswith("/")]
    return [w for w in words if os.path.exists(w)]


def put(root, path, to=None):
    target = root + (to or path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(target):
        shutil.copy(os.path.realpath(path), target)


def make_image(folder, image, programs, scripts, more_modules=()):
    """An initramfs. Programs go to /bin, their libraries where they are here; scripts to /."""
    root = image + ".root"
    shutil.rmtree(root, ignore_errors=True)
    for empty in ("bin", "dev", "proc", "sys", "run", "tmp", "out", "modules", "etc/udev", "lib/udev/rules.d", "lib/systemd", "var/lib"):
        os.makedirs(os.path.join(root, empty))
    put(root, need("busybox", "busybox-static", "/bin/busybox"), "/bin/busybox")
    if libraries(root + "/bin/busybox"):
        skip("busybox is not static (Debian: apt-get install busybox-static)")
    for program in programs + [need("udevadm", "udev", UDEV)]:
        put(root, program, "/bin/" + os.path.basename(program))
        for library in libraries(program):
            ours = os.path.realpath(library).startswith(os.path.realpath(BUILD) + "/")  # found from their own folder: /bin/../lib
            put(root, library, "/lib/" + os.path.basename(library) if ours else None)
    os.symlink("/bin/udevadm", root + "/lib/systemd/systemd-udevd")
    put(root, UDEV_RULES)
    for rules in glob.glob(os.path.join(SOURCE, "config", "udev", "*.rules")):
        put(root, rules, "/lib/udev/rules.d/" + os.path.basename(rules))
    order = modules(folder, MODULES + more_modules)
    for module in order:
        put(root, module, "/modules/" + os.path.basename(module))
    with open(root + "/modules/order", "w", encoding="ascii") as f:
        f.writelines(os.path.basename(m) + "\n" for m in order)
    for script in ["init.sh", "guest.sh"] + scripts:
        shutil.copy(os.path.join(HERE, script), os.path.join(root, script))
    os.rename(root + "/init.sh", root + "/init")
    os.chmod(root + "/init", 0o755)
    subprocess.run("find . | cpio -o -H newc --quiet | gzip -1 > " + image, shell=True, cwd=root, check=True)
    shutil.rmtree(root)


# --- running it ---------------------------------------------------------------------------------------------------

def command(accelerator, folder, image, out, script, disk=None):
    """With a disk (/dev/vdb) the guest may start again, and finds there what it left."""
    more = ["-drive", f"file={disk},format=raw,if=virtio"] if disk else ["-no-reboot"]
    smp, cpu = ["-smp", "2"], "max"
    if accelerator == "tcg":
        accelerator, cpu = "tcg,thread=multi", "qemu64,+rdrand"  # without what libraries would use to be faster: emulated, it is slower than plain code
    return [need("qemu-system-x86_64", "qemu-system-x86"), "-accel", accelerator, "-cpu", cpu, *smp, "-m", "1024", "-nodefaults",
            "-display", "none", "-serial", "stdio", "-kernel", os.path.join(folder, "vmlinuz"), "-initrd", image,
            "-drive", f"file={out},format=raw,if=virtio", *more, "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
            "-append", f"console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on nokaslr tsc=reliable gait={script}"]


def boot(accelerator, folder, image, script, log, seconds, disk=None):
    """What the guest reported (WELL, else the script's status), or None when it reported nothing in time."""
    out = image + ".out"
    with open(out, "wb") as f:
        f.truncate(OUT_MIB << 20)
    with open(log, "wb") as serial:
        try:
            code = subprocess.run(command(accelerator, folder, image, out, script, disk), stdin=subprocess.DEVNULL, stdout=serial,
                                  stderr=subprocess.STDOUT, timeout=seconds, check=False).returncode
        except subprocess.TimeoutExpired:
            return None
    return code >> 1 if code & 1 else None


def accelerator(folder, image):
    """kvm where it is there AND works (a machine can have /dev/kvm and hang in it), else the emulator. Asked once a build."""
    note = os.path.join(FOLDER, "accelerator")
    if not os.path.exists(note):
        works = os.access("/dev/kvm", os.R_OK | os.W_OK) and boot("kvm", folder, image, "probe", os.path.join(FOLDER, "probe.log"), PROBE_S) == WELL
        with open(note, "w", encoding="ascii") as f:
            f.write("kvm" if works else "tcg")
    with open(note, encoding="ascii") as f:
        return f.read().strip()


def accelerator_is_kvm():
    """What accelerator() found out in an earlier test; without one, the emulator, which always works."""
    note = os.path.join(FOLDER, "accelerator")
    if not os.path.exists(note):
        return False
    with open(note, encoding="ascii") as f:
        return f.read().strip() == "kvm"


def go(name, programs, scripts, more_modules=(), disk=None):
    """Boots, runs /NAME.sh as root, returns the folder of what it put into /out. A failure shows the serial log, which is kept."""
    need("cpio", "cpio")
    need("modinfo", "kmod")
    os.makedirs(FOLDER, exist_ok=True)
    folder = kernel()
    image, log = os.path.join(FOLDER, name + ".img"), os.path.join(FOLDER, name + ".log")
    make_image(folder, image, programs, scripts, more_modules)
    how = accelerator(folder, image)
    result = boot(how, folder, image, name, log, BOOT_S, disk)
    results = os.path.join(FOLDER, name + ".results")
    shutil.rmtree(results, ignore_errors=True)
    if result != WELL:
        with open(log, encoding="utf-8", errors="replace") as f:
            print(f.read()[-12000:])
        print(f"the guest ({how}) " + (f"ended with {result}" if result is not None else f"said nothing more within {BOOT_S} s") + f"; its log is {log}")
        sys.exit(1)
    with tarfile.open(image + ".out", ignore_zeros=False) as tar:
        tar.extractall(results)
    os.remove(image + ".out")
    os.remove(image)
    print(f"the guest ({how}) ran {name}")
    return results
