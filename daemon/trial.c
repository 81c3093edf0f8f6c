/*
 * Trials, as main drives them. A start goes through four gates, each for all its mats before the next: source open, journal synced, pipeline begun, first
 * frame appended. Whatever fails, every mat goes back and nothing is left.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/version.h>

#include "daemon.h"

#define MS_NS 1000000ull
enum { START_MS = 900, STOP_WAIT_MS = 2000 };

static struct mat *starting_mat(struct daemon *d, unsigned i)
{
    return &d->mat[d->starting.mats[i]];
}

static bool all_are(struct daemon *d, enum mat_state state)
{
    for (unsigned i = 0; i < d->starting.n; i++)
        if (starting_mat(d, i)->state != state)
            return false;
    return true;
}

bool trial_any(const struct daemon *d)
{
    for (unsigned i = 0; i < d->n_mats; i++)
        if (mat_is_busy(&d->mat[i]))
            return true;
    return false;
}

json_t *trial_row(const struct mat *mat, const struct trial *t)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "mat", mat->config->id, "trial",
                     (json_int_t)t->header.trial, "run", (json_int_t)t->header.run, "condition", t->header.condition,
                     "timepoint", t->header.timepoint, "journal", t->told, "first_frame",
                     (json_int_t)atomic_load(&t->base), "frames", (json_int_t)atomic_load(&t->frames), "footfalls",
                     (json_int_t)atomic_load(&t->footfalls), "lost_device", (json_int_t)atomic_load(&t->lost_device),
                     "lost_ring", (json_int_t)atomic_load(&t->lost_ring));
}

static void publish(struct daemon *d, struct mat *mat, const char *state, const char *why)
{
    const struct trial *t = mat->trial;
    struct lane *lane = mat_lane(d, mat);
    json_t *body = trial_row(mat, t);

    json_object_set_new(body, "state", json_string(state));
    json_object_set_new(body, "session", json_string(t->header.session));
    json_object_set_new(body, "path", json_string(t->told));
    json_object_set_new(body, "why", json_string(why));
    publisher_object(&d->publisher, (int)mat->index, GAIT_TOPIC_TRIAL,
                     lane ? gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE) : 0, gait_now_ns(d->clock), body);
}

static void save_session(struct daemon *d)
{
    struct gait_error err = {0};

    if (d->session && session_save(d->session, &err) < 0)
        daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
}

/* --- giving a start up ------------------------------------------------------------------------------ */

static void back_to_idle(struct daemon *d, struct mat *mat)
{
    mat->trial = trial_free(mat->trial);
    mat->state = mat_lane(d, mat) ? MAT_IDLE : MAT_FAILED;
}

static void abort_mat(struct daemon *d, struct mat *mat)
{
    struct recorder_letter *letter;
    const struct order order = {.kind = ORDER_ABORT, .trial = mat->trial};

    if (mat->state == MAT_BEGINNING || mat->state == MAT_RECORDING) {
        mat_order(d, mat, &order);
        mat->state = MAT_ABORTING;
    } else if (mat->state == MAT_ARMED) {
        letter = calloc(1, sizeof *letter);
        if (!letter)
            abort();
        *letter = (struct recorder_letter){.order = RECORD_DISARM, .mat = mat->index, .trial = mat->trial};
        mailbox_post(&d->recorder.box, &letter->letter);
        mat->state = MAT_ABORTING;
    }
}

/* Answered when every mat has gone back. */
static void finish_failed(struct daemon *d)
{
    struct starting *s = &d->starting;

    for (unsigned i = 0; i < s->n; i++)
        if (mat_is_busy(starting_mat(d, i)))
            return;
    json_object_set_new(d->session->state, "next_run", json_integer(s->run));
    if (s->first_trial)
        json_object_set_new(d->session->state, "next_trial", json_integer(s->first_trial));
    call_error(s->call, s->code, "%s", s->message);
    memset(s, 0, sizeof *s);
}

