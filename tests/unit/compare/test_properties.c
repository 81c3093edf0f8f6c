/*
 * What must hold for any data: order does not matter, a shift moves only what is a place, a scale multiplies what has a unit,
 * swapping before and after turns signs, the same seed repeats to the bit, and chance agrees with the exact count.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_curve.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>

#include "draws.h"

#define N      12
#define ROUNDS 20

struct all {
    struct gait_stats_estimate paired, welch;
    struct gait_stats_effect_paired effect;
    struct gait_stats_effect_two two;
    struct gait_stats_wilcoxon wilcoxon;
    struct gait_stats_mann_whitney mann_whitney;
    struct gait_stats_permutation signs, permutation;
    struct gait_stats_bland_altman agreement;
    struct gait_stats_tost tost;
};

/* Everything, of n pairs; the two-sample statistics of the same values. */
static struct all work_out(const double *pre, const double *post, size_t n, double margin)
{
    struct gait_stats_rng rng;
    struct all a;

    gait_stats_rng_init(&rng, 3);
    assert_int_equal(gait_stats_paired_t(pre, post, n, 0.95, &a.paired), 0);
    assert_int_equal(gait_stats_welch(pre, n, post, n - 4, 0.95, &a.welch), 0);
    assert_int_equal(gait_stats_effect_paired(pre, post, n, 0.95, &a.effect), 0);
    assert_int_equal(gait_stats_effect_two(pre, n, post, n - 4, 0.95, &a.two), 0);
    assert_int_equal(gait_stats_wilcoxon(pre, post, n, &a.wilcoxon), 0);
    assert_int_equal(gait_stats_mann_whitney(pre, n, post, n - 4, &a.mann_whitney), 0);
    assert_int_equal(gait_stats_permute_signs(pre, post, n, &rng, &a.signs), 0);
    assert_int_equal(gait_stats_permute_two(pre, n, post, n - 4, 1, &rng, &a.permutation), 0);
    assert_int_equal(gait_stats_bland_altman(pre, post, n, false, 0.95, &a.agreement), 0);
    assert_int_equal(gait_stats_tost(&a.paired, margin, 0.05, &a.tost), 0);
    return a;
}

/* b is a with differences multiplied by `scale` (> 0); p values and standardised numbers as they were. */
static void assert_scaled(const struct all *a, const struct all *b, double scale)
{
    double tiny = 1e-9;

    assert_close_abs(b->paired.value, scale * a->paired.value, tiny * scale);
    assert_close_abs(b->paired.t, a->paired.t, tiny);
    assert_close_abs(b->paired.p, a->paired.p, tiny);
    assert_close_abs(b->paired.ci.lo, scale * a->paired.ci.lo, tiny * scale);
    assert_close_abs(b->welch.t, a->welch.t, tiny);
    assert_close_abs(b->welch.df, a->welch.df, 1e-7);
    assert_close_abs(b->welch.ci.hi, scale * a->welch.ci.hi, tiny * scale);
    assert_close_abs(b->effect.g_av, a->effect.g_av, tiny);
    assert_close_abs(b->effect.ci_d_z.lo, a->effect.ci_d_z.lo, 1e-8);
    assert_close_abs(b->two.g, a->two.g, tiny);
    assert_close_abs(b->wilcoxon.w_plus, a->wilcoxon.w_plus, 0.0);
    assert_close_abs(b->wilcoxon.p, a->wilcoxon.p, 0.0);
    assert_close_abs(b->wilcoxon.hodges_lehmann, scale * a->wilcoxon.hodges_lehmann, tiny * scale);
    assert_close_abs(b->mann_whitney.u, a->mann_whitney.u, 0.0);
    assert_close_abs(b->mann_whitney.hodges_lehmann, scale * a->mann_whitney.hodges_lehmann, tiny * scale);
    assert_int_equal(b->signs.count, a->signs.count);
    assert_int_equal(b->permutation.count, a->permutation.count);
    assert_close_abs(b->agreement.limits.lo, scale * a->agreement.limits.lo, tiny * scale);
    assert_close_abs(b->tost.p, a->tost.p, tiny);
}

static void shift_and_scale(void **state)
{
    double pre[N], post[N], pre2[N], post2[N];
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 11);
    for (int round = 0; round < ROUNDS; round++) {
        struct all a, b;

        fill_normal(&rng, 5.0, 1.0, N, pre);
        fill_normal(&rng, 5.4, 1.0, N, post);
        for (int i = 0; i < N; i++) {
            pre2[i] = 300.0 + 8.0 * pre[i];
            post2[i] = 300.0 + 8.0 * post[i];
        }
        a = work_out(pre, post, N, 0.6);
        b = work_out(pre2, post2, N, 4.8);
        assert_scaled(&a, &b, 8.0);
    }
}

