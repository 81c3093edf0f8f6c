#include "session.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/stream.h>

#include "folders.h"
#include "notify.h"
#include "protocol/protocol.h"
#include "session_name.h"

enum { SAME_NAME_MAX = 99, ENDING = 3, STEPS_MAX = 10000 };

GAIT_DEFINE_CLEANUP(struct session *, session_free)

struct session *session_free(struct session *session)
{
    if (session) {
        json_decref(session->state);
        protocol_free(session->protocol);
        free(session);
    }
    return NULL;
}

void utc_text(uint64_t realtime_ns, char ret[32])
{
    time_t t = (time_t)(realtime_ns / 1000000000u);
    struct tm tm;

    strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}

/* --- the file ------------------------------------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t done = write(fd, text, n);

        if (done < 0)
            return -errno;
        text += done;
        n -= (size_t)done;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

static int save(const struct session *s, struct gait_error *err)
{
    char path[CONFIG_PATH_MAX + 32], beside[CONFIG_PATH_MAX + 32];
    _cleanup_free_ char *text = json_dumps(s->state, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    int fd, r;

    snprintf(path, sizeof path, "%s/session.json", s->folder);
    snprintf(beside, sizeof beside, "%s/session.json.new", s->folder);
    if (!text)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0 && errno == ENOENT &&
        folders_make(s->folder, err) == 0) /* somebody removed it: what is known is kept all the same */
        fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return gait_error_set(err, -errno, "%s: %s", beside, strerror(errno));
    r = write_all(fd, text, strlen(text));
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(beside, path) < 0)
        r = -errno;
    if (r == 0)
        r = folders_sync(s->folder);
    if (r < 0)
        unlink(beside);
    return r < 0 ? gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r)) : 0;
}

int session_save(const struct session *s, struct gait_error *err)
{
    int r;

    notify_slow(true);
    r = save(s, err);
    notify_slow(false);
    return r;
}

json_t *session_before(const struct session *s)
{
    return json_deep_copy(s->state);
}

int session_keep(struct session *s, json_t *before, struct gait_error *err)
{
    int r = session_save(s, err);

    if (r < 0) {
        json_decref(s->state);
        s->state = before;
    } else {
        json_decref(before);
    }
    return r;
}

/* The n-th name that is tried. What is taken gets an ending, unless the name counts by itself. */
static int name_it(struct session *s, const char *name, const json_t *args, uint64_t realtime_ns, unsigned n,
                   struct gait_error *err)
{
    char why[200];

    if (session_name_fill(name, args, realtime_ns, n, s->id, sizeof s->id - ENDING, why) < 0)
        return gait_error_set(err, -EINVAL, "%s", why);
    if (n > 1 && !session_name_counts(name))
        snprintf(s->id + strlen(s->id), ENDING + 1, "-%u", n);
    return 0;
}

static int make_own_folder(struct session *s, const char *root, const char *name, const json_t *args,
                           uint64_t realtime_ns, struct gait_error *err)
{
    for (unsigned n = 1; n <= SAME_NAME_MAX; n++) {
        int named = name_it(s, name, args, realtime_ns, n, err);

        if (named < 0)
            return named;
        if ((size_t)snprintf(s->folder, sizeof s->folder, "%s/%s", root, s->id) >= sizeof s->folder)
            return gait_error_set(err, -ENAMETOOLONG, "%s: path too long", root);
        if (mkdir(s->folder, 0750) == 0) {
            int r = folders_sync(root);

            return r < 0 ? gait_error_set(err, r, "%s: cannot be synced: %s", root, strerror(-r)) : 0;
        }
        if (errno != EEXIST)
            return gait_error_set(err, -errno, "%s: cannot be made: %s; look at recording.path and its owner",
                                  s->folder, strerror(errno));
    }
    return gait_error_set(err, -EEXIST,
                          "%s: there are %d sessions of that name already; look at recording.session_name", s->id,
                          SAME_NAME_MAX);
}

int session_new(const char *root, const char *name, const json_t *args, uint64_t realtime_ns,
                struct session **ret_session, struct gait_error *err)
{
    const char *subject = json_string_value(json_object_get(args, "subject"));
    _cleanup_(session_freep) struct session *s = calloc(1, sizeof *s);
    char opened[32];
    int r;

