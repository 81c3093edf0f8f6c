/*
 * Patients from the walker to the verdict: how many who did not change are called changed, and how many whose arch gave way by one, two and
 * three times the measurement error are found. Everybody is judged by the error measured on a group of other people, as a lab does
 * it. 200 patients with GAIT_TIER=full (or GAIT_PATIENTS of them), groups of 20; a few in the gate. GAIT_PATIENTS_FROM=n: other people than the
 * first n, unchanged only. What is printed stands in docs/COMPARE.md.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"

#include "patient.h"

enum { TIMES_MAX = 3, PRIMARIES = GAIT_VERDICT_PRIMARIES_MAX };

static const enum gait_metric primary[PRIMARIES] = {GAIT_METRIC_HEEL31_IMPULSE, GAIT_METRIC_HEEL31_PEAK,
                                                    GAIT_METRIC_DAI_MEAN};

struct lab {
    size_t people, group, changed; /* all; in a group; of those that walk with a change too */
    struct patient *patient;
    struct gait_stats_error_terms *terms; /* of each group: [groups][GAIT_METRIC_COUNT*GAIT_DESIGN_FEET] */
};

/* What was found in one patient at one timepoint. */
struct found {
    int beyond;           /* primaries beyond error */
    bool alone;           /* dai_mean, had it been the only primary */
    double change;        /* of dai_mean */
    int covers, findings; /* 95 % intervals of primaries that hold 0; warnings and refusals */
};

static size_t groups(const struct lab *lab)
{
    return lab->people / lab->group;
}

static struct gait_stats_error_terms *terms_of(const struct lab *lab, size_t group)
{
    return lab->terms + group * GAIT_METRIC_COUNT * GAIT_DESIGN_FEET;
}

static struct gait_design_plan plan_for(const struct lab *lab, size_t who)
{
    struct gait_design_plan plan;

    gait_design_plan_init(&plan);
    plan.condition = "barefoot";
    plan.baseline = "pre1";
    plan.kind = GAIT_DESIGN_ONE_PERSON;
    plan.seed = who + 1;
    plan.terms = terms_of(lab, (who / lab->group + 1) % groups(lab)); /* never one's own group */
    return plan;
}

static void measure_errors(struct lab *lab)
{
    for (size_t g = 0; g < groups(lab); g++) {
        struct gait_design_plan plan = plan_for(lab, 0);
        const struct patient *people[64];
        struct gait_design_data data;

        for (size_t i = 0; i < lab->group; i++)
            people[i] = &lab->patient[g * lab->group + i];
        data = patient_data(people, lab->group);
        for (int m = 0; m < PRIMARIES; m++)
            assert_int_equal(
                gait_design_error_terms(&data, &plan, "post0", primary[m], GAIT_DESIGN_BOTH,
                                        &terms_of(lab, g)[gait_design_terms_index(primary[m], GAIT_DESIGN_BOTH)]),
                0);
        free((void *)data.pass);
        free((void *)data.step);
    }
}

static void open_lab(struct lab *lab)
{
    const char *tier = getenv("GAIT_TIER"), *asked = getenv("GAIT_PATIENTS"), *others = getenv("GAIT_PATIENTS_FROM");
    bool full = tier && strcmp(tier, "full") == 0;

    size_t people = asked ? strtoul(asked, NULL, 10) : full ? 200 : 6;

    *lab = (struct lab){.people = people, .group = full ? 20 : 3, .changed = others ? 0 : full ? 100 : 1};
    lab->patient = calloc(lab->people, sizeof(*lab->patient));
    lab->terms = calloc(groups(lab) * GAIT_METRIC_COUNT * GAIT_DESIGN_FEET, sizeof(*lab->terms));
    assert_non_null(lab->patient);
    assert_non_null(lab->terms);
    for (size_t i = 0; i < lab->people; i++) {
        patient_init(&lab->patient[i], i + 1 + (others ? strtoul(others, NULL, 10) : 0));
        patient_walk(&lab->patient[i], 0, "pre1", NULL);
        patient_walk(&lab->patient[i], 1, "post0", NULL);
    }
    measure_errors(lab);
}

/* The primaries of one patient as `gait compare` works them. */
static struct found judge(const struct lab *lab, size_t who, const char *timepoint)
{
    struct gait_design_plan plan = plan_for(lab, who);
    const struct patient *patient = &lab->patient[who];
    struct gait_design_data data = patient_data(&patient, 1);
    struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];
    struct gait_design_comparison c[PRIMARIES];
    struct found found = {.alone = false};
    int n = gait_design_check(&data, &plan, GAIT_DESIGN_FINDINGS_MAX, finding);

    assert_in_range(n, 0, GAIT_DESIGN_FINDINGS_MAX);
    for (int i = 0; i < n; i++)
        found.findings += finding[i].severity >= GAIT_DESIGN_WARNING && strcmp(finding[i].timepoint, timepoint) == 0;
    for (int m = 0; m < PRIMARIES; m++)
        assert_int_equal(
            gait_design_compare(&data, &plan, patient->name, timepoint, primary[m], GAIT_DESIGN_BOTH, &c[m]), 0);
    assert_int_equal(gait_design_judge(&plan, finding, (size_t)n, c, PRIMARIES), 0);
    for (int m = 0; m < PRIMARIES; m++) {
        found.beyond += c[m].verdict.kind == GAIT_VERDICT_BEYOND_ERROR;
        found.covers += c[m].change.ci.lo <= 0 && c[m].change.ci.hi >= 0;
    }
    found.change = c[2].change.value;
    assert_int_equal(gait_design_judge(&plan, finding, (size_t)n, &c[2], 1), 0);
    found.alone = c[2].verdict.kind == GAIT_VERDICT_BEYOND_ERROR;
    free((void *)data.pass);
    free((void *)data.step);
    return found;
}

