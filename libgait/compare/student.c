/* Student's and Welch's t, equivalence, and the within-person designs that are made of them. */
#include <gait/stats.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"

int gait_stats_paired_t(const double *pre, const double *post, size_t n, double level,
                        struct gait_stats_estimate *ret_estimate)
{
    _cleanup_free_ double *d = NULL;
    double scale = 0.0;

    if (!ret_estimate || !compare_level_ok(level))
        return -EINVAL;
    if (n > 0 && (!compare_finite(pre, n) || !compare_finite(post, n)))
        return -EINVAL;
    if (n < 2)
        return -ENODATA;
    d = compare_differences(pre, post, n);
    if (!d)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fmax(fabs(pre[i]), fabs(post[i])));
    compare_one_sample_t(d, n, scale, level, ret_estimate);
    return 0;
}

int gait_stats_welch_effective(const double *pre, size_t n_pre, double n_eff_pre, const double *post, size_t n_post,
                               double n_eff_post, double level, struct gait_stats_estimate *ret_estimate)
{
    struct gait_stats_estimate e = {.level = level};
    struct compare_moments a, b;
    double va, vb;

    if (!ret_estimate || !compare_level_ok(level) || isnan(n_eff_pre) || isnan(n_eff_post))
        return -EINVAL;
    if ((n_pre > 0 && !compare_finite(pre, n_pre)) || (n_post > 0 && !compare_finite(post, n_post)))
        return -EINVAL;
    if (n_pre < 2 || n_post < 2 || n_eff_pre <= 1.0 || n_eff_post <= 1.0)
        return -ENODATA;
    n_eff_pre = fmin(n_eff_pre, (double)n_pre);
    n_eff_post = fmin(n_eff_post, (double)n_post);
    a = compare_moments(pre, n_pre);
    b = compare_moments(post, n_post);
    va = compare_variance(&a) / n_eff_pre;
    vb = compare_variance(&b) / n_eff_post;
    e.value = b.mean - a.mean;
    e.se = sqrt(va + vb);
    e.df = (va + vb) * (va + vb) / (va * va / (n_eff_pre - 1.0) + vb * vb / (n_eff_post - 1.0));
    compare_finish_estimate(&e, level, fmax(a.scale, b.scale));
    *ret_estimate = e;
    return 0;
}

int gait_stats_welch(const double *pre, size_t n_pre, const double *post, size_t n_post, double level,
                     struct gait_stats_estimate *ret_estimate)
{
    return gait_stats_welch_effective(pre, n_pre, (double)n_pre, post, n_post, (double)n_post, level, ret_estimate);
}

static double one_sided(double t, double df)
{
    double tail = compare_t_upper(fabs(t), df);

    return t >= 0.0 ? tail : 1.0 - tail;
}

int gait_stats_tost(const struct gait_stats_estimate *estimate, double margin, double alpha,
                    struct gait_stats_tost *ret_tost)
{
    struct gait_stats_tost t = {.p_lower = NAN, .p_upper = NAN, .p = NAN, .ci = {NAN, NAN}};
    double half;

    if (!estimate || !ret_tost || !(margin > 0.0) || !isfinite(margin) || !(alpha > 0.0 && alpha < 0.5))
        return -EINVAL;
    t.note = estimate->note;
    if (!(estimate->se > 0.0)) {
        *ret_tost = t;
        return 0;
    }
    half = compare_t_quantile(1.0 - alpha, estimate->df) * estimate->se;
    t.p_lower = one_sided((estimate->value + margin) / estimate->se, estimate->df);
    t.p_upper = one_sided((margin - estimate->value) / estimate->se, estimate->df);
    t.p = fmax(t.p_lower, t.p_upper);
    t.ci.lo = estimate->value - half;
    t.ci.hi = estimate->value + half;
    t.equivalent = t.ci.lo > -margin && t.ci.hi < margin;
    *ret_tost = t;
    return 0;
}

/* Welch's t of the effects of order 1 against those of order 0; half of it is the period (or side) effect. */
static int test_order(const double *effect, const uint8_t *order, size_t n, double level,
                      struct gait_stats_within_result *result)
{
    _cleanup_free_ double *sorted = calloc(n, sizeof(*sorted));
    size_t zeros = 0, ones = 0;
    int r;

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (order[i] > 1)
            return -EINVAL;
        if (order[i] == 0)
            sorted[zeros++] = effect[i];
        else
            sorted[n - ++ones] = effect[i];
    }
    if (zeros < 2 || ones < 2)
        return 0;
    r = gait_stats_welch(sorted, zeros, sorted + zeros, ones, level, &result->order);
    if (r < 0)
        return r;
    result->order.value /= 2.0;
    result->order.se /= 2.0;
    result->order.ci.lo /= 2.0;
    result->order.ci.hi /= 2.0;
    result->order_tested = true;
    return 0;
}

int gait_stats_within_person(const struct gait_stats_within *data, double level,
                             struct gait_stats_within_result *ret_result)
{
    _cleanup_free_ double *treated = NULL, *control = NULL, *effect = NULL;
    struct gait_stats_within_result result = {.order_tested = false};
    const struct gait_stats_within *w = data;
    int r;

    if (!data || !ret_result)
        return -EINVAL;
    r = gait_stats_paired_t(w->treated_pre, w->treated_post, w->n, level, &result.treated);
    if (r < 0)
        return r;
    r = gait_stats_paired_t(w->control_pre, w->control_post, w->n, level, &result.control);
    if (r < 0)
        return r;
    treated = compare_differences(w->treated_pre, w->treated_post, w->n);
    control = compare_differences(w->control_pre, w->control_post, w->n);
    if (!treated || !control)
        return -ENOMEM;
    effect = compare_differences(control, treated, w->n);
    if (!effect)
        return -ENOMEM;
    r = gait_stats_paired_t(control, treated, w->n, level, &result.effect);
    if (r == 0 && w->order)
        r = test_order(effect, w->order, w->n, level, &result);
    if (r < 0)
        return r;
    *ret_result = result;
    return 0;
}
