#ifndef GAIT_DESIGN_H
#define GAIT_DESIGN_H

/*
 * From footfalls to comparisons: which passes stand against which, whether they may, and what follows.
 *
 * The caller gives passes and footfalls in order of time; nothing here reads a file. All texts of the data are the caller's, never NULL,
 * and must outlive what is made of them. Pure functions; any thread. Conventions of numbers: gait/stats.h. Rules: docs/COMPARE.md.
 */

#include <gait/stats_resample.h>
#include <gait/stats_reliability.h>
#include <gait/verdict.h>

enum {
    GAIT_DESIGN_TEXT_MAX = 240,
    GAIT_DESIGN_SENTENCE_MAX = 600,
    GAIT_DESIGN_FINDINGS_MAX = 64,
};

/** Which foot a number is of. BOTH: the mean of left and right within a pass that has both. */
enum gait_design_foot {
    GAIT_DESIGN_LEFT = 1,
    GAIT_DESIGN_RIGHT = 2,
    GAIT_DESIGN_BOTH = 3,
};
enum { GAIT_DESIGN_FEET = 3 };

enum gait_design_kind {
    GAIT_DESIGN_DEDUCED = 0,
    GAIT_DESIGN_ONE_PERSON = 1, /* pass means, before and after */
    GAIT_DESIGN_GROUP = 2,      /* one number a person and timepoint, paired */
    GAIT_DESIGN_PARALLEL = 3,   /* two arms: after ~ arm + before */
    GAIT_DESIGN_CROSSOVER = 4,  /* two sessions a person, one under each arm */
    GAIT_DESIGN_ONE_FOOT = 5,   /* side-randomised: treated against untreated foot */
};

/** How a pass was measured: what must be alike before and after. */
struct gait_design_settings {
    uint32_t algorithm_version;
    const char *masks;    /* ids of the masks of the regional numbers */
    const char *footwear; /* "" unknown */
    double p_on_kPa;
    double pitch_x_mm, pitch_y_mm;
    double rate_hz;
    uint32_t surface, approach;   /* as in gait/trial_state.h */
    uint32_t calibration_version; /* may differ, with a warning */
    const char *calibration_date;
};

struct gait_design_pass {
    const char *subject, *session, *condition, *timepoint, *mat;
    const char *arm;     /* "massage", "sham", ...; "" none */
    const char *treated; /* "left", "right", "both", ""; for GAIT_DESIGN_ONE_FOOT */
    uint32_t trial;
    double speed_m_per_s; /* NaN unknown */
    struct gait_design_settings settings;
    bool practice; /* walked to get used to it: its timepoint is never compared */
};

struct gait_design_step {
    size_t pass;         /* index of its pass */
    uint8_t side;        /* enum gait_side, left or right */
    bool valid;          /* counts as a full step */
    const double *value; /* [GAIT_METRIC_COUNT], NaN where not measurable */
};

struct gait_design_data {
    const struct gait_design_pass *pass;
    size_t passes;
    const struct gait_design_step *step; /* in the order of their passes */
    size_t steps;
};

/** What was named beforehand. */
struct gait_design_plan {
    enum gait_design_kind kind;
    enum gait_metric primary[GAIT_VERDICT_PRIMARIES_MAX];
    size_t primaries;
    enum gait_design_foot foot;                                     /* of all primaries but these: */
    enum gait_design_foot primary_foot[GAIT_VERDICT_PRIMARIES_MAX]; /* 0: `foot` */
    const char *condition;                                          /* the way of walking that is compared */
    const char *baseline;                                           /* the timepoint the others stand against */
    double window;                                 /* 0.05: passes within 5 % of the baseline's median speed */
    double swc[GAIT_METRIC_COUNT];                 /* smallest worthwhile change; NaN none */
    enum gait_direction wanted[GAIT_METRIC_COUNT]; /* registered as improvement */
    const struct gait_stats_error_terms *terms;    /* [GAIT_METRIC_COUNT*GAIT_DESIGN_FEET] of the lab, or NULL;
                                                      an entry with 0 subjects: not measured */
    uint64_t seed;
};

/**
 * The default plan: heel31_impulse_Ns, heel31_peak_kPa, dai_mean; both feet; 5 %; nothing registered, no baseline of the lab.
 *
 * Owner    `condition` and `baseline` are "": gait_design_deduce() or the caller sets them.
 */
GAIT_API void gait_design_plan_init(struct gait_design_plan *ret_plan);

/** The plan with the foot of its i-th primary as `foot`: what group comparisons and pictures of that primary take. */
GAIT_API struct gait_design_plan gait_design_plan_of(const struct gait_design_plan *plan, size_t primary);

/** Index of a foot's terms of a metric in plan->terms. */
GAIT_API size_t gait_design_terms_index(enum gait_metric metric, enum gait_design_foot foot);

