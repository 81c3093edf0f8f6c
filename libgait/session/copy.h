/*
 * Copy a trial's group from one file into another: chunks as they are, attributes, and scales attached afresh (H5Ocopy breaks them).
 */
#ifndef GAIT_SESSION_COPY_H
#define GAIT_SESSION_COPY_H

#include "session/h5.h"

/* Copies `group` with everything in it; keeps the digests of the source's datasets in w, for h5_verify(). */
int copy_group(struct h5_writer *w, hid_t from, const char *group);

/* All attributes of one object but those that dimension scales own. */
int copy_attributes(struct h5_writer *w, hid_t from, const char *path);

#endif
