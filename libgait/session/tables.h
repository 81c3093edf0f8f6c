/*
 * /session_tables: numbers that need a whole trial or session (the session tier), made when the session closes.
 */
#ifndef GAIT_SESSION_TABLES_H
#define GAIT_SESSION_TABLES_H

#include "session/layout.h"

int tables_write(struct h5_writer *w, const struct gait_recorded_trial *const *trial, size_t n);

#endif
