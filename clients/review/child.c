#include "review/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int child_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && folder[0] ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

static int gait_path(char ret_path[4096])
{
    ssize_t n = readlink("/proc/self/exe", ret_path, 4080);
    char *slash;

    if (n <= 0)
        return -errno;
    ret_path[n] = 0;
    slash = strrchr(ret_path, '/');
    if (!slash)
        return -ENOENT;
    strcpy(slash + 1, "gait");
    return 0;
}

int child_start(const char *const *argv, int out, int said, pid_t *ret_child, struct gait_error *err)
{
    posix_spawn_file_actions_t actions;
    char program[4096];
    int r = gait_path(program);

    if (r < 0)
        return gait_error_set(err, r, "this program cannot be found: %s", strerror(-r));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    r = posix_spawn(ret_child, program, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return r ? gait_error_set(err, -r, "%s: %s", program, strerror(r)) : 0;
}

void child_line(int said, char ret_text[CHILD_TEXT_MAX])
{
    ssize_t n = pread(said, ret_text, CHILD_TEXT_MAX - 1, 0);

    ret_text[n > 0 ? n : 0] = 0;
    ret_text[strcspn(ret_text, "\n")] = 0;
    if (strncmp(ret_text, "gait: ", 6) == 0)
        memmove(ret_text, ret_text + 6, strlen(ret_text + 6) + 1);
}
