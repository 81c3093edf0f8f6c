#ifndef DRAWS_H
#define DRAWS_H

/* Random data for tests. */

#include <stdbool.h>
#include <stddef.h>

#include <gait/stats_resample.h>

/* Whether GAIT_TIER is "full": the long counts. */
bool full_tier(void);

double uniform(struct gait_stats_rng *rng);

/* Standard normal (Box and Muller). */
double normal(struct gait_stats_rng *rng);

void fill_normal(struct gait_stats_rng *rng, double mean, double sd, size_t n, double *ret);

#endif
