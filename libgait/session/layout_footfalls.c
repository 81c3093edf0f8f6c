#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/layout.h"

/* A member of struct gait_footfall as a column. */
struct column {
    const char *name, *units, *long_name;
    enum gait_pack_dtype dtype;
    size_t offset;
};

#define COLUMN(name, member, dtype, units, long_name)                         \
    {                                                                         \
        name, units, long_name, dtype, offsetof(struct gait_footfall, member) \
    }

static const struct column columns[] = {
    COLUMN("side", side, GAIT_PACK_U8, "1", "which foot, by its print and the operator"),
    COLUMN("side_print", side_print, GAIT_PACK_U8, "1", "which foot, by its print alone"),
    COLUMN("class", gait_class, GAIT_PACK_U8, "1", "walking, running or standing"),
    COLUMN("valid", valid, GAIT_PACK_U8, "1", "1: counts as a full step"),
    COLUMN("flags", flags, GAIT_PACK_U32, "1", "facts about the footfall, as bits"),
    COLUMN("first_frame", first_frame, GAIT_PACK_U64, "1", "trial frame of the first contact"),
    COLUMN("last_frame", last_frame, GAIT_PACK_U64, "1", "trial frame of the last contact"),
    COLUMN("ic_mat_ns", ic_mat_ns, GAIT_PACK_U64, "ns", "initial contact, mat time"),
    COLUMN("to_mat_ns", to_mat_ns, GAIT_PACK_U64, "ns", "toe-off, mat time"),
    COLUMN("ic_ns", ic_ns, GAIT_PACK_U64, "ns", "initial contact, CLOCK_MONOTONIC"),
    COLUMN("heel_x_mm", heel_x_mm, GAIT_PACK_F64, "mm", "heel centre across the mat"),
    COLUMN("heel_y_mm", heel_y_mm, GAIT_PACK_F64, "mm", "heel centre along the walkway"),
    COLUMN("axis_x", axis_x, GAIT_PACK_F64, "1", "unit vector from heel to toes, across the mat"),
    COLUMN("axis_y", axis_y, GAIT_PACK_F64, "1", "unit vector from heel to toes, along the walkway"),
    COLUMN("origin_x_mm", origin_x_mm, GAIT_PACK_F64, "mm", "origin of the foot frame across the mat"),
    COLUMN("origin_y_mm", origin_y_mm, GAIT_PACK_F64, "mm", "origin of the foot frame along the walkway"),
    COLUMN("progression_x", progression_x, GAIT_PACK_F64, "1", "unit vector of walking, across the mat"),
    COLUMN("progression_y", progression_y, GAIT_PACK_F64, "1", "unit vector of walking, along the walkway"),
    COLUMN("picture_row0", row0, GAIT_PACK_U32, "1", "first row of the picture's window"),
    COLUMN("picture_col0", col0, GAIT_PACK_U32, "1", "first column of the picture's window"),
    COLUMN("picture_rows", rows, GAIT_PACK_U32, "1", "rows of the picture's window"),
    COLUMN("picture_cols", cols, GAIT_PACK_U32, "1", "columns of the picture's window"),
};

/* Lines of constructions: x0, y0, x1, y1 each. */
static const struct {
    const char *name;
    size_t offset;
} lines[] = {
    {"cpei_chord", offsetof(struct gait_footfall, cpei_chord)},
    {"cpei_third", offsetof(struct gait_footfall, cpei_third)},
    {"cpei_width", offsetof(struct gait_footfall, cpei_width)},
    {"third_heel", offsetof(struct gait_footfall, third_heel)},
    {"third_fore", offsetof(struct gait_footfall, third_fore)},
};

static const char *side_name(uint32_t i)
{
    return gait_side_name((enum gait_side)i);
}

static const char *class_name(uint32_t i)
{
    return gait_class_name((enum gait_class)i);
}

static const char *flag_name(uint32_t bit)
{
    return gait_footfall_flag_name(bit);
}

