/*
 * Random data, the same statistics by base R: against_r.R. 50 sets, 1000 in the full tier; to 1e-9 relative.
 * A floor beside a value says what the relative error is taken of where the value itself may pass through 0: a difference
 * of 1e-9 of its standard error means nothing, however small the value is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_curve.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>

#include "draws.h"

#define SKIP      77
#define NODES     7
#define VALUE_MAX 200000

struct value {
    char name[48];
    double value, floor;
};

/* What this code says, in the order in which R must answer. */
struct run {
    struct value *value;
    size_t n;
    FILE *data;
    struct gait_stats_rng rng;
    int set;
};

static void say(struct run *run, const char *name, int index, double value, double floor)
{
    struct value *v = &run->value[run->n++];

    assert_true(run->n < VALUE_MAX);
    if (index < 0)
        snprintf(v->name, sizeof(v->name), "%d.%s", run->set, name);
    else
        snprintf(v->name, sizeof(v->name), "%d.%s.%d", run->set, name, index);
    v->value = value;
    v->floor = floor;
}

static void give(struct run *run, const char *name, const double *x, size_t n)
{
    fprintf(run->data, "%d %s", run->set, name);
    for (size_t i = 0; i < n; i++)
        fprintf(run->data, " %.17g", x[i]);
    fputc('\n', run->data);
}

static void say_t(struct run *run, const char *name, const struct gait_stats_estimate *e)
{
    say(run, name, 0, e->value, e->se);
    say(run, name, 1, e->t, 1.0);
    say(run, name, 2, e->df, 0.0);
    say(run, name, 3, e->p, 0.0);
    say(run, name, 4, e->ci.lo, e->se);
    say(run, name, 5, e->ci.hi, e->se);
}

static void say_coefficient(struct run *run, const char *name, const struct gait_stats_estimate *e)
{
    say(run, name, 0, e->value, e->se);
    say(run, name, 1, e->se, 0.0);
    say(run, name, 2, e->t, 1.0);
    say(run, name, 3, e->p, 0.0);
    say(run, name, 4, e->ci.lo, e->se);
    say(run, name, 5, e->ci.hi, e->se);
}

static void say_all(struct run *run, const char *name, const double *x, int n, double floor)
{
    for (int i = 0; i < n; i++)
        say(run, name, i, x[i], floor);
}

static size_t between(struct run *run, unsigned lo, unsigned hi)
{
    return lo + gait_stats_rng_below(&run->rng, hi - lo + 1);
}

static void whole_numbers(struct run *run, size_t n, double *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (double)gait_stats_rng_below(&run->rng, 9) - 3.0;
}

static void paired(struct run *run, const double *pre, const double *post, size_t n, double sd)
{
    double m = sd * (0.2 + uniform(&run->rng)), d[40];
    struct gait_stats_bland_altman ba;
    struct gait_stats_effect_paired f;
    struct gait_stats_permutation p;
    struct gait_stats_wilcoxon w;
    struct gait_stats_estimate e;
    struct gait_stats_tost t;

    give(run, "pre", pre, n);
    give(run, "post", post, n);
    give(run, "margin", &m, 1);
    assert_int_equal(gait_stats_paired_t(pre, post, n, 0.9, &e), 0);
    say_t(run, "paired", &e);
    assert_int_equal(gait_stats_effect_paired(pre, post, n, 0.95, &f), 0);
    say(run, "d_z_ci", 0, f.ci_d_z.lo, 1.0);
    say(run, "d_z_ci", 1, f.ci_d_z.hi, 1.0);
    say(run, "j", -1, f.j, 0.0);
    say(run, "d", 0, f.d_z, 1.0);
    say(run, "d", 1, f.d_av, 1.0);
    say(run, "d", 2, f.r, 1.0);
    assert_int_equal(gait_stats_tost(&e, m, 0.05, &t), 0);
    say(run, "tost", 0, t.p_lower, 0.0);
    say(run, "tost", 1, t.p_upper, 0.0);
    say(run, "tost_ci", 0, t.ci.lo, e.se);
    say(run, "tost_ci", 1, t.ci.hi, e.se);
    assert_int_equal(gait_stats_wilcoxon(pre, post, n, &w), 0);
    say(run, "wilcoxon", 0, w.w_plus, 1.0);
    say(run, "wilcoxon", 1, w.p_exact, 0.0);
    say(run, "walsh", -1, w.hodges_lehmann, e.se);
    assert_int_equal(gait_stats_permute_signs(pre, post, n < 9 ? n : 9, &run->rng, &p), 0);
    say(run, "sign_flip", -1, (double)p.count, 0.0);
    assert_int_equal(gait_stats_bland_altman(pre, post, n, false, 0.95, &ba), 0);
    memcpy(d, (double[]){ba.limits.lo, ba.limits.hi, ba.bias_ci.lo, ba.bias_ci.hi, ba.upper_ci.lo, ba.upper_ci.hi},
           6 * sizeof(*d));
    say_all(run, "bland_altman", d, 6, e.se);
    say(run, "bland_altman", 6, ba.spread_r, 1.0);
}

