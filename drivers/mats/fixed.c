#include "mats/fixed.h"

#include <errno.h>
#include <stdlib.h>

void mat_fixed_close(struct mat_instance *instance)
{
    free(instance);
}

const struct gait_geometry *mat_fixed_geometry(const struct mat_instance *instance)
{
    return &((const struct mat_fixed *)(const void *)instance)->geometry;
}

const struct gait_calibration *mat_fixed_calibration(const struct mat_instance *instance)
{
    return &((const struct mat_fixed *)(const void *)instance)->calibration;
}

int mat_fixed_new(size_t bytes, const struct gait_geometry *geometry, double saturation_count, const char *from_profile,
                  struct mat_instance **ret_instance, struct gait_error *err)
{
    struct mat_fixed *fixed;

    if (gait_geometry_check(geometry) < 0)
        return gait_error_set(err, -EINVAL, "the profile's %s cannot be", from_profile);
    fixed = calloc(1, bytes);
    if (!fixed)
        return gait_error_set(err, -ENOMEM, "no memory for a mat");
    fixed->geometry = *geometry;
    gait_calibration_identity(&fixed->calibration);
    fixed->calibration.saturation_count = saturation_count;
    *ret_instance = (struct mat_instance *)(void *)fixed;
    return 0;
}
