#include "mats/tile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GONE_NS = 500000000 };

struct pad {
    const struct mat_pad *says;
    uint32_t *cell_of; /* place on the whole mat of each of its cells */
    float *last;
    uint64_t t_ns;
    bool there;
};

struct mat_tile {
    struct gait_geometry geometry;
    size_t pad_cells;
    enum gait_dtype pad_dtype;
    unsigned pads, clock;
    uint64_t period_ns;
    struct pad pad[MAT_PADS_MAX];
};

/* Where cell (r, c) of a pad lies inside its turned rectangle. */
static void turned(const struct gait_geometry *g, uint16_t deg, uint32_t r, uint32_t c, uint32_t *row, uint32_t *col)
{
    switch (deg) {
    case 90:
        *row = c;
        *col = g->rows - 1 - r;
        return;
    case 180:
        *row = g->rows - 1 - r;
        *col = g->cols - 1 - c;
        return;
    case 270:
        *row = g->cols - 1 - c;
        *col = r;
        return;
    default:
        *row = r;
        *col = c;
    }
}

/* Returns -EINVAL when the pad reaches beyond the mat, or lies on another. */
static int lay(struct mat_tile *t, struct pad *pad, const struct gait_geometry *g)
{
    double row0 = pad->says->y_mm / g->pitch_y_mm, col0 = pad->says->x_mm / g->pitch_x_mm;

    if (!(row0 >= 0 && row0 < t->geometry.rows && col0 >= 0 && col0 < t->geometry.cols))
        return -EINVAL;
    for (uint32_t i = 0; i < t->pad_cells; i++) {
        uint32_t r, c;

        turned(g, pad->says->rotate_deg, i / g->cols, i % g->cols, &r, &c);
        r += (uint32_t)lround(row0);
        c += (uint32_t)lround(col0);
        if (r >= t->geometry.rows || c >= t->geometry.cols)
            return -EINVAL;
        uint32_t at = r * t->geometry.cols + c;
        if (t->geometry.cell[at] != GAIT_CELL_MISSING)
            return -EINVAL;
        pad->cell_of[i] = at;
        t->geometry.cell[at] = g->cell ? g->cell[i] : GAIT_CELL_OK;
    }
    return 0;
}

static int fill(struct mat_tile *t, const struct mat_profile *p, const struct gait_geometry *g)
{
    size_t cells = (size_t)p->tiling.rows * p->tiling.cols;
    unsigned clocks = 0;

    t->geometry = (struct gait_geometry){.rows = p->tiling.rows,
                                         .cols = p->tiling.cols,
                                         .pitch_x_mm = g->pitch_x_mm,
                                         .pitch_y_mm = g->pitch_y_mm,
                                         .rate_hz = g->rate_hz,
                                         .dtype = GAIT_F32};
    if (gait_geometry_check(&t->geometry) < 0 || gait_geometry_check(g) < 0)
        return -EINVAL;
    t->geometry.cell = malloc(cells);
    if (!t->geometry.cell)
        return -ENOMEM;
    memset(t->geometry.cell, GAIT_CELL_MISSING, cells);
    t->pad_cells = gait_geometry_cells(g);
    t->pad_dtype = g->dtype;
    t->pads = p->tiling.count;
    t->period_ns = (uint64_t)(1e9 / g->rate_hz);
    for (unsigned i = 0; i < t->pads; i++) {
        struct pad *pad = &t->pad[i];

        pad->says = &p->tiling.pad[i];
        pad->cell_of = calloc(t->pad_cells, sizeof *pad->cell_of);
        pad->last = calloc(t->pad_cells, sizeof *pad->last);
        if (!pad->cell_of || !pad->last)
            return -ENOMEM;
        if (lay(t, pad, g) < 0)
            return -EINVAL;
        clocks += pad->says->clock;
        t->clock = pad->says->clock ? i : t->clock;
    }
    return clocks == 1 ? 0 : -EINVAL;
}

int mat_tile_new(const struct mat_profile *profile, const struct gait_geometry *pad, struct mat_tile **ret_tile)
{
    struct mat_tile *t;
    int r;

    if (!profile->tiling.count || profile->tiling.count > MAT_PADS_MAX)
        return -EINVAL;
    t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    r = fill(t, profile, pad);
    if (r < 0) {
        mat_tile_free(t);
        return r;
    }
    *ret_tile = t;
    return 0;
}

void mat_tile_free(struct mat_tile *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < t->pads; i++) {
        free(t->pad[i].cell_of);
        free(t->pad[i].last);
    }
    free(t->geometry.cell);
    free(t);
}

const struct gait_geometry *mat_tile_geometry(const struct mat_tile *t)
{
    return &t->geometry;
}

int mat_tile_pad(const struct mat_tile *t, const char *id)
{
    int any = -1;

    for (unsigned i = 0; i < t->pads; i++) {
        if (t->pad[i].says->id[0] && !strcmp(t->pad[i].says->id, id))
            return (int)i;
        if (!t->pad[i].says->id[0] && any < 0)
            any = (int)i;
    }
    return any;
}

static float sample(enum gait_dtype dtype, const void *raw, size_t i)
{
    switch (dtype) {
    case GAIT_U8:
        return ((const uint8_t *)raw)[i];
    case GAIT_U16:
        return ((const uint16_t *)raw)[i];
    case GAIT_I16:
        return ((const int16_t *)raw)[i];
    case GAIT_F32:
        return ((const float *)raw)[i];
    case GAIT_DTYPE_INVALID:
        break;
    }
    return NAN;
}

bool mat_tile_put(struct mat_tile *t, unsigned pad, const void *raw, uint64_t t_ns)
{
    struct pad *p = &t->pad[pad];

    for (size_t i = 0; i < t->pad_cells; i++)
        p->last[i] = sample(t->pad_dtype, raw, i);
    p->t_ns = t_ns;
    p->there = true;
    return pad == t->clock;
}

void mat_tile_gone(struct mat_tile *t, unsigned pad)
{
    t->pad[pad].there = false;
}

/* How old a pad's frame is at the clock's; one that came after it is new. UINT64_MAX: not there. */
static uint64_t age(const struct mat_tile *t, const struct pad *p, uint64_t gone_ns)
{
    uint64_t now = t->pad[t->clock].t_ns, old = now > p->t_ns ? now - p->t_ns : 0;

    return p->there && old <= gone_ns ? old : UINT64_MAX;
}

void mat_tile_merge(const struct mat_tile *t, uint64_t gone_ns, float *raw, struct mat_tile_state *state)
{
    size_t cells = gait_geometry_cells(&t->geometry);

    *state = (struct mat_tile_state){.pads.n = t->pads};
    for (size_t i = 0; i < cells; i++)
        raw[i] = NAN;
    for (unsigned k = 0; k < t->pads; k++) {
        const struct pad *p = &t->pad[k];

        const uint64_t age_ns = age(t, p, gone_ns ? gone_ns : GONE_NS);

        state->pads.age_us[k] = age_ns / 1000 < GAIT_PAD_MISSING ? (uint32_t)(age_ns / 1000) : GAIT_PAD_MISSING;
        if (age_ns == UINT64_MAX) {
            state->flags |= GAIT_FRAME_PAD_MISSING;
            continue;
        }
        if (age_ns > t->period_ns) {
            state->stale |= 1u << k;
            state->flags |= GAIT_FRAME_PAD_STALE;
        }
        for (size_t i = 0; i < t->pad_cells; i++)
            raw[p->cell_of[i]] = p->last[i];
    }
}
