#include "metrics/calibrator.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lanes.h"

static int take_memory(struct gait_calibrator *c)
{
    const size_t cells = gait_geometry_cells(&c->geometry);
    const size_t bytes = (size_t)c->geometry.rows * c->stride * sizeof(float);

    c->scratch = malloc(cells * sizeof *c->scratch);
    c->how = malloc(cells);
    c->cell = malloc(cells);
    c->fill = calloc(FILLS_MAX, sizeof *c->fill);
    if (!c->scratch || !c->how || !c->cell || !c->fill)
        return -ENOMEM;
    if (posix_memalign((void **)&c->offset, 64, bytes) != 0 || posix_memalign((void **)&c->slope, 64, bytes) != 0)
        return -ENOMEM;
    return 0;
}

void gait_calibrator_cells(struct gait_calibrator *calibrator, const uint8_t *cell)
{
    struct gait_calibrator *c = calibrator;
    const size_t cells = gait_geometry_cells(&c->geometry);

    if (cell)
        memmove(c->cell, cell, cells);
    c->geometry.cell = cell ? c->cell : NULL;
    c->fills = fill_plan(&c->geometry, c->fill, c->how, c->scratch);
}

int gait_calibrator_new(const struct gait_geometry *geometry, struct gait_calibrator **ret_calibrator)
{
    _cleanup_(gait_calibrator_freep) struct gait_calibrator *c = calloc(1, sizeof *c);
    struct gait_calibration identity;
    int r;

    if (!c)
        return -ENOMEM;
    r = gait_geometry_check(geometry);
    if (r < 0)
        return r;
    c->geometry = *geometry;
    c->stride = (geometry->cols + LANES - 1) / LANES * LANES;
    r = take_memory(c);
    if (r < 0)
        return r;
    gait_calibrator_cells(c, geometry->cell);
    gait_calibration_identity(&identity);
    r = gait_calibrator_load(c, &identity);
    if (r < 0)
        return r;
    c->version = 0;
    *ret_calibrator = gait_steal(&c);
    return 0;
}

void gait_calibrator_free(struct gait_calibrator *calibrator)
{
    if (!calibrator)
        return;
    free(calibrator->cell);
    free(calibrator->scratch);
    free(calibrator->offset);
    free(calibrator->slope);
    free(calibrator->fill);
    free(calibrator->how);
    free(calibrator);
}

static void load_curve(struct gait_calibrator *c, const struct gait_calibration *from)
{
    uint32_t segment = 0;

    c->n_curve = from->n_curve;
    if (c->n_curve == 0)
        return;
    for (uint32_t i = 0; i < c->n_curve; i++) {
        c->curve[i].count = from->curve_count[i];
        c->curve[i].kPa = from->curve_kPa[i];
        c->curve[i].slope = i + 1 == c->n_curve ? 0.0f
                                                : (from->curve_kPa[i + 1] - from->curve_kPa[i]) /
                                                      (from->curve_count[i + 1] - from->curve_count[i]);
    }
    c->bucket_scale = (float)CURVE_BUCKETS / (c->curve[c->n_curve - 1].count - c->curve[0].count);
    for (uint32_t b = 0; b <= CURVE_BUCKETS; b++) {
        /* One bucket early: what rounding does to the bucket number cannot skip a point. */
        const float low = c->curve[0].count + ((float)b - 1) / c->bucket_scale;

        while (segment + 1 < c->n_curve && c->curve[segment + 1].count <= low)
            segment++;
        c->bucket[b] = (uint16_t)segment;
    }
}

static void load_cells(struct gait_calibrator *c, const struct gait_calibration *from)
{
    const struct gait_geometry *g = &c->geometry;
    const double common = from->n_curve ? from->scale : from->scale * from->kPa_per_count;

    memset(c->offset, 0, (size_t)g->rows * c->stride * sizeof(float));
    memset(c->slope, 0, (size_t)g->rows * c->stride * sizeof(float));
    for (uint32_t r = 0; r < g->rows; r++) {
        for (uint32_t col = 0; col < g->cols; col++) {
            const size_t i = (size_t)r * g->cols + col, at = (size_t)r * c->stride + col;

            if (g->cell && g->cell[i] != GAIT_CELL_OK)
                continue;
            c->offset[at] = from->offset ? from->offset[i] : 0.0f;
            c->slope[at] = (float)(common * (from->gain ? (double)from->gain[i] : 1.0));
        }
    }
}

int gait_calibrator_load(struct gait_calibrator *calibrator, const struct gait_calibration *calibration)
{
    int r = gait_calibration_check(calibration, &calibrator->geometry);

    if (r < 0)
        return r;
    load_curve(calibrator, calibration);
    load_cells(calibrator, calibration);
    calibrator->saturation = (float)calibration->saturation_count;
    calibrator->version = calibration->version;
    return 0;
}

