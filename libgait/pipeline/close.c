/*
 * The end of a contact: what never carried a foot's force is counted and gone; a footfall's cells are gathered, measured, judged by the accept rules
 * (metrics.md 2.3) and queued.
 */
#include <math.h>
#include <string.h>

#include "metrics/foot.h"
#include "pipeline/state.h"

#define STANCE_SHORTEST_S 0.12
#define STANCE_SLOW_S     1.2

static void clear_record(struct gait_footfall *r)
{
    const struct gait_footfall keep = *r;

    memset(r, 0, sizeof *r);
    r->cop_capacity = keep.cop_capacity;
    r->cop_t_s = keep.cop_t_s;
    r->cop_x_mm = keep.cop_x_mm;
    r->cop_y_mm = keep.cop_y_mm;
    r->cop_force_N = keep.cop_force_N;
    r->heel_force_N = keep.heel_force_N;
    r->picture_capacity = keep.picture_capacity;
    r->picture_max_kPa = keep.picture_max_kPa;
    r->picture_mean_kPa = keep.picture_mean_kPa;
    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        r->value[i] = (double)NAN;
        r->reason[i] = GAIT_REASON_NOT_COMPUTED;
    }
}

static void set(struct gait_footfall *r, enum gait_metric metric, double value)
{
    r->value[metric] = value;
    r->reason[metric] = GAIT_REASON_NONE;
}

