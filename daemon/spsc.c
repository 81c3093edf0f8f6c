#include "spsc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int spsc_init(struct spsc *q, uint32_t capacity, size_t size)
{
    unsigned char *element = calloc(capacity, size);

    if (!element)
        return -ENOMEM;
    atomic_init(&q->head, 0);
    atomic_init(&q->tail, 0);
    q->capacity = capacity;
    q->size = size;
    q->element = element;
    return 0;
}

void spsc_done(struct spsc *q)
{
    free(q->element);
    q->element = NULL;
}

static unsigned char *at(struct spsc *q, uint32_t i)
{
    return q->element + (i & (q->capacity - 1)) * q->size;
}

bool spsc_push(struct spsc *q, const void *element)
{
    uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

    if (head - atomic_load_explicit(&q->tail, memory_order_acquire) == q->capacity)
        return false;
    memcpy(at(q, head), element, q->size);
    atomic_store_explicit(&q->head, head + 1, memory_order_release);
    return true;
}

const void *spsc_peek(struct spsc *q)
{
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

    return atomic_load_explicit(&q->head, memory_order_acquire) == tail ? NULL : at(q, tail);
}

void spsc_drop(struct spsc *q)
{
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
}

bool spsc_take(struct spsc *q, void *ret_element)
{
    const void *element = spsc_peek(q);

    if (!element)
        return false;
    memcpy(ret_element, element, q->size);
    spsc_drop(q);
    return true;
}
