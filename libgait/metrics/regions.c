/* Eleven regions in the manner of PRC masks: cuts across the axis at 27 % and 55 % of the length, sectors between the borders of the foot (metrics.md 3.3). */
#include "metrics/foot.h"

/* The cell farthest to one side (sign -1 medial, +1 lateral) in a band of the length. */
static bool border(const struct gait_measure_scratch *m, double from, double to, double sign, struct vec2 *ret)
{
    double best = -FAR;

    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];

        if (c->u < from * m->length || c->u > to * m->length || !(sign * c->v > best))
            continue;
        best = sign * c->v;
        *ret = (struct vec2){c->u, c->v};
    }
    return isfinite(best);
}

void foot_tangents_find(const struct gait_measure_scratch *m, struct foot_tangents *ret_tangents)
{
    struct foot_tangents t = {0};

    t.ok = border(m, 0.10, 0.30, -1, &t.medial[0]) && border(m, 0.60, 0.80, -1, &t.medial[1]) &&
           border(m, 0.10, 0.30, 1, &t.lateral[0]) && border(m, 0.55, 0.75, 1, &t.lateral[1]);
    *ret_tangents = t;
}

/* Borders between sectors, by angle round the apex of the tangents or, where these are (nearly) parallel, by shares of the width between them. */
struct sectors {
    bool fan;
    struct vec2 apex;
    struct vec2 from, to;         /* directions of the medial and lateral tangent */
    double medial_v, medial_rise; /* the tangents as v = v0 + rise * u */
    double lateral_v, lateral_rise;
};

static void line_of(const struct vec2 p[2], double *ret_v, double *ret_rise)
{
    *ret_rise = (p[1].y - p[0].y) / (p[1].x - p[0].x);
    *ret_v = p[0].y - *ret_rise * p[0].x;
}

static void make_sectors(const struct gait_measure_scratch *m, struct sectors *s)
{
    const struct foot_tangents *t = &m->tangents;

    if (!t->ok) { /* no tangents on this print: shares of its own width */
        *s = (struct sectors){.medial_v = m->v_min - 0.5 * m->pitch_v, .lateral_v = m->v_max + 0.5 * m->pitch_v};
        return;
    }
    line_of(t->medial, &s->medial_v, &s->medial_rise);
    line_of(t->lateral, &s->lateral_v, &s->lateral_rise);
    s->from = unit2((struct vec2){1, s->medial_rise});
    s->to = unit2((struct vec2){1, s->lateral_rise});
    s->fan = cross2(s->from, s->to) >= 0.017452406437283512; /* sin 1 degree */
    if (!s->fan)
        return;
    s->apex.x = (s->lateral_v - s->medial_v) / (s->medial_rise - s->lateral_rise);
    s->apex.y = s->medial_v + s->medial_rise * s->apex.x;
}

/* One border of the sectors: `share` of the way from medial to lateral. */
struct sector_border {
    const struct sectors *s;
    double share;
    struct vec2 direction;
};

static struct sector_border border_at(const struct sectors *s, double share)
{
    struct sector_border b = {s, share, {0, 0}};

    if (s->fan)
        b.direction = turn_between(s->from, s->to, share);
    return b;
}

static bool medial_of(const struct sector_border *b, const struct foot_cell *c)
{
    const struct sectors *s = b->s;
    double medial, lateral;

    if (s->fan)
        return cross2(b->direction, sub2((struct vec2){c->u, c->v}, s->apex)) < 0;
    medial = s->medial_v + s->medial_rise * c->u;
    lateral = s->lateral_v + s->lateral_rise * c->u;
    return c->v < medial + b->share * (lateral - medial);
}

static uint8_t region_of(const struct gait_measure_scratch *m, const struct foot_cell *c,
                         const struct sector_border border_of[6])
{
    if (c->toe)
        return medial_of(&border_of[5], c) ? GAIT_REGION_HALLUX : GAIT_REGION_TOES25;
    if (c->u < 0.27 * m->length)
        return c->v < 0 ? GAIT_REGION_MH : GAIT_REGION_LH;
    if (c->u < 0.55 * m->length)
        return medial_of(&border_of[4], c) ? GAIT_REGION_MM : GAIT_REGION_LM;
    for (int k = 0; k < 4; k++)
        if (medial_of(&border_of[k], c))
            return (uint8_t)(GAIT_REGION_M1 + k);
    return GAIT_REGION_M5;
}

void foot_regions(struct gait_measure_scratch *m)
{
    static const double share[6] = {0.30, 0.47, 0.64, 0.81, 0.50, 0.33}; /* M1 .. M4, midfoot halves, hallux */
    struct sectors s = {0};
    struct sector_border border_of[6];

    foot_tangents_find(m, &m->tangents);
    make_sectors(m, &s);
    for (int k = 0; k < 6; k++)
        border_of[k] = border_at(&s, share[k]);
    for (uint32_t i = 0; i < m->cells; i++) {
        struct foot_cell *c = &m->print[i];

        c->heel31 = c->u < 0.31 * m->length;
        c->heel27 = c->u < 0.27 * m->length;
        c->mask11 = region_of(m, c, border_of);
    }
}
