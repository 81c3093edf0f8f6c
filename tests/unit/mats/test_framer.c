/* The framer on streams built by hand: locking, resynchronising, parts, counters. Any cut of a stream gives the same frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mats/framer_internal.h"

struct seen {
    unsigned frames, partial, bad, gap, unsure;
    uint8_t first_cell[64];
    uint64_t seq[64];
};

static void feed(struct mat_framer *f, const uint8_t *bytes, size_t len, size_t chunk, struct seen *s)
{
    uint8_t raw[4096];
    struct mat_decoded d;

    for (size_t at = 0; at < len;) {
        size_t n = chunk < len - at ? chunk : len - at, used = 0;

        do {
            mat_framer_decode(f, bytes + at + used, n - used, raw, &d);
            used += d.used;
            if (d.verdict == MAT_FRAME || d.verdict == MAT_PARTIAL) {
                assert_true(s->frames < 64);
                s->first_cell[s->frames] = raw[0];
                s->seq[s->frames] = d.seq;
                s->frames++;
                s->partial += d.verdict == MAT_PARTIAL;
                s->gap += d.gap_device;
                s->unsure += d.counter_unsure;
            } else if (d.verdict != MAT_MORE) {
                s->bad++;
            }
        } while (d.verdict != MAT_MORE || used < n);
        at += n;
    }
}

static struct mat_profile small(enum mat_framing_kind kind)
{
    struct mat_profile p = {
        .framing = {.kind = kind},
        .integrity = {.kind = MAT_INTEGRITY_NONE},
        .samples = {.kind = MAT_SAMPLE_U8, .missing = -1, .full_scale = 255},
        .layout = {.rows = 4, .cols = 4, .pitch_x_mm = 5, .pitch_y_mm = 5},
        .calibration = {.rate_hz = 100},
    };
    return p;
}

/* delimiter, 16 samples, delimiter ...; the delimiter's bytes also stand inside one frame */
static size_t delimited(uint8_t *out, unsigned frames)
{
    static const uint8_t mark[4] = {0xaa, 0x55, 0x03, 0x99};
    size_t n = 0;

    for (unsigned k = 0; k < frames; k++) {
        memcpy(out + n, mark, 4);
        n += 4;
        for (unsigned i = 0; i < 16; i++)
            out[n + i] = (uint8_t)(k + 1);
        if (k == 3)
            memcpy(out + n + 6, mark, 4);
        n += 16;
    }
    memcpy(out + n, mark, 4);
    return n + 4;
}

static void test_delimiter_at_every_chunk(void **state)
{
    (void)state;
    struct mat_profile p = small(MAT_FRAMING_DELIMITER);
    uint8_t stream[1024];
    struct mat_framer *f;

    memcpy(p.framing.header, (uint8_t[]){0xaa, 0x55, 0x03, 0x99}, 4);
    p.framing.header_length = 4;
    p.framing.length = 20;
    size_t len = delimited(stream, 10);
    for (size_t chunk = 1; chunk <= len; chunk++) {
        struct seen s = {0};

        assert_int_equal(mat_framer_new(&p, &f), 0);
        feed(f, stream, len, chunk, &s);
        assert_int_equal(s.frames, 10);
        assert_int_equal(s.bad, 0);
        for (unsigned k = 0; k < 10; k++)
            assert_int_equal(s.first_cell[k], k + 1);
        mat_framer_free(f);
    }
}

/* One lost byte costs the frame it was in and no other, and nothing is invented. */
static void test_delimiter_lost_byte(void **state)
{
    (void)state;
    struct mat_profile p = small(MAT_FRAMING_DELIMITER);
    uint8_t stream[1024];
    struct mat_framer *f;

    memcpy(p.framing.header, (uint8_t[]){0xaa, 0x55, 0x03, 0x99}, 4);
    p.framing.header_length = 4;
    p.framing.length = 20;
    size_t len = delimited(stream, 10);
    for (size_t at = 4; at < 20; at++) {
        uint8_t cut[1024];
        struct seen s = {0};

        memcpy(cut, stream, len);
        memmove(cut + 20 * 5 + at, cut + 20 * 5 + at + 1, len - 20 * 5 - at - 1);
        assert_int_equal(mat_framer_new(&p, &f), 0);
        feed(f, cut, len - 1, 7, &s);
        assert_int_equal(s.frames, 9);
        assert_int_equal(s.bad, 1);
        assert_int_equal(s.gap, 1); /* no counter says so: the unit that was torn does */
        assert_int_equal(s.first_cell[5], 7);
        mat_framer_free(f);
    }
}

