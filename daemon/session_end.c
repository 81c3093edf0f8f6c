/* What ends a session's secrets, or the session itself: lock, unblind, purge. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "allocation.h"
#include "sealer.h"
#include "study.h"

static void tell(struct daemon *d, const char *state, const char *session)
{
    char text[200];

    snprintf(text, sizeof text, "session %.150s is %s", session, state);
    for (unsigned i = 0; i < d->n_mats; i++)
        mat_event(
            d, &d->mat[i], 0, gait_now_ns(d->clock),
            json_pack("{s:s, s:s, s:s, s:s}", "event", "session", "text", text, "state", state, "session", session));
    publisher_object(&d->publisher, -1, GAIT_TOPIC_STATUS, 0, gait_now_ns(d->clock), status_object(d));
}

/* --- lock ------------------------------------------------------------------------------------------------ */

bool study_is_locked(struct daemon *d, struct call *call)
{
    if (d->close_call) { /* its file is being made of what stands */
        call_error(call, "busy", "session %s is being closed: ask again in a second", d->session->id);
        return true;
    }
    if (!d->session || !json_object_get(d->session->state, "locked"))
        return false;
    call_error(call, "locked", "session %s is locked: nothing of it can be changed (gait session close)",
               d->session->id);
    return true;
}

static json_t *unsealed(struct daemon *d, const json_t *state, struct gait_error *err)
{
    const char *sealed = json_string_value(json_object_get(json_object_get(state, "allocation"), "sealed"));
    struct allocation a = {0};
    json_t *drawn = NULL;

    if (!sealed) {
        gait_error_set(err, -ENODATA, "nothing is sealed in this session");
        return NULL;
    }
    if (allocation_open(d->config.path, &a, err) == 0)
        drawn = allocation_unseal(&a, sealed);
    allocation_done(&a);
    if (!drawn && !err->text[0])
        gait_error_set(err, -EBADMSG, "the seal does not open with this key (allocation/key was changed)");
    return drawn;
}

/* Reports call the arm by its letter until it is unblinded; the side stays sealed. */
static void put_letter(struct daemon *d)
{
    json_t *fields = json_object_get(d->session->state, "fields");
    struct gait_error err = {0};
    json_t *drawn;

    if (!study_is_blind(d->session) || !protocol_is_drawn(d->session->protocol) || json_object_get(fields, "arm"))
        return;
    drawn = unsealed(d, d->session->state, &err);
    if (drawn)
        json_object_set(fields, "arm", json_object_get(drawn, "letter"));
    else
        daemon_log(d, GAIT_LOG_ERROR, "session %s: %s", d->session->id, err.text);
    json_decref(drawn);
}

void study_lock(struct daemon *d, const char *who, bool closing)
{
    char now[32];

    if (!d->session || json_object_get(d->session->state, "locked"))
        return;
    put_letter(d);
    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    json_object_set_new(d->session->state, "locked",
                        json_pack("{s:s, s:s, s:b}", "utc", now, "who", who, "closing", closing));
    study_tell_blind(d);
}

void study_unlock(struct daemon *d)
{
    if (!json_is_true(json_object_get(json_object_get(d->session->state, "locked"), "closing")))
        return;
    json_object_del(d->session->state, "locked");
    if (study_is_blind(d->session) && protocol_is_drawn(d->session->protocol) &&
        !json_object_get(d->session->state, "unblinded"))
        json_object_del(json_object_get(d->session->state, "fields"), "arm");
    study_tell_blind(d);
}

void session_lock(struct daemon *d, struct call *call)
{
    static const char *const names[] = {NULL};
    struct gait_error err = {0};
    const json_t *treatment;
    json_t *before;

    if (!arg_known(call, names))
        return;
    if (!d->session) {
        call_error(call, "no-session", "no session is open: closing one locks it");
        return;
    }
    if (json_object_get(d->session->state, "locked")) {
        call_already(call, json_pack("{s:o}", "session", study_session(d)));
        return;
    }
    if (trial_any(d)) {
        call_error(call, "trial-running", "a trial is running: stop it first (gait trial stop)");
        return;
    }
    treatment = treatment_last(d->session);
    if (treatment && json_is_null(json_object_get(treatment, "stopped_utc"))) {
        call_error(call, "treatment-running", "a treatment is under way: end it first (gait treatment stop)");
        return;
    }
    before = session_before(d->session);
    study_lock(d, call->who, false);
    if (session_keep(d->session, before, &err) < 0) {
        study_tell_blind(d);
        call_error(call, "path", "%s", err.text);
        return;
    }
    tell(d, "locked", d->session->id);
    call_ok(call, json_pack("{s:o}", "session", study_session(d)));
}

