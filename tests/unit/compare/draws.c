#include "draws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool full_tier(void)
{
    const char *tier = getenv("GAIT_TIER");

    return tier && strcmp(tier, "full") == 0;
}

double uniform(struct gait_stats_rng *rng)
{
    return ((double)(gait_stats_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

double normal(struct gait_stats_rng *rng)
{
    double r = sqrt(-2.0 * log(uniform(rng)));

    return r * cos(6.283185307179586 * uniform(rng));
}

void fill_normal(struct gait_stats_rng *rng, double mean, double sd, size_t n, double *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = mean + sd * normal(rng);
}
