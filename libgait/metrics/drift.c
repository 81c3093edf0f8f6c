#include "gait/drift.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lanes.h"

#define QUIET_S    0.5
#define STEP_MAX_S 1.0 /* a longer pause between two frames counts as this */

enum { FREEZE_CELLS = 2 };

struct gait_drift {
    struct gait_geometry geometry;
    double tau_s;
    float p_off_kPa;
    uint64_t t_ns;     /* of the frame before; 0 none */
    uint8_t *loud;     /* [cells] this frame: within two cells of one at or above p_off */
    uint64_t *loud_ns; /* [cells] when the cell or a neighbour was last loud */
};

int gait_drift_new(const struct gait_geometry *geometry, double tau_s, double p_off_kPa, struct gait_drift **ret_drift)
{
    _cleanup_(gait_drift_freep) struct gait_drift *d = NULL;
    int r = gait_geometry_check(geometry);

    if (r < 0)
        return r;
    if (!(tau_s > 0 && tau_s < 1e6) || !(p_off_kPa >= 0))
        return -EINVAL;
    d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->geometry = *geometry;
    d->geometry.cell = NULL; /* the calibrator knows the cells */
    d->tau_s = tau_s;
    d->p_off_kPa = p_off_kPa > 0 ? (float)p_off_kPa : FLT_MIN;
    d->loud = malloc(gait_geometry_cells(geometry));
    d->loud_ns = malloc(gait_geometry_cells(geometry) * sizeof *d->loud_ns);
    if (!d->loud || !d->loud_ns)
        return -ENOMEM;
    *ret_drift = gait_steal(&d);
    return 0;
}

void gait_drift_free(struct gait_drift *drift)
{
    if (!drift)
        return;
    free(drift->loud);
    free(drift->loud_ns);
    free(drift);
}

void gait_drift_reset(struct gait_drift *drift)
{
    drift->t_ns = 0;
}

static float count_at(const struct gait_drift *d, const void *raw, size_t i)
{
    const size_t size = gait_dtype_size(d->geometry.dtype);
    unsigned char block[LANES * sizeof(float)] = {0};
    float count[LANES];
    struct lanes a;

    memcpy(block, (const unsigned char *)raw + i * size, size);
    a = lanes_raw(d->geometry.dtype, block);
    lanes_store(count, &a);
    return count[0];
}

/* Pressure with the offset as it stands now, not as the calibrator was loaded. */
static float pressure(const struct gait_calibrator *c, float x, size_t at)
{
    return c->n_curve ? curved_kPa(c, x, c->slope[at]) : x * c->slope[at];
}

static void surround(struct gait_drift *d, uint32_t row, uint32_t col, uint64_t t_ns)
{
    const struct gait_geometry *g = &d->geometry;

    for (uint32_t r = row > FREEZE_CELLS ? row - FREEZE_CELLS : 0; r <= row + FREEZE_CELLS && r < g->rows; r++) {
        for (uint32_t c = col > FREEZE_CELLS ? col - FREEZE_CELLS : 0; c <= col + FREEZE_CELLS && c < g->cols; c++) {
            const size_t i = (size_t)r * g->cols + c;

            d->loud[i] = 1;
            if (r + 1 >= row && r <= row + 1 && c + 1 >= col && c <= col + 1)
                d->loud_ns[i] = t_ns;
        }
    }
}

int gait_drift_follow(struct gait_drift *drift, const struct gait_calibrator *calibrator, const void *raw,
                      uint64_t t_ns, float *offset)
{
    struct gait_drift *d = drift;
    const struct gait_geometry *g = &d->geometry;
    const bool first = d->t_ns == 0 || t_ns < d->t_ns;
    const double passed_s = first ? 0 : (double)(t_ns - d->t_ns) * 1e-9;
    const float alpha = (float)((passed_s < STEP_MAX_S ? passed_s : STEP_MAX_S) / d->tau_s);
    int moved = 0;

    memset(d->loud, 0, gait_geometry_cells(g));
    for (size_t i = 0; i < gait_geometry_cells(g) && first; i++)
        d->loud_ns[i] = t_ns;
    d->t_ns = t_ns;
    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        const size_t row = i / g->cols, col = i % g->cols;

        if (pressure(calibrator, count_at(d, raw, i) - offset[i], row * calibrator->stride + col) >= d->p_off_kPa)
            surround(d, (uint32_t)row, (uint32_t)col, t_ns);
    }
    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        const float count = count_at(d, raw, i);

        if (d->loud[i] || calibrator->how[i] != GAIT_FILL_MEASURED || !isfinite(count) ||
            (double)(t_ns - d->loud_ns[i]) < QUIET_S * 1e9)
            continue;
        offset[i] += (alpha < 1.0f ? alpha : 1.0f) * (count - offset[i]);
        moved++;
    }
    return moved;
}
