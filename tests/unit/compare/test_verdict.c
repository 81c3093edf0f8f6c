/* The rules of the verdict, one at a time, and the words. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assert_close.h"

#include <gait/verdict.h>

/* A clear fall of 30 with a standard error of 5, 10 steps and passes, MDC 20; the tests change one thing. */
static struct gait_verdict_input clear_fall(void)
{
    struct gait_verdict_input in = {
        .change = {.value = -30.0, .se = 5.0, .df = 18.0, .t = -6.0, .p = 1.1e-5},
        .mdc95 = 20.0,
        .mdc_df = INFINITY,
        .swc = NAN,
        .steps_pre = 10,
        .steps_post = 10,
        .passes_pre = 10,
        .passes_post = 10,
    };

    in.p_adjusted = gait_verdict_p(&in.change, in.mdc95, in.mdc_df);
    return in;
}

static struct gait_verdict judge(struct gait_verdict_input *in)
{
    struct gait_verdict v;

    in->p_adjusted = fmax(in->p_adjusted, gait_verdict_p(&in->change, in->mdc95, in->mdc_df));
    assert_int_equal(gait_verdict_judge(in, &v), 0);
    return v;
}

static const char *words(const struct gait_verdict_input *in, const struct gait_verdict *v)
{
    static char text[600];
    int n = gait_verdict_sentence(in, v, "Heel peak pressure (left)", "kPa", text, sizeof(text));

    assert_true(n > 0 && n < 500);
    assert_int_equal(strlen(text), n);
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" must not say \"%s\"", text, part);
}

static void beyond_error(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v = judge(&in);

    (void)state;
    assert_int_equal(v.kind, GAIT_VERDICT_BEYOND_ERROR);
    assert_int_equal(v.reasons, GAIT_VERDICT_NO_SWC);
    assert_int_equal(v.direction, GAIT_DIRECTION_DECREASE);
    assert_close_abs(v.ci95.hi, -30.0 + 5.0 * 2.10092204, 1e-6);
    assert_close_abs(v.ci90.lo, -30.0 - 5.0 * 1.73406361, 1e-6);
    assert_close_abs(v.largest_not_excluded, v.ci95.lo, 0.0);
    assert_false(v.improved);
    has(words(&in, &v),
        "Heel peak pressure (left) fell by 30 kPa (95 % interval -40.5 to -19.5), more than the measurement error");
    has_not(words(&in, &v), "improve");
    in.change.value = 30.0;
    v = judge(&in);
    assert_int_equal(v.direction, GAIT_DIRECTION_INCREASE);
    assert_close_abs(v.largest_not_excluded, v.ci95.hi, 0.0);
}

/* "Improved" only for the registered direction, and only beyond error. */
static void registered_direction(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.wanted = GAIT_DIRECTION_DECREASE;
    v = judge(&in);
    assert_true(v.improved);
    has(words(&in, &v), "the direction registered beforehand as improvement");
    in.wanted = GAIT_DIRECTION_INCREASE;
    v = judge(&in);
    assert_false(v.improved);
    has(words(&in, &v), "against the direction registered");
    in.wanted = GAIT_DIRECTION_DECREASE;
    in.mdc95 = 31.0;
    v = judge(&in);
    assert_false(v.improved);
}

static void within_error(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.mdc95 = 30.0; /* must be exceeded, not met */
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    assert_true(v.reasons & GAIT_VERDICT_WITHIN_MDC);
    assert_true(v.reasons & GAIT_VERDICT_CONSISTENT_SHIFT);
    has(words(&in, &v), "Consistent shift, within measurement error (30 kPa)");
    has(words(&in, &v), "a change of -40.5 kPa is not excluded");
}

static void interval_with_zero(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.change.se = 16.0;
    in.change.p = 0.077;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    assert_int_equal(v.reasons, GAIT_VERDICT_INTERVAL_HAS_ZERO | GAIT_VERDICT_NO_SWC);
    assert_close_abs(v.largest_not_excluded, -30.0 - 16.0 * 2.10092204, 1e-5);
}

static void no_mdc(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.mdc95 = NAN;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    assert_true(v.reasons & GAIT_VERDICT_NO_MDC);
    assert_false(v.reasons & GAIT_VERDICT_CONSISTENT_SHIFT);
    has(words(&in, &v), "double baseline");
    in.swc = 50.0; /* equivalence needs no MDC */
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_EQUIVALENT);
}

