/*
 * Small things that the text writers share.
 */
#ifndef GAIT_OUT_TEXT_H
#define GAIT_OUT_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* A JSON string with its quotes. */
void out_json(FILE *out, const char *text);

/* A field of a CSV table, quoted when it must be. */
void out_csv(FILE *out, const char *text);

/* A number to its last bit; nothing, or `none`, when there is none. */
void out_number(FILE *out, double value, const char *none);

/* The words of footfall flags, `separator` between. */
void out_flags(FILE *out, uint32_t flags, const char *separator);

/* 0, or -errno of what went wrong with the file; to be asked soon after writing, while errno is still that. */
int out_status(FILE *out);

#endif
