/* Which numbers a footfall may have: the validity matrix, the flags, and the reasons beside NaN (metrics.md 2.3, 5). */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "contact_maker.h"
#include "synthetic_foot.h"

static bool none(double x)
{
    return x != x;
}

static bool endless(double x)
{
    return !none(x) && none(x - x);
}

static const struct pose POSE = {110, 60, 10, false, 0};

static void step_on(struct contact_maker *m, const struct synthetic_foot *foot, const struct pose *pose, double rate_hz)
{
    contact_maker_init(m, 80, 64, 5, 5, rate_hz, 10);
    synthetic_walk_over(foot, pose, m);
}

static void slow_step(struct contact_maker *m)
{
    struct synthetic_foot foot;

    synthetic_slow(&foot);
    step_on(m, &foot, &POSE, 100);
}

static struct gait_footfall *finish(struct contact_maker *m)
{
    struct gait_footfall *f = contact_maker_measure(m);

    assert_non_null(f);
    contact_maker_done(m);
    return f;
}

static void assert_refused(const struct gait_footfall *f, enum gait_metric metric, enum gait_reason reason)
{
    if (!none(f->value[metric]) || f->reason[metric] != reason)
        print_error("%s is %g (%s)\n", gait_metric_info(metric)->name, f->value[metric],
                    gait_reason_name((enum gait_reason)f->reason[metric]));
    assert_nan(f->value[metric]);
    assert_int_equal(f->reason[metric], reason);
}

static void assert_given(const struct gait_footfall *f, enum gait_metric metric)
{
    if (none(f->value[metric]))
        print_error("%s: %s\n", gait_metric_info(metric)->name, gait_reason_name((enum gait_reason)f->reason[metric]));
    assert_false(none(f->value[metric]));
    assert_int_equal(f->reason[metric], GAIT_REASON_NONE);
}

/* No value without a reason, no reason beside a value, whatever the footfall is. */
static void assert_reasoned(const struct gait_footfall *f)
{
    for (int k = 0; k < GAIT_METRIC_COUNT; k++) {
        if (k >= GAIT_METRIC_STEP_LENGTH && k <= GAIT_METRIC_SPEED)
            continue; /* the caller's */
        if (none(f->value[k]) != (f->reason[k] != GAIT_REASON_NONE) || endless(f->value[k]))
            print_error("%s\n", gait_metric_info((enum gait_metric)k)->name);
        assert_int_equal(none(f->value[k]), f->reason[k] != GAIT_REASON_NONE);
        assert_false(endless(f->value[k]));
    }
}

static void test_full_step(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    slow_step(&m);
    m.state.subject.mass_kg = 70;
    f = finish(&m);
    assert_reasoned(f);
    assert_int_equal(f->valid, 1);
    for (int k = 0; k < GAIT_METRIC_COUNT; k++) {
        bool other = (k >= GAIT_METRIC_STEP_LENGTH && k <= GAIT_METRIC_SPEED) || k == GAIT_METRIC_HEEL31_RATE_MAX ||
                     (k >= GAIT_METRIC_TROUGH && k <= GAIT_METRIC_F2_TIME) || /* one hump */
                     (k >= GAIT_METRIC_STATIC_ARCH_INDEX && k <= GAIT_METRIC_STANDING_LOAD);

        if (!other)
            assert_given(f, (enum gait_metric)k);
    }
    assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX_BW], f->value[GAIT_METRIC_FORCE_MAX] / (70 * 9.80665) * 100, 1e-12);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_SLOPE50_BW], f->value[GAIT_METRIC_HEEL31_SLOPE50] / (70 * 9.80665),
                     1e-12);
    gait_footfall_free(f);
}

static void test_no_mass(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    slow_step(&m);
    f = finish(&m);
    assert_reasoned(f);
    assert_refused(f, GAIT_METRIC_FORCE_MAX_BW, GAIT_REASON_NO_MASS);
    assert_refused(f, GAIT_METRIC_HEEL31_IMPULSE_BW, GAIT_REASON_NO_MASS);
    assert_refused(f, GAIT_METRIC_DMF_MEAN, GAIT_REASON_NO_MASS);
    assert_refused(f, GAIT_METRIC_HEEL31_RATE_MAX, GAIT_REASON_LOW_FS);
    gait_footfall_free(f);
}

