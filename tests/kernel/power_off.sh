# Started twice on one ext4: first a trial is recorded there and the machine is reset in the middle of it, then gaitd finds what is left.
. /guest.sh
disk=/var/lib/gaitd/disk
mkdir -p $disk
mount -t ext4 /dev/vdb $disk || die "no disk"
cat >/etc/gaitd/disk.yaml <<X
version: 1
mats: [{id: A, source: {walker: "seed=7,rows=64,cols=24,pitch=10,rate=50,mass=70,lead_s=0.1,tail_s=0.1", speed: 1, free_run: true}}]
ring: {memory_MiB: 40}
recording: {floor_min: 0, pre_trigger_s: 0}
X
frames() { gait --json status | sed -n 's/.*"trial":[^}]*"frames": *\([0-9]*\).*/\1/p'; }

if [ ! -e $disk/begun ]; then
    touch $disk/begun
    sync
    chown gaitd:gaitd $disk
    start_gaitd disk
    gait session open --subject K1 --mass-kg 70 || die "no session"
    until_true "a trial" "gait trial start --timepoint pre1"
    until_true "some seconds of it" "[ \"\$(frames)\" -ge 200 ]"
    echo 1 >/proc/sys/kernel/sysrq
    # twice: what stands last on the serial line may be cut off by the reset
    echo "guest: status $(gait --json status)"
    echo "guest: status $(gait --json status)"
    echo b >/proc/sysrq-trigger
    sleep 100
    die "the machine went on"
fi
start_gaitd disk
until_true "the trial to be recovered" "gait --json status | grep -q '\"state\": *\"sealed\"'"
gait --json status >/out/status
gait session close >/out/closed || die "no session file"
cp $disk/*/*.h5 /out/session.h5 || die "no session file there"
stop_gaitd disk
umount $disk
