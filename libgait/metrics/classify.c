/* What kind of contact it was, and whether it counts as a full step (metrics.md 2.3, 2.7). */
#include "metrics/foot.h"

static const double STANDING_MM_PER_S = 50, RUNNING_S = 0.35, RUNNING_BW = 1.6, SLOW_S = 1.2, SHORTEST_S = 0.12;
static const double ROLLING_SHARE = 0.35, SPARSE_SHARE = 0.15;
static const double LANDED_FORE_N = 10, LANDED_SHARE = 0.5; /* of the largest force */

static double cop_travel(const struct gait_measure_scratch *m)
{
    double low = FAR, high = -FAR;

    for (uint32_t k = 1; k <= m->frames; k++) {
        if (isnan(m->cop_u[k]))
            continue;
        low = min2(low, m->cop_u[k]);
        high = max2(high, m->cop_u[k]);
    }
    return high - low;
}

static uint8_t class_of(const struct gait_measure_scratch *m)
{
    const struct gait_parameters *p = &m->contact->state->parameters;
    double stance = m->events.to - m->events.ic;

    if ((m->flags & GAIT_FOOTFALL_TRUNCATED) || (stance > p->standing_s && cop_travel(m) < STANDING_MM_PER_S * stance))
        return GAIT_CLASS_STANDING;
    if (!(stance < RUNNING_S))
        return GAIT_CLASS_WALKING;
    if (isnan(m->bw_N))
        return GAIT_CLASS_UNKNOWN; /* short, and nobody knows how heavy */
    return m->force_max_N > RUNNING_BW * m->bw_N ? GAIT_CLASS_RUNNING : GAIT_CLASS_WALKING;
}

/* A wheel's track: no moment has the size of its print. Of a foot's, foot flat has more than half. */
static bool rolls(const struct gait_measure_scratch *m)
{
    const struct gait_parameters *p = &m->contact->state->parameters;
    const bool smeared = p->surface == GAIT_TREADMILL && isnan(p->belt_speed_m_per_s);

    return !smeared && m->area_max_mm2 < ROLLING_SHARE * m->cells * m->area_mm2;
}

/* Specks here and there: they fill less of the rectangle around them than a foot does that stands on heel and ball alone, a quarter or more. */
static bool sparse(const struct gait_measure_scratch *m)
{
    return m->cells * m->area_mm2 < SPARSE_SHARE * m->length * m->width;
}

/*
 * Well down when the recording began: for how long, nobody knows. Mats that the landing triggers start loaded too, but on the heel, or with little: a
 * recorded one with 0.05, and at normal speed with up to 0.4 of the largest force.
 */
static bool began_before(const struct gait_measure_scratch *m)
{
    return (m->flags & GAIT_FOOTFALL_IC_EXTRAPOLATED) && m->fore_N[1] >= LANDED_FORE_N &&
           m->force[GAIT_REGION_FOOT][1] > LANDED_SHARE * m->force_max_N;
}

static void flag(struct gait_measure_scratch *m, bool when, enum gait_footfall_flag which)
{
    m->flags |= when ? (uint32_t)which : 0;
}

void foot_classify(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const uint32_t not_full = GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_TOE_DRAG |
                              GAIT_FOOTFALL_GAP | GAIT_FOOTFALL_CUT | GAIT_FOOTFALL_TOO_LIGHT |
                              GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT | GAIT_FOOTFALL_OPERATOR_INVALID |
                              GAIT_FOOTFALL_TRUNCATED | GAIT_FOOTFALL_ACCEL | GAIT_FOOTFALL_LOW_FS;
    const struct gait_parameters *p = &m->contact->state->parameters;
    double stance = m->events.to - m->events.ic, least = p->min_force_N, rate = 1 / m->dt_s;
    uint8_t expected = m->contact->expected_side;
    bool other_foot = expected != GAIT_SIDE_UNKNOWN && m->side != GAIT_SIDE_UNKNOWN && m->side != expected;

    if (m->bw_N > 0)
        least = max2(least, p->min_force_BW * m->bw_N);
    f->gait_class = class_of(m);
    flag(m, f->gait_class != GAIT_CLASS_STANDING && began_before(m),
         GAIT_FOOTFALL_CUT); /* who stands may stand already */
    flag(m, m->force_max_N < least, GAIT_FOOTFALL_TOO_LIGHT);
    flag(m, m->cells < p->min_cells || m->cells * m->area_mm2 * 1e-2 < p->min_area_cm2 || rolls(m) || sparse(m),
         GAIT_FOOTFALL_TOO_SMALL);
    flag(m, stance < SHORTEST_S || (stance < RUNNING_S && f->gait_class == GAIT_CLASS_WALKING),
         GAIT_FOOTFALL_TOO_SHORT);
    flag(m, stance > SLOW_S, GAIT_FOOTFALL_SLOW);
    flag(m, foot_low_fs(m->dt_s), GAIT_FOOTFALL_LOW_FS);
    flag(m, rate < 98, GAIT_FOOTFALL_COARSE_TIME);
    flag(m, rate < 98, GAIT_FOOTFALL_COARSE_PEAK);
    flag(m, m->place[m->peak_cell] && m->print[m->place[m->peak_cell] - 1].filled, GAIT_FOOTFALL_PEAK_INTERP);
    flag(m, m->no_toes, GAIT_FOOTFALL_NO_TOES);
    flag(m, m->toes_default, GAIT_FOOTFALL_TOES_DEFAULT);
    flag(m, other_foot, GAIT_FOOTFALL_SIDE_CHECK);
    f->flags = m->flags;
    f->valid = !(m->flags & not_full) && !other_foot && f->gait_class != GAIT_CLASS_STANDING;
}
