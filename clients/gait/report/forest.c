/* Every metric's change in per cent of its mean before, with its 95 % interval and the band of measurement error. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

enum { ROWS_MAX = 60 };

#define ROW_HEIGHT 11.0

static double largest_of(const struct gait_design_comparison *const *row, size_t n)
{
    double most = 10;

    for (size_t i = 0; i < n; i++)
        if (isfinite(row[i]->change.ci.lo) && row[i]->pre.mean != 0) {
            double unit = 100 / fabs(row[i]->pre.mean);

            most = fmax(most, unit * fmax(fabs(row[i]->change.ci.lo), fabs(row[i]->change.ci.hi)));
        }
    return fmin(most * 1.05, 80);
}

static double held(double x, const struct axis *axis)
{
    return axis_at(axis, fmin(fmax(x, axis->lo), axis->hi));
}

static void draw_row(cairo_t *cr, const struct gait_design_comparison *c, double y, const struct axis *x)
{
    double unit = 100 / fabs(c->pre.mean), at = unit * c->change.value;
    enum canvas_colour colour = c->foot == GAIT_DESIGN_LEFT    ? CANVAS_LEFT
                                : c->foot == GAIT_DESIGN_RIGHT ? CANVAS_RIGHT
                                                               : CANVAS_INK;

    if (isfinite(c->mdc95)) {
        double from = held(-unit * c->mdc95, x), to = held(unit * c->mdc95, x);

        canvas_ink(cr, CANVAS_PALE, 0.6);
        cairo_rectangle(cr, from, y - ROW_HEIGHT / 2 + 1, to - from, ROW_HEIGHT - 2);
        cairo_fill(cr);
    }
    canvas_ink(cr, colour, 1);
    if (isfinite(c->change.ci.lo))
        canvas_line(cr, held(unit * c->change.ci.lo, x), y, held(unit * c->change.ci.hi, x), y, 1.1);
    if (c->foot == GAIT_DESIGN_RIGHT)
        cairo_rectangle(cr, held(at, x) - 2, y - 2, 4, 4);
    else
        cairo_arc(cr, held(at, x), y, 2.3, 0, 2 * 3.14159265358979);
    cairo_fill(cr);
}

void reason_short(const char *why, char *ret_text, size_t size)
{
    const char *bracket = strstr(why, " (");

    snprintf(ret_text, size, "%.*s", bracket ? (int)(bracket - why) : (int)strlen(why), why);
}

static void label_row(cairo_t *cr, const struct gait_design_comparison *c, double y, struct box box, double right)
{
    static const char *const feet[] = {"", "L", "R", "both"};
    char text[96];

    canvas_ink(cr, CANVAS_INK, 1);
    const char *name = gait_metric_info(c->metric)->name, *mask = gait_metric_mask(c->metric);
    double wide;

    snprintf(text, sizeof(text), "%s  %s", name, feet[c->foot]);
    wide = canvas_text(cr, box.x, y + 2.5, 7, CANVAS_START, text);
    if (*mask && !strstr(name, mask)) { /* the others have it in their names */
        canvas_ink(cr, CANVAS_GREY, 1);
        canvas_text(cr, box.x + wide + 6, y + 2.5, 6, CANVAS_START, mask);
        canvas_ink(cr, CANVAS_INK, 1);
    }
    if (!isfinite(c->change.value))
        reason_short(c->why, text, 62);
    else
        snprintf(text, sizeof(text), "%+.3g %s  n %zu, %zu", c->change.value, study_unit(c->metric), c->pre.n,
                 c->post.n);
    if (!isfinite(c->change.value)) { /* the reason, clear of the line at 0 */
        canvas_ink(cr, CANVAS_PAPER, 1);
        cairo_rectangle(cr, right - 190, y - ROW_HEIGHT / 2 + 1, 189, ROW_HEIGHT - 2);
        cairo_fill(cr);
        canvas_ink(cr, CANVAS_GREY, 1);
    }
    canvas_text(cr, isfinite(c->change.value) ? box.x + box.w : right - 4, y + 2.5, 6.5, CANVAS_END, text);
}

void draw_forest(cairo_t *cr, const struct study *study, struct box box, const char *timepoint)
{
    const struct gait_design_comparison *row[ROWS_MAX];
    size_t n = 0, fit = (size_t)((box.h - 46) / ROW_HEIGHT), left_out = 0;
    struct box plot = {box.x + 168, box.y + 6, box.w - 168 - 104, 0};
    struct axis x;
    double y;

    for (size_t i = 0; i < study->n_judged && n < ROWS_MAX; i++)
        if (strcmp(study->judged[i].timepoint, timepoint) == 0)
            row[n++] = &study->judged[i];
    for (size_t i = 0; i < study->n_explored; i++)
        if (strcmp(study->explored[i].timepoint, timepoint) == 0) {
            if (n < fit && n < ROWS_MAX)
                row[n++] = &study->explored[i];
            else
                left_out++;
        }
    x = (struct axis){-largest_of(row, n), largest_of(row, n), plot.x, plot.x + plot.w};
    plot.h = ROW_HEIGHT * (double)n + 4;
    y = plot.y + 2 + ROW_HEIGHT / 2;
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_line(cr, axis_at(&x, 0), plot.y, axis_at(&x, 0), plot.y + plot.h, 0.6);
    for (size_t i = 0; i < n; i++, y += ROW_HEIGHT) {
        if (isfinite(row[i]->change.value) && row[i]->pre.mean != 0)
            draw_row(cr, row[i], y, &x);
        label_row(cr, row[i], y, box, plot.x + plot.w);
    }
    canvas_frame(cr, plot);
    axis_draw_x(cr, &x, plot, "change, % of the mean before; bar: 95 % interval; grey: MDC95, where known");
    if (left_out)
        canvas_text(cr, box.x, box.y + box.h, 6.5, CANVAS_START,
                    "Not all metrics fit here: gait compare --json has them.");
}
