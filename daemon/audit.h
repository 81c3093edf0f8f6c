/* The audit log: who did what to which session, one line of JSON a command, only ever appended to. */
#ifndef GAITD_AUDIT_H
#define GAITD_AUDIT_H

#include "daemon.h"

/** One line about a command that was answered. Looking (status, snapshot, ...) is not noted. A line that cannot be written is told once in the log. */
void audit_note(struct daemon *d, const struct call *call, const json_t *reply);

/** What of a call's arguments its line holds: values that belong to a person or tell an arm stay out, their names do not. Owner: the caller. */
json_t *audit_args(const struct daemon *d, const struct call *call);

#endif
