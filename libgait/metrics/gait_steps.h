/*
 * Step and stride numbers of a footfall from itself and the footfalls of its crossing before it (metrics.md 2.8): step tier, published with its record.
 */
#ifndef METRICS_GAIT_STEPS_H
#define METRICS_GAIT_STEPS_H

#include <stdbool.h>

#include "gait/footfall.h"
#include "gait/trial_state.h"

enum { GAIT_STEPS_KEPT = 2 };

/* What is remembered of an earlier footfall. */
struct gait_step_point {
    double heel_x_mm, heel_y_mm;
    double land_x_mm, land_y_mm; /* centre of pressure when it first carried the event force */
    uint64_t ic_mat_ns;
    uint8_t side;
    uint8_t reason;    /* enum gait_reason: why its heel cannot be used, or none */
    uint8_t ic_reason; /* enum gait_reason: why its initial contact cannot, or none */
    bool merged;       /* who knows how many feet it was */
};

struct gait_steps {
    uint32_t n;                                   /* footfalls so far in this crossing */
    uint64_t latest_to_mat_ns;                    /* latest toe-off of all footfalls of the trial */
    struct gait_step_point last[GAIT_STEPS_KEPT]; /* [0] the newest */
};

/** A trial begins. */
void gait_steps_reset(struct gait_steps *steps);

/** True when a foot that lands at this mat time begins another crossing: no footfall before it says anything of it. */
bool gait_steps_begins(const struct gait_steps *steps, const struct gait_trial_state *state, uint64_t ic_mat_ns);

/**
 * Direction of walking at a footfall that is about to be measured: from where the same foot landed before in this crossing, else along the walkway (y) the way
 * its centre of pressure went.
 *
 * Unit     ic: mat time of its first contact; land: CoP at landing; went: CoP from landing to the last, mm.
 * Returns  a unit vector; NaN when nothing tells.
 */
void gait_steps_progression(const struct gait_steps *steps, const struct gait_trial_state *state, uint64_t ic_mat_ns,
                            double land_x_mm, double land_y_mm, double went_x_mm, double went_y_mm, double *ret_x,
                            double *ret_y);

/** Set STEP_LENGTH to STRIDE_TIME of a measured record (NaN with a reason where they cannot be said) and remember it. */
void gait_steps_add(struct gait_steps *steps, const struct gait_trial_state *state, double land_x_mm, double land_y_mm,
                    struct gait_footfall *footfall);

#endif
