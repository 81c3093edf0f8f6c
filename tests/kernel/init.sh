#!/bin/busybox sh
# The guest's first process: a system just large enough for gaitd, then the script that the kernel's command line names.
/bin/busybox --install -s /bin
export PATH=/bin

report() { # to QEMU's isa-debug-exit
    printf "\\$(printf %o "$1")" | dd of=/dev/port bs=1 seek=244 2>/dev/null
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
script=$(sed -n 's/.*gait=\([a-z_]*\).*/\1/p' /proc/cmdline)
[ "$script" = probe ] && report 42
mount -t tmpfs run /run
mount -t tmpfs lib /var/lib
ln -s /run /var/run
while read -r module; do
    insmod "/modules/$module" || echo "guest: $module cannot be loaded"
done </modules/order
ifconfig lo 127.0.0.1 up

# what sysusers.d and tmpfiles.d make
cat >/etc/passwd <<'X'
root:x:0:0::/:/bin/sh
gaitd:x:990:990::/var/lib/gaitd:/bin/sh
staff:x:1000:1000::/:/bin/sh
X
cat >/etc/group <<'X'
root:x:0:
tty:x:5:
dialout:x:20:
disk:x:6:
kmem:x:15:
input:x:101:
render:x:102:
kvm:x:103:
sgx:x:104:
video:x:44:
audio:x:29:
cdrom:x:24:
lp:x:7:
floppy:x:25:
tape:x:26:
gaitd:x:990:staff
gaitd-view:x:991:gaitd,staff
staff:x:1000:
X
mkdir -p /run/udev /run/gaitd/view /run/gaitd/control /var/lib/gaitd /etc/gaitd
chown -R gaitd:gaitd /run/gaitd /var/lib/gaitd
chgrp gaitd-view /run/gaitd/view
chmod 0755 /run/gaitd
chmod 2750 /run/gaitd/view /run/gaitd/control
/lib/systemd/systemd-udevd --daemon
echo "guest: $(uname -r), up after $(cut -d' ' -f1 /proc/uptime) s"

mkdir -p /out
sh "/$script.sh"
result=$?
echo "guest: $script ended with $result after $(cut -d' ' -f1 /proc/uptime) s"
tar c -C /out . >/dev/vda && sync
[ $result = 0 ] && report 42
report $result
