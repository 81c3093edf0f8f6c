/* Bytes that are no frames, and frames that are hurt. */
#ifndef NOISE_H
#define NOISE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Of each kind: 200 thousand, 10 million with GAIT_TIER=full. */
static inline size_t noise_bytes(void)
{
    const char *tier = getenv("GAIT_TIER");

    return tier && !strcmp(tier, "full") ? 10000000 : 200000;
}

static inline uint64_t noise_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * UINT64_C(0x2545f4914f6cdd1d) >> 24;
}

/* One bit. Returns n. */
static inline size_t noise_flip(uint8_t *at, size_t n, uint64_t *seed)
{
    at[noise_next(seed) % n] ^= (uint8_t)(1u << noise_next(seed) % 8);
    return n;
}

/* A bit flips, up to 40 bytes go, come twice or become others. Returns how many bytes there are now: at most n + 40, never more than capacity. */
static inline size_t noise_wound(uint8_t *at, size_t n, size_t capacity, uint64_t *seed)
{
    size_t len = 1 + noise_next(seed) % 40, place;

    if (n < 2 * len)
        return n;
    place = noise_next(seed) % (n - len);
    switch (noise_next(seed) % 4) {
    case 0:
        return noise_flip(at, n, seed);
    case 1:
        memmove(at + place, at + place + len, n - place - len);
        return n - len;
    case 2:
        if (n + len > capacity)
            return n;
        memmove(at + place + len, at + place, n - place);
        return n + len;
    default:
        while (len--)
            at[place + len] = (uint8_t)noise_next(seed);
        return n;
    }
}

#endif
