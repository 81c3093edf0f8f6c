/*
 * Slow following of each cell's offset between trials, only where the cell is certainly unloaded: it and its eight neighbours below p_off for half a second.
 * Contact within two cells freezes it. Within a trial offsets never move: nobody calls this then.
 */
#ifndef GAIT_DRIFT_H
#define GAIT_DRIFT_H

#include <gait/api.h>
#include <gait/calibrate.h>
#include <gait/cleanup.h>

struct gait_drift;

/**
 * Take memory for following one mat.
 *
 * Unit     tau_s: time constant, 5 to 10.
 * Owner    the caller: gait_drift_free().
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_drift_new(const struct gait_geometry *geometry, double tau_s, double p_off_kPa,
                            struct gait_drift **ret_drift);
GAIT_API void gait_drift_free(struct gait_drift *drift);
GAIT_DEFINE_CLEANUP(struct gait_drift *, gait_drift_free)

/** Forget which cells were quiet (a trial has begun or ended, the mat came back). */
GAIT_API void gait_drift_reset(struct gait_drift *drift);

/**
 * Look at one frame and move the offsets of quiet cells.
 *
 * Shape    raw[rows*cols] of the geometry's dtype; offset[rows*cols] in counts, changed in place.
 * Unit     t_ns: the mat's time.
 * Thread   one at a time; not while a trial runs.  Cost O(rows*cols), no allocation; ten frames a second are plenty.
 * Returns  number of cells moved.
 */
GAIT_API int gait_drift_follow(struct gait_drift *drift, const struct gait_calibrator *calibrator, const void *raw,
                               uint64_t t_ns, float *offset);

#endif
