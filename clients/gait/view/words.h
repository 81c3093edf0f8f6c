/* Sentences for people, of the headers of docs/STREAM.md and docs/CONTROL.md. */
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include <stdio.h>

#include "model.h"

enum { WORDS_MAX = 400 };

/** What is wrong, or "". */
void words_trouble(const struct model *model, char ret_text[WORDS_MAX]);

/** "Left", "Right", "Side unknown"; static storage. */
const char *words_side(const json_t *object, const char *key);

/** Its flags, with a comma between, and why it does not count where no flag says it. */
void words_flags(const json_t *footfall, char ret_text[WORDS_MAX]);

/** The numbers of a footfall in a sentence. */
void words_footfall(const json_t *footfall, char ret_text[WORDS_MAX]);

/** A number with digits, or "-". */
const char *words_number(char ret_text[24], const json_t *object, const char *key, int digits);

/** "03:25" of seconds. */
const char *words_clock(char ret_text[24], double seconds);

#endif
