#include "gait/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int gait_error_set(struct gait_error *err, int code, const char *format, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

int gait_error_prefix(struct gait_error *err, int code, const char *format, ...)
{
    char old[GAIT_ERROR_TEXT_MAX];
    va_list args;
    int n;

    if (!err)
        return code;
    memcpy(old, err->text, sizeof old);
    err->code = code;
    va_start(args, format);
    n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", old);
    return code;
}
