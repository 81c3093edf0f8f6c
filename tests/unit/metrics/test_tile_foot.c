/* Feet made of rectangles whose numbers can be said exactly: metrics.md 10, T1 (areas), T2 (time windows), T4 (centre-of-pressure excursion). */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contact_maker.h"
#include "metrics/foot.h"
#include "synthetic_foot.h"

enum { ROWS = 48, COLS = 32, ROW0 = 5, COL0 = 8 };

struct tile {
    int rows, cols;
    double kPa, from_s, to_s;
};

static const struct tile FOOT[3] = {{8, 12, 200, 0, 0.40}, {8, 6, 50, 0.10, 0.50}, {8, 16, 150, 0.20, 0.70}};

static void lay(float *kPa, int row0, const struct tile *t, double factor, int tall)
{
    for (int r = 0; r < t->rows * tall; r++)
        for (int c = 0; c < t->cols; c++)
            kPa[(row0 + r) * COLS + COL0 + 8 - t->cols / 2 + c] = (float)(t->kPa * factor);
}

/* All three tiles at once, for `frames` frames; a toe block after a gap when asked for; rows stretched by `tall`. */
static void stand_on(struct contact_maker *m, bool toes, int tall, int frames)
{
    static const struct tile toe = {3, 6, 120, 0, 0};
    float kPa[ROWS * 2 * COLS] = {0};

    contact_maker_init(m, ROWS * 2, COLS, 5, 5, 100, 0);
    for (int t = 0; t < 3; t++)
        lay(kPa, ROW0 + 8 * t * tall, &FOOT[t], 1, tall);
    if (toes)
        lay(kPa, ROW0 + 25 * tall, &toe, 1, tall);
    for (int k = 0; k < frames; k++)
        contact_maker_frame(m, kPa);
    contact_maker_close(m);
    m->contact.first_frame++; /* of a longer recording: it was not down before */
    m->contact.last_frame++;
    m->contact.progression_x = 0;
    m->contact.progression_y = 1;
}

static struct gait_footfall *measured(struct contact_maker *m)
{
    struct gait_footfall *f = contact_maker_measure(m);

    assert_non_null(f);
    return f;
}

static void check_areas(bool toes, int tall)
{
    struct contact_maker m;
    struct gait_footfall *f;

    stand_on(&m, toes, tall, 60);
    f = measured(&m);
    assert_close_abs(f->value[GAIT_METRIC_TOELESS_LENGTH], 120 * tall, 1e-9);
    assert_close_abs(f->region[GAIT_REGION_THIRD_MID].area_cm2, 12 * tall, 1e-9);
    assert_int_equal(!!(f->flags & GAIT_FOOTFALL_NO_TOES), !toes);
    assert_int_equal(f->side_print, GAIT_SIDE_UNKNOWN); /* it is symmetric: the axis is that of the print alone */
    gait_footfall_free(f);
    contact_maker_done(&m);
}

/* No heel strike can be made of a foot that comes down all at once: the print indices are asked of the windowed foot instead. */
static void walk_over(struct contact_maker *m, bool toes, int tall)
{
    static const struct tile toe = {3, 6, 120, 0.30, 0.70};
    float kPa[ROWS * 2 * COLS];

    contact_maker_init(m, ROWS * 2, COLS, 5, 5, 100, 0);
    for (int k = 0; k <= 70; k++) {
        memset(kPa, 0, sizeof(kPa));
        for (int t = 0; t < 3; t++)
            lay(kPa, ROW0 + 8 * t * tall, &FOOT[t], raised_cosine(k * 0.01, FOOT[t].from_s, FOOT[t].to_s), tall);
        if (toes)
            lay(kPa, ROW0 + 25 * tall, &toe, raised_cosine(k * 0.01, toe.from_s, toe.to_s), tall);
        contact_maker_frame(m, kPa);
    }
    contact_maker_close(m);
}

static void check_indices(bool toes, int tall)
{
    struct contact_maker m;
    struct gait_footfall *f;

    walk_over(&m, toes, tall);
    f = measured(&m);
    assert_close_abs(f->value[GAIT_METRIC_ARCH_INDEX], 48.0 / 272, 1e-12);
    assert_close_abs(f->value[GAIT_METRIC_CSI], 37.5, 1e-9);
    assert_close_abs(f->value[GAIT_METRIC_STAHELI], 0.5, 1e-12);
    assert_close_abs(f->value[GAIT_METRIC_MAI], 60.0 / 1020, 1e-6);
    gait_footfall_free(f);
    contact_maker_done(&m);
}

