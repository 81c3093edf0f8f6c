/* Samples of any profile into the mat's matrix. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mats/framer_internal.h"

enum gait_dtype mat_samples_dtype(const struct mat_samples *samples)
{
    switch (samples->kind) {
    case MAT_SAMPLE_U8:
        return GAIT_U8;
    case MAT_SAMPLE_I16LE:
    case MAT_SAMPLE_I16BE:
        return GAIT_I16;
    case MAT_SAMPLE_U16LE:
    case MAT_SAMPLE_U16BE:
    case MAT_SAMPLE_PACKED12:
    case MAT_SAMPLE_ASCII:
        return GAIT_U16;
    }
    return GAIT_DTYPE_INVALID;
}

uint32_t mat_samples_in(const struct mat_samples *samples, size_t bytes)
{
    switch (samples->kind) {
    case MAT_SAMPLE_U8:
        return (uint32_t)bytes;
    case MAT_SAMPLE_PACKED12:
        return (uint32_t)(bytes * 2 / 3);
    case MAT_SAMPLE_ASCII:
        return 0;
    case MAT_SAMPLE_U16LE:
    case MAT_SAMPLE_U16BE:
    case MAT_SAMPLE_I16LE:
    case MAT_SAMPLE_I16BE:
        break;
    }
    return (uint32_t)(bytes / 2);
}

static int32_t sample_at(enum mat_sample_kind kind, const uint8_t *b, uint32_t i)
{
    switch (kind) {
    case MAT_SAMPLE_U8:
        return b[i];
    case MAT_SAMPLE_U16LE:
        return b[2 * i] | b[2 * i + 1] << 8;
    case MAT_SAMPLE_U16BE:
        return b[2 * i] << 8 | b[2 * i + 1];
    case MAT_SAMPLE_I16LE:
        return (int16_t)(b[2 * i] | b[2 * i + 1] << 8);
    case MAT_SAMPLE_I16BE:
        return (int16_t)(b[2 * i] << 8 | b[2 * i + 1]);
    case MAT_SAMPLE_PACKED12: { /* two samples in three bytes: lo8, hi4 | lo4 << 4, hi8 */
        const uint8_t *t = b + i / 2 * 3;

        return i & 1 ? t[1] >> 4 | t[2] << 4 : t[0] | (t[1] & 0x0f) << 8;
    }
    case MAT_SAMPLE_ASCII:
        break;
    }
    return -1;
}

/* What the profile does to one value; -ERANGE when the mat cannot have sent it. */
static int mend(const struct mat_samples *s, int32_t value, int32_t *ret_value)
{
    if (value == s->missing && s->missing >= 0) {
        *ret_value = 0;
        return 0;
    }
    if (s->mask)
        value = (int32_t)((uint32_t)value & s->mask);
    value >>= s->shift;
    if (s->full_scale && value > (int32_t)s->full_scale)
        return -ERANGE;
    *ret_value = s->invert ? (int32_t)s->full_scale - value : value;
    return 0;
}

static void store(enum gait_dtype dtype, void *raw, uint32_t cell, int32_t value)
{
    if (dtype == GAIT_U8)
        ((uint8_t *)raw)[cell] = (uint8_t)value;
    else if (dtype == GAIT_U16)
        ((uint16_t *)raw)[cell] = (uint16_t)value;
    else
        ((int16_t *)raw)[cell] = (int16_t)value;
}

/* "12,0,7" or "12 0 7": every value a whole number, nothing else on the line. */
static int take_text(const struct mat_framer *f, const uint8_t *text, size_t length, uint32_t first, void *raw)
{
    const struct mat_samples *s = &f->profile->samples;
    size_t at = 0;
    uint32_t i = first;

    while (at < length && i < f->samples) {
        int32_t value = 0;
        size_t digits = 0;

        while (at < length && (text[at] == ' ' || text[at] == '\t'))
            at++;
        for (; at < length && text[at] >= '0' && text[at] <= '9' && digits < 6; at++, digits++)
            value = value * 10 + (text[at] - '0');
        if (!digits)
            return at == length ? (int)(i - first) : -EINVAL;
        if (mend(s, value, &value) < 0)
            return -ERANGE;
        store(f->geometry.dtype, raw, f->cell_of[i++], value);
        if (at < length && text[at] == (uint8_t)s->separator)
            at++;
        else if (at < length && text[at] != ' ' && text[at] != '\t')
            return -EINVAL;
    }
    return at == length ? (int)(i - first) : -EINVAL;
}

/* Samples that are cells as they stand: copied whole, then looked over once. Returns false: one by one, then. */
static bool take_plain(const struct mat_framer *f, const uint8_t *bytes, uint32_t n, uint32_t first, void *raw)
{
    const struct mat_samples *s = &f->profile->samples;
    bool plain = f->in_order && !s->mask && !s->shift && !s->invert && s->missing < 0;
    uint16_t *cell = (uint16_t *)raw + first;
    uint16_t most = 0;

    if (!plain || s->kind != MAT_SAMPLE_U16LE || f->geometry.dtype != GAIT_U16 ||
        __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return false;
    memcpy(cell, bytes, 2 * (size_t)n);
    for (uint32_t i = 0; i < n; i++)
        most = cell[i] > most ? cell[i] : most;
    return !s->full_scale || most <= s->full_scale;
}

int mat_samples_take(const struct mat_framer *f, const uint8_t *bytes, size_t length, uint32_t first, void *raw)
{
    const struct mat_samples *s = &f->profile->samples;

    if (s->kind == MAT_SAMPLE_ASCII)
        return take_text(f, bytes, length, first, raw);
    uint32_t n = mat_samples_in(s, length);
    if (first > f->samples || n > f->samples - first)
        return -ERANGE;
    if (take_plain(f, bytes, n, first, raw))
        return (int)n;
    for (uint32_t i = 0; i < n; i++) {
        int32_t value = sample_at(s->kind, bytes, i);

        if (mend(s, value, &value) < 0)
            return -ERANGE;
        store(f->geometry.dtype, raw, f->cell_of[first + i], value);
    }
    return (int)n;
}

/* Cell of sample i as it comes, before flips and rotation: the sender's own rows and columns. */
static uint32_t place(const struct mat_layout *l, uint32_t i)
{
    bool turned = l->rotate_deg == 90 || l->rotate_deg == 270;
    uint32_t rows = turned ? l->cols : l->rows, cols = turned ? l->rows : l->cols;
    uint32_t r = l->column_major ? i % rows : i / cols;
    uint32_t c = l->column_major ? i / rows : i % cols;

    if (l->flip_rows)
        r = rows - 1 - r;
    if (l->flip_cols)
        c = cols - 1 - c;
    switch (l->rotate_deg) { /* clockwise, seen with row 0 on top */
    case 90:
        return c * l->cols + (rows - 1 - r);
    case 180:
        return (rows - 1 - r) * l->cols + (cols - 1 - c);
    case 270:
        return (cols - 1 - c) * l->cols + r;
    default:
        return r * l->cols + c;
    }
}

int mat_layout_map(const struct mat_profile *p, uint32_t **ret_cell_of)
{
    const struct mat_layout *l = &p->layout;
    uint32_t cells = l->rows * l->cols;
    uint32_t *map = calloc(cells, sizeof *map);

    if (!map)
        return -ENOMEM;
    for (uint32_t i = 0; i < cells; i++)
        map[i] = place(l, i);
    for (uint32_t i = 0; l->permutation && i < cells; i++)
        if (l->permutation[i] < cells)
            map[l->permutation[i]] = i;
    *ret_cell_of = map;
    return 0;
}