static void within(struct run *run, const double *pre, const double *post, size_t n, double sd)
{
    double cpre[40], cpost[40], order[40];
    uint8_t bits[40];
    struct gait_stats_within_result r;
    struct gait_stats_within w = {
        .treated_pre = pre, .treated_post = post, .control_pre = cpre, .control_post = cpost, .order = bits, .n = n};

    fill_normal(&run->rng, 0.0, sd, n, cpre);
    fill_normal(&run->rng, sd / 3.0, sd, n, cpost);
    for (size_t i = 0; i < n; i++) {
        bits[i] = i < 2 ? 0 : i < 4 ? 1 : (uint8_t)gait_stats_rng_below(&run->rng, 2);
        order[i] = bits[i];
    }
    give(run, "cpre", cpre, n);
    give(run, "cpost", cpost, n);
    give(run, "order", order, n);
    assert_int_equal(gait_stats_within_person(&w, 0.95, &r), 0);
    say_t(run, "within", &r.effect);
    assert_true(r.order_tested);
    say(run, "period", 0, r.order.value, r.order.se);
    say(run, "period", 1, r.order.p, 0.0);
    say(run, "period", 2, r.order.ci.lo, r.order.se);
    say(run, "period", 3, r.order.ci.hi, r.order.se);
}

static void two_samples(struct run *run, const double *a, size_t n1, const double *b, size_t n2)
{
    double y[40], covariate[40], sorted[20];
    uint8_t group[40];
    struct gait_stats_autocorrelation r1;
    struct gait_stats_mann_whitney m;
    struct gait_stats_effect_two f;
    struct gait_stats_permutation p;
    struct gait_stats_adjusted adj;
    struct gait_stats_estimate e;
    struct gait_stats_summary s;

    give(run, "a", a, n1);
    give(run, "b", b, n2);
    assert_int_equal(gait_stats_welch(a, n1, b, n2, 0.95, &e), 0);
    say_t(run, "welch", &e);
    assert_int_equal(gait_stats_effect_two(a, n1, b, n2, 0.95, &f), 0);
    say(run, "pooled", 0, f.sd_pooled, 0.0);
    say(run, "pooled", 1, f.d, 1.0);
    say(run, "pooled", 2, f.g, 1.0);
    say(run, "pooled_ci", 0, f.ci_d.lo, 1.0);
    say(run, "pooled_ci", 1, f.ci_d.hi, 1.0);
    assert_int_equal(gait_stats_mann_whitney(a, n1, b, n2, &m), 0);
    say(run, "mann_whitney", 0, m.u, 1.0);
    say(run, "mann_whitney", 1, m.p_exact, 0.0);
    say(run, "shift", -1, m.hodges_lehmann, e.se);
    assert_int_equal(gait_stats_permute_two(a, n1 < 6 ? n1 : 6, b, n2 < 5 ? n2 : 5, 1, &run->rng, &p), 0);
    say(run, "permute_two", -1, (double)p.count, 0.0);
    memcpy(sorted, a, n1 * sizeof(*a));
    for (size_t i = 1; i < n1; i++)
        for (size_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
            double kept = sorted[j];

            sorted[j] = sorted[j - 1];
            sorted[j - 1] = kept;
        }
    assert_int_equal(gait_stats_summarise(a, n1, &s), 0);
    say(run, "summary", 0, s.mean, s.sd);
    say(run, "summary", 1, s.sd, 0.0);
    say(run, "summary", 2, s.median, s.sd);
    say(run, "summary", 3, gait_stats_quantile(sorted, n1, 0.3), s.sd);
    assert_int_equal(gait_stats_autocorrelation(a, n1, &r1), 0);
    say(run, "r1", -1, r1.r1, 1.0);
    for (size_t i = 0; i < n1 + n2; i++) {
        y[i] = i < n1 ? a[i] : b[i - n1];
        group[i] = i >= n1;
        covariate[i] = 1.3 + 0.1 * normal(&run->rng) + 0.05 * group[i];
    }
    give(run, "covariate", covariate, n1 + n2);
    assert_int_equal(gait_stats_adjust(y, group, covariate, n1 + n2, 0.95, &adj), 0);
    say_coefficient(run, "adjust_group", &adj.group);
    say_coefficient(run, "adjust_slope", &adj.covariate);
    say(run, "adjust_sd", -1, adj.residual_sd, 0.0);
}

