#ifndef GAIT_VERDICT_H
#define GAIT_VERDICT_H

/*
 * What may be said about one primary metric of one person: beyond measurement error, equivalent, or inconclusive.
 * At most three metrics and feet named before the measurement; all others get numbers without a verdict.
 */

#include <gait/metric.h>
#include <gait/stats.h>

#define GAIT_VERDICT_PRIMARIES_MAX 3

enum gait_verdict_kind {
    GAIT_VERDICT_REFUSED = 1,      /* fewer than 3 steps before or after: no comparison at all */
    GAIT_VERDICT_NONE = 2,         /* numbers, but no verdict: 3 steps, fewer than 4 passes, or no interval */
    GAIT_VERDICT_BEYOND_ERROR = 3, /* A */
    GAIT_VERDICT_EQUIVALENT = 4,   /* C */
    GAIT_VERDICT_INCONCLUSIVE = 5, /* D */
};

enum { GAIT_VERDICT_PASSES = 4 }; /* before and after: fewer give no verdict */

/* Why not a stronger verdict, and what to say beside it: bits. */
enum gait_verdict_reason {
    GAIT_VERDICT_FEW_STEPS = 1 << 0,   /* fewer than 5 steps before or after */
    GAIT_VERDICT_FEW_PASSES = 1 << 1,  /* fewer than 4 passes before or after */
    GAIT_VERDICT_NO_INTERVAL = 1 << 2, /* the estimate has none: see its note */
    GAIT_VERDICT_NO_MDC = 1 << 3,      /* the measurement error of this metric is not known */
    GAIT_VERDICT_NO_SWC = 1 << 4,      /* no smallest worthwhile change registered: never equivalent */
    GAIT_VERDICT_WITHIN_MDC = 1 << 5,  /* |change| <= MDC95 */
    GAIT_VERDICT_INTERVAL_HAS_ZERO = 1 << 6,
    GAIT_VERDICT_MULTIPLICITY = 1 << 7,     /* beyond error if it stood alone, not after Holm's adjustment */
    GAIT_VERDICT_CONSISTENT_SHIFT = 1 << 8, /* the interval excludes 0, the change is within measurement error */
    GAIT_VERDICT_MDC_UNCERTAIN = 1 << 10,   /* above MDC95, but not by what too small a baseline leaves uncertain */
    GAIT_VERDICT_LITERATURE_MDC = 1 << 9,   /* the MDC is a literature default, not the lab's own */
};

enum gait_direction {
    GAIT_DIRECTION_NONE = 0,
    GAIT_DIRECTION_INCREASE = 1,
    GAIT_DIRECTION_DECREASE = 2,
};

struct gait_verdict_input {
    struct gait_stats_estimate change; /* Welch's t of post - pre on pass means */
    double p_adjusted;                 /* gait_verdict_p() of all registered primaries, adjusted by gait_stats_holm() */
    double mdc95;                      /* for these step counts; NaN: none */
    double mdc_df;                     /* gait_stats_mdc's df; INFINITY for a literature default */
    bool mdc_is_literature;
    double swc;                   /* smallest worthwhile change of the protocol, > 0; NaN: none registered */
    size_t steps_pre, steps_post; /* valid full steps of this foot */
    size_t passes_pre, passes_post;
    enum gait_direction wanted; /* registered as improvement; NONE: the direction is stated, not judged */
};

struct gait_verdict {
    enum gait_verdict_kind kind;
    unsigned reasons;
    enum gait_direction direction;   /* of the change; NONE for exactly 0 */
    struct gait_stats_interval ci95; /* NaN where there is none */
    struct gait_stats_interval ci90; /* what equivalence was judged by */
    double largest_not_excluded;     /* end of ci95 further from 0, with its sign; NaN without an interval */
    bool improved;                   /* beyond error, in the registered direction */
};

/**
 * The p value by which primaries are adjusted for being several: the larger of Welch's p (did this session differ?) and of the
 * chance that measurement error alone exceeds the change. Holm on Welch's p alone would not hold the error rate: people
 * differ from one timepoint to the next, and that difference has a small p of its own. Nor would 1.96 with an MDC that comes
 * from 20 people: t with the MDC's degrees of freedom.
 *
 * Unit     mdc_df > 0, INFINITY where the MDC counts as known.
 * Returns  max(change->p, 2 P(T > 1.96 |change| / mdc95)); 1 where there is no interval or no MDC (no `beyond error` then).
 * Source   Berger (1982), intersection-union test.
 */
GAIT_API double gait_verdict_p(const struct gait_stats_estimate *change, double mdc95, double mdc_df);

/**
 * The verdict on one primary metric.
 *
 * Unit     of the metric throughout.
 * Thread   any.
 * Returns  0 (a refusal is a verdict); -EINVAL: NULL, a change that is not finite, p_adjusted outside 0..1 or below
 *          gait_verdict_p(), mdc95 <= 0 or infinite, mdc_df not > 0, swc <= 0 or infinite.
 */
GAIT_API int gait_verdict_judge(const struct gait_verdict_input *input, struct gait_verdict *ret_verdict);

/**
 * The verdict as one or two sentences for a clinician.
 *
 * Owner    caller's buffer; always terminated, cut where it is too small (500 bytes are enough).
 * Returns  length of the whole text as snprintf does; -EINVAL.
 */
GAIT_API int gait_verdict_sentence(const struct gait_verdict_input *input, const struct gait_verdict *verdict,
                                   const char *metric_label, const char *unit, char *ret_text, size_t size);

/** Words for files: "beyond_error", "equivalent", "inconclusive", "none", "refused"; "?" otherwise. Thread: any. */
GAIT_API const char *gait_verdict_name(enum gait_verdict_kind kind);

/** Words for one reason bit, e.g. "no_mdc"; "?" otherwise. Thread: any. */
GAIT_API const char *gait_verdict_reason_name(enum gait_verdict_reason reason);

struct gait_mdc_default {
    enum gait_metric metric;
    double value;
    bool relative; /* value is a fraction of the mean before */
    const char *source;
};

/**
 * The literature default for a metric, to be labelled so, until the lab has its own double baseline.
 *
 * Returns  static storage; NULL where there is none (midfoot, medio-lateral, rates and all others): no_mdc.
 */
GAIT_API const struct gait_mdc_default *gait_mdc_literature(enum gait_metric metric);

/** The default in the unit of the metric. Returns NaN where there is none, or it is relative and the mean not > 0. */
GAIT_API double gait_mdc_literature_value(enum gait_metric metric, double mean_pre);

#endif
