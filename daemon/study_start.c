/* `trial start` under a protocol: which pass it is, and whether it may be walked. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study.h"
#include "trial_parts.h"

static const char *const feet[] = {"", "left", "right"};

void study_say(const struct daemon *d, const struct plan_next *next, char ret[200])
{
    const struct protocol *p = d->session->protocol;
    char buffer[STUDY_NAME_MAX + 1];
    const char *timepoint =
        next->timepoint < 0 ? "" : study_shown(d->session, p->timepoints[next->timepoint].name, buffer);

    if (next->what == PLAN_TRIAL)
        snprintf(ret, 200, "%s, %s: pass %u of %u%s%s%s", timepoint, p->conditions[next->condition].name, next->pass,
                 next->of, next->foot ? ", " : "", feet[next->foot], next->foot ? " foot" : "");
    else if (next->what == PLAN_WAIT)
        snprintf(ret, 200, "%s begins in %d min %02d s", timepoint, (int)ceil(next->wait_s) / 60,
                 (int)ceil(next->wait_s) % 60);
    else if (next->what == PLAN_TREATMENT_START)
        snprintf(ret, 200, "the treatment: gait treatment start");
    else if (next->what == PLAN_TREATMENT_STOP)
        snprintf(ret, 200, "the treatment is under way: gait treatment stop when it ends");
    else if (next->what == PLAN_OIL)
        snprintf(ret, 200, "wipe the feet, then: gait session set oil_removed=true");
    else
        snprintf(ret, 200, "all passes are there: gait session close");
}

/* Index of a name that was given; -1 none was; -2 and an answered call: there is no such. */
static int given(struct daemon *d, struct call *call, const char *key, bool timepoint)
{
    const struct protocol *p = d->session->protocol;
    const char *text = NULL;
    char list[300] = "", buffer[STUDY_NAME_MAX + 1];
    size_t n = 0;
    int i;

    if (!arg_text(call, key, false, STUDY_NAME_MAX, &text))
        return -2;
    if (!text)
        return -1;
    i = timepoint ? protocol_timepoint_find(p, study_meant(d->session, text)) : protocol_condition_find(p, text);
    if (i >= 0)
        return i;
    for (uint32_t k = 0; k < (timepoint ? p->n_timepoints : p->n_conditions) && n < sizeof list; k++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", k ? ", " : "",
                              timepoint ? study_shown(d->session, p->timepoints[k].name, buffer)
                                        : p->conditions[k].name);
    call_error(call, "bad-argument", "%s: the protocol has no \"%s\": there are %s", key, text, list);
    return -2;
}

static bool given_foot(struct call *call, int *ret_foot)
{
    const char *text = NULL;

    *ret_foot = 0;
    if (!arg_text(call, "foot", false, 8, &text))
        return false;
    if (text && strcmp(text, "left") != 0 && strcmp(text, "right") != 0) {
        call_error(call, "bad-argument", "foot: left or right");
        return false;
    }
    *ret_foot = !text ? 0 : *text == 'l' ? PROTOCOL_LEFT : PROTOCOL_RIGHT;
    return true;
}

static const char *reason(const struct study_view *v, enum plan_refusal refusal)
{
    static const char *const text[] = {
        [PLAN_MAY] = "",
        [PLAN_NOT_IN_TURN] = "it is not its turn",
        [PLAN_COMPLETE] = "the planned passes are there",
        [PLAN_TOO_EARLY] = "it is too early",
        [PLAN_NOT_TREATED] = "the treatment has not been given",
        [PLAN_TREATING] = "nobody walks during the treatment",
        [PLAN_OIL_LEFT] = "oil is on the feet",
        [PLAN_OTHER_FOOT] = "it is the other foot's turn",
        [PLAN_NOTHING_LEFT] = "nothing is left to walk",
    };

    (void)v;
    return text[refusal];
}

static bool refuse(struct daemon *d, struct call *call, const struct study_view *v, const struct plan_next *next,
                   enum plan_refusal refusal)
{
    char text[200];

    study_say(d, next, text);
    if (next->what == PLAN_CLOSE && (refusal == PLAN_COMPLETE || refusal == PLAN_NOTHING_LEFT))
        call_error(call, "protocol", "%s. One more pass: give --override WHY", text);
    else
        call_error(call, "protocol", "the protocol forbids this pass: %s. Next: %s. Or give --override WHY",
                   reason(v, refusal), text);
    return false;
}

/* What was not said is what comes next. */
static bool choose(struct daemon *d, struct call *call, const struct plan_next *next, int *ret_timepoint,
                   int *ret_condition, int *ret_foot)
{
    int timepoint = given(d, call, "timepoint", true);
    int condition = timepoint == -2 ? -2 : given(d, call, "condition", false);

    if (condition == -2 || !given_foot(call, ret_foot))
        return false;
    *ret_timepoint = timepoint >= 0 ? timepoint : next->timepoint;
    *ret_condition = condition >= 0 ? condition : *ret_timepoint == next->timepoint ? next->condition : 0;
    return true;
}

