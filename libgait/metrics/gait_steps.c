#include "metrics/gait_steps.h"

#include <math.h>
#include <string.h>

#include "metrics/crossing.h"
#include "metrics/event_known.h"

#define STRIDE_MIN_MM 200.0 /* shorter, and the direction between two landings says nothing */

void gait_steps_reset(struct gait_steps *steps)
{
    memset(steps, 0, sizeof *steps);
}

bool gait_steps_begins(const struct gait_steps *steps, const struct gait_trial_state *state, uint64_t ic_mat_ns)
{
    return steps->n == 0 || crossing_begins(state, steps->latest_to_mat_ns, ic_mat_ns);
}

void gait_steps_progression(const struct gait_steps *steps, const struct gait_trial_state *state, uint64_t ic_mat_ns,
                            double land_x_mm, double land_y_mm, double went_x_mm, double went_y_mm, double *ret_x,
                            double *ret_y)
{
    double x = (double)NAN, y = (double)NAN;

    if (steps->n >= 2 && !gait_steps_begins(steps, state, ic_mat_ns) &&
        steps->last[1].reason != GAIT_REASON_MERGED_FEET) {
        x = land_x_mm - steps->last[1].land_x_mm;
        y = land_y_mm - steps->last[1].land_y_mm;
    }
    if (!(x * x + y * y >= STRIDE_MIN_MM * STRIDE_MIN_MM)) {
        x = 0;
        y = fabs(went_y_mm) > fabs(went_x_mm) ? went_y_mm : (double)NAN;
    }
    *ret_x = x / sqrt(x * x + y * y);
    *ret_y = y / sqrt(x * x + y * y);
}

static void set(struct gait_footfall *f, enum gait_metric metric, double value, enum gait_reason reason)
{
    f->value[metric] = reason == GAIT_REASON_NONE ? value : (double)NAN;
    f->reason[metric] = (uint8_t)(reason == GAIT_REASON_NONE && isnan(value) ? GAIT_REASON_DEGENERATE : reason);
}

/* Why lengths cannot be said from this footfall's heel. */
static enum gait_reason heel_reason(const struct gait_footfall *f)
{
    if (f->flags & GAIT_FOOTFALL_MERGED_FEET)
        return GAIT_REASON_MERGED_FEET;
    if (f->flags & GAIT_FOOTFALL_TRUNCATED)
        return GAIT_REASON_STANDING;
    if (f->flags & GAIT_FOOTFALL_PARTIAL)
        return GAIT_REASON_PARTIAL;
    if (f->flags & GAIT_FOOTFALL_CUT)
        return GAIT_REASON_CUT;
    return isfinite(f->heel_x_mm) && isfinite(f->heel_y_mm) ? GAIT_REASON_NONE : GAIT_REASON_DEGENERATE;
}

static enum gait_reason first_reason(enum gait_reason a, enum gait_reason b)
{
    return a != GAIT_REASON_NONE ? a : b;
}

/* Millimetres that the belt has taken a foot back between two contacts. */
static double belt_mm(const struct gait_trial_state *state, double s)
{
    return state->parameters.surface == GAIT_TREADMILL ? state->parameters.belt_speed_m_per_s * 1000 * s : 0;
}

static bool same_foot(uint8_t a, uint8_t b)
{
    return a == GAIT_SIDE_UNKNOWN || b == GAIT_SIDE_UNKNOWN || a == b;
}

static bool other_foot(uint8_t a, uint8_t b)
{
    return a == GAIT_SIDE_UNKNOWN || b == GAIT_SIDE_UNKNOWN || a != b;
}

static double seconds_between(uint64_t from_ns, uint64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) * 1e-9;
}

static enum gait_reason ic_reason(const struct gait_trial_state *state, const struct gait_footfall *f)
{
    return event_known(state, f, f->flags, f->progression_x, f->progression_y).ic;
}

/* Why the time between two initial contacts cannot be said; a length that a belt adds to rests on it too. */
static enum gait_reason timing_reason(const struct gait_trial_state *state, const struct gait_step_point *a,
                                      const struct gait_footfall *f)
{
    return first_reason(ic_reason(state, f), (enum gait_reason)a->ic_reason);
}

static enum gait_reason place_reason(const struct gait_trial_state *state, const struct gait_step_point *a,
                                     const struct gait_footfall *f)
{
    const bool belt = state->parameters.surface == GAIT_TREADMILL;
    const enum gait_reason heels = first_reason(heel_reason(f), (enum gait_reason)a->reason);

    if (heels == GAIT_REASON_NONE && belt && isnan(state->parameters.belt_speed_m_per_s))
        return GAIT_REASON_TREADMILL;
    return belt ? first_reason(heels, timing_reason(state, a, f)) : heels;
}

