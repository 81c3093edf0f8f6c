/* What gait_calibrate() and the contact pass share: a calibration made ready for one geometry. */
#ifndef METRICS_CALIBRATOR_H
#define METRICS_CALIBRATOR_H

#include <float.h>

#include "gait/calibrate.h"

enum {
    LANES = 16, /* cells worked at once, and partial sums of a row */
    CURVE_BUCKETS = 1024,
    FILL_NEIGHBOURS_MAX = 8,
    FILL_CLUSTER_MAX = 4, /* dead cells that touch: more are not filled */
    FILLS_MAX = 4096,     /* of a mat; dead cells beyond stay without a value */
};

/* One dead cell and the cells it is computed from. */
struct fill {
    uint32_t row, col;
    uint32_t n;
    struct {
        uint32_t row, col;
        float weight; /* they sum to 1 */
    } from[FILL_NEIGHBOURS_MAX];
};

struct curve_segment {
    float count, kPa, slope; /* slope 0: at and beyond the last point */
};

struct gait_calibrator {
    struct gait_geometry geometry;
    uint32_t version;
    uint32_t stride; /* cells of a row in offset and slope: cols rounded up to LANES; what is beyond cols has slope 0 */
    float *offset;   /* counts */
    float *slope;    /* kPa a count, or gain times scale with a curve; 0 where nothing is measured */
    float saturation; /* counts; NaN none known */
    uint32_t n_curve; /* 0: linear */
    struct curve_segment curve[GAIT_CURVE_POINTS_MAX];
    uint16_t bucket[CURVE_BUCKETS + 1]; /* first segment that can hold a count of this bucket */
    float bucket_scale;                 /* buckets a count */
    uint32_t fills;
    struct fill *fill; /* in the order they are computed */
    uint8_t *how;      /* enum gait_fill [rows*cols] */
    uint8_t *cell;     /* enum gait_cell [rows*cols]; geometry.cell points here when there is one that is not OK */
    uint32_t *scratch; /* [rows*cols] */
};

/* Pressure by the curve; 0 at and below its first point and where the sample is not finite. */
static inline float curved_kPa(const struct gait_calibrator *c, float x, float slope)
{
    float at, p;
    uint32_t i;

    if (!(x > c->curve[0].count && x <= FLT_MAX))
        return 0.0f;
    at = (x - c->curve[0].count) * c->bucket_scale;
    i = c->bucket[at < (float)CURVE_BUCKETS ? (uint32_t)at : CURVE_BUCKETS];
    while (i + 1 < c->n_curve && c->curve[i + 1].count <= x)
        i++;
    p = (c->curve[i].kPa + (x - c->curve[i].count) * c->curve[i].slope) * slope;
    return p > 0.0f ? p : 0.0f;
}

/**
 * List the dead cells that can be filled and from what.
 *
 * Shape    ret_fill[FILLS_MAX], ret_how[rows*cols], scratch[rows*cols].
 * Returns  number of fills.
 */
uint32_t fill_plan(const struct gait_geometry *g, struct fill *ret_fill, uint8_t *ret_how, uint32_t *scratch);

/** Pressure of a fill from a frame of pressures with this stride. */
static inline float fill_value(const struct fill *f, const float *p_kPa, size_t stride)
{
    float sum = 0.0f;

    for (uint32_t k = 0; k < f->n; k++)
        sum += p_kPa[f->from[k].row * stride + f->from[k].col] * f->from[k].weight;
    return sum;
}

#endif
