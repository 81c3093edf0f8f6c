/*
 * Numbers that need a whole trial or a whole session: pure functions over finished footfalls, called by whoever closes the trial or session. Their results
 * make a second, versioned table; the step tier is never changed.
 */
#ifndef GAIT_SESSION_TIER_H
#define GAIT_SESSION_TIER_H

#include <gait/api.h>
#include <gait/footfall.h>
#include <gait/trial_state.h>

/* A mat that was empty of feet for longer was left: whoever lands then begins another crossing. Nobody flies so long, and a footfall that the mat did not see leaves it empty for some 0.4 s. */
#define GAIT_CROSSING_EMPTY_NS UINT64_C(1000000000)

/* What a gait class was told from: one step alone, or flight and double support of its crossing. */
enum gait_class_basis { GAIT_BASIS_SINGLE = 1, GAIT_BASIS_PASS = 2 };

/* One footfall's session-tier row. */
struct gait_tier_row {
    uint32_t id;
    uint8_t side;        /* enum gait_side: resolved with alternation; the operator's word wins */
    uint8_t gait_class;  /* enum gait_class */
    uint8_t class_basis; /* enum gait_class_basis */
    uint8_t valid;       /* after operator actions, acceleration and relative length */
    uint32_t flags;      /* the record's flags with side_check, accel, partial added */
    uint32_t crossing;   /* of the mat, from 1; 0: no foot */
    double side_confidence;
    double relative_length;          /* to the median of that side's full steps; NaN with none */
    double value[GAIT_METRIC_COUNT]; /* session-tier metrics; the others are copies of the step tier */
    uint8_t reason[GAIT_METRIC_COUNT];
};

/* Numbers of the trial as a whole: of its crossing, or over all of them. */
struct gait_tier_trial {
    enum gait_class gait_class;                                           /* where all crossings that say one agree */
    double speed_m_per_s, cadence_per_min, double_support_s, duty_factor; /* median of crossings; NaN not measurable */
    double progression_x, progression_y; /* mean of crossings; NaN with fewer than two footfalls, or there and back */
};

/**
 * What operators said of a footfall, also after it had left the mat; the last word counts. An action that the footfall heard while it was down changes nothing. When
 * the side becomes another one, numbers that need medial and lateral become NaN (side_unknown): they were measured as the other foot's.
 *
 * Shape    action[actions] of the footfall's trial.
 * Thread   any.
 */
GAIT_API void gait_footfall_correct(struct gait_footfall *footfall, const struct gait_action *action, uint32_t actions);

/**
 * Resolve one finished trial. It may hold several crossings of the mat (GAIT_CROSSING_EMPTY_NS), and each is resolved for itself; only relative_length is over all of them. On a treadmill and in single mode it is one.
 *
 * Shape    footfall[n] in order of first contact; action[actions] of that trial; ret_row[n].
 * Thread   any.
 * Returns  0; -EINVAL; -ENOMEM.
 * Source   metrics.md 2.3, 2.5 (i), 2.7, 2.8.
 */
GAIT_API int gait_session_tier(const struct gait_trial_state *state, const struct gait_footfall *const *footfall,
                               uint32_t n, const struct gait_action *action, uint32_t actions,
                               struct gait_tier_row *ret_row, struct gait_tier_trial *ret_trial);

/**
 * What a session knows of each foot after some trials: median toe-out and length of the valid full steps of each side. Feeds the next trial's state.
 *
 * Shape    footfall[n] of all trials so far.
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_session_axis_of(const struct gait_footfall *const *footfall, uint32_t n,
                                  struct gait_session_axis *ret_axis);

#endif
