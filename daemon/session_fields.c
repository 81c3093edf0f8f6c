/* What a session knows: the subject's numbers, free fields, steps so far. */
#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "memory.h"
#include "protocol/field.h"

enum { FIELDS_MAX = 150, VALUE_MAX = 500, STEPS_MAX = 10000 };

static const struct number {
    const char *name;
    double min, max;
} numbers[] = {
    {"mass_kg", 2, 400}, {"stature_m", 0.3, 2.8}, {"foot_length_left_mm", 50, 450}, {"foot_length_right_mm", 50, 450}};

static const char *const texts[] = {"condition", "timepoint"};

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

static const char *unknown_field(const char *key, char ret[200])
{
    const char *near = field_nearest(key);

    if (field_is_personal(key))
        snprintf(ret, 200, "%.40s: nothing that tells who somebody is: subjects have pseudonyms", key);
    else if (near)
        snprintf(ret, 200, "%.40s: there is no such field; meant %s? (gait session fields)", key, near);
    else
        snprintf(ret, 200,
                 "%.40s: there is no such field: gait session fields lists them; a field of your own begins with x_",
                 key);
    return ret;
}

/* A lab's own: kept as it comes. */
static const char *check_own(const char *key, const json_t *value, char ret[200])
{
    if (field_is_personal(key))
        return unknown_field(key, ret);
    if (!json_is_number(value) && !(json_is_string(value) && json_string_length(value) <= VALUE_MAX))
        return wrong(ret, key, "expected a number or a text of at most 500 bytes");
    return NULL;
}

/* A number or true is judged as it would be typed. */
static bool as_text(const json_t *value, char buffer[64], const char **ret_text)
{
    *ret_text = buffer;
    if (json_is_string(value))
        *ret_text = json_string_value(value);
    else if (json_is_integer(value))
        snprintf(buffer, 64, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(buffer, 64, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(buffer, 64, "%s", json_is_true(value) ? "true" : "false");
    else
        return false;
    return !json_is_string(value) || strlen(*ret_text) == json_string_length(value);
}

/* Judges a field's value; *ret_value (a new reference) is what is kept of it. */
static const char *field_value(const char *key, json_t *value, char ret[200], json_t **ret_value)
{
    const struct field *field = field_find(key);
    char buffer[64], why[200];
    const char *text;
    double number = 0;
    int kind;

    *ret_value = NULL;
    if (json_is_null(value) && (field || field_is_own(key)))
        return NULL;
    if (!field && field_is_own(key)) {
        *ret_value = json_incref(value);
        return check_own(key, value, ret);
    }
    if (!field)
        return unknown_field(key, ret);
    kind = as_text(value, buffer, &text) ? field_judge(field, text, &number, why) : -1;
    if (kind < 0 || (json_is_number(value) && kind != 1)) {
        snprintf(ret, 200, "%.40s: %.150s", key, kind < 0 ? why : "expected a text");
        return ret;
    }
    *ret_value = kind == 1   ? (field->kind == FIELD_COUNT ? json_integer((json_int_t)number) : json_real(number))
                 : kind == 2 ? json_boolean(number != 0)
                             : json_string(text);
    return NULL;
}

/* All fields judged, what is to be kept in *ret_kept: null where one is cleared. */
static const char *check_fields(const json_t *fields, char ret[200], json_t **ret_kept)
{
    const char *key, *problem = NULL;
    json_t *value;

    *ret_kept = json_object();
    if (!json_is_object(fields) || json_object_size(fields) > FIELDS_MAX)
        return wrong(ret, "fields", "an object of at most 150 members");
    json_object_foreach((json_t *)(uintptr_t)fields, key, value)
    {
        json_t *kept = NULL;

        problem = field_value(key, value, ret, &kept);
        if (!problem)
            json_object_set(*ret_kept, key, kept ? kept : json_null());
        json_decref(kept);
        if (problem)
            break;
    }
    return problem;
}

/* Of a known member, as JSON or as it was typed; *ret_kept is a new reference. */
static const char *check(const char *key, json_t *value, char ret[200], json_t **ret_kept)
{
    const struct number *number = number_of(key);
    const char *text = json_string_value(value);
    double v = json_number_value(value);
    char *end;

    *ret_kept = json_null();
    if (strcmp(key, "protocol") == 0)
        return wrong(ret, key, "a protocol is chosen when a session is opened (gait session open --protocol)");
    if (!number && !is_text(key))
        return field_find(key) || field_is_own(key) ? wrong(ret, key, "goes into fields") : unknown_field(key, ret);
    if (json_is_null(value))
        return NULL;
    if (number && text) {
        v = strtod(text, &end);
        v = end == text || *end ? (double)NAN : v;
    }
    if (number && !((json_is_number(value) || text) && v >= number->min && v <= number->max)) {
        snprintf(ret, 200, "%s: expected a number from %g to %g", key, number->min, number->max);
        return ret;
    }
    if (!number && !(text && word_ok(text, 32)))
        return wrong(ret, key, "expected a word of letters, digits, '.', '_', '-', at most 32");
    *ret_kept = number ? json_real(v) : json_incref(value);
    return NULL;
}

static void merge(json_t *into, const json_t *changes)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)changes, key, value)
    {
        if (json_is_null(value))
            json_object_del(into, key);
        else
            json_object_set(into, key, value);
    }
}

