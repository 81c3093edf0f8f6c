#include "session/tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gait/session_tier.h"

/* A footfall's row of the session's table, and the trial it belongs to. */
struct session_row {
    uint32_t trial;
    struct gait_tier_row tier;
};

struct column {
    const char *name, *units, *long_name;
    enum gait_pack_dtype dtype;
    size_t offset;
};

static const char *side_name(uint32_t i)
{
    return gait_side_name((enum gait_side)i);
}

static const char *class_name(uint32_t i)
{
    return gait_class_name((enum gait_class)i);
}

static const char *basis_name(uint32_t i)
{
    static const char *const name[] = {"none", "single", "pass"};

    return name[i];
}

static const char *flag_name(uint32_t bit)
{
    return gait_footfall_flag_name(bit);
}

/* Columns of a table in a group of its own over a dimension `axis`. */
static int write_columns(struct h5_writer *w, const char *group, const char *axis, const struct column *column,
                         size_t columns, const void *rows, size_t n, size_t stride)
{
    struct layout l = {.w = w};
    char path[H5_PATH_MAX], scale[H5_PATH_MAX];
    int r = h5_group(w, group);

    snprintf(scale, sizeof(scale), "%s/%s", group, axis);
    if (r == 0)
        r = h5_dimension(w, scale, n);
    for (size_t i = 0; r == 0 && i < columns; i++) {
        snprintf(path, sizeof(path), "%s/%s", group, column[i].name);
        r = layout_column(&l, path, scale, column[i].dtype, n, (const uint8_t *)rows + column[i].offset, stride,
                          column[i].units, column[i].long_name);
    }
    return r;
}

static const struct column footfall_columns[] = {
    {"trial", "1", "number of the trial", GAIT_PACK_U32, offsetof(struct session_row, trial)},
    {"id", "1", "number of the footfall in its trial", GAIT_PACK_U32, offsetof(struct session_row, tier.id)},
    {"side", "1", "which foot, with alternation and the operator", GAIT_PACK_U8,
     offsetof(struct session_row, tier.side)},
    {"class", "1", "walking, running or standing", GAIT_PACK_U8, offsetof(struct session_row, tier.gait_class)},
    {"class_basis", "1", "what the class was told from: this step alone or the pass", GAIT_PACK_U8,
     offsetof(struct session_row, tier.class_basis)},
    {"valid", "1", "1: counts as a full step", GAIT_PACK_U8, offsetof(struct session_row, tier.valid)},
    {"flags", "1", "facts about the footfall, as bits", GAIT_PACK_U32, offsetof(struct session_row, tier.flags)},
    {"relative_length", "1", "length over the median of that side's full steps", GAIT_PACK_F64,
     offsetof(struct session_row, tier.relative_length)},
};

static const struct column trial_columns[] = {
    {"class", "1", "walking, running or standing", GAIT_PACK_U32, offsetof(struct gait_tier_trial, gait_class)},
    {"speed_m_per_s", "m s-1", "walking speed, median of crossings", GAIT_PACK_F64,
     offsetof(struct gait_tier_trial, speed_m_per_s)},
    {"cadence_per_min", "min-1", "steps a minute, median of crossings", GAIT_PACK_F64,
     offsetof(struct gait_tier_trial, cadence_per_min)},
    {"double_support_s", "s", "double support", GAIT_PACK_F64, offsetof(struct gait_tier_trial, double_support_s)},
    {"duty_factor", "1", "stance over stride", GAIT_PACK_F64, offsetof(struct gait_tier_trial, duty_factor)},
    {"progression_x", "1", "unit vector of walking, across the mat", GAIT_PACK_F64,
     offsetof(struct gait_tier_trial, progression_x)},
    {"progression_y", "1", "unit vector of walking, along the walkway", GAIT_PACK_F64,
     offsetof(struct gait_tier_trial, progression_y)},
};

#define COLUMNS(table) (table), sizeof(table) / sizeof((table)[0])

