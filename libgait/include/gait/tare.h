/*
 * Offsets of an unloaded mat: per cell the median of its counts over a stretch of frames, and 1.4826 times their median absolute deviation as noise.
 */
#ifndef GAIT_TARE_H
#define GAIT_TARE_H

#include <gait/api.h>
#include <gait/cleanup.h>
#include <gait/frame.h>

enum {
    GAIT_TARE_FRAMES_MIN = 100,
    GAIT_TARE_FRAMES_MAX = 2000,
};

struct gait_tare;

struct gait_tare_result {
    uint32_t frames;
    uint32_t noisy_cells; /* five times their noise above the threshold: to be marked bad */
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

/**
 * Add one frame.
 *
 * Shape    raw[rows*cols] of the geometry's dtype; contact_cells: what the pipeline found in this frame (gait_frame_numbers), 0 when nobody looked.
 * Returns  1 enough frames; 0 more are wanted; -EBUSY the mat is loaded: start again when it is empty.
 */
GAIT_API int gait_tare_add(struct gait_tare *tare, const void *raw, uint32_t contact_cells);

/**
 * Compute offsets and noise.
 *
 * Shape    before[rows*cols] the offsets so far, or NULL; ret_offset, ret_sigma [rows*cols].
 * Unit     counts; kPa_per_count translates p_on_kPa and the 2 kPa of a jump.
 * Returns  0; -EAGAIN fewer than GAIT_TARE_FRAMES_MIN frames; -ENOMEM; -EBUSY the counts of some cell wander by more than p_on_kPa over the stretch: somebody is on the mat.
 */
GAIT_API int gait_tare_finish(struct gait_tare *tare, double kPa_per_count, double p_on_kPa, const float *before,
                              float *ret_offset, float *ret_sigma, struct gait_tare_result *ret_result);

#endif
