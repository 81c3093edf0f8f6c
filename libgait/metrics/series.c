/* Second pass over the frames, now with masks: force and peak of each region, contact area of the middle third. */
#include "metrics/foot.h"

#include <string.h>

enum { THIRD_TOE = 3, THIRD_SPLIT = 4, THIRDS };
enum { BEHIND_HEEL27 = 1, MEDIAL_MID = 2 };

struct sums {
    double force[GAIT_REGION_COUNT], peak[GAIT_REGION_COUNT];
    double third_force[THIRDS], third_peak[THIRDS];
    double medial_mid, mid_cells;
};

/* What the pass needs of a cell, in few bytes: it is read once a cell and frame. */
static struct foot_mask mask_of(const struct foot_cell *c)
{
    bool whole = c->third[0] >= 1 || c->third[1] >= 1 || c->third[2] >= 1;
    int special = (c->heel31 && !c->heel27 ? BEHIND_HEEL27 : 0) | (c->v < 0 && c->third[1] > 0 ? MEDIAL_MID : 0);

    return (struct foot_mask){.region = c->mask11,
                              .third = c->toe  ? THIRD_TOE
                                       : whole ? c->main_third
                                               : THIRD_SPLIT,
                              .special = (uint8_t)special};
}

static void add_split(struct sums *s, const struct foot_cell *c, double p)
{
    for (int t = 0; t < 3; t++)
        s->third_force[t] += c->third[t] * p;
    s->third_peak[c->main_third] = max2(s->third_peak[c->main_third], p);
    s->mid_cells += c->third[1];
}

static void add_special(struct sums *s, const struct foot_cell *c, int special, double p)
{
    if (special & BEHIND_HEEL27) {
        s->force[GAIT_REGION_HEEL31] += p;
        s->peak[GAIT_REGION_HEEL31] = max2(s->peak[GAIT_REGION_HEEL31], p);
    }
    if (special & MEDIAL_MID)
        s->medial_mid += c->third[1] * p;
}

static void add_frame(const struct gait_measure_scratch *m, uint32_t k, struct sums *s)
{
    const struct gait_contact *c = m->contact;

    for (uint32_t i = c->first[k]; i < c->first[k + 1]; i++) {
        uint32_t n = m->place[c->cell[i]] - 1;
        struct foot_mask mask = m->mask[n];
        double p = (double)c->p_kPa[i];

        s->force[mask.region] += p;
        s->peak[mask.region] = max2(s->peak[mask.region], p);
        if (mask.third == THIRD_SPLIT) {
            add_split(s, &m->print[n], p);
        } else {
            s->third_force[mask.third] += p;
            s->third_peak[mask.third] = max2(s->third_peak[mask.third], p);
            s->mid_cells += mask.third == 1 ? 1 : 0;
        }
        if (mask.special)
            add_special(s, &m->print[n], mask.special, p);
    }
}

static void add_region(struct sums *s, enum gait_region to, enum gait_region first, enum gait_region last)
{
    for (int r = (int)first; r <= (int)last; r++) {
        s->force[to] += s->force[r];
        s->peak[to] = max2(s->peak[to], s->peak[r]);
    }
}

/* The regions that are made of others. */
static void combine(struct sums *s)
{
    add_region(s, GAIT_REGION_HEEL27, GAIT_REGION_MH, GAIT_REGION_LH);
    add_region(s, GAIT_REGION_HEEL31, GAIT_REGION_MH, GAIT_REGION_LH);
    add_region(s, GAIT_REGION_FOOT, GAIT_REGION_MH, GAIT_REGION_TOES25);
    for (int t = 0; t <= THIRD_TOE; t++) {
        s->force[GAIT_REGION_THIRD_HEEL + t] = s->third_force[t];
        s->peak[GAIT_REGION_THIRD_HEEL + t] = s->third_peak[t];
    }
}

/* All that lies beyond 0.55 L: metatarsal regions and toes. */
static void keep_forefoot(struct gait_measure_scratch *m, uint32_t k, const struct sums *s)
{
    double force = 0, peak = 0;

    for (int r = GAIT_REGION_M1; r <= GAIT_REGION_TOES25; r++) {
        force += s->force[r];
        peak = max2(peak, s->peak[r]);
    }
    m->fore_N[k] = force * m->area_mm2 * 1e-3;
    m->fore_kPa[k] = peak;
}

static void keep(struct gait_measure_scratch *m, uint32_t k, const struct sums *s)
{
    double N_per_kPa = m->area_mm2 * 1e-3;

    for (int r = 0; r < GAIT_REGION_COUNT; r++) {
        m->peak[r][k] = s->peak[r];
        if (r != GAIT_REGION_FOOT) /* that is there since the first pass */
            m->force[r][k] = s->force[r] * N_per_kPa;
    }
    keep_forefoot(m, k, s);
    m->medial_mid_N[k] = s->medial_mid * N_per_kPa;
    m->mid_mm2[k] = s->mid_cells * m->area_mm2;
}

static void cop_in_foot(struct gait_measure_scratch *m, uint32_t k)
{
    struct vec2 d = sub2((struct vec2){m->cop_x[k], m->cop_y[k]}, m->origin);

    m->cop_u[k] = dot2(d, m->axis);
    m->cop_v[k] = dot2(d, m->lateral);
}

static void pad(struct gait_measure_scratch *m, uint32_t k)
{
    const struct sums nothing = {0};

    keep(m, k, &nothing);
    m->area_mm2_of[k] = 0;
    m->cop_x[k] = m->cop_y[k] = m->cop_u[k] = m->cop_v[k] = NO_VALUE;
}

void foot_series(struct gait_measure_scratch *m)
{
    for (uint32_t i = 0; i < m->cells; i++)
        m->mask[i] = mask_of(&m->print[i]);
    for (uint32_t k = 1; k <= m->frames; k++) {
        struct sums s;

        memset(&s, 0, sizeof(s));
        add_frame(m, k - 1, &s);
        combine(&s);
        keep(m, k, &s);
        cop_in_foot(m, k);
    }
    pad(m, 0);
    pad(m, m->frames + 1);
}
