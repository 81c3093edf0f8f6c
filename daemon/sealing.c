/* Journals become files by children; what becomes of them is told and kept in the session's state. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study.h"

void sealing_trial(struct daemon *d, const struct trial *t, const char *journal)
{
    struct seal_job job = {.kind = SEAL_TRIAL, .trial = t->header.trial};

    snprintf(job.path, sizeof job.path, "%s", journal);
    snprintf(job.session, sizeof job.session, "%s", t->header.session);
    snprintf(job.mat, sizeof job.mat, "%s", t->header.mat);
    sealer_add(&d->sealer, &job);
}

/* --- journals left by a crash ------------------------------------------------------------------------------------- */

static bool is_journal(const char *name)
{
    size_t n = strlen(name);

    return n > 6 && strcmp(name + n - 6, ".gaitj") == 0;
}

/* Journals of a session that are not queued yet, queued; the others are due now. */
static unsigned journals_of(struct daemon *d, const char *root, const char *session, bool waited_for)
{
    char folder[CONFIG_PATH_MAX + 300];
    struct dirent *entry;
    unsigned n = 0;
    DIR *dir;

    snprintf(folder, sizeof folder, "%s/%s", root, session);
    dir = opendir(folder);
    while (dir && (entry = readdir(dir))) {
        struct seal_job job = {.kind = SEAL_TRIAL, .waited_for = waited_for};
        unsigned trial = 0;

        if (!is_journal(entry->d_name) ||
            (size_t)snprintf(job.path, sizeof job.path, "%s/%s", folder, entry->d_name) >= sizeof job.path)
            continue;
        if (sscanf(entry->d_name, "trial-%u", &trial) == 1)
            job.trial = trial;
        snprintf(job.session, sizeof job.session, "%.64s", session);
        if (sealer_hurry(&d->sealer, job.path))
            continue;
        sealer_add(&d->sealer, &job);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

static void second_folder(const struct daemon *d, const char *session, char ret[CONFIG_PATH_MAX])
{
    ret[0] = '\0';
    if (d->config.second_path[0])
        snprintf(ret, CONFIG_PATH_MAX, "%.400s/%.100s", d->config.second_path, session);
}

static void add_close(struct daemon *d, const char *folder, const char *session, bool waited_for)
{
    struct seal_job job = {.kind = SEAL_CLOSE, .waited_for = waited_for};

    snprintf(job.path, sizeof job.path, "%s", folder);
    snprintf(job.session, sizeof job.session, "%s", session);
    second_folder(d, session, job.also);
    sealer_add(&d->sealer, &job);
}

static bool has_trial_files(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool any = false;

    while (dir && !any && (entry = readdir(dir)))
        any = strncmp(entry->d_name, "trial-", 6) == 0 &&
              (is_journal(entry->d_name) || strstr(entry->d_name, ".h5") != NULL);
    if (dir)
        closedir(dir);
    return any;
}

/* A crash came between marking a session closed and having its file: its trials are still files of their own. */
static void finish_closing(struct daemon *d)
{
    json_t *list = session_list(d->config.path), *row;
    size_t i;

    json_array_foreach(list, i, row)
    {
        const char *folder = json_string_value(json_object_get(row, "folder"));

        if (json_is_string(json_object_get(row, "closed_utc")) && folder && has_trial_files(folder))
            add_close(d, folder, json_string_value(json_object_get(row, "session")), false);
    }
    json_decref(list);
}

static unsigned journals_under(struct daemon *d, const char *root)
{
    DIR *dir = *root ? opendir(root) : NULL;
    struct dirent *entry;
    unsigned n = 0;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            n += journals_of(d, root, entry->d_name, false);
    if (dir)
        closedir(dir);
    return n;
}

static const char *const counts[] = {"frames", "footfalls", "lost_device", "lost_ring"};
enum { COUNTS = sizeof counts / sizeof *counts };

/* What a cut-off trial holds is known when its journal has been read: null until then. */
static void forget_counts(json_t *row)
{
    for (size_t i = 0; i < COUNTS; i++)
        json_object_set_new(row, counts[i], json_null());
}

/* Its last journal has become a file, and the daemon died before it could note so: the sealer says what is in it. */
static void seal_again(struct daemon *d, const json_t *row)
{
    const char *journal = json_string_value(json_object_get(row, "journal"));
    struct seal_job job = {.kind = SEAL_TRIAL, .trial = (uint32_t)json_integer_value(json_object_get(row, "trial"))};
    char sealed[CONFIG_PATH_MAX];

    if (!journal || !is_journal(journal) || access(journal, F_OK) == 0)
        return;
    snprintf(sealed, sizeof sealed, "%.*s.h5", (int)strlen(journal) - 6, journal);
    if (access(sealed, F_OK) < 0)
        return;
    snprintf(job.path, sizeof job.path, "%s", journal);
    snprintf(job.session, sizeof job.session, "%s", d->session->id);
    sealer_add(&d->sealer, &job);
}

/* Trials that were running when the daemon died are ended; they are flagged by what is read from their journals. */
static void end_cut_off(struct daemon *d)
{
    json_t *trials = d->session ? json_object_get(d->session->state, "trials") : NULL, *row;
    struct gait_error err = {0};
    char second[CONFIG_PATH_MAX];
    bool any = false;
    size_t i;

    if (d->session) {
        second_folder(d, d->session->id, second);
        any = sealing_find(d, second);
    }
    json_array_foreach(trials, i, row)
    {
        const char *state = json_string_value(json_object_get(row, "state"));

        if (strcmp(state, "recording") != 0)
            continue;
        json_object_set_new(row, "state", json_string("recorded"));
        json_object_set_new(row, "recovered", json_true());
        forget_counts(row);
        study_recover_steps(d, row);
        any = true;
        daemon_log(d, GAIT_LOG_WARNING, "trial %lld of session %s was cut off: recovering it",
                   (long long)json_integer_value(json_object_get(row, "trial")), d->session->id);
    }
    if (any && session_save(d->session, &err) < 0)
        daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
}

/* After journals were looked for: the sealer of a daemon that was killed goes on, and may take one away at any moment. */
static void seal_rest(struct daemon *d)
{
    json_t *trials = d->session ? json_object_get(d->session->state, "trials") : NULL, *row;
    size_t i;

    json_array_foreach(trials, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "state")), "sealed") != 0)
            seal_again(d, row);
    }
}

