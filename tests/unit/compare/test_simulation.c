/*
 * The rates that intervals and verdicts promise, on simulated people: how often an interval covers the truth, how often an
 * unchanged patient is called changed, how often a changed one is found. Prints the figures of docs/COMPARE.md.
 * Tolerances: four standard errors of the simulated share, and the project's own bounds.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>
#include <gait/verdict.h>

#include "draws.h"

#define STEPS     10
#define PRIMARIES 3

static double share_error(double share, int rounds)
{
    return 4.0 * sqrt(share * (1.0 - share) / rounds);
}

static int inside(struct gait_stats_interval i, double truth)
{
    return i.lo <= truth && truth <= i.hi;
}

static void report(const char *what, int count, int rounds, double expected, double slack)
{
    double share = (double)count / rounds;

    print_message("%-46s %6.2f %%  (of %d, promised %.1f %%)\n", what, 100.0 * share, rounds, 100.0 * expected);
    printf("RESULT compare_rate found=%d of=%d promised=%.3f what=%s\n", count, rounds, expected, what);
    assert_close_abs(share, expected, slack + share_error(expected, rounds));
}

static void coverage(void **state)
{
    int rounds = full_tier() ? 20000 : 1000, paired = 0, welch = 0, d_z = 0, slope = 0, limit = 0;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 31);
    for (int i = 0; i < rounds; i++) {
        double a[12], b[12], y[20], speed[20];
        struct gait_stats_bland_altman ba;
        struct gait_stats_effect_paired f;
        struct gait_stats_adjusted adj;
        struct gait_stats_estimate e;
        uint8_t group[20];

        fill_normal(&rng, 100.0, 10.0, 12, a);
        for (int k = 0; k < 12; k++)
            b[k] = a[k] + 2.0 + 4.0 * normal(&rng);
        assert_int_equal(gait_stats_paired_t(a, b, 8, 0.95, &e), 0);
        paired += inside(e.ci, 2.0);
        assert_int_equal(gait_stats_effect_paired(a, b, 10, 0.95, &f), 0);
        d_z += inside(f.ci_d_z, 0.5);
        assert_int_equal(gait_stats_bland_altman(a, b, 12, false, 0.95, &ba), 0);
        limit += inside(ba.upper_ci, 2.0 + 1.959963985 * 4.0);
        fill_normal(&rng, 103.0, 25.0, 6, b);
        assert_int_equal(gait_stats_welch(a, 12, b, 6, 0.95, &e), 0);
        welch += inside(e.ci, 3.0);
        for (int k = 0; k < 20; k++) {
            group[k] = k >= 10;
            speed[k] = 1.3 + 0.05 * group[k] + 0.05 * normal(&rng);
            y[k] = 300.0 + 5.0 * group[k] + 120.0 * speed[k] + 8.0 * normal(&rng);
        }
        assert_int_equal(gait_stats_adjust(y, group, speed, 20, 0.95, &adj), 0);
        slope += inside(adj.group.ci, 5.0);
    }
    report("95 % interval, paired t, n = 8", paired, rounds, 0.95, 0.0);
    report("95 % interval, Welch, SD 10 and 25, n = 12 and 6", welch, rounds, 0.95, 0.01);
    report("95 % interval of d_z (noncentral t), n = 10", d_z, rounds, 0.95, 0.0);
    report("95 % interval, change at equal speed, n = 20", slope, rounds, 0.95, 0.0);
    report("95 % interval of a limit of agreement, n = 12", limit, rounds, 0.95, 0.015);
}

/* The share of p below 0.05 without any change: exact tests may not pass it, Monte Carlo neither. */
static void false_positives(void **state)
{
    int rounds = full_tier() ? 20000 : 1000, signs = 0, two = 0, ranks = 0, sums = 0, tost = 0;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 32);
    for (int i = 0; i < rounds; i++) {
        double a[9], b[9];
        struct gait_stats_mann_whitney m;
        struct gait_stats_permutation p;
        struct gait_stats_wilcoxon w;
        struct gait_stats_estimate e;
        struct gait_stats_tost t;

        fill_normal(&rng, 0.0, 1.0, 9, a);
        fill_normal(&rng, 0.0, 1.0, 9, b);
        assert_int_equal(gait_stats_permute_signs(a, b, 9, &rng, &p), 0);
        signs += p.p <= 0.05;
        assert_int_equal(gait_stats_permute_two(a, 5, b, 5, 1, &rng, &p), 0);
        two += p.p <= 0.05;
        assert_int_equal(gait_stats_wilcoxon(a, b, 9, &w), 0);
        ranks += w.p <= 0.05;
        assert_int_equal(gait_stats_mann_whitney(a, 9, b, 9, &m), 0);
        sums += m.p <= 0.05;
        for (int k = 0; k < 9; k++)
            b[k] = a[k] + 3.0 + normal(&rng); /* at the margin: called equivalent in at most 5 % */
        assert_int_equal(gait_stats_paired_t(a, b, 9, 0.95, &e), 0);
        assert_int_equal(gait_stats_tost(&e, 3.0, 0.05, &t), 0);
        tost += t.equivalent;
    }
    report("p <= 0.05 unchanged, sign flip, n = 9", signs, rounds, 25.0 / 512.0, 0.002);
    report("p <= 0.05 unchanged, permutation, 5 and 5", two, rounds, 12.0 / 252.0, 0.002);
    report("p <= 0.05 unchanged, Wilcoxon, n = 9", ranks, rounds, 0.0390625, 0.002);
    report("p <= 0.05 unchanged, Mann-Whitney, 9 and 9", sums, rounds, 0.04, 0.005);
    report("called equivalent, truth at the margin, n = 9", tost, rounds, 0.05, 0.002);
}

