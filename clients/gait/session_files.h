/*
 * Folders in place of session files: that of a session stands for its session file, any other for all sessions in it.
 */
#ifndef SESSION_FILES_H
#define SESSION_FILES_H

#include <stddef.h>

#include <gait/error.h>

struct session_files {
    char **path;
    size_t n;
};

/**
 * The files that were meant, in the order given; those of a folder by name.
 *
 * Owner    session_files_done() in any case.
 * Returns  0; -ENOENT a folder without a session, or one whose session is not closed; -E2BIG more than `most`; -ENOMEM.
 */
int session_files_find(const char *const *given, size_t n, size_t most, struct session_files *files,
                       struct gait_error *err);
void session_files_done(struct session_files *files);

#endif
