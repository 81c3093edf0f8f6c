#ifndef GAIT_COMPARE_MEAN_SQUARES_H
#define GAIT_COMPARE_MEAN_SQUARES_H

#include <gait/stats.h>

struct compare_mean_squares {
    double rows, columns, error, within;
};

/* Two-way analysis of variance of x[n*k], one value a cell; n and k at least 2. */
void compare_mean_squares(const double *x, size_t n, size_t k, struct compare_mean_squares *ret);

/* What an SD of df degrees of freedom is multiplied by for its 95 % interval. */
struct gait_stats_interval compare_sd_factors(double df);

#endif
