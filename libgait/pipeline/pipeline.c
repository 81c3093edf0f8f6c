#include "gait/pipeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/state.h"

#define GAP_FILLED_S    0.020
#define FOOT_LENGTH_MM  265.0
#define FOOT_OF_STATURE 0.153
#define FOOTPRINT_MM2   60000.0
#define NEARLY_OFF      0.25 /* of the largest force */
#define RATE_MARGIN     1.25 /* a mat may run faster than it says */

static struct gait_pipeline_limits limits_of(const struct gait_geometry *g, const struct gait_pipeline_limits *asked)
{
    struct gait_pipeline_limits l = asked ? *asked : (struct gait_pipeline_limits){0};
    const double cells = FOOTPRINT_MM2 / gait_geometry_cell_area_mm2(g);

    l.open_footfalls = l.open_footfalls ? l.open_footfalls : 16;
    l.longest_stance_s = l.longest_stance_s > 0 ? l.longest_stance_s : 3;
    l.closed_footfalls = l.closed_footfalls ? l.closed_footfalls : 32;
    if (l.footprint_cells == 0)
        l.footprint_cells = cells < 64 ? 64 : (uint32_t)cells;
    if (l.footprint_cells > gait_geometry_cells(g))
        l.footprint_cells = (uint32_t)gait_geometry_cells(g);
    return l;
}

static int take_state(struct gait_pipeline *p, const struct gait_geometry *g)
{
    const size_t cells = gait_geometry_cells(g);
    struct gait_calibration *c = &p->state.calibration;

    p->state.geometry = *g;
    p->state.geometry.cell = malloc(cells);
    c->curve_count = malloc(GAIT_CURVE_POINTS_MAX * sizeof(float));
    c->curve_kPa = malloc(GAIT_CURVE_POINTS_MAX * sizeof(float));
    if (!p->state.geometry.cell || !c->curve_count || !c->curve_kPa)
        return -ENOMEM;
    if (g->cell)
        memcpy(p->state.geometry.cell, g->cell, cells);
    else
        memset(p->state.geometry.cell, GAIT_CELL_OK, cells);
    return 0;
}

static int take_tracking(struct gait_pipeline *p, size_t cells)
{
    p->frames_max = (uint32_t)(p->limits.longest_stance_s * p->state.geometry.rate_hz * RATE_MARGIN) + 32;
    p->frames_known = 2 * p->frames_max;
    p->slots = p->limits.open_footfalls + SMALL_CONTACTS;
    p->gather_entries = p->frames_max * p->limits.footprint_cells;
    p->frame = calloc(p->frames_known, sizeof *p->frame);
    p->foot = calloc(p->slots, sizeof *p->foot);
    p->order = calloc(p->slots, sizeof *p->order);
    p->count = calloc((size_t)p->slots * p->frames_max, sizeof *p->count);
    p->member = calloc(p->slots, sizeof *p->member);
    p->cursor = calloc(p->slots, sizeof *p->cursor);
    p->home = calloc(cells, sizeof *p->home);
    p->stand = calloc(cells, sizeof *p->stand);
    p->share = calloc(cells, sizeof *p->share);
    p->queue = calloc(cells, sizeof *p->queue);
    p->gather_cell = calloc(p->gather_entries, sizeof *p->gather_cell);
    p->gather_p_kPa = calloc(p->gather_entries, sizeof *p->gather_p_kPa);
    p->gather_owner = calloc(p->gather_entries, sizeof *p->gather_owner);
    p->gather_first = calloc((size_t)p->frames_max + 1, sizeof *p->gather_first);
    p->gather_t_mat_ns = calloc(p->frames_max, sizeof *p->gather_t_mat_ns);
    p->gather_t_ns = calloc(p->frames_max, sizeof *p->gather_t_ns);
    p->gather_offset_y_mm = calloc(p->frames_max, sizeof *p->gather_offset_y_mm);
    if (!p->member || !p->cursor || !p->frame || !p->foot || !p->order || !p->count || !p->home || !p->stand ||
        !p->share || !p->queue || !p->gather_cell || !p->gather_p_kPa || !p->gather_owner || !p->gather_first ||
        !p->gather_t_mat_ns || !p->gather_t_ns || !p->gather_offset_y_mm)
        return -ENOMEM;
    return arena_init(p->gather_entries, &p->arena);
}

static int take_all(struct gait_pipeline *p, const struct gait_geometry *g)
{
    int r = take_state(p, g);

    if (r < 0)
        return r;
    r = gait_calibrator_new(g, &p->calibrator);
    if (r < 0)
        return r;
    r = contact_pass_init(p->calibrator, &p->pass);
    if (r < 0)
        return r;
    r = label_init(g->rows, g->cols, &p->label);
    if (r < 0)
        return r;
    r = take_tracking(p, gait_geometry_cells(g));
    if (r < 0)
        return r;
    r = pool_init(p->limits.closed_footfalls, p->frames_max, p->limits.footprint_cells, &p->pool);
    if (r < 0)
        return r;
    r = split_init(g, p->limits.footprint_cells * SPLIT_PARTS_MAX, &p->split);
    if (r < 0)
        return r;
    return gait_measure_scratch_new(g, p->frames_max, 0, &p->scratch);
}

