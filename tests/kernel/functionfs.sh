# A mat as a USB gadget of this kernel, read by gaitd over dummy_hcd: what only a real controller keeps. The cable is pulled in mid-stride and put back; then gaitd ends
# and begins again while half a frame lies in the endpoint.
walk="seed=7,preset=slow,rows=150,cols=22,pitch=15,rate=50,mass=70,kPa_per_count=0.125,lead_s=4,tail_s=4"
. /guest.sh

json() { gait --json status | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"; } # a count of the one mat
cable() { echo "$1" >/sys/kernel/config/usb_gadget/mat/UDC || die "the gadget cannot be ${2}"; }

# as docs/MATSIM.md says it
make_gadget() {
    mount -t configfs none /sys/kernel/config
    mkdir /sys/kernel/config/usb_gadget/mat && cd /sys/kernel/config/usb_gadget/mat || die "no gadgets in this kernel"
    echo 0x1209 >idVendor
    echo 0x0001 >idProduct
    mkdir -p strings/0x409 configs/c.1 functions/ffs.mat /dev/mat
    echo "gaitd" >strings/0x409/manufacturer
    echo "open mat" >strings/0x409/product
    echo F >strings/0x409/serialnumber
    ln -s functions/ffs.mat configs/c.1
    mount -t functionfs mat /dev/mat || die "no FunctionFS in this kernel"
    cd /
}

cat >/etc/gaitd/usb.yaml <<X
version: 1
mats: [{id: F, source: {usb: true}}]
ring: {memory_MiB: 120}
recording: {floor_min: 0, pre_trigger_s: 0}
X
mkdir -p /var/lib/gaitd/usb
chown -R gaitd:gaitd /var/lib/gaitd
make_gadget
mkfifo /run/person
matsim --functionfs /dev/mat --rate 25 --serial F --walker "$walk" </run/person >/run/matsim-F.log 2>&1 &
exec 3>/run/person
until_true "matsim to describe the mat" "grep -q 'can be bound' /run/matsim-F.log"

# --- the cable ---
start_gaitd usb
gait session open --subject K1 --mass-kg 70 || die "no session"
cable dummy_udc.0 bound
until_true "the mat to stream" "gait status | grep -q '^mat .* streaming'"
until_true "a trial" "gait trial start --timepoint pre1"
gait watch >/out/watch &
gait watch --count 1 >/dev/null || die "no footfall"
cable "" unbound
until_true "gaitd to miss the mat" "gait status | grep -q unplugged"
gait status >/out/status-unplugged
gait --json status >/out/status-unplugged.json
cable dummy_udc.0 "bound again"
until_true "the mat to be back" "! gait status | grep -q unplugged"
at=$(footfalls F)
until_true "another footfall" "[ \$(footfalls F) -gt $at ]"
gait trial stop >/out/stop
[ $? = 6 ] || die "gait trial stop ended otherwise than with 6: done with gaps"
gait status >/out/status-back

# --- half a frame in the endpoint ---
echo half >&3
until_true "matsim to take the fault" "grep -q 'matsim: half' /run/matsim-F.log"
stop_gaitd first
start_gaitd usb
until_true "the mat to stream" "gait status | grep -q '^mat .* streaming'"
until_true "a trial" "gait trial start --timepoint post0"
until_true "frames" "[ \$(json taken) -gt 60 ]"
gait --json status >/out/status-half.json
gait trial stop || die "the second trial lost frames"
gait session close || die "no session file"
cp /var/lib/gaitd/usb/*/*.h5 /out/usb.h5 || die "no session file there"
