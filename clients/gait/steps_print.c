/* A print in the foot's own frame: u from the heel, v lateral, both as fractions of the foot's length. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "steps.h"

/* Unit vector to the lateral side. */
static void lateral(const struct gait_footfall *f, double *x, double *y)
{
    double s = f->side == GAIT_SIDE_LEFT ? -1 : 1;

    *x = s * f->axis_y;
    *y = -s * f->axis_x;
}

static double cell(const struct gait_footfall *f, long row, long col)
{
    row -= f->row0;
    col -= f->col0;
    if (row < 0 || col < 0 || row >= (long)f->rows || col >= (long)f->cols)
        return 0;
    return (double)f->picture_max_kPa[(size_t)row * f->cols + (size_t)col];
}

/* Bilinear between the centres of cells; nothing outside the window. */
static double at(const struct gait_footfall *f, const struct gait_geometry *g, double x_mm, double y_mm)
{
    double c = x_mm / g->pitch_x_mm - 0.5, r = y_mm / g->pitch_y_mm - 0.5, c0 = floor(c), r0 = floor(r);
    double dc = c - c0, dr = r - r0;
    long i = (long)r0, k = (long)c0;

    return (1 - dr) * ((1 - dc) * cell(f, i, k) + dc * cell(f, i, k + 1)) +
           dr * ((1 - dc) * cell(f, i + 1, k) + dc * cell(f, i + 1, k + 1));
}

int print_register(const struct gait_footfall *footfall, const struct gait_geometry *geometry, float **ret_print_kPa)
{
    double length = footfall->value[GAIT_METRIC_LENGTH], lx, ly;
    float *print;

    if (!(length > 0) || !footfall->picture_max_kPa || !isfinite(footfall->axis_x + footfall->origin_x_mm))
        return -ENODATA;
    print = calloc((size_t)STEPS_PRINT_U * STEPS_PRINT_V, sizeof(*print));
    if (!print)
        return -ENOMEM;
    lateral(footfall, &lx, &ly);
    for (int i = 0; i < STEPS_PRINT_U; i++)
        for (int k = 0; k < STEPS_PRINT_V; k++) {
            double u = length * (STEPS_PRINT_U0 + (STEPS_PRINT_U1 - STEPS_PRINT_U0) * (i + 0.5) / STEPS_PRINT_U);
            double v = length * (STEPS_PRINT_V0 + (STEPS_PRINT_V1 - STEPS_PRINT_V0) * (k + 0.5) / STEPS_PRINT_V);

            print[i * STEPS_PRINT_V + k] =
                (float)at(footfall, geometry, footfall->origin_x_mm + u * footfall->axis_x + v * lx,
                          footfall->origin_y_mm + u * footfall->axis_y + v * ly);
        }
    *ret_print_kPa = print;
    return 0;
}

static void to_foot(const struct gait_footfall *f, double x_mm, double y_mm, double *u, double *v)
{
    double dx = x_mm - f->origin_x_mm, dy = y_mm - f->origin_y_mm, length = f->value[GAIT_METRIC_LENGTH], lx, ly;

    lateral(f, &lx, &ly);
    *u = (dx * f->axis_x + dy * f->axis_y) / length;
    *v = (dx * lx + dy * ly) / length;
}

struct step_line print_line(const struct gait_footfall *footfall, const struct gait_line_mm *line)
{
    struct step_line out;

    to_foot(footfall, line->x0, line->y0, &out.u0, &out.v0);
    to_foot(footfall, line->x1, line->y1, &out.u1, &out.v1);
    return out;
}
