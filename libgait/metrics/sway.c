/* Standing on one spot: how the centre of pressure wanders under a foot (static trials). */
#include "metrics/foot.h"

static const double CHI2_95 = 5.991464547107979; /* 95 % of a chi square with 2 degrees of freedom */

struct wander {
    double n, path_mm, force_N, time_s;
    double x, y, xx, xy, yy; /* sums about the first point */
};

static struct wander gathered(const struct gait_measure_scratch *m)
{
    struct wander w = {0};
    uint32_t first = 0, before = 0;

    for (uint32_t k = 1; k <= m->frames; k++) {
        struct vec2 here = {m->cop_u[k], m->cop_v[k]}, from, step;

        if (isnan(here.x) || !(m->t_s[k] >= m->events.ic && m->t_s[k] <= m->events.to))
            continue;
        first = first ? first : k;
        before = before ? before : k;
        from = sub2(here, (struct vec2){m->cop_u[first], m->cop_v[first]});
        step = sub2(here, (struct vec2){m->cop_u[before], m->cop_v[before]});
        w.n++;
        w.path_mm += sqrt(dot2(step, step));
        w.force_N += m->force[GAIT_REGION_FOOT][k];
        w.time_s = m->t_s[k] - m->t_s[first];
        w.x += from.x;
        w.y += from.y;
        w.xx += from.x * from.x;
        w.xy += from.x * from.y;
        w.yy += from.y * from.y;
        before = k;
    }
    return w;
}

static double ellipse_mm2(const struct wander *w)
{
    double xx = (w->xx - w->x * w->x / w->n) / (w->n - 1), yy = (w->yy - w->y * w->y / w->n) / (w->n - 1);
    double xy = (w->xy - w->x * w->y / w->n) / (w->n - 1);

    return M_PI * CHI2_95 * sqrt(max2(0, xx * yy - xy * xy));
}

void foot_sway(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    struct wander w = gathered(m);
    bool standing = f->gait_class == GAIT_CLASS_STANDING && w.n >= 3;

    foot_put(f, GAIT_METRIC_SWAY_PATH, standing ? w.path_mm : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_SWAY_VELOCITY, standing ? w.path_mm / w.time_s : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_SWAY_ELLIPSE, standing ? ellipse_mm2(&w) * 1e-2 : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
    foot_put(f, GAIT_METRIC_STANDING_LOAD, standing ? w.force_N / w.n : NO_VALUE, GAIT_REASON_NOT_COMPUTED);
}
