/* Direction of walking, side and foot axis: where u and v come from (metrics.md 2.5, 2.6). */
#include "metrics/foot.h"

void foot_progression(struct gait_measure_scratch *m)
{
    struct vec2 given = {m->contact->progression_x, m->contact->progression_y};
    struct vec2 first = {NO_VALUE, NO_VALUE}, last = {NO_VALUE, NO_VALUE}, path;

    for (uint32_t k = 1; k <= m->frames; k++) {
        if (isnan(m->cop_x[k]))
            continue;
        last = (struct vec2){m->cop_x[k], m->cop_y[k]};
        if (isnan(first.x))
            first = last;
    }
    path = sub2(last, first);
    m->progression = (struct vec2){0, 1};
    if (dot2(given, given) > 0) /* false for NaN */
        m->progression = unit2(given);
    else if (dot2(path, path) > m->area_mm2)
        m->progression = unit2(path);
}

struct vec2 foot_axis_pca(const struct gait_measure_scratch *m, bool *ret_elongated)
{
    double sx = 0, sy = 0, xx = 0, xy = 0, yy = 0, half, root;
    struct vec2 axis;

    for (uint32_t i = 0; i < m->cells; i++) {
        sx += m->print[i].mm.x;
        sy += m->print[i].mm.y;
    }
    for (uint32_t i = 0; i < m->cells; i++) {
        double x = m->print[i].mm.x - sx / m->cells, y = m->print[i].mm.y - sy / m->cells;

        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    half = 0.5 * (xx - yy);
    root = sqrt(half * half + xy * xy);
    *ret_elongated = 0.5 * (xx + yy) + root > 2 * (0.5 * (xx + yy) - root); /* eigenvalues at least 2 : 1 */
    axis = half >= 0 ? (struct vec2){half + root, xy} : (struct vec2){xy, root - half};
    return root > 0 ? unit2(axis) : (struct vec2){0, 1};
}

/* Extent of one cell along a unit vector. */
static double pitch_along(const struct gait_measure_scratch *m, struct vec2 d)
{
    double x = d.x * m->pitch_x_mm, y = d.y * m->pitch_y_mm;

    return sqrt(x * x + y * y);
}

void foot_frame_set(struct gait_measure_scratch *m, struct vec2 origin, struct vec2 axis, struct vec2 lateral)
{
    double u0 = FAR, u1 = -FAR, v0 = FAR, v1 = -FAR;

    m->pitch_u = pitch_along(m, axis);
    m->pitch_v = pitch_along(m, lateral);
    for (uint32_t i = 0; i < m->cells; i++) {
        struct vec2 d = sub2(m->print[i].mm, origin);

        m->print[i].u = dot2(d, axis);
        m->print[i].v = dot2(d, lateral);
        u0 = min2(u0, m->print[i].u);
        u1 = max2(u1, m->print[i].u);
        v0 = min2(v0, m->print[i].v);
        v1 = max2(v1, m->print[i].v);
    }
    u0 -= 0.5 * m->pitch_u;
    for (uint32_t i = 0; i < m->cells; i++)
        m->print[i].u -= u0;
    m->length = u1 + 0.5 * m->pitch_u - u0;
    m->v_min = v0;
    m->v_max = v1;
    m->width = v1 - v0 + m->pitch_v;
    m->axis = axis;
    m->lateral = lateral;
    m->origin = (struct vec2){origin.x + u0 * axis.x, origin.y + u0 * axis.y};
}

static struct vec2 lateral_of(const struct gait_measure_scratch *m, struct vec2 axis)
{
    double sign = m->side == GAIT_SIDE_LEFT ? -1 : 1;

