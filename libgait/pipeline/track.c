/*
 * Components of a frame become contacts in space and time (metrics.md 2.1): what overlaps a contact's cells of the last 30 ms belongs to it; what overlaps none
 * may be another blob of an open foot, or begins a contact of its own. Where one component reaches two feet, each cell stays with the foot that had it first.
 */
#include <math.h>
#include <string.h>

#include "pipeline/state.h"

#define JOIN_GAP_S  0.100
#define JOIN_LENGTH 1.20 /* of FL */
#define JOIN_WIDTH  0.55
#define LONG_FOOT \
    0.60 /* of FL: beside a footprint this long another foot may land; another blob adds little to its width */
#define LONG_FOOT_WIDTH 0.45 /* of FL: or it stays within the breadth of a foot */
#define WIDTH_GROWTH_MM 25.0
#define NEW_LANDING \
    0.05 /* below this share of its maximum a foot has left: only blobs near its last cells are still it */
#define NEAR_MM    40.0
#define WEAK_AGE_S 0.25 /* a contact this old that never carried event_force_N is no foot: it takes no others in */
#define RIM_MM     25.0

static struct foot *foot_of(struct gait_pipeline *p, uint32_t k)
{
    return &p->foot[p->order[k]];
}

static bool weak(const struct gait_pipeline *p, const struct foot *f)
{
    return f->id == 0 && p->t_mat_ns - f->t_first_ns > seconds_ns(WEAK_AGE_S);
}

void track_drop(struct gait_pipeline *p, uint32_t slot)
{
    uint32_t k = 0;

    arena_release(&p->arena, &p->foot[slot].chain);
    p->foot[slot].serial = 0;
    while (p->order[k] != slot)
        k++;
    p->open--;
    memmove(p->order + k, p->order + k + 1, (p->open - k) * sizeof *p->order);
}

/* A slot for a new contact; when all are taken the weakest that is no footfall gives way. Returns SERIAL_DROPPED when all are footfalls. */
static uint32_t free_slot(struct gait_pipeline *p)
{
    uint32_t weakest = UINT32_MAX;

    for (uint32_t s = 0; s < p->slots; s++) {
        if (p->foot[s].serial == 0)
            return s;
        if (p->foot[s].id == 0 && (weakest == UINT32_MAX || p->foot[s].force_max_N < p->foot[weakest].force_max_N))
            weakest = s;
    }
    if (weakest == UINT32_MAX)
        return SERIAL_DROPPED;
    p->counters.rejected_contacts++;
    track_drop(p, weakest);
    return weakest;
}

uint32_t track_new(struct gait_pipeline *p)
{
    const uint32_t slot = free_slot(p);
    struct foot *f;

    if (slot == SERIAL_DROPPED) {
        p->counters.footfalls_dropped++;
        return SERIAL_DROPPED;
    }
    f = &p->foot[slot];
    memset(f, 0, sizeof *f);
    f->serial = f->group = ++p->next_serial;
    f->flags = p->blind ? GAIT_FOOTFALL_GAP : 0;
    f->count = p->count + (size_t)slot * p->frames_max;
    f->first_frame = f->last_frame = p->frames;
    f->t_first_ns = f->t_last_ns = p->t_mat_ns;
    f->cop_x0_mm = f->cop_y0_mm = f->cop_x_mm = f->cop_y_mm = (double)NAN;
    f->axis_x = f->axis_y = (double)NAN;
    arena_chain_init(&f->chain);
    extent_clear(&f->extent);
    p->order[p->open++] = slot;
    return slot;
}

/* Past what is kept cell by cell: from here on only the running sums go on. */
void track_to_sums(struct gait_pipeline *p, struct foot *f, bool early)
{
    f->sums_only = true;
    f->flags |= GAIT_FOOTFALL_TRUNCATED;
    p->counters.arena_full += early;
    standing_begin(p, f);
    arena_release(&p->arena, &f->chain);
}

