/*
 * One real emed step against numbers that another program made of it (double precision, the constructions of the specification) and that the
 * vendor's and pressuRe's own programs give; and how they move with the threshold.
 */
#include "assert_close.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gait/formats_in.h>

#include "contact_maker.h"

struct step {
    struct contact_maker maker;
    struct gait_footfall *f;
};

static const char *recording(char path[4096])
{
    const char *data = getenv("GAIT_DATA");

    snprintf(path, 4096, "%s/pressuRe/emed_test.lst", data ? data : "../shared/data");
    return path;
}

static void measure(struct step *s, double p_on_kPa)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};
    struct gait_frame_meta meta;
    char path[4096];
    const struct gait_geometry *g;
    float *raw;

    assert_return_code(gait_formats_in_open(recording(path), &source, &err), 0);
    g = &gait_source_info(source)->geometry;
    contact_maker_init(&s->maker, g->rows, g->cols, g->pitch_x_mm, g->pitch_y_mm, g->rate_hz, p_on_kPa);
    raw = calloc(gait_geometry_cells(g), sizeof(*raw));
    assert_non_null(raw);
    while (gait_source_next(source, raw, &meta, &err) > 0)
        contact_maker_frame(&s->maker, raw);
    free(raw);
    gait_source_free(source);
    contact_maker_close(&s->maker);
    s->f = contact_maker_measure(&s->maker);
    assert_non_null(s->f);
}

static void done(struct step *s)
{
    gait_footfall_free(s->f);
    contact_maker_done(&s->maker);
}

struct expected {
    enum gait_metric metric;
    double value, tolerance;
};

static void check(const struct gait_footfall *f, const struct expected *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(f->value[e[i].metric] <= e[i].value + e[i].tolerance &&
              f->value[e[i].metric] >= e[i].value - e[i].tolerance))
            print_error("%s:\n", gait_metric_info(e[i].metric)->name);
        assert_close_abs(f->value[e[i].metric], e[i].value, e[i].tolerance);
    }
}

/* Tolerances are half of the last digit in which the reference is printed, unless a reason stands beside. */
static const struct expected REFERENCE[] = {
    {GAIT_METRIC_FORCE_MAX, 818.625, 1e-9},
    {GAIT_METRIC_IMPULSE, 675.82, 0.005},
    {GAIT_METRIC_PEAK, 370, 0},
    {GAIT_METRIC_STANCE, 1.046, 0.0005},
    {GAIT_METRIC_CONTACT_AREA_MAX, 106.5, 1e-9},
    {GAIT_METRIC_FOOTPRINT_AREA, 126.5, 1e-9},
    {GAIT_METRIC_LENGTH, 271.6, 0.05},
    {GAIT_METRIC_TOELESS_LENGTH, 225.6, 0.05},
    {GAIT_METRIC_AXIS, 8.12, 0.005},
    {GAIT_METRIC_FFC, 9.0, 0.05},
    {GAIT_METRIC_HO, 71.65, 0.006},
    {GAIT_METRIC_HEEL31_FORCE_MAX, 595.1, 0.05},
    {GAIT_METRIC_HEEL31_IMPULSE, 305.9, 0.05},
    {GAIT_METRIC_HEEL31_SHARE, 45.3, 0.05},
    {GAIT_METRIC_HEEL31_PEAK, 355, 0},
    {GAIT_METRIC_HEEL31_PTI_PEAK, 178.6, 0.051},
    {GAIT_METRIC_HEEL31_PTI_MEAN, 77.9, 0.05},
    {GAIT_METRIC_HEEL31_SLOPE50, 4500, 5},
    {GAIT_METRIC_HEEL31_RATE_20_80, 2180, 5},
    {GAIT_METRIC_HEEL31_PEAK_TIME_PCT, 28.2, 0.05},
    {GAIT_METRIC_HEEL31_CONTACT_TIME_PCT, 72.7, 0.05},
    {GAIT_METRIC_HEEL31_ML_INDEX, 0, 0.005}, /* a ratio of 1.00 */
    {GAIT_METRIC_HEEL27_FORCE_MAX, 578.6, 0.05},
    {GAIT_METRIC_HEEL27_IMPULSE, 295.5, 0.05},
    {GAIT_METRIC_HEEL27_SHARE, 43.7, 0.05},
    {GAIT_METRIC_ARCH_INDEX, 0.227, 0.0005},
    {GAIT_METRIC_MAI, 0.083, 0.0005},
    {GAIT_METRIC_MAI_IMPULSE, 0.082, 0.0005},
    {GAIT_METRIC_CSI, 33.3, 0.05},
    {GAIT_METRIC_STAHELI, 0.50, 0.005},
    {GAIT_METRIC_MID_FORCE_MAX, 119, 0.5},
    {GAIT_METRIC_MID_SHARE, 7.8, 0.05},
    {GAIT_METRIC_MEDIAL_MID_SHARE, 0.14, 0.005},
    {GAIT_METRIC_DAI_MEAN, 0.171, 0.0005},
    {GAIT_METRIC_DAI_PEAK, 0.218, 0.0005},
    {GAIT_METRIC_DDAI, 0.015, 0.0005},
    {GAIT_METRIC_LMFI_FORE_10_30, -42, 1.2}, /* force-weighted mean; the reference does not say its mean */
    {GAIT_METRIC_LMFI_FORE_30_60, -3, 1.2},
    {GAIT_METRIC_LMFI_FORE_60_95, 36, 1.2},
    {GAIT_METRIC_PRONATION_INDEX, -0.191, 0.0005},
    {GAIT_METRIC_COP_VELOCITY_MEAN, 194.6, 0.05}, /* numpy: 3-frame mean, first and last 5 % of stance dropped */
    {GAIT_METRIC_COP_VELOCITY_MAX, 585.05, 0.05},
    {GAIT_METRIC_CPE, 24.1, 0.1},
    {GAIT_METRIC_CPEI, 26.8, 1.2}, /* 25.6 to 28 by construction */
};