static void keep(struct daemon *d, const struct study_view *v, const struct plan_next *next, int timepoint,
                 int condition, int foot, enum plan_refusal refusal)
{
    const struct protocol *p = v->protocol;
    struct starting *s = &d->starting;
    struct plan_cell cell;
    bool same = timepoint == next->timepoint && condition == next->condition;

    plan_cell(p, v->pass, v->n, timepoint, condition, &cell);
    snprintf(s->timepoint, sizeof s->timepoint, "%s", p->timepoints[timepoint].name);
    snprintf(s->condition, sizeof s->condition, "%s", p->conditions[condition].name);
    s->foot = foot ? foot : same ? next->foot : p->mat_mode == PROTOCOL_SINGLE ? PROTOCOL_LEFT : 0;
    s->pass = cell.passes + 1;
    s->of = same ? next->of : protocol_passes(p, (unsigned)timepoint) * (p->mat_mode == PROTOCOL_SINGLE ? 2 : 1);
    s->extra = refusal == PLAN_COMPLETE || refusal == PLAN_TREATING; /* of no timepoint: it can count nowhere */
    s->late = plan_is_late(p, v->pass, v->n, &v->now, timepoint);
}

static bool decide(struct daemon *d, struct call *call, const struct study_view *v)
{
    int timepoint, condition, foot;
    enum plan_refusal refusal;
    struct plan_next next;

    plan_next(v->protocol, v->pass, v->n, &v->now, &next);
    if (!choose(d, call, &next, &timepoint, &condition, &foot))
        return false;
    if (timepoint < 0) /* nothing is left: an extra pass of the last timepoint, if at all */
        timepoint = (int)v->protocol->n_timepoints - 1;
    condition = condition < 0 ? 0 : condition;
    refusal = plan_may(v->protocol, v->pass, v->n, &v->now, timepoint, condition, foot);
    if (refusal && !d->starting.override[0])
        return refuse(d, call, v, &next, refusal);
    keep(d, v, &next, timepoint, condition, foot, refusal);
    return true;
}

bool study_may_start(struct daemon *d, struct call *call)
{
    struct study_view view;
    bool may;
    int r = study_view_make(d, &view);

    if (r == -ENOMEM)
        call_error(call, "internal", "no memory");
    if (r < 0)
        return r == -ENOENT;
    may = decide(d, call, &view);
    study_view_done(&view);
    return may;
}

/* --- what it leaves ------------------------------------------------------------------------------------ */

static void set_count(struct trial *t, const char *key, unsigned value)
{
    char text[16];

    snprintf(text, sizeof text, "%u", value);
    trial_say(t, key, text);
}

static void mark_protocol(struct daemon *d, struct trial *t)
{
    const json_t *p = json_object_get(d->session->state, "protocol");
    static const char *const member[][2] = {
        {"protocol", "name"}, {"study", "study"}, {"protocol_sha256", "sha256"}, {"protocol_text", "text"}};

    for (size_t i = 0; i < sizeof member / sizeof *member; i++)
        if (json_is_string(json_object_get(p, member[i][1])))
            trial_say(t, member[i][0], json_string_value(json_object_get(p, member[i][1])));
}

void study_mark_header(struct daemon *d, struct trial *trial)
{
    const struct protocol *p = d->session->protocol;
    const struct starting *s = &d->starting;
    char text[40];

    if (isfinite(s->since_treatment_s)) {
        snprintf(text, sizeof text, "%.3f", s->since_treatment_s);
        trial_say(trial, "t_since_treatment_s", text);
    }
    if (!p)
        return;
    mark_protocol(d, trial);
    set_count(trial, "pass", s->pass);
    if (s->foot)
        trial_say(trial, "foot", feet[s->foot]);
    if (s->extra)
        trial_say(trial, "extra", "1");
    if (s->late)
        trial_say(trial, "late", "1");
    trial->state.parameters.mat_mode = p->mat_mode == PROTOCOL_SINGLE ? GAIT_MAT_SINGLE : GAIT_MAT_MULTI;
    trial->state.parameters.approach = (enum gait_approach)p->approach;
}

void study_mark_row(struct daemon *d, json_t *row)
{
    const struct starting *s = &d->starting;

    if (isfinite(s->since_treatment_s))
        json_object_set_new(row, "t_since_treatment_s", json_real(s->since_treatment_s));
    if (!d->session->protocol)
        return;
    json_object_set_new(row, "pass", json_integer((json_int_t)s->pass));
    if (s->foot)
        json_object_set_new(row, "foot", json_string(feet[s->foot]));
    if (s->extra)
        json_object_set_new(row, "extra", json_true());
    if (s->late)
        json_object_set_new(row, "late", json_true());
}
