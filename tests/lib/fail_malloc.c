/*
 * For LD_PRELOAD: an allocation of the program fails.
 *
 *     GAIT_FAIL_MALLOC=N       the Nth malloc, calloc or realloc returns NULL (from 1); unset: none
 *     GAIT_FAIL_FOR_EVER=1     and every one after it
 *     GAIT_COUNT_MALLOC=FD     at exit their number is written to this descriptor
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#pragma GCC visibility push(default)

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t k, size_t n);
extern void *__libc_realloc(void *p, size_t n);

static atomic_long calls;

/* getenv and atol allocate nothing. */
static int fails(void)
{
    const char *at = getenv("GAIT_FAIL_MALLOC");
    long now = atomic_fetch_add(&calls, 1) + 1;

    if (!at || now < atol(at) || (now > atol(at) && !getenv("GAIT_FAIL_FOR_EVER")))
        return 0;
    errno = ENOMEM;
    return 1;
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *fd = getenv("GAIT_COUNT_MALLOC");

    if (fd)
        dprintf(atoi(fd), "%ld\n", atomic_load(&calls));
}

void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t k, size_t n)
{
    return fails() ? NULL : __libc_calloc(k, n);
}

void *realloc(void *p, size_t n)
{
    return fails() ? NULL : __libc_realloc(p, n);
}
