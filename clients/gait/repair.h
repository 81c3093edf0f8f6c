/*
 * A damaged session or trial file made whole again as far as it goes: what is saved of it becomes journals, these become trial files, and those a session file.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include "client.h"

struct repair {
    const char *file;   /* only read */
    const char *folder; /* an empty one of our own; everything is made in it */
    const char *result; /* where in it the repaired file is put */
};

/**
 * Save what can be saved and tell what became of each trial. To be run in a process of its own with limits.
 *
 * Returns  an exit status: CLIENT_OK nothing recorded was lost; CLIENT_GAPS something was; in both cases repair->result is there, unless the file is good as it
 *          is; another: nothing is there.
 */
int repair_file(const struct client *client, const void *repair);

#endif
