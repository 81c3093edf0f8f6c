/* The rules of the designs: which passes stand against which, each refusal and warning, groups against the same numbers by hand. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"

#include <gait/design.h>
#include <gait/live.h>

enum { PASSES_MAX = 400, STEPS_MAX = 800 };

/* A study under construction. One step of each foot a pass. */
struct study {
    struct gait_design_pass pass[PASSES_MAX];
    struct gait_design_step step[STEPS_MAX];
    double value[STEPS_MAX][GAIT_METRIC_COUNT];
    struct gait_design_data data;
    struct gait_design_plan plan;
    uint32_t noise;
};

static struct study study;

static void begin(void)
{
    memset(&study, 0, sizeof(study));
    gait_design_plan_init(&study.plan);
    study.data = (struct gait_design_data){study.pass, 0, study.step, 0};
}

static double noise(void)
{
    study.noise = study.noise * 1664525u + 1013904223u;
    return (double)(study.noise >> 8) / (1u << 24) - 0.5;
}

static void put_step(size_t pass, uint8_t side, double peak, double stance)
{
    size_t i = study.data.steps++;

    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        study.value[i][m] = NAN;
    study.value[i][GAIT_METRIC_STANCE] = stance;
    study.value[i][GAIT_METRIC_IMPULSE] = 300 + noise();
    study.value[i][GAIT_METRIC_HEEL31_PEAK] = peak;
    study.value[i][GAIT_METRIC_HEEL31_IMPULSE] = peak / 3 + noise();
    study.value[i][GAIT_METRIC_DAI_MEAN] = 0.2 + noise() / 100;
    study.step[i] = (struct gait_design_step){pass, side, true, study.value[i]};
}

static struct gait_design_pass *put_pass(const char *subject, const char *timepoint, double peak)
{
    struct gait_design_pass *p = &study.pass[study.data.passes];

    *p = (struct gait_design_pass){.subject = subject,
                                   .session = subject,
                                   .condition = "barefoot",
                                   .timepoint = timepoint,
                                   .mat = "M",
                                   .arm = "",
                                   .treated = "",
                                   .trial = (uint32_t)study.data.passes + 1,
                                   .speed_m_per_s = NAN,
                                   .settings = {.algorithm_version = 1,
                                                .masks = "heel31 thirds",
                                                .footwear = "",
                                                .p_on_kPa = 10,
                                                .pitch_x_mm = 5,
                                                .pitch_y_mm = 5,
                                                .rate_hz = 100,
                                                .surface = 1,
                                                .calibration_version = 1,
                                                .calibration_date = ""}};
    put_step(study.data.passes, GAIT_SIDE_LEFT, peak + noise(), 0.7);
    put_step(study.data.passes, GAIT_SIDE_RIGHT, peak + noise(), 0.7);
    study.data.passes++;
    return p;
}

static void put_passes(const char *subject, const char *timepoint, size_t n, double peak)
{
    for (size_t i = 0; i < n; i++)
        put_pass(subject, timepoint, peak + noise());
}

static struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];

static size_t check(void)
{
    int n;

    assert_int_equal(gait_design_deduce(&study.data, &study.plan), 0);
    n = gait_design_check(&study.data, &study.plan, GAIT_DESIGN_FINDINGS_MAX, finding);
    assert_in_range(n, 0, GAIT_DESIGN_FINDINGS_MAX);
    return (size_t)n;
}

/* How many findings of a code there are, all of this severity. */
static size_t found(const char *code, enum gait_design_severity severity)
{
    size_t n = check(), count = 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(finding[i].code, code) == 0) {
            assert_int_equal(finding[i].severity, severity);
            assert_true(strlen(finding[i].text) > 20);
            count++;
        }
    return count;
}

static size_t refusals(void)
{
    size_t n = check(), count = 0;

    for (size_t i = 0; i < n; i++)
        count += finding[i].severity == GAIT_DESIGN_REFUSED;
    return count;
}

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
        study.value[i][GAIT_METRIC_STANCE] = 0.7 * 1.049; /* inside 5 % */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 0);
    for (size_t i = 0; i < study.data.passes; i++)
        study.pass[i].speed_m_per_s = i < 8 ? 1.2 : 1.3; /* known: it rules, not stance */
    assert_int_equal(found("speed_drift", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).post.n, 0);
    assert_non_null(strstr(judged(GAIT_METRIC_HEEL31_PEAK).why, "window"));
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
    for (size_t i = 8; i < 16; i++)
        study.pass[i].settings.calibration_version = 2;
    assert_int_equal(found("calibration", GAIT_DESIGN_WARNING), 1);
    assert_int_equal(refusals(), 0);
    two_timepoints(8, 8);
    study.pass[3].settings.p_on_kPa = 5; /* within the baseline */
    assert_int_equal(found("threshold", GAIT_DESIGN_REFUSED), 1);
    assert_int_equal(judged(GAIT_METRIC_HEEL31_PEAK).verdict.kind, GAIT_VERDICT_REFUSED);
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

/* ---- people ------------------------------------------------------------------------------------------------------------------- */

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

    check();
    assert_int_equal(gait_design_group(&study.data, &study.plan, "post0", GAIT_METRIC_HEEL31_PEAK, &g), 0);
    assert_int_equal(gait_design_group_judge(&study.plan, &g, 1), 0);
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
        cmocka_unit_test(good_data_are_compared),
        cmocka_unit_test(the_numbers_are_welchs),
        cmocka_unit_test(few_steps),
        cmocka_unit_test(steps_that_do_not_count),
        cmocka_unit_test(a_single_trial),
        cmocka_unit_test(speed_that_drifts),
        cmocka_unit_test(settings_that_differ),
        cmocka_unit_test(shod_after_barefoot),
        cmocka_unit_test(unmatched_feet),
        cmocka_unit_test(nothing_measured),
        cmocka_unit_test(zero_variance_and_identical),
        cmocka_unit_test(the_last_pre_is_the_baseline),
        cmocka_unit_test(primaries_are_adjusted_together),
        cmocka_unit_test(the_lab_s_own_error),
        cmocka_unit_test(repeatable),
        cmocka_unit_test(a_group_is_paired),
        cmocka_unit_test(two_people),
        cmocka_unit_test(arms_are_adjusted_for_before),
        cmocka_unit_test(crossover),
        cmocka_unit_test(one_foot_treated),
        cmocka_unit_test(each_primary_its_own_foot),
        cmocka_unit_test(a_double_baseline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
