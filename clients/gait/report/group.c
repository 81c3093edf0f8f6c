/* Several people: the numbers behind the verdicts, and each effect with its interval and the band of what is worthwhile. */
#include <math.h>
#include <stdio.h>

#include "report.h"

#define ROW_HEIGHT 13.0
#define WIDTH      (CANVAS_WIDTH - 2.0 * CANVAS_MARGIN)

static const char *effect_title(enum gait_design_kind kind)
{
    return kind == GAIT_DESIGN_GROUP       ? "mean change (95 %)"
           : kind == GAIT_DESIGN_PARALLEL  ? "difference of arms (95 %)"
           : kind == GAIT_DESIGN_CROSSOVER ? "beyond control (95 %)"
                                           : "beyond the other foot (95 %)";
}

static const char *order_title(enum gait_design_kind kind)
{
    return kind == GAIT_DESIGN_CROSSOVER ? "period (95 %)" : kind == GAIT_DESIGN_ONE_FOOT ? "side (95 %)" : "";
}

static void put_estimate(char *text, size_t size, int digits, const struct gait_stats_estimate *e)
{
    if (!isfinite(e->value))
        snprintf(text, size, "-");
    else if (!isfinite(e->ci.lo))
        snprintf(text, size, "%+.*g", digits, e->value);
    else
        snprintf(text, size, "%+.*g (%.*g to %.*g)", digits, e->value, digits, e->ci.lo, digits, e->ci.hi);
}

static void draw_row(cairo_t *cr, const struct gait_design_group *g, double y)
{
    static const double at[] = {0, 160, 222, 338, 380};
    const char *unit = study_unit(g->metric), *mask = gait_metric_mask(g->metric);
    char text[160];

    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%s, %.16s%s%s%s%s", gait_metric_info(g->metric)->name, g->timepoint,
             *unit ? ", " : "", unit, *mask ? "  " : "", mask);
    canvas_text(cr, CANVAS_MARGIN + at[0], y, 6.5, CANVAS_START, text);
    if (g->n)
        snprintf(text, sizeof(text), "%.3g, %.3g", g->pre.mean, g->post.mean);
    else
        snprintf(text, sizeof(text), "-");
    canvas_text(cr, CANVAS_MARGIN + at[1], y, 6.5, CANVAS_START, text);
    put_estimate(text, sizeof(text), 3, &g->effect);
    canvas_text(cr, CANVAS_MARGIN + at[2], y, 6.5, CANVAS_START, text);
    if (isfinite(g->p_adjusted))
        snprintf(text, sizeof(text), "%.2g", g->p_adjusted);
    else
        snprintf(text, sizeof(text), "-");
    canvas_text(cr, CANVAS_MARGIN + at[3], y, 6.5, CANVAS_START, text);
    if (g->order_tested) {
        put_estimate(text, sizeof(text), 2, &g->order);
        canvas_text(cr, CANVAS_MARGIN + at[4], y, 6.5, CANVAS_START, text);
    } else if (g->kind == GAIT_DESIGN_GROUP && g->n > 1) {
        snprintf(text, sizeof(text), "%zu up, %zu down", g->responders_up, g->responders_down);
        canvas_text(cr, CANVAS_MARGIN + at[4], y, 6.5, CANVAS_START, text);
    }
    snprintf(text, sizeof(text), "%zu (%zu)", g->n, g->n_left_out);
    canvas_text(cr, CANVAS_MARGIN + WIDTH, y, 6.5, CANVAS_END, text);
}

