/* The rules of one person: which passes stand against which, each refusal and warning. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assert_close.h"

#include "design_data.h"

static struct gait_design_comparison judged(enum gait_metric metric)
{
    struct gait_design_comparison c;
    size_t n = check();

    assert_int_equal(gait_design_compare(&study.data, &study.plan, NULL, "post0", metric, study.plan.foot, &c), 0);
    assert_int_equal(gait_design_judge(&study.plan, finding, n, &c, 1), 0);
    return c;
}

static void two_timepoints(size_t pre, size_t post)
{
    begin();
    put_passes("S1", "pre1", pre, 300);
    put_passes("S1", "post0", post, 200);
}

static void good_data_are_compared(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 8);
    assert_int_equal(refusals(), 0);
    assert_int_equal(study.plan.kind, GAIT_DESIGN_ONE_PERSON);
    assert_string_equal(study.plan.baseline, "pre1");
    assert_int_equal(found("no_control_arm", GAIT_DESIGN_NOTE), 1);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_BEYOND_ERROR);
    assert_int_equal(c.mdc_source, GAIT_DESIGN_MDC_LITERATURE);
    assert_non_null(strstr(c.sentence, "fell by"));
    assert_null(strstr(c.sentence, "improve"));
    assert_true(c.bca.draws > 0 && c.permutation.exact && c.permutation.p <= 0.001);
    study.plan.wanted[GAIT_METRIC_HEEL31_PEAK] = GAIT_DIRECTION_DECREASE;
    assert_non_null(strstr(judged(GAIT_METRIC_HEEL31_PEAK).sentence, "registered beforehand as improvement"));
}

/* The same numbers as the statistics give when handed the pass means. */
static void the_numbers_are_welchs(void **state)
{
    struct gait_stats_estimate e;
    struct gait_design_comparison c;
    double pre[6], post[7];

    (void)state;
    two_timepoints(6, 7);
    for (size_t i = 0; i < 13; i++)
        *(i < 6 ? &pre[i] : &post[i - 6]) =
            (study.value[2 * i][GAIT_METRIC_HEEL31_IMPULSE] + study.value[2 * i + 1][GAIT_METRIC_HEEL31_IMPULSE]) / 2;
    assert_int_equal(gait_stats_welch(pre, 6, post, 7, 0.95, &e), 0);
    c = judged(GAIT_METRIC_HEEL31_IMPULSE);
    if (!c.effective)
        assert_memory_equal(&c.change, &e, sizeof(e));
    assert_memory_equal(&c.all, &e, sizeof(e));
    assert_int_equal(c.steps_pre, 6);
    assert_int_equal(c.steps_post, 7);
}

/* r1 of a rise and a fall is 4.75 / 10: its passes count as fewer. Those after alternate. */
static void passes_that_repeat_each_other(void **state)
{
    static const double rise[] = {0, 10, 20, 30, 30, 20, 10, 0};
    struct gait_stats_estimate e;
    struct gait_design_comparison c;
    double pre[8], post[8];

    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 0; i < 8; i++) {
        pre[i] = 300 + rise[i];
        post[i] = i % 2 ? 199 : 201;
        for (size_t side = 0; side < 2; side++) {
            study.value[2 * i + side][GAIT_METRIC_HEEL31_PEAK] = pre[i];
            study.value[16 + 2 * i + side][GAIT_METRIC_HEEL31_PEAK] = post[i];
        }
    }
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_true(c.effective);
    assert_close_rel(c.r1_pre, 0.475, 1e-12);
    assert_int_equal(gait_stats_welch_effective(pre, 8, 8 * 0.525 / 1.475, post, 8, 8, 0.95, &e), 0);
    assert_close_rel(c.change.se, e.se, 1e-12);
    assert_close_rel(c.change.df, e.df, 1e-12);
}

