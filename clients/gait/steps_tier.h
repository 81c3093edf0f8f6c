/*
 * What only a whole trial tells of its footfalls (docs/SESSION.md, session_tables): sides by their order, steps of somebody speeding up or
 * slowing down, prints too short for this foot; and the walking speed.
 */
#ifndef STEPS_TIER_H
#define STEPS_TIER_H

#include <gait/session_tier.h>

#include "recording.h"

struct steps_tier {
    struct gait_tier_row *row; /* [n_footfalls], or NULL where there are none */
    double speed_m_per_s;      /* over the mat; a field that the operator set goes before; NaN unknown */
};

/** Of the trial that the recording stands at. Owner: free(ret_tier->row), also after -ENOMEM. Returns 0; -ENOMEM. */
int steps_tier(const struct recording *recording, struct steps_tier *ret_tier);

/** Side, validity and flags as the whole trial tells them; what hung on another side is forgotten. */
void steps_tier_apply(struct gait_footfall *footfall, const struct gait_tier_row *row);

/* The feet of one crossing of the mat, among the footfalls of a trial. */
struct steps_crossing {
    size_t first, last, feet;
};

/** Of the crossing that row[first], a foot, begins. Shape: row[n]. */
struct steps_crossing steps_tier_crossing(const struct gait_tier_row *row, size_t n, size_t first);

#endif
