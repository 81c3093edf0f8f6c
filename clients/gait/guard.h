/*
 * Files from elsewhere are hostile: what reads them runs in a child with limits on memory and time, and whatever happens to it becomes one line and an
 * exit status.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdint.h>

#include "client.h"

/**
 * Run a verb, or a part of it, in such a child.
 *
 * Owner    what: the file it reads, for the line about a crash; NULL when there are several.
 * Returns  its exit status; CLIENT_BAD_INPUT when it crashed or ran into a limit.
 */
int guard_run(const struct client *client, const char *what,
              int (*run)(const struct client *client, const void *options), const void *options);

/**
 * The same, and nothing is said when the child dies.
 *
 * Unit     patience: it may take so many times the processor time.
 *
 * Returns  its exit status; -1 it crashed or ran into a limit; CLIENT_FAILED there was none.
 */
int guard_try(const struct client *client, unsigned patience,
              int (*run)(const struct client *client, const void *options), const void *options);

/** In such a child: from here on as much processor time as a file of this size may take. Elsewhere nothing happens. */
void guard_file(const char *path);

/** The same, when it is known how many bytes of readings are in it, unpacked: a good file may be a small one with much in it. */
void guard_readings(const char *path, uint64_t bytes);

#endif
