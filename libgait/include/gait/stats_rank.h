#ifndef GAIT_STATS_RANK_H
#define GAIT_STATS_RANK_H

/* Rank statistics. Conventions: gait/stats.h. */

#include <gait/stats.h>

struct gait_stats_wilcoxon {
    size_t n; /* differences that are not 0 */
    size_t n_zero;
    double w_plus;
    double w_minus;
    double p;        /* exact where it is, else normal */
    double p_exact;  /* NaN above 25 differences */
    double p_normal; /* tie correction, continuity 0.5 */
    double rank_biserial;
    double hodges_lehmann;     /* median of the Walsh means of all differences */
    enum gait_stats_note note; /* ALL_ZERO: p and rank_biserial NaN */
};

/**
 * Wilcoxon's signed rank test of post - pre; exact with ties too.
 *
 * Returns  0; -ENODATA n = 0; -EINVAL; -ENOMEM.
 * Source   exact distribution by counting subsets over doubled midranks; rank-biserial: Kerby (2014).
 */
GAIT_API int gait_stats_wilcoxon(const double *pre, const double *post, size_t n, struct gait_stats_wilcoxon *ret_test);

struct gait_stats_mann_whitney {
    double u;       /* pairs with post > pre, ties count half */
    double p;       /* exact where it is, else normal */
    double p_exact; /* NaN above 50 values */
    double p_normal;
    double rank_biserial;      /* 2 U / (n_pre n_post) - 1 */
    double hodges_lehmann;     /* median of all post - pre */
    enum gait_stats_note note; /* ZERO_VARIANCE: all values alike, p = 1, p_normal NaN */
};

/**
 * The Mann-Whitney (rank sum) test of two independent samples; exact with ties too.
 *
 * Returns  0; -ENODATA an empty sample; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_stats_mann_whitney(const double *pre, size_t n_pre, const double *post, size_t n_post,
                                     struct gait_stats_mann_whitney *ret_test);

#endif
