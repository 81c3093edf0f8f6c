/*
 * Worked examples whose numbers were made with scipy and R, not with this code: E1 to E10. Counts are exact, the rest to 1e-6
 * unless a line says why not.
 */
#include <math.h>
#include <string.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_curve.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>

#define TOLERANCE 1e-6

static const double e1_pre[] = {412, 398, 455, 431, 387, 420, 405, 446, 418, 401};
static const double e1_post[] = {389, 385, 421, 426, 379, 398, 411, 409, 395, 392};
static const double e3[] = {-23, -13, -34, -5, -8, 6};
static const double e4_pre[] = {412, 398, 455, 431, 387, 420};
static const double e4_post[] = {389, 385, 421, 426, 379};

#define NEAR(actual, expected) assert_close_abs((actual), (expected), TOLERANCE)

static void e1_paired_t(void **state)
{
    struct gait_stats_estimate e;

    (void)state;
    assert_int_equal(gait_stats_paired_t(e1_pre, e1_post, 10, 0.95, &e), 0);
    NEAR(e.value, -16.8);
    NEAR(e.se * sqrt(10.0), 13.414751);
    NEAR(e.t, -3.960287);
    NEAR(e.p, 0.003302840);
    NEAR(e.ci.lo, -26.396335);
    NEAR(e.ci.hi, -7.203665);
    assert_close_abs(e.df, 9.0, 0.0);
    assert_int_equal(e.note, GAIT_STATS_NOTE_NONE);
}

static void e1_effect(void **state)
{
    struct gait_stats_effect_paired e;

    (void)state;
    assert_int_equal(gait_stats_effect_paired(e1_pre, e1_post, 10, 0.95, &e), 0);
    NEAR(e.d_z, -1.252353);
    NEAR(e.j, 0.913874892);
    NEAR(e.g_z, -1.144494);
    NEAR(e.sd_av, 18.815774);
    NEAR(e.d_av, -0.892868);
    NEAR(e.g_av, -0.815970);
    NEAR(e.r, 0.784669);
    NEAR(e.ci_d_z.lo, -2.075868);
    NEAR(e.ci_d_z.hi, -0.392391);
}

static void e1_wilcoxon(void **state)
{
    struct gait_stats_wilcoxon w;

    (void)state;
    assert_int_equal(gait_stats_wilcoxon(e1_pre, e1_post, 10, &w), 0);
    assert_close_abs(w.w_plus, 2.0, 0.0);
    assert_close_abs(w.w_minus, 53.0, 0.0);
    NEAR(w.p_exact, 0.005859375);
    NEAR(w.p, 0.005859375);
    NEAR(w.p_normal, 0.01077562);
    NEAR(w.rank_biserial, -0.927273);
    NEAR(w.hodges_lehmann, -16.0);
}

static void e1_sign_flip(void **state)
{
    struct gait_stats_permutation p;
    struct gait_stats_rng rng;

    (void)state;
    gait_stats_rng_init(&rng, 1);
    assert_int_equal(gait_stats_permute_signs(e1_pre, e1_post, 10, &rng, &p), 0);
    assert_true(p.exact);
    assert_int_equal(p.count, 6);
    assert_int_equal(p.total, 1024);
    NEAR(p.p, 0.005859375);
    NEAR(p.observed, -16.8);
    NEAR(p.p_min, 2.0 / 1024.0);
}

/* Monte Carlo: 200 000 draws; the intervals are stated to 0.2. */
static void e1_bootstrap(void **state)
{
    struct gait_stats_bootstrap b;
    struct gait_stats_rng rng;
    double d[10];

    (void)state;
    for (int i = 0; i < 10; i++)
        d[i] = e1_post[i] - e1_pre[i];
    gait_stats_rng_init(&rng, 20);
    assert_int_equal(gait_stats_bca(d, 10, gait_stats_mean, NULL, 0.95, 200000, &rng, &b), 0);
    NEAR(b.estimate, -16.8);
    NEAR(b.acceleration, 0.00193854);
    assert_close_abs(b.bca.lo, -24.6, 0.2);
    assert_close_abs(b.bca.hi, -8.9, 0.2);
    assert_close_abs(b.percentile.lo, -24.7, 0.2);
    assert_close_abs(b.percentile.hi, -8.9, 0.2);
    assert_int_equal(b.note, GAIT_STATS_NOTE_NONE);
}

