/*
 * For LD_PRELOAD: everything that a program does to files under a folder, written down in order, so that a test can build what a power cut at any moment
 * could have left (tests/lib/power_cut.py).
 *
 *     GAIT_TRACE_ROOT=DIR  the folder
 *     GAIT_TRACE_LOG=FILE  appended to by every process: records of struct note, then the first path, the second one, the data
 *     GAIT_TRACE_FAIL=N    the Nth fdatasync of a journal in this process fails with EIO: its pages are written by nobody, as a kernel does that has dropped them
 *
 * A call is noted when it has returned, a sync when it begins as well: what was noted before a sync began, it covers when it returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#pragma GCC visibility push(default)

enum { FDS = 4096, LOG_FD = 60 };
enum kind { CREATE = 1, WRITE, SIZE, ROOM, SYNC_BEGIN, SYNC_END, SYNC_FAILED, RENAME, LINK, UNLINK, MKDIR, RMDIR };

struct note {
    uint32_t kind, paths[2], data;
    uint64_t inode, at;
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char root[PATH_MAX];
static _Atomic char tracked[FDS];
static atomic_long syncs;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("GAIT_TRACE_LOG"), *folder = getenv("GAIT_TRACE_ROOT");
    int fd =
        file && folder ? (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        return;
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
    syscall(SYS_close, fd);
    snprintf(root, sizeof root, "%s/", folder);
}

static int is_ours(const char *path)
{
    return log_fd >= 0 && path && strncmp(path, root, strlen(root) - 1) == 0 &&
           (path[strlen(root) - 1] == '/' || path[strlen(root) - 1] == '\0');
}

static int fd_ours(int fd)
{
    return log_fd >= 0 && fd >= 0 && fd < FDS && tracked[fd];
}

static uint64_t inode_of(int fd)
{
    struct stat st = {0};

    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static void put(enum kind kind, uint64_t inode, uint64_t at, const char *a, const char *b, const struct iovec *part,
                int n, size_t bytes)
{
    struct note note = {.kind = kind, .inode = inode, .at = at, .data = (uint32_t)bytes};
    struct iovec all[40] = {{&note, sizeof note}};
    int k = 1, was = errno;

    note.paths[0] = a ? (uint32_t)strlen(a) : 0;
    note.paths[1] = b ? (uint32_t)strlen(b) : 0;
    all[k++] = (struct iovec){(void *)(uintptr_t)a, note.paths[0]};
    all[k++] = (struct iovec){(void *)(uintptr_t)b, note.paths[1]};
    for (int i = 0; i < n && k < 40 && bytes; i++) {
        size_t take = part[i].iov_len < bytes ? part[i].iov_len : bytes;

        all[k++] = (struct iovec){part[i].iov_base, take};
        bytes -= take;
    }
    pthread_mutex_lock(&order);
    if (syscall(SYS_writev, log_fd, all, k) < 0)
        abort();
    pthread_mutex_unlock(&order);
    errno = was;
}

/* --- files ------------------------------------------------------------------------------------- */

static int opened(int fd, const char *path, int existed)
{
    if (fd < 0 || fd >= FDS)
        return fd;
    tracked[fd] = 1;
    if (!existed)
        put(CREATE, inode_of(fd), 0, path, NULL, NULL, 0, 0);
    return fd;
}

static int there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    int ours = is_ours(path), existed = !ours || !(flags & O_CREAT) || there(path);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

    if (fd >= 0 && fd < FDS)
        tracked[fd] = 0;
    if (ours && fd >= 0)
        (void)opened(fd, path, existed);
    if (ours && fd >= 0 && existed && (flags & O_TRUNC))
        put(SIZE, inode_of(fd), 0, NULL, NULL, NULL, 0, 0);
    return fd;
}

#define OPEN(name)                             \
    int name(const char *path, int flags, ...) \
    {                                          \
        va_list more;                          \
        mode_t mode;                           \
                                               \
        va_start(more, flags);                 \
        mode = va_arg(more, mode_t);           \
        va_end(more);                          \
        return open_any(path, flags, mode);    \
    }