static void fail_start(struct daemon *d, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail_start(struct daemon *d, const char *code, const char *format, ...)
{
    struct starting *s = &d->starting;
    va_list args;

    if (!s->failed) {
        s->failed = true;
        snprintf(s->code, sizeof s->code, "%s", code);
        va_start(args, format);
        vsnprintf(s->message, sizeof s->message, format, args);
        va_end(args);
    }
    for (unsigned i = 0; i < s->n; i++)
        abort_mat(d, starting_mat(d, i));
    finish_failed(d);
}

void trial_tick(struct daemon *d)
{
    struct starting *s = &d->starting;

    if (s->call && !s->failed && s->deadline_ns && gait_now_ns(d->clock) > s->deadline_ns)
        fail_start(d, "no-frames",
                   "no frame arrived and was written within a second; look at gait status, cable and power of the mat");
}

/* --- start -------------------------------------------------------------------------------------------- */

static void fill_header(struct daemon *d, const struct mat *mat, struct gait_journal_header *h)
{
    const struct starting *s = &d->starting;
    const char *key;
    json_t *value;

    snprintf(h->session, sizeof h->session, "%s", d->session->id);
    snprintf(h->mat, sizeof h->mat, "%s", mat->config->id);
    snprintf(h->subject, sizeof h->subject, "%s", json_string_value(json_object_get(d->session->state, "subject")));
    snprintf(h->condition, sizeof h->condition, "%s", s->condition);
    snprintf(h->timepoint, sizeof h->timepoint, "%s", s->timepoint);
    snprintf(h->software, sizeof h->software, "gaitd %s", GAIT_VERSION_STRING);
    h->start_realtime_ns = d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME);
    h->trial = session_next(d->session, "next_trial");
    if (!d->starting.first_trial)
        d->starting.first_trial = h->trial;
    h->run = s->run;
    json_object_foreach(json_object_get(d->session->state, "fields"), key, value)
    {
        char number[40];

        snprintf(number, sizeof number, "%.17g", json_number_value(value));
        (void)gait_journal_header_set(h, key, json_is_string(value) ? json_string_value(value) : number);
    }
    if (json_is_string(json_object_get(d->session->state, "protocol")))
        (void)gait_journal_header_set(h, "protocol", json_string_value(json_object_get(d->session->state, "protocol")));
    if (s->override[0])
        (void)gait_journal_header_set(h, "override", s->override);
    (void)gait_journal_header_set(h, "source", mat->last_source);
}

static int make_trial(struct daemon *d, struct mat *mat)
{
    struct lane *lane = mat_lane(d, mat);
    struct trial *t = calloc(1, sizeof *t);
    int r;

    if (!t || !lane) {
        free(t);
        return -ENOMEM;
    }
    r = gait_uuid_new(t->header.uuid);
    if (r == 0)
        r = gait_trial_state_copy(lane_idle(lane), &t->state);
    if (r < 0) {
        free(t);
        return r;
    }
    session_subject(d->session, &t->state.subject);
    session_axis(d->session, &t->state.session);
    fill_header(d, mat, &t->header);
    snprintf(t->folder[0], sizeof t->folder[0], "%s", d->session->folder);
    if (d->config.second_path[0])
        snprintf(t->folder[1], sizeof t->folder[1], "%.400s/%.100s", d->config.second_path, d->session->id);
    t->max_journal_s = d->config.max_trial_s;
    t->no_pre_trigger = mat->holdable;
    mat->trial = t;
    return 0;
}

static void arm(struct daemon *d, struct mat *mat)
{
    struct recorder_letter *letter = calloc(1, sizeof *letter);
    int r = letter ? make_trial(d, mat) : -ENOMEM;

    if (r < 0) {
        free(letter);
        mat->state = MAT_IDLE;
        fail_start(d, "internal", "%s: %s", mat->config->id, strerror(-r));
        return;
    }
    letter->order = RECORD_ARM;
    letter->mat = mat->index;
    letter->trial = mat->trial;
    mat->state = MAT_ARMING;
    mailbox_post(&d->recorder.box, &letter->letter);
}

/* Sources stand open: from here on a second is left. */
static void arm_all(struct daemon *d)
{
    d->starting.deadline_ns = gait_now_ns(d->clock) + START_MS * MS_NS;
    for (unsigned i = 0; i < d->starting.n && !d->starting.failed; i++)
        arm(d, starting_mat(d, i));
}

