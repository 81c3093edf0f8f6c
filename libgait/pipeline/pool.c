#include "pipeline/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pool_init(uint32_t size, uint32_t frames, uint32_t cells, struct pool *ret_pool)
{
    struct pool *p = ret_pool;

    memset(p, 0, sizeof *p);
    p->record = calloc(size, sizeof(struct gait_footfall *));
    p->free = calloc(size, sizeof(struct gait_footfall *));
    p->closed = calloc(size, sizeof(struct gait_footfall *));
    if (!p->record || !p->free || !p->closed)
        return -ENOMEM;
    for (; p->size < size; p->size++) {
        int r = gait_footfall_new(frames, cells, &p->record[p->size]);

        if (r < 0)
            return r;
        p->free[p->size] = p->record[p->size];
    }
    atomic_store(&p->free_head, size);
    return 0;
}

void pool_done(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->size; i++)
        gait_footfall_free(pool->record[i]);
    free(pool->record);
    free(pool->free);
    free(pool->closed);
    memset(pool, 0, sizeof *pool);
}

struct gait_footfall *pool_take(struct pool *pool)
{
    if (pool->free_tail == atomic_load_explicit(&pool->free_head, memory_order_acquire))
        return NULL;
    return pool->free[pool->free_tail++ % pool->size];
}

void pool_close(struct pool *pool, struct gait_footfall *footfall)
{
    pool->closed[pool->closed_head++ % pool->size] = footfall;
}

struct gait_footfall *pool_closed(struct pool *pool)
{
    if (pool->closed_tail == pool->closed_head)
        return NULL;
    return pool->closed[pool->closed_tail++ % pool->size];
}

void pool_release(struct pool *pool, struct gait_footfall *footfall)
{
    const uint32_t head = atomic_load_explicit(&pool->free_head, memory_order_relaxed);

    pool->free[head % pool->size] = footfall;
    atomic_store_explicit(&pool->free_head, head + 1, memory_order_release);
}
