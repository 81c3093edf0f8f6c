/* Heel loading, masks heel31 and heel27 (metrics.md 4); forefoot and hallux beside it. */
#include "metrics/foot.h"

static const double CONTACT_N = 10, SLOPE_S = 0.050, PROMINENCE = 0.05;

static double pti_peak(const struct gait_measure_scratch *m, enum gait_region r)
{
    return foot_integral(m, m->peak[r]);
}

static double share_pct(const struct gait_measure_scratch *m, double impulse_Ns)
{
    return 100 * impulse_Ns / foot_integral(m, m->force[GAIT_REGION_FOOT]);
}

static double peak_of(const struct gait_measure_scratch *m, enum gait_region r)
{
    return m->peak[r][foot_index_of_max(m, m->peak[r])];
}

/* The heel's active cells in one frame: how many; their pressures in tmp. */
static uint32_t heel_cells(struct gait_measure_scratch *m, uint32_t k)
{
    const struct gait_contact *c = m->contact;
    uint32_t n = 0;

    for (uint32_t i = c->first[k - 1]; i < c->first[k]; i++)
        if (m->print[m->place[c->cell[i]] - 1].heel31)
            m->tmp[n++] = (double)c->p_kPa[i];
    return n;
}

static void cells_at_peak(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    uint32_t n = heel_cells(m, foot_index_of_max(m, m->peak[GAIT_REGION_HEEL31]));

    sort_doubles(m->tmp, n);
    foot_put(f, GAIT_METRIC_HEEL31_P95, quantile_sorted(m->tmp, n, 0.95), GAIT_REASON_NO_CONTACT);
    n = heel_cells(m, foot_index_of_max(m, m->force[GAIT_REGION_HEEL31]));
    foot_put(f, GAIT_METRIC_HEEL31_AREA_AT_PEAK, n * m->area_mm2 * 1e-2, GAIT_REASON_NO_CONTACT);
}

static void slope(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double rate = foot_at(m, m->force[GAIT_REGION_HEEL31], m->events.ic + SLOPE_S) / SLOPE_S;

    if (m->dt_s > 0.01 * 1.02)
        rate = NO_VALUE;
    foot_put(f, GAIT_METRIC_HEEL31_SLOPE50, rate, GAIT_REASON_LOW_FS);
    foot_put(f, GAIT_METRIC_HEEL31_SLOPE50_BW, rate / m->bw_N, isnan(rate) ? GAIT_REASON_LOW_FS : GAIT_REASON_NO_MASS);
}

/* First time after the padded start that the force reaches a level on its way to the peak. */
static double rise_to(const struct gait_measure_scratch *m, const double *y, uint32_t peak, double level)
{
    for (uint32_t k = 1; k <= peak; k++)
        if (y[k] >= level)
            return foot_crossing(m, y, k, level);
    return NO_VALUE;
}

double foot_rate_20_80(const struct gait_measure_scratch *m, const double *y, uint32_t peak)
{
    double t20 = rise_to(m, y, peak, 0.2 * y[peak]), t80 = rise_to(m, y, peak, 0.8 * y[peak]);
    int samples = 0;

    for (uint32_t k = 1; k <= peak; k++)
        samples += m->t_s[k] >= t20 && m->t_s[k] <= t80;
    return samples >= 5 ? 0.6 * y[peak] / (t80 - t20) : NO_VALUE;
}

double foot_rate_max(const struct gait_measure_scratch *m, const double *y, uint32_t peak)
{
    double best = -FAR;

    for (uint32_t k = 1; k <= peak && k <= m->frames; k++)
        best = max2(best, (y[k + 1] - y[k - 1]) / (m->t_s[k + 1] - m->t_s[k - 1]));
    return best;
}

static void loading(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *y = m->force[GAIT_REGION_HEEL31];
    double largest = y[foot_index_of_max(m, y)];
    uint32_t peak = foot_first_peak(m, y, PROMINENCE * largest);
    bool early = largest > 0 && foot_pct(m, m->t_s[peak]) < 50;
    bool fast = m->dt_s <= 0.005 * 1.02;
    enum gait_reason why = early ? GAIT_REASON_LOW_FS : GAIT_REASON_NO_PEAK;

    foot_put(f, GAIT_METRIC_HEEL31_RATE_20_80, early ? foot_rate_20_80(m, y, peak) : NO_VALUE, why);
    foot_put(f, GAIT_METRIC_HEEL31_RATE_MAX, early && fast ? foot_rate_max(m, y, peak) : NO_VALUE, why);
    foot_put(f, GAIT_METRIC_HEEL31_PEAK_TIME, early ? m->t_s[peak] - m->events.ic : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_HEEL31_PEAK_TIME_PCT, early ? foot_pct(m, m->t_s[peak]) : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_HEEL31_PEAK_KIND, !early ? NO_VALUE : y[peak] < largest ? 1 : 2, GAIT_REASON_NO_PEAK);
}

