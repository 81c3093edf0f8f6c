/* The gait that lies beside this program, run as a child: whatever opens a file from elsewhere does it there, with limits. */
#ifndef GAIT_REVIEW_CHILD_H
#define GAIT_REVIEW_CHILD_H

#include <sys/types.h>

#include <gait/error.h>

enum { CHILD_TEXT_MAX = 512 };

/**
 * Start it. Standard input is empty, the others go where they are told.
 *
 * Shape    argv: "gait", its arguments, NULL.
 * Returns  0; negative errno with err.
 */
int child_start(const char *const *argv, int out, int said, pid_t *ret_child, struct gait_error *err);

/** A file that nobody can open by a name, for what a child says. Returns it; negative errno. */
int child_nameless(void);

/** The first line that a child said on standard error, without the program's name; "" when there is none. */
void child_line(int said, char ret_text[CHILD_TEXT_MAX]);

#endif
