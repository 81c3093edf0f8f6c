/* What a session is called, and with it its folder and its file: a template of gaitd.yaml filled in. */
#ifndef GAITD_SESSION_NAME_H
#define GAITD_SESSION_NAME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { SESSION_NAME_MAX = 120 }; /* of a template */

/**
 * Judge a template: letters, digits, '.', '_', '-' and parts in braces, {subject} among them.
 *
 * Returns  NULL good; else what is wrong and what to do, static.
 */
const char *session_name_check(const char *name);

/** Whether it counts by itself ({n}); else a name that is taken gets an ending. */
int session_name_counts(const char *name);

/**
 * Fill a template in. args: those of `session open`, whose subject, protocol and fields may be parts. n: {n}.
 *
 * Returns  0; -EINVAL: a part is missing, cannot be in a name, or all is too long; ret_why says which and what to do.
 */
int session_name_fill(const char *name, const json_t *args, uint64_t realtime_ns, unsigned n, char *ret, size_t size,
                      char ret_why[200]);

#endif