static const char *reason_name(uint32_t i)
{
    return gait_reason_name((enum gait_reason)i);
}

static const char *region_name(uint32_t i)
{
    return gait_region_name((enum gait_region)i);
}

/* One value of each footfall, `offset` bytes into it, as a column over the footfalls. */
static int footfall_column(struct layout *l, const char *name, const char *scale, enum gait_pack_dtype dtype,
                           size_t offset, const char *units, const char *long_name)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    size_t size = gait_pack_dtype_size(dtype);
    _cleanup_free_ uint8_t *values = malloc(t->n_footfalls * size + 1);
    char path[H5_PATH_MAX];

    if (!values)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint32_t i = 0; i < t->n_footfalls; i++)
        memcpy(values + i * size, (const uint8_t *)t->footfall[i] + offset, size);
    return layout_column(l, layout_path(l, path, name), scale, dtype, t->n_footfalls, values, size, units, long_name);
}

/* The coordinate of a group over footfalls: each group has its own, since netCDF sees only scales of a group and of those above it. */
static int footfall_scale(struct layout *l, const char *name, char ret_path[H5_PATH_MAX])
{
    int r = footfall_column(l, name, NULL, GAIT_PACK_U32, offsetof(struct gait_footfall, id), "1",
                            "number of the footfall in the trial, by first contact");

    layout_path(l, ret_path, name);
    return r;
}

static int ic_seconds(struct layout *l, const char *scale)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    _cleanup_free_ double *s = malloc((t->n_footfalls + 1) * sizeof(*s));
    char path[H5_PATH_MAX];

    if (!s)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint32_t i = 0; i < t->n_footfalls; i++)
        s[i] = (double)(int64_t)(t->footfall[i]->ic_mat_ns - l->t0_ns) * 1e-9;
    return layout_column(l, layout_path(l, path, "footfalls/t_ic_s"), scale, GAIT_PACK_F64, t->n_footfalls, s,
                         sizeof(double), "s", "initial contact since the first frame");
}

static int fact_columns(struct layout *l, const char *scale)
{
    char path[H5_PATH_MAX], name[64];
    int r = ic_seconds(l, scale);

    for (size_t i = 0; r == 0 && i < sizeof(columns) / sizeof(columns[0]); i++) {
        snprintf(name, sizeof(name), "footfalls/%s", columns[i].name);
        r = footfall_column(l, name, scale, columns[i].dtype, columns[i].offset, columns[i].units,
                            columns[i].long_name);
    }
    for (size_t i = 0; r == 0 && i < 4 * sizeof(lines) / sizeof(lines[0]); i++) {
        static const char *const end[] = {"x0", "y0", "x1", "y1"};

        snprintf(name, sizeof(name), "footfalls/%s_%s_mm", lines[i / 4].name, end[i % 4]);
        r = footfall_column(l, name, scale, GAIT_PACK_F64, lines[i / 4].offset + 8 * (i % 4), "mm",
                            "end of a construction line, for plotting");
    }
    if (r == 0)
        r = layout_flag_values(l->w, layout_path(l, path, "footfalls/side"), 3, side_name);
    if (r == 0)
        r = layout_flag_values(l->w, layout_path(l, path, "footfalls/side_print"), 3, side_name);
    if (r == 0)
        r = layout_flag_values(l->w, layout_path(l, path, "footfalls/class"), 4, class_name);
    return r == 0 ? layout_flag_bits(l->w, layout_path(l, path, "footfalls/flags"), flag_name) : r;
}

static int metric_texts(struct layout *l, const char *path, enum gait_metric metric)
{
    const struct gait_metric_info *m = gait_metric_info(metric);
    int r = h5_attr_text(l->w, path, "tier", m->tier == GAIT_TIER_SESSION ? "session" : "step");

    if (r == 0 && *gait_metric_mask(metric))
        r = h5_attr_text(l->w, path, "mask", gait_metric_mask(metric));
    if (r == 0 && m->source)
        r = h5_attr_text(l->w, path, "source", m->source);
    if (r == 0 && m->valid_when)
        r = h5_attr_text(l->w, path, "valid_when", m->valid_when);
    if (r == 0 && m->bias)
        r = h5_attr_text(l->w, path, "known_bias", m->bias);
    return r;
}

