/* For LD_PRELOAD: whoever opens an HDF5 file dies as libc makes a program die whose heap is broken, with its words on descriptor 2. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) int64_t H5Fopen(const char *path, unsigned flags, int64_t list);

int64_t H5Fopen(const char *path, unsigned flags, int64_t list)
{
    static const char words[] = "double free or corruption (out)\n";

    (void)path;
    (void)flags;
    (void)list;
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(99);
    abort();
}