/* Rotates the pairs, or for two samples each sample by itself. */
static void order(void **state)
{
    double pre[N], post[N], pre2[N], post2[N];
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 12);
    for (int round = 0; round < ROUNDS; round++) {
        struct all a, b;

        fill_normal(&rng, 5.0, 1.0, N, pre);
        fill_normal(&rng, 5.4, 1.0, N, post);
        for (int i = 0; i < N - 4; i++) { /* the two-sample statistics leave out the last 4 of post */
            int from = (i + 1 + round) % (N - 4);

            pre2[i] = pre[from];
            post2[i] = post[from];
        }
        for (int i = N - 4; i < N; i++) {
            pre2[i] = pre[N - 1 - (i - (N - 4))];
            post2[i] = post[N - 1 - (i - (N - 4))];
        }
        a = work_out(pre, post, N, 0.6);
        b = work_out(pre2, post2, N, 0.6);
        assert_scaled(&a, &b, 1.0);
    }
}

static void swap(void **state)
{
    double pre[N], post[N];
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 13);
    for (int round = 0; round < ROUNDS; round++) {
        struct gait_stats_mann_whitney m, n;
        struct gait_stats_effect_two d, e;
        struct all a, b;

        fill_normal(&rng, 5.0, 1.0, N, pre);
        fill_normal(&rng, 5.4, 2.0, N, post);
        a = work_out(pre, post, N, 0.6);
        b = work_out(post, pre, N, 0.6);
        assert_close_abs(b.paired.t, -a.paired.t, 1e-12);
        assert_close_abs(b.paired.p, a.paired.p, 1e-12);
        assert_close_abs(b.effect.ci_d_z.lo, -a.effect.ci_d_z.hi, 1e-9);
        assert_close_abs(b.wilcoxon.w_minus, a.wilcoxon.w_plus, 0.0);
        assert_close_abs(b.wilcoxon.p, a.wilcoxon.p, 1e-15);
        assert_close_abs(b.wilcoxon.rank_biserial, -a.wilcoxon.rank_biserial, 1e-15);
        assert_close_abs(b.wilcoxon.hodges_lehmann, -a.wilcoxon.hodges_lehmann, 1e-12);
        assert_int_equal(b.signs.count, a.signs.count);
        assert_int_equal(gait_stats_mann_whitney(pre, N, post, 7, &m), 0);
        assert_int_equal(gait_stats_mann_whitney(post, 7, pre, N, &n), 0);
        assert_close_abs(m.u + n.u, 84.0, 0.0);
        assert_close_abs(m.p, n.p, 1e-15);
        assert_close_abs(m.hodges_lehmann, -n.hodges_lehmann, 1e-12);
        assert_int_equal(gait_stats_effect_two(pre, N, post, 7, 0.9, &d), 0);
        assert_int_equal(gait_stats_effect_two(post, 7, pre, N, 0.9, &e), 0);
        assert_close_abs(d.ci_d.lo, -e.ci_d.hi, 1e-9);
    }
}

/* Above the exact limits the Monte Carlo p must surround what the t test says of normal data. */
static void chance_agrees(void **state)
{
    double pre[40], post[40], difference[40 * 3], t[3], p[3];
    struct gait_stats_permutation signs, two;
    struct gait_stats_estimate paired, welch;
    struct gait_stats_curve curve;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 14);
    fill_normal(&rng, 0.0, 1.0, 40, pre);
    fill_normal(&rng, 0.4, 1.0, 40, post);
    assert_int_equal(gait_stats_permute_signs(pre, post, 40, &rng, &signs), 0);
    assert_int_equal(gait_stats_permute_two(pre, 40, post, 40, 1, &rng, &two), 0);
    assert_int_equal(gait_stats_paired_t(pre, post, 40, 0.95, &paired), 0);
    assert_int_equal(gait_stats_welch(pre, 40, post, 40, 0.95, &welch), 0);
    assert_false(signs.exact);
    assert_false(two.exact);
    assert_int_equal(signs.total, GAIT_STATS_PERMUTATION_DRAWS);
    assert_close_abs(signs.p, ((double)signs.count + 1.0) / 20000.0, 1e-15);
    assert_close_abs(two.p, ((double)two.count + 1.0) / 20000.0, 1e-15);
    assert_close_abs(signs.p, paired.p, 0.015);
    assert_close_abs(two.p, welch.p, 0.015);
    for (int i = 0; i < 40; i++)
        for (int q = 0; q < 3; q++)
            difference[3 * i + q] = (1.0 + q) * (post[i] - pre[i]); /* one and the same curve: no correction needed */
    assert_int_equal(gait_stats_curve_paired(difference, 40, 3, 0.05, &rng, t, p, &curve), 0);
    assert_false(curve.exact);
    assert_int_equal(curve.rearrangements, GAIT_STATS_CURVE_DRAWS);
    assert_close_abs(t[2], paired.t, 1e-9);
    assert_close_abs(p[1], paired.p, 0.02);
    assert_close_abs(curve.critical, 2.0227, 0.08); /* the t quantile of 39 degrees of freedom */
    for (int i = 0; i < 120; i++)
        difference[i] += 100.0; /* no drawn arrangement reaches the observed one, which is among them itself */
    assert_int_equal(gait_stats_curve_paired(difference, 40, 3, 0.05, &rng, t, p, &curve), 0);
    assert_close_abs(p[0], 1.0 / GAIT_STATS_CURVE_DRAWS, 1e-15);
}

