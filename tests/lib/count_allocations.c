/*
 * For LD_PRELOAD: who allocates. At the end of the program a line for each name of a thread goes to $GAIT_ALLOCATIONS.PROGRAM: "NAME ALL OURS", where OURS are those whose
 * caller lies in one of our own programs or libraries. A thread has no name before it gives itself one: what it took until then counts for its parent.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { THREADS_MAX = 32, NAME_MAX_BYTES = 16 };

static struct {
    char name[NAME_MAX_BYTES];
    unsigned long all, ours;
} thread[THREADS_MAX];
static atomic_flag busy = ATOMIC_FLAG_INIT;
static _Thread_local bool inside;

/* glibc's own names of the functions that stand behind. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool is_ours(const void *caller)
{
    Dl_info info;
    const char *file;

    if (!dladdr(caller, &info) || !info.dli_fname)
        return false;
    file = strrchr(info.dli_fname, '/') ? strrchr(info.dli_fname, '/') + 1 : info.dli_fname;
    return strncmp(file, "gait", 4) == 0 || strncmp(file, "libgait", 7) == 0;
}

static void count(const void *caller)
{
    char name[NAME_MAX_BYTES] = "";
    unsigned i = 0;

    if (inside)
        return;
    inside = true;
    prctl(PR_GET_NAME, name);
    bool ours = is_ours(caller);
    while (atomic_flag_test_and_set(&busy))
        ;
    while (i < THREADS_MAX - 1 && thread[i].name[0] && strcmp(thread[i].name, name) != 0)
        i++;
    if (!thread[i].name[0])
        memcpy(thread[i].name, name, sizeof name);
    thread[i].all++;
    thread[i].ours += ours;
    atomic_flag_clear(&busy);
    inside = false;
}

#define TRAP __attribute__((visibility("default"), noinline))

TRAP void *malloc(size_t size)
{
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

TRAP void *calloc(size_t n, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

TRAP void *realloc(void *p, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_realloc(p, size);
}

TRAP void *aligned_alloc(size_t alignment, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

TRAP int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *p;

    count(__builtin_return_address(0));
    p = __libc_memalign(alignment, size);
    if (!p)
        return ENOMEM;
    *ret = p;
    return 0;
}

__attribute__((destructor)) static void tell(void)
{
    const char *where = getenv("GAIT_ALLOCATIONS");
    char path[4096];
    FILE *out;

    inside = true;
    snprintf(path, sizeof path, "%s.%s", where ? where : "", program_invocation_short_name);
    out = where ? fopen(path, "w") : NULL;
    if (!out)
        return;
    for (unsigned i = 0; i < THREADS_MAX && thread[i].name[0]; i++)
        fprintf(out, "%s %lu %lu\n", thread[i].name, thread[i].all, thread[i].ours);
    fclose(out);
}
