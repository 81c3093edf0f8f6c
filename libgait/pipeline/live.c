/*
 * Provisional numbers of the feet on the mat (metrics.md 9b): an axis from the session's median toe-out and the direction of walking, the length from the session or
 * the subject, the heel's rear edge from the footfall so far.
 */
#include <math.h>
#include <string.h>

#include "pipeline/state.h"

#define HEEL           0.31 /* of the length */
#define FORE           0.55
#define TOELESS        0.83
#define ZONE_HEEL      0.30
#define ZONE_ARCH      0.60
#define HEEL_CONTACT_N 10.0
#define HEEL_OFF       0.05 /* of the heel's peak */
#define WENT_MM        15.0 /* a centre of pressure that went this far shows the way */

/* One foot while its cells are summed. */
struct sums {
    const struct foot *f;
    double length_mm, middle_mm;
    double heel_kPa, mid_kPa, fore_kPa, zone_kPa[GAIT_LIVE_REGIONS];
    uint32_t mid_cells;
};

/* Of the first foot of a crossing the footfalls of the crossing before tell neither side nor way. */
static bool begins_crossing(const struct gait_pipeline *p, const struct foot *f)
{
    return gait_steps_begins(&p->steps, &p->state, f->t_ic_ns);
}

static uint8_t side_of(const struct gait_pipeline *p, const struct foot *f)
{
    if (f->side_override)
        return f->side_override;
    if (f->expected_side)
        return f->expected_side;
    if (p->last_side == GAIT_SIDE_UNKNOWN || begins_crossing(p, f))
        return GAIT_SIDE_UNKNOWN;
    return p->last_side == GAIT_SIDE_LEFT ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
}

/* The way of walking as far as this footfall and earlier ones tell; false: not yet. */
static bool direction(const struct gait_pipeline *p, const struct foot *f, double *ret_x, double *ret_y)
{
    const double went_x = f->cop_x_mm - f->cop_x0_mm, went_y = f->cop_y_mm - f->cop_y0_mm;
    const bool went = went_x * went_x + went_y * went_y >= WENT_MM * WENT_MM;

    gait_steps_progression(&p->steps, &p->state, f->t_ic_ns, f->cop_x0_mm, f->cop_y0_mm, went ? went_x : (double)NAN,
                           went ? went_y : (double)NAN, ret_x, ret_y);
    if (isnan(*ret_x) && !begins_crossing(p, f)) {
        *ret_x = p->walk_x;
        *ret_y = p->walk_y;
    }
    return !isnan(*ret_x);
}

/* Rearmost edge of the footprint so far along a direction: from the nearest of the fixed directions. */
static double rear_edge(const struct gait_pipeline *p, const struct foot *f, double x, double y)
{
    const struct gait_geometry *g = &p->state.geometry;
    double best = 0, rear = 0;

    for (uint32_t k = 0; k < EXTENT_DIRECTIONS; k++) {
        double dx, dy, dot;

        extent_direction(k, &dx, &dy);
        dot = dx * x + dy * y;
        if (fabs(dot) <= fabs(best))
            continue;
        best = dot;
        rear = dot > 0 ? f->extent.low[k] : -f->extent.high[k];
    }
    return rear - (fabs(x) * g->pitch_x_mm + fabs(y) * g->pitch_y_mm) / 2;
}

static void find_axis(const struct gait_pipeline *p, struct foot *f, uint8_t side)
{
    double x, y;

    if (!isnan(f->axis_x) || p->belt_mm_per_s > 0 || !direction(p, f, &x, &y))
        return; /* on a belt the places of the frames so far are smeared */
    f->axis_x = x;
    f->axis_y = y;
    if (side != GAIT_SIDE_UNKNOWN) {
        const double c = p->toe_out_cos[side - 1], s = side == GAIT_SIDE_LEFT ? p->toe_out_sin[0] : -p->toe_out_sin[1];

        f->axis_x = x * c - y * s;
        f->axis_y = x * s + y * c;
    }
    f->rear_mm = rear_edge(p, f, f->axis_x, f->axis_y);
    f->heel_v0_mm = (double)INFINITY;
    f->heel_v1_mm = -(double)INFINITY;
}

static void add_cell(const struct gait_pipeline *p, struct foot *f, uint8_t side, uint32_t row, uint32_t col,
                     struct sums *s)
{
    const struct gait_geometry *g = &p->state.geometry;
    const double x = ((double)col + 0.5) * g->pitch_x_mm, y = ((double)row + 0.5) * g->pitch_y_mm;
    const double pressure = (double)p->pass.p_kPa[(size_t)row * p->pass.stride + col];
    const double half = (fabs(f->axis_x) * g->pitch_x_mm + fabs(f->axis_y) * g->pitch_y_mm) / 2;
    const double along = x * f->axis_x + y * f->axis_y, left = y * f->axis_x - x * f->axis_y;
    const double u = along - f->rear_mm, lateral = side == GAIT_SIDE_LEFT ? left : -left;
    const unsigned zone = u < ZONE_HEEL * s->length_mm ? 0 : u < ZONE_ARCH * s->length_mm ? 2 : 4;

