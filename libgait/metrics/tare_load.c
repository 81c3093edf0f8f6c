#include "metrics/tare_load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/calibrate.h"
#include "gait/cleanup.h"
#include "metrics/calibrator.h"
#include "metrics/label.h"

#define SPREADS        7.4  /* five standard deviations, of median absolute ones */
#define STAND_AREA_CM2 10.0 /* half of the least footfall */

struct look {
    const struct gait_geometry *g;
    const struct gait_calibration *now;
    double most_kPa;
    struct label label;
    uint64_t *mask;
    float *work; /* [rows*cols] */
};

static void look_done(struct look *look)
{
    label_done(&look->label);
    free(look->mask);
    free(look->work);
}

static int look_init(struct look *look)
{
    int r = label_init(look->g->rows, look->g->cols, &look->label);

    if (r < 0)
        return r;
    look->mask = calloc((size_t)look->g->rows * look->label.words, sizeof *look->mask);
    look->work = calloc(gait_geometry_cells(look->g), sizeof *look->work);
    return look->mask && look->work ? 0 : -ENOMEM;
}

static bool measures(const struct gait_geometry *g, size_t i)
{
    return !g->cell || g->cell[i] == GAIT_CELL_OK;
}

/* True when what is in the mask somewhere touches over more than a broken line or a cluster that can be filled, and over that area. */
static bool like_a_foot(struct look *look, double least_cm2)
{
    const double cell_cm2 = gait_geometry_cell_area_mm2(look->g) / 100;
    const uint32_t n = label_mask(&look->label, look->mask, look->work, look->g->cols);

    for (uint32_t i = 0; i < n; i++) {
        const struct component *c = &look->label.component[i];

        if (c->cells > FILL_CLUSTER_MAX && c->cells * cell_cm2 >= least_cm2 && c->row1 > c->row0 && c->col1 > c->col0)
            return true;
    }
    return false;
}

/* Cells that show more than the limit at count[i] - level counts, and more than by how much they differ anyway. */
static void mask_above(struct look *look, const float *count, double level, double spread)
{
    const uint32_t cols = look->g->cols;

    memset(look->mask, 0, (size_t)look->g->rows * look->label.words * sizeof *look->mask);
    for (size_t i = 0; i < gait_geometry_cells(look->g); i++) {
        const double above = (double)count[i] - level;

        if (measures(look->g, i) && above > spread && gait_calibration_kPa(look->now, i, above) > look->most_kPa)
            look->mask[i / cols * look->label.words + i % cols / 64] |= (uint64_t)1 << i % cols % 64;
    }
}

/* Median of what measures; then how far the cells are from it, in the middle. */
static double middle(struct look *look, const float *value, double from, bool distance)
{
    int n = 0;

    for (size_t i = 0; i < gait_geometry_cells(look->g); i++)
        if (measures(look->g, i))
            look->work[n++] = distance ? fabsf(value[i] - (float)from) : value[i];
    return n ? (double)tare_median(look->work, n) : 0;
}

/* Counts at rest against the offsets so far: what a foot adds stands out of what the whole mat does. */
static int stands(struct look *look, const float *offset)
{
    const size_t cells = gait_geometry_cells(look->g);
    _cleanup_free_ float *rest = malloc(cells * sizeof *rest);
    double level, spread;

    if (!rest)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++)
        rest[i] = offset[i] - (look->now->offset && measures(look->g, i) ? look->now->offset[i] : 0.0f);
    level = middle(look, rest, 0, false);
    spread = SPREADS * middle(look, rest, level, true);
    mask_above(look, rest, level, spread);
    return like_a_foot(look, STAND_AREA_CM2) ? -EUSERS : 0;
}

int tare_load(const struct gait_geometry *g, const struct gait_calibration *now, double most_kPa, const float *offset,
              const float *moved, bool empty)
{
    struct look look = {.g = g, .now = now, .most_kPa = most_kPa};
    int r = look_init(&look);

    if (r == 0) {
        mask_above(&look, moved, 0, 0);
        r = like_a_foot(&look, 0) ? -EBUSY : 0;
    }
    if (r == 0 && !empty)
        r = stands(&look, offset);
    look_done(&look);
    return r;
}
