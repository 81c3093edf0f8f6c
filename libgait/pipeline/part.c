/*
 * Feet that touched while one walked on (tandem steps, feet set side by side): the first to leave is recorded when it has left, and what is still down
 * goes on as a contact of its own. Else a chain of steps would be told apart only at the end of the walk.
 */
#include <math.h>
#include <string.h>

#include "pipeline/state.h"

#define LEFT_LENGTH 0.90 /* of FL: less may be the heel of a foot whose toes are still down */
#define TRY_AGAIN_S 0.008
#define OVERLAP_MM  10.0 /* that a straight line between two feet may leave on its other side */

static bool member_serial(const struct gait_pipeline *p, uint32_t serial)
{
    for (uint32_t k = 0; k < p->members; k++)
        if (p->foot[p->member[k]].serial == serial)
            return true;
    return false;
}

/* No contact for the closing gap. */
static bool has_left(const struct gait_pipeline *p, uint32_t cell)
{
    const uint32_t frame = p->home[cell].frame;

    return p->frames - frame >= p->frames_known ||
           p->t_mat_ns - p->frame[frame % p->frames_known].t_mat_ns >= seconds_ns(p->state.parameters.closing_gap_s);
}

static uint32_t cell_at(double mm, double pitch_mm)
{
    return mm > 0 ? (uint32_t)(mm / pitch_mm) : 0;
}

/* Where a group was and where it still is. */
struct halves {
    struct extent left, down;
    uint32_t row0, row1, col0, col1; /* box of both */
    double x, y, at_mm;              /* the line between them: down lies beyond at_mm along (x, y) */
};

enum { NOWHERE, HAS_LEFT, IS_DOWN };

static void box_of(const struct gait_pipeline *p, const struct extent *all, struct halves *ret)
{
    const struct gait_geometry *g = &p->state.geometry;
    const uint32_t up = EXTENT_DIRECTIONS / 2;

    ret->col0 = cell_at(all->low[0], g->pitch_x_mm);
    ret->col1 = cell_at(all->high[0], g->pitch_x_mm);
    ret->row0 = cell_at(all->low[up], g->pitch_y_mm);
    ret->row1 = cell_at(all->high[up], g->pitch_y_mm);
}

/* Notes in p->share, for all cells of the box, whether the group has left them; or clears it. */
static void note(struct gait_pipeline *p, const struct halves *h, bool clear)
{
    for (uint32_t row = h->row0; row <= h->row1; row++) {
        for (uint32_t col = h->col0; col <= h->col1; col++) {
            const uint32_t cell = row * p->state.geometry.cols + col;

            p->share[cell] = NOWHERE;
            if (!clear && member_serial(p, p->home[cell].serial))
                p->share[cell] = has_left(p, cell) ? HAS_LEFT : IS_DOWN;
        }
    }
}

/* Two neighbours say the same: a single noisy cell is no foot. */
static bool supported(const struct gait_pipeline *p, uint32_t row, uint32_t col)
{
    const struct gait_geometry *g = &p->state.geometry;
    const uint8_t what = p->share[row * g->cols + col];
    int same = -1; /* itself */

    for (uint32_t r = row ? row - 1 : 0; r <= row + 1 && r < g->rows; r++)
        for (uint32_t c = col ? col - 1 : 0; c <= col + 1 && c < g->cols; c++)
            same += p->share[r * g->cols + c] == what;
    return same >= 2;
}

static void reach(const struct gait_pipeline *p, struct halves *h)
{
    const struct gait_geometry *g = &p->state.geometry;

    extent_clear(&h->left);
    extent_clear(&h->down);
    for (uint32_t row = h->row0; row <= h->row1; row++) {
        for (uint32_t col = h->col0; col <= h->col1; col++) {
            const uint8_t what = p->share[row * g->cols + col];

            if (what != NOWHERE && supported(p, row, col))
                extent_add(what == HAS_LEFT ? &h->left : &h->down, ((double)col + 0.5) * g->pitch_x_mm,
                           ((double)row + 0.5) * g->pitch_y_mm);
        }
    }
}

/* A straight line divides them: else what is down may be the ball of the foot whose heel and lesser toes have left. */
static bool apart(struct halves *h)
{
    double widest = -HUGE_VAL;

    for (uint32_t k = 0; k < EXTENT_DIRECTIONS; k++) {
        const double ahead = h->down.low[k] - h->left.high[k], behind = h->left.low[k] - h->down.high[k];

        if (fmax(ahead, behind) <= widest)
            continue;
        widest = fmax(ahead, behind);
        extent_direction(k, &h->x, &h->y);
        h->at_mm = ahead > behind ? h->down.low[k] - ahead / 2 : -(h->down.high[k] + behind / 2);
        h->x = ahead > behind ? h->x : -h->x;
        h->y = ahead > behind ? h->y : -h->y;
    }
    return widest >= -OVERLAP_MM;
}

/* What has left is long enough for a foot, and what is down is no more than one. */
static bool one_has_left(const struct gait_pipeline *p, struct halves *h)
{
    const struct gait_geometry *g = &p->state.geometry;

    reach(p, h);
    return h->left.low[0] <= h->left.high[0] && h->down.low[0] <= h->down.high[0] && apart(h) &&
           extent_box(&h->left, g->pitch_x_mm, g->pitch_y_mm).length_mm >= LEFT_LENGTH * p->foot_length_mm &&
           !split_wanted(&h->down, g, p->foot_length_mm);
}

