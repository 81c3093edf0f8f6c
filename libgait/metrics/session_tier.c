#include "gait/session_tier.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "metrics/foot.h"
#include "metrics/tier.h"

#define PARTIAL_LENGTH 0.85
#define ACCEL_SPEED    0.15 /* a step this far from the crossing's median speed */
#define FLIGHT_S       0.020

enum { ACCEL_FOOTFALLS = 4 };

static bool is_a_foot(const struct gait_footfall *f)
{
    return !(f->flags & (GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT));
}

static double between_s(uint64_t from_ns, uint64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) * 1e-9;
}

static void set(struct gait_tier_row *row, enum gait_metric m, double value, enum gait_reason otherwise)
{
    row->value[m] = value;
    row->reason[m] = (uint8_t)(isnan(value) ? otherwise : GAIT_REASON_NONE);
}

/* A number that cannot be had when there is a reason. */
static void set_unless(struct gait_tier_row *row, enum gait_metric m, double value, enum gait_reason reason)
{
    set(row, m, reason == GAIT_REASON_NONE ? value : (double)NAN,
        reason == GAIT_REASON_NONE ? GAIT_REASON_DEGENERATE : reason);
}

static enum gait_reason first_reason(enum gait_reason a, enum gait_reason b)
{
    return a != GAIT_REASON_NONE ? a : b;
}

static void begin_row(const struct gait_footfall *f, struct gait_tier_row *row)
{
    memset(row, 0, sizeof *row);
    row->id = f->id;
    row->side = f->side;
    row->gait_class = f->gait_class;
    row->class_basis = GAIT_BASIS_SINGLE;
    row->valid = f->valid;
    row->flags = f->flags;
    row->side_confidence = f->value[GAIT_METRIC_SIDE_CONFIDENCE];
    row->relative_length = (double)NAN;
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        row->value[m] = f->value[m];
        row->reason[m] = f->reason[m];
    }
    for (int m = GAIT_METRIC_DOUBLE_SUPPORT; m <= GAIT_METRIC_SPEED; m++)
        set(row, (enum gait_metric)m, (double)NAN, GAIT_REASON_SINGLE_FOOTFALL);
}

/* What operators said of footfalls that were closed already; the last word counts. */
static void hear(const struct gait_action *action, uint32_t actions, uint32_t id, uint8_t *side, uint8_t *valid,
                 uint32_t *flags)
{
    for (uint32_t k = 0; k < actions; k++) {
        if (action[k].footfall != id)
            continue;
        if (action[k].kind == GAIT_ACTION_SET_SIDE) {
            *side = (uint8_t)action[k].side;
            *flags |= GAIT_FOOTFALL_SIDE_OVERRIDE;
        } else if (action[k].kind == GAIT_ACTION_INVALID) {
            *flags |= GAIT_FOOTFALL_OPERATOR_INVALID;
            *valid = 0;
        }
    }
}

void gait_footfall_correct(struct gait_footfall *f, const struct gait_action *action, uint32_t actions)
{
    const uint8_t side = f->side;

    hear(action, actions, f->id, &f->side, &f->valid, &f->flags);
    if (f->side != side)
        foot_forget_side(f);
}

/* No footfall was missed between a step and the next. */
static bool follows(const struct step *a, const struct step *b)
{
    return !a->row->side || !b->row->side || a->row->side != b->row->side;
}

static void know_events(const struct gait_trial_state *state, struct step *s, uint32_t n,
                        const struct gait_tier_trial *t)
{
    for (uint32_t k = 0; k < n; k++) {
        const struct gait_footfall *f = s[k].f;
        const bool pass = isfinite(t->progression_x);

        s[k].known = event_known(state, f, s[k].row->flags, pass ? t->progression_x : f->progression_x,
                                 pass ? t->progression_y : f->progression_y);
    }
}

static bool is_merged(const struct step *s)
{
    return s->row->flags & GAIT_FOOTFALL_MERGED_FEET;
}

/* Why the time from a landing to that of the same foot's next step, or to any later one, cannot be said. */
static enum gait_reason between_landings(const struct step *a, const struct step *b)
{
    for (const struct step *s = a + 1; s < b; s++)
        if (is_merged(s))
            return GAIT_REASON_MERGED_FEET; /* who knows how many feet it was */
    return first_reason(a->known.ic, b->known.ic);
}

static double overlap_s(const struct gait_footfall *a, const struct gait_footfall *b)
{
    const double s = between_s(b->ic_mat_ns, a->to_mat_ns);

    return s > 0 ? s : 0;
}

