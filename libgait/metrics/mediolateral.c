/* Medial against lateral: + is medial (metrics.md 5). */
#include "metrics/foot.h"

static double fore_minus(const struct gait_measure_scratch *m, uint32_t k)
{
    return m->force[GAIT_REGION_M1][k] + m->force[GAIT_REGION_M2][k] - m->force[GAIT_REGION_M4][k] -
           m->force[GAIT_REGION_M5][k];
}

static double fore_all(const struct gait_measure_scratch *m, uint32_t k)
{
    double sum = 0;

    for (int r = GAIT_REGION_M1; r <= GAIT_REGION_M5; r++)
        sum += m->force[r][k];
    return sum;
}

/* The ratio of the whole foot at one instant. */
static double ratio_at(const struct gait_measure_scratch *m, double t_s)
{
    static const int plus[] = {GAIT_REGION_MH, GAIT_REGION_M1, GAIT_REGION_M2};
    static const int minus[] = {GAIT_REGION_LH, GAIT_REGION_M4, GAIT_REGION_M5};
    double force = foot_at(m, m->force[GAIT_REGION_FOOT], t_s), sum = 0;

    for (int i = 0; i < 3; i++)
        sum += foot_at(m, m->force[plus[i]], t_s) - foot_at(m, m->force[minus[i]], t_s);
    return force > 0 ? 100 * sum / force : NO_VALUE;
}

/* The ratio of the whole foot over a phase: of the impulses between two times. */
static double ratio_over(const struct gait_measure_scratch *m, double from_s, double to_s)
{
    double minus = 0, all = 0;

    for (uint32_t k = 1; k <= m->frames; k++) {
        double heel = m->force[GAIT_REGION_MH][k] - m->force[GAIT_REGION_LH][k];

        if (!(m->t_s[k] >= from_s && m->t_s[k] <= to_s))
            continue;
        minus += m->weight_s[k] * (heel + fore_minus(m, k));
        all += m->weight_s[k] * m->force[GAIT_REGION_FOOT][k];
    }
    return all > 0 ? 100 * minus / all : NO_VALUE;
}

/* Forefoot ratio over a part of stance, frames weighted by forefoot force, so that the first light contact does not rule it. */
static double fore_ratio(const struct gait_measure_scratch *m, double from_pct, double to_pct)
{
    double minus = 0, all = 0;

    for (uint32_t k = 1; k <= m->frames; k++) {
        double at = foot_pct(m, m->t_s[k]);

        if (at < from_pct || at > to_pct)
            continue;
        minus += m->weight_s[k] * fore_minus(m, k);
        all += m->weight_s[k] * fore_all(m, k);
    }
    return all > 0 ? 100 * minus / all : NO_VALUE;
}

static double pronation_index(const struct gait_measure_scratch *m)
{
    double medial = 0, lateral = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        medial += m->print[i].v < 0 ? m->print[i].impulse_kPas : 0;
        lateral += m->print[i].v < 0 ? 0 : m->print[i].impulse_kPas;
    }
    return (medial - lateral) / (medial + lateral);
}

void foot_mediolateral(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct foot_events *e = &m->events;

    foot_put(f, GAIT_METRIC_LMFI_FMC, ratio_at(m, e->fmc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FFF, ratio_at(m, e->fff), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_HO, ratio_at(m, e->ho), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_LMFI_TO, ratio_at(m, e->to - 0.05 * (e->to - e->ic)), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FORE_10_30, fore_ratio(m, 10, 30), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FORE_30_60, fore_ratio(m, 30, 60), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FORE_60_95, fore_ratio(m, 60, 95), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_ICP, ratio_over(m, e->ic, e->fmc), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FFCP, ratio_over(m, e->fmc, e->fff), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LMFI_FFP, ratio_over(m, e->fff, e->ho), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_LMFI_FFPOP, ratio_over(m, e->ho, e->to), GAIT_REASON_NO_HEEL_OFF);
    foot_put(f, GAIT_METRIC_PRONATION_INDEX, pronation_index(m), GAIT_REASON_NO_CONTACT);
}
