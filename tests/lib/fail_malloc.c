/*
 * For LD_PRELOAD: an allocation of the program fails.
 *
 *     GAIT_FAIL_MALLOC=N       the Nth malloc, calloc or realloc returns NULL (from 1); unset: none
 *     GAIT_FAIL_FOR_EVER=1     and every one after it
 *     GAIT_COUNT_MALLOC=FD     at exit their number is written to this descriptor
 *     GAIT_MALLOC_BOARD=FILE   of two i64, shared with the test: how many there were; which one fails (0 none; negative: that one and every one after it).
 *                              In place of the others; children of the program do not take part
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#pragma GCC visibility push(default)

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t k, size_t n);
extern void *__libc_realloc(void *p, size_t n);

struct board {
    atomic_long calls, at;
};

static atomic_long calls;
static struct board *board;

__attribute__((constructor)) static void open_board(void)
{
    const char *path = getenv("GAIT_MALLOC_BOARD");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (p != MAP_FAILED)
        board = p;
    if (fd >= 0)
        close(fd);
    unsetenv("GAIT_MALLOC_BOARD");
}

static int board_says(void)
{
    long now = atomic_fetch_add(&board->calls, 1) + 1, at = atomic_load(&board->at);

    return at < 0 ? now >= -at : now == at;
}

/* getenv and atol allocate nothing. */
static int fails(void)
{
    const char *at = board ? NULL : getenv("GAIT_FAIL_MALLOC");
    long now = atomic_fetch_add(&calls, 1) + 1;

    if (board ? !board_says() : !at || now < atol(at) || (now > atol(at) && !getenv("GAIT_FAIL_FOR_EVER")))
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
