/* A folder with all above it. */
#ifndef GAITD_FOLDERS_H
#define GAITD_FOLDERS_H

#include <stdbool.h>

#include <gait/error.h>

/** Make what is missing of an absolute path, mode 0750. Returns 0; negative errno with err. */
int folders_make(const char *path, struct gait_error *err);

/** Make the names in a folder survive a power cut; one that may not be read cannot be synced. Returns 0; negative errno. */
int folders_sync(const char *path);

/** Free for us where a folder is, or would be: in the nearest one above it that is there. NaN: unknown. */
double folders_free_bytes(const char *path, bool *ret_writable);

#endif
