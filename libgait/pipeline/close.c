/*
 * The end of a contact: what never carried a foot's force is counted and gone; a footfall's cells are gathered, measured, judged by the accept rules
 * (metrics.md 2.3) and queued.
 */
#include <math.h>
#include <string.h>

#include "pipeline/state.h"

#define STANCE_SHORTEST_S 0.12
#define STANCE_SLOW_S     1.2
#define PARTIAL_LENGTH    0.85 /* of the median length of that side's full steps */

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
}

/* The contact's cells and times in the form that is measured. Returns the number of frames. */
static uint32_t gather(struct gait_pipeline *p, const struct foot *f)
{
    const uint32_t frames = (uint32_t)(f->last_frame - f->first_frame + 1);

    arena_copy(&p->arena, &f->chain, p->gather_cell, p->gather_p_kPa);
    p->gather_first[0] = 0;
    for (uint32_t k = 0; k < frames; k++) {
        const struct frame_info *info = &p->frame[(f->first_frame + k) % p->frames_known];

        p->gather_first[k + 1] = p->gather_first[k] + f->count[k];
        p->gather_t_mat_ns[k] = info->t_mat_ns;
        p->gather_t_ns[k] = info->t_ns;
    }
    return frames;
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
        .filled = p->state.geometry.cell ? gait_calibrator_fill(p->calibrator) : NULL,
        .first_frame = f->first_frame,
        .last_frame = f->last_frame,
        .flags = f->flags,
        .side_override = f->side_override,
        .expected_side = f->expected_side,
    };

    gait_steps_progression(&p->steps, f->cop_x0_mm, f->cop_y0_mm, f->cop_x_mm - f->cop_x0_mm,
                           f->cop_y_mm - f->cop_y0_mm, &c.progression_x, &c.progression_y);
    return gait_measure(&c, p->scratch, r);
}

/* Rules of 2.3. */
static void accept(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const struct gait_parameters *q = &p->state.parameters;
    const double body_N = p->state.subject.mass_kg * 9.80665, area_cm2 = f->footprint_cells * p->cell_mm2 / 100;
    const double measured_s = r->value[GAIT_METRIC_STANCE]; /* NaN on a slow mat: then the frames themselves */
    const double stance_s = isnan(measured_s) ? (double)(f->t_to_ns - f->t_ic_ns) * 1e-9 : measured_s;
    const double known = r->side ? p->state.session.length_mm[r->side - 1] : (double)NAN;

    if (f->force_max_N < q->min_force_N || f->force_max_N < q->min_force_BW * body_N)
        r->flags |= GAIT_FOOTFALL_TOO_LIGHT;
    if (f->footprint_cells < q->min_cells || area_cm2 < q->min_area_cm2)
        r->flags |= GAIT_FOOTFALL_TOO_SMALL;
    if (stance_s < STANCE_SHORTEST_S)
        r->flags |= GAIT_FOOTFALL_TOO_SHORT;
    if (stance_s > STANCE_SLOW_S)
        r->flags |= GAIT_FOOTFALL_SLOW;
    if (r->value[GAIT_METRIC_LENGTH] < PARTIAL_LENGTH * known)
        r->flags |= GAIT_FOOTFALL_PARTIAL;
    r->valid = !(r->flags & (GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT |
                             GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_CUT | GAIT_FOOTFALL_GAP |
                             GAIT_FOOTFALL_TRUNCATED | GAIT_FOOTFALL_OPERATOR_INVALID | GAIT_FOOTFALL_DEAD_CELLS)) &&
               r->gait_class != GAIT_CLASS_STANDING;
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

/* Returns 1, or 0: there was no record left. */
static int record(struct gait_pipeline *p, struct foot *f)
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
    if (f->sums_only || p->frames - f->first_frame >= p->frames_known || measure(p, f, gather(p, f), r) < 0) {
        f->flags |= GAIT_FOOTFALL_TRUNCATED;
        fill_from_sums(p, f, r);
    }
    r->flags |= f->flags;
    accept(p, f, r);
    if (is_a_foot(r))
        remember(p, f, r);
    pool_close(&p->pool, r);
    p->counters.footfalls++;
    return 1;
}

int close_foot(struct gait_pipeline *p, uint32_t slot, uint32_t flags)
{
    struct foot *f = &p->foot[slot];
    int made = 0;

    f->flags |= flags;
    if (f->id == 0)
        p->counters.rejected_contacts++;
    else
        made = record(p, f);
    track_drop(p, slot);
    return made;
}
