/* Children: `gait`, run with its own limits, sharing nothing with this process but files. */
#ifndef GAITD_CHILD_H
#define GAITD_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/** Path of `gait`: beside this program, else found in PATH. Shape ret[512]. */
void child_gait(char ret[512]);

/**
 * Start a child: nice 19, memory and files limited, no descriptors of ours, its output in a pipe.
 *
 * Returns  its pid; negative errno. *ret_output: the pipe's read end (non-blocking).
 */
pid_t child_start(char *const argv[], int *ret_output);

/** Read to the end; keeps the last line in text, without its newline. Blocks. */
void child_read_all(int fd, char *text, size_t size);
/** Add what is there now to text, keeping the last line. Returns 0 more may come; 1 the end. */
int child_read_some(int fd, char *text, size_t size);

#endif