/* Arguments of the verb itself, judged elsewhere. */
static bool is_verbs_own(const char *key)
{
    return strcmp(key, "subject") == 0 || strcmp(key, "override") == 0;
}

const char *session_change(struct session *s, const json_t *args, char ret[200])
{
    json_t *members = json_object(), *fields = NULL, *value;
    const char *key, *problem = NULL;

    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        json_t *kept = NULL;

        if (problem || is_verbs_own(key))
            continue;
        if (strcmp(key, "fields") == 0) {
            problem = check_fields(value, ret, &fields);
            if (!problem && s->protocol && (json_object_get(fields, "arm") || json_object_get(fields, "treated")))
                problem = wrong(ret, "arm, treated", "the protocol sets them");
            continue;
        }
        problem = check(key, value, ret, &kept);
        json_object_set_new(members, key, kept);
    }
    if (!problem) {
        merge(s->state, members);
        merge(json_object_get(s->state, "fields"), fields);
    }
    json_decref(members);
    json_decref(fields);
    return problem;
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

/* A protocol by its name, or by its text. */
static bool same_protocol(const struct session *s, const json_t *asked, char ret[200])
{
    const json_t *stands = json_object_get(s->state, "protocol");
    const json_t *own = json_object_get(stands, json_is_string(asked) ? "name" : "text");

    if (own && json_equal(own, json_is_string(asked) ? asked : json_object_get(asked, "text")))
        return true;
    snprintf(ret, 200, "protocol is %.60s in it",
             stands ? json_string_value(json_object_get(stands, "name")) : "not set");
    return false;
}

static bool same_fields(const struct session *s, const json_t *asked, char ret[200])
{
    const json_t *fields = json_object_get(s->state, "fields");
    const char *name;
    json_t *kept = NULL, *field;
    bool same = check_fields(asked, ret, &kept) == NULL;

    json_object_foreach(kept, name, field) same = same && agrees(name, json_object_get(fields, name), field, ret);
    json_decref(kept);
    return same;
}

static bool same_member(const struct session *s, const char *key, json_t *asked, char ret[200])
{
    json_t *kept = NULL;
    bool same = check(key, asked, ret, &kept) == NULL && agrees(key, json_object_get(s->state, key), kept, ret);

    json_decref(kept);
    return same;
}

bool session_agrees(const struct session *s, const json_t *args, char ret[200])
{
    const char *key;
    json_t *value;
    bool same = true;

    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        if (!same || is_verbs_own(key))
            continue;
        same = strcmp(key, "fields") == 0     ? same_fields(s, value, ret)
               : strcmp(key, "protocol") == 0 ? same_protocol(s, value, ret)
                                              : same_member(s, key, value, ret);
    }
    return same;
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

