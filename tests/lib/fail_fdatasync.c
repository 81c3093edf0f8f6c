/*
 * For LD_PRELOAD: the GAIT_FAIL_FDATASYNC-th fdatasync of the program fails with EIO, once. The pages it should have written are not written by it, as the
 * kernel behaves that has dropped them. With GAIT_UNLINK_FDATASYNC set its file is
 * removed in that moment. After the GAIT_KILL_FDATASYNC-th the program is killed. GAIT_SLOW_FDATASYNC_MS: each takes so much longer, as on a disk that others write to.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long calls;

static void remove_file(int fd)
{
    char link[64], path[4096];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    (void)unlink(path);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    const char *at = getenv("GAIT_FAIL_FDATASYNC"), *slow = getenv("GAIT_SLOW_FDATASYNC_MS");
    const char *last = getenv("GAIT_KILL_FDATASYNC");
    long n = atomic_fetch_add(&calls, 1) + 1;
    int (*real)(int), r;

    if (at && n == atol(at)) {
        if (getenv("GAIT_UNLINK_FDATASYNC"))
            remove_file(fd);
        errno = EIO;
        return -1;
    }
    if (slow)
        usleep((useconds_t)atol(slow) * 1000);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    r = real(fd);
    if (last && n == atol(last))
        kill(getpid(), SIGKILL);
    return r;
}