/* Each metric as a column, and beside it under reasons/ why a number is NaN. */
static int metric_columns(struct layout *l, const char *scale)
{
    char path[H5_PATH_MAX], name[128], own_scale[H5_PATH_MAX];
    int r = h5_group(l->w, layout_path(l, path, "footfalls/reasons"));

    if (r == 0)
        r = footfall_scale(l, "footfalls/reasons/footfall", own_scale);

    for (int i = 0; r == 0 && i < GAIT_METRIC_COUNT; i++) {
        const struct gait_metric_info *m = gait_metric_info((enum gait_metric)i);

        snprintf(name, sizeof(name), "footfalls/%s", m->name);
        r = footfall_column(l, name, scale, GAIT_PACK_F64, offsetof(struct gait_footfall, value) + 8 * (size_t)i,
                            m->unit, m->definition);
        if (r == 0)
            r = metric_texts(l, layout_path(l, path, name), (enum gait_metric)i);
        snprintf(name, sizeof(name), "footfalls/reasons/%s", m->name);
        if (r == 0)
            r = footfall_column(l, name, own_scale, GAIT_PACK_U8, offsetof(struct gait_footfall, reason) + (size_t)i,
                                "1", "why the number is NaN or to be read with care");
        if (r == 0)
            r = layout_flag_values(l->w, layout_path(l, path, name), GAIT_REASON_COUNT, reason_name);
    }
    return r;
}

/* A table over footfalls and something else: doubles that lie `offset` bytes into each footfall, `stride` apart. */
static int footfall_matrix(struct layout *l, const char *name, const char *const scale[2], size_t offset, size_t n,
                           size_t stride, const char *units, const char *long_name)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    _cleanup_free_ double *values = malloc((t->n_footfalls * n + 1) * sizeof(*values));
    char path[H5_PATH_MAX];
    struct h5_array a = {layout_path(l, path, name), GAIT_PACK_F64, 2,        {t->n_footfalls, n},
                         {scale[0], scale[1]},       units,         long_name};

    if (!values)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (size_t i = 0; i < t->n_footfalls; i++) {
        for (size_t k = 0; k < n; k++)
            memcpy(&values[i * n + k], (const uint8_t *)t->footfall[i] + offset + k * stride, 8);
    }
    return h5_write(l->w, &a, values);
}

static int regions(struct layout *l)
{
    char footfall[H5_PATH_MAX], region[H5_PATH_MAX], path[H5_PATH_MAX], name[64];
    const char *mask[GAIT_REGION_COUNT];
    uint8_t number[GAIT_REGION_COUNT];
    int r = h5_group(l->w, layout_path(l, path, "regions"));

    for (uint8_t i = 0; i < GAIT_REGION_COUNT; i++)
        number[i] = i;
    if (r == 0)
        r = footfall_scale(l, "regions/footfall", footfall);
    if (r == 0)
        r = layout_column(l, layout_path(l, region, "regions/region"), NULL, GAIT_PACK_U8, GAIT_REGION_COUNT, number, 1,
                          "1", "region of the foot");
    if (r == 0)
        r = layout_flag_values(l->w, region, GAIT_REGION_COUNT, region_name);
    for (int i = 0; i < GAIT_REGION_COUNT; i++)
        mask[i] = gait_region_mask((enum gait_region)i);
    if (r == 0)
        r = h5_attr_texts(l->w, region, "masks", GAIT_REGION_COUNT, mask);
    for (unsigned i = 0; r == 0 && i < GAIT_REGION_COLUMNS; i++) {
        const struct gait_region_column *c = gait_region_column(i);

        snprintf(name, sizeof(name), "regions/%s", c->name);
        r = footfall_matrix(l, name, (const char *[]){footfall, region},
                            offsetof(struct gait_footfall, region) + sizeof(double) * i, GAIT_REGION_COUNT,
                            sizeof(struct gait_region_numbers), c->unit, c->long_name);
    }
    return r;
}

