/*
 * Files from elsewhere are hostile: what reads them runs in a child with limits on memory and time, and whatever happens to it becomes one line and an
 * exit status.
 */
#ifndef GUARD_H
#define GUARD_H

#include "client.h"

/** Run a verb in such a child. Returns its exit status; CLIENT_BAD_INPUT when it crashed or ran into a limit. */
int guard_run(const struct client *client, int (*run)(const struct client *client, const void *options),
              const void *options);

#endif
