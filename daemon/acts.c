/* What an operator does while frames arrive: it becomes a record at a frame, applied there offline too. And the tare between trials. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "memory.h"

struct waiting *act_wait(struct daemon *d, struct call *call, unsigned letters)
{
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        struct waiting *w = &d->waiting[i];

        if (w->call)
            continue;
        *w = (struct waiting){.call = call, .ticket = ++d->last_ticket, .left = letters, .result = json_array()};
        return w;
    }
    call_error(call, "busy", "too many requests of this kind at once: try again in a second");
    return NULL;
}

struct waiting *act_waiting(struct daemon *d, uint64_t ticket)
{
    for (unsigned i = 0; i < WAITING_MAX; i++)
        if (d->waiting[i].call && d->waiting[i].ticket == ticket)
            return &d->waiting[i];
    return NULL;
}

void act_wait_for_lane(struct waiting *w, struct mat *mat, const struct lane *lane)
{
    w->mat = mat;
    w->lane = lane;
}

/* Frames are collected in the lane; with another one they are gone. */
void act_tick(struct daemon *d)
{
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        struct waiting *w = &d->waiting[i];

        if (!w->call || !w->lane || mat_lane(d, w->mat) == w->lane)
            continue;
        call_error(w->call, "no-mat", "%s has gone: ask again when it is back (gait status)", w->mat->config->id);
        json_decref(w->result);
        w->call = NULL;
    }
}

static void order_action(struct daemon *d, struct mat *mat, uint64_t ticket, const struct gait_action *action)
{
    struct order order = {.kind = ORDER_ACT, .ticket = ticket, .action = *action};

    order.action.t_ns = gait_now_ns(d->clock);
    mat_order(d, mat, &order);
}

void act_mark(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"text", "mat", NULL};
    struct gait_action action = {.kind = GAIT_ACTION_MARK};
    const char *text = NULL, *id = NULL;
    struct mat *only = NULL;
    struct waiting *w;
    unsigned n = 0;

    if (!arg_known(call, names) || !arg_text(call, "text", true, sizeof action.text - 1, &text) ||
        !arg_text(call, "mat", false, GAIT_ID_MAX, &id))
        return;
    if (id && strcmp(id, "all") != 0 && !(only = mat_pick(d, call, id)))
        return;
    snprintf(action.text, sizeof action.text, "%s", text);
    for (unsigned i = 0; i < d->n_mats; i++)
        n += (!only || only == &d->mat[i]) && d->mat[i].state == MAT_RECORDING;
    if (!n) {
        call_error(call, "no-trial", "no trial is running%s%s: a mark is written into a recording (gait trial start)",
                   only ? " on " : "", only ? only->config->id : "");
        return;
    }
    w = act_wait(d, call, n);
    for (unsigned i = 0; w && i < d->n_mats; i++)
        if ((!only || only == &d->mat[i]) && d->mat[i].state == MAT_RECORDING)
            order_action(d, &d->mat[i], w->ticket, &action);
}

/* Which running trial an operator means; NULL: of one that has ended, or none: answered. */
static struct mat *running(struct daemon *d, struct call *call, const struct gait_action *action)
{
    const char *id = NULL;
    uint64_t number = 0;
    struct mat *mat = NULL;
    unsigned n = 0;

    if (!arg_text(call, "mat", false, GAIT_ID_MAX, &id) || !arg_count(call, "trial", false, 1, UINT32_MAX, &number))
        return NULL;
    if (id && !(mat = mat_pick(d, call, id)))
        return NULL;
    for (unsigned i = 0; !id && i < d->n_mats; i++) {
        if (d->mat[i].state == MAT_RECORDING && (!number || d->mat[i].trial->header.trial == number)) {
            mat = &d->mat[i];
            n++;
        }
    }
    if (n > 1)
        call_error(call, "which-mat", "several trials are running: name the mat");
    else if (!mat || mat->state != MAT_RECORDING || (number && mat->trial->header.trial != number))
        correct_late(d, call, id, (uint32_t)number, action);
    else
        return mat;
    return NULL;
}

void act_set_side(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"footfall", "side", "mat", "trial", NULL};
    struct gait_action action = {.kind = GAIT_ACTION_SET_SIDE};
    const char *side = NULL;
    uint64_t footfall = 0;
    struct waiting *w;
    struct mat *mat;

    if (!arg_known(call, names) || !arg_count(call, "footfall", true, 1, UINT32_MAX, &footfall) ||
        !arg_text(call, "side", true, 8, &side))
        return;
    if (strcmp(side, "left") != 0 && strcmp(side, "right") != 0) {
        call_error(call, "bad-argument", "side: left or right");
        return;
    }
    action.side = *side == 'l' ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT;
    action.footfall = (uint32_t)footfall;
    mat = running(d, call, &action);
    w = mat ? act_wait(d, call, 1) : NULL;
    if (w)
        order_action(d, mat, w->ticket, &action);
}

