/*
 * The log hook. Library and drivers hand lines to whoever runs them and decide nothing; the daemon logs once,
 * where it decides. Never from the pipeline or usb thread: those post records (gait/note.h).
 */
#ifndef GAIT_LOG_H
#define GAIT_LOG_H

#include <gait/api.h>

/* syslog's numbers, so that "<N>" prefixes need no table */
enum gait_log_level {
    GAIT_LOG_ERROR = 3,
    GAIT_LOG_WARNING = 4,
    GAIT_LOG_NOTICE = 5,
    GAIT_LOG_INFO = 6,
    GAIT_LOG_DEBUG = 7,
};

struct gait_log {
    enum gait_log_level level; /* lines above it are not even formatted */
    void (*line)(void *user, enum gait_log_level level, const char *component, const char *text);
    void *user;
};

/**
 * Format one line and hand it over when its level is wanted.
 *
 * Owner    log may be NULL: nothing happens.
 * Thread   any but pipeline and usb.
 */
GAIT_API void gait_log(const struct gait_log *log, enum gait_log_level level, const char *component, const char *format,
                       ...) GAIT_PRINTF(4, 5);

#endif
