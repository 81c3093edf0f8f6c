#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

static int taken(const struct whole_file *f, struct gait_error *err)
{
    return gait_error_set(err, -EEXIST,
                          f->never ? "%s: is there already: nothing is written over, name another file"
                                   : "%s: is there already; --force replaces it",
                          f->path);
}

const char *whole_hint(int r)
{
    return r == -ENOSPC || r == -EDQUOT ? CLIENT_FREE_ROOM : "";
}

/* Some writers tell no more than that it went wrong: one more block, of a file that is thrown away, tells the cause. */
static int cause(const struct whole_file *f)
{
    static const char block[1 << 16];

    for (int i = 0; i < 2 && lseek(fileno(f->out), 0, SEEK_END) >= 0; i++)
        if (write(fileno(f->out), block, sizeof(block)) < 0)
            return -errno;
    return -EIO;
}

static int not_written(const struct whole_file *f, int r, struct gait_error *err)
{
    r = r == -EIO ? cause(f) : r;
    return gait_error_set(err, r, "%s: %s%s", f->path, strerror(-r), whole_hint(r));
}

static void folder_of(const char *path, char ret_folder[WHOLE_PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(ret_folder, WHOLE_PATH_MAX, "%.*s", slash ? (int)(slash - path + 1) : 2, slash ? path : "./");
}

/* On file systems without nameless files: a hidden name beside. */
static int open_named(struct whole_file *f, const char *folder)
{
    snprintf(f->part, sizeof(f->part), "%.3000s.gait-export-XXXXXX", folder);
    f->named = true;
    return mkostemp(f->part, O_CLOEXEC);
}

static int begin(const char *path, struct whole_file *f, struct gait_error *err)
{
    if (strlen(path) >= sizeof(f->path))
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", path);
    strcpy(f->path, path);
    return !f->force && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? taken(f, err) : 0;
}

static int open_nameless(struct whole_file *f, struct gait_error *err)
{
    const char *path = f->path;
    char folder[WHOLE_PATH_MAX];
    int fd;

    folder_of(path, folder);
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = open_named(f, folder);
    if (fd < 0 || fchmod(fd, 0640) < 0 || !(f->out = fdopen(fd, "w+")))
        return gait_error_set(err, -errno, "%s: cannot be made: %s%s", path, strerror(errno), whole_hint(-errno));
    if (!f->named)
        snprintf(f->part, sizeof(f->part), "/proc/self/fd/%d", fd);
    return 0;
}

int whole_begin(const char *path, bool force, struct whole_file *f, struct gait_error *err)
{
    int r;

    *f = (struct whole_file){.force = force};
    r = begin(path, f, err);
    return r < 0 ? r : open_nameless(f, err);
}

int whole_new(const char *path, struct whole_file *f, struct gait_error *err)
{
    int r;

    *f = (struct whole_file){.never = true};
    r = begin(path, f, err);
    return r < 0 ? r : open_nameless(f, err);
}

int whole_beside(const char *path, bool force, struct whole_file *f, struct gait_error *err)
{
    char folder[WHOLE_PATH_MAX];
    int r;

    *f = (struct whole_file){.force = force, .named = true};
    r = begin(path, f, err);
    folder_of(path, folder);
    snprintf(f->part, sizeof(f->part), "%.3000s.gait-export-%d", folder, (int)getpid());
    return r;
}

/* The name appears with everything behind it. */
static int name_it(struct whole_file *f)
{
    char beside[WHOLE_PATH_MAX + 32];

    if (!f->force)
        return f->named ? renameat2(AT_FDCWD, f->part, AT_FDCWD, f->path, RENAME_NOREPLACE)
                        : linkat(AT_FDCWD, f->part, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW);
    if (f->named)
        return rename(f->part, f->path);
    snprintf(beside, sizeof(beside), "%s.%d.part", f->path, (int)getpid());
    if (linkat(AT_FDCWD, f->part, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) < 0)
        return -1;
    if (rename(beside, f->path) == 0)
        return 0;
    unlink(beside);
    return -1;
}

int whole_placed(struct whole_file *f, int r, struct gait_error *err)
{
    if (r == 0 && name_it(f) < 0)
        r = errno == EEXIST ? taken(f, err) : gait_error_set(err, -errno, "%s: %s", f->path, strerror(errno));
    else if (r == -ENOSPC || r == -EDQUOT)
        gait_error_set(err, r, "%s: %s%s", f->path, strerror(-r), whole_hint(r));
    else if (r == 0)
        f->done = true;
    if (!f->done)
        unlink(f->part);
    return r;
}

int whole_end(struct whole_file *f, int r, struct gait_error *err)
{
    if (!f->out)
        return r;
    if (r == 0 && ferror(f->out)) /* some write before: errno is another one's by now */
        r = -EIO;
    if (r == 0 && (fflush(f->out) != 0 || fsync(fileno(f->out)) < 0 || name_it(f) < 0))
        r = errno == EEXIST ? taken(f, err) : not_written(f, errno ? -errno : -EIO, err);
    else if (r == -ENOSPC || r == -EDQUOT || (r < 0 && ferror(f->out)) || (r == -EIO && f->by_path))
        r = not_written(f, r, err);
    else if (r == 0)
        f->done = true;
    fclose(f->out);
    if (f->named && !f->done)
        unlink(f->part);
    f->out = NULL;
    return r;
}

int whole_folder(const char *path, struct gait_error *err)
{
    char part[WHOLE_PATH_MAX];

    for (const char *slash = path; slash;) {
        slash = strchr(slash + 1, '/');
        snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0750) < 0 && errno != EEXIST)
            return gait_error_set(err, -errno, "%s: cannot be made: %s%s", part, strerror(errno), whole_hint(-errno));
    }
    return 0;
}
