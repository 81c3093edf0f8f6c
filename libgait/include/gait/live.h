/*
 * What is known of feet that are still on the mat: provisional numbers for one frame, made with the axis and mask of
 * the trial's state (or the footfall so far), never stored as a result.
 */
#ifndef GAIT_LIVE_H
#define GAIT_LIVE_H

#include <stdint.h>

enum {
    GAIT_LIVE_FEET = 4, /* feet shown at once; more are counted in gait_frame_numbers.open_footfalls */
    GAIT_LIVE_REGIONS = 6,
};

enum gait_side {
    GAIT_SIDE_UNKNOWN = 0,
    GAIT_SIDE_LEFT = 1,
    GAIT_SIDE_RIGHT = 2,
};

enum gait_phase {
    GAIT_PHASE_NONE = 0,
    GAIT_PHASE_LANDING = 1,   /* initial contact to forefoot contact */
    GAIT_PHASE_FOOT_FLAT = 2, /* to heel-off */
    GAIT_PHASE_PUSH_OFF = 3,  /* to toe-off */
};

/* One open footfall. Every number is provisional; NaN when it cannot be said yet. */
struct gait_live_foot {
    uint32_t footfall; /* the number the final record will carry */
    uint8_t side;      /* enum gait_side, as far as known */
    uint8_t phase;     /* enum gait_phase */
    uint16_t reserved;
    double force_N;
    double heel_force_N;  /* u < 0.31 of the length so far or of the state's median */
    double mid_share_pct; /* middle third of the force now */
    double mid_spread;    /* contact area of the middle third over the footprint so far */
    double cop_x_mm, cop_y_mm;
    double time_s;                            /* since first contact */
    double region_force_N[GAIT_LIVE_REGIONS]; /* medial/lateral x heel 30 %, arch 30 %, forefoot 40 % */
};

struct gait_frame_live {
    uint32_t feet;
    struct gait_live_foot foot[GAIT_LIVE_FEET];
};

#endif