/* All that can be said of a contact that was too long or too large to keep: whole-foot sums, everything else NaN. */
static void fill_from_sums(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const double body_N = p->state.subject.mass_kg * 9.80665, stance_s = (double)(f->t_to_ns - f->t_ic_ns) * 1e-9;

    for (int i = 0; i < GAIT_METRIC_COUNT; i++)
        r->reason[i] = GAIT_REASON_STANDING;
    for (int i = 0; i < GAIT_REGION_COUNT; i++) {
        const double none = (double)NAN;

        r->region[i] = (struct gait_region_numbers){none, none, none, none, none, none, none, none, none, none, none};
    }
    for (int i = 0; i < GAIT_CURVE_COUNT; i++)
        for (int k = 0; k < GAIT_CURVE_SAMPLES; k++)
            r->curve[i][k] = (double)NAN;
    r->first_frame = f->first_frame;
    r->last_frame = f->last_frame;
    r->ic_mat_ns = f->t_ic_ns;
    r->to_mat_ns = f->t_to_ns;
    r->ic_ns = f->t_ic_placed_ns;
    r->side = f->side_override ? f->side_override : f->expected_side;
    r->gait_class = stance_s > p->state.parameters.standing_s ? GAIT_CLASS_STANDING : GAIT_CLASS_UNKNOWN;
    r->heel_x_mm = r->heel_y_mm = r->axis_x = r->axis_y = (double)NAN;
    r->origin_x_mm = r->origin_y_mm = r->progression_x = r->progression_y = (double)NAN;
    r->cpei_chord = r->cpei_third = r->cpei_width = r->third_heel = r->third_fore =
        (struct gait_line_mm){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    set(r, GAIT_METRIC_STANCE, stance_s);
    set(r, GAIT_METRIC_FORCE_MAX, f->force_max_N);
    set(r, GAIT_METRIC_IMPULSE, f->impulse_Ns);
    set(r, GAIT_METRIC_PEAK, f->peak_kPa);
    set(r, GAIT_METRIC_CONTACT_AREA_MAX, f->area_max_mm2 / 100);
    set(r, GAIT_METRIC_FOOTPRINT_AREA, f->footprint_cells * p->cell_mm2 / 100);
    r->reason[GAIT_METRIC_FORCE_MAX_BW] = r->reason[GAIT_METRIC_IMPULSE_BW] = GAIT_REASON_NO_MASS;
    if (body_N > 0) {
        set(r, GAIT_METRIC_FORCE_MAX_BW, 100 * f->force_max_N / body_N);
        set(r, GAIT_METRIC_IMPULSE_BW, 100 * f->impulse_Ns / body_N);
    }
    foot_validity_of_sums(&p->state, f->flags, r);
}

/* Measures what was gathered. Returns 0 or what gait_measure() says. */
static int measure(struct gait_pipeline *p, const struct foot *f, uint32_t frames, struct gait_footfall *r)
{
    struct gait_contact c = {
        .state = &p->state,
        .frames = frames,
        .t_mat_ns = p->gather_t_mat_ns,
        .t_ns = p->gather_t_ns,
        .first = p->gather_first,
        .cell = p->gather_cell,
        .p_kPa = p->gather_p_kPa,
        .offset_y_mm = p->gather_offset_y_mm,
        .filled = p->state.geometry.cell ? gait_calibrator_fill(p->calibrator) : NULL,
        .first_frame = f->first_frame,
        .last_frame = f->last_frame,
        .flags = f->flags,
        .side_override = f->side_override,
        .expected_side = f->expected_side,
    };
    int e;

    gait_steps_progression(&p->steps, &p->state, f->t_ic_ns, f->cop_x0_mm, f->cop_y0_mm, f->cop_x_mm - f->cop_x0_mm,
                           f->cop_y_mm - f->cop_y0_mm, &c.progression_x, &c.progression_y);
    if (p->belt_mm_per_s > 0) { /* who walks on a belt faces +y */
        c.progression_x = 0;
        c.progression_y = 1;
    }
    e = gait_measure(&c, p->scratch, r);
    if (e < 0)
        return e;
    r->heel_y_mm -= f->carried_mm;
    r->origin_y_mm -= f->carried_mm;
    return 0;
}

/* Rules of 2.3; a print that is too short is flagged partial where it is measured, before the validity matrix. */
static void accept(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const struct gait_parameters *q = &p->state.parameters;
    const double body_N = p->state.subject.mass_kg * 9.80665, area_cm2 = f->footprint_cells * p->cell_mm2 / 100;
    const double measured_s = r->value[GAIT_METRIC_STANCE]; /* NaN on a slow mat: then the frames themselves */
    const double stance_s = isnan(measured_s) ? (double)(f->t_to_ns - f->t_ic_ns) * 1e-9 : measured_s;
    const bool other_foot = f->expected_side && r->side && r->side != f->expected_side; /* kept, and does not count */

    if (f->force_max_N < q->min_force_N || f->force_max_N < q->min_force_BW * body_N)
        r->flags |= GAIT_FOOTFALL_TOO_LIGHT;
    if (f->footprint_cells < q->min_cells || area_cm2 < q->min_area_cm2)
        r->flags |= GAIT_FOOTFALL_TOO_SMALL;
    if (stance_s < STANCE_SHORTEST_S)
        r->flags |= GAIT_FOOTFALL_TOO_SHORT;
    if (stance_s > STANCE_SLOW_S)
        r->flags |= GAIT_FOOTFALL_SLOW;
    r->valid = !(r->flags &
                 (GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT | GAIT_FOOTFALL_PARTIAL |
                  GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_CUT | GAIT_FOOTFALL_GAP | GAIT_FOOTFALL_TRUNCATED |
                  GAIT_FOOTFALL_OPERATOR_INVALID | GAIT_FOOTFALL_DEAD_CELLS | GAIT_FOOTFALL_LOW_FS)) &&
               r->gait_class != GAIT_CLASS_STANDING && !other_foot;
}

static bool is_a_foot(const struct gait_footfall *r)
{
    return !(r->flags & (GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT));
}

/* What later footfalls of the trial may know of this one. */
static void remember(struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    gait_steps_add(&p->steps, &p->state, f->cop_x0_mm, f->cop_y0_mm, r);
    if (isfinite(r->progression_x)) {
        p->walk_x = r->progression_x;
        p->walk_y = r->progression_y;
    }
    p->last_side = r->side;
}

/* Makes the record of what was gathered; frames 0: of the sums alone. Returns 1, or 0: there was no record left. */
static int record(struct gait_pipeline *p, struct foot *f, uint32_t frames)
{
    struct gait_footfall *r = pool_take(&p->pool);

    if (!r) {
        p->counters.footfalls_dropped++;
        return 0;
    }
    clear_record(r);
    r->id = f->id;
    if (f->at_edge)
        f->flags |= GAIT_FOOTFALL_PARTIAL;
    if (f->near_hole)
        f->flags |= GAIT_FOOTFALL_DEAD_CELLS;
    if (frames == 0 || measure(p, f, frames, r) < 0) {
        f->flags |= GAIT_FOOTFALL_TRUNCATED;
        if (standing_measure(p, f, r) < 0)
            fill_from_sums(p, f, r);
    }
    standing_body(p, f, r);
    r->flags |= f->flags;
    accept(p, f, r);
    if (is_a_foot(r))
        remember(p, f, r);
    pool_close(&p->pool, r);
    p->counters.footfalls++;
    return 1;
}

/* A part as a foot of its own. */
static void part_foot(const struct gait_pipeline *p, const struct foot *whole, uint32_t part, uint32_t frames,
                      uint32_t lead, struct foot *ret)
{
    *ret = *whole;
    ret->first_frame = whole->first_frame + lead;
    ret->last_frame = ret->first_frame + frames - 1;
    ret->footprint_cells = p->split.part[part].cells;
    ret->extent = p->split.part[part].extent;
    gather_sums(p, frames, ret);
    if (ret->last_frame < whole->last_frame) /* what ended before the end was not cut by it */
        ret->flags &= ~(uint32_t)GAIT_FOOTFALL_CUT;
}

/* The next foot in order of landing that is not done yet. */
static uint32_t next_part(const struct split *s, uint32_t parts, uint32_t done)
{
    uint32_t next = parts;

    for (uint32_t k = 0; k < parts; k++)
        if (!s->part[k].drag && !(done >> k & 1) &&
            (next == parts || s->part[k].first_half_s < s->part[next].first_half_s))
            next = k;
    return next;
}

/* The n-th number that the group's contacts have shown live, or a fresh one. */
uint32_t close_number(struct gait_pipeline *p, uint32_t n)
{
    for (uint32_t k = 0; k < p->members; k++)
        if (p->foot[p->member[k]].id && n-- == 0)
            return p->foot[p->member[k]].id;
    return ++p->next_id;
}

static uint32_t feet_of(const struct split *s, uint32_t parts)
{
    uint32_t feet = 0;

    for (uint32_t k = 0; k < parts; k++)
        feet += !s->part[k].drag;
    return feet;
}

int close_part(struct gait_pipeline *p, struct foot *whole, uint32_t part, uint32_t id)
{
    const uint32_t feet = feet_of(&p->split, p->split.parts);
    struct foot f;
    uint32_t frames = gather_cells(p, whole), lead;
    const uint64_t t0_ns = p->gather_t_mat_ns[0];

    gather_keep(p, frames, part);
    frames = gather_trim(p, frames, &lead);
    part_foot(p, whole, part, frames, lead, &f);
    f.carried_mm = p->belt_mm_per_s * ((double)(p->gather_t_mat_ns[0] - t0_ns) * 1e-9);
    f.id = id;
    f.flags |=
        (feet > 1 ? (uint32_t)GAIT_FOOTFALL_SPLIT : 0) | (feet < p->split.parts ? (uint32_t)GAIT_FOOTFALL_TOE_DRAG : 0);
    return record(p, &f, frames);
}

/* Records the feet of a contact that was dealt out. */
static int record_parts(struct gait_pipeline *p, struct foot *whole, uint32_t parts)
{
    uint32_t done = 0, n = 0, k;
    int made = 0;

    while ((k = next_part(&p->split, parts, done)) < parts) {
        made += close_part(p, whole, k, close_number(p, n++));
        done |= 1u << k;
    }
    return made;
}

/* A footfall, or several that touched. */
static int record_whole(struct gait_pipeline *p, struct foot *whole)
{
    const uint32_t frames = gather_cells(p, whole);
    uint32_t parts;

    if (p->members > 1)
        gather_sums(p, frames, whole);
    whole->id = close_number(p, 0);
    if (!split_wanted(&whole->extent, &p->state.geometry, p->foot_length_mm))
        return record(p, whole, frames);
    parts = split_contact(&p->split, p->foot_length_mm, frames, p->gather_t_mat_ns, p->gather_first, p->gather_cell,
                          p->gather_p_kPa, p->gather_owner);
    if (parts > 1)
        return record_parts(p, whole, parts);
    whole->flags |= parts ? 0 : (uint32_t)GAIT_FOOTFALL_MERGED_FEET;
    return record(p, whole, frames);
}

/* Too long or too large to be worked as one: each contact by itself, as far as it goes. Two feet that touch while they stand have kept their cells apart. */
static int record_members(struct gait_pipeline *p, const struct foot *whole)
{
    const uint32_t members = p->members;
    const bool apart = members == 1 || split_wanted(&whole->extent, &p->state.geometry, p->foot_length_mm);
    int made = 0;

    for (uint32_t k = 0; k < members; k++) {
        struct foot *f = &p->foot[p->member[k]];

        f->flags |= members > 1 ? (uint32_t)GAIT_FOOTFALL_SPLIT : 0;
        if (!apart || split_wanted(&f->extent, &p->state.geometry, p->foot_length_mm))
            f->flags |= GAIT_FOOTFALL_MERGED_FEET;
        if (f->id)
            made += record(p, f, 0);
    }
    return made;
}

/* What lies at the rim of a footfall of the group and was over when that was is of that foot. */
static void take_rim(struct gait_pipeline *p)
{
    const uint32_t members = p->members;

    for (uint32_t k = 0; k < p->open; k++) {
        struct foot *speck = &p->foot[p->order[k]];

        for (uint32_t m = 0; m < members; m++) {
            const struct foot *f = &p->foot[p->member[m]];

            if (speck->group != f->group && speck->last_frame <= f->last_frame && track_at_rim(p, f, speck))
                speck->group = f->group;
        }
    }
    gather_group(p, p->member[0]);
}

int close_foot(struct gait_pipeline *p, uint32_t slot)
{
    uint32_t footfalls = 0;
    struct foot whole;
    int made = 0;

    gather_group(p, slot);
    take_rim(p);
    for (uint32_t k = 0; k < p->members; k++)
        footfalls += p->foot[p->member[k]].id != 0;
    if (footfalls == 0)
        p->counters.rejected_contacts += p->members;
    else if (gather_whole(p, &whole))
        made = record_whole(p, &whole);
    else
        made = record_members(p, &whole);
    for (uint32_t k = 0; k < p->members; k++)
        track_drop(p, p->member[k]);
    return made;
}
