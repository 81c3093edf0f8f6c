#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_MAX_GIB = 4, DESCRIPTORS_MAX = 256, NICE = 10 };

void child_gait(char ret[512])
{
    ssize_t n = readlink("/proc/self/exe", ret, 500);
    char *slash;

    ret[n > 0 ? n : 0] = '\0';
    slash = strrchr(ret, '/');
    if (slash) {
        memcpy(slash + 1, "gait", 5);
        if (access(ret, X_OK) == 0)
            return;
    }
    memcpy(ret, "gait", 5);
}

static void limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(what, &now) == 0 && now.rlim_max > most) {
        now.rlim_cur = now.rlim_max = most;
        (void)setrlimit(what, &now);
    }
}

/* Between fork and exec only what is safe in the child of a process with threads. */
static void become(char *const argv[], unsigned cpu_s, int output)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    /* Locks and sockets now: a nice child may wait long for its exec, and the daemon may be killed meanwhile. */
    (void)close_range(3, ~0u, 0);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they map more than that */
    limit(RLIMIT_AS, (rlim_t)MEMORY_MAX_GIB << 30);
#endif
    limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
    limit(RLIMIT_CORE, 0);
    if (cpu_s)
        limit(RLIMIT_CPU, cpu_s);
    execvp(argv[0], argv);
    _exit(127);
}

pid_t child_start(char *const argv[], unsigned cpu_s, int *ret_output)
{
    int pipe_fd[2];
    pid_t pid;

    if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    pid = fork();
    if (pid == 0)
        become(argv, cpu_s, pipe_fd[1]);
    close(pipe_fd[1]);
    if (pid < 0) {
        close(pipe_fd[0]);
        return -errno;
    }
    *ret_output = pipe_fd[0];
    return pid;
}

/* Keeps the last line that is not empty. */
static void add(char *text, size_t size, const char *bytes, size_t n)
{
    size_t used = strlen(text);

    for (size_t i = 0; i < n; i++) {
        if (used && text[used - 1] == '\n' && bytes[i] != '\n')
            used = 0;
        if (used + 1 < size)
            text[used++] = bytes[i] ? bytes[i] : '?';
    }
    text[used] = '\0';
}

int child_read_some(int fd, char *text, size_t size)
{
    char bytes[1024];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        add(text, size, bytes, (size_t)n);
    return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static long ms_until(const struct timespec *end)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
}

int child_finish(pid_t pid, int fd, unsigned limit_s, char *text, size_t size)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct timespec end;
    bool late = false;
    int status = -1;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += limit_s;
    text[0] = '\0';
    while (!late && !child_read_some(fd, text, size)) {
        long left = ms_until(&end);

        late = left <= 0;
        poll(&wait, 1, late ? 0 : left < 1000 ? (int)left + 1 : 1000);
    }
    close(fd);
    text[strcspn(text, "\n")] = '\0';
    if (late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return late ? -ETIMEDOUT : status;
}