/**
 * Fills what the plan leaves open: the design from subjects, arms and treated sides; the condition of the first pass; as baseline the
 * last of the first timepoints whose names begin with "pre", else the first timepoint.
 *
 * Owner    texts of the plan point into the data.
 * Returns  0; -ENODATA there is no pass.
 */
GAIT_API int gait_design_deduce(const struct gait_design_data *data, struct gait_design_plan *plan);

/** "one_person", "group", "parallel", "crossover", "one_foot"; "?" otherwise. */
GAIT_API const char *gait_design_kind_name(enum gait_design_kind kind);
/** "left", "right", "both"; "?" otherwise. */
GAIT_API const char *gait_design_foot_name(enum gait_design_foot foot);
/** The foot of a name, or -ENOENT. */
GAIT_API int gait_design_foot_find(const char *name);
/** True for a timepoint before treatment (its name begins with "pre" or "famil"): compared, never judged. */
GAIT_API bool gait_design_is_before(const char *timepoint);

/**
 * The timepoints of the plan's condition other than the baseline, in order of time.
 *
 * Shape    ret_timepoint[room].
 * Returns  how many there are; only `room` are written.
 */
GAIT_API size_t gait_design_timepoints(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                       size_t room, const char **ret_timepoint);

/* ---- may they be compared? --------------------------------------------------------------------------------------------------- */

enum gait_design_severity {
    GAIT_DESIGN_NOTE = 1,
    GAIT_DESIGN_WARNING = 2,
    GAIT_DESIGN_REFUSED = 3, /* this timepoint is not compared at all */
};

struct gait_design_finding {
    enum gait_design_severity severity;
    const char *code;                /* "few_steps", "speed_drift", ... */
    const char *timepoint;           /* "" for all */
    enum gait_design_foot foot;      /* 0 for all */
    char text[GAIT_DESIGN_TEXT_MAX]; /* what, and what to do */
};

/**
 * Everything that speaks against comparing, or must be said beside it.
 *
 * Shape    ret_finding[room], worst kinds not sorted first; order of timepoints.
 * Returns  how many there are; only `room` are written; -ENOMEM.
 */
GAIT_API int gait_design_check(const struct gait_design_data *data, const struct gait_design_plan *plan, size_t room,
                               struct gait_design_finding *ret_finding);

/* ---- one person --------------------------------------------------------------------------------------------------------------- */

enum gait_design_mdc_source {
    GAIT_DESIGN_MDC_NONE = 0,
    GAIT_DESIGN_MDC_LITERATURE = 1,
    GAIT_DESIGN_MDC_LAB = 2,
};

/** The band of passes that the main analysis takes. */
struct gait_design_window {
    bool by_speed;         /* else by stance time of the foot */
    double median, lo, hi; /* m/s or s; NaN: nothing to go by, all passes count */
};

/**
 * The window of one person: plus and minus plan->window of the median of the baseline's passes.
 *
 * Returns  0; -ENOMEM.
 */
GAIT_API int gait_design_window(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                const char *subject, enum gait_design_foot foot, struct gait_design_window *ret_window);

/**
 * Means of one metric by pass, in order of time.
 *
 * Shape    ret_x[data->passes], ret_control[data->passes] (speed or stance of these passes, NaN unknown; may be NULL).
 *          timepoint and subject NULL: any. window NULL: every pass. session NULL: any.
 * Returns  how many passes have a value; *ret_steps (may be NULL) valid steps behind them, for BOTH of the foot that has fewer.
 */
GAIT_API size_t gait_design_pass_means(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                       const char *subject, const char *session, const char *timepoint,
                                       enum gait_metric metric, enum gait_design_foot foot,
                                       const struct gait_design_window *window, double *ret_x, double *ret_control,
                                       size_t *ret_steps);

/** One metric of one foot at one timepoint against the baseline. What cannot be computed is NaN and `why` says the reason. */
struct gait_design_comparison {
    const char *timepoint;
    enum gait_metric metric;
    enum gait_design_foot foot;
    size_t steps_pre, steps_post;        /* in the window */
    struct gait_stats_summary pre, post; /* of pass means in the window; n 0: none */
    struct gait_stats_estimate change;   /* Welch, in the window: the main analysis */
    struct gait_stats_summary all_pre, all_post;
    struct gait_stats_estimate all;      /* Welch, every pass */
    struct gait_stats_adjusted adjusted; /* every pass, at equal speed (or stance time) */
    bool has_adjusted;
    struct gait_stats_permutation permutation; /* in the window; total 0: none */
    struct gait_stats_effect_two effect;
    struct gait_stats_bootstrap bca; /* draws 0: none */
    double r1_pre, r1_post;          /* NaN below 5 passes */
    bool effective;                  /* the interval counts n_eff, not n: passes repeat each other */
    enum gait_design_mdc_source mdc_source;
    double mdc95, mdc_df;
    struct gait_stats_interval mdc_ci; /* NaN for a literature default */
    const char *mdc_note;              /* "", or e.g. "few values" */
    double p_adjusted;                 /* Holm over all that are judged together; NaN: not judged */
    bool judged;
    struct gait_verdict verdict;
    char why[GAIT_DESIGN_TEXT_MAX];          /* "" when every number is there */
    char sentence[GAIT_DESIGN_SENTENCE_MAX]; /* "" unless judged */
};

