/*
 * What may be kept of a subject and a visit: each fact with its type, unit and range. All pseudonymous, none names anybody; all may be left out. A lab's own
 * facts begin with x_ and are texts or numbers as they come.
 */
#ifndef GAIT_FIELD_H
#define GAIT_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum { FIELD_NAME_MAX = 32, FIELD_TEXT_MAX = 500 };

enum field_kind {
    FIELD_REAL = 1,
    FIELD_COUNT = 2, /* a whole number */
    FIELD_BOOL = 3,
    FIELD_WORD = 4, /* one of values */
    FIELD_TEXT = 5,
    FIELD_DATE = 6, /* 2026-03-01 */
    FIELD_TIME = 7, /* 14:05 */
    FIELD_CODE = 8, /* letters, digits, '.', '_', '-' with a digit or a short word: a pseudonym or a name of an arm */
};

struct field {
    const char *name; /* ends in its unit where it has one */
    enum field_kind kind;
    const char *unit; /* "" none */
    double min, max;
    const char *values; /* FIELD_WORD: "left right both" */
    const char *about;
};

/** All, in the order of the help; the last has no name. */
extern const struct field subject_fields[];

const struct field *field_find(const char *name);

/** True for a name that would be that of a fact about who somebody is. */
bool field_is_personal(const char *name);

/** True for x_...: small letters, digits, '_', at most FIELD_NAME_MAX. */
bool field_is_own(const char *name);

/** Field, or measure of the session (mass_kg, ...), that was probably meant, or NULL. */
const char *field_nearest(const char *name);

/** "real", "count", "bool", ...; static storage. */
const char *field_kind_name(enum field_kind kind);

/**
 * Judge a text as a field's value.
 *
 * Returns  1 it is a number, in *ret_number; 2 true or false, in *ret_number; 0 a text, as it is; -1 with ret_why: what is expected.
 */
int field_judge(const struct field *field, const char *text, double *ret_number, char ret_why[200]);

#endif
