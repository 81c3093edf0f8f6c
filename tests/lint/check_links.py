#!/usr/bin/python3
"""What the built programs and libraries link, at first and second hand: gaitd no HDF5, clients no libusb."""
import os
import subprocess

import tree

# what is built: names that must not occur in what ldd prints
FORBIDDEN = {
    "bin/gaitd": ["hdf5", "matio", "gsl", "libgait-session", "libgait-export", "libgait-compare"],
    "bin/gait": ["libusb"],
    "bin/gaitweb": ["libusb", "hdf5"],
    "bin/matsim": ["hdf5", "zmq", "libusb"],
    "lib/libgait.so": ["hdf5", "zmq", "usb", "yaml", "jansson", "gsl"],
    "lib/libgait-stream.so": ["hdf5", "usb", "gsl"],
    "lib/libgait-session.so": ["zmq", "usb", "gsl"],
    "lib/libgait-compare.so": ["hdf5", "zmq", "usb"],
}


def main():
    problems, built = [], 0
    for name, words in FORBIDDEN.items():
        path = os.path.join(tree.BUILD, name)
        if not os.path.exists(path):
            continue
        built += 1
        linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        for line in linked.splitlines():
            # ldd: "libx.so.1 => /path (0x...)"; only the name counts, the build's path may hold any word
            library = line.split()[0]
            problems += [f"{name} links {library}" for word in words if word in library]
    tree.finish(problems, f"{built} programs and libraries")


main()