static size_t part_unit(uint8_t *out, uint8_t seq, uint8_t part, uint8_t fill)
{
    uint8_t sum = 0;
    const uint8_t head[6] = {'M', 'A', 'T', seq, part, 2};

    memcpy(out, head, 6);
    memset(out + 6, fill, 8);
    for (unsigned i = 0; i < 14; i++)
        sum = (uint8_t)(sum + out[i]);
    out[14] = sum;
    return 15;
}

static void test_parts(void **state)
{
    (void)state;
    struct mat_profile p = small(MAT_FRAMING_FIXED);
    uint8_t stream[256];
    size_t n = 0;
    struct mat_framer *f;
    struct seen s = {0};

    memcpy(p.framing.header, "MAT", 3);
    p.framing.header_length = 3;
    p.framing.length = 15;
    p.fields.sequence = (struct mat_field){.offset = 3, .width = 1};
    p.fields.part = (struct mat_field){.offset = 4, .width = 1};
    p.fields.parts = (struct mat_field){.offset = 5, .width = 1};
    p.fields.payload_offset = 6;
    p.integrity = (struct mat_integrity){
        .kind = MAT_INTEGRITY_SUM8, .field = {.offset = 1, .width = 1}, .from_end = true, .range_to_end = 1};
    n += part_unit(stream + n, 254, 0, 1);
    n += part_unit(stream + n, 254, 1, 1);
    n += part_unit(stream + n, 255, 0, 2); /* its second part is lost */
    n += part_unit(stream + n, 0, 0, 3);   /* the counter wraps */
    n += part_unit(stream + n, 0, 1, 3);
    n += part_unit(stream + n, 255, 1, 2); /* and comes too late */
    n += part_unit(stream + n, 4, 0, 4);   /* three frames are missing */
    n += part_unit(stream + n, 4, 1, 4);
    n += part_unit(stream + n, 5, 0, 5);
    assert_int_equal(mat_framer_new(&p, &f), 0);
    feed(f, stream, n, 4, &s);
    assert_int_equal(s.frames, 4);
    assert_int_equal(s.partial, 1);
    assert_int_equal(s.bad, 1);
    assert_int_equal(s.gap, 3);
    assert_int_equal(s.seq[2], 256);
    assert_int_equal(s.seq[3], 260);
    assert_int_equal(s.first_cell[1], 2);
    assert_int_equal(s.first_cell[3], 4);
    mat_framer_free(f);
}

/* Two pads on one stream, each says which it is; no number tells frames apart: a pad that comes again begins the next one. */
static void test_pads(void **state)
{
    (void)state;
    static const struct {
        uint8_t pad, fill;
    } unit[] = {{1, 1}, {0, 1}, {0, 2}, {0, 3}, {1, 3}, {2, 9}, {1, 4}, {0, 4}};
    struct mat_profile p = small(MAT_FRAMING_FIXED);
    uint8_t stream[256];
    size_t n = 0;
    struct mat_framer *f;
    struct seen s = {0};

    memcpy(p.framing.header, "MAT", 3);
    p.framing.header_length = 3;
    p.framing.length = 15;
    p.fields.pad = (struct mat_field){.offset = 4, .width = 1};
    p.fields.payload_offset = 6;
    p.integrity = (struct mat_integrity){
        .kind = MAT_INTEGRITY_SUM8, .field = {.offset = 1, .width = 1}, .from_end = true, .range_to_end = 1};
    for (unsigned i = 0; i < sizeof unit / sizeof unit[0]; i++)
        n += part_unit(stream + n, 0, unit[i].pad, unit[i].fill);
    memcpy(stream + n, "MAT", 3);
    assert_int_equal(mat_framer_new(&p, &f), 0);
    feed(f, stream, n + 3, 4, &s);
    assert_int_equal(s.frames, 4);
    assert_int_equal(s.partial, 1); /* the second pad of frame 2 did not come */
    assert_int_equal(s.bad, 1);     /* there is no third pad */
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(s.first_cell[i], i + 1);
    mat_framer_free(f);
}

