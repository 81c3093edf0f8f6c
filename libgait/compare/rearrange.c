#include "compare/rearrange.h"

#include <math.h>

double compare_binomial(size_t n, size_t k)
{
    double ways = 1.0;

    if (k > n - k)
        k = n - k;
    for (size_t i = 1; i <= k && isfinite(ways); i++)
        ways = ways * (double)(n - k + i) / (double)i;
    return round(ways);
}

bool compare_next_combination(size_t *pick, size_t k, size_t n)
{
    size_t i = k;

    while (i > 0 && pick[i - 1] == n - k + i - 1)
        i--;
    if (i == 0)
        return false;
    pick[i - 1]++;
    for (; i < k; i++)
        pick[i] = pick[i - 1] + 1;
    return true;
}

void compare_draw_subset(size_t *pool, size_t k, size_t n, struct gait_stats_rng *rng)
{
    for (size_t i = 0; i < k; i++) {
        size_t j = i + gait_stats_rng_below(rng, (uint32_t)(n - i)), kept = pool[i];

        pool[i] = pool[j];
        pool[j] = kept;
    }
}
