/* Second pass over the frames, now with masks: force and peak of each region, contact area of the middle third. */
#include "metrics/foot.h"

#include <string.h>

struct sums {
    double force[GAIT_REGION_COUNT], peak[GAIT_REGION_COUNT];
    double fore, fore_peak, medial_mid, mid_cells;
};

static void add(struct sums *s, enum gait_region region, double p)
{
    s->force[region] += p;
    s->peak[region] = max2(s->peak[region], p);
}

static void add_cell(struct sums *s, const struct foot_cell *c, double p)
{
    add(s, (enum gait_region)c->mask11, p);
    if (c->heel31)
        add(s, GAIT_REGION_HEEL31, p);
    if (c->heel27)
        add(s, GAIT_REGION_HEEL27, p);
    s->fore += c->fore ? p : 0;
    s->fore_peak = max2(s->fore_peak, c->fore ? p : 0);
    s->peak[GAIT_REGION_FOOT] = max2(s->peak[GAIT_REGION_FOOT], p);
    if (c->toe) {
        add(s, GAIT_REGION_TOES, p);
        return;
    }
    for (int t = 0; t < 3; t++)
        s->force[GAIT_REGION_THIRD_HEEL + t] += c->third[t] * p;
    s->peak[GAIT_REGION_THIRD_HEEL + c->main_third] = max2(s->peak[GAIT_REGION_THIRD_HEEL + c->main_third], p);
    s->mid_cells += c->third[1];
    s->medial_mid += c->v < 0 ? c->third[1] * p : 0;
}

static void keep(struct gait_measure_scratch *m, uint32_t k, const struct sums *s)
{
    double N_per_kPa = m->area_mm2 * 1e-3;

    for (int r = 0; r < GAIT_REGION_COUNT; r++) {
        m->peak[r][k] = s->peak[r];
        if (r != GAIT_REGION_FOOT)
            m->force[r][k] = s->force[r] * N_per_kPa;
    }
    m->fore_N[k] = s->fore * N_per_kPa;
    m->fore_kPa[k] = s->fore_peak;
    m->medial_mid_N[k] = s->medial_mid * N_per_kPa;
    m->mid_mm2[k] = s->mid_cells * m->area_mm2;
}

static void cop_in_foot(struct gait_measure_scratch *m, uint32_t k)
{
    struct vec2 d = sub2((struct vec2){m->cop_x[k], m->cop_y[k]}, m->origin);

    m->cop_u[k] = dot2(d, m->axis);
    m->cop_v[k] = dot2(d, m->lateral);
}

void foot_series(struct gait_measure_scratch *m)
{
    const struct gait_contact *c = m->contact;
    struct sums s;

    for (uint32_t k = 1; k <= m->frames; k++) {
        memset(&s, 0, sizeof(s));
        for (uint32_t i = c->first[k - 1]; i < c->first[k]; i++)
            add_cell(&s, &m->print[m->place[c->cell[i]] - 1], (double)c->p_kPa[i]);
        keep(m, k, &s);
        cop_in_foot(m, k);
    }
    memset(&s, 0, sizeof(s));
    keep(m, 0, &s);
    keep(m, m->frames + 1, &s);
    m->area_mm2_of[0] = m->area_mm2_of[m->frames + 1] = 0;
    m->cop_x[0] = m->cop_y[0] = m->cop_u[0] = m->cop_v[0] = NO_VALUE;
    m->cop_x[m->frames + 1] = m->cop_y[m->frames + 1] = m->cop_u[m->frames + 1] = m->cop_v[m->frames + 1] = NO_VALUE;
}