/* The bootstrap of few values is known to be short: the document says so with this figure. */
static void bootstrap(void **state)
{
    int rounds = full_tier() ? 4000 : 300, at8 = 0, at20 = 0;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 33);
    for (int i = 0; i < rounds; i++) {
        struct gait_stats_bootstrap b;
        double x[20];

        fill_normal(&rng, 1.0, 1.0, 20, x);
        assert_int_equal(gait_stats_bca(x, 8, gait_stats_mean, NULL, 0.95, 999, &rng, &b), 0);
        at8 += inside(b.bca, 1.0);
        assert_int_equal(gait_stats_bca(x, 20, gait_stats_mean, NULL, 0.95, 999, &rng, &b), 0);
        at20 += inside(b.bca, 1.0);
    }
    report("95 % BCa interval of a mean, n = 8", at8, rounds, 0.90, 0.03);
    report("95 % BCa interval of a mean, n = 20", at20, rounds, 0.93, 0.02);
}

/* One metric of a person: SD between timepoints and between steps. */
struct person {
    double sd_session, sd_step;
};

static double true_mdc(struct person p)
{
    return 1.959963984540054 * sqrt(2.0 * (p.sd_session * p.sd_session + p.sd_step * p.sd_step / STEPS));
}

/* Ten single steps before, ten after, and `change` between; for each primary. Counts of verdicts "beyond error". */
static int visit(struct gait_stats_rng *rng, struct person p, int primaries, const double *change, const double *mdc,
                 double mdc_df)
{
    struct gait_verdict_input in[PRIMARIES];
    double adjusted[PRIMARIES] = {0};
    int beyond = 0;

    for (int m = 0; m < primaries; m++) {
        double pre[STEPS], post[STEPS];

        fill_normal(rng, 100.0 + p.sd_session * normal(rng), p.sd_step, STEPS, pre);
        fill_normal(rng, 100.0 + change[m] + p.sd_session * normal(rng), p.sd_step, STEPS, post);
        in[m] = (struct gait_verdict_input){.mdc95 = mdc[m],
                                            .mdc_df = mdc_df,
                                            .swc = NAN,
                                            .steps_pre = STEPS,
                                            .steps_post = STEPS,
                                            .passes_pre = STEPS,
                                            .passes_post = STEPS};
        assert_int_equal(gait_stats_welch(pre, STEPS, post, STEPS, 0.95, &in[m].change), 0);
        adjusted[m] = gait_verdict_p(&in[m].change, mdc[m], mdc_df);
    }
    assert_int_equal(gait_stats_holm(adjusted, (size_t)primaries, adjusted), 0);
    for (int m = 0; m < primaries; m++) {
        struct gait_verdict v;

        in[m].p_adjusted = adjusted[m];
        assert_int_equal(gait_verdict_judge(&in[m], &v), 0);
        beyond += v.kind == GAIT_VERDICT_BEYOND_ERROR;
    }
    return beyond;
}