void sealing_start(struct daemon *d)
{
    unsigned n;

    end_cut_off(d); /* reads journals that the sealer will take away */
    n = journals_under(d, d->config.path) + journals_under(d, d->config.second_path);
    seal_rest(d);
    study_tell_blind(d);
    finish_closing(d);
    if (n)
        daemon_log(d, GAIT_LOG_NOTICE, "%u journal%s left unsealed: sealing %s", n, n == 1 ? " was" : "s were",
                   n == 1 ? "it" : "them");
}

/* --- what became of it ------------------------------------------------------------------------------------------------ */

static struct mat *mat_of(struct daemon *d, const char *id)
{
    for (unsigned i = 0; i < d->n_mats; i++)
        if (strcmp(d->mat[i].config->id, id) == 0)
            return &d->mat[i];
    return NULL;
}

/* By name: the folder may have moved since. */
static bool is_same_file(const char *a, const char *b)
{
    const char *end_a = a ? strrchr(a, '/') : NULL, *end_b = strrchr(b, '/');

    return end_a && end_b && strcmp(end_a, end_b) == 0;
}

/* The row's path is that of its last part, whose journal is no more then; the others stand in `parts`. */
static void note_sealed(json_t *row, const char *journal, const char *path, bool good)
{
    json_t *parts = json_object_get(row, "parts");

    for (size_t i = 0; i < json_array_size(parts); i++)
        if (is_same_file(json_string_value(json_array_get(parts, i)), journal)) {
            json_array_set_new(parts, i, json_string(path));
            return;
        }
    json_object_set_new(row, "state", json_string(good ? "sealed" : "recorded"));
    json_object_set_new(row, "path", json_string(path));
    if (good && is_same_file(json_string_value(json_object_get(row, "journal")), journal))
        json_object_set_new(row, "journal", json_null());
}

/* Of a trial that was cut off, from what its sealer counted in the journal (`gait --json recover`). A trial whose earlier part was sealed in the life
 * before stays uncounted: not all of it is known here. */