/* The session-tier metrics of every footfall. */
static int write_metrics(struct h5_writer *w, const struct session_row *row, size_t n)
{
    struct layout l = {.w = w};
    char path[H5_PATH_MAX];
    int r = 0;

    for (int i = 0; r == 0 && i < GAIT_METRIC_COUNT; i++) {
        const struct gait_metric_info *m = gait_metric_info((enum gait_metric)i);

        if (m->tier != GAIT_TIER_SESSION)
            continue;
        snprintf(path, sizeof(path), "/session_tables/footfalls/%s", m->name);
        r = layout_column(&l, path, "/session_tables/footfalls/row", GAIT_PACK_F64, n,
                          (const uint8_t *)row + offsetof(struct session_row, tier.value) + sizeof(double) * (size_t)i,
                          sizeof(*row), m->unit, m->definition);
    }
    return r;
}

static int resolve(const struct gait_recorded_trial *t, struct session_row *row, struct gait_tier_trial *ret_trial)
{
    struct gait_tier_row *tier = calloc(t->n_footfalls + 1, sizeof(*tier));
    int r = tier ? gait_session_tier(&t->state, (const struct gait_footfall *const *)t->footfall, t->n_footfalls,
                                     t->action, t->n_actions, tier, ret_trial)
                 : -ENOMEM;

    for (uint32_t i = 0; r == 0 && i < t->n_footfalls; i++)
        row[i] = (struct session_row){t->header.trial, tier[i]};
    free(tier);
    return r;
}

static int write_words(struct h5_writer *w)
{
    int r = layout_flag_values(w, "/session_tables/footfalls/side", 3, side_name);

    if (r == 0)
        r = layout_flag_values(w, "/session_tables/footfalls/class", 4, class_name);
    if (r == 0)
        r = layout_flag_values(w, "/session_tables/footfalls/class_basis", 3, basis_name);
    return r == 0 ? layout_flag_bits(w, "/session_tables/footfalls/flags", flag_name) : r;
}

static int write_tables(struct h5_writer *w, const struct session_row *row, size_t rows,
                        const struct gait_tier_trial *pass, const uint32_t *number, size_t n)
{
    struct layout l = {.w = w};
    int r = h5_group(w, "/session_tables");

    if (r == 0)
        r = h5_attr_u64(w, "/session_tables", "algorithm_version", GAIT_ALGORITHM_VERSION);
    if (r == 0)
        r = write_columns(w, "/session_tables/footfalls", "row", COLUMNS(footfall_columns), row, rows, sizeof(*row));
    if (r == 0)
        r = write_metrics(w, row, rows);
    if (r == 0)
        r = write_words(w);
    if (r == 0)
        r = write_columns(w, "/session_tables/trials", "row", COLUMNS(trial_columns), pass, n, sizeof(*pass));
    if (r == 0)
        r = layout_column(&l, "/session_tables/trials/trial", "/session_tables/trials/row", GAIT_PACK_U32, n, number,
                          sizeof(*number), "1", "number of the trial");
    return r == 0 ? layout_flag_values(w, "/session_tables/trials/class", 4, class_name) : r;
}

int tables_write(struct h5_writer *w, const struct gait_recorded_trial *const *trial, size_t n)
{
    _cleanup_free_ struct gait_tier_trial *pass = calloc(n + 1, sizeof(*pass));
    _cleanup_free_ uint32_t *number = calloc(n + 1, sizeof(*number));
    _cleanup_free_ struct session_row *row = NULL;
    size_t rows = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        rows += trial[i]->n_footfalls;
    row = calloc(rows + 1, sizeof(*row));
    if (!pass || !number || !row)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++) {
        int r = resolve(trial[i], row + at, &pass[i]);

        if (r < 0)
            return gait_error_set(w->err, r, "%s: trial %u cannot be resolved for the session's tables", w->name,
                                  trial[i]->header.trial);
        number[i] = trial[i]->header.trial;
        at += trial[i]->n_footfalls;
    }
    return write_tables(w, row, rows, pass, number, n);
}
