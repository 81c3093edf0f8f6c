#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "guard.h"
#include "recording.h"
#include "repair.h"
#include "verb.h"
#include "whole_file.h"

enum { KEY_OUT = 'o' };

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
    stopped = signal;
}

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

/* A session file by its beginning; or by its name, when it has lost that. */
static int check_file(const char *file, struct gait_error *err)
{
    int ours = recording_is_ours(file, err);
    unsigned char byte = 0;
    _cleanup_close_ int fd = ours == 1 ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (ours < 0)
        return ours == -EBADMSG ? 0 : ours;
    if (fd >= 0 && read(fd, &byte, 1) == 1 && byte == 0x89)
        return 0;
    return gait_error_set(err, -EBADMSG, "%s: is no HDF5 file%s", file,
                          ours ? ": gait recover makes one of a journal" : "");
}

static int check_arguments(const struct options *o, struct gait_error *err)
{
    int r = check_file(o->file, err);

    if (r < 0)
        return r;
    if (strlen(o->out) > WHOLE_PATH_MAX - 200)
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", o->out);
    if (faccessat(AT_FDCWD, o->out, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return gait_error_set(err, -EEXIST, "%s: is there already; it is never replaced", o->out);
    return 0;
}

/* ---- a file that is too short ------------------------------------------------------------------------------------------------------ */

/* The length that the file's first bytes say it has (superblock of version 2 or 3); 0: they say none that can be. */
static off_t told_length(int fd)
{
    unsigned char head[36];
    uint64_t end;

    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) || head[8] < 2 || head[8] > 3 || head[9] != 8)
        return 0;
    memcpy(&end, head + 28, sizeof(end));
    return end <= (uint64_t)1 << 40 ? (off_t)end : 0;
}

/* HDF5 opens no file that was cut off: a copy is filled up with zeros, and what lay there is found missing then. */
static int copy_whole(const char *file, int fd, off_t now, off_t told, const char *copy, struct gait_error *err)
{
    _cleanup_close_ int out = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t at = 0;

    while (out >= 0 && at < now) {
        ssize_t n = sendfile(out, fd, &at, (size_t)(now - at));

        if (n <= 0)
            break;
    }
    if (out < 0 || at < now || ftruncate(out, told) < 0)
        return gait_error_set(err, errno ? -errno : -EIO, "%s: no copy of it can be made to work on: %s%s", file,
                              strerror(errno), whole_hint(-errno));
    return 0;
}

/* What to open: the file, or a copy that has the file's length; `always`: a copy. */
static int open_whole(const struct client *client, struct repair *repair, bool always, char copy[WHOLE_PATH_MAX + 16],
                      struct gait_error *err)
{
    _cleanup_close_ int fd = open(repair->file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    off_t told;

    repair->open = repair->file;
    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", repair->file, strerror(errno));
    told = told_length(fd);
    if (told <= st.st_size && !always)
        return 0;
    if (told > st.st_size)
        client_note(client, "%s is %jd bytes shorter than it was: a copy was cut off", repair->file,
                    (intmax_t)(told - st.st_size));
    repair->open = copy;
    return copy_whole(repair->file, fd, st.st_size, told > st.st_size ? told : st.st_size, copy, err);
}

/* ---- a file that does not say what is in it ---------------------------------------------------------------------------------------- */

static int find_trials(const struct client *client, struct repair *repair, char copy[WHOLE_PATH_MAX + 16])
{
    struct gait_error err = {0};
    int r;

    if (repair->open == repair->file && open_whole(client, repair, true, copy, &err) < 0)
        return client_fail(client, CLIENT_FAILED, "%s", err.text);
    r = guard_try(client, 4, repair_find, repair);
    if (r == CLIENT_OK) {
        repair->found = true;
        client_note(client, "%s has lost its beginning or the list of its trials: those that are found in it are saved",
                    repair->file);
    } else if (r < 0 || r == CLIENT_BAD_INPUT) {
        r = client_fail(client, CLIENT_BAD_INPUT,
                        "%s: its list of trials cannot be read, and no trial is found in it: only an older copy of it "
                        "helps",
                        repair->file);
    }
    return r;
}

/* ---- turns ------------------------------------------------------------------------------------------------------------------------- */

/* A part that breaks its reader is left out the next time. */
static int repair_in_turns(const struct client *client, struct repair *repair)
{
    enum { PATIENCE = 4 };

    for (;;) {
        int r = guard_try(client, PATIENCE, repair_file, repair);
        const char *part = *repair->at ? repair->at : "/";

        if (r >= 0 && r != REPAIR_AGAIN)
            return r;
        for (size_t i = 0; i < repair->n_skip; i++)
            if (strcmp(repair->skip[i], part) == 0)
                r = 0; /* it is not that */
        if (r == 0 || repair->n_skip == REPAIR_SKIP_MAX || stopped)
            return client_fail(client, CLIENT_BAD_INPUT,
                               "%s breaks its reader: nothing of it can be saved, look for an older copy",
                               repair->file);
        snprintf(repair->skip[repair->n_skip++], REPAIR_PART_MAX, "%s", part);
    }
}

static int work(const struct client *client, struct repair *repair)
{
    char copy[WHOLE_PATH_MAX + 16];
    struct gait_error err = {0};
    int r;

    snprintf(copy, sizeof(copy), "%s/copy.h5", repair->folder);
    if (open_whole(client, repair, false, copy, &err) < 0)
        return client_fail(client, CLIENT_FAILED, "%s", err.text);
    if (repair->open == repair->file && guard_try(client, 1, repair_look, repair) == CLIENT_OK) {
        client_note(client, "%s is good: there is nothing to repair", repair->file);
        return CLIENT_OK;
    }
    r = guard_try(client, 1, repair_lists, repair) == CLIENT_OK ? CLIENT_OK : find_trials(client, repair, copy);
    return r == CLIENT_OK ? repair_in_turns(client, repair) : r;
}

/* Ctrl-C ends the child; here it must not leave its folder behind. */
static void catch_signals(void)
{
    const struct sigaction stop = {.sa_handler = on_signal};

    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
}

static int run(const struct client *client, const void *input)
{
    const struct options *o = input;
    char folder[WHOLE_PATH_MAX], result[WHOLE_PATH_MAX + 16];
    struct repair repair = {.file = o->file, .out = o->out, .folder = folder, .result = result};
    struct gait_error err = {0};
    int r = check_arguments(o, &err);

    if (r < 0)
        return client_fail_error(client, r, &err);
    repair.at = mmap(NULL, REPAIR_PART_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (repair.at == MAP_FAILED || make_folder(o->out, folder, &err) < 0)
        return client_fail(client, CLIENT_FAILED, "%s", err.text[0] ? err.text : "no memory");
    snprintf(result, sizeof(result), "%s/repaired.h5", folder);
    catch_signals();
    r = work(client, &repair);
    if (stopped)
        r = 128 + stopped;
    else if (r == CLIENT_OK || r == CLIENT_GAPS)
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
