#include "config_show.h"

#include <math.h>
#include <string.h>

#include "config_yaml.h"

/* Its rows are three ways to write one thing. */
static json_t *show_source(const struct source_config *s)
{
    static const char *const kind[] = {"none", "usb", "replay", "walker"};

    return json_pack("{s:s, s:s, s:s, s:f, s:b}", "kind", kind[s->kind], "path", s->path, "walker",
                     s->kind == SOURCE_WALKER ? s->walker : "", "speed", s->speed, "free_run", s->free_run);
}

static json_t *show_word(const struct key_word *word, int value)
{
    while (word->word && word->value != value)
        word++;
    return json_string(word->word ? word->word : "");
}

static json_t *show_map(const struct key *table, const char *from);

static json_t *show_list(const struct key *key, const char *from)
{
    const uint32_t *count = (const uint32_t *)(const void *)(from + key->count_offset);
    json_t *list = json_array();

    for (uint32_t i = 0; i < *count; i++)
        json_array_append_new(list, show_map(key->below, from + key->offset + i * key->size));
    return list;
}

static json_t *show_value(const struct key *key, const char *from)
{
    const void *at = from + key->offset;

    switch (key->type) {
    case KEY_MAP:
        return strcmp(key->name, "source") == 0 ? show_source(at) : show_map(key->below, at);
    case KEY_LIST:
        return show_list(key, from);
    case KEY_REAL:
        return isnan(*(const double *)at) ? json_null() : json_real(*(const double *)at);
    case KEY_COUNT:
        return json_integer((json_int_t) * (const uint64_t *)at);
    case KEY_BOOL:
        return json_boolean(*(const bool *)at);
    case KEY_WORD:
        return show_word(key->words, *(const int *)at);
    default:
        return json_string(at);
    }
}

static json_t *show_map(const struct key *table, const char *from)
{
    json_t *map = json_object();

    for (const struct key *key = table; key->name; key++)
        if (key->type != KEY_REFUSED)
            json_object_set_new(map, key->name, show_value(key, from));
    return map;
}

json_t *config_show(const struct config *config)
{
    char audit[CONFIG_AUDIT_MAX];
    json_t *all = show_map(config_table(), (const char *)config);

    config_audit(config, audit);
    json_object_set_new(json_object_get(all, "access"), "audit", json_string(audit));
    return all;
}
