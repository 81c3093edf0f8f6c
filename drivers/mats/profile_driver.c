#include "mats/profile_driver.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mats/framer.h"
#include "mats/open_mat.h"

struct mat_instance {
    struct mat_framer *framer;
    struct gait_calibration calibration;
};

static void driver_close(struct mat_instance *instance)
{
    if (!instance)
        return;
    mat_framer_free(instance->framer);
    gait_calibration_done(&instance->calibration);
    free(instance);
}

/* kPa = k count^power as a table over all counts. */
static int power_table(struct gait_calibration *c, const struct mat_profile *profile)
{
    double k = profile->calibration.kPa_per_count, top = profile->samples.full_scale;
    uint32_t n = top < GAIT_CURVE_POINTS_MAX ? (uint32_t)top + 1 : GAIT_CURVE_POINTS_MAX;

    if (n < 2)
        return -EINVAL;
    c->curve_count = calloc(n, sizeof *c->curve_count);
    c->curve_kPa = calloc(n, sizeof *c->curve_kPa);
    if (!c->curve_count || !c->curve_kPa)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        double count = top * i / (n - 1);

        c->curve_count[i] = (float)count;
        c->curve_kPa[i] = (float)(k * pow(count, profile->calibration.power));
    }
    c->n_curve = n;
    memcpy(c->model, "power", sizeof "power");
    return 0;
}

static int fill_calibration(struct mat_instance *instance, const struct mat_profile *profile)
{
    struct gait_calibration *c = &instance->calibration;
    const struct mat_profile_calibration *said = &profile->calibration;

    gait_calibration_identity(c);
    c->saturation_count = said->saturation_count;
    if (!(isfinite(said->kPa_per_count) && said->kPa_per_count > 0))
        return 0;
    if (said->power != 1)
        return power_table(c, profile);
    c->kPa_per_count = said->kPa_per_count;
    memcpy(c->model, "linear", sizeof "linear");
    return 0;
}

static int driver_open(const struct mat_device *device, const void *profile, struct mat_instance **ret_instance,
                       struct gait_error *err)
{
    (void)device;
    if (!profile)
        return gait_error_set(err, -EINVAL, "this driver needs a mat profile");
    struct mat_instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return gait_error_set(err, -ENOMEM, "no memory for a mat");
    int r = mat_framer_new(profile, &instance->framer);
    if (r < 0) {
        driver_close(instance);
        return gait_error_set(err, r, "profile %s cannot be framed: gait profile check says why",
                              ((const struct mat_profile *)profile)->name);
    }
    r = fill_calibration(instance, profile);
    if (r < 0) {
        driver_close(instance);
        return gait_error_set(err, r, "the calibration of profile %s cannot be made",
                              ((const struct mat_profile *)profile)->name);
    }
    *ret_instance = instance;
    return 0;
}

static const struct gait_geometry *driver_geometry(const struct mat_instance *instance)
{
    return mat_framer_geometry(instance->framer);
}

static const struct gait_calibration *driver_calibration(const struct mat_instance *instance)
{
    return &instance->calibration;
}

static void driver_decode(struct mat_instance *instance, const uint8_t *bytes, size_t len, void *raw,
                          struct mat_decoded *ret_decoded)
{
    mat_framer_decode(instance->framer, bytes, len, raw, ret_decoded);
}

static void driver_reset(struct mat_instance *instance)
{
    mat_framer_reset(instance->framer);
}

const struct mat_driver mat_profile_driver = {
    .name = "profile",
    .label = "described by a profile",
    .abi = MAT_DRIVER_ABI,
    .open = driver_open,
    .close = driver_close,
    .geometry = driver_geometry,
    .calibration = driver_calibration,
    .decode = driver_decode,
    .reset = driver_reset,
};

static const struct mat_usb_id open_ids[] = {{.vid = MAT_OPEN_VID, .pid = MAT_OPEN_PID}, {0}};

const struct mat_driver mat_open_driver = {
    .name = "open-mat",
    .label = "open mat protocol",
    .abi = MAT_DRIVER_ABI,
    .ids = open_ids,
    .open = driver_open,
    .close = driver_close,
    .geometry = driver_geometry,
    .calibration = driver_calibration,
    .decode = driver_decode,
    .reset = driver_reset,
};
