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

/* Chords heel edge - forefoot edge on both sides: the edges of the bands 0.10-0.30 and 0.60-0.80 of the length, set at their middles. */
struct chords {
    struct row heel, fore;
    double heel_u, fore_u;
};

static double on_chord(const struct chords *c, double heel, double fore, double u)
{
    return heel + (fore - heel) * (u - c->heel_u) / (c->fore_u - c->heel_u);
}

/* Empty width between the chords and the contact, left minus right, mm2. */
static double concavity(const struct gait_measure_scratch *m)
{
    double l = m->length, sum = 0;
    struct chords c = {row_between(m, 0.10 * l, 0.30 * l), row_between(m, 0.60 * l, 0.80 * l), 0.20 * l, 0.70 * l};

    if (!c.heel.contact || !c.fore.contact)
        return 0;
    for (double u = 0.30 * l; u < 0.70 * l; u += m->pitch_u) {
        struct row r = row_between(m, u, u + m->pitch_u);
        double at = u + 0.5 * m->pitch_u;

        if (r.contact)
            sum += max2(0, r.left - on_chord(&c, c.heel.left, c.fore.left, at)) -
                   max2(0, on_chord(&c, c.heel.right, c.fore.right, at) - r.right);
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

/* Evidence below its least is no vote: a symmetric print says nothing. */
static void cast(double evidence, double least, double weight, double *votes, double *all)
{
    if (!(fabs(evidence) >= least))
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
    cast(gap, m->area_mm2, 2, &votes, &all);
    cast(half_balance(m, 0.70, 1.01) - half_balance(m, 0.30, 0.70), 0.02, 1, &votes, &all);
    cast(toe_tip_left(m), 0.1 * m->pitch_v, 1, &votes, &all);
    if (all == 0)
        return;
    if (votes == 0) /* forefoot and toes against the concavity, which flat feet break */
        votes = gap > 0 ? -0.5 : 0.5;
    *ret_side = votes > 0 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
    *ret_confidence = 0.5 * (1 + fabs(votes) / all);
}
