/* Centre of pressure excursion index: how far the path bows from its chord at the distal third (metrics.md 5, after Song 1996). + is lateral. */
#include "metrics/foot.h"

/* Coordinates of the construction: a along a direction of the foot frame, c across it (+ lateral), mm. */
struct ruler {
    struct vec2 origin, along; /* in (u, v) */
};

static struct vec2 measured(const struct ruler *r, struct vec2 uv)
{
    struct vec2 d = sub2(uv, r->origin);

    return (struct vec2){dot2(d, r->along), cross2(r->along, d)};
}

static struct gait_line_mm line_mm(const struct gait_measure_scratch *m, const struct ruler *r, struct vec2 from,
                                   struct vec2 to)
{
    struct vec2 end[2] = {from, to}, mm[2];

    for (int i = 0; i < 2; i++) {
        double u = r->origin.x + end[i].x * r->along.x - end[i].y * r->along.y;
        double v = r->origin.y + end[i].x * r->along.y + end[i].y * r->along.x;

        mm[i] = (struct vec2){m->origin.x + u * m->axis.x + v * m->lateral.x,
                              m->origin.y + u * m->axis.y + v * m->lateral.y};
    }
    return (struct gait_line_mm){mm[0].x, mm[0].y, mm[1].x, mm[1].y};
}

struct excursion {
    double cpe, width; /* mm, NaN when there is none */
    struct vec2 start, end, crossing;
    double line, medial, lateral;
};

/* First and last frame with enough force for a steady centre of pressure. */
static bool path_ends(const struct gait_measure_scratch *m, uint32_t *ret_first, uint32_t *ret_last)
{
    double level = max2(20, 0.05 * m->force_max_N);
    uint32_t first = 1, last = m->frames;

    while (first <= m->frames && !(m->force[GAIT_REGION_FOOT][first] >= level && !isnan(m->cop_u[first])))
        first++;
    while (last > first && !(m->force[GAIT_REGION_FOOT][last] >= level && !isnan(m->cop_u[last])))
        last--;
    *ret_first = first;
    *ret_last = last;
    return last > first;
}

static struct vec2 path_at(const struct gait_measure_scratch *m, const struct ruler *r, uint32_t k)
{
    return measured(r, (struct vec2){m->cop_u[k], m->cop_v[k]});
}

/* The first passage of the line by the path, once it is beyond half of the foot: every crossing of 2/3 is. */
static bool crossing(const struct gait_measure_scratch *m, const struct ruler *r, uint32_t first, uint32_t last,
                     double line, struct vec2 *ret)
{
    for (uint32_t k = first; k < last; k++) {
        struct vec2 a = path_at(m, r, k), b = path_at(m, r, k + 1);
        double share = (line - a.x) / (b.x - a.x);

        if (!(a.x < line && b.x >= line))
            continue;
        *ret = (struct vec2){line, a.y + share * (b.y - a.y)};
        return true;
    }
    return false;
}

/* Extent of the print along the ruler, edge to edge; the ruler's origin moves to its rear edge. */
static double place_ruler(const struct gait_measure_scratch *m, struct ruler *r)
{
    double low = FAR, high = -FAR;

    for (uint32_t i = 0; i < m->cells; i++) {
        double a = measured(r, (struct vec2){m->print[i].u, m->print[i].v}).x;

        low = min2(low, a);
        high = max2(high, a);
    }
    low -= 0.5 * m->pitch_u;
    r->origin.x += low * r->along.x;
    r->origin.y += low * r->along.y;
    return high + 0.5 * m->pitch_u - low;
}

/* Contact from medial to lateral edge where the line runs. */
static void width_on(const struct gait_measure_scratch *m, const struct ruler *r, struct excursion *e)
{
    double low = FAR, high = -FAR;

    for (uint32_t i = 0; i < m->cells; i++) {
        struct vec2 p = measured(r, (struct vec2){m->print[i].u, m->print[i].v});

        if (p.x < e->line - 0.5 * m->pitch_u || p.x >= e->line + 0.5 * m->pitch_u)
            continue;
        low = min2(low, p.y);
        high = max2(high, p.y);
    }
    e->medial = low - 0.5 * m->pitch_v;
    e->lateral = high + 0.5 * m->pitch_v;
    e->width = high >= low ? e->lateral - e->medial : NO_VALUE;
}

/* Length of the path itself between its ends. */
static double path_length(const struct gait_measure_scratch *m, const struct ruler *r, uint32_t first, uint32_t last)
{
    struct vec2 before = path_at(m, r, first);
    double sum = 0;

    for (uint32_t k = first + 1; k <= last; k++) {
        struct vec2 here = path_at(m, r, k), step = sub2(here, before);

        if (isnan(here.x))
            continue;
        sum += sqrt(dot2(step, step));
        before = here;
    }
    return sum;
}

static struct excursion excursion_on(const struct gait_measure_scratch *m, struct ruler *r)
{
    struct excursion e = {.cpe = NO_VALUE, .width = NO_VALUE};
    uint32_t first, last;
    struct vec2 chord, d;

    e.line = 2.0 / 3.0 * place_ruler(m, r);
    if (!path_ends(m, &first, &last))
        return e;
    e.start = path_at(m, r, first);
    e.end = path_at(m, r, last);
    chord = sub2(e.end, e.start);
    if (!crossing(m, r, first, last, e.line, &e.crossing) || !(dot2(chord, chord) > 0) ||
        path_length(m, r, first, last) < 0.6 * m->length)
        return e;
    d = sub2(e.crossing, e.start);
    e.cpe = cross2(unit2(chord), d);
    width_on(m, r, &e);
    return e;
}

static void keep_lines(const struct gait_measure_scratch *m, const struct ruler *r, const struct excursion *e,
                       struct gait_footfall *f)
{
    f->cpei_chord = line_mm(m, r, e->start, e->end);
    f->cpei_third = line_mm(m, r, (struct vec2){e->line, m->v_min - 10}, (struct vec2){e->line, m->v_max + 10});
    f->cpei_width = line_mm(m, r, (struct vec2){e->line, e->medial}, (struct vec2){e->line, e->lateral});
}

void foot_cpei(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct gait_line_mm none = {NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE};
    struct ruler tangent = {m->tangents.medial[0], unit2(sub2(m->tangents.medial[1], m->tangents.medial[0]))};
    struct ruler axis = {{0, 0}, {1, 0}};
    struct excursion e = {.cpe = NO_VALUE, .width = NO_VALUE};
    enum gait_reason why = m->tangents.ok ? GAIT_REASON_NO_CROSSING : GAIT_REASON_DEGENERATE;

    if (m->tangents.ok)
        e = excursion_on(m, &tangent);
    f->cpei_chord = f->cpei_third = f->cpei_width = none;
    if (isfinite(e.cpe))
        keep_lines(m, &tangent, &e, f);
    foot_put(f, GAIT_METRIC_CPE, e.cpe, why);
    foot_put(f, GAIT_METRIC_CPEI, 100 * e.cpe / e.width, why);
    e = excursion_on(m, &axis);
    foot_put(f, GAIT_METRIC_CPEI_AXIS, 100 * e.cpe / e.width, GAIT_REASON_NO_CROSSING);
}
