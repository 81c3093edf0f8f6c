/* The file of a lab's measurement error: made by gait baseline, read by gait compare. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline_file.h"
#include "clean_text.h"
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

static void read_settings(const json_t *all, struct baseline_settings *ret)
{
    snprintf(ret->condition, sizeof(ret->condition), "%s", client_text(all, "condition"));
    ret->algorithm_version = (unsigned)fmax(0, number(all, "algorithm_version"));
    ret->p_on_kPa = number(all, "p_on_kPa");
    ret->pitch_x_mm = number(all, "pitch_x_mm");
    ret->pitch_y_mm = number(all, "pitch_y_mm");
}

int baseline_read(struct study *study, struct gait_error *err)
{
    const char *path = study->options->baseline_file;
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
    if (r == 0) {
        snprintf(study->terms_source, sizeof(study->terms_source), "%.60s, %s, %d people", path,
                 client_text(all, "date"), (int)json_integer_value(json_object_get(all, "subjects")));
        clean_text(study->terms_source);
        read_settings(all, &study->terms_settings);
    }
    json_decref(all);
    if (r < 0)
        free(terms);
    else
        study->terms = terms;
    return r;
}

void baseline_findings(struct study *s)
{
    const struct baseline_settings *b = &s->terms_settings;
    const struct gait_design_settings *x = &s->pass[0].settings;

    if (!s->terms)
        return;
    if ((b->p_on_kPa > 0 && b->p_on_kPa != x->p_on_kPa) || (b->pitch_x_mm > 0 && b->pitch_x_mm != x->pitch_x_mm) ||
        (b->pitch_y_mm > 0 && b->pitch_y_mm != x->pitch_y_mm))
        study_find(s, GAIT_DESIGN_WARNING, "baseline_settings",
                   "the lab's measurement error was measured with another threshold or other cells: areas and arch "
                   "numbers err otherwise there; measure a baseline with these");
    if (b->algorithm_version && b->algorithm_version != x->algorithm_version)
        study_find(s, GAIT_DESIGN_WARNING, "baseline_version",
                   "the lab's measurement error was computed by another algorithm version: run gait baseline again");
    if (b->condition[0] && strcmp(b->condition, s->plan.condition) != 0)
        study_find(s, GAIT_DESIGN_WARNING, "baseline_condition",
                   "the lab's measurement error was measured in another condition than what is compared: footwear "
                   "changes it");
}
