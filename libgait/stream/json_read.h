/* Reading headers with jansson: every missing or wrong member sets one flag and keeps its name. Internal. */
#ifndef GAIT_STREAM_JSON_READ_H
#define GAIT_STREAM_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const json_t *object;
    const char *bad; /* first member that was missing or of the wrong type; NULL: all well */
};

/* The member, "" when it is no string. */
const char *get_text(struct reader *r, const char *key);
/* Copies with the terminator; too long is bad. */
void get_copy(struct reader *r, const char *key, char *ret, size_t size);
uint64_t get_u64(struct reader *r, const char *key, uint64_t max);
bool get_bool(struct reader *r, const char *key);
/* A number; NaN for null. */
double get_real(struct reader *r, const char *key);
const json_t *get_object(struct reader *r, const char *key);
/* Exactly n numbers or nulls. */
void get_reals(struct reader *r, const char *key, double *ret, size_t n);
/* Bits of an array of words; unknown words are passed over. */
uint32_t get_flags(struct reader *r, const char *key, const char *(*name)(uint32_t bit));
/* Index of a word among names[n]; bad when it is none of them. */
int get_word(struct reader *r, const char *key, const char *const *names, int n);

#endif
