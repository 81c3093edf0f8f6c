# Sourced by the scripts of this folder's parent. Needs nothing but bash and coreutils.

gait_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Build jobs: one a core, but no more than one for each 700 MB of memory.
gait_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 700000))
    [ "$memory" -ge 1 ] || memory=1
    echo $((cores < memory ? cores : memory))
}

# The packages of scripts/lib/packages that are not installed. A program of that name will do (node's own packages bring npm along).
gait_missing_packages() {
    local name
    sed 's/#.*//' "$gait_root/scripts/lib/packages" | while read -r name _; do
        [ -n "$name" ] || continue
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || command -v "$name" >/dev/null || echo "$name"
    done
}

# Installs what is missing: as root, or through sudo. Says what to do when neither is possible.
gait_install_packages() {
    local missing sudo=
    command -v dpkg-query >/dev/null || { echo "no dpkg here: install by hand what scripts/lib/packages names" >&2; return 0; }
    missing=$(gait_missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        sudo=$(command -v sudo) || { echo "missing packages; run as root: apt-get install --no-install-recommends $missing" >&2; return 1; }
    fi
    echo "installing: $missing"
    # shellcheck disable=SC2086
    $sudo apt-get update -qq &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