void act_invalid(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"footfall", "why", "mat", "trial", NULL};
    struct gait_action action = {.kind = GAIT_ACTION_INVALID};
    const char *why = NULL;
    uint64_t footfall = 0;
    struct waiting *w;
    struct mat *mat;

    if (!arg_known(call, names) || !arg_count(call, "footfall", true, 1, UINT32_MAX, &footfall) ||
        !arg_text(call, "why", true, sizeof action.text - 1, &why))
        return;
    snprintf(action.text, sizeof action.text, "%s", why);
    action.footfall = (uint32_t)footfall;
    mat = running(d, call, &action);
    w = mat ? act_wait(d, call, 1) : NULL;
    if (w)
        order_action(d, mat, w->ticket, &action);
}

struct mat *act_free_mat(struct daemon *d, struct call *call, const char *id)
{
    struct mat *mat = mat_pick(d, call, id);

    if (!mat)
        return NULL;
    if (mat_is_busy(mat) || !mat_lane(d, mat)) {
        call_error(call, mat_is_busy(mat) ? "trial-running" : "no-mat",
                   mat_is_busy(mat) ? "a mat is tared and calibrated between trials: stop the trial first"
                                    : "this mat is not there: gait status");
        return NULL;
    }
    if (mat->holdable) {
        call_error(call, "no-frames",
                   "%s plays a recording and gives frames in a trial only: there is nothing to tare or calibrate",
                   mat->config->id);
        return NULL;
    }
    return mat;
}

