/*
 * Silicon Labs CP210x. Requests 41 to the interface.
 *
 *     00 enable (1, 0)   1E baud u32 LE   03 line (bits << 8 | parity << 4 | stop)   07 modem (low byte value, high byte which)   12 flush (0F all)
 */
#include "bridge/bridge.h"

enum { INTERFACE_OUT = 0x41, ENABLE = 0x00, LINE = 0x03, MODEM = 0x07, FLUSH = 0x12, BAUD = 0x1e };
enum { BAUD_MAX = 3000000, BAUD_MIN = 300 };

static int cp210x_open(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err)
{
    uint16_t bits = line->data_bits ? line->data_bits : 8;
    uint16_t parity = line->parity == 'O' ? 1 : line->parity == 'E' ? 2 : 0;
    uint8_t baud[4] = {(uint8_t)line->baud, (uint8_t)(line->baud >> 8), (uint8_t)(line->baud >> 16),
                       (uint8_t)(line->baud >> 24)};
    const struct {
        uint8_t request;
        uint16_t value;
        uint8_t *data;
        uint16_t length;
    } steps[] = {
        {ENABLE, 1, NULL, 0},
        {BAUD, 0, baud, sizeof baud},
        {LINE, (uint16_t)(bits << 8 | parity << 4 | (line->stop_bits == 2 ? 2 : 0)), NULL, 0},
        {MODEM, (uint16_t)(0x0300 | (line->dtr ? 1 : 0) | (line->rts ? 2 : 0)), NULL, 0},
        {FLUSH, 0x000f, NULL, 0},
    };

    if (line->baud < BAUD_MIN || line->baud > BAUD_MAX || bits < 5 || bits > 8)
        return mat_bridge_line_refused("a CP210x", line, err);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int r = io->control(io->user, INTERFACE_OUT, steps[i].request, steps[i].value, io->interface_number,
                            steps[i].data, steps[i].length);

        if (r < 0)
            return r;
    }
    return 0;
}

static void cp210x_close(const struct mat_bridge_io *io)
{
    (void)io->control(io->user, INTERFACE_OUT, ENABLE, 0, io->interface_number, NULL, 0);
}

static const struct mat_usb_id ids[] = {{.vid = 0x10c4, .pid = 0xea60}, {.vid = 0x10c4, .pid = 0xea70}, {0}};

const struct mat_bridge mat_bridge_cp210x = {.kind = MAT_BRIDGE_CP210X,
                                             .name = "cp210x",
                                             .label = "Silicon Labs CP210x serial chip",
                                             .ids = ids,
                                             .open = cp210x_open,
                                             .close = cp210x_close};
