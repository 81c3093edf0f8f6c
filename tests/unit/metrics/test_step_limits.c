/* What a footfall counts as (metrics.md 2.3, 2.7), which peaks its curves have and which numbers they need (4, 5): each case lies just beside its limit. */
#include "assert_close.h"

#include <math.h>

#include "block_foot.h"

static const double NEAR = 1e-6;

/* A foot of 200 x 80 mm that carries the same force for so many frames at 200 Hz: stance is (frames + 1 - 2 * 20 N / force) * 5 ms, since what lies outside is padded with zeros. */
static struct gait_footfall *flat(double N, int frames, double mass_kg)
{
    const struct block b = {0, 40, 0, 16, {{0, N}, {(frames - 0.5) / 200, N}}};

    return block_walk(&b, 1, &(struct block_walk){200, frames / 200.0, mass_kg, GAIT_SIDE_UNKNOWN, {0, 0}});
}

static double stance_s(double N, int frames)
{
    return (frames + 1 - 2 * 20 / N) / 200;
}

static bool has(struct gait_footfall *f, uint32_t flag)
{
    const bool found = f->flags & flag;

    gait_footfall_free(f);
    return found;
}

static int class_of(struct gait_footfall *f)
{
    const int found = f->gait_class;

    gait_footfall_free(f);
    return found;
}

static void test_stance(void **state)
{
    struct gait_footfall *f = flat(800, 100, 70);

    (void)state;
    assert_close_abs(f->value[GAIT_METRIC_STANCE], stance_s(800, 100), NEAR);
    gait_footfall_free(f);
    assert_true(stance_s(1200, 23) < 0.12 && stance_s(1200, 24) > 0.12);
    assert_true(has(flat(1200, 23, 70), GAIT_FOOTFALL_TOO_SHORT));
    assert_false(has(flat(1200, 24, 70), GAIT_FOOTFALL_TOO_SHORT));
    assert_true(stance_s(800, 239) < 1.2 && stance_s(800, 240) > 1.2);
    assert_false(has(flat(800, 239, 70), GAIT_FOOTFALL_SLOW));
    assert_true(has(flat(800, 240, 70), GAIT_FOOTFALL_SLOW));
}

/* Running is less than 0.35 s with more than 1.6 times body weight, which is 1098.3 N of 70 kg; a walking step is not as short as that. */
static void test_running(void **state)
{
    (void)state;
    assert_true(stance_s(1105, 69) < 0.35 && stance_s(1105, 70) > 0.35);
    assert_int_equal(class_of(flat(1105, 69, 70)), GAIT_CLASS_RUNNING);
    assert_int_equal(class_of(flat(1105, 70, 70)), GAIT_CLASS_WALKING);
    assert_int_equal(class_of(flat(1090, 69, 70)), GAIT_CLASS_WALKING);
    assert_true(has(flat(1090, 69, 70), GAIT_FOOTFALL_TOO_SHORT));
    assert_false(has(flat(1090, 70, 70), GAIT_FOOTFALL_TOO_SHORT));
    assert_int_equal(class_of(flat(1105, 69, (double)NAN)), GAIT_CLASS_UNKNOWN);
    assert_int_equal(class_of(flat(1105, 70, (double)NAN)), GAIT_CLASS_WALKING);
}

/* At least 50 N, and 20 % of the body weight where it is known: 137.3 N of 70 kg. */
static void test_least_force(void **state)
{
    (void)state;
    assert_true(has(flat(49, 100, (double)NAN), GAIT_FOOTFALL_TOO_LIGHT));
    assert_false(has(flat(51, 100, (double)NAN), GAIT_FOOTFALL_TOO_LIGHT));
    assert_true(has(flat(136, 100, 70), GAIT_FOOTFALL_TOO_LIGHT));
    assert_false(has(flat(139, 100, 70), GAIT_FOOTFALL_TOO_LIGHT));
}

/* 20 cm2 are 80 cells of 5 mm. */
static void test_least_area(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        const struct block b[] = {{0, 9, 0, 8, {{0, 500}, {0.6, 500}}}, {9, 1, 0, 8 - missing, {{0, 50}, {0.6, 50}}}};

        assert_int_equal(has(walked(b, 2, 100, GAIT_SIDE_UNKNOWN), GAIT_FOOTFALL_TOO_SMALL), missing);
    }
}

