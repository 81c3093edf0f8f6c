/*
 * FTDI FT232 and relatives. Vendor requests 40; index = port (0 where there is only one).
 *
 *     0 reset (0 chip, 1 purge RX, 2 purge TX)   1 modem (low byte value, high byte which)   2 flow   3 baud divisor   4 data bits, parity, stop   9 latency ms
 *
 * Each packet from the chip begins with two status bytes; one of two bytes is idle.
 */
#include <errno.h>
#include <string.h>

#include "bridge/bridge.h"

enum { VENDOR_OUT = 0x40, RESET = 0, MODEM = 1, FLOW = 2, BAUD = 3, DATA = 4, LATENCY = 9, STATUS_BYTES = 2 };
enum { BASE_HZ_8 = 24000000, BAUD_MAX = 3000000, BAUD_MIN = 183 };

static bool many_ports(uint16_t bcd_device)
{
    return bcd_device == 0x0500 || bcd_device == 0x0700 || bcd_device == 0x0800;
}

/*
 * 3 MHz over a whole number (14 bits) and eighths, coded in bits 14, 15 and 16. 3 and 2 Mbaud are written as 0 and 1.
 * Source: FTDI application note AN232B-05.
 */
static uint32_t divisor(uint32_t baud)
{
    static const uint32_t code[8] = {0, 3, 2, 4, 1, 5, 6, 7};
    uint32_t eighths = (BASE_HZ_8 + baud / 2) / baud;

    if (eighths <= 8)
        return 0;
    if (eighths <= 12)
        return 1;
    if (eighths < 16)
        eighths = 16;
    return (eighths >> 3) | code[eighths & 7] << 14;
}

static int send(const struct mat_bridge_io *io, uint8_t request, uint16_t value, uint16_t index)
{
    int r = io->control(io->user, VENDOR_OUT, request, value, index, NULL, 0);

    return r < 0 ? r : 0;
}

static int ftdi_open(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err)
{
    uint16_t port = many_ports(io->bcd_device) ? (uint16_t)(io->interface_number + 1) : 0;
    uint16_t parity = line->parity == 'O' ? 1 : line->parity == 'E' ? 2 : 0;
    uint16_t data =
        (uint16_t)((line->data_bits ? line->data_bits : 8) | parity << 8 | (line->stop_bits == 2 ? 2 : 0) << 11);
    uint32_t d;
    int r;

    if (line->baud < BAUD_MIN || line->baud > BAUD_MAX || (data & 0xff) < 7 || (data & 0xff) > 8)
        return mat_bridge_line_refused("an FTDI chip", line, err);
    d = divisor(line->baud);
    const struct {
        uint8_t request;
        uint16_t value, index;
    } steps[] = {
        {RESET, 0, port},
        {DATA, data, port},
        {FLOW, 0, port},
        {BAUD, (uint16_t)d, port ? (uint16_t)((d >> 16) << 8 | port) : (uint16_t)(d >> 16)},
        {LATENCY, line->latency_ms ? line->latency_ms : 1, port},
        {MODEM, (uint16_t)(0x0100 | (line->dtr ? 1 : 0)), port},
        {MODEM, (uint16_t)(0x0200 | (line->rts ? 2 : 0)), port},
        {RESET, 1, port},
        {RESET, 2, port},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        r = send(io, steps[i].request, steps[i].value, steps[i].index);
        if (r < 0)
            return r;
    }
    return 0;
}

static size_t ftdi_strip(uint8_t *bytes, size_t len, size_t packet)
{
    size_t out = 0;

    if (packet <= STATUS_BYTES)
        return 0;
    for (size_t at = 0; at < len; at += packet) {
        size_t n = len - at < packet ? len - at : packet;

        if (n <= STATUS_BYTES)
            continue;
        memmove(bytes + out, bytes + at + STATUS_BYTES, n - STATUS_BYTES);
        out += n - STATUS_BYTES;
    }
    return out;
}

static const struct mat_usb_id ids[] = {{.vid = 0x0403, .pid = 0x6001}, {.vid = 0x0403, .pid = 0x6010},
                                        {.vid = 0x0403, .pid = 0x6011}, {.vid = 0x0403, .pid = 0x6014},
                                        {.vid = 0x0403, .pid = 0x6015}, {0}};

const struct mat_bridge mat_bridge_ftdi = {.kind = MAT_BRIDGE_FTDI,
                                           .name = "ftdi",
                                           .label = "FTDI serial chip",
                                           .ids = ids,
                                           .open = ftdi_open,
                                           .strip = ftdi_strip};
