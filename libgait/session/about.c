#include "session/about.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "session/files.h"

enum {
    TEXT_BYTES_MAX = 16 << 20, /* its own heap has room for it: only what points there has to fit an object header */
    NAME_MAX_BYTES = 160,
    DEPTH_MAX = 4,
};

static int write_text(struct h5_writer *w, const char *name, const char *text)
{
    return strlen(text) > TEXT_BYTES_MAX ? 0 : h5_attr_text(w, "/", name, text);
}

static int write_dumped(struct h5_writer *w, const char *name, const json_t *value)
{
    _cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

    return text ? write_text(w, name, text) : gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
}

static int write_member(struct h5_writer *w, const char *name, json_t *value, int depth);

static int write_members(struct h5_writer *w, const char *prefix, json_t *object, int depth)
{
    const char *key;
    json_t *value;
    int r = 0;

    json_object_foreach(object, key, value)
    {
        char name[NAME_MAX_BYTES];

        if (r == 0 && (size_t)snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key) < sizeof(name))
            r = write_member(w, name, value, depth);
    }
    return r;
}

static int write_member(struct h5_writer *w, const char *name, json_t *value, int depth)
{
    static const char *const ours[] = {"format",     "format_version",
                                       "kind",       "uuid", /* and these in groups: study.c */
                                       "treatments", "steps"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(name, ours[i]) == 0)
            return 0;
    }
    if (strcmp(name, "protocol") == 0 && json_is_object(value))
        value = json_object_get(value, "name"); /* all of it is in /protocol */
    if (json_is_object(value) && depth < DEPTH_MAX)
        return write_members(w, name, value, depth + 1);
    if (json_is_string(value))
        return write_text(w, name, json_string_value(value));
    if (json_is_integer(value))
        return h5_attr_i64(w, "/", name, json_integer_value(value));
    if (json_is_real(value))
        return h5_attr_f64(w, "/", name, json_real_value(value));
    if (json_is_boolean(value))
        return h5_attr_i64(w, "/", name, json_is_true(value));
    return json_is_null(value) ? 0 : write_dumped(w, name, value);
}

int about_write(struct h5_writer *w, const char *json_path)
{
    json_error_t error;
    json_t *root;
    int r;

    if (!files_exist(json_path))
        return 0;
    root = json_load_file(json_path, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return gait_error_set(w->err, -EBADMSG, "%s: line %d, column %d: %s", json_path, error.line, error.column,
                              error.text);
    }
    r = write_members(w, "", root, 0);
    if (r == 0)
        r = write_dumped(w, "session_json", root);
    json_decref(root);
    return r;
}
