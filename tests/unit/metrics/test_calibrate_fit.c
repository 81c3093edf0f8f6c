/* Fits against what was put in: exact curves, known gains, a known weight; and against a worked least squares. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gait/calibrate.h>
#include <gait/calibrate_fit.h>

#include "assert_close.h"

static double truth(enum gait_fit_model model, double a)
{
    switch (model) {
    case GAIT_FIT_LINEAR:
        return 0.75 * a;
    case GAIT_FIT_POWER:
        return 0.02 * pow(a, 1.37);
    case GAIT_FIT_POLY2:
        return 0.5 * a + 3e-4 * a * a;
    case GAIT_FIT_POLY3:
        return 0.4 * a + 1e-4 * a * a + 2e-7 * a * a * a;
    case GAIT_FIT_TABLE:
        return 0.5 * a;
    }
    return 0;
}

/* Points on a curve give the curve back. */
static void test_exact(void **state)
{
    (void)state;
    const double count[] = {50, 120, 300, 480, 700, 900};

    for (enum gait_fit_model m = GAIT_FIT_LINEAR; m <= GAIT_FIT_TABLE; m++) {
        struct gait_fit_curve c;
        struct gait_error err;
        double kPa[6];

        for (int i = 0; i < 6; i++)
            kPa[i] = truth(m, count[i]);
        assert_int_equal(gait_fit_curve(m, count, kPa, 6, 1023, &c, &err), 0);
        for (double a = 0; a <= 1000; a += 37)
            assert_close_abs(gait_fit_evaluate(&c, a), truth(m, a), 1e-9 * (1 + truth(m, a)));
        assert_true(c.rms_kPa < 1e-9);
        assert_int_equal(gait_fit_model_find(gait_fit_model_name(m)), m);
    }
}

/* By hand: loads (1,2), (2,3), (3,6) through 0. Linear: sum xy / sum xx = 26/14. poly2: the normal equations [14 36; 36 98] k = [26; 68] give k = (100, 16)/76. */
static void test_by_hand(void **state)
{
    (void)state;
    const double count[] = {3, 1, 2}, kPa[] = {6, 2, 3};
    struct gait_fit_curve c;

    assert_int_equal(gait_fit_curve(GAIT_FIT_LINEAR, count, kPa, 3, 3, &c, NULL), 0);
    assert_close_abs(c.k[0], 26.0 / 14, 1e-12);
    assert_close_abs(c.rms_kPa, sqrt((pow(26.0 / 14 - 2, 2) + pow(52.0 / 14 - 3, 2) + pow(78.0 / 14 - 6, 2)) / 3),
                     1e-12);
    assert_close_abs(c.rms_percent, 100 * c.rms_kPa / 6, 1e-12);
    assert_int_equal(gait_fit_curve(GAIT_FIT_POLY2, count, kPa, 3, 3, &c, NULL), 0);
    assert_close_abs(c.k[0], 100.0 / 76, 1e-12);
    assert_close_abs(c.k[1], 16.0 / 76, 1e-12);
}

static void test_refused(void **state)
{
    (void)state;
    const double count[] = {100, 200, 300}, falls[] = {50, 80, 60}, turns[] = {50, 90, 110}, none[] = {0, 1, 2};
    struct gait_fit_curve c = {.loads = 77};
    struct gait_error err;

    assert_int_equal(gait_fit_curve(GAIT_FIT_TABLE, count, falls, 3, 300, &c, &err), -ERANGE);
    assert_int_equal(gait_fit_curve(GAIT_FIT_POLY2, count, turns, 3, 300, &c, &err), 0);
    c.loads = 77;
    /* the same parabola turns before 1023 counts */
    assert_int_equal(gait_fit_curve(GAIT_FIT_POLY2, count, turns, 3, 1023, &c, &err), -ERANGE);
    assert_non_null(strstr(err.text, "does not rise"));
    assert_int_equal(gait_fit_curve(GAIT_FIT_POLY3, count, turns, 2, 300, &c, &err), -EAGAIN);
    assert_int_equal(gait_fit_curve(GAIT_FIT_POWER, count, turns, 1, 300, &c, &err), -EAGAIN);
    assert_int_equal(gait_fit_curve(GAIT_FIT_LINEAR, count, none, 3, 300, &c, &err), -EINVAL);
    assert_int_equal(gait_fit_curve(0, count, turns, 3, 300, &c, &err), -EINVAL);
    assert_int_equal(c.loads, 77); /* untouched */
}

/* A cubic whose dip lies between the ends: only the slope inside tells. */
static void test_dip(void **state)
{
    (void)state;
    double count[8], kPa[8];
    struct gait_fit_curve c;

    for (int i = 0; i < 8; i++) {
        count[i] = 20 * (i + 1);
        kPa[i] = count[i] * (2.6 - 0.04 * count[i] + 0.0002 * count[i] * count[i]);
    }
    assert_int_equal(gait_fit_curve(GAIT_FIT_POLY3, count, kPa, 8, 160, &c, NULL), -ERANGE);
}

