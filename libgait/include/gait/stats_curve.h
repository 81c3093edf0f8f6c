#ifndef GAIT_STATS_CURVE_H
#define GAIT_STATS_CURVE_H

/* Whole curves over the stance phase. Conventions: gait/stats.h. */

#include <gait/stats_resample.h>

#define GAIT_STATS_CURVE_DRAWS 10000u

struct gait_stats_curve {
    double critical; /* |t| that the largest node exceeds by chance with probability alpha; NaN if no node varies */
    uint64_t rearrangements;
    bool exact;
    size_t nodes_skipped; /* no variance: t and p NaN there */
};

/**
 * Where do paired curves differ? Largest |t| over all nodes against its sign-flip distribution.
 *
 * Shape    difference[n*nodes], a row per subject (post - pre); ret_t[nodes], ret_p[nodes] (p corrected for all nodes).
 * Returns  0; -ENODATA n < 2 or nodes = 0; -EINVAL also for alpha outside (0, 1); -ENOMEM.
 *          Exact while 2^n <= GAIT_STATS_CURVE_DRAWS, else that many rearrangements, the observed one among them.
 * Source   Nichols & Holmes (2002), single threshold; the curves of Pataky et al. (2015).
 */
GAIT_API int gait_stats_curve_paired(const double *difference, size_t n, size_t nodes, double alpha,
                                     struct gait_stats_rng *rng, double *ret_t, double *ret_p,
                                     struct gait_stats_curve *ret_curve);

/**
 * The same for two independent sets of curves (the passes of one subject), by pooled t, relabelling whole curves.
 *
 * Shape    pre[n_pre*nodes], post[n_post*nodes]; t is of post - pre.
 * Returns  as gait_stats_curve_paired, each set >= 2 curves; exact while the count <= GAIT_STATS_CURVE_DRAWS.
 */
GAIT_API int gait_stats_curve_two(const double *pre, size_t n_pre, const double *post, size_t n_post, size_t nodes,
                                  double alpha, struct gait_stats_rng *rng, double *ret_t, double *ret_p,
                                  struct gait_stats_curve *ret_curve);

struct gait_stats_curve_run {
    size_t first; /* node */
    size_t last;  /* inclusive */
    double p;     /* smallest corrected p inside */
    bool rises;   /* t > 0 */
};

/**
 * The stretches where the corrected p is at most alpha and the sign stays.
 *
 * Shape    t[nodes], p[nodes]; ret_runs[room].
 * Returns  how many there are, even if more than `room`; only `room` are written.
 */
GAIT_API size_t gait_stats_curve_runs(const double *t, const double *p, size_t nodes, double alpha, size_t room,
                                      struct gait_stats_curve_run *ret_runs);

#endif
