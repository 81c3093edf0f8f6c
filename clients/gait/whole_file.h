/*
 * A file that appears whole or not at all: it has no name until it is finished, so that whatever happens leaves nothing half-written.
 */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include <gait/error.h>

enum { WHOLE_PATH_MAX = 4096 };

struct whole_file {
    FILE *out;
    char path[WHOLE_PATH_MAX];
    char part[WHOLE_PATH_MAX]; /* what it can be opened by meanwhile */
    bool named, force,
        never;    /* named: part is a real name, the file system knows no files without one; never: no --force either */
    bool by_path; /* its writer opened `part` itself: -EIO is about this file */
    bool done;    /* it has its name */
};

/**
 * Begin a file. force: what has the name is replaced, when this one is finished.
 *
 * Returns  0; -EEXIST the name is taken; negative errno, err says what to do.
 */
int whole_begin(const char *path, bool force, struct whole_file *ret_file, struct gait_error *err);

/** The same of a file that is never replaced. */
int whole_new(const char *path, struct whole_file *ret_file, struct gait_error *err);

/** The same for who makes the file itself, by its path: `part`, a hidden name beside it where nothing is yet; out is NULL. Then whole_placed(). */
int whole_beside(const char *path, bool force, struct whole_file *ret_file, struct gait_error *err);
/** Give what stands at `part`, written and synced, its name, r being 0, or remove it. Returns r, or why the name cannot be given. */
int whole_placed(struct whole_file *file, int r, struct gait_error *err);

/** Give it its name, r being 0, or drop it. Returns r, or why the name cannot be given. */
int whole_end(struct whole_file *file, int r, struct gait_error *err);

/** What to do about a disk without room, ": ..."; "" for other errors. Static storage. */
const char *whole_hint(int r);

/** Make a folder and those above it. Returns 0; negative errno with err. */
int whole_folder(const char *path, struct gait_error *err);

#endif