/* --- which session ------------------------------------------------------------------------------------------ */

static bool id_ok(const char *id)
{
    return *id && strlen(id) <= GAIT_ID_MAX && *id != '.' &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(id);
}

/* The open session, or another one by its id, read from its folder. Owner: session_free() unless it is d->session. */
static struct session *pick(struct daemon *d, struct call *call)
{
    const char *id = NULL;
    struct session *s;
    struct gait_error err = {0};

    if (!arg_text(call, "session", false, GAIT_ID_MAX, &id))
        return NULL;
    if (!id && !d->session) {
        call_error(call, "no-session", "no session is open: name one (gait session list)");
        return NULL;
    }
    if (!id || (d->session && strcmp(id, d->session->id) == 0)) {
        json_object_set_new(call->args, "session", json_string(d->session->id)); /* for the audit log */
        return d->session;
    }
    s = id_ok(id) ? session_find(d->config.path, id, &err) : NULL;
    if (!s)
        call_error(call, "no-session", "%s", err.text[0] ? err.text : "there is no such session: gait session list");
    return s;
}

static void put_back(const struct daemon *d, struct session *s)
{
    if (s != d->session)
        session_free(s);
}

/* --- unblind ------------------------------------------------------------------------------------------------ */

static void open_treatments(struct daemon *d, json_t *state)
{
    json_t *all = json_object_get(state, "treatments"), *t;
    struct allocation a = {0};
    size_t i;

    if (allocation_open(d->config.path, &a, NULL) < 0)
        return;
    json_array_foreach(all, i, t)
    {
        const char *sealed = json_string_value(json_object_get(t, "sealed"));
        json_t *inside = sealed ? allocation_unseal(&a, sealed) : NULL;

        if (inside) {
            json_object_update(t, inside);
            json_object_del(t, "sealed");
        }
        json_decref(inside);
    }
    allocation_done(&a);
}

static int reveal(struct daemon *d, struct session *s, const struct call *call, const char *why, json_t *drawn,
                  struct gait_error *err)
{
    json_t *before = session_before(s), *fields = json_object_get(s->state, "fields"), *told = json_deep_copy(drawn);
    const char *treated = json_string_value(json_object_get(drawn, "treated"));
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    json_object_update_new(told, json_pack("{s:s, s:s, s:s}", "utc", now, "who", call->who, "why", why));
    json_object_set_new(s->state, "unblinded", told);
    json_object_set(fields, "arm", json_object_get(drawn, "arm"));
    if (treated && strcmp(treated, "both") != 0)
        json_object_set(fields, "treated", json_object_get(drawn, "treated"));
    open_treatments(d, s->state);
    return session_keep(s, before, err);
}

void session_unblind(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"why", "session", NULL};
    const char *why = NULL;
    struct gait_error err = {0};
    struct session *s;
    json_t *drawn;

    if (!arg_known(call, names) || !arg_text(call, "why", true, 250, &why) || !(s = pick(d, call)))
        return;
    if (json_object_get(s->state, "unblinded")) {
        call_already(call,
                     json_pack("{s:s, s:O}", "session", s->id, "unblinded", json_object_get(s->state, "unblinded")));
        put_back(d, s);
        return;
    }
    if (s == d->session && d->close_call) { /* its file is being made of what stands */
        call_error(call, "busy", "session %s is being closed: ask again in a second", s->id);
        return;
    }
    drawn = unsealed(d, s->state, &err);
    if (!drawn)
        call_error(call, err.code == -ENODATA ? "protocol" : "internal", "session %s: %s", s->id, err.text);
    else if (reveal(d, s, call, why, drawn, &err) < 0)
        call_error(call, "path", "%s", err.text);
    else {
        tell(d, "unblinded", s->id);
        daemon_log(d, GAIT_LOG_NOTICE, "session %s was unblinded by %s: %s", s->id, call->who, why);
        call_ok(call, json_pack("{s:s, s:O}", "session", s->id, "unblinded", json_object_get(s->state, "unblinded")));
    }
    json_decref(drawn);
    put_back(d, s);
}

/* --- purge -------------------------------------------------------------------------------------------------- */

struct purged {
    unsigned files;
    double bytes;
};

