/* Spread of midfoot contact during foot flat, with a fixed denominator (metrics.md 5, dynamic arch). */
#include "metrics/foot.h"

static const double FLAT_S = 0.15, MEDIAN_S = 0.030;

struct mean {
    double sum;
    uint32_t n;
};

/* Mean of a series over the frames with z between a and b, z = 0 at forefoot contact, 1 at heel-off. */
static struct mean mean_over(const struct gait_measure_scratch *m, const double *y, double a, double b)
{
    const struct foot_events *e = &m->events;
    struct mean s = {0, 0};

    for (uint32_t k = 1; k <= m->frames; k++) {
        double z = (m->t_s[k] - e->ffc) / (e->ho - e->ffc);

        if (!(z >= a && z <= b))
            continue;
        s.sum += y[k];
        s.n++;
    }
    s.sum = s.n ? s.sum / s.n : NO_VALUE;
    return s;
}

/* Median of the contact area in a window centred on frame k: 30 ms, at least one frame each side. */
static double median_at(struct gait_measure_scratch *m, uint32_t k)
{
    uint32_t n = 0;

    for (uint32_t j = k; j >= 1 && (k - j <= 1 || m->t_s[k] - m->t_s[j] <= 0.5 * MEDIAN_S + 1e-9); j--)
        m->tmp[n++] = m->mid_mm2[j];
    for (uint32_t j = k + 1; j <= m->frames && (j - k <= 1 || m->t_s[j] - m->t_s[k] <= 0.5 * MEDIAN_S + 1e-9); j++)
        m->tmp[n++] = m->mid_mm2[j];
    sort_doubles(m->tmp, n);
    return quantile_sorted(m->tmp, n, 0.5);
}

static double largest_median(struct gait_measure_scratch *m)
{
    double best = -FAR;

    for (uint32_t k = 1; k <= m->frames; k++)
        if (m->t_s[k] >= m->events.ffc && m->t_s[k] <= m->events.ho)
            best = max2(best, median_at(m, k));
    return best;
}

void foot_arch_dynamic(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double area = m->third_mm2[0] + m->third_mm2[1] + m->third_mm2[2];
    struct mean all = mean_over(m, m->mid_mm2, 0, 1);
    struct mean early = mean_over(m, m->mid_mm2, 0.2, 0.4), late = mean_over(m, m->mid_mm2, 0.5, 0.8);
    struct mean force = mean_over(m, m->force[GAIT_REGION_THIRD_MID], 0, 1);
    bool flat = m->events.ho - m->events.ffc >= FLAT_S - 1e-9;
    enum gait_reason why = isnan(m->events.ho) || isnan(m->events.ffc) ? GAIT_REASON_NO_HEEL_OFF
                           : flat                                      ? GAIT_REASON_LOW_FS
                                                                       : GAIT_REASON_TOO_SHORT;
    bool ok = flat && all.n >= 5;

    foot_put(f, GAIT_METRIC_DAI_MEAN, ok ? all.sum / area : NO_VALUE, why);
    foot_put(f, GAIT_METRIC_DAI_PEAK, ok ? largest_median(m) / area : NO_VALUE, why);
    foot_put(f, GAIT_METRIC_DDAI, ok && early.n >= 3 && late.n >= 3 ? (late.sum - early.sum) / area : NO_VALUE, why);
    foot_put(f, GAIT_METRIC_DMF_MEAN, ok ? 100 * force.sum / m->bw_N : NO_VALUE, ok ? GAIT_REASON_NO_MASS : why);
    foot_put(f, GAIT_METRIC_MID_CONTACT_TIME, foot_time_above(m, m->mid_mm2, 1e-9), GAIT_REASON_NO_CONTACT);
}
