/* Mean maximum-pressure maps before, after and their difference, feet registered by axis and length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report.h"

#define ALPHA 0.05

void print_point(struct box box, enum gait_side side, double u, double v, double *ret_x, double *ret_y)
{
    double across = (v - STEPS_PRINT_V0) / (STEPS_PRINT_V1 - STEPS_PRINT_V0);

    if (side == GAIT_SIDE_LEFT)
        across = 1 - across; /* lateral is to the left of a left foot, toes up */
    *ret_x = box.x + box.w * across;
    *ret_y = box.y + box.h * (1 - (u - STEPS_PRINT_U0) / (STEPS_PRINT_U1 - STEPS_PRINT_U0));
}

void draw_print(cairo_t *cr, const double *cell, struct box box, enum gait_side side, double scale, double least,
                bool diverging)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, STEPS_PRINT_V, STEPS_PRINT_U);
    unsigned char *pixels = cairo_image_surface_get_data(image);
    int stride = cairo_image_surface_get_stride(image);

    for (int u = 0; pixels && u < STEPS_PRINT_U; u++)
        for (int v = 0; v < STEPS_PRINT_V; v++) {
            double value = cell[u * STEPS_PRINT_V + v], rgb[3] = {1, 1, 1};
            int column = side == GAIT_SIDE_LEFT ? STEPS_PRINT_V - 1 - v : v;
            unsigned char *pixel = pixels + (STEPS_PRINT_U - 1 - u) * stride + 4 * column;

            if (diverging)
                colour_diverging(value / scale, rgb);
            else if (value >= least)
                colour_sequential(value / scale, rgb);
            for (int c = 0; c < 3; c++)
                pixel[2 - c] = (unsigned char)(255 * rgb[c] + 0.5); /* little-endian 0xRRGGBB */
        }
    cairo_surface_mark_dirty(image);
    cairo_save(cr);
    cairo_translate(cr, box.x, box.y);
    cairo_scale(cr, box.w / STEPS_PRINT_V, box.h / STEPS_PRINT_U);
    cairo_set_source_surface(cr, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(image);
}

/* Outline of where the corrected p is at most ALPHA. */
static void outline(cairo_t *cr, const struct rows *rows, struct box box, enum gait_side side)
{
    double du = (STEPS_PRINT_U1 - STEPS_PRINT_U0) / STEPS_PRINT_U,
           dv = (STEPS_PRINT_V1 - STEPS_PRINT_V0) / STEPS_PRINT_V;

    canvas_ink(cr, CANVAS_INK, 1);
    cairo_set_line_width(cr, 0.7);
    for (int u = 1; u < STEPS_PRINT_U; u++)
        for (int v = 1; v < STEPS_PRINT_V; v++) {
            bool here = rows->p[u * STEPS_PRINT_V + v] <= ALPHA, below = rows->p[(u - 1) * STEPS_PRINT_V + v] <= ALPHA,
                 beside = rows->p[u * STEPS_PRINT_V + v - 1] <= ALPHA;
            double x0, y0, x1, y1;

            print_point(box, side, STEPS_PRINT_U0 + u * du, STEPS_PRINT_V0 + v * dv, &x0, &y0);
            if (here != below) {
                print_point(box, side, STEPS_PRINT_U0 + u * du, STEPS_PRINT_V0 + (v + 1) * dv, &x1, &y1);
                cairo_move_to(cr, x0, y0);
                cairo_line_to(cr, x1, y1);
            }
            if (here != beside) {
                print_point(box, side, STEPS_PRINT_U0 + (u + 1) * du, STEPS_PRINT_V0 + v * dv, &x1, &y1);
                cairo_move_to(cr, x0, y0);
                cairo_line_to(cr, x1, y1);
            }
        }
    cairo_stroke(cr);
}

static double largest(const double *x, size_t n, const double *minus)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i] - (minus ? minus[i] : 0)));
    return most > 0 ? most : 1;
}

/* A scale that a reader can say: the next 1, 2, 5 step above. */
static double round_up(double x)
{
    double power = pow(10, floor(log10(x))), head = x / power;

    return power * (head <= 1     ? 1
                    : head <= 1.5 ? 1.5
                    : head <= 2   ? 2
                    : head <= 3   ? 3
                    : head <= 5   ? 5
                    : head <= 7   ? 7
                                  : 10);
}

static void draw_three(cairo_t *cr, const struct study *study, const struct rows *rows, struct box box,
                       const char *timepoint, enum gait_side side)
{
    double h = box.h - 40, w = h * (STEPS_PRINT_V1 - STEPS_PRINT_V0) / (STEPS_PRINT_U1 - STEPS_PRINT_U0);
    double step = box.w / 3, difference[STEPS_PRINT_U * STEPS_PRINT_V];
    double scale =
        round_up(fmax(largest(rows->mean_pre, rows->nodes, NULL), largest(rows->mean_post, rows->nodes, NULL)));
    double change = round_up(largest(rows->mean_post, rows->nodes, rows->mean_pre));
    struct box at[3];
    char text[120];

    for (size_t i = 0; i < rows->nodes; i++)
        difference[i] = rows->mean_post[i] - rows->mean_pre[i];
    if (w > step - 6) {
        w = step - 6;
        h = w * (STEPS_PRINT_U1 - STEPS_PRINT_U0) / (STEPS_PRINT_V1 - STEPS_PRINT_V0);
    }
    for (int i = 0; i < 3; i++)
        at[i] = (struct box){box.x + step * i + (step - w) / 2, box.y + 14, w, h};
    draw_print(cr, rows->mean_pre, at[0], side, scale, 10, false);
    draw_print(cr, rows->mean_post, at[1], side, scale, 10, false);
    draw_print(cr, difference, at[2], side, change, 0, true);
    outline(cr, rows, at[2], side);
    for (int i = 0; i < 3; i++)
        canvas_frame(cr, at[i]);
    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%.24s (n %zu)", study->plan.baseline, rows->n_pre);
    canvas_text(cr, at[0].x + w / 2, box.y + 10, 7, CANVAS_MIDDLE, text);
    snprintf(text, sizeof(text), "%.24s (n %zu)", timepoint, rows->n_post);
    canvas_text(cr, at[1].x + w / 2, box.y + 10, 7, CANVAS_MIDDLE, text);
    canvas_text(cr, at[2].x + w / 2, box.y + 10, 7, CANVAS_MIDDLE, "difference");
    colour_bar(cr, (struct box){at[0].x, box.y + h + 18, at[1].x + w - at[0].x, 5}, 0, scale, false, "kPa");
    colour_bar(cr, (struct box){at[2].x, box.y + h + 18, w, 5}, -change, change, true, "kPa");
}

void draw_maps(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side)
{
    struct rows rows;
    char text[160];

    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%s foot", side == GAIT_SIDE_LEFT ? "Left" : "Right");
    canvas_bold(cr, box.x, box.y, 8.5, CANVAS_START, text);
    box.y += 4;
    box.h -= 4;
    if (rows_of_print(study, timepoint, side, &rows) == 0 && rows.n_pre && rows.n_post)
        draw_three(cr, study, &rows, box, timepoint, side);
    else
        canvas_text(cr, box.x, box.y + 20, 8, CANVAS_START, "no footfall of this foot in the window before or after");
    rows_done(&rows);
}
