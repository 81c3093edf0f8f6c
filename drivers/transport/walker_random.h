/*
 * Seeded random numbers without state of their own and without libm: the same on every machine.
 */
#ifndef MAT_WALKER_RANDOM_H
#define MAT_WALKER_RANDOM_H

#include <stdint.h>

struct walker_random {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t walker_random_next(struct walker_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A stream for each use: what is drawn for one frame or step does not depend on what was drawn before. */
static inline struct walker_random walker_random_of(uint64_t seed, uint64_t pass, uint64_t what)
{
    struct walker_random r = {seed};

    r.state = walker_random_next(&r) ^ pass;
    r.state = walker_random_next(&r) ^ what;
    r.state = walker_random_next(&r);
    return r;
}

/* 0 <= x < 1 */
static inline double walker_random_unit(struct walker_random *r)
{
    return (double)(walker_random_next(r) >> 11) * 0x1p-53;
}

/* Mean 0, standard deviation 1, never beyond 3.47: the sum of four even draws of 16 bits. */
static inline double walker_random_normal(struct walker_random *r)
{
    uint64_t x = walker_random_next(r);
    uint64_t sum = (x & 0xffff) + ((x >> 16) & 0xffff) + ((x >> 32) & 0xffff) + (x >> 48);

    return ((double)sum - 2 * 65535.0) / 37837.22746; /* 65536 / sqrt(3) */
}

#endif
