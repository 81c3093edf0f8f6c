"""Packages from a source tarball without git: what is in them, what lintian says, no path of this machine inside; built once more elsewhere, by another
umask and without the compiler's cache: the same bytes.

With GAIT_TIER=full, or alone with GAIT_PACKAGE_TEST=1: it compiles everything twice.
"""
import fnmatch
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

import debian

WANTED = {
    "gaitd": ["usr/bin/gaitd", "lib/systemd/system/gaitd.service", "usr/lib/sysusers.d/gaitd.conf", "usr/lib/tmpfiles.d/gaitd.conf",
              "usr/lib/udev/rules.d/70-gaitd.rules", "usr/lib/udev/hwdb.d/70-gaitd.hwdb", "etc/gaitd/gaitd.yaml", "usr/share/man/man8/gaitd.8.gz",
              "usr/share/bash-completion/completions/gaitd"],
    "gait-clients": ["usr/bin/gait", "usr/bin/matsim", "usr/bin/gait-lsl", "usr/share/man/man1/gait-lsl.1.gz", "usr/share/man/man1/gait.1.gz", "usr/share/man/man1/matsim.1.gz",
                     "usr/share/bash-completion/completions/gait", "usr/share/gaitd/mats/open-mat.yaml",
                     "usr/share/doc/gait-clients/USER.md", "usr/share/doc/gait-clients/PROTOCOLS.md"],
    "gaitweb": ["usr/bin/gaitweb", "lib/systemd/system/gaitweb.service", "usr/lib/sysusers.d/gaitweb.conf", "usr/share/gaitd/web/index.html",
                "usr/share/man/man8/gaitweb.8.gz"],
    "libgait0": ["usr/lib/*/libgait.so.0", "usr/lib/*/libgait-session.so.0", "usr/lib/*/libgait-stream.so.0", "usr/lib/*/libgait-export.so.0",
                 "usr/lib/*/libgait-compare.so.0"],
    "libgait-dev": ["usr/include/gait/stream.h", "usr/lib/*/libgait.so", "usr/lib/*/pkgconfig/libgait-stream.pc", "usr/lib/*/cmake/gait/gait-config.cmake"],
}
DEPENDS = {"gaitd": ("libgait0 (= 0.", "gait-clients (= 0.", "libusb-1.0-0", "libzmq5"), "gait-clients": ("libgait0 (= 0.", "libcairo2", "libzmq5", "Description: command line"),
           "gaitweb": ("libgait0 (= 0.", "libwebsockets"), "libgait0": ("libhdf5", "libzmq5", "libisal", "libgsl"), "libgait-dev": ("libgait0 (= 0.",)}
HERE = [p.encode() for p in (debian.FOLDER, debian.SOURCE)]


def tarball_is_the_tree(archive):
    try:
        tracked = subprocess.run(["git", "-C", debian.SOURCE, "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        print("no git here: the tarball is not compared with what is tracked")
        return
    with tarfile.open(archive) as tar:
        names = {n.split("/", 1)[1] for n in tar.getnames() if "/" in n}
    missing = [t for t in tracked if t and t not in names and os.path.exists(os.path.join(debian.SOURCE, t))]
    strange = [n for n in names if n.split("/")[0] in (".git", "build") or n.split("/")[0].startswith("build-")]
    assert not missing and not strange, f"tarball: missing {missing[:5]}, strange {strange[:5]}"


def look_into(name, path):
    with tempfile.TemporaryDirectory(prefix="gait-deb.") as root:
        debian.run("dpkg-deb", "--raw-extract", path, root)
        files = [os.path.relpath(os.path.join(d, f), root) for d, _, names in os.walk(root) for f in names if not d.startswith(root + "/DEBIAN")]
        for wanted in WANTED[name] + [f"usr/share/doc/{name}/copyright", f"usr/share/doc/{name}/changelog.Debian.gz", f"usr/share/doc/{name}/changelog.gz"]:
            assert any(fnmatch.fnmatch(f, wanted) for f in files), f"{name} has no {wanted}"
        with open(root + "/DEBIAN/control", encoding="utf-8") as control:
            text = control.read()
        for depends in DEPENDS[name]:
            assert depends in text, f"{name} does not depend on {depends}:\n{text}"
        for f in files:
            full = os.path.join(root, f)
            if os.path.islink(full):
                continue
            with open(full, "rb") as content:
                data = content.read()
            data = gzip.decompress(data) if f.endswith(".gz") else data
            assert data, f"{name}: {f} is empty"
            if f.endswith(".md"):
                dead = [link for link in re.findall(r"\]\(([^)#\s]+)", data.decode()) if not os.path.exists(os.path.join(os.path.dirname(full), link))]
                assert not dead, f"{name}: {f} has links to {dead}"
            for here in HERE:
                assert here not in data, f"{name}: {f} has a path of this machine inside"
            if f.endswith(("gait.1.gz", "gaitd.8.gz", "matsim.1.gz", "gaitweb.8.gz")):
                assert b".SH OPTIONS" in data and b".SH SYNOPSIS" in data, f"{f} is no man page"
            if f.endswith("man8/gaitd.8.gz"):
                assert b".SH EXIT STATUS" in data and b".SH SIGNALS" in data and b".SH FILES" in data, f
            if f.endswith("man1/gait.1.gz"):
                assert data.count(b"\n.SS gait ") > 30 and b"trial start" in data, "gait(1) lacks verbs"


def lintian(paths):
    if not shutil.which("lintian"):
        print("lintian is missing (Debian: apt-get install lintian): not asked")
        return
    root = ["--allow-root"] if os.geteuid() == 0 else []
    done = subprocess.run(["lintian", *root, "--fail-on", "error,warning", *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout.strip(), "lintian:\n" + done.stdout + done.stderr
    print("ok: lintian has nothing to say")


def digests(packages):
    out = {}
    for name, path in packages.items():
        with open(path, "rb") as f:
            out[name] = hashlib.sha256(f.read()).hexdigest()
    return out


def main():
    if os.environ.get("GAIT_TIER") != "full" and not os.environ.get("GAIT_PACKAGE_TEST"):
        debian.skip("packages are built in full runs, or with GAIT_PACKAGE_TEST=1 (minutes)")
    debian.need("dpkg-deb", "dpkg")
    debian.need("dpkg-shlibdeps", "dpkg-dev")
    debian.need("ninja", "ninja-build")
    archive = debian.tarball()
    tarball_is_the_tree(archive)
    packages = debian.build(archive, "packages")
    for name, path in packages.items():
        look_into(name, path)
    print("ok: five packages from a tarball without git")
    lintian(list(packages.values()))
    os.environ["CCACHE_DISABLE"] = "1"
    again = debian.build(archive, "again-in-a-folder-with-a-longer-name", umask=0o077)
    assert digests(packages) == digests(again), f"other bytes: {digests(packages)} {digests(again)}"
    print("RESULT packages built twice, in two folders: the same bytes")


main()
