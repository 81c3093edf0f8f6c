/* A checked unit becomes (a part of) a frame. */
#include <errno.h>
#include <string.h>

#include "mats/framer_internal.h"

/* What a unit's header says; absent fields keep their defaults. */
struct unit_header {
    uint64_t seq_raw, tick_raw;
    bool has_seq, has_tick;
    uint32_t first, part, parts, cells; /* cells 0: not said */
};

static bool field_fits(const struct mat_field *field, size_t length)
{
    return field->width && (size_t)field->offset + field->width <= length;
}

/* Which part of how many. Pads that share a stream are as many as fill the frame. */
static void read_part(const struct mat_framer *f, const uint8_t *unit, size_t length, size_t payload,
                      struct unit_header *h)
{
    const struct mat_header_fields *fields = &f->profile->fields;
    uint32_t samples = mat_samples_in(&f->profile->samples, payload);

    if (field_fits(&fields->parts, length))
        h->parts = (uint32_t)mat_field_read(&fields->parts, unit);
    if (field_fits(&fields->part, length))
        h->part = (uint32_t)mat_field_read(&fields->part, unit);
    if (field_fits(&fields->pad, length)) {
        h->parts = samples ? f->samples / samples : 0;
        h->part = (uint32_t)mat_field_read(&fields->pad, unit);
    }
}

/* Returns -EINVAL when the header contradicts the profile (another matrix, part beyond the parts). */
static int read_header(const struct mat_framer *f, const uint8_t *unit, size_t length, size_t payload,
                       struct unit_header *h)
{
    const struct mat_header_fields *fields = &f->profile->fields;

    *h = (struct unit_header){.parts = 1};
    if (field_fits(&fields->sequence, length)) {
        h->has_seq = true;
        h->seq_raw = mat_field_read(&fields->sequence, unit);
    }
    if (field_fits(&fields->tick, length)) {
        h->has_tick = true;
        h->tick_raw = mat_field_read(&fields->tick, unit);
    }
    if (field_fits(&fields->rows, length) && mat_field_read(&fields->rows, unit) != f->geometry.rows)
        return -EINVAL;
    if (field_fits(&fields->cols, length) && mat_field_read(&fields->cols, unit) != f->geometry.cols)
        return -EINVAL;
    if (field_fits(&fields->cells, length))
        h->cells = (uint32_t)mat_field_read(&fields->cells, unit);
    read_part(f, unit, length, payload, h);
    if (!h->parts || h->parts > MAT_PARTS_MAX || h->part >= h->parts)
        return -EINVAL;
    if (field_fits(&fields->start_index, length))
        h->first = (uint32_t)mat_field_read(&fields->start_index, unit);
    else
        h->first = f->samples / h->parts * h->part;
    return h->first < f->samples ? 0 : -EINVAL;
}

/* Bytes of samples between header fields and what ends the unit. */
static size_t payload_length(const struct mat_profile *p, size_t length)
{
    size_t tail = p->framing.kind == MAT_FRAMING_DELIMITER ? p->framing.header_length : p->framing.trailer_length;

    if (p->fields.payload_length)
        return p->fields.payload_offset + p->fields.payload_length <= length ? p->fields.payload_length : 0;
    if (p->integrity.kind > MAT_INTEGRITY_NONE && p->integrity.from_end && p->integrity.field.offset > tail)
        tail = p->integrity.field.offset;
    if (p->fields.payload_offset + tail >= length)
        return 0;
    return length - p->fields.payload_offset - tail;
}

static uint64_t width_mask(unsigned width_bytes)
{
    return width_bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width_bytes)) - 1;
}

/* A unit that has been before: the same number again, or a part of a frame that was given out a moment ago. */
static bool too_late(const struct mat_framer *f, const struct unit_header *h)
{
    const struct mat_header_fields *fields = &f->profile->fields;
    bool in_parts = fields->part.width || fields->pad.width || fields->start_index.width;

    if (!h->has_seq || !f->part.any)
        return false;
    uint64_t back = (f->part.last_seq - h->seq_raw) & width_mask(fields->sequence.width);
    return back == 0 || (in_parts && back <= 16);
}

