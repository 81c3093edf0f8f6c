/*
 * A YAML file described by one table: the check that lists every mistake, libcyaml's schema, the defaults and the documentation's table are all made from it.
 */
#ifndef MAT_YAML_KEYS_H
#define MAT_YAML_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mats/profile.h"

enum yaml_kind {
    YAML_UINT = 1,    /* uint32_t; decimal or 0x hexadecimal */
    YAML_INT = 2,     /* int32_t */
    YAML_REAL = 3,    /* double */
    YAML_BOOL = 4,    /* bool */
    YAML_TEXT = 5,    /* char *, NULL when not written */
    YAML_BYTES = 6,   /* char * of pairs of hexadecimal digits: yaml_bytes() */
    YAML_WORD = 7,    /* int, one of words */
    YAML_MAP = 8,     /* struct *, NULL when not written */
    YAML_LIST = 9,    /* struct * and uint32_t count */
    YAML_NUMBERS = 10 /* uint32_t * and uint32_t count */
};

struct yaml_word {
    const char *word;
    int value;
};

struct yaml_key {
    const char *name; /* NULL ends a table */
    enum yaml_kind kind;
    bool needed, one_of;         /* one_of: of the keys of this map (or of each entry) exactly one is written */
    size_t offset, count_offset; /* in the struct that is filled */
    size_t size;                 /* MAP, LIST: of one entry */
    double least, most;          /* of the number; of characters, bytes or entries */
    const char *otherwise;       /* the value when not written, as one would write it; NULL: 0, false, nothing */
    const struct yaml_key *keys; /* MAP, LIST */
    const struct yaml_word *words;
    const char *about; /* one line for the documentation */
};

/* Where a key stands. */
struct yaml_place {
    char path[96];
    unsigned line, column;
    bool bad; /* a mistake was found there already: what depends on it is not judged */
};

struct yaml_check {
    struct mat_profile_fault *faults; /* the caller's; sorted by yaml_check_sort */
    size_t capacity, count;           /* count may exceed capacity */
    struct yaml_place *place;
    size_t places, room;
    char *clean; /* the file again without its mistakes, defaults written out: what libcyaml reads */
    size_t clean_length;
};

/**
 * Judge a file's text against a table, and make the clean text.
 *
 * Owner    check is the caller's, cleared but for faults and capacity; yaml_check_done().
 * Returns  0, with check->count mistakes; -ENOMEM.
 */
int yaml_check_text(const char *text, size_t length, const struct yaml_key *keys, struct yaml_check *check);

/* Add a mistake. path names a place; the line is that of the longest part of it that is written. */
void yaml_fault(struct yaml_check *check, const char *path, const char *format, ...) GAIT_PRINTF(3, 4);
void yaml_fault_at(struct yaml_check *check, unsigned line, unsigned column, const char *path, const char *format, ...)
    GAIT_PRINTF(5, 6);

/* True when the key is written and no mistake was found in it. */
bool yaml_written(const struct yaml_check *check, const char *path);
/* True when no mistake was found in the key or what is below it (it may be missing). */
bool yaml_good(const struct yaml_check *check, const char *path);

void yaml_check_sort(struct yaml_check *check);
void yaml_check_done(struct yaml_check *check);

/**
 * Fill the struct from the clean text through libcyaml.
 *
 * Owner    *ret_file is the caller's: yaml_file_free with the same table.
 * Returns  0; -ENOMEM; -EIO libcyaml refuses what the check let pass (a mistake of ours), with err.
 */
int yaml_file_load(const struct yaml_check *check, const struct yaml_key *keys, size_t size, void **ret_file,
                   struct gait_error *err);
void yaml_file_free(const struct yaml_key *keys, size_t size, void *file);

/* Bytes of "AA 55 03 99"; -EINVAL not pairs of digits; -E2BIG more than capacity. Returns how many. */
int yaml_bytes(const char *text, uint8_t *ret_bytes, size_t capacity);

/* One row a key, for the documentation. */
void yaml_print_markdown(FILE *out, const struct yaml_key *keys);

#endif
