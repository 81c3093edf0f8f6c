/* From session.json to what protocol/plan.h wants: passes in the order of time, steps summed, the treatment's times. */
#include "study.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int index_of(const json_t *row, const char *key, int (*find)(const struct protocol *, const char *),
                    const struct protocol *p)
{
    const char *name = json_string_value(json_object_get(row, key));

    return name ? find(p, name) : -1;
}

static int foot_of(const json_t *row)
{
    const char *foot = json_string_value(json_object_get(row, "foot"));

    return !foot ? 0 : *foot == 'l' ? PROTOCOL_LEFT : PROTOCOL_RIGHT;
}

/* Trials of one run over several mats are one pass; it is discarded when all of them are. */
static struct plan_pass *pass_of_run(struct study_view *v, uint32_t run)
{
    for (size_t i = v->n; i > 0; i--)
        if (v->run[i - 1] == run)
            return &v->pass[i - 1];
    v->run[v->n] = run;
    v->pass[v->n] = (struct plan_pass){.discarded = true};
    return &v->pass[v->n++];
}

static void take_row(struct study_view *v, const json_t *row)
{
    struct plan_pass *pass = pass_of_run(v, (uint32_t)json_integer_value(json_object_get(row, "run")));
    const char *state = json_string_value(json_object_get(row, "state"));

    pass->timepoint = index_of(row, "timepoint", protocol_timepoint_find, v->protocol);
    pass->condition = index_of(row, "condition", protocol_condition_find, v->protocol);
    pass->foot = foot_of(row);
    pass->discarded &= json_is_true(json_object_get(row, "discarded"));
    pass->extra |= json_is_true(json_object_get(row, "extra"));
    pass->running |= state && strcmp(state, "recording") == 0;
}

/* The side of the nearest step of the same trial, going by `by`; 0 none or unknown. */
static json_int_t side_beside(const json_t *steps, size_t i, int by)
{
    json_int_t trial = json_integer_value(json_object_get(json_array_get(steps, i), "trial"));
    const json_t *step;

    while ((step = json_array_get(steps, i += (size_t)by)))
        if (json_integer_value(json_object_get(step, "trial")) == trial)
            return json_integer_value(json_object_get(step, "side"));
    return 0;
}

/* The side of a step. Of a print that the mat's edge cuts its shape does not tell it: then the feet take turns, where both neighbours agree. */
static json_int_t side_of(const json_t *steps, size_t i)
{
    const json_t *step = json_array_get(steps, i);
    json_int_t side = json_integer_value(json_object_get(step, "side")), before, after;

    if (side == 1 || side == 2)
        return side;
    if (json_is_true(json_object_get(step, "valid")) || json_is_true(json_object_get(step, "merged")))
        return 0;
    before = side_beside(steps, i, -1);
    after = side_beside(steps, i, 1);
    if ((before && after && before != after) || (!before && !after))
        return 0;
    return 3 - (before ? before : after);
}

static void take_step(struct study_view *v, const struct session *s, size_t i)
{
    const json_t *steps = json_object_get(s->state, "steps"), *step = json_array_get(steps, i);
    const json_t *row = session_trial(s, (uint32_t)json_integer_value(json_object_get(step, "trial")));
    json_int_t side = side_of(steps, i);
    struct plan_pass *pass;
    struct plan_foot *foot;

    if (!row || json_is_true(json_object_get(row, "discarded")))
        return;
    pass = pass_of_run(v, (uint32_t)json_integer_value(json_object_get(row, "run")));
    foot = side ? &pass->side[side - 1] : &pass->no_side;
    if (json_is_true(json_object_get(step, "valid")))
        foot->valid++;
    else
        foot->invalid++;
    foot->partial += json_is_true(json_object_get(step, "partial"));
    foot->merged += json_is_true(json_object_get(step, "merged"));
}

static void take_times(const struct daemon *d, struct study_view *v)
{
    const struct session *s = d->session;
    const json_t *last = treatment_last(s);

    v->now.treating = last && json_is_null(json_object_get(last, "stopped_utc"));
    v->now.treated = last && !v->now.treating;
    v->now.since_s = v->now.treated ? treatment_since_s(d, s) : 0;
    v->now.oil_removed = json_is_true(json_object_get(json_object_get(s->state, "fields"), "oil_removed"));
}

int study_view_make(const struct daemon *d, struct study_view *ret)
{
    const struct session *s = d->session;
    json_t *trials, *steps, *row;
    size_t i;

    if (!s || !s->protocol)
        return -ENOENT;
    trials = json_object_get(s->state, "trials");
    steps = json_object_get(s->state, "steps");
    *ret = (struct study_view){.protocol = s->protocol};
    ret->pass = calloc(json_array_size(trials) + 1, sizeof *ret->pass);
    ret->run = calloc(json_array_size(trials) + 1, sizeof *ret->run);
    if (!ret->pass || !ret->run) {
        study_view_done(ret);
        return -ENOMEM;
    }
    json_array_foreach(trials, i, row) take_row(ret, row);
    for (i = 0; i < json_array_size(steps); i++)
        take_step(ret, s, i);
    take_times(d, ret);
    return 0;
}

void study_view_done(struct study_view *v)
{
    free(v->pass);
    free(v->run);
    *v = (struct study_view){0};
}