int gait_pipeline_new(const struct gait_geometry *geometry, struct gait_ring *ring,
                      const struct gait_pipeline_limits *limits, struct gait_pipeline **ret_pipeline)
{
    struct gait_pipeline *p;
    int r = gait_geometry_check(geometry);

    if (r < 0)
        return r;
    if (posix_memalign((void **)&p, 64, sizeof *p) != 0)
        return -ENOMEM;
    memset(p, 0, sizeof *p);
    p->ring = ring;
    p->limits = limits_of(geometry, limits);
    r = take_all(p, geometry);
    if (r < 0) {
        gait_pipeline_free(p);
        return r;
    }
    *ret_pipeline = p;
    return 0;
}

void gait_pipeline_free(struct gait_pipeline *pipeline)
{
    struct gait_pipeline *p = pipeline;

    if (!p)
        return;
    free(p->state.geometry.cell);
    free(p->state.calibration.curve_count);
    free(p->state.calibration.curve_kPa);
    contact_pass_done(&p->pass);
    gait_calibrator_free(p->calibrator);
    label_done(&p->label);
    arena_done(&p->arena);
    pool_done(&p->pool);
    split_done(&p->split);
    gait_measure_scratch_free(p->scratch);
    free(p->frame);
    free(p->foot);
    free(p->order);
    free(p->count);
    free(p->member);
    free(p->cursor);
    free(p->home);
    free(p->stand);
    free(p->share);
    free(p->queue);
    free(p->gather_cell);
    free(p->gather_p_kPa);
    free(p->gather_owner);
    free(p->gather_first);
    free(p->gather_t_mat_ns);
    free(p->gather_t_ns);
    free(p->gather_offset_y_mm);
    free(p);
}

/* Copies what is measured with into memory that is there already; the calibrator has the arrays of the calibration. */
static void copy_state(struct gait_pipeline *p, const struct gait_trial_state *state)
{
    uint8_t *cell = p->state.geometry.cell;
    float *count = p->state.calibration.curve_count, *kPa = p->state.calibration.curve_kPa;
    const struct gait_calibration *from = &state->calibration;

    p->state = *state;
    p->state.geometry.cell = cell;
    if (state->geometry.cell)
        memcpy(cell, state->geometry.cell, gait_geometry_cells(&state->geometry));
    else
        memset(cell, GAIT_CELL_OK, gait_geometry_cells(&state->geometry));
    p->state.calibration.offset = p->state.calibration.gain = p->state.calibration.sigma = NULL;
    p->state.calibration.curve_count = count;
    p->state.calibration.curve_kPa = kPa;
    if (from->n_curve) {
        memcpy(count, from->curve_count, from->n_curve * sizeof *count);
        memcpy(kPa, from->curve_kPa, from->n_curve * sizeof *kPa);
    }
}

static double foot_length(const struct gait_subject *s)
{
    double longest = 0;

    for (int side = 0; side < 2; side++)
        if (s->foot_length_mm[side] > longest)
            longest = s->foot_length_mm[side];
    if (longest > 0)
        return longest;
    return s->stature_m > 0 ? FOOT_OF_STATURE * s->stature_m * 1000 : FOOT_LENGTH_MM;
}

/* All four corners are no cells: an insole. */
static bool is_insole(const struct gait_geometry *g)
{
    const size_t last = gait_geometry_cells(g) - 1, right = g->cols - 1;

    return g->cell && g->cell[0] == GAIT_CELL_MISSING && g->cell[right] == GAIT_CELL_MISSING &&
           g->cell[last - right] == GAIT_CELL_MISSING && g->cell[last] == GAIT_CELL_MISSING;
}

static double belt_speed(const struct gait_parameters *q)
{
    return q->surface == GAIT_TREADMILL && q->belt_speed_m_per_s > 0 ? 1000 * q->belt_speed_m_per_s : 0;
}

