/*
 * A start at work. It goes through four gates, each for all its mats before the next: source open, journal synced, pipeline begun, first frame appended. Whatever
 * fails, every mat goes back and nothing is left.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/version.h>

#include "memory.h"
#include "study.h"
#include "text.h"
#include "trial_parts.h"

#define MS_NS 1000000ull
enum { JOURNAL_MS = 5000, START_MS = 900 };

struct mat *trial_starting(struct daemon *d, unsigned i)
{
    return &d->mat[d->starting.mats[i]];
}

static bool all_are(struct daemon *d, enum mat_state state)
{
    for (unsigned i = 0; i < d->starting.n; i++)
        if (trial_starting(d, i)->state != state)
            return false;
    return true;
}

/* --- giving a start up ------------------------------------------------------------------------------ */

static void back_to_idle(struct daemon *d, struct mat *mat)
{
    mat->trial = trial_free(mat->trial);
    mat->state = mat_lane(d, mat) ? MAT_IDLE : MAT_FAILED;
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

/* A trial that never was: what it wrote goes. */
static void forget_trial(struct daemon *d, struct mat *mat)
{
    unlink(mat->trial->told);
    put_back(d, mat);
}

static void abort_mat(struct daemon *d, struct mat *mat)
{
    struct recorder_letter *letter;
    const struct order order = {.kind = ORDER_ABORT, .trial = mat->trial};

    if (mat->state == MAT_BEGINNING || mat->state == MAT_RECORDING) {
        mat_order(d, mat, &order);
        mat->state = MAT_ABORTING;
    } else if (mat->over) {
        free(mat->over);
        mat->over = NULL;
        forget_trial(d, mat);
    } else if (mat->state == MAT_ARMED) {
        letter = memory_new(1, sizeof *letter);
        *letter = (struct recorder_letter){.order = RECORD_DISARM, .mat = mat->index, .trial = mat->trial};
        mailbox_post(&d->recorder.box, &letter->letter);
        mat->state = MAT_ABORTING;
    } else if (mat->state == MAT_ARMING && !mat->trial) { /* its source stood open, the others' did not */
        back_to_idle(d, mat);
    }
}

/* Answered when every mat has gone back. */
void trial_finish_failed(struct daemon *d)
{
    struct starting *s = &d->starting;

    for (unsigned i = 0; i < s->n; i++)
        if (mat_is_busy(trial_starting(d, i)))
            return;
    json_object_set_new(d->session->state, "next_run", json_integer(s->run));
    if (s->first_trial)
        json_object_set_new(d->session->state, "next_trial", json_integer(s->first_trial));
    trial_save_session(d);
    call_error(s->call, s->code, "%s", s->message);
    memset(s, 0, sizeof *s);
    trial_answer_stopped(d); /* somebody may have asked to stop a mat of it */
}

void trial_fail_start(struct daemon *d, const char *code, const char *format, ...)
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
        abort_mat(d, trial_starting(d, i));
    trial_finish_failed(d);
}

/* Which gate it waits at says what is slow: the disk, or the mat. */
void trial_tick(struct daemon *d)
{
    struct starting *s = &d->starting;

    if (!s->call || s->failed || !s->deadline_ns || gait_now_ns(d->clock) <= s->deadline_ns)
        return;
    if (s->begun)
        trial_fail_start(
            d, "no-frames",
            "no frame arrived and was written within a second; look at gait status, cable and power of the mat");
    else
        trial_fail_start(d, "path",
                         "%s: the disk took longer than %d s to make the journal: look at what else writes to it",
                         d->session->folder, JOURNAL_MS / 1000);
}

/* --- start -------------------------------------------------------------------------------------------- */

static void fill_header(struct daemon *d, const struct mat *mat, struct trial *t)
{
    struct gait_journal_header *h = &t->header;
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
        if (json_is_boolean(value))
            snprintf(number, sizeof number, "%s", json_is_true(value) ? "true" : "false");
        trial_say(t, key, json_is_string(value) ? json_string_value(value) : number);
    }
    if (s->override[0])
        trial_say(t, "override", s->override);
    if (mat->calibrating.text[0])
        trial_say(t, "calibration_text", mat->calibrating.text);
    trial_say(t, "source", mat->last_source);
    if (mat->truth)
        trial_say(t, "truth", mat->truth);
}