static void double_support(const struct step *s)
{
    const enum gait_reason before = first_reason(s[-1].known.to, s[0].known.ic),
                           after = first_reason(s[0].known.to, s[1].known.ic);

    set_unless(s->row, GAIT_METRIC_DOUBLE_SUPPORT, overlap_s(s[-1].f, s[0].f) + overlap_s(s[0].f, s[1].f),
               first_reason(before, after));
}

/* With the same foot's next step. */
static void stance_and_swing(const struct step *s)
{
    const struct gait_footfall *f = s[0].f, *next = s[2].f;
    const double stance_s = between_s(f->ic_mat_ns, f->to_mat_ns);
    const enum gait_reason why = first_reason(between_landings(&s[0], &s[2]), s[0].known.to);
    const enum gait_reason swing = first_reason(s[0].known.to, s[2].known.ic);

    set_unless(s->row, GAIT_METRIC_DUTY_FACTOR, stance_s / between_s(f->ic_mat_ns, next->ic_mat_ns), why);
    set_unless(s->row, GAIT_METRIC_SWING, between_s(f->to_mat_ns, next->ic_mat_ns),
               is_merged(&s[1]) ? GAIT_REASON_MERGED_FEET : swing);
}

static void temporal(const struct step *s, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        const bool before = k > 0 && follows(&s[k - 1], &s[k]), after = k + 1 < n && follows(&s[k], &s[k + 1]);

        if (before && after)
            double_support(&s[k]);
        if (after && k + 2 < n && follows(&s[k + 1], &s[k + 2]))
            stance_and_swing(&s[k]);
    }
}

static double belt_mm(const struct gait_trial_state *state, double s)
{
    return state->parameters.surface == GAIT_TREADMILL ? state->parameters.belt_speed_m_per_s * 1000 * s : 0;
}

/* Steps a minute from the first to the last landing that is known. Returns why not, or NONE. */
static enum gait_reason cadence(const struct step *s, uint32_t n, double *ret_per_min)
{
    uint32_t first = 0, last = n;
    enum gait_reason why;
    double time_s;

    while (first < n && s[first].known.ic != GAIT_REASON_NONE)
        first++;
    while (last > first && s[last - 1].known.ic != GAIT_REASON_NONE)
        last--;
    if (n < 2)
        return GAIT_REASON_SINGLE_FOOTFALL;
    if (last < first + 2)
        return s[0].known.ic != GAIT_REASON_NONE ? s[0].known.ic : s[n - 1].known.ic;
    why = between_landings(&s[first], &s[last - 1]);
    for (uint32_t k = first + 1; k < last; k++)
        why = follows(&s[k - 1], &s[k]) ? why : GAIT_REASON_SINGLE_FOOTFALL;
    time_s = between_s(s[first].f->ic_mat_ns, s[last - 1].f->ic_mat_ns);
    if (why == GAIT_REASON_NONE && time_s > 0)
        *ret_per_min = 60.0 * (last - 1 - first) / time_s;
    return why;
}

/* Why a heel cannot be used for the speed, or NONE. */
static enum gait_reason no_heel(const struct step *s)
{
    if (s->known.ic != GAIT_REASON_NONE || heel_known(s->f))
        return s->known.ic;
    if (s->f->flags & GAIT_FOOTFALL_PARTIAL)
        return GAIT_REASON_PARTIAL;
    return s->f->flags & GAIT_FOOTFALL_CUT ? GAIT_REASON_CUT : GAIT_REASON_DEGENERATE;
}

/* Speed from the first to the last heel that can be used. Returns why not, or NONE. */
static enum gait_reason speed(const struct gait_trial_state *state, const struct step *s, uint32_t n,
                              struct gait_tier_trial *t)
{
    uint32_t first = 0, last = n;
    const struct gait_footfall *a, *b;
    double time_s, mm;

    if (state->parameters.surface == GAIT_TREADMILL && isnan(state->parameters.belt_speed_m_per_s))
        return GAIT_REASON_TREADMILL;
    while (first < n && no_heel(&s[first]) != GAIT_REASON_NONE)
        first++;
    while (last > first && no_heel(&s[last - 1]) != GAIT_REASON_NONE)
        last--;
    if (n < 2)
        return GAIT_REASON_SINGLE_FOOTFALL;
    if (last < first + 2)
        return first_reason(no_heel(&s[0]), no_heel(&s[n - 1]));
    a = s[first].f;
    b = s[last - 1].f;
    time_s = between_s(a->ic_mat_ns, b->ic_mat_ns);
    mm = (b->heel_x_mm - a->heel_x_mm) * t->progression_x + (b->heel_y_mm - a->heel_y_mm) * t->progression_y;
    t->speed_m_per_s = time_s > 0 ? (mm + belt_mm(state, time_s)) / 1000 / time_s : (double)NAN;
    return isnan(t->speed_m_per_s) ? GAIT_REASON_DEGENERATE : GAIT_REASON_NONE;
}

