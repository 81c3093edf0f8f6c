/*
 * The handshake: a host asks which devices there are, or imports one.
 *
 *     request  u16 version 0x0111, u16 code, u32 status; import: + busid[32]
 *     reply    the same head, then   list: u32 count, device, 4 bytes an interface;   import: device
 *     device   path[256] busid[32] u32 bus, address, speed  u16 vid, pid, bcd  u8 class, sub, protocol, configuration, configurations, interfaces
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "virtual/usbip_internal.h"

enum {
    VERSION = 0x0111,
    REQUEST_LIST = 0x8005,
    REPLY_LIST = 0x0005,
    REQUEST_IMPORT = 0x8003,
    REPLY_IMPORT = 0x0003,
    HEAD_BYTES = 8,
    DEVICE_BYTES = 312,
    INTERFACES_MAX = 32,
    STATUS_BUSY = 2,
    STATUS_NO_DEVICE = 4,
};

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Calls back for each descriptor of a kind; what has no length ends it. */
static const uint8_t *descriptor_after(const struct mat_model *model, const uint8_t *at, unsigned kind, unsigned bytes)
{
    size_t length;
    const uint8_t *config = mat_model_config_descriptor(model, &length), *end = config + length;

    for (at = at ? at + at[0] : config; at + 2 <= end && at[0] >= 2 && at + at[0] <= end; at += at[0])
        if (at[1] == kind && at[0] >= bytes)
            return at;
    return NULL;
}

uint32_t usbip_speed(const struct mat_model *model)
{
    for (const uint8_t *e = descriptor_after(model, NULL, 5, 7); e; e = descriptor_after(model, e, 5, 7))
        if ((e[4] | e[5] << 8) > 64)
            return 3;
    return 2;
}

static void put_device(const struct usbip_mat *mat, unsigned interfaces, uint8_t *p)
{
    size_t length;
    const uint8_t *device = mat_model_device_descriptor(mat->model, &length);

    snprintf((char *)p, 256, "/sys/devices/virtual/matsim/%.31s", mat->busid);
    memcpy(p + 256, mat->busid, USBIP_BUSID_BYTES);
    put32(p + 288, USBIP_BUS);
    put32(p + 292, USBIP_ADDRESS);
    put32(p + 296, usbip_speed(mat->model));
    put16(p + 300, device[8] | device[9] << 8);
    put16(p + 302, device[10] | device[11] << 8);
    put16(p + 304, device[12] | device[13] << 8);
    memcpy(p + 306, device + 4, 3);
    p[309] = 1;
    p[310] = 1;
    p[311] = (uint8_t)interfaces;
}

static uint8_t *put_head(struct usbip_link *link, unsigned code, uint32_t status, size_t more)
{
    uint8_t *p = usbip_out(link, HEAD_BYTES + more);

    if (!p)
        return NULL;
    put16(p, VERSION);
    put16(p + 2, code);
    put32(p + 4, status);
    return p + HEAD_BYTES;
}

static int list(struct usbip_link *link)
{
    const struct mat_model *model = link->mat->model;
    uint8_t kind[INTERFACES_MAX][4] = {{0}};
    unsigned n = 0;
    uint8_t *p;

    for (const uint8_t *i = model ? descriptor_after(model, NULL, 4, 9) : NULL; i && n < INTERFACES_MAX;
         i = descriptor_after(model, i, 4, 9))
        if (i[3] == 0)
            memcpy(kind[n++], i + 5, 3);
    p = put_head(link, REPLY_LIST, 0, 4 + (model ? DEVICE_BYTES + (size_t)n * 4 : 0));
    if (!p)
        return -ENOMEM;
    put32(p, model != NULL);
    if (model) {
        put_device(link->mat, n, p + 4);
        memcpy(p + 4 + DEVICE_BYTES, kind, (size_t)n * 4);
    }
    return 0; /* the host closes, or asks on another connection */
}

static int import(struct usbip_link *link, const uint8_t *busid)
{
    struct usbip_mat *mat = link->mat;
    bool here = mat->model && memchr(busid, 0, USBIP_BUSID_BYTES) && strcmp((const char *)busid, mat->busid) == 0;
    uint32_t status = !here ? STATUS_NO_DEVICE : mat->taken ? STATUS_BUSY : 0;
    uint8_t *p = put_head(link, REPLY_IMPORT, status, status ? 0 : DEVICE_BYTES);

    if (!p)
        return -ENOMEM;
    if (status)
        return 0;
    put_device(mat, 1, p);
    link->imported = mat->taken = true;
    mat_model_reset(mat->model);
    return 1;
}

int usbip_offer(struct usbip_link *link, size_t *ret_bytes, bool *ret_done, struct gait_error *err)
{
    const uint8_t *p = link->in.at;
    unsigned version, code;

    if (link->in.used < HEAD_BYTES)
        return 1;
    version = (unsigned)(p[0] << 8 | p[1]);
    code = (unsigned)(p[2] << 8 | p[3]);
    if (version != VERSION || (code != REQUEST_LIST && code != REQUEST_IMPORT))
        return gait_error_set(err, -EPROTO,
                              "a client that speaks no USB/IP 1.1.1 (version %04x, code %04x): use Debian's usbip",
                              version, code);
    *ret_bytes = HEAD_BYTES + (code == REQUEST_IMPORT ? USBIP_BUSID_BYTES : 0);
    if (link->in.used < *ret_bytes)
        return 1;
    *ret_done = true;
    return code == REQUEST_LIST ? list(link) : import(link, p + HEAD_BYTES);
}
