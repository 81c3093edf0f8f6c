/*
 * Whether the first and last crossing of the event force are really a foot's landing and leaving: a foot that the mat's edge cut may have landed or left beside
 * the mat, unseen.
 */
#ifndef METRICS_EVENT_KNOWN_H
#define METRICS_EVENT_KNOWN_H

#include "gait/footfall.h"
#include "gait/trial_state.h"

struct event_known {
    enum gait_reason ic, to; /* why it is not known, or none */
};

/**
 * Cut behind, at the edge that the walker came from, the heel is missing: only toe-off is known. Cut ahead only initial contact is, of a heel strike. Cut at a
 * side, or who knows where: neither.
 *
 * Shape    flags: the footfall's, with what only the whole trial tells.
 * Unit     progression: unit vector of walking in the mat's frame, NaN unknown.
 */
struct event_known event_known(const struct gait_trial_state *state, const struct gait_footfall *footfall,
                               uint32_t flags, double progression_x, double progression_y);

#endif
