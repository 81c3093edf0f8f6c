#include "compare/ranks.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/dist.h"

struct placed {
    double x;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    const struct placed *p = a, *q = b;

    return (p->x > q->x) - (p->x < q->x);
}

int compare_doubled_ranks(const double *x, size_t n, unsigned *ret_ranks, double *ret_ties)
{
    _cleanup_free_ struct placed *order = calloc(n ? n : 1, sizeof(*order));
    double ties = 0.0;

    if (!order)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        order[i] = (struct placed){x[i], i};
    qsort(order, n, sizeof(*order), by_value);
    for (size_t i = 0, end; i < n; i = end) {
        double t;

        for (end = i + 1; end < n && order[end].x == order[i].x; end++)
            ;
        t = (double)(end - i);
        ties += t * t * t - t;
        for (size_t k = i; k < end; k++)
            ret_ranks[order[k].at] = (unsigned)(i + 1 + end); /* ranks i+1 .. end */
    }
    *ret_ties = ties;
    return 0;
}

double compare_normal_p(double w, double expected, double variance)
{
    double z = fabs(w - expected);

    if (!(variance > 0.0))
        return NAN;
    z = fmax(0.0, z - 0.5) / sqrt(variance);
    return fmin(1.0, 2.0 * compare_normal_cdf(-z));
}

/* Doubles as whole numbers in the same order. */
static int64_t to_ordered(double x)
{
    int64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits >= 0 ? bits : INT64_MIN - bits;
}

static double from_ordered(int64_t key)
{
    int64_t bits = key >= 0 ? key : INT64_MIN - key;
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* How many sums are at most v; as j falls while i rises, one walk. */
static uint64_t count_sums(const double *a, size_t n, const double *b, size_t m, bool pairs, double v)
{
    uint64_t count = 0, diagonal = 0;
    size_t j = m;

    for (size_t i = 0; i < n; i++) {
        while (j > 0 && a[i] + b[j - 1] > v)
            j--;
        count += j;
        if (pairs)
            diagonal += a[i] + b[i] <= v;
    }
    return pairs ? (count + diagonal) / 2 : count;
}

/* The smallest double with at least k sums at or below it is the k-th smallest sum. */
static double kth_sum(const double *a, size_t n, const double *b, size_t m, bool pairs, uint64_t k)
{
    int64_t lo = to_ordered(a[0] + b[0]), hi = to_ordered(a[n - 1] + b[m - 1]);

    while (lo < hi) {
        int64_t mid = (lo & hi) + ((lo ^ hi) >> 1); /* the mean, rounded down, without overflow */

        if (count_sums(a, n, b, m, pairs, from_ordered(mid)) >= k)
            hi = mid;
        else
            lo = mid + 1;
    }
    return from_ordered(lo);
}

double compare_median_of_sums(const double *a, size_t n, const double *b, size_t m, int pairs)
{
    uint64_t total = pairs ? (uint64_t)n * (n + 1) / 2 : (uint64_t)n * m;
    double low = kth_sum(a, n, b, m, pairs, (total + 1) / 2);

    if (total % 2)
        return low;
    return low + (kth_sum(a, n, b, m, pairs, total / 2 + 1) - low) / 2.0;
}
