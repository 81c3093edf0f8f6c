/* A YAML document read against a table of keys, with line and column of everything that is wrong. Internal. */
#ifndef GAITD_CONFIG_YAML_H
#define GAITD_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

enum key_type {
    KEY_MAP = 1, /* rows below it */
    KEY_LIST, /* of mappings; rows below it describe one; offset: the array, count_offset: uint32_t number of entries */
    KEY_TEXT, /* char[size] */
    KEY_REAL, /* double in [min, max] */
    KEY_COUNT,   /* uint64_t in [min, max] */
    KEY_BOOL,    /* bool */
    KEY_WORD,    /* int: one of words */
    KEY_REFUSED, /* known, and not allowed: help says why */
};

struct key_word {
    const char *word;
    int value;
};

struct key {
    const char *name; /* NULL ends a table */
    enum key_type type;
    size_t offset;
    size_t size;         /* KEY_TEXT: of the array; KEY_LIST: of one entry */
    size_t count_offset; /* KEY_LIST */
    double min, max;     /* KEY_LIST: max entries */
    const struct key *below;
    const struct key_word *words;
    const char *help; /* for a refused or wrong value: what to write */
    int (*set)(void *at, const char *text,
               const char **ret_problem); /* KEY_TEXT: a further check or conversion; `at` is the text's struct */
};

struct yaml_check {
    const char *name;
    void (*report)(void *user, const char *line);
    void *user;
    int mistakes;
    yaml_document_t *document;
};

/* Reads node (a mapping) into `to` by the table; reports every mistake. */
void yaml_read(struct yaml_check *check, yaml_node_t *node, const struct key *table, void *to);

/* Where KEY stands below the top key OF; where that is not there either, OF, or the top. root: NULL an empty file. */
yaml_mark_t yaml_mark_of(const struct yaml_check *check, const yaml_node_t *root, const char *of, const char *key);

/* The same below the nth entry of the list OF. */
yaml_mark_t yaml_mark_of_entry(const struct yaml_check *check, const yaml_node_t *root, const char *of, unsigned n,
                               const char *key);

/* One line about a place in the file; line and column count from 1. */
void yaml_mistake(struct yaml_check *check, const yaml_mark_t *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
