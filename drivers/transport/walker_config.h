#ifndef MAT_WALKER_CONFIG_H
#define MAT_WALKER_CONFIG_H

#include "walker.h"

/** Say whether every member is in range. Returns 0; -EINVAL with err naming the key. */
int walker_config_check(const struct mat_walker_config *config, struct gait_error *err);

/** kPa_per_count, or the type's own when it is 0. */
double walker_config_kPa_per_count(const struct mat_walker_config *config);

#endif
