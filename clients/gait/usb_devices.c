#include "usb_devices.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of a small file, without its end; "" when it cannot be read. */
static void read_line(const char *folder, const char *name, char *ret_line, size_t size)
{
    char path[8192];
    FILE *f;

    ret_line[0] = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "re");
    if (!f)
        return;
    if (!fgets(ret_line, (int)size, f))
        ret_line[0] = '\0';
    ret_line[strcspn(ret_line, "\n")] = '\0';
    fclose(f);
}

static unsigned long read_number(const char *folder, const char *name, int base)
{
    char line[32];

    read_line(folder, name, line, sizeof line);
    return strtoul(line, NULL, base);
}

/* "1-1.2": a device; "usb1" and "1-1.2:1.0" are hubs' roots and interfaces. */
static bool is_device(const char *name)
{
    return name[0] >= '0' && name[0] <= '9' && !strchr(name, ':');
}

static void read_device(const char *folder, const char *port, struct usb_device *ret)
{
    struct mat_device *d = &ret->device;

    memset(ret, 0, sizeof *ret);
    d->vid = (uint16_t)read_number(folder, "idVendor", 16);
    d->pid = (uint16_t)read_number(folder, "idProduct", 16);
    d->bcd_device = (uint16_t)read_number(folder, "bcdDevice", 16);
    d->device_class = (uint8_t)read_number(folder, "bDeviceClass", 16);
    d->bus = (uint8_t)read_number(folder, "busnum", 10);
    d->address = (uint8_t)read_number(folder, "devnum", 10);
    snprintf(d->port, sizeof d->port, "%s", port);
    read_line(folder, "manufacturer", d->manufacturer, sizeof d->manufacturer);
    read_line(folder, "product", d->product, sizeof d->product);
    read_line(folder, "serial", d->serial, sizeof d->serial);
    read_line(folder, "power/control", ret->power, sizeof ret->power);
    snprintf(ret->node, sizeof ret->node, "/dev/bus/usb/%03u/%03u", d->bus, d->address);
}

int usb_devices_list(const char *root, struct usb_device *ret_devices, size_t capacity)
{
    char base[4096], folder[8192];
    size_t n = 0;
    DIR *dir;

    snprintf(base, sizeof base, "%s/sys/bus/usb/devices", root);
    dir = opendir(base);
    if (!dir)
        return -errno;
    for (struct dirent *e; (e = readdir(dir)) && n < capacity;) {
        if (!is_device(e->d_name))
            continue;
        snprintf(folder, sizeof folder, "%s/%s", base, e->d_name);
        read_device(folder, e->d_name, &ret_devices[n]);
        n++;
    }
    closedir(dir);
    return (int)n;
}
