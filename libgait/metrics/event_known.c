#include "metrics/event_known.h"

#include <math.h>
#include <stdbool.h>

#define ALONG 0.5 /* an edge lies behind or ahead when it is within 60 degrees of square to the way */

static struct event_known neither(enum gait_reason reason)
{
    return (struct event_known){reason, reason};
}

/* The print touches an edge whose outward normal goes so much along the way: 1 ahead, -1 behind. */
static void cut(bool touched, double along, struct event_known *known)
{
    if (touched && !(along > ALONG))
        known->ic = GAIT_REASON_PARTIAL;
    if (touched && !(along < -ALONG))
        known->to = GAIT_REASON_PARTIAL;
}

static struct event_known partial(const struct gait_trial_state *state, const struct gait_footfall *f, uint32_t flags,
                                  double px, double py)
{
    const struct gait_geometry *g = &state->geometry;
    const bool bottom = f->row0 == 0, top = f->row0 + f->rows >= g->rows;
    const bool left = f->col0 == 0, right = f->col0 + f->cols >= g->cols;
    struct event_known known = {GAIT_REASON_NONE, GAIT_REASON_NONE};

    /* On a belt rows are not where they touched the mat; away from the edges it is a part of a foot. */
    if (f->rows == 0 || f->cols == 0 || isnan(px + py) || state->parameters.surface == GAIT_TREADMILL ||
        !(bottom || top || left || right))
        return neither(GAIT_REASON_PARTIAL);
    cut(bottom, -py, &known);
    cut(top, py, &known);
    cut(left, -px, &known);
    cut(right, px, &known);
    if (flags & GAIT_FOOTFALL_NOT_HEEL_STRIKE) /* what landed first may be what is missing */
        known.ic = GAIT_REASON_PARTIAL;
    return known;
}

struct event_known event_known(const struct gait_trial_state *state, const struct gait_footfall *f, uint32_t flags,
                               double progression_x, double progression_y)
{
    struct event_known known = {GAIT_REASON_NONE, GAIT_REASON_NONE};

    if (flags & GAIT_FOOTFALL_MERGED_FEET)
        return neither(GAIT_REASON_MERGED_FEET);
    if (flags & GAIT_FOOTFALL_TRUNCATED)
        return neither(GAIT_REASON_STANDING);
    if (flags & GAIT_FOOTFALL_GAP)
        return neither(GAIT_REASON_GAP);
    if (flags & GAIT_FOOTFALL_PARTIAL)
        known = partial(state, f, flags, progression_x, progression_y);
    if (flags & GAIT_FOOTFALL_CUT)
        known.to = GAIT_REASON_CUT;
    return known;
}
