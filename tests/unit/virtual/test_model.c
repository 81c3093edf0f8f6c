/* The virtual mat read byte by byte as docs/OPEN-MAT.md says, and by the framer, which shares nothing with it. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gait/crc32c.h>

#include "mats/framer.h"
#include "mats/open_mat.h"
#include "pattern_source.h"
#include "virtual/model.h"

static struct mat_model *make(uint32_t rows, uint32_t cols, uint8_t parts, uint64_t frames)
{
    struct mat_model_config config = {.source = pattern_source(rows, cols, GAIT_U16, 100, frames),
                                      .serial = "A1",
                                      .rate_hz = INFINITY,
                                      .parts = parts};
    struct mat_model *m;

    assert_int_equal(mat_model_new(&config, &m, NULL), 0);
    return m;
}

static int control(struct mat_model *m, uint8_t type, uint8_t request, uint8_t *data, size_t n)
{
    const uint8_t setup[8] = {type, request, 0, 0, 0, 0, (uint8_t)n, (uint8_t)(n >> 8)};

    return mat_model_control(m, setup, data, n);
}

static uint64_t get(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | p[n];
    return v;
}

/* Field by field with offsets written here from the document. */
static void test_layout_of_a_frame(void **state)
{
    (void)state;
    struct mat_model *m = make(6, 4, 3, 10);
    uint8_t b[4096];
    uint64_t due;

    assert_int_equal(mat_model_in(m, 0x81, b, sizeof b, 0, &due), 0);
    assert_int_equal(control(m, 0x40, 2, NULL, 0), 0);
    for (unsigned k = 0; k < 30; k++) {
        assert_int_equal(mat_model_in(m, 0x81, b, sizeof b, 0, &due), 24 + 16 + 4);
        assert_memory_equal(b, "GMAT\1\0", 6);
        assert_int_equal(b[6], k % 3);
        assert_int_equal(b[7], 3);
        assert_int_equal(get(b + 8, 4), k / 3);
        assert_int_equal(get(b + 12, 8), k / 3 * 10000);
        assert_int_equal(get(b + 20, 2), 6);
        assert_int_equal(get(b + 22, 2), 4);
        for (unsigned i = 0; i < 8; i++)
            assert_int_equal(get(b + 24 + 2 * i, 2), pattern_count(k / 3, k % 3 * 8 + i));
        assert_int_equal(get(b + 40, 4), gait_crc32c(0, b, 40));
    }
    assert_int_equal(mat_model_in(m, 0x81, b, sizeof b, 0, &due), 0);
    mat_model_free(m);
}

static void test_identify_becomes_a_profile(void **state)
{
    (void)state;
    struct mat_model *m = make(64, 64, 1, 0);
    struct mat_open_identity id;
    uint8_t b[64];

    assert_int_equal(control(m, 0xc0, 1, b, sizeof b), 40);
    assert_int_equal(mat_open_identity_read(b, 40, &id, NULL), 0);
    assert_int_equal(id.rows, 64);
    assert_int_equal(id.cols, 64);
    assert_true(id.pitch_x_mm == 5 && id.rate_hz == 100);
    assert_int_equal(mat_open_identity_read(b, 39, &id, NULL), -EPROTO);
    b[8] = b[9] = 0;
    assert_int_equal(mat_open_identity_read(b, 40, &id, NULL), -EPROTO);
    mat_model_free(m);
}

struct seen {
    unsigned frames, bad;
    uint64_t gap;
};

