/* One row a verb. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_show.h"
#include "folders.h"
#include "notify.h"
#include "study.h"

static bool no_args(struct call *call)
{
    static const char *const names[] = {NULL};

    return arg_known(call, names);
}

static void verb_status(struct daemon *d, struct call *call)
{
    if (no_args(call))
        call_ok(call, status_object(d));
}

static void verb_snapshot(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"mat", NULL};
    const char *id = NULL;

    if (arg_known(call, names) && arg_text(call, "mat", false, GAIT_ID_MAX, &id) && (!id || mat_pick(d, call, id)))
        call_ok(call, snapshot_object(d, id));
}

static void verb_devices(struct daemon *d, struct call *call)
{
    static const char *const kind[] = {"none", "usb", "replay", "walker"};
    json_t *list;

    if (!no_args(call))
        return;
    list = json_array();
    for (unsigned i = 0; i < d->n_mats; i++) {
        const struct mat *mat = &d->mat[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "mat", mat->config->id, "source",
                                        kind[mat->source.kind], "profile", mat->config->profile, "state",
                                        mat_state_name(mat), "text", mat->text[0] ? mat->text : mat->last_source));
    }
    call_ok(call, json_pack("{s:o}", "devices", list));
}

static void verb_config(struct daemon *d, struct call *call)
{
    if (no_args(call))
        call_ok(call, json_pack("{s:s, s:o}", "path", d->config.file, "config", config_show(&d->config)));
}

static json_t *session_result(struct daemon *d)
{
    return json_pack("{s:o}", "session", study_session(d));
}

/* Everything that a session is opened with, but its protocol, is judged before. Returns false and an answered call. */
static bool fill_session(struct daemon *d, struct call *call)
{
    json_t *rest = json_copy(call->args);
    struct gait_error err = {0};
    const char *problem;
    char message[200];

    json_object_del(rest, "protocol");
    problem = session_change(d->session, rest, message);
    json_decref(rest);
    if (problem) {
        call_error(call, "bad-argument", "%s", problem);
        return false;
    }
    if (!study_open(d, call))
        return false;
    if (session_save(d->session, &err) == 0)
        return true;
    call_error(call, "path", "%s", err.text);
    return false;
}

/* The folder of sessions may only now be there to be locked. */
static int make_session(struct daemon *d, const json_t *args, struct gait_error *err)
{
    int r = folders_make(d->config.path, err);

    if (r == 0)
        r = access_lock_data(d->config.path, &d->data_fd, err);
    return r < 0 ? r
                 : session_new(d->config.path, d->config.session_name, args,
                               d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), &d->session, err);
}

static void verb_session_open(struct daemon *d, struct call *call)
{
    const char *subject = NULL, *why = NULL;
    struct gait_error err = {0};
    char message[200];

    if (!arg_text(call, "subject", true, 64, &subject) || !arg_text(call, "override", false, 250, &why))
        return;
    if (!gait_subject_ok(subject)) {
        call_error(call, "bad-argument",
                   "subject: \"%s\" is no pseudonym: a letter, then letters, digits, '-', '_', at least one digit, at "
                   "most 32 (S01)",
                   subject);
        return;
    }
    if (d->session && strcmp(json_string_value(json_object_get(d->session->state, "subject")), subject) == 0) {
        if (session_agrees(d->session, call->args, message))
            call_already(call, session_result(d));
        else
            call_error(call, "session-open", "session %s of %s is open already and %s: gait session set changes it",
                       d->session->id, subject, message);
        return;
    }
    if (d->session) {
        call_error(call, "session-open", "session %s is open: close it first (gait session close)", d->session->id);
        return;
    }
    if (make_session(d, call->args, &err) < 0) {
        call_error(call, err.code == -EINVAL ? "bad-argument" : "path", "%s", err.text);
        return;
    }
    if (!fill_session(d, call)) {
        session_remove(d->session);
        d->session = session_free(d->session);
        return;
    }
    study_tell_blind(d);
    d->output[0] = '\0';
    daemon_log(d, GAIT_LOG_NOTICE, "session %s opened: %s", d->session->id, d->session->folder);
    publisher_object(&d->publisher, -1, GAIT_TOPIC_STATUS, 0, gait_now_ns(d->clock), status_object(d));
    call_ok(call, session_result(d));
}

