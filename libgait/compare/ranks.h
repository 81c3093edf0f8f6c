#ifndef GAIT_COMPARE_RANKS_H
#define GAIT_COMPARE_RANKS_H

#include <stddef.h>

/*
 * Doubled midranks of x[n] (whole numbers even with ties), and the sum of t^3 - t over groups of ties.
 * Returns 0; -ENOMEM.
 */
int compare_doubled_ranks(const double *x, size_t n, unsigned *ret_ranks, double *ret_ties);

/* Two-sided p of a normal approximation with continuity 0.5; NaN for variance 0. */
double compare_normal_p(double w, double expected, double variance);

/*
 * Median of the n*m sums a[i] + b[j] of two ascending arrays, found by halving the range of doubles: no memory for the sums.
 * With `pairs`, of the sums x[i] + x[j], i <= j, of one array (a == b).
 */
double compare_median_of_sums(const double *a, size_t n, const double *b, size_t m, int pairs);

#endif