/* r1 of a whole wave over ten passes is cos(2 pi / 11) = 0.84, so that they count as 0.86 of one: no interval, least of all Welch's of ten. */
static void passes_that_count_as_one(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(10, 10);
    for (size_t i = 0; i < 20; i++)
        study.value[i][GAIT_METRIC_HEEL31_PEAK] = 300 + 10 * sin(2 * 3.14159265358979 * (double)(i / 2 + 1) / 11);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_close_rel(c.r1_pre, cos(2 * 3.14159265358979 / 11), 1e-9);
    assert_true(c.effective && isfinite(c.change.value) && isnan(c.change.ci.lo) && isfinite(c.all.ci.lo));
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_NONE);
    assert_non_null(strstr(c.why, "count as one"));
    assert_non_null(
        strstr(c.sentence, "the passes repeat each other so much that they count as one, so there is no interval"));
}

/* Visits, arms and people that lie together in what should be one person's before and after. */
static void what_is_no_one_visit(void **state)
{
    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 8; i < 16; i++)
        study.pass[i].session = "afternoon"; /* before in one session, after in another: nothing lies together */
    assert_int_equal(found("sessions", GAIT_DESIGN_WARNING), 0);
    study.pass[12].session = "a week later";
    assert_int_equal(found("sessions", GAIT_DESIGN_WARNING), 1);
    two_timepoints(8, 8);
    study.pass[2].session = "a week before";
    assert_int_equal(found("sessions", GAIT_DESIGN_WARNING), 1);
    two_timepoints(8, 8);
    study.pass[3].arm = study.pass[12].arm = "massage";
    assert_int_equal(found("arms", GAIT_DESIGN_REFUSED), 0);
    study.pass[4].arm = "rest";
    assert_int_equal(found("arms", GAIT_DESIGN_REFUSED), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).verdict.kind, GAIT_VERDICT_REFUSED);
    two_timepoints(8, 8);
    study.pass[9].subject = "S2";
    study.plan.kind = GAIT_DESIGN_ONE_PERSON;
    assert_int_equal(found("people", GAIT_DESIGN_REFUSED), 1);
}

static void few_steps(void **state)
{
    static const struct {
        size_t n;
        enum gait_design_severity severity;
        enum gait_verdict_kind kind;
    } rows[] = {{2, GAIT_DESIGN_REFUSED, GAIT_VERDICT_REFUSED},
                {3, GAIT_DESIGN_WARNING, GAIT_VERDICT_NONE},
                {4, GAIT_DESIGN_WARNING, GAIT_VERDICT_BEYOND_ERROR}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        two_timepoints(8, rows[i].n);
        assert_int_equal(found("few_steps", rows[i].severity), 1);
        assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).verdict.kind, rows[i].kind);
        two_timepoints(rows[i].n, 8);
        assert_int_equal(found("few_steps", rows[i].severity), 1);
    }
    two_timepoints(5, 5);
    assert_int_equal(found("few_steps", GAIT_DESIGN_WARNING), 0);
}

static void steps_that_do_not_count(void **state)
{
    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 20; i < 32; i++)
        study.step[i].valid = false; /* leaves two passes after */
    assert_int_equal(found("few_steps", GAIT_DESIGN_REFUSED), 1);
}

static void a_single_trial(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 1);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_REFUSED);
    assert_true(isnan(c.change.se) && isfinite(c.change.value));
    assert_non_null(strstr(c.why, "single pass"));
    begin();
    put_passes("S1", "pre1", 1, 300);
    assert_int_equal(found("one_timepoint", GAIT_DESIGN_REFUSED), 1);
}

