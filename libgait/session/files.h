/*
 * Files that must not be lost: temporary names beside the final one, sync of file and folder, names given without replacing.
 */
#ifndef GAIT_SESSION_FILES_H
#define GAIT_SESSION_FILES_H

#include <stdbool.h>

#include "gait/error.h"

enum { FILES_PATH_MAX = 4096 };

/* Folder of a path ("." when it has none) and the rest. */
int files_folder(const char *path, char ret_folder[FILES_PATH_MAX], struct gait_error *err);
const char *files_name(const char *path);

/* ".NAME.part" beside `path`. */
int files_part(const char *path, char ret_part[FILES_PATH_MAX], struct gait_error *err);

int files_sync(const char *path, struct gait_error *err);        /* file: mode 0640, contents on the disk */
int files_sync_folder(const char *path, struct gait_error *err); /* the folder that `path` lies in */

/* Give `part` the name `path`; -EEXIST when that is taken and not `replace`. Syncs file before and folder after. */
int files_commit(const char *part, const char *path, bool replace, struct gait_error *err);

/* Remove a file and sync its folder; a file that is gone already is fine. */
int files_remove(const char *path, struct gait_error *err);

bool files_exist(const char *path);

/* Keep others from writing into an HDF5 file, not from reading it; *ret_fd is the lock. -EBUSY: somebody has it open for writing. */
int files_hold(const char *path, int *ret_fd, struct gait_error *err);

/* Take the lock of a journal, which its writer holds, or of a session's folder; returns the fd to close, -EBUSY, or another negative errno. */
int files_lock(const char *path, struct gait_error *err);

#endif
