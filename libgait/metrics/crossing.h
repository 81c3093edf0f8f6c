/*
 * Which feet are of one crossing: a trial may hold several, there and back or round and round, and nothing is measured from one to the next.
 */
#ifndef METRICS_CROSSING_H
#define METRICS_CROSSING_H

#include <stdbool.h>
#include <stdint.h>

#include "gait/session_tier.h"
#include "gait/trial_state.h"

/**
 * True when the mat was empty of feet for so long that the next one begins another crossing. A belt goes on under whoever flies over a gap, and in single mode
 * each footfall stands for itself: then never.
 *
 * Unit     mat time: the latest toe-off of all feet so far, the next initial contact.
 */
static inline bool crossing_begins(const struct gait_trial_state *state, uint64_t latest_to_mat_ns, uint64_t ic_mat_ns)
{
    return state->parameters.mat_mode == GAIT_MAT_MULTI && state->parameters.surface != GAIT_TREADMILL &&
           ic_mat_ns > latest_to_mat_ns && ic_mat_ns - latest_to_mat_ns > GAIT_CROSSING_EMPTY_NS;
}

#endif