static void ties(struct run *run)
{
    static const double zero[60];
    size_t n = between(run, 8, 20), n2 = between(run, 5, 20), many = between(run, 26, 60);
    double x[60], y[60];
    struct gait_stats_mann_whitney m;
    struct gait_stats_wilcoxon w;
    struct gait_stats_estimate e;

    whole_numbers(run, n, x);
    whole_numbers(run, n2, y);
    give(run, "whole", x, n);
    give(run, "whole2", y, n2);
    assert_int_equal(gait_stats_wilcoxon(zero, x, n, &w), 0);
    say(run, "wilcoxon_ties", 0, w.w_plus, 1.0);
    say(run, "wilcoxon_ties", 1, w.p_normal, 0.0);
    assert_int_equal(gait_stats_mann_whitney(y, n2, x, n, &m), 0);
    say(run, "mann_whitney_ties", 0, m.u, 1.0);
    say(run, "mann_whitney_ties", 1, m.p_normal, 0.0);
    fill_normal(&run->rng, 0.3, 1.0, many, x);
    give(run, "many", x, many);
    assert_int_equal(gait_stats_wilcoxon(zero, x, many, &w), 0);
    say(run, "wilcoxon_many", 0, w.w_plus, 1.0);
    say(run, "wilcoxon_many", 1, w.p, 0.0);
    for (size_t i = 0; i < many; i++)
        x[i] += 1.5; /* t of 8 to 16: the far tail */
    give(run, "far", x, many);
    assert_int_equal(gait_stats_paired_t(zero, x, many, 0.95, &e), 0);
    say_t(run, "far", &e);
}

static void tables(struct run *run)
{
    double p[8], adjusted[8],
        nct[3] = {3.0 * normal(&run->rng), 2.0 + 40.0 * uniform(&run->rng), 3.0 * normal(&run->rng)};
    size_t m = between(run, 2, 8);

    for (size_t i = 0; i < m; i++)
        p[i] = pow(uniform(&run->rng), 3.0);
    give(run, "p", p, m);
    assert_int_equal(gait_stats_holm(p, m, adjusted), 0);
    say_all(run, "holm", adjusted, (int)m, 0.0);
    assert_int_equal(gait_stats_benjamini_hochberg(p, m, adjusted), 0);
    say_all(run, "bh", adjusted, (int)m, 0.0);
    give(run, "nct", nct, 3);
    say(run, "nct", -1, gait_stats_noncentral_t(nct[0], nct[1], nct[2]), 1e-2); /* R's pt is good to 1e-12 absolute */
}

