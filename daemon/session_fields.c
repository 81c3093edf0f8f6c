/* What a session knows: the subject's numbers, free fields, steps so far. */
#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

enum { FIELDS_MAX = 100, VALUE_MAX = 500, STEPS_MAX = 10000 };

static const struct number {
    const char *name;
    double min, max;
} numbers[] = {
    {"mass_kg", 2, 400}, {"stature_m", 0.3, 2.8}, {"foot_length_left_mm", 50, 450}, {"foot_length_right_mm", 50, 450}};

static const char *const texts[] = {"protocol", "condition", "timepoint"};

static const char *wrong(char ret[200], const char *key, const char *what)
{
    snprintf(ret, 200, "%.60s: %s", key, what);
    return ret;
}

static const struct number *number_of(const char *key)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].name, key) == 0)
            return &numbers[i];
    return NULL;
}

static bool is_text(const char *key)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i], key) == 0)
            return true;
    return false;
}

/* Condition and timepoint become part of files and comparisons: one word. */
static bool word_ok(const char *word, size_t max)
{
    size_t n = strlen(word);

    return n >= 1 && n <= max && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static const char *check_fields(const json_t *fields, char ret[200])
{
    const char *key;
    json_t *value;

    if (!json_is_object(fields) || json_object_size(fields) > FIELDS_MAX)
        return wrong(ret, "fields", "an object of at most 100 members");
    json_object_foreach((json_t *)(uintptr_t)fields, key, value)
    {
        if (!session_field_ok(key))
            return wrong(ret, key,
                         "is no field's name: small letters, digits, '_', at most 32, and nothing that names a person");
        if (!json_is_null(value) && !json_is_number(value) &&
            !(json_is_string(value) && json_string_length(value) <= VALUE_MAX))
            return wrong(ret, key, "expected a number or a text of at most 500 bytes");
    }
    return NULL;
}

static const char *check(const char *key, const json_t *value, char ret[200])
{
    const struct number *number = number_of(key);
    double v = json_number_value(value);

    if (strcmp(key, "subject") == 0)
        return NULL;
    if (strcmp(key, "fields") == 0)
        return check_fields(value, ret);
    if (!number && !is_text(key))
        return wrong(ret, key, "is no argument of this verb; other facts go into fields");
    if (json_is_null(value))
        return NULL;
    if (number && !(json_is_number(value) && v >= number->min && v <= number->max)) {
        snprintf(ret, 200, "%s: expected a number from %g to %g", key, number->min, number->max);
        return ret;
    }
    if (!number && strcmp(key, "protocol") != 0 && !(json_is_string(value) && word_ok(json_string_value(value), 32)))
        return wrong(ret, key, "expected a word of letters, digits, '.', '_', '-', at most 32");
    if (!number && !(json_is_string(value) && json_string_length(value) <= VALUE_MAX))
        return wrong(ret, key, "expected a text of at most 500 bytes");
    return NULL;
}

static void merge(json_t *fields, const json_t *changes)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)changes, key, value)
    {
        if (json_is_null(value))
            json_object_del(fields, key);
        else
            json_object_set(fields, key, value);
    }
}

const char *session_change(struct session *s, const json_t *args, char ret[200])
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        const char *problem = check(key, value, ret);

        if (problem)
            return problem;
    }
    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        if (strcmp(key, "subject") == 0)
            continue;
        if (strcmp(key, "fields") == 0)
            merge(json_object_get(s->state, "fields"), value);
        else if (json_is_null(value))
            json_object_del(s->state, key);
        else
            json_object_set(s->state, key, value);
    }
    return NULL;
}

