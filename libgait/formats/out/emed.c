/*
 * The layout that libgait/formats/in/emed.c describes. Rows count from the toes' end of the file, the mat's y from the heel's: the last row of the mat is
 * row 1. Only the window that is ever loaded is written. Pictures are numbered by their place in time: numbers jump over frames that are missing. A cell
 * without a value can only be written as 0: how many there are stands behind the name in each 'File:'.
 */
#include "gait/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "gait/cleanup.h"

struct window {
    uint32_t row0, row1, col0, col1; /* mat's rows and columns, ends included */
};

static struct window loaded(const struct gait_export_trial *t)
{
    const struct gait_geometry *g = t->geometry;
    struct window w = {g->rows - 1, 0, g->cols - 1, 0};

    for (uint32_t r = 0; r < g->rows; r++)
        for (uint32_t c = 0; c < g->cols; c++) {
            if (!(t->picture_kPa[(size_t)r * g->cols + c] > 0))
                continue;
            w.row0 = r < w.row0 ? r : w.row0;
            w.row1 = r > w.row1 ? r : w.row1;
            w.col0 = c < w.col0 ? c : w.col0;
            w.col1 = c > w.col1 ? c : w.col1;
        }
    return w.row0 > w.row1 ? (struct window){0, 0, 0, 0} : w;
}

static void write_head(FILE *out, const struct gait_export_trial *t, size_t page, uint64_t picture, size_t unknown)
{
    const struct gait_geometry *g = t->geometry;

    fprintf(out, "\n\t\t\t\tPage %zu\n\n\tFile: %s-%03u ", page, t->session[0] ? t->session : "gait", t->trial);
    if (unknown)
        fprintf(out, "(cells without a value, here 0: %zu) ", unknown);
    fprintf(out, "\tMatrix: %ux%u \n", g->cols, g->rows);
    fprintf(out, "\tSensor area: %.4g cm\xb2\tTime/picture:%.6g ms\n", g->pitch_x_mm * g->pitch_y_mm / 100,
            1000 / g->rate_hz);
    fprintf(out, "\tSensor size: %.6gx%.6g cm\n\tPict-No.: %ju  Force[N]=sum\n\n", g->pitch_x_mm / 10,
            g->pitch_y_mm / 10, (uintmax_t)picture);
}

static void write_rows(FILE *out, const struct gait_export_trial *t, const struct window *w, const float *p_kPa,
                       double *column_N)
{
    const struct gait_geometry *g = t->geometry;
    double N_per_kPa = g->pitch_x_mm * g->pitch_y_mm / 1000, all_N = 0;

    memset(column_N, 0, g->cols * sizeof(*column_N));
    for (uint32_t c = w->col0; c <= w->col1; c++)
        fprintf(out, "\t%u", c + 1);
    fputs("\tForce\n", out);
    for (uint32_t r = w->row1 + 1; r-- > w->row0;) {
        double row_N = 0;

        fprintf(out, "%u", g->rows - r);
        for (uint32_t c = w->col0; c <= w->col1; c++) {
            float p = p_kPa[(size_t)r * g->cols + c];
            double kPa = isfinite(p) && p > 0 ? (double)p : 0;

            fprintf(out, "\t%.2f", kPa);
            row_N += kPa * N_per_kPa;
            column_N[c] += kPa * N_per_kPa;
        }
        fprintf(out, "\t%.2f\n", row_N);
        all_N += row_N;
    }
    fputs("Force", out);
    for (uint32_t c = w->col0; c <= w->col1; c++)
        fprintf(out, "\t%.2f", column_N[c]);
    fprintf(out, "\t%.2f\n\n\f\n", all_N);
}

size_t gait_export_unknown_cells(const struct gait_export_trial *trial)
{
    size_t n = 0;

    for (size_t i = 0; i < gait_geometry_cells(trial->geometry); i++)
        n += isnan(trial->picture_kPa[i]) ? 1 : 0;
    return n;
}

int gait_export_emed(FILE *out, const struct gait_export_trial *trial, struct gait_error *err)
{
    _cleanup_free_ float *p_kPa = malloc(gait_geometry_cells(trial->geometry) * sizeof(*p_kPa));
    _cleanup_free_ double *column_N = malloc(trial->geometry->cols * sizeof(*column_N));
    struct window w = loaded(trial);
    size_t page = 0, unknown = gait_export_unknown_cells(trial);
    uint64_t picture = 0;
    int r;

    if (!p_kPa || !column_N)
        return gait_error_set(err, -ENOMEM, "no memory for a frame");
    r = trial->rewind(trial->user, err);
    while (r >= 0 && (r = trial->next(trial->user, p_kPa, err)) == 1) {
        picture += 1 + (page && page < trial->n_frames ? trial->frame[page].lost : 0);
        write_head(out, trial, ++page, picture, unknown);
        write_rows(out, trial, &w, p_kPa, column_N);
        r = out_status(out);
    }
    return r < 0 && !(err && err->text[0]) ? gait_error_set(err, r, "emed: %s", strerror(-r)) : r;
}