/* Phases: worked by a numpy script of its own, with the same cells per region. */
static const struct expected PHASES[] = {
    {GAIT_METRIC_PHASE_ICP, 7.165134, 1e-6},
    {GAIT_METRIC_PHASE_FFCP, 12.427406, 1e-6},
    {GAIT_METRIC_PHASE_FFP, 52.052585, 1e-6},
    {GAIT_METRIC_PHASE_FFPOP, 28.354876, 1e-6},
    {GAIT_METRIC_LMFI_ICP, 10.303131, 1e-6},
    {GAIT_METRIC_LMFI_FFCP, -5.975199, 1e-6},
    {GAIT_METRIC_LMFI_FFP, 2.689714, 1e-6},
    {GAIT_METRIC_LMFI_FFPOP, 39.029989, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_LANDING_MEAN, 223.632240, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_LANDING_MAX, 311.115907, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_FLAT_MEAN, 225.740479, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_FLAT_MAX, 585.050749, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_PUSH_MEAN, 104.017692, 1e-6},
    {GAIT_METRIC_COP_VELOCITY_PUSH_MAX, 414.075954, 1e-6},
};

static void test_reference(void **state)
{
    struct step s;

    (void)state;
    measure(&s, 10);
    check(s.f, REFERENCE, sizeof(REFERENCE) / sizeof(REFERENCE[0]));
    check(s.f, PHASES, sizeof(PHASES) / sizeof(PHASES[0]));
    assert_int_equal(s.f->side, GAIT_SIDE_RIGHT);
    assert_int_equal(s.f->gait_class, GAIT_CLASS_WALKING);
    assert_int_equal(s.f->valid, 1);
    assert_int_equal(s.f->flags, GAIT_FOOTFALL_IC_EXTRAPOLATED);
    assert_int_equal(s.f->first_frame, 0);
    assert_int_equal(s.f->last_frame, 105);
    done(&s);
}

