/* libcyaml's schema, made from a table, and loading through it. */
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "mats/yaml_keys.h"

/* Every piece of a schema in one list, so that it is freed at once. */
struct schema {
    void *piece[256];
    size_t pieces;
    bool failed;
};

static void *take(struct schema *s, size_t count, size_t size)
{
    void *piece = s->pieces < 256 ? calloc(count, size) : NULL;

    if (piece)
        s->piece[s->pieces++] = piece;
    s->failed |= !piece;
    return piece;
}

static void schema_done(struct schema *s)
{
    while (s->pieces)
        free(s->piece[--s->pieces]);
}

static const cyaml_schema_field_t *make_fields(struct schema *s, const struct yaml_key *keys);

static void make_words(struct schema *s, const struct yaml_key *key, cyaml_schema_value_t *v)
{
    uint32_t n = 0;

    while (key->words[n].word)
        n++;
    cyaml_strval_t *strings = take(s, n, sizeof *strings);
    for (uint32_t i = 0; strings && i < n; i++)
        strings[i] = (cyaml_strval_t){.str = key->words[i].word, .val = key->words[i].value};
    v->type = CYAML_ENUM;
    v->data_size = sizeof(int);
    v->enumeration.strings = strings;
    v->enumeration.count = n;
}

static void make_sequence(struct schema *s, const struct yaml_key *key, cyaml_schema_value_t *v)
{
    cyaml_schema_value_t *entry = take(s, 1, sizeof *entry);

    v->type = CYAML_SEQUENCE;
    v->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER;
    v->data_size = key->kind == YAML_NUMBERS ? (uint32_t)sizeof(uint32_t) : (uint32_t)key->size;
    v->sequence.entry = entry;
    v->sequence.max = CYAML_UNLIMITED;
    if (!entry)
        return;
    entry->data_size = v->data_size;
    entry->type = key->kind == YAML_NUMBERS ? CYAML_UINT : CYAML_MAPPING;
    if (key->kind == YAML_LIST)
        entry->mapping.fields = make_fields(s, key->keys);
}

static void make_value(struct schema *s, const struct yaml_key *key, cyaml_schema_value_t *v)
{
    v->flags = CYAML_FLAG_OPTIONAL;
    switch (key->kind) {
    case YAML_UINT:
        v->type = CYAML_UINT;
        v->data_size = sizeof(uint32_t);
        return;
    case YAML_INT:
        v->type = CYAML_INT;
        v->data_size = sizeof(int32_t);
        return;
    case YAML_REAL:
        v->type = CYAML_FLOAT;
        v->data_size = sizeof(double);
        return;
    case YAML_BOOL:
        v->type = CYAML_BOOL;
        v->data_size = sizeof(bool);
        return;
    case YAML_TEXT:
    case YAML_BYTES:
        v->type = CYAML_STRING;
        v->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER;
        v->data_size = sizeof(char);
        v->string.max = CYAML_UNLIMITED;
        return;
    case YAML_WORD:
        make_words(s, key, v);
        return;
    case YAML_MAP:
        v->type = CYAML_MAPPING;
        v->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER;
        v->data_size = (uint32_t)key->size;
        v->mapping.fields = make_fields(s, key->keys);
        return;
    case YAML_LIST:
    case YAML_NUMBERS:
        make_sequence(s, key, v);
        return;
    }
}

static const cyaml_schema_field_t *make_fields(struct schema *s, const struct yaml_key *keys)
{
    size_t n = 0;

    while (keys[n].name)
        n++;
    cyaml_schema_field_t *fields = take(s, n + 1, sizeof *fields); /* zeros end it */
    for (size_t i = 0; fields && i < n; i++) {
        fields[i].key = keys[i].name;
        fields[i].data_offset = (uint32_t)keys[i].offset;
        fields[i].count_offset = (uint32_t)keys[i].count_offset;
        fields[i].count_size = sizeof(uint32_t);
        make_value(s, &keys[i], &fields[i].value);
    }
    return fields;
}

static int make_schema(struct schema *s, const struct yaml_key *keys, size_t size, cyaml_schema_value_t *ret_top)
{
    memset(s, 0, sizeof *s);
    memset(ret_top, 0, sizeof *ret_top);
    ret_top->type = CYAML_MAPPING;
    ret_top->flags = CYAML_FLAG_POINTER;
    ret_top->data_size = (uint32_t)size;
    ret_top->mapping.fields = make_fields(s, keys);
    return s->failed ? -ENOMEM : 0;
}

static const cyaml_config_t config = {.log_fn = NULL, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

int yaml_file_load(const struct yaml_check *check, const struct yaml_key *keys, size_t size, void **ret_file,
                   struct gait_error *err)
{
    struct schema schema;
    cyaml_schema_value_t top;
    cyaml_data_t *data = NULL;
    int r = make_schema(&schema, keys, size, &top);

    if (r == 0) {
        cyaml_err_t e = cyaml_load_data((const uint8_t *)check->clean, check->clean_length, &config, &top, &data, NULL);

        if (e == CYAML_ERR_OOM)
            r = -ENOMEM;
        else if (e != CYAML_OK)
            r = gait_error_set(err, -EIO, "libcyaml refuses what the check let pass (%s): a mistake of this program",
                               cyaml_strerror(e));
    }
    schema_done(&schema);
    if (r < 0)
        return r == -ENOMEM ? gait_error_set(err, r, "no memory for reading YAML") : r;
    *ret_file = data;
    return 0;
}

void yaml_file_free(const struct yaml_key *keys, size_t size, void *file)
{
    struct schema schema;
    cyaml_schema_value_t top;

    if (file && make_schema(&schema, keys, size, &top) == 0)
        cyaml_free(&config, &top, file, 0);
    if (file)
        schema_done(&schema);
}
