/*
 * One ring per mat. The frame stands still and the threads walk past it: the producer fills a slot, the pipeline
 * works it in place, the recorder appends it, the publisher sends it. Nobody copies, nobody locks.
 *
 * Every frame taken has an index that never wraps (64 bits); slot = index modulo depth. Cursors:
 *
 *     free <= recorder <= pipeline <= head        publisher <= pipeline, may be overtaken by free
 *
 * head      next index the producer commits                    (producer thread)
 * pipeline  next index the pipeline works                      (pipeline thread)
 * recorder  next index the recorder appends                    (recorder thread)
 * free      below it slots may be overwritten: appended AND synced (whoever saw the sync succeed)
 * publisher next index the publisher sends; it never holds up anyone but by one pinned slot
 *
 * Cursors are C11 atomics on cache lines of their own: own one relaxed, others acquire, publish with release. Where two
 * threads must not both go on (producer against a pinned slot, rewind against a slot that is being read) each first says
 * what it is about to do and then looks at the other, sequentially consistent: at least one sees the other and gives way.
 */
#ifndef GAIT_RING_H
#define GAIT_RING_H

#include <gait/api.h>
#include <gait/frame.h>
#include <gait/live.h>

enum gait_stage {
    GAIT_STAGE_PIPELINE = 0,
    GAIT_STAGE_RECORDER = 1,
    GAIT_STAGE_PUBLISHER = 2,
    GAIT_STAGE_COUNT = 3,
};

struct gait_slot {
    struct gait_frame_meta meta;
    struct gait_frame_numbers numbers; /* valid for stages behind the pipeline */
    struct gait_frame_live live;       /* likewise */
    uint32_t calibration_version;      /* the calibration the pipeline used on this frame */
    void *raw;                         /* [rows*cols] of geometry.dtype, 64-byte aligned */
    uint64_t lost_device, lost_ring;   /* of the ring: sums of meta.gap_device, gap_ring of all frames up to this one */
};

struct gait_ring_config {
    struct gait_geometry geometry;
    double seconds;        /* frames to hold beside the pre-trigger; 0: 10 */
    double pre_trigger_s;  /* 0: none */
    uint64_t memory_bytes; /* budget of this ring; 0: 512 MiB */
};

struct gait_ring_stats {
    uint64_t depth_frames;
    double depth_s;
    uint64_t memory_bytes;
    uint64_t taken;                            /* frames committed since the ring was made */
    uint64_t spilled;                          /* frames that came when it was full */
    uint64_t skipped;                          /* frames the publisher passed over */
    uint64_t fill;                             /* head - free now */
    uint64_t high_water;                       /* largest fill seen */
    uint64_t lag[GAIT_STAGE_COUNT];            /* frames each stage is behind now */
    uint64_t lag_high_water[GAIT_STAGE_COUNT]; /* largest lag seen by the stage itself */
};

struct gait_ring;

/**
 * Make a ring; every byte it will ever need is taken, touched and (best effort) mlocked here.
 *
 * Unit     depth = min(seconds + pre_trigger_s, memory_bytes), at least 8 frames.
 * Thread   init.
 * Returns  0; -EINVAL bad geometry, negative or non-finite seconds; -E2BIG not even 8 frames fit the budget;
 *          -ENOMEM the system has none.
 */
GAIT_API int gait_ring_new(const struct gait_ring_config *config, struct gait_ring **ret_ring);
GAIT_API void gait_ring_free(struct gait_ring *ring);

GAIT_API const struct gait_geometry *gait_ring_geometry(const struct gait_ring *ring);

/**
 * The slot to decode into: the next one (ahead 0) or the one after it (ahead 1, for a mat whose frame parts overlap).
 * When the ring is full it is a spill slot, so that a framer stays in step; commit then counts the loss.
 * Until commit the same slot comes back.
 *
 * Owner    the ring; `raw` may be written until commit. meta is zeroed but for nothing: the caller fills seq, tick, times, gap_device, flags.
 * Thread   producer.  Never NULL, no allocation.
 */
GAIT_API struct gait_slot *gait_ring_acquire(struct gait_ring *ring, unsigned ahead);

/**
 * True when acquire(0) gives a real slot (it is set aside): what an unpaced source waits for. False as long as acquire(0)
 * has given a spill slot: commit or abandon it first.
 *
 * Thread   producer.
 */
GAIT_API bool gait_ring_has_room(struct gait_ring *ring);

/**
 * Forget what acquire() gave and commit did not take: end of a source, reset of a framer. No frame was complete, so none
 * is counted.
 *
 * Thread   producer.
 */
GAIT_API void gait_ring_abandon(struct gait_ring *ring);