/**
 * Compares one metric.
 *
 * Returns  0 (also where little or nothing can be computed: `why`); -EINVAL; -ENOMEM.
 */
GAIT_API int gait_design_compare(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                 const char *subject, const char *timepoint, enum gait_metric metric,
                                 enum gait_design_foot foot, struct gait_design_comparison *ret_comparison);

/**
 * Judges the primaries together: Holm over all n of them, then verdict and sentence. A refusal among the findings of its timepoint or
 * of all makes the verdict `refused`.
 *
 * Shape    comparison[n], findings[findings_n].
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_design_judge(const struct gait_design_plan *plan, const struct gait_design_finding *finding,
                               size_t findings, struct gait_design_comparison *comparison, size_t n);

/* ---- people ------------------------------------------------------------------------------------------------------------------- */

enum gait_design_group_verdict {
    GAIT_DESIGN_GROUP_NONE = 0,
    GAIT_DESIGN_GROUP_BEYOND_SWC = 1, /* the whole interval lies beyond the registered SWC */
    GAIT_DESIGN_GROUP_EQUIVALENT = 2,
    GAIT_DESIGN_GROUP_INCONCLUSIVE = 3,
    GAIT_DESIGN_GROUP_REFUSED = 4, /* must not be compared: `why` */
};

struct gait_design_group {
    enum gait_design_kind kind;
    const char *timepoint;
    enum gait_metric metric;
    enum gait_design_foot foot;  /* the plan's; ONE_FOOT compares both */
    size_t n, n_left_out;        /* people; those without a number before and after */
    const char *arm, *reference; /* "" where there are none */
    struct gait_stats_summary pre, post;
    struct gait_stats_estimate effect; /* paired change; arm difference; treated minus control */
    struct gait_stats_estimate order;  /* period or side effect */
    bool order_tested;
    struct gait_stats_effect_paired paired; /* GROUP only */
    double p_permutation, p_wilcoxon;       /* GROUP only, else NaN */
    size_t responders_up, responders_down;  /* people beyond MDC95, GROUP only */
    double p_adjusted;
    bool judged;
    enum gait_design_group_verdict verdict;
    char why[GAIT_DESIGN_TEXT_MAX];
    char sentence[GAIT_DESIGN_SENTENCE_MAX];
};

/** One number a person: the mean of the pass means in that person's window. ret_pre, ret_post [room]; ret_subject[room]. */
GAIT_API int gait_design_people(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                const char *timepoint, enum gait_metric metric, size_t room, const char **ret_subject,
                                double *ret_pre, double *ret_post);

/**
 * CROSSOVER and ONE_FOOT: each person's change under control (of the untreated foot) and under treatment (of the treated foot).
 *
 * Shape    ret_subject, ret_control, ret_treated [room]; only people with both.
 * Returns  how many there are; only `room` are written; -EINVAL another design; -ENOMEM.
 */
GAIT_API int gait_design_within_people(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                       const char *timepoint, enum gait_metric metric, size_t room,
                                       const char **ret_subject, double *ret_control, double *ret_treated);

/**
 * The measurement error of people who walked twice without a treatment, at plan->baseline and at `second`, in plan->condition: steps of
 * one foot, or pass means of both. People without numbers at either are left out.
 *
 * Returns  0; -ENODATA fewer than 2 people, or nobody with two values at a timepoint; -ENOMEM.
 */
GAIT_API int gait_design_error_terms(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                     const char *second, enum gait_metric metric, enum gait_design_foot foot,
                                     struct gait_stats_error_terms *ret_terms);

/**
 * The group's comparison of one metric by the plan's design.
 *
 * Returns  0 (also where people are too few: `why`); -EINVAL; -ENOMEM.
 */
GAIT_API int gait_design_group(const struct gait_design_data *data, const struct gait_design_plan *plan,
                               const char *timepoint, enum gait_metric metric, struct gait_design_group *ret_group);

/**
 * Holm over n group comparisons, their verdicts against the SWC, and sentences. A refusal among the findings of its timepoint or of all
 * makes the verdict `refused` and takes the numbers away.
 *
 * Shape    group[n], findings[findings_n].
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_design_group_judge(const struct gait_design_plan *plan, const struct gait_design_finding *finding,
                                     size_t findings, struct gait_design_group *group, size_t n);

/** "beyond_swc", "equivalent", "inconclusive", "refused", "none". */
GAIT_API const char *gait_design_group_verdict_name(enum gait_design_group_verdict verdict);

#endif
