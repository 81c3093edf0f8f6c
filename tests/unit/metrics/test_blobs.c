/* Feet of Gaussian blobs: what is known by formula (metrics.md 10, T3), what must not change (T5), and what always adds up. */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>

#include "contact_maker.h"
#include "synthetic_foot.h"

enum { ROWS = 80, COLS = 64 };

static struct gait_footfall *measured(const struct synthetic_foot *foot, const struct pose *pose, double rate_hz,
                                      double pitch_mm, double p_on)
{
    struct contact_maker m;
    struct gait_footfall *f;
    double grow = 5 / pitch_mm;

    contact_maker_init(&m, (uint32_t)(ROWS * grow), (uint32_t)(COLS * grow), pitch_mm, pitch_mm, rate_hz, p_on);
    synthetic_walk_over(foot, pose, &m);
    f = contact_maker_measure(&m);
    assert_non_null(f);
    contact_maker_done(&m);
    return f;
}

/* T3 */

static void test_one_blob(void **state)
{
    static const double shift[][2] = {{0, 0}, {1.3, 2.1}, {2.5, 0.7}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct synthetic_foot foot = {.blob = {{0, 0, 12, 15, 300, 0, 1}}, .blobs = 1, .stance_s = 0.6};
        struct pose pose = {150 + shift[i][0], 180 + shift[i][1], 0, false, 0};
        struct gait_footfall *all = measured(&foot, &pose, 100, 5, 0), *above = measured(&foot, &pose, 100, 5, 10);

        assert_close_rel(all->value[GAIT_METRIC_FORCE_MAX], 2 * M_PI * 12 * 15 * 0.3, 1e-7); /* float pressures */
        assert_close_rel(all->value[GAIT_METRIC_IMPULSE], 2 * M_PI * 12 * 15 * 0.3 * 0.3, 1e-7);
        assert_close_abs(above->value[GAIT_METRIC_FOOTPRINT_AREA], 38.47, 5 * 0.25 * 2);
        assert_close_abs(above->value[GAIT_METRIC_FORCE_MAX] / all->value[GAIT_METRIC_FORCE_MAX], 0.9667, 0.002);
        for (uint32_t k = 0; k < all->cop_frames; k++) {
            if (isnan(all->cop_x_mm[k]))
                continue;
            assert_close_abs(all->cop_x_mm[k], pose.x_mm, 1e-5);
            assert_close_abs(all->cop_y_mm[k], pose.y_mm, 1e-5);
        }
        gait_footfall_free(all);
        gait_footfall_free(above);
    }
}

static void test_centre_of_blobs(void **state)
{
    struct synthetic_foot foot = {
        .blob = {{0, 0, 12, 15, 300, 0, 1}, {150, 10, 14, 12, 100, 0, 1}}, .blobs = 2, .stance_s = 0.6};
    struct pose pose = {150, 100, 0, false, 0};
    struct gait_footfall *f = measured(&foot, &pose, 100, 5, 0);
    double a = 12 * 15 * 300, b = 14 * 12 * 100;

    (void)state;
    assert_close_abs(f->cop_y_mm[30 - f->first_frame], 100 + b * 150 / (a + b), 1e-5);
    assert_close_abs(f->cop_x_mm[30 - f->first_frame], 150 + b * 10 / (a + b), 1e-5);
    gait_footfall_free(f);
}

/* The preset of a slow, heavy step. Total force and peak do not depend on a mask; what does is given with our masks' own width. */
static void test_slow_preset(void **state)
{
    struct synthetic_foot foot;
    struct pose pose = {100, 40, 0, false, 0};
    struct gait_footfall *f;

    (void)state;
    synthetic_slow(&foot);
    f = measured(&foot, &pose, 100, 5, 10);
    assert_close_abs(f->value[GAIT_METRIC_FORCE_MAX], 801.8, 0.05);
    assert_close_abs(f->value[GAIT_METRIC_HEEL31_PEAK], 296.2, 0.05);
    assert_close_abs(f->value[GAIT_METRIC_ARCH_INDEX], 0.269, 0.007);
    assert_close_rel(f->value[GAIT_METRIC_IMPULSE], 316.3, 0.005);
    assert_close_abs(f->value[GAIT_METRIC_HO], 65.6, 1.5);
    assert_close_abs(f->value[GAIT_METRIC_HEEL31_PEAK_TIME_PCT], 29.7, 1);
    assert_close_abs(f->region[GAIT_REGION_THIRD_HEEL].share_pct, 43.9, 2);
    assert_close_abs(f->region[GAIT_REGION_THIRD_MID].share_pct, 10.3, 1.5);
    assert_close_abs(f->region[GAIT_REGION_THIRD_FORE].share_pct, 41.3, 1.5);
    assert_int_equal(f->side, GAIT_SIDE_RIGHT);
    assert_int_equal(f->valid, 1);
    assert_true(f->flags & GAIT_FOOTFALL_IC_EXTRAPOLATED);
    gait_footfall_free(f);
}