/* Replies between frames cost no frame, although each frame is believed only by what stands behind it, and one reply holds a header. */
static void test_out_of_band(void **state)
{
    (void)state;
    static const char *const reply[] = {"", "??okay", "??MAT!", ""};
    struct mat_profile p = small(MAT_FRAMING_FIXED);
    uint8_t stream[256];
    size_t n = 0;
    struct mat_framer *f;

    memcpy(p.framing.header, "MAT", 3);
    p.framing.header_length = 3;
    p.framing.length = 3 + 16;
    p.fields.payload_offset = 3;
    memcpy(p.out_of_band.prefix, "??", 2);
    p.out_of_band.prefix_length = 2;
    p.out_of_band.length = 6;
    for (uint8_t i = 0; i < 4; i++) {
        memcpy(stream + n, reply[i], strlen(reply[i]));
        n += strlen(reply[i]);
        memcpy(stream + n, "MAT", 3);
        memset(stream + n + 3, i + 1, 16);
        n += 19;
    }
    memcpy(stream + n, "MAT", 3);
    for (size_t chunk = 1; chunk <= n + 3; chunk++) {
        struct seen s = {0};

        assert_int_equal(mat_framer_new(&p, &f), 0);
        feed(f, stream, n + 3, chunk, &s);
        assert_int_equal(s.frames, 4);
        assert_int_equal(s.bad, 0);
        for (uint8_t i = 0; i < 4; i++)
            assert_int_equal(s.first_cell[i], i + 1);
        mat_framer_free(f);
    }
}

static void test_crc_check_values(void **state)
{
    (void)state;
    const uint8_t digits[] = "123456789";
    struct mat_integrity c32c = {.kind = MAT_INTEGRITY_CRC32,
                                 .polynomial = 0x1edc6f41,
                                 .init = 0xffffffff,
                                 .final_xor = 0xffffffff,
                                 .reflect_in = true,
                                 .reflect_out = true};
    struct mat_integrity ccitt = {.kind = MAT_INTEGRITY_CRC16, .polynomial = 0x1021, .init = 0xffff};

    /* the check values of the catalogue of CRC algorithms */
    assert_int_equal(mat_crc(&c32c, digits, 9), 0xe3069283);
    assert_int_equal(mat_crc(&ccitt, digits, 9), 0x29b1);
}

/* Of 1 to 10 two are lost on the way and the next has a count that cannot be: the one behind it says that three are missing. */
static void test_gap_before_a_bad_frame(void **state)
{
    struct mat_profile p = small(MAT_FRAMING_FIXED);
    const uint8_t sent[] = {1, 2, 3, 4, 7, 8, 9, 10};
    uint8_t stream[8 * 14];
    struct mat_framer *f;
    struct seen s = {0};

    (void)state;
    memcpy(p.framing.header, (uint8_t[]){0xaa, 0x55}, 2);
    memcpy(p.framing.trailer, (uint8_t[]){0x0d, 0x0a}, 2);
    p.framing.header_length = p.framing.trailer_length = 2;
    p.framing.length = 14;
    p.fields.sequence.offset = 2;
    p.fields.sequence.width = 2;
    p.fields.sequence_step = 1;
    p.fields.payload_offset = 4;
    p.samples.kind = MAT_SAMPLE_U16LE;
    p.samples.full_scale = 4095;
    p.samples.missing = -1;
    p.layout.rows = p.layout.cols = 2;
    for (size_t i = 0; i < sizeof sent; i++)
        memcpy(stream + 14 * i,
               (uint8_t[]){0xaa, 0x55, sent[i], 0, 1, sent[i] == 7 ? 0xff : 0, 2, 0, 3, 0, 4, 0, 0x0d, 0x0a}, 14);
    assert_int_equal(mat_framer_new(&p, &f), 0);
    feed(f, stream, sizeof stream, 5, &s);
    assert_int_equal(s.frames, 7);
    assert_int_equal(s.bad, 1);
    assert_int_equal(s.gap, 3);
    mat_framer_free(f);
}