uint32_t gait_calibrator_version(const struct gait_calibrator *calibrator)
{
    return calibrator->version;
}

const uint8_t *gait_calibrator_fill(const struct gait_calibrator *calibrator)
{
    return calibrator->how;
}

/* One row of a given type; the type is a constant where this is inlined. */
LANES_INLINE void calibrate_row(const struct gait_calibrator *c, enum gait_dtype dtype, int curved,
                                const unsigned char *raw, uint32_t row, float *ret_p)
{
    const float *offset = c->offset + (size_t)row * c->stride, *slope = c->slope + (size_t)row * c->stride;
    const size_t size = lanes_size(dtype);
    const uint32_t cols = c->geometry.cols;
    struct lanes count, p;

    for (uint32_t at = 0; at < cols; at += LANES) {
        unsigned char last[LANES * sizeof(float)] = {0};
        float end[LANES];
        const uint32_t n = cols - at;

        if (n >= LANES) {
            p = lanes_calibrated(c, dtype, curved, raw + at * size, offset + at, slope + at, &count);
            lanes_store(ret_p + at, &p);
            continue;
        }
        memcpy(last, raw + at * size, n * size);
        p = lanes_calibrated(c, dtype, curved, last, offset + at, slope + at, &count);
        lanes_store(end, &p);
        memcpy(ret_p + at, end, n * sizeof *end);
    }
}

static void calibrate_all(const struct gait_calibrator *c, const unsigned char *raw, float *ret_p)
{
    const size_t cols = c->geometry.cols;

    for (uint32_t r = 0; r < c->geometry.rows; r++, ret_p += cols, raw += cols * gait_dtype_size(c->geometry.dtype)) {
        if (c->n_curve)
            calibrate_row(c, c->geometry.dtype, 1, raw, r, ret_p);
        else if (c->geometry.dtype == GAIT_U8)
            calibrate_row(c, GAIT_U8, 0, raw, r, ret_p);
        else if (c->geometry.dtype == GAIT_U16)
            calibrate_row(c, GAIT_U16, 0, raw, r, ret_p);
        else if (c->geometry.dtype == GAIT_I16)
            calibrate_row(c, GAIT_I16, 0, raw, r, ret_p);
        else
            calibrate_row(c, GAIT_F32, 0, raw, r, ret_p);
    }
}

static bool finite_at(const unsigned char *raw, size_t i)
{
    float f;

    memcpy(&f, raw + i * sizeof f, sizeof f);
    return isfinite(f);
}

void gait_calibrate(const struct gait_calibrator *calibrator, const void *raw, float missing, float *ret_p_kPa)
{
    const struct gait_geometry *g = &calibrator->geometry;
    const size_t cells = gait_geometry_cells(g);

    calibrate_all(calibrator, raw, ret_p_kPa);
    for (uint32_t k = 0; k < calibrator->fills; k++)
        ret_p_kPa[(size_t)calibrator->fill[k].row * g->cols + calibrator->fill[k].col] =
            fill_value(&calibrator->fill[k], ret_p_kPa, g->cols);
    if (g->cell)
        for (size_t i = 0; i < cells; i++)
            if (calibrator->how[i] == GAIT_FILL_NONE)
                ret_p_kPa[i] = missing;
    if (g->dtype == GAIT_F32)
        for (size_t i = 0; i < cells; i++)
            if (calibrator->how[i] == GAIT_FILL_MEASURED && !finite_at(raw, i))
                ret_p_kPa[i] = missing;
}

static double curve_kPa(const struct gait_calibration *c, double count)
{
    uint32_t low = 0, high = c->n_curve - 1;

    if (!(count > (double)c->curve_count[0]))
        return 0;
    if (count >= (double)c->curve_count[high])
        return (double)c->curve_kPa[high];
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;

        if (count < (double)c->curve_count[middle])
            high = middle;
        else
            low = middle;
    }
    return (double)c->curve_kPa[low] + (count - (double)c->curve_count[low]) *
                                           ((double)c->curve_kPa[high] - (double)c->curve_kPa[low]) /
                                           ((double)c->curve_count[high] - (double)c->curve_count[low]);
}

double gait_calibration_kPa(const struct gait_calibration *c, size_t cell, double count)
{
    const double gain = c->scale * (c->gain ? (double)c->gain[cell] : 1.0);

    if (!(count > 0))
        return 0;
    return gain * (c->n_curve ? curve_kPa(c, count) : c->kPa_per_count * count);
}

bool gait_calibration_knows_kPa(const struct gait_calibration *c, enum gait_dtype dtype)
{
    return dtype == GAIT_F32 || c->n_curve || c->kPa_per_count != 1.0 || strcmp(c->model, "identity") != 0;
}
