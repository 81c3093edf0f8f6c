/*
 * Raw counts to kPa, one function for everybody: the pipeline that computes, the publisher that sends and the sealer that stores get the same bits.
 *
 * p = (count - offset_i) * (scale * kPa_per_count * gain_i), or with a table f: p = f(count - offset_i) * (scale * gain_i); everything in float, never below 0.
 * f is linear between its points, 0 at and below the first, held at the last. Dead cells are filled from their neighbours (metrics.md section 1).
 */
#ifndef GAIT_CALIBRATE_H
#define GAIT_CALIBRATE_H

#include <stdbool.h>
#include <stddef.h>

#include <gait/api.h>
#include <gait/calibration.h>
#include <gait/cleanup.h>
#include <gait/frame.h>

/* How a cell comes to its pressure. */
enum gait_fill {
    GAIT_FILL_MEASURED = 0,
    GAIT_FILL_NEIGHBOURS = 1, /* dead: computed from live neighbours */
    GAIT_FILL_NONE = 2,       /* missing, or dead in a cluster too large to fill */
};

struct gait_calibrator;

/**
 * Take the memory for calibrating frames of one geometry; it starts as the identity.
 *
 * Owner    the caller: gait_calibrator_free(). The geometry is copied.
 * Thread   init.
 * Returns  0; -EINVAL bad geometry; -ENOMEM.
 */
GAIT_API int gait_calibrator_new(const struct gait_geometry *geometry, struct gait_calibrator **ret_calibrator);
GAIT_API void gait_calibrator_free(struct gait_calibrator *calibrator);
GAIT_DEFINE_CLEANUP(struct gait_calibrator *, gait_calibrator_free)

/**
 * Take over which cells are missing or dead; a calibration is loaded after this. Allocates nothing.
 *
 * Shape    cell[rows*cols] (enum gait_cell), or NULL: all are OK.
 * Thread   the calibrator's.
 */
GAIT_API void gait_calibrator_cells(struct gait_calibrator *calibrator, const uint8_t *cell);

/**
 * Take another calibration over; nothing of it is kept. Allocates nothing.
 *
 * Thread   the calibrator's.  Cost O(rows*cols).
 * Returns  0; -EINVAL it does not fit the geometry (the calibrator stays as it was).
 */
GAIT_API int gait_calibrator_load(struct gait_calibrator *calibrator, const struct gait_calibration *calibration);

/** Version of the calibration it holds; 0 before the first load. Thread: the calibrator's. */
GAIT_API uint32_t gait_calibrator_version(const struct gait_calibrator *calibrator);

/** How each cell comes to its pressure (enum gait_fill). Shape [rows*cols]. Owner: the calibrator. */
GAIT_API const uint8_t *gait_calibrator_fill(const struct gait_calibrator *calibrator);

/**
 * Convert one frame.
 *
 * Shape    raw[rows*cols] of the geometry's dtype, any alignment; ret_p_kPa[rows*cols].
 * Unit     counts in, kPa out; `missing` (NaN to publish and store, 0 to compute) where there is no sensel, where a dead cell cannot be filled and where a
 *          float sample is not finite.
 * Thread   any, one at a time for one calibrator that is not being loaded.  Cost O(rows*cols), no allocation.
 */
GAIT_API void gait_calibrate(const struct gait_calibrator *calibrator, const void *raw, float missing,
                             float *ret_p_kPa);

/**
 * Pressure that one cell shows at so many counts above its offset: for what is judged cell by cell (noise, a jump of the offset), not for frames.
 *
 * Shape    cell: index into the calibration's gain.
 * Returns  kPa, never below 0; of a calibration that knows no kPa (gait_calibration_knows_kPa) counts.
 */
GAIT_API double gait_calibration_kPa(const struct gait_calibration *c, size_t cell, double count);

/** False where counts are whole numbers of no known unit, so that nothing can be said of them in kPa. */
GAIT_API bool gait_calibration_knows_kPa(const struct gait_calibration *c, enum gait_dtype dtype);

#endif