/* More pressure under one half of the heel, instead of the last toe: + is medial for either foot. */
static void test_heel_halves(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const bool medial = k & 1;
        struct synthetic_foot foot;
        struct pose pose = {100, 40, 0, k & 2, 0};
        struct gait_footfall *f;

        synthetic_slow(&foot);
        foot.blob[foot.blobs - 1] = (struct blob){30, medial ? -9 : 9, 8, 5, 700, 0, 0.6};
        f = measured(&foot, &pose, 100, 5, 10);
        assert_true(fabs(f->value[GAIT_METRIC_HEEL31_ML_INDEX]) > 0.05);
        assert_int_equal(f->value[GAIT_METRIC_HEEL31_ML_INDEX] > 0, medial);
        assert_int_equal(f->region[GAIT_REGION_MH].impulse_Ns > f->region[GAIT_REGION_LH].impulse_Ns, medial);
        gait_footfall_free(f);
    }
}

static void test_normal_preset(void **state)
{
    struct synthetic_foot foot;
    struct pose pose = {100, 40, 0, true, 0};
    struct gait_footfall *f;

    (void)state;
    synthetic_normal(&foot);
    f = measured(&foot, &pose, 100, 5, 10);
    assert_close_abs(f->value[GAIT_METRIC_HO], 55, 2);
    assert_close_abs(f->value[GAIT_METRIC_HEEL27_SHARE], 32, 2);
    assert_close_abs(f->value[GAIT_METRIC_ARCH_INDEX], 0.18, 0.02);
    assert_in_range((int)f->cop_force_N[0], 50, 300);
    assert_int_equal(f->side, GAIT_SIDE_LEFT);
    assert_int_equal(f->valid, 1);
    gait_footfall_free(f);
}

static void test_arch_knob(void **state)
{
    struct synthetic_foot foot;
    struct pose pose = {100, 40, 0, false, 0};
    struct gait_footfall *flat, *cavus;

    (void)state;
    synthetic_slow(&foot);
    synthetic_arch(&foot, 120, 20);
    flat = measured(&foot, &pose, 100, 5, 10);
    synthetic_arch(&foot, 5, 12);
    cavus = measured(&foot, &pose, 100, 5, 10);
    assert_close_abs(flat->value[GAIT_METRIC_ARCH_INDEX], 0.37, 0.02);
    assert_true(cavus->value[GAIT_METRIC_ARCH_INDEX] < 0.12);
    assert_nan(cavus->value[GAIT_METRIC_CSI]);
    assert_int_equal(cavus->reason[GAIT_METRIC_CSI], GAIT_REASON_WAIST_OPEN);
    assert_true(flat->value[GAIT_METRIC_DAI_MEAN] > 2 * cavus->value[GAIT_METRIC_DAI_MEAN]);
    assert_int_equal(cavus->side, GAIT_SIDE_RIGHT);
    assert_int_equal(flat->side, GAIT_SIDE_RIGHT);
    gait_footfall_free(flat);
    gait_footfall_free(cavus);
}

/* T5 */

struct limit {
    enum gait_metric metric;
    double absolute, relative;
};

static const struct limit MOVED[] = {
    {GAIT_METRIC_FORCE_MAX, 0, 0.002},
    {GAIT_METRIC_IMPULSE, 0, 0.005},
    {GAIT_METRIC_HEEL31_FORCE_MAX, 0, 0.008},
    {GAIT_METRIC_HEEL31_IMPULSE, 0, 0.008},
    {GAIT_METRIC_HEEL31_PEAK, 0, 0.025},
    {GAIT_METRIC_ARCH_INDEX, 0.007, 0},
    {GAIT_METRIC_CPEI, 0.8, 0},
    {GAIT_METRIC_CSI, 5.6, 0}, /* one cell of 90 mm */
    {GAIT_METRIC_HO, 0.3, 0},
    {GAIT_METRIC_FFC, 0.3, 0},
    {GAIT_METRIC_STANCE, 0.002, 0},
    {GAIT_METRIC_DAI_MEAN, 0.007, 0},
};

