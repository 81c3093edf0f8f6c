#ifndef GAIT_STATS_H
#define GAIT_STATS_H

/*
 * Statistics of gait::compare: what can be said about a difference.
 *
 * For the whole family (stats.h, stats_rank.h, stats_resample.h, stats_reliability.h, stats_curve.h, verdict.h):
 * - The unit of analysis is the caller's: one number per subject, or per pass for one subject; never single steps.
 * - Differences are always `post - pre` (second argument minus first).
 * - Input must be finite: NaN or infinity gives -EINVAL. Drop missing values first (gait_stats_drop_missing).
 * - Too few values give -ENODATA. Data that are there but leave a number undefined give 0, NaN and a `note` that says why.
 * - Pure functions without state; any thread. They switch GSL's abort-on-error handler off for the process
 *   (gsl_set_error_handler_off), because GSL has only one for all threads.
 * - Formulas: docs/COMPARE.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>

/** Why a number is NaN, or what to say beside it. */
enum gait_stats_note {
    GAIT_STATS_NOTE_NONE = 0,
    GAIT_STATS_NOTE_ZERO_VARIANCE = 1, /* all values alike: no error to measure against */
    GAIT_STATS_NOTE_ALL_ZERO = 2,      /* every difference is 0 */
    GAIT_STATS_NOTE_COLLINEAR = 3,     /* the covariate does not vary, or varies only with the group */
    GAIT_STATS_NOTE_FEW = 4,           /* computed, but from fewer values than the method wants */
    GAIT_STATS_NOTE_DEGENERATE = 5,    /* the resamples do not surround the estimate */
    GAIT_STATS_NOTE_REPEATED = 6,      /* the series repeats itself so much that it counts as one value */
};

/**
 * The note as a short English phrase for a report; "" for none.
 *
 * Owner    a constant string.
 */
GAIT_API const char *gait_stats_note_text(enum gait_stats_note note);

struct gait_stats_interval {
    double lo;
    double hi;
};

struct gait_stats_summary {
    size_t n;
    double mean;
    double sd; /* n - 1; NaN for n = 1 */
    double median;
    double min;
    double max;
};

/** An estimate with its Student t: a mean difference, or a coefficient of a regression. */
struct gait_stats_estimate {
    double value;
    double se;
    double df;
    double t;
    double p; /* two-sided */
    double level;
    struct gait_stats_interval ci;
    enum gait_stats_note note; /* ZERO_VARIANCE, COLLINEAR: only `value` is a number */
};

/**
 * Copies the finite values of x to the front of ret_x.
 *
 * Shape    x[n], ret_x[n]; both may be the same array.
 * Returns  how many were kept.
 */
GAIT_API size_t gait_stats_drop_missing(const double *x, size_t n, double *ret_x);

/**
 * Copies the pairs of which both values are finite.
 *
 * Shape    x[n], y[n], ret_x[n], ret_y[n]; in and out may be the same arrays.
 * Returns  how many pairs were kept.
 */
GAIT_API size_t gait_stats_drop_missing_pairs(const double *x, const double *y, size_t n, double *ret_x, double *ret_y);

/**
 * Mean, standard deviation, median and extremes.
 *
 * Returns  0; -ENODATA n = 0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_stats_summarise(const double *x, size_t n, struct gait_stats_summary *ret_summary);

/**
 * The quantile of sorted values by linear interpolation ("type 7").
 *
 * Shape    sorted[n], ascending.
 * Returns  the quantile; NaN for n = 0 or a probability outside 0..1.
 * Source   Hyndman & Fan (1996), definition 7.
 */
GAIT_API double gait_stats_quantile(const double *sorted, size_t n, double probability);

/**
 * Student's paired t test of post - pre, one pair per subject.
 *
 * Returns  0 (note ZERO_VARIANCE: all differences alike); -ENODATA n < 2; -EINVAL also for a level outside (0, 1).
 */
GAIT_API int gait_stats_paired_t(const double *pre, const double *post, size_t n, double level,
                                 struct gait_stats_estimate *ret_estimate);

/**
 * Welch's t of post - pre for two independent samples, e.g. the pass means of one subject.
 *
 * Returns  0 (note ZERO_VARIANCE: neither sample varies); -ENODATA a sample of fewer than 2; -EINVAL.
 * Source   Welch (1947); degrees of freedom by Satterthwaite.
 */
GAIT_API int gait_stats_welch(const double *pre, size_t n_pre, const double *post, size_t n_post, double level,
                              struct gait_stats_estimate *ret_estimate);

/**
 * The same with effective sample sizes, for series that are correlated with themselves (gait_stats_autocorrelation).
 *
 * Unit     effective sizes as real numbers > 1; larger than the true size counts as the true size.
 * Returns  as gait_stats_welch; -ENODATA also where an effective size is not above 1.
 */
GAIT_API int gait_stats_welch_effective(const double *pre, size_t n_pre, double n_eff_pre, const double *post,
                                        size_t n_post, double n_eff_post, double level,
                                        struct gait_stats_estimate *ret_estimate);

struct gait_stats_autocorrelation {
    double r1;    /* lag 1, about the mean of the series */
    double n_eff; /* n (1 - r1) / (1 + r1), at most n */
    bool strong;  /* |r1| > 0.3: use block permutation and n_eff */
    enum gait_stats_note note;
};

/**
 * How much a series in time order repeats itself from one value to the next.
 *
 * Returns  0 (note ZERO_VARIANCE: r1 NaN, n_eff = n); -ENODATA n < 3; -EINVAL.
 */
