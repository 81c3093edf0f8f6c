/* Numbers of the whole foot, and the peaks of its force curve. */
#include "metrics/foot.h"

static const double PROMINENCE = 0.05;

void foot_totals(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double impulse = foot_integral(m, m->force[GAIT_REGION_FOOT]);
    double across = cross2(m->axis, m->progression); /* + when the axis points right of progression */
    double along = dot2(m->axis, m->progression);
    double out = m->side == GAIT_SIDE_LEFT ? -across : across;

    foot_put(f, GAIT_METRIC_FORCE_MAX, m->force_max_N, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FORCE_MAX_BW, 100 * m->force_max_N / m->bw_N, GAIT_REASON_NO_MASS);
    foot_put(f, GAIT_METRIC_IMPULSE, impulse, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_IMPULSE_BW, 100 * impulse / m->bw_N, GAIT_REASON_NO_MASS);
    foot_put(f, GAIT_METRIC_PEAK, m->peak_kPa, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_CONTACT_AREA_MAX, m->area_max_mm2 * 1e-2, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_FOOTPRINT_AREA, m->cells * m->area_mm2 * 1e-2, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_LENGTH, m->length, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_TOELESS_LENGTH, m->toeless, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_WIDTH, m->width, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_SIDE_CONFIDENCE, m->side_confidence, GAIT_REASON_SIDE_UNKNOWN);
    foot_put(f, GAIT_METRIC_AXIS, atan2(m->axis.x, m->axis.y) * (180 / M_PI), GAIT_REASON_DEGENERATE);
    foot_put(f, GAIT_METRIC_PROGRESSION_ANGLE, atan2(out, along) * (180 / M_PI), GAIT_REASON_DEGENERATE);
    if (m->side == GAIT_SIDE_UNKNOWN)
        foot_put(f, GAIT_METRIC_PROGRESSION_ANGLE, NO_VALUE, GAIT_REASON_SIDE_UNKNOWN);
}

/* From 80 % to 20 % of the last peak on the way to toe-off: rate of unloading; at least 5 samples. */
static void push_off(const struct gait_measure_scratch *m, uint32_t peak, struct gait_footfall *f)
{
    const double *force = m->force[GAIT_REGION_FOOT];
    double t80, t20;
    int samples = 0;
    uint32_t k = peak;

    while (k <= m->frames && force[k] >= 0.8 * force[peak])
        k++;
    t80 = foot_crossing(m, force, k, 0.8 * force[peak]);
    t20 = foot_last_fall(m, force, 0.2 * force[peak]);
    for (k = peak; k <= m->frames; k++)
        samples += m->t_s[k] >= t80 && m->t_s[k] <= t20;
    foot_put(f, GAIT_METRIC_PUSH_OFF_RATE, samples >= 5 ? 0.6 * force[peak] / (t20 - t80) : NO_VALUE,
             GAIT_REASON_LOW_FS);
}

/* The highest prominent peak of the first half, and the last of all; padded indices, 0 for none. */
struct humps {
    uint32_t first, last;
};

static void keep_peak(const struct gait_measure_scratch *m, uint32_t peak, struct humps *h)
{
    const double *force = m->force[GAIT_REGION_FOOT];

    if (foot_pct(m, m->t_s[peak]) < 50 && (!h->first || force[peak] > force[h->first]))
        h->first = peak;
    h->last = peak;
}

/* Walks the curve up and down: a peak counts when the force has fallen by `drop` behind it and had risen by as much before. */
static struct humps find_humps(const struct gait_measure_scratch *m, double drop)
{
    const double *force = m->force[GAIT_REGION_FOOT];
    uint32_t high = 0, low = 0;
    bool rising = true;
    struct humps h = {0, 0};

    for (uint32_t k = 1; k <= m->frames + 1; k++) {
        if (rising && force[k] >= force[high])
            high = k;
        if (!rising && force[k] <= force[low])
            low = k;
        if (rising && force[high] - force[k] >= drop) {
            keep_peak(m, high, &h);
            rising = false;
            low = k;
        } else if (!rising && force[k] - force[low] >= drop) {
            rising = true;
            high = k;
        }
    }
    return h;
}

void foot_force_peaks(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *force = m->force[GAIT_REGION_FOOT];
    struct humps h = find_humps(m, PROMINENCE * m->force_max_N);
    bool early = h.first != 0, late = h.last != h.first, both = early && late;
    uint32_t low = h.first;

    for (uint32_t k = h.first; k <= h.last; k++)
        if (force[k] < force[low])
            low = k;
    foot_put(f, GAIT_METRIC_F1, early ? force[h.first] : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_F1_TIME, early ? foot_pct(m, m->t_s[h.first]) : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_TROUGH, both ? force[low] : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_TROUGH_TIME, both ? foot_pct(m, m->t_s[low]) : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_F2, late ? force[h.last] : NO_VALUE, GAIT_REASON_NO_PEAK);
    foot_put(f, GAIT_METRIC_F2_TIME, late ? foot_pct(m, m->t_s[h.last]) : NO_VALUE, GAIT_REASON_NO_PEAK);
    push_off(m, h.last ? h.last : foot_index_of_max(m, force), f);
}