/* Monte Carlo BCa comes near the full enumeration. */
static void bootstrap_agrees(void **state)
{
    static const double x[] = {-23, -13, -34, -5, -8, 6}, zero[] = {0, 0};
    struct gait_stats_bootstrap exact, drawn, two, again;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 15);
    assert_int_equal(gait_stats_bca_enumerated(x, 6, gait_stats_mean, NULL, 0.95, &exact), 0);
    assert_int_equal(gait_stats_bca(x, 6, gait_stats_mean, NULL, 0.95, 100000, &rng, &drawn), 0);
    assert_close_abs(drawn.bca.lo, exact.bca.lo, 0.35);
    assert_close_abs(drawn.bca.hi, exact.bca.hi, 0.35);
    assert_close_abs(drawn.z0, exact.z0, 0.02);
    assert_close_abs(drawn.acceleration, exact.acceleration, 1e-12);
    /* a sample that never varies, subtracted: the two-sample interval is the one-sample interval */
    assert_int_equal(gait_stats_bca_two(zero, 2, x, 6, gait_stats_mean, NULL, 0.95, 100000, &rng, &two), 0);
    assert_close_abs(two.acceleration, exact.acceleration, 1e-12);
    assert_close_abs(two.bca.lo, exact.bca.lo, 0.35);
    assert_close_abs(two.estimate, exact.estimate, 1e-12);
    /* before and after exchanged: the mirror image */
    assert_int_equal(gait_stats_bca_two(x, 6, zero, 2, gait_stats_mean, NULL, 0.95, 100000, &rng, &again), 0);
    assert_close_abs(again.acceleration, -exact.acceleration, 1e-12);
    assert_close_abs(again.bca.hi, -exact.bca.lo, 0.35);
}

static void same_seed_same_bits(void **state)
{
    double pre[30], post[30], t1[10], p1[10], t2[10], p2[10];
    struct gait_stats_bootstrap b1, b2, b3;
    struct gait_stats_permutation a, b;
    struct gait_stats_curve c;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 16);
    fill_normal(&rng, 0.0, 1.0, 30, pre);
    fill_normal(&rng, 0.4, 1.0, 30, post);
    for (int i = 0; i < 2; i++) {
        gait_stats_rng_init(&rng, 99);
        assert_int_equal(gait_stats_permute_two(pre, 30, post, 30, 3, &rng, i ? &b : &a), 0);
        assert_int_equal(gait_stats_bca(pre, 30, gait_stats_mean, NULL, 0.95, 999, &rng, i ? &b2 : &b1), 0);
        assert_int_equal(gait_stats_curve_two(pre, 3, post, 3, 10, 0.05, &rng, i ? t2 : t1, i ? p2 : p1, &c), 0);
    }
    assert_int_equal(a.count, b.count);
    assert_same_bits(b1.bca.lo, b2.bca.lo);
    assert_memory_equal(p1, p2, sizeof(p1));
    gait_stats_rng_init(&rng, 100);
    assert_int_equal(gait_stats_bca(pre, 30, gait_stats_mean, NULL, 0.95, 999, &rng, &b3), 0);
    assert_true(b3.bca.lo != b1.bca.lo);
}

/* The mean rank of x[i], by comparing it with every other. */
static double midrank(const double *x, size_t n, size_t i)
{
    double rank = 0.5;

    for (size_t k = 0; k < n; k++)
        rank += x[k] < x[i] ? 1.0 : x[k] == x[i] ? 0.5 : 0.0;
    return rank;
}