/* How many frames the mat's counter says are missing. 0 also where it cannot be said: the first frame, a counter that began anew. */
static uint32_t count_gap(struct mat_framer *f, const struct unit_header *h, uint64_t *ret_seq)
{
    const struct mat_header_fields *fields = &f->profile->fields;
    uint64_t before = f->seq.value, step = fields->sequence_step ? fields->sequence_step : 1;
    uint64_t mask = width_mask(fields->sequence.width);
    bool forwards = f->seq.known && ((h->seq_raw - before) & mask) <= mask / 2;

    f->went_back = f->seq.known && !forwards;
    *ret_seq = mat_unwrap(&f->seq, h->seq_raw, fields->sequence.width);
    if (!forwards || *ret_seq <= before + step)
        return 0;
    uint64_t missing = (*ret_seq - before) / step - 1;
    return missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing;
}

/* Pieces of a frame that carry where they begin but no number of the frame. */
static bool in_pieces(const struct mat_framer *f)
{
    const struct mat_header_fields *fields = &f->profile->fields;

    return fields->start_index.width && (!fields->sequence.width || fields->sequence_counts_units);
}

static void give(const struct mat_framer *f, struct mat_decoded *out, enum mat_verdict verdict)
{
    out->verdict = verdict;
    out->seq = f->part.seq;
    out->has_seq = f->profile->fields.sequence.width != 0 && !in_pieces(f);
    out->tick_us = f->part.tick_us;
    out->has_tick = f->part.has_tick;
    out->gap_device = f->part.gap;
    out->counter_unsure = f->part.counter_unsure;
    out->flags = f->part.gap_flags | (verdict == MAT_PARTIAL ? GAIT_FRAME_PARTIAL : 0u);
}

static void close_frame(struct mat_framer *f, struct mat_decoded *out, enum mat_verdict verdict)
{
    give(f, out, verdict);
    f->part.last_seq = f->part.seq;
    f->part.any = true;
    f->part.open = false;
}

/* A piece that fills every cell needs no zeros below it. */
static bool fills(const struct mat_framer *f, uint32_t first, uint32_t samples)
{
    return f->in_order && first == 0 && samples >= gait_geometry_cells(&f->geometry);
}

/* Each unit is a frame and none has a number: what was refused since the last frame is all that is known to be missing. */
static bool counts_nothing(const struct mat_framer *f, const struct unit_header *h)
{
    return f->part.any && !h->has_seq && h->parts == 1 && !f->profile->fields.start_index.width;
}

static void open_frame(struct mat_framer *f, const struct unit_header *h, uint64_t seq, uint32_t gap)
{
    const struct mat_header_fields *fields = &f->profile->fields;

    f->part.open = true;
    f->part.seq = seq;
    f->part.gap = gap;
    f->part.counter_unsure = f->went_back;
    f->part.gap_flags = 0;
    if (f->refused && counts_nothing(f, h)) {
        f->part.gap = f->refused;
        f->part.gap_flags = GAIT_FRAME_GAP_ESTIMATED;
    }
    f->refused = 0;
    f->part.parts = h->parts;
    f->part.parts_seen = 0;
    f->part.cells = f->part.next_first = 0;
    f->part.has_tick = h->has_tick;
    if (h->has_tick)
        f->part.tick_us = (uint64_t)((double)mat_unwrap(&f->tick, h->tick_raw, fields->tick.width) * fields->tick_us);
}

static bool complete(const struct mat_framer *f)
{
    uint64_t all = f->part.parts >= 64 ? UINT64_MAX : (UINT64_C(1) << f->part.parts) - 1;

    if (f->profile->fields.start_index.width)
        return f->part.cells >= f->samples;
    return f->part.parts_seen == all;
}

