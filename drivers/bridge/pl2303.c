/*
 * Prolific PL2303 (HX). A vendor sequence that every driver repeats and nobody explains, then the requests of CDC. IN 83, OUT 02.
 *
 *     C0 01 value (register): read   40 01 value index: write
 */
#include "bridge/bridge.h"

enum { VENDOR_IN = 0xc0, VENDOR_OUT = 0x40, VENDOR = 0x01, BAUD_MAX = 6000000, BAUD_MIN = 75 };

static int pl2303_open(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err)
{
    static const struct {
        uint8_t type;
        uint16_t value, index;
    } steps[] = {
        {VENDOR_IN, 0x8484, 0}, {VENDOR_OUT, 0x0404, 0}, {VENDOR_IN, 0x8484, 0}, {VENDOR_IN, 0x8383, 0},
        {VENDOR_IN, 0x8484, 0}, {VENDOR_OUT, 0x0404, 1}, {VENDOR_IN, 0x8484, 0}, {VENDOR_IN, 0x8383, 0},
        {VENDOR_OUT, 0, 1},     {VENDOR_OUT, 1, 0},      {VENDOR_OUT, 2, 0x44},  {VENDOR_OUT, 8, 0},
        {VENDOR_OUT, 9, 0},
    };
    uint8_t byte;

    if (line->baud < BAUD_MIN || line->baud > BAUD_MAX)
        return mat_bridge_line_refused("a PL2303", line, err);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        bool in = steps[i].type == VENDOR_IN;
        int r = io->control(io->user, steps[i].type, VENDOR, steps[i].value, steps[i].index, in ? &byte : NULL, in);

        if (r < 0)
            return r;
    }
    return mat_cdc_set_line(io, io->interface_number, line);
}

static const struct mat_usb_id ids[] = {{.vid = 0x067b, .pid = 0x2303}, {.vid = 0x067b, .pid = 0x23a3}, {0}};

const struct mat_bridge mat_bridge_pl2303 = {.kind = MAT_BRIDGE_PL2303,
                                             .name = "pl2303",
                                             .label = "Prolific PL2303 serial chip",
                                             .ids = ids,
                                             .open = pl2303_open};