/* Two-sided p of a rank sum among all subsets of the ranks that `chosen` lets pass (a size, or -1 for any). */
static double p_of_all_subsets(const double *rank, size_t n, int chosen, double observed)
{
    double below = 0.0, above = 0.0, all = 0.0;

    for (unsigned subset = 0; subset < 1u << n; subset++) {
        double sum = 0.0;

        if (chosen >= 0 && __builtin_popcount(subset) != chosen)
            continue;
        for (size_t i = 0; i < n; i++)
            sum += subset >> i & 1 ? rank[i] : 0.0;
        below += sum <= observed;
        above += sum >= observed;
        all += 1.0;
    }
    return fmin(1.0, 2.0 * fmin(below, above) / all);
}

/* Small whole numbers, full of ties: the exact p by going through every arrangement. */
static void exact_with_ties(void **state)
{
    static const double zero[10] = {0};
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 18);
    for (int round = 0; round < 50; round++) {
        double x[10], size[10], rank[10], w_plus = 0.0, sum = 0.0;
        struct gait_stats_mann_whitney m;
        struct gait_stats_wilcoxon w;
        size_t n = 0;

        for (int i = 0; i < 10; i++) {
            x[i] = (double)gait_stats_rng_below(&rng, 8) - 3.0;
            if (x[i] != 0.0)
                size[n++] = fabs(x[i]);
        }
        for (size_t i = 0; i < n; i++)
            rank[i] = midrank(size, n, i);
        for (size_t i = 0, k = 0; i < 10; i++) {
            w_plus += x[i] > 0.0 ? rank[k] : 0.0;
            k += x[i] != 0.0;
        }
        assert_int_equal(gait_stats_wilcoxon(zero, x, 10, &w), 0);
        assert_int_equal(w.n, n);
        assert_close_abs(w.w_plus, w_plus, 1e-12);
        assert_close_abs(w.p_exact, p_of_all_subsets(rank, n, -1, w_plus), 1e-12);
        for (size_t i = 0; i < 10; i++)
            rank[i] = midrank(x, 10, i);
        for (size_t i = 6; i < 10; i++)
            sum += rank[i];
        assert_int_equal(gait_stats_mann_whitney(x, 6, x + 6, 4, &m), 0);
        assert_close_abs(m.u, sum - 10.0, 1e-12);
        assert_close_abs(m.p_exact, p_of_all_subsets(rank, 10, 4, sum), 1e-12);
    }
}

/* Draws below 7 are even by chi-square. */
static void every_number_equally_likely(void **state)
{
    unsigned count[7] = {0};
    struct gait_stats_rng rng;
    double chi = 0.0;

    (void)state;
    gait_stats_rng_init(&rng, 0);
    for (int i = 0; i < 70000; i++)
        count[gait_stats_rng_below(&rng, 7)]++;
    for (int i = 0; i < 7; i++)
        chi += pow((double)count[i] - 10000.0, 2.0) / 10000.0;
    assert_true(chi < 22.5); /* 0.999 quantile of chi-square, 6 degrees of freedom */
    assert_int_equal(gait_stats_rng_below(&rng, 0), 0);
    assert_int_equal(gait_stats_rng_below(&rng, 1), 0);
}

/* Blocks of one are the ordinary test; blocks of b give the test of the block means where blocks are whole. */
static void blocks(void **state)
{
    double pre[12], post[12], pre_means[4], post_means[4];
    struct gait_stats_permutation by_block, of_means;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 17);
    fill_normal(&rng, 0.0, 1.0, 12, pre);
    fill_normal(&rng, 1.0, 1.0, 12, post);
    for (int i = 0; i < 4; i++) {
        pre_means[i] = (pre[3 * i] + pre[3 * i + 1] + pre[3 * i + 2]) / 3.0;
        post_means[i] = (post[3 * i] + post[3 * i + 1] + post[3 * i + 2]) / 3.0;
    }
    assert_int_equal(gait_stats_permute_two(pre, 12, post, 12, 3, &rng, &by_block), 0);
    assert_int_equal(gait_stats_permute_two(pre_means, 4, post_means, 4, 1, &rng, &of_means), 0);
    assert_int_equal(by_block.total, 70);
    assert_int_equal(by_block.count, of_means.count);
    assert_close_abs(by_block.p_min, 2.0 / 70.0, 1e-15);
}

