/* What is plugged in, whose it is, and by which id it is known. Strings come from sysfs: nothing is opened, and no device is woken that is not ours. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/usb_internal.h"

enum { PORTS_MAX = 7 };

static void port_path(libusb_device *device, char *ret_port, size_t size)
{
    uint8_t ports[PORTS_MAX];
    int n = libusb_get_port_numbers(device, ports, PORTS_MAX);
    size_t used = (size_t)snprintf(ret_port, size, "%u", libusb_get_bus_number(device));

    for (int i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(ret_port + used, size - used, "%c%u", i ? '.' : '-', ports[i]);
}

static void read_text(const char *port, const char *name, char *ret_text, size_t size)
{
    char path[128];
    FILE *f;

    ret_text[0] = 0;
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/%s", port, name);
    f = fopen(path, "re");
    if (!f)
        return;
    if (!fgets(ret_text, (int)size, f))
        ret_text[0] = 0;
    ret_text[strcspn(ret_text, "\n")] = 0;
    fclose(f);
}

void usb_describe(libusb_device *device, struct mat_device *ret_device)
{
    struct mat_device d = {.bus = libusb_get_bus_number(device), .address = libusb_get_device_address(device)};
    struct libusb_device_descriptor descriptor;

    if (libusb_get_device_descriptor(device, &descriptor) == 0) {
        d.vid = descriptor.idVendor;
        d.pid = descriptor.idProduct;
        d.bcd_device = descriptor.bcdDevice;
        d.device_class = descriptor.bDeviceClass;
    }
    port_path(device, d.port, sizeof d.port);
    read_text(d.port, "manufacturer", d.manufacturer, sizeof d.manufacturer);
    read_text(d.port, "product", d.product, sizeof d.product);
    read_text(d.port, "serial", d.serial, sizeof d.serial);
    *ret_device = d;
}

/* libusb lists a device that has left for as long as anybody holds it; sysfs does not, and a new one at the port has a new number. */
static bool plugged_in(libusb_device *device)
{
    char port[32], number[16];

    port_path(device, port, sizeof port);
    read_text(port, "devnum", number, sizeof number);
    return strtoul(number, NULL, 10) == libusb_get_device_address(device);
}

static bool same_kind(const struct mat_device *a, const struct mat_device *b)
{
    return a->vid == b->vid && a->pid == b->pid;
}

/* --- the list --------------------------------------------------------------------------------------- */

struct plugged {
    libusb_device **list;
    struct mat_device *device; /* [n] */
    size_t n;
};

static void plugged_done(struct plugged *p)
{
    free(p->device);
    if (p->list)
        libusb_free_device_list(p->list, 1);
}

static int plugged_read(struct mat_usb_context *c, struct plugged *ret)
{
    struct plugged p = {0};
    ssize_t n = libusb_get_device_list(c->usb, &p.list);

    if (n < 0)
        return usb_errno((int)n);
    p.device = calloc((size_t)n + 1, sizeof *p.device);
    if (!p.device) {
        plugged_done(&p);
        return -ENOMEM;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (!plugged_in(p.list[i])) {
            libusb_unref_device(p.list[i]);
            continue;
        }
        p.list[p.n] = p.list[i];
        usb_describe(p.list[p.n], &p.device[p.n]);
        p.n++;
    }
    p.list[p.n] = NULL;
    *ret = p;
    return 0;
}

static bool serial_twice(const struct plugged *p, size_t at)
{
    for (size_t i = 0; i < p->n; i++)
        if (i != at && same_kind(&p->device[i], &p->device[at]) &&
            strcmp(p->device[i].serial, p->device[at].serial) == 0)
            return true;
    return false;
}

static const struct mat_usb *open_as(const struct mat_usb_context *c, const struct mat_device *d)
{
    for (unsigned i = 0; i < USB_MATS_MAX; i++)
        if (c->mat[i] && c->mat[i]->handle && c->mat[i]->device.bus == d->bus &&
            c->mat[i]->device.address == d->address)
            return c->mat[i];
    return NULL;
}