static int curves(struct layout *l)
{
    char footfall[H5_PATH_MAX], percent[H5_PATH_MAX], path[H5_PATH_MAX], name[64];
    double pct[GAIT_CURVE_SAMPLES];
    int r = h5_group(l->w, layout_path(l, path, "curves"));

    for (int i = 0; i < GAIT_CURVE_SAMPLES; i++)
        pct[i] = i;
    if (r == 0)
        r = footfall_scale(l, "curves/footfall", footfall);
    if (r == 0)
        r = layout_column(l, layout_path(l, percent, "curves/stance_pct"), NULL, GAIT_PACK_F64, GAIT_CURVE_SAMPLES, pct,
                          8, "percent", "time in stance");
    for (int i = 0; r == 0 && i < GAIT_CURVE_COUNT; i++) {
        snprintf(name, sizeof(name), "curves/%s", gait_curve_name((enum gait_curve)i));
        r = footfall_matrix(l, name, (const char *[]){footfall, percent},
                            offsetof(struct gait_footfall, curve) + sizeof(double) * GAIT_CURVE_SAMPLES * (size_t)i,
                            GAIT_CURVE_SAMPLES, sizeof(double), gait_curve_unit((enum gait_curve)i),
                            "curve over stance");
    }
    return r;
}

/* ---- the path of the centre of pressure: all footfalls one after another ---- */

static size_t cop_samples(const struct gait_recorded_trial *t)
{
    size_t n = 0;

    for (uint32_t i = 0; i < t->n_footfalls; i++)
        n += t->footfall[i]->cop_frames;
    return n;
}

static const double *cop_values(const struct gait_footfall *f, int which)
{
    switch (which) {
    case 0:
        return f->cop_t_s;
    case 1:
        return f->cop_x_mm;
    case 2:
        return f->cop_y_mm;
    case 3:
        return f->cop_force_N;
    default:
        return f->heel_force_N;
    }
}

static int cop_owner(struct layout *l, const char *sample, size_t n)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    _cleanup_free_ uint32_t *id = malloc((n + 1) * sizeof(*id));
    char path[H5_PATH_MAX];
    size_t k = 0;

    if (!id)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint32_t i = 0; i < t->n_footfalls; i++) {
        for (uint32_t j = 0; j < t->footfall[i]->cop_frames; j++)
            id[k++] = t->footfall[i]->id;
    }
    return layout_column(l, layout_path(l, path, "cop/footfall"), sample, GAIT_PACK_U32, n, id, 4, "1",
                         "footfall that the sample belongs to");
}

static int cop(struct layout *l)
{
    static const struct {
        const char *name, *units, *long_name;
    } row[] = {
        {"cop/t_s", "s", "time from initial contact"},
        {"cop/x_mm", "mm", "centre of pressure across the mat; NaN below the force floor"},
        {"cop/y_mm", "mm", "centre of pressure along the walkway; NaN below the force floor"},
        {"cop/force_N", "N", "force of the footfall"},
        {"cop/heel_force_N", "N", "force in the heel"},
    };
    const struct gait_recorded_trial *t = &l->trial->t;
    size_t n = cop_samples(t);
    _cleanup_free_ double *values = malloc((n + 1) * sizeof(*values));
    char sample[H5_PATH_MAX], path[H5_PATH_MAX];
    int r = values ? h5_group(l->w, layout_path(l, path, "cop")) : -ENOMEM;

    if (r == 0)
        r = h5_dimension(l->w, layout_path(l, sample, "cop/sample"), n);
    if (r == 0)
        r = cop_owner(l, sample, n);
    for (int c = 0; r == 0 && c < 5; c++) {
        size_t k = 0;

        for (uint32_t i = 0; i < t->n_footfalls; i++) {
            memcpy(values + k, cop_values(t->footfall[i], c), t->footfall[i]->cop_frames * sizeof(double));
            k += t->footfall[i]->cop_frames;
        }
        r = layout_column(l, layout_path(l, path, row[c].name), sample, GAIT_PACK_F64, n, values, 8, row[c].units,
                          row[c].long_name);
    }
    return r;
}