/* r1 of an alternating series is near -1 (n_eff capped at n), of a slow one near 1 (n_eff small). */
static void autocorrelation(void **state)
{
    static const double alternating[] = {1, -1, 1, -1, 1, -1, 1, -1}, slow[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct gait_stats_autocorrelation a, b;
    struct gait_stats_estimate plain, eff;

    (void)state;
    assert_int_equal(gait_stats_autocorrelation(alternating, 8, &a), 0);
    assert_close_abs(a.r1, -7.0 / 8.0, 1e-15);
    assert_close_abs(a.n_eff, 8.0, 0.0);
    assert_true(a.strong);
    assert_int_equal(gait_stats_autocorrelation(slow, 8, &b), 0);
    assert_close_abs(b.r1, 0.625, 1e-15); /* 26.25 / 42 */
    assert_close_abs(b.n_eff, 8.0 * 0.375 / 1.625, 1e-14);
    assert_int_equal(gait_stats_welch(alternating, 8, slow, 8, 0.95, &plain), 0);
    assert_int_equal(gait_stats_welch_effective(alternating, 8, a.n_eff, slow, 8, b.n_eff, 0.95, &eff), 0);
    assert_close_abs(eff.value, plain.value, 0.0);
    assert_close_rel(eff.se * eff.se, 8.0 / 7.0 / 8.0 + 6.0 / b.n_eff, 1e-12);
    assert_true(eff.ci.hi - eff.ci.lo > plain.ci.hi - plain.ci.lo);
}

/* More steps shrink the MDC, but never below the session term; equal steps give 1.96 sqrt(2) SEM. */
static void mdc_of_more_steps(void **state)
{
    struct gait_stats_error_terms terms = {.var_session = 4.0,
                                           .var_step = 9.0,
                                           .df_session = 19.0,
                                           .df_step = 160.0,
                                           .ms_error = 5.8,
                                           .mean_inverse_steps = 0.2,
                                           .subjects = 20,
                                           .sessions = 2};
    double before = INFINITY;

    (void)state;
    for (size_t k = 1; k < 200; k *= 2) {
        struct gait_stats_mdc m, n;

        assert_int_equal(gait_stats_mdc(&terms, k, k, &m), 0);
        assert_close_rel(m.mdc95, 1.959963984540054 * sqrt(2.0) * sqrt(4.0 + 9.0 / (double)k), 1e-9);
        assert_true(m.mdc95 < before && m.mdc95 > 1.96 * sqrt(2.0) * 2.0 * 0.999);
        assert_true(m.ci.lo < m.mdc95 && m.mdc95 < m.ci.hi);
        assert_int_equal(m.note, GAIT_STATS_NOTE_NONE);
        assert_int_equal(gait_stats_mdc(&terms, k, 2 * k, &n), 0);
        assert_true(n.mdc95 < m.mdc95);
        before = m.mdc95;
    }
}

/* Ratios about 2, up and down by the same factors: the geometric mean is 2 exactly, and only the plain differences grow. */
static void bland_altman_ratio(void **state)
{
    static const double factor[] = {1.1, 1.3, 1 / 1.1, 1 / 1.3, 1 / 1.3, 1.1, 1.3, 1 / 1.1};
    double first[8], second[8];
    struct gait_stats_bland_altman by_ratio, by_difference;

    (void)state;
    for (int i = 0; i < 8; i++) {
        first[i] = pow(1.6, i);
        second[i] = first[i] * 2.0 * factor[i];
    }
    assert_int_equal(gait_stats_bland_altman(first, second, 8, true, 0.95, &by_ratio), 0);
    assert_close_rel(by_ratio.bias, 2.0, 1e-12);
    assert_close_rel(by_ratio.limits.lo * by_ratio.limits.hi, 4.0, 1e-12);
    assert_int_equal(gait_stats_bland_altman(first, second, 8, false, 0.95, &by_difference), 0);
    assert_true(by_difference.spread_r > 0.5);
    assert_true(fabs(by_ratio.spread_r) < 0.5);
    first[3] = 0.0;
    assert_int_equal(gait_stats_bland_altman(first, second, 8, true, 0.95, &by_ratio), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_and_scale),
        cmocka_unit_test(order),
        cmocka_unit_test(swap),
        cmocka_unit_test(chance_agrees),
        cmocka_unit_test(bootstrap_agrees),
        cmocka_unit_test(same_seed_same_bits),
        cmocka_unit_test(every_number_equally_likely),
        cmocka_unit_test(exact_with_ties),
        cmocka_unit_test(blocks),
        cmocka_unit_test(autocorrelation),
        cmocka_unit_test(mdc_of_more_steps),
        cmocka_unit_test(bland_altman_ratio),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