/* A header, maybe a counter, four samples, their sum: `spoilt` says whose sum is wrong. */
static void feed_summed(bool counted, const uint8_t *sent, const bool *spoilt, size_t n, struct seen *s)
{
    struct mat_profile p = small(MAT_FRAMING_FIXED);
    uint8_t stream[512];
    struct mat_framer *f;

    memcpy(p.framing.header, (uint8_t[]){0xaa, 0x55}, 2);
    p.framing.header_length = 2;
    p.framing.length = 8;
    p.integrity.kind = MAT_INTEGRITY_SUM8;
    p.integrity.from_end = true;
    p.integrity.range_to_end = 1;
    p.integrity.field = (struct mat_field){.offset = 1, .width = 1};
    p.fields.payload_offset = 3;
    p.fields.sequence = (struct mat_field){.offset = 2, .width = counted ? 1 : 0};
    p.layout.rows = p.layout.cols = 2;
    for (size_t i = 0; i < n; i++) {
        uint8_t *unit = stream + 8 * i, sum = 0;

        memcpy(unit, (uint8_t[]){0xaa, 0x55, sent[i], 1, 2, 3, 4}, 7);
        for (int k = 0; k < 7; k++)
            sum = (uint8_t)(sum + unit[k]);
        unit[7] = (uint8_t)(sum + (spoilt && spoilt[i]));
    }
    assert_int_equal(mat_framer_new(&p, &f), 0);
    feed(f, stream, 8 * n, 5, s);
    mat_framer_free(f);
}

/* Without a counter the frames that were refused are those that are missing, one after another as well; with one, it counts them. */
static void test_refused_is_missing(void **state)
{
    const uint8_t sent[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const bool spoilt[10] = {[4] = true, [6] = true, [7] = true};
    struct seen bare = {0}, counted = {0};

    (void)state;
    feed_summed(false, sent, spoilt, 10, &bare);
    assert_int_equal(bare.frames, 7);
    assert_int_equal(bare.gap, 3);
    feed_summed(true, sent, spoilt, 10, &counted);
    assert_int_equal(counted.frames, 7);
    assert_int_equal(counted.gap, 3);
    assert_int_equal(bare.unsure + counted.unsure, 0);
}

/* One byte counts: forwards it is believed, over its end too; backwards it leaves the judgement to the clock. */
static void test_counter_that_goes_back(void **state)
{
    const uint8_t sent[] = {250, 251, 3, 4, 154, 155, 156, 157};
    struct seen s = {0};

    (void)state;
    feed_summed(true, sent, NULL, 8, &s);
    assert_int_equal(s.frames, 8);
    assert_int_equal(s.gap, 7);
    assert_int_equal(s.unsure, 1);
}

static void test_unwrap(void **state)
{
    (void)state;
    struct mat_unwrap u = {0};

    assert_int_equal(mat_unwrap(&u, 250, 1), 250);
    assert_int_equal(mat_unwrap(&u, 3, 1), 259);
    assert_int_equal(mat_unwrap(&u, 2, 1), 512 + 2); /* began anew: forwards all the same */
    assert_int_equal(mat_unwrap(&u, 5, 1), 512 + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiter_at_every_chunk),
        cmocka_unit_test(test_delimiter_lost_byte),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_pads),
        cmocka_unit_test(test_out_of_band),
        cmocka_unit_test(test_crc_check_values),
        cmocka_unit_test(test_gap_before_a_bad_frame),
        cmocka_unit_test(test_refused_is_missing),
        cmocka_unit_test(test_counter_that_goes_back),
        cmocka_unit_test(test_unwrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