/* Every value within its limit round the mean of all poses. */
static void check_spread(struct gait_footfall *const *f, size_t n, double slack)
{
    for (size_t i = 0; i < sizeof(MOVED) / sizeof(MOVED[0]); i++) {
        const struct limit *l = &MOVED[i];
        double mean = 0, allowed;

        for (size_t k = 0; k < n; k++)
            mean += f[k]->value[l->metric] / (double)n;
        allowed = slack * (l->absolute + l->relative * fabs(mean));
        for (size_t k = 0; k < n; k++) {
            if (isnan(mean)) {
                assert_int_equal(f[k]->reason[l->metric], f[0]->reason[l->metric]);
                continue;
            }
            if (!(fabs(f[k]->value[l->metric] - mean) <= allowed))
                print_error("%s, pose %zu:\n", gait_metric_info(l->metric)->name, k);
            assert_close_abs(f[k]->value[l->metric], mean, allowed);
        }
    }
}

static void preset(int which, struct synthetic_foot *foot)
{
    if (which)
        synthetic_normal(foot);
    else
        synthetic_slow(foot);
}

enum { POSES_MAX = 8 };

static void check_poses(const struct pose *pose, size_t n, double slack)
{
    for (int which = 0; which < 2; which++) {
        struct synthetic_foot foot;
        struct gait_footfall *f[POSES_MAX];
        double turned[POSES_MAX], mean = 0;

        preset(which, &foot);
        for (size_t i = 0; i < n; i++) {
            f[i] = measured(&foot, &pose[i], 100, 5, 10);
            turned[i] = fmod(f[i]->value[GAIT_METRIC_AXIS] - pose[i].turn_deg + 540, 360) - 180;
            mean += turned[i] / (double)n;
            assert_int_equal(f[i]->side_print, GAIT_SIDE_RIGHT);
        }
        check_spread(f, n, slack);
        for (size_t i = 0; i < n; i++) {
            assert_close_abs(turned[i], mean,
                             slack > 1 ? 0.95 : 0.4); /* half a cell at the forefoot's border is 0.95 */
            gait_footfall_free(f[i]);
        }
    }
}

/* The poses for which the tolerances of the specification were measured. */
static void test_turned_and_shifted(void **state)
{
    static const struct pose pose[] = {{160, 50, 0, false, 0},  {150, 50, -15, false, 0}, {110, 60, 10, false, 0},
                                       {100, 60, 25, false, 0}, {161, 51.7, 0, false, 0}, {111.3, 62.2, 10, false, 0}};

    (void)state;
    check_poses(pose, sizeof(pose) / sizeof(pose[0]), 1);
}

/* Others, the other direction of walking among them. Half a cell of shift moves a whole row over the heel's border: half as much again. */
static void test_turned_further(void **state)
{
    static const struct pose pose[] = {{160, 50, 0, false, 0},    {60, 60, 30, false, 0},
                                       {200, 60, -30, false, 0},  {162.5, 52.5, 0, false, 0},
                                       {160, 350, 180, false, 0}, {160, 350, 165, false, 0}};

    (void)state;
    check_poses(pose, sizeof(pose) / sizeof(pose[0]), 1.5);
}

/* A left foot is the mirror image of a right one: every number is the same, but for the order of sums. */
static void test_mirror(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct synthetic_foot foot;
        struct pose right = {110, 60, 10, false, 0}, left = {COLS * 5 - 110, 60, -10, true, 0};
        struct gait_footfall *r, *l;

        preset(which, &foot);
        r = measured(&foot, &right, 100, 5, 10);
        l = measured(&foot, &left, 100, 5, 10);
        assert_int_equal(r->side, GAIT_SIDE_RIGHT);
        assert_int_equal(l->side, GAIT_SIDE_LEFT);
        l->value[GAIT_METRIC_AXIS] = -l->value[GAIT_METRIC_AXIS];
        for (int k = 0; k < GAIT_METRIC_COUNT; k++) {
            assert_int_equal(r->reason[k], l->reason[k]);
            if (!isnan(r->value[k]))
                assert_close_abs(l->value[k], r->value[k], 1e-9 * (1 + fabs(r->value[k])));
        }
        for (int k = 0; k < GAIT_REGION_COUNT; k++)
            assert_close_rel(l->region[k].impulse_Ns, r->region[k].impulse_Ns, 1e-9);
        gait_footfall_free(r);
        gait_footfall_free(l);
    }
}

