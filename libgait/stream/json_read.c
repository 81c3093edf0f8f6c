#include "stream/json_read.h"

#include <math.h>
#include <string.h>

static const json_t *member(struct reader *r, const char *key)
{
    return json_object_get(r->object, key);
}

static void bad(struct reader *r, const char *key)
{
    if (!r->bad)
        r->bad = key;
}

const char *get_text(struct reader *r, const char *key)
{
    const char *text = json_string_value(member(r, key));

    if (!text)
        bad(r, key);
    return text ? text : "";
}

void get_copy(struct reader *r, const char *key, char *ret, size_t size)
{
    const char *text = get_text(r, key);
    size_t n = strlen(text);

    if (n >= size) {
        bad(r, key);
        n = 0;
    }
    memcpy(ret, text, n);
    ret[n] = '\0';
}

uint64_t get_u64(struct reader *r, const char *key, uint64_t max)
{
    const json_t *value = member(r, key);
    json_int_t i = json_integer_value(value);

    if (!json_is_integer(value) || i < 0 || (uint64_t)i > max) {
        bad(r, key);
        return 0;
    }
    return (uint64_t)i;
}

bool get_bool(struct reader *r, const char *key)
{
    const json_t *value = member(r, key);

    if (!json_is_boolean(value))
        bad(r, key);
    return json_is_true(value);
}

double get_real(struct reader *r, const char *key)
{
    const json_t *value = member(r, key);

    if (!json_is_number(value) && !json_is_null(value))
        bad(r, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const json_t *get_object(struct reader *r, const char *key)
{
    const json_t *value = member(r, key);

    if (!json_is_object(value))
        bad(r, key);
    return value;
}

void get_reals(struct reader *r, const char *key, double *ret, size_t n)
{
    const json_t *array = member(r, key);

    if (!json_is_array(array) || json_array_size(array) != n) {
        bad(r, key);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(array, i);

        if (!json_is_number(value) && !json_is_null(value))
            bad(r, key);
        ret[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
}

uint32_t get_flags(struct reader *r, const char *key, const char *(*name)(uint32_t bit))
{
    const json_t *array = member(r, key);
    uint32_t flags = 0;

    if (!json_is_array(array))
        bad(r, key);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *word = json_string_value(json_array_get(array, i));

        for (unsigned b = 0; word && b < 32; b++) {
            const char *known = name(1u << b);

            if (known && strcmp(known, word) == 0)
                flags |= 1u << b;
        }
    }
    return flags;
}

int get_word(struct reader *r, const char *key, const char *const *names, int n)
{
    const char *word = get_text(r, key);

    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    bad(r, key);
    return 0;
}