/* Cells here and there in 200 x 100 mm: 116 of 800 are 0.145 of it, noise; 124 are 0.155. */
static void test_sparse(void **state)
{
    (void)state;
    for (int rows = 18; rows <= 22; rows += 4) {
        const struct block b[] = {{0, 40, 0, 1, {{0, 200}, {0.6, 200}}},
                                  {0, 40, 19, 1, {{0, 200}, {0.6, 200}}},
                                  {10, rows, 9, 2, {{0, 100}, {0.6, 100}}}};

        assert_int_equal(has(walked(b, 3, 100, GAIT_SIDE_UNKNOWN), GAIT_FOOTFALL_TOO_SMALL), rows == 18);
    }
}

/* A strip of 50 rows of which a window goes along: 17 rows at once are 0.34 of the print, a wheel's; 18 are 0.36. */
static void test_rolling(void **state)
{
    (void)state;
    for (int window = 17; window <= 18; window++) {
        struct block b[50];

        for (int r = 0; r < 50; r++)
            b[r] = (struct block){r, 1, 0, 8, {{(r - 0.5) / 100, 20}, {(r + window - 0.5) / 100, 20}}};
        assert_int_equal(has(walked(b, 50, 100, GAIT_SIDE_UNKNOWN), GAIT_FOOTFALL_TOO_SMALL), window == 17);
    }
}

/* Who stays for more than 2 s and whose centre of pressure goes less than 50 mm a second stands: it goes from one block to the other, `rows` away, in 2.5 s. */
static struct gait_footfall *shifted(int rows, double until_s)
{
    const struct block b[] = {{0, 10, 0, 16, {{0, 500}, {until_s, 0}}}, {rows, 10, 0, 16, {{0, 0}, {until_s, 500}}}};

    return block_walk(b, 2, &(struct block_walk){100, until_s, 70, GAIT_SIDE_UNKNOWN, {0, 0}});
}

static void test_standing(void **state)
{
    (void)state;
    assert_int_equal(class_of(shifted(24, 2.49)), GAIT_CLASS_STANDING); /* 120 mm, and 125 are allowed */
    assert_int_equal(class_of(shifted(26, 2.49)), GAIT_CLASS_WALKING);
    assert_int_equal(class_of(shifted(12, 1.98)), GAIT_CLASS_WALKING); /* with what is padded 1.999 s */
    assert_int_equal(class_of(shifted(12, 2.00)), GAIT_CLASS_STANDING);
}

/* Two humps of 1000 and 1001 N with a dip between them: 48 N are no dip, 52 are; so for the heel, whose largest force is 500 N, with 24 and 26. */
static void test_prominence(void **state)
{
    (void)state;
    for (int deep = 0; deep < 2; deep++) {
        const double dip = deep ? 52 : 48;
        const struct block whole = {0, 40, 0, 16, {{0, 0}, {0.1, 1000}, {0.25, 1000 - dip}, {0.45, 1001}, {0.65, 0}}};
        const struct block b[] = {
            {0, 12, 2, 12, {{0, 0}, {0.04, 300}, {0.08, 300 - dip / 2}, {0.20, 500}, {0.40, 0}}},
            {12, 28, 0, 16, {{0.15, 0}, {0.45, 600}, {0.55, 600}, {0.70, 0}}},
        };
        struct gait_footfall *f = walked(&whole, 1, 100, GAIT_SIDE_UNKNOWN), *g = walked(b, 2, 100, GAIT_SIDE_UNKNOWN);

        if (deep) {
            assert_close_rel(f->value[GAIT_METRIC_F1], 1000, NEAR);
            assert_close_rel(f->value[GAIT_METRIC_TROUGH], 948, NEAR);
        } else {
            assert_int_equal(f->reason[GAIT_METRIC_F1], GAIT_REASON_NO_PEAK);
            assert_int_equal(f->reason[GAIT_METRIC_TROUGH], GAIT_REASON_NO_PEAK);
        }
        assert_close_rel(f->value[GAIT_METRIC_F2], 1001, NEAR);
        assert_close_abs(g->value[GAIT_METRIC_HEEL31_PEAK_KIND], deep ? 1 : 2, 0);
        assert_close_abs(g->value[GAIT_METRIC_HEEL31_PEAK_TIME], (deep ? 0.04 : 0.20) - 20 / 7500.0, NEAR);
        gait_footfall_free(f);
        gait_footfall_free(g);
    }
}