/* A hole is a cell without a value: missing at an insole's outline, or dead in a cluster. Only dead ones spoil a footprint. */
static bool by_a_hole(const struct gait_pipeline *p, uint32_t row, uint32_t col)
{
    const struct gait_geometry *g = &p->state.geometry;
    const uint8_t *how = gait_calibrator_fill(p->calibrator);

    if (!g->cell)
        return false;
    for (uint32_t r = row ? row - 1 : 0; r <= row + 1 && r < g->rows; r++)
        for (uint32_t c = col ? col - 1 : 0; c <= col + 1 && c < g->cols; c++)
            if (g->cell[(size_t)r * g->cols + c] == GAIT_CELL_DEAD && how[(size_t)r * g->cols + c] == GAIT_FILL_NONE)
                return true;
    return false;
}

static void new_footprint_cell(struct gait_pipeline *p, struct foot *f, uint32_t row, uint32_t col)
{
    const struct gait_geometry *g = &p->state.geometry;

    f->footprint_cells++;
    extent_add(&f->extent, ((double)col + 0.5) * g->pitch_x_mm,
               ((double)row + 0.5) * g->pitch_y_mm + belt_at_mm(p, p->t_mat_ns));
    f->at_edge |= at_mat_edge(p, row, col);
    f->near_hole |= by_a_hole(p, row, col);
}

static void begin_frame(struct gait_pipeline *p, struct foot *f, uint64_t frame)
{
    const uint64_t at = frame - f->first_frame;

    f->row0_now = f->col0_now = UINT32_MAX;
    f->row1_now = f->col1_now = 0;
    if (f->sums_only)
        return;
    if (at >= p->frames_max) {
        track_to_sums(p, f, false);
        return;
    }
    for (uint64_t k = f->last_frame + 1 - f->first_frame; k <= at; k++)
        f->count[k] = 0;
    if (at == 0)
        f->count[0] = 0;
}

void track_add_cell(struct gait_pipeline *p, struct foot *f, uint64_t frame, uint32_t row, uint32_t col, float pressure)
{
    const uint32_t cell = row * p->state.geometry.cols + col;
    const bool fresh = p->home[cell].serial != f->serial;

    if (f->cells_now == 0)
        begin_frame(p, f, frame);
    if (fresh)
        new_footprint_cell(p, f, row, col);
    p->home[cell].serial = f->serial;
    p->home[cell].frame = (uint32_t)frame;
    f->cells_now++;
    f->p_now += (double)pressure;
    f->px_now += (double)pressure * ((double)col + 0.5);
    f->py_now += (double)pressure * ((double)row + 0.5);
    f->peak_kPa = (double)pressure > f->peak_kPa ? (double)pressure : f->peak_kPa;
    f->row0_now = row < f->row0_now ? row : f->row0_now;
    f->row1_now = row > f->row1_now ? row : f->row1_now;
    f->col0_now = col < f->col0_now ? col : f->col0_now;
    f->col1_now = col > f->col1_now ? col : f->col1_now;
    if (!f->sums_only && f->cells_now <= p->limits.footprint_cells &&
        arena_add(&p->arena, &f->chain, cell, pressure) == 0) {
        f->count[frame - f->first_frame]++;
        return;
    }
    if (!f->sums_only)
        track_to_sums(p, f, true);
    standing_add(p, cell, pressure, fresh);
}

static void add_cell(struct gait_pipeline *p, struct foot *f, uint32_t row, uint32_t col)
{
    track_add_cell(p, f, p->frames, row, col, p->pass.p_kPa[(size_t)row * p->pass.stride + col]);
}

static void add_component(struct gait_pipeline *p, struct foot *f, const struct component *c)
{
    for (uint32_t r = c->first_run; r != UINT32_MAX; r = p->label.next_run[r])
        for (uint32_t col = p->label.run[r].first; col <= p->label.run[r].last; col++)
            add_cell(p, f, p->label.run[r].row, col);
}