/* Impulses of the heel's cells beside the axis. */
static double medial_lateral(const struct gait_measure_scratch *m)
{
    double medial = 0, lateral = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        if (!m->print[i].heel31)
            continue;
        medial += m->print[i].v < 0 ? m->print[i].impulse_kPas : 0;
        lateral += m->print[i].v < 0 ? 0 : m->print[i].impulse_kPas;
    }
    return (medial - lateral) / (medial + lateral);
}

static void heel27(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *y = m->force[GAIT_REGION_HEEL27];
    double impulse = foot_integral(m, y);

    foot_put(f, GAIT_METRIC_HEEL27_PEAK, peak_of(m, GAIT_REGION_HEEL27), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL27_FORCE_MAX, y[foot_index_of_max(m, y)], GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL27_IMPULSE, impulse, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL27_SHARE, share_pct(m, impulse), GAIT_REASON_NO_CONTACT);
}

void foot_heel(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *y = m->force[GAIT_REGION_HEEL31];
    double largest = y[foot_index_of_max(m, y)], impulse = foot_integral(m, y), cells = 0;
    double contact = foot_time_above(m, y, CONTACT_N), stance = m->events.to - m->events.ic;

    for (uint32_t i = 0; i < m->cells; i++)
        cells += m->print[i].heel31;
    foot_put(f, GAIT_METRIC_HEEL31_PEAK, peak_of(m, GAIT_REGION_HEEL31), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_FORCE_MAX, largest, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_FORCE_MAX_BW, 100 * largest / m->bw_N, GAIT_REASON_NO_MASS);
    foot_put(f, GAIT_METRIC_HEEL31_IMPULSE, impulse, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_IMPULSE_BW, 100 * impulse / m->bw_N, GAIT_REASON_NO_MASS);
    foot_put(f, GAIT_METRIC_HEEL31_SHARE, share_pct(m, impulse), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_PTI_PEAK, pti_peak(m, GAIT_REGION_HEEL31), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_PTI_MEAN, impulse / (cells * m->area_mm2 * 1e-3), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_CONTACT_TIME, contact, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_CONTACT_TIME_PCT, 100 * contact / stance, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HEEL31_ML_INDEX, medial_lateral(m), GAIT_REASON_NO_CONTACT);
    cells_at_peak(m, f);
    slope(m, f);
    loading(m, f);
    heel27(m, f);
}

static double fore_peak(const struct gait_measure_scratch *m, double *ret_pti)
{
    double best = 0;

    *ret_pti = 0;
    for (uint32_t k = 1; k <= m->frames; k++) {
        best = max2(best, m->fore_kPa[k]);
        *ret_pti += m->weight_s[k] * m->fore_kPa[k];
    }
    return best;
}

void foot_forefoot(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double impulse = foot_integral(m, m->fore_N), pti, peak = fore_peak(m, &pti);
    double hallux = foot_integral(m, m->force[GAIT_REGION_HALLUX]), hallux_peak = peak_of(m, GAIT_REGION_HALLUX);
    double heel = foot_integral(m, m->force[GAIT_REGION_HEEL31]), heel_peak = peak_of(m, GAIT_REGION_HEEL31);
    bool toes = !m->no_toes;

    foot_put(f, GAIT_METRIC_FORE_IMPULSE, impulse, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FORE_SHARE, share_pct(m, impulse), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FORE_PEAK, peak, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FORE_PTI_PEAK, pti, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_HALLUX_IMPULSE, toes ? hallux : NO_VALUE, GAIT_REASON_NO_TOES);
    foot_put(f, GAIT_METRIC_HALLUX_PEAK, toes ? hallux_peak : NO_VALUE, GAIT_REASON_NO_TOES);
    foot_put(f, GAIT_METRIC_FORE_HEEL_IMPULSE, heel > 0 ? impulse / heel : NO_VALUE, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FORE_HEEL_PEAK, heel_peak > 0 ? peak / heel_peak : NO_VALUE, GAIT_REASON_NO_CONTACT);
}
