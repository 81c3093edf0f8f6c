/* Several people: everybody's line from before to after, and Bland and Altman's picture of two measurements. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "report.h"

struct pairs {
    const char **subject;
    double *pre, *post;
    size_t n;
};

static void pairs_done(struct pairs *p)
{
    free(p->subject);
    free(p->pre);
    free(p->post);
}

static int pairs_of(const struct study *s, const char *timepoint, enum gait_metric metric, struct pairs *p)
{
    size_t room = s->data.passes + 1, kept = 0;
    int r;

    p->subject = calloc(room, sizeof(*p->subject));
    p->pre = calloc(room, sizeof(double));
    p->post = calloc(room, sizeof(double));
    if (!p->subject || !p->pre || !p->post)
        return -1;
    r = gait_design_people(&s->data, &s->plan, timepoint, metric, room, p->subject, p->pre, p->post);
    for (int i = 0; i < r; i++)
        if (isfinite(p->pre[i]) && isfinite(p->post[i])) {
            p->pre[kept] = p->pre[i];
            p->post[kept++] = p->post[i];
        }
    p->n = kept;
    return r;
}

void draw_people(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_metric metric)
{
    _cleanup_(pairs_done) struct pairs p = {0};
    struct box plot = {box.x + 34, box.y + 14, box.w - 40, box.h - 34};
    _cleanup_free_ double *all = calloc(2 * study->data.passes + 2, sizeof(double));
    struct axis y;
    char text[120];
    double sum[2] = {0};

    if (!all || pairs_of(study, timepoint, metric, &p) < 0)
        return;
    for (size_t i = 0; i < p.n; i++) {
        all[2 * i] = p.pre[i];
        all[2 * i + 1] = p.post[i];
        sum[0] += p.pre[i] / (double)p.n;
        sum[1] += p.post[i] / (double)p.n;
    }
    y = axis_around(all, 2 * p.n, plot.y + plot.h, plot.y);
    for (size_t i = 0; i < p.n; i++) {
        canvas_ink(cr, CANVAS_GREY, 0.7);
        canvas_line(cr, plot.x + 20, axis_at(&y, p.pre[i]), plot.x + plot.w - 20, axis_at(&y, p.post[i]), 0.7);
    }
    canvas_ink(cr, CANVAS_RIGHT, 1);
    if (p.n)
        canvas_line(cr, plot.x + 20, axis_at(&y, sum[0]), plot.x + plot.w - 20, axis_at(&y, sum[1]), 2);
    canvas_frame(cr, plot);
    axis_draw_y(cr, &y, plot, "");
    snprintf(text, sizeof(text), "%s%s%s (n %zu people; thick: mean)", gait_metric_info(metric)->name,
             *study_unit(metric) ? ", " : "", study_unit(metric), p.n);
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
    canvas_text(cr, plot.x + 20, plot.y + plot.h + 10, 7, CANVAS_MIDDLE, study->plan.baseline);
    canvas_text(cr, plot.x + plot.w - 20, plot.y + plot.h + 10, 7, CANVAS_MIDDLE, timepoint);
}

static void level(cairo_t *cr, const struct axis *y, struct box plot, double value,
                  const struct gait_stats_interval *ci, enum canvas_colour colour)
{
    char text[32];

    if (ci && isfinite(ci->lo)) {
        canvas_ink(cr, colour, 0.12);
        cairo_rectangle(cr, plot.x, axis_at(y, ci->hi), plot.w, axis_at(y, ci->lo) - axis_at(y, ci->hi));
        cairo_fill(cr);
    }
    canvas_ink(cr, colour, 1);
    canvas_line(cr, plot.x, axis_at(y, value), plot.x + plot.w, axis_at(y, value), 0.8);
    snprintf(text, sizeof(text), "%.3g", value);
    canvas_text(cr, plot.x + plot.w - 2, axis_at(y, value) - 2, 6.5, CANVAS_END, text);
}

void draw_agreement(cairo_t *cr, const struct study *study, struct box box, const char *timepoint,
                    enum gait_metric metric)
{
    _cleanup_(pairs_done) struct pairs p = {0};
    struct box plot = {box.x + 34, box.y + 14, box.w - 40, box.h - 38};
    struct gait_stats_bland_altman ba;
    _cleanup_free_ double *mean = calloc(study->data.passes + 1, sizeof(double)),
                          *d = calloc(study->data.passes + 5, sizeof(double));
    struct axis x, y;
    char text[120];

    if (!mean || !d || pairs_of(study, timepoint, metric, &p) < 0)
        return;
    canvas_ink(cr, CANVAS_INK, 1);
    if (gait_stats_bland_altman(p.pre, p.post, p.n, false, 0.95, &ba) < 0) {
        canvas_text(cr, box.x, box.y + 20, 7, CANVAS_START, "agreement needs 3 people measured twice");
        return;
    }
    for (size_t i = 0; i < p.n; i++) {
        mean[i] = (p.pre[i] + p.post[i]) / 2;
        d[i] = p.post[i] - p.pre[i];
    }
    d[p.n] = ba.lower_ci.lo;
    d[p.n + 1] = ba.upper_ci.hi;
    d[p.n + 2] = ba.limits.lo;
    d[p.n + 3] = ba.limits.hi;
    x = axis_around(mean, p.n, plot.x, plot.x + plot.w);
    y = axis_around(d, p.n + 4, plot.y + plot.h, plot.y);
    level(cr, &y, plot, ba.bias, &ba.bias_ci, CANVAS_LEFT);
    level(cr, &y, plot, ba.limits.lo, &ba.lower_ci, CANVAS_GREY);
    level(cr, &y, plot, ba.limits.hi, &ba.upper_ci, CANVAS_GREY);
    canvas_ink(cr, CANVAS_INK, 0.8);
    for (size_t i = 0; i < p.n; i++) {
        cairo_arc(cr, axis_at(&x, mean[i]), axis_at(&y, d[i]), 2, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
    canvas_frame(cr, plot);
    axis_draw_x(cr, &x, plot, "mean of the two");
    axis_draw_y(cr, &y, plot, "");
    snprintf(text, sizeof(text), "%s: %.12s - %.12s%s%s (n %zu)", gait_metric_info(metric)->name, timepoint,
             study->plan.baseline, *study_unit(metric) ? ", " : "", study_unit(metric), p.n);
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
}
