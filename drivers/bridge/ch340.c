/*
 * WCH CH340 and CH341. Vendor requests C0 and 40; value and index carry registers and their contents.
 *
 *     C0 5F version   40 A1 init   40 9A 1312 divisor high | prescaler, 0F2C divisor low, 2518 line   40 A4 modem, inverted: 20 DTR, 40 RTS
 */
#include <errno.h>

#include "bridge/bridge.h"

enum { VENDOR_IN = 0xc0, VENDOR_OUT = 0x40, VERSION = 0x5f, INIT = 0xa1, WRITE = 0x9a, MODEM = 0xa4 };
enum { REG_DIVISOR = 0x1312, REG_DIVISOR_LOW = 0x0f2c, REG_LINE = 0x2518, NO_WAIT = 0x80 };
enum { BAUD_MAX = 3000000, BAUD_MIN = 50, CLOCK_HZ = 1532620800, PRESCALE_MAX = 3 };

static int send(const struct mat_bridge_io *io, uint8_t request, uint16_t value, uint16_t index)
{
    int r = io->control(io->user, VENDOR_OUT, request, value, index, NULL, 0);

    return r < 0 ? r : 0;
}

static int set_baud(const struct mat_bridge_io *io, uint32_t baud)
{
    uint32_t factor = (CLOCK_HZ + baud / 2) / baud, prescale = PRESCALE_MAX;
    int r;

    while (factor > 0xfff0 && prescale > 0) {
        factor >>= 3;
        prescale--;
    }
    if (factor > 0xfff0)
        return -EINVAL;
    factor = 0x10000 - factor;
    r = send(io, WRITE, REG_DIVISOR, (uint16_t)((factor & 0xff00) | NO_WAIT | prescale));
    return r < 0 ? r : send(io, WRITE, REG_DIVISOR_LOW, (uint16_t)(factor & 0xff));
}

/* RX and TX on, 5..8 bits, 1 or 2 stop bits, parity. */
static uint16_t line_register(const struct mat_line *line)
{
    unsigned bits = line->data_bits ? line->data_bits : 8;
    unsigned parity = line->parity == 'O' ? 0x08 : line->parity == 'E' ? 0x18 : 0;

    return (uint16_t)(0xc0 | (bits - 5) | (line->stop_bits == 2 ? 0x04 : 0) | parity);
}

static int ch340_open(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err)
{
    uint8_t version[2];
    unsigned lines = (line->dtr ? 0x20u : 0) | (line->rts ? 0x40u : 0);
    int r;

    if (line->baud < BAUD_MIN || line->baud > BAUD_MAX ||
        (line->data_bits && (line->data_bits < 5 || line->data_bits > 8)))
        return mat_bridge_line_refused("a CH340", line, err);
    r = io->control(io->user, VENDOR_IN, VERSION, 0, 0, version, sizeof version);
    if (r >= 0)
        r = send(io, INIT, 0, 0);
    if (r >= 0)
        r = set_baud(io, line->baud);
    if (r >= 0)
        r = send(io, WRITE, REG_LINE, line_register(line));
    return r < 0 ? r : send(io, MODEM, (uint16_t)~lines, 0);
}

static const struct mat_usb_id ids[] = {
    {.vid = 0x1a86, .pid = 0x7523}, {.vid = 0x1a86, .pid = 0x5523}, {.vid = 0x4348, .pid = 0x5523}, {0}};

const struct mat_bridge mat_bridge_ch340 = {
    .kind = MAT_BRIDGE_CH340, .name = "ch340", .label = "WCH CH340 serial chip", .ids = ids, .open = ch340_open};
