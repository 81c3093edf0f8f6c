#include "pipeline/standing.h"

#include <errno.h>
#include <math.h>

#include "pipeline/state.h"

void standing_add(struct gait_pipeline *p, uint32_t cell, float p_kPa, bool fresh)
{
    struct standing_cell *c = &p->stand[cell];

    if (fresh)
        *c = (struct standing_cell){0};
    c->sum_kPa += (double)p_kPa;
    c->max_kPa = p_kPa > c->max_kPa ? p_kPa : c->max_kPa;
}

void standing_begin(struct gait_pipeline *p, const struct foot *f)
{
    struct arena_cursor cursor = arena_begin(&f->chain);
    uint32_t cell;
    float p_kPa;

    for (size_t i = 0; i < gait_geometry_cells(&p->state.geometry); i++)
        if (p->home[i].serial == f->serial)
            p->stand[i] = (struct standing_cell){0};
    for (uint32_t k = 0; k < f->chain.entries; k++) {
        arena_read(&p->arena, &cursor, 1, &cell, &p_kPa);
        if (p->home[cell].serial == f->serial)
            standing_add(p, cell, p_kPa, false);
    }
}

/* The print as a contact of two equal frames, at initial contact and toe-off: largest pressures, or means. Returns how many cells it has. */
static uint32_t picture(struct gait_pipeline *p, const struct foot *f, bool largest)
{
    const double frames = f->own.points > 0 ? f->own.points : 1;
    uint32_t n = 0;

    for (uint32_t i = 0; i < gait_geometry_cells(&p->state.geometry) && n < p->gather_entries / 2; i++) {
        if (p->home[i].serial != f->serial || !(p->stand[i].max_kPa > 0))
            continue;
        p->gather_cell[n] = i;
        p->gather_p_kPa[n++] = largest ? p->stand[i].max_kPa : (float)(p->stand[i].sum_kPa / frames);
    }
    for (uint32_t i = 0; i < n; i++) {
        p->gather_cell[n + i] = p->gather_cell[i];
        p->gather_p_kPa[n + i] = p->gather_p_kPa[i];
    }
    p->gather_first[0] = 0;
    p->gather_first[1] = n;
    p->gather_first[2] = 2 * n;
    p->gather_t_mat_ns[0] = f->t_ic_ns;
    p->gather_t_mat_ns[1] = f->t_to_ns;
    p->gather_t_ns[0] = f->t_ic_placed_ns;
    p->gather_t_ns[1] = f->t_ic_placed_ns + (f->t_to_ns - f->t_ic_ns);
    return n;
}

static int measure_picture(struct gait_pipeline *p, const struct foot *f, bool largest, struct gait_footfall *r)
{
    const bool walked = isfinite(p->walk_x);
    struct gait_contact c = {
        .state = &p->state,
        .frames = 2,
        .t_mat_ns = p->gather_t_mat_ns,
        .t_ns = p->gather_t_ns,
        .first = p->gather_first,
        .cell = p->gather_cell,
        .p_kPa = p->gather_p_kPa,
        .filled = p->state.geometry.cell ? gait_calibrator_fill(p->calibrator) : NULL,
        .first_frame = f->first_frame,
        .last_frame = f->last_frame,
        .flags = f->flags & ~(uint32_t)GAIT_FOOTFALL_TRUNCATED,
        .side_override = f->side_override,
        .expected_side = f->expected_side,
        .progression_x = walked ? p->walk_x : 0,
        .progression_y = walked ? p->walk_y : 1,
    };

    return picture(p, f, largest) ? gait_measure(&c, p->scratch, r) : -EINVAL;
}

static void put(struct gait_footfall *r, enum gait_metric metric, double value)
{
    if (r->reason[metric] != GAIT_REASON_NONE && r->reason[metric] != GAIT_REASON_NOT_COMPUTED)
        return; /* refused: partial, merged, a gap, too few frames a second */
    r->value[metric] = value;
    r->reason[metric] = (uint8_t)(isnan(value) ? GAIT_REASON_TOO_SHORT : GAIT_REASON_NONE);
}