/* The 90 % interval is -38.67 .. -21.33. */
static void equivalence(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.mdc95 = 35.0;
    in.swc = 38.68;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_EQUIVALENT);
    has(words(&in, &v), "equivalent, the change is smaller than what was registered as worthwhile (38.7 kPa)");
    in.swc = 38.66;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    in.change.value = 30.0;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    in.mdc95 = 20.0; /* beyond error goes before equivalent */
    in.p_adjusted = 0.0;
    in.swc = 100.0;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_BEYOND_ERROR);
    in.swc = NAN; /* the MDC is never the margin */
    in.mdc95 = 100.0;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
}

static void several_primaries(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.p_adjusted = 0.051;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    assert_true(v.reasons & GAIT_VERDICT_MULTIPLICITY);
    has(words(&in, &v), "not among all primary metrics");
    in.p_adjusted = 1e-9; /* below its own p: not an adjustment */
    assert_int_equal(gait_verdict_judge(&in, &v), -EINVAL);
}

/* 19 degrees of freedom ask for 2.093 where the definition of MDC95 says 1.96: a factor of 1.0679. */
static void uncertain_mdc(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.mdc_df = 19.0;
    in.mdc95 = 30.0 / 1.0677;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_INCONCLUSIVE);
    assert_int_equal(v.reasons, GAIT_VERDICT_MDC_UNCERTAIN | GAIT_VERDICT_NO_SWC);
    has(words(&in, &v), "above the measurement error (28.1 kPa), but that figure comes from too few people");
    in.p_adjusted = 0.0;
    in.mdc95 = 30.0 / 1.0681;
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_BEYOND_ERROR);
    in.mdc_df = 0.0;
    assert_int_equal(gait_verdict_judge(&in, &v), -EINVAL);
}

static void p_for_holm(void **state)
{
    struct gait_verdict_input in = clear_fall();

    (void)state;
    assert_close_abs(gait_verdict_p(&in.change, 30.0, INFINITY), 0.05, 1e-12); /* the change is exactly the MDC */
    assert_close_abs(gait_verdict_p(&in.change, 1.0, INFINITY), 1.1e-5, 0.0);
    assert_close_abs(gait_verdict_p(&in.change, NAN, INFINITY), 1.0, 0.0);
    in.change.se = NAN;
    assert_close_abs(gait_verdict_p(&in.change, 20.0, INFINITY), 1.0, 0.0);
}

