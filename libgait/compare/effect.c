/* Standardised differences. */
#include <gait/stats.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"

static double correlation(const double *x, const struct compare_moments *mx, const double *y,
                          const struct compare_moments *my)
{
    double products = 0.0;

    for (size_t i = 0; i < mx->n; i++)
        products += (x[i] - mx->mean) * (y[i] - my->mean);
    return products / sqrt(mx->ss * my->ss);
}

static bool moments_vary(const struct compare_moments *m)
{
    return compare_varies(sqrt(compare_variance(m)), m->scale);
}

int gait_stats_effect_paired(const double *pre, const double *post, size_t n, double level,
                             struct gait_stats_effect_paired *ret_effect)
{
    struct gait_stats_effect_paired e = {.d_z = NAN, .d_av = NAN, .r = NAN, .ci_d_z = {NAN, NAN}};
    struct gait_stats_estimate t;
    struct compare_moments a, b;
    int r;

    if (!ret_effect)
        return -EINVAL;
    r = gait_stats_paired_t(pre, post, n, level, &t);
    if (r < 0)
        return r;
    a = compare_moments(pre, n);
    b = compare_moments(post, n);
    e.note = t.note;
    e.sd_av = sqrt((compare_variance(&a) + compare_variance(&b)) / 2.0);
    e.j = compare_hedges_j((double)(n - 1));
    if (moments_vary(&a) && moments_vary(&b))
        e.r = correlation(pre, &a, post, &b);
    if (compare_varies(e.sd_av, fmax(a.scale, b.scale)))
        e.d_av = t.value / e.sd_av;
    else
        e.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
    if (t.note == GAIT_STATS_NOTE_NONE) {
        r = compare_noncentrality(t.t, t.df, level, &e.ci_d_z);
        if (r < 0)
            return r;
        e.d_z = t.t / sqrt((double)n);
        e.ci_d_z.lo /= sqrt((double)n);
        e.ci_d_z.hi /= sqrt((double)n);
    }
    e.g_z = e.j * e.d_z;
    e.g_av = e.j * e.d_av;
    *ret_effect = e;
    return 0;
}

int gait_stats_effect_two(const double *pre, size_t n_pre, const double *post, size_t n_post, double level,
                          struct gait_stats_effect_two *ret_effect)
{
    struct gait_stats_effect_two e = {.d = NAN, .g = NAN, .ci_d = {NAN, NAN}};
    struct compare_moments a, b;
    double df, root;
    int r;

    if (!ret_effect || !compare_level_ok(level))
        return -EINVAL;
    if ((n_pre > 0 && !compare_finite(pre, n_pre)) || (n_post > 0 && !compare_finite(post, n_post)))
        return -EINVAL;
    if (n_pre < 2 || n_post < 2)
        return -ENODATA;
    a = compare_moments(pre, n_pre);
    b = compare_moments(post, n_post);
    df = (double)(n_pre + n_post - 2);
    root = sqrt(1.0 / (double)n_pre + 1.0 / (double)n_post);
    e.sd_pooled = sqrt((a.ss + b.ss) / df);
    e.j = compare_hedges_j(df);
    if (!compare_varies(e.sd_pooled, fmax(a.scale, b.scale))) {
        e.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        *ret_effect = e;
        return 0;
    }
    e.d = (b.mean - a.mean) / e.sd_pooled;
    e.g = e.j * e.d;
    r = compare_noncentrality(e.d / root, df, level, &e.ci_d);
    if (r < 0)
        return r;
    e.ci_d.lo *= root;
    e.ci_d.hi *= root;
    *ret_effect = e;
    return 0;
}
