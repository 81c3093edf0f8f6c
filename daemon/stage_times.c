#include "stage_times.h"

/* 0..7 each have a bucket; from 8 on the octave and the three bits below its first. */
static unsigned bucket_of(uint64_t ns)
{
    unsigned octave, i;

    if (ns < 8)
        return (unsigned)ns;
    octave = 63u - (unsigned)__builtin_clzll(ns);
    i = (octave - 2) * 8 + (unsigned)(ns >> (octave - 3) & 7);
    return i < STAGE_BUCKETS ? i : STAGE_BUCKETS - 1;
}

static uint64_t upper_end(unsigned i)
{
    if (i < 8)
        return i;
    return (uint64_t)(8 + i % 8 + 1) << (i / 8 - 1);
}

static void add_one(_Atomic uint64_t *n)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

void stage_times_add(struct stage_times *t, uint64_t ns)
{
    add_one(&t->bucket[bucket_of(ns)]);
    atomic_store_explicit(&t->last_ns, ns, memory_order_relaxed);
    if (ns > atomic_load_explicit(&t->max_ns, memory_order_relaxed))
        atomic_store_explicit(&t->max_ns, ns, memory_order_relaxed);
    add_one(&t->count);
}

static double quantile_us(const struct stage_times *t, double q, uint64_t total, uint64_t max_ns)
{
    uint64_t want = (uint64_t)(q * (double)total), seen = 0;

    for (unsigned i = 0; i < STAGE_BUCKETS; i++) {
        seen += atomic_load_explicit(&t->bucket[i], memory_order_relaxed);
        if (seen > want) /* the end of the largest one's bucket lies beyond it */
            return (double)(upper_end(i) < max_ns ? upper_end(i) : max_ns) / 1e3;
    }
    return 0;
}

struct stage_summary stage_times_summary(const struct stage_times *t)
{
    uint64_t total = 0, max_ns = atomic_load_explicit(&t->max_ns, memory_order_relaxed);
    struct stage_summary s;

    for (unsigned i = 0; i < STAGE_BUCKETS; i++)
        total += atomic_load_explicit(&t->bucket[i], memory_order_relaxed);
    s.count = total;
    s.last_us = (double)atomic_load_explicit(&t->last_ns, memory_order_relaxed) / 1e3;
    s.max_us = (double)max_ns / 1e3;
    s.p50_us = quantile_us(t, 0.50, total, max_ns);
    s.p99_us = quantile_us(t, 0.99, total, max_ns);
    return s;
}
