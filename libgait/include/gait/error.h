/*
 * How a failure is told to a person: one line saying what, where and what to do. Plumbing returns negative
 * errno; where a person will read it, a gait_error travels beside.
 */
#ifndef GAIT_ERROR_H
#define GAIT_ERROR_H

#include <gait/api.h>

enum { GAIT_ERROR_TEXT_MAX = 512 };

struct gait_error {
    int code; /* negative errno; 0 nothing set */
    char text[GAIT_ERROR_TEXT_MAX];
};

/**
 * Set code and text (printf-like) and return the code, so that `return gait_error_set(err, -EINVAL, ...)` reads well.
 *
 * Owner    err may be NULL: only the code is returned.
 * Thread   not the pipeline or usb thread (it formats text).
 * Returns  code.
 */
GAIT_API int gait_error_set(struct gait_error *err, int code, const char *format, ...) GAIT_PRINTF(3, 4);

/** Put "prefix: " before a text that is already there, and return its code. */
GAIT_API int gait_error_prefix(struct gait_error *err, int code, const char *format, ...) GAIT_PRINTF(3, 4);

#endif
