/* The bias-corrected and accelerated bootstrap. */
#include <gait/stats_resample.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"

#define DRAWS_MIN     100
#define ENUMERATE_MAX 7
#define WANTED        8 /* values in a sample, for a bootstrap to be more than a number */

/* The estimate is the sum over groups of sign * statistic(x). */
struct group {
    const double *x;
    size_t n;
    double sign;
};

struct job {
    struct group group[2];
    size_t groups;
    gait_stats_statistic_fn *statistic;
    void *user;
    double *scratch; /* as long as the longest group */
    double level;
};

double gait_stats_mean(const double *x, size_t n, void *user)
{
    (void)user;
    return compare_moments(x, n).mean;
}

static double estimate(const struct job *job)
{
    double sum = 0.0;

    for (size_t g = 0; g < job->groups; g++)
        sum += job->group[g].sign * job->statistic(job->group[g].x, job->group[g].n, job->user);
    return sum;
}

static double draw(const struct job *job, struct gait_stats_rng *rng)
{
    double sum = 0.0;

    for (size_t g = 0; g < job->groups; g++) {
        const struct group *group = &job->group[g];

        for (size_t i = 0; i < group->n; i++)
            job->scratch[i] = group->x[gait_stats_rng_below(rng, (uint32_t)group->n)];
        sum += group->sign * job->statistic(job->scratch, group->n, job->user);
    }
    return sum;
}

/* Adds one group's leave-one-out influences, cubed and squared. -EDOM: a statistic was not finite. */
static int add_influences(const struct job *job, const struct group *group, double *cubes, double *squares)
{
    size_t n = group->n;
    _cleanup_free_ double *left_out = calloc(n, sizeof(*left_out));
    struct compare_moments m;

    if (!left_out)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        memcpy(job->scratch, group->x, i * sizeof(*job->scratch));
        memcpy(job->scratch + i, group->x + i + 1, (n - 1 - i) * sizeof(*job->scratch));
        left_out[i] = group->sign * job->statistic(job->scratch, n - 1, job->user);
    }
    if (!compare_finite(left_out, n))
        return -EDOM;
    m = compare_moments(left_out, n);
    for (size_t i = 0; i < n; i++) {
        double u = (double)(n - 1) / (double)n * (m.mean - left_out[i]);

        *cubes += u * u * u;
        *squares += u * u;
    }
    return 0;
}

static int acceleration(const struct job *job, double *ret_a)
{
    double cubes = 0.0, squares = 0.0;

    for (size_t g = 0; g < job->groups; g++) {
        int r = add_influences(job, &job->group[g], &cubes, &squares);

        if (r < 0)
            return r;
    }
    *ret_a = squares > 0.0 ? cubes / (6.0 * pow(squares, 1.5)) : 0.0;
    return 0;
}

/* Share of resamples below the estimate, those equal to it counting half. */
static double share_below(const double *theta, size_t draws, double at)
{
    double tolerance = 1e-9 * (theta[draws - 1] - theta[0]), below = 0.0;

    for (size_t i = 0; i < draws; i++) {
        if (fabs(theta[i] - at) <= tolerance)
            below += 0.5;
        else if (theta[i] < at)
            below += 1.0;
    }
    return below / (double)draws;
}

static void correct(const double *theta, double level, struct gait_stats_bootstrap *b)
{
    double z = compare_normal_quantile(0.5 + level / 2.0), share = share_below(theta, b->draws, b->estimate);
    double lo, hi;

    b->bca = (struct gait_stats_interval){NAN, NAN};
    b->z0 = b->alpha_lo = b->alpha_hi = NAN;
    if (share > 0.0 && share < 1.0) {
        b->z0 = compare_normal_quantile(share);
        lo = b->z0 - z;
        hi = b->z0 + z;
        if (1.0 - b->acceleration * lo > 0.0 && 1.0 - b->acceleration * hi > 0.0) {
            b->alpha_lo = compare_normal_cdf(b->z0 + lo / (1.0 - b->acceleration * lo));
            b->alpha_hi = compare_normal_cdf(b->z0 + hi / (1.0 - b->acceleration * hi));
            b->bca.lo = gait_stats_quantile(theta, b->draws, b->alpha_lo);
            b->bca.hi = gait_stats_quantile(theta, b->draws, b->alpha_hi);
            return;
        }
    }
    b->note = GAIT_STATS_NOTE_DEGENERATE;
}

