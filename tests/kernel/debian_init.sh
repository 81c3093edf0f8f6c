#!/bin/busybox sh
# The first process of a Debian image: loads what the disk needs, then hands over to the disk's own systemd.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do
    insmod "/modules/$module" || echo "guest: $module cannot be loaded"
done </modules/order
until [ -b /dev/vda ]; do sleep 0.1; done
mkdir -p /disk
mount -t ext4 /dev/vda /disk || echo "guest: the disk cannot be mounted"
mount --move /dev /disk/dev
umount /sys /proc
exec switch_root /disk /sbin/init
