#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "config.h"

int folders_sync(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return errno == EACCES ? 0 : -errno;
    return fsync(fd) < 0 ? -errno : 0;
}

/* A new folder's name lies in the one above it: without a sync there a power cut takes the folder with all that was synced in it. */
static int make_one(char *part)
{
    char *slash = strrchr(part, '/');
    int r;

    if (mkdir(part, 0750) < 0)
        return errno == EEXIST ? 0 : -errno;
    *slash = '\0';
    r = folders_sync(slash == part ? "/" : part);
    *slash = '/';
    return r;
}

int folders_make(const char *path, struct gait_error *err)
{
    char part[CONFIG_PATH_MAX];
    int r;

    if (*path != '/' || strlen(path) >= sizeof part)
        return gait_error_set(err, -EINVAL, "%.100s: not an absolute path, or too long", path);
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1;; slash++) {
        char was = *slash;

        if (was != '/' && was != '\0')
            continue;
        *slash = '\0';
        r = make_one(part);
        if (r < 0)
            return gait_error_set(err, r, "%s: cannot be made: %s; make it, or change recording.path", part,
                                  strerror(-r));
        *slash = was;
        if (!was)
            return 0;
    }
}

double folders_free_bytes(const char *path, bool *ret_writable)
{
    char at[CONFIG_PATH_MAX];
    struct statvfs fs;
    char *slash;

    snprintf(at, sizeof at, "%s", path);
    while (access(at, F_OK) < 0 && errno == ENOENT && (slash = strrchr(at, '/')) && slash > at)
        *slash = '\0';
    *ret_writable = access(at, W_OK) == 0;
    return statvfs(at, &fs) < 0 ? (double)NAN : (double)fs.f_bavail * (double)fs.f_frsize;
}
