/*
 * For LD_PRELOAD: an allocation of the program fails.
 *
 *     GAIT_FAIL_MALLOC=N       the Nth malloc, calloc or realloc returns NULL (from 1); unset: none
 *     GAIT_FAIL_FOR_EVER=1     and every one after it
 *     GAIT_COUNT_MALLOC=FD     at exit their number is written to this descriptor
 *     GAIT_PLACES_MALLOC=FILE  the number of each that is the first of its place is written there; a place is its last six callers
 *     GAIT_MALLOC_BOARD=FILE   of i64, shared with the test: how many there were; which one fails (0 none; negative: that one and every one after it); then six
 *                              pairs of addresses: the first four, where not 0, are the only callers that count, and never those in the last two.
 *                              In place of the others; children of the program do not take part
 */
#include <errno.h>
#include <execinfo.h>
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
    atomic_long calls, at, caller[6][2];
};

enum { IN = 4, RANGES = 6 };

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

static int counts(long from)
{
    int in = atomic_load(&board->caller[0][1]) == 0;

    for (int i = 0; i < RANGES; i++)
        if (from >= atomic_load(&board->caller[i][0]) && from < atomic_load(&board->caller[i][1]))
            in = i < IN;
    return in;
}

static int board_says(const void *from)
{
    long now, at = atomic_load(&board->at);

    if (!counts((long)from))
        return 0;
    now = atomic_fetch_add(&board->calls, 1) + 1;

    return at < 0 ? now >= -at : now == at;
}

/* --- places: which callers have allocated before ------------------------------------------------------------- */
enum { CALLERS = 6, OURS = 2, KNOWN_MAX = 1 << 18 };

static atomic_flag looking = ATOMIC_FLAG_INIT;
static int places = -1;
static unsigned long known[KNOWN_MAX]; /* by hash; 0: none */

__attribute__((constructor)) static void open_places(void)
{
    const char *path = getenv("GAIT_PLACES_MALLOC");
    long before = atomic_load(&calls);
    void *first[1];

    if (!path)
        return;
    (void)backtrace(first, 1); /* it loads a library when it is called first */
    atomic_store(&calls, before);
    places = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    unsetenv("GAIT_PLACES_MALLOC");
}

static int is_new(unsigned long place)
{
    size_t i = place % KNOWN_MAX;

    while (known[i] && known[i] != place)
        i = (i + 1) % KNOWN_MAX;
    if (known[i])
        return 0;
    known[i] = place;
    return 1;
}

/* Threads take turns. Nothing here allocates, so that the numbers are those of a run that does not look. */
static __attribute__((noinline)) void look(long now)
{
    void *caller[OURS + CALLERS];
    unsigned long place = 14695981039346656037UL;
    char line[24];
    int n;

    if (atomic_flag_test_and_set(&looking))
        return;
    n = backtrace(caller, OURS + CALLERS);
    for (int i = OURS; i < n; i++)
        place = (place ^ (unsigned long)caller[i]) * 1099511628211UL;
    if (is_new(place) && write(places, line, (size_t)snprintf(line, sizeof line, "%ld\n", now)) < 0)
        abort();
    atomic_flag_clear(&looking);
}

/* getenv and atol allocate nothing. */
static inline __attribute__((always_inline)) int fails(const void *from)
{
    const char *at = board ? NULL : getenv("GAIT_FAIL_MALLOC");
    long now = atomic_fetch_add(&calls, 1) + 1;

    /* asked here: with a sanitizer look() has a stack that may not be made before the sanitizer is there */
    if (places >= 0)
        look(now);
    if (board ? !board_says(from) : !at || now < atol(at) || (now > atol(at) && !getenv("GAIT_FAIL_FOR_EVER")))
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
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t k, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(k, n);
}

void *realloc(void *p, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}
