#include "session/study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "session/files.h"

enum { TREATMENTS_MAX = 1000 };

/* --- /protocol --------------------------------------------------------------------------------------------- */

static int write_member(struct h5_writer *w, const char *name, const json_t *value)
{
    if (json_is_string(value))
        return h5_attr_text(w, "/protocol", name, json_string_value(value));
    return json_is_integer(value) ? h5_attr_i64(w, "/protocol", name, json_integer_value(value)) : 0;
}

static int write_protocol(struct h5_writer *w, const json_t *protocol)
{
    const char *key;
    json_t *value;
    int r;

    if (!json_is_object(protocol))
        return 0;
    r = h5_group(w, "/protocol");
    json_object_foreach((json_t *)(uintptr_t)protocol, key, value) if (r == 0) r = write_member(w, key, value);
    return r;
}

/* --- /treatments ------------------------------------------------------------------------------------------- */

static double number_of(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static int write_column(struct h5_writer *w, const char *path, const json_t *rows, const char *key, const char *units,
                        const char *long_name)
{
    size_t n = json_array_size(rows);
    _cleanup_free_ double *value = calloc(n + 1, sizeof(*value));
    struct h5_array a = {path, GAIT_PACK_F64, 1, {n}, {"/treatments/treatment"}, units, long_name};

    if (!value)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++)
        value[i] = number_of(json_array_get(rows, i), key);
    return h5_write(w, &a, value);
}

/* By a clock that nobody sets, where both ends are of one start of the machine; else by the wall clock, which may have been set between. ret_by: which, "" neither. */
static double duration_of(const json_t *row, const char **ret_by)
{
    const char *started = json_string_value(json_object_get(row, "started_boot_id"));
    const char *stopped = json_string_value(json_object_get(row, "stopped_boot_id"));
    double by_boot = number_of(row, "stopped_boot_s") - number_of(row, "started_boot_s");
    double by_wall = number_of(row, "stopped_s") - number_of(row, "started_s");
    bool boot = started && stopped && *started && strcmp(started, stopped) == 0 && isfinite(by_boot);

    *ret_by = boot ? "boot" : isfinite(by_wall) ? "wall" : "";
    return boot ? by_boot : by_wall;
}

static int write_durations(struct h5_writer *w, const json_t *rows)
{
    size_t n = json_array_size(rows);
    _cleanup_free_ double *value = calloc(n + 1, sizeof(*value));
    _cleanup_free_ const char **by = calloc(n + 1, sizeof(*by));
    struct h5_array a = {"/treatments/duration_s", GAIT_PACK_F64, 1, {n}, {"/treatments/treatment"}, "s",
                         "how long it was"};
    int r;

    if (!value || !by)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++)
        value[i] = duration_of(json_array_get(rows, i), &by[i]);
    r = h5_write(w, &a, value);
    return r == 0 ? h5_attr_texts(w, "/treatments", "duration_by", n, by) : r;
}

static int write_texts(struct h5_writer *w, const json_t *rows, const char *key)
{
    size_t n = json_array_size(rows);
    _cleanup_free_ const char **text = calloc(n + 1, sizeof(*text));

    if (!text)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++) {
        const char *there = json_string_value(json_object_get(json_array_get(rows, i), key));

        text[i] = there ? there : "";
    }
    return h5_attr_texts(w, "/treatments", key, n, text);
}

static int write_treatments(struct h5_writer *w, const json_t *rows)
{
    static const struct {
        const char *path, *key, *units, *long_name;
    } column[] = {
        {"/treatments/start_s", "started_s", "seconds since 1970-01-01 00:00:00", "when it began"},
        {"/treatments/stop_s", "stopped_s", "seconds since 1970-01-01 00:00:00", "when it ended"},
        {"/treatments/planned_min", "planned_min", "min", "how long it was to be"},
    };
    static const char *const texts[] = {"technique", "muscle", "side", "intensity", "by"};
    int r;

    if (!json_array_size(rows) || json_array_size(rows) > TREATMENTS_MAX)
        return 0;
    r = h5_group(w, "/treatments");
    if (r == 0)
        r = h5_dimension(w, "/treatments/treatment", json_array_size(rows));
    for (size_t i = 0; r == 0 && i < sizeof(column) / sizeof(column[0]); i++)
        r = write_column(w, column[i].path, rows, column[i].key, column[i].units, column[i].long_name);
    if (r == 0)
        r = write_durations(w, rows);
    for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        r = write_texts(w, rows, texts[i]);
    return r;
}

int study_write(struct h5_writer *w, const char *json_path)
{
    json_t *root = files_exist(json_path) ? json_load_file(json_path, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int r = write_protocol(w, json_object_get(root, "protocol"));

    if (r == 0)
        r = write_treatments(w, json_object_get(root, "treatments"));
    json_decref(root);
    return r;
}