/**
 * Publish the slot of acquire(0); index and connection are stamped here, and the frames spilled since the last taken one
 * are added to gap_ring (0 but for a replay, whose recording may miss frames itself).
 * What a spilled frame knew of losses (both gaps, a reconnect) goes over to the next frame that is taken.
 *
 * Thread   producer.
 * Returns  0 taken; -ENOSPC it was the spill slot: the frame is lost and counted.
 */
GAIT_API int gait_ring_commit(struct gait_ring *ring);

/**
 * The next frame begins something new: what was spilled before it is not missing there.
 *
 * Thread   producer.
 */
GAIT_API void gait_ring_forget_lost(struct gait_ring *ring);

/**
 * Rise of the connection number for frames committed from now on; the first one is flagged GAIT_FRAME_RECONNECT. Half
 * frames are forgotten.
 *
 * Thread   producer.
 */
GAIT_API void gait_ring_reconnected(struct gait_ring *ring);

/**
 * The next slot this stage has to work, or NULL.
 *
 * Owner    the pipeline may write numbers, live, calibration_version; the others only read. Publisher: use gait_ring_pin();
 *          NULL here. What the recorder peeked is held (no rewind to or below it) until it advances, skips or peeks NULL.
 * Thread   the stage's own.
 */
GAIT_API struct gait_slot *gait_ring_peek(struct gait_ring *ring, enum gait_stage stage);

/**
 * What is missing just behind the last frame that the pipeline worked: what the next frame says, or will say when it comes.
 *
 * Thread   pipeline.
 */
GAIT_API void gait_ring_lost_behind(const struct gait_ring *ring, uint32_t *ret_device, uint32_t *ret_ring);

/** The stage is done with the slot it peeked. Thread: the stage's own. */
GAIT_API void gait_ring_advance(struct gait_ring *ring, enum gait_stage stage);

/** A stage's cursor (next index). Thread: any. */
GAIT_API uint64_t gait_ring_cursor(const struct gait_ring *ring, enum gait_stage stage);

/** Next index the producer will commit. Thread: any. */
GAIT_API uint64_t gait_ring_head(const struct gait_ring *ring);

/** Oldest index that cannot be overwritten. Thread: any. */
GAIT_API uint64_t gait_ring_freed(const struct gait_ring *ring);

/**
 * Slots below index may be overwritten.
 *
 * Thread   one thread at a time (recorder or syncer).
 * Returns  0; -ERANGE above the recorder's cursor or below what is free already.
 */
GAIT_API int gait_ring_release(struct gait_ring *ring, uint64_t index);

/**
 * Put the recorder's cursor forward without appending (idle: it trails by the pre-trigger).
 *
 * Thread   recorder.
 * Returns  0; -ERANGE behind it, or beyond the pipeline (which may just be rewinding: look again).
 */
GAIT_API int gait_ring_skip_recorder(struct gait_ring *ring, uint64_t index);

/**
 * Send the pipeline back to work frames again in a fresh state (trial start: the pre-trigger frames).
 *
 * Thread   pipeline.
 * Returns  0; -ERANGE index below the recorder's cursor or above the pipeline's; -EAGAIN
 *          publisher or recorder hold a slot at or above it: try at the next step.
 */
GAIT_API int gait_ring_rewind(struct gait_ring *ring, uint64_t index);

/**
 * Hold the publisher's next slot. The producer treats a pinned slot as full. More than half a ring behind, the cursor first jumps to the newest
 * frame and the jump is counted as skipped.
 *
 * Owner    valid until gait_ring_unpin(), which also advances the publisher's cursor.
 * Thread   publisher.
 * Returns  the slot, or NULL: nothing to send. *ret_skipped: frames passed over just now.
 */
GAIT_API const struct gait_slot *gait_ring_pin(struct gait_ring *ring, uint64_t *ret_skipped);
GAIT_API void gait_ring_unpin(struct gait_ring *ring);

/**
 * Hold the publisher's next slot while the pipeline has not worked it yet, to get something of its counts ready meanwhile. Only `raw` may be read. It is the same
 * frame when gait_ring_pin() gives the same index later. No rewind as long as it is held: end it before waiting for anything.
 *
 * Owner    valid until gait_ring_preview_end().
 * Thread   publisher.
 * Returns  the slot, or NULL: there is none, or the pipeline has worked it already.
 */
GAIT_API const struct gait_slot *gait_ring_preview(struct gait_ring *ring, uint64_t *ret_index);
GAIT_API void gait_ring_preview_end(struct gait_ring *ring);

/**
 * Any slot still held, by index (rewriting after a failed sync).
 *
 * Thread   the one that releases; slots from the recorder's cursor on only while nobody rewinds.
 * Returns  NULL when it is free already or not yet worked.
 */
GAIT_API const struct gait_slot *gait_ring_at(const struct gait_ring *ring, uint64_t index);

/** Thread: any; numbers of one moment, not of one instant. */
GAIT_API void gait_ring_stats(const struct gait_ring *ring, struct gait_ring_stats *ret_stats);

#endif
