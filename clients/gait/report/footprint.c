/* On the print: the paths of the centre of pressure with their spread; the constructions of CPEI and of the arch. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "report.h"

static struct box foot_box(struct box box)
{
    double h = box.h, w = h * (STEPS_PRINT_V1 - STEPS_PRINT_V0) / (STEPS_PRINT_U1 - STEPS_PRINT_U0);

    return (struct box){box.x + (box.w - w) / 2, box.y, w, h};
}

static double mean_length(const struct study *s, enum gait_side side)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < s->data.steps; i++)
        if (s->step[i].valid && s->step[i].side == side && s->step[i].value[GAIT_METRIC_LENGTH] > 0) {
            sum += s->step[i].value[GAIT_METRIC_LENGTH];
            n++;
        }
    return n ? sum / (double)n : (double)NAN;
}

static void path(cairo_t *cr, const double *u_mm, const double *v_mm, double length_mm, struct box foot,
                 enum gait_side side)
{
    for (int k = 0; k < GAIT_CURVE_SAMPLES; k++) {
        double x, y;

        if (!isfinite(u_mm[k]) || !isfinite(v_mm[k]))
            continue;
        print_point(foot, side, u_mm[k] / length_mm, v_mm[k] / length_mm, &x, &y);
        cairo_line_to(cr, x, y);
    }
}

/* One SD of the passes to either side of their mean path. */
static void spread_band(cairo_t *cr, const struct rows *v, bool after, const double *mean_u, double length_mm,
                        struct box foot, enum gait_side side)
{
    const double *rows = after ? v->post : v->pre, *mean = after ? v->mean_post : v->mean_pre;
    size_t n = after ? v->n_post : v->n_pre;

    for (int k = 0; k < 2 * GAIT_CURVE_SAMPLES; k++) {
        int i = k < GAIT_CURVE_SAMPLES ? k : 2 * GAIT_CURVE_SAMPLES - 1 - k;
        double sum = 0, x, y;

        if (!isfinite(mean[i] + mean_u[i]) || n < 2)
            continue;
        for (size_t row = 0; row < n; row++)
            sum += (rows[row * v->nodes + (size_t)i] - mean[i]) * (rows[row * v->nodes + (size_t)i] - mean[i]);
        print_point(foot, side, mean_u[i] / length_mm,
                    (mean[i] + (k < GAIT_CURVE_SAMPLES ? 1 : -1) * sqrt(sum / (double)(n - 1))) / length_mm, &x, &y);
        cairo_line_to(cr, x, y);
    }
    canvas_ink(cr, after ? CANVAS_RIGHT : CANVAS_LEFT, 0.22);
    cairo_fill(cr);
}

static void paths(cairo_t *cr, const struct rows *u, const struct rows *v, bool after, double length_mm,
                  struct box foot, enum gait_side side)
{
    const double *us = after ? u->post : u->pre, *vs = after ? v->post : v->pre;
    size_t n = after ? u->n_post : u->n_pre, n_v = after ? v->n_post : v->n_pre;
    static const double dash[] = {3, 2};

    spread_band(cr, v, after, after ? u->mean_post : u->mean_pre, length_mm, foot, side);
    for (size_t i = 0; i < n && i < n_v; i++) {
        path(cr, us + i * u->nodes, vs + i * v->nodes, length_mm, foot, side);
        canvas_ink(cr, after ? CANVAS_RIGHT : CANVAS_LEFT, 0.35);
        cairo_set_line_width(cr, 0.35);
        cairo_stroke(cr);
    }
    path(cr, after ? u->mean_post : u->mean_pre, after ? v->mean_post : v->mean_pre, length_mm, foot, side);
    canvas_ink(cr, after ? CANVAS_RIGHT : CANVAS_LEFT, 1);
    cairo_set_line_width(cr, 1);
    cairo_set_dash(cr, dash, after ? 2 : 0, 0);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

/* The mean print in pale grey: where the foot stood. */
static void shadow(cairo_t *cr, const double *cell, struct box foot, enum gait_side side)
{
    double du = (STEPS_PRINT_U1 - STEPS_PRINT_U0) / STEPS_PRINT_U,
           dv = (STEPS_PRINT_V1 - STEPS_PRINT_V0) / STEPS_PRINT_V;

    canvas_ink(cr, CANVAS_PALE, 0.55);
    for (int u = 0; u < STEPS_PRINT_U; u++)
        for (int v = 0; v < STEPS_PRINT_V; v++) {
            double x0, y0, x1, y1;

            if (!(cell[u * STEPS_PRINT_V + v] >= 10))
                continue;
            print_point(foot, side, STEPS_PRINT_U0 + u * du, STEPS_PRINT_V0 + v * dv, &x0, &y0);
            print_point(foot, side, STEPS_PRINT_U0 + (u + 1) * du, STEPS_PRINT_V0 + (v + 1) * dv, &x1, &y1);
            cairo_rectangle(cr, fmin(x0, x1), fmin(y0, y1), fabs(x1 - x0), fabs(y1 - y0));
        }
    cairo_fill(cr);
}

void draw_cop(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side)
{
    struct box foot = foot_box((struct box){box.x, box.y + 14, box.w, box.h - 26});
    double length = mean_length(study, side);
    struct rows u, v, print;
    char text[160];

    rows_of_print(study, timepoint, side, &print);
    rows_of_curve(study, timepoint, side, GAIT_CURVE_COP_U, &u);
    rows_of_curve(study, timepoint, side, GAIT_CURVE_COP_V, &v);
    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%s: CoP paths (n %zu, %zu)", side == GAIT_SIDE_LEFT ? "Left" : "Right", u.n_pre,
             u.n_post);
    canvas_text(cr, box.x + box.w / 2, box.y + 8, 7, CANVAS_MIDDLE, text);
    if (print.n_pre && length > 0) {
        shadow(cr, print.mean_pre, foot, side);
        paths(cr, &u, &v, false, length, foot, side);
        paths(cr, &u, &v, true, length, foot, side);
    }
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, box.x + box.w / 2, box.y + box.h - 2, 6.5, CANVAS_MIDDLE, "thin: passes; thick: mean");
    rows_done(&u);
    rows_done(&v);
    rows_done(&print);
}