    return (struct vec2){sign * axis.y, -sign * axis.x};
}

static void heel_centre(struct gait_measure_scratch *m)
{
    struct vec2 sum = {0, 0};
    double n = 0, end = max2(0.20 * m->length, m->pitch_u); /* the rearmost cell is always in */

    for (uint32_t i = 0; i < m->cells; i++) {
        if (!(m->print[i].u < end))
            continue;
        sum.x += m->print[i].mm.x;
        sum.y += m->print[i].mm.y;
        n++;
    }
    m->heel = (struct vec2){sum.x / n, sum.y / n};
}

/* Middle of the second metatarsal's sector in the frame that stands: 38.5 % of the width from the medial edge. */
static bool second_metatarsal(const struct gait_measure_scratch *m, struct vec2 *ret)
{
    double v0 = FAR, v1 = -FAR, v, u = 0.70 * m->length;

    for (uint32_t i = 0; i < m->cells; i++) {
        if (m->print[i].u < 0.62 * m->length || m->print[i].u > 0.78 * m->length)
            continue;
        v0 = min2(v0, m->print[i].v);
        v1 = max2(v1, m->print[i].v);
    }
    if (!(v1 >= v0))
        return false;
    v0 -= 0.5 * m->pitch_v;
    v1 += 0.5 * m->pitch_v;
    v = v0 + 0.385 * (v1 - v0);
    *ret =
        (struct vec2){m->origin.x + u * m->axis.x + v * m->lateral.x, m->origin.y + u * m->axis.y + v * m->lateral.y};
    return true;
}

/* Method A: heel centre to second metatarsal, starting from a provisional axis. Within 20 degrees of it, or it is refused. */
static bool heel_to_metatarsal(struct gait_measure_scratch *m, struct vec2 start)
{
    struct vec2 axis = start;

    for (int i = 0; i < 5; i++) {
        struct vec2 metatarsal;

        heel_centre(m);
        if (!second_metatarsal(m, &metatarsal))
            return false;
        axis = unit2(sub2(metatarsal, m->heel));
        if (!(dot2(axis, start) > 0.9396926207859084))
            return false;
        foot_frame_set(m, m->heel, axis, lateral_of(m, axis));
    }
    return true;
}

/* The mask length of a partial print: what is known of this foot, where its heel is on the mat. */
static void partial_length(struct gait_measure_scratch *m)
{
    const struct gait_trial_state *s = m->contact->state;
    double known = NO_VALUE;

    m->heel_whole = false;
    if (m->side != GAIT_SIDE_UNKNOWN) {
        known = s->session.length_mm[m->side - 1];
        if (!(known > 0))
            known = s->subject.foot_length_mm[m->side - 1];
    }
    if (!(known > 0))
        return;
    m->length = max2(m->length, known);
    m->heel_whole = true;
    for (uint32_t i = 0; i < m->cells; i++) {
        uint32_t row = m->print[i].cell / m->cols, col = m->print[i].cell % m->cols;
        bool edge = row == 0 || col == 0 || row == m->rows - 1 || col == m->cols - 1;

        if (edge && m->print[i].u < m->length / 3)
            m->heel_whole = false;
    }
}

/* The shortest print that can be this foot's whole one: 0.85 of its full steps so far or of its measured length, 0.75 of what stature lets expect. */
static double least_length(const struct gait_measure_scratch *m)
{
    const struct gait_trial_state *s = m->contact->state;
    int foot = m->side - 1;

    if (m->side == GAIT_SIDE_UNKNOWN)
        return 0.75 * 153 * s->subject.stature_m;
    if (s->session.steps[foot] >= 3)
        return 0.85 * s->session.length_mm[foot];
    if (s->subject.foot_length_mm[foot] > 0)
        return 0.85 * s->subject.foot_length_mm[foot];
    return 0.75 * 153 * s->subject.stature_m;
}

static bool too_short(struct gait_measure_scratch *m)
{
    if (!(m->length < least_length(m))) /* also when nothing is known */
        return false;
    m->flags |= GAIT_FOOTFALL_PARTIAL;
    return true;
}

static void decide_side(struct gait_measure_scratch *m, struct vec2 axis)
{
    const struct gait_contact *c = m->contact;

    foot_side_vote(m, axis, &m->side_print, &m->side_confidence);
    m->side = m->side_print != GAIT_SIDE_UNKNOWN ? m->side_print : c->expected_side;
    if (c->side_override == GAIT_SIDE_UNKNOWN)
        return;
    m->side = c->side_override;
    m->side_confidence = 1;
    m->flags |= GAIT_FOOTFALL_SIDE_OVERRIDE;
}

void foot_axis_find(struct gait_measure_scratch *m)
{
    bool elongated;
    struct vec2 axis = foot_axis_pca(m, &elongated);

    if (!elongated)
        axis = foot_axis_box(m);
    if (dot2(axis, m->progression) < 0)
        axis = (struct vec2){-axis.x, -axis.y};
    decide_side(m, axis);
    foot_frame_set(m, m->print[0].mm, axis, lateral_of(m, axis));
    m->partial = m->flags & GAIT_FOOTFALL_PARTIAL;
    if (m->partial || m->side == GAIT_SIDE_UNKNOWN || !heel_to_metatarsal(m, axis)) {
        foot_frame_set(m, m->print[0].mm, axis, lateral_of(m, axis));
        heel_centre(m);
        foot_frame_set(m, m->heel, axis, lateral_of(m, axis));
    }
    heel_centre(m);
    m->partial |= too_short(m);
    if (m->partial)
        partial_length(m);
}