GAIT_API int gait_stats_autocorrelation(const double *x, size_t n, struct gait_stats_autocorrelation *ret_r);

/** Standardised differences of paired data. */
struct gait_stats_effect_paired {
    double d_z;  /* mean difference / SD of the differences */
    double d_av; /* mean difference / sqrt of the mean variance: comparable between designs, the one to report */
    double sd_av;
    double j; /* Hedges' correction for n - 1 degrees of freedom; NaN for n = 2 */
    double g_z;
    double g_av;
    double r; /* correlation of pre and post; NaN where one does not vary */
    struct gait_stats_interval ci_d_z;
    enum gait_stats_note note; /* ZERO_VARIANCE: d_z and its interval NaN, or d_av, or both */
};

/**
 * Effect sizes of paired data; the interval by the noncentral t distribution.
 *
 * Returns  0; -ENODATA n < 2; -EINVAL; -EDOM the interval could not be found (|t| above some 1e6).
 * Source   Cumming (2012); Hedges (1981).
 */
GAIT_API int gait_stats_effect_paired(const double *pre, const double *post, size_t n, double level,
                                      struct gait_stats_effect_paired *ret_effect);

struct gait_stats_effect_two {
    double sd_pooled;
    double d;
    double j;
    double g;
    struct gait_stats_interval ci_d;
    enum gait_stats_note note;
};

/**
 * Effect size of two independent samples by the pooled SD; the interval by the noncentral t.
 *
 * Returns  0 (note ZERO_VARIANCE); -ENODATA a sample of fewer than 2; -EINVAL; -EDOM as above.
 */
GAIT_API int gait_stats_effect_two(const double *pre, size_t n_pre, const double *post, size_t n_post, double level,
                                   struct gait_stats_effect_two *ret_effect);

/**
 * P(T <= t) of Student's t with `df` degrees of freedom and noncentrality `lambda`.
 *
 * Returns  the probability, to about 1e-12; NaN for df <= 0 or arguments that are not finite.
 */
GAIT_API double gait_stats_noncentral_t(double t, double df, double lambda);

struct gait_stats_tost {
    double p_lower; /* against "change <= -margin" */
    double p_upper; /* against "change >= +margin" */
    double p;
    struct gait_stats_interval ci; /* level 1 - 2 alpha */
    bool equivalent;               /* the interval lies inside (-margin, margin) */
    enum gait_stats_note note;
};

/**
 * Two one-sided tests: is the change smaller than a margin that was fixed beforehand?
 *
 * Unit     margin > 0, in the unit of the estimate; alpha in (0, 0.5).
 * Returns  0 (the estimate's note is carried on, all NaN and not equivalent); -EINVAL.
 * Source   Schuirmann (1987).
 */
GAIT_API int gait_stats_tost(const struct gait_stats_estimate *estimate, double margin, double alpha,
                             struct gait_stats_tost *ret_tost);

/** y ~ intercept + group + (covariate - its mean). */
struct gait_stats_adjusted {
    struct gait_stats_estimate group;
    struct gait_stats_estimate covariate;
    double residual_sd;
    bool covariate_dropped; /* it did not vary: the group difference stands unadjusted (pooled t) */
};

/**
 * The group difference adjusted for one covariate by least squares.
 *
 * One subject: y are pass means, group is 0 before and 1 after, the covariate is walking speed.
 * Parallel arms (ANCOVA): y is post, group is the arm, the covariate is pre.
 *
 * Shape    y[n], group[n] of 0 and 1, covariate[n].
 * Returns  0 (note COLLINEAR: the covariate tells the groups apart completely; ZERO_VARIANCE: no residual at all);
 *          -ENODATA fewer than 4 values or an empty group; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_stats_adjust(const double *y, const uint8_t *group, const double *covariate, size_t n, double level,
                               struct gait_stats_adjusted *ret_adjusted);

/**
 * Holm's step-down adjustment, for the registered primary metrics.
 *
 * Shape    p[m], ret_adjusted[m]; may be the same array. NaN stays NaN and is not counted in m.
 * Returns  0; -EINVAL a p outside 0..1; -ENOMEM.
 * Source   Holm (1979).
 */
GAIT_API int gait_stats_holm(const double *p, size_t m, double *ret_adjusted);

/**
 * Benjamini and Hochberg's step-up adjustment (false discovery rate), for exploratory metrics.
 *
 * Returns  as gait_stats_holm.
 * Source   Benjamini & Hochberg (1995).
 */
GAIT_API int gait_stats_benjamini_hochberg(const double *p, size_t m, double *ret_adjusted);

/** Four numbers per person: before and after, under treatment and under control. */
struct gait_stats_within {
    const double *treated_pre, *treated_post;
    const double *control_pre, *control_post;
    const uint8_t *order; /* 0 or 1: sequence (treatment first?), or treated side; NULL: not tested */
    size_t n;
};

struct gait_stats_within_result {
    struct gait_stats_estimate effect; /* (post - pre) treated - (post - pre) control */
    struct gait_stats_estimate treated, control;
    struct gait_stats_estimate
        order; /* half the difference of effects between the orders: the period (or side) effect */
    bool order_tested;
};

/**
 * Crossover (treated and control period of one person) and side-randomised designs (treated and untreated foot).
 *
 * Returns  0 (`order_tested` false where an order has fewer than 2 people); -ENODATA n < 2; -EINVAL; -ENOMEM.
 * Source   Hills & Armitage (1979), the period test by Welch's t.
 */
GAIT_API int gait_stats_within_person(const struct gait_stats_within *data, double level,
                                      struct gait_stats_within_result *ret_result);

#endif
