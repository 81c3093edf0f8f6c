/*
 * Several people: everybody's line, and Bland and Altman's picture. Before and after of a group and of each arm; where each person is their
 * own control, the change under control and under treatment.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "report.h"

/* Two numbers a person, and what they are. */
struct pairs {
    const char **subject;
    double *first, *second;
    size_t n;
    const char *first_name, *second_name;
    bool changes; /* numbers are changes: 0 is drawn */
};

static void pairs_done(struct pairs *p)
{
    free(p->subject);
    free(p->first);
    free(p->second);
}

static int pairs_of(const struct study *s, const char *timepoint, size_t primary, struct pairs *p)
{
    const struct gait_design_plan plan = gait_design_plan_of(&s->plan, primary);
    size_t room = s->data.passes + 1, kept = 0;
    int r;

    p->subject = calloc(room, sizeof(*p->subject));
    p->first = calloc(room, sizeof(double));
    p->second = calloc(room, sizeof(double));
    if (!p->subject || !p->first || !p->second)
        return -1;
    p->changes = plan.kind == GAIT_DESIGN_CROSSOVER || plan.kind == GAIT_DESIGN_ONE_FOOT;
    if (p->changes)
        r = gait_design_within_people(&s->data, &plan, timepoint, plan.primary[primary], room, p->subject, p->first,
                                      p->second);
    else
        r = gait_design_people(&s->data, &plan, timepoint, plan.primary[primary], room, p->subject, p->first,
                               p->second);
    p->first_name = p->changes && s->n_group ? s->group[0].reference : s->plan.baseline;
    p->second_name = p->changes && s->n_group ? s->group[0].arm : timepoint;
    for (int i = 0; i < r; i++)
        if (isfinite(p->first[i]) && isfinite(p->second[i])) {
            p->subject[kept] = p->subject[i];
            p->first[kept] = p->first[i];
            p->second[kept++] = p->second[i];
        }
    p->n = kept;
    return r;
}

/* 1 for people of the treated arm, 0 of the reference or where there are no arms. */
static int arm_of(const struct study *s, const char *subject)
{
    if (s->plan.kind != GAIT_DESIGN_PARALLEL || !s->n_group)
        return 0;
    for (size_t i = 0; i < s->data.passes; i++)
        if (strcmp(s->pass[i].subject, subject) == 0)
            return strcmp(s->pass[i].arm, s->group[0].arm) == 0;
    return 0;
}

static void draw_lines(cairo_t *cr, const struct study *s, const struct pairs *p, int arm, double x0, double x1,
                       const struct axis *y)
{
    static const double dash[] = {3, 2};
    enum canvas_colour colour = arm ? CANVAS_RIGHT : CANVAS_LEFT;
    double sum[2] = {0};
    size_t n = 0;

    cairo_set_dash(cr, dash, arm ? 2 : 0, 0);
    for (size_t i = 0; i < p->n; i++)
        if (arm_of(s, p->subject[i]) == arm) {
            canvas_ink(cr, colour, 0.5);
            canvas_line(cr, x0, axis_at(y, p->first[i]), x1, axis_at(y, p->second[i]), 0.7);
            sum[0] += p->first[i];
            sum[1] += p->second[i];
            n++;
        }
    canvas_ink(cr, colour, 1);
    if (n)
        canvas_line(cr, x0, axis_at(y, sum[0] / (double)n), x1, axis_at(y, sum[1] / (double)n), 2.2);
    cairo_set_dash(cr, NULL, 0, 0);
}

void draw_people(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, size_t primary)
{
    enum gait_metric metric = study->plan.primary[primary];
    bool arms = study->plan.kind == GAIT_DESIGN_PARALLEL;
    _cleanup_(pairs_done) struct pairs p = {0};
    struct box plot = {box.x + 34, box.y + 14, box.w - 40, box.h - 34};
    _cleanup_free_ double *all = calloc(2 * study->data.passes + 3, sizeof(double));
    struct axis y;
    char text[160];

    if (!all || pairs_of(study, timepoint, primary, &p) < 0)
        return;
    for (size_t i = 0; i < p.n; i++) {
        all[2 * i] = p.first[i];
        all[2 * i + 1] = p.second[i];
    }
    y = axis_around(all, 2 * p.n + (p.changes ? 1 : 0), plot.y + plot.h, plot.y);
    if (p.changes) {
        canvas_ink(cr, CANVAS_GREY, 1);
        canvas_line(cr, plot.x, axis_at(&y, 0), plot.x + plot.w, axis_at(&y, 0), 0.6);
    }
    for (int arm = 0; arm <= (arms ? 1 : 0); arm++)
        draw_lines(cr, study, &p, arm, plot.x + 20, plot.x + plot.w - 20, &y);
    canvas_frame(cr, plot);
    axis_draw_y(cr, &y, plot, "");
    snprintf(text, sizeof(text), "%s%s%s%s (n %zu people)", p.changes ? "change of " : "",
             gait_metric_info(metric)->name, *study_unit(metric) ? ", " : "", study_unit(metric), p.n);
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
    canvas_text(cr, plot.x + 20, plot.y + plot.h + 10, 7, CANVAS_MIDDLE, p.first_name);
    canvas_text(cr, plot.x + plot.w - 20, plot.y + plot.h + 10, 7, CANVAS_MIDDLE, p.second_name);
}

