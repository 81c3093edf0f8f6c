/*
 * CDC-ACM: USB class for serial ports, no chip of its own (Arduino, Pico, CH343 and many more).
 *
 *     21 20 SET_LINE_CODING         u32 LE baud, u8 stop (0: 1, 2: 2), u8 parity (0 N, 1 O, 2 E), u8 bits
 *     21 22 SET_CONTROL_LINE_STATE  value bit 0 DTR, bit 1 RTS: their edges reset many boards, so they are set once
 */
#include "bridge/bridge.h"

enum { CLASS_OUT = 0x21, SET_LINE_CODING = 0x20, SET_CONTROL_LINE_STATE = 0x22 };

int mat_cdc_set_line(const struct mat_bridge_io *io, uint16_t index, const struct mat_line *line)
{
    uint8_t coding[7] = {(uint8_t)line->baud,
                         (uint8_t)(line->baud >> 8),
                         (uint8_t)(line->baud >> 16),
                         (uint8_t)(line->baud >> 24),
                         line->stop_bits == 2 ? 2 : 0,
                         line->parity == 'O'   ? 1
                         : line->parity == 'E' ? 2
                                               : 0,
                         line->data_bits ? line->data_bits : 8};
    uint16_t lines = (uint16_t)((line->dtr ? 1 : 0) | (line->rts ? 2 : 0));
    int r = io->control(io->user, CLASS_OUT, SET_LINE_CODING, 0, index, coding, sizeof coding);

    if (r < 0)
        return r;
    r = io->control(io->user, CLASS_OUT, SET_CONTROL_LINE_STATE, lines, index, NULL, 0);
    return r < 0 ? r : 0;
}

static int cdc_open(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err)
{
    (void)err;
    return mat_cdc_set_line(io, io->control_interface, line);
}

static const struct mat_usb_id ids[] = {{.vid = 0x1a86, .pid = 0x55d3}, {.vid = 0x2e8a, .pid = 0x000a}, {0}};

const struct mat_bridge mat_bridge_cdc_acm = {
    .kind = MAT_BRIDGE_CDC_ACM, .name = "cdc-acm", .label = "CDC-ACM serial port", .ids = ids, .open = cdc_open};