/* Share of unchanged patients with any "beyond error" among three primaries: at most 5 % (+- 1). */
static void unchanged(void **state)
{
    static const struct person people[] = {{0.0, 4.0}, {2.0, 4.0}, {4.0, 4.0}, {4.0, 1.0}};
    static const double none[PRIMARIES] = {0};
    int rounds = full_tier() ? 5000 : 500;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 34);
    for (size_t k = 0; k < sizeof(people) / sizeof(people[0]); k++) {
        double mdc[PRIMARIES] = {true_mdc(people[k]), true_mdc(people[k]), true_mdc(people[k])}, share;
        int wrong = 0;

        for (int i = 0; i < rounds; i++)
            wrong += visit(&rng, people[k], PRIMARIES, none, mdc, INFINITY) > 0;
        share = (double)wrong / rounds;
        print_message(
            "unchanged, 3 primaries, SD between timepoints %.0f, between steps %.0f: any false A in %.2f %% of %d\n",
            people[k].sd_session, people[k].sd_step, 100.0 * share, rounds);
        printf(
            "RESULT compare_unchanged wrong=%d of=%d what=known MDC, SD %.0f between timepoints, %.0f between steps\n",
            wrong, rounds, people[k].sd_session, people[k].sd_step);
        assert_true(share <= 0.05 + (full_tier() ? 0.01 : share_error(0.05, rounds)));
    }
}

/* This person's error in the mean person's: a heavy person's newtons vary more than a light one's. */
static struct person own_error(struct gait_stats_rng *rng, struct person p, double spread)
{
    double own = spread > 0.0 ? 1.0 + spread * (2.0 * uniform(rng) - 1.0) : 1.0;

    return (struct person){own * p.sd_session, own * p.sd_step};
}

/* The lab's MDC from 20 people, two timepoints of ten steps each. */
static double baseline_mdc(struct gait_stats_rng *rng, struct person mean, double spread, size_t subjects,
                           struct gait_stats_mdc *mdc)
{
    double x[40][STEPS];
    struct gait_stats_cell cells[40];
    struct gait_stats_error_terms terms;

    for (size_t i = 0; i < subjects; i++) {
        double own = 100.0 + 15.0 * normal(rng);
        struct person p = own_error(rng, mean, spread);

        for (size_t j = 2 * i; j < 2 * i + 2; j++) {
            fill_normal(rng, own + p.sd_session * normal(rng), p.sd_step, STEPS, x[j]);
            cells[j] = (struct gait_stats_cell){x[j], STEPS};
        }
    }
    assert_int_equal(gait_stats_error_terms(cells, subjects, 2, &terms), 0);
    assert_int_equal(gait_stats_mdc(&terms, STEPS, STEPS, mdc), 0);
    return mdc->mdc95;
}

/* A lab: how many people its MDC is from, and by how much a person's error differs from the mean person's. */
struct lab {
    size_t people;
    double spread;
    const char *interval, *what;
};

/* Unchanged patients whom this lab calls changed; the MDC's interval and its mean square on the way. */
static int lab_wrong(struct gait_stats_rng *rng, const struct lab *lab, struct person p, int rounds, int *ret_covered,
                     double *ret_rms)
{
    static const double none[PRIMARIES] = {0};
    double truth = true_mdc(p), squares = 0.0;
    int wrong = 0;

    *ret_covered = 0;
    for (int i = 0; i < rounds; i++) {
        double mdc[PRIMARIES], df = INFINITY;
        struct gait_stats_mdc m;

        for (int metric = 0; metric < PRIMARIES; metric++) {
            mdc[metric] = baseline_mdc(rng, p, lab->spread, lab->people, &m);
            df = fmin(df, m.df);
        }
        *ret_covered += inside(m.ci, truth);
        squares += m.mdc95 * m.mdc95 / rounds;
        wrong += visit(rng, own_error(rng, p, lab->spread), PRIMARIES, none, mdc, df) > 0;
    }
    *ret_rms = sqrt(squares);
    return wrong;
}

