#include "config_yaml.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void yaml_mistake(struct yaml_check *check, const yaml_mark_t *mark, const char *format, ...)
{
    char what[400], line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(line, sizeof line, "%s:%zu:%zu: %s", check->name, mark->line + 1, mark->column + 1, what);
    check->mistakes++;
    check->report(check->user, line);
}

static const char *text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* "a, b, c" of what is known at this place. */
static void list_keys(const struct key *table, char *ret, size_t size)
{
    size_t n = 0;

    *ret = '\0';
    for (const struct key *k = table; k->name && n < size; k++)
        if (k->type != KEY_REFUSED)
            n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? ", " : "", k->name);
}

static void read_real(struct yaml_check *check, const struct key *key, const yaml_node_t *node, const char *text,
                      void *to)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || errno)
        yaml_mistake(check, &node->start_mark, "%s: \"%.40s\" is not a number", key->name, text);
    else if (value < key->min || value > key->max)
        yaml_mistake(check, &node->start_mark, "%s: %g is out of range: %g to %g", key->name, value, key->min,
                     key->max);
    else if (key->type == KEY_REAL)
        *(double *)to = value;
    else if (value != floor(value))
        yaml_mistake(check, &node->start_mark, "%s: %g is not a whole number", key->name, value);
    else
        *(uint64_t *)to = (uint64_t)value;
}

static void read_bool(struct yaml_check *check, const struct key *key, const yaml_node_t *node, const char *text,
                      void *to)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *(bool *)to = strcmp(text, yes[i]) == 0;
            return;
        }
    }
    yaml_mistake(check, &node->start_mark, "%s: \"%.40s\" is not true or false", key->name, text);
}

static void read_word(struct yaml_check *check, const struct key *key, const yaml_node_t *node, const char *text,
                      void *to)
{
    char known[200];
    size_t n = 0;

    for (const struct key_word *w = key->words; w->word; w++) {
        if (strcmp(w->word, text) == 0) {
            *(int *)to = w->value;
            return;
        }
        if (n < sizeof known)
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", w->word);
    }
    yaml_mistake(check, &node->start_mark, "%s: \"%.40s\" is not one of: %s", key->name, text, known);
}

static void read_text(struct yaml_check *check, const struct key *key, const yaml_node_t *node, const char *text,
                      void *to, void *whole)
{
    const char *problem = NULL;

    if (strlen(text) != node->data.scalar.length || strlen(text) >= key->size) {
        yaml_mistake(check, &node->start_mark, "%s: longer than %zu bytes, or with a NUL inside", key->name,
                     key->size - 1);
        return;
    }
    if (key->set && key->set(whole, text, &problem) < 0) {
        yaml_mistake(check, &node->start_mark, "%s: \"%.60s\" %s", key->name, text, problem);
        return;
    }
    memcpy(to, text, strlen(text) + 1);
}

static void read_scalar(struct yaml_check *check, const struct key *key, const yaml_node_t *node, char *to)
{
    const char *text = text_of(node);

    if (!text) {
        yaml_mistake(check, &node->start_mark, "%s: expected one value, not a list or mapping", key->name);
        return;
    }
    switch (key->type) {
    case KEY_REAL:
    case KEY_COUNT:
        read_real(check, key, node, text, to + key->offset);
        break;
    case KEY_BOOL:
        read_bool(check, key, node, text, to + key->offset);
        break;
    case KEY_WORD:
        read_word(check, key, node, text, to + key->offset);
        break;
    default:
        read_text(check, key, node, text, to + key->offset, to);
    }
}

static void read_list(struct yaml_check *check, const struct key *key, const yaml_node_t *node, char *to)
{
    uint32_t *count = (uint32_t *)(void *)(to + key->count_offset);

    if (node->type != YAML_SEQUENCE_NODE) {
        yaml_mistake(check, &node->start_mark, "%s: expected a list: lines that begin with \"- \"", key->name);
        return;
    }
    for (const yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        yaml_node_t *entry = yaml_document_get_node(check->document, *i);

        if (*count >= (uint32_t)key->max) {
            yaml_mistake(check, &entry->start_mark, "%s: more than %g entries", key->name, key->max);
            return;
        }
        yaml_read(check, entry, key->below, to + key->offset + *count * key->size);
        (*count)++;
    }
}

static void read_value(struct yaml_check *check, const struct key *key, yaml_node_t *node, char *to)
{
    if (key->type == KEY_REFUSED)
        yaml_mistake(check, &node->start_mark, "%s: %s", key->name, key->help);
    else if (key->type == KEY_MAP)
        yaml_read(check, node, key->below, to + key->offset);
    else if (key->type == KEY_LIST)
        read_list(check, key, node, to);
    else
        read_scalar(check, key, node, to);
}

static bool seen_before(const struct yaml_check *check, const yaml_node_t *map, const yaml_node_pair_t *pair,
                        const char *name)
{
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++) {
        const char *other = text_of(yaml_document_get_node(check->document, p->key));

        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

void yaml_read(struct yaml_check *check, yaml_node_t *node, const struct key *table, void *to)
{
    char known[400];

    list_keys(table, known, sizeof known);
    if (node->type != YAML_MAPPING_NODE) {
        yaml_mistake(check, &node->start_mark, "expected a mapping with some of: %s", known);
        return;
    }
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        yaml_node_t *name = yaml_document_get_node(check->document, p->key);
        const char *text = text_of(name);
        const struct key *key = table;

        while (text && key->name && strcmp(key->name, text) != 0)
            key++;
        if (!text || !key->name)
            yaml_mistake(check, &name->start_mark, "unknown key \"%.40s\"; known here: %s", text ? text : "?", known);
        else if (seen_before(check, node, p, text))
            yaml_mistake(check, &name->start_mark, "%s: stands here twice", text);
        else
            read_value(check, key, yaml_document_get_node(check->document, p->value), to);
    }
}

/* --- where something stands ------------------------------------------------------------------------ */

/* The pair of a key in a mapping; NULL: there is none. */
static const yaml_node_pair_t *pair_of(const struct yaml_check *check, const yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
        const char *text = text_of(yaml_document_get_node(check->document, p->key));

        if (text && strcmp(text, key) == 0)
            return p;
    }
    return NULL;
}

static yaml_mark_t mark_in(const struct yaml_check *check, const yaml_node_t *map, const char *key, yaml_mark_t other)
{
    const yaml_node_pair_t *pair = pair_of(check, map, key);

    return pair ? yaml_document_get_node(check->document, pair->key)->start_mark : other;
}

static const yaml_node_t *below(const struct yaml_check *check, const yaml_node_t *map, const char *key)
{
    const yaml_node_pair_t *pair = pair_of(check, map, key);

    return pair ? yaml_document_get_node(check->document, pair->value) : NULL;
}

yaml_mark_t yaml_mark_of(const struct yaml_check *check, const yaml_node_t *root, const char *of, const char *key)
{
    const yaml_mark_t top = {0};

    return mark_in(check, below(check, root, of), key, mark_in(check, root, of, top));
}

yaml_mark_t yaml_mark_of_entry(const struct yaml_check *check, const yaml_node_t *root, const char *of, unsigned n,
                               const char *key)
{
    const yaml_node_t *list = below(check, root, of), *entry;

    if (!list || list->type != YAML_SEQUENCE_NODE ||
        n >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start))
        return yaml_mark_of(check, root, of, "");
    entry = yaml_document_get_node(check->document, list->data.sequence.items.start[n]);
    return mark_in(check, entry, key, entry->start_mark);
}
