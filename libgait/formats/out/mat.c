/*
 * MATLAB files through matio, version 5: everything can be read by MATLAB, Octave and scipy.
 */
#include "gait/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef GAIT_HAVE_MATIO

#include <matio.h>

#include "gait/cleanup.h"
#include "track.h"

/* A struct being filled; the first failure stays. */
struct fields {
    matvar_t *var;
    int r;
};

static void begin(struct fields *s, const char *name)
{
    size_t one[2] = {1, 1};

    s->var = Mat_VarCreateStruct(name, 2, one, NULL, 0);
    s->r = s->var ? 0 : -ENOMEM;
}

static void set(struct fields *s, const char *name, matvar_t *value)
{
    if (s->r == 0 && value && Mat_VarAddStructField(s->var, name) == 0)
        Mat_VarSetStructFieldByName(s->var, name, 0, value);
    else if (s->r == 0)
        s->r = -ENOMEM;
    if (s->r < 0)
        Mat_VarFree(value);
}

/* Values of a matrix with the first axis the fastest, as MATLAB has them. */
static matvar_t *matrix(size_t rows, size_t cols, const double *value)
{
    size_t shape[2] = {rows, cols};

    return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, shape, (void *)(uintptr_t)value, 0);
}

static matvar_t *text(const char *value)
{
    size_t shape[2] = {*value ? 1 : 0, strlen(value)};

    return Mat_VarCreate(NULL, MAT_C_CHAR, MAT_T_UTF8, 2, shape, (void *)(uintptr_t)value, 0);
}

static void set_number(struct fields *s, const char *name, double value)
{
    set(s, name, matrix(1, 1, &value));
}

static void set_text(struct fields *s, const char *name, const char *value)
{
    set(s, name, text(value));
}

/* One double of each footfall, `offset` bytes into it. */
static void set_column(struct fields *s, const char *name, const struct gait_export_trial *t, size_t offset)
{
    _cleanup_free_ double *value = malloc((t->n_footfalls + 1) * sizeof(*value));

    for (size_t i = 0; value && i < t->n_footfalls; i++)
        memcpy(&value[i], (const uint8_t *)t->footfall[i] + offset, sizeof(double));
    set(s, name, value ? matrix(t->n_footfalls, 1, value) : NULL);
}

static matvar_t *trial_struct(const struct gait_export_trial *t, int *ret_r)
{
    struct fields s;

    begin(&s, "trial");
    set_text(&s, "subject", t->subject);
    set_text(&s, "session", t->session);
    set_text(&s, "condition", t->condition);
    set_text(&s, "timepoint", t->timepoint);
    set_text(&s, "mat", t->mat);
    set_text(&s, "software", t->software);
    set_number(&s, "trial", t->trial);
    set_number(&s, "discarded", t->discarded);
    set_number(&s, "extra", t->extra);
    set_number(&s, "t_since_treatment_s", t->since_treatment_s);
    set_number(&s, "mass_kg", t->body->mass_kg);
    set_number(&s, "stature_m", t->body->stature_m);
    set_number(&s, "rows", t->geometry->rows);
    set_number(&s, "cols", t->geometry->cols);
    set_number(&s, "pitch_x_mm", t->geometry->pitch_x_mm);
    set_number(&s, "pitch_y_mm", t->geometry->pitch_y_mm);
    set_number(&s, "rate_hz", t->geometry->rate_hz);
    set_number(&s, "algorithm_version", GAIT_ALGORITHM_VERSION);
    *ret_r = s.r;
    return s.var;
}

static double frame_value(const struct gait_export_frame *f, int column)
{
    switch (column) {
    case 0:
        return f->t_s;
    case 1:
        return (double)f->lost;
    case 2:
        return f->numbers.force_N;
    case 3:
        return f->numbers.area_mm2;
    case 4:
        return f->numbers.peak_kPa;
    case 5:
        return f->numbers.cop_x_mm;
    default:
        return f->numbers.cop_y_mm;
    }
}

static matvar_t *frames_struct(const struct gait_export_trial *t, int *ret_r)
{
    static const char *const name[] = {"t_s", "lost", "force_N", "area_mm2", "peak_kPa", "cop_x_mm", "cop_y_mm"};
    _cleanup_free_ double *value = malloc((t->n_frames + 1) * sizeof(*value));
    struct fields s;

    begin(&s, "frames");
    for (int k = 0; k < (int)(sizeof(name) / sizeof(name[0])); k++) {
        for (size_t i = 0; value && i < t->n_frames; i++)
            value[i] = frame_value(&t->frame[i], k);
        set(&s, name[k], value ? matrix(t->n_frames, 1, value) : NULL);
    }
    *ret_r = s.r;
    return s.var;
}

static void set_sides(struct fields *s, const struct gait_export_trial *t)
{
    size_t shape[2] = {t->n_footfalls, 1};
    matvar_t *cell = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, shape, NULL, 0);

    for (size_t i = 0; cell && i < t->n_footfalls; i++)
        Mat_VarSetCell(cell, (int)i, text(gait_side_name((enum gait_side)t->footfall[i]->side)));
    set(s, "side", cell);
}

