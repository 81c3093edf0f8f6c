#include "session/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gait/cleanup.h"

const char *files_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int files_folder(const char *path, char ret_folder[FILES_PATH_MAX], struct gait_error *err)
{
    size_t n = (size_t)(files_name(path) - path);

    if (n >= FILES_PATH_MAX)
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", path);
    if (n > 1)
        n--; /* the slash, but keep that of the root */
    snprintf(ret_folder, FILES_PATH_MAX, "%.*s", n ? (int)n : 1, n ? path : ".");
    return 0;
}

int files_part(const char *path, char ret_part[FILES_PATH_MAX], struct gait_error *err)
{
    const char *name = files_name(path);

    if (snprintf(ret_part, FILES_PATH_MAX, "%.*s.%s.part", (int)(name - path), path, name) >= FILES_PATH_MAX)
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", path);
    return 0;
}

bool files_exist(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* What root makes belongs to whom the folder belongs to: gaitd must be able to read what an administrator recovered. A file system without owners says EPERM. */
static int give_to_owner(int fd, const char *path)
{
    char folder[FILES_PATH_MAX];
    struct stat st;

    if (geteuid() != 0)
        return 0;
    if (files_folder(path, folder, NULL) < 0 || stat(folder, &st) < 0)
        return -1;
    return fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM ? -1 : 0;
}

int files_sync(const char *path, struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || give_to_owner(fd, path) < 0 || fchmod(fd, 0640) < 0 || fsync(fd) < 0)
        return gait_error_set(err, -errno, "%s: cannot be made safe on the disk: %s", path, strerror(errno));
    return 0;
}

int files_sync_folder(const char *path, struct gait_error *err)
{
    char folder[FILES_PATH_MAX];
    _cleanup_close_ int fd = -1;
    int r = files_folder(path, folder, err);

    if (r < 0)
        return r;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return gait_error_set(err, -errno, "%s: the folder cannot be made safe on the disk: %s", folder,
                              strerror(errno));
    return 0;
}

/* A rename that never replaces, also where the file system does not know it. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (link(from, to) == 0)
        return unlink(from) == 0 ? 0 : -errno;
    if (errno == EEXIST)
        return -EEXIST;
    if (files_exist(to)) /* no links here (FAT): the best that can be done */
        return -EEXIST;
    return rename(from, to) == 0 ? 0 : -errno;
}

int files_commit(const char *part, const char *path, bool replace, struct gait_error *err)
{
    int r = files_sync(part, err);

    if (r < 0)
        return r;
    if (replace)
        r = rename(part, path) == 0 ? 0 : -errno;
    else
        r = rename_new(part, path);
    if (r < 0)
        return gait_error_set(err, r, "%s: cannot be given its name: %s", path, strerror(-r));
    return files_sync_folder(path, err);
}

int files_remove(const char *path, struct gait_error *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return gait_error_set(err, -errno, "%s: cannot be removed: %s", path, strerror(errno));
    return files_sync_folder(path, err);
}

/* HDF5 locks what it opens, shared for reading; where a file system knows no locks there is none to ask for. */
int files_hold(const char *path, int *ret_fd, struct gait_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        close(fd);
        return gait_error_set(err, -EBUSY, "%s: is open for writing in another program; close it there, then try again",
                              path);
    }
    *ret_fd = fd;
    return 0;
}

int files_lock(const char *path, struct gait_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        close(fd);
        return gait_error_set(err, -EBUSY,
                              "%s: is being recorded, sealed or closed just now; try again when that has ended", path);
    }
    return fd;
}