static void drop_component(struct gait_pipeline *p, const struct component *c)
{
    for (uint32_t r = c->first_run; r != UINT32_MAX; r = p->label.next_run[r]) {
        for (uint32_t col = p->label.run[r].first; col <= p->label.run[r].last; col++) {
            const uint32_t cell = p->label.run[r].row * p->state.geometry.cols + col;

            p->home[cell].serial = SERIAL_DROPPED;
            p->home[cell].frame = (uint32_t)p->frames;
        }
    }
}

/* Adds a contact to the list of those a component touches. */
static uint32_t note_touched(struct gait_pipeline *p, uint32_t serial, uint32_t *slot, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (slot[k] == SERIAL_DROPPED ? serial == SERIAL_DROPPED : p->foot[slot[k]].serial == serial)
            return n;
    if (n == TOUCHED_MAX)
        return n;
    if (serial == SERIAL_DROPPED) {
        slot[n] = SERIAL_DROPPED;
        return n + 1;
    }
    for (uint32_t k = 0; k < p->open; k++) {
        if (foot_of(p, k)->serial == serial) {
            slot[n] = p->order[k];
            return n + 1;
        }
    }
    return n;
}

/* The contacts whose recent cells a component overlaps, corners included. */
static uint32_t touched(struct gait_pipeline *p, const struct component *c, uint32_t *ret_slot)
{
    const struct gait_geometry *g = &p->state.geometry;
    uint32_t n = 0, last = 0;

    for (uint32_t i = c->first_run; i != UINT32_MAX; i = p->label.next_run[i]) {
        const struct run *run = &p->label.run[i];
        const uint32_t from = run->first ? run->first - 1 : 0, to = run->last + 1 < g->cols ? run->last + 1 : run->last;

        for (uint32_t r = run->row ? run->row - 1 : 0; r <= run->row + 1 && r < g->rows; r++) {
            for (uint32_t col = from; col <= to; col++) {
                const size_t cell = (size_t)r * g->cols + col;

                if (p->home[cell].serial == last || p->home[cell].serial == 0 || p->home[cell].frame < p->gap_begin)
                    continue;
                last = p->home[cell].serial;
                n = note_touched(p, last, ret_slot, n);
                if (n == 1 && p->open == 1)
                    return n;
            }
        }
    }
    return n;
}

bool track_at_rim(const struct gait_pipeline *p, const struct foot *f, const struct foot *speck)
{
    const struct gait_geometry *g = &p->state.geometry;
    struct extent joint = f->extent;
    struct extent_box box, own;

    if (f->id == 0 || f->sums_only || speck->id || speck->sums_only || speck->first_frame < f->first_frame)
        return false;
    extent_join(&joint, &speck->extent);
    if (split_wanted(&joint, g, p->foot_length_mm))
        return false;
    box = extent_box(&joint, g->pitch_x_mm, g->pitch_y_mm);
    own = extent_box(&f->extent, g->pitch_x_mm, g->pitch_y_mm);
    return box.length_mm <= own.length_mm + RIM_MM && box.width_mm <= own.width_mm + RIM_MM;
}

bool track_waits(const struct gait_pipeline *p, const struct foot *speck)
{
    for (uint32_t k = 0; k < p->open; k++)
        if (track_at_rim(p, &p->foot[p->order[k]], speck))
            return true;
    return false;
}

static double apart_mm(uint32_t a0, uint32_t a1, uint32_t b0, uint32_t b1, double pitch_mm)
{
    if (b0 > a1)
        return (double)(b0 - a1 - 1) * pitch_mm;
    return a0 > b1 ? (double)(a0 - b1 - 1) * pitch_mm : 0;
}

static bool near_last_cells(const struct gait_pipeline *p, const struct foot *f, const struct component *c)
{
    const double dx = apart_mm(f->col0, f->col1, c->col0, c->col1, p->state.geometry.pitch_x_mm);
    const double dy = apart_mm(f->row0, f->row1, c->row0, c->row1, p->state.geometry.pitch_y_mm);

    return dx * dx + dy * dy <= NEAR_MM * NEAR_MM;
}

