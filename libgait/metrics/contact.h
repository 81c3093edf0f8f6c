/*
 * One pass over a frame: counts to kPa, threshold with hysteresis, the frame's numbers and a bit mask of the cells in contact.
 */
#ifndef METRICS_CONTACT_H
#define METRICS_CONTACT_H

#include <stdbool.h>
#include <stddef.h>

#include "gait/calibrate.h"
#include "gait/frame.h"

struct contact_thresholds {
    float on_kPa, off_kPa; /* a cell comes into contact at on and stays down to off; both > 0 */
    double cop_force_N;
    float full_kPa; /* no row whose largest pressure is below has a cell at its ceiling; 0: every row is looked at */
};

struct contact_pass {
    const struct gait_calibrator *calibrator;
    struct contact_thresholds threshold;
    float *column; /* c + 0.5 [stride], aligned */
    float *p_kPa;  /* [rows * stride]: pressure of the frame last worked */
    uint32_t stride;
    uint32_t words;    /* of 64 cells, a row of a mask */
    uint64_t *mask[2]; /* [rows * words]; bit c % 64 of word c / 64 */
    unsigned now;      /* which mask is of the frame last worked */
};

/**
 * Take the memory of the pass for one calibrator's geometry.
 *
 * Owner    the caller: contact_pass_done(). The calibrator must outlive it.
 * Returns  0; -ENOMEM.
 */
int contact_pass_init(const struct gait_calibrator *calibrator, struct contact_pass *ret_pass);
void contact_pass_done(struct contact_pass *pass);

/** Thresholds of a protocol, for the calibration that is loaded: p_on_kPa 0 means p > 0. Forgets the frame before. */
void contact_pass_begin(struct contact_pass *pass, double p_on_kPa, double p_off_kPa, double cop_force_N);

/**
 * Work one frame: p_kPa and mask[now] of the pass, and the numbers (open_footfalls stays).
 *
 * Shape    raw[rows*cols] of the geometry's dtype, any alignment.
 * Cost     O(rows*cols), no allocation.
 */
void contact_frame(struct contact_pass *pass, const void *raw, struct gait_frame_numbers *ret_numbers);

/** True when a measured cell of a raw frame stands at its ceiling. */
bool calibrator_saturated(const struct gait_calibrator *calibrator, const void *raw, uint32_t cell);

/** Mask of the frame last worked. */
static inline const uint64_t *contact_mask(const struct contact_pass *pass)
{
    return pass->mask[pass->now];
}

#endif
