/*
 * Simulated visits as passes and steps, through everything that stands between them and a verdict: means of both feet, the window of
 * stance time, passes that repeat each other, MDC95 for the passes at hand, Holm. How often the interval holds the truth, and how often an
 * unchanged patient is called changed. The pipeline is not part of it: tests/replay/compare.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assert_close.h"

#include <gait/design.h>
#include <gait/live.h>

#include "draws.h"

enum {
    PASSES = 10,
    TIMEPOINTS = 2,
    FEET = 2,
    STEPS = PASSES * TIMEPOINTS * FEET,
    PRIMARIES = GAIT_VERDICT_PRIMARIES_MAX
};

#define MEAN    100.0
#define SD_PASS 3.0 /* both feet of a pass alike */
#define SD_STEP 4.0

/* What differs between visits of unchanged people, and what changed. */
struct kind {
    const char *name;
    double sd_session, change;
    double sd_stance; /* relative; 0.03: one pass in ten lies outside of the window */
};

struct visit {
    struct gait_design_pass pass[PASSES * TIMEPOINTS];
    struct gait_design_step step[STEPS];
    double value[STEPS][GAIT_METRIC_COUNT];
};

static const enum gait_metric primary[PRIMARIES] = {GAIT_METRIC_HEEL31_IMPULSE, GAIT_METRIC_HEEL31_PEAK,
                                                    GAIT_METRIC_DAI_MEAN};

static void draw(struct gait_stats_rng *rng, const struct kind *kind, struct visit *v)
{
    double at[TIMEPOINTS][PRIMARIES];

    for (int t = 0; t < TIMEPOINTS; t++)
        for (int m = 0; m < PRIMARIES; m++)
            at[t][m] = MEAN + t * kind->change + kind->sd_session * normal(rng);
    for (int i = 0; i < PASSES * TIMEPOINTS; i++) {
        int t = i / PASSES;
        double stance = 0.65 * (1 + kind->sd_stance * normal(rng)), pass[PRIMARIES];

        for (int m = 0; m < PRIMARIES; m++)
            pass[m] = at[t][m] + SD_PASS * normal(rng);
        v->pass[i] = (struct gait_design_pass){.subject = "S",
                                               .session = "visit",
                                               .condition = "barefoot",
                                               .timepoint = t ? "post0" : "pre1",
                                               .mat = "",
                                               .arm = "",
                                               .treated = "",
                                               .trial = (uint32_t)i + 1,
                                               .speed_m_per_s = NAN,
                                               .settings = {.masks = "", .footwear = "", .calibration_date = ""}};
        for (int foot = 0; foot < FEET; foot++) {
            double *x = v->value[FEET * i + foot];

            for (int m = 0; m < GAIT_METRIC_COUNT; m++)
                x[m] = NAN;
            x[GAIT_METRIC_STANCE] = stance;
            x[GAIT_METRIC_IMPULSE] = MEAN;
            for (int m = 0; m < PRIMARIES; m++)
                x[primary[m]] = pass[m] + SD_STEP * normal(rng);
            v->step[FEET * i + foot] =
                (struct gait_design_step){(size_t)i, foot ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT, true, x};
        }
    }
}

/* Measurement error known exactly: what a large baseline would find. */
static void know_terms(const struct kind *kind, struct gait_stats_error_terms terms[])
{
    memset(terms, 0, sizeof(*terms) * GAIT_METRIC_COUNT * GAIT_DESIGN_FEET);
    for (int m = 0; m < PRIMARIES; m++)
        terms[gait_design_terms_index(primary[m], GAIT_DESIGN_BOTH)] = (struct gait_stats_error_terms){
            .var_session = kind->sd_session * kind->sd_session,
            .var_step = SD_PASS * SD_PASS + SD_STEP * SD_STEP / FEET,
            .df_session = 1e6,
            .df_step = 1e6,
            .ms_error = kind->sd_session * kind->sd_session + (SD_PASS * SD_PASS + SD_STEP * SD_STEP / FEET) / PASSES,
            .mean_inverse_steps = 1.0 / PASSES,
            .subjects = 1000000,
            .sessions = 2};
}

static void judge(const struct visit *v, const struct gait_design_plan *plan, const struct kind *kind, int *covers,
                  int *beyond)
{
    struct gait_design_data data = {v->pass, PASSES * TIMEPOINTS, v->step, STEPS};
    struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];
    struct gait_design_comparison c[PRIMARIES];
    int n = gait_design_check(&data, plan, GAIT_DESIGN_FINDINGS_MAX, finding), any = 0;

    assert_in_range(n, 0, GAIT_DESIGN_FINDINGS_MAX);
    for (int m = 0; m < PRIMARIES; m++) {
        assert_int_equal(gait_design_compare(&data, plan, "S", "post0", primary[m], GAIT_DESIGN_BOTH, &c[m]), 0);
        *covers += c[m].change.ci.lo <= kind->change && kind->change <= c[m].change.ci.hi;
    }
    assert_int_equal(gait_design_judge(plan, finding, (size_t)n, c, PRIMARIES), 0);
    for (int m = 0; m < PRIMARIES; m++)
        any |= c[m].verdict.kind == GAIT_VERDICT_BEYOND_ERROR;
    *beyond += any;
}

static void visits(void **state)
{
    static const struct kind kinds[] = {
        {"no session term, even pace", 0, 0, 0.01},
        {"no session term, uneven pace", 0, 5, 0.03},
        {"session SD 4, even pace", 4, 0, 0.01},
    };
    static struct gait_stats_error_terms terms[GAIT_METRIC_COUNT * GAIT_DESIGN_FEET];
    static struct visit v;
    int rounds = full_tier() ? 5000 : 60;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 51);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct gait_design_plan plan;
        int covers = 0, beyond = 0;
        double slack = 4.0 * sqrt(0.05 * 0.95 / rounds);

        gait_design_plan_init(&plan);
        plan.kind = GAIT_DESIGN_ONE_PERSON;
        plan.condition = "barefoot";
        plan.baseline = "pre1";
        plan.terms = terms;
        know_terms(&kinds[k], terms);
        for (int i = 0; i < rounds; i++) {
            draw(&rng, &kinds[k], &v);
            judge(&v, &plan, &kinds[k], &covers, &beyond);
        }
        if (kinds[k].sd_session == 0) { /* the interval speaks of these two sessions, not of this person's next */
            printf("RESULT compare_rate found=%d of=%d promised=0.950 what=95 %% interval of a visit, %s\n", covers,
                   rounds * PRIMARIES, kinds[k].name);
            assert_close_abs((double)covers / (rounds * PRIMARIES), 0.95, 0.01 + (full_tier() ? 0 : slack));
        }
        if (kinds[k].change == 0) {
            printf("RESULT compare_unchanged wrong=%d of=%d what=visit, known MDC, %s\n", beyond, rounds,
                   kinds[k].name);
            assert_true((double)beyond / rounds <= 0.05 + (full_tier() ? 0.01 : slack));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(visits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
