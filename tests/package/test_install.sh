#!/bin/bash
# Installs into a scratch folder and builds small clients against it, the way a stranger would: with pkg-config
# and with find_package. Also: every installed header compiles alone, and each library needs only what it may.
set -euo pipefail
shopt -s nullglob

if [ -n "${GAIT_SANITIZE:-}" ]; then
    echo "skipped: a library with sanitizers ($GAIT_SANITIZE) is not what is installed"
    exit 77
fi
fail() { echo "FAILED: $*" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# DESTDIR catches what has an absolute place; the moved prefix proves that .pc and CMake files can be moved.
DESTDIR=$scratch/root cmake --install "$GAIT_BUILD_DIR" --prefix /opt/gait >"$scratch/log" || { cat "$scratch/log"; exit 1; }
prefix=$scratch/moved
mv "$scratch/root/opt/gait" "$prefix"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name libgait.pc)")
libdir=$(dirname "$PKG_CONFIG_PATH")
export PKG_CONFIG_PATH LD_LIBRARY_PATH=$libdir

cat >"$scratch/client.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <gait/version.h>

int main(void)
{
    printf("gait %s\n", gait_version());
    return strcmp(gait_version(), GAIT_VERSION_STRING) != 0;
}
C

# With pkg-config, against each library.
for pc in "$PKG_CONFIG_PATH"/*.pc; do
    name=$(basename "$pc" .pc)
    # shellcheck disable=SC2046
    $CC -Wall -Werror "$scratch/client.c" -o "$scratch/$name" -Wl,--no-as-needed $(pkg-config --cflags --libs "$name")
    "$scratch/$name" >/dev/null || fail "the client of $name does not run"
    readelf -d "$scratch/$name" | grep -q "\[${name}\.so\.0\]" || fail "$name: the SONAME is not $name.so.0"
    echo "ok: client of $name"
done

# With find_package.
mkdir "$scratch/project"
cat >"$scratch/project/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.22)
project(client C)
find_package(gait 0.1 REQUIRED)
add_executable(client ../client.c)
target_link_libraries(client PRIVATE gait::gait)
C
{ cmake -S "$scratch/project" -B "$scratch/project/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" &&
    cmake --build "$scratch/project/build"; } >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "find_package(gait)"; }
"$scratch/project/build/client" >/dev/null
echo "ok: find_package(gait)"

# Programs find our libraries beside them, without LD_LIBRARY_PATH.
for program in "$prefix"/bin/* "$prefix"/sbin/*; do
    file=$(readlink -f "$program")
    [ "$(head -c 4 "$file" 2>/dev/null | tail -c 3)" = ELF ] || continue
    missing=$(env -u LD_LIBRARY_PATH ldd "$file" | grep 'not found' || true)
    [ -z "$missing" ] || fail "$(basename "$program"): $missing"
    echo "ok: $(basename "$program") finds its libraries"
done

# The man page of a daemon.
daemon=$(find "$prefix" -name gaitd -type f -perm -u+x)
if [ -n "$daemon" ]; then
    /usr/bin/python3 "$GAIT_SOURCE_DIR/scripts/lib/manpage.py" man 8 "$daemon" >"$scratch/gaitd.8"
    for section in "EXIT STATUS" SIGNALS FILES "SEE ALSO"; do
        grep -q "^\.SH $section\$" "$scratch/gaitd.8" || fail "gaitd(8) has no section $section"
    done
    echo "ok: gaitd(8)"
fi

# Headers stand alone.
for header in "$prefix"/include/gait/*.h; do
    echo "#include <gait/$(basename "$header")>" >"$scratch/one.c"
    $CC -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I"$prefix/include" "$scratch/one.c" || fail "$(basename "$header") does not compile alone"
done
echo "ok: headers stand alone"

# What a library may need. libgait itself: libc and libm only.
needed() { readelf -d "$libdir/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
bad=$(needed libgait.so | grep -vE '^(libc|libm|ld-linux.*|libgcov.*)\.so' || true)
[ -z "$bad" ] || fail "libgait.so needs $bad; it may need libc and libm only"
for lib in stream compare; do
    [ -e "$libdir/libgait-$lib.so" ] || continue
    bad=$(needed libgait-$lib.so | grep -E 'hdf5|matio' || true)
    [ -z "$bad" ] || fail "libgait-$lib.so needs $bad"
done
echo "ok: libraries need only what they may"