/* What a fit puts into a calibration is what the arithmetic of frames gives. */
static void test_apply(void **state)
{
    (void)state;
    const double count[] = {100, 400, 900};
    struct gait_geometry g = {
        .rows = 1, .cols = 3, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};

    for (enum gait_fit_model m = GAIT_FIT_LINEAR; m <= GAIT_FIT_TABLE; m++) {
        _cleanup_(gait_calibrator_freep) struct gait_calibrator *calibrator = NULL;
        struct gait_calibration c;
        struct gait_fit_curve curve;
        const uint16_t raw[3] = {0, 345, 1000};
        double kPa[3];
        float p[3];

        for (int i = 0; i < 3; i++)
            kPa[i] = truth(m, count[i]);
        gait_calibration_identity(&c);
        assert_int_equal(gait_fit_curve(m, count, kPa, 3, 1023, &curve, NULL), 0);
        assert_int_equal(gait_fit_apply(&curve, 1023, &c), 0);
        assert_string_equal(c.model, gait_fit_model_name(m));
        assert_int_equal(gait_calibration_check(&c, &g), 0);
        assert_int_equal(gait_calibrator_new(&g, &calibrator), 0);
        assert_int_equal(gait_calibrator_load(calibrator, &c), 0);
        gait_calibrate(calibrator, raw, 0, p);
        for (int i = 0; i < 3; i++)
            assert_close_abs((double)p[i], truth(m, raw[i]), 1e-5 * (1 + truth(m, raw[i])));
        gait_calibration_done(&c);
    }
}

enum { ROWS = 8, COLS = 9, CELLS = ROWS * COLS, LEVELS = 3 };

/* A mat whose cells each answer count = offset + pressure / gain, with known gains and six kinds of trouble. */
static void test_gains(void **state)
{
    (void)state;
    const double level_kPa[LEVELS] = {40, 100, 200};
    uint8_t cell[CELLS] = {[5] = GAIT_CELL_MISSING}, what[CELLS];
    float count[LEVELS * CELLS], gain[CELLS], offset[CELLS];
    struct gait_geometry g = {
        .rows = ROWS, .cols = COLS, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16, .cell = cell};
    struct gait_calibration c;
    struct gait_fit_gains s;
    struct gait_error err;
    double known[CELLS];

    gait_calibration_identity(&c);
    c.kPa_per_count = 0.5;
    c.saturation_count = 800;
    c.offset = offset;
    for (int i = 0; i < CELLS; i++) {
        known[i] =
            1 +
            0.3 * sin(i * 2.39996); /* the median of the cells that follow is not 1: what is recovered is relative */
        offset[i] = (float)(10 + i % 7);
        for (int k = 0; k < LEVELS; k++)
            count[k * CELLS + i] = (float)((double)offset[i] + level_kPa[k] / known[i] / 0.5);
    }
    for (int k = 0; k < LEVELS; k++) {
        count[k * CELLS + 10] = offset[10];                                                  /* silent */
        count[k * CELLS + 20] = offset[20] + 150;                                            /* stuck */
        count[k * CELLS + 30] = 4000;                                                        /* saturated always */
        count[k * CELLS + 40] = (float)((double)offset[40] + level_kPa[k] / 2.6 / 0.5 / 1);  /* gain 2.6 */
        count[k * CELLS + 50] = (float)((double)offset[50] + level_kPa[k] / 0.35 / 0.5 / 2); /* gain 0.7 */
    }
    count[2 * CELLS + 60] = 4000; /* saturated at one level: the other two tell its gain */
    known[50] = 0.7;
    assert_int_equal(gait_fit_gains(&g, &c, count, LEVELS, gain, what, &s, &err), 0);
    assert_int_equal(what[5], GAIT_FIT_CELL_NONE);
    assert_int_equal(what[10], GAIT_FIT_CELL_SILENT);
    assert_int_equal(what[20], GAIT_FIT_CELL_STUCK);
    assert_int_equal(what[30], GAIT_FIT_CELL_SATURATED);
    assert_int_equal(what[40], GAIT_FIT_CELL_GAIN);
    assert_int_equal(what[60], GAIT_FIT_CELL_SATURATED);
    double relative = (double)gain[0] / known[0];
    for (int i = 0; i < CELLS; i++) {
        if (what[i] == GAIT_FIT_CELL_OK || i == 60)
            assert_close_abs((double)gain[i] / known[i], relative, 2e-6);
        else
            assert_true(gain[i] == 1.0f);
    }
    assert_int_equal(s.ok, CELLS - 6);
    assert_int_equal(s.silent + s.stuck + s.saturated + s.out_of_range, 5);
    assert_true(s.spread_percent_before > 15 && s.spread_percent_after < 0.001);
    assert_true(relative > 0.8 && relative < 1.25);
}

