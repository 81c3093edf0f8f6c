/* Equal thirds of the toeless print, border cells split by area (metrics.md 3.2). */
#include "metrics/foot.h"

/*
 * Share of a cell that lies below a line across the axis: a rectangle projected on a direction is the sum of two uniform spreads, so the share is
 * exact without clipping a polygon.
 */
double foot_cell_share_below(const struct gait_measure_scratch *m, double u_centre, double u_line)
{
    double x = fabs(m->axis.x) * m->pitch_x_mm, y = fabs(m->axis.y) * m->pitch_y_mm;
    double wide = max2(x, y), narrow = min2(x, y);
    double t = u_line - u_centre + 0.5 * (wide + narrow), rest = wide + narrow - t;

    if (t <= 0)
        return 0;
    if (rest <= 0)
        return 1;
    if (t < narrow)
        return t * t / (2 * wide * narrow);
    if (rest < narrow)
        return 1 - rest * rest / (2 * wide * narrow);
    return (t - 0.5 * narrow) / wide;
}

static void toeless_length(struct gait_measure_scratch *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->cells; i++)
        if (!m->print[i].toe)
            m->tmp[n++] = m->print[i].u + 0.5 * m->pitch_u;
    sort_doubles(m->tmp, n);
    m->toeless = m->no_toes ? m->length : quantile_sorted(m->tmp, n, 0.98);
}

static void split_cell(struct gait_measure_scratch *m, struct foot_cell *c)
{
    double below1 = foot_cell_share_below(m, c->u, m->toeless / 3);
    double below2 = foot_cell_share_below(m, c->u, 2 * m->toeless / 3);

    c->third[0] = c->toe ? 0 : below1;
    c->third[1] = c->toe ? 0 : below2 - below1;
    c->third[2] = c->toe ? 0 : 1 - below2;
    c->main_third = c->u < m->toeless / 3 ? 0 : c->u < 2 * m->toeless / 3 ? 1 : 2;
}

void foot_thirds(struct gait_measure_scratch *m)
{
    toeless_length(m);
    for (int t = 0; t < 3; t++)
        m->third_mm2[t] = 0;
    m->toe_mm2 = 0;
    for (uint32_t i = 0; i < m->cells; i++) {
        struct foot_cell *c = &m->print[i];

        split_cell(m, c);
        m->toe_mm2 += c->toe ? m->area_mm2 : 0;
        for (int t = 0; t < 3; t++)
            m->third_mm2[t] += c->third[t] * m->area_mm2;
    }
}