static void bootstrap(struct run *run, const double *a, size_t n, double sd)
{
    struct gait_stats_bootstrap b;

    assert_int_equal(gait_stats_bca_enumerated(a, n < 5 ? n : 5, gait_stats_mean, NULL, 0.95, &b), 0);
    say(run, "bca_mean", 0, b.z0, 1.0);
    say(run, "bca_mean", 1, b.acceleration, 1.0);
    say(run, "bca_mean", 2, b.alpha_lo, 0.0);
    say(run, "bca_mean", 3, b.alpha_hi, 0.0);
    say(run, "bca_mean", 4, b.bca.lo, sd);
    say(run, "bca_mean", 5, b.bca.hi, sd);
    say(run, "bca_mean", 6, b.percentile.lo, sd);
    say(run, "bca_mean", 7, b.percentile.hi, sd);
}

static void curves(struct run *run)
{
    double x[12 * NODES], t[NODES], p[NODES];
    struct gait_stats_curve c;

    fill_normal(&run->rng, 0.0, 1.0, 12 * NODES, x);
    for (int i = 0; i < 12; i++)
        x[i * NODES + 3] += i < 6 ? 1.5 : 0.0;
    give(run, "curves", x, 12 * NODES);
    assert_int_equal(gait_stats_curve_paired(x, 6, NODES, 0.05, &run->rng, t, p, &c), 0);
    say_all(run, "curve_t", t, NODES, 1.0);
    say_all(run, "curve_p", p, NODES, 0.0);
    say(run, "curve_critical", -1, c.critical, 0.0);
    assert_int_equal(gait_stats_curve_two(x, 6, x + 6 * NODES, 6, NODES, 0.05, &run->rng, t, p, &c), 0);
    say_all(run, "curve2_t", t, NODES, 1.0);
    say_all(run, "curve2_p", p, NODES, 0.0);
}

static void reliability(struct run *run)
{
    size_t n = between(run, 4, 10), k = between(run, 2, 4);
    double x[48], k_value = (double)k;
    struct gait_stats_error_terms terms;
    struct gait_stats_cell cells[12];
    struct gait_stats_icc icc;
    struct gait_stats_mdc mdc;

    for (size_t i = 0; i < n; i++)
        fill_normal(&run->rng, 100.0 + 10.0 * normal(&run->rng), 5.0, k, x + i * k);
    give(run, "icc", x, n * k);
    give(run, "icc_k", &k_value, 1);
    assert_int_equal(gait_stats_icc(x, n, k, &icc), 0);
    say_all(run, "ms", (double[]){icc.ms_rows, icc.ms_columns, icc.ms_error, icc.ms_within}, 4, 0.0);
    say_all(run, "icc", (double[]){icc.icc_1_1, icc.icc_2_1, icc.icc_3_1, icc.icc_1_k, icc.icc_2_k, icc.icc_3_k}, 6,
            1.0);
    say_all(run, "icc_mdc", (double[]){icc.mdc95, icc.mdc95_ci.lo, icc.mdc95_ci.hi}, 3, 0.0);
    for (size_t i = 0; i < 12; i++) {
        fill_normal(&run->rng, 10.0 * (double)(i / 2) + 3.0 * normal(&run->rng), 4.0, 4, x + 4 * i);
        cells[i] = (struct gait_stats_cell){x + 4 * i, 4};
    }
    give(run, "steps", x, 48);
    assert_int_equal(gait_stats_error_terms(cells, 6, 2, &terms), 0);
    say(run, "terms", 0, terms.var_session, terms.ms_error);
    say(run, "terms", 1, terms.var_step, 0.0);
    say(run, "terms", 2, terms.ms_error, 0.0);
    assert_int_equal(gait_stats_mdc(&terms, 5, 8, &mdc), 0);
    say_all(run, "mdc", (double[]){mdc.mdc95, mdc.df, mdc.ci.lo, mdc.ci.hi}, 4, 0.0);
}