static void component_extent(const struct gait_pipeline *p, const struct component *c, struct extent *ret)
{
    const struct gait_geometry *g = &p->state.geometry;

    extent_clear(ret);
    for (uint32_t i = c->first_run; i != UINT32_MAX; i = p->label.next_run[i]) {
        const double y = ((double)p->label.run[i].row + 0.5) * g->pitch_y_mm + belt_at_mm(p, p->t_mat_ns);

        extent_add(ret, ((double)p->label.run[i].first + 0.5) * g->pitch_x_mm, y);
        extent_add(ret, ((double)p->label.run[i].last + 0.5) * g->pitch_x_mm, y);
    }
}

bool track_one_foot(const struct gait_pipeline *p, const struct extent *extent)
{
    const struct gait_geometry *g = &p->state.geometry;
    const struct extent_box box = extent_box(extent, g->pitch_x_mm, g->pitch_y_mm);

    return box.length_mm <= JOIN_LENGTH * p->foot_length_mm && box.width_mm <= JOIN_WIDTH * p->foot_length_mm;
}

/* Rules a to d of 2.1 for one foot. Returns how much longer and wider it would make it, or -1: not this one. */
static double may_join(const struct gait_pipeline *p, const struct foot *f, const struct component *c,
                       const struct extent *extent)
{
    const struct gait_geometry *g = &p->state.geometry;
    struct extent joint = f->extent;
    struct extent_box box, own;

    if (weak(p, f) || p->t_mat_ns - f->t_last_ns > seconds_ns(JOIN_GAP_S))
        return -1;
    if (f->id && f->force_N < NEW_LANDING * f->force_max_N && !near_last_cells(p, f, c))
        return -1;
    extent_join(&joint, extent);
    if (!track_one_foot(p, &joint))
        return -1;
    box = extent_box(&joint, g->pitch_x_mm, g->pitch_y_mm);
    own = extent_box(&f->extent, g->pitch_x_mm, g->pitch_y_mm);
    if (own.length_mm >= LONG_FOOT * p->foot_length_mm && box.width_mm > own.width_mm + WIDTH_GROWTH_MM &&
        box.width_mm > LONG_FOOT_WIDTH * p->foot_length_mm)
        return -1;
    return fmax(0, box.length_mm - own.length_mm + box.width_mm - own.width_mm);
}

/* A component that overlaps nobody: another blob of the foot that it would enlarge least, or a new contact. */
static void place(struct gait_pipeline *p, const struct component *c)
{
    struct extent extent;
    uint32_t best = SERIAL_DROPPED;
    double least = HUGE_VAL;

    component_extent(p, c, &extent);
    for (uint32_t k = 0; k < p->open; k++) {
        const double growth = may_join(p, foot_of(p, k), c, &extent);

        if (growth >= 0 && growth < least) {
            least = growth;
            best = p->order[k];
        }
    }
    if (best == SERIAL_DROPPED)
        best = track_new(p);
    if (best == SERIAL_DROPPED)
        drop_component(p, c);
    else
        add_component(p, &p->foot[best], c);
}

/* Whom a cell belonged to, as 1 + its place in the list of touched feet, or 0. */
static uint8_t owner_among(const struct gait_pipeline *p, uint32_t cell, const uint32_t *slot, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (p->home[cell].serial == p->foot[slot[k]].serial)
            return (uint8_t)(k + 1);
    return 0;
}

enum { SHARE_OPEN = 255 };

/* Spreads the owned cells of a component over its open ones, nearest first. */
static void spread(struct gait_pipeline *p, uint32_t n)
{
    const struct gait_geometry *g = &p->state.geometry;

    for (uint32_t k = 0; k < n; k++) {
        const uint32_t row = p->queue[k] / g->cols, col = p->queue[k] % g->cols;

        for (uint32_t r = row ? row - 1 : 0; r <= row + 1 && r < g->rows; r++) {
            for (uint32_t c = col ? col - 1 : 0; c <= col + 1 && c < g->cols; c++) {
                const uint32_t cell = r * g->cols + c;

                if (p->share[cell] != SHARE_OPEN)
                    continue;
                p->share[cell] = p->share[p->queue[k]];
                p->queue[n++] = cell;
            }
        }
    }
}

