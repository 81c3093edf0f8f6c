#include "pipeline/split.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/foot.h"

#define TOO_LONG       1.25 /* of FL */
#define TOO_WIDE       0.60
#define PART_SHORTEST  0.60
#define PART_LONGEST   1.15
#define LEFT_LONGEST   1.20 /* a print that ends where the next begins: as long as one that blobs are joined to */
#define PART_WIDEST    0.50
#define USUAL_LENGTH   0.97
#define USUAL_WIDTH    0.38
#define SPEED_MM_PER_S 400.0 /* weighs time against place */
#define SEED_RATIO     0.60  /* a cell this much nearer (squared) to one centre than to the other is certain */
#define CORE_LOAD      0.08  /* of the most that a cell carried: cells with more are of the foot */
#define CORE_RIM_MM    15.0
#define RIM_LONGEST    1.35 /* of FL: a foot and what flickers around it */
#define LIGHT_LOAD     0.01 /* of the foot's load: what was dragged has less */
#define DRAG_LOAD      0.10 /* a part with less of the load and no size of a foot was dragged */

#define EARLY_S        0.030 /* a cell loaded this long before a foot landed was another's first */

enum { ROUNDS = 12 };

/* Shares of the load that may have been carried when a drag begins. */
static const double late_share[SPLIT_LATE] = {0.985, 0.96, 0.93};

int split_init(const struct gait_geometry *geometry, uint32_t capacity, struct split *ret_split)
{
    struct split s = {.geometry = *geometry, .capacity = capacity};

    s.geometry.cell = NULL;
    s.index = calloc(gait_geometry_cells(geometry), sizeof *s.index);
    s.cell = calloc(capacity, sizeof *s.cell);
    s.heap = calloc(capacity, sizeof *s.heap);
    s.time_s = calloc(capacity, sizeof *s.time_s);
    if (!s.index || !s.cell || !s.heap || !s.time_s) {
        split_done(&s);
        return -ENOMEM;
    }
    *ret_split = s;
    return 0;
}

void split_done(struct split *split)
{
    free(split->index);
    free(split->cell);
    free(split->heap);
    free(split->time_s);
    memset(split, 0, sizeof *split);
}

bool split_wanted(const struct extent *extent, const struct gait_geometry *geometry, double foot_length_mm)
{
    const struct extent_box box = extent_box(extent, geometry->pitch_x_mm, geometry->pitch_y_mm);

    return box.length_mm > TOO_LONG * foot_length_mm || box.width_mm > TOO_WIDE * foot_length_mm;
}

/* The footprint with each cell's maximum and the time of half its load. Returns false when it does not fit. */
static bool footprint(struct split *s, uint32_t frames, const uint64_t *t_ns, const uint32_t *first,
                      const uint32_t *cell, const float *p_kPa, const uint8_t *owner)
{
    const struct gait_geometry *g = &s->geometry;
    double all = 0, so_far = 0;

    for (uint32_t k = 0; k < s->n; k++)
        s->index[s->cell[k].cell] = 0;
    s->n = 0;
    for (uint32_t i = 0; i < first[frames]; i++) {
        struct split_cell *c;

        if (s->index[cell[i]] == 0) {
            if (s->n == s->capacity)
                return false;
            s->cell[s->n] = (struct split_cell){.cell = cell[i],
                                                .owner = owner[i],
                                                .x_mm = (cell[i] % g->cols + 0.5) * g->pitch_x_mm,
                                                .y_mm = (cell[i] / g->cols + 0.5) * g->pitch_y_mm};
            s->index[cell[i]] = ++s->n;
        }
        c = &s->cell[s->index[cell[i]] - 1];
        c->sum_kPa += (double)p_kPa[i];
        all += (double)p_kPa[i];
        c->max_kPa = p_kPa[i] > c->max_kPa ? p_kPa[i] : c->max_kPa;
    }
    for (uint32_t k = 0; k < frames; k++) {
        for (uint32_t i = first[k]; i < first[k + 1]; i++) {
            struct split_cell *c = &s->cell[s->index[cell[i]] - 1];
            const bool before = c->so_far_kPa < c->sum_kPa / 2;

            if (!(c->so_far_kPa > 0))
                c->first_s = (double)(t_ns[k] - t_ns[0]) * 1e-9;
            c->so_far_kPa += (double)p_kPa[i];
            if (before && c->so_far_kPa >= c->sum_kPa / 2)
                c->half_s = (double)(t_ns[k] - t_ns[0]) * 1e-9;
            so_far += (double)p_kPa[i];
        }
        for (int l = 0; l < SPLIT_LATE; l++)
            if (so_far <= late_share[l] * all)
                s->late_s[l] = (double)(t_ns[k] - t_ns[0]) * 1e-9;
    }
    return true;
}