static void one_set(struct run *run)
{
    double sd = pow(10.0, 6.0 * uniform(&run->rng) - 3.0), offset = 20.0 * sd * normal(&run->rng);
    size_t n = between(run, 5, 24), n1 = between(run, 4, 16), n2 = between(run, 4, 16);
    double x[40], y[40];

    fill_normal(&run->rng, offset, sd, n, x);
    fill_normal(&run->rng, offset + sd * normal(&run->rng), sd, n, y);
    paired(run, x, y, n, sd);
    within(run, x, y, n, sd);
    fill_normal(&run->rng, offset, sd, n1, x);
    fill_normal(&run->rng, offset + sd * normal(&run->rng), sd * (0.5 + uniform(&run->rng)), n2, y);
    two_samples(run, x, n1, y, n2);
    bootstrap(run, x, n1, sd);
    ties(run);
    tables(run);
    curves(run);
    reliability(run);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct value *)a)->name, ((const struct value *)b)->name);
}

static int start_r(char *script, char *data, char *results)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execlp("Rscript", "Rscript", "--vanilla", script, data, results, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether R's value is ours; prints where not. */
static int compare_one(const struct value *ours, double r)
{
    double allowed = 1e-9 * fmax(fabs(r), ours->floor);

    if (fabs(ours->value - r) <= allowed)
        return 0;
    print_error("%s: %.17g, R says %.17g\n", ours->name, ours->value, r);
    return 1;
}

static void same_as_r(void **state)
{
    char folder[] = "/tmp/gait-against-r-XXXXXX", data[64], results[64], script[4096], name[64];
    const char *source = getenv("GAIT_SOURCE_DIR");
    struct run run = {.value = calloc(VALUE_MAX, sizeof(*run.value))};
    int sets = full_tier() ? 1000 : 50, wrong = 0;
    size_t answered = 0;
    double value;
    FILE *in;

    (void)state;
    assert_non_null(run.value);
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof(data), "%s/data", folder);
    snprintf(results, sizeof(results), "%s/results", folder);
    snprintf(script, sizeof(script), "%s/tests/unit/compare/against_r.R", source ? source : ".");
    run.data = fopen(data, "w");
    assert_non_null(run.data);
    gait_stats_rng_init(&run.rng, 7);
    for (run.set = 0; run.set < sets; run.set++)
        one_set(&run);
    assert_int_equal(fclose(run.data), 0);
    assert_int_equal(start_r(script, data, results), 0);
    qsort(run.value, run.n, sizeof(*run.value), by_name);
    in = fopen(results, "r");
    assert_non_null(in);
    for (; fscanf(in, "%63s %lf", name, &value) == 2; answered++) {
        struct value key, *ours;

        snprintf(key.name, sizeof(key.name), "%.47s", name);
        ours = bsearch(&key, run.value, run.n, sizeof(key), by_name);
        if (!ours)
            print_error("%s: R gives it, we do not\n", name);
        wrong += ours ? compare_one(ours, value) : 1;
    }
    fclose(in);
    print_message("%d sets, %zu numbers, %zu answered by R, %d differ\n", sets, run.n, answered, wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(answered, run.n);
    unlink(data);
    unlink(results);
    rmdir(folder);
    free(run.value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_r)};

    if (system("Rscript --version >/dev/null 2>&1") != 0) {
        puts("skipped: Rscript is not installed (Debian: r-base-core)");
        return SKIP;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
