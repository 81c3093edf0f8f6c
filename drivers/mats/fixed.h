/*
 * What a driver written in code keeps of a mat that is always of one size: first in its instance.
 *
 *     struct mat_instance {
 *         struct mat_fixed fixed;
 *         ...
 *     };
 */
#ifndef MAT_FIXED_H
#define MAT_FIXED_H

#include "driver.h"

struct mat_fixed {
    struct gait_geometry geometry;
    struct gait_calibration calibration;
};

/* The driver's slots. */
void mat_fixed_close(struct mat_instance *instance);
const struct gait_geometry *mat_fixed_geometry(const struct mat_instance *instance);
const struct gait_calibration *mat_fixed_calibration(const struct mat_instance *instance);

/**
 * Make an instance of `bytes`, zeroed behind its mat_fixed: counts, with that ceiling (NaN: none known).
 *
 * Returns  0; with err: -ENOMEM; -EINVAL the geometry, of which `from_profile` came from the profile, cannot be.
 */
int mat_fixed_new(size_t bytes, const struct gait_geometry *geometry, double saturation_count, const char *from_profile,
                  struct mat_instance **ret_instance, struct gait_error *err);

#endif
