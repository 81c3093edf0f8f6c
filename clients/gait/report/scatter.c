/* One metric step by step in the order of walking: both feet, timepoint after timepoint; steps that do not count are hollow. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "report.h"

/* 0 for the baseline, 1.. for the timepoints; -1: another condition. */
static int group_of(const struct study *s, size_t pass)
{
    if (strcmp(s->pass[pass].condition, s->plan.condition) != 0)
        return -1;
    for (size_t i = 0; i < s->n_timepoint; i++)
        if (strcmp(s->pass[pass].timepoint, s->timepoint[i]) == 0)
            return (int)i + 1;
    return 0;
}

static void draw_step(cairo_t *cr, const struct gait_design_step *step, double x, double y)
{
    bool left = step->side == GAIT_SIDE_LEFT;

    canvas_ink(cr, left ? CANVAS_LEFT : CANVAS_RIGHT, 0.85);
    if (left)
        cairo_arc(cr, x, y, 2.1, 0, 2 * 3.14159265358979);
    else
        cairo_rectangle(cr, x - 1.9, y - 1.9, 3.8, 3.8);
    if (step->valid)
        cairo_fill(cr);
    else {
        cairo_set_line_width(cr, 0.7);
        cairo_stroke(cr);
    }
}

static void draw_mean(cairo_t *cr, const struct study *s, int group, enum gait_side side, enum gait_metric metric,
                      double x0, double x1, const struct axis *y)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < s->data.steps; i++)
        if (s->step[i].valid && s->step[i].side == side && group_of(s, s->step[i].pass) == group &&
            isfinite(s->step[i].value[metric])) {
            sum += s->step[i].value[metric];
            n++;
        }
    if (!n)
        return;
    canvas_ink(cr, side == GAIT_SIDE_LEFT ? CANVAS_LEFT : CANVAS_RIGHT, 1);
    canvas_line(cr, x0 + 3, axis_at(y, sum / (double)n), x1 - 3, axis_at(y, sum / (double)n), 0.9);
}

/* One timepoint's column. */
static void draw_group(cairo_t *cr, const struct study *s, int group, enum gait_metric metric, struct box column,
                       const struct axis *y)
{
    size_t n = 0, at = 0, left = 0, right = 0;
    char text[96];

    for (size_t i = 0; i < s->data.steps; i++)
        n += group_of(s, s->step[i].pass) == group;
    for (size_t i = 0; i < s->data.steps; i++) {
        double value = s->step[i].value[metric];

        if (group_of(s, s->step[i].pass) != group)
            continue;
        at++;
        if (!isfinite(value))
            continue;
        draw_step(cr, &s->step[i], column.x + column.w * (double)at / (double)(n + 1), axis_at(y, value));
        left += s->step[i].valid && s->step[i].side == GAIT_SIDE_LEFT;
        right += s->step[i].valid && s->step[i].side == GAIT_SIDE_RIGHT;
    }
    draw_mean(cr, s, group, GAIT_SIDE_LEFT, metric, column.x, column.x + column.w, y);
    draw_mean(cr, s, group, GAIT_SIDE_RIGHT, metric, column.x, column.x + column.w, y);
    canvas_frame(cr, column);
    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%.16s (n %zu L, %zu R)", group ? s->timepoint[group - 1] : s->plan.baseline, left,
             right);
    canvas_text(cr, column.x + column.w / 2, column.y + column.h + 10, 6.5, CANVAS_MIDDLE, text);
}

/* Columns in the order of walking: a timepoint before treatment stands left of the baseline. */
static int order_of(const struct study *s, int column)
{
    int before = 0;

    for (size_t i = 0; i < s->n_timepoint; i++)
        before += study_is_before(s, s->timepoint[i]);
    if (column == before)
        return 0;
    for (size_t i = 0, k = 0; i < s->n_timepoint; i++)
        if (study_is_before(s, s->timepoint[i]) == (column < before)) {
            if ((int)k == (column < before ? column : column - before - 1))
                return (int)i + 1;
            k++;
        }
    return 0;
}

void draw_steps(cairo_t *cr, const struct study *study, struct box box, enum gait_metric metric)
{
    _cleanup_free_ double *value = calloc(study->data.steps + 1, sizeof(*value));
    int columns = (int)study->n_timepoint + 1;
    struct box plot = {box.x + 30, box.y + 12, box.w - 30, box.h - 28};
    struct axis y;
    char text[96];

    for (size_t i = 0; value && i < study->data.steps; i++)
        value[i] = group_of(study, study->step[i].pass) < 0 ? (double)NAN : study->step[i].value[metric];
    if (!value)
        return;
    y = axis_around(value, study->data.steps, plot.y + plot.h, plot.y);
    for (int i = 0; i < columns; i++)
        draw_group(cr, study, order_of(study, i), metric,
                   (struct box){plot.x + plot.w * i / columns, plot.y, plot.w / columns, plot.h}, &y);
    axis_draw_y(cr, &y, plot, "");
    snprintf(text, sizeof(text), "%s%s%s", gait_metric_info(metric)->name, *study_unit(metric) ? ", " : "",
             study_unit(metric));
    canvas_text(cr, box.x, plot.y - 4, 7, CANVAS_START, text);
}
