#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "guard.h"
#include "recording.h"
#include "repair.h"
#include "verb.h"
#include "whole_file.h"

enum { KEY_OUT = 'o' };

struct options {
    const char *file, *out;
};

static const struct argp_option options[] = {
    {"out", KEY_OUT, "FILE", 0, "the repaired file; must not be there yet", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_OUT:
        o->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (o->file)
            argp_error(state, "one FILE at a time");
        o->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->file || !o->out)
            argp_error(state, "FILE and --out FILE are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Beside the file that is to come, so that giving it its name moves no bytes. */
static int make_folder(const char *out, char ret[WHOLE_PATH_MAX], struct gait_error *err)
{
    const char *slash = strrchr(out, '/');

    snprintf(ret, WHOLE_PATH_MAX, "%.*s.gait-repair-XXXXXX", slash ? (int)(slash - out + 1) : 0, out);
    if (!mkdtemp(ret))
        return gait_error_set(err, -errno, "%s: no folder to work in can be made beside it: %s", out, strerror(errno));
    return 0;
}

static int sync_folder(const char *out)
{
    const char *slash = strrchr(out, '/');
    char folder[WHOLE_PATH_MAX];
    _cleanup_close_ int fd = -1;

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - out + 1) : 1, slash ? out : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Never over a file that has come meanwhile. */
static int give_name(const struct client *client, const char *result, const char *out, int status)
{
    struct gait_error err = {0};
    int r = 0;

    if (access(result, F_OK) < 0) /* the file was good */
        return status;
    if (link(result, out) < 0)
        r = errno == EPERM || errno == EOPNOTSUPP ? rename(result, out) : -errno;
    if (r == 0)
        r = sync_folder(out);
    if (r < 0) {
        gait_error_set(&err, r, "%s: cannot be given its name: %s", out, strerror(-r));
        return client_fail_error(client, r, &err);
    }
    if (!client->json)
        printf("%s: written; gait check reads it whole\n", out);
    return status;
}

static int check_arguments(const struct options *o, struct gait_error *err)
{
    int ours = recording_is_ours(o->file, err);
    unsigned char byte = 0;
    _cleanup_close_ int fd = ours < 0 ? -1 : open(o->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (ours < 0)
        return ours;
    if (!ours || fd < 0 || read(fd, &byte, 1) != 1 || byte != 0x89)
        return gait_error_set(err, -EBADMSG, "%s: no HDF5 file%s", o->file,
                              ours ? ": gait recover makes one of a journal" : "");
    if (strlen(o->out) > WHOLE_PATH_MAX - 200)
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", o->out);
    if (faccessat(AT_FDCWD, o->out, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return gait_error_set(err, -EEXIST, "%s: is there already; it is never replaced", o->out);
    return 0;
}

static int run(const struct client *client, const void *input)
{
    const struct options *o = input;
    char folder[WHOLE_PATH_MAX], result[WHOLE_PATH_MAX + 16];
    struct repair repair = {.file = o->file, .folder = folder, .result = result};
    struct gait_error err = {0};
    int r = check_arguments(o, &err);

    if (r == 0)
        r = make_folder(o->out, folder, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    snprintf(result, sizeof(result), "%s/repaired.h5", folder);
    r = guard_run(client, o->file, repair_file, &repair);
    if (r == CLIENT_OK || r == CLIENT_GAPS)
        r = give_name(client, result, o->out, r);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return r;
}

const struct verb verb_repair = {
    .name = "repair",
    .args = "FILE",
    .summary = "Save what can be saved of a damaged session file",
    .more = "FILE is a trial or session file (.h5) of which gait check says that it is broken or damaged; it is only "
            "read. What can be "
            "read and agrees with its checksum goes into the new file as it is; tables and metrics are made anew from "
            "it; what is lost is "
            "a gap there, or said. Each trial's attribute `repaired` tells the story. A copy of the file from before "
            "the damage is better: "
            "look for one first. The exit status is 0 when nothing that was recorded is lost (also when FILE is good: "
            "then nothing is written), 6 when "
            "something is, 3 when nothing can be saved.\n\nExample:\n  gait repair S01-20260301.h5 --out "
            "S01-20260301-repaired.h5",
    .options = options,
    .files = "file",
    .size = sizeof(struct options),
    .parse = parse,
    .run = run,
};
