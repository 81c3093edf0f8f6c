#!/bin/bash
# What configuring promises: without libusb the clients still configure; a missing library stops it with one clear line that
# names the Debian package; the minimal configuration asks for nothing of the full one.
set -euo pipefail
fail() { echo "FAILED: $*" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A pkg-config that knows everything except the modules named.
without() {
    local dirs d f
    rm -rf "$scratch/pc" && mkdir "$scratch/pc"
    IFS=: read -ra dirs <<<"$(pkg-config --variable pc_path pkg-config)"
    for d in "${dirs[@]}"; do
        for f in "$d"/*.pc; do
            [ ! -e "$f" ] || ln -sf "$f" "$scratch/pc/"
        done
    done
    for f in "$@"; do rm -f "$scratch/pc/$f.pc"; done
}

# What the compiler takes was asked when this build was configured.
mapfile -t accepted < <(sed -n 's/^\(GAIT_ACCEPTS_[^:]*\):INTERNAL=\(.*\)/-D\1=\2/p' "$GAIT_BUILD_DIR/CMakeCache.txt")

configure() {
    rm -rf "$scratch/build"
    PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR=$scratch/pc cmake -G Ninja -S "$GAIT_SOURCE_DIR" -B "$scratch/build" \
        -DCMAKE_C_COMPILER="$CC" -DGAIT_TESTS=OFF -DGAIT_BENCH=OFF "${accepted[@]}" "$@" >"$scratch/log" 2>&1
}

without libusb-1.0
configure -DGAIT_DAEMON=OFF || { cat "$scratch/log"; fail "the clients do not configure without libusb"; }
echo "ok: no libusb, no daemon"
! configure -DGAIT_DAEMON=ON || fail "the daemon configured without libusb"
tr -s ' \n' ' ' <"$scratch/log" | grep -q "apt-get install libusb-1.0-0-dev" || { cat "$scratch/log"; fail "no clear line about libusb"; }
echo "ok: a missing libusb is named"

without gsl matio cairo libwebsockets ncursesw libsystemd
configure -DGAIT_CONFIG=minimal || { cat "$scratch/log"; fail "minimal does not configure without the libraries of full"; }
echo "ok: minimal asks for nothing of full"
! configure -DGAIT_CONFIG=middling || fail "an unknown GAIT_CONFIG was taken"
echo "ok: an unknown configuration is refused"
