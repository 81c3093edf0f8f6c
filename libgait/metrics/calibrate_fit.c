/* Curves through 0, fitted to known loads. */
#include "gait/calibrate_fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t loads;
} models[] = {{"?", 0}, {"linear", 1}, {"power", 2}, {"poly2", 2}, {"poly3", 3}, {"table", 2}};

const char *gait_fit_model_name(enum gait_fit_model model)
{
    return model >= GAIT_FIT_LINEAR && model <= GAIT_FIT_TABLE ? models[model].name : models[0].name;
}

enum gait_fit_model gait_fit_model_find(const char *name)
{
    for (enum gait_fit_model m = GAIT_FIT_LINEAR; m <= GAIT_FIT_TABLE; m++)
        if (!strcmp(models[m].name, name))
            return m;
    return 0;
}

struct load {
    double count, kPa;
};

static int by_count(const void *a, const void *b)
{
    const struct load *x = a, *y = b;

    return x->count < y->count ? -1 : x->count > y->count;
}

/* Sorted, equal counts averaged. */
static int take_loads(const double *count, const double *kPa, size_t n, struct gait_fit_curve *c)
{
    struct load load[GAIT_FIT_LOADS_MAX];

    if (n > GAIT_FIT_LOADS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (!(isfinite(count[i]) && count[i] > 0 && isfinite(kPa[i]) && kPa[i] > 0))
            return -EINVAL;
        load[i] = (struct load){.count = count[i], .kPa = kPa[i]};
    }
    qsort(load, n, sizeof load[0], by_count);
    for (size_t i = 0; i < n;) {
        size_t k = i;
        double sum = 0;

        for (; k < n && load[k].count == load[i].count; k++)
            sum += load[k].kPa;
        c->count[c->loads] = load[i].count;
        c->kPa[c->loads++] = sum / (double)(k - i);
        i = k;
    }
    return 0;
}

/* Least squares of kPa on x, x^2 .. x^degree without a constant; x is count over the largest count, which keeps the numbers near 1. */
static int fit_polynomial(struct gait_fit_curve *c, int degree)
{
    double a[3][4] = {{0}}, unit = c->count[c->loads - 1], power = 1;

    for (uint32_t i = 0; i < c->loads; i++) {
        double x = c->count[i] / unit, term[3] = {x, x * x, x * x * x};

        for (int r = 0; r < degree; r++) {
            for (int k = 0; k < degree; k++)
                a[r][k] += term[r] * term[k];
            a[r][degree] += term[r] * c->kPa[i];
        }
    }
    for (int p = 0; p < degree; p++) { /* the matrix is positive definite: no pivots are needed */
        if (!(a[p][p] > 1e-14))
            return -ERANGE;
        for (int r = 0; r < degree; r++) {
            double f = r == p ? 0 : a[r][p] / a[p][p];

            for (int k = p; k <= degree; k++)
                a[r][k] -= f * a[p][k];
        }
    }
    for (int p = 0; p < degree; p++) {
        power *= unit;
        c->k[p] = a[p][degree] / a[p][p] / power;
    }
    return 0;
}

static int fit_power(struct gait_fit_curve *c)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, n = c->loads;

    for (uint32_t i = 0; i < c->loads; i++) {
        double x = log(c->count[i]), y = log(c->kPa[i]);

        sx += x;
        sy += y;
    }
    for (uint32_t i = 0; i < c->loads; i++) {
        double x = log(c->count[i]) - sx / n, y = log(c->kPa[i]) - sy / n;

        sxx += x * x;
        sxy += x * y;
    }
    c->k[1] = sxy / sxx;
    c->k[0] = exp(sy / n - c->k[1] * sx / n);
    return 0;
}

/* Least slope of a polynomial on [0, count_max]: at an end, or where the slope's own slope is 0. */
static double least_slope(const struct gait_fit_curve *c, double count_max)
{
    double at[3] = {0, count_max, 0}, least = INFINITY;

    if (c->k[2] != 0) {
        double turn = -c->k[1] / (3 * c->k[2]);

        at[2] = turn > 0 && turn < count_max ? turn : 0;
    }
    for (int i = 0; i < 3; i++) {
        double slope = c->k[0] + 2 * c->k[1] * at[i] + 3 * c->k[2] * at[i] * at[i];

        least = slope < least ? slope : least;
    }
    return least;
}

static bool rises(const struct gait_fit_curve *c, double count_max)
{
    switch (c->model) {
    case GAIT_FIT_POWER:
        return isfinite(c->k[0]) && c->k[0] > 0 && c->k[1] > 0;
    case GAIT_FIT_LINEAR:
    case GAIT_FIT_POLY2:
    case GAIT_FIT_POLY3:
        return least_slope(c, count_max) >= 0 && gait_fit_evaluate(c, count_max) > 0;
    case GAIT_FIT_TABLE:
        for (uint32_t i = 1; i < c->loads; i++)
            if (c->kPa[i] < c->kPa[i - 1])
                return false;
        return true;
    }
    return false;
}

