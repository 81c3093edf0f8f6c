/*
 * What an operator said of footfalls after their trial had ended: session.json's `corrections`.
 */
#ifndef GAIT_SESSION_CORRECTIONS_H
#define GAIT_SESSION_CORRECTIONS_H

#include "gait/session.h"

struct json_t;

/* Actions of the trial, and the corrections of session.json (NULL: none). Owner: free(*ret_action). -ENOMEM. */
int corrections_add(const struct json_t *root, const struct gait_recorded_trial *trial, struct gait_action **ret_action,
                    uint32_t *ret_n);

#endif
