/* Units that end at a byte: SLIP packets and ASCII lines. */
#include <string.h>

#include "mats/framer_internal.h"

enum { SLIP_END = 0xc0, SLIP_ESC = 0xdb, SLIP_ESC_END = 0xdc, SLIP_ESC_ESC = 0xdd };

static void keep(struct mat_framer *f, uint8_t byte)
{
    if (f->n < f->cap)
        f->buf[f->n++] = byte;
    else
        f->overlong = true;
}

/* One byte; true when it ended a unit. */
static bool slip_byte(struct mat_framer *f, uint8_t byte)
{
    if (byte == SLIP_END) {
        f->escape = false;
        return true;
    }
    if (f->escape) {
        f->escape = false;
        if (byte == SLIP_ESC_END)
            keep(f, SLIP_END);
        else if (byte == SLIP_ESC_ESC)
            keep(f, SLIP_ESC);
        else
            f->overlong = true; /* no such escape: the unit is spoilt */
        return false;
    }
    if (byte == SLIP_ESC)
        f->escape = true;
    else
        keep(f, byte);
    return false;
}

static bool line_byte(struct mat_framer *f, uint8_t byte)
{
    if (byte == '\n')
        return true;
    if (byte != '\r')
        keep(f, byte);
    return false;
}

/* A unit is worth looking at when we saw where it began and it did not outgrow its room. */
static bool end_unit(struct mat_framer *f, struct mat_decoded *out)
{
    bool whole = f->locked && !f->overlong && f->n > 0;
    bool spoilt = f->n > 0 && !whole;

    f->locked = true;
    f->overlong = false;
    if (whole)
        return true;
    f->n = 0;
    if (spoilt)
        out->verdict = MAT_SKIP_EARLY;
    return false;
}

size_t mat_text_collect(struct mat_framer *f, const uint8_t *bytes, size_t len, bool *ret_unit, struct mat_decoded *out)
{
    bool slip = f->profile->framing.kind == MAT_FRAMING_SLIP;

    *ret_unit = false;
    for (size_t i = 0; i < len; i++) {
        if (!(slip ? slip_byte(f, bytes[i]) : line_byte(f, bytes[i])))
            continue;
        if (end_unit(f, out)) {
            *ret_unit = true;
            return i + 1;
        }
        if (out->verdict)
            return i + 1;
    }
    return len;
}

/* "index value": two whole numbers. */
static bool parse_pair(const uint8_t *t, size_t n, uint32_t *ret_index, int32_t *ret_value)
{
    uint32_t number[2] = {0, 0};
    size_t at = 0;

    for (int k = 0; k < 2; k++) {
        size_t digits = 0;

        while (at < n && (t[at] == ' ' || t[at] == '\t'))
            at++;
        for (; at < n && t[at] >= '0' && t[at] <= '9' && digits < 6; at++, digits++)
            number[k] = number[k] * 10 + (uint32_t)(t[at] - '0');
        if (!digits)
            return false;
    }
    *ret_index = number[0];
    *ret_value = (int32_t)number[1];
    return at == n;
}

/*
 * One line is one cell; the index running down again begins the next frame. A frame that misses more than half of its cells is no frame. Returns false when the line
 * belongs to the next frame.
 */
bool mat_text_indexed(struct mat_framer *f, void *raw, struct mat_decoded *out)
{
    const struct mat_samples *s = &f->profile->samples;
    uint32_t index;
    int32_t value;

    if (!parse_pair(f->buf, f->n, &index, &value) || index >= f->samples ||
        (s->full_scale && value > (int32_t)s->full_scale)) {
        out->verdict = MAT_BAD_SANITY;
        return true;
    }
    bool begins = (int64_t)index <= f->last_index;
    if (begins && f->part.open) {
        uint32_t cells = f->part.cells;

        f->part.open = false;
        f->last_index = -1;
        out->verdict = cells == f->samples ? MAT_FRAME : cells > f->samples / 2 ? MAT_PARTIAL : MAT_SKIP_LENGTH;
        out->flags = out->verdict == MAT_PARTIAL ? GAIT_FRAME_PARTIAL : 0;
        return false;
    }
    if (!f->part.open) {
        memset(raw, 0, gait_geometry_frame_bytes(&f->geometry));
        f->part.open = true;
        f->part.cells = 0;
    }
    f->last_index = index;
    f->part.cells++;
    ((uint16_t *)raw)[f->cell_of[index]] = (uint16_t)value;
    if (index + 1 == f->samples && f->part.cells == f->samples) {
        f->part.open = false;
        f->last_index = -1;
        out->verdict = MAT_FRAME;
    }
    return true;
}