/* A symmetric print has no side: what needs medial and lateral is refused, the rest is not. */
static void test_no_side(void **state)
{
    static const enum gait_metric sided[] = {
        GAIT_METRIC_FMC,         GAIT_METRIC_PHASE_FFP,        GAIT_METRIC_CPEI,
        GAIT_METRIC_LMFI_TO,     GAIT_METRIC_MEDIAL_MID_SHARE, GAIT_METRIC_PRONATION_INDEX,
        GAIT_METRIC_HALLUX_PEAK, GAIT_METRIC_HEEL31_ML_INDEX,  GAIT_METRIC_PROGRESSION_ANGLE};
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    walk_over(&m, true, 2);
    f = measured(&m);
    assert_int_equal(f->side, GAIT_SIDE_UNKNOWN);
    for (size_t i = 0; i < sizeof(sided) / sizeof(sided[0]); i++) {
        assert_nan(f->value[sided[i]]);
        assert_int_equal(f->reason[sided[i]], GAIT_REASON_SIDE_UNKNOWN);
    }
    assert_nan(f->region[GAIT_REGION_M1].force_max_N);
    assert_int_equal(f->reason[GAIT_METRIC_HO], GAIT_REASON_NONE);
    assert_int_equal(f->reason[GAIT_METRIC_MID_SHARE], GAIT_REASON_NONE);
    gait_footfall_free(f);
    contact_maker_done(&m);
}

static void test_t1_areas(void **state)
{
    (void)state;
    for (int toes = 0; toes < 2; toes++)
        for (int tall = 1; tall <= 2; tall++) {
            check_areas(toes, tall);
            check_indices(toes, tall);
        }
}

static void test_t1_centre(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    stand_on(&m, false, 1, 60);
    f = measured(&m);
    for (uint32_t k = 0; k < f->cop_frames; k++) {
        assert_close_abs(f->cop_force_N[k], 1020, 1e-9);
        assert_close_abs(f->cop_y_mm[k] - ROW0 * 5, 60, 1e-9);
        assert_close_abs(f->cop_x_mm[k], (COL0 + 8) * 5, 1e-9);
    }
    gait_footfall_free(f);
    contact_maker_done(&m);
}

static void test_t2_impulses(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;
    const struct gait_region_numbers *r;

    (void)state;
    walk_over(&m, false, 1);
    f = measured(&m);
    r = &f->region[GAIT_REGION_THIRD_HEEL];
    /* float pressures: 1e-7 relative */
    assert_close_rel(f->value[GAIT_METRIC_IMPULSE], 228, 1e-7);
    assert_close_rel(r[0].impulse_Ns, 96, 1e-7);
    assert_close_rel(r[1].impulse_Ns, 12, 1e-7);
    assert_close_rel(r[2].impulse_Ns, 120, 1e-7);
    assert_close_rel(r[0].share_pct, 42.105263, 1e-7);
    assert_close_rel(r[1].share_pct, 5.263158, 1e-7);
    assert_close_rel(r[2].share_pct, 52.631579, 1e-7);
    assert_close_rel(f->value[GAIT_METRIC_MID_SHARE], 5.263158, 1e-7);
    assert_close_rel(r[0].pti_peak_kPas, 40, 1e-7);
    assert_close_rel(r[0].pti_mean_kPas, 40, 1e-7);
    assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX], 515.064, 1e-6);
    gait_footfall_free(f);
    contact_maker_done(&m);
}

static void test_t2_one_frame(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;
    uint32_t at30;

    (void)state;
    walk_over(&m, false, 1);
    f = measured(&m);
    at30 = 30 - (uint32_t)f->first_frame;
    assert_close_rel(f->cop_force_N[at30], 240 + 60 + 165.835921, 1e-7);
    assert_close_rel(f->cop_y_mm[at30] - ROW0 * 5, 53.631742, 1e-7);
    assert_close_rel(f->heel_force_N[at30], 240 * 7.0 / 8,
                     1e-7); /* heel31: 7 of the 8 rows have their centre below 0.31 L */
    gait_footfall_free(f);
    contact_maker_done(&m);
}

/* The rates are pure functions of a series: no rate limit of the validity rules in the way. */
static void test_t2_rates(void **state)
{
    struct contact_maker m;
    struct gait_measure_scratch *s;
    double y[73] = {0};

    (void)state;
    walk_over(&m, false, 1);
    assert_int_equal(gait_measure_scratch_new(&m.state.geometry, 100, 0, &s), 0);
    s->frames = 71;
    for (int k = 0; k <= 72; k++) {
        s->t_s[k] = 0.01 * (k - 1);
        y[k] = k ? 480 * raised_cosine(s->t_s[k], 0, 0.40) : 0;
    }
    assert_close_rel(foot_rate_20_80(s, y, 21), 3510.17, 2e-6);
    assert_close_rel(foot_rate_max(s, y, 21), 3754.43, 2e-6);
    for (int k = 0; k <= 72; k++) /* a third of the window: too few samples on the way up */
        y[k] = k ? 480 * raised_cosine(s->t_s[k], 0, 0.14) : 0;
    assert_nan(foot_rate_20_80(s, y, 8));
    gait_measure_scratch_free(s);
    contact_maker_done(&m);
}