/* Numbers that two equal frames cannot know come from the running sums. */
static void put_sums(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const double body_N = p->state.subject.mass_kg * 9.80665;

    put(r, GAIT_METRIC_FORCE_MAX, f->force_max_N);
    put(r, GAIT_METRIC_IMPULSE, f->impulse_Ns);
    put(r, GAIT_METRIC_PEAK, f->peak_kPa);
    put(r, GAIT_METRIC_CONTACT_AREA_MAX, f->area_max_mm2 / 100);
    if (body_N > 0) {
        put(r, GAIT_METRIC_FORCE_MAX_BW, 100 * f->force_max_N / body_N);
        put(r, GAIT_METRIC_IMPULSE_BW, 100 * f->impulse_Ns / body_N);
    }
    put(r, GAIT_METRIC_SWAY_PATH, f->own.path_mm);
    put(r, GAIT_METRIC_SWAY_VELOCITY, sway_velocity_mm_per_s(&f->own));
    put(r, GAIT_METRIC_SWAY_ELLIPSE, sway_ellipse_mm2(&f->own) * 1e-2);
    put(r, GAIT_METRIC_STANDING_LOAD, f->own.force_N / f->own.points);
}

/* No course in time is left: no curves, no path, no numbers of regions. */
static void clear_courses(struct gait_footfall *r)
{
    const double none = (double)NAN;

    for (int i = 0; i < GAIT_REGION_COUNT; i++)
        r->region[i] = (struct gait_region_numbers){none, none, none, none, none, none, none, none, none, none, none};
    for (int i = 0; i < GAIT_CURVE_COUNT; i++)
        for (int k = 0; k < GAIT_CURVE_SAMPLES; k++)
            r->curve[i][k] = none;
    r->cop_frames = 0;
}

int standing_measure(struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const double stood_s = (double)(f->t_to_ns - f->t_ic_ns) * 1e-9;
    double weighted;
    uint8_t reason;
    int e;

    if (!f->sums_only || !(stood_s > p->state.parameters.standing_s))
        return -EINVAL;
    e = measure_picture(p, f, true, r); /* the index that weighs by largest pressures */
    if (e < 0)
        return e;
    weighted = r->value[GAIT_METRIC_STATIC_MAI];
    reason = r->reason[GAIT_METRIC_STATIC_MAI];
    e = measure_picture(p, f, false, r); /* all else: shares are those of the impulses */
    if (e < 0)
        return e;
    r->value[GAIT_METRIC_STATIC_MAI] = weighted;
    r->reason[GAIT_METRIC_STATIC_MAI] = reason;
    put_sums(p, f, r);
    clear_courses(r);
    r->ic_mat_ns = f->t_ic_ns;
    r->to_mat_ns = f->t_to_ns;
    r->ic_ns = f->t_ic_placed_ns;
    return 0;
}

void standing_body(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r)
{
    const bool slow = p->state.geometry.rate_hz < 49;
    const double load_N = r->value[GAIT_METRIC_STANDING_LOAD];

    if (r->gait_class != GAIT_CLASS_STANDING || f->all.points == 0)
        return;
    if (slow || (f->flags & GAIT_FOOTFALL_GAP)) {
        for (int k = GAIT_METRIC_STANDING_SHARE; k <= GAIT_METRIC_BODY_SWAY_ELLIPSE; k++)
            r->reason[k] = slow ? GAIT_REASON_LOW_FS : GAIT_REASON_GAP;
        return;
    }
    if (r->reason[GAIT_METRIC_STANDING_LOAD] != GAIT_REASON_NONE)
        r->reason[GAIT_METRIC_STANDING_SHARE] = r->reason[GAIT_METRIC_STANDING_LOAD];
    else
        put(r, GAIT_METRIC_STANDING_SHARE, 100 * load_N / (f->all.force_N / f->all.points));
    put(r, GAIT_METRIC_BODY_SWAY_PATH, f->all.path_mm);
    put(r, GAIT_METRIC_BODY_SWAY_VELOCITY, sway_velocity_mm_per_s(&f->all));
    put(r, GAIT_METRIC_BODY_SWAY_ELLIPSE, sway_ellipse_mm2(&f->all) * 1e-2);
}