static int fit(struct gait_fit_curve *c)
{
    switch (c->model) {
    case GAIT_FIT_LINEAR:
        return fit_polynomial(c, 1);
    case GAIT_FIT_POLY2:
        return fit_polynomial(c, 2);
    case GAIT_FIT_POLY3:
        return fit_polynomial(c, 3);
    case GAIT_FIT_POWER:
        return fit_power(c);
    case GAIT_FIT_TABLE:
        break;
    }
    return 0;
}

static void judge(struct gait_fit_curve *c)
{
    double sum = 0, most = 0;

    for (uint32_t i = 0; i < c->loads; i++) {
        double left = gait_fit_evaluate(c, c->count[i]) - c->kPa[i];

        sum += left * left;
        most = c->kPa[i] > most ? c->kPa[i] : most;
    }
    c->rms_kPa = sqrt(sum / c->loads);
    c->rms_percent = 100 * c->rms_kPa / most;
}

double gait_fit_count_max(const struct gait_geometry *g, const struct gait_calibration *c, double seen)
{
    static const double top_of[] = {[GAIT_U8] = UINT8_MAX, [GAIT_U16] = UINT16_MAX, [GAIT_I16] = INT16_MAX};
    double top = isfinite(c->saturation_count) ? c->saturation_count
                 : g->dtype == GAIT_F32        ? (double)INFINITY
                                               : top_of[g->dtype];
    double least = (double)INFINITY;

    if (isinf(top))
        return 2 * seen;
    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        const double offset = c->offset ? (double)c->offset[i] : 0;

        if ((!g->cell || g->cell[i] == GAIT_CELL_OK) && offset < top && offset < least)
            least = offset;
    }
    return isinf(least) ? (double)NAN : top - least;
}

int gait_fit_curve(enum gait_fit_model model, const double *count, const double *kPa, size_t n, double count_max,
                   struct gait_fit_curve *ret_curve, struct gait_error *err)
{
    struct gait_fit_curve c = {.model = model};

    if (model < GAIT_FIT_LINEAR || model > GAIT_FIT_TABLE || !(isfinite(count_max) && count_max > 0))
        return gait_error_set(err, -EINVAL, "no such curve model, or no largest count");
    if (take_loads(count, kPa, n, &c) < 0)
        return gait_error_set(err, -EINVAL, "every load needs a count and a pressure above 0, and at most %d are taken",
                              GAIT_FIT_LOADS_MAX);
    if (c.loads < models[model].loads)
        return gait_error_set(err, -EAGAIN, "a %s curve needs %u different loads: there are %u", models[model].name,
                              models[model].loads, c.loads);
    if (fit(&c) < 0 || !rises(&c, count_max))
        return gait_error_set(
            err, -ERANGE,
            "the %s curve through these loads does not rise everywhere up to %g counts: look for a load "
            "that was entered wrong, or take a simpler model",
            models[model].name, count_max);
    judge(&c);
    *ret_curve = c;
    return 0;
}

static double table_at(const struct gait_fit_curve *c, double count)
{
    double x0 = 0, y0 = 0;

    for (uint32_t i = 0; i < c->loads; i++) {
        if (count <= c->count[i] || i + 1 == c->loads) /* beyond the last load: on as before */
            return y0 + (c->kPa[i] - y0) * (count - x0) / (c->count[i] - x0);
        x0 = c->count[i];
        y0 = c->kPa[i];
    }
    return 0;
}

double gait_fit_evaluate(const struct gait_fit_curve *c, double count)
{
    if (!(count > 0))
        return 0;
    if (c->model == GAIT_FIT_POWER)
        return c->k[0] * pow(count, c->k[1]);
    if (c->model == GAIT_FIT_TABLE)
        return table_at(c, count);
    return count * (c->k[0] + count * (c->k[1] + count * c->k[2]));
}

int gait_fit_apply(const struct gait_fit_curve *curve, double count_max, struct gait_calibration *calibration)
{
    uint32_t n = count_max + 1 < GAIT_CURVE_POINTS_MAX ? (uint32_t)ceil(count_max) + 1 : GAIT_CURVE_POINTS_MAX;
    float *count = NULL, *kPa = NULL;

    if (!(isfinite(count_max) && count_max >= 1))
        return -EINVAL;
    if (curve->model != GAIT_FIT_LINEAR) {
        count = malloc(n * sizeof *count);
        kPa = malloc(n * sizeof *kPa);
        if (!count || !kPa) {
            free(count);
            free(kPa);
            return -ENOMEM;
        }
        for (uint32_t i = 0; i < n; i++) {
            double at = count_max * i / (n - 1);

            count[i] = (float)at;
            kPa[i] = (float)gait_fit_evaluate(curve, at);
        }
    }
    free(calibration->curve_count);
    free(calibration->curve_kPa);
    calibration->curve_count = count;
    calibration->curve_kPa = kPa;
    calibration->n_curve = count ? n : 0;
    calibration->kPa_per_count = count ? 1 : curve->k[0];
    memset(calibration->model, 0, sizeof calibration->model);
    memcpy(calibration->model, gait_fit_model_name(curve->model), strlen(gait_fit_model_name(curve->model)));
    return 0;
}