/* Median of what a metric reads in the rows; NaN ones are passed over. Long trials: the first MEDIAN_MAX. */
enum { MEDIAN_MAX = 256 };

static double median_of(const struct step *s, uint32_t n, enum gait_metric m)
{
    double v[MEDIAN_MAX];
    uint32_t used = 0;

    for (uint32_t k = 0; k < n && used < MEDIAN_MAX; k++)
        if (!isnan(s[k].row->value[m]))
            v[used++] = s[k].row->value[m];
    return tier_median(v, used);
}

/* A crossing is running when its feet are both off the mat between two footfalls or less than half the time down, walking when they overlap. */
static enum gait_class class_of(const struct step *s, uint32_t n, const struct gait_tier_trial *t)
{
    uint32_t flights = 0, overlaps = 0, steps = 0;

    for (uint32_t k = 1; k < n; k++) {
        const double gap_s = between_s(s[k - 1].f->to_mat_ns, s[k].f->ic_mat_ns);

        if (!follows(&s[k - 1], &s[k]) || s[k - 1].known.to != GAIT_REASON_NONE || s[k].known.ic != GAIT_REASON_NONE)
            continue;
        steps++;
        flights += gap_s >= FLIGHT_S;
        overlaps += gap_s < 0;
    }
    if (steps == 0)
        return GAIT_CLASS_UNKNOWN;
    if (t->duty_factor < 0.5 || 2 * flights > steps)
        return GAIT_CLASS_RUNNING;
    return overlaps ? GAIT_CLASS_WALKING : GAIT_CLASS_UNKNOWN;
}

static double step_speed(const struct gait_tier_row *row)
{
    return row->value[GAIT_METRIC_STEP_LENGTH] / row->value[GAIT_METRIC_STEP_TIME] / 1000;
}

/* Crossings of four footfalls or more: steps far from the crossing's median speed are of somebody speeding up or slowing down. */
static void flag_acceleration(const struct gait_trial_state *state, const struct step *s, uint32_t n)
{
    double v[MEDIAN_MAX], usual;
    uint32_t used = 0;

    if (state->parameters.mat_mode != GAIT_MAT_MULTI || n < ACCEL_FOOTFALLS)
        return;
    for (uint32_t k = 0; k < n && used < MEDIAN_MAX; k++)
        if (!isnan(step_speed(s[k].row)))
            v[used++] = step_speed(s[k].row);
    usual = tier_median(v, used);
    for (uint32_t k = 0; k < n; k++) {
        if (fabs(step_speed(s[k].row) - usual) > ACCEL_SPEED * usual) {
            s[k].row->flags |= GAIT_FOOTFALL_ACCEL;
            s[k].row->valid = 0;
        }
    }
}

/* Full steps of a side give its length; what is much shorter left the mat. */
static void relative_length(const struct gait_trial_state *state, const struct step *s, uint32_t n)
{
    for (uint8_t side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        double v[MEDIAN_MAX], usual = state->session.length_mm[side - 1];
        uint32_t used = 0;

        for (uint32_t k = 0; k < n && used < MEDIAN_MAX; k++)
            if (s[k].row->side == side && s[k].row->valid && !isnan(s[k].f->value[GAIT_METRIC_LENGTH]))
                v[used++] = s[k].f->value[GAIT_METRIC_LENGTH];
        if (isnan(usual))
            usual = tier_median(v, used);
        for (uint32_t k = 0; k < n; k++) {
            if (s[k].row->side != side)
                continue;
            s[k].row->relative_length = s[k].f->value[GAIT_METRIC_LENGTH] / usual;
            if (s[k].row->relative_length < PARTIAL_LENGTH) {
                s[k].row->flags |= GAIT_FOOTFALL_PARTIAL;
                s[k].row->valid = 0;
            }
        }
    }
}

