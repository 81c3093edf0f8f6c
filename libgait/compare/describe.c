/* Summaries and series. */
#include <gait/stats.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"

const char *gait_stats_note_text(enum gait_stats_note note)
{
    switch (note) {
    case GAIT_STATS_NOTE_NONE:
        return "";
    case GAIT_STATS_NOTE_ZERO_VARIANCE:
        return "the values do not vary";
    case GAIT_STATS_NOTE_ALL_ZERO:
        return "all differences are 0";
    case GAIT_STATS_NOTE_COLLINEAR:
        return "the covariate cannot be told from the group";
    case GAIT_STATS_NOTE_FEW:
        return "few values: read with care";
    case GAIT_STATS_NOTE_DEGENERATE:
        return "the resamples do not surround the estimate";
    case GAIT_STATS_NOTE_REPEATED:
        return "the passes repeat each other so much that they count as one";
    }
    return "?";
}

size_t gait_stats_drop_missing(const double *x, size_t n, double *ret_x)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            ret_x[kept++] = x[i];
    return kept;
}

size_t gait_stats_drop_missing_pairs(const double *x, const double *y, size_t n, double *ret_x, double *ret_y)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        ret_x[kept] = x[i];
        ret_y[kept++] = y[i];
    }
    return kept;
}

double gait_stats_quantile(const double *sorted, size_t n, double probability)
{
    double place, below;
    size_t i;

    if (!sorted || n == 0 || !(probability >= 0.0 && probability <= 1.0))
        return NAN;
    place = (double)(n - 1) * probability;
    below = floor(place);
    i = (size_t)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}

int gait_stats_summarise(const double *x, size_t n, struct gait_stats_summary *ret_summary)
{
    _cleanup_free_ double *sorted = NULL;
    struct compare_moments m;

    if (!ret_summary || (n > 0 && !compare_finite(x, n)))
        return -EINVAL;
    if (n == 0)
        return -ENODATA;
    sorted = compare_sorted_copy(x, n);
    if (!sorted)
        return -ENOMEM;
    m = compare_moments(x, n);
    *ret_summary = (struct gait_stats_summary){
        .n = n,
        .mean = m.mean,
        .sd = sqrt(compare_variance(&m)),
        .median = gait_stats_quantile(sorted, n, 0.5),
        .min = sorted[0],
        .max = sorted[n - 1],
    };
    return 0;
}

int gait_stats_autocorrelation(const double *x, size_t n, struct gait_stats_autocorrelation *ret_r)
{
    struct gait_stats_autocorrelation r = {.r1 = NAN, .n_eff = (double)n};
    struct compare_moments m;
    double products = 0.0;

    if (!ret_r || (n > 0 && !compare_finite(x, n)))
        return -EINVAL;
    if (n < 3)
        return -ENODATA;
    m = compare_moments(x, n);
    if (!compare_varies(sqrt(compare_variance(&m)), m.scale)) {
        r.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        *ret_r = r;
        return 0;
    }
    for (size_t i = 0; i + 1 < n; i++)
        products += (x[i] - m.mean) * (x[i + 1] - m.mean);
    r.r1 = products / m.ss;
    r.n_eff = fmin((double)n, (double)n * (1.0 - r.r1) / (1.0 + r.r1));
    r.strong = fabs(r.r1) > 0.3;
    *ret_r = r;
    return 0;
}
