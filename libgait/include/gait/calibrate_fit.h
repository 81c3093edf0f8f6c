/*
 * What a calibration is fitted from: uniform pressure at some levels gives each cell its gain, known loads give the curve, a standing person of known weight
 * gives the scale. Pure functions; the files are drivers/mats/calibration_file.h, the arithmetic that uses the result is gait/calibrate.h.
 */
#ifndef GAIT_CALIBRATE_FIT_H
#define GAIT_CALIBRATE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>
#include <gait/calibration.h>
#include <gait/error.h>
#include <gait/frame.h>

enum {
    GAIT_FIT_LOADS_MAX = 256,
    GAIT_FIT_LEVELS_MAX = 64,
};

enum gait_fit_model {
    GAIT_FIT_LINEAR = 1, /* kPa = a count */
    GAIT_FIT_POWER = 2,  /* kPa = a count^b, b in k[1]; two loads are enough */
    GAIT_FIT_POLY2 = 3,  /* kPa = a count + b count^2 */
    GAIT_FIT_POLY3 = 4,  /* and + c count^3 */
    GAIT_FIT_TABLE = 5,  /* linear between the loads and 0 */
};

struct gait_fit_curve {
    enum gait_fit_model model;
    double k[3];
    uint32_t loads; /* different counts, sorted */
    double count[GAIT_FIT_LOADS_MAX], kPa[GAIT_FIT_LOADS_MAX];
    double rms_kPa;     /* root mean square of what the model leaves at the loads */
    double rms_percent; /* the same, of the largest load */
};

/** "linear", "power", "poly2", "poly3", "table", or "?"; static storage. */
GAIT_API const char *gait_fit_model_name(enum gait_fit_model model);

/** The model of a name; 0 when there is none. */
GAIT_API enum gait_fit_model gait_fit_model_find(const char *name);

/**
 * Fit a curve through 0 to known loads.
 *
 * Shape    count[n], kPa[n] in any order; equal counts are averaged.
 * Unit     count above the unloaded offset; kPa; count_max the largest count the mat gives: the curve must rise up to there.
 * Returns  0; with err: -EINVAL a value is not finite or not positive, or too many; -EAGAIN too few loads for the model (1, 2, 2, 3, 2); -ERANGE the curve
 *          does not rise everywhere on [0, count_max].
 * Source   metrics.md section 1: power by least squares of log p on log a, polynomials by least squares of p without a constant.
 */
GAIT_API int gait_fit_curve(enum gait_fit_model model, const double *count, const double *kPa, size_t n,
                            double count_max, struct gait_fit_curve *ret_curve, struct gait_error *err);

/**
 * Largest count above its offset that any cell of a mat can give: up to there a curve must reach.
 *
 * Unit     counts; seen: the largest of the loads, for float samples that have no ceiling.
 * Returns  NaN when every cell that measures rests at the ceiling.
 */
GAIT_API double gait_fit_count_max(const struct gait_geometry *geometry, const struct gait_calibration *calibration,
                                   double seen);

/** kPa of a count; 0 below 0. */
GAIT_API double gait_fit_evaluate(const struct gait_fit_curve *curve, double count);

/**
 * Put a curve into a calibration: a factor where it is linear, else a table up to count_max.
 *
 * Owner    the calibration keeps its other arrays; its table is replaced.
 * Returns  0; -EINVAL; -ENOMEM (nothing changed).
 */
GAIT_API int gait_fit_apply(const struct gait_fit_curve *curve, double count_max, struct gait_calibration *calibration);

/* What uniform pressure says of a cell. */
enum gait_fit_cell {
    GAIT_FIT_CELL_OK = 0,
    GAIT_FIT_CELL_NONE = 1,   /* there is no sensel */
    GAIT_FIT_CELL_SILENT = 2, /* nothing at any level: dead */
    GAIT_FIT_CELL_STUCK = 3,  /* the same at all levels: dead */
    GAIT_FIT_CELL_SATURATED =
        4,                  /* at its ceiling at one level or more: those levels were left out, or nothing is left */
    GAIT_FIT_CELL_GAIN = 5, /* gain outside 0.5 to 2: suspect, dead until it is looked at */
};

struct gait_fit_gains {
    uint32_t ok, silent, stuck, saturated, out_of_range; /* cells */
    double gain_least, gain_most;                        /* of those that are ok */
    double spread_percent_before,
        spread_percent_after; /* coefficient of variation over the cells, mean of the levels */
};

/**
 * Equilibrate: the gain that brings each cell to the median of the array, mean over the levels.
 *
 * Shape    count[levels*rows*cols]: for each level, the mean count of each cell; ret_gain, ret_what (enum gait_fit_cell) [rows*cols]; gain 1 where a cell is
 *          not ok.
 * Unit     raw counts; calibration brings offset, curve and saturation (its gains are not used).
 * Returns  0; with err: -EAGAIN fewer than 2 levels, or levels that are less than 10 % apart; -EINVAL; -ENOMEM; -ERANGE more than half of the cells are not ok.
 * Source   metrics.md section 1, g_i = mean_k [ median_j f(a_jk) / f(a_ik) ], reject outside 0.5 to 2.
 */
GAIT_API int gait_fit_gains(const struct gait_geometry *geometry, const struct gait_calibration *calibration,
                            const float *count, uint32_t levels, float *ret_gain, uint8_t *ret_what,
                            struct gait_fit_gains *ret_summary, struct gait_error *err);

struct gait_fit_weight {
    double scale;    /* multiply the scale so far by it */
    double median_N; /* of the force that the mat showed */
    double wander_percent;
    bool warn; /* more than 10 % from 1: say so */
};

/**
 * Scale from somebody standing still.
 *
 * Shape    force_N[n]: total force of each frame, with the calibration as it is.
 * Unit     duration_s that these frames took; body_weight_N = mass x 9.80665.
 * Returns  0; with err: -EAGAIN less than 2 s; -EBUSY the force wanders by more than 5 % (1.4826 x median deviation): stand still; -ERANGE more than 25 % from 1:
 *          the mat or the mass is wrong; -EINVAL; -ENOMEM.
 * Source   metrics.md section 1.
 */
GAIT_API int gait_fit_weight(const double *force_N, size_t n, double duration_s, double body_weight_N,
                             struct gait_fit_weight *ret_weight, struct gait_error *err);

#endif
