#include "walker_print.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAG_FROM    0.97
#define REACH_SIGMAS 6.0 /* what lies beyond is 1.5e-8 of the blob */

static double gauss(const struct walker_step *step, const struct walker_blob *blob, double sigma_v_mm, double x_mm,
                    double y_mm)
{
    double dx = x_mm - step->origin_x_mm, dy = y_mm - step->origin_y_mm;
    double u = (dx * step->ux + dy * step->uy - blob->u_mm) / blob->sigma_u_mm;
    double v = (dx * step->vx + dy * step->vy - blob->v_mm) / sigma_v_mm;

    return exp(-0.5 * (u * u + v * v));
}

static double centre_mm(uint32_t cell, double pitch_mm)
{
    return (cell + 0.5) * pitch_mm;
}

/* Cells whose centres may lie within `half` of a place, cut at the mat's edge; none: *ret_n 0. */
static void cells_within(double at_mm, double half_mm, double pitch_mm, uint32_t cells, uint32_t *ret_first,
                         uint32_t *ret_n)
{
    double low = fmax(0, floor((at_mm - half_mm) / pitch_mm));
    double high = fmin(cells, ceil((at_mm + half_mm) / pitch_mm));

    *ret_first = low < high ? (uint32_t)low : 0;
    *ret_n = low < high ? (uint32_t)(high - low) : 0;
}

static void place(struct walker_stamp *stamp, const struct walker_step *step, const struct walker_blob *blob,
                  const struct gait_geometry *geometry)
{
    double x = step->origin_x_mm + blob->u_mm * step->ux + blob->v_mm * step->vx;
    double y = step->origin_y_mm + blob->u_mm * step->uy + blob->v_mm * step->vy;
    double su = REACH_SIGMAS * blob->sigma_u_mm;
    double sv = REACH_SIGMAS * blob->sigma_v_mm * (1 + fmax(0, blob->widen));

    cells_within(x, hypot(su * step->ux, sv * step->vx), geometry->pitch_x_mm, geometry->cols, &stamp->col0,
                 &stamp->cols);
    cells_within(y, hypot(su * step->uy, sv * step->vy), geometry->pitch_y_mm, geometry->rows, &stamp->row0,
                 &stamp->rows);
}

static int draw(struct walker_stamp *stamp, const struct walker_step *step, const struct walker_blob *blob,
                const struct gait_geometry *geometry)
{
    double *shape;

    stamp->shape = shape = malloc(((size_t)stamp->rows * stamp->cols + 1) * sizeof *shape);
    if (!shape)
        return -ENOMEM;
    for (uint32_t r = 0; r < stamp->rows; r++)
        for (uint32_t c = 0; c < stamp->cols; c++)
            *shape++ = gauss(step, blob, blob->sigma_v_mm, centre_mm(stamp->col0 + c, geometry->pitch_x_mm),
                             centre_mm(stamp->row0 + r, geometry->pitch_y_mm));
    return 0;
}

int walker_print_make(const struct walker_step *step, const struct gait_geometry *geometry,
                      struct walker_print *ret_print)
{
    struct walker_print print;

    memset(&print, 0, sizeof print);
    for (int i = 0; i < WALKER_BLOBS; i++) {
        const struct walker_blob *blob = &step->foot.blob[i];

        place(&print.stamp[i], step, blob, geometry);
        if (blob->widen == 0 && draw(&print.stamp[i], step, blob, geometry) < 0) {
            walker_print_done(&print);
            return -ENOMEM;
        }
    }
    *ret_print = print;
    return 0;
}

void walker_print_done(struct walker_print *print)
{
    for (int i = 0; i < WALKER_BLOBS; i++)
        free(print->stamp[i].shape);
    memset(print, 0, sizeof *print);
}

static double phase_of(const struct walker_step *step, double t_s)
{
    return (t_s - step->landing_s) / step->stance_s;
}

static void add_widening(const struct walker_stamp *stamp, const struct walker_step *step,
                         const struct walker_blob *blob, const struct gait_geometry *geometry, double phase,
                         double pressure, double *kPa)
{
    double sigma_v = walker_blob_sigma_v(blob, phase);

    for (uint32_t r = 0; r < stamp->rows; r++)
        for (uint32_t c = 0; c < stamp->cols; c++)
            kPa[(size_t)(stamp->row0 + r) * geometry->cols + stamp->col0 + c] +=
                pressure * gauss(step, blob, sigma_v, centre_mm(stamp->col0 + c, geometry->pitch_x_mm),
                                 centre_mm(stamp->row0 + r, geometry->pitch_y_mm));
}

/* How far the toes have been dragged at a phase, 0..1; -1: they are not dragged now. */
static double drag_at(const struct walker_step *step, double phase)
{
    const double z = (phase - DRAG_FROM) / (WALKER_DRAG_TO - DRAG_FROM);

    return step->drag_mm > 0 && z >= 0 && z <= 1 ? z : -1;
}

/* A small blob that slides on ahead from the tip of the hallux. */
static void add_drag(const struct walker_step *step, const struct gait_geometry *geometry, double z, double *kPa)
{
    const struct walker_blob *tip = &step->foot.blob[WALKER_HALLUX];
    const struct walker_blob blob = {
        .u_mm = tip->u_mm + z * step->drag_mm, .v_mm = tip->v_mm, .sigma_u_mm = 4, .sigma_v_mm = 4, .peak_kPa = 40};
    struct walker_stamp window;

    place(&window, step, &blob, geometry);
    add_widening(&window, step, &blob, geometry, 0, blob.peak_kPa, kPa);
}

bool walker_step_down(const struct walker_step *step, double t_s)
{
    return walker_foot_force_N(&step->foot, phase_of(step, t_s)) > 0 || drag_at(step, phase_of(step, t_s)) >= 0;
}

static void add_stamp(const struct walker_stamp *stamp, const struct gait_geometry *geometry, double pressure,
                      double *kPa)
{
    const double *shape = stamp->shape;

    for (uint32_t r = 0; r < stamp->rows; r++) {
        double *row = kPa + (size_t)(stamp->row0 + r) * geometry->cols + stamp->col0;

        for (uint32_t c = 0; c < stamp->cols; c++)
            row[c] += pressure * *shape++;
    }
}

void walker_print_add(const struct walker_print *print, const struct walker_step *step,
                      const struct gait_geometry *geometry, double t_s, double *kPa)
{
    double phase = phase_of(step, t_s), drag = drag_at(step, phase);

    if (drag >= 0)
        add_drag(step, geometry, drag, kPa);
    for (int i = 0; i < WALKER_BLOBS; i++) {
        const struct walker_blob *blob = &step->foot.blob[i];
        double pressure = blob->peak_kPa * walker_blob_window(blob, phase);

        if (pressure <= 0)
            continue;
        if (print->stamp[i].shape)
            add_stamp(&print->stamp[i], geometry, pressure, kPa);
        else
            add_widening(&print->stamp[i], step, blob, geometry, phase, pressure, kPa);
    }
}

double walker_step_reach_kPa(const struct walker_step *step, const struct gait_geometry *geometry, uint32_t row,
                             uint32_t col, bool toes)
{
    double sum = 0;

    for (int i = 0; i < WALKER_BLOBS; i++) {
        const struct walker_blob *blob = &step->foot.blob[i];

        if (blob->toe == toes)
            sum += blob->peak_kPa * gauss(step, blob, blob->sigma_v_mm, centre_mm(col, geometry->pitch_x_mm),
                                          centre_mm(row, geometry->pitch_y_mm));
    }
    return sum;
}
