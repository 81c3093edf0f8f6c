/* Offsets and noise of a mat at rest, whatever the calibration is; and who stands or moves there. */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/calibrate.h"
#include "gait/calibrate_fit.h"
#include "gait/tare.h"

enum { SIDE = 24, CELLS = SIDE * SIDE, FRAMES = 100 };

static const struct gait_geometry g = {
    .rows = SIDE, .cols = SIDE, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};

static uint32_t random32(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

/* What a mat rests at, and what comes on top of it. */
struct scene {
    int rest[CELLS], noise[CELLS]; /* counts; noise: from -n to n */
    int load[CELLS], from, until;  /* frames */
};

static struct scene scene_of(int rest, int noise)
{
    struct scene s = {.until = FRAMES};

    for (int i = 0; i < CELLS; i++) {
        s.rest[i] = rest;
        s.noise[i] = noise;
    }
    return s;
}

static void load(struct scene *s, int row, int col, int rows, int cols, int counts)
{
    for (int r = row; r < row + rows; r++)
        for (int c = col; c < col + cols; c++)
            s->load[r * SIDE + c] = counts;
}

struct tared {
    float offset[CELLS], sigma[CELLS];
    struct gait_tare_result result;
};

static int tare(const struct scene *s, const struct gait_calibration *c, bool empty, struct tared *ret)
{
    _cleanup_(gait_tare_freep) struct gait_tare *t = NULL;
    uint16_t raw[CELLS];
    uint64_t seed = 3;

    assert_int_equal(gait_tare_new(&g, FRAMES, &t), 0);
    for (int k = 0; k < FRAMES; k++) {
        for (int i = 0; i < CELLS; i++)
            raw[i] = (uint16_t)(s->rest[i] + (k >= s->from && k < s->until ? s->load[i] : 0) +
                                (int)(random32(&seed) % (2 * (unsigned)s->noise[i] + 1)) - s->noise[i]);
        assert_int_equal(gait_tare_add(t, raw), k == FRAMES - 1);
    }
    return gait_tare_finish(t, c, 10, empty, ret->offset, ret->sigma, &ret->result);
}

/* 0.1 kPa a count, as a line or as a table of the same line. */
static void calibration_of(bool curve, struct gait_calibration *c)
{
    static float count[] = {0, 4095}, kPa[] = {0, 409.5f};

    gait_calibration_identity(c);
    c->kPa_per_count = curve ? 1 : 0.1;
    c->n_curve = curve ? 2 : 0;
    c->curve_count = count;
    c->curve_kPa = kPa;
    strcpy(c->model, curve ? "table" : "linear");
}

static void offsets_and_noise(void **state)
{
    const struct gait_geometry small = {
        .rows = 8, .cols = 8, .pitch_x_mm = 5, .pitch_y_mm = 4, .rate_hz = 100, .dtype = GAIT_U16};
    struct gait_calibration c;
    struct gait_tare *t;
    struct gait_tare_result result;
    uint16_t raw[64];
    float offset[64], sigma[64], before[64];
    uint64_t seed = 3;

    (void)state;
    gait_calibration_identity(&c);
    strcpy(c.model, "linear");
    assert_int_equal(gait_tare_new(&small, 99, &t), -EINVAL);
    assert_int_equal(gait_tare_new(&small, 101, &t), 0);
    assert_int_equal(gait_tare_finish(t, &c, 10, false, offset, sigma, &result), -EAGAIN);
    for (int k = 0; k < 101; k++) {
        for (int i = 0; i < 64; i++)
            raw[i] = (uint16_t)(100 + i + (i == 9 ? (int)(random32(&seed) % 21) - 10 : k % 3 - 1));
        raw[3] = k % 50 == 7 ? 4000 : 103; /* spikes do not count */
        assert_int_equal(gait_tare_add(t, raw), k == 100);
    }
    for (int i = 0; i < 64; i++)
        before[i] = (float)(100 + i - (i == 20 ? 3 : 0));
    c.offset = before;
    assert_int_equal(gait_tare_finish(t, &c, 10, false, offset, sigma, &result), 0);
    for (int i = 0; i < 64; i++)
        if (i != 9)
            assert_close_abs((double)offset[i], 100 + i, 1e-6);
    assert_close_abs((double)offset[9], 109, 3);
    assert_close_abs((double)sigma[10], 1.4826, 1e-4); /* deviations 0, 1, 1 */
    assert_int_equal(result.frames, 101);
    assert_int_equal(result.noisy_cells, 1);
    assert_int_equal(result.stuck_cells, 1);
    assert_true(result.jump_cells >= 1 && result.jump_max_kPa >= 3);
    gait_tare_free(t);

    assert_int_equal(gait_tare_new(&small, 100, &t), 0);
    for (int k = 0; k < 100; k++) { /* an even number: the mean of the two in the middle */
        for (int i = 0; i < 64; i++)
            raw[i] = (uint16_t)(100 + k % 2);
        gait_tare_add(t, raw);
    }
    assert_int_equal(gait_tare_finish(t, &c, 10, false, offset, sigma, &result), 0);
    assert_close_abs((double)offset[5], 100.5, 1e-9);
    gait_tare_free(t);
}

/* The same mat says the same, whether its calibration is a line, a table of that line, or one with gains. */
static void a_curve_is_no_other_mat(void **state)
{
    struct scene s = scene_of(40, 6);
    float gain[CELLS], before[CELLS];
    struct gait_calibration c;
    struct tared t;

    (void)state;
    s.noise[7] = 60; /* 5 sigma: about 20 kPa */
    s.rest[30] = 65;
    for (int i = 0; i < CELLS; i++) {
        gain[i] = 1;
        before[i] = 40;
    }
    gain[50] = 10;
    for (int curve = 0; curve < 2; curve++) {
        calibration_of(curve, &c);
        c.offset = before;
        assert_int_equal(tare(&s, &c, false, &t), 0);
        assert_int_equal(t.result.noisy_cells, 1);
        assert_int_equal(t.result.jump_cells, 1);
        assert_close_abs(t.result.jump_max_kPa, 2.5, 0.3);
        assert_true(gait_tare_noisy(&c, GAIT_U16, 7, (double)t.sigma[7], 10));
        c.gain = gain;
        assert_int_equal(tare(&s, &c, false, &t), 0);
        assert_int_equal(t.result.noisy_cells, 2);
        c.gain = NULL;
        load(&s, 2, 2, 6, 6, 60); /* 6 kPa come on */
        s.from = 60;
        assert_int_equal(tare(&s, &c, false, &t), 0);
        load(&s, 2, 2, 6, 6, 0);
    }
    gait_calibration_identity(&c); /* counts of no unit: nothing can be said of their noise */
    assert_int_equal(tare(&s, &c, false, &t), 0);
    assert_int_equal(t.result.noisy_cells, 0);
}

static void a_point_on_the_curve(void **state)
{
    float count[] = {10, 20, 40}, kPa[] = {0, 5, 45}, gain[] = {1, 2};
    struct gait_calibration c;

    (void)state;
    gait_calibration_identity(&c);
    c.scale = 1.5;
    assert_close_abs(gait_calibration_kPa(&c, 0, 4), 6, 1e-9);
    c.n_curve = 3;
    c.curve_count = count;
    c.curve_kPa = kPa;
    c.gain = gain;
    assert_close_abs(gait_calibration_kPa(&c, 0, 10), 0, 1e-9);
    assert_close_abs(gait_calibration_kPa(&c, 0, 15), 1.5 * 2.5, 1e-6);
    assert_close_abs(gait_calibration_kPa(&c, 1, 30), 1.5 * 2 * 25, 1e-6);
    assert_close_abs(gait_calibration_kPa(&c, 1, 1000), 1.5 * 2 * 45, 1e-6);
    assert_close_abs(gait_calibration_kPa(&c, 1, -5), 0, 1e-9);
}

/* What no threshold of the old calibration may forbid: rest levels above it, drifted cells, and single cells that flicker. */
static void an_empty_mat_is_tared(void **state)
{
    struct scene s = scene_of(100, 3);
    struct gait_calibration c;
    struct tared t;

    (void)state;
    calibration_of(false, &c);
    assert_int_equal(tare(&s, &c, false, &t), 0); /* 10 kPa everywhere */
    s.rest[212] = 350;
    load(&s, 4, 4, 2, 2, 400);     /* four cells high */
    load(&s, 12, 0, 1, SIDE, 300); /* a line */
    assert_int_equal(tare(&s, &c, false, &t), 0);
    assert_close_abs((double)t.offset[212], 350, 2);
    assert_close_abs((double)t.offset[4 * SIDE + 4], 500, 2);
    assert_int_equal(t.result.noisy_cells, 0);
    s.from = 70;
    assert_int_equal(tare(&s, &c, false, &t), 0); /* what comes and goes by itself is noise */
    assert_int_equal(t.result.noisy_cells, 4 + SIDE);
    assert_true(t.sigma[4 * SIDE + 4] >= 390);
    s = scene_of(100, 3);
    for (int i = 0; i < CELLS; i++) /* a new mat, uneven by 20 kPa */
        s.rest[i] = 100 + i * 7919 % 200;
    assert_int_equal(tare(&s, &c, false, &t), 0);
}

static void somebody_is_refused(void **state)
{
    struct scene s = scene_of(100, 3);
    float before[CELLS];
    struct gait_calibration c;
    struct tared t;

    (void)state;
    for (int i = 0; i < CELLS; i++)
        before[i] = 80;
    for (int tared = 0; tared < 2; tared++) {
        calibration_of(tared, &c);
        c.offset = tared ? before : NULL;
        load(&s, 3, 3, 10, 5, 300); /* 12.5 cm2 at 30 kPa: stands */
        s.from = 0;
        assert_int_equal(tare(&s, &c, false, &t), -EUSERS);
        assert_int_equal(tare(&s, &c, true, &t), 0);
        assert_close_abs((double)t.offset[3 * SIDE + 3], 400, 2);
        s.from = 60; /* steps on; nobody can say that the mat was empty */
        assert_int_equal(tare(&s, &c, true, &t), -EBUSY);
        s.from = 40; /* a step: the median of neither half has seen it */
        s.until = 60;
        assert_int_equal(tare(&s, &c, true, &t), -EBUSY);
        s.until = FRAMES;
        load(&s, 3, 3, 10, 5, 0);
        load(&s, 3, 3, 2, 3, 300); /* a toe */
        assert_int_equal(tare(&s, &c, false, &t), -EBUSY);
        load(&s, 3, 3, 2, 3, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_noise),    cmocka_unit_test(a_curve_is_no_other_mat),
        cmocka_unit_test(a_point_on_the_curve), cmocka_unit_test(an_empty_mat_is_tared),
        cmocka_unit_test(somebody_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