static void note_counts(json_t *row, const char *text)
{
    static const char *const of_sealer[COUNTS] = {"frames", "footfalls", "lost_device", "lost_ring"};
    json_t *line = json_loads(text, 0, NULL), *parts = json_object_get(row, "parts");
    bool first = json_is_null(json_object_get(row, counts[0]));

    for (size_t i = 0; first && i < json_array_size(parts); i++)
        if (!is_journal(json_string_value(json_array_get(parts, i)))) {
            json_decref(line);
            return;
        }
    for (size_t i = 0; i < COUNTS; i++) {
        const json_t *n = json_object_get(line, of_sealer[i]);

        if (json_is_integer(n))
            json_object_set_new(
                row, counts[i],
                json_integer(json_integer_value(json_object_get(row, counts[i])) + json_integer_value(n)));
    }
    json_decref(line);
}

static bool is_of_open_session(const struct daemon *d, const struct seal_job *job)
{
    return d->session && strcmp(d->session->id, job->session) == 0;
}

static void trial_sealed(struct daemon *d, const struct seal_job *job, bool good, const char *text)
{
    json_t *row = is_of_open_session(d, job) ? session_trial(d->session, job->trial) : NULL;
    const char *id = row ? json_string_value(json_object_get(row, "mat")) : job->mat;
    const char *state = !good                                             ? "seal_failed"
                        : json_is_true(json_object_get(row, "recovered")) ? "recovered"
                                                                          : "sealed";
    struct mat *mat = id ? mat_of(d, id) : NULL;
    struct gait_error err = {0};
    char path[CONFIG_PATH_MAX];
    size_t n = strlen(job->path);

    snprintf(path, sizeof path, "%s", job->path);
    if (good && is_journal(path))
        memcpy(path + n - 6, ".h5", 4);
    daemon_log(d, good ? GAIT_LOG_NOTICE : GAIT_LOG_ERROR, "%s: %s%s%s", path, good ? "sealed" : "not sealed",
               good ? "" : ": ", good ? "" : text);
    if (!good && is_of_open_session(d, job))
        snprintf(d->not_sealed, sizeof d->not_sealed, "%.200s is not sealed: %.250s", job->path, text);
    if (row) {
        if (good && json_is_true(json_object_get(row, "recovered")))
            note_counts(row, text);
        note_sealed(row, job->path, path, good);
        if (session_save(d->session, &err) < 0)
            daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
    }
    if (mat)
        publisher_object(&d->publisher, (int)mat->index, GAIT_TOPIC_TRIAL, NEWEST_FRAME, gait_now_ns(d->clock),
                         json_pack("{s:s, s:s, s:I, s:s, s:s}", "state", state, "session", job->session, "trial",
                                   (json_int_t)job->trial, "path", path, "why", good ? "" : text));
}

/* Closing took the trials' own files away: rows name the file that holds them now. One that is missing keeps the name it had. */
static void note_closed(struct daemon *d, const struct session *s)
{
    char path[CONFIG_PATH_MAX + 80];
    struct gait_error err = {0};
    json_t *row, *parts;
    size_t i;

    snprintf(path, sizeof path, "%s/%s.h5", s->folder, s->id);
    json_array_foreach(json_object_get(s->state, "trials"), i, row)
    {
        bool missing = json_object_get(row, "missing") != NULL;

        json_object_set_new(row, "path", missing ? json_null() : json_string(path));
        if (missing)
            continue;
        json_object_set_new(row, "journal", json_null());
        parts = json_object_get(row, "parts");
        for (size_t k = 0; k < json_array_size(parts); k++)
            json_array_set_new(parts, k, json_string(path));
    }
    if (session_save(s, &err) < 0)
        daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
}

/* A session that was marked closed in a life before; nobody waits for it, and the one that is open now has nothing to do with it. */
static void earlier_closed(struct daemon *d, const struct seal_job *job, bool good, const char *text)
{
    struct session *earlier = good ? session_find(d->config.path, job->session, NULL) : NULL;

    if (earlier)
        note_closed(d, earlier);
    session_free(earlier);
    if (good)
        daemon_log(d, GAIT_LOG_NOTICE, "session %s, closed before: %s/%s.h5", job->session, job->path, job->session);
    else
        daemon_log(d, GAIT_LOG_ERROR, "session %s is closed and has no file yet (it is tried again): %s", job->session,
                   text[0] ? text : d->sealer.trouble);
}

