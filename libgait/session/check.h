/*
 * A file being checked: what is broken, and what can be read and does not agree with itself. The first of each is kept as text.
 */
#ifndef GAIT_SESSION_CHECK_H
#define GAIT_SESSION_CHECK_H

#include "session/recording.h"

struct check {
    const struct gait_recording *rec;
    char first[GAIT_ERROR_TEXT_MAX / 2];
    char clash[GAIT_ERROR_TEXT_MAX / 2];
    uint32_t problems, clashes;
};

/* Two parts of the file say different things. */
void check_clash(struct check *check, const char *format, ...) GAIT_PRINTF(2, 3);

/* A trial's attributes and tables against its frames and records. */
void check_counts(struct check *check, const struct trial *trial);

#endif