static struct gait_footfall *flagged(uint32_t flags)
{
    struct contact_maker m;

    slow_step(&m);
    m.contact.flags = flags;
    return finish(&m);
}

static void test_partial(void **state)
{
    struct gait_footfall *f = flagged(GAIT_FOOTFALL_PARTIAL);

    (void)state;
    assert_reasoned(f);
    assert_int_equal(f->valid, 0);
    assert_int_equal(f->side_print, GAIT_SIDE_UNKNOWN); /* the print abstains */
    assert_refused(f, GAIT_METRIC_ARCH_INDEX, GAIT_REASON_PARTIAL);
    assert_refused(f, GAIT_METRIC_IMPULSE, GAIT_REASON_PARTIAL);
    assert_refused(f, GAIT_METRIC_LENGTH, GAIT_REASON_PARTIAL);
    assert_refused(f, GAIT_METRIC_HEEL31_IMPULSE, GAIT_REASON_PARTIAL); /* nobody knows this foot's length */
    assert_true(none(f->region[GAIT_REGION_M1].impulse_Ns));
    gait_footfall_free(f);
}

/* The forefoot runs off the mat. Where the foot's length is known, its heel can still be measured. */
static struct gait_footfall *forefoot_off(double length_mm)
{
    struct synthetic_foot foot;
    struct pose pose = {160, 400 - 150, 0, false, 0};
    struct contact_maker m;

    synthetic_slow(&foot);
    step_on(&m, &foot, &pose, 100);
    m.contact.flags = GAIT_FOOTFALL_PARTIAL;
    m.contact.side_override = GAIT_SIDE_RIGHT;
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    m.state.session.length_mm[1] = length_mm;
    return finish(&m);
}

static void test_partial_with_whole_heel(void **state)
{
    struct gait_footfall *f = forefoot_off(272), *unknown = forefoot_off((double)NAN), *whole;
    struct contact_maker m;

    (void)state;
    slow_step(&m);
    whole = finish(&m);
    assert_reasoned(f);
    assert_given(f, GAIT_METRIC_HEEL31_IMPULSE);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_IMPULSE], whole->value[GAIT_METRIC_HEEL31_IMPULSE], 0.02);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_PEAK], whole->value[GAIT_METRIC_HEEL31_PEAK], 0.03);
    assert_refused(f, GAIT_METRIC_HEEL31_SHARE, GAIT_REASON_PARTIAL);
    assert_refused(f, GAIT_METRIC_CPEI, GAIT_REASON_PARTIAL);
    assert_int_equal(f->valid, 0);
    assert_refused(unknown, GAIT_METRIC_HEEL31_IMPULSE, GAIT_REASON_PARTIAL);
    gait_footfall_free(f);
    gait_footfall_free(unknown);
    gait_footfall_free(whole);
}

static void test_shorter_than_before(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    slow_step(&m);
    m.state.session.length_mm[1] = 330;
    m.state.session.steps[1] = 3;
    f = finish(&m);
    assert_true(f->flags & GAIT_FOOTFALL_PARTIAL);
    assert_refused(f, GAIT_METRIC_ARCH_INDEX, GAIT_REASON_PARTIAL);
    gait_footfall_free(f);
    slow_step(&m);
    m.state.session.length_mm[1] = 300; /* 272 is more than 0.85 of it */
    m.state.session.steps[1] = 3;
    f = finish(&m);
    assert_false(f->flags & GAIT_FOOTFALL_PARTIAL);
    gait_footfall_free(f);
}

static void test_merged_cut_gap(void **state)
{
    struct gait_footfall *merged = flagged(GAIT_FOOTFALL_MERGED_FEET), *cut = flagged(GAIT_FOOTFALL_CUT);
    struct gait_footfall *gap = flagged(GAIT_FOOTFALL_GAP), *filled = flagged(GAIT_FOOTFALL_GAP_FILLED);

    (void)state;
    assert_reasoned(merged);
    assert_reasoned(cut);
    assert_reasoned(gap);
    assert_refused(merged, GAIT_METRIC_HEEL31_PEAK, GAIT_REASON_MERGED_FEET);
    assert_refused(cut, GAIT_METRIC_STANCE, GAIT_REASON_CUT);
    assert_refused(gap, GAIT_METRIC_HEEL31_SLOPE50, GAIT_REASON_GAP);
    assert_refused(gap, GAIT_METRIC_DAI_MEAN, GAIT_REASON_GAP);
    assert_refused(gap, GAIT_METRIC_HO, GAIT_REASON_GAP);
    assert_given(gap, GAIT_METRIC_PEAK);
    assert_given(gap, GAIT_METRIC_HEEL31_PEAK);
    assert_given(filled, GAIT_METRIC_DAI_MEAN);
    assert_int_equal(merged->valid + cut->valid + gap->valid, 0);
    assert_int_equal(filled->valid, 1);
    gait_footfall_free(merged);
    gait_footfall_free(cut);
    gait_footfall_free(gap);
    gait_footfall_free(filled);
}