/*
 * With an MDC that is itself an estimate: its interval covers the truth, and false A stay rare, from 20 people and from 10. The last lab's
 * people err each by their own measure, from 0.69 to 1.31 of the mean person's (weights from 50 to 95 kg).
 */
static void lab_baseline(void **state)
{
    static const struct lab labs[] = {
        {20, 0.0, "95 % interval of MDC95, 20 people", "MDC from 20 people, SD 4, 4"},
        {10, 0.0, "95 % interval of MDC95, 10 people", "MDC from 10 people, SD 4, 4"},
        {20, 0.31, NULL, "MDC from 20 people, each with their own SD, 2.8 to 5.2"},
    };
    struct person p = {4.0, 4.0};
    int rounds = full_tier() ? 5000 : 500;
    double slack = full_tier() ? 0.01 : share_error(0.05, rounds);
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 35);
    for (size_t k = 0; k < sizeof(labs) / sizeof(labs[0]); k++) {
        double rms, truth = true_mdc(p) * sqrt(1.0 + labs[k].spread * labs[k].spread / 3.0);
        int covered, wrong = lab_wrong(&rng, &labs[k], p, rounds, &covered, &rms);

        if (labs[k].interval)
            report(labs[k].interval, covered, rounds, 0.95, 0.01);
        assert_close_rel(rms, truth, full_tier() ? 0.015 : 0.04);
        print_message("unchanged, 3 primaries, %s: any false A in %.2f %% of %d\n", labs[k].what,
                      100.0 * wrong / rounds, rounds);
        printf("RESULT compare_unchanged wrong=%d of=%d what=%s\n", wrong, rounds, labs[k].what);
        assert_true((double)wrong / rounds <= 0.05 + slack);
    }
}

/* How often a true change of so many MDC95 is called beyond error: one primary, and any where one of three changed. */
static void power_at(double times, int rounds, struct gait_stats_rng *rng, int *ret_one, int *ret_three)
{
    struct person p = {2.0, 4.0};
    double mdc[PRIMARIES] = {true_mdc(p), true_mdc(p), true_mdc(p)};
    double change[PRIMARIES] = {times * mdc[0], 0.0, 0.0};

    *ret_one = *ret_three = 0;
    for (int i = 0; i < rounds; i++) {
        *ret_one += visit(rng, p, 1, change, mdc, INFINITY) > 0;
        *ret_three += visit(rng, p, PRIMARIES, change, mdc, INFINITY) > 0;
    }
    printf("RESULT compare_power mdc=%.2f one=%d three=%d of=%d\n", times, *ret_one, *ret_three, rounds);
}

static void power(void **state)
{
    static const double expected_one[] = {0.5, 0.97, 0.999};
    int rounds = full_tier() ? 5000 : 500, quarters = full_tier() ? 1 : 4, one, three;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 36);
    for (int quarter = quarters; quarter <= 12; quarter += quarters) {
        power_at(quarter / 4.0, rounds, &rng, &one, &three);
        assert_true(three <= one + rounds / 20);
        if (quarter % 4 != 0)
            continue;
        print_message("true change %d MDC95: beyond error in %.1f %% (one primary), any in %.1f %% (three) of %d\n",
                      quarter / 4, 100.0 * one / rounds, 100.0 * three / rounds, rounds);
        assert_close_abs((double)one / rounds, expected_one[quarter / 4 - 1],
                         0.03 + share_error(expected_one[quarter / 4 - 1], rounds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage),  cmocka_unit_test(false_positives), cmocka_unit_test(bootstrap),
        cmocka_unit_test(unchanged), cmocka_unit_test(lab_baseline),    cmocka_unit_test(power),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
