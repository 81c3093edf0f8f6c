/* The model as a serial bridge chip: the requests of devices.md as the chip sees them. Shares nothing with drivers/bridge. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "virtual/model_internal.h"

static const struct model_pose poses[] = {
    [MAT_BRIDGE_CDC_ACM] = {0x1a86, 0x55d3, 0x02, "virtual", "USB Single Serial"},
    [MAT_BRIDGE_FTDI] = {0x0403, 0x6001, 0x00, "FTDI", "FT232R USB UART"},
    [MAT_BRIDGE_CP210X] = {0x10c4, 0xea60, 0x00, "Silicon Labs", "CP2102 USB to UART Bridge Controller"},
    [MAT_BRIDGE_CH340] = {0x1a86, 0x7523, 0xff, "QinHeng Electronics", "USB Serial"},
    [MAT_BRIDGE_PL2303] = {0x067b, 0x2303, 0x00, "Prolific Technology Inc.", "USB-Serial Controller"},
};

const struct model_pose *model_bridge_pose(enum mat_bridge_kind kind)
{
    return kind > MAT_BRIDGE_NONE && kind <= MAT_BRIDGE_PL2303 ? &poses[kind] : NULL;
}

bool model_bridge_ready(const struct mat_model *m)
{
    uint32_t want;

    if (!m->profile || !m->profile->usb.bridge)
        return true;
    want = m->profile->line.baud;
    return m->line.enabled && m->line.data_bits == 8 && llabs((long long)m->line.baud - want) <= want / 50;
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int line_coding(struct mat_model *m, const uint8_t *data, size_t n)
{
    if (n < 7)
        return -EPIPE;
    m->line.baud = u32(data);
    m->line.stop_bits = data[4] == 2 ? 2 : 1;
    m->line.data_bits = data[6];
    m->line.enabled = true;
    return 7;
}

static int cdc(struct mat_model *m, const uint8_t s[8], unsigned value, uint8_t *data, size_t n)
{
    switch (s[0] << 8 | s[1]) {
    case 0x2120:
        return line_coding(m, data, n);
    case 0x2122:
        m->line.dtr = value & 1;
        m->line.rts = value & 2;
        return 0;
    }
    return -EPIPE;
}

/* 3 MHz over an integer and eighths; 0 and 1 are written for 3 and 2 Mbaud. */
static uint32_t ftdi_baud(unsigned value, unsigned index)
{
    static const unsigned eighths[] = {0, 4, 2, 1, 3, 5, 6, 7};
    unsigned whole = value & 0x3fff, code = value >> 14 | (index & 1) << 2;

    if (whole <= 1 && code == 0)
        return whole ? 2000000 : 3000000;
    return whole ? (uint32_t)(24000000u / (whole * 8 + eighths[code])) : 0;
}

static int ftdi(struct mat_model *m, const uint8_t s[8], unsigned value, unsigned index)
{
    if (s[0] != 0x40)
        return -EPIPE;
    switch (s[1]) {
    case 0:
        m->line.enabled = true;
        return 0;
    case 1:
        if (value & 0x100)
            m->line.dtr = value & 1;
        if (value & 0x200)
            m->line.rts = value & 2;
        return 0;
    case 2:
        return 0;
    case 3:
        m->line.baud = ftdi_baud(value, index);
        return 0;
    case 4:
        m->line.data_bits = (uint8_t)value;
        m->line.stop_bits = value >> 11 & 2 ? 2 : 1;
        return 0;
    case 9:
        m->line.latency_ms = (uint16_t)value;
        return 0;
    }
    return -EPIPE;
}

static int cp210x(struct mat_model *m, const uint8_t s[8], unsigned value, const uint8_t *data, size_t n)
{
    if (s[0] != 0x41)
        return -EPIPE;
    switch (s[1]) {
    case 0x00:
        m->line.enabled = value == 1;
        return 0;
    case 0x1e:
        if (n < 4)
            return -EPIPE;
        m->line.baud = u32(data);
        return 4;
    case 0x03:
        m->line.data_bits = (uint8_t)(value >> 8);
        m->line.stop_bits = value & 2 ? 2 : 1;
        return 0;
    case 0x07:
        if (value & 0x100)
            m->line.dtr = value & 1;
        if (value & 0x200)
            m->line.rts = value & 2;
        return 0;
    case 0x12:
        return 0;
    }
    return -EPIPE;
}

static int ch340(struct mat_model *m, const uint8_t s[8], unsigned value, unsigned index, uint8_t *data, size_t n)
{
    if (s[0] == 0xc0) {
        memset(data, 0x31, n < 2 ? n : 2);
        return (int)(n < 2 ? n : 2);
    }
    if (s[0] != 0x40)
        return -EPIPE;
    if (s[1] == 0xa1) {
        m->line.enabled = true;
    } else if (s[1] == 0xa4) {
        m->line.dtr = !(value & 0x20);
        m->line.rts = !(value & 0x40);
    } else if (s[1] == 0x9a && value == 0x1312) {
        m->ch340_high = (uint16_t)index;
    } else if (s[1] == 0x9a && value == 0x0f2c) {
        unsigned factor = 0x10000u - ((m->ch340_high & 0xff00u) | (index & 0xff)), prescale = m->ch340_high & 7;

        m->line.baud =
            prescale <= 3 && factor ? (uint32_t)(1532620800ull / ((uint64_t)factor << 3 * (3 - prescale))) : 0;
    } else if (s[1] == 0x9a && value == 0x2518) {
        m->line.data_bits = (uint8_t)(5 + (index & 3));
        m->line.stop_bits = index & 4 ? 2 : 1;
    } else {
        return -EPIPE;
    }
    return 0;
}

static int pl2303(struct mat_model *m, const uint8_t s[8], unsigned value, uint8_t *data, size_t n)
{
    if (s[0] == 0xc0 && s[1] == 1) {
        if (n)
            data[0] = 0;
        return n ? 1 : 0;
    }
    if (s[0] == 0x40 && s[1] == 1)
        return 0;
    return cdc(m, s, value, data, n);
}

int model_bridge_control(struct mat_model *m, const uint8_t s[8], uint8_t *data, size_t capacity)
{
    unsigned value = s[2] | (unsigned)s[3] << 8, index = s[4] | (unsigned)s[5] << 8;

    switch (m->profile->usb.bridge) {
    case MAT_BRIDGE_CDC_ACM:
        return cdc(m, s, value, data, capacity);
    case MAT_BRIDGE_FTDI:
        return ftdi(m, s, value, index);
    case MAT_BRIDGE_CP210X:
        return cp210x(m, s, value, data, capacity);
    case MAT_BRIDGE_CH340:
        return ch340(m, s, value, index, data, capacity);
    case MAT_BRIDGE_PL2303:
        return pl2303(m, s, value, data, capacity);
    case MAT_BRIDGE_NONE:
        break;
    }
    return -EPIPE;
}

/* Every packet begins with two status bytes. */
size_t model_ftdi_frame(const struct mat_model *m, const uint8_t *bytes, size_t len, size_t *ret_used, uint8_t *out,
                        size_t capacity)
{
    size_t n = 0, used = 0, packet = m->packet_bytes;

    while (used < len && n + 2 < capacity) {
        size_t chunk = packet - 2;

        if (chunk > len - used)
            chunk = len - used;
        if (chunk > capacity - n - 2)
            chunk = capacity - n - 2;
        out[n] = 0x01;
        out[n + 1] = 0x60;
        memcpy(out + n + 2, bytes + used, chunk);
        n += chunk + 2;
        used += chunk;
    }
    *ret_used = used;
    return n;
}