    f->rear_mm = along - half < f->rear_mm ? along - half : f->rear_mm;
    if (u < HEEL * s->length_mm) {
        s->heel_kPa += pressure;
        f->heel_v0_mm = lateral < f->heel_v0_mm ? lateral : f->heel_v0_mm;
        f->heel_v1_mm = lateral > f->heel_v1_mm ? lateral : f->heel_v1_mm;
    }
    if (u >= FORE * s->length_mm)
        s->fore_kPa += pressure;
    if (u >= s->middle_mm && u < 2 * s->middle_mm) {
        s->mid_kPa += pressure;
        s->mid_cells++;
    }
    s->zone_kPa[zone + (lateral > (f->heel_v0_mm + f->heel_v1_mm) / 2)] += pressure;
}

static void phase_of(const struct gait_pipeline *p, struct foot *f, const struct sums *s)
{
    const double heel_N = force_of(p, s->heel_kPa), fore_N = force_of(p, s->fore_kPa);

    f->heel_peak_N = heel_N > f->heel_peak_N ? heel_N : f->heel_peak_N;
    if (f->phase == GAIT_PHASE_NONE)
        f->phase = GAIT_PHASE_LANDING;
    if (f->phase == GAIT_PHASE_LANDING && fore_N >= HEEL_CONTACT_N)
        f->phase = GAIT_PHASE_FOOT_FLAT;
    if (f->phase == GAIT_PHASE_FOOT_FLAT && heel_N < HEEL_CONTACT_N && heel_N <= HEEL_OFF * f->heel_peak_N)
        f->phase = GAIT_PHASE_PUSH_OFF;
}

/* Sums the frame's cells of one foot; only where an axis is known. */
static void sum_foot(const struct gait_pipeline *p, struct foot *f, uint8_t side, struct sums *s)
{
    const struct label *l = &p->label;

    for (uint32_t i = 0; i < l->runs; i++) {
        const struct run *run = &l->run[i];

        if (run->row < f->row0_now || run->row > f->row1_now || run->last < f->col0_now || run->first > f->col1_now)
            continue;
        for (uint32_t col = run->first; col <= run->last; col++)
            if (p->home[(size_t)run->row * p->state.geometry.cols + col].serial == f->serial)
                add_cell(p, f, side, run->row, col, s);
    }
}

static void show(struct gait_pipeline *p, struct foot *f, struct gait_live_foot *ret)
{
    const struct gait_geometry *g = &p->state.geometry;
    const uint8_t side = side_of(p, f);
    const double known = side ? p->state.session.length_mm[side - 1] : (double)NAN;
    struct sums s = {.f = f, .length_mm = known > 0 ? known : p->foot_length_mm};
    const double none = (double)NAN;
    bool located;

    *ret = (struct gait_live_foot){.footfall = f->id, .side = side, .force_N = f->cells_now ? f->force_N : 0};
    ret->time_s = (double)(p->t_mat_ns - f->t_first_ns) * 1e-9;
    ret->cop_x_mm = ret->cop_y_mm = none;
    if (f->cells_now && f->force_N >= p->state.parameters.cop_force_N) {
        ret->cop_x_mm = f->px_now / f->p_now * g->pitch_x_mm;
        ret->cop_y_mm = f->py_now / f->p_now * g->pitch_y_mm;
    }
    s.middle_mm = TOELESS * s.length_mm / 3;
    find_axis(p, f, side);
    located = !isnan(f->axis_x);
    if (located && f->cells_now) {
        sum_foot(p, f, side, &s);
        phase_of(p, f, &s);
    }
    ret->phase = f->phase;
    ret->heel_force_N = located ? force_of(p, s.heel_kPa) : none;
    ret->mid_share_pct = located && f->p_now > 0 ? 100 * s.mid_kPa / f->p_now : none;
    ret->mid_spread = located ? (double)s.mid_cells / f->footprint_cells : none;
    for (int k = 0; k < GAIT_LIVE_REGIONS; k++)
        ret->region_force_N[k] = located && side ? force_of(p, s.zone_kPa[k]) : none;
}

void live_frame(struct gait_pipeline *p, struct gait_frame_live *ret_live)
{
    memset(ret_live, 0, sizeof *ret_live);
    for (uint32_t k = 0; k < p->open && ret_live->feet < GAIT_LIVE_FEET; k++)
        if (p->foot[p->order[k]].id)
            show(p, &p->foot[p->order[k]], &ret_live->foot[ret_live->feet++]);
}
