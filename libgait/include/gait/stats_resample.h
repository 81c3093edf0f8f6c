#ifndef GAIT_STATS_RESAMPLE_H
#define GAIT_STATS_RESAMPLE_H

/* Permutation and bootstrap. Conventions: gait/stats.h. */

#include <gait/stats.h>

#define GAIT_STATS_PERMUTATION_DRAWS 19999u /* Monte Carlo, where the exact count is too long */
#define GAIT_STATS_BOOTSTRAP_DRAWS   9999u

/** Random numbers (xoshiro256**): the same seed gives the same report on every machine. */
struct gait_stats_rng {
    uint64_t s[4];
};

/** Starts the generator; every seed is good, 0 too. */
GAIT_API void gait_stats_rng_init(struct gait_stats_rng *rng, uint64_t seed);

/** The next 64 random bits. */
GAIT_API uint64_t gait_stats_rng_next(struct gait_stats_rng *rng);

/** A whole number in 0..bound-1, each equally likely; 0 for bound 0. */
GAIT_API uint32_t gait_stats_rng_below(struct gait_stats_rng *rng, uint32_t bound);

struct gait_stats_permutation {
    double observed; /* mean difference post - pre */
    double p;        /* two-sided; Monte Carlo: (count + 1) / (total + 1) */
    double p_min;    /* the smallest p that this many values can give */
    uint64_t count;  /* rearrangements at least as far from 0 */
    uint64_t total;
    bool exact;
};

/**
 * Sign-flip permutation test of paired differences: every pair may be swapped.
 *
 * Exact (all 2^n) up to n = 20, else GAIT_STATS_PERMUTATION_DRAWS. Constant data give p = 1 only if all are 0.
 *
 * Returns  0; -ENODATA n = 0; -EINVAL.
 * Source   Phipson & Smyth (2010) for the + 1.
 */
GAIT_API int gait_stats_permute_signs(const double *pre, const double *post, size_t n, struct gait_stats_rng *rng,
                                      struct gait_stats_permutation *ret_test);

/**
 * Two-sample permutation test of the difference of means, by whole blocks of neighbours.
 *
 * Shape    pre[n_pre], post[n_post] in time order; cut into blocks of `block` values (the last of a sample may be
 *          shorter) that change sides as one. block = 1 is the ordinary test.
 * Returns  0; -ENODATA an empty sample; -EINVAL also for block = 0 or more than a million blocks; -ENOMEM.
 *          Exact up to 2e6 rearrangements.
 */
GAIT_API int gait_stats_permute_two(const double *pre, size_t n_pre, const double *post, size_t n_post, size_t block,
                                    struct gait_stats_rng *rng, struct gait_stats_permutation *ret_test);

/** A statistic of one sample; must return a finite number for any sample drawn from finite values. */
typedef double gait_stats_statistic_fn(const double *x, size_t n, void *user);

/** The mean, as a statistic for the bootstrap; `user` is not used. */
GAIT_API double gait_stats_mean(const double *x, size_t n, void *user);

struct gait_stats_bootstrap {
    double estimate;
    struct gait_stats_interval bca;
    struct gait_stats_interval percentile;
    double z0;                 /* bias */
    double acceleration;       /* from the jackknife */
    double alpha_lo, alpha_hi; /* the quantiles that bca reads */
    size_t draws;
    enum gait_stats_note note; /* FEW below 8; ZERO_VARIANCE: intervals NaN; DEGENERATE: bca NaN */
};

/**
 * Bias-corrected and accelerated bootstrap interval of a statistic of one sample.
 *
 * Returns  0; -ENODATA n < 2; -EINVAL also for draws < 100; -EDOM the statistic was not finite; -ENOMEM.
 * Source   Efron (1987); Efron & Tibshirani (1993), 14.3.
 */
GAIT_API int gait_stats_bca(const double *x, size_t n, gait_stats_statistic_fn *statistic, void *user, double level,
                            size_t draws, struct gait_stats_rng *rng, struct gait_stats_bootstrap *ret_bootstrap);

/**
 * The same without chance: all n^n resamples, n <= 7.
 *
 * Returns  as gait_stats_bca; -EINVAL n > 7.
 */
GAIT_API int gait_stats_bca_enumerated(const double *x, size_t n, gait_stats_statistic_fn *statistic, void *user,
                                       double level, struct gait_stats_bootstrap *ret_bootstrap);

/**
 * BCa interval of statistic(post) - statistic(pre), each sample resampled by itself (passes of one subject).
 *
 * Returns  as gait_stats_bca, each sample >= 2; FEW where one has fewer than 8.
 * Source   acceleration of several samples: Efron & Tibshirani (1993), problem 14.10 form, sums of U^3/n^3 and U^2/n^2.
 */
GAIT_API int gait_stats_bca_two(const double *pre, size_t n_pre, const double *post, size_t n_post,
                                gait_stats_statistic_fn *statistic, void *user, double level, size_t draws,
                                struct gait_stats_rng *rng, struct gait_stats_bootstrap *ret_bootstrap);

#endif
