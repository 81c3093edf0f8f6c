/* Groups, arms, crossovers, one foot treated, double baselines: against the statistics on the same numbers. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assert_close.h"

#include "design_data.h"

static char name[40][8];

static const char *person(size_t i)
{
    snprintf(name[i], sizeof(name[i]), "P%zu", i);
    return name[i];
}

static double measured(const char *subject, const char *timepoint, enum gait_metric m)
{
    double x[PASSES_MAX];
    size_t n = gait_design_pass_means(&study.data, &study.plan, subject, NULL, timepoint, m, study.plan.foot, NULL, x,
                                      NULL, NULL);

    return gait_stats_mean(x, n, NULL);
}

static struct gait_design_group grouped(void)
{
    struct gait_design_group g;
    size_t n = check();

    assert_int_equal(gait_design_group(&study.data, &study.plan, "post0", GAIT_METRIC_HEEL31_PEAK, &g), 0);
    assert_int_equal(gait_design_group_judge(&study.plan, finding, n, &g, 1), 0);
    return g;
}

static void a_group_is_paired(void **state)
{
    struct gait_stats_estimate e;
    struct gait_design_group g;
    double pre[8], post[8];

    (void)state;
    begin();
    for (size_t i = 0; i < 8; i++) {
        put_passes(person(i), "pre1", 4, 250 + 10.0 * (double)i);
        put_passes(person(i), "post0", 4, 240 + 10.0 * (double)i + 4 * noise());
    }
    put_passes(person(8), "pre1", 4, 300); /* never came back */
    g = grouped();
    assert_int_equal(g.kind, GAIT_DESIGN_GROUP);
    assert_int_equal(g.n, 8);
    assert_int_equal(g.n_left_out, 1);
    assert_int_equal(found("left_out", GAIT_DESIGN_NOTE), 1);
    assert_non_null(strstr(finding[found("no_control_arm", GAIT_DESIGN_NOTE)].text,
                           "P8 is left out: 4 valid steps of a foot in the window at pre1, 0 at post0"));
    for (size_t i = 0; i < 8; i++) {
        pre[i] = measured(name[i], "pre1", GAIT_METRIC_HEEL31_PEAK);
        post[i] = measured(name[i], "post0", GAIT_METRIC_HEEL31_PEAK);
    }
    assert_int_equal(gait_stats_paired_t(pre, post, 8, 0.95, &e), 0);
    assert_memory_equal(&g.effect, &e, sizeof(e));
    assert_true(g.p_permutation == 2.0 / 256);
    assert_int_equal(g.verdict, GAIT_DESIGN_GROUP_NONE);
    assert_non_null(strstr(g.sentence, "No verdict"));
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 5;
    assert_int_equal(grouped().verdict, GAIT_DESIGN_GROUP_BEYOND_SWC);
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = fabs(g.effect.value); /* in the middle of the interval */
    assert_int_equal(grouped().verdict, GAIT_DESIGN_GROUP_INCONCLUSIVE);
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 50;
    assert_int_equal(grouped().verdict, GAIT_DESIGN_GROUP_EQUIVALENT);
}

/* An interval beyond the SWC whose p does not outlive its neighbours is not enough. */
static void a_group_s_verdict_outlives_holm(void **state)
{
    struct gait_design_group g[3];

    (void)state;
    begin();
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 0.5;
    for (size_t i = 0; i < 3; i++)
        g[i] = (struct gait_design_group){
            .kind = GAIT_DESIGN_GROUP,
            .timepoint = "post0",
            .metric = study.plan.primary[i],
            .foot = GAIT_DESIGN_BOTH,
            .n = 10,
            .effect = {.value = 10, .se = 4, .df = 9, .t = 2.5, .p = i == 1 ? 0.034 : 0.6, .ci = {0.95, 19.05}}};
    assert_int_equal(gait_design_group_judge(&study.plan, NULL, 0, &g[1], 1), 0);
    assert_int_equal(g[1].verdict, GAIT_DESIGN_GROUP_BEYOND_SWC);
    assert_int_equal(gait_design_group_judge(&study.plan, NULL, 0, g, 3), 0);
    assert_int_equal(g[1].verdict, GAIT_DESIGN_GROUP_INCONCLUSIVE);
}