static void begin_all(struct daemon *d)
{
    for (unsigned i = 0; i < d->starting.n; i++) {
        struct mat *mat = starting_mat(d, i);
        const struct order order = {.kind = ORDER_BEGIN, .trial = mat->trial};

        mat->trial->asked_at = gait_ring_head(mat_lane(d, mat)->ring);
        mat->state = MAT_BEGINNING;
        mat_order(d, mat, &order);
        if (mat->holdable)
            device_ask(&d->device, DEVICE_RELEASE, mat->index, NULL);
    }
}

static void note_trial(struct daemon *d, struct mat *mat)
{
    const struct trial *t = mat->trial;
    json_t *row = trial_row(mat, t);
    char opened[32], uuid[GAIT_UUID_TEXT + 1];

    utc_text(t->header.start_realtime_ns, opened);
    gait_uuid_text(t->header.uuid, uuid);
    json_object_set_new(row, "state", json_string("recording"));
    json_object_set_new(row, "uuid", json_string(uuid));
    json_object_set_new(row, "started_utc", json_string(opened));
    if (d->starting.override[0])
        json_object_set_new(row, "override", json_string(d->starting.override));
    json_array_append_new(json_object_get(d->session->state, "trials"), row);
}

static void answer_started(struct daemon *d)
{
    struct starting *s = &d->starting;
    json_t *trials = json_array();

    for (unsigned i = 0; i < s->n; i++) {
        struct mat *mat = starting_mat(d, i);

        note_trial(d, mat);
        publish(d, mat, "started", "");
        json_array_append_new(trials, trial_row(mat, mat->trial));
        snprintf(d->output, sizeof d->output, "%s", mat->trial->told);
        *strrchr(d->output, '/') = '\0';
        daemon_log(d, GAIT_LOG_NOTICE, "%s: trial %u started: %s", mat->config->id, mat->trial->header.trial,
                   mat->trial->told);
    }
    save_session(d);
    call_ok(s->call, json_pack("{s:I, s:o}", "run", (json_int_t)s->run, "trials", trials));
    memset(s, 0, sizeof *s);
}

static bool read_source(struct call *call, struct source_config *ret)
{
    json_t *source = json_object_get(call->args, "source");
    const char *walker = NULL, *path = NULL;
    double speed = 1;
    json_error_t at;
    int r;

    r = json_unpack_ex(source, &at, JSON_STRICT, "{s?s, s?{s:s, s?F}, s?F}", "walker", &walker, "replay", "path", &path,
                       "speed", &speed, "speed", &speed);
    if (r < 0 || (walker == NULL) == (path == NULL) || !(speed >= 0 && speed <= 1000) || (path && *path != '/') ||
        strlen(path ? path : walker) >= sizeof ret->walker) {
        call_error(
            call, "bad-argument",
            "source: {\"replay\": {\"path\": \"/abs/x\", \"speed\": 1}} or {\"walker\": \"seed=1,...\", \"speed\": 1}");
        return false;
    }
    *ret = (struct source_config){.kind = path ? SOURCE_REPLAY : SOURCE_WALKER, .speed = speed};
    snprintf(path ? ret->path : ret->walker, sizeof ret->walker, "%s", path ? path : walker);
    return true;
}

static bool same_source(const struct source_config *a, const struct source_config *b)
{
    return a->kind == b->kind && a->speed == b->speed && a->free_run == b->free_run && strcmp(a->path, b->path) == 0 &&
           strcmp(a->walker, b->walker) == 0;
}

static bool choose_mats(struct daemon *d, struct call *call)
{
    struct starting *s = &d->starting;
    const char *id = NULL;
    const struct mat *mat;

    if (!arg_text(call, "mat", false, GAIT_ID_MAX, &id))
        return false;
    if (id && strcmp(id, "all") == 0 && d->n_mats > 0) {
        for (s->n = 0; s->n < d->n_mats; s->n++)
            s->mats[s->n] = s->n;
        return true;
    }
    mat = mat_pick(d, call, id);
    if (!mat)
        return false;
    s->mats[0] = mat->index;
    s->n = 1;
    return true;
}

static bool mats_are_free(struct daemon *d, struct call *call)
{
    for (unsigned i = 0; i < d->starting.n; i++) {
        const struct mat *mat = starting_mat(d, i);

        if (mat_is_busy(mat)) {
            call_error(call, "trial-running", "%s: trial %u is running: stop it first (gait trial stop)",
                       mat->config->id, mat->trial ? mat->trial->header.trial : 0);
            return false;
        }
    }
    return true;
}

