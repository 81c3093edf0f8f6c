#include "mats/framer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mats/framer_internal.h"

/* Header, trailer and checksum bits that a unit of random bytes would have to hit. 40: once in a hundred thousand million units. */
static bool proves_itself(const struct mat_profile *p)
{
    unsigned bits = 8u * (p->framing.header_length + p->framing.trailer_length);

    if (p->integrity.kind == MAT_INTEGRITY_CRC32)
        bits += 32;
    else if (p->integrity.kind == MAT_INTEGRITY_CRC16)
        bits += 16;
    else if (p->integrity.kind > MAT_INTEGRITY_NONE)
        bits += 8;
    return p->integrity.kind > MAT_INTEGRITY_NONE && bits >= 40;
}

static int check(const struct mat_profile *p)
{
    const struct mat_framing *fr = &p->framing;
    bool ended = fr->kind == MAT_FRAMING_DELIMITER || (fr->kind == MAT_FRAMING_FIXED && !fr->header_length);

    if (fr->kind < MAT_FRAMING_FIXED || fr->kind > MAT_FRAMING_PACKET || fr->header_length > MAT_MARKER_MAX ||
        fr->trailer_length > MAT_MARKER_MAX)
        return -EINVAL;
    if (fr->length > MAT_FRAME_BYTES_MAX || fr->max_length > MAT_FRAME_BYTES_MAX)
        return -EINVAL;
    if (fr->kind == MAT_FRAMING_DELIMITER && (!fr->header_length || fr->length <= fr->header_length))
        return -EINVAL;
    if (fr->kind == MAT_FRAMING_FIXED && fr->length <= (size_t)fr->header_length + fr->trailer_length)
        return -EINVAL;
    if (ended && fr->kind == MAT_FRAMING_FIXED && !fr->trailer_length)
        return -EINVAL;
    if (fr->kind == MAT_FRAMING_LENGTH && (!fr->header_length || !fr->length_field.width || !fr->max_length))
        return -EINVAL;
    if (fr->kind == MAT_FRAMING_LENGTH && (size_t)fr->length_field.offset + fr->length_field.width > fr->max_length)
        return -EINVAL;
    if ((fr->kind == MAT_FRAMING_SLIP || fr->kind == MAT_FRAMING_LINE) && !fr->length && !fr->max_length)
        return -EINVAL;
    if (p->out_of_band.prefix_length > MAT_MARKER_MAX || p->out_of_band.length > MAT_FRAME_BYTES_MAX ||
        (p->out_of_band.prefix_length && p->out_of_band.length < p->out_of_band.prefix_length))
        return -EINVAL;
    return mat_samples_dtype(&p->samples) ? 0 : -EINVAL;
}

static int fill(struct mat_framer *f, const struct mat_profile *p)
{
    const struct mat_framing *fr = &p->framing;
    size_t longest = fr->max_length > fr->length ? fr->max_length : fr->length;

    f->profile = p;
    f->geometry = (struct gait_geometry){
        .rows = p->layout.rows,
        .cols = p->layout.cols,
        .pitch_x_mm = p->layout.pitch_x_mm,
        .pitch_y_mm = p->layout.pitch_y_mm,
        .rate_hz = p->calibration.rate_hz,
        .dtype = mat_samples_dtype(&p->samples),
        .cell = p->layout.cell,
    };
    if (gait_geometry_check(&f->geometry) < 0)
        return -EINVAL;
    f->samples = (uint32_t)gait_geometry_cells(&f->geometry);
    f->strong = proves_itself(p);
    f->last_index = -1;
    if (p->out_of_band.prefix_length && p->out_of_band.length > longest)
        longest = p->out_of_band.length;
    f->cap = longest + MAT_MARKER_MAX;
    f->buf = malloc(f->cap);
    int r = f->buf ? mat_layout_map(p, &f->cell_of) : -ENOMEM;
    f->in_order = r == 0;
    for (uint32_t i = 0; f->in_order && i < f->samples; i++)
        f->in_order = f->cell_of[i] == i;
    return r;
}

int mat_framer_new(const struct mat_profile *profile, struct mat_framer **ret_framer)
{
    int r = check(profile);

    if (r < 0)
        return r;
    struct mat_framer *f = calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    r = fill(f, profile);
    if (r < 0) {
        mat_framer_free(f);
        return r;
    }
    *ret_framer = f;
    return 0;
}

void mat_framer_free(struct mat_framer *f)
{
    if (!f)
        return;
    free(f->cell_of);
    free(f->buf);
    free(f);
}

void mat_framer_reset(struct mat_framer *f)
{
    f->n = 0;
    f->locked = f->in_garbage = f->escape = f->overlong = f->unit_ready = false;
    f->part.open = f->part.any = false;
    f->last_index = -1;
    f->refused = 0;
}