/* Forefoot first, then a light heel. */
static void test_forefoot_strike(void **state)
{
    struct synthetic_foot foot;
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    synthetic_slow(&foot);
    foot.blob[0].from = 0.25;
    for (int b = 2; b < 7; b++)
        foot.blob[b].from = -0.05;
    step_on(&m, &foot, &POSE, 100);
    m.contact.progression_x = sin(10 * M_PI / 180);
    m.contact.progression_y = cos(10 * M_PI / 180);
    f = finish(&m);
    assert_reasoned(f);
    assert_true(f->flags & GAIT_FOOTFALL_NOT_HEEL_STRIKE);
    assert_true(f->value[GAIT_METRIC_STRIKE_INDEX] > 2.0 / 3);
    assert_refused(f, GAIT_METRIC_HEEL31_IMPULSE, GAIT_REASON_NO_HEEL_STRIKE);
    assert_given(f, GAIT_METRIC_HEEL31_SHARE);
    assert_refused(f, GAIT_METRIC_DAI_MEAN, GAIT_REASON_NO_HEEL_STRIKE);
    assert_refused(f, GAIT_METRIC_CPEI, GAIT_REASON_NO_HEEL_STRIKE);
    assert_given(f, GAIT_METRIC_ARCH_INDEX); /* the heel does land, on more than 15 cm2 */
    assert_given(f, GAIT_METRIC_PRONATION_INDEX);
    assert_int_equal(f->valid, 1);
    gait_footfall_free(f);
}

static void test_toe_runner(void **state)
{
    struct synthetic_foot foot;
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    synthetic_slow(&foot);
    foot.blob[0].kPa = 12; /* a heel that hardly touches */
    synthetic_arch(&foot, 0, 10);
    for (int b = 2; b < 7; b++)
        foot.blob[b].from = -0.05;
    step_on(&m, &foot, &POSE, 100);
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    f = finish(&m);
    assert_reasoned(f);
    assert_refused(f, GAIT_METRIC_ARCH_INDEX, GAIT_REASON_NO_HEEL_STRIKE);
    gait_footfall_free(f);
}

/* Both halves land within 15 ms: seen only where frames come at least every 7.5 ms. */
static void test_flat_landing(void **state)
{
    struct synthetic_foot foot;
    struct contact_maker m;
    struct gait_footfall *fast, *coarse;

    (void)state;
    synthetic_slow(&foot);
    foot.blob[0].kPa = 400;
    for (int b = 2; b < 7; b++)
        foot.blob[b].from = -0.11;
    step_on(&m, &foot, &POSE, 500);
    fast = finish(&m);
    step_on(&m, &foot, &POSE, 100);
    coarse = finish(&m);
    assert_true(fast->flags & GAIT_FOOTFALL_NOT_HEEL_STRIKE);
    assert_int_equal(!!(coarse->flags & GAIT_FOOTFALL_NOT_HEEL_STRIKE),
                     !(coarse->value[GAIT_METRIC_STRIKE_INDEX] < 1.0 / 3));
    gait_footfall_free(fast);
    gait_footfall_free(coarse);
}

static void test_standing(void **state)
{
    struct synthetic_foot foot;
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    synthetic_slow(&foot);
    foot.stance_s = 6;
    for (int b = 0; b < foot.blobs; b++) {
        foot.blob[b].from = -0.3;
        foot.blob[b].to = 1.3;
    }
    step_on(&m, &foot, &POSE, 50);
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    f = finish(&m);
    assert_reasoned(f);
    assert_int_equal(f->gait_class, GAIT_CLASS_STANDING);
    assert_int_equal(f->valid, 0);
    assert_refused(f, GAIT_METRIC_ARCH_INDEX, GAIT_REASON_STANDING);
    assert_given(f, GAIT_METRIC_STATIC_ARCH_INDEX);
    assert_refused(f, GAIT_METRIC_DAI_MEAN, GAIT_REASON_STANDING);
    assert_refused(f, GAIT_METRIC_HEEL31_IMPULSE, GAIT_REASON_STANDING);
    assert_given(f, GAIT_METRIC_HEEL31_SHARE);
    gait_footfall_free(f);
}

