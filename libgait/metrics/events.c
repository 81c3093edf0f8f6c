/* When things happen within a stance: initial contact, forefoot contact, heel-off, toe-off (metrics.md 2.4). */
#include "metrics/foot.h"

static const double EVENT_HOLD_S = 0.020, FORE_N = 10, HEEL_OFF_N = 10, HEEL_OFF_SHARE = 0.05;

static bool holds(const struct gait_measure_scratch *m, uint32_t k, double level)
{
    const double *force = m->force[GAIT_REGION_FOOT];

    for (uint32_t j = k; j <= m->frames && m->t_s[j] <= m->t_s[k] + EVENT_HOLD_S + 1e-9; j++)
        if (force[j] < level)
            return false;
    return true;
}

void foot_contact_times(struct gait_measure_scratch *m)
{
    const double *force = m->force[GAIT_REGION_FOOT];
    double level = m->contact->state->parameters.event_force_N;
    uint32_t k = 1;

    while (k <= m->frames && !(force[k] >= level && holds(m, k, level)))
        k++;
    if (k > m->frames) { /* too light to have events: its first and last frame stand in */
        m->events.ic = m->t_s[1];
        m->events.to = m->t_s[m->frames];
        m->flags |= GAIT_FOOTFALL_TOO_LIGHT;
        return;
    }
    m->events.ic = level > 0 ? foot_crossing(m, force, k, level) : m->t_s[0];
    m->events.to = level > 0 ? foot_last_fall(m, force, level) : m->t_s[m->frames + 1];
    if (k == 1 && m->contact->first_frame == 0)
        m->flags |= GAIT_FOOTFALL_IC_EXTRAPOLATED;
}

static double strike_index(const struct gait_measure_scratch *m)
{
    for (uint32_t k = 1; k <= m->frames; k++)
        if (m->t_s[k] >= m->events.ic && !isnan(m->cop_u[k]))
            return m->cop_u[k] / m->length;
    return NO_VALUE;
}

/* First contact of any, and the time when all of the metatarsal regions have had theirs. */
static void metatarsals(struct gait_measure_scratch *m)
{
    double first = FAR, all = -FAR;

    for (int r = GAIT_REGION_M1; r <= GAIT_REGION_M5; r++) {
        uint32_t k = 1;

        while (k <= m->frames && !(m->peak[r][k] > 0))
            k++;
        first = min2(first, k <= m->frames ? m->t_s[k] : FAR);
        all = max2(all, k <= m->frames ? m->t_s[k] : FAR);
    }
    m->events.fmc = isfinite(first) ? max2(first, m->events.ic) : NO_VALUE;
    m->events.fff = isfinite(all) ? max2(all, m->events.ic) : NO_VALUE;
}

/* The last time that forefoot force overtakes heel force. */
static double crossover(const struct gait_measure_scratch *m)
{
    const double *heel = m->force[GAIT_REGION_HEEL31], *fore = m->fore_N;

    for (uint32_t k = m->frames; k-- > 1;) {
        double before = fore[k] - heel[k], after = fore[k + 1] - heel[k + 1];

        if (before < 0 && after >= 0)
            return m->t_s[k] + before / (before - after) * (m->t_s[k + 1] - m->t_s[k]);
    }
    return NO_VALUE;
}

void foot_events_find(struct gait_measure_scratch *m)
{
    struct foot_events *e = &m->events;
    const double *heel = m->force[GAIT_REGION_HEEL31];
    double heel_max = heel[foot_index_of_max(m, heel)];

    e->ffc = foot_first_rise(m, m->fore_N, FORE_N);
    if (e->ffc < e->ic)
        e->ffc = e->ic;
    e->ho = foot_last_fall(m, heel, max2(HEEL_OFF_N, HEEL_OFF_SHARE * heel_max));
    if (e->ho > e->to)
        e->ho = e->to;
    e->crossover = crossover(m);
    metatarsals(m);
    e->strike_index = strike_index(m);
    e->heel_strike = e->strike_index < 1.0 / 3.0;
    if (e->ffc - e->ic < 0.015 && m->dt_s <= 0.0075)
        e->heel_strike = false;
    if (!e->heel_strike)
        m->flags |= GAIT_FOOTFALL_NOT_HEEL_STRIKE;
}

void foot_event_values(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct foot_events *e = &m->events;

    foot_put(f, GAIT_METRIC_STANCE, e->to - e->ic, GAIT_REASON_TOO_SHORT);
    foot_put(f, GAIT_METRIC_FFC_TIME, e->ffc - e->ic, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FFC, foot_pct(m, e->ffc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FMC, foot_pct(m, e->fmc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FFF, foot_pct(m, e->fff), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HO_TIME, e->ho - e->ic, GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_HO, foot_pct(m, e->ho), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_HEEL_FLAT, e->ho - e->ffc, GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_PROPULSION, e->to - e->ho, GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_PHASE_ICP, foot_pct(m, e->fmc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_PHASE_FFCP, foot_pct(m, e->fff) - foot_pct(m, e->fmc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_PHASE_FFP, foot_pct(m, e->ho) - foot_pct(m, e->fff), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_PHASE_FFPOP, 100 - foot_pct(m, e->ho), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_CROSSOVER, foot_pct(m, e->crossover), GAIT_REASON_NO_CROSSING);
    foot_put(f, GAIT_METRIC_STRIKE_INDEX, e->strike_index, GAIT_REASON_NO_CONTACT);
}