/* Contacts that touched are closed together: what belongs to which foot is then said of the whole. */
static void unite(struct gait_pipeline *p, uint32_t group, uint32_t other)
{
    const uint32_t first = group < other ? group : other;

    for (uint32_t k = 0; k < p->open; k++)
        if (foot_of(p, k)->group == group || foot_of(p, k)->group == other)
            foot_of(p, k)->group = first;
}

/* One component, several contacts: each cell stays with who had it, new cells go to the nearest. */
static void share(struct gait_pipeline *p, const struct component *c, const uint32_t *slot, uint32_t n)
{
    uint32_t queued = 0;

    for (uint32_t i = c->first_run; i != UINT32_MAX; i = p->label.next_run[i]) {
        for (uint32_t col = p->label.run[i].first; col <= p->label.run[i].last; col++) {
            const uint32_t cell = p->label.run[i].row * p->state.geometry.cols + col;
            const uint8_t owner = owner_among(p, cell, slot, n);

            p->share[cell] = owner ? owner : SHARE_OPEN;
            if (owner)
                p->queue[queued++] = cell;
        }
    }
    spread(p, queued);
    for (uint32_t i = c->first_run; i != UINT32_MAX; i = p->label.next_run[i]) {
        for (uint32_t col = p->label.run[i].first; col <= p->label.run[i].last; col++) {
            const uint32_t cell = p->label.run[i].row * p->state.geometry.cols + col;
            const uint8_t owner = p->share[cell] == SHARE_OPEN ? 1 : p->share[cell];

            p->share[cell] = 0;
            add_cell(p, &p->foot[slot[owner - 1]], p->label.run[i].row, col);
        }
    }
    for (uint32_t k = 1; k < n; k++)
        unite(p, p->foot[slot[0]].group, p->foot[slot[k]].group);
}

/* Contacts that are no feet give way to what comes over them. Returns how many are left in the list. */
static uint32_t without_weak(struct gait_pipeline *p, const struct component *c, uint32_t *slot, uint32_t n)
{
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const bool dropped = slot[k] == SERIAL_DROPPED;
        const bool stronger = !dropped && force_of(p, c->p_kPa) > 2 * p->foot[slot[k]].force_max_N + 1;

        if (!dropped && !(weak(p, &p->foot[slot[k]]) && (n > 1 || stronger)))
            slot[kept++] = slot[k];
        else if (!dropped && !track_waits(p, &p->foot[slot[k]])) {
            p->counters.rejected_contacts++;
            track_drop(p, slot[k]);
        }
    }
    return kept;
}

/* Returns false when the component overlaps nobody and is still to be placed. */
static bool follow(struct gait_pipeline *p, const struct component *c)
{
    uint32_t slot[TOUCHED_MAX];
    uint32_t found = touched(p, c, slot), n = without_weak(p, c, slot, found);

    if (n == 0 && found && slot[0] == SERIAL_DROPPED) {
        drop_component(p, c);
        return true;
    }
    if (n == 1)
        add_component(p, &p->foot[slot[0]], c);
    else if (n > 1)
        share(p, c, slot, n);
    return n > 0;
}

/* Flags the contacts that hold a cell at its ceiling. */
static void mark_saturated(struct gait_pipeline *p, const void *raw)
{
    for (uint32_t i = 0; i < p->label.runs; i++) {
        for (uint32_t col = p->label.run[i].first; col <= p->label.run[i].last; col++) {
            const uint32_t cell = p->label.run[i].row * p->state.geometry.cols + col;

            if (!calibrator_saturated(p->calibrator, raw, cell))
                continue;
            for (uint32_t k = 0; k < p->open; k++)
                if (foot_of(p, k)->serial == p->home[cell].serial)
                    foot_of(p, k)->flags |= GAIT_FOOTFALL_SATURATED;
        }
    }
}

