/*
 * What turns raw counts into kPa: p = scale * gain_i * f(count_i - offset_i), clamped below at 0.
 * Data only; the arithmetic is gait/calibrate.h (metrics), the files are read by drivers/mats.
 */
#ifndef GAIT_CALIBRATION_H
#define GAIT_CALIBRATION_H

#include <stdint.h>

#include <gait/api.h>
#include <gait/frame.h>

enum {
    GAIT_CURVE_POINTS_MAX = 4096,
    GAIT_CALIBRATION_TEXT_MAX = 64,
};

struct gait_calibration {
    uint32_t version; /* names this calibration in frames and messages; rises with every tare or calibration */
    char model[16];   /* "identity", "linear", "power", "poly2", "poly3", "table" */
    char serial[GAIT_CALIBRATION_TEXT_MAX]; /* of the mat it was made on; "" unknown */
    char date[32];                          /* ISO 8601 UTC; "" unknown */
    double scale;                           /* body-weight step scale s, 1 when not measured */
    double kPa_per_count;                   /* f when n_curve == 0 */
    double saturation_count;                /* counts at or above are saturated; NaN: no ceiling known */
    uint32_t n_curve;                       /* f as a monotone table, linear between points, 0 below the first */
    float *curve_count, *curve_kPa;         /* [n_curve] */
    float *offset;                          /* [rows*cols] counts, or NULL: 0 */
    float *gain;                            /* [rows*cols] dimensionless, or NULL: 1 */
    float *sigma;                           /* [rows*cols] counts, noise of the tare, or NULL: unknown */
};

/** Make the identity: counts are kPa. No arrays. */
GAIT_API void gait_calibration_identity(struct gait_calibration *ret_calibration);

/**
 * Say whether a calibration fits a geometry: finite, monotone, within range.
 *
 * Returns  0; -EINVAL.
 */
GAIT_API int gait_calibration_check(const struct gait_calibration *c, const struct gait_geometry *g);

/**
 * Deep copy.
 *
 * Owner    the copy is the caller's: gait_calibration_done().
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_calibration_copy(const struct gait_calibration *c, const struct gait_geometry *g,
                                   struct gait_calibration *ret_copy);

/** Free the arrays and clear; NULL is fine. */
GAIT_API void gait_calibration_done(struct gait_calibration *c);

#endif