const struct gait_geometry *mat_framer_geometry(const struct mat_framer *f)
{
    return &f->geometry;
}

static void drop(struct mat_framer *f, size_t length)
{
    f->n -= length;
    memmove(f->buf, f->buf + length, f->n);
}

/* Take bytes up to `wanted` in all; false when none were left. */
static bool append(struct mat_framer *f, size_t wanted, const uint8_t *bytes, size_t len, size_t *used)
{
    size_t take = wanted - f->n;

    if (take > len - *used)
        take = len - *used;
    memcpy(f->buf + f->n, bytes + *used, take);
    f->n += take;
    *used += take;
    return take > 0;
}

/* An answer to a command, between frames: not an error. Returns how many bytes must be there to know or to drop it; 0: this is none. */
static size_t out_of_band(const struct mat_framer *f)
{
    const struct mat_out_of_band *o = &f->profile->out_of_band;
    size_t have = f->n < o->prefix_length ? f->n : o->prefix_length;

    if (!have || memcmp(f->buf, o->prefix, have))
        return 0;
    return have < o->prefix_length ? o->prefix_length : o->length;
}

static void decode_stream(struct mat_framer *f, const uint8_t *bytes, size_t len, void *raw, struct mat_decoded *out)
{
    struct mat_find found;

    while (!out->verdict) {
        size_t reply = out_of_band(f);

        if (reply && f->n < reply) {
            if (!append(f, reply, bytes, len, &out->used))
                return;
            continue;
        }
        if (reply) {
            drop(f, reply);
            continue;
        }
        mat_find_unit(f, &found);
        if (found.what == MAT_FOUND_WANT) {
            if (!append(f, found.length, bytes, len, &out->used))
                return;
        } else if (found.what == MAT_FOUND_SKIP) {
            drop(f, found.length);
            if (!f->in_garbage)
                out->verdict = found.verdict; /* a run of garbage is told once */
            f->in_garbage = found.verdict != MAT_MORE || f->in_garbage;
        } else {
            f->locked = true;
            f->in_garbage = false;
            if (mat_unit_take(f, f->buf, found.length, raw, out))
                drop(f, found.length);
        }
    }
}

static bool take_text_unit(struct mat_framer *f, void *raw, struct mat_decoded *out)
{
    const struct mat_framing *fr = &f->profile->framing;

    if (f->profile->samples.indexed)
        return mat_text_indexed(f, raw, out);
    if (fr->length && f->n != fr->length) {
        out->verdict = MAT_SKIP_LENGTH;
        return true;
    }
    if (!mat_integrity_ok(&f->profile->integrity, f->buf, f->n)) {
        out->verdict = MAT_BAD_CHECKSUM;
        f->refused++;
        return true;
    }
    return mat_unit_take(f, f->buf, f->n, raw, out);
}

static void decode_text(struct mat_framer *f, const uint8_t *bytes, size_t len, void *raw, struct mat_decoded *out)
{
    while (!out->verdict) {
        if (!f->unit_ready) {
            out->used += mat_text_collect(f, bytes + out->used, len - out->used, &f->unit_ready, out);
            if (!f->unit_ready)
                return;
        }
        if (take_text_unit(f, raw, out)) {
            f->unit_ready = false;
            f->n = 0;
        }
    }
}

static void decode_packet(struct mat_framer *f, const uint8_t *bytes, size_t len, void *raw, struct mat_decoded *out)
{
    const struct mat_framing *fr = &f->profile->framing;
    bool right = (!fr->length || len == fr->length) && len > (size_t)fr->header_length + fr->trailer_length;

    if (!len)
        return;
    out->used = len;
    if (!right || memcmp(bytes, fr->header, fr->header_length) ||
        memcmp(bytes + len - fr->trailer_length, fr->trailer, fr->trailer_length))
        out->verdict = MAT_SKIP_LENGTH;
    else if (!mat_integrity_ok(&f->profile->integrity, bytes, len)) {
        out->verdict = MAT_BAD_CHECKSUM;
        f->refused++;
    } else if (!mat_unit_take(f, bytes, len, raw, out))
        out->used = 0; /* the frame before it goes out first: the caller gives the packet again */
}

void mat_framer_decode(struct mat_framer *f, const uint8_t *bytes, size_t len, void *raw, struct mat_decoded *out)
{
    *out = (struct mat_decoded){.verdict = MAT_MORE};
    switch (f->profile->framing.kind) {
    case MAT_FRAMING_SLIP:
    case MAT_FRAMING_LINE:
        decode_text(f, bytes, len, raw, out);
        return;
    case MAT_FRAMING_PACKET:
        decode_packet(f, bytes, len, raw, out);
        return;
    case MAT_FRAMING_FIXED:
    case MAT_FRAMING_LENGTH:
    case MAT_FRAMING_DELIMITER:
        decode_stream(f, bytes, len, raw, out);
        return;
    }
}