void act_tare(struct daemon *d, struct call *call)
{
    static const char *const names[] = {"mat", "frames", "override", NULL};
    struct recorder_letter *letter;
    uint64_t frames = GAIT_TARE_FRAMES_MIN;
    const char *id = NULL, *override = NULL;
    struct waiting *w;
    struct mat *mat;

    if (!arg_known(call, names) || !arg_text(call, "mat", false, GAIT_ID_MAX, &id) ||
        !arg_count(call, "frames", false, GAIT_TARE_FRAMES_MIN, GAIT_TARE_FRAMES_MAX, &frames) ||
        !arg_text(call, "override", false, 250, &override) || !(mat = act_free_mat(d, call, id)))
        return;
    w = act_wait(d, call, 1);
    if (!w)
        return;
    letter = memory_new(1, sizeof *letter);
    act_wait_for_lane(w, mat, mat_lane(d, mat));
    *letter = (struct recorder_letter){
        .order = RECORD_TARE, .mat = mat->index, .frames = (uint32_t)frames, .empty = override, .ticket = w->ticket};
    mailbox_post(&d->recorder.box, &letter->letter);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

const char *act_text(const struct gait_action *action, char buffer[64])
{
    if (action->text[0])
        return action->text;
    if (action->kind == GAIT_ACTION_NEXT_SIDE)
        snprintf(buffer, 64, "next foot: %s", gait_side_name(action->side));
    else
        snprintf(buffer, 64, "footfall %u: %s", action->footfall, gait_side_name(action->side));
    return buffer;
}

static void acted(struct daemon *d, const struct news *news)
{
    static const char *const word[] = {"", "mark", "set_side", "invalid", "next_side"};
    struct mat *mat = &d->mat[news->mat];
    struct waiting *w = act_waiting(d, news->ticket);
    const struct gait_action *a = &news->action;
    char text[64];

    if (news->code == 0 && news->trial && d->session &&
        (a->kind == GAIT_ACTION_INVALID || a->kind == GAIT_ACTION_SET_SIDE))
        (void)session_correct_step(d->session, news->trial->header.trial, a->footfall, (enum gait_side)a->side,
                                   a->kind == GAIT_ACTION_INVALID);
    if (news->code == 0) /* on the stream the mat's index, as in every header; in answer and journal the trial's */
        mat_event(d, mat, a->at_frame + (news->trial ? atomic_load(&news->trial->base) : 0), a->t_ns,
                  json_pack("{s:s, s:s, s:I, s:s, s:o*}", "event", word[a->kind], "text", act_text(a, text), "footfall",
                            (json_int_t)a->footfall, "side", gait_side_name(a->side), "trial",
                            news->trial ? json_integer(news->trial->header.trial) : NULL));
    if (!w)
        return;
    json_array_append_new(w->result,
                          json_pack("{s:s, s:I, s:o}", "mat", mat->config->id, "frame", (json_int_t)a->at_frame,
                                    "trial", news->trial ? json_integer(news->trial->header.trial) : json_null()));
    if (--w->left)
        return;
    if (news->code < 0)
        call_error(w->call, "no-footfall", "this trial has no footfall %u yet", a->footfall);
    else if (a->kind == GAIT_ACTION_MARK)
        call_ok(w->call, json_pack("{s:O}", "marks", w->result));
    else
        call_ok(w->call, json_pack("{s:I, s:o}", "at_frame", (json_int_t)a->at_frame, "trial",
                                   news->trial ? json_integer(news->trial->header.trial) : json_null()));
    json_decref(w->result);
    w->call = NULL;
}

/* Returns the version; negative errno with err. */
static int take_tare(struct daemon *d, struct mat *mat, struct news *news, const char *why, uint32_t *ret_saturated)
{
    struct lane *lane = mat_lane(d, mat);
    struct gait_trial_state state;
    int r = lane && !mat_is_busy(mat) ? gait_trial_state_copy(lane_idle(lane), &state) : -ENODEV;
    uint8_t *cell;
    char note[128];

    if (r < 0)
        return gait_error_set(&news->err, r, "the mat has gone, or a trial has begun");
    free(state.calibration.offset);
    free(state.calibration.sigma);
    state.calibration.offset = news->tare.offset;
    state.calibration.sigma = news->tare.sigma;
    news->tare.offset = news->tare.sigma = NULL;
    snprintf(note, sizeof note, "tare over %u frames%s%.90s", news->tare.frames, why ? ", override: " : "",
             why ? why : "");
    cell = calibrating_tare_cells(mat, &state, news->tare.stuck_cells, ret_saturated);
    r = cell ? calibrating_kills(mat, &state.geometry, cell, why, &news->err) : -ENOMEM;
    if (r == 0)
        r = calibrating_put(d, mat, &state, cell, note, &news->err);
    else
        free(cell);
    gait_trial_state_done(&state);
    return r;
}

static json_t *tare_result(const struct mat *mat, const struct news *news, int version, uint32_t saturated)
{
    json_t *o = json_pack("{s:s, s:i, s:I, s:f, s:I, s:I, s:I, s:s}", "mat", mat->config->id, "calibration", version,
                          "frames", (json_int_t)news->tare.frames, "sigma_counts", news->tare.sigma_mean, "noisy_cells",
                          (json_int_t)news->tare.noisy_cells, "stuck_cells", (json_int_t)news->tare.stuck_cells,
                          "saturated_cells", (json_int_t)saturated, "path", mat->calibrating.path);

    calibrating_dead(mat, o);
    return o;
}

const char *act_tare_code(int code)
{
    return code == -EBUSY       ? "loaded"
           : code == -EUSERS    ? "loaded"
           : code == -EALREADY  ? "busy"
           : code == -ECANCELED ? "trial-running"
           : code == -ETIMEDOUT ? "no-frames"
                                : "internal";
}

static void tared(struct daemon *d, struct news *news)
{
    struct mat *mat = &d->mat[news->mat];
    struct waiting *w = act_waiting(d, news->ticket);
    uint32_t saturated = 0;
    const char *why = w ? json_string_value(json_object_get(w->call->args, "override")) : NULL;
    int version = news->code < 0 ? news->code : take_tare(d, mat, news, why, &saturated);

    if (version > 0)
        mat_event(d, mat, NEWEST_FRAME, news->t_ns,
                  json_pack("{s:s, s:i, s:s}", "event", "tare", "calibration", version, "text", "the mat was tared"));
    if (w && version > 0)
        call_ok(w->call, tare_result(mat, news, version, saturated));
    else if (w)
        call_error(w->call,
                   news->code < 0     ? act_tare_code(news->code)
                   : version == -EDOM ? "calibration"
                                      : "path",
                   "%s: %s", mat->config->id, news->err.text[0] ? news->err.text : strerror(-version));
    free(news->tare.offset);
    free(news->tare.sigma);
    if (w) {
        json_decref(w->result);
        w->call = NULL;
    }
}

void act_news(struct daemon *d, struct news *news)
{
    if (news->kind == NEWS_ACTED)
        acted(d, news);
    else if (news->kind == NEWS_TARED && news->collected.any)
        calibrate_news(d, news);
    else if (news->kind == NEWS_TARED)
        tared(d, news);
}