OPEN(open)
OPEN(open64)

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        tracked[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *p, size_t n)
{
    off_t at = fd_ours(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t wrote = syscall(SYS_write, fd, p, n);
    const struct iovec part = {(void *)(uintptr_t)p, n};

    if (wrote > 0 && fd_ours(fd))
        put(WRITE, inode_of(fd), (uint64_t)at, NULL, NULL, &part, 1, (size_t)wrote);
    return wrote;
}

static ssize_t written(int fd, ssize_t wrote, const struct iovec *part, int n, off_t at)
{
    if (wrote > 0 && fd_ours(fd))
        put(WRITE, inode_of(fd), (uint64_t)at, NULL, NULL, part, n, (size_t)wrote);
    return wrote;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    const struct iovec part = {(void *)(uintptr_t)p, n};

    return written(fd, syscall(SYS_pwrite64, fd, p, n, at), &part, 1, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
    return pwrite(fd, p, n, at);
}

ssize_t pwritev(int fd, const struct iovec *part, int n, off_t at)
{
    return written(fd, syscall(SYS_pwritev, fd, part, n, at, 0), part, n, at);
}

ssize_t pwritev64(int fd, const struct iovec *part, int n, off_t at)
{
    return pwritev(fd, part, n, at);
}

int ftruncate(int fd, off_t n)
{
    int r = (int)syscall(SYS_ftruncate, fd, n);

    if (r == 0 && fd_ours(fd))
        put(SIZE, inode_of(fd), (uint64_t)n, NULL, NULL, NULL, 0, 0);
    return r;
}

int ftruncate64(int fd, off_t n)
{
    return ftruncate(fd, n);
}

int truncate(const char *path, off_t n)
{
    struct stat st;
    int r = (int)syscall(SYS_truncate, path, n);

    if (r == 0 && is_ours(path) && stat(path, &st) == 0)
        put(SIZE, st.st_ino, (uint64_t)n, NULL, NULL, NULL, 0, 0);
    return r;
}

int fallocate(int fd, int mode, off_t at, off_t n)
{
    int r = (int)syscall(SYS_fallocate, fd, mode, at, n);

    if (r == 0 && fd_ours(fd))
        put(ROOM, inode_of(fd), (uint64_t)(at + n), NULL, NULL, NULL, 0, 0);
    return r;
}

static int sync_any(int fd, long number, int fails)
{
    uint64_t inode = fd_ours(fd) ? inode_of(fd) : 0;
    int r;

    if (inode)
        put(SYNC_BEGIN, inode, (uint64_t)syscall(SYS_gettid), NULL, NULL, NULL, 0, 0);
    if (fails) {
        errno = EIO;
        r = -1;
    } else {
        r = (int)syscall(number, fd);
    }
    if (inode)
        put(r == 0 ? SYNC_END : SYNC_FAILED, inode, (uint64_t)syscall(SYS_gettid), NULL, NULL, NULL, 0, 0);
    return r;
}

int fsync(int fd)
{
    return sync_any(fd, SYS_fsync, 0);
}

int fdatasync(int fd)
{
    const char *at = getenv("GAIT_TRACE_FAIL");

    return sync_any(fd, SYS_fdatasync, fd_ours(fd) && at && atomic_fetch_add(&syncs, 1) + 1 == atol(at));
}

/* --- names ------------------------------------------------------------------------------------- */

#define NAMED(name, kind, parameters, arguments, first, second) \
    int name parameters                                         \
    {                                                           \
        int r = (int)syscall arguments;                         \
                                                                \
        if (r == 0 && (is_ours(first) || is_ours(second)))      \
            put(kind, 0, 0, first, second, NULL, 0, 0);         \
        return r;                                               \
    }

NAMED(rename, RENAME, (const char *from, const char *to), (SYS_rename, from, to), from, to)
NAMED(link, LINK, (const char *from, const char *to), (SYS_link, from, to), from, to)
NAMED(unlink, UNLINK, (const char *path), (SYS_unlink, path), path, NULL)
NAMED(rmdir, RMDIR, (const char *path), (SYS_rmdir, path), path, NULL)

int mkdir(const char *path, mode_t mode)
{
    struct stat st;
    int r = (int)syscall(SYS_mkdir, path, mode);

    if (r == 0 && is_ours(path) && stat(path, &st) == 0)
        put(MKDIR, st.st_ino, 0, path, NULL, NULL, 0, 0);
    return r;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    int r = (int)syscall(SYS_renameat2, a, from, b, to, flags);

    if (r == 0 && (is_ours(from) || is_ours(to)))
        put(RENAME, 0, 0, from, to, NULL, 0, 0);
    return r;
}