/* The centre of pressure goes round an ellipse of known axes: its path is a polygon, its covariance half of the squared axes. */
static void test_sway(void **state)
{
    enum { FRAMES = 400 };
    struct contact_maker m;
    struct gait_footfall *f;
    float kPa[60 * 40];
    double path = 0;

    (void)state;
    contact_maker_init(&m, 60, 40, 5, 5, 100, 0);
    for (int k = 0; k < FRAMES;
         k++) { /* four heavy corners of a rectangle 100 x 200 mm: their weights place the centre */
        double a = 2 * M_PI * k / FRAMES, x = 0.5 + 0.05 * cos(a), y = 0.5 + 0.02 * sin(a);

        for (int i = 0; i < 60 * 40; i++)
            kPa[i] = 0;
        for (int r = 0; r < 8; r++)
            for (int c = 0; c < 8; c++) {
                kPa[(10 + r) * 40 + 8 + c] = (float)(300 * (1 - x) * (1 - y));
                kPa[(10 + r) * 40 + 20 + c] = (float)(300 * x * (1 - y));
                kPa[(40 + r) * 40 + 8 + c] = (float)(300 * (1 - x) * y);
                kPa[(40 + r) * 40 + 20 + c] = (float)(300 * x * y);
            }
        contact_maker_frame(&m, kPa);
        path += k ? hypot(3 * (cos(a) - cos(a - 2 * M_PI / FRAMES)), 3 * (sin(a) - sin(a - 2 * M_PI / FRAMES))) : 0;
    }
    contact_maker_close(&m);
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    f = finish(&m);
    assert_int_equal(f->gait_class, GAIT_CLASS_STANDING);
    assert_close_rel(f->value[GAIT_METRIC_SWAY_PATH], path,
                     1e-4); /* 60 mm x 0.05 and 150 mm x 0.02: a circle of 3 mm */
    assert_close_rel(f->value[GAIT_METRIC_SWAY_VELOCITY], path / 3.99, 1e-4);
    assert_close_rel(f->value[GAIT_METRIC_SWAY_ELLIPSE], M_PI * 5.991465 * 0.045 * 400 / 399, 1e-4);
    assert_close_rel(f->value[GAIT_METRIC_STANDING_LOAD], 300 * 64 * 25e-3, 1e-6);
    assert_reasoned(f);
    gait_footfall_free(f);
}

static void test_running(void **state)
{
    struct synthetic_foot foot;
    struct contact_maker m;
    struct gait_footfall *run, *light, *unknown;

    (void)state;
    synthetic_slow(&foot);
    foot.stance_s = 0.26;
    for (int i = 0; i < 3; i++) {
        struct gait_footfall **f = i == 0 ? &run : i == 1 ? &light : &unknown;

        step_on(&m, &foot, &POSE, 200);
        m.state.subject.mass_kg = i == 0 ? 45 : i == 1 ? 90 : (double)NAN;
        *f = finish(&m);
    }
    assert_int_equal(run->gait_class, GAIT_CLASS_RUNNING);
    assert_int_equal(run->valid, 1);
    assert_int_equal(light->gait_class, GAIT_CLASS_WALKING); /* too short to be a walking step */
    assert_true(light->flags & GAIT_FOOTFALL_TOO_SHORT);
    assert_int_equal(unknown->gait_class, GAIT_CLASS_UNKNOWN);
    assert_int_equal(unknown->valid, 1);
    gait_footfall_free(run);
    gait_footfall_free(light);
    gait_footfall_free(unknown);
}