static void unchanged(struct lab *lab)
{
    size_t wrong = 0, covers = 0, findings = 0;

    for (size_t i = 0; i < lab->people; i++) {
        struct found found = judge(lab, i, "post0");

        wrong += found.beyond > 0;
        covers += (size_t)found.covers;
        findings += found.findings > 0;
    }
    printf("RESULT compare_pipeline_unchanged wrong=%zu of=%zu\n", wrong, lab->people);
    printf("RESULT compare_pipeline_interval_has_0 covers=%zu of=%zu\n", covers, lab->people * PRIMARIES);
    printf("RESULT compare_pipeline_warned people=%zu of=%zu\n", findings, lab->people);
    assert_true(wrong * 100 <= lab->people * 6 || wrong <= 1);
}

/* The MDC95 of ten passes, from everybody's two walks: what a change is measured by. */
static double mdc_of_all(const struct lab *lab)
{
    const struct patient **people = calloc(lab->people, sizeof(*people));
    struct gait_design_plan plan = plan_for(lab, 0);
    struct gait_stats_error_terms terms;
    struct gait_design_data data;
    struct gait_stats_mdc mdc;

    assert_non_null(people);
    for (size_t i = 0; i < lab->people; i++)
        people[i] = &lab->patient[i];
    data = patient_data(people, lab->people);
    assert_int_equal(gait_design_error_terms(&data, &plan, "post0", GAIT_METRIC_DAI_MEAN, GAIT_DESIGN_BOTH, &terms), 0);
    assert_int_equal(gait_stats_mdc(&terms, PATIENT_PASSES, PATIENT_PASSES, &mdc), 0);
    printf("RESULT compare_pipeline_mdc95 dai_mean=%.5f lo=%.5f hi=%.5f session_sd=%.5f pass_sd=%.5f\n", mdc.mdc95,
           mdc.ci.lo, mdc.ci.hi, sqrt(terms.var_session), sqrt(terms.var_step));
    free((void *)data.pass);
    free((void *)data.step);
    free(people);
    return mdc.mdc95;
}

/* Everybody's arch gives way by `times` MDC95. */
static size_t changed(struct lab *lab, double (*gain)[PATIENT_DOSES], double mdc, int times)
{
    static const char *const names[] = {"", "once", "twice", "thrice"};
    size_t alone = 0, any = 0, n = 0, measured = 0;
    double sum = 0;

    for (size_t i = 0; i < lab->changed; i++) {
        struct patient_change change = {patient_collapse_for(gain[i], times * mdc), 1};
        struct found found;

        if (!isfinite(change.collapse))
            continue; /* this arch cannot: counted by n */
        patient_walk(&lab->patient[i], 1 + (unsigned)times, names[times], &change);
        found = judge(lab, i, names[times]);
        alone += found.alone;
        any += found.beyond > 0;
        n++;
        if (!isfinite(found.change))
            continue; /* no pass in the window: refused, not found */
        sum += found.change;
        measured++;
    }
    printf("RESULT compare_pipeline_power mdc=%d alone=%zu any=%zu of=%zu mean_change_in_mdc=%.3f\n", times, alone, any,
           n, sum / (double)measured / mdc);
    assert_true(measured > 0);
    assert_close_abs(sum / (double)measured / mdc, times, lab->changed < 10 ? 1.0 : 0.2);
    return alone * 100 / n;
}

static void changes(struct lab *lab, double mdc)
{
    double(*gain)[PATIENT_DOSES] = calloc(lab->changed, sizeof(*gain));
    size_t found[TIMES_MAX + 1] = {0};

    assert_non_null(gain);
    for (size_t i = 0; i < lab->changed; i++)
        patient_doses(&lab->patient[i], gain[i]);
    for (int times = 1; times <= TIMES_MAX; times++)
        found[times] = changed(lab, gain, mdc, times);
    assert_true(found[1] <= found[2] && found[2] <= found[3]);
    assert_true(found[3] == 100 || lab->changed >= 10);
    free(gain);
}

static void patients(void **state)
{
    struct lab lab;
    double mdc;

    (void)state;
    open_lab(&lab);
    unchanged(&lab);
    mdc = mdc_of_all(&lab);
    if (lab.changed)
        changes(&lab, mdc);
    free(lab.patient);
    free(lab.terms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patients)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
