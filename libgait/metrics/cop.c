/* How the centre of pressure travels: velocity along the foot, range across it; its path and the 101-point curves. */
#include "metrics/foot.h"

/* Mean of three frames where all three have a centre of pressure, else the frame's own. */
static double smooth(const struct gait_measure_scratch *m, const double *y, uint32_t k)
{
    double mean = k > 1 && k < m->frames ? (y[k - 1] + y[k] + y[k + 1]) / 3 : NO_VALUE;

    return isnan(mean) ? y[k] : mean;
}

/* Velocity along the foot at a frame; NaN in the first and last 5 % of stance, where small forces make it noise. */
static double velocity_at(const struct gait_measure_scratch *m, uint32_t k)
{
    double at = foot_pct(m, m->t_s[k]);

    if (k < 2 || k >= m->frames || !(at >= 5 && at <= 95) || isnan(m->cop_u[k]))
        return NO_VALUE;
    return (smooth(m, m->cop_u, k + 1) - smooth(m, m->cop_u, k - 1)) / (m->t_s[k + 1] - m->t_s[k - 1]);
}

static void put_velocity(const struct gait_measure_scratch *m, struct gait_footfall *f, double from_s, double to_s,
                         enum gait_metric mean)
{
    double sum = 0, n = 0, fastest = -FAR;

    for (uint32_t k = 2; k < m->frames; k++) {
        double velocity = m->t_s[k] >= from_s && m->t_s[k] <= to_s ? velocity_at(m, k) : NO_VALUE;

        if (isnan(velocity))
            continue;
        sum += velocity;
        n++;
        fastest = max2(fastest, velocity);
    }
    foot_put(f, mean, n > 0 ? sum / n : NO_VALUE, GAIT_REASON_TOO_SHORT);
    foot_put(f, mean + 1, n > 0 ? fastest : NO_VALUE, GAIT_REASON_TOO_SHORT); /* the largest stands behind the mean */
}

static double range_across(const struct gait_measure_scratch *m)
{
    double low = FAR, high = -FAR;

    for (uint32_t k = 2; k < m->frames; k++) {
        double at = foot_pct(m, m->t_s[k]);

        if (!(at >= 5 && at <= 95) || isnan(m->cop_u[k]))
            continue;
        low = min2(low, m->cop_v[k]);
        high = max2(high, m->cop_v[k]);
    }
    return high >= low ? high - low : NO_VALUE;
}

void foot_cop_values(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct foot_events *e = &m->events;

    put_velocity(m, f, e->ic, e->to, GAIT_METRIC_COP_VELOCITY_MEAN);
    put_velocity(m, f, e->ic, e->ffc, GAIT_METRIC_COP_VELOCITY_LANDING_MEAN);
    put_velocity(m, f, e->ffc, e->ho, GAIT_METRIC_COP_VELOCITY_FLAT_MEAN);
    put_velocity(m, f, e->ho, e->to, GAIT_METRIC_COP_VELOCITY_PUSH_MEAN);
    foot_put(f, GAIT_METRIC_COP_ML_RANGE, range_across(m), GAIT_REASON_TOO_SHORT);
}

/* Value between frames; NaN outside them and beside a NaN. */
static double between_frames(const struct gait_measure_scratch *m, const double *y, double t_s)
{
    for (uint32_t k = 1; k <= m->frames; k++)
        if (t_s <= m->t_s[k])
            return y[k - 1] + (y[k] - y[k - 1]) * ((t_s - m->t_s[k - 1]) / (m->t_s[k] - m->t_s[k - 1]));
    return NO_VALUE;
}

void foot_curves(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *series[GAIT_CURVE_COUNT] = {
        [GAIT_CURVE_FORCE] = m->force[GAIT_REGION_FOOT],
        [GAIT_CURVE_HEEL_FORCE] = m->force[GAIT_REGION_HEEL31],
        [GAIT_CURVE_MID_FORCE] = m->force[GAIT_REGION_THIRD_MID],
        [GAIT_CURVE_FORE_FORCE] = m->fore_N,
        [GAIT_CURVE_MID_SPREAD] = m->mid_mm2,
        [GAIT_CURVE_MEDIAL_MID_FORCE] = m->medial_mid_N,
        [GAIT_CURVE_COP_U] = m->cop_u,
        [GAIT_CURVE_COP_V] = m->cop_v,
    };
    double stance = m->events.to - m->events.ic, area = m->third_mm2[0] + m->third_mm2[1] + m->third_mm2[2];

    for (int i = 0; i < GAIT_CURVE_SAMPLES; i++) {
        double t = m->events.ic + stance * i / (GAIT_CURVE_SAMPLES - 1);

        for (int c = 0; c < GAIT_CURVE_COUNT; c++)
            f->curve[c][i] = c == GAIT_CURVE_COP_U || c == GAIT_CURVE_COP_V ? between_frames(m, series[c], t)
                                                                            : foot_at(m, series[c], t);
        f->curve[GAIT_CURVE_MID_SPREAD][i] /= area;
    }
}

void foot_path(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    f->cop_frames = m->frames < f->cop_capacity ? m->frames : f->cop_capacity;
    for (uint32_t k = 0; k < f->cop_frames; k++) {
        f->cop_t_s[k] = m->t_s[k + 1] - m->events.ic;
        f->cop_x_mm[k] = m->cop_x[k + 1];
        f->cop_y_mm[k] = m->cop_y[k + 1];
        f->cop_force_N[k] = m->force[GAIT_REGION_FOOT][k + 1];
        f->heel_force_N[k] = m->force[GAIT_REGION_HEEL31][k + 1];
    }
}