/* Who began it on a low disk, and said why, gets what there is. */
static double floor_bytes(struct daemon *d)
{
    double free_MiB;
    bool writable;

    if (d->starting.override[0] && disk_minutes(d, d->session->folder, &free_MiB, &writable) < d->config.floor_min)
        return 0;
    return disk_stop_bytes(d);
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
    fill_header(d, mat, t);
    study_mark_header(d, t);
    if (t->no_memory) {
        trial_free(t);
        return -ENOMEM;
    }
    snprintf(t->folder[0], sizeof t->folder[0], "%s", d->session->folder);
    if (d->config.second_path[0])
        snprintf(t->folder[1], sizeof t->folder[1], "%.400s/%.100s", d->config.second_path, d->session->id);
    t->max_journal_s = d->config.max_trial_s;
    t->floor_bytes = floor_bytes(d);
    t->no_pre_trigger = mat->holdable;
    t->asked_ns = gait_now_ns(d->clock);
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
        trial_fail_start(d, "internal", "%s: %s", mat->config->id, strerror(-r));
        return;
    }
    letter->order = RECORD_ARM;
    letter->mat = mat->index;
    letter->trial = mat->trial;
    mat->state = MAT_ARMING;
    mailbox_post(&d->recorder.box, &letter->letter);
}

/* Numbers are taken on the disk before a journal has them: a daemon that dies meanwhile never gives one twice. */
static void save_numbers(struct daemon *d)
{
    json_t *state = d->session->state;
    json_int_t next = json_integer_value(json_object_get(state, "next_trial"));

    json_object_set_new(state, "next_trial", json_integer((next < 1 ? 1 : next) + d->starting.n));
    trial_save_session(d);
    json_object_set_new(state, "next_trial", json_integer(next));
}

/* Sources stand open: from here on the disk has its time, and then the mat. */
void trial_arm_all(struct daemon *d)
{
    save_numbers(d);
    d->starting.deadline_ns = gait_now_ns(d->clock) + JOURNAL_MS * MS_NS;
    for (unsigned i = 0; i < d->starting.n && !d->starting.failed; i++)
        arm(d, trial_starting(d, i));
}

/* Where one pass is one footfall the pipeline is told whose turn it is: the other foot does not count, in the file either. */
static void say_foot(const struct daemon *d, struct order *order)
{
    if (!d->starting.foot)
        return;
    order->action = (struct gait_action){
        .kind = GAIT_ACTION_NEXT_SIDE,
        .side = d->starting.foot == PROTOCOL_LEFT ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT,
        .t_ns = gait_now_ns(d->clock),
    };
}