/* An effect that is large against 0 and only just beyond the SWC: what is adjusted is the test against the SWC. */
static void just_beyond_the_swc(void **state)
{
    struct gait_design_group g[3];

    (void)state;
    begin();
    for (size_t i = 0; i < 3; i++) {
        study.plan.swc[study.plan.primary[i]] = 90.5;
        g[i] = (struct gait_design_group){
            .kind = GAIT_DESIGN_GROUP,
            .timepoint = "post0",
            .metric = study.plan.primary[i],
            .foot = GAIT_DESIGN_BOTH,
            .n = 10,
            .effect = {.value = i == 1 ? 100 : 85, .se = 4, .df = 9, .t = 25, .p = 1e-9, .ci = {90.95, 109.05}}};
    }
    assert_int_equal(gait_design_group_judge(&study.plan, NULL, 0, &g[1], 1), 0);
    assert_int_equal(g[1].verdict, GAIT_DESIGN_GROUP_BEYOND_SWC);
    assert_int_equal(gait_design_group_judge(&study.plan, NULL, 0, g, 3), 0);
    assert_int_equal(g[1].verdict, GAIT_DESIGN_GROUP_INCONCLUSIVE);
    assert_true(g[1].p_adjusted < 0.001);
}

/* What may not be compared in one person may not in a group, between its people neither; who it is about is said. */
static void a_group_is_refused(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    for (size_t i = 0; i < 6; i++) {
        put_passes(person(i), "pre1", 4, 250);
        put_passes(person(i), "post0", 4, 240);
    }
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 1;
    assert_int_equal(grouped().verdict, GAIT_DESIGN_GROUP_BEYOND_SWC);
    study.pass[8 * 3 + 5].settings.p_on_kPa = 20; /* one pass after, of the fourth person */
    g = grouped();
    assert_int_equal(g.verdict, GAIT_DESIGN_GROUP_REFUSED);
    assert_true(isnan(g.effect.value) && isnan(g.p_permutation) && isnan(g.paired.d_av));
    assert_non_null(strstr(g.sentence, "not compared: P3: the contact threshold differs"));
    for (size_t i = 0; i < 8; i++)
        study.pass[8 * 3 + i].settings.p_on_kPa = 20; /* all of the fourth person's */
    g = grouped();
    assert_int_equal(g.verdict, GAIT_DESIGN_GROUP_REFUSED);
    assert_non_null(strstr(g.sentence, "P0 and P3: the contact threshold differs"));
    for (size_t i = 0; i < 8; i++) {
        study.pass[8 * 3 + i].settings.p_on_kPa = 10;
        study.pass[8 * 3 + i].settings.footwear = "their own"; /* may differ between people */
    }
    assert_int_equal(grouped().verdict, GAIT_DESIGN_GROUP_BEYOND_SWC);
}

/* However many lesser things were found, a refusal among them is not lost. */
static void a_refusal_goes_before(void **state)
{
    size_t n;

    (void)state;
    begin();
    for (size_t i = 0; i < 40; i++) {
        put_passes(person(i), "pre1", 4, 250);
        put_passes(person(i), "post0", 4, 240);
        for (size_t k = 4; k < 8; k++) {
            study.pass[8 * i + k].settings.calibration_version = 2;
            study.pass[8 * i + k].mat = "other";
        }
    }
    study.pass[8 * 39 + 7].settings.masks = "others";
    assert_int_equal(gait_design_deduce(&study.data, &study.plan), 0);
    n = (size_t)gait_design_check(&study.data, &study.plan, GAIT_DESIGN_FINDINGS_MAX, finding);
    assert_true(n > GAIT_DESIGN_FINDINGS_MAX);
    for (n = 0; n < GAIT_DESIGN_FINDINGS_MAX && strcmp(finding[n].code, "masks") != 0; n++)
        ;
    assert_true(n < GAIT_DESIGN_FINDINGS_MAX);
    assert_int_equal(finding[n].severity, GAIT_DESIGN_REFUSED);
}

static void two_people(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    put_passes(person(0), "pre1", 4, 250);
    put_passes(person(0), "post0", 4, 250);
    put_passes(person(1), "pre1", 4, 260);
    g = grouped();
    assert_int_equal(g.n, 1);
    assert_non_null(strstr(g.why, "2 are the least"));
    put_passes(person(1), "post0", 4, 280);
    g = grouped();
    assert_int_equal(g.n, 2);
    assert_true(isfinite(g.effect.ci.lo));
}

