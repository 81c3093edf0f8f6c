/*
 * session.json, which the daemon wrote, as attributes at the root of a session file.
 */
#ifndef GAIT_SESSION_ABOUT_H
#define GAIT_SESSION_ABOUT_H

#include "session/h5.h"

/* Members become attributes; those of objects in objects are joined by dots. A missing file is fine. */
int about_write(struct h5_writer *w, const char *json_path);

#endif
