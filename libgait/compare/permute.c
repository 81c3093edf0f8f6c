/* Permutation tests of a mean difference. */
#include <gait/stats_resample.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/rearrange.h"

#define SIGNS_EXACT_MAX 20
#define EXACT_MAX       2e6
#define BLOCKS_MAX      1000000u

/* How far from 0 counts as "as far as observed": the rounding of sums in another order must not decide. */
static double threshold(double observed, double scale)
{
    return fabs(observed) * (1.0 - 1e-9) - 1e-13 * scale;
}

/* All sums of +-d[0] .. +-d[n-1]; sums[2^n]. */
static void signed_sums(const double *d, size_t n, double *sums)
{
    sums[0] = 0.0;
    for (size_t i = 0, filled = 1; i < n; i++, filled *= 2)
        for (size_t k = 0; k < filled; k++) {
            sums[filled + k] = sums[k] - d[i];
            sums[k] += d[i];
        }
}

/* Every sum is one of the first half plus one of the second: no running sum that drifts. */
static uint64_t count_all_signs(const double *d, size_t n, double limit)
{
    double first[1u << (SIGNS_EXACT_MAX / 2)], second[1u << (SIGNS_EXACT_MAX / 2)];
    size_t half = n / 2, rest = n - half;
    uint64_t count = 0;

    signed_sums(d, half, first);
    signed_sums(d + half, rest, second);
    for (size_t i = 0; i < (size_t)1 << half; i++)
        for (size_t j = 0; j < (size_t)1 << rest; j++)
            count += fabs(first[i] + second[j]) >= limit;
    return count;
}

static uint64_t count_drawn_signs(const double *d, size_t n, double limit, struct gait_stats_rng *rng)
{
    uint64_t count = 0;

    for (unsigned draw = 0; draw < GAIT_STATS_PERMUTATION_DRAWS; draw++) {
        uint64_t bits = 0;
        double sum = 0.0;

        for (size_t i = 0; i < n; i++, bits >>= 1) {
            if (i % 64 == 0)
                bits = gait_stats_rng_next(rng);
            sum += bits & 1 ? d[i] : -d[i];
        }
        count += fabs(sum) >= limit;
    }
    return count;
}

static void finish(struct gait_stats_permutation *test, double exact_total, double extremes)
{
    double total = (double)test->total, count = (double)test->count;

    test->p = test->exact ? count / total : (count + 1.0) / (total + 1.0);
    test->p_min = test->exact ? fmin(1.0, extremes / exact_total) : 1.0 / (total + 1.0);
}

int gait_stats_permute_signs(const double *pre, const double *post, size_t n, struct gait_stats_rng *rng,
                             struct gait_stats_permutation *ret_test)
{
    _cleanup_free_ double *d = NULL;
    struct gait_stats_permutation test = {.exact = n <= SIGNS_EXACT_MAX};
    double sum = 0.0, scale = 0.0, limit;

    if (!ret_test || !rng || (n > 0 && (!compare_finite(pre, n) || !compare_finite(post, n))))
        return -EINVAL;
    if (n == 0)
        return -ENODATA;
    d = compare_differences(pre, post, n);
    if (!d)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        sum += d[i];
        scale += fmax(fabs(pre[i]), fabs(post[i]));
    }
    limit = threshold(sum, scale);
    test.observed = sum / (double)n;
    test.total = test.exact ? (uint64_t)1 << n : GAIT_STATS_PERMUTATION_DRAWS;
    test.count = test.exact ? count_all_signs(d, n, limit) : count_drawn_signs(d, n, limit, rng);
    finish(&test, ldexp(1.0, (int)fmin((double)n, 1000.0)), 2.0);
    *ret_test = test;
    return 0;
}

/* A block of neighbours: its values' sum, about the mean of all, and how many. */
struct block {
    double sum;
    double count;
};

struct blocks {
    struct block *block; /* those of pre, then those of post */
    size_t n, n_pre;
    double sum, count; /* of all */
    double limit;
};

static size_t cut(const double *x, size_t n, size_t block, double centre, struct block *ret_blocks)
{
    size_t blocks = 0;

    for (size_t i = 0; i < n; i++) {
        if (i % block == 0)
            ret_blocks[blocks++] = (struct block){0.0, 0.0};
        ret_blocks[blocks - 1].sum += x[i] - centre;
        ret_blocks[blocks - 1].count += 1.0;
    }
    return blocks;
}

/* Whether the mean difference with these blocks as post is as far from 0 as observed. */
static bool as_far(const struct blocks *b, const size_t *post, size_t n_post)
{
    double sum = 0.0, count = 0.0;

    for (size_t i = 0; i < n_post; i++) {
        sum += b->block[post[i]].sum;
        count += b->block[post[i]].count;
    }
    return fabs(sum / count - (b->sum - sum) / (b->count - count)) >= b->limit;
}

static void count_rearrangements(const struct blocks *b, size_t *pool, struct gait_stats_rng *rng,
                                 struct gait_stats_permutation *test)
{
    size_t n_post = b->n - b->n_pre;

    for (size_t i = 0; i < b->n; i++)
        pool[i] = i;
    if (test->exact) {
        do {
            test->count += as_far(b, pool, n_post);
            test->total++;
        } while (compare_next_combination(pool, n_post, b->n));
        return;
    }
    for (; test->total < GAIT_STATS_PERMUTATION_DRAWS; test->total++) {
        compare_draw_subset(pool, n_post, b->n, rng);
        test->count += as_far(b, pool, n_post);
    }
}

int gait_stats_permute_two(const double *pre, size_t n_pre, const double *post, size_t n_post, size_t block,
                           struct gait_stats_rng *rng, struct gait_stats_permutation *ret_test)
{
    _cleanup_free_ struct block *cut_blocks = NULL;
    _cleanup_free_ size_t *pool = NULL;
    struct gait_stats_permutation test = {.count = 0};
    struct compare_moments a, b;
    struct blocks all;
    double ways, centre;

    if (!ret_test || !rng || block == 0)
        return -EINVAL;
    if ((n_pre > 0 && !compare_finite(pre, n_pre)) || (n_post > 0 && !compare_finite(post, n_post)))
        return -EINVAL;
    if (n_pre == 0 || n_post == 0)
        return -ENODATA;
    cut_blocks = calloc(n_pre + n_post, sizeof(*cut_blocks));
    pool = calloc(n_pre + n_post, sizeof(*pool));
    if (!cut_blocks || !pool)
        return -ENOMEM;
    a = compare_moments(pre, n_pre);
    b = compare_moments(post, n_post);
    centre = (a.mean * (double)n_pre + b.mean * (double)n_post) / (double)(n_pre + n_post);
    all = (struct blocks){.block = cut_blocks, .count = (double)(n_pre + n_post)};
    all.n_pre = cut(pre, n_pre, block, centre, cut_blocks);
    all.n = all.n_pre + cut(post, n_post, block, centre, cut_blocks + all.n_pre);
    if (all.n > BLOCKS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < all.n; i++)
        all.sum += cut_blocks[i].sum;
    test.observed = b.mean - a.mean;
    all.limit = threshold(test.observed, fmax(a.scale, b.scale));
    ways = compare_binomial(all.n, all.n_pre);
    test.exact = ways <= EXACT_MAX;
    count_rearrangements(&all, pool, rng, &test);
    finish(&test, ways, 2 * all.n_pre == all.n ? 2.0 : 1.0);
    *ret_test = test;
    return 0;
}
