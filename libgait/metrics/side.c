/* Which foot: votes of the print, seen along a provisional axis (metrics.md 2.5 ii to iv). */
#include "metrics/foot.h"

/* During the vote v runs to the right of walking, so the medial side of a right foot is v < 0. Votes: + right foot, - left foot. */

struct row {
    double left, right;
    bool contact;
};

static struct row row_between(const struct gait_measure_scratch *m, double u0, double u1)
{
    struct row r = {FAR, -FAR, false};

    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];

        if (c->u < u0 || c->u >= u1)
            continue;
        r.left = min2(r.left, c->v);
        r.right = max2(r.right, c->v);
        r.contact = true;
    }
    return r;
}

/* The cell farthest to one side (sign -1 left, +1 right) in a band of the length. */
static bool border_point(const struct gait_measure_scratch *m, double from, double to, double sign, struct vec2 *ret)
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

static double on_chord(const struct vec2 p[2], double u)
{
    return p[0].y + (p[1].y - p[0].y) * (u - p[0].x) / (p[1].x - p[0].x);
}

/* Empty width between the chords heel edge - forefoot edge and the contact, left minus right, mm2. */
static double concavity(const struct gait_measure_scratch *m)
{
    struct vec2 left[2], right[2];
    double sum = 0;

    if (!border_point(m, 0.10, 0.30, -1, &left[0]) || !border_point(m, 0.60, 0.80, -1, &left[1]) ||
        !border_point(m, 0.10, 0.30, 1, &right[0]) || !border_point(m, 0.60, 0.80, 1, &right[1]))
        return 0;
    for (double u = 0.30 * m->length; u < 0.70 * m->length; u += m->pitch_u) {
        struct row r = row_between(m, u, u + m->pitch_u);
        double at = u + 0.5 * m->pitch_u;

        if (r.contact)
            sum += max2(0, r.left - on_chord(left, at)) - max2(0, on_chord(right, at) - r.right);
    }
    return sum * m->pitch_u;
}

/* (left - right)/(left + right) of the contact area in a band, either side of the middle of the print. */
static double half_balance(const struct gait_measure_scratch *m, double from, double to)
{
    double middle = 0.5 * (m->v_min + m->v_max), left = 0, right = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];

        if (c->u < from * m->length || c->u >= to * m->length)
            continue;
        left += c->v < middle;
        right += c->v > middle;
    }
    return left + right > 0 ? (left - right) / (left + right) : 0;
}

/* How far the toe tip lies left of the forefoot's middle, mm. */
static double toe_tip_left(const struct gait_measure_scratch *m)
{
    struct row fore = row_between(m, 0.62 * m->length, 0.78 * m->length);
    double sum = 0, n = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        if (m->print[i].u < m->length - 1.5 * m->pitch_u)
            continue;
        sum += m->print[i].v;
        n++;
    }
    return fore.contact && n > 0 ? 0.5 * (fore.left + fore.right) - sum / n : 0;
}

static void cast(double evidence, double weight, double *votes, double *all)
{
    if (evidence == 0)
        return;
    *votes += evidence > 0 ? weight : -weight;
    *all += weight;
}

void foot_side_vote(struct gait_measure_scratch *m, struct vec2 axis, uint8_t *ret_side, double *ret_confidence)
{
    double votes = 0, all = 0, gap;

    *ret_side = GAIT_SIDE_UNKNOWN;
    *ret_confidence = 0;
    if (m->flags & (GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_TRUNCATED))
        return;
    foot_frame_set(m, m->print[0].mm, axis, (struct vec2){axis.y, -axis.x});
    gap = concavity(m);
    cast(fabs(gap) >= m->area_mm2 ? gap : 0, 2, &votes, &all);
    cast(half_balance(m, 0.70, 1.01) - half_balance(m, 0.30, 0.70), 1, &votes, &all);
    cast(toe_tip_left(m), 1, &votes, &all);
    if (votes == 0)
        return;
    *ret_side = votes > 0 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
    *ret_confidence = 0.5 * (1 + fabs(votes) / all);
}
