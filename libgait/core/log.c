#include "gait/log.h"

#include <stdarg.h>
#include <stdio.h>

void gait_log(const struct gait_log *log, enum gait_log_level level, const char *component, const char *format, ...)
{
    char text[1024];
    va_list args;

    if (!log || !log->line || level > log->level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->line(log->user, level, component, text);
}