static void begin_all(struct daemon *d)
{
    d->starting.begun = true;
    d->starting.deadline_ns = gait_now_ns(d->clock) + START_MS * MS_NS;
    for (unsigned i = 0; i < d->starting.n; i++) {
        struct mat *mat = trial_starting(d, i);
        struct order order = {.kind = ORDER_BEGIN, .trial = mat->trial};

        mat->trial->asked_at = gait_ring_head(mat_lane(d, mat)->ring);
        mat->state = MAT_BEGINNING;
        say_foot(d, &order);
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
    json_object_set_new(row, "started_s", json_real((double)t->header.start_realtime_ns / 1e9));
    study_mark_row(d, row);
    if (d->starting.override[0])
        json_object_set_new(row, "override", json_string(d->starting.override));
    json_array_append_new(json_object_get(d->session->state, "trials"), row);
}

static json_t *started_object(const struct daemon *d, json_t *trials)
{
    static const char *const feet[] = {NULL, "left", "right"};
    const struct starting *s = &d->starting;
    char buffer[STUDY_NAME_MAX + 1];
    json_t *o = json_pack("{s:I, s:o, s:s, s:s}", "run", (json_int_t)s->run, "trials", trials, "timepoint",
                          study_shown(d->session, s->timepoint, buffer), "condition", s->condition);

    if (d->session->protocol)
        json_object_update_new(o, json_pack("{s:s*, s:i, s:i, s:b, s:b}", "foot", feet[s->foot], "pass", (int)s->pass,
                                            "of", (int)s->of, "extra", s->extra, "late",
                                            s->late && !study_is_blind(d->session)));
    return o;
}

/* Trials that were over before the start was answered: from here on they end like any other. */
static void tell_over(struct daemon *d)
{
    for (unsigned i = 0; i < d->n_mats; i++) {
        struct news *over = d->mat[i].over;

        d->mat[i].over = NULL;
        if (over)
            trial_on_done(d, &d->mat[i], over);
        free(over);
    }
}

/* The row as it goes out: with what the protocol says of it. */
static json_t *started_row(struct daemon *d, const struct mat *mat)
{
    json_t *row = trial_row(mat, mat->trial);

    study_mark_row(d, row);
    (void)study_hide_row(d->session, row);
    json_object_set_new(row, "calibration_text", json_string(mat->calibrating.text));
    return row;
}

static void answer_started(struct daemon *d)
{
    struct starting *s = &d->starting;
    json_t *trials = json_array();

    for (unsigned i = 0; i < s->n; i++) {
        struct mat *mat = trial_starting(d, i);

        note_trial(d, mat);
        trial_publish(d, mat, "started", "");
        json_array_append_new(trials, started_row(d, mat));
        snprintf(d->output, sizeof d->output, "%s", mat->trial->told);
        *strrchr(d->output, '/') = '\0';
        daemon_log_mat(d, mat, GAIT_LOG_NOTICE, "trial %u started: %s", mat->trial->header.trial, mat->trial->told);
    }
    trial_save_session(d);
    call_ok(s->call, started_object(d, trials));
    memset(s, 0, sizeof *s);
    tell_over(d);
}

/* --- what threads say of it ------------------------------------------------------------ */

void trial_on_source(struct daemon *d, struct mat *mat, const struct news *news)
{
    struct seat *seat = &d->device.seat[mat->index];

    mat->away = false;
    mat->transport = seat->transport; /* after a failure the one before */
    mat->holdable = news->code < 0 ? true : seat->holdable;
    memcpy(mat->last_source, seat->text, sizeof mat->last_source);
    free(mat->truth);
    mat->truth = mat->source.kind != SOURCE_USB && seat->truth ? strdup(seat->truth) : NULL;
    if (news->code < 0)
        mat->source.kind = SOURCE_NONE;
    else
        calibrating_load(d, mat);
    snprintf(mat->text, sizeof mat->text, "%.250s", news->code < 0 ? news->err.text : "");
    text_whole(mat->text);
    if (mat->state != MAT_OPENING) {
        mat->state = news->code < 0 ? MAT_FAILED : MAT_IDLE;
        return;
    }
    if (news->code < 0) {
        mat->state = mat_lane(d, mat) ? MAT_IDLE : MAT_FAILED;
        trial_fail_start(d, "source", "%s", news->err.text);
        return;
    }
    mat->state = MAT_ARMING;
    if (d->starting.failed) {
        mat->state = MAT_IDLE;
        trial_finish_failed(d);
    } else if (all_are(d, MAT_ARMING)) {
        trial_arm_all(d);
    }
}

void trial_on_armed(struct daemon *d, struct mat *mat, const struct news *news)
{
    if (news->code < 0) {
        back_to_idle(d, mat);
        snprintf(d->output_text, sizeof d->output_text, "%.250s", news->err.text);
        text_whole(d->output_text);
        trial_fail_start(d, "path", "%s", news->err.text);
        return;
    }
    mat->state = MAT_ARMED;
    d->output_text[0] = '\0';
    if (d->starting.failed)
        abort_mat(d, mat);
    else if (all_are(d, MAT_ARMED))
        begin_all(d);
}

void trial_on_first(struct daemon *d, struct mat *mat)
{
    if (mat->state != MAT_BEGINNING)
        return;
    mat->state = mat->trial->why[0] ? MAT_STOPPING : MAT_RECORDING;
    for (unsigned i = 0; i < d->starting.n; i++)
        if (trial_starting(d, i)->state == MAT_BEGINNING)
            return;
    answer_started(d);
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

void trial_on_aborted(struct daemon *d, struct mat *mat, const struct news *news)
{
    if (news->trial != mat->trial)
        return;
    if (mat->trial)
        remove_journal(mat->trial);
    put_back(d, mat);
    if (!d->starting.call)
        return;
    if (news->code < 0 && !d->starting.failed)
        trial_fail_start(d, "internal", "%s: the pipeline refused the trial's state: %s", mat->config->id,
                         strerror(-news->code));
    else
        trial_finish_failed(d);
}

/* It ended before its first frame was appended, or while it was being given up: a trial that never was. */
void trial_on_done_early(struct daemon *d, struct mat *mat)
{
    forget_trial(d, mat);
    if (d->starting.call && !d->starting.failed)
        trial_fail_start(d, "source", "%s: the source ended without a frame", mat->config->id);
    else if (d->starting.call)
        trial_finish_failed(d);
}
