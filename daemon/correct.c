/*
 * A footfall that is corrected after its trial has ended: the journal is complete and stays as it is, live equals offline. What was said is kept in session.json and stands
 * beside the trials from then on; closing the session puts it into the session's tables and events.
 */
#include <stdio.h>
#include <string.h>

#include "study.h"

static void keep(struct daemon *d, const struct call *call, const json_t *row, const struct gait_action *a)
{
    json_t *list = json_object_get(d->session->state, "corrections"), *one;
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    one = json_pack("{s:O, s:I, s:s, s:s, s:s, s:s, s:I}", "trial", json_object_get(row, "trial"), "footfall",
                    (json_int_t)a->footfall, "kind", a->kind == GAIT_ACTION_INVALID ? "invalid" : "set_side", "why",
                    a->text, "utc", now, "who", call->who, "t_ns", (json_int_t)gait_now_ns(d->clock));
    if (a->kind == GAIT_ACTION_SET_SIDE)
        json_object_set_new(one, "side", json_string(gait_side_name(a->side)));
    if (!list) {
        list = json_array();
        json_object_set_new(d->session->state, "corrections", list);
    }
    json_array_append_new(list, one);
}

static void tell(struct daemon *d, const json_t *row, const struct gait_action *a)
{
    const char *id = json_string_value(json_object_get(row, "mat"));
    char text[64];

    for (unsigned i = 0; id && i < d->n_mats; i++)
        if (strcmp(d->mat[i].config->id, id) == 0)
            mat_event(d, &d->mat[i], NEWEST_FRAME, gait_now_ns(d->clock),
                      json_pack("{s:s, s:s, s:I, s:s, s:O}", "event",
                                a->kind == GAIT_ACTION_INVALID ? "invalid" : "set_side", "text", act_text(a, text),
                                "footfall", (json_int_t)a->footfall, "side", gait_side_name(a->side), "trial",
                                json_object_get(row, "trial")));
}

/* The trial that is meant, when its footfalls may be corrected; NULL and an answered call. */
static json_t *ended_row(struct daemon *d, struct call *call, const char *mat, uint32_t trial)
{
    json_t *row;

    if (!d->session) {
        call_error(call, "no-trial", "no trial is running, and no session is open");
        return NULL;
    }
    if (study_is_locked(d, call))
        return NULL;
    row = session_trial(d->session, trial ? trial : session_newest(d->session, mat));
    if (!row || (mat && strcmp(json_string_value(json_object_get(row, "mat")), mat) != 0)) {
        call_error(call, "no-trial", "this session has no such trial: gait status");
        return NULL;
    }
    if (!d->close_call && strcmp(json_string_value(json_object_get(row, "state")), "recording") != 0)
        return row;
    call_error(call, "busy", "that trial is just ending, or its session being closed: ask again in a second");
    return NULL;
}

void correct_late(struct daemon *d, struct call *call, const char *mat, uint32_t trial, const struct gait_action *a)
{
    json_t *row = ended_row(d, call, mat, trial), *before;
    struct gait_error err = {0};

    if (!row)
        return;
    trial = (uint32_t)json_integer_value(json_object_get(row, "trial"));
    before = session_before(d->session);
    if (!session_correct_step(d->session, trial, a->footfall, a->side, a->kind == GAIT_ACTION_INVALID)) {
        json_decref(before);
        call_error(call, "no-footfall", "trial %u has no footfall %u", trial, a->footfall);
        return;
    }
    keep(d, call, row, a);
    if (session_keep(d->session, before, &err) < 0) {
        call_error(call, "path", "%s", err.text);
        return;
    }
    tell(d, row, a);
    call_ok(call, json_pack("{s:n, s:I}", "at_frame", "trial", (json_int_t)trial));
}