/* Twice the pressure at twice the threshold: what has no newton in it stays. A power of two, so bits stay, too. */
static void test_pressure_scale(void **state)
{
    static const enum gait_metric same[] = {GAIT_METRIC_LENGTH,
                                            GAIT_METRIC_TOELESS_LENGTH,
                                            GAIT_METRIC_AXIS,
                                            GAIT_METRIC_ARCH_INDEX,
                                            GAIT_METRIC_MAI,
                                            GAIT_METRIC_CSI,
                                            GAIT_METRIC_STAHELI,
                                            GAIT_METRIC_HEEL31_SHARE,
                                            GAIT_METRIC_MID_SHARE,
                                            GAIT_METRIC_CPEI_AXIS,
                                            GAIT_METRIC_MID_AREA,
                                            GAIT_METRIC_MEDIAL_MID_SHARE,
                                            GAIT_METRIC_FORE_SHARE,
                                            GAIT_METRIC_PRONATION_INDEX,
                                            GAIT_METRIC_HEEL31_ML_INDEX};

    (void)state;
    for (int which = 0; which < 2; which++) {
        struct synthetic_foot foot;
        struct pose once = {110, 60, 10, false, 1}, twice = {110, 60, 10, false, 2};
        struct gait_footfall *a, *b;

        preset(which, &foot);
        a = measured(&foot, &once, 100, 5, 10);
        b = measured(&foot, &twice, 100, 5, 20);
        for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
            if (same[i] == GAIT_METRIC_CPEI_AXIS) /* its path begins at a force */
                continue;
            if (!isnan(a->value[same[i]]))
                assert_same_bits(b->value[same[i]], a->value[same[i]]);
        }
        assert_close_rel(b->value[GAIT_METRIC_HEEL31_IMPULSE], 2 * a->value[GAIT_METRIC_HEEL31_IMPULSE], 1e-12);
        gait_footfall_free(a);
        gait_footfall_free(b);
    }
}

static void test_rates(void **state)
{
    static const double rate[] = {50, 200, 250, 500};

    (void)state;
    for (int which = 0; which < 2; which++) {
        struct synthetic_foot foot;
        struct pose pose = {110, 60, 10, false, 0};
        struct gait_footfall *base;

        preset(which, &foot);
        base = measured(&foot, &pose, 100, 5, 10);
        for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
            struct gait_footfall *f = measured(&foot, &pose, rate[i], 5, 10);
            double frame = 1 / rate[i] > 0.01 ? 1 / rate[i] : 0.01;

            assert_close_rel(f->value[GAIT_METRIC_IMPULSE], base->value[GAIT_METRIC_IMPULSE],
                             rate[i] < 100 ? 0.012 : 0.005);
            assert_close_abs(f->value[GAIT_METRIC_STANCE], base->value[GAIT_METRIC_STANCE], frame);
            assert_close_abs(f->value[GAIT_METRIC_HO_TIME], base->value[GAIT_METRIC_HO_TIME], frame);
            assert_close_abs(f->value[GAIT_METRIC_FFC_TIME], base->value[GAIT_METRIC_FFC_TIME], frame);
            assert_close_abs(f->value[GAIT_METRIC_DAI_MEAN], base->value[GAIT_METRIC_DAI_MEAN], 0.007);
            assert_int_equal(!!(f->flags & GAIT_FOOTFALL_COARSE_TIME), rate[i] < 100);
            assert_int_equal(isnan(f->value[GAIT_METRIC_HEEL31_RATE_MAX]), rate[i] < 200);
            gait_footfall_free(f);
        }
        gait_footfall_free(base);
    }
}

static void test_below_50_hz(void **state)
{
    struct synthetic_foot foot;
    struct pose pose = {110, 60, 10, false, 0};
    struct gait_footfall *f;

    (void)state;
    synthetic_slow(&foot);
    f = measured(&foot, &pose, 25, 5, 10);
    assert_nan(f->value[GAIT_METRIC_IMPULSE]);
    assert_int_equal(f->reason[GAIT_METRIC_IMPULSE], GAIT_REASON_LOW_FS);
    assert_nan(f->value[GAIT_METRIC_HEEL31_PEAK]);
    assert_true(f->value[GAIT_METRIC_LENGTH] > 250);
    gait_footfall_free(f);
}