static void e2_tost(void **state)
{
    struct gait_stats_estimate e;
    struct gait_stats_tost t;

    (void)state;
    assert_int_equal(gait_stats_paired_t(e1_pre, e1_post, 10, 0.95, &e), 0);
    assert_int_equal(gait_stats_tost(&e, 25.0, 0.05, &t), 0);
    NEAR(t.p_lower, 0.042630876);
    assert_close_abs(t.p_upper, 2.0226e-6, 5e-11);
    NEAR(t.p, 0.042630876);
    NEAR(t.ci.lo, -24.576280);
    NEAR(t.ci.hi, -9.023721);
    assert_true(t.equivalent);
    assert_true(e.ci.hi < 0.0);
}

static void e3_enumerated_bca(void **state)
{
    struct gait_stats_bootstrap b;

    (void)state;
    assert_int_equal(gait_stats_bca_enumerated(e3, 6, gait_stats_mean, NULL, 0.95, &b), 0);
    assert_int_equal(b.draws, 46656);
    NEAR(b.estimate, -12.833333);
    NEAR(b.z0, -0.02702734);
    NEAR(b.acceleration, -0.01742307);
    NEAR(b.alpha_lo, 0.01852221);
    NEAR(b.alpha_hi, 0.96733063);
    NEAR(b.bca.lo, -23.833333);
    NEAR(b.bca.hi, -3.5);
    NEAR(b.percentile.lo, -23.5);
    NEAR(b.percentile.hi, -3.0);
    assert_int_equal(b.note, GAIT_STATS_NOTE_FEW);
}

static void e4_two_samples(void **state)
{
    struct gait_stats_effect_two f;
    struct gait_stats_estimate e;

    (void)state;
    assert_int_equal(gait_stats_welch(e4_pre, 6, e4_post, 5, 0.95, &e), 0);
    NEAR(e.value, -17.166667);
    NEAR(e.t, -1.235595);
    NEAR(e.df, 8.914204);
    NEAR(e.p, 0.248180);
    NEAR(e.ci.lo, -48.641991);
    NEAR(e.ci.hi, 14.308657);
    assert_int_equal(gait_stats_effect_two(e4_pre, 6, e4_post, 5, 0.95, &f), 0);
    NEAR(f.sd_pooled, 23.187241);
    NEAR(f.d, -0.740350);
    NEAR(f.g, -0.676587);
}

static void e4_ranks_and_permutation(void **state)
{
    struct gait_stats_mann_whitney m;
    struct gait_stats_permutation p;
    struct gait_stats_rng rng;

    (void)state;
    assert_int_equal(gait_stats_mann_whitney(e4_pre, 6, e4_post, 5, &m), 0);
    NEAR(m.p_exact, 0.329004);
    NEAR(m.p, 0.329004);
    gait_stats_rng_init(&rng, 1);
    assert_int_equal(gait_stats_permute_two(e4_pre, 6, e4_post, 5, 1, &rng, &p), 0);
    assert_true(p.exact);
    assert_int_equal(p.count, 113);
    assert_int_equal(p.total, 462);
    NEAR(p.p, 0.244589);
    NEAR(p.p_min, 1.0 / 462.0);
}

static void e5_multiplicity(void **state)
{
    static const double p[] = {.001, .008, .039, .041, .042, .06, .074, .205};
    static const double holm[] = {.008, .056, .234, .234, .234, .234, .234, .234};
    static const double bh[] = {.008, .032, .0672, .0672, .0672, .08, .08457143, .205};
    double adjusted[8];

    (void)state;
    assert_int_equal(gait_stats_holm(p, 8, adjusted), 0);
    for (int i = 0; i < 8; i++)
        NEAR(adjusted[i], holm[i]);
    assert_int_equal(gait_stats_benjamini_hochberg(p, 8, adjusted), 0);
    for (int i = 0; i < 8; i++)
        NEAR(adjusted[i], bh[i]);
}

