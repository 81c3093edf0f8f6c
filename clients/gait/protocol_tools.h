/* What the verbs about protocols share. */
#ifndef PROTOCOL_TOOLS_H
#define PROTOCOL_TOOLS_H

#include <stdio.h>

#include "client.h"

struct protocol;

/**
 * Read and judge a protocol's file; mistakes are printed to out, or as JSON to stdout.
 *
 * Owner    *ret_text, *ret_protocol are the caller's (free(), protocol_free()), also on failure.
 * Returns  the exit status, after saying why.
 */
int protocol_tools_read(const struct client *client, const char *path, FILE *out, bool json, char **ret_text,
                        struct protocol **ret_protocol);

#endif
