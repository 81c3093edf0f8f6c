/*
 * A text file held in memory, read by lines and tokens; every complaint says file, line and column. Nothing is copied: lines and tokens are
 * stretches of the text.
 */
#ifndef FORMATS_TEXT_H
#define FORMATS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>
#include <gait/error.h>

struct formats_text {
    const char *name; /* what messages call the file */
    const char *bytes;
    size_t length;
};

/* Where reading stands. */
struct formats_cursor {
    size_t at;
    size_t line_start; /* of the line that `at` is in: a form feed ends a page but not a numbered line */
    uint64_t line;     /* from 1 */
};

/* A line without its end (LF, CRLF or form feed). */
struct formats_line {
    const char *start, *end;
    const char *column_1; /* columns of messages count from here */
    uint64_t number;
    bool page_end; /* a form feed ended it */
};

struct formats_token {
    const char *start, *end;
};

/** The start of a text; a UTF-8 byte order mark is passed over. */
struct formats_cursor formats_start(const struct formats_text *text);

/** Next line, or false at the end. */
bool formats_line_next(const struct formats_text *text, struct formats_cursor *cursor, struct formats_line *ret_line);

/** Next run of bytes that are neither blank nor tab, from *at (start with NULL); false at the line's end. */
bool formats_token_next(const struct formats_line *line, const char **at, struct formats_token *ret_token);

/** The same for fields between commas; blanks around a field are cut off, an empty field is a token of length 0. */
bool formats_field_next(const struct formats_line *line, const char **at, struct formats_token *ret_token);

bool formats_blank(const struct formats_line *line);
bool formats_is(struct formats_token token, const char *word);

/** Where a word stands in a line (the last time), as the first byte behind it, or NULL. */
const char *formats_after(const struct formats_line *line, const char *word);

/** Where a word stands in the first `limit` bytes of a text. */
bool formats_holds(const struct formats_text *text, size_t limit, const char *word);

/**
 * A decimal number, independent of the locale: sign, digits, a point or a comma, digits, exponent. Returns 0; -EINVAL no number;
 * -ERANGE more than 18 digits or beyond 1e30.
 */
int formats_number(struct formats_token token, double *ret_value);

/** A plain count of digits only. Returns 0; -EINVAL; -ERANGE above 10^9. */
int formats_count(struct formats_token token, uint32_t *ret_value);

/** Read "12.5" at the beginning of a stretch; *ret_rest: the first byte behind it. Returns as formats_number(). */
int formats_leading_number(const char *at, const char *end, double *ret_value, const char **ret_rest);

/** Complain about a place of a line (at: NULL: its start). Returns -EINVAL. */
int formats_fail(const struct formats_text *text, const struct formats_line *line, const char *at,
                 struct gait_error *err, const char *format, ...) GAIT_PRINTF(5, 6);

enum { FORMATS_QUOTE_MAX = 24 };

/** A token for a message: strange bytes become '?', long ones are cut. Returns quote. */
const char *formats_quote(struct formats_token token, char quote[FORMATS_QUOTE_MAX + 4]);

#endif
