/* Too few values, none that vary, NaN, ties throughout, ten thousand: a code or a note, never a crash, never a bare NaN. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_curve.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>

static const double flat[] = {5, 5, 5, 5, 5, 5, 5, 5}, other[] = {7, 7, 7, 7, 7, 7, 7, 7};
static const double some[] = {3, 1, 4, 1, 5, 9, 2, 6}, holed[] = {3, 1, 4, NAN, 5, 9, 2, 6};
static const double endless[] = {3, 1, 4, INFINITY, 5, 9, 2, 6};

#define EACH(call, expected) assert_int_equal((call), (expected))

static void nan_is_refused(void **state)
{
    const double *bad[] = {holed, endless, NULL};
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 1);
    for (int i = 0; i < 3; i++) {
        struct gait_stats_effect_paired ep;
        struct gait_stats_bland_altman ba;
        struct gait_stats_mann_whitney mw;
        struct gait_stats_autocorrelation r;
        struct gait_stats_permutation perm;
        struct gait_stats_effect_two et;
        struct gait_stats_bootstrap bo;
        struct gait_stats_wilcoxon w;
        struct gait_stats_estimate e;
        struct gait_stats_summary s;
        struct gait_stats_curve c;
        struct gait_stats_icc icc;
        struct gait_stats_cell cells[4] = {{bad[i], 8}, {some, 8}, {some, 8}, {some, 8}};
        struct gait_stats_error_terms terms;
        double t[2], p[2];

        EACH(gait_stats_summarise(bad[i], 8, &s), -EINVAL);
        EACH(gait_stats_paired_t(some, bad[i], 8, 0.95, &e), -EINVAL);
        EACH(gait_stats_paired_t(bad[i], some, 8, 0.95, &e), -EINVAL);
        EACH(gait_stats_welch(bad[i], 8, some, 8, 0.95, &e), -EINVAL);
        EACH(gait_stats_welch(some, 8, bad[i], 8, 0.95, &e), -EINVAL);
        EACH(gait_stats_autocorrelation(bad[i], 8, &r), -EINVAL);
        EACH(gait_stats_effect_paired(some, bad[i], 8, 0.95, &ep), -EINVAL);
        EACH(gait_stats_effect_two(some, 8, bad[i], 8, 0.95, &et), -EINVAL);
        EACH(gait_stats_wilcoxon(some, bad[i], 8, &w), -EINVAL);
        EACH(gait_stats_mann_whitney(some, 8, bad[i], 8, &mw), -EINVAL);
        EACH(gait_stats_permute_signs(some, bad[i], 8, &rng, &perm), -EINVAL);
        EACH(gait_stats_permute_two(some, 8, bad[i], 8, 1, &rng, &perm), -EINVAL);
        EACH(gait_stats_bca(bad[i], 8, gait_stats_mean, NULL, 0.95, 999, &rng, &bo), -EINVAL);
        EACH(gait_stats_bca_two(some, 8, bad[i], 8, gait_stats_mean, NULL, 0.95, 999, &rng, &bo), -EINVAL);
        EACH(gait_stats_bca_enumerated(bad[i], 4, gait_stats_mean, NULL, 0.95, &bo), -EINVAL);
        EACH(gait_stats_icc(bad[i], 4, 2, &icc), -EINVAL);
        EACH(gait_stats_bland_altman(some, bad[i], 8, false, 0.95, &ba), -EINVAL);
        EACH(gait_stats_curve_paired(bad[i], 4, 2, 0.05, &rng, t, p, &c), -EINVAL);
        EACH(gait_stats_curve_two(some, 4, bad[i], 4, 2, 0.05, &rng, t, p, &c), -EINVAL);
        EACH(gait_stats_error_terms(cells, 2, 2, &terms), -EINVAL);
    }
}

static void too_few(void **state)
{
    struct gait_stats_effect_paired ep;
    struct gait_stats_bland_altman ba;
    struct gait_stats_mann_whitney mw;
    struct gait_stats_autocorrelation r;
    struct gait_stats_permutation perm;
    struct gait_stats_effect_two et;
    struct gait_stats_error_terms terms;
    struct gait_stats_bootstrap bo;
    struct gait_stats_adjusted adj;
    struct gait_stats_wilcoxon w;
    struct gait_stats_estimate e = {.value = 42.0};
    struct gait_stats_summary s;
    struct gait_stats_curve c;
    struct gait_stats_icc icc;
    struct gait_stats_rng rng;
    struct gait_stats_cell cells[4] = {{some, 2}, {some, 2}, {some, 2}, {NULL, 0}};
    struct gait_stats_cell single[4] = {{some, 1}, {some, 1}, {some, 1}, {some, 1}};
    static const uint8_t ones[] = {1, 1, 1, 1}, mixed[] = {0, 1, 0, 1}, wrong[] = {0, 1, 2, 1};
    double t[2], p[2];

    (void)state;
    gait_stats_rng_init(&rng, 1);
    EACH(gait_stats_summarise(NULL, 0, &s), -ENODATA);
    EACH(gait_stats_paired_t(NULL, NULL, 0, 0.95, &e), -ENODATA);
    EACH(gait_stats_paired_t(some, flat, 1, 0.95, &e), -ENODATA);
    assert_close_abs(e.value, 42.0, 0.0); /* untouched on failure */
    EACH(gait_stats_welch(some, 1, flat, 5, 0.95, &e), -ENODATA);
    EACH(gait_stats_welch_effective(some, 5, 0.9, flat, 5, 5, 0.95, &e), -ENODATA);
    EACH(gait_stats_autocorrelation(some, 2, &r), -ENODATA);
    EACH(gait_stats_effect_paired(some, flat, 1, 0.95, &ep), -ENODATA);
    EACH(gait_stats_effect_two(some, 5, flat, 1, 0.95, &et), -ENODATA);
    EACH(gait_stats_wilcoxon(NULL, NULL, 0, &w), -ENODATA);
    EACH(gait_stats_mann_whitney(some, 3, NULL, 0, &mw), -ENODATA);
    EACH(gait_stats_permute_signs(NULL, NULL, 0, &rng, &perm), -ENODATA);
    EACH(gait_stats_permute_two(some, 3, NULL, 0, 1, &rng, &perm), -ENODATA);
    EACH(gait_stats_permute_two(some, 3, some, 3, 0, &rng, &perm), -EINVAL);
    EACH(gait_stats_bca(some, 1, gait_stats_mean, NULL, 0.95, 999, &rng, &bo), -ENODATA);
    EACH(gait_stats_bca(some, 8, gait_stats_mean, NULL, 0.95, 99, &rng, &bo), -EINVAL);
    EACH(gait_stats_bca(some, 8, NULL, NULL, 0.95, 999, &rng, &bo), -EINVAL);
    EACH(gait_stats_bca_enumerated(some, 8, gait_stats_mean, NULL, 0.95, &bo), -EINVAL);
    EACH(gait_stats_icc(some, 1, 8, &icc), -ENODATA);
    EACH(gait_stats_icc(some, 8, 1, &icc), -ENODATA);
    EACH(gait_stats_bland_altman(some, flat, 2, false, 0.95, &ba), -ENODATA);
    EACH(gait_stats_curve_paired(some, 1, 2, 0.05, &rng, t, p, &c), -ENODATA);
    EACH(gait_stats_curve_two(some, 1, some, 2, 2, 0.05, &rng, t, p, &c), -ENODATA);
    EACH(gait_stats_error_terms(cells, 2, 2, &terms), -ENODATA);
    EACH(gait_stats_error_terms(single, 2, 2, &terms), -ENODATA);
    EACH(gait_stats_error_terms(single, 4, 1, &terms), -ENODATA);
    EACH(gait_stats_adjust(some, mixed, some, 3, 0.95, &adj), -ENODATA);
    EACH(gait_stats_adjust(some, ones, some, 4, 0.95, &adj), -ENODATA);
    EACH(gait_stats_adjust(some, wrong, some, 4, 0.95, &adj), -EINVAL);
    EACH(gait_stats_paired_t(some, flat, 5, 1.0, &e), -EINVAL);
    EACH(gait_stats_paired_t(some, flat, 5, NAN, &e), -EINVAL);
}