/* Sides and lengths are known by now. */
static void resolve(const struct gait_trial_state *state, struct step *s, uint32_t n, struct gait_tier_trial *t)
{
    enum gait_reason no_cadence, no_speed;

    know_events(state, s, n, t);
    temporal(s, n);
    no_cadence = cadence(s, n, &t->cadence_per_min);
    no_speed = speed(state, s, n, t);
    t->double_support_s = median_of(s, n, GAIT_METRIC_DOUBLE_SUPPORT);
    t->duty_factor = median_of(s, n, GAIT_METRIC_DUTY_FACTOR);
    t->gait_class = class_of(s, n, t);
    flag_acceleration(state, s, n);
    for (uint32_t k = 0; k < n; k++) {
        set_unless(s[k].row, GAIT_METRIC_CADENCE, t->cadence_per_min, no_cadence);
        set_unless(s[k].row, GAIT_METRIC_SPEED, t->speed_m_per_s, no_speed);
        if (t->gait_class == GAIT_CLASS_UNKNOWN)
            continue;
        s[k].row->gait_class = (uint8_t)t->gait_class;
        s[k].row->class_basis = GAIT_BASIS_PASS;
    }
}

static void all_crossings(const struct gait_trial_state *state, struct step *step, uint32_t steps, struct crossing *c,
                          uint32_t n)
{
    const bool multi = state->parameters.mat_mode == GAIT_MAT_MULTI;

    for (uint32_t k = 0; k < n; k++) {
        tier_progression(c[k].step, c[k].n, &c[k].t);
        if (multi)
            tier_sides(c[k].step, c[k].n, &c[k].t);
    }
    if (multi)
        relative_length(state, step, steps);
    for (uint32_t k = 0; multi && k < n; k++)
        resolve(state, c[k].step, c[k].n, &c[k].t);
}

int gait_session_tier(const struct gait_trial_state *state, const struct gait_footfall *const *footfall, uint32_t n,
                      const struct gait_action *action, uint32_t actions, struct gait_tier_row *ret_row,
                      struct gait_tier_trial *ret_trial)
{
    _cleanup_free_ struct step *step = NULL;
    _cleanup_free_ struct crossing *crossing = NULL;
    _cleanup_free_ double *room = NULL;
    uint32_t steps = 0, crossings;

    if (!state || (n && (!footfall || !ret_row)) || (actions && !action) || !ret_trial)
        return -EINVAL;
    step = calloc((size_t)n + 1, sizeof *step);
    crossing = calloc((size_t)n + 1, sizeof *crossing);
    room = calloc((size_t)n + 1, sizeof *room);
    if (!step || !crossing || !room)
        return -ENOMEM;
    for (uint32_t k = 0; k < n; k++) {
        begin_row(footfall[k], &ret_row[k]);
        hear(action, actions, ret_row[k].id, &ret_row[k].side, &ret_row[k].valid, &ret_row[k].flags);
        if (is_a_foot(footfall[k]))
            step[steps++] = (struct step){.f = footfall[k], .row = &ret_row[k]};
    }
    crossings = tier_part(state, step, steps, crossing);
    all_crossings(state, step, steps, crossing, crossings);
    tier_sum_up(crossing, crossings, room, ret_trial);
    return 0;
}

int gait_session_axis_of(const struct gait_footfall *const *footfall, uint32_t n, struct gait_session_axis *ret_axis)
{
    _cleanup_free_ double *angle = NULL, *length = NULL;

    if (n && !footfall)
        return -EINVAL;
    angle = malloc(((size_t)n + 1) * sizeof *angle);
    length = malloc(((size_t)n + 1) * sizeof *length);
    if (!angle || !length)
        return -ENOMEM;
    gait_session_axis_unknown(ret_axis);
    for (uint8_t side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        uint32_t angles = 0, lengths = 0;

        for (uint32_t k = 0; k < n; k++) {
            if (footfall[k]->side != side || !footfall[k]->valid)
                continue;
            if (!isnan(footfall[k]->value[GAIT_METRIC_PROGRESSION_ANGLE]))
                angle[angles++] = footfall[k]->value[GAIT_METRIC_PROGRESSION_ANGLE];
            if (!isnan(footfall[k]->value[GAIT_METRIC_LENGTH]))
                length[lengths++] = footfall[k]->value[GAIT_METRIC_LENGTH];
        }
        ret_axis->toe_out_deg[side - 1] = tier_median(angle, angles);
        ret_axis->length_mm[side - 1] = tier_median(length, lengths);
        ret_axis->steps[side - 1] = lengths;
    }
    return 0;
}
