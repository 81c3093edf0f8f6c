/*
 * The pipeline over a recording, as fast as it goes: the same function on the same frames as in the daemon, so the same numbers.
 */
#ifndef OFFLINE_H
#define OFFLINE_H

#include <gait/pipeline.h>

#include "recording.h"

/* What is told while it runs; NULL: not wanted. Records are valid during the call only. */
struct offline_hooks {
    void (*frame)(void *user, const struct gait_slot *slot);
    void (*footfall)(void *user, const struct gait_footfall *footfall);
    void (*action)(
        void *user,
        const struct gait_action *action); /* what offline_run() says by itself: sides of an insole's footfalls */
    void *user;
};

struct offline_result {
    struct gait_pipeline_counters counters;
    uint64_t gap_device, gap_ring; /* of the whole trial, damage included */
    uint64_t gap_tail;             /* of gap_ring, those in bad bytes behind the last frame that can be read */
    uint64_t first_t_ns, last_t_ns;
};

/**
 * Work a whole trial.
 *
 * Returns  0; negative errno, err says what.
 */
int offline_run(struct recording *recording, const struct offline_hooks *hooks, struct offline_result *ret_result,
                struct gait_error *err);

#endif