/* ---- pictures: on the whole mat, so that they lie where the foot stood ---- */

static void place_picture(const struct gait_footfall *f, const float *picture, const struct gait_geometry *g, float *to)
{
    memset(to, 0, gait_geometry_cells(g) * sizeof(*to));
    if (f->row0 + (uint64_t)f->rows > g->rows || f->col0 + (uint64_t)f->cols > g->cols)
        return;
    for (uint32_t r = 0; r < f->rows; r++)
        memcpy(to + (size_t)(f->row0 + r) * g->cols + f->col0, picture + (size_t)r * f->cols, f->cols * sizeof(*to));
}

static int picture_set(struct layout *l, const char *name, bool max, const char *const scale[3], const char *long_name)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    const struct gait_geometry *g = &t->state.geometry;
    _cleanup_free_ float *mat = malloc(gait_geometry_cells(g) * sizeof(*mat));
    char path[H5_PATH_MAX];
    struct h5_array a = {layout_path(l, path, name),     GAIT_PACK_F32, 3,        {t->n_footfalls, g->rows, g->cols},
                         {scale[0], scale[1], scale[2]}, "kPa",         long_name};
    struct h5_stream s = {.set = -1};
    int r;

    if (!mat)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    if (t->n_footfalls == 0)
        return h5_write(l->w, &a, mat);
    r = h5_stream_begin(l->w, &a, 1, &s);
    for (uint32_t i = 0; r == 0 && i < t->n_footfalls; i++) {
        const struct gait_footfall *f = t->footfall[i];

        place_picture(f, max ? f->picture_max_kPa : f->picture_mean_kPa, g, mat);
        r = h5_stream_rows(l->w, &s, mat, 1);
    }
    if (r == 0)
        return h5_stream_end(l->w, &s);
    h5_closep(&s.set);
    return r;
}

static int pictures(struct layout *l)
{
    const struct gait_geometry *g = &l->trial->t.state.geometry;
    char path[H5_PATH_MAX], footfall[H5_PATH_MAX], y[H5_PATH_MAX], x[H5_PATH_MAX];
    const char *const scale[3] = {footfall, y, x};
    int r = h5_group(l->w, layout_path(l, path, "pictures"));

    if (r == 0)
        r = footfall_scale(l, "pictures/footfall", footfall);
    if (r == 0)
        r = layout_axis(l, layout_path(l, y, "pictures/y"), g->rows, g->pitch_y_mm,
                        "centre of the row, along the walkway");
    if (r == 0)
        r = layout_axis(l, layout_path(l, x, "pictures/x"), g->cols, g->pitch_x_mm,
                        "centre of the column, across the mat");
    if (r == 0)
        r = picture_set(l, "pictures/max_kPa", true, scale, "maximum picture: largest pressure of each cell");
    if (r == 0)
        r = picture_set(l, "pictures/mean_kPa", false, scale,
                        "mean picture: mean pressure of each cell over the footfall");
    return r;
}

int layout_footfalls(struct layout *l)
{
    char footfall[H5_PATH_MAX], path[H5_PATH_MAX];
    int r = h5_group(l->w, layout_path(l, path, "footfalls"));

    if (r == 0)
        r = footfall_scale(l, "footfalls/footfall", footfall);
    if (r == 0)
        r = fact_columns(l, footfall);
    if (r == 0)
        r = metric_columns(l, footfall);
    if (r == 0)
        r = regions(l);
    if (r == 0)
        r = curves(l);
    if (r == 0)
        r = cop(l);
    return r == 0 ? pictures(l) : r;
}
