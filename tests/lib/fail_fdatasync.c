/*
 * For LD_PRELOAD: the GAIT_FAIL_FDATASYNC-th fdatasync of the program fails with EIO, once. The pages it should have written are not written by it, as the
 * kernel behaves that has dropped them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long calls;

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    const char *at = getenv("GAIT_FAIL_FDATASYNC");
    int (*real)(int);

    if (at && atomic_fetch_add(&calls, 1) + 1 == atol(at)) {
        errno = EIO;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}
