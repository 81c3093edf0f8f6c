/* A file as messages of the page, for whoever shows it (review/record.h): in a guarded child, to standard output. */
#ifndef REVIEW_WRITE_H
#define REVIEW_WRITE_H

#include "client.h"

/** Write all trials of a file. Returns an exit status. */
int review_write(const struct client *client, const char *path);

#endif
