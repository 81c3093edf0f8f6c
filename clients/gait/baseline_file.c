/* The file of a lab's measurement error: made by gait baseline, read by gait compare. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline_file.h"
#include "study.h"

static double number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static int read_row(const json_t *row, size_t i, const char *path, struct gait_stats_error_terms *terms,
                    struct gait_error *err)
{
    const char *metric = json_string_value(json_object_get(row, "metric")),
               *foot = json_string_value(json_object_get(row, "foot"));
    int m = metric ? gait_metric_find(metric) : -ENOENT, f = foot ? gait_design_foot_find(foot) : -ENOENT;
    struct gait_stats_error_terms t = {
        .var_session = number(row, "var_session"),
        .var_step = number(row, "var_step"),
        .df_session = number(row, "df_session"),
        .df_step = number(row, "df_step"),
        .ms_error = number(row, "ms_error"),
        .mean_inverse_steps = number(row, "mean_inverse_steps"),
        .mean_shift = number(row, "mean_shift"),
    };
    struct gait_stats_mdc mdc;

    if (m < 0 || f < 0)
        return gait_error_set(err, -EBADMSG, "%s: terms[%zu] names no metric or foot", path, i);
    t.subjects = (size_t)fmax(0, number(row, "subjects"));
    t.sessions = (size_t)fmax(0, number(row, "sessions"));
    if (gait_stats_mdc(&t, 5, 5, &mdc) < 0)
        return gait_error_set(err, -EBADMSG, "%s: terms[%zu] (%s, %s): these variances are none", path, i, metric,
                              foot);
    terms[gait_design_terms_index((enum gait_metric)m, (enum gait_design_foot)f)] = t;
    return 0;
}

int baseline_read(const char *path, struct gait_stats_error_terms **ret_terms, char *ret_source, size_t size,
                  struct gait_error *err)
{
    struct gait_stats_error_terms *terms = calloc((size_t)GAIT_METRIC_COUNT * GAIT_DESIGN_FEET, sizeof(*terms));
    json_error_t where;
    json_t *all = json_load_file(path, 0, &where), *row;
    size_t i;
    int r = 0;

    if (!terms)
        r = gait_error_set(err, -ENOMEM, "no memory");
    else if (!all && where.line < 0) /* not even opened */
        r = gait_error_set(err, -ENOENT, "--baseline %s: %s", path, strerror(errno ? errno : ENOENT));
    else if (!all)
        r = gait_error_set(err, -EBADMSG, "%s: line %d column %d: %s", path, where.line, where.column, where.text);
    else if (strcmp(client_text(all, "format"), BASELINE_FORMAT) != 0 || !json_is_array(json_object_get(all, "terms")))
        r = gait_error_set(err, -EBADMSG, "%s is no file of gait baseline", path);
    json_array_foreach(r == 0 ? json_object_get(all, "terms") : NULL, i, row) if (r == 0) r =
        read_row(row, i, path, terms, err);
    if (r == 0)
        snprintf(ret_source, size, "%s, %s, %d people", path, client_text(all, "date"),
                 (int)json_integer_value(json_object_get(all, "subjects")));
    json_decref(all);
    if (r < 0)
        free(terms);
    else
        *ret_terms = terms;
    return r;
}