/* Coarser cells: -5 % of peak, areas up by 7 to 12 %, arch index within its grain. */
static void test_coarse_cells(void **state)
{
    struct synthetic_foot foot;
    struct pose pose = {110, 60, 10, false, 0};
    struct gait_footfall *fine, *coarse;

    (void)state;
    synthetic_slow(&foot);
    fine = measured(&foot, &pose, 100, 5, 10);
    coarse = measured(&foot, &pose, 100, 10, 10);
    assert_close_rel(coarse->value[GAIT_METRIC_IMPULSE], fine->value[GAIT_METRIC_IMPULSE], 0.01);
    assert_close_rel(coarse->value[GAIT_METRIC_HEEL31_IMPULSE], fine->value[GAIT_METRIC_HEEL31_IMPULSE], 0.05);
    assert_close_abs(coarse->value[GAIT_METRIC_ARCH_INDEX], fine->value[GAIT_METRIC_ARCH_INDEX], 0.02);
    assert_int_equal(coarse->side, GAIT_SIDE_RIGHT);
    gait_footfall_free(fine);
    gait_footfall_free(coarse);
}

/* What always adds up. */

static void check_sums(const struct gait_footfall *f)
{
    double cells = 0, impulse = 0, thirds = 0, third_cells = 0;

    for (int r = GAIT_REGION_MH; r <= GAIT_REGION_TOES25; r++) {
        cells += f->region[r].cells;
        impulse += f->region[r].impulse_Ns;
    }
    for (int r = GAIT_REGION_THIRD_HEEL; r <= GAIT_REGION_TOES; r++) {
        thirds += f->region[r].impulse_Ns;
        third_cells += f->region[r].cells;
    }
    assert_true(cells == f->region[GAIT_REGION_FOOT].cells); /* whole cells, each in exactly one region */
    assert_close_rel(impulse, f->value[GAIT_METRIC_IMPULSE], 1e-12);
    assert_close_rel(thirds, f->value[GAIT_METRIC_IMPULSE], 1e-12);
    assert_close_rel(third_cells, f->region[GAIT_REGION_FOOT].cells, 1e-12);
    assert_close_rel(f->region[GAIT_REGION_MH].impulse_Ns + f->region[GAIT_REGION_LH].impulse_Ns,
                     f->value[GAIT_METRIC_HEEL27_IMPULSE], 1e-12);
    assert_close_rel(f->value[GAIT_METRIC_FOOTPRINT_AREA], f->region[GAIT_REGION_FOOT].area_cm2, 1e-12);
}

static double between(double low, double high)
{
    return low + (high - low) * (rand() / (RAND_MAX + 1.0));
}

static void vary(struct synthetic_foot *foot)
{
    for (int b = 0; b < foot->blobs; b++) {
        struct blob *o = &foot->blob[b];

        o->kPa *= between(0.6, 1.4);
        o->sigma_u *= between(0.85, 1.15);
        o->sigma_v *= between(0.85, 1.15);
        o->u_mm += between(-4, 4);
        o->v_mm += between(-2, 2);
    }
    foot->blob[1].sigma_v = between(4, 17); /* from high arch to flat */
    foot->blob[1].kPa = between(8, 90);
}

/* Seeded feet of all kinds, both sides, every direction: sums hold and the side is right. */
static void test_many_feet(void **state)
{
    int wrong = 0, feet = 400;

    (void)state;
    srand(20);
    for (int i = 0; i < feet; i++) {
        struct synthetic_foot foot;
        struct pose pose = {160, 0, between(-30, 30), i & 1, 0};
        struct gait_footfall *f;

        pose.x_mm = 160 - 130 * sin(pose.turn_deg * M_PI / 180);
        pose.y_mm = between(60, 100);
        preset(i & 2, &foot);
        vary(&foot);
        f = measured(&foot, &pose, 100, 5, 10);
        check_sums(f);
        wrong += f->side != (i & 1 ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT);
        gait_footfall_free(f);
    }
    if (wrong)
        print_message("%d of %d sides wrong\n", wrong, feet);
    assert_true(100 * wrong <= feet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_blob),
        cmocka_unit_test(test_centre_of_blobs),
        cmocka_unit_test(test_slow_preset),
        cmocka_unit_test(test_heel_halves),
        cmocka_unit_test(test_normal_preset),
        cmocka_unit_test(test_arch_knob),
        cmocka_unit_test(test_turned_and_shifted),
        cmocka_unit_test(test_turned_further),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_pressure_scale),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_below_50_hz),
        cmocka_unit_test(test_coarse_cells),
        cmocka_unit_test(test_many_feet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
