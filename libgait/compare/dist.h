#ifndef GAIT_COMPARE_DIST_H
#define GAIT_COMPARE_DIST_H

/* Distributions. dist.c and least_squares.c are the only files that see GSL. */

#include <gait/stats.h>

double compare_t_upper(double t, double df); /* P(T > t), t >= 0 */
double compare_t_quantile(double p, double df);
double compare_normal_cdf(double z);
double compare_normal_quantile(double p);
double compare_chi_square_quantile(double p, double df);

/* Hedges' J; NaN below 2 degrees of freedom. */
double compare_hedges_j(double df);

/* Interval of the noncentrality parameter for an observed t. 0; -EDOM not found. */
int compare_noncentrality(double t, double df, double level, struct gait_stats_interval *ret_lambda);

#endif
