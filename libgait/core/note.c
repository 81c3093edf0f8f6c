#include "gait/note.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64, CAPACITY_MAX = 65536 };

struct gait_notes {
    _Alignas(CACHE_LINE) _Atomic uint64_t head; /* next to write: producer */
    _Atomic uint64_t lost;                      /* producer */
    _Alignas(CACHE_LINE) _Atomic uint64_t tail; /* next to read: consumer */
    _Alignas(CACHE_LINE) uint64_t mask;
    struct gait_note note[];
};

int gait_notes_new(uint32_t capacity, struct gait_notes **ret_notes)
{
    struct gait_notes *notes;
    size_t n = 1, bytes;

    if (capacity == 0 || capacity > CAPACITY_MAX)
        return -EINVAL;
    while (n < capacity)
        n *= 2;
    bytes = sizeof *notes + n * sizeof notes->note[0];
    bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    notes = aligned_alloc(CACHE_LINE, bytes);
    if (!notes)
        return -ENOMEM;
    memset(notes, 0, bytes);
    notes->mask = n - 1;
    *ret_notes = notes;
    return 0;
}

void gait_notes_free(struct gait_notes *notes)
{
    free(notes);
}

int gait_notes_post(struct gait_notes *notes, uint32_t code, int64_t a, int64_t b, uint64_t t_ns)
{
    uint64_t head = atomic_load_explicit(&notes->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&notes->tail, memory_order_acquire);

    if (head - tail > notes->mask) {
        atomic_fetch_add_explicit(&notes->lost, 1, memory_order_relaxed);
        return -ENOSPC;
    }
    notes->note[head & notes->mask] = (struct gait_note){.code = code, .a = a, .b = b, .t_ns = t_ns};
    atomic_store_explicit(&notes->head, head + 1, memory_order_release);
    return 0;
}

int gait_notes_take(struct gait_notes *notes, struct gait_note *ret_note)
{
    uint64_t tail = atomic_load_explicit(&notes->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&notes->head, memory_order_acquire);

    if (tail == head)
        return 0;
    *ret_note = notes->note[tail & notes->mask];
    atomic_store_explicit(&notes->tail, tail + 1, memory_order_release);
    return 1;
}

uint64_t gait_notes_lost(const struct gait_notes *notes)
{
    return atomic_load_explicit(&notes->lost, memory_order_relaxed);
}
