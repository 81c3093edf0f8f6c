/* Where the daemon's lines go: to systemd's journal with fields to look for (MAT, SESSION, TRIAL), else to standard error. */
#ifndef GAITD_LOGGING_H
#define GAITD_LOGGING_H

#include <gait/log.h>

struct daemon;
struct mat;

/** The hook for libraries; user: unused. Component: who says it. */
void logging_line(void *user, enum gait_log_level level, const char *component, const char *text);

/** A line of the daemon itself. Thread: main. */
void daemon_log(struct daemon *d, enum gait_log_level level, const char *format, ...) GAIT_PRINTF(3, 4);

/** A line about one mat, which it begins with; and about the trial that runs on it. Thread: main. */
void daemon_log_mat(struct daemon *d, const struct mat *mat, enum gait_log_level level, const char *format, ...)
    GAIT_PRINTF(4, 5);

#endif
