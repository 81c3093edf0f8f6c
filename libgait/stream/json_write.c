#include "stream/json_write.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stream/base64.h"

void put(struct writer *w, const char *key, json_t *value)
{
    if (!value || json_object_set_new(w->object, key, value) < 0)
        w->failed = true;
}

void put_text(struct writer *w, const char *key, const char *text)
{
    put(w, key, json_string(text));
}

void put_u64(struct writer *w, const char *key, uint64_t value)
{
    put(w, key, json_integer((json_int_t)value));
}

void put_bool(struct writer *w, const char *key, bool value)
{
    put(w, key, json_boolean(value));
}

void put_real(struct writer *w, const char *key, double value, enum gait_reason reason)
{
    if (gait_json_put_real(w->object, key, value, reason) < 0)
        w->failed = true;
}

void put_flags(struct writer *w, const char *key, uint32_t flags, const char *(*name)(uint32_t bit))
{
    json_t *words = json_array();

    for (unsigned i = 0; words && i < 32; i++) {
        const char *word = flags & (1u << i) ? name(1u << i) : NULL;

        if (word && json_array_append_new(words, json_string(word)) < 0)
            w->failed = true;
    }
    put(w, key, words);
}

json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *real_array(const double *value, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < n; i++)
        if (json_array_append_new(array, real_or_null(value[i])) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

void put_head(struct writer *w, const struct gait_stream_head *head)
{
    put_text(w, "v", GAIT_STREAM_VERSION);
    put_text(w, "instance", head->instance);
    put_u64(w, "seq", head->seq);
    put_u64(w, "frame", head->frame);
    put_u64(w, "t_ns", head->t_ns);
    put_text(w, "mat", head->mat);
    put_u64(w, "gap_device", head->gap_device);
    put_u64(w, "gap_ring", head->gap_ring);
    put_u64(w, "skipped", head->skipped);
}

int writer_finish(struct writer *w, char **ret_text)
{
    char *text = w->failed || !w->object ? NULL : gait_json_text(w->object);

    json_decref(w->object);
    w->object = NULL;
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

int gait_json_put_real(json_t *object, const char *key, double value, enum gait_reason reason)
{
    json_t *why;

    if (json_object_set_new(object, key, real_or_null(value)) < 0)
        return -ENOMEM;
    if (isfinite(value) && reason == GAIT_REASON_NONE)
        return 0;
    why = json_object_get(object, "reason");
    if (!why) {
        why = json_object();
        if (json_object_set_new(object, "reason", why) < 0)
            return -ENOMEM;
    }
    if (reason == GAIT_REASON_NONE)
        reason = GAIT_REASON_NOT_COMPUTED;
    return json_object_set_new(why, key, json_string(gait_reason_name(reason))) < 0 ? -ENOMEM : 0;
}

char *gait_json_text(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
}

json_t *gait_json_base64(const void *bytes, size_t n)
{
    char *text = malloc(base64_length(n) + 1);
    json_t *value;

    if (!text)
        return NULL;
    base64_encode(bytes, n, text);
    value = n ? json_stringn(text, base64_length(n)) : json_null();
    free(text);
    return value;
}