void track_end_frame(struct gait_pipeline *p, struct foot *f, uint64_t frame)
{
    const struct gait_geometry *g = &p->state.geometry;
    const struct frame_info *now = &p->frame[frame % p->frames_known];
    const double area = f->cells_now * p->cell_mm2;
    const bool follows = f->last_frame + 1 == frame;
    const double since_s = (double)(follows ? now->t_mat_ns - f->t_last_ns : p->period_ns) * 1e-9,
                 before = follows ? f->force_N : 0;

    f->force_before_N = before;
    f->force_N = force_of(p, f->p_now);
    f->force_max_N = f->force_N > f->force_max_N ? f->force_N : f->force_max_N;
    f->area_max_mm2 = area > f->area_max_mm2 ? area : f->area_max_mm2;
    f->impulse_Ns += (before + f->force_N) / 2 * since_s;
    f->last_frame = frame;
    f->t_last_ns = now->t_mat_ns;
    f->row0 = f->row0_now;
    f->row1 = f->row1_now;
    f->col0 = f->col0_now;
    f->col1 = f->col1_now;
    if (f->force_N < p->state.parameters.event_force_N)
        return;
    f->cop_x_mm = f->px_now / f->p_now * g->pitch_x_mm;
    f->cop_y_mm = f->py_now / f->p_now * g->pitch_y_mm;
    f->t_to_ns = now->t_mat_ns;
    if (f->force_N >= p->state.parameters.cop_force_N)
        sway_add(&f->own, (double)now->t_mat_ns * 1e-9, f->cop_x_mm, f->cop_y_mm, f->force_N);
    if (!isnan(f->cop_x0_mm))
        return;
    f->cop_x0_mm = f->cop_x_mm;
    f->cop_y0_mm = f->cop_y_mm;
    f->t_ic_ns = now->t_mat_ns;
    f->t_ic_placed_ns = now->t_ns;
    if (f->id)
        return;
    f->id = ++p->next_id;
    f->expected_side = p->next_side;
    p->next_side = GAIT_SIDE_UNKNOWN;
}

/* The centre of pressure of all feet that are down, for each of them. */
static void end_frame_of_all(struct gait_pipeline *p)
{
    const struct gait_geometry *g = &p->state.geometry;
    double sum = 0, x = 0, y = 0;

    for (uint32_t k = 0; k < p->open; k++) {
        const struct foot *f = foot_of(p, k);

        sum += f->id ? f->p_now : 0;
        x += f->id ? f->px_now : 0;
        y += f->id ? f->py_now : 0;
    }
    if (force_of(p, sum) < p->state.parameters.cop_force_N)
        return;
    for (uint32_t k = 0; k < p->open; k++)
        if (foot_of(p, k)->id && foot_of(p, k)->cells_now)
            sway_add(&foot_of(p, k)->all, (double)p->t_mat_ns * 1e-9, x / sum * g->pitch_x_mm, y / sum * g->pitch_y_mm,
                     force_of(p, sum));
}

void track_frame(struct gait_pipeline *p, const void *raw, bool saturated)
{
    struct label *l = &p->label;

    label_mask(l, contact_mask(&p->pass), p->pass.p_kPa, p->pass.stride);
    for (uint32_t k = 0; k < p->open; k++) {
        struct foot *f = foot_of(p, k);

        f->cells_now = 0;
        f->p_now = f->px_now = f->py_now = 0;
    }
    for (uint32_t i = 0; i < l->components; i++)
        l->component[i].placed = follow(p, &l->component[i]);
    for (uint32_t i = 0; i < l->components; i++) /* now that all that continues is known */
        if (!l->component[i].placed)
            place(p, &l->component[i]);
    if (saturated)
        mark_saturated(p, raw);
    for (uint32_t k = 0; k < p->open; k++)
        if (foot_of(p, k)->cells_now)
            track_end_frame(p, foot_of(p, k), p->frames);
    end_frame_of_all(p);
}