static void e6_icc(void **state)
{
    static const double x[] = {9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};
    struct gait_stats_icc icc;

    (void)state;
    assert_int_equal(gait_stats_icc(x, 6, 4, &icc), 0);
    NEAR(icc.ms_rows, 11.241667);
    NEAR(icc.ms_within, 6.263889);
    NEAR(icc.ms_columns, 32.486111);
    NEAR(icc.ms_error, 1.019444);
    NEAR(icc.icc_1_1, .165742);
    NEAR(icc.icc_2_1, .289764);
    NEAR(icc.icc_3_1, .714841);
    NEAR(icc.icc_1_k, .442797);
    NEAR(icc.icc_2_k, .620051);
    NEAR(icc.icc_3_k, .909316);
}

static const double e7_first[] = {.21, .24, .27, .19, .23, .30, .25, .22};
static const double e7_second[] = {.22, .23, .28, .20, .25, .29, .24, .23};

static void e7_reliability(void **state)
{
    struct gait_stats_icc icc;
    double x[16];

    (void)state;
    for (int i = 0; i < 8; i++) {
        x[2 * i] = e7_first[i];
        x[2 * i + 1] = e7_second[i];
    }
    assert_int_equal(gait_stats_icc(x, 8, 2, &icc), 0);
    NEAR(icc.icc_2_1, .935021);
    assert_close_rel(icc.ms_error, 7.053571e-5, 1e-6);
    assert_close_rel(icc.ms_columns, 5.625e-5, 1e-6);
    NEAR(icc.sem_agreement, .00839855);
    NEAR(icc.sem_consistency, .00839855);
    NEAR(icc.mdc95, .02327918);
    /* by R: sqrt(7 / qchisq(c(.975, .025), 7)) */
    NEAR(icc.mdc95_ci.lo / icc.mdc95, 0.6611741488);
    NEAR(icc.mdc95_ci.hi / icc.mdc95, 2.0352720908);
}

static void e7_bland_altman(void **state)
{
    struct gait_stats_bland_altman b;

    (void)state;
    assert_int_equal(gait_stats_bland_altman(e7_first, e7_second, 8, false, 0.95, &b), 0);
    NEAR(b.bias, .00375);
    NEAR(b.sd, .01187735);
    NEAR(b.limits.lo, -.01952918);
    NEAR(b.limits.hi, .02702918);
    NEAR((b.bias_ci.hi - b.bias_ci.lo) / 2, .00992971);
    NEAR((b.upper_ci.hi - b.upper_ci.lo) / 2, .01774926);
    NEAR((b.lower_ci.hi + b.lower_ci.lo) / 2, -.01952918);
}

/* Ten people leave the MDC uncertain by a factor of 0.69 to 1.83. */
static void mdc_of_ten_people(void **state)
{
    struct gait_stats_error_terms terms = {.var_session = 4.0,
                                           .var_step = 0.0,
                                           .df_session = 9.0,
                                           .df_step = 80.0,
                                           .ms_error = 4.0,
                                           .mean_inverse_steps = 0.2,
                                           .subjects = 10,
                                           .sessions = 2};
    struct gait_stats_mdc m;

    (void)state;
    assert_int_equal(gait_stats_mdc(&terms, 5, 5, &m), 0);
    NEAR(m.mdc95, 1.959963985 * sqrt(2.0) * 2.0);
    NEAR(m.ci.lo / m.mdc95, 0.6878352067);
    NEAR(m.ci.hi / m.mdc95, 1.8256101825);
    assert_int_equal(m.note, GAIT_STATS_NOTE_FEW);
}

