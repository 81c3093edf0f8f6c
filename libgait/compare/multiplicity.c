/* Adjustments for several p values. */
#include <gait/stats.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

struct ranked_p {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked_p *x = a, *y = b;

    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* The p that are numbers, ascending. Returns how many; -EINVAL. */
static int rank_p(const double *p, size_t m, struct ranked_p *ret_ranked, size_t *ret_count)
{
    size_t count = 0;

    for (size_t i = 0; i < m; i++) {
        if (isnan(p[i]))
            continue;
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            return -EINVAL;
        ret_ranked[count++] = (struct ranked_p){p[i], i};
    }
    qsort(ret_ranked, count, sizeof(*ret_ranked), by_p);
    *ret_count = count;
    return 0;
}

static void holm(struct ranked_p *ranked, size_t count)
{
    double floor_p = 0.0;

    for (size_t i = 0; i < count; i++) {
        floor_p = fmax(floor_p, fmin(1.0, (double)(count - i) * ranked[i].p));
        ranked[i].p = floor_p;
    }
}

static void benjamini_hochberg(struct ranked_p *ranked, size_t count)
{
    double ceiling = 1.0;

    for (size_t i = count; i-- > 0;) {
        ceiling = fmin(ceiling, (double)count * ranked[i].p / (double)(i + 1));
        ranked[i].p = ceiling;
    }
}

static int adjust(const double *p, size_t m, void (*method)(struct ranked_p *, size_t), double *ret_adjusted)
{
    _cleanup_free_ struct ranked_p *ranked = NULL;
    size_t count;
    int r;

    if (m == 0)
        return 0;
    if (!p || !ret_adjusted)
        return -EINVAL;
    ranked = calloc(m, sizeof(*ranked));
    if (!ranked)
        return -ENOMEM;
    r = rank_p(p, m, ranked, &count);
    if (r < 0)
        return r;
    method(ranked, count);
    for (size_t i = 0; i < m; i++)
        ret_adjusted[i] = NAN;
    for (size_t i = 0; i < count; i++)
        ret_adjusted[ranked[i].at] = ranked[i].p;
    return 0;
}

int gait_stats_holm(const double *p, size_t m, double *ret_adjusted)
{
    return adjust(p, m, holm, ret_adjusted);
}

int gait_stats_benjamini_hochberg(const double *p, size_t m, double *ret_adjusted)
{
    return adjust(p, m, benjamini_hochberg, ret_adjusted);
}