static bool word_arg(struct daemon *d, struct call *call, const char *key, const char *otherwise,
                     char ret[GAIT_ID_MAX + 1])
{
    const char *text = NULL, *session = json_string_value(json_object_get(d->session->state, key));

    if (!arg_text(call, key, false, 32, &text))
        return false;
    if (text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != strlen(text)) {
        call_error(call, "bad-argument", "%s: expected a word of letters, digits, '.', '_', '-', at most 32", key);
        return false;
    }
    snprintf(ret, GAIT_ID_MAX + 1, "%s", text ? text : session ? session : otherwise);
    return true;
}

static bool disk_is_fit(struct daemon *d, struct call *call)
{
    bool writable;
    double free_MiB, minutes = disk_minutes(d, d->session->folder, &free_MiB, &writable);

    if (!writable && !d->config.second_path[0]) {
        call_error(call, "path", "%s cannot be written: look at its owner, or change recording.path",
                   d->session->folder);
        return false;
    }
    if (minutes < d->config.floor_min && !d->starting.override[0]) {
        call_error(call, "disk-low",
                   "%.1f minutes are left on %s and recording.floor_min is %g: free some space, or give --override WHY",
                   minutes, d->session->folder, d->config.floor_min);
        return false;
    }
    return true;
}

/* Everything that can be refused before anything is touched. */
static bool may_start(struct daemon *d, struct call *call, struct source_config *source, bool *ret_new_source)
{
    static const char *const names[] = {"mat", "condition", "timepoint", "override", "source", NULL};
    const char *override = NULL;

    *ret_new_source = json_object_get(call->args, "source") != NULL;
    if (!arg_known(call, names) || !arg_text(call, "override", false, 250, &override) ||
        (*ret_new_source && !read_source(call, source)))
        return false;
    if (d->starting.call || d->close_call) {
        call_error(call, "busy", "another start or a session close is at work: try again in a second");
        return false;
    }
    if (!d->session) {
        call_error(call, "no-session", "no session is open: gait session open --subject ID");
        return false;
    }
    memset(&d->starting, 0, sizeof d->starting);
    snprintf(d->starting.override, sizeof d->starting.override, "%s", override ? override : "");
    return choose_mats(d, call) && mats_are_free(d, call) &&
           word_arg(d, call, "condition", "barefoot", d->starting.condition) &&
           word_arg(d, call, "timepoint", "", d->starting.timepoint) && disk_is_fit(d, call);
}

void trial_start(struct daemon *d, struct call *call)
{
    struct source_config source;
    bool new_source, any = false;

    if (!may_start(d, call, &source, &new_source))
        return;
    for (unsigned i = 0; i < d->starting.n; i++) {
        const struct mat *mat = starting_mat(d, i);
        const char *problem = new_source && (!mat->holdable || mat->source.kind == SOURCE_USB)
                                  ? "plays no recordings: leave source out"
                              : !new_source && !mat_lane(d, mat) ? mat->text
                                                                 : NULL;
        if (problem) {
            call_error(call, "source", "%s: %s", mat->config->id, problem);
            return;
        }
    }
    d->starting.call = call;
    d->starting.run = session_next(d->session, "next_run");
    for (unsigned i = 0; i < d->starting.n; i++) {
        struct mat *mat = starting_mat(d, i);

        mat->state = MAT_OPENING;
        if (new_source && (!mat_lane(d, mat) || !same_source(&source, &mat->source))) {
            mat->transport = NULL;
            mat->away = true;
            mat->source = source;
            device_ask(&d->device, DEVICE_OPEN, mat->index, &source);
            any = true;
        } else {
            mat->state = MAT_ARMING;
        }
    }
    if (!any)
        arm_all(d);
}

/* --- stop ----------------------------------------------------------------------------------------------- */

