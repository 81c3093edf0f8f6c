/* Standing on one spot: how the centre of pressure wanders under a foot (static trials). */
#include "metrics/sway.h"

#include "metrics/foot.h"

static const double CHI2_95 = 5.991464547107979; /* 95 % of a chi square with 2 degrees of freedom */

enum { POINTS_MIN = 3 };

void sway_add(struct sway *s, double t_s, double x_mm, double y_mm, double force_N)
{
    double dx, dy;

    if (s->points == 0) {
        s->first_s = t_s;
        s->x0_mm = s->x1_mm = x_mm;
        s->y0_mm = s->y1_mm = y_mm;
    }
    dx = x_mm - s->x1_mm;
    dy = y_mm - s->y1_mm;
    s->points++;
    s->last_s = t_s;
    s->path_mm += sqrt(dx * dx + dy * dy);
    s->force_N += force_N;
    s->x1_mm = x_mm;
    s->y1_mm = y_mm;
    dx = x_mm - s->x0_mm;
    dy = y_mm - s->y0_mm;
    s->x += dx;
    s->y += dy;
    s->xx += dx * dx;
    s->xy += dx * dy;
    s->yy += dy * dy;
}

double sway_ellipse_mm2(const struct sway *s)
{
    const double n = s->points;
    double xx, yy, xy;

    if (n < POINTS_MIN)
        return NO_VALUE;
    xx = (s->xx - s->x * s->x / n) / (n - 1);
    yy = (s->yy - s->y * s->y / n) / (n - 1);
    xy = (s->xy - s->x * s->y / n) / (n - 1);
    return M_PI * CHI2_95 * sqrt(max2(0, xx * yy - xy * xy));
}

double sway_velocity_mm_per_s(const struct sway *s)
{
    return s->points < POINTS_MIN ? NO_VALUE : s->path_mm / (s->last_s - s->first_s);
}

static struct sway gathered(const struct gait_measure_scratch *m)
{
    struct sway s = {0};

    for (uint32_t k = 1; k <= m->frames; k++)
        if (!isnan(m->cop_u[k]) && m->t_s[k] >= m->events.ic && m->t_s[k] <= m->events.to)
            sway_add(&s, m->t_s[k], m->cop_u[k], m->cop_v[k], m->force[GAIT_REGION_FOOT][k]);
    return s;
}

void foot_sway(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct sway s = gathered(m);
    const bool standing = f->gait_class == GAIT_CLASS_STANDING && s.points >= POINTS_MIN;

    foot_put(f, GAIT_METRIC_SWAY_PATH, standing ? s.path_mm : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_SWAY_VELOCITY, standing ? sway_velocity_mm_per_s(&s) : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_SWAY_ELLIPSE, standing ? sway_ellipse_mm2(&s) * 1e-2 : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_STANDING_LOAD, standing ? s.force_N / s.points : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
}