static void step_counts(void **state)
{
    static const struct {
        size_t steps, passes;
        enum gait_verdict_kind kind;
        unsigned reasons;
        const char *says;
    } row[] = {
        {2, 10, GAIT_VERDICT_REFUSED, GAIT_VERDICT_FEW_STEPS, "not compared, 10 steps before and 2 after"},
        {0, 0, GAIT_VERDICT_REFUSED, GAIT_VERDICT_FEW_STEPS, "not compared"},
        {3, 10, GAIT_VERDICT_NONE, GAIT_VERDICT_FEW_STEPS, "too few steps"},
        {4, 10, GAIT_VERDICT_BEYOND_ERROR, GAIT_VERDICT_FEW_STEPS | GAIT_VERDICT_NO_SWC, "Only 4 steps"},
        {5, 10, GAIT_VERDICT_BEYOND_ERROR, GAIT_VERDICT_NO_SWC, "more than the measurement error"},
        {10, 3, GAIT_VERDICT_NONE, GAIT_VERDICT_FEW_PASSES, "too few passes"},
        {10, 4, GAIT_VERDICT_BEYOND_ERROR, GAIT_VERDICT_NO_SWC, "more than the measurement error"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            struct gait_verdict_input in = clear_fall();
            struct gait_verdict v;

            *(swapped ? &in.steps_pre : &in.steps_post) = row[i].steps;
            *(swapped ? &in.passes_pre : &in.passes_post) = row[i].passes;
            v = judge(&in);
            assert_int_equal(v.kind, row[i].kind);
            assert_int_equal(v.reasons, row[i].reasons);
            if (!swapped)
                has(words(&in, &v), row[i].says);
            if (v.kind == GAIT_VERDICT_REFUSED)
                assert_nan(v.ci95.lo);
        }
}

static void no_interval(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    in.change = (struct gait_stats_estimate){.value = 0.0, .se = NAN, .p = NAN, .note = GAIT_STATS_NOTE_ZERO_VARIANCE};
    v = judge(&in);
    assert_int_equal(v.kind, GAIT_VERDICT_NONE);
    assert_int_equal(v.reasons, GAIT_VERDICT_NO_INTERVAL);
    assert_int_equal(v.direction, GAIT_DIRECTION_NONE);
    has(words(&in, &v), "did not change; no verdict: the passes do not vary");
    has_not(words(&in, &v), "nan");
}

static void bad_input(void **state)
{
    struct gait_verdict_input in = clear_fall(), bad;
    struct gait_verdict v = {.kind = GAIT_VERDICT_NONE};
    char small[10];

    (void)state;
    bad = in;
    bad.change.value = NAN;
    assert_int_equal(gait_verdict_judge(&bad, &v), -EINVAL);
    bad = in;
    bad.mdc95 = 0.0;
    assert_int_equal(gait_verdict_judge(&bad, &v), -EINVAL);
    bad = in;
    bad.swc = -1.0;
    assert_int_equal(gait_verdict_judge(&bad, &v), -EINVAL);
    bad = in;
    bad.p_adjusted = NAN;
    assert_int_equal(gait_verdict_judge(&bad, &v), -EINVAL);
    assert_int_equal(gait_verdict_judge(NULL, &v), -EINVAL);
    assert_int_equal(v.kind, GAIT_VERDICT_NONE);
    v = judge(&in);
    assert_true(gait_verdict_sentence(&in, &v, "Heel", "kPa", small, sizeof(small)) > 10);
    assert_int_equal(strlen(small), 9);
    assert_true(gait_verdict_sentence(&in, &v, "Heel", "kPa", NULL, 0) > 10);
    assert_int_equal(gait_verdict_sentence(&in, &v, NULL, "kPa", small, sizeof(small)), -EINVAL);
}

static void literature(void **state)
{
    struct gait_verdict_input in = clear_fall();
    struct gait_verdict v;

    (void)state;
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_HEEL31_PEAK, 300.0), 51.0, 1e-12);
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_ARCH_INDEX, 0.2), 0.035, 0.0);
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_HO, 54.0), 5.0, 0.0);
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_FORE_SHARE, 40.0), 4.0, 0.0);
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_CSI, 40.0), 8.0, 0.0);
    assert_close_abs(gait_mdc_literature_value(GAIT_METRIC_CPEI, 10.0), 8.0, 0.0);
    assert_nan(gait_mdc_literature_value(GAIT_METRIC_PEAK, 0.0));
    assert_nan(gait_mdc_literature_value(GAIT_METRIC_PEAK, NAN));
    /* midfoot, medio-lateral and rates: none */
    assert_null(gait_mdc_literature(GAIT_METRIC_MID_SHARE));
    assert_null(gait_mdc_literature(GAIT_METRIC_MID_IMPULSE));
    assert_null(gait_mdc_literature(GAIT_METRIC_LMFI_FMC));
    assert_null(gait_mdc_literature(GAIT_METRIC_HEEL31_SLOPE50));
    assert_null(gait_mdc_literature(GAIT_METRIC_DAI_MEAN));
    in.mdc_is_literature = true;
    v = judge(&in);
    assert_true(v.reasons & GAIT_VERDICT_LITERATURE_MDC);
    has(words(&in, &v), "(20 kPa, a literature default)");
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(gait_verdict_name(GAIT_VERDICT_BEYOND_ERROR), "beyond_error");
    assert_string_equal(gait_verdict_reason_name(GAIT_VERDICT_NO_MDC), "no_mdc");
    for (unsigned bit = 1; bit <= GAIT_VERDICT_MDC_UNCERTAIN; bit <<= 1)
        assert_string_not_equal(gait_verdict_reason_name((enum gait_verdict_reason)bit), "?");
    for (int kind = GAIT_VERDICT_REFUSED; kind <= GAIT_VERDICT_INCONCLUSIVE; kind++)
        assert_string_not_equal(gait_verdict_name((enum gait_verdict_kind)kind), "?");
    assert_string_equal(gait_verdict_name((enum gait_verdict_kind)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beyond_error),
        cmocka_unit_test(registered_direction),
        cmocka_unit_test(within_error),
        cmocka_unit_test(interval_with_zero),
        cmocka_unit_test(no_mdc),
        cmocka_unit_test(equivalence),
        cmocka_unit_test(several_primaries),
        cmocka_unit_test(uncertain_mdc),
        cmocka_unit_test(p_for_holm),
        cmocka_unit_test(step_counts),
        cmocka_unit_test(no_interval),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(literature),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