void trial_end(struct daemon *d, struct mat *mat, const char *why, bool wait)
{
    struct lane *lane = mat_lane(d, mat);
    struct order order = {.kind = ORDER_STOP, .wait = wait, .trial = mat->trial};

    if (!lane || !mat->trial || (mat->state != MAT_RECORDING && mat->state != MAT_BEGINNING) || mat->trial->why[0])
        return;
    snprintf(mat->trial->why, sizeof mat->trial->why, "%s", why);
    order.at = gait_ring_head(lane->ring);
    order.deadline_ns = gait_now_ns(d->clock) + STOP_WAIT_MS * MS_NS;
    mat_order(d, mat, &order);
    if (mat->state == MAT_RECORDING)
        mat->state = MAT_STOPPING;
}

static void answer_stopped(struct daemon *d)
{
    for (unsigned i = 0; i < d->n_mats; i++)
        if (d->mat[i].tell_stopped && mat_is_busy(&d->mat[i]))
            return;
    for (unsigned c = 0; c < d->n_stop_calls; c++) {
        json_t *trials = json_array();

        for (unsigned i = 0; i < d->n_mats; i++)
            if (d->mat[i].tell_stopped && d->mat[i].ended)
                json_array_append(trials, d->mat[i].ended);
        call_ok(d->stop_call[c], json_pack("{s:o}", "trials", trials));
    }
    d->n_stop_calls = 0;
    for (unsigned i = 0; i < d->n_mats; i++)
        d->mat[i].tell_stopped = false;
}

void trial_stop(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"mat", NULL};
    const char *id = NULL;
    const struct mat *only = NULL;
    json_t *already = NULL;
    bool any = false;

    if (!arg_known(call, names) || !arg_text(call, "mat", false, GAIT_ID_MAX, &id))
        return;
    if (id && strcmp(id, "all") != 0 && !(only = mat_pick(d, call, id)))
        return;
    if (d->n_stop_calls == CONFIG_MATS_MAX) {
        call_error(call, "busy", "others are stopping already: ask gait status");
        return;
    }
    for (unsigned i = 0; i < d->n_mats; i++) {
        struct mat *mat = &d->mat[i];

        if ((only && only != mat) || (mat->state != MAT_RECORDING && mat->state != MAT_STOPPING))
            continue;
        any = mat->tell_stopped = true;
        trial_end(d, mat, "stop", true);
    }
    if (any) {
        d->stop_call[d->n_stop_calls++] = call;
        return;
    }
    already = json_array();
    for (unsigned i = 0; i < d->n_mats; i++)
        if ((!only || only == &d->mat[i]) && d->mat[i].ended)
            json_array_append(already, d->mat[i].ended);
    if (json_array_size(already))
        call_already(call, json_pack("{s:o}", "trials", already));
    else {
        json_decref(already);
        call_error(call, "no-trial", "no trial is running: gait trial start");
    }
}

void trial_discard(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"why", "mat", "trial", NULL};
    const char *why = NULL, *id = NULL;
    uint64_t number = 0;
    json_t *row;

    if (!arg_known(call, names) || !arg_text(call, "why", true, 250, &why) ||
        !arg_text(call, "mat", false, GAIT_ID_MAX, &id) || !arg_count(call, "trial", false, 1, UINT32_MAX, &number))
        return;
    if (!d->session) {
        call_error(call, "no-session", "no session is open");
        return;
    }
    if (!number && json_array_size(json_object_get(d->session->state, "trials")))
        number = (uint64_t)json_integer_value(json_object_get(d->session->state, "next_trial")) - 1;
    row = session_trial(d->session, (uint32_t)number);
    if (!row || (id && strcmp(json_string_value(json_object_get(row, "mat")), id) != 0)) {
        call_error(call, "no-trial", "this session has no such trial: gait status");
        return;
    }
    json_object_set_new(row, "discarded", json_true());
    json_object_set_new(row, "discard_why", json_string(why));
    for (unsigned i = 0; i < d->n_mats; i++)
        if (d->mat[i].trial && d->mat[i].trial->header.trial == number)
            trial_end(d, &d->mat[i], "discarded", false);
    save_session(d);
    call_ok(call, json_pack("{s:[O]}", "trials", row));
}

/* --- what threads say -------------------------------------------------------------------------------------- */