static void step_numbers(const struct gait_steps *steps, const struct gait_trial_state *state, enum gait_reason common,
                         struct gait_footfall *f)
{
    const struct gait_step_point *a = &steps->last[0];
    const double time_s = seconds_between(a->ic_mat_ns, f->ic_mat_ns);
    const double dx = f->heel_x_mm - a->heel_x_mm, dy = f->heel_y_mm - a->heel_y_mm;
    enum gait_reason order = common, place;

    if (order == GAIT_REASON_NONE && !other_foot(a->side, f->side))
        order = GAIT_REASON_SINGLE_FOOTFALL; /* a footfall between them was not on the mat */
    place = first_reason(order, place_reason(state, a, f));
    set(f, GAIT_METRIC_STEP_TIME, time_s, first_reason(order, timing_reason(state, a, f)));
    set(f, GAIT_METRIC_STEP_LENGTH, dx * f->progression_x + dy * f->progression_y + belt_mm(state, time_s), place);
    set(f, GAIT_METRIC_STEP_WIDTH, fabs(dy * f->progression_x - dx * f->progression_y), place);
}

/* With the footfall before the last: the stride, and the step width to the line that joins the same foot's heels. */
static void stride_numbers(const struct gait_steps *steps, const struct gait_trial_state *state,
                           enum gait_reason common, struct gait_footfall *f)
{
    const struct gait_step_point *a = &steps->last[1], *middle = &steps->last[0];
    const double time_s = seconds_between(a->ic_mat_ns, f->ic_mat_ns);
    const double dx = f->heel_x_mm - a->heel_x_mm, dy = f->heel_y_mm - a->heel_y_mm, length = sqrt(dx * dx + dy * dy);
    const bool belt = state->parameters.surface == GAIT_TREADMILL;
    enum gait_reason order = common, place;

    if (order == GAIT_REASON_NONE && !(same_foot(a->side, f->side) && other_foot(middle->side, f->side)))
        order = GAIT_REASON_SINGLE_FOOTFALL;
    if (order == GAIT_REASON_NONE && middle->merged)
        order = GAIT_REASON_MERGED_FEET;
    place = first_reason(order, place_reason(state, a, f));
    set(f, GAIT_METRIC_STRIDE_TIME, time_s, first_reason(order, timing_reason(state, a, f)));
    set(f, GAIT_METRIC_STRIDE_LENGTH, dx * f->progression_x + dy * f->progression_y + belt_mm(state, time_s), place);
    if (place == GAIT_REASON_NONE && middle->reason == GAIT_REASON_NONE && !belt && length >= STRIDE_MIN_MM)
        set(f, GAIT_METRIC_STEP_WIDTH,
            fabs((middle->heel_x_mm - a->heel_x_mm) * dy - (middle->heel_y_mm - a->heel_y_mm) * dx) / length,
            GAIT_REASON_NONE);
}

void gait_steps_add(struct gait_steps *steps, const struct gait_trial_state *state, double land_x_mm, double land_y_mm,
                    struct gait_footfall *footfall)
{
    const enum gait_reason single =
        state->parameters.mat_mode == GAIT_MAT_SINGLE ? GAIT_REASON_SINGLE_FOOTFALL : GAIT_REASON_NONE;

    if (gait_steps_begins(steps, state, footfall->ic_mat_ns))
        steps->n = 0;
    step_numbers(steps, state, first_reason(single, steps->n >= 1 ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL),
                 footfall);
    stride_numbers(steps, state, first_reason(single, steps->n >= 2 ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL),
                   footfall);
    steps->last[1] = steps->last[0];
    steps->last[0] = (struct gait_step_point){
        .heel_x_mm = footfall->heel_x_mm,
        .heel_y_mm = footfall->heel_y_mm,
        .land_x_mm = land_x_mm,
        .land_y_mm = land_y_mm,
        .ic_mat_ns = footfall->ic_mat_ns,
        .side = footfall->side,
        .reason = (uint8_t)heel_reason(footfall),
        .ic_reason = (uint8_t)ic_reason(state, footfall),
        .merged = footfall->flags & GAIT_FOOTFALL_MERGED_FEET,
    };
    steps->n++;
    if (steps->latest_to_mat_ns < footfall->to_mat_ns)
        steps->latest_to_mat_ns = footfall->to_mat_ns;
}