uint32_t session_newest(const struct session *s, const char *mat)
{
    const json_t *trials = json_object_get(s->state, "trials");

    for (size_t i = json_array_size(trials); i-- > 0;) {
        const json_t *row = json_array_get(trials, i);
        const char *of = json_string_value(json_object_get(row, "mat"));

        if (!mat || (of && strcmp(of, mat) == 0))
            return (uint32_t)json_integer_value(json_object_get(row, "trial"));
    }
    return 0;
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
    double *value = memory_new(json_array_size(steps) + 1, sizeof *value), m;
    size_t i, n = 0;
    json_t *step;

    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        const json_t *v = json_object_get(step, key);

        if (json_integer_value(json_object_get(step, "side")) == side && json_is_number(v) &&
            !json_is_false(json_object_get(step, "valid")))
            value[n++] = json_number_value(v);
    }
    *ret_n = (uint32_t)n;
    m = median(value, n);
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

void session_step_of(const struct gait_footfall *f, struct session_step *ret)
{
    const uint32_t no_foot = GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT;

    *ret = (struct session_step){
        .footfall = f->id,
        .side = f->side,
        .valid = f->valid != 0,
        .partial = (f->flags & GAIT_FOOTFALL_PARTIAL) != 0,
        .merged = (f->flags & GAIT_FOOTFALL_MERGED_FEET) != 0,
        .toe_out_deg = f->value[GAIT_METRIC_PROGRESSION_ANGLE],
        .length_mm = f->value[GAIT_METRIC_LENGTH],
        .stance_s = f->value[GAIT_METRIC_STANCE],
        .ic_s = (double)f->ic_mat_ns / 1e9,
        .to_s = f->flags & no_foot ? (double)NAN : (double)f->to_mat_ns / 1e9,
        .x_mm = f->heel_x_mm,
        .y_mm = f->heel_y_mm,
        .way_x = f->progression_x,
        .way_y = f->progression_y,
    };
}

void session_add_step(struct session *s, uint32_t trial, const struct session_step *step, double at_s)
{
    json_t *steps = json_object_get(s->state, "steps");

    if (json_array_size(steps) >= STEPS_MAX)
        return;
    json_array_append_new(
        steps,
        json_pack("{s:I, s:I, s:i, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "trial",
                  (json_int_t)trial, "footfall", (json_int_t)step->footfall, "side", (int)step->side, "valid",
                  step->valid, "partial", step->partial, "merged", step->merged, "toe_out_deg",
                  real_or_null(step->toe_out_deg), "length_mm", real_or_null(step->length_mm), "stance_s",
                  real_or_null(step->stance_s), "ic_s", real_or_null(step->ic_s), "to_s", real_or_null(step->to_s),
                  "x_mm", real_or_null(step->x_mm), "y_mm", real_or_null(step->y_mm), "way_x",
                  real_or_null(step->way_x), "way_y", real_or_null(step->way_y), "at_s", real_or_null(at_s)));
}

bool session_correct_step(struct session *s, uint32_t trial, uint32_t footfall, enum gait_side side, bool invalid)
{
    json_t *steps = json_object_get(s->state, "steps"), *step;
    size_t i;

    json_array_foreach(steps, i, step)
    {
        if (json_integer_value(json_object_get(step, "trial")) != (json_int_t)trial ||
            json_integer_value(json_object_get(step, "footfall")) != (json_int_t)footfall)
            continue;
        if (invalid)
            json_object_set_new(step, "valid", json_false());
        if (side)
            json_object_set_new(step, "side", json_integer(side));
        return true;
    }
    return false;
}

void session_forget_steps(struct session *s, uint32_t trial, uint32_t from)
{
    json_t *steps = json_object_get(s->state, "steps");

    for (size_t i = json_array_size(steps); i > 0; i--) {
        const json_t *step = json_array_get(steps, i - 1);

        if (json_integer_value(json_object_get(step, "trial")) == (json_int_t)trial &&
            json_integer_value(json_object_get(step, "footfall")) >= (json_int_t)from)
            json_array_remove(steps, i - 1);
    }
}