/* ---- constructions --------------------------------------------------------------------------------------------------------- */

static void line(cairo_t *cr, const struct step_line *l, struct box foot, enum gait_side side,
                 enum canvas_colour colour, double width)
{
    double x0, y0, x1, y1;

    if (!isfinite(l->u0 + l->v0 + l->u1 + l->v1))
        return;
    print_point(foot, side, l->u0, l->v0, &x0, &y0);
    print_point(foot, side, l->u1, l->v1, &x1, &y1);
    canvas_ink(cr, colour, 1);
    canvas_line(cr, x0, y0, x1, y1, width);
}

/* The valid step of this foot at a timepoint whose arch index is the median one; one with a CPEI is preferred. */
static const struct step *typical(const struct study *s, const char *timepoint, enum gait_side side)
{
    const struct step *best = NULL;
    double sum = 0, least = INFINITY;
    size_t n = 0;

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < s->steps.n_step; i++) {
            const struct step *step = s->steps.step[i];
            double value = step->value[GAIT_METRIC_ARCH_INDEX], away;

            if (!step->valid || step->side != side || !step->print_kPa || !isfinite(value) ||
                strcmp(s->pass[step->pass].timepoint, timepoint) != 0)
                continue;
            if (round == 0) {
                sum += value;
                n++;
                continue;
            }
            away = fabs(value - sum / (double)n) + (isfinite(step->cpei_width.u0) ? 0 : 1);
            if (away < least) {
                least = away;
                best = step;
            }
        }
    return best;
}

static void number(cairo_t *cr, const struct step *step, enum gait_metric m, const char *name, double x, double y)
{
    char text[96];

    if (isfinite(step->value[m]))
        snprintf(text, sizeof(text), "%s %.3g%s%s", name, step->value[m], *study_unit(m) ? " " : "", study_unit(m));
    else
        snprintf(text, sizeof(text), "%s: not measurable on this step", name);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, x, y, 6.5, CANVAS_MIDDLE, text);
}

static void draw_typical(cairo_t *cr, const struct study *study, const struct step *step, struct box foot,
                         struct box box, enum gait_side side)
{
    double cell[STEPS_PRINT_U * STEPS_PRINT_V], most = 1;

    for (int i = 0; i < STEPS_PRINT_U * STEPS_PRINT_V; i++) {
        cell[i] = (double)step->print_kPa[i];
        most = fmax(most, cell[i]);
    }
    shadow(cr, cell, foot, side);
    line(cr, &step->third_heel, foot, side, CANVAS_GREY, 0.9);
    line(cr, &step->third_fore, foot, side, CANVAS_GREY, 0.9);
    line(cr, &step->cpei_third, foot, side, CANVAS_ALARM, 0.7);
    line(cr, &step->cpei_chord, foot, side, CANVAS_LEFT, 1.1);
    line(cr, &step->cpei_width, foot, side, CANVAS_ALARM, 1.6);
    path(cr, step->curve[GAIT_CURVE_COP_U], step->curve[GAIT_CURVE_COP_V], step->value[GAIT_METRIC_LENGTH], foot, side);
    canvas_ink(cr, CANVAS_INK, 1);
    cairo_set_line_width(cr, 1.1);
    cairo_stroke(cr);
    number(cr, step, GAIT_METRIC_ARCH_INDEX, "arch index", box.x + box.w / 2, box.y + box.h - 11);
    number(cr, step, GAIT_METRIC_CPEI, "CPEI", box.x + box.w / 2, box.y + box.h - 2);
    (void)study;
}

void draw_construction(cairo_t *cr, const struct study *study, struct box box, const char *timepoint,
                       enum gait_side side)
{
    const struct step *step = typical(study, timepoint, side);
    struct box foot = foot_box((struct box){box.x, box.y + 14, box.w, box.h - 36});
    char text[160];

    canvas_ink(cr, CANVAS_INK, 1);
    if (!step)
        snprintf(text, sizeof(text), "%s foot, %.20s: no full step", side == GAIT_SIDE_LEFT ? "Left" : "Right",
                 timepoint);
    else if (study->blind)
        snprintf(text, sizeof(text), "%s foot, %.20s: a typical step", side == GAIT_SIDE_LEFT ? "Left" : "Right",
                 timepoint);
    else
        snprintf(text, sizeof(text), "%s foot, %.20s: trial %u, footfall %u", side == GAIT_SIDE_LEFT ? "Left" : "Right",
                 timepoint, study->pass[step->pass].trial, step->id);
    canvas_text(cr, box.x + box.w / 2, box.y + 8, 7, CANVAS_MIDDLE, text);
    if (step)
        draw_typical(cr, study, step, foot, box, side);
}