double draw_group_numbers(cairo_t *cr, const struct study *study, double y, size_t from, size_t to)
{
    enum gait_design_kind kind = study->plan.kind;
    const struct gait_design_group *first = &study->group[from];
    static const double at[] = {0, 160, 222, 338, 380};
    const char *titles[] = {"metric", "before, after", effect_title(kind), "p (Holm)",
                            kind == GAIT_DESIGN_GROUP ? "beyond own MDC95" : order_title(kind)};
    char text[160];

    canvas_ink(cr, CANVAS_INK, 1);
    if (*first->arm) {
        snprintf(text, sizeof(text), "%.40s against %.40s", first->arm, first->reference);
        canvas_bold(cr, CANVAS_MARGIN, y, 8.5, CANVAS_START, text);
        y += 13;
    }
    canvas_ink(cr, CANVAS_GREY, 1);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        canvas_text(cr, CANVAS_MARGIN + at[i], y, 6.5, CANVAS_START, titles[i]);
    canvas_text(cr, CANVAS_MARGIN + WIDTH, y, 6.5, CANVAS_END, "people (left out)");
    for (size_t i = from; i < to; i++) {
        y += 10;
        draw_row(cr, &study->group[i], y);
    }
    return y + 16;
}

/* ---- effects below each other ------------------------------------------------------------------------------------------------ */

static double unit_of(const struct gait_design_group *g)
{
    return g->pre.mean != 0 && isfinite(g->pre.mean) ? 100 / fabs(g->pre.mean) : (double)NAN;
}

static double largest(const struct study *s, size_t from, size_t to)
{
    double most = 5;

    for (size_t i = from; i < to; i++) {
        const struct gait_design_group *g = &s->group[i];
        double swc = s->plan.swc[g->metric], ends[] = {g->effect.ci.lo, g->effect.ci.hi, swc, g->effect.value};

        for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
            if (isfinite(ends[k] * unit_of(g)))
                most = fmax(most, fabs(ends[k]) * unit_of(g));
    }
    return fmin(1.08 * most, 200);
}

static double held(double x, const struct axis *axis)
{
    return axis_at(axis, fmin(fmax(x, axis->lo), axis->hi));
}

void draw_group_forest(cairo_t *cr, const struct study *study, struct box box, size_t from, size_t to)
{
    double most = largest(study, from, to);
    struct box plot = {box.x + 150, box.y, box.w - 150, ROW_HEIGHT * (double)(to - from) + 6};
    struct axis x = {-most, most, plot.x, plot.x + plot.w};
    char text[96];

    for (size_t i = from; i < to; i++) {
        const struct gait_design_group *g = &study->group[i];
        double y = plot.y + 3 + ROW_HEIGHT * ((double)(i - from) + 0.5), unit = unit_of(g),
               swc = study->plan.swc[g->metric];

        canvas_ink(cr, CANVAS_INK, 1);
        snprintf(text, sizeof(text), "%s, %.14s", gait_metric_info(g->metric)->name, g->timepoint);
        canvas_text(cr, box.x, y + 2.5, 7, CANVAS_START, text);
        if (!isfinite(g->effect.value * unit)) {
            canvas_ink(cr, CANVAS_GREY, 1);
            reason_short(g->why, text, sizeof(text));
            canvas_text(cr, plot.x + 4, y + 2.5, 6.5, CANVAS_START, text);
            continue;
        }
        if (swc > 0) {
            canvas_ink(cr, CANVAS_PALE, 0.6);
            cairo_rectangle(cr, held(-unit * swc, &x), y - ROW_HEIGHT / 2 + 1,
                            held(unit * swc, &x) - held(-unit * swc, &x), ROW_HEIGHT - 2);
            cairo_fill(cr);
        }
        canvas_ink(cr, CANVAS_INK, 1);
        if (isfinite(g->effect.ci.lo))
            canvas_line(cr, held(unit * g->effect.ci.lo, &x), y, held(unit * g->effect.ci.hi, &x), y, 1.2);
        cairo_arc(cr, held(unit * g->effect.value, &x), y, 2.6, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_line(cr, axis_at(&x, 0), plot.y, axis_at(&x, 0), plot.y + plot.h, 0.6);
    canvas_frame(cr, plot);
    axis_draw_x(cr, &x, plot,
                "effect, % of the mean before; bar: 95 % interval; grey: registered SWC, where there is one");
}
