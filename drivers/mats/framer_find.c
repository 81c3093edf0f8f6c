/*
 * Units in a stream of bytes. Two families:
 *
 * led by a header       [header .... (trailer)]  length fixed or in a field
 * ended by a marker     ....[marker]             delimiter framing, or a trailer alone
 *
 * A unit whose own bytes prove little (no checksum worth the name) is believed only when the next one begins exactly where it ends.
 */
#include <string.h>

#include "mats/framer_internal.h"

/* Offset of the first place where marker stands or may begin to stand at the end, from `from`. */
static size_t next_marker(const uint8_t *buf, size_t n, size_t from, const uint8_t *marker, size_t length)
{
    while (from < n) {
        const uint8_t *hit = memchr(buf + from, marker[0], n - from);

        if (!hit)
            return n;
        from = (size_t)(hit - buf);
        size_t have = n - from < length ? n - from : length;
        if (!memcmp(hit, marker, have))
            return from;
        from++;
    }
    return n;
}

static void want(struct mat_find *r, size_t length)
{
    *r = (struct mat_find){.what = MAT_FOUND_WANT, .length = length};
}

/* What stood where a unit was due is a unit that was hurt; what stands before a header may be anything. */
static void skip(struct mat_framer *f, struct mat_find *r, size_t length, enum mat_verdict why)
{
    f->refused += why == MAT_BAD_CHECKSUM || (why == MAT_SKIP_LENGTH && f->locked);
    f->locked = false;
    *r = (struct mat_find){.what = MAT_FOUND_SKIP, .length = length, .verdict = why};
}

/* Length of the header-led unit at the front, 0 when its field is not there yet, SIZE_MAX when impossible. */
static size_t led_length(const struct mat_framer *f)
{
    const struct mat_framing *fr = &f->profile->framing;

    if (fr->kind == MAT_FRAMING_FIXED)
        return fr->length;
    if (f->n < (size_t)fr->length_field.offset + fr->length_field.width)
        return 0;
    uint64_t field = mat_field_read(&fr->length_field, f->buf);
    int64_t length = (int64_t)(field * (fr->length_unit ? fr->length_unit : 1u)) + fr->length_adds;
    size_t least = (size_t)fr->header_length + fr->trailer_length + 1;
    return length < (int64_t)least || length > (int64_t)fr->max_length ? SIZE_MAX : (size_t)length;
}

/* Behind a unit stands the next one's header, or a reply between the two. */
static bool goes_on(const struct mat_framer *f, size_t at)
{
    const struct mat_framing *fr = &f->profile->framing;
    const struct mat_out_of_band *reply = &f->profile->out_of_band;

    return !memcmp(f->buf + at, fr->header, fr->header_length) ||
           (reply->prefix_length && !memcmp(f->buf + at, reply->prefix, reply->prefix_length));
}

static bool trailer_ok(const struct mat_framing *fr, const uint8_t *unit, size_t length)
{
    return !fr->trailer_length || !memcmp(unit + length - fr->trailer_length, fr->trailer, fr->trailer_length);
}

/* Must the next header be seen before this unit is believed? */
static bool needs_next(const struct mat_framer *f)
{
    const struct mat_profile *p = f->profile;

    if (f->strong)
        return false;
    if (f->locked && (p->framing.trailer_length || p->poll_each_frame || p->integrity.kind > MAT_INTEGRITY_NONE))
        return false;
    return true;
}

static void find_led(struct mat_framer *f, struct mat_find *r)
{
    const struct mat_framing *fr = &f->profile->framing;
    size_t start = next_marker(f->buf, f->n, 0, fr->header, fr->header_length);

    if (start > 0) {
        skip(f, r, start, MAT_SKIP_EARLY);
        return;
    }
    if (f->n < fr->header_length) {
        want(r, fr->header_length);
        return;
    }
    size_t length = led_length(f);
    if (!length) {
        want(r, (size_t)fr->length_field.offset + fr->length_field.width);
        return;
    }
    size_t on = next_marker(f->buf, f->n, 1, fr->header, fr->header_length);
    if (length == SIZE_MAX) {
        skip(f, r, on, MAT_SKIP_LENGTH);
        return;
    }
    size_t reply = f->profile->out_of_band.prefix_length;
    size_t behind = fr->header_length > reply ? fr->header_length : reply;
    size_t all = length + (needs_next(f) ? behind : 0u);
    if (f->n < all) {
        want(r, all);
        return;
    }
    if (!trailer_ok(fr, f->buf, length) || (all > length && !goes_on(f, length)))
        skip(f, r, on, MAT_SKIP_LENGTH);
    else if (!mat_integrity_ok(&f->profile->integrity, f->buf, length))
        skip(f, r, on, MAT_BAD_CHECKSUM);
    else
        *r = (struct mat_find){.what = MAT_FOUND_UNIT, .length = length};
}

/* locked here means: the buffer begins right behind a marker */
static void find_ended(struct mat_framer *f, struct mat_find *r)
{
    const struct mat_framing *fr = &f->profile->framing;
    bool delimiter = fr->kind == MAT_FRAMING_DELIMITER;
    const uint8_t *marker = delimiter ? fr->header : fr->trailer;
    size_t m = delimiter ? fr->header_length : fr->trailer_length;
    size_t at;

    if (f->locked) {
        if (f->n < fr->length) {
            want(r, fr->length);
            return;
        }
        if (!memcmp(f->buf + fr->length - m, marker, m)) {
            if (mat_integrity_ok(&f->profile->integrity, f->buf, fr->length)) {
                *r = (struct mat_find){.what = MAT_FOUND_UNIT, .length = fr->length};
                return;
            }
            *r = (struct mat_find){.what = MAT_FOUND_SKIP, .length = fr->length, .verdict = MAT_BAD_CHECKSUM};
            f->refused++;
            return;
        }
        f->refused++;
        f->locked = false;
    }
    at = next_marker(f->buf, f->n, 0, marker, m);
    if (at + m <= f->n) { /* a whole marker: what follows it may be a unit */
        *r = (struct mat_find){.what = MAT_FOUND_SKIP, .length = at + m, .verdict = at ? MAT_SKIP_EARLY : MAT_MORE};
        f->locked = true;
    } else if (at > 0) {
        skip(f, r, at, MAT_SKIP_EARLY);
    } else {
        want(r, m);
    }
}

void mat_find_unit(struct mat_framer *f, struct mat_find *ret)
{
    const struct mat_framing *fr = &f->profile->framing;

    if (fr->kind == MAT_FRAMING_DELIMITER || (fr->kind == MAT_FRAMING_FIXED && !fr->header_length))
        find_ended(f, ret);
    else
        find_led(f, ret);
}