static void test_side(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    slow_step(&m);
    m.contact.side_override = GAIT_SIDE_LEFT; /* the operator wins over the print, and it is logged */
    f = finish(&m);
    assert_int_equal(f->side, GAIT_SIDE_LEFT);
    assert_int_equal(f->side_print, GAIT_SIDE_RIGHT);
    assert_true(f->flags & GAIT_FOOTFALL_SIDE_OVERRIDE);
    assert_close_abs(f->value[GAIT_METRIC_SIDE_CONFIDENCE], 1, 0);
    gait_footfall_free(f);

    slow_step(&m);
    m.contact.expected_side = GAIT_SIDE_LEFT; /* the other foot came: kept, not counted */
    f = finish(&m);
    assert_int_equal(f->side, GAIT_SIDE_RIGHT);
    assert_int_equal(f->valid, 0);
    assert_true(f->flags & GAIT_FOOTFALL_SIDE_CHECK);
    gait_footfall_free(f);

    slow_step(&m);
    m.contact.flags = GAIT_FOOTFALL_PARTIAL;
    m.contact.expected_side = GAIT_SIDE_RIGHT; /* the print says nothing: the protocol does */
    f = finish(&m);
    assert_int_equal(f->side, GAIT_SIDE_RIGHT);
    gait_footfall_free(f);
}

static void test_progression_angle(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;
    double right;

    (void)state;
    slow_step(&m); /* a right foot turned 10 degrees outwards */
    m.contact.progression_x = 0;
    m.contact.progression_y = 2; /* any length will do */
    f = finish(&m);
    right = f->value[GAIT_METRIC_PROGRESSION_ANGLE];
    assert_close_abs(right, f->value[GAIT_METRIC_AXIS], 1e-9);
    assert_true(right > 4);
    assert_close_abs(f->progression_y, 1, 1e-12);
    gait_footfall_free(f);
    slow_step(&m);
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    m.contact.side_override = GAIT_SIDE_LEFT; /* for a left foot the same turn is inwards */
    f = finish(&m);
    assert_true(f->value[GAIT_METRIC_PROGRESSION_ANGLE] < 0);
    gait_footfall_free(f);
}

static void test_treadmill(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    slow_step(&m);
    m.state.parameters.surface = GAIT_TREADMILL;
    f = finish(&m);
    assert_reasoned(f);
    assert_given(f, GAIT_METRIC_IMPULSE);
    assert_given(f, GAIT_METRIC_F1);
    assert_refused(f, GAIT_METRIC_ARCH_INDEX, GAIT_REASON_TREADMILL);
    assert_refused(f, GAIT_METRIC_HEEL31_IMPULSE, GAIT_REASON_TREADMILL);
    assert_refused(f, GAIT_METRIC_LENGTH, GAIT_REASON_TREADMILL);
    gait_footfall_free(f);
    slow_step(&m);
    m.state.parameters.surface = GAIT_TREADMILL;
    m.state.parameters.belt_speed_m_per_s = 1.2;
    f = finish(&m);
    assert_given(f, GAIT_METRIC_ARCH_INDEX);
    gait_footfall_free(f);
}

/* A ball, and a child's finger: measured, flagged, not valid. */
static void test_not_a_step(void **state)
{
    struct synthetic_foot ball = {.blob = {{0, 0, 6, 6, 200, 0, 1}}, .blobs = 1, .stance_s = 0.05};
    struct contact_maker m;
    struct gait_footfall *f;

    (void)state;
    step_on(&m, &ball, &(struct pose){150, 150, 0, false, 0}, 200);
    f = finish(&m);
    assert_reasoned(f);
    assert_int_equal(f->valid, 0);
    assert_true(f->flags & GAIT_FOOTFALL_TOO_LIGHT);
    assert_true(f->flags & GAIT_FOOTFALL_TOO_SHORT);
    assert_true(f->flags & GAIT_FOOTFALL_TOO_SMALL);
    gait_footfall_free(f);
}

static void test_filled_peak(void **state)
{
    struct contact_maker m;
    struct gait_footfall *f;
    uint8_t filled[80 * 64];

    (void)state;
    for (size_t i = 0; i < sizeof(filled); i++)
        filled[i] = 1;
    slow_step(&m);
    m.contact.filled = filled;
    f = finish(&m);
    assert_true(f->flags & GAIT_FOOTFALL_PEAK_INTERP);
    gait_footfall_free(f);
}