    if (!s)
        return gait_error_set(err, -ENOMEM, "no memory for a session: ask again");
    utc_text(realtime_ns, opened);
    r = make_own_folder(s, root, name, args, realtime_ns, err);
    if (r < 0)
        return r;
    s->state =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:n, s:s, s:{}, s:i, s:i, s:[], s:[]}", "v", GAIT_STREAM_VERSION,
                  "session", s->id, "subject", subject, "opened_utc", opened, "opened_s", (double)realtime_ns / 1e9,
                  "closed_utc", "folder", s->folder, "fields", "next_trial", 1, "next_run", 1, "trials", "steps");
    r = s->state ? session_save(s, err) : -ENOMEM;
    if (r < 0) {
        rmdir(s->folder);
        return r;
    }
    *ret_session = gait_steal(&s);
    return 0;
}

void session_remove(const struct session *s)
{
    char path[CONFIG_PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/session.json", s->folder);
    unlink(path);
    rmdir(s->folder);
}

/* --- finding what is there -------------------------------------------------------------------------- */

static json_t *load(const char *root, const char *id, struct gait_error *err)
{
    char path[CONFIG_PATH_MAX + 300];
    json_error_t at;
    json_t *state;

    snprintf(path, sizeof path, "%s/%s/session.json", root, id);
    if (access(path, F_OK) < 0)
        return NULL;
    state = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
    if (json_is_string(json_object_get(state, "session")) && json_is_array(json_object_get(state, "trials")))
        return state;
    json_decref(state);
    gait_error_set(err, -EBADMSG, "%s:%d:%d: not a session's state (%s): put it aside and start again", path, at.line,
                   at.column, at.text);
    return NULL;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/*
 * What `session list` tells of each session.json that was read, by its path, with the file's stamp: a thousand of them take seconds to parse, and main has no
 * seconds. session.json is replaced at each change, so its number changes with it. Main thread.
 */
static json_t *known;

static json_t *stamp_of(const struct stat *st)
{
    return json_pack("[I, I, I, I]", (json_int_t)st->st_ino, (json_int_t)st->st_size, (json_int_t)st->st_mtim.tv_sec,
                     (json_int_t)st->st_mtim.tv_nsec);
}

static json_t *row_of(const json_t *state)
{
    return json_pack("{s:O, s:O*, s:O*, s:O*, s:I}", "session", json_object_get(state, "session"), "subject",
                     json_object_get(state, "subject"), "opened_utc", json_object_get(state, "opened_utc"),
                     "closed_utc", json_object_get(state, "closed_utc"), "trials",
                     (json_int_t)json_array_size(json_object_get(state, "trials")));
}

/* The row as it is known, or read. New; NULL: there is no session of that name, or err says what is wrong with it. */
static json_t *look_up(const char *root, const char *id, json_t *seen, struct gait_error *err)
{
    char path[CONFIG_PATH_MAX + 300];
    json_t *entry, *stamp, *state, *row = NULL;
    struct stat st;

    snprintf(path, sizeof path, "%s/%s/session.json", root, id);
    if (stat(path, &st) < 0)
        return NULL;
    stamp = stamp_of(&st);
    entry = json_object_get(known, path);
    if (entry && json_equal(json_object_get(entry, "stamp"), stamp)) {
        row = json_incref(json_object_get(entry, "row"));
    } else if ((state = load(root, id, err))) {
        row = row_of(state);
        json_decref(state);
    }
    if (row)
        json_object_set_new(seen, path, json_pack("{s:O, s:O}", "stamp", stamp, "row", row));
    json_decref(stamp);
    return row;
}

/* Calls each(row, folder, user) for every session. */
static int each_session(const char *root, void (*each)(const json_t *row, const char *folder, void *user), void *user,
                        struct gait_error *err)
{
    struct dirent **name;
    int n = scandir(root, &name, visible, by_name), r = 0;
    json_t *seen;

    if (n < 0)
        return errno == ENOENT ? 0 : gait_error_set(err, -errno, "%s: %s", root, strerror(errno));
    seen = json_object();
    for (int i = 0; i < n; i++) {
        struct gait_error e = {0};
        json_t *row = look_up(root, name[i]->d_name, seen, &e);
        char folder[CONFIG_PATH_MAX + 300];

        snprintf(folder, sizeof folder, "%s/%s", root, name[i]->d_name);
        if (row)
            each(row, folder, user);
        else if (e.code && err && r == 0)
            r = gait_error_set(err, e.code, "%s", e.text);
        json_decref(row);
        free(name[i]);
    }
    free(name);
    json_decref(known); /* what is gone, or purged, is forgotten */
    known = seen;
    return r;
}

struct found {
    json_t *row;
    char folder[CONFIG_PATH_MAX];
};

static void newest_open(const json_t *row, const char *folder, void *user)
{
    struct found *newest = user;
    const char *opened = json_string_value(json_object_get(row, "opened_utc"));
    const char *before = json_string_value(json_object_get(newest->row, "opened_utc"));

    if (!json_is_null(json_object_get(row, "closed_utc")) || !opened || (before && strcmp(before, opened) > 0))
        return;
    json_decref(newest->row);
    newest->row = json_deep_copy(row);
    snprintf(newest->folder, sizeof newest->folder, "%.*s", (int)sizeof newest->folder - 1, folder);
}

json_t *session_read(const char *root, const char *id, struct gait_error *err)
{
    return load(root, id, err);
}

struct session *session_find(const char *root, const char *id, struct gait_error *err)
{
    json_t *state = load(root, id, err);
    struct session *s = state ? calloc(1, sizeof *s) : NULL;

    if (!s) {
        json_decref(state);
        return NULL;
    }
    s->state = state;
    snprintf(s->id, sizeof s->id, "%s", id);
    if ((size_t)snprintf(s->folder, sizeof s->folder, "%s/%s", root, id) < sizeof s->folder)
        return s;
    gait_error_set(err, -ENAMETOOLONG, "%s: path too long", root);
    return session_free(s);
}

/* The protocol as it was when the session was opened: its text stands in the state. */
static int take_protocol(struct session *s, struct gait_error *err)
{
    const char *text = json_string_value(json_object_get(json_object_get(s->state, "protocol"), "text"));
    struct mat_profile_fault fault;
    size_t count = 0;
    int r;

    if (!text)
        return 0;
    r = protocol_read_bytes(text, strlen(text), &s->protocol, &fault, 1, &count, err);
    return r < 0 ? gait_error_set(err, r, "%s/session.json: its protocol cannot be read: %s", s->folder,
                                  count ? fault.text : strerror(-r))
                 : 0;
}

int session_resume(const char *root, struct session **ret_session, struct gait_error *err)
{
    _cleanup_(session_freep) struct session *s = calloc(1, sizeof *s);
    struct found newest = {0};
    int r = s ? each_session(root, newest_open, &newest, err) : -ENOMEM;

    if (newest.row) {
        s->state = load(root, strrchr(newest.folder, '/') + 1, err);
        snprintf(s->id, sizeof s->id, "%s", json_string_value(json_object_get(newest.row, "session")));
        memcpy(s->folder, newest.folder, sizeof s->folder);
        json_decref(newest.row);
    }
    if (!s || !s->state)
        return r;
    r = take_protocol(s, err);
    if (r < 0)
        return r;
    *ret_session = gait_steal(&s);
    return 1;
}

static void add_row(const json_t *known_row, const char *folder, void *user)
{
    json_t *row = json_deep_copy(known_row);
    char path[CONFIG_PATH_MAX + 400] = "";

    if (!json_is_null(json_object_get(row, "closed_utc")))
        snprintf(path, sizeof path, "%s/%s.h5", folder, json_string_value(json_object_get(row, "session")));
    if (access(path, F_OK) < 0) /* its file is being made, or there was no trial */
        path[0] = '\0';
    json_object_set_new(row, "path", json_string(path));
    json_object_set_new(row, "folder", json_string(folder));
    json_array_append_new(user, row);
}

json_t *session_list(const char *root)
{
    json_t *list = json_array();

    if (list)
        (void)each_session(root, add_row, list, NULL);
    return list;
}