static void verb_session_set(struct daemon *d, struct call *call)
{
    struct gait_error err = {0};
    char message[200];
    const char *problem;
    json_t *before;

    if (!d->session) {
        call_error(call, "no-session", "no session is open: gait session open --subject ID");
        return;
    }
    if (study_is_locked(d, call))
        return;
    before = session_before(d->session);
    problem = json_object_get(call->args, "subject") ? "subject: cannot be changed; close this session and open another"
                                                     : session_change(d->session, call->args, message);
    if (problem) {
        json_decref(before);
        call_error(call, "bad-argument", "%s", problem);
    } else if (session_keep(d->session, before, &err) < 0)
        call_error(call, "path", "%s", err.text);
    else
        call_ok(call, session_result(d));
}

static void verb_session_list(struct daemon *d, struct call *call)
{
    if (no_args(call))
        call_ok(call, json_pack("{s:o}", "sessions", session_list(d->config.path)));
}

static void verb_metrics(struct daemon *d, struct call *call)
{
    char *page;

    if (!no_args(call))
        return;
    page = prometheus_page(d);
    if (page)
        call_ok(call, json_pack("{s:s, s:s}", "content_type", "text/plain; version=0.0.4", "text", page));
    else
        call_error(call, "internal", "no memory");
    free(page);
}

static void verb_reload(struct daemon *d, struct call *call)
{
    struct gait_error err = {0};
    json_t *result;

    if (!no_args(call))
        return;
    result = reload_config(d, &err);
    if (result)
        call_ok(call, result);
    else
        call_error(call, "config", "%s", err.text);
}

static const struct verb {
    const char *name;
    enum { COMMAND = 0, LOOK, QUERY } kind; /* QUERY: answered on the query socket and to viewers too */
    void (*run)(struct daemon *d, struct call *call);
} verbs[] = {
    {"status", QUERY, verb_status},
    {"snapshot", QUERY, verb_snapshot},
    {"metrics", QUERY, verb_metrics},
    {"devices", LOOK, verb_devices},
    {"config", LOOK, verb_config},
    {"session open", COMMAND, verb_session_open},
    {"session set", COMMAND, verb_session_set},
    {"session close", COMMAND, sealing_close},
    {"session list", LOOK, verb_session_list},
    {"session lock", COMMAND, session_lock},
    {"session unblind", COMMAND, session_unblind},
    {"session purge", COMMAND, session_purge},
    {"treatment start", COMMAND, treatment_start},
    {"treatment stop", COMMAND, treatment_stop},
    {"treatment show", COMMAND, treatment_show},
    {"trial start", COMMAND, trial_start},
    {"trial stop", COMMAND, trial_stop},
    {"trial discard", COMMAND, trial_discard},
    {"tare", COMMAND, act_tare},
    {"calibrate", COMMAND, calibrate_verb},
    {"reload", COMMAND, verb_reload},
    {"mark", COMMAND, act_mark},
    {"footfall set-side", COMMAND, act_set_side},
    {"footfall invalid", COMMAND, act_invalid},
};

bool verbs_only_look(const char *verb)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, verb) == 0)
            return verbs[i].kind != COMMAND;
    return false;
}

static void refuse(struct daemon *d, struct call *call)
{
    char why[80];

    if (!call->viewer) {
        call_error(call, "not-allowed", "\"%s\" is asked on the control socket (group gaitd)", call->verb);
        return;
    }
    snprintf(why, sizeof why, "it is a viewer's key and asked for \"%s\"", call->verb);
    tcp_denied(&d->tcp, gait_now_ns(d->clock), DENIED_COMMAND, call->who, why);
    call_error(call, "not-allowed", "key %s is a viewer's: it may ask for status, snapshot and metrics", call->who);
}

/* Commands write, and some that look read many files. */
static void run(struct daemon *d, struct call *call, const struct verb *verb)
{
    const bool slow = verb->kind != QUERY;

    if (slow)
        notify_slow(true);
    verb->run(d, call);
    if (slow)
        notify_slow(false);
}

void verbs_dispatch(struct daemon *d, struct call *call, bool query_only)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, call->verb) != 0)
            continue;
        if (query_only && verbs[i].kind != QUERY) {
            refuse(d, call);
            return;
        }
        run(d, call, &verbs[i]);
        return;
    }
    call_error(call, "unknown-verb", "\"%s\" is no verb of this daemon (docs/CONTROL.md)", call->verb);
}
