/* udev rules and hwdb lines from the rows that match devices. */
#ifndef MAT_UDEV_H
#define MAT_UDEV_H

#include <stdio.h>

#include "mats/profile.h"

/**
 * One rule: the device's node belongs to group gaitd, it is never suspended by itself, and udev knows which profile it is.
 *
 * serial, port   of the one device that is meant, each may be NULL. Neither: every device of the row, which a generic chip gets no rule for.
 * Returns  true when a rule was printed.
 */
bool mat_udev_rule(FILE *out, const char *profile, const struct mat_match *row, const char *serial, const char *port);

/** Rules, or hwdb entries, of many profiles: each device once, in the profiles' order, with a head that says what the file is. */
void mat_udev_rules(FILE *out, const struct mat_profile *const *profiles, size_t count);
void mat_udev_hwdb(FILE *out, const struct mat_profile *const *profiles, size_t count);

#endif
