/*
 * Sensel Morph (2c2f:0003). Registers over a CDC line; the steps that set it up stand in config/mats/sensel-morph.yaml. Each answer to "81 1A 00":
 *
 *     03 1A 00  length u16 LE  payload  sum8 of the payload
 *     payload: content mask u8 (1: pressure alone), counter u8, time u32 LE (unit not published, not used), pressure body (sensel_grid.c)
 *
 * Answers to the other commands (05 reg, 01 reg ..) that arrive late are skipped. Not tried on a device; the bytes are those of the public descriptions.
 */
#include "sensel/sensel.h"

#include <math.h>
#include <string.h>

#include "mats/fixed.h"
#include "mats/framer_internal.h"

enum { HEAD = 5, PAYLOAD_HEAD = 6, PAYLOAD_MAX = PAYLOAD_HEAD + 2 + 4 * SENSEL_GRID_MAX, CONTENT_PRESSURE = 1 };

static const uint8_t frame_head[3] = {0x03, 0x1a, 0x00};

struct mat_instance {
    struct mat_fixed fixed;
    struct mat_unwrap counter;
    struct sensel_grid grid;
    size_t n;
    bool skipping;
    uint8_t buf[HEAD + PAYLOAD_MAX + 1];
};

static int sensel_open(const struct mat_device *device, const void *profile, struct mat_instance **ret_instance,
                       struct gait_error *err)
{
    const struct mat_profile *p = profile;
    const struct gait_geometry g = {.rows = SENSEL_ROWS,
                                    .cols = SENSEL_COLS,
                                    .pitch_x_mm = 230.0 / SENSEL_COLS,
                                    .pitch_y_mm = 130.0 / SENSEL_ROWS,
                                    .rate_hz = p ? p->calibration.rate_hz : 100,
                                    .dtype = GAIT_U16};

    (void)device;
    return mat_fixed_new(sizeof(struct mat_instance), &g, (double)NAN, "rate_hz", ret_instance, err);
}

static void sensel_reset(struct mat_instance *s)
{
    s->n = 0;
    s->skipping = false;
}

static void drop(struct mat_instance *s, size_t n)
{
    s->n -= n;
    memmove(s->buf, s->buf + n, s->n);
}

/* Bytes that are no frame: told once a run. */
static void skip(struct mat_instance *s, size_t n, enum mat_verdict why, struct mat_decoded *out)
{
    drop(s, n);
    if (!s->skipping || why != MAT_SKIP_EARLY)
        out->verdict = why;
    s->skipping = true;
}

/* Where a frame's head stands, or may begin to, from `from`. */
static size_t find_head(const struct mat_instance *s, size_t from)
{
    for (; from < s->n; from++) {
        size_t have = s->n - from < sizeof frame_head ? s->n - from : sizeof frame_head;

        if (!memcmp(s->buf + from, frame_head, have))
            break;
    }
    return from;
}

static void take_payload(struct mat_instance *s, const uint8_t *payload, size_t length, void *raw,
                         struct mat_decoded *out)
{
    bool known = s->counter.known;
    uint64_t before = s->counter.value;

    if (payload[0] != CONTENT_PRESSURE || !sensel_unpack(payload + PAYLOAD_HEAD, length - PAYLOAD_HEAD, &s->grid)) {
        out->verdict = MAT_BAD_SANITY;
        return;
    }
    sensel_expand(&s->grid, raw);
    out->verdict = MAT_FRAME;
    out->has_seq = true;
    out->seq = mat_unwrap(&s->counter, payload[1], 1);
    if (known && out->seq - before <= 128)
        out->gap_device = (uint32_t)(out->seq - before ? out->seq - before - 1 : 0);
}

/* How many bytes must be there to go on; 0: a whole frame is at the front. */
static size_t wanted(const struct mat_instance *s)
{
    size_t length = s->n >= HEAD ? (size_t)(s->buf[3] | s->buf[4] << 8) : 0;

    if (s->n < HEAD)
        return HEAD;
    return s->n < HEAD + length + 1 ? HEAD + length + 1 : 0;
}

static uint8_t sum_of(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum = (uint8_t)(sum + *p++);
    return sum;
}

/* One thing at the front of the buffer. */
static void work(struct mat_instance *s, void *raw, struct mat_decoded *out)
{
    size_t length = (size_t)(s->buf[3] | s->buf[4] << 8);

    if (sum_of(s->buf + HEAD, length) != s->buf[HEAD + length]) {
        skip(s, find_head(s, 1), MAT_BAD_CHECKSUM, out);
        return;
    }
    s->skipping = false;
    take_payload(s, s->buf + HEAD, length, raw, out);
    drop(s, HEAD + length + 1);
}

static void sensel_decode(struct mat_instance *s, const uint8_t *bytes, size_t len, void *raw, struct mat_decoded *out)
{
    *out = (struct mat_decoded){.verdict = MAT_MORE};
    while (!out->verdict) {
        size_t start = find_head(s, 0), length = s->n >= HEAD ? (size_t)(s->buf[3] | s->buf[4] << 8) : PAYLOAD_HEAD;

        if (start > 0) {
            skip(s, start, MAT_SKIP_EARLY, out);
            continue;
        }
        if (length < PAYLOAD_HEAD || length > PAYLOAD_MAX) {
            skip(s, find_head(s, 1), MAT_SKIP_LENGTH, out);
            continue;
        }
        size_t want = wanted(s);
        if (!want) {
            work(s, raw, out);
            continue;
        }
        size_t take = want - s->n < len - out->used ? want - s->n : len - out->used;
        if (!take)
            return;
        memcpy(s->buf + s->n, bytes + out->used, take);
        s->n += take;
        out->used += take;
    }
}

static const struct mat_usb_id ids[] = {{.vid = 0x2c2f, .pid = 0x0003}, {0}};

const struct mat_driver mat_sensel_driver = {
    .name = "sensel",
    .label = "Sensel Morph",
    .abi = MAT_DRIVER_ABI,
    .ids = ids,
    .open = sensel_open,
    .close = mat_fixed_close,
    .geometry = mat_fixed_geometry,
    .calibration = mat_fixed_calibration,
    .decode = sensel_decode,
    .reset = sensel_reset,
};