/* Frames of which nothing came: lost pieces, less those of the frame before and those of this one, in whole frames. */
static uint32_t whole_frames(const struct mat_framer *f, uint32_t lost, uint32_t first, uint32_t samples)
{
    uint32_t a_frame = (f->samples + samples - 1) / samples;
    uint32_t known = f->part.tail / samples + first / samples;

    return lost > known ? (lost - known) / a_frame : 0;
}

/*
 * Pieces without a frame number: their own numbers run on, or there are none. A frame ends where a piece is missing or starts again before the last.
 * Returns false when the open frame had to be given out first.
 */
static bool place_piece(struct mat_framer *f, const struct unit_header *h, uint32_t samples, struct mat_decoded *out,
                        uint32_t *ret_gap)
{
    struct mat_unwrap before = f->seq;
    uint64_t unit = 0;
    uint32_t lost = h->has_seq ? count_gap(f, h, &unit) : 0;

    if (f->part.open && (lost || h->first < f->part.next_first)) {
        f->seq = before;
        f->part.tail = f->samples - f->part.next_first;
        close_frame(f, out, MAT_PARTIAL);
        return false;
    }
    if (!f->part.open) {
        *ret_gap = whole_frames(f, lost, h->first, samples);
        f->part.tail = 0;
    }
    return true;
}

/*
 * Returns true when the unit was used; false when it begins another frame and the open one had to be given out first (it is given again).
 */
static bool place(struct mat_framer *f, const struct unit_header *h, const uint8_t *payload, size_t length, void *raw,
                  struct mat_decoded *out)
{
    struct mat_unwrap before = f->seq;
    bool pieces = in_pieces(f);
    uint64_t seq = f->part.open ? f->part.seq : f->seq.value + 1;
    uint32_t gap = 0;

    if (!pieces && too_late(f, h)) {
        out->verdict = MAT_SKIP_EARLY;
        return true;
    }
    uint32_t samples = mat_samples_in(&f->profile->samples, length);
    if (pieces && !place_piece(f, h, samples ? samples : 1, out, &gap))
        return false;
    if (!pieces && h->has_seq)
        gap = count_gap(f, h, &seq);
    bool again = !h->has_seq && f->part.parts_seen >> h->part & 1; /* no number says so, but this part came already */
    if (!pieces && f->part.open && (seq != f->part.seq || again)) {
        f->seq = before;
        close_frame(f, out, MAT_PARTIAL);
        return false;
    }
    bool first = !f->part.open;

    if (first) {
        open_frame(f, h, seq, gap);
        if (!fills(f, h->first, samples))
            memset(raw, 0, gait_geometry_frame_bytes(&f->geometry));
    }
    int n = mat_samples_take(f, payload, length, h->first, raw);
    if (n > 0 && h->cells && h->cells != (uint32_t)n)
        n = -EINVAL;
    if (n <= 0 || (h->parts == 1 && !f->profile->fields.start_index.width && (uint32_t)n != f->samples)) {
        f->part.open = false;
        if (first) /* nobody gets the frame: it is missing before the next one, with those that were missing before it */
            f->seq = before;
        out->verdict = n < 0 ? MAT_BAD_SANITY : MAT_SKIP_LENGTH;
        return true;
    }
    f->part.parts_seen |= UINT64_C(1) << h->part;
    f->part.cells += (uint32_t)n;
    f->part.next_first = h->first + (uint32_t)n;
    if (complete(f))
        close_frame(f, out, MAT_FRAME);
    return true;
}

/* Returns true when the unit may be dropped from the buffer. */
bool mat_unit_take(struct mat_framer *f, const uint8_t *unit, size_t length, void *raw, struct mat_decoded *out)
{
    struct unit_header h;
    size_t bytes = payload_length(f->profile, length);

    if (!bytes) {
        out->verdict = MAT_SKIP_LENGTH;
        return true;
    }
    if (read_header(f, unit, length, bytes, &h) < 0) {
        out->verdict = MAT_BAD_SANITY;
        return true;
    }
    return place(f, &h, unit + f->profile->fields.payload_offset, bytes, raw, out);
}
