/* What the model answers to GET_DESCRIPTOR: the truth, or a lie on command. */
#include <errno.h>
#include <string.h>

#include "virtual/model_internal.h"

static uint8_t *endpoint(uint8_t *p, uint8_t address, uint8_t attributes, uint16_t packet)
{
    const uint8_t d[7] = {7, 5, address, attributes, (uint8_t)packet, (uint8_t)(packet >> 8), 1};

    memcpy(p, d, sizeof d);
    return p + sizeof d;
}

static uint8_t *interface(uint8_t *p, uint8_t number, uint8_t alternate, uint8_t endpoints, const uint8_t kind[3])
{
    const uint8_t d[9] = {9, 4, number, alternate, endpoints, kind[0], kind[1], kind[2], 0};

    memcpy(p, d, sizeof d);
    return p + sizeof d;
}

/* Control interface 0 with its notification endpoint, data interface 1. */
static uint8_t *cdc_interfaces(const struct mat_model *m, uint8_t *p)
{
    static const uint8_t functional[] = {5, 0x24, 0, 0x10, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1};

    p = interface(p, 0, 0, 1, (const uint8_t[]){2, 2, 1});
    memcpy(p, functional, sizeof functional);
    p = endpoint(p + sizeof functional, 0x83, 3, 8);
    p = interface(p, 1, 0, 2, (const uint8_t[]){10, 0, 0});
    p = endpoint(p, m->endpoint_in, 2, m->packet_bytes);
    return endpoint(p, m->endpoint_out, 2, m->packet_bytes);
}

static uint8_t *vendor_interface(const struct mat_model *m, uint8_t *p)
{
    static const uint8_t open_kind[3] = {0xff, 0x47, 0x01}, chip_kind[3] = {0xff, 0, 0};
    const struct mat_usb_layout *usb = m->profile ? &m->profile->usb : NULL;
    uint8_t attributes = usb && usb->kind == MAT_TRANSFER_INTERRUPT     ? 3
                         : usb && usb->kind == MAT_TRANSFER_ISOCHRONOUS ? 5
                                                                        : 2;
    uint8_t number = usb ? usb->interface_number : 0, alternate = usb ? usb->alternate : 0;
    uint8_t ins = usb && usb->endpoints == 2 ? 2 : 1;

    for (uint8_t a = 0; a < alternate; a++) /* an idle setting without endpoints, as isochronous devices have */
        p = interface(p, number, a, 0, chip_kind);
    p = interface(p, number, alternate, (uint8_t)(ins + 1), usb ? chip_kind : open_kind);
    p = endpoint(p, m->endpoint_in, attributes, m->packet_bytes);
    if (ins == 2)
        p = endpoint(p, (uint8_t)(m->endpoint_in + 1), attributes, m->packet_bytes);
    return endpoint(p, m->endpoint_out, 2, m->packet_bytes);
}

void model_describe(struct mat_model *m)
{
    bool cdc = m->profile && m->profile->usb.bridge == MAT_BRIDGE_CDC_ACM;
    const uint8_t device[MODEL_DEVICE_BYTES] = {18,
                                                1,
                                                0,
                                                2,
                                                m->pose.device_class,
                                                0,
                                                0,
                                                64,
                                                (uint8_t)m->pose.vid,
                                                (uint8_t)(m->pose.vid >> 8),
                                                (uint8_t)m->pose.pid,
                                                (uint8_t)(m->pose.pid >> 8),
                                                0,
                                                1,
                                                1,
                                                2,
                                                m->serial[0] ? 3 : 0,
                                                1};
    uint8_t *p = m->config + 9;

    memcpy(m->device, device, sizeof device);
    p = cdc ? cdc_interfaces(m, p) : vendor_interface(m, p);
    m->config_bytes = (size_t)(p - m->config);
    const uint8_t head[9] = {9,    2,  (uint8_t)m->config_bytes, (uint8_t)(m->config_bytes >> 8), cdc ? 2 : 1, 1, 0,
                             0x80, 250};
    memcpy(m->config, head, sizeof head);
}

/* Lies that firmware has told, or could. */
void model_lie(struct mat_model *m, unsigned which)
{
    uint8_t *interface_at = m->config + 9;

    switch (which) {
    case 0: /* promises more endpoints than it describes */
        interface_at[4] = 30;
        break;
    case 1: /* an interface without any endpoint descriptor, although it promises two */
        m->config_bytes = 18;
        m->config[2] = 18;
        break;
    case 2: /* total length far beyond the bytes that come */
        m->config[2] = 0xff;
        m->config[3] = 0x7f;
        break;
    case 3: /* a descriptor of length 0: a naive reader never ends */
        interface_at[9] = 0;
        break;
    case 4: /* packets of no bytes */
        interface_at[9 + 4] = interface_at[9 + 5] = 0;
        break;
    case 5: /* the endpoint descriptor is cut */
        m->config_bytes = 9 + 9 + 4;
        m->config[2] = (uint8_t)m->config_bytes;
        break;
    case 6: /* 255 interfaces */
        m->config[4] = 255;
        break;
    default: /* only OUT endpoints */
        interface_at[9 + 2] &= 0x7f;
        break;
    }
}

static const char *string_of(const struct mat_model *m, unsigned index)
{
    return index == 1 ? m->pose.manufacturer : index == 2 ? m->pose.product : index == 3 ? m->serial : NULL;
}

int model_string(const struct mat_model *m, unsigned index, uint8_t *data, size_t capacity)
{
    uint8_t d[2 + 2 * 64] = {4, 3, 9, 4};
    size_t n = 4;
    const char *text = string_of(m, index);

    if (index > 0) {
        if (!text)
            return -EPIPE;
        n = 2;
        for (; *text && n + 2 <= sizeof d; text++, n += 2) {
            d[n] = (uint8_t)*text;
            d[n + 1] = 0;
        }
        d[0] = (uint8_t)n;
    }
    if (n > capacity)
        n = capacity;
    memcpy(data, d, n);
    return (int)n;
}

const uint8_t *mat_model_device_descriptor(const struct mat_model *m, size_t *ret_length)
{
    *ret_length = MODEL_DEVICE_BYTES;
    return m->device;
}

const uint8_t *mat_model_config_descriptor(const struct mat_model *m, size_t *ret_length)
{
    *ret_length = m->config_bytes;
    return m->config;
}
