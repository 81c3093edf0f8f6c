/* Agreement of two measurements. */
#include <gait/stats_reliability.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"

/* Correlation of |difference - bias| with the mean of the two. */
static double spread(const double *difference, const double *middle, double *scratch, size_t n, double bias)
{
    struct compare_moments a, b;
    double products = 0.0;

    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(difference[i] - bias);
    a = compare_moments(scratch, n);
    b = compare_moments(middle, n);
    if (!compare_varies(sqrt(compare_variance(&a)), a.scale) || !compare_varies(sqrt(compare_variance(&b)), b.scale))
        return NAN;
    for (size_t i = 0; i < n; i++)
        products += (scratch[i] - a.mean) * (middle[i] - b.mean);
    return products / sqrt(a.ss * b.ss);
}

static void intervals(struct gait_stats_bland_altman *ba, size_t n, double level)
{
    double z = compare_normal_quantile(0.975), t = compare_t_quantile(0.5 + level / 2.0, (double)(n - 1));
    double half_bias = t * ba->sd / sqrt((double)n);
    double half_limit = t * ba->sd * sqrt(1.0 / (double)n + z * z / (2.0 * (double)(n - 1)));

    ba->limits = (struct gait_stats_interval){ba->bias - z * ba->sd, ba->bias + z * ba->sd};
    ba->bias_ci = (struct gait_stats_interval){ba->bias - half_bias, ba->bias + half_bias};
    ba->lower_ci = (struct gait_stats_interval){ba->limits.lo - half_limit, ba->limits.lo + half_limit};
    ba->upper_ci = (struct gait_stats_interval){ba->limits.hi - half_limit, ba->limits.hi + half_limit};
}

static void raise_interval(struct gait_stats_interval *i)
{
    i->lo = exp(i->lo);
    i->hi = exp(i->hi);
}

/* From logs back to ratios. */
static void to_ratios(struct gait_stats_bland_altman *ba)
{
    ba->bias = exp(ba->bias);
    raise_interval(&ba->bias_ci);
    raise_interval(&ba->limits);
    raise_interval(&ba->lower_ci);
    raise_interval(&ba->upper_ci);
}

int gait_stats_bland_altman(const double *first, const double *second, size_t n, bool ratio, double level,
                            struct gait_stats_bland_altman *ret_agreement)
{
    struct gait_stats_bland_altman ba = {.note = GAIT_STATS_NOTE_NONE};
    _cleanup_free_ double *room = NULL;
    double *d, *middle, *scratch, scale = 0.0;
    struct compare_moments m;

    if (!ret_agreement || !compare_level_ok(level))
        return -EINVAL;
    if (n > 0 && (!compare_finite(first, n) || !compare_finite(second, n)))
        return -EINVAL;
    if (n < 3)
        return -ENODATA;
    room = calloc(3 * n, sizeof(*room));
    if (!room)
        return -ENOMEM;
    d = room;
    middle = room + n;
    scratch = room + 2 * n;
    for (size_t i = 0; i < n; i++) {
        double a = first[i], b = second[i];

        if (ratio && !(a > 0.0 && b > 0.0))
            return -EINVAL;
        d[i] = ratio ? log(b) - log(a) : b - a;
        middle[i] = ratio ? (log(a) + log(b)) / 2.0 : (a + b) / 2.0;
        scale = fmax(scale, fmax(fabs(middle[i]), fabs(d[i])));
    }
    m = compare_moments(d, n);
    ba.bias = m.mean;
    ba.sd = sqrt(compare_variance(&m));
    ba.spread_r = spread(d, middle, scratch, n, m.mean);
    intervals(&ba, n, level);
    if (!compare_varies(ba.sd, scale)) {
        ba.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        ba.sd = 0.0;
        ba.spread_r = NAN;
        ba.limits = (struct gait_stats_interval){ba.bias, ba.bias};
        ba.bias_ci = ba.lower_ci = ba.upper_ci = (struct gait_stats_interval){NAN, NAN};
    }
    if (ratio)
        to_ratios(&ba);
    *ret_agreement = ba;
    return 0;
}
