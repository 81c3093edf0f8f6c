/*
 * Everything besides frames that the numbers of a trial depend on. It is written into the journal's `state` record before the
 * first frame; analysis = f(state, raw frames, times, actions), the same to the bit wherever and whenever it runs.
 */
#ifndef GAIT_TRIAL_STATE_H
#define GAIT_TRIAL_STATE_H

#include <gait/api.h>
#include <gait/calibration.h>
#include <gait/frame.h>
#include <gait/live.h>

enum gait_mat_mode { GAIT_MAT_MULTI = 1, GAIT_MAT_SINGLE = 2 };
enum gait_surface { GAIT_OVERGROUND = 1, GAIT_TREADMILL = 2 };
enum gait_approach {
    GAIT_APPROACH_UNKNOWN = 0,
    GAIT_APPROACH_MIDGAIT = 1,
    GAIT_APPROACH_TWO_STEP = 2,
    GAIT_APPROACH_THREE_STEP = 3
};

/* Protocol constants of the analysis (metrics.md names). Times are times, never frame counts. */
struct gait_parameters {
    double p_on_kPa;      /* 10; 0 means p > 0 */
    double p_off_kPa;     /* 0.5 * p_on */
    double event_force_N; /* 20: initial contact and toe-off */
    double cop_force_N;   /* 20 */
    double blob_gap_s;    /* 0.030 */
    double closing_gap_s; /* 0.100 */
    double min_force_N;   /* 50 */
    double min_force_BW;  /* 0.20 */
    double min_area_cm2;  /* 20 */
    uint32_t min_cells;   /* 10 */
    double standing_s;    /* 2.0 */
    enum gait_mat_mode mat_mode;
    enum gait_surface surface;
    enum gait_approach approach;
    double belt_speed_m_per_s; /* treadmill; NaN unknown */
};

/* The subject's numbers of that day; NaN where not measured. Index by enum gait_side - 1: left, right. */
struct gait_subject {
    double mass_kg;
    double stature_m;
    double foot_length_mm[2];
};

/* What earlier trials of the session know about each foot; NaN until they do. */
struct gait_session_axis {
    double toe_out_deg[2]; /* median angle between axis and progression, + external */
    double length_mm[2];   /* median length of full steps */
    uint32_t steps[2];
};

struct gait_trial_state {
    uint32_t algorithm_version;
    struct gait_geometry geometry;
    struct gait_calibration calibration;
    struct gait_parameters parameters;
    struct gait_subject subject;
    struct gait_session_axis session;
};

enum gait_action_kind {
    GAIT_ACTION_MARK = 1,      /* text at a frame */
    GAIT_ACTION_SET_SIDE = 2,  /* operator says which foot */
    GAIT_ACTION_INVALID = 3,   /* operator says the footfall does not count; text = why */
    GAIT_ACTION_NEXT_SIDE = 4, /* protocol says which foot is expected (single-footfall mats); footfall = 0 */
};

/* What an operator did, applied when the pipeline has worked frame `at_frame` (trial frames from 0), live and offline alike. */
struct gait_action {
    enum gait_action_kind kind;
    enum gait_side side;
    uint32_t footfall;
    uint64_t at_frame;
    uint64_t t_ns;
    char text[128];
};

/** Defaults of metrics.md. */
GAIT_API void gait_parameters_default(struct gait_parameters *ret_parameters);

/** Returns 0; -EINVAL a parameter is out of range or not finite. */
GAIT_API int gait_parameters_check(const struct gait_parameters *p);

/** Everything unknown: NaN. */
GAIT_API void gait_subject_unknown(struct gait_subject *ret_subject);
GAIT_API void gait_session_axis_unknown(struct gait_session_axis *ret_axis);

/** A state with default parameters, unknown subject and session, copies of geometry and calibration. Returns 0; -EINVAL; -ENOMEM. */
GAIT_API int gait_trial_state_init(struct gait_trial_state *ret_state, const struct gait_geometry *geometry,
                                   const struct gait_calibration *calibration);
GAIT_API int gait_trial_state_copy(const struct gait_trial_state *state, struct gait_trial_state *ret_copy);
GAIT_API void gait_trial_state_done(struct gait_trial_state *state);

#endif
