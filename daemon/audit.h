/* The audit log: who did what to which session, one line of JSON a command, only ever appended to. */
#ifndef GAITD_AUDIT_H
#define GAITD_AUDIT_H

#include "daemon.h"

/** At start: whether lines can be written. Of a place that no key names the folders are made. Returns 0; negative errno with err. */
int audit_open(const struct config *config, struct gait_error *err);

/** Whether audit_open() would find fault; nothing is made. Returns 0; negative errno with err. */
int audit_check(const struct config *config, struct gait_error *err);

/** One line about a command that was answered. Looking (status, snapshot, ...) is not noted. A line that cannot be written is told once in the log. */
void audit_note(struct daemon *d, const struct call *call, const json_t *reply);

/** What of a call's arguments its line holds: values that belong to a person or tell an arm stay out, their names do not. Owner: the caller. */
json_t *audit_args(const struct daemon *d, const struct call *call);

#endif
