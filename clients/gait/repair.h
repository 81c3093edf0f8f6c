/*
 * A damaged session or trial file made whole again as far as it goes: what is saved of it becomes journals, these become trial files, and those a session file.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include "client.h"

enum { REPAIR_PART_MAX = 24, REPAIR_SKIP_MAX = 64, REPAIR_AGAIN = 100 };

struct repair {
    const char *file;   /* only read */
    const char *out;    /* for messages */
    const char *open;   /* what is opened: FILE, or a copy of it in `folder` */
    bool found;         /* its list of trials was gone: they were looked for */
    const char *folder; /* of our own; everything is made in an empty one in it */
    const char *result; /* where in it the repaired file is put */
    char *at; /* [REPAIR_PART_MAX], memory that the caller sees too: the part that is worked on; "" between them */
    char skip[REPAIR_SKIP_MAX][REPAIR_PART_MAX]; /* parts that broke their reader */
    size_t n_skip;
};

/**
 * Look whether anything is to be repaired. To be run in a process of its own with limits.
 *
 * Returns  CLIENT_OK the file is good; CLIENT_GAPS it is not; nothing is said.
 */
int repair_look(const struct client *client, const void *repair);

/**
 * Look whether its trials can be listed at all, silently: CLIENT_OK, CLIENT_GAPS. And look for them in repair->open, a copy that is changed: CLIENT_OK they were
 * found; CLIENT_BAD_INPUT there are none, nothing is said; another with its line said. Both to be run likewise.
 */
int repair_lists(const struct client *client, const void *repair);
int repair_find(const struct client *client, const void *repair);

/**
 * Save what can be saved and tell what became of each trial. To be run likewise.
 *
 * Returns  an exit status: CLIENT_OK nothing recorded was lost; CLIENT_GAPS something was: in both cases repair->result is there; REPAIR_AGAIN nothing can be made of
 *          the part that is worked on; another: it is not there.
 */
int repair_file(const struct client *client, const void *repair);

#endif