static void measure_part(const struct split *s, uint8_t part, struct split_part *ret)
{
    memset(ret, 0, sizeof *ret);
    extent_clear(&ret->extent);
    ret->first_half_s = HUGE_VAL;
    for (uint32_t k = 0; k < s->n; k++) {
        if (s->cell[k].part != part && !(s->turn_ns && s->cell[k].part == SPLIT_BOTH))
            continue;
        ret->first_half_s = fmin(ret->first_half_s, s->cell[k].half_s);
        extent_add(&ret->extent, s->cell[k].x_mm, s->cell[k].y_mm);
        ret->cells++;
        ret->sum_kPa += s->cell[k].sum_kPa;
    }
}

struct centre {
    double x, y, t;
};

/* Side by side only the distance across counts: feet are long. */
static double distance2(const struct split *s, const struct split_cell *c, const struct centre *m)
{
    const double x = c->x_mm - m->x, y = c->y_mm - m->y, t = (c->half_s - m->t) * SPEED_MM_PER_S;

    if (s->across)
        return (x * s->nx + y * s->ny) * (x * s->nx + y * s->ny);
    return x * x + y * y + t * t;
}

/* Centres of the cells of `part` on either side of a plane through their mean: the start of two clusters. */
static void begin_clusters(const struct split *s, uint8_t part, double nx, double ny, double nt, struct centre *ret)
{
    struct centre mean = {0, 0, 0}, sum[2] = {{0, 0, 0}, {0, 0, 0}};
    uint32_t all = 0, n[2] = {0, 0};

    for (uint32_t k = 0; k < s->n; k++) {
        if (s->cell[k].part != part)
            continue;
        mean.x += s->cell[k].x_mm;
        mean.y += s->cell[k].y_mm;
        mean.t += s->cell[k].half_s;
        all++;
    }
    for (uint32_t k = 0; k < s->n; k++) {
        const struct split_cell *c = &s->cell[k];
        int side;

        if (c->part != part)
            continue;
        side = (c->x_mm - mean.x / all) * nx + (c->y_mm - mean.y / all) * ny + (c->half_s - mean.t / all) * nt > 0;
        sum[side].x += c->x_mm;
        sum[side].y += c->y_mm;
        sum[side].t += c->half_s;
        n[side]++;
    }
    for (int k = 0; k < 2; k++)
        ret[k] = n[k] ? (struct centre){sum[k].x / n[k], sum[k].y / n[k], sum[k].t / n[k]} : (struct centre){0, 0, 0};
}

/* Two clusters in place and time of the cells of `part`; the second becomes `other`. */
static void cluster(struct split *s, uint8_t part, uint8_t other, struct centre *m)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct centre sum[2] = {{0, 0, 0}, {0, 0, 0}};
        uint32_t n[2] = {0, 0};

        for (uint32_t k = 0; k < s->n; k++) {
            struct split_cell *c = &s->cell[k];
            int near;

            if (c->part != part && c->part != other)
                continue;
            near = distance2(s, c, &m[1]) < distance2(s, c, &m[0]);
            c->part = near ? other : part;
            sum[near].x += c->x_mm;
            sum[near].y += c->y_mm;
            sum[near].t += c->half_s;
            n[near]++;
        }
        for (int k = 0; k < 2; k++)
            if (n[k])
                m[k] = (struct centre){sum[k].x / n[k], sum[k].y / n[k], sum[k].t / n[k]};
    }
}