/* From the resamples to the intervals. */
static int conclude(const struct job *job, double *theta, size_t draws, struct gait_stats_bootstrap *ret_bootstrap)
{
    struct gait_stats_bootstrap b = {.estimate = estimate(job), .draws = draws};
    double tail = 0.5 - job->level / 2.0, scale = 0.0;
    int r;

    if (!compare_finite(theta, draws) || !isfinite(b.estimate))
        return -EDOM;
    r = acceleration(job, &b.acceleration);
    if (r < 0)
        return r;
    for (size_t g = 0; g < job->groups; g++) {
        scale = fmax(scale, compare_moments(job->group[g].x, job->group[g].n).scale);
        if (job->group[g].n < WANTED)
            b.note = GAIT_STATS_NOTE_FEW;
    }
    qsort(theta, draws, sizeof(*theta), compare_doubles);
    if (!compare_varies(theta[draws - 1] - theta[0], scale)) {
        b.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        b.z0 = b.alpha_lo = b.alpha_hi = b.bca.lo = b.bca.hi = b.percentile.lo = b.percentile.hi = NAN;
    } else {
        b.percentile.lo = gait_stats_quantile(theta, draws, tail);
        b.percentile.hi = gait_stats_quantile(theta, draws, 1.0 - tail);
        correct(theta, job->level, &b);
    }
    *ret_bootstrap = b;
    return 0;
}

static int check(const struct job *job, const void *ret)
{
    if (!ret || !job->statistic || !compare_level_ok(job->level))
        return -EINVAL;
    for (size_t g = 0; g < job->groups; g++)
        if ((job->group[g].n > 0 && !compare_finite(job->group[g].x, job->group[g].n)) || job->group[g].n > UINT32_MAX)
            return -EINVAL;
    for (size_t g = 0; g < job->groups; g++)
        if (job->group[g].n < 2)
            return -ENODATA;
    return 0;
}

static int run(struct job *job, size_t draws, struct gait_stats_rng *rng, struct gait_stats_bootstrap *ret_bootstrap)
{
    _cleanup_free_ double *theta = NULL, *scratch = NULL;
    size_t longest = job->group[0].n;
    int r = check(job, ret_bootstrap);

    if (r < 0)
        return r;
    if (draws < DRAWS_MIN || !rng)
        return -EINVAL;
    if (job->groups > 1 && job->group[1].n > longest)
        longest = job->group[1].n;
    theta = calloc(draws, sizeof(*theta));
    scratch = calloc(longest, sizeof(*scratch));
    if (!theta || !scratch)
        return -ENOMEM;
    job->scratch = scratch;
    for (size_t i = 0; i < draws; i++)
        theta[i] = draw(job, rng);
    return conclude(job, theta, draws, ret_bootstrap);
}

int gait_stats_bca(const double *x, size_t n, gait_stats_statistic_fn *statistic, void *user, double level,
                   size_t draws, struct gait_stats_rng *rng, struct gait_stats_bootstrap *ret_bootstrap)
{
    struct job job = {.group = {{x, n, 1.0}}, .groups = 1, .statistic = statistic, .user = user, .level = level};

    return run(&job, draws, rng, ret_bootstrap);
}

int gait_stats_bca_two(const double *pre, size_t n_pre, const double *post, size_t n_post,
                       gait_stats_statistic_fn *statistic, void *user, double level, size_t draws,
                       struct gait_stats_rng *rng, struct gait_stats_bootstrap *ret_bootstrap)
{
    struct job job = {.group = {{pre, n_pre, -1.0}, {post, n_post, 1.0}},
                      .groups = 2,
                      .statistic = statistic,
                      .user = user,
                      .level = level};

    return run(&job, draws, rng, ret_bootstrap);
}

/* The resample of this number: its digits to base n are the places drawn from. */
static double numbered(const struct job *job, size_t number)
{
    const struct group *group = &job->group[0];

    for (size_t i = 0; i < group->n; i++, number /= group->n)
        job->scratch[i] = group->x[number % group->n];
    return job->statistic(job->scratch, group->n, job->user);
}

int gait_stats_bca_enumerated(const double *x, size_t n, gait_stats_statistic_fn *statistic, void *user, double level,
                              struct gait_stats_bootstrap *ret_bootstrap)
{
    struct job job = {.group = {{x, n, 1.0}}, .groups = 1, .statistic = statistic, .user = user, .level = level};
    _cleanup_free_ double *theta = NULL;
    double scratch[ENUMERATE_MAX];
    size_t draws = 1;
    int r = check(&job, ret_bootstrap);

    if (r < 0)
        return r;
    if (n > ENUMERATE_MAX)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        draws *= n;
    theta = calloc(draws, sizeof(*theta));
    if (!theta)
        return -ENOMEM;
    job.scratch = scratch;
    for (size_t i = 0; i < draws; i++)
        theta[i] = numbered(&job, i);
    return conclude(&job, theta, draws, ret_bootstrap);
}