/* The whole-number facts and times as doubles. */
static void set_facts(struct fields *s, const struct gait_export_trial *t)
{
    static const char *const name[] = {"id", "valid", "flags", "ic_s", "to_s"};
    _cleanup_free_ double *value = malloc((t->n_footfalls + 1) * sizeof(*value));

    for (int k = 0; k < 5; k++) {
        for (size_t i = 0; value && i < t->n_footfalls; i++) {
            const struct gait_footfall *f = t->footfall[i];

            value[i] = k == 0   ? f->id
                       : k == 1 ? f->valid
                       : k == 2 ? f->flags
                       : k == 3 ? track_ic_s(t, i)
                                : track_to_s(t, i);
        }
        set(s, name[k], value ? matrix(t->n_footfalls, 1, value) : NULL);
    }
}

/* footfall x sample */
static void set_curve(struct fields *s, const struct gait_export_trial *t, enum gait_curve curve)
{
    _cleanup_free_ double *value = malloc((t->n_footfalls * GAIT_CURVE_SAMPLES + 1) * sizeof(*value));
    char name[64];

    for (size_t i = 0; value && i < t->n_footfalls; i++)
        for (size_t k = 0; k < GAIT_CURVE_SAMPLES; k++)
            value[k * t->n_footfalls + i] = t->footfall[i]->curve[curve][k];
    snprintf(name, sizeof(name), "curve_%s", gait_curve_name(curve));
    set(s, name, value ? matrix(t->n_footfalls, GAIT_CURVE_SAMPLES, value) : NULL);
}

static matvar_t *footfalls_struct(const struct gait_export_trial *t, int *ret_r)
{
    struct fields s;
    char name[64];

    begin(&s, "footfalls");
    set_sides(&s, t);
    set_facts(&s, t);
    for (size_t m = 0; m < GAIT_METRIC_COUNT; m++)
        if (gait_metric_info((enum gait_metric)m)->tier == GAIT_TIER_STEP)
            set_column(&s, gait_metric_info((enum gait_metric)m)->name, t,
                       offsetof(struct gait_footfall, value) + m * sizeof(double));
    for (size_t r = 0; r < GAIT_REGION_COUNT; r++) {
        snprintf(name, sizeof(name), "region_%s_force_max_N", gait_region_name((enum gait_region)r));
        set_column(&s, name, t,
                   offsetof(struct gait_footfall, region) + r * sizeof(struct gait_region_numbers) +
                       offsetof(struct gait_region_numbers, force_max_N));
    }
    for (int c = 0; c < GAIT_CURVE_COUNT; c++)
        set_curve(&s, t, (enum gait_curve)c);
    *ret_r = s.r;
    return s.var;
}

static matvar_t *metrics_struct(const struct gait_export_trial *t, int *ret_r)
{
    struct fields s;

    (void)t;
    begin(&s, "metrics");
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);
        struct fields one;

        begin(&one, NULL);
        set_text(&one, "unit", info->unit);
        set_text(&one, "mask", gait_metric_mask((enum gait_metric)m));
        set_text(&one, "definition", info->definition ? info->definition : "");
        s.r = s.r ? s.r : one.r;
        set(&s, info->name, one.var);
    }
    *ret_r = s.r;
    return s.var;
}

/* rows x cols, row 1 at y = 0 */
static matvar_t *picture(const struct gait_export_trial *t, int *ret_r)
{
    const struct gait_geometry *g = t->geometry;
    _cleanup_free_ double *value = malloc(gait_geometry_cells(g) * sizeof(*value));
    size_t shape[2] = {g->rows, g->cols};

    *ret_r = value ? 0 : -ENOMEM;
    for (uint32_t r = 0; value && r < g->rows; r++)
        for (uint32_t c = 0; c < g->cols; c++)
            value[(size_t)c * g->rows + r] = (double)t->picture_kPa[(size_t)r * g->cols + c];
    return value ? Mat_VarCreate("picture_kPa", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, shape, value, 0) : NULL;
}

/* matio does not say when the disk is full: what was written is read again. */
static int read_back(const char *path)
{
    static const char *const name[] = {"trial", "frames", "footfalls", "metrics", "picture_kPa"};
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    int r = mat ? 0 : -EIO;

    for (size_t i = 0; r == 0 && i < sizeof(name) / sizeof(name[0]); i++) {
        matvar_t *var = Mat_VarRead(mat, name[i]);

        r = var && (var->data || var->nbytes == 0) ? 0 : -ENOSPC;
        Mat_VarFree(var);
    }
    if (mat)
        Mat_Close(mat);
    return r;
}

int gait_export_mat(const char *path, const struct gait_export_trial *trial, struct gait_error *err)
{
    matvar_t *(*const make[])(const struct gait_export_trial *, int *) = {trial_struct, frames_struct, footfalls_struct,
                                                                          metrics_struct, picture};
    mat_t *mat = Mat_CreateVer(path, "MATLAB 5.0 MAT-file, written by gaitd", MAT_FT_MAT5);
    int r = mat ? 0 : -EIO;

    for (size_t i = 0; r == 0 && i < sizeof(make) / sizeof(make[0]); i++) {
        matvar_t *var = make[i](trial, &r);

        if (r == 0 && (!var || Mat_VarWrite(mat, var, MAT_COMPRESSION_ZLIB) != 0))
            r = var ? -EIO : -ENOMEM;
        Mat_VarFree(var);
    }
    if (mat && Mat_Close(mat) != 0 && r == 0)
        r = -EIO;
    r = r == 0 ? read_back(path) : r;
    return r < 0 ? gait_error_set(err, r, "MAT: %s", strerror(-r)) : 0;
}

#else

int gait_export_mat(const char *path, const struct gait_export_trial *trial, struct gait_error *err)
{
    (void)trial;
    return gait_error_set(err, -ENOTSUP, "%s: built without matio, which writes MAT files", path);
}

#endif