static void session_closed(struct daemon *d, const struct seal_job *job, bool good, const char *text)
{
    char path[CONFIG_PATH_MAX + 80];
    struct gait_error err = {0};
    json_t *state, *unlisted;

    if (!d->close_call || !is_of_open_session(d, job)) {
        earlier_closed(d, job, good, text);
        return;
    }
    unlisted = d->unlisted;
    d->unlisted = NULL;
    if (!good) {
        json_object_set_new(d->session->state, "closed_utc", json_null());
        study_unlock(d);
        (void)session_save(d->session, &err);
        call_error(d->close_call, "sealer", "session %s stays open: %s", d->session->id,
                   d->not_sealed[0] ? d->not_sealed
                   : text[0]        ? text
                                    : d->sealer.trouble);
        d->close_call = NULL;
        json_decref(unlisted);
        return;
    }
    snprintf(path, sizeof path, "%s/%s.h5", d->session->folder, d->session->id);
    note_closed(d, d->session);
    state = study_session(d);
    call_ok(d->close_call, json_pack("{s:o, s:s, s:o}", "session", state, "path", path, "unlisted", unlisted));
    daemon_log(d, GAIT_LOG_NOTICE, "session %s closed: %s", d->session->id, path);
    d->close_call = NULL;
    d->session = session_free(d->session);
    d->output[0] = '\0';
}

void sealing_done(struct daemon *d, const struct seal_job *job, int status, const char *text)
{
    bool good = status == 0 || status == 6;

    if (job->kind == SEAL_TRIAL)
        trial_sealed(d, job, good, text);
    else
        session_closed(d, job, good, text);
}

/* Before its file is made, so that the file says when; a close that fails takes it back. */
static bool mark_closed(struct daemon *d, struct call *call)
{
    struct gait_error err = {0};
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    if (d->session->protocol)
        study_lock(d, call->who, true);
    json_object_set_new(d->session->state, "closed_utc", json_string(now));
    if (session_save(d->session, &err) == 0)
        return true;
    study_unlock(d);
    json_object_set_new(d->session->state, "closed_utc", json_null());
    call_error(call, "path", "%s", err.text);
    return false;
}

/* A session without a trial has no file: it is only marked closed. */
static void close_empty(struct daemon *d, struct call *call)
{
    if (!mark_closed(d, call))
        return;
    call_ok(call, json_pack("{s:o, s:s}", "session", study_session(d), "path", ""));
    d->session = session_free(d->session);
}

/* Every trial of session.json has its files, or a reason was given why it has not; then the row says so. */
static bool all_there(struct daemon *d, struct call *call, const char *why)
{
    char second[CONFIG_PATH_MAX];
    json_t *row;
    size_t i;

    second_folder(d, d->session->id, second);
    json_array_foreach(json_object_get(d->session->state, "trials"), i, row)
    {
        const char *missing = session_missing(d->session, second, row);

        if (missing && !why) {
            call_error(call, "file-missing",
                       "trial %lld of session %s: %s is not there any more: put it into %s%s%s again, or close with "
                       "--override REASON, and the session is made without it",
                       (long long)json_integer_value(json_object_get(row, "trial")), d->session->id, missing,
                       d->session->folder, *second ? " or " : "", second);
            return false;
        }
        if (missing) {
            json_object_set_new(row, "missing", json_string(missing));
            json_object_set_new(d->session->state, "close_override", json_string(why));
        }
    }
    json_decref(d->unlisted);
    d->unlisted = session_unlisted(d->session, second);
    return true;
}

void sealing_close(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"override", NULL};
    const char *why = NULL;

    if (!arg_known(call, names) || !arg_text(call, "override", false, 250, &why))
        return;
    if (!d->session)
        call_error(call, "no-session", "no session is open");
    else if (trial_any(d))
        call_error(call, "trial-running", "a trial is running: stop it first (gait trial stop)");
    else if (d->close_call)
        call_error(call, "busy", "this session is being closed already");
    else if (json_array_size(json_object_get(d->session->state, "trials")) == 0)
        close_empty(d, call);
    else if (all_there(d, call, why) && mark_closed(d, call)) {
        /* what could not be sealed before has another chance */
        (void)journals_of(d, d->config.path, d->session->id, true);
        if (d->config.second_path[0])
            (void)journals_of(d, d->config.second_path, d->session->id, true);
        add_close(d, d->session->folder, d->session->id, true);
        d->not_sealed[0] = '\0';
        d->close_call = call;
    }
}
