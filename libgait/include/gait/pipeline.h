/*
 * The whole way of a frame, without threads: counts in, numbers, live feet and final footfalls out. The daemon's pipeline thread, replay, the
 * tests and `gait analyse` all call the same function; that is why live equals offline to the bit.
 *
 * After gait_pipeline_new() nothing here allocates, locks, makes text or asks for the time.
 */
#ifndef GAIT_PIPELINE_H
#define GAIT_PIPELINE_H

#include <gait/api.h>
#include <gait/footfall.h>
#include <gait/ring.h>
#include <gait/trial_state.h>

struct gait_pipeline_limits {
    uint32_t open_footfalls;   /* at once; default 16 */
    double longest_stance_s;   /* kept cell by cell; longer contact goes over to sums; default 3 */
    uint32_t closed_footfalls; /* records waiting for their readers; default 32 */
    uint32_t footprint_cells;  /* active cells one footfall may hold at once; 0: 60000 mm2 of the geometry's cells */
};

struct gait_pipeline_counters {
    uint64_t frames;
    uint64_t footfalls;         /* final records made in this trial */
    uint64_t footfalls_dropped; /* contacts that no record could be made for (pool exhausted): counted, never silent */
    uint64_t arena_full;        /* contacts that went over to sums early */
    uint64_t rejected_contacts; /* too light, small or short to be a foot */
};

struct gait_pipeline;

/**
 * Take all memory a mat's pipeline will ever need.
 *
 * Owner    the ring must outlive it; NULL ring: frames come by gait_pipeline_frame() only. limits NULL: defaults.
 * Thread   init.
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_pipeline_new(const struct gait_geometry *geometry, struct gait_ring *ring,
                               const struct gait_pipeline_limits *limits, struct gait_pipeline **ret_pipeline);
GAIT_API void gait_pipeline_free(struct gait_pipeline *pipeline);

/**
 * Begin a trial: forget everything, take the state over (copied into memory taken at new), count frames from 0.
 *
 * Owner    state stays the caller's.
 * Thread   pipeline.
 * Returns  0; -EINVAL another geometry than at new, or a bad parameter or calibration.
 */
GAIT_API int gait_pipeline_start(struct gait_pipeline *pipeline, const struct gait_trial_state *state);

/**
 * Work one frame in place: fills slot->numbers, slot->live, slot->calibration_version.
 *
 * Thread   pipeline.  Cost O(rows*cols).
 * Returns  number of footfalls closed by this frame (0..); they wait in gait_pipeline_closed().
 */
GAIT_API int gait_pipeline_frame(struct gait_pipeline *pipeline, struct gait_slot *slot);

/**
 * Work everything the ring holds for the pipeline, up to frame index `until` (UINT64_MAX: all), and return.
 *
 * Returns  frames worked; -EINVAL no ring.
 */
GAIT_API int gait_pipeline_step(struct gait_pipeline *pipeline, uint64_t until);

/**
 * End of the trial or of the connection: open footfalls that are still loaded are closed with `cut` or `gap`, those only waiting for their closing gap are
 * closed as they are.
 *
 * Thread   pipeline.
 * Returns  number of footfalls closed.
 */
GAIT_API int gait_pipeline_finish(struct gait_pipeline *pipeline, enum gait_footfall_flag why);

/** True while a foot is down or a closing gap runs: what `trial stop` waits for (at most 2 s). Thread: pipeline. */
GAIT_API bool gait_pipeline_busy(const struct gait_pipeline *pipeline);

/**
 * Take the oldest closed footfall.
 *
 * Owner    the pool's; give it back with gait_pipeline_release() from any ONE other thread (single producer, single consumer).
 * Thread   pipeline.
 * Returns  a record, or NULL.
 */
GAIT_API struct gait_footfall *gait_pipeline_closed(struct gait_pipeline *pipeline);
GAIT_API void gait_pipeline_release(struct gait_pipeline *pipeline, struct gait_footfall *footfall);

/**
 * Apply what an operator did, at the frame where the pipeline stands (at_frame is stamped into *action). A SET_SIDE or INVALID for a footfall already closed is
 * only stamped: it is a record for the session tier.
 *
 * Thread   pipeline.
 * Returns  0; -ENOENT no such footfall yet.
 */
GAIT_API int gait_pipeline_act(struct gait_pipeline *pipeline, struct gait_action *action);

GAIT_API void gait_pipeline_counters(const struct gait_pipeline *pipeline, struct gait_pipeline_counters *ret_counters);

#endif
