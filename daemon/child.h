/* Children: `gait`, run with its own limits, sharing nothing with this process but files. */
#ifndef GAITD_CHILD_H
#define GAITD_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/** Path of `gait`: beside this program, else found in PATH. Shape ret[512]. */
void child_gait(char ret[512]);

/**
 * Start a child: nice 10, memory, files and CPU time limited (cpu_s; 0: its caller counts the time), no descriptors of ours, its output in a pipe.
 *
 * Returns  its pid; negative errno. *ret_output: the pipe's read end (non-blocking).
 */
pid_t child_start(char *const argv[], unsigned cpu_s, int *ret_output);

/**
 * Wait for the end of a child, killed after limit_s; the last line it wrote is in text, without its newline. Closes fd. Blocks.
 *
 * Returns  its status, as waitpid() gives it; -ETIMEDOUT it was killed.
 */
int child_finish(pid_t pid, int fd, unsigned limit_s, char *text, size_t size);
/** Add what is there now to text, keeping the last line. Returns 0 more may come; 1 the end. */
int child_read_some(int fd, char *text, size_t size);

#endif
