# Two mats on the kernel's USB stack, gaitd as its own user. One mat's process is killed in mid-stride and started again.
# Small, and sent at half its speed, so that an emulated processor keeps up: the mat's own time, which the metrics use, is that of 50 Hz all
# the same. 0.125 kPa is exact in every float on the way.
walk="seed=7,preset=slow,rows=150,cols=22,pitch=15,rate=50,mass=70,kPa_per_count=0.125,lead_s=12,tail_s=4"
steps=4 # of a walk, at least
. /guest.sh

plug() { matsim --attach --rate 25 --serial "$1" --walker "$walk" </dev/null >>"/run/matsim-$1.log" 2>&1 & }
# As the help says it: matsim as anybody, the usbip tool as root.
plug_by_usbip() {
    as staff "matsim --serial $1 --walker $walk" </dev/null >"/run/matsim-$1.log" 2>&1 &
    until_true "matsim to wait for a host" "grep -q 'waits at' /run/matsim-$1.log"
    usbip attach --remote 127.0.0.1 --busid 1-1 || die "usbip attach"
}
cat >/etc/gaitd/usb.yaml <<X
version: 1
mats: [{id: A, source: {usb: true}}, {id: B, source: {usb: true}}]
ring: {memory_MiB: 240}
recording: {floor_min: 0, pre_trigger_s: 60}
X
cat >/etc/gaitd/walker.yaml <<X
version: 1
mats: [{id: A, source: {walker: "$walk", speed: 0}}]
ring: {memory_MiB: 120}
recording: {floor_min: 0, pre_trigger_s: 60}
X
mkdir -p /var/lib/gaitd/usb /var/lib/gaitd/walker
chown -R gaitd:gaitd /var/lib/gaitd

# --- over USB ---
start_gaitd usb
gait session open --subject K1 --mass-kg 70 || die "no session"
plug A
plug B
b=$!
until_true "both mats to stream" "[ \$(gait status | grep -c '^mat .* streaming') = 2 ]"
ls -ln /dev/bus/usb/*/* >/out/nodes
grep -E '^(Uid|Gid|Groups|CapEff)' "/proc/$(pidof gaitd)/status" >/out/gaitd.status
# a start that takes longer than a second is refused; an emulator on a busy machine may need another
until_true "a trial on both" "gait trial start --mat all --timepoint pre1"
gait watch >/out/watch &
gait watch --mat B --count 1 >/dev/null || die "no footfall on B"
kill -9 $b
until_true "gaitd to miss B" "of_mat B | grep -q 'unplugged'"
gait status >/out/status-unplugged
gait devices >/out/devices-unplugged
plug_by_usbip B
until_true "B to be back" "! of_mat B | grep -q 'unplugged'"
gait status >/out/status-back
before=$(heard B) # with the foot that was down
until_true "both walks to end" "[ \$(heard A) -ge $steps ] && [ \$(heard B) -ge \$((before + steps)) ]"
gait trial stop >/out/stop
[ $? = 6 ] || die "gait trial stop ended otherwise than with 6: done with gaps"
kill $(pidof matsim) # what is sealed now has the processors for itself
gait session close || die "no session file"
cp /var/lib/gaitd/usb/*/*.h5 /out/usb.h5 || die "no session file there"
stop_gaitd usb

# --- the same walk without USB ---
start_gaitd walker
gait session open --subject K1 --mass-kg 70 || die "no session"
until_true "a trial without USB" "gait trial start --timepoint pre1"
until_true "the walk to end" "grep -q 'trial 1 ended' /out/gaitd.log"
gait session close || die "no session file"
cp /var/lib/gaitd/walker/*/*.h5 /out/walker.h5 || die "no session file there"
stop_gaitd walker