/* A bladder that does not reach the mat's last row: those nine cells are no dead ones. Four silent ones may be. */
static void test_gains_of_a_part_of_the_mat(void **state)
{
    (void)state;
    float count[2 * CELLS], gain[CELLS];
    uint8_t what[CELLS];
    struct gait_geometry g = {
        .rows = ROWS, .cols = COLS, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};
    struct gait_calibration c;
    struct gait_fit_gains s;
    struct gait_error err;

    gait_calibration_identity(&c);
    for (int silent = 4; silent <= COLS; silent += COLS - 4) {
        for (int i = 0; i < CELLS; i++) {
            count[i] = i < CELLS - silent ? 100 : 0;
            count[CELLS + i] = i < CELLS - silent ? 200 : 0;
        }
        assert_int_equal(gait_fit_gains(&g, &c, count, 2, gain, what, &s, &err), silent == 4 ? 0 : -ERANGE);
    }
    assert_non_null(strstr(err.text, "9 of 72 cells cannot be equilibrated (9 silent"));
}

static void test_gains_refused(void **state)
{
    (void)state;
    float count[2 * 4] = {100, 100, 100, 100, 105, 105, 105, 105}, gain[4] = {9, 9, 9, 9};
    uint8_t what[4];
    struct gait_geometry g = {
        .rows = 2, .cols = 2, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};
    struct gait_calibration c;
    struct gait_fit_gains s;
    struct gait_error err;

    gait_calibration_identity(&c);
    assert_int_equal(gait_fit_gains(&g, &c, count, 1, gain, what, &s, &err), -EAGAIN);
    assert_int_equal(gait_fit_gains(&g, &c, count, 2, gain, what, &s, &err), -EAGAIN); /* 5 % apart */
    for (int i = 4; i < 8; i++)
        count[i] = 0;
    count[4] = 300;
    count[0] = 0;
    assert_true(gait_fit_gains(&g, &c, count, 2, gain, what, &s, &err) < 0);
    count[3] = NAN;
    assert_int_equal(gait_fit_gains(&g, &c, count, 2, gain, what, &s, &err), -EINVAL);
    assert_true(gain[0] == 9.0f);
}

static void test_weight(void **state)
{
    (void)state;
    double force_N[250];
    struct gait_fit_weight w = {0};
    struct gait_error err;

    for (int i = 0; i < 250; i++)
        force_N[i] = 640 + 3 * sin(i * 0.7);
    force_N[17] = 2000; /* a median does not mind */
    assert_int_equal(gait_fit_weight(force_N, 250, 2.5, 70 * 9.80665, &w, &err), 0);
    assert_close_abs(w.scale, 70 * 9.80665 / w.median_N, 1e-12);
    assert_close_abs(w.scale, 686.4655 / 640, 1e-3);
    assert_false(w.warn);
    assert_int_equal(gait_fit_weight(force_N, 250, 2.5, 640 * 1.12, &w, &err), 0);
    assert_true(w.warn);
    assert_int_equal(gait_fit_weight(force_N, 250, 2.5, 640 * 0.74, &w, &err), -ERANGE);
    assert_int_equal(gait_fit_weight(force_N, 250, 2.5, 640 * 1.26, &w, &err), -ERANGE);
    assert_int_equal(gait_fit_weight(force_N, 250, 1.9, 640, &w, &err), -EAGAIN);
    for (int i = 0; i < 250; i++)
        force_N[i] = 640 + 90 * sin(i * 0.7);
    assert_int_equal(gait_fit_weight(force_N, 250, 2.5, 640, &w, &err), -EBUSY);
}

/* A curve must reach as far as the lowest cell that measures can get. */
static void test_count_max(void **state)
{
    (void)state;
    uint8_t cell[6] = {[1] = GAIT_CELL_DEAD, [2] = GAIT_CELL_MISSING};
    float offset[6] = {1000, 10, NAN, 300, 250, 1000};
    struct gait_geometry g = {
        .rows = 2, .cols = 3, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};
    struct gait_calibration c;

    gait_calibration_identity(&c);
    assert_close_abs(gait_fit_count_max(&g, &c, 77), 65535, 0);
    c.saturation_count = 1000;
    assert_close_abs(gait_fit_count_max(&g, &c, 77), 1000, 0);
    c.offset = offset; /* the first cell rests at its ceiling */
    g.cell = cell;
    assert_close_abs(gait_fit_count_max(&g, &c, 77), 750, 0);
    c.saturation_count = 250;
    assert_true(isnan(gait_fit_count_max(&g, &c, 77)));
    c.saturation_count = NAN;
    g.dtype = GAIT_I16;
    offset[4] = -100;
    assert_close_abs(gait_fit_count_max(&g, &c, 77), 32867, 0);
    g.dtype = GAIT_F32;
    assert_close_abs(gait_fit_count_max(&g, &c, 77), 154, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_dip),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_gains),
        cmocka_unit_test(test_gains_of_a_part_of_the_mat),
        cmocka_unit_test(test_gains_refused),
        cmocka_unit_test(test_weight),
        cmocka_unit_test(test_count_max),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
