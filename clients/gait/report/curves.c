/* A curve over stance: mean and spread of passes before and after, stretches that differ shaded below. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gait/stats_curve.h>

#include "report.h"

#define ALPHA 0.05

enum { RUNS_MAX = 32 };

static double sd_at(const double *rows, size_t n, size_t nodes, size_t k, double mean)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (rows[i * nodes + k] - mean) * (rows[i * nodes + k] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

static void band(cairo_t *cr, const double *rows, size_t n, const double *mean, const struct axis *x,
                 const struct axis *y, enum canvas_colour colour, bool dashed)
{
    static const double dash[] = {3, 2};

    for (int k = 0; k < GAIT_CURVE_SAMPLES; k++)
        if (isfinite(mean[k]))
            cairo_line_to(cr, axis_at(x, k),
                          axis_at(y, mean[k] + sd_at(rows, n, GAIT_CURVE_SAMPLES, (size_t)k, mean[k])));
    for (int k = GAIT_CURVE_SAMPLES - 1; k >= 0; k--)
        if (isfinite(mean[k]))
            cairo_line_to(cr, axis_at(x, k),
                          axis_at(y, mean[k] - sd_at(rows, n, GAIT_CURVE_SAMPLES, (size_t)k, mean[k])));
    canvas_ink(cr, colour, 0.22);
    cairo_fill(cr);
    for (int k = 0; k < GAIT_CURVE_SAMPLES; k++)
        if (isfinite(mean[k]))
            cairo_line_to(cr, axis_at(x, k), axis_at(y, mean[k]));
    canvas_ink(cr, colour, 1);
    cairo_set_line_width(cr, 1.2);
    cairo_set_dash(cr, dash, dashed ? 2 : 0, 0);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

static void runs(cairo_t *cr, const struct rows *rows, const struct axis *x, struct box box)
{
    struct gait_stats_curve_run run[RUNS_MAX];
    size_t n = rows->tested ? gait_stats_curve_runs(rows->t, rows->p, GAIT_CURVE_SAMPLES, ALPHA, RUNS_MAX, run) : 0;

    for (size_t i = 0; i < n && i < RUNS_MAX; i++) {
        double from = axis_at(x, (double)run[i].first - 0.5), to = axis_at(x, (double)run[i].last + 0.5);

        canvas_ink(cr, CANVAS_INK, 0.10);
        cairo_rectangle(cr, from, box.y, to - from, box.h);
        cairo_fill(cr);
        canvas_ink(cr, CANVAS_INK, 1);
        cairo_rectangle(cr, from, box.y + box.h - 3, to - from, 3);
        cairo_fill(cr);
    }
}

static struct axis range(const struct rows *rows, struct box box)
{
    double ends[4 * GAIT_CURVE_SAMPLES];

    for (size_t k = 0; k < GAIT_CURVE_SAMPLES; k++) {
        double a = sd_at(rows->pre, rows->n_pre, rows->nodes, k, rows->mean_pre[k]);
        double b = sd_at(rows->post, rows->n_post, rows->nodes, k, rows->mean_post[k]);

        ends[4 * k] = rows->mean_pre[k] - a;
        ends[4 * k + 1] = rows->mean_pre[k] + a;
        ends[4 * k + 2] = rows->mean_post[k] - b;
        ends[4 * k + 3] = rows->mean_post[k] + b;
    }
    return axis_around(ends, sizeof(ends) / sizeof(ends[0]), box.y + box.h, box.y);
}

static const char *title_of(enum gait_curve curve)
{
    return curve == GAIT_CURVE_FORCE        ? "Whole foot force"
           : curve == GAIT_CURVE_HEEL_FORCE ? "Heel force"
           : curve == GAIT_CURVE_MID_FORCE  ? "Midfoot force"
           : curve == GAIT_CURVE_COP_V      ? "CoP, + lateral"
                                            : gait_curve_name(curve);
}

void draw_curve(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side,
                enum gait_curve curve)
{
    struct box plot = {box.x + 26, box.y + 12, box.w - 30, box.h - 36};
    struct axis x = {0, GAIT_CURVE_SAMPLES - 1, plot.x, plot.x + plot.w}, y;
    struct rows rows;
    char text[120];

    if (rows_of_curve(study, timepoint, side, curve, &rows) < 0 || !rows.n_pre || !rows.n_post) {
        canvas_ink(cr, CANVAS_INK, 1);
        canvas_text(cr, box.x, box.y + 20, 7.5, CANVAS_START, "no curve before or after");
        rows_done(&rows);
        return;
    }
    y = range(&rows, plot);
    runs(cr, &rows, &x, plot);
    band(cr, rows.pre, rows.n_pre, rows.mean_pre, &x, &y, CANVAS_LEFT, false);
    band(cr, rows.post, rows.n_post, rows.mean_post, &x, &y, CANVAS_RIGHT, true);
    canvas_frame(cr, plot);
    snprintf(text, sizeof(text), "%s, %s, %s (n %zu, %zu%s)", title_of(curve), gait_side_name(side),
             gait_curve_unit(curve), rows.n_pre, rows.n_post, rows.tested ? "" : "; too few to test");
    axis_draw_x(cr, &x, plot, "% of stance");
    axis_draw_y(cr, &y, plot, "");
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
    rows_done(&rows);
}
