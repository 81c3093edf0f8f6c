#ifndef GAIT_COMPARE_REARRANGE_H
#define GAIT_COMPARE_REARRANGE_H

/* Walking and drawing rearrangements. */

#include <stdbool.h>
#include <stddef.h>

#include <gait/stats_resample.h>

/* C(n, k) as a double; infinity where it overflows. */
double compare_binomial(size_t n, size_t k);

/* Next k of n in lexicographic order, pick[] ascending; starts at 0 .. k-1. False after the last. */
bool compare_next_combination(size_t *pick, size_t k, size_t n);

/* Draws k of the n entries of pool[] to its front. */
void compare_draw_subset(size_t *pool, size_t k, size_t n, struct gait_stats_rng *rng);

#endif