/* A first peak is one before half of stance, which is 0.007 .. 0.696 s, and of the foot with a heel 0.014 .. 0.695: at 0.34 s and at 0.36 s. */
static void test_early_peaks(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        const enum gait_reason why = late ? GAIT_REASON_NO_PEAK : GAIT_REASON_NONE;
        const double top = late ? 0.36 : 0.34;
        const struct block whole = {0, 40, 0, 16, {{0, 0}, {top, 1000}, {0.5, 800}, {0.60, 950}, {0.695, 0}}};
        const struct block b[] = {
            {0, 12, 2, 12, {{0, 0}, {top, 500}, {top + 0.1, 0}}},
            {12, 28, 0, 16, {{0.15, 0}, {0.45, 600}, {0.55, 600}, {0.70, 0}}},
        };
        struct gait_footfall *f = walked(&whole, 1, 100, GAIT_SIDE_UNKNOWN), *g = walked(b, 2, 100, GAIT_SIDE_UNKNOWN);

        assert_int_equal(f->reason[GAIT_METRIC_F1], why);
        assert_int_equal(g->reason[GAIT_METRIC_HEEL31_PEAK_TIME], why);
        assert_int_equal(g->reason[GAIT_METRIC_HEEL31_PEAK_KIND], why);
        gait_footfall_free(f);
        gait_footfall_free(g);
    }
}

/* 1000 N go in 80 ms: between 80 and 20 % are the frames 0.52 .. 0.56, five; in 70 ms 0.52 .. 0.55, one too few. */
static void test_push_off(void **state)
{
    (void)state;
    for (int quick = 0; quick < 2; quick++) {
        const struct block whole = {0, 40, 0, 16, {{0, 0}, {0.1, 1000}, {0.5, 1000}, {quick ? 0.57 : 0.58, 0}}};
        struct gait_footfall *f = walked(&whole, 1, 100, GAIT_SIDE_UNKNOWN);

        assert_int_equal(f->reason[GAIT_METRIC_PUSH_OFF_RATE], quick ? GAIT_REASON_LOW_FS : GAIT_REASON_NONE);
        if (!quick)
            assert_close_rel(f->value[GAIT_METRIC_PUSH_OFF_RATE], 12500, NEAR);
        gait_footfall_free(f);
    }
}

/* The heel's 21 cells of 10, 20 .. 210 kPa in the frame of its peak: the 95th of a hundred is the last but one. */
static void test_p95(void **state)
{
    struct block b[22];
    struct gait_footfall *f;

    (void)state;
    for (int k = 0; k < 21; k++)
        b[k] = (struct block){k / 7, 1, 4 + k % 7, 1, {{0, 0.125 * (k + 1)}, {0.1, 0.25 * (k + 1)}, {0.4, 0}}};
    b[21] = (struct block){14, 26, 0, 15, {{0.15, 0}, {0.45, 600}, {0.55, 600}, {0.70, 0}}};
    f = walked(b, 22, 100, GAIT_SIDE_UNKNOWN);
    assert_close_abs(f->value[GAIT_METRIC_LENGTH], 200, 1e-9);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_PEAK], 210, NEAR);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_P95], 200, NEAR);
    gait_footfall_free(f);
}

/* Who lands on the forefoot has an arch index when the heel comes down on 15 cm2: 60 cells. */
static void test_heel_that_follows(void **state)
{
    (void)state;
    for (int cells = 59; cells <= 60; cells++) {
        const struct block b[] = {
            {0, 9, 5, 6, {{0.1, 0}, {0.3, 200}, {0.5, 0}}},
            {9, 1, 5, cells - 54, {{0.1, 0}, {0.3, 20}, {0.5, 0}}},
            {15, 25, 0, 16, {{0, 0}, {0.2, 600}, {0.55, 600}, {0.70, 0}}},
        };
        struct gait_footfall *f = walked(b, 3, 100, GAIT_SIDE_UNKNOWN);

        assert_true(f->flags & GAIT_FOOTFALL_NOT_HEEL_STRIKE);
        assert_close_abs(f->region[GAIT_REGION_THIRD_HEEL].area_cm2, cells * 0.25, 1e-9);
        assert_int_equal(f->reason[GAIT_METRIC_ARCH_INDEX], cells < 60 ? GAIT_REASON_NO_HEEL_STRIKE : GAIT_REASON_NONE);
        gait_footfall_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stance),     cmocka_unit_test(test_running),    cmocka_unit_test(test_least_force),
        cmocka_unit_test(test_least_area), cmocka_unit_test(test_rolling),    cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_standing),   cmocka_unit_test(test_prominence), cmocka_unit_test(test_early_peaks),
        cmocka_unit_test(test_push_off),   cmocka_unit_test(test_p95),        cmocka_unit_test(test_heel_that_follows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
