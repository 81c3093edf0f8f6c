/* The session as anybody may see it: status, snapshot, answers. */
#include <math.h>
#include <string.h>

#include "study.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* --- protocol ------------------------------------------------------------------------------------------- */

static const char *state_of(const struct study_view *v, const struct plan_next *next, int timepoint)
{
    bool complete = true;

    for (int c = 0; c < (int)v->protocol->n_conditions; c++) {
        struct plan_cell cell;

        plan_cell(v->protocol, v->pass, v->n, timepoint, c, &cell);
        complete &= cell.complete;
    }
    if (complete)
        return "done";
    if (next->timepoint == timepoint)
        return next->what == PLAN_TRIAL || next->what == PLAN_OIL ? "now" : "waiting";
    return next->timepoint < 0 || timepoint < next->timepoint ? "missed" : "later";
}

static double opens_in(const struct study_view *v, int timepoint)
{
    const struct protocol_timepoint *t = &v->protocol->timepoints[timepoint];
    double due = (t->after_treatment_min - t->early_min) * 60;

    if (t->kind != PROTOCOL_POST || !v->now.treated)
        return (double)NAN;
    return due > v->now.since_s ? due - v->now.since_s : 0;
}

static json_t *timepoint_row(const struct daemon *d, const struct study_view *v, const struct plan_next *next, int i)
{
    const struct protocol_timepoint *t = &v->protocol->timepoints[i];
    bool blind = study_is_blind(d->session);
    unsigned passes = 0, of = protocol_passes(v->protocol, (unsigned)i) * v->protocol->n_conditions;
    double opens = opens_in(v, i);
    char buffer[STUDY_NAME_MAX + 1];

    for (int c = 0; c < (int)v->protocol->n_conditions; c++) {
        struct plan_cell cell;

        plan_cell(v->protocol, v->pass, v->n, i, c, &cell);
        passes += cell.passes;
    }
    if (v->protocol->mat_mode == PROTOCOL_SINGLE)
        of *= 2;
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:i, s:i}", "timepoint", study_shown(d->session, t->name, buffer),
                     "kind", blind ? json_null() : json_string(protocol_kind_name(t->kind)), "state",
                     state_of(v, next, i), "after_treatment_min",
                     blind || t->kind != PROTOCOL_POST ? json_null() : json_real(t->after_treatment_min), "opens_in_s",
                     !blind && isfinite(opens) ? json_real(opens) : json_null(), "passes", (int)passes, "of", (int)of);
}

static json_t *primary_array(const struct protocol *p)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < p->n_primary; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "metric", p->primary[i].metric, "foot",
                                              protocol_foot_name(p->primary[i].foot), "direction",
                                              protocol_direction_name(p->primary[i].direction), "swc",
                                              p->primary[i].swc > 0 ? json_real(p->primary[i].swc) : json_null()));
    return list;
}

static void put_plan(const struct daemon *d, json_t *o, const struct study_view *v, const struct plan_next *next)
{
    json_t *timepoints = json_array(), *conditions = json_array();

    for (int i = 0; i < (int)v->protocol->n_timepoints; i++)
        json_array_append_new(timepoints, timepoint_row(d, v, next, i));
    for (uint32_t i = 0; i < v->protocol->n_conditions; i++)
        json_array_append_new(conditions, json_string(v->protocol->conditions[i].name));
    json_object_set_new(o, "timepoints", timepoints);
    json_object_set_new(o, "conditions", conditions);
    json_object_set_new(o, "primary", primary_array(v->protocol));
}

static void put_arm(const struct session *s, json_t *o)
{
    bool hidden = study_is_blind(s) && (protocol_is_drawn(s->protocol) || s->protocol->n_arms > 1);
    const json_t *fields = json_object_get(s->state, "fields");
    const char *arm = hidden ? NULL : json_string_value(json_object_get(fields, "arm"));
    const char *treated = json_string_value(json_object_get(fields, "treated"));

    json_object_set_new(o, "arm", text_or_null(arm));
    json_object_set_new(o, "arm_hidden", json_boolean(hidden));
    json_object_set_new(o, "treated",
                        hidden ? json_null()
                               : text_or_null(treated ? treated : protocol_foot_name(s->protocol->treated)));
}

