# What the guest's scripts share; each reads it first.
exec 2>&1

die() {
    echo "guest: FAILED: $*"
    gait status
    cat /out/gaitd.log
    cat /run/matsim-*.log
    ls -ln /dev/bus/usb/001
    exit 1
}

# until_true WHAT COMMAND: a hang fails and says what was waited for.
until_true() {
    n=0
    until eval "$2"; do
        n=$((n + 1))
        [ $n -lt 500 ] || die "waited for $1"
        sleep 0.5
    done
    echo "guest: $(cut -d' ' -f1 /proc/uptime) s: $1"
}

as() { su "$1" -c "exec $2"; }
of_mat() { gait status | sed -n "/^mat  *$1 /,/^mat  *[^ $1]/p"; }
# Those that `gait watch >/out/watch` has heard of: an emulated processor is busy for a second with each gait that is started to ask.
heard() { grep -c "^$1  *#" /out/watch; }
footfalls() { of_mat "$1" | sed -n 's/.* \([0-9]*\) footfalls.*/\1/p'; }
start_gaitd() {
    as gaitd "gaitd --config /etc/gaitd/$1.yaml --run /run/gaitd --data /var/lib/gaitd/$1" >>/out/gaitd.log 2>&1 &
    until_true "gaitd to serve" "grep -q ' serves ' /out/gaitd.log"
}
stop_gaitd() {
    kill "$(pidof gaitd)"
    until_true "gaitd to end" "! pidof gaitd >/dev/null"
    grep -c ' serves ' /out/gaitd.log >/dev/null && mv /out/gaitd.log "/out/gaitd-$1.log"
}

ulimit -l unlimited # as gaitd.service has it
ulimit -r 40
export NO_COLOR=1
export GAIT_SOCKET=/run/gaitd