/* One member as it stands and as it was asked; 70 and 70.0 are the same. */
static bool agrees(const char *key, const json_t *stands, const json_t *asked, char ret[200])
{
    _cleanup_free_ char *is = stands ? json_dumps(stands, JSON_ENCODE_ANY) : NULL;
    _cleanup_free_ char *want = json_dumps(asked, JSON_ENCODE_ANY);

    if (json_is_null(asked)                               ? !stands
        : json_is_number(asked) && json_is_number(stands) ? !(json_number_value(asked) < json_number_value(stands)) &&
                                                                !(json_number_value(asked) > json_number_value(stands))
                                                          : json_equal(asked, stands))
        return true;
    snprintf(ret, 200, "%.40s is %.50s in it, asked for is %.50s", key, is ? is : "not set", want ? want : "");
    return false;
}

bool session_agrees(const struct session *s, const json_t *args, char ret[200])
{
    const json_t *fields = json_object_get(s->state, "fields");
    const char *key, *name;
    json_t *value, *field;

    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        if (strcmp(key, "fields") == 0) {
            json_object_foreach(value, name, field)
            {
                if (!agrees(name, json_object_get(fields, name), field, ret))
                    return false;
            }
        } else if (!agrees(key, json_object_get(s->state, key), value, ret)) {
            return false;
        }
    }
    return true;
}

uint32_t session_next(struct session *s, const char *counter)
{
    json_int_t n = json_integer_value(json_object_get(s->state, counter));

    if (n < 1)
        n = 1;
    json_object_set_new(s->state, counter, json_integer(n + 1));
    return (uint32_t)n;
}

json_t *session_trial(const struct session *s, uint32_t trial)
{
    json_t *trials = json_object_get(s->state, "trials"), *row;
    size_t i;

    json_array_foreach(trials, i, row)
    {
        if (json_integer_value(json_object_get(row, "trial")) == (json_int_t)trial)
            return row;
    }
    return NULL;
}

static double number_or_nan(const struct session *s, const char *key)
{
    const json_t *value = json_object_get(s->state, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

void session_subject(const struct session *s, struct gait_subject *ret)
{
    ret->mass_kg = number_or_nan(s, "mass_kg");
    ret->stature_m = number_or_nan(s, "stature_m");
    ret->foot_length_mm[0] = number_or_nan(s, "foot_length_left_mm");
    ret->foot_length_mm[1] = number_or_nan(s, "foot_length_right_mm");
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *value, size_t n)
{
    if (n == 0)
        return (double)NAN;
    qsort(value, n, sizeof *value, by_value);
    return n % 2 ? value[n / 2] : 0.5 * (value[n / 2 - 1] + value[n / 2]);
}

static double median_of(const json_t *steps, enum gait_side side, const char *key, uint32_t *ret_n)
{
    double *value = calloc(json_array_size(steps) + 1, sizeof *value), m;
    size_t i, n = 0;
    json_t *step;

    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        const json_t *v = json_object_get(step, key);

        if (value && json_integer_value(json_object_get(step, "side")) == side && json_is_number(v))
            value[n++] = json_number_value(v);
    }
    *ret_n = (uint32_t)n;
    m = value ? median(value, n) : (double)NAN;
    free(value);
    return m;
}

void session_axis(const struct session *s, struct gait_session_axis *ret)
{
    const json_t *steps = json_object_get(s->state, "steps");
    uint32_t ignored;

    for (int i = 0; i < 2; i++) {
        ret->toe_out_deg[i] = median_of(steps, (enum gait_side)(i + 1), "toe_out_deg", &ignored);
        ret->length_mm[i] = median_of(steps, (enum gait_side)(i + 1), "length_mm", &ret->steps[i]);
    }
}

static json_t *real_or_null(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

void session_add_step(struct session *s, uint32_t trial, uint32_t footfall, enum gait_side side, double toe_out_deg,
                      double length_mm)
{
    json_t *steps = json_object_get(s->state, "steps");

    if (json_array_size(steps) < STEPS_MAX)
        json_array_append_new(steps, json_pack("{s:I, s:I, s:i, s:o, s:o}", "trial", (json_int_t)trial, "footfall",
                                               (json_int_t)footfall, "side", (int)side, "toe_out_deg",
                                               real_or_null(toe_out_deg), "length_mm", real_or_null(length_mm)));
}
