"""Debian packages of this tree: made by way of the source tarball, in a folder without git."""
import glob
import os
import shutil
import subprocess
import sys

SOURCE, BUILD = os.environ["GAIT_SOURCE_DIR"], os.environ["GAIT_BUILD_DIR"]
FOLDER = os.path.join(BUILD, "debian")
PACKAGES = ("gait-clients", "gaitd", "gaitweb", "libgait-dev", "libgait0")


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def need(name, package):
    if not shutil.which(name):
        skip(f"{name} is missing (Debian: apt-get install {package})")


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        print(done.stdout[-6000:])
        sys.exit(f"FAILED: {' '.join(command)} ended with {done.returncode}")
    return done.stdout


def tarball():
    """The source tarball, and what it holds, made from the tree."""
    folder = os.path.join(FOLDER, "tarball")
    shutil.rmtree(folder, ignore_errors=True)
    run("cmake", "-G", "Ninja", "-S", SOURCE, "-B", folder, "-DGAIT_TESTS=OFF")
    run("cmake", "--build", folder, "--target", "tarball")
    return glob.glob(os.path.join(folder, "gaitd-*.tar.gz"))[0]


def build(archive, where, release="1", umask=0o022):
    """Unpacks, builds and packs below FOLDER/where: a dict of the packages' paths."""
    top = os.path.join(FOLDER, where)
    source = os.path.join(top, "source")
    if release == "1":  # later ones pack the same programs anew
        shutil.rmtree(top, ignore_errors=True)
        os.makedirs(source)
        run("tar", "xf", archive, "-C", source, "--strip-components=1")
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    old = os.umask(umask)
    try:
        run("cmake", "--preset", "package", f"-DGAIT_PACKAGE_RELEASE={release}", "-B", os.path.join(top, "build"), cwd=source, env=env)
        for path in glob.glob(os.path.join(top, "build", "*.deb")):
            os.remove(path)
        run("cmake", "--build", os.path.join(top, "build"), "-j2", env=env)
        run("cmake", "--build", os.path.join(top, "build"), "--target", "packages", env=env)
    finally:
        os.umask(old)
    found = {os.path.basename(p).split("_")[0]: p for p in glob.glob(os.path.join(top, "build", "*.deb"))}
    assert tuple(sorted(found)) == PACKAGES, f"packages: {sorted(found)}"
    return found
