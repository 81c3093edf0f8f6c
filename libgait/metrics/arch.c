/* Arch indices of the footprint: areas, widths, weighted forms (metrics.md 5, static-type). */
#include "metrics/foot.h"

struct width {
    double mm;
    bool open; /* nothing in contact across the foot here */
};

/* Width of the print across the axis at u, edge to edge, in whole cells of the strip samples; toes are left out. */
static struct width width_at(const struct gait_measure_scratch *m, double u)
{
    int first = 0, last = -1, from = (int)floor(m->v_min / m->pitch_v) - 1, to = (int)floor(m->v_max / m->pitch_v) + 1;
    bool any = false;

    for (int k = from; k <= to; k++) {
        double v = (k + 0.5) * m->pitch_v;

        if (!(foot_print_at(m, m->origin.x + u * m->axis.x + v * m->lateral.x,
                            m->origin.y + u * m->axis.y + v * m->lateral.y) > 0))
            continue;
        first = any ? first : k;
        last = k;
        any = true;
    }
    return (struct width){any ? (last - first + 1) * m->pitch_v : 0, !any};
}

static void widths(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double heel = 0, fore = 0, waist = FAR;
    bool open = false;

    for (double u = 0.5 * m->pitch_u; u <= m->toeless; u += m->pitch_u) {
        struct width w = width_at(m, u);

        if (u < m->toeless / 3)
            heel = max2(heel, w.mm);
        else if (u >= 2 * m->toeless / 3)
            fore = max2(fore, w.mm);
        else {
            waist = min2(waist, w.mm);
            open |= w.open;
        }
    }
    foot_put(f, GAIT_METRIC_CSI, open || fore <= 0 ? NO_VALUE : 100 * waist / fore,
             open ? GAIT_REASON_WAIST_OPEN : GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_STAHELI, open || heel <= 0 ? NO_VALUE : waist / heel,
             open ? GAIT_REASON_WAIST_OPEN : GAIT_REASON_NO_CONTACT);
}

static double largest(const struct gait_measure_scratch *m, const double *y)
{
    return y[foot_index_of_max(m, y)];
}

static void medial_cells(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double area = 0, peak = 0, impulse = foot_integral(m, m->medial_mid_N);

    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];

        if (c->toe || !(c->v < 0))
            continue;
        area += c->third[1] * m->area_mm2;
        peak = c->main_third == 1 ? max2(peak, c->max_kPa) : peak;
    }
    foot_put(f, GAIT_METRIC_MEDIAL_MID_SHARE, 100 * impulse / foot_integral(m, m->force[GAIT_REGION_FOOT]),
             GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MEDIAL_MID_FORCE_MAX, largest(m, m->medial_mid_N), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MEDIAL_MID_AREA, area * 1e-2, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MEDIAL_MID_PEAK, peak, GAIT_REASON_NO_CONTACT);
}

/* The construction's two lines across the print, for plotting. */
static struct gait_line_mm across(const struct gait_measure_scratch *m, double u)
{
    double v0 = m->v_min - 0.5 * m->pitch_v, v1 = m->v_max + 0.5 * m->pitch_v;
    struct vec2 p = {m->origin.x + u * m->axis.x, m->origin.y + u * m->axis.y};

    return (struct gait_line_mm){p.x + v0 * m->lateral.x, p.y + v0 * m->lateral.y, p.x + v1 * m->lateral.x,
                                 p.y + v1 * m->lateral.y};
}

void foot_arch(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double *mid = m->force[GAIT_REGION_THIRD_MID];
    double area = m->third_mm2[0] + m->third_mm2[1] + m->third_mm2[2], impulse = foot_integral(m, mid);
    double peak_mid = 0, peak_all = 0, impulse_mid = 0, impulse_all = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];

        peak_mid += c->third[1] * c->max_kPa;
        peak_all += c->toe ? 0 : c->max_kPa;
        impulse_mid += c->third[1] * c->impulse_kPas;
        impulse_all += c->toe ? 0 : c->impulse_kPas;
    }
    if (m->third_mm2[1] < 0.5 * m->area_mm2)
        m->flags |= GAIT_FOOTFALL_NO_MIDFOOT;
    foot_put(f, GAIT_METRIC_ARCH_INDEX, m->third_mm2[1] / area, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MAI, peak_mid / peak_all, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MAI_IMPULSE, impulse_mid / impulse_all, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MID_AREA, m->third_mm2[1] * 1e-2, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MID_FORCE_MAX, largest(m, mid), GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MID_IMPULSE, impulse, GAIT_REASON_NO_CONTACT);
    foot_put(f, GAIT_METRIC_MID_SHARE, 100 * impulse / foot_integral(m, m->force[GAIT_REGION_FOOT]),
             GAIT_REASON_NO_CONTACT);
    medial_cells(m, f);
    widths(m, f);
    f->third_heel = across(m, m->toeless / 3);
    f->third_fore = across(m, 2 * m->toeless / 3);
}
