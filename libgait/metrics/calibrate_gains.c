/* Gains from uniform pressure, and the scale from somebody who stands still. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/calibrate_fit.h"
#include "gait/cleanup.h"

static const double gain_low = 0.5, gain_high = 2, levels_apart = 1.1, stuck_part = 0.05;
static const double dead_most_part = 0.05, dead_always = 4; /* as many as a tare may take out */
static const double wander_most_percent = 5, scale_warn = 0.10, scale_refuse = 0.25, stand_s = 2;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *value, size_t n)
{
    if (!n)
        return (double)NAN;
    qsort(value, n, sizeof *value, by_value);
    return n & 1 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

/* f of metrics.md: counts without gain and scale. */
static double pressure(const struct gait_calibration *c, size_t i, double count)
{
    double a = count - (c->offset ? (double)c->offset[i] : 0);
    uint32_t k = 1;

    if (!(a > 0))
        return 0;
    if (!c->n_curve)
        return a * c->kPa_per_count;
    if (a <= (double)c->curve_count[0])
        return 0;
    if (a >= (double)c->curve_count[c->n_curve - 1])
        return c->curve_kPa[c->n_curve - 1];
    while ((double)c->curve_count[k] < a)
        k++;
    double x0 = c->curve_count[k - 1], x1 = c->curve_count[k], y0 = c->curve_kPa[k - 1], y1 = c->curve_kPa[k];
    return y0 + (y1 - y0) * (a - x0) / (x1 - x0);
}

struct gains {
    const struct gait_geometry *g;
    const struct gait_calibration *c;
    const float *count;
    uint32_t levels;
    size_t cells;
    double *p;      /* [levels * cells] pressures; NaN left out */
    double *sorted; /* [cells] */
    double middle[GAIT_FIT_LEVELS_MAX];
    uint8_t *what;
};

static bool saturated(const struct gains *f, size_t at)
{
    return (double)f->count[at] >= f->c->saturation_count; /* false when no ceiling is known */
}

/* What one cell's counts say by themselves. */
static enum gait_fit_cell look(struct gains *f, size_t i)
{
    uint32_t usable = 0, silent = 0;

    if (f->g->cell && f->g->cell[i] == GAIT_CELL_MISSING)
        return GAIT_FIT_CELL_NONE;
    for (uint32_t k = 0; k < f->levels; k++) {
        size_t at = k * f->cells + i;

        f->p[at] = saturated(f, at) ? (double)NAN : pressure(f->c, i, (double)f->count[at]);
        usable += isnan(f->p[at]) ? 0u : 1u;
        silent += f->p[at] == 0;
    }
    if (silent == f->levels)
        return GAIT_FIT_CELL_SILENT;
    return usable < f->levels ? GAIT_FIT_CELL_SATURATED : GAIT_FIT_CELL_OK;
}

static double middle_of(const struct gains *f, uint32_t level)
{
    size_t n = 0;

    for (size_t i = 0; i < f->cells; i++)
        if (f->what[i] == GAIT_FIT_CELL_OK)
            f->sorted[n++] = f->p[level * f->cells + i];
    return median(f->sorted, n);
}

static void find_middles(struct gains *f)
{
    for (uint32_t k = 0; k < f->levels; k++)
        f->middle[k] = middle_of(f, k);
}

/* A cell that does not follow the array from the lowest level to the highest. */
static bool stuck(const struct gains *f, size_t i)
{
    double least = INFINITY, most = 0, low = INFINITY, high = 0;

    for (uint32_t k = 0; k < f->levels; k++) {
        double p = f->p[k * f->cells + i];

        least = fmin(least, p);
        most = fmax(most, p);
        low = fmin(low, f->middle[k]);
        high = fmax(high, f->middle[k]);
    }
    return most - least < stuck_part * (high - low);
}

static double gain_of(const struct gains *f, size_t i)
{
    double sum = 0, n = 0;

    for (uint32_t k = 0; k < f->levels; k++) {
        double p = f->p[k * f->cells + i];

        if (p > 0) {
            sum += f->middle[k] / p;
            n++;
        }
    }
    return n > 0 ? sum / n : (double)NAN;
}

/* Coefficient of variation over the cells that are ok, with the gains or without. */
static double spread(const struct gains *f, const float *gain)
{
    double total = 0;

    for (uint32_t k = 0; k < f->levels; k++) {
        double sum = 0, squares = 0, n = 0;

        for (size_t i = 0; i < f->cells; i++) {
            double p = f->p[k * f->cells + i] * (gain ? (double)gain[i] : 1);

            if (f->what[i] != GAIT_FIT_CELL_OK)
                continue;
            sum += p;
            squares += p * p;
            n++;
        }
        double mean = sum / n, variance = squares / n - mean * mean;
        total += 100 * sqrt(variance > 0 ? variance : 0) / mean;
    }
    return total / f->levels;
}

static void set_gain(const struct gains *f, size_t i, float *gain, struct gait_fit_gains *s)
{
    bool live = f->what[i] == GAIT_FIT_CELL_OK || f->what[i] == GAIT_FIT_CELL_SATURATED;
    double g = live ? gain_of(f, i) : (double)NAN;

    gain[i] = 1;
    if (!live)
        return;
    if (isnan(g))
        return; /* saturated at every level */
    if (!(g >= gain_low && g <= gain_high)) {
        f->what[i] = GAIT_FIT_CELL_GAIN;
        return;
    }
    gain[i] = (float)g;
    s->gain_least = fmin(s->gain_least, g);
    s->gain_most = fmax(s->gain_most, g);
}

static void count_up(const struct gains *f, struct gait_fit_gains *s)
{
    for (size_t i = 0; i < f->cells; i++) {
        s->ok += f->what[i] == GAIT_FIT_CELL_OK;
        s->silent += f->what[i] == GAIT_FIT_CELL_SILENT;
        s->stuck += f->what[i] == GAIT_FIT_CELL_STUCK;
        s->saturated += f->what[i] == GAIT_FIT_CELL_SATURATED;
        s->out_of_range += f->what[i] == GAIT_FIT_CELL_GAIN;
    }
}

static int levels_differ(const struct gains *f, struct gait_error *err)
{
    double low = INFINITY, high = 0;

    for (uint32_t k = 0; k < f->levels; k++) {
        low = fmin(low, f->middle[k]);
        high = fmax(high, f->middle[k]);
    }
    if (low > 0 && high >= levels_apart * low)
        return 0;
    return gait_error_set(err, -EAGAIN,
                          "the levels are %.1f to %.1f kPa: take two or more that are at least 10 %% apart", low, high);
}

static int work(struct gains *f, float *gain, struct gait_fit_gains *s, struct gait_error *err)
{
    int r;

    for (size_t i = 0; i < f->cells; i++)
        f->what[i] = (uint8_t)look(f, i);
    find_middles(f);
    r = levels_differ(f, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < f->cells; i++)
        if (f->what[i] == GAIT_FIT_CELL_OK && stuck(f, i))
            f->what[i] = GAIT_FIT_CELL_STUCK;
    find_middles(f); /* without the stuck ones, which would pull each level its own way */
    *s = (struct gait_fit_gains){.gain_least = INFINITY, .gain_most = 0};
    for (size_t i = 0; i < f->cells; i++)
        set_gain(f, i, gain, s);
    count_up(f, s);
    uint32_t dead = s->silent + s->stuck + s->out_of_range, bad = dead + s->saturated;
    if (bad > s->ok || (dead > dead_always && dead > dead_most_part * (bad + s->ok)))
        return gait_error_set(
            err, -ERANGE,
            "%u of %u cells cannot be equilibrated (%u silent, %u stuck, %u saturated, %u out of range): "
            "is the whole mat under pressure?",
            bad, bad + s->ok, s->silent, s->stuck, s->saturated, s->out_of_range);
    s->spread_percent_before = spread(f, NULL);
    s->spread_percent_after = spread(f, gain);
    return 0;
}

int gait_fit_gains(const struct gait_geometry *geometry, const struct gait_calibration *calibration, const float *count,
                   uint32_t levels, float *ret_gain, uint8_t *ret_what, struct gait_fit_gains *ret_summary,
                   struct gait_error *err)
{
    struct gains f = {.g = geometry, .c = calibration, .count = count, .levels = levels};
    struct gait_fit_gains summary;

    if (levels > GAIT_FIT_LEVELS_MAX || gait_calibration_check(calibration, geometry) < 0)
        return gait_error_set(err, -EINVAL, "the calibration does not fit the mat, or there are more than %d levels",
                              GAIT_FIT_LEVELS_MAX);
    if (levels < 2)
        return gait_error_set(err, -EAGAIN, "equilibrating needs two or more levels of pressure: there is %u", levels);
    f.cells = gait_geometry_cells(geometry);
    _cleanup_free_ double *p = calloc(levels * f.cells, sizeof *p), *sorted = calloc(f.cells, sizeof *sorted);
    _cleanup_free_ float *gain = calloc(f.cells, sizeof *gain);
    _cleanup_free_ uint8_t *what = calloc(f.cells, 1);
    if (!p || !sorted || !gain || !what)
        return gait_error_set(err, -ENOMEM, "no memory for equilibrating");
    for (size_t i = 0; i < levels * f.cells; i++)
        if (!isfinite(count[i]))
            return gait_error_set(err, -EINVAL, "a count of level %zu is not finite", i / f.cells);
    f.p = p;
    f.sorted = sorted;
    f.what = what;
    int r = work(&f, gain, &summary, err);
    if (r < 0)
        return r;
    memcpy(ret_gain, gain, f.cells * sizeof *gain);
    memcpy(ret_what, what, f.cells);
    *ret_summary = summary;
    return 0;
}

int gait_fit_weight(const double *force_N, size_t n, double duration_s, double body_weight_N,
                    struct gait_fit_weight *ret_weight, struct gait_error *err)
{
    struct gait_fit_weight w;

    if (!(body_weight_N > 0) || !isfinite(body_weight_N))
        return gait_error_set(err, -EINVAL, "the body weight must be above 0 N");
    if (!(duration_s >= stand_s) || n < 2)
        return gait_error_set(err, -EAGAIN, "stand still for at least %.0f s: these are %.1f s", stand_s, duration_s);
    _cleanup_free_ double *sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return gait_error_set(err, -ENOMEM, "no memory for %zu frames", n);
    memcpy(sorted, force_N, n * sizeof *sorted);
    w.median_N = median(sorted, n);
    if (!(w.median_N > 0))
        return gait_error_set(err, -ERANGE, "the mat shows no force: stand on it");
    for (size_t i = 0; i < n; i++)
        sorted[i] = fabs(force_N[i] - w.median_N);
    w.wander_percent = 100 * 1.4826 * median(sorted, n) / w.median_N;
    w.scale = body_weight_N / w.median_N;
    w.warn = fabs(w.scale - 1) > scale_warn;
    if (!(w.wander_percent <= wander_most_percent))
        return gait_error_set(err, -EBUSY, "the force wanders by %.1f %%: stand still, both feet wholly on the mat",
                              w.wander_percent);
    if (fabs(w.scale - 1) > scale_refuse)
        return gait_error_set(
            err, -ERANGE,
            "the mat shows %.0f N where the body weighs %.0f N (scale %.2f): more than 25 %% is not a "
            "matter of scale; check the mass, that both feet are on the mat, and its calibration",
            w.median_N, body_weight_N, w.scale);
    *ret_weight = w;
    return 0;
}