/* Nested data: the two-stage analysis, subject means first. */
static void e8_two_stage(void **state)
{
    static const double pre[4][3] = {{60, 62, 61}, {72, 70, 74}, {65, 66, 64}, {58, 57, 59}};
    static const double post[4][3] = {{57, 58, 59}, {70, 69, 68}, {66, 63, 63}, {52, 54, 53}};
    struct gait_stats_estimate e;
    struct gait_stats_summary s;
    double a[4], b[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(gait_stats_summarise(pre[i], 3, &s), 0);
        a[i] = s.mean;
        assert_int_equal(gait_stats_summarise(post[i], 3, &s), 0);
        b[i] = s.mean;
    }
    assert_int_equal(gait_stats_paired_t(a, b, 4, 0.95, &e), 0);
    NEAR(e.value, -3.0);
    NEAR(e.t, -3.674235);
    NEAR(e.p, 0.034897);
    NEAR(e.ci.lo, -5.598457);
    NEAR(e.ci.hi, -0.401544);
    assert_int_equal(gait_stats_welch(&pre[0][0], 12, &post[0][0], 12, 0.95, &e), 0);
    assert_close_abs(e.p, 0.234, 5e-4);
}

static void e9_curve(void **state)
{
    static const double x[6][5] = {{0, 1, 3, 2, 0}, {-1, 0, 4, 3, 1}, {0, -1, 2, 1, -1},
                                   {1, 0, 5, 2, 0}, {-1, 1, 3, 4, 0}, {0, 0, 1, 3, -1}};
    static const double t_expected[] = {-.542326, .542326, 5.196152, 5.838742, -.542326};
    static const double p_expected[] = {1, 1, .03125, .03125, 1};
    struct gait_stats_curve_run run;
    struct gait_stats_curve c;
    struct gait_stats_rng rng;
    double t[5], p[5];

    (void)state;
    gait_stats_rng_init(&rng, 1);
    assert_int_equal(gait_stats_curve_paired(&x[0][0], 6, 5, 0.05, &rng, t, p, &c), 0);
    for (int q = 0; q < 5; q++) {
        NEAR(t[q], t_expected[q]);
        NEAR(p[q], p_expected[q]);
    }
    NEAR(c.critical, 3.162278);
    assert_int_equal(c.rearrangements, 64);
    assert_true(c.exact);
    assert_int_equal(gait_stats_curve_runs(t, p, 5, 0.05, 1, &run), 1);
    assert_int_equal(run.first, 2);
    assert_int_equal(run.last, 3);
    assert_true(run.rises);
}

static void e10_smallest_p(void **state)
{
    static const double zero[10] = {0}, post[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const struct {
        size_t n;
        double p;
    } row[] = {{5, .0625}, {6, .03125}, {10, .001953125}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct gait_stats_permutation p;
        struct gait_stats_wilcoxon w;
        struct gait_stats_rng rng;

        gait_stats_rng_init(&rng, 1);
        assert_int_equal(gait_stats_wilcoxon(zero, post, row[i].n, &w), 0);
        NEAR(w.p_exact, row[i].p);
        assert_int_equal(gait_stats_permute_signs(zero, post, row[i].n, &rng, &p), 0);
        NEAR(p.p, row[i].p);
        NEAR(p.p_min, row[i].p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e1_paired_t),
        cmocka_unit_test(e1_effect),
        cmocka_unit_test(e1_wilcoxon),
        cmocka_unit_test(e1_sign_flip),
        cmocka_unit_test(e1_bootstrap),
        cmocka_unit_test(e2_tost),
        cmocka_unit_test(e3_enumerated_bca),
        cmocka_unit_test(e4_two_samples),
        cmocka_unit_test(e4_ranks_and_permutation),
        cmocka_unit_test(e5_multiplicity),
        cmocka_unit_test(e6_icc),
        cmocka_unit_test(e7_reliability),
        cmocka_unit_test(e7_bland_altman),
        cmocka_unit_test(mdc_of_ten_people),
        cmocka_unit_test(e8_two_stage),
        cmocka_unit_test(e9_curve),
        cmocka_unit_test(e10_smallest_p),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