/* The reference's mean velocity of the centre of pressure keeps the ends: from its first to its last value. */
static void test_whole_path(void **state)
{
    struct step s;
    uint32_t last;
    double along;

    (void)state;
    measure(&s, 10);
    for (last = s.f->cop_frames - 1; s.f->cop_x_mm[last] != s.f->cop_x_mm[last];)
        last--;
    along =
        (s.f->cop_x_mm[last] - s.f->cop_x_mm[0]) * s.f->axis_x + (s.f->cop_y_mm[last] - s.f->cop_y_mm[0]) * s.f->axis_y;
    assert_close_abs(along / (s.f->cop_t_s[last] - s.f->cop_t_s[0]), 221, 0.5);
    done(&s);
}

struct region_row {
    enum gait_region region;
    double cells, peak_kPa, force_N, impulse_Ns, share_pct;
};

/* The region table of the specification. Its hallux has one cell of 20 kPa less than ours, M1 that one more: the valley itself. */
static const struct region_row REGIONS[] = {
    {GAIT_REGION_MH, 67, 355, 285, 151.2, 22.4}, {GAIT_REGION_LH, 73, 330, 294, 144.1, 21.3},
    {GAIT_REGION_MM, 9, 100, 11, 3.5, 0.5},      {GAIT_REGION_LM, 94, 90, 111, 50.9, 7.5},
    {GAIT_REGION_M1, 59, 280, 204, 70.1, 10.4},  {GAIT_REGION_M2, 39, 365, 199, 78.9, 11.7},
    {GAIT_REGION_M3, 43, 370, 165, 68.5, 10.1},  {GAIT_REGION_M4, 39, 195, 79, 36.9, 5.5},
    {GAIT_REGION_M5, 29, 310, 78, 40.5, 6.0},    {GAIT_REGION_HALLUX, 40, 340, 114, 29.4, 4.3},
    {GAIT_REGION_TOES25, 14, 45, 7, 1.6, 0.2},
};

static void test_regions(void **state)
{
    struct step s;

    (void)state;
    measure(&s, 10);
    for (size_t i = 0; i < sizeof(REGIONS) / sizeof(REGIONS[0]); i++) {
        const struct region_row *want = &REGIONS[i];
        const struct gait_region_numbers *got = &s.f->region[want->region];
        bool valley = want->region == GAIT_REGION_M1 || want->region == GAIT_REGION_HALLUX;

        assert_close_abs(got->cells, want->cells, valley ? 1 : 0);
        assert_close_abs(got->peak_kPa, want->peak_kPa, 0);
        assert_close_abs(got->force_max_N, want->force_N, 0.51);
        assert_close_abs(got->impulse_Ns, want->impulse_Ns, 0.12);
        assert_close_abs(got->share_pct, want->share_pct, 0.06);
    }
    done(&s);
}

static void test_thresholds(void **state)
{
    /* p_on, arch index, area, heel31 impulse, heel31 share; the arch index to the human cut's own scatter where the toe cut moves */
    static const double row[][5] = {{0, 0.227, 126.5, 305.9, 45.3},
                                    {20, 0.220, 123.0, 304.6, 45.5},
                                    {30, 0.213, 119.0, 303.1, 45.7},
                                    {40, 0.192, 106.0, 297.5, 47.7}};

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct step s;

        measure(&s, row[i][0]);
        assert_close_abs(s.f->value[GAIT_METRIC_ARCH_INDEX], row[i][1], i == 3 ? 0.002 : 0.0005);
        assert_close_abs(s.f->value[GAIT_METRIC_FOOTPRINT_AREA], row[i][2], 1e-9);
        assert_close_abs(s.f->value[GAIT_METRIC_HEEL31_IMPULSE], row[i][3], 0.05);
        assert_close_abs(s.f->value[GAIT_METRIC_HEEL31_SHARE], row[i][4], 0.06);
        done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_whole_path),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_thresholds),
    };
    char path[4096];

    if (access(recording(path), R_OK) != 0) {
        printf("skipped: no recording at %s; set GAIT_DATA to the folder that holds pressuRe/\n", path);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