/* Contacts that the whole group was too long to take in, but what is down is not: the forefoot of a high arch. Returns true when there was one. */
static bool take_in(struct gait_pipeline *p, uint32_t group, const struct extent *down)
{
    const uint32_t before = p->members;

    for (uint32_t k = 0; k < p->open; k++) {
        struct foot *f = &p->foot[p->order[k]];
        struct extent joint = *down;

        extent_join(&joint, &f->extent);
        if (f->group != group && f->group == f->serial && track_one_foot(p, &joint))
            f->group = group;
    }
    gather_group(p, p->member[0]);
    return p->members > before;
}

/* What a part that goes on keeps of the contact it was. */
struct kept {
    uint32_t id;
    uint8_t side_override, expected_side;
};

static struct kept keep(const struct gait_pipeline *p, uint32_t id)
{
    for (uint32_t k = 0; k < p->members; k++) {
        const struct foot *was = &p->foot[p->member[k]];

        if (was->id == id)
            return (struct kept){id, was->side_override, was->expected_side};
    }
    return (struct kept){.id = id};
}

/* Pours the cells of one part, as gathered for `whole`, into a contact. */
static void pour(struct gait_pipeline *p, const struct foot *whole, uint32_t frames, uint32_t part, struct foot *f)
{
    const uint32_t cols = p->state.geometry.cols;
    bool begun = false;

    for (uint32_t k = 0; k < frames; k++) {
        const uint64_t frame = whole->first_frame + k;

        f->cells_now = 0;
        f->p_now = f->px_now = f->py_now = 0;
        for (uint32_t i = p->gather_first[k]; i < p->gather_first[k + 1]; i++) {
            const uint32_t cell = p->gather_cell[i];

            if (split_part_of(&p->split, cell, p->gather_t_mat_ns[k]) != part)
                continue;
            if (!begun) {
                f->first_frame = f->last_frame = frame;
                f->t_first_ns = p->gather_t_mat_ns[k];
            }
            begun = true;
            track_add_cell(p, f, frame, cell / cols, cell % cols, p->gather_p_kPa[i]);
        }
        if (f->cells_now)
            track_end_frame(p, f, frame);
    }
    if (f->last_frame != p->frames)
        f->cells_now = 0;
}

/* What is still down becomes a contact of its own in place of the group. */
static void go_on(struct gait_pipeline *p, struct foot *whole, const struct kept *kept)
{
    const uint32_t frames = gather_cells(p, whole);
    uint32_t slot;
    struct foot *f;

    for (uint32_t k = 0; k < p->members; k++)
        track_drop(p, p->member[k]);
    slot = track_new(p);
    if (slot == SERIAL_DROPPED)
        return;
    f = &p->foot[slot];
    f->id = kept->id;
    f->flags = whole->flags | GAIT_FOOTFALL_SPLIT;
    f->side_override = kept->side_override;
    f->expected_side = kept->expected_side;
    pour(p, whole, frames, SPLIT_DOWN, f);
}

/* Which half a cell of the footprint belongs to; a lone one goes with the side of the line it lies on. */
static uint8_t half_of(const struct gait_pipeline *p, const struct halves *h, const struct split_cell *c)
{
    const uint32_t cols = p->state.geometry.cols;

    if (p->share[c->cell] == NOWHERE || !supported(p, c->cell / cols, c->cell % cols))
        return c->x_mm * h->x + c->y_mm * h->y > h->at_mm ? SPLIT_DOWN : SPLIT_LEFT;
    return p->share[c->cell] == HAS_LEFT ? SPLIT_LEFT : SPLIT_DOWN;
}

/* Deals the group's cells out to the halves. Returns false when they are not a foot that has left and one that goes on. */
static bool deal_out(struct gait_pipeline *p, const struct halves *h, struct foot *whole)
{
    const uint32_t frames = gather_cells(p, whole);
    struct split *s = &p->split;

    if (!split_open(s, p->foot_length_mm, frames, p->gather_t_mat_ns, p->gather_first, p->gather_cell, p->gather_p_kPa,
                    p->gather_owner))
        return false;
    for (uint32_t k = 0; k < s->n; k++)
        s->cell[k].part = half_of(p, h, &s->cell[k]);
    return split_in_two(s, p->gather_t_mat_ns[0]);
}

/* Records the foot of the halves that has left; the other goes on. Returns the number of records made. */
static int part(struct gait_pipeline *p, const struct halves *h, struct foot *whole)
{
    struct kept kept;
    int made;

    if (!deal_out(p, h, whole))
        return 0;
    if (take_in(p, whole->group, &h->down) && !(gather_whole(p, whole) && deal_out(p, h, whole)))
        return 0;
    made = close_part(p, whole, SPLIT_LEFT, close_number(p, 0));
    kept = keep(p, close_number(p, 1));
    go_on(p, whole, &kept);
    return made;
}

/* One group. Returns the number of records made. */
static int part_group(struct gait_pipeline *p, uint32_t slot)
{
    struct halves h;
    struct foot whole;
    int made = 0;

    gather_group(p, slot);
    if (!gather_whole(p, &whole) || !split_wanted(&whole.extent, &p->state.geometry, p->foot_length_mm))
        return 0;
    p->foot[slot].t_tried_ns = p->t_mat_ns;
    box_of(p, &whole.extent, &h);
    note(p, &h, false);
    if (one_has_left(p, &h))
        made = part(p, &h, &whole);
    note(p, &h, true);
    return made;
}

int part_due(struct gait_pipeline *p)
{
    int made = 0;

    for (uint32_t k = 0; k < p->open && !(p->belt_mm_per_s > 0); k++) {
        const struct foot *f = &p->foot[p->order[k]];

        if (f->serial == f->group && p->t_mat_ns - f->t_tried_ns >= seconds_ns(TRY_AGAIN_S))
            made += part_group(p, p->order[k]);
    }
    return made;
}