static void clear_trial(struct gait_pipeline *p)
{
    const double radian = 3.14159265358979323846 / 180;

    arena_reset(&p->arena);
    memset(p->home, 0, gait_geometry_cells(&p->state.geometry) * sizeof *p->home);
    for (uint32_t s = 0; s < p->slots; s++)
        p->foot[s].serial = 0;
    p->open = 0;
    p->frames = p->gap_begin = 0;
    p->next_serial = p->next_id = 0;
    p->next_side = p->next_side_pending = p->last_side = GAIT_SIDE_UNKNOWN;
    p->walk_x = p->walk_y = (double)NAN;
    memset(&p->counters, 0, sizeof p->counters);
    gait_steps_reset(&p->steps);
    for (int side = 0; side < 2; side++) {
        const double out = p->state.session.toe_out_deg[side];

        p->toe_out_cos[side] = isfinite(out) ? cos(out * radian) : 1;
        p->toe_out_sin[side] = isfinite(out) ? sin(out * radian) : 0;
    }
}

static bool same_matrix(const struct gait_geometry *a, const struct gait_geometry *b)
{
    return a->rows == b->rows && a->cols == b->cols && a->dtype == b->dtype && a->pitch_x_mm == b->pitch_x_mm &&
           a->pitch_y_mm == b->pitch_y_mm;
}

int gait_pipeline_start(struct gait_pipeline *pipeline, const struct gait_trial_state *state)
{
    struct gait_pipeline *p = pipeline;
    int r;

    if (!same_matrix(&p->state.geometry, &state->geometry) || gait_geometry_check(&state->geometry) < 0 ||
        gait_parameters_check(&state->parameters) < 0)
        return -EINVAL;
    r = gait_calibration_check(&state->calibration, &state->geometry);
    if (r < 0)
        return r;
    gait_calibrator_cells(p->calibrator, state->geometry.cell);
    r = gait_calibrator_load(p->calibrator, &state->calibration);
    if (r < 0)
        return r;
    copy_state(p, state);
    contact_pass_begin(&p->pass, state->parameters.p_on_kPa, state->parameters.p_off_kPa,
                       state->parameters.cop_force_N);
    p->period_ns = seconds_ns(1 / state->geometry.rate_hz);
    p->cell_mm2 = gait_geometry_cell_area_mm2(&state->geometry);
    p->foot_length_mm = foot_length(&state->subject);
    p->belt_mm_per_s = belt_speed(&state->parameters);
    p->insole = is_insole(&state->geometry);
    clear_trial(p);
    return 0;
}

/* Frames lost just before this one, inside a contact: few enough are bridged by the times alone, more spoil the footfall. */
static void note_gap(struct gait_pipeline *p, const struct gait_frame_meta *meta)
{
    const uint64_t lost = (uint64_t)meta->gap_device + meta->gap_ring;
    const bool bridged = lost == 1 || (double)lost * (double)p->period_ns <= GAP_FILLED_S * 1e9;

    p->blind = !bridged;
    for (uint32_t k = 0; k < p->open; k++) {
        struct foot *f = &p->foot[p->order[k]];

        if (f->last_frame + 1 == p->frames)
            f->flags |= bridged ? GAIT_FOOTFALL_GAP_FILLED : GAIT_FOOTFALL_GAP;
    }
}

static void note_time(struct gait_pipeline *p, const struct gait_frame_meta *meta)
{
    const uint64_t gap_ns = seconds_ns(p->state.parameters.blob_gap_s);
    const uint64_t reach = (gap_ns > p->period_ns ? gap_ns : p->period_ns) + p->period_ns;

    p->t_mat_ns = p->frames && meta->t_mat_ns < p->t_mat_ns ? p->t_mat_ns : meta->t_mat_ns;
    p->frame[p->frames % p->frames_known] = (struct frame_info){p->t_mat_ns, meta->t_ns};
    if (p->frames >= p->frames_known && p->gap_begin < p->frames + 1 - p->frames_known)
        p->gap_begin = p->frames + 1 - p->frames_known;
    while (p->gap_begin < p->frames && p->frame[p->gap_begin % p->frames_known].t_mat_ns + reach < p->t_mat_ns)
        p->gap_begin++;
}

/* True when no contact of a group has been touched for the closing gap. */
static bool due(const struct gait_pipeline *p, uint32_t group, uint64_t wait_ns)
{
    for (uint32_t k = 0; k < p->open; k++) {
        const struct foot *f = &p->foot[p->order[k]];

        if (f->group == group && (f->last_frame == p->frames || p->t_mat_ns - f->t_last_ns < wait_ns))
            return false;
    }
    return true;
}

static int close_due(struct gait_pipeline *p)
{
    const uint64_t blob = seconds_ns(p->state.parameters.blob_gap_s);
    const uint64_t gap = seconds_ns(p->state.parameters.closing_gap_s), longest = gap > blob ? gap : blob;
    const uint64_t wait_ns = longest > p->period_ns ? longest : p->period_ns;
    int closed = 0;

    for (uint32_t k = 0; k < p->open;) {
        const uint32_t slot = p->order[k];

        if (due(p, p->foot[slot].group, wait_ns) && !track_waits(p, &p->foot[slot])) {
            closed += close_foot(p, slot);
            k = 0;
        } else {
            k++;
        }
    }
    return closed;
}

