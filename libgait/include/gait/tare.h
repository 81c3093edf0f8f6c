/*
 * Offsets of an unloaded mat: per cell the median of its counts over a stretch of frames, and 1.4826 times their median absolute deviation as noise.
 */
#ifndef GAIT_TARE_H
#define GAIT_TARE_H

#include <stdbool.h>

#include <gait/api.h>
#include <gait/calibration.h>
#include <gait/cleanup.h>
#include <gait/frame.h>

enum {
    GAIT_TARE_FRAMES_MIN = 100,
    GAIT_TARE_FRAMES_MAX = 2000,
};

struct gait_tare;

struct gait_tare_result {
    uint32_t frames;
    uint32_t noisy_cells; /* five times their noise shows more than the threshold: to be marked bad */
    uint32_t stuck_cells; /* no noise at all on a mat that has some */
    double jump_max_kPa;  /* largest change against the offsets before; NaN when there were none */
    uint32_t jump_cells;  /* changed by more than 2 kPa: to be logged */
};

/**
 * Take memory for `frames` frames (they are stored: medians want them).
 *
 * Owner    the caller: gait_tare_free(). The geometry is copied.
 * Thread   any.
 * Returns  0; -EINVAL bad geometry or frames outside GAIT_TARE_FRAMES_MIN..MAX; -ENOMEM.
 */
GAIT_API int gait_tare_new(const struct gait_geometry *geometry, uint32_t frames, struct gait_tare **ret_tare);
GAIT_API void gait_tare_free(struct gait_tare *tare);
GAIT_DEFINE_CLEANUP(struct gait_tare *, gait_tare_free)

/** Add one frame. Shape: raw[rows*cols] of the geometry's dtype. Returns 1 enough frames; 0 more are wanted. */
GAIT_API int gait_tare_add(struct gait_tare *tare, const void *raw);

/**
 * Compute offsets and noise, and judge whether somebody was on the mat.
 *
 * Cells touching each other that are elsewhere by more than p_on_kPa for a tenth of the frames, or from the first half to the second, are somebody who moves; cells that touch and rest higher than the mat at large
 * (against the offsets so far) by more than p_on_kPa and more than the cells differ anyway, over 10 cm2, are somebody who stands. Four cells or a line of them are no foot: when they move,
 * that is their noise. A load that is alike on more than half of the mat cannot be told from its rest level.
 *
 * Shape    now: the calibration so far with its offsets, gains and curve; empty: the caller knows that nobody stands there; ret_offset, ret_sigma [rows*cols].
 * Unit     counts.
 * Returns  0; -EAGAIN fewer than GAIT_TARE_FRAMES_MIN frames; -ENOMEM; -EBUSY somebody moves on the mat; -EUSERS somebody stands there (never when it is empty).
 */
GAIT_API int gait_tare_finish(struct gait_tare *tare, const struct gait_calibration *now, double p_on_kPa, bool empty,
                              float *ret_offset, float *ret_sigma, struct gait_tare_result *ret_result);

/** True when the cell's noise (calibration's sigma) shows more than the threshold by itself: five of it are taken. False where nothing is known in kPa. */
GAIT_API bool gait_tare_noisy(const struct gait_calibration *c, enum gait_dtype dtype, size_t cell, double sigma,
                              double p_on_kPa);

#endif
