/*
 * What the files of the session tier share: the feet of a trial in the crossings that they make.
 */
#ifndef METRICS_TIER_H
#define METRICS_TIER_H

#include <math.h>
#include <stdbool.h>

#include "gait/session_tier.h"
#include "metrics/event_known.h"

/* A footfall among those that are feet, in order. */
struct step {
    const struct gait_footfall *f;
    struct gait_tier_row *row;
    struct event_known known;
};

/* One walk over the mat, and what is said of it alone. */
struct crossing {
    struct step *step;
    uint32_t n;
    struct gait_tier_trial t;
};

static inline bool heel_known(const struct gait_footfall *f)
{
    return isfinite(f->heel_x_mm) && isfinite(f->heel_y_mm) &&
           !(f->flags &
             (GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_CUT | GAIT_FOOTFALL_TRUNCATED));
}

/** Part the feet of a trial into crossings, of which nothing is known yet, and number their rows. Shape: ret_crossing[n]. Returns how many. */
uint32_t tier_part(const struct gait_trial_state *state, struct step *step, uint32_t n, struct crossing *ret_crossing);

/** Set progression_x and _y of a crossing: a unit vector, NaN with fewer than two heels. */
void tier_progression(const struct step *step, uint32_t n, struct gait_tier_trial *crossing);

/** Set side, side_confidence and SIDE_CHECK in the rows of a crossing whose progression is set. */
void tier_sides(const struct step *step, uint32_t n, const struct gait_tier_trial *crossing);

/** Numbers of the trial from those of its crossings. Shape: room[n]. */
void tier_sum_up(const struct crossing *crossing, uint32_t n, double *room, struct gait_tier_trial *ret_trial);

/** NaN of none; puts the values in order. */
double tier_median(double *value, uint32_t n);

#endif
