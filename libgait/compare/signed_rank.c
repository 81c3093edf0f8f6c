/* Wilcoxon's signed rank test. */
#include <gait/stats_rank.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/ranks.h"

#define EXACT_MAX 25 /* 2^25 subsets fit a double with room */

/*
 * P from the number of sign patterns that give each doubled rank sum: adding a rank r to the table doubles the patterns,
 * ways[s] += ways[s - r].
 */
static int exact_p(const unsigned *doubled, size_t n, unsigned doubled_w, double *ret_p)
{
    size_t top = n * (n + 1);
    _cleanup_free_ double *ways = calloc(top + 1, sizeof(*ways));
    double below = 0.0, above = 0.0;

    if (!ways)
        return -ENOMEM;
    ways[0] = 1.0;
    for (size_t i = 0; i < n; i++)
        for (size_t s = top; s >= doubled[i]; s--)
            ways[s] += ways[s - doubled[i]];
    for (size_t s = 0; s <= top; s++) {
        below += s <= doubled_w ? ways[s] : 0.0;
        above += s >= doubled_w ? ways[s] : 0.0;
    }
    *ret_p = fmin(1.0, 2.0 * fmin(below, above) / ldexp(1.0, (int)n));
    return 0;
}

/* The test of the differences that are not 0. */
static int test_nonzero(const double *d, size_t n, struct gait_stats_wilcoxon *test)
{
    _cleanup_free_ double *size = calloc(n, sizeof(*size));
    _cleanup_free_ unsigned *doubled = calloc(n, sizeof(*doubled));
    double ties, sum = (double)n * (double)(n + 1) / 2.0;
    unsigned plus = 0;
    int r;

    if (!size || !doubled)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        size[i] = fabs(d[i]);
    r = compare_doubled_ranks(size, n, doubled, &ties);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        plus += d[i] > 0.0 ? doubled[i] : 0;
        test->w_plus += d[i] > 0.0 ? (double)doubled[i] / 2.0 : 0.0;
    }
    test->w_minus = sum - test->w_plus;
    test->rank_biserial = (test->w_plus - test->w_minus) / sum;
    test->p_normal = compare_normal_p(test->w_plus, sum / 2.0, sum * (double)(2 * n + 1) / 12.0 - ties / 48.0);
    test->p = test->p_normal;
    if (n > EXACT_MAX)
        return 0;
    r = exact_p(doubled, n, plus, &test->p_exact);
    test->p = test->p_exact;
    return r;
}

/* Median of the Walsh means (x_i + x_j) / 2, i <= j. */
static int hodges_lehmann(const double *d, size_t n, double *ret)
{
    _cleanup_free_ double *sorted = compare_sorted_copy(d, n);

    if (!sorted)
        return -ENOMEM;
    *ret = compare_median_of_sums(sorted, n, sorted, n, 1) / 2.0;
    return 0;
}

int gait_stats_wilcoxon(const double *pre, const double *post, size_t n, struct gait_stats_wilcoxon *ret_test)
{
    _cleanup_free_ double *d = NULL;
    struct gait_stats_wilcoxon test = {.p = NAN, .p_exact = NAN, .p_normal = NAN, .rank_biserial = NAN};
    int r;

    if (!ret_test || (n > 0 && (!compare_finite(pre, n) || !compare_finite(post, n))))
        return -EINVAL;
    if (n == 0)
        return -ENODATA;
    d = compare_differences(pre, post, n);
    if (!d)
        return -ENOMEM;
    r = hodges_lehmann(d, n, &test.hodges_lehmann);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0.0)
            d[test.n++] = d[i];
    test.n_zero = n - test.n;
    if (test.n == 0)
        test.note = GAIT_STATS_NOTE_ALL_ZERO;
    else
        r = test_nonzero(d, test.n, &test);
    if (r < 0)
        return r;
    *ret_test = test;
    return 0;
}