static void id_by_port(struct mat_usb_found *f, const char *why)
{
    char text[48];

    snprintf(text, sizeof text, "port-%s", f->device.port);
    (void)gait_mat_id(text, f->id); /* digits, dots and a dash always fit */
    f->by_port = true;
    snprintf(f->note, sizeof f->note, "%s: it is known by its port as %s and must stay plugged in there", why, f->id);
}

/* A mat that is in use keeps the id it was taken under, whatever is plugged in beside it. */
static void give_id(const struct mat_usb_context *c, const struct plugged *p, size_t at, struct mat_usb_found *f)
{
    const struct mat_usb *open = open_as(c, &p->device[at]);
    char why[128];

    if (open) {
        memcpy(f->id, open->id, sizeof f->id);
        f->by_port = open->by_port;
        f->open = true;
        return;
    }
    snprintf(why, sizeof why, "another device has its serial number %.63s too", f->device.serial);
    if (!f->device.serial[0])
        id_by_port(f, "it has no serial number");
    else if (serial_twice(p, at))
        id_by_port(f, why);
    else if (gait_mat_id(f->device.serial, f->id) < 0)
        id_by_port(f, "its serial number is too long for an id");
}

static void choose_profile(const struct mat_profile *const *profiles, size_t n,
                           bool (*named)(void *user, const char *id, const struct mat_profile *profile), void *user,
                           struct mat_usb_found *f)
{
    const struct mat_profile *second = NULL;

    for (size_t i = 0; i < n; i++) {
        int score = mat_profile_score(profiles[i], &f->device, named && named(user, f->id, profiles[i]));

        if (score > f->score) {
            f->score = score;
            f->profile = profiles[i];
            second = NULL;
        } else if (score > 0 && score == f->score) {
            second = profiles[i];
        }
    }
    if (second)
        snprintf(f->note, sizeof f->note, "profiles %s and %s both claim it: name one in gaitd.yaml", f->profile->name,
                 second->name);
}

int mat_usb_scan(struct mat_usb_context *c, const struct mat_profile *const *profiles, size_t n_profiles,
                 bool (*named)(void *user, const char *id, const struct mat_profile *profile), void *user,
                 struct mat_usb_found *ret_found, size_t capacity, size_t *ret_count, struct gait_error *err)
{
    struct plugged p;
    size_t count = 0;
    int r = plugged_read(c, &p);

    if (r < 0)
        return gait_error_set(err, r, "USB devices cannot be listed: %s", strerror(-r));
    for (size_t i = 0; i < p.n; i++) {
        struct mat_usb_found f = {.device = p.device[i]};

        give_id(c, &p, i, &f);
        choose_profile(profiles, n_profiles, named, user, &f);
        if (!f.profile)
            continue;
        if (count < capacity)
            ret_found[count] = f;
        count++;
    }
    plugged_done(&p);
    *ret_count = count;
    return 0;
}

/* --- one mat again ------------------------------------------------------------------------------------ */

/* By port where the serial says nothing; never a device that another mat of ours has open. */
static bool is_it(const struct mat_usb *m, const struct plugged *p, size_t i)
{
    const struct mat_device *d = &p->device[i];
    const struct mat_usb *open = open_as(m->context, d);

    if (!same_kind(d, &m->device) || (open && open != m))
        return false;
    if (m->answers)
        return true; /* whoever opens it asks */
    if (m->by_port)
        return strcmp(d->port, m->device.port) == 0;
    return strcmp(d->serial, m->device.serial) == 0 && !serial_twice(p, i);
}

int usb_find_device(struct mat_usb *m, libusb_device **ret_device)
{
    struct plugged p;
    unsigned skip = m->tried;
    int r = plugged_read(m->context, &p);

    if (r < 0)
        return r;
    r = -ENODEV;
    for (size_t i = 0; i < p.n && r < 0; i++)
        if (is_it(m, &p, i) && skip-- == 0) {
            *ret_device = libusb_ref_device(p.list[i]);
            r = 0;
        }
    plugged_done(&p);
    return r;
}

/* Whether the device that is open is still plugged in; one that came back has another address. */
bool usb_still_there(struct mat_usb *m)
{
    return plugged_in(libusb_get_device(m->handle));
}