int gait_pipeline_frame(struct gait_pipeline *pipeline, struct gait_slot *slot)
{
    struct gait_pipeline *p = pipeline;
    int closed;

    note_time(p, &slot->meta);
    p->blind = false;
    if (p->frames && (slot->meta.gap_device || slot->meta.gap_ring))
        note_gap(p, &slot->meta);
    contact_frame(&p->pass, slot->raw, &slot->numbers);
    track_frame(p, slot->raw, slot->numbers.saturated_cells > 0);
    closed = close_due(p);
    closed += part_due(p);
    live_frame(p, &slot->live);
    slot->numbers.open_footfalls = 0;
    for (uint32_t k = 0; k < p->open; k++)
        slot->numbers.open_footfalls += p->foot[p->order[k]].id != 0;
    slot->calibration_version = p->state.calibration.version;
    if (p->frames == 0 && p->next_side_pending)
        p->next_side = p->next_side_pending;
    p->frames++;
    p->counters.frames++;
    return closed;
}

int gait_pipeline_step(struct gait_pipeline *pipeline, uint64_t until)
{
    int worked = 0;
    struct gait_slot *slot;

    if (!pipeline->ring)
        return -EINVAL;
    while ((slot = gait_ring_peek(pipeline->ring, GAIT_STAGE_PIPELINE)) != NULL && slot->meta.index < until) {
        gait_pipeline_frame(pipeline, slot);
        gait_ring_advance(pipeline->ring, GAIT_STAGE_PIPELINE);
        worked++;
    }
    return worked;
}

/* Light, and gone with the next frame if it goes on falling as it did. */
static bool nearly_off(const struct gait_pipeline *p, const struct foot *f)
{
    return f->force_N <= NEARLY_OFF * f->force_max_N &&
           2 * f->force_N - f->force_before_N < p->state.parameters.event_force_N;
}

int gait_pipeline_finish(struct gait_pipeline *pipeline, enum gait_footfall_flag why)
{
    int closed = 0;

    for (uint32_t k = 0; k < pipeline->open; k++) {
        struct foot *f = &pipeline->foot[pipeline->order[k]];

        /* below event_force_N toe-off has been, as in recordings that a vendor's program ends there */
        if (f->last_frame + 1 < pipeline->frames || f->force_N < pipeline->state.parameters.event_force_N)
            continue;
        f->flags |= nearly_off(pipeline, f) ? GAIT_FOOTFALL_TO_EXTRAPOLATED : (uint32_t)why;
    }
    while (pipeline->open)
        closed += close_foot(pipeline, pipeline->order[0]);
    return closed;
}

bool gait_pipeline_busy(const struct gait_pipeline *pipeline)
{
    for (uint32_t k = 0; k < pipeline->open; k++)
        if (pipeline->foot[pipeline->order[k]].id)
            return true;
    return false;
}

struct gait_footfall *gait_pipeline_closed(struct gait_pipeline *pipeline)
{
    return pool_closed(&pipeline->pool);
}

void gait_pipeline_release(struct gait_pipeline *pipeline, struct gait_footfall *footfall)
{
    pool_release(&pipeline->pool, footfall);
}

static struct foot *open_foot(struct gait_pipeline *p, uint32_t id)
{
    for (uint32_t k = 0; k < p->open; k++)
        if (p->foot[p->order[k]].id == id)
            return &p->foot[p->order[k]];
    return NULL;
}

int gait_pipeline_act(struct gait_pipeline *pipeline, struct gait_action *action)
{
    struct gait_pipeline *p = pipeline;
    const bool names_one = action->kind == GAIT_ACTION_SET_SIDE || action->kind == GAIT_ACTION_INVALID;
    struct foot *f = names_one ? open_foot(p, action->footfall) : NULL;

    if (names_one && (action->footfall == 0 || action->footfall > p->next_id))
        return -ENOENT;
    action->at_frame = p->frames ? p->frames - 1 : 0;
    if (action->kind == GAIT_ACTION_NEXT_SIDE && p->frames)
        p->next_side = (uint8_t)action->side;
    else if (action->kind == GAIT_ACTION_NEXT_SIDE)
        p->next_side_pending =
            (uint8_t)action->side; /* what is said before the first frame holds from its end on, offline too */
    else if (action->kind == GAIT_ACTION_SET_SIDE && f)
        f->side_override = (uint8_t)action->side;
    else if (action->kind == GAIT_ACTION_INVALID && f)
        f->flags |= GAIT_FOOTFALL_OPERATOR_INVALID;
    return 0;
}

void gait_pipeline_counters(const struct gait_pipeline *pipeline, struct gait_pipeline_counters *ret_counters)
{
    *ret_counters = pipeline->counters;
}