static void on_source(struct daemon *d, struct mat *mat, const struct news *news)
{
    struct seat *seat = &d->device.seat[mat->index];

    mat->away = false;
    mat->transport = seat->transport; /* after a failure the one before */
    mat->holdable = news->code < 0 ? true : seat->holdable;
    memcpy(mat->last_source, seat->text, sizeof mat->last_source);
    if (news->code < 0)
        mat->source.kind = SOURCE_NONE;
    snprintf(mat->text, sizeof mat->text, "%.250s", news->code < 0 ? news->err.text : "");
    if (mat->state != MAT_OPENING) {
        mat->state = news->code < 0 ? MAT_FAILED : MAT_IDLE;
        return;
    }
    if (news->code < 0) {
        mat->state = mat_lane(d, mat) ? MAT_IDLE : MAT_FAILED;
        fail_start(d, "source", "%s", news->err.text);
        return;
    }
    mat->state = MAT_ARMING;
    if (d->starting.failed) {
        mat->state = MAT_IDLE;
        finish_failed(d);
    } else if (all_are(d, MAT_ARMING)) {
        arm_all(d);
    }
}

static void on_armed(struct daemon *d, struct mat *mat, const struct news *news)
{
    if (news->code < 0) {
        back_to_idle(d, mat);
        snprintf(d->output_text, sizeof d->output_text, "%.250s", news->err.text);
        fail_start(d, "path", "%s", news->err.text);
        return;
    }
    mat->state = MAT_ARMED;
    if (d->starting.failed)
        abort_mat(d, mat);
    else if (all_are(d, MAT_ARMED))
        begin_all(d);
}

static void on_first(struct daemon *d, struct mat *mat)
{
    if (mat->state != MAT_BEGINNING)
        return;
    mat->state = mat->trial->why[0] ? MAT_STOPPING : MAT_RECORDING;
    for (unsigned i = 0; i < d->starting.n; i++)
        if (starting_mat(d, i)->state == MAT_BEGINNING)
            return;
    answer_started(d);
}

/* Its source is put back before the mat is free again, or the next trial would begin with frames of this one. */
static void put_back(struct daemon *d, struct mat *mat)
{
    back_to_idle(d, mat);
    if (mat->holdable && mat->state == MAT_IDLE) {
        mat->state = MAT_STOPPING;
        device_ask(&d->device, DEVICE_HOLD, mat->index, NULL);
    }
}

/* A journal that could not be written any more was closed and left. Only the trial's own: its name may be that of another one. */
static void remove_journal(const struct trial *t)
{
    struct gait_journal_reader *reader;

    if (!t->told[0] || gait_journal_open(t->told, &reader, NULL) < 0)
        return;
    if (memcmp(gait_journal_reader_uuid(reader), t->header.uuid, sizeof t->header.uuid) == 0)
        unlink(t->told);
    gait_journal_reader_free(reader);
}

static void on_aborted(struct daemon *d, struct mat *mat, const struct news *news)
{
    if (news->trial != mat->trial)
        return;
    if (mat->trial)
        remove_journal(mat->trial);
    put_back(d, mat);
    if (!d->starting.call)
        return;
    if (news->code < 0 && !d->starting.failed)
        fail_start(d, "internal", "%s: the pipeline refused the trial's state: %s", mat->config->id,
                   strerror(-news->code));
    else
        finish_failed(d);
}

static void update_row(struct daemon *d, const struct trial *t, const char *state)
{
    json_t *row = d->session ? session_trial(d->session, t->header.trial) : NULL;

    if (!row)
        return;
    json_object_set_new(row, "state", json_string(state));
    json_object_set_new(row, "journal", json_string(t->told));
    json_object_set_new(row, "frames", json_integer((json_int_t)atomic_load(&t->frames)));
    json_object_set_new(row, "footfalls", json_integer((json_int_t)atomic_load(&t->footfalls)));
    json_object_set_new(row, "lost_device", json_integer((json_int_t)atomic_load(&t->lost_device)));
    json_object_set_new(row, "lost_ring", json_integer((json_int_t)atomic_load(&t->lost_ring)));
    json_object_set_new(row, "why", json_string(t->why));
    save_session(d);
}

/* It ended before its first frame was appended, or while it was being given up: a trial that never was. */
static void on_done_early(struct daemon *d, struct mat *mat)
{
    unlink(mat->trial->told);
    put_back(d, mat);
    if (d->starting.call && !d->starting.failed)
        fail_start(d, "source", "%s: the source ended without a frame", mat->config->id);
    else if (d->starting.call)
        finish_failed(d);
}