static void read_all(struct mat_model *m, struct mat_framer *f, size_t transfer, unsigned transfers, struct seen *s)
{
    uint16_t *raw = calloc(64 * 64, 2);
    uint8_t *b = malloc(transfer);
    struct mat_decoded d;
    uint64_t due;

    for (unsigned k = 0; k < transfers; k++) {
        int n = mat_model_in(m, 0x81, b, transfer, 0, &due);
        size_t used = 0;

        if (n == -EPIPE)
            control(m, 0x02, 1, NULL, 0);
        if (n < 0)
            mat_framer_reset(f);
        if (n <= 0)
            continue;
        do {
            mat_framer_decode(f, b + used, (size_t)n - used, raw, &d);
            used += d.used;
            if (d.verdict == MAT_FRAME) {
                s->frames++;
                s->gap += d.gap_device;
                for (uint32_t i = 0; i < 64 * 64; i += 97)
                    assert_int_equal(raw[i], pattern_count(d.tick_us / 10000, i));
            } else if (d.verdict != MAT_MORE) {
                s->bad++;
            }
        } while (d.verdict != MAT_MORE || used < (size_t)n);
    }
    free(b);
    free(raw);
}

static struct mat_framer *framer_for(struct mat_model *m, struct mat_profile *profile)
{
    struct mat_open_identity id;
    struct mat_framer *f;
    uint8_t b[64];

    assert_int_equal(control(m, 0xc0, 1, b, sizeof b), 40);
    assert_int_equal(mat_open_identity_read(b, 40, &id, NULL), 0);
    assert_int_equal(mat_open_profile(&id, profile), 0);
    assert_int_equal(mat_framer_new(profile, &f), 0);
    control(m, 0x40, 2, NULL, 0);
    return f;
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        enum mat_fault_kind kind;
        uint32_t count;
        unsigned frames, bad_least;
        uint64_t gap;
    } cases[] = {
        {MAT_FAULT_NONE, 0, 50, 0, 0},     {MAT_FAULT_STALL, 1, 49, 0, 1},        {MAT_FAULT_SHORT, 3, 50, 0, 0},
        {MAT_FAULT_OVERFLOW, 2, 48, 0, 2}, {MAT_FAULT_PROTOCOL, 2, 48, 0, 2},     {MAT_FAULT_BIT_FLIP, 2, 48, 1, 2},
        {MAT_FAULT_TRUNCATE, 1, 49, 1, 1}, {MAT_FAULT_SEQUENCE_GAP, 7, 50, 0, 7}, {MAT_FAULT_UNPLUG, 1, 20, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mat_model *m = make(64, 64, 1, 50);
        struct mat_profile profile;
        struct mat_framer *f = framer_for(m, &profile);
        struct mat_fault fault = {.kind = cases[i].kind, .after_frames = 21, .count = cases[i].count, .seed = i};
        struct seen s = {0};

        assert_int_equal(mat_model_fault(m, &fault), 0);
        read_all(m, f, 3000, 400, &s);
        if (s.frames != cases[i].frames || s.gap != cases[i].gap || s.bad < cases[i].bad_least)
            fail_msg("fault %d: %u frames, %u bad, gap %lu", cases[i].kind, s.frames, s.bad, (unsigned long)s.gap);
        mat_framer_free(f);
        mat_model_free(m);
    }
}

/* Each kind of rescue ends the silence that is deep enough for it, and no deeper one. */
static void test_silence(void **state)
{
    (void)state;
    for (uint32_t depth = 1; depth <= 3; depth++) {
        struct mat_model *m = make(64, 64, 1, 0);
        uint8_t b[16384];
        uint64_t due;

        control(m, 0x40, 2, NULL, 0);
        mat_model_fault(m, &(struct mat_fault){.kind = MAT_FAULT_SILENCE, .after_frames = 1, .count = depth});
        assert_int_equal(mat_model_in(m, 0x81, b, sizeof b, 0, &due), 0);
        control(m, 0x02, 1, NULL, 0);
        assert_true((mat_model_in(m, 0x81, b, sizeof b, 0, &due) > 0) == (depth == 1));
        mat_model_reset(m);
        if (depth < 3)
            control(m, 0x40, 2, NULL, 0);
        assert_true((mat_model_in(m, 0x81, b, sizeof b, 0, &due) > 0) == (depth <= 2));
        control(m, 0x40, 2, NULL, 0);
        assert_true(mat_model_in(m, 0x81, b, sizeof b, 0, &due) > 0);
        mat_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_of_a_frame),
        cmocka_unit_test(test_identify_becomes_a_profile),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
