/*
 * System calls on files that fail when they are told to, for programs of tests/fault: linked into the program, these definitions come before
 * those of libc for every library that the program loads, HDF5 too.
 *
 *     GAIT_FAIL_AT=N       the Nth call counted fails (from 1); unset: none
 *     GAIT_FAIL_ERRNO=E    with this errno; default 5 (EIO)
 *     GAIT_FAIL_FOR_EVER=1 and every one after it
 *     GAIT_FAIL_COUNT=FD   at exit the number of counted calls is written to this descriptor
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Seen by the libraries too. */
#pragma GCC visibility push(default)

static atomic_long calls;

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text ? atol(text) : otherwise;
}

/* Counts a call and says whether it fails. */
static int fails(void)
{
    long at = number("GAIT_FAIL_AT", 0), now = atomic_fetch_add(&calls, 1) + 1;

    if (at == 0 || now < at || (now > at && !getenv("GAIT_FAIL_FOR_EVER")))
        return 0;
    errno = (int)number("GAIT_FAIL_ERRNO", EIO);
    return 1;
}

__attribute__((destructor)) static void tell_count(void)
{
    long fd = number("GAIT_FAIL_COUNT", -1);

    if (fd >= 0)
        dprintf((int)fd, "%ld\n", atomic_load(&calls));
}

#define FAILING(type, name, parameters, arguments)  \
    type name parameters;                           \
    type name parameters                            \
    {                                               \
        type(*real) parameters;                     \
                                                    \
        *(void **)&real = dlsym(RTLD_NEXT, #name);  \
        return fails() ? (type)-1 : real arguments; \
    }

FAILING(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
FAILING(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
FAILING(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
FAILING(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
FAILING(int, fsync, (int fd), (fd))
FAILING(int, fdatasync, (int fd), (fd))
FAILING(int, ftruncate, (int fd, off_t n), (fd, n))
FAILING(int, ftruncate64, (int fd, off_t n), (fd, n))
FAILING(int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
FAILING(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAILING(int, rename, (const char *from, const char *to), (from, to))
FAILING(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
FAILING(int, link, (const char *from, const char *to), (from, to))
FAILING(int, unlink, (const char *path), (path))