static json_t *protocol_object(const struct daemon *d, const struct study_view *v, const struct plan_next *next)
{
    const struct protocol *p = v->protocol;
    json_t *o = json_copy(json_object_get(d->session->state, "protocol"));

    json_object_del(o, "text");
    json_object_update_new(
        o,
        json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:f, s:i, s:f, s:s, s:b}", "mat_mode",
                  protocol_mat_mode_name(p->mat_mode), "approach", protocol_approach_name(p->approach), "foot_order",
                  p->mat_mode == PROTOCOL_SINGLE ? json_string(protocol_order_name(p->foot_order)) : json_null(),
                  "speed_source", protocol_speed_name(p->speed_source), "index_foot", protocol_foot_name(p->index_foot),
                  "periods", (int)protocol_periods(p), "passes", (int)p->passes, "min_steps", (int)p->min_steps,
                  "window_percent", p->window_percent, "warm_up_min", (int)p->warm_up_min, "balance_s", p->balance_s,
                  "note", p->note ? p->note : "", "oil_removed", p->oil_removed));
    put_arm(d->session, o);
    put_plan(d, o, v, next);
    return o;
}

/* --- next ---------------------------------------------------------------------------------------------- */

static json_t *next_object(const struct daemon *d, const struct study_view *v, const struct plan_next *next)
{
    static const char *const feet[] = {NULL, "left", "right"};
    const struct protocol *p = v->protocol;
    bool any = next->timepoint >= 0;
    char text[200], buffer[STUDY_NAME_MAX + 1];

    study_say(d, next, text);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:s}", "do", plan_what_name(next->what), "timepoint",
                     any ? json_string(study_shown(d->session, p->timepoints[next->timepoint].name, buffer))
                         : json_null(),
                     "condition", any ? json_string(p->conditions[next->condition].name) : json_null(), "foot",
                     text_or_null(feet[next->foot]), "pass", any ? json_integer(next->pass) : json_null(), "of",
                     any ? json_integer(next->of) : json_null(), "wait_s", next->wait_s, "text", text);
}

/* --- the session ------------------------------------------------------------------------------------------ */

static json_t *hide_rows(const struct session *s, json_t *rows)
{
    json_t *copy = json_array(), *row;
    size_t i;

    json_array_foreach(rows, i, row) json_array_append_new(copy, study_hide_row(s, json_copy(row)));
    return copy;
}

static void put_study(struct daemon *d, json_t *o)
{
    struct study_view view;
    struct plan_next next;

    if (study_view_make(d, &view) < 0)
        return;
    plan_next(view.protocol, view.pass, view.n, &view.now, &next);
    json_object_set_new(o, "protocol", protocol_object(d, &view, &next));
    json_object_set_new(o, "next", next_object(d, &view, &next));
    json_object_set_new(o, "quality", study_quality(d, &view, &next));
    study_view_done(&view);
}

json_t *study_session(struct daemon *d)
{
    static const char *const inner[] = {"steps", "treatments", "allocation", "override"};
    const struct session *s = d->session;
    bool blind = study_is_blind(s);
    json_t *o;

    if (!s)
        return json_null();
    o = json_copy(s->state);
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
        json_object_del(o, inner[i]);
    json_object_update_new(o, json_pack("{s:n, s:n, s:n, s:o, s:b, s:b}", "protocol", "next", "quality", "treatment",
                                        treatment_object(d), "blind", blind, "locked",
                                        json_object_get(s->state, "locked") != NULL));
    if (blind) {
        json_t *fields = json_copy(json_object_get(o, "fields"));

        json_object_del(fields, "arm");
        json_object_del(fields, "treated");
        json_object_del(o, "unblinded");
        json_object_set_new(o, "fields", fields);
        json_object_set_new(o, "trials", hide_rows(s, json_object_get(o, "trials")));
    }
    put_study(d, o);
    return o;
}
