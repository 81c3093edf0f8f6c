/* The end of a trial: asked for, discarded, told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "study.h"
#include "text.h"
#include "trial_parts.h"

#define MS_NS 1000000ull
enum { STOP_WAIT_MS = 2000 };

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

void trial_end_all(struct daemon *d)
{
    if (d->starting.call)
        trial_fail_start(d, "busy", "gaitd is stopping: nothing was begun");
    for (unsigned i = 0; i < d->n_mats; i++)
        trial_end(d, &d->mat[i], "shutdown", true);
}

void trial_answer_stopped(struct daemon *d)
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
    if (d->starting.call) {
        call_error(call, "busy", "a start is at work: stop it when it is answered, within a second or two");
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

/* On the stream, where the pass is counted along. */
static void tell_discarded(struct daemon *d, const json_t *row, const char *why)
{
    const char *id = json_string_value(json_object_get(row, "mat"));
    unsigned i = 0;

    while (i < d->n_mats && !(id && strcmp(d->mat[i].config->id, id) == 0))
        i++;
    if (i < d->n_mats)
        publisher_object(&d->publisher, (int)i, GAIT_TOPIC_TRIAL, NEWEST_FRAME, gait_now_ns(d->clock),
                         json_pack("{s:s, s:s, s:I, s:s}", "state", "discarded", "session", d->session->id, "trial",
                                   json_integer_value(json_object_get(row, "trial")), "why", why));
}

void trial_discard(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"why", "mat", "trial", NULL};
    const char *why = NULL, *id = NULL;
    uint64_t number = 0;
    struct gait_error err = {0};
    json_t *row, *before;

    if (!arg_known(call, names) || !arg_text(call, "why", true, 250, &why) ||
        !arg_text(call, "mat", false, GAIT_ID_MAX, &id) || !arg_count(call, "trial", false, 1, UINT32_MAX, &number))
        return;
    if (!d->session) {
        call_error(call, "no-session", "no session is open");
        return;
    }
    if (!number)
        number = session_newest(d->session, id);
    if (study_is_locked(d, call))
        return;
    row = session_trial(d->session, (uint32_t)number);
    if (!row || (id && strcmp(json_string_value(json_object_get(row, "mat")), id) != 0)) {
        call_error(call, "no-trial", "this session has no such trial: gait status");
        return;
    }
    before = session_before(d->session);
    json_object_set_new(row, "discarded", json_true());
    json_object_set_new(row, "discard_why", json_string(why));
    if (session_keep(d->session, before, &err) < 0) {
        call_error(call, "path", "%s", err.text);
        return;
    }
    for (unsigned i = 0; i < d->n_mats; i++)
        if (d->mat[i].trial && d->mat[i].trial->header.trial == number)
            trial_end(d, &d->mat[i], "discarded", false);
    tell_discarded(d, row, why);
    call_ok(call, json_pack("{s:[o]}", "trials", study_hide_row(d->session, json_copy(row))));
}

/* --- what threads say of it ------------------------------------------------------------ */

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
    trial_save_session(d);
}

static bool is_starting(const struct daemon *d, const struct mat *mat)
{
    for (unsigned i = 0; d->starting.call && i < d->starting.n; i++)
        if (d->starting.mats[i] == mat->index)
            return true;
    return false;
}

static struct news *kept(const struct news *news)
{
    struct news *copy = memory_new(1, sizeof *copy);

    *copy = *news;
    return copy;
}

void trial_on_done(struct daemon *d, struct mat *mat, const struct news *news)
{
    struct trial *t = mat->trial;

    if (news->trial != t)
        return;
    if (mat->state == MAT_BEGINNING || mat->state == MAT_ABORTING || (is_starting(d, mat) && d->starting.failed)) {
        trial_on_done_early(d, mat);
        return;
    }
    if (is_starting(d, mat)) {
        mat->over = kept(news);
        return;
    }
    json_decref(mat->ended);
    mat->ended = study_hide_row(d->session, trial_row(mat, t));
    json_object_set_new(mat->ended, "why", json_string(news->code < 0 ? news->err.text : t->why));
    trial_publish(d, mat, news->code < 0 ? "failed" : "ended", news->code < 0 ? news->err.text : t->why);
    daemon_log_mat(d, mat, news->code < 0 ? GAIT_LOG_ERROR : GAIT_LOG_NOTICE,
                   "trial %u ended (%s): %llu frames, %llu footfalls, %llu lost", t->header.trial,
                   news->code < 0 ? news->err.text : t->why, (unsigned long long)atomic_load(&t->frames),
                   (unsigned long long)atomic_load(&t->footfalls),
                   (unsigned long long)(atomic_load(&t->lost_device) + atomic_load(&t->lost_ring)));
    update_row(d, t, "recorded");
    sealing_trial(d, t, t->told);
    mat->trial = trial_free(t);
    mat->state = mat->holdable ? MAT_STOPPING : MAT_IDLE;
    if (mat->holdable)
        device_ask(&d->device, DEVICE_HOLD, mat->index, NULL); /* answered by NEWS_HELD: idle from then on */
    trial_answer_stopped(d);
}

void trial_on_held(struct daemon *d, struct mat *mat)
{
    if (mat->state == MAT_STOPPING && !mat->trial)
        mat->state = MAT_IDLE;
    trial_answer_stopped(d);
    if (d->starting.call && d->starting.failed)
        trial_finish_failed(d);
}

/* A journal that the trial does not write any more: one of its parts. */
static void note_part(struct daemon *d, const struct trial *t, const char *journal)
{
    json_t *row = d->session ? session_trial(d->session, t->header.trial) : NULL, *parts;

    if (!row) /* moved before the start was answered: its row comes with the new journal */
        return;
    parts = json_object_get(row, "parts");
    if (!parts) {
        parts = json_array();
        json_object_set_new(row, "parts", parts);
    }
    json_array_append_new(parts, json_string(journal));
    json_object_set_new(row, "journal", json_string(t->told));
    trial_save_session(d);
}

void trial_on_moved(struct daemon *d, struct mat *mat, const struct news *news)
{
    const char *event = news->kind == NEWS_FAILED ? "write_failed" : news->kind == NEWS_LOW ? "disk_low" : "moved";

    daemon_log_mat(d, mat, news->kind == NEWS_FAILED ? GAIT_LOG_ERROR : GAIT_LOG_WARNING, "%s", news->err.text);
    mat_event(d, mat, NEWEST_FRAME, news->t_ns, json_pack("{s:s, s:s}", "event", event, "text", news->err.text));
    snprintf(d->output_text, sizeof d->output_text, "%.250s", news->err.text);
    text_whole(d->output_text);
    if (news->left[0] && mat->trial == news->trial) {
        note_part(d, mat->trial, news->left);
        sealing_trial(d, mat->trial, news->left);
    }
    if (news->kind == NEWS_FAILED && mat->state == MAT_BEGINNING && d->starting.call)
        trial_fail_start(d, "path", "%s", news->err.text);
    else if (news->kind == NEWS_FAILED)
        trial_end(d, mat, "write_failed", false);
    else if (news->kind == NEWS_LOW && mat->trial == news->trial)
        trial_end(d, mat, "disk_low", true);
}