static void speed_that_drifts(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 16; i < 32; i++)
        study.value[i][GAIT_METRIC_STANCE] = i < 22 ? 0.7 : 0.62; /* three passes stay inside, five do not */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(found("few_steps", GAIT_DESIGN_WARNING), 1);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.post.n, 3);
    assert_int_equal(c.all_post.n, 8);
    assert_true(c.has_adjusted);
    for (size_t i = 16; i < 32; i++)
        study.value[i][GAIT_METRIC_STANCE] = 0.7 * 1.051; /* outside of 5 % */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 1);
    for (size_t i = 16; i < 32; i++)
        study.value[i][GAIT_METRIC_STANCE] = 0.7 * 1.049; /* inside */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 0);
    for (size_t i = 0; i < study.data.passes; i++)
        study.pass[i].speed_m_per_s = i < 8 ? 1.2 : 1.3; /* known: it rules, not stance */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).post.n, 0);
    assert_non_null(strstr(judged(GAIT_METRIC_HEEL31_PEAK).why, "window"));
    assert_non_null(
        strstr(judged(GAIT_METRIC_HEEL31_PEAK).sentence, "no pass at post0 lies in the window: record some"));
}

static void settings_that_differ(void **state)
{
    struct gait_design_settings *s = &study.pass[12].settings;

    (void)state;
    two_timepoints(8, 8);
    s->p_on_kPa = 5;
    assert_int_equal(found("threshold", GAIT_DESIGN_REFUSED), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).verdict.kind, GAIT_VERDICT_REFUSED);
    two_timepoints(8, 8);
    s->pitch_x_mm = 7;
    assert_int_equal(found("pitch", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->masks = "heel27";
    assert_int_equal(found("masks", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->algorithm_version = 2;
    assert_int_equal(found("algorithm_version", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->footwear = "shoes";
    assert_int_equal(found("footwear", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->approach = 2;
    assert_int_equal(found("protocol", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->surface = 2;
    assert_int_equal(found("protocol", GAIT_DESIGN_REFUSED), 1);
    two_timepoints(8, 8);
    s->rate_hz = 50;
    assert_int_equal(found("rate", GAIT_DESIGN_WARNING), 1);
    two_timepoints(8, 8);
    study.pass[12].mat = "other";
    assert_int_equal(found("mat", GAIT_DESIGN_WARNING), 1);
    two_timepoints(8, 8);
    for (size_t i = 8; i < 16; i++)
        study.pass[i].settings.calibration_version = 2;
    assert_int_equal(found("calibration", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(refusals(), 0);
    two_timepoints(8, 8);
    study.pass[3].settings.p_on_kPa = 5; /* within the baseline */
    assert_int_equal(found("threshold", GAIT_DESIGN_REFUSED), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).verdict.kind, GAIT_VERDICT_REFUSED);
}

/* Neither speed nor stance time: said, and all passes count. */
static void nothing_to_go_by(void **state)
{
    (void)state;
    two_timepoints(8, 8);
    assert_int_equal(found("no_control", GAIT_DESIGN_WARNING), 0);
    for (size_t i = 0; i < study.data.steps; i++)
        study.value[i][GAIT_METRIC_STANCE] = NAN;
    assert_int_equal(found("no_control", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).post.n, 8);
}

static void too_many_primaries(void **state)
{
    (void)state;
    two_timepoints(8, 8);
    study.plan.primaries = GAIT_VERDICT_PRIMARIES_MAX + 1;
    assert_int_equal(found("primaries", GAIT_DESIGN_REFUSED), 1);
}

static void shod_after_barefoot(void **state)
{
    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 8; i < 16; i++)
        study.pass[i].condition = "shod";
    assert_int_equal(found("condition", GAIT_DESIGN_REFUSED), 1);
}

static void unmatched_feet(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 0; i < study.data.steps; i++)
        study.step[i].side = i < 16 ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT;
    assert_int_equal(found("few_steps", GAIT_DESIGN_REFUSED), 1);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_REFUSED);
    assert_non_null(strstr(c.why, "both feet"));
    assert_non_null(strstr(c.sentence, "has a valid step of both feet: name one foot"));
}

static void nothing_measured(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 8);
    c = judged(GAIT_METRIC_CPEI); /* NaN in every step */
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_REFUSED);
    assert_non_null(strstr(c.why, "could not be measured"));
    assert_non_null(strstr(c.sentence, "could not be measured"));
}

static void zero_variance_and_identical(void **state)
{
    struct gait_design_comparison c;

    (void)state;
    two_timepoints(8, 8);
    for (size_t i = 0; i < study.data.steps; i++)
        study.value[i][GAIT_METRIC_HEEL31_PEAK] = 300;
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_NONE);
    assert_non_null(strstr(c.why, "vary"));
    for (size_t i = 0; i < study.data.steps; i++)
        study.value[i][GAIT_METRIC_HEEL31_PEAK] = i < 16 ? 0.3 : 0.1 + 0.2; /* 6e-17 apart */
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_true(c.change.value == 0 && c.verdict.direction == GAIT_DIRECTION_NONE);
    assert_non_null(strstr(c.sentence, "did not change; no verdict: the passes do not vary"));
    for (size_t i = 0; i < study.data.steps; i++)
        study.value[i][GAIT_METRIC_HEEL31_PEAK] = 300 + (double)(i % 16);
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_true(fabs(c.change.value) < 1e-12);
    assert_int_equal(c.verdict.kind, GAIT_VERDICT_INCONCLUSIVE);
}

static void the_last_pre_is_the_baseline(void **state)
{
    const char *timepoint[4];

    (void)state;
    begin();
    put_passes("S1", "familiarisation", 2, 280);
    put_passes("S1", "pre1", 5, 300);
    put_passes("S1", "pre2", 5, 300);
    put_passes("S1", "post0", 5, 200);
    put_passes("S1", "post30", 5, 200);
    check();
    assert_string_equal(study.plan.baseline, "pre2");
    assert_int_equal(gait_design_timepoints(&study.data, &study.plan, 4, timepoint), 4);
    assert_string_equal(timepoint[3], "post30");
    assert_true(found("few_steps", GAIT_DESIGN_REFUSED) == 1); /* 2 passes */
    study.pass[0].practice = study.pass[1].practice = true;
    assert_int_equal(gait_design_timepoints(&study.data, &study.plan, 4, timepoint), 3);
    assert_string_equal(timepoint[0], "pre1");
    assert_int_equal(refusals(), 0);
    assert_true(gait_design_is_before("pre1") && gait_design_is_before("familiarisation") &&
                !gait_design_is_before("post0"));
}

/* Holm: judged alone p, judged with two others at most three times that. */
static void primaries_are_adjusted_together(void **state)
{
    struct gait_design_comparison c[3];
    double alone[3], holm[3];
    size_t n;

    (void)state;
    two_timepoints(6, 6);
    n = check();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            gait_design_compare(&study.data, &study.plan, NULL, "post0", study.plan.primary[i], study.plan.foot, &c[i]),
            0);
        alone[i] = gait_verdict_p(&c[i].change, c[i].mdc95, c[i].mdc_df);
    }
    assert_int_equal(gait_stats_holm(alone, 3, holm), 0);
    assert_int_equal(gait_design_judge(&study.plan, finding, n, c, 3), 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(c[i].p_adjusted == holm[i]);
}

static void the_lab_s_own_error(void **state)
{
    static struct gait_stats_error_terms terms[GAIT_METRIC_COUNT * GAIT_DESIGN_FEET];
    struct gait_design_comparison c;
    struct gait_stats_mdc mdc;

    (void)state;
    two_timepoints(8, 9);
    terms[gait_design_terms_index(GAIT_METRIC_HEEL31_PEAK, GAIT_DESIGN_BOTH)] =
        (struct gait_stats_error_terms){.var_session = 100,
                                        .var_step = 400,
                                        .df_session = 24,
                                        .df_step = 300,
                                        .ms_error = 140,
                                        .mean_inverse_steps = 0.1,
                                        .subjects = 25,
                                        .sessions = 2};
    study.plan.terms = terms;
    c = judged(GAIT_METRIC_HEEL31_PEAK);
    assert_int_equal(c.mdc_source, GAIT_DESIGN_MDC_LAB);
    assert_int_equal(
        gait_stats_mdc(&terms[gait_design_terms_index(GAIT_METRIC_HEEL31_PEAK, GAIT_DESIGN_BOTH)], 8, 9, &mdc), 0);
    assert_true(c.mdc95 == mdc.mdc95 && c.mdc_df == mdc.df);
    assert_int_equal(judged(GAIT_METRIC_DAI_MEAN).mdc_source, GAIT_DESIGN_MDC_NONE);
}

static void repeatable(void **state)
{
    struct gait_design_comparison a, b;

    (void)state;
    two_timepoints(14, 14); /* Monte Carlo */
    a = judged(GAIT_METRIC_HEEL31_IMPULSE);
    b = judged(GAIT_METRIC_HEEL31_IMPULSE);
    assert_false(a.permutation.exact);
    assert_memory_equal(&a.bca, &b.bca, sizeof(a.bca));
    assert_memory_equal(&a.permutation, &b.permutation, sizeof(a.permutation));
    study.plan.seed = 2;
    b = judged(GAIT_METRIC_HEEL31_IMPULSE);
    assert_true(a.bca.bca.lo != b.bca.bca.lo);
}

/* What the right foot lacks does not speak against the left. */
static void each_primary_its_own_foot(void **state)
{
    static const enum gait_design_foot feet[] = {GAIT_DESIGN_LEFT, GAIT_DESIGN_RIGHT};
    struct gait_design_comparison c[2];
    size_t n, rights = 0;

    (void)state;
    begin();
    put_passes("S", "pre1", 8, 250);
    put_passes("S", "post0", 8, 250);
    for (size_t i = 0; i < study.data.steps; i++)
        if (study.step[i].side == GAIT_SIDE_RIGHT && study.step[i].pass >= 10)
            study.step[i].valid = false; /* two right steps are left after treatment */
    study.plan.primaries = 2;
    study.plan.primary[0] = study.plan.primary[1] = GAIT_METRIC_HEEL31_PEAK;
    study.plan.primary_foot[0] = GAIT_DESIGN_LEFT;
    study.plan.primary_foot[1] = GAIT_DESIGN_RIGHT;
    n = check();
    for (size_t i = 0; i < n; i++)
        rights += finding[i].severity == GAIT_DESIGN_REFUSED && finding[i].foot == GAIT_DESIGN_RIGHT;
    assert_int_equal(rights, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(gait_design_plan_of(&study.plan, i).foot, feet[i]);
        assert_int_equal(gait_design_compare(&study.data, &study.plan, NULL, "post0", study.plan.primary[i],
                                             gait_design_plan_of(&study.plan, i).foot, &c[i]),
                         0);
    }
    assert_int_equal(gait_design_judge(&study.plan, finding, n, c, 2), 0);
    assert_int_not_equal(c[0].verdict.kind, GAIT_VERDICT_REFUSED);
    assert_int_equal(c[1].verdict.kind, GAIT_VERDICT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_data_are_compared),
        cmocka_unit_test(the_numbers_are_welchs),
        cmocka_unit_test(passes_that_repeat_each_other),
        cmocka_unit_test(passes_that_count_as_one),
        cmocka_unit_test(what_is_no_one_visit),
        cmocka_unit_test(few_steps),
        cmocka_unit_test(steps_that_do_not_count),
        cmocka_unit_test(a_single_trial),
        cmocka_unit_test(speed_that_drifts),
        cmocka_unit_test(settings_that_differ),
        cmocka_unit_test(nothing_to_go_by),
        cmocka_unit_test(too_many_primaries),
        cmocka_unit_test(shod_after_barefoot),
        cmocka_unit_test(unmatched_feet),
        cmocka_unit_test(nothing_measured),
        cmocka_unit_test(zero_variance_and_identical),
        cmocka_unit_test(the_last_pre_is_the_baseline),
        cmocka_unit_test(primaries_are_adjusted_together),
        cmocka_unit_test(the_lab_s_own_error),
        cmocka_unit_test(repeatable),
        cmocka_unit_test(each_primary_its_own_foot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