/* How unlike two feet a pair of parts is; smaller is better. */
static double unlikeness(const struct split *s, uint8_t part, uint8_t other)
{
    const double fl = s->foot_length_mm;
    double sum = 0;

    for (int k = 0; k < 2; k++) {
        struct split_part p;
        struct extent_box box;

        measure_part(s, k ? other : part, &p);
        if (p.cells == 0)
            return HUGE_VAL;
        box = extent_box(&p.extent, s->geometry.pitch_x_mm, s->geometry.pitch_y_mm);
        sum += fabs(box.length_mm - USUAL_LENGTH * fl) + 2 * fmax(0, box.width_mm - USUAL_WIDTH * fl);
    }
    return sum;
}

static bool above(const struct split *s, uint32_t a, uint32_t b)
{
    return s->cell[a].max_kPa > s->cell[b].max_kPa || (s->cell[a].max_kPa >= s->cell[b].max_kPa && a < b);
}

static void push(struct split *s, uint32_t *n, uint32_t k)
{
    uint32_t i = (*n)++;

    while (i > 0 && above(s, k, s->heap[(i - 1) / 2])) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = k;
}

static uint32_t pop(struct split *s, uint32_t *n)
{
    const uint32_t top = s->heap[0], last = s->heap[--*n];
    uint32_t i = 0;

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= *n)
            break;
        if (child + 1 < *n && above(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!above(s, s->heap[child], last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

/* What lies between the certain cells goes to the foot that the pressure falls from: highest pressure first. Cells cut off stay where the clusters put them. */
static void watershed(struct split *s, uint8_t part, uint8_t other, const struct centre *m)
{
    const struct gait_geometry *g = &s->geometry;
    uint32_t queued = 0;

    for (uint32_t k = 0; k < s->n; k++) {
        struct split_cell *c = &s->cell[k];
        const int mine = c->part == other;

        c->seed = c->part != part && c->part != other;
        if (c->seed)
            continue;
        c->seed = distance2(s, c, &m[mine]) < SEED_RATIO * distance2(s, c, &m[!mine]);
        if (c->seed)
            push(s, &queued, k);
    }
    while (queued) {
        const struct split_cell *from = &s->cell[pop(s, &queued)];
        const uint32_t row = from->cell / g->cols, col = from->cell % g->cols;

        for (uint32_t r = row ? row - 1 : 0; r <= row + 1 && r < g->rows; r++) {
            for (uint32_t c = col ? col - 1 : 0; c <= col + 1 && c < g->cols; c++) {
                const uint32_t at = s->index[r * g->cols + c];

                if (at == 0 || s->cell[at - 1].seed)
                    continue;
                s->cell[at - 1].seed = true;
                s->cell[at - 1].part = from->part;
                push(s, &queued, at - 1);
            }
        }
    }
}

enum way { TRACKED, ALONG, ACROSS, IN_TIME, WAYS };

/* The contact that carried most of a part, against the others: as the cells were followed. */
static void as_tracked(struct split *s, uint8_t part, uint8_t other)
{
    double sum[UINT8_MAX + 1] = {0};
    uint32_t most = 0;

    for (uint32_t k = 0; k < s->n; k++)
        if (s->cell[k].part == part)
            sum[s->cell[k].owner] += s->cell[k].sum_kPa;
    for (uint32_t k = 1; k <= UINT8_MAX; k++)
        most = sum[k] > sum[most] ? k : most;
    for (uint32_t k = 0; k < s->n; k++)
        if (s->cell[k].part == part && s->cell[k].owner != most)
            s->cell[k].part = other;
}

/* Parts `part` in two: as tracked, or in clusters that begin along its box, across it, or with early and late cells. */
static void bisect_by(struct split *s, uint8_t part, uint8_t other, enum way way, const struct extent_box *box,
                      struct centre *ret)
{
    double x = 0, y = 0;

    for (uint32_t k = 0; k < s->n; k++)
        if (s->cell[k].part == other)
            s->cell[k].part = part;
    if (way == TRACKED) {
        as_tracked(s, part, other);
        return;
    }
    if (way != IN_TIME)
        extent_direction((box->along + (way == ACROSS ? EXTENT_DIRECTIONS / 2 : 0)) % EXTENT_DIRECTIONS, &x, &y);
    s->across = way == ACROSS;
    s->nx = x;
    s->ny = y;
    begin_clusters(s, part, x, y, way == IN_TIME ? 1 : 0, ret);
    cluster(s, part, other, ret);
    watershed(s, part, other, ret);
}

/* The way that gives the likeliest pair of feet. */
static void bisect(struct split *s, uint8_t part, uint8_t other)
{
    struct split_part whole;
    struct extent_box box;
    enum way best = TRACKED;
    double least = HUGE_VAL;
    struct centre m[2];

    measure_part(s, part, &whole);
    box = extent_box(&whole.extent, s->geometry.pitch_x_mm, s->geometry.pitch_y_mm);
    for (int way = 0; way < WAYS; way++) {
        double unlike;

        bisect_by(s, part, other, (enum way)way, &box, m);
        unlike = unlikeness(s, part, other);
        if (unlike < least) {
            least = unlike;
            best = (enum way)way;
        }
    }
    bisect_by(s, part, other, best, &box, m);
}

bool split_open(struct split *split, double foot_length_mm, uint32_t frames, const uint64_t *t_ns,
                const uint32_t *first, const uint32_t *cell, const float *p_kPa, const uint8_t *owner)
{
    split->foot_length_mm = foot_length_mm;
    split->parts = 1;
    split->turn_ns = 0;
    return footprint(split, frames, t_ns, first, cell, p_kPa, owner);
}

static bool is_foot(const struct split *s, const struct split_part *p, double longest)
{
    const struct extent_box box = extent_box(&p->extent, s->geometry.pitch_x_mm, s->geometry.pitch_y_mm);

    return box.length_mm >= PART_SHORTEST * s->foot_length_mm && box.length_mm <= longest * s->foot_length_mm &&
           box.width_mm <= PART_WIDEST * s->foot_length_mm;
}

/* When the second foot landed: a fifth of its cells had been loaded. */
static double landing_s(struct split *s, double *first_s)
{
    uint32_t n = 0, k;

    for (k = 0; k < s->n; k++)
        if (s->cell[k].part == SPLIT_DOWN)
            first_s[n++] = s->cell[k].first_s;
    if (n == 0)
        return -1;
    sort_doubles(first_s, n);
    return first_s[n / 5];
}

bool split_in_two(struct split *split, uint64_t t0_ns)
{
    const double landed_s = landing_s(split, split->time_s);

    split->parts = 2;
    split->turn_ns = landed_s > EARLY_S ? t0_ns + (uint64_t)(landed_s * 1e9) : 0;
    for (uint32_t k = 0; split->turn_ns && k < split->n; k++)
        if (split->cell[k].part == SPLIT_DOWN && split->cell[k].first_s < landed_s - EARLY_S)
            split->cell[k].part = SPLIT_BOTH;
    for (uint32_t k = 0; k < split->parts; k++)
        measure_part(split, (uint8_t)k, &split->part[k]);
    return split->part[SPLIT_DOWN].sum_kPa >= DRAG_LOAD * split->part[SPLIT_LEFT].sum_kPa &&
           is_foot(split, &split->part[SPLIT_LEFT], LEFT_LONGEST) &&
           !split_wanted(&split->part[SPLIT_DOWN].extent, &split->geometry, split->foot_length_mm);
}

/* Each part is a foot or was dragged, or the whole cannot be told apart. */
static uint32_t judge(struct split *s)
{
    double all = 0;
    uint32_t feet = 0;

    for (uint32_t k = 0; k < s->parts; k++) {
        measure_part(s, (uint8_t)k, &s->part[k]);
        all += s->part[k].sum_kPa;
    }
    for (uint32_t k = 0; k < s->parts; k++) {
        s->part[k].drag = !is_foot(s, &s->part[k], PART_LONGEST) && s->part[k].sum_kPa < DRAG_LOAD * all;
        feet += !s->part[k].drag;
        if (!s->part[k].drag && !is_foot(s, &s->part[k], PART_LONGEST))
            return 0;
    }
    return feet ? s->parts : 0;
}

/* A foot in part 0, and something else in part 1. */
static bool foot_and_drag(struct split *s)
{
    measure_part(s, 0, &s->part[0]);
    measure_part(s, 1, &s->part[1]);
    s->part[1].drag = is_foot(s, &s->part[0], PART_LONGEST) && s->part[1].cells > 0;
    return s->part[1].drag;
}

/* True within the reach of a set of cells, or hardly outside. */
static bool near_to(const struct extent *e, const struct split_cell *c)
{
    for (uint32_t k = 0; k < EXTENT_DIRECTIONS; k++) {
        double x, y, at;

        extent_direction(k, &x, &y);
        at = c->x_mm * x + c->y_mm * y;
        if (at < e->low[k] - CORE_RIM_MM || at > e->high[k] + CORE_RIM_MM)
            return false;
    }
    return true;
}

/* Puts what carried the load into part 0, all other cells into part 1. */
static void find_core(struct split *s, struct split_part *ret_core)
{
    double most_kPa = 0;

    for (uint32_t k = 0; k < s->n; k++)
        most_kPa = fmax(most_kPa, s->cell[k].sum_kPa);
    for (uint32_t k = 0; k < s->n; k++)
        s->cell[k].part = s->cell[k].sum_kPa < CORE_LOAD * most_kPa;
    measure_part(s, 0, ret_core);
}

/* What carried the load, and what hardly any load went over and lies far from that: dragged by this foot, or by the one before. */
static bool split_light(struct split *s)
{
    struct split_part core;

    find_core(s, &core);
    for (uint32_t k = 0; k < s->n; k++)
        s->cell[k].part = !near_to(&core.extent, &s->cell[k]);
    return foot_and_drag(s) && s->part[1].sum_kPa < LIGHT_LOAD * s->part[0].sum_kPa;
}

/* One foot and what it dragged behind itself once its load was gone: the late cells apart, or the light ones, the rest is a foot. */
static bool split_drag(struct split *s)
{
    s->parts = 2;
    for (int l = 0; l < SPLIT_LATE; l++) {
        for (uint32_t k = 0; k < s->n; k++)
            s->cell[k].part = s->cell[k].half_s > s->late_s[l];
        if (foot_and_drag(s))
            return true;
    }
    if (split_light(s))
        return true;
    for (uint32_t k = 0; k < s->n; k++)
        s->cell[k].part = 0;
    return false;
}

/* What carried the load is no more than one foot: only cells that hardly did, around it, make the print too long for one. */
static bool is_one(struct split *s)
{
    struct extent all;
    struct extent_box box;
    struct split_part core;

    find_core(s, &core);
    all = core.extent;
    for (uint32_t k = 0; k < s->n; k++) {
        s->cell[k].part = 0;
        extent_add(&all, s->cell[k].x_mm, s->cell[k].y_mm);
    }
    box = extent_box(&all, s->geometry.pitch_x_mm, s->geometry.pitch_y_mm);
    return is_foot(s, &core, PART_LONGEST) && box.length_mm <= RIM_LONGEST * s->foot_length_mm &&
           box.width_mm <= TOO_WIDE * s->foot_length_mm;
}

uint32_t split_contact(struct split *split, double foot_length_mm, uint32_t frames, const uint64_t *t_ns,
                       const uint32_t *first, const uint32_t *cell, const float *p_kPa, const uint8_t *owner)
{
    struct split *s = split;

    if (!split_open(s, foot_length_mm, frames, t_ns, first, cell, p_kPa, owner))
        return 0;
    if (split_drag(s))
        return s->parts;
    s->parts = 1;
    if (is_one(s))
        return 1;
    for (uint32_t k = 0; k < s->parts && s->parts < SPLIT_PARTS_MAX;) {
        measure_part(s, (uint8_t)k, &s->part[k]);
        if (!split_wanted(&s->part[k].extent, &s->geometry, foot_length_mm)) {
            k++;
            continue;
        }
        bisect(s, (uint8_t)k, (uint8_t)s->parts);
        s->parts++;
    }
    return s->parts > 1 ? judge(s) : 0;
}
