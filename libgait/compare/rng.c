/* xoshiro256** 1.0 and splitmix64 (Blackman & Vigna 2018, public domain algorithms). */
#include <gait/stats_resample.h>

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

void gait_stats_rng_init(struct gait_stats_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        rng->s[i] = z ^ (z >> 31);
    }
}

uint64_t gait_stats_rng_next(struct gait_stats_rng *rng)
{
    uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Lemire (2019): the high half of bits * bound, drawn again where the low half says that the range does not divide evenly. */
uint32_t gait_stats_rng_below(struct gait_stats_rng *rng, uint32_t bound)
{
    uint32_t floor_bits = bound ? -bound % bound : 0;
    uint64_t product;

    do {
        product = (gait_stats_rng_next(rng) >> 32) * bound;
    } while ((uint32_t)product < floor_bits);
    return (uint32_t)(product >> 32);
}
