/*
 * From the cells of one closed footfall to its final record: a pure function. Everything that follows from this footfall and the trial's state alone is
 * filled here; what needs other footfalls (step and stride numbers, id) is left as the caller set it.
 */
#ifndef GAIT_MEASURE_H
#define GAIT_MEASURE_H

#include <gait/api.h>
#include <gait/cleanup.h>
#include <gait/footfall.h>
#include <gait/trial_state.h>

/*
 * What the pipeline kept of one foot. Frame k of the footfall holds the cells first[k] .. first[k+1]-1 of `cell` and `p_kPa`: its active cells with
 * p >= p_on, each once, in any order. Frames without contact inside the footfall have none. Frames that were lost are not in the list: the times say so.
 */
struct gait_contact {
    const struct gait_trial_state *state;
    uint32_t frames;
    const uint64_t *t_mat_ns; /* [frames], rising: the metrics' time */
    const uint64_t *t_ns;     /* [frames], the same frames placed on CLOCK_MONOTONIC */
    const uint32_t *first;    /* [frames + 1] */
    const uint32_t *cell;     /* r * cols + c */
    const float *p_kPa;
    const double *
        offset_y_mm; /* [frames], what the places of a frame's cells lack in y (a belt's way is no whole number of cells); NULL: nothing */
    const uint8_t *filled; /* [rows * cols], not 0 where the cell is interpolated; NULL: none */
    uint64_t first_frame;  /* trial index of frame 0 */
    uint64_t last_frame;   /* trial index of the last frame */
    uint32_t
        flags; /* enum gait_footfall_flag, as far as the pipeline knows: partial, merged, cut, gap, saturated, ... */
    uint8_t side_override; /* enum gait_side: the operator's word, or unknown */
    uint8_t expected_side; /* enum gait_side: what the protocol expects; only used where the print says nothing */
    double progression_x;  /* unit vector of walking; NaN: from the centre of pressure, start to end */
    double progression_y;
};

struct gait_measure_scratch;

/**
 * Take the memory for measuring footfalls of one mat.
 *
 * Shape    max_frames: longest footfall; max_cells: largest footprint (0: every cell of the mat).
 * Owner    the caller: gait_measure_scratch_free().
 * Thread   init.
 * Returns  0; -EINVAL a bad geometry or no frames; -ENOMEM.
 */
GAIT_API int gait_measure_scratch_new(const struct gait_geometry *geometry, uint32_t max_frames, uint32_t max_cells,
                                      struct gait_measure_scratch **ret_scratch);
GAIT_API void gait_measure_scratch_free(struct gait_measure_scratch *scratch);
GAIT_DEFINE_CLEANUP(struct gait_measure_scratch *, gait_measure_scratch_free)

/**
 * Measure one footfall.
 *
 * Fills of the record: side, side_print, gait_class, valid, flags (those of the contact and its own), frames, times, heel, axis, origin, progression,
 * all values with their reasons but the spatio-temporal ones (STEP_LENGTH to SPEED), regions, curves, construction lines, path and pictures. Path and pictures
 * are cut to what the record has room for (cop_capacity, picture_capacity). `id` and the spatio-temporal values are not touched.
 *
 * Unit     as in gait/footfall.h; not measurable is NaN with a reason, never 0.
 * Owner    contact and scratch stay the caller's; nothing of them is kept.
 * Thread   one scratch, one thread. Cost O(cells of all frames), no allocation.
 * Returns  0; -EINVAL no frames, no cells, another geometry than the scratch's, a cell beyond the mat; -ENOSPC more frames or cells than the scratch holds.
 */
GAIT_API int gait_measure(const struct gait_contact *contact, struct gait_measure_scratch *scratch,
                          struct gait_footfall *ret_footfall);

#endif
