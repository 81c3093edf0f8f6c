/* The Mann-Whitney test. */
#include <gait/stats_rank.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/ranks.h"

#define EXACT_MAX 50 /* C(50, 25) is below 2^53 */

/* ways[k][s]: subsets of k values whose doubled ranks sum to s. */
static int exact_p(const unsigned *doubled, size_t n, size_t chosen, unsigned doubled_w, double *ret_p)
{
    size_t top = n * (n + 1), width = top + 1;
    _cleanup_free_ double *ways = calloc((chosen + 1) * width, sizeof(*ways));
    double below = 0.0, above = 0.0, all = 0.0;

    if (!ways)
        return -ENOMEM;
    ways[0] = 1.0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = chosen; k >= 1; k--)
            for (size_t s = top; s >= doubled[i]; s--)
                ways[k * width + s] += ways[(k - 1) * width + s - doubled[i]];
    for (size_t s = 0; s <= top; s++) {
        double w = ways[chosen * width + s];

        all += w;
        below += s <= doubled_w ? w : 0.0;
        above += s >= doubled_w ? w : 0.0;
    }
    *ret_p = fmin(1.0, 2.0 * fmin(below, above) / all);
    return 0;
}

static int test_ranks(const double *all, size_t n_pre, size_t n_post, struct gait_stats_mann_whitney *test)
{
    size_t n = n_pre + n_post;
    _cleanup_free_ unsigned *doubled = calloc(n, sizeof(*doubled));
    double ties, pairs = (double)n_pre * (double)n_post, sum = 0.0, variance;
    int r;

    if (!doubled)
        return -ENOMEM;
    r = compare_doubled_ranks(all, n, doubled, &ties);
    if (r < 0)
        return r;
    for (size_t i = n_pre; i < n; i++)
        sum += (double)doubled[i];
    test->u = sum / 2.0 - (double)n_post * (double)(n_post + 1) / 2.0;
    test->rank_biserial = 2.0 * test->u / pairs - 1.0;
    variance = pairs / 12.0 * ((double)(n + 1) - ties / ((double)n * (double)(n - 1)));
    if (variance <= 1e-9 * pairs) {
        variance = 0.0; /* all values alike */
        test->note = GAIT_STATS_NOTE_ZERO_VARIANCE;
    }
    test->p_normal = compare_normal_p(test->u, pairs / 2.0, variance);
    test->p = isnan(test->p_normal) ? 1.0 : test->p_normal;
    if (n > EXACT_MAX)
        return 0;
    r = exact_p(doubled, n, n_post, (unsigned)sum, &test->p_exact);
    test->p = test->p_exact;
    return r;
}

/* Median of all post - pre: of the sums of post and the negated pre. */
static int shift(const double *pre, size_t n_pre, const double *post, size_t n_post, double *ret)
{
    _cleanup_free_ double *a = compare_sorted_copy(post, n_post), *b = calloc(n_pre, sizeof(*b));

    if (!a || !b)
        return -ENOMEM;
    for (size_t i = 0; i < n_pre; i++)
        b[i] = -pre[i];
    qsort(b, n_pre, sizeof(*b), compare_doubles);
    *ret = compare_median_of_sums(a, n_post, b, n_pre, 0);
    return 0;
}

int gait_stats_mann_whitney(const double *pre, size_t n_pre, const double *post, size_t n_post,
                            struct gait_stats_mann_whitney *ret_test)
{
    _cleanup_free_ double *all = NULL;
    struct gait_stats_mann_whitney test = {.p_exact = NAN};
    int r;

    if (!ret_test || (n_pre > 0 && !compare_finite(pre, n_pre)) || (n_post > 0 && !compare_finite(post, n_post)))
        return -EINVAL;
    if (n_pre == 0 || n_post == 0)
        return -ENODATA;
    all = calloc(n_pre + n_post, sizeof(*all));
    if (!all)
        return -ENOMEM;
    memcpy(all, pre, n_pre * sizeof(*all));
    memcpy(all + n_pre, post, n_post * sizeof(*all));
    r = shift(pre, n_pre, post, n_post, &test.hodges_lehmann);
    if (r == 0)
        r = test_ranks(all, n_pre, n_post, &test);
    if (r < 0)
        return r;
    *ret_test = test;
    return 0;
}
