/*
 * Footfalls computed again are kept in a new file, beside those that were there: the first file stays as it is.
 */
#ifndef ANALYSE_STORE_H
#define ANALYSE_STORE_H

#include "client.h"
#include "recording.h"

/**
 * Write FOLDER/STEM-v2.h5 of the trial that the recording stands at, with the parameters that its state has now.
 *
 * Returns  CLIENT_OK, after printing the name; another exit status, after saying why.
 */
int analyse_store(const struct client *client, const char *folder, const char *path, struct recording *recording);

#endif
