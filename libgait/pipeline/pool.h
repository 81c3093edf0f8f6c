/*
 * Closed footfalls: records taken at the start, filled by the pipeline, given back by one other thread through a lock-free queue.
 */
#ifndef PIPELINE_POOL_H
#define PIPELINE_POOL_H

#include <stdatomic.h>
#include <stdint.h>

#include "gait/footfall.h"

struct pool {
    uint32_t size;
    struct gait_footfall **record;           /* [size] all there are */
    struct gait_footfall **free;             /* [size] queue: other thread -> pipeline */
    struct gait_footfall **closed;           /* [size] queue within the pipeline's thread */
    _Alignas(64) _Atomic uint32_t free_head; /* written by who gives back */
    _Alignas(64) uint32_t free_tail;         /* pipeline */
    uint32_t closed_head, closed_tail;       /* pipeline */
};

/** Take `size` records of `frames` path and `cells` picture. Owner: pool_done(). Returns 0; -EINVAL; -ENOMEM. */
int pool_init(uint32_t size, uint32_t frames, uint32_t cells, struct pool *ret_pool);
void pool_done(struct pool *pool);

/** A free record, or NULL. Thread: pipeline. */
struct gait_footfall *pool_take(struct pool *pool);
/** Queue a filled record. Thread: pipeline. */
void pool_close(struct pool *pool, struct gait_footfall *footfall);
/** Oldest filled record, or NULL. Thread: pipeline. */
struct gait_footfall *pool_closed(struct pool *pool);
/** Give a record back. Thread: one other. */
void pool_release(struct pool *pool, struct gait_footfall *footfall);

#endif