/* One cell, one frame; two frames; a line of cells: every value is a number or NaN with its reason. */
static void test_odd_shapes(void **state)
{
    (void)state;
    for (int shape = 0; shape < 6; shape++) {
        struct contact_maker m;
        struct gait_footfall *f;
        float kPa[40 * 40] = {0};

        contact_maker_init(&m, 40, 40, 5, 7, 100, 10);
        for (int i = 0; i < 30; i++)
            if (shape < 2 ? i == 0 : 1)
                kPa[shape == 4 ? i * 40 : shape == 5 ? i * 41 : i] = 900;
        for (int k = 0; k < (shape % 2 ? 1 : 40); k++)
            contact_maker_frame(&m, kPa);
        contact_maker_close(&m);
        f = finish(&m);
        assert_reasoned(f);
        for (int c = 0; c < GAIT_CURVE_COUNT; c++)
            for (int i = 0; i < GAIT_CURVE_SAMPLES; i++)
                assert_false(endless(f->curve[c][i]));
        gait_footfall_free(f);
    }
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)rand() % n;
}

/* Anything at all: never a crash, never a number without sense. */
static void test_anything(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 600; i++) {
        struct contact_maker m;
        struct gait_footfall *f;
        uint32_t rows = 1 + below(40), cols = 1 + below(40), frames = 1 + below(60), some = 1 + below(rows * cols);
        float kPa[40 * 40];

        contact_maker_init(&m, rows, cols, 1 + below(12), 1 + below(12), 20 + below(500), below(2) * 10);
        for (uint32_t k = 0; k < frames; k++) {
            for (uint32_t c = 0; c < rows * cols; c++)
                kPa[c] = below(rows * cols) < some ? (float)below(400) : 0;
            contact_maker_frame(&m, kPa);
        }
        contact_maker_close(&m);
        m.contact.flags = below(4) ? 0 : 1u << below(26);
        m.contact.side_override = (uint8_t)below(3);
        m.state.subject.mass_kg = below(2) ? 70 : (double)NAN;
        if (m.frames && (f = contact_maker_measure(&m))) {
            assert_reasoned(f);
            gait_footfall_free(f);
        }
        contact_maker_done(&m);
    }
}

static void test_bad_input(void **state)
{
    struct gait_measure_scratch *s;
    struct gait_footfall *f;
    struct contact_maker m;
    struct gait_contact c;
    uint32_t beyond[1] = {80 * 64};

    (void)state;
    slow_step(&m);
    assert_int_equal(gait_measure_scratch_new(&m.state.geometry, 0, 0, &s), -EINVAL);
    assert_int_equal(gait_measure_scratch_new(NULL, 10, 0, &s), -EINVAL);
    assert_int_equal(gait_measure_scratch_new(&m.state.geometry, 20, 100, &s), 0);
    assert_int_equal(gait_footfall_new(20, 100, &f), 0);
    assert_int_equal(gait_measure(&m.contact, s, f), -ENOSPC); /* 70 frames into 20 */
    c = m.contact;
    c.frames = 20;
    assert_int_equal(gait_measure(&c, s, f), -ENOSPC); /* more than 100 cells */
    c.frames = 0;
    assert_int_equal(gait_measure(&c, s, f), -EINVAL);
    c.frames = 1;
    c.first = (uint32_t[]){0, 1};
    c.cell = beyond;
    assert_int_equal(gait_measure(&c, s, f), -EINVAL);
    c.cell = (uint32_t[]){5};
    assert_int_equal(gait_measure(&c, s, f), 0); /* the scratch is clean after every refusal */
    assert_int_equal(f->rows * f->cols, 1);
    gait_measure_scratch_free(s);
    gait_measure_scratch_free(NULL);
    gait_footfall_free(f);
    contact_maker_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_step),
        cmocka_unit_test(test_no_mass),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_partial_with_whole_heel),
        cmocka_unit_test(test_shorter_than_before),
        cmocka_unit_test(test_merged_cut_gap),
        cmocka_unit_test(test_forefoot_strike),
        cmocka_unit_test(test_toe_runner),
        cmocka_unit_test(test_flat_landing),
        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_sway),
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_side),
        cmocka_unit_test(test_progression_angle),
        cmocka_unit_test(test_treadmill),
        cmocka_unit_test(test_not_a_step),
        cmocka_unit_test(test_filled_peak),
        cmocka_unit_test(test_odd_shapes),
        cmocka_unit_test(test_anything),
        cmocka_unit_test(test_bad_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