/* A session's folder is flat; what is below it is none of ours and keeps it. */
static int remove_folder(const char *folder, struct purged *ret, struct gait_error *err)
{
    _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(dup(fd));
    const struct dirent *entry;
    struct stat st;
    int r = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : gait_error_set(err, -errno, "%s: %s", folder, strerror(errno));
    while (dir && r == 0 && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            ret->bytes += (double)st.st_size;
        if (unlinkat(fd, entry->d_name, 0) < 0)
            r = gait_error_set(err, -errno, "%s/%s: cannot be removed: %s", folder, entry->d_name, strerror(errno));
        ret->files++;
    }
    if (dir)
        closedir(dir);
    if (r == 0)
        (void)fsync(fd);
    if (r == 0 && rmdir(folder) < 0)
        r = gait_error_set(err, -errno, "%s: cannot be removed: %s", folder, strerror(errno));
    return r;
}

static int remove_all(const struct daemon *d, const struct session *s, struct purged *ret, struct gait_error *err)
{
    char second[CONFIG_PATH_MAX + 80];
    int r = 0;

    if (d->config.second_path[0]) {
        snprintf(second, sizeof second, "%.400s/%.100s", d->config.second_path, s->id);
        r = remove_folder(second, ret, err);
    }
    return r == 0 ? remove_folder(s->folder, ret, err) : r;
}

static const char *study_of(const json_t *state)
{
    return json_string_value(json_object_get(json_object_get(state, "protocol"), "study"));
}

/* Another session of this person in this study, a crossover's other period, needs the place. */
static bool place_is_needed(const struct daemon *d, const struct session *s, const char *subject, const char *study)
{
    json_t *list = session_list(d->config.path), *row;
    bool needed = false;
    size_t i;

    json_array_foreach(list, i, row)
    {
        const char *id = json_string_value(json_object_get(row, "session"));
        const char *whose = json_string_value(json_object_get(row, "subject"));
        json_t *state;

        if (needed || !id || !whose || strcmp(whose, subject) != 0 || strcmp(id, s->id) == 0)
            continue;
        state = session_read(d->config.path, id, NULL);
        needed = study_of(state) && strcmp(study_of(state), study) == 0;
        json_decref(state);
    }
    json_decref(list);
    return needed;
}

/* Before the folder: a purge that failed here can be asked again. */
static int forget_place(const struct daemon *d, const struct session *s, struct gait_error *err)
{
    const char *subject = json_string_value(json_object_get(s->state, "subject")), *study = study_of(s->state);

    if (!subject || !study || !json_is_string(json_object_get(json_object_get(s->state, "allocation"), "sealed")) ||
        place_is_needed(d, s, subject, study))
        return 0;
    return allocation_forget(d->config.path, study, subject, err);
}

static bool may_purge(struct daemon *d, struct call *call, const struct session *s)
{
    if (!json_is_true(json_object_get(call->args, "confirm")))
        call_error(call, "bad-argument", "confirm: true is needed: all data of session %s are deleted for ever", s->id);
    else if (s == d->session && (trial_any(d) || d->close_call || d->starting.call))
        call_error(call, "trial-running", "session %s is at work: stop its trial first", s->id);
    else if (sealer_forget(&d->sealer, s->id) > 0)
        call_error(call, "busy", "a file of session %s is being made: try again in a second", s->id);
    else
        return true;
    return false;
}

void session_purge(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"why", "session", "confirm", NULL};
    const char *why = NULL;
    struct purged gone = {0};
    struct gait_error err = {0};
    char id[GAIT_ID_MAX + 1];
    struct session *s;

    if (!arg_known(call, names) || !arg_text(call, "why", true, 250, &why) || !(s = pick(d, call)))
        return;
    if (!may_purge(d, call, s)) {
        put_back(d, s);
        return;
    }
    snprintf(id, sizeof id, "%s", s->id);
    if (forget_place(d, s, &err) < 0 || remove_all(d, s, &gone, &err) < 0) {
        call_error(call, "path", "%s", err.text);
        put_back(d, s);
        return;
    }
    if (s == d->session) {
        d->session = NULL;
        d->output[0] = '\0';
        study_tell_blind(d);
    }
    session_free(s);
    daemon_log(d, GAIT_LOG_NOTICE, "session %s was purged by %s: %s", id, call->who, why);
    tell(d, "purged", id);
    call_ok(call, json_pack("{s:s, s:I, s:f}", "session", id, "files", (json_int_t)gone.files, "bytes", gone.bytes));
}
