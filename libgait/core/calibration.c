#include "gait/calibration.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void gait_calibration_identity(struct gait_calibration *ret_calibration)
{
    memset(ret_calibration, 0, sizeof *ret_calibration);
    memcpy(ret_calibration->model, "identity", sizeof "identity");
    ret_calibration->scale = 1;
    ret_calibration->kPa_per_count = 1;
    ret_calibration->saturation_count = NAN;
}

static bool curve_ok(const struct gait_calibration *c)
{
    if (c->n_curve == 0)
        return isfinite(c->kPa_per_count) && c->kPa_per_count > 0;
    if (c->n_curve < 2 || c->n_curve > GAIT_CURVE_POINTS_MAX || !c->curve_count || !c->curve_kPa)
        return false;
    for (uint32_t i = 0; i < c->n_curve; i++) {
        if (!isfinite(c->curve_count[i]) || !isfinite(c->curve_kPa[i]) || c->curve_kPa[i] < 0)
            return false;
        if (i > 0 && (c->curve_count[i] <= c->curve_count[i - 1] || c->curve_kPa[i] < c->curve_kPa[i - 1]))
            return false;
    }
    return true;
}

static bool missing(const struct gait_geometry *g, size_t i)
{
    return g->cell && g->cell[i] == GAIT_CELL_MISSING;
}

/* Cells that do not exist may carry NaN; every other value is finite and has an allowed sign. */
static bool cells_ok(const float *value, const struct gait_geometry *g, bool may_be_negative, bool may_be_zero)
{
    if (!value)
        return true;
    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        if (missing(g, i))
            continue;
        if (!isfinite(value[i]) || (value[i] < 0 && !may_be_negative) || (value[i] == 0 && !may_be_zero))
            return false;
    }
    return true;
}

int gait_calibration_check(const struct gait_calibration *c, const struct gait_geometry *g)
{
    if (!c || gait_geometry_check(g) < 0)
        return -EINVAL;
    if (!isfinite(c->scale) || c->scale <= 0 || isinf(c->saturation_count) || !curve_ok(c))
        return -EINVAL;
    if (!memchr(c->model, '\0', sizeof c->model) || !memchr(c->serial, '\0', sizeof c->serial) ||
        !memchr(c->date, '\0', sizeof c->date))
        return -EINVAL;
    if (!cells_ok(c->offset, g, true, true) || !cells_ok(c->gain, g, false, false) ||
        !cells_ok(c->sigma, g, false, true))
        return -EINVAL;
    return 0;
}

/* NULL stays NULL. */
static int copy_floats(const float *from, size_t n, float **ret_copy)
{
    float *copy = NULL;

    if (from) {
        copy = malloc(n * sizeof *copy);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, from, n * sizeof *copy);
    }
    *ret_copy = copy;
    return 0;
}

int gait_calibration_copy(const struct gait_calibration *c, const struct gait_geometry *g,
                          struct gait_calibration *ret_copy)
{
    struct gait_calibration copy;
    int r = gait_calibration_check(c, g);

    if (r < 0)
        return r;
    copy = *c;
    copy.curve_count = copy.curve_kPa = copy.offset = copy.gain = copy.sigma = NULL;
    if (copy_floats(c->n_curve ? c->curve_count : NULL, c->n_curve, &copy.curve_count) < 0 ||
        copy_floats(c->n_curve ? c->curve_kPa : NULL, c->n_curve, &copy.curve_kPa) < 0 ||
        copy_floats(c->offset, gait_geometry_cells(g), &copy.offset) < 0 ||
        copy_floats(c->gain, gait_geometry_cells(g), &copy.gain) < 0 ||
        copy_floats(c->sigma, gait_geometry_cells(g), &copy.sigma) < 0) {
        gait_calibration_done(&copy);
        return -ENOMEM;
    }
    *ret_copy = copy;
    return 0;
}

void gait_calibration_done(struct gait_calibration *c)
{
    if (!c)
        return;
    free(c->curve_count);
    free(c->curve_kPa);
    free(c->offset);
    free(c->gain);
    free(c->sigma);
    memset(c, 0, sizeof *c);
}
