#ifndef GAIT_STATS_RELIABILITY_H
#define GAIT_STATS_RELIABILITY_H

/* Measurement error: ICC, SEM, MDC, Bland-Altman. Conventions: gait/stats.h. */

#include <gait/stats.h>

/** Mean squares of subjects x sessions and what follows from them. */
struct gait_stats_icc {
    double ms_rows;    /* between subjects */
    double ms_columns; /* between sessions (or raters) */
    double ms_error;
    double ms_within;                    /* columns and error together */
    double icc_1_1, icc_2_1, icc_3_1;    /* one measurement */
    double icc_1_k, icc_2_k, icc_3_k;    /* mean of k */
    double sem_consistency;              /* sqrt(ms_error) */
    double sem_agreement;                /* with the systematic difference between sessions */
    double mdc95;                        /* 1.96 sqrt(2) sem_agreement */
    struct gait_stats_interval mdc95_ci; /* 95 %, by chi-square with (n-1)(k-1) degrees of freedom */
    enum gait_stats_note note;           /* ZERO_VARIANCE: the ICCs are NaN */
};

/**
 * Intraclass correlations of n subjects measured k times, with SEM and minimal detectable change.
 *
 * Shape    x[n*k], a row per subject.
 * Returns  0; -ENODATA n < 2 or k < 2; -EINVAL.
 * Source   Shrout & Fleiss (1979); Weir (2005) for SEM and MDC.
 */
GAIT_API int gait_stats_icc(const double *x, size_t n, size_t k, struct gait_stats_icc *ret_icc);

/** The valid steps of one subject in one session of the lab's double baseline. */
struct gait_stats_cell {
    const double *x;
    size_t n;
};

/** Where measurement error comes from, in variances. */
struct gait_stats_error_terms {
    double var_session; /* between sessions of one person: more steps don't remove it; 0 if estimated below 0 */
    double var_step;    /* between steps of one session */
    double df_session;  /* (subjects - 1) (sessions - 1) */
    double df_step;
    double ms_error;           /* of the session means, as in gait_stats_icc */
    double mean_inverse_steps; /* what var_step was divided by in ms_error: mean of 1 / steps */
    double mean_shift;         /* last session - first, mean over subjects: drift or learning */
    size_t subjects;
    size_t sessions;
};

/**
 * Splits the lab's repeated baseline into a session term and a step term.
 *
 * Shape    cells[subjects*sessions], a row per subject; each cell has at least one step, and some have two.
 * Returns  0; -ENODATA fewer than 2 subjects or sessions, an empty cell, or no cell with 2 steps; -EINVAL; -ENOMEM.
 * Source   nested analysis of variance; expected mean squares.
 */
GAIT_API int gait_stats_error_terms(const struct gait_stats_cell *cells, size_t subjects, size_t sessions,
                                    struct gait_stats_error_terms *ret_terms);

struct gait_stats_mdc {
    double sem_pre, sem_post;      /* sqrt(var_session + var_step / k) */
    double mdc95;                  /* 1.96 sqrt(sem_pre^2 + sem_post^2); 1.96 sqrt(2) SEM where both have k steps */
    struct gait_stats_interval ci; /* 95 %; chi-square, degrees of freedom by Satterthwaite */
    double df;
    enum gait_stats_note note; /* FEW: fewer than 20 subjects; ZERO_VARIANCE: nothing varied, NaN */
};

/**
 * The change that one person must exceed, for this many steps before and after.
 *
 * Returns  0; -EINVAL NULL, 0 steps, or terms that no gait_stats_error_terms gave.
 */
GAIT_API int gait_stats_mdc(const struct gait_stats_error_terms *terms, size_t steps_pre, size_t steps_post,
                            struct gait_stats_mdc *ret_mdc);

struct gait_stats_bland_altman {
    double bias; /* second - first; for ratios second / first */
    double sd;   /* of the differences; for ratios of their logs */
    struct gait_stats_interval bias_ci;
    struct gait_stats_interval limits;             /* of agreement: bias -+ 1.96 sd */
    struct gait_stats_interval lower_ci, upper_ci; /* of each limit */
    double
        spread_r; /* correlation of |difference - bias| and mean: large and positive asks for ratios; NaN if undefined */
    enum gait_stats_note note;
};

/**
 * Agreement of two measurements of the same people.
 *
 * Shape    first[n], second[n]; with `ratio` all > 0, worked on logs and given back as ratios.
 * Returns  0 (note ZERO_VARIANCE: limits equal the bias, no intervals); -ENODATA n < 3; -EINVAL; -ENOMEM.
 * Source   Bland & Altman (1999), with the t quantile of n - 1 for the intervals.
 */
GAIT_API int gait_stats_bland_altman(const double *first, const double *second, size_t n, bool ratio, double level,
                                     struct gait_stats_bland_altman *ret_agreement);

#endif
