#include "compare/common.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/dist.h"

bool compare_finite(const double *x, size_t n)
{
    if (!x)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

bool compare_level_ok(double level)
{
    return level > 0.0 && level < 1.0;
}

struct compare_moments compare_moments(const double *x, size_t n)
{
    struct compare_moments m = {.n = n};
    double sum = 0.0, rest = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        m.scale = fmax(m.scale, fabs(x[i]));
    }
    m.mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        rest += x[i] - m.mean;
    m.mean += rest / (double)n; /* what rounding of the first sum lost */
    for (size_t i = 0; i < n; i++)
        m.ss += (x[i] - m.mean) * (x[i] - m.mean);
    return m;
}

double compare_variance(const struct compare_moments *m)
{
    return m->n > 1 ? m->ss / (double)(m->n - 1) : (double)NAN;
}

bool compare_varies(double sd, double scale)
{
    return sd > 1e-13 * scale;
}

int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double *compare_differences(const double *pre, const double *post, size_t n)
{
    double *d = calloc(n, sizeof(*d));

    for (size_t i = 0; d && i < n; i++)
        d[i] = post[i] - pre[i];
    return d;
}

double *compare_sorted_copy(const double *x, size_t n)
{
    double *copy = calloc(n, sizeof(*copy));

    if (!copy)
        return NULL;
    memcpy(copy, x, n * sizeof(*copy));
    qsort(copy, n, sizeof(*copy), compare_doubles);
    return copy;
}

void compare_finish_estimate(struct gait_stats_estimate *estimate, double level, double scale)
{
    double half;

    estimate->level = level;
    if (!compare_varies(estimate->se, scale)) {
        estimate->note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        estimate->t = estimate->p = estimate->se = estimate->ci.lo = estimate->ci.hi = NAN;
        return;
    }
    half = compare_t_quantile(0.5 + level / 2.0, estimate->df) * estimate->se;
    estimate->t = estimate->value / estimate->se;
    estimate->p = fmin(1.0, 2.0 * compare_t_upper(fabs(estimate->t), estimate->df));
    estimate->ci.lo = estimate->value - half;
    estimate->ci.hi = estimate->value + half;
}

void compare_one_sample_t(const double *d, size_t n, double scale, double level, struct gait_stats_estimate *ret)
{
    struct compare_moments m = compare_moments(d, n);

    *ret = (struct gait_stats_estimate){.value = m.mean, .df = (double)(n - 1)};
    ret->se = sqrt(compare_variance(&m) / (double)n);
    compare_finish_estimate(ret, level, fmax(scale, m.scale));
}