static void two_subjects(void **state)
{
    struct gait_stats_effect_paired ep;
    struct gait_stats_estimate e;

    (void)state;
    EACH(gait_stats_paired_t(flat, some, 2, 0.95, &e), 0); /* -2, -4 */
    assert_close_abs(e.t, -3.0, 1e-12);
    assert_close_abs(e.p, 0.2048327646991335, 1e-12); /* 2 atan(1/3) / pi */
    EACH(gait_stats_effect_paired(flat, some, 2, 0.95, &ep), 0);
    assert_nan(ep.j);
    assert_nan(ep.g_z);
    assert_close_abs(ep.d_z, -3.0 / sqrt(2.0), 1e-12);
}

static void identical_data(void **state)
{
    struct gait_stats_effect_paired ep;
    struct gait_stats_permutation perm;
    struct gait_stats_bland_altman ba;
    struct gait_stats_wilcoxon w;
    struct gait_stats_estimate e;
    struct gait_stats_tost tost;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 1);
    EACH(gait_stats_paired_t(some, some, 8, 0.95, &e), 0);
    assert_int_equal(e.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(e.value, 0.0, 0.0);
    assert_nan(e.p);
    assert_nan(e.ci.lo);
    EACH(gait_stats_tost(&e, 1.0, 0.05, &tost), 0);
    assert_false(tost.equivalent);
    assert_int_equal(tost.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_nan(tost.p);
    EACH(gait_stats_effect_paired(some, some, 8, 0.95, &ep), 0);
    assert_nan(ep.d_z);
    assert_close_abs(ep.d_av, 0.0, 0.0);
    assert_close_abs(ep.r, 1.0, 1e-12);
    assert_int_equal(ep.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    EACH(gait_stats_wilcoxon(some, some, 8, &w), 0);
    assert_int_equal(w.note, GAIT_STATS_NOTE_ALL_ZERO);
    assert_int_equal(w.n_zero, 8);
    assert_nan(w.p);
    assert_close_abs(w.hodges_lehmann, 0.0, 0.0);
    EACH(gait_stats_permute_signs(some, some, 8, &rng, &perm), 0);
    assert_close_abs(perm.p, 1.0, 0.0);
    EACH(gait_stats_bland_altman(some, some, 8, false, 0.95, &ba), 0);
    assert_int_equal(ba.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(ba.limits.hi, 0.0, 0.0);
    assert_nan(ba.upper_ci.hi);
}

/* 0.1 + 0.2 is not 0.3: differences that are alike but for rounding must count as alike. */
static void alike_but_for_rounding(void **state)
{
    double pre[] = {0.1, 0.2, 0.3, 0.7, 1.1, 1.3}, post[6];
    struct gait_stats_estimate e;

    (void)state;
    for (int i = 0; i < 6; i++)
        post[i] = pre[i] + 0.2;
    EACH(gait_stats_paired_t(pre, post, 6, 0.95, &e), 0);
    assert_int_equal(e.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(e.value, 0.2, 1e-12);
}

static void flat_samples(void **state)
{
    static const double five[] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    struct gait_stats_autocorrelation r;
    struct gait_stats_mann_whitney mw;
    struct gait_stats_permutation perm;
    struct gait_stats_effect_two et;
    struct gait_stats_bootstrap bo;
    struct gait_stats_estimate e;
    struct gait_stats_icc icc;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 1);
    EACH(gait_stats_welch(flat, 8, other, 8, 0.95, &e), 0);
    assert_int_equal(e.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(e.value, 2.0, 0.0);
    assert_nan(e.ci.hi);
    EACH(gait_stats_welch(flat, 8, some, 8, 0.95, &e), 0); /* one that varies is enough */
    assert_int_equal(e.note, GAIT_STATS_NOTE_NONE);
    assert_close_abs(e.df, 7.0, 1e-9);
    EACH(gait_stats_effect_two(flat, 8, other, 8, 0.95, &et), 0);
    assert_int_equal(et.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_nan(et.d);
    EACH(gait_stats_autocorrelation(flat, 8, &r), 0);
    assert_nan(r.r1);
    assert_close_abs(r.n_eff, 8.0, 0.0);
    EACH(gait_stats_mann_whitney(flat, 8, flat, 8, &mw), 0); /* all ties */
    assert_int_equal(mw.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(mw.p, 1.0, 1e-12);
    assert_nan(mw.p_normal);
    assert_close_abs(mw.rank_biserial, 0.0, 0.0);
    EACH(gait_stats_permute_two(flat, 8, flat, 8, 1, &rng, &perm), 0);
    assert_close_abs(perm.p, 1.0, 0.0);
    EACH(gait_stats_bca(flat, 8, gait_stats_mean, NULL, 0.95, 999, &rng, &bo), 0);
    assert_int_equal(bo.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(bo.estimate, 5.0, 0.0);
    assert_nan(bo.bca.lo);
    EACH(gait_stats_icc(five, 4, 4, &icc), 0);
    assert_int_equal(icc.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_nan(icc.icc_2_1);
    assert_close_abs(icc.mdc95, 0.0, 0.0);
}

/* Differences of one size: every |d| is tied. W+ takes the sign pattern's binomial. */
static void all_ties(void **state)
{
    static const double zero[8] = {0}, d[] = {1, 1, 1, 1, 1, 1, -1, 1};
    struct gait_stats_wilcoxon w;

    (void)state;
    EACH(gait_stats_wilcoxon(zero, d, 8, &w), 0);
    assert_close_abs(w.p_exact, 2.0 * 9.0 / 256.0, 1e-15);
    assert_close_abs(w.w_plus, 31.5, 0.0);
}

static void max_of(const double *x, size_t n, double *ret)
{
    for (size_t i = 0; i < n; i++)
        *ret = fmax(*ret, x[i]);
}

/* The maximum: half of the resamples may equal the estimate, none lies above. */
static double largest(const double *x, size_t n, void *user)
{
    double m = -INFINITY;

    (void)user;
    max_of(x, n, &m);
    return m;
}

static double not_finite(const double *x, size_t n, void *user)
{
    (void)x;
    (void)n;
    (void)user;
    return NAN;
}

static void odd_statistics(void **state)
{
    struct gait_stats_bootstrap b;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 1);
    EACH(gait_stats_bca(some, 8, largest, NULL, 0.95, 999, &rng, &b), 0);
    assert_true(b.percentile.lo >= 1.0 && b.percentile.hi <= 9.0);
    EACH(gait_stats_bca(some, 8, not_finite, NULL, 0.95, 999, &rng, &b), -EDOM);
}

static void covariate(void **state)
{
    static const uint8_t group[] = {0, 0, 0, 0, 1, 1, 1, 1};
    static const double apart[] = {1, 1, 1, 1, 2, 2, 2, 2}, exact[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct gait_stats_adjusted a;
    struct gait_stats_effect_two pooled;

    (void)state;
    EACH(gait_stats_adjust(some, group, flat, 8, 0.95, &a), 0);
    assert_true(a.covariate_dropped);
    assert_close_abs(a.group.value, 5.5 - 2.25, 1e-12);
    assert_close_abs(a.group.df, 6.0, 0.0);
    EACH(gait_stats_effect_two(some, 4, some + 4, 4, 0.95, &pooled), 0);
    assert_close_abs(a.group.t, pooled.d * sqrt(2.0), 1e-12);
    assert_nan(a.covariate.value);
    assert_int_equal(a.covariate.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    EACH(gait_stats_adjust(some, group, apart, 8, 0.95, &a), 0);
    assert_int_equal(a.group.note, GAIT_STATS_NOTE_COLLINEAR);
    assert_nan(a.group.value);
    EACH(gait_stats_adjust(exact, group, exact, 8, 0.95, &a), 0); /* y is the covariate */
    assert_int_equal(a.group.note, GAIT_STATS_NOTE_ZERO_VARIANCE);
    assert_close_abs(a.covariate.value, 1.0, 1e-12);
}

static void curves(void **state)
{
    static const double x[] = {0, 1, 5, 0, 2, 5, 0, 3, 5, 0, 2.5, 5}; /* 4 curves of 3 nodes; 0 and 2 don't vary */
    static const double none[12] = {0};
    struct gait_stats_curve_run run;
    struct gait_stats_curve c;
    struct gait_stats_rng rng;
    double t[3], p[3];

    (void)state;
    gait_stats_rng_init(&rng, 1);
    EACH(gait_stats_curve_paired(x, 4, 3, 0.05, &rng, t, p, &c), 0);
    assert_int_equal(c.nodes_skipped, 2);
    assert_nan(t[0]);
    assert_nan(p[2]);
    assert_close_abs(p[1], 2.0 / 16.0, 1e-12);
    EACH(gait_stats_curve_paired(none, 4, 3, 0.05, &rng, t, p, &c), 0);
    assert_int_equal(c.nodes_skipped, 3);
    assert_nan(c.critical);
    assert_int_equal(gait_stats_curve_runs(t, p, 3, 0.05, 1, &run), 0);
    EACH(gait_stats_curve_two(x, 2, x + 6, 2, 3, 0.05, &rng, t, p, &c), 0);
    assert_int_equal(c.nodes_skipped, 2);
    assert_int_equal(c.rearrangements, 6);
    EACH(gait_stats_curve_paired(x, 4, 3, 0.0, &rng, t, p, &c), -EINVAL);
}

static void runs_split_by_sign(void **state)
{
    static const double t[] = {3, 3, -3, -4, 0.1, 5, NAN}, p[] = {.01, .02, .03, .01, .9, .04, NAN};
    struct gait_stats_curve_run run[2];

    (void)state;
    assert_int_equal(gait_stats_curve_runs(t, p, 7, 0.05, 2, run), 3);
    assert_true(run[0].first == 0 && run[0].last == 1 && run[0].rises);
    assert_true(run[1].first == 2 && run[1].last == 3 && !run[1].rises);
    assert_close_abs(run[1].p, 0.01, 0.0);
}

static void adjustments(void **state)
{
    double p[] = {0.01, NAN, 0.04}, wrong[] = {0.5, 1.5};

    (void)state;
    EACH(gait_stats_holm(p, 3, p), 0);
    assert_close_abs(p[0], 0.02, 1e-15);
    assert_nan(p[1]);
    assert_close_abs(p[2], 0.04, 1e-15);
    EACH(gait_stats_holm(wrong, 2, wrong), -EINVAL);
    assert_close_abs(wrong[0], 0.5, 0.0);
    EACH(gait_stats_benjamini_hochberg(NULL, 0, NULL), 0);
    EACH(gait_stats_benjamini_hochberg(NULL, 2, p), -EINVAL);
}

static void missing(void **state)
{
    double x[8], y[8];

    (void)state;
    assert_int_equal(gait_stats_drop_missing(holed, 8, x), 7);
    assert_close_abs(x[3], 5.0, 0.0);
    assert_int_equal(gait_stats_drop_missing_pairs(holed, endless, 8, x, y), 7);
    assert_int_equal(gait_stats_drop_missing_pairs(some, endless, 8, x, y), 7);
    assert_close_abs(y[3], 5.0, 0.0);
    assert_nan(gait_stats_quantile(some, 0, 0.5));
    assert_nan(gait_stats_quantile(some, 8, 1.1));
}

/* Ten thousand steps: no quadratic memory, no hours. */
static void ten_thousand(void **state)
{
    size_t n = 10000;
    double *x = calloc(n, sizeof(*x)), *y = calloc(n, sizeof(*y));
    struct gait_stats_mann_whitney mw;
    struct gait_stats_effect_paired ep;
    struct gait_stats_permutation perm;
    struct gait_stats_wilcoxon w;
    struct gait_stats_rng rng;

    (void)state;
    assert_non_null(x);
    assert_non_null(y);
    gait_stats_rng_init(&rng, 1);
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)gait_stats_rng_below(&rng, 1000);
        y[i] = (double)gait_stats_rng_below(&rng, 1000) + 5.0;
    }
    EACH(gait_stats_wilcoxon(x, y, n, &w), 0);
    assert_close_abs(w.hodges_lehmann, 5.0, 15.0);
    assert_nan(w.p_exact);
    EACH(gait_stats_mann_whitney(x, n, y, n, &mw), 0);
    assert_close_abs(mw.hodges_lehmann, 5.0, 15.0);
    EACH(gait_stats_permute_two(x, n, y, n, 100, &rng, &perm), 0);
    assert_false(perm.exact);
    EACH(gait_stats_effect_paired(x, y, n, 0.95, &ep), 0);
    assert_true(ep.ci_d_z.lo < ep.d_z && ep.d_z < ep.ci_d_z.hi);
    free(x);
    free(y);
}

/* An enormous t: the noncentral interval still encloses it, or the call says -EDOM. */
static void enormous_effect(void **state)
{
    double post[8];

    (void)state;
    for (double jump = 10.0; jump < 1e9; jump *= 10.0) {
        struct gait_stats_effect_paired ep;
        int r;

        for (int i = 0; i < 8; i++)
            post[i] = flat[i] + jump + (double)i * 0.5;
        r = gait_stats_effect_paired(flat, post, 8, 0.95, &ep);
        assert_true(r == 0 || r == -EDOM);
        if (r == 0)
            assert_true(ep.ci_d_z.lo < ep.d_z && ep.d_z < ep.ci_d_z.hi);
        assert_true(r == 0 || jump > 1e4);
    }
    assert_nan(gait_stats_noncentral_t(1.0, 0.0, 0.0));
    assert_nan(gait_stats_noncentral_t(NAN, 3.0, 0.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nan_is_refused),
        cmocka_unit_test(too_few),
        cmocka_unit_test(two_subjects),
        cmocka_unit_test(identical_data),
        cmocka_unit_test(alike_but_for_rounding),
        cmocka_unit_test(flat_samples),
        cmocka_unit_test(all_ties),
        cmocka_unit_test(odd_statistics),
        cmocka_unit_test(covariate),
        cmocka_unit_test(curves),
        cmocka_unit_test(runs_split_by_sign),
        cmocka_unit_test(adjustments),
        cmocka_unit_test(missing),
        cmocka_unit_test(ten_thousand),
        cmocka_unit_test(enormous_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