static void arms_are_adjusted_for_before(void **state)
{
    struct gait_stats_adjusted a;
    struct gait_design_group g;
    double pre[12], post[12];
    uint8_t arm[12];

    (void)state;
    begin();
    for (size_t i = 0; i < 12; i++) {
        arm[i] = i % 2 == 0;
        for (size_t k = 0; k < 8; k++)
            put_pass(person(i), k < 4 ? "pre1" : "post0", 250 + 10.0 * (double)i - (k >= 4 && arm[i] ? 20 : 0))->arm =
                arm[i] ? "massage" : "sham";
    }
    g = grouped();
    assert_int_equal(g.kind, GAIT_DESIGN_PARALLEL);
    assert_string_equal(g.arm, "massage");
    assert_string_equal(g.reference, "sham");
    for (size_t i = 0; i < 12; i++) {
        pre[i] = measured(name[i], "pre1", GAIT_METRIC_HEEL31_PEAK);
        post[i] = measured(name[i], "post0", GAIT_METRIC_HEEL31_PEAK);
    }
    assert_int_equal(gait_stats_adjust(post, arm, pre, 12, 0.95, &a), 0);
    assert_memory_equal(&g.effect, &a.group, sizeof(a.group));
    assert_true(fabs(g.effect.value + 20) < 2);
    assert_int_equal(found("no_control_arm", GAIT_DESIGN_NOTE), 0);
}

/* Each person's two changes: what was put in, and together the effect. */
static void check_within_people(int people, double control, double treated)
{
    const char *subject[16];
    double a[16], b[16], sum = 0;
    struct gait_design_group g = grouped();

    assert_int_equal(
        gait_design_within_people(&study.data, &study.plan, "post0", GAIT_METRIC_HEEL31_PEAK, 16, subject, a, b),
        people);
    for (int i = 0; i < people; i++) {
        if (isfinite(control)) {
            assert_true(fabs(a[i] - control) < 2);
            assert_true(fabs(b[i] - treated) < 2);
        }
        sum += b[i] - a[i];
    }
    assert_close_abs(sum / people, g.effect.value, 1e-9);
}

static void crossover(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 16; k++) {
            bool treated = (k < 8) == (i % 2 == 0);
            struct gait_design_pass *p = put_pass(person(i), k % 8 < 4 ? "pre1" : "post0",
                                                  250 + (k % 8 >= 4 ? 5 : 0) - (k % 8 >= 4 && treated ? 20 : 0));

            p->session = k < 8 ? "one" : "two";
            p->arm = treated ? "massage" : "rest";
        }
    g = grouped();
    assert_int_equal(g.kind, GAIT_DESIGN_CROSSOVER);
    assert_int_equal(g.n, 8);
    assert_true(g.order_tested);
    assert_true(fabs(g.effect.value + 20) < 2);
    assert_true(fabs(g.order.value) < 2);
    check_within_people(8, NAN, NAN);
}

/* Sessions of one name: the arms' passes would be taken together, and no difference be found. */
static void crossover_in_one_session(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 16; k++)
            put_pass(person(i), k % 8 < 4 ? "pre1" : "post0", 250)->arm = (k < 8) == (i % 2 == 0) ? "massage" : "rest";
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 10;
    g = grouped();
    assert_int_equal(g.verdict, GAIT_DESIGN_GROUP_NONE);
    assert_non_null(strstr(g.sentence, "not compared: P0 walked under both arms in one session (P0)"));
}

/* Everybody changed by the same: no interval, and the words are about that. */
static void people_who_are_all_alike(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    for (size_t i = 0; i < 4; i++) {
        put_passes(person(i), "pre1", 4, 0);
        put_passes(person(i), "post0", 4, 0);
    }
    for (size_t i = 0; i < study.data.steps; i++)
        study.value[i][GAIT_METRIC_HEEL31_PEAK] = study.step[i].pass % 8 < 4 ? 250 : 240;
    study.plan.swc[GAIT_METRIC_HEEL31_PEAK] = 5;
    g = grouped();
    assert_int_equal(g.verdict, GAIT_DESIGN_GROUP_NONE);
    assert_non_null(strstr(g.sentence, "-10 kPa; no interval and no verdict: the values do not vary."));
    assert_null(strstr(g.sentence, "registered"));
}