static void level(cairo_t *cr, const struct axis *y, struct box plot, double value,
                  const struct gait_stats_interval *ci, enum canvas_colour colour)
{
    if (ci && isfinite(ci->lo)) {
        canvas_ink(cr, colour, 0.12);
        cairo_rectangle(cr, plot.x, axis_at(y, ci->hi), plot.w, axis_at(y, ci->lo) - axis_at(y, ci->hi));
        cairo_fill(cr);
    }
    canvas_ink(cr, colour, 1);
    canvas_line(cr, plot.x, axis_at(y, value), plot.x + plot.w, axis_at(y, value), 0.8);
}

/* The number of a line, clear of what lies there. */
static void label(cairo_t *cr, const struct axis *y, struct box plot, double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.3g", value);
    canvas_ink(cr, CANVAS_PAPER, 0.8);
    cairo_rectangle(cr, plot.x + 2, axis_at(y, value) - 8.5, 34, 7.5);
    cairo_fill(cr);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, plot.x + 3, axis_at(y, value) - 2, 6.5, CANVAS_START, text);
}

static void draw_points(cairo_t *cr, const struct study *study, const struct pairs *p, const struct axis *x,
                        const struct axis *y)
{
    bool arms = study->plan.kind == GAIT_DESIGN_PARALLEL;

    for (size_t i = 0; i < p->n; i++) {
        double px = axis_at(x, (p->first[i] + p->second[i]) / 2), py = axis_at(y, p->second[i] - p->first[i]);
        int arm = arm_of(study, p->subject[i]);

        canvas_ink(cr, !arms ? CANVAS_INK : arm ? CANVAS_RIGHT : CANVAS_LEFT, 0.8);
        if (arm)
            cairo_rectangle(cr, px - 1.9, py - 1.9, 3.8, 3.8);
        else
            cairo_arc(cr, px, py, 2, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
}

void draw_agreement(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, size_t primary)
{
    enum gait_metric metric = study->plan.primary[primary];
    _cleanup_(pairs_done) struct pairs p = {0};
    struct box plot = {box.x + 34, box.y + 14, box.w - 40, box.h - 38};
    struct gait_stats_bland_altman ba;
    _cleanup_free_ double *mean = calloc(study->data.passes + 1, sizeof(double)),
                          *d = calloc(study->data.passes + 5, sizeof(double));
    struct axis x, y;
    char text[160];

    if (!mean || !d || pairs_of(study, timepoint, primary, &p) < 0)
        return;
    canvas_ink(cr, CANVAS_INK, 1);
    if (gait_stats_bland_altman(p.first, p.second, p.n, false, 0.95, &ba) < 0) {
        canvas_text(cr, box.x, box.y + 20, 7, CANVAS_START, "agreement needs 3 people measured twice");
        return;
    }
    for (size_t i = 0; i < p.n; i++) {
        mean[i] = (p.first[i] + p.second[i]) / 2;
        d[i] = p.second[i] - p.first[i];
    }
    d[p.n] = ba.lower_ci.lo;
    d[p.n + 1] = ba.upper_ci.hi;
    d[p.n + 2] = ba.limits.lo;
    d[p.n + 3] = ba.limits.hi;
    x = axis_around(mean, p.n, plot.x, plot.x + plot.w);
    y = axis_around(d, p.n + 4, plot.y + plot.h, plot.y);
    level(cr, &y, plot, ba.bias, &ba.bias_ci, CANVAS_INK);
    level(cr, &y, plot, ba.limits.lo, &ba.lower_ci, CANVAS_GREY);
    level(cr, &y, plot, ba.limits.hi, &ba.upper_ci, CANVAS_GREY);
    draw_points(cr, study, &p, &x, &y);
    label(cr, &y, plot, ba.bias);
    label(cr, &y, plot, ba.limits.lo);
    label(cr, &y, plot, ba.limits.hi);
    canvas_frame(cr, plot);
    snprintf(text, sizeof(text), "mean of the two%s%s", *study_unit(metric) ? ", " : "", study_unit(metric));
    axis_draw_x(cr, &x, plot, text);
    axis_draw_y(cr, &y, plot, "");
    snprintf(text, sizeof(text), "%s: %.14s - %.14s%s%s (n %zu)", gait_metric_info(metric)->name, p.second_name,
             p.first_name, *study_unit(metric) ? ", " : "", study_unit(metric), p.n);
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
}