static void on_done(struct daemon *d, struct mat *mat, const struct news *news)
{
    struct trial *t = mat->trial;

    if (news->trial != t)
        return;
    if (mat->state == MAT_BEGINNING || mat->state == MAT_ABORTING) {
        on_done_early(d, mat);
        return;
    }
    json_decref(mat->ended);
    mat->ended = trial_row(mat, t);
    json_object_set_new(mat->ended, "why", json_string(news->code < 0 ? news->err.text : t->why));
    publish(d, mat, news->code < 0 ? "failed" : "ended", news->code < 0 ? news->err.text : t->why);
    daemon_log(d, news->code < 0 ? GAIT_LOG_ERROR : GAIT_LOG_NOTICE,
               "%s: trial %u ended (%s): %llu frames, %llu footfalls, %llu lost", mat->config->id, t->header.trial,
               news->code < 0 ? news->err.text : t->why, (unsigned long long)atomic_load(&t->frames),
               (unsigned long long)atomic_load(&t->footfalls),
               (unsigned long long)(atomic_load(&t->lost_device) + atomic_load(&t->lost_ring)));
    update_row(d, t, "recorded");
    sealing_trial(d, t);
    mat->trial = trial_free(t);
    mat->state = mat->holdable ? MAT_STOPPING : MAT_IDLE;
    if (mat->holdable)
        device_ask(&d->device, DEVICE_HOLD, mat->index, NULL); /* answered by NEWS_HELD: idle from then on */
    answer_stopped(d);
}

static void on_held(struct daemon *d, struct mat *mat)
{
    if (mat->state == MAT_STOPPING && !mat->trial)
        mat->state = MAT_IDLE;
    answer_stopped(d);
    if (d->starting.call && d->starting.failed)
        finish_failed(d);
}

static void on_moved(struct daemon *d, struct mat *mat, const struct news *news)
{
    const char *event = news->kind == NEWS_FAILED ? "write_failed" : "moved";

    daemon_log(d, news->kind == NEWS_FAILED ? GAIT_LOG_ERROR : GAIT_LOG_WARNING, "%s: %s", mat->config->id,
               news->err.text);
    mat_event(d, mat, 0, news->t_ns, json_pack("{s:s, s:s}", "event", event, "text", news->err.text));
    snprintf(d->output_text, sizeof d->output_text, "%.250s", news->err.text);
    if (news->kind == NEWS_FAILED && mat->state == MAT_BEGINNING && d->starting.call)
        fail_start(d, "path", "%s", news->err.text);
    else if (news->kind == NEWS_FAILED)
        trial_end(d, mat, "write_failed", false);
}

static void on_footfall(struct daemon *d, const struct news *news)
{
    if (d->session && news->footfall.valid &&
        (news->footfall.side == GAIT_SIDE_LEFT || news->footfall.side == GAIT_SIDE_RIGHT))
        session_add_step(d->session, news->trial->header.trial, news->footfall.id, (enum gait_side)news->footfall.side,
                         news->footfall.toe_out_deg, news->footfall.length_mm);
}

void trial_news(struct daemon *d, const struct news *news)
{
    struct mat *mat = &d->mat[news->mat];

    if (news->path[0] && mat->trial && mat->trial == news->trial)
        memcpy(mat->trial->told, news->path, sizeof mat->trial->told);
    switch (news->kind) {
    case NEWS_SOURCE:
        on_source(d, mat, news);
        break;
    case NEWS_WAITING:
        daemon_log(d, GAIT_LOG_NOTICE, "%s: %s", mat->config->id, news->err.text);
        snprintf(mat->text, sizeof mat->text, "%.250s", news->err.text);
        break;
    case NEWS_ARMED:
        on_armed(d, mat, news);
        break;
    case NEWS_FIRST:
        on_first(d, mat);
        break;
    case NEWS_ABORTED:
        on_aborted(d, mat, news);
        break;
    case NEWS_DONE:
        on_done(d, mat, news);
        break;
    case NEWS_HELD:
        on_held(d, mat);
        break;
    case NEWS_MOVED:
    case NEWS_FAILED:
        on_moved(d, mat, news);
        break;
    case NEWS_FOOTFALL:
        on_footfall(d, news);
        break;
    default:
        break;
    }
}