/* Two steps under one arm are too few for a person to count. */
static void crossover_with_too_few_steps(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 16; k++) {
            struct gait_design_pass *p = put_pass(person(i), k % 8 < 4 ? "pre1" : "post0", 250);

            p->session = k < 8 ? "one" : "two";
            p->arm = (k < 8) == (i % 2 == 0) ? "massage" : "rest";
        }
    assert_int_equal(grouped().n, 4);
    for (size_t i = 2 * 6; i < 2 * 8; i++)
        study.step[i].valid = false; /* leaves the first person 2 of 4 after treatment, first session */
    assert_int_equal(grouped().n, 3);
    assert_int_equal(grouped().n_left_out, 1);
}

static void one_foot_treated(void **state)
{
    struct gait_design_group g;

    (void)state;
    begin();
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 8; k++) {
            bool left = i % 2 == 0;

            put_pass(person(i), k < 4 ? "pre1" : "post0", 250)->treated = left ? "left" : "right";
            if (k >= 4) /* -12 on the treated foot, +3 on both */
                for (size_t s = study.data.steps - 2; s < study.data.steps; s++)
                    study.value[s][GAIT_METRIC_HEEL31_PEAK] +=
                        3 - ((study.step[s].side == GAIT_SIDE_LEFT) == left ? 12 : 0);
        }
    g = grouped();
    assert_int_equal(g.kind, GAIT_DESIGN_ONE_FOOT);
    assert_true(fabs(g.effect.value + 12) < 1.5);
    check_within_people(8, 3, -9);
    assert_int_equal(found("untreated_foot", GAIT_DESIGN_NOTE), 1);
}

/* The nested steps of worked example E8 as a double baseline: sums of squares by hand. */
static void a_double_baseline(void **state)
{
    static const double cell[4][2][3] = {{{60, 62, 61}, {57, 58, 59}},
                                         {{72, 70, 74}, {70, 69, 68}},
                                         {{65, 66, 64}, {66, 63, 63}},
                                         {{58, 57, 59}, {52, 54, 53}}};
    static const enum gait_design_foot feet[] = {GAIT_DESIGN_LEFT, GAIT_DESIGN_RIGHT, GAIT_DESIGN_BOTH};
    struct gait_stats_error_terms t;

    (void)state;
    begin();
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 6; k++) {
            put_pass(person(i), k < 3 ? "pre1" : "pre2", 0);
            study.value[study.data.steps - 2][GAIT_METRIC_HEEL31_PEAK] = cell[i][k / 3][k % 3];
            study.value[study.data.steps - 1][GAIT_METRIC_HEEL31_PEAK] = cell[i][k / 3][k % 3] + 10;
        }
    put_passes(person(4), "pre1", 3, 500);                /* never came again */
    put_pass(person(0), "pre2", 900)->condition = "shod"; /* another way of walking */
    put_pass(person(1), "pre2", 900);                     /* steps that do not count */
    study.step[study.data.steps - 1].valid = study.step[study.data.steps - 2].valid = false;
    study.plan.condition = "barefoot";
    study.plan.baseline = "pre1";
    for (size_t f = 0; f < 3; f++) {
        assert_int_equal(
            gait_design_error_terms(&study.data, &study.plan, "pre2", GAIT_METRIC_HEEL31_PEAK, feet[f], &t), 0);
        assert_int_equal(t.subjects, 4);
        assert_close_rel(t.var_step, 26.0 / 16, 1e-12);
        assert_close_rel(t.ms_error, 4.0 / 3, 1e-12);
        assert_close_rel(t.var_session, 4.0 / 3 - 26.0 / 16 / 3, 1e-12);
        assert_close_rel(t.mean_shift, -3, 1e-12);
    }
    assert_int_equal(
        gait_design_error_terms(&study.data, &study.plan, "pre9", GAIT_METRIC_HEEL31_PEAK, GAIT_DESIGN_BOTH, &t),
        -ENODATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_paired),
        cmocka_unit_test(a_group_s_verdict_outlives_holm),
        cmocka_unit_test(just_beyond_the_swc),
        cmocka_unit_test(a_group_is_refused),
        cmocka_unit_test(a_refusal_goes_before),
        cmocka_unit_test(two_people),
        cmocka_unit_test(arms_are_adjusted_for_before),
        cmocka_unit_test(crossover),
        cmocka_unit_test(crossover_in_one_session),
        cmocka_unit_test(people_who_are_all_alike),
        cmocka_unit_test(crossover_with_too_few_steps),
        cmocka_unit_test(one_foot_treated),
        cmocka_unit_test(a_double_baseline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