/* Exactly four samples between 20 and 80 % are one too few, five are enough. */
static void test_fewest_samples(void **state)
{
    const struct gait_geometry g = {
        .rows = 4, .cols = 4, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_F32};
    struct gait_measure_scratch *s;

    (void)state;
    assert_int_equal(gait_measure_scratch_new(&g, 20, 0, &s), 0);
    for (int samples = 4; samples <= 5; samples++) {
        double y[13] = {0, 10}, step = 60.0 / samples;

        s->frames = 11;
        for (int k = 0; k <= 12; k++)
            s->t_s[k] = 0.01 * (k - 1);
        for (int k = 2; k < 2 + samples; k++)
            y[k] = 20 + step * (k - 1.5);
        y[2 + samples] = 100;
        if (samples < 5)
            assert_nan(foot_rate_20_80(s, y, 6));
        else
            assert_true(foot_rate_20_80(s, y, 7) > 0);
    }
    gait_measure_scratch_free(s);
}

static void drop_two(struct contact_maker *m, uint32_t at)
{
    uint32_t gone = m->first[at + 2] - m->first[at], from = m->first[at + 2], count = m->first[m->frames] - from;

    memmove(m->cell + from - gone, m->cell + from, count * sizeof(*m->cell));
    memmove(m->p_kPa + from - gone, m->p_kPa + from, count * sizeof(*m->p_kPa));
    for (uint32_t k = at; k + 2 <= m->frames; k++)
        m->first[k] = m->first[k + 2] - gone;
    for (uint32_t k = at; k + 2 < m->frames; k++)
        m->t_ns[k] = m->t_ns[k + 2];
    m->frames -= 2;
    m->contact.frames -= 2;
}

/* Frames that were lost leave longer intervals: the integral is the trapezoid over the times that are there. */
static void test_lost_frames(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;
    double sum = 0;

    (void)state;
    walk_over(&m, false, 1);
    drop_two(&m, 20);
    f = measured(&m);
    for (uint32_t k = 1; k < f->cop_frames; k++)
        sum += 0.5 * (f->cop_force_N[k] + f->cop_force_N[k - 1]) * (f->cop_t_s[k] - f->cop_t_s[k - 1]);
    sum += 0.5 * 0.01 * (f->cop_force_N[0] + f->cop_force_N[f->cop_frames - 1]);
    assert_close_abs(f->cop_t_s[20] - f->cop_t_s[19], 0.03, 1e-9);
    assert_close_rel(f->value[GAIT_METRIC_IMPULSE], sum, 1e-12);
    gait_footfall_free(f);
    contact_maker_done(&m);
}

static void put_tile(struct gait_measure_scratch *s, double from_u, double to_u, double width)
{
    for (double u = from_u + 2.5; u < to_u; u += 5)
        for (double v = -0.5 * width + 2.5; v < 0.5 * width; v += 5)
            s->print[s->cells++] = (struct foot_cell){.u = u, .v = v, .max_kPa = 100};
}

/* Straight borders, width 90, length 240; the centre of pressure runs from 10 to 230 and bows out by 4 e s (1 - s). */
static void excursion(double e, struct gait_footfall *f)
{
    const struct gait_geometry g = {
        .rows = 60, .cols = 40, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_F32};
    struct gait_measure_scratch *s;

    assert_int_equal(gait_measure_scratch_new(&g, 300, 0, &s), 0);
    s->axis = (struct vec2){0, 1};
    s->lateral = (struct vec2){1, 0};
    s->pitch_u = s->pitch_v = 5;
    s->length = 240;
    put_tile(s, 0, 240, 90);
    s->frames = 221;
    s->force_max_N = 500;
    for (int k = 1; k <= 221; k++) {
        double part = (k - 1) / 220.0;

        s->t_s[k] = 0.01 * k;
        s->force[GAIT_REGION_FOOT][k] = 500;
        s->cop_u[k] = 10 + 220 * part;
        s->cop_v[k] = 4 * e * part * (1 - part);
    }
    foot_tangents_find(s, &s->tangents);
    foot_cpei(s, f);
    gait_measure_scratch_free(s);
}

static void test_t4_excursion(void **state)
{
    struct gait_footfall *f;

    (void)state;
    assert_int_equal(gait_footfall_new(1, 1, &f), 0);
    excursion(12, f);
    assert_close_rel(f->value[GAIT_METRIC_CPE], 10.413223, 1e-7);
    assert_close_rel(f->value[GAIT_METRIC_CPEI], 11.570248, 1e-7);
    assert_close_rel(f->value[GAIT_METRIC_CPEI_AXIS], 11.570248, 1e-7);
    assert_close_abs(f->cpei_third.y0, 160, 1e-9);
    assert_close_abs(fabs(f->cpei_width.x1 - f->cpei_width.x0), 90, 1e-9);
    excursion(0, f);
    assert_close_abs(f->value[GAIT_METRIC_CPEI], 0, 1e-12);
    excursion(-12, f);
    assert_close_rel(f->value[GAIT_METRIC_CPEI], -11.570248, 1e-7);
    gait_footfall_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t1_areas),     cmocka_unit_test(test_no_side),        cmocka_unit_test(test_t1_centre),
        cmocka_unit_test(test_t2_impulses),  cmocka_unit_test(test_t2_one_frame),   cmocka_unit_test(test_t2_rates),
        cmocka_unit_test(test_t4_excursion), cmocka_unit_test(test_fewest_samples), cmocka_unit_test(test_lost_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
