/* The treatment: when, what, how long. Times on the wall and, as long as the machine is not started anew, on a clock that nobody sets. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "allocation.h"
#include "protocol/field.h"
#include "study.h"

/* Members that tell the arm: sealed while the session is blind. */
static const char *const telling[] = {"technique", "muscle", "side", "intensity", "by", "planned_min"};
enum { TELLING = sizeof telling / sizeof *telling, TEXTS = TELLING - 1 };

json_t *treatment_last(const struct session *s)
{
    const json_t *all = json_object_get(s->state, "treatments");
    size_t n = json_array_size(all);

    return n ? json_array_get(all, n - 1) : NULL;
}

/* what: "started", "stopped". By a clock that nobody sets, when the machine has run since. */
static double seconds_since(const struct daemon *d, const json_t *t, const char *what)
{
    char wall[32], boot[32], id[32];
    const char *boot_id;
    double s;

    snprintf(wall, sizeof wall, "%s_s", what);
    snprintf(boot, sizeof boot, "%s_boot_s", what);
    snprintf(id, sizeof id, "%s_boot_id", what);
    boot_id = json_string_value(json_object_get(t, id));
    if (!json_is_number(json_object_get(t, wall)))
        return (double)NAN;
    if (boot_id && strcmp(boot_id, d->boot_id) == 0 && json_is_number(json_object_get(t, boot)))
        s = (double)d->clock->now_ns(d->clock, GAIT_CLOCK_BOOTTIME) / 1e9 - json_number_value(json_object_get(t, boot));
    else
        s = (double)d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME) / 1e9 - json_number_value(json_object_get(t, wall));
    return s < 0 ? 0 : s;
}

double treatment_since_s(const struct daemon *d, const struct session *s)
{
    const json_t *last = treatment_last(s);

    return last ? seconds_since(d, last, "stopped") : (double)NAN;
}

static void stamp(const struct daemon *d, json_t *t, const char *what)
{
    uint64_t wall = d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME);
    char utc[32], key[32];

    utc_text(wall, utc);
    snprintf(key, sizeof key, "%s_utc", what);
    json_object_set_new(t, key, json_string(utc));
    snprintf(key, sizeof key, "%s_s", what);
    json_object_set_new(t, key, json_real((double)wall / 1e9));
    snprintf(key, sizeof key, "%s_boot_s", what);
    json_object_set_new(t, key, json_real((double)d->clock->now_ns(d->clock, GAIT_CLOCK_BOOTTIME) / 1e9));
    snprintf(key, sizeof key, "%s_boot_id", what);
    json_object_set_new(t, key, json_string(d->boot_id));
}

static bool hides(const struct session *s)
{
    return study_is_blind(s) && protocol_is_drawn(s->protocol);
}

static json_t *real_or_null(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *treatment_object(const struct daemon *d)
{
    const json_t *t = treatment_last(d->session);
    bool running = t && json_is_null(json_object_get(t, "stopped_utc"));
    json_t *o;

    if (!t)
        return json_null();
    o = json_pack("{s:s, s:O, s:O, s:O, s:o, s:o, s:b}", "state", running ? "running" : "done", "n",
                  json_object_get(t, "n"), "started_utc", json_object_get(t, "started_utc"), "stopped_utc",
                  json_object_get(t, "stopped_utc"), "running_s",
                  running ? real_or_null(seconds_since(d, t, "started")) : json_null(), "since_s",
                  running ? json_null() : real_or_null(treatment_since_s(d, d->session)), "hidden",
                  json_object_get(t, "sealed") != NULL);
    for (int i = 0; i < TELLING; i++) {
        json_t *value = json_object_get(t, telling[i]);

        json_object_set(o, telling[i], value ? value : json_null());
    }
    return o;
}

/* --- verbs --------------------------------------------------------------------------------------------- */

static void tell(struct daemon *d, const char *state)
{
    json_t *all = treatment_object(d), *body = json_object(), *value;
    const char *key;
    char text[64];

    json_object_foreach(all, key, value)
    {
        if (!json_is_null(value))
            json_object_set(body, key, value);
    }
    snprintf(text, sizeof text, "treatment %lld %s", (long long)json_integer_value(json_object_get(all, "n")), state);
    json_decref(all);
    json_object_set_new(body, "event", json_string("treatment"));
    json_object_set_new(body, "text", json_string(text));
    json_object_set_new(body, "state", json_string(state));
    for (unsigned i = 0; i < d->n_mats; i++)
        mat_event(d, &d->mat[i], 0, gait_now_ns(d->clock), json_deep_copy(body));
    json_decref(body);
    publisher_object(&d->publisher, -1, GAIT_TOPIC_STATUS, 0, gait_now_ns(d->clock), status_object(d));
}

static void answer(struct daemon *d, struct call *call, json_t *before, const char *state)
{
    struct gait_error err = {0};

    if (session_keep(d->session, before, &err) < 0) {
        call_error(call, "path", "%s", err.text);
        return;
    }
    tell(d, state);
    call_ok(call, json_pack("{s:o}", "treatment", treatment_object(d)));
}

/* A code, as in the field therapist: this goes into every report. */
static bool by_is_a_code(struct call *call, const char *by)
{
    char why[200];
    double number;

    if (!by || field_judge(field_find("therapist"), by, &number, why) >= 0)
        return true;
    call_error(call, "bad-argument", "by: %s: a code, never a name", why);
    return false;
}

static bool read_details(struct call *call, json_t *t)
{
    static const char *const names[] = {"technique", "muscle",      "side",     "intensity",
                                        "by",        "planned_min", "override", NULL};
    const char *text[TEXTS] = {NULL}, *why = NULL;
    double minutes = (double)NAN;

    if (!arg_known(call, names) || !arg_real(call, "planned_min", 0, 240, &minutes) ||
        !arg_text(call, "override", false, 250, &why))
        return false;
    for (int i = 0; i < TEXTS; i++) {
        if (!arg_text(call, telling[i], false, 120, &text[i]))
            return false;
        if (text[i])
            json_object_set_new(t, telling[i], json_string(text[i]));
    }
    if (text[2] && strcmp(text[2], "left") != 0 && strcmp(text[2], "right") != 0 && strcmp(text[2], "both") != 0) {
        call_error(call, "bad-argument", "side: left, right or both");
        return false;
    }
    if (!by_is_a_code(call, text[4]))
        return false;
    if (isfinite(minutes))
        json_object_set_new(t, "planned_min", json_real(minutes));
    if (why)
        json_object_set_new(t, "override", json_string(why));
    return true;
}

/* What was typed goes into a seal. The audit log does not tell it either (audit_args). */
static bool seal_details(struct daemon *d, struct call *call, json_t *t)
{
    struct allocation a = {0};
    struct gait_error err = {0};
    json_t *inside = json_object(), *sealed = NULL;

    for (int i = 0; i < TELLING; i++) {
        if (json_object_get(t, telling[i]))
            json_object_set(inside, telling[i], json_object_get(t, telling[i]));
        json_object_del(t, telling[i]);
    }
    if (allocation_open_to_draw(d->config.path, &a, &err) == 0)
        sealed = allocation_seal(&a, inside);
    allocation_done(&a);
    json_decref(inside);
    if (!sealed) {
        call_error(call, "path", "treatment: it cannot be sealed: %s", err.text[0] ? err.text : "no memory");
        return false;
    }
    json_object_set_new(t, "sealed", sealed);
    return true;
}

static bool plan_allows(struct daemon *d, struct call *call)
{
    struct study_view view;
    int missing, r = study_view_make(d, &view);
    char buffer[STUDY_NAME_MAX + 1];
    bool again;

    if (r == -ENOMEM)
        call_error(call, "internal", "no memory");
    if (r < 0)
        return r == -ENOENT;
    missing = plan_may_treat(view.protocol, view.pass, view.n);
    again = view.now.treated;
    study_view_done(&view);
    if ((!missing && !again) || json_object_get(call->args, "override"))
        return true;
    if (again) {
        call_error(call, "protocol",
                   "the treatment was given: passes after another one would count from the end of that. Or give "
                   "--override WHY");
        return false;
    }
    call_error(call, "protocol", "%s is not complete: walk it first (gait trial start), or give --override WHY",
               study_shown(d->session, d->session->protocol->timepoints[missing - 1].name, buffer));
    return false;
}

static bool is_running(const struct session *s)
{
    const json_t *last = treatment_last(s);

    return last && json_is_null(json_object_get(last, "stopped_utc"));
}

static bool may_start(struct daemon *d, struct call *call)
{
    if (!d->session) {
        call_error(call, "no-session", "no session is open: gait session open --subject ID");
        return false;
    }
    if (study_is_locked(d, call))
        return false;
    if (trial_any(d))
        call_error(call, "trial-running", "a trial is running: stop it first (gait trial stop)");
    else if (is_running(d->session))
        call_already(call, json_pack("{s:o}", "treatment", treatment_object(d)));
    else
        return plan_allows(d, call);
    return false;
}

/* Where the protocol has one arm, its technique and minutes need not be typed. */
static void fill_from_protocol(const struct session *s, json_t *t)
{
    const struct protocol_arm *arm = s->protocol && s->protocol->n_arms == 1 ? &s->protocol->arms[0] : NULL;

    if (arm && arm->technique && !json_object_get(t, "technique"))
        json_object_set_new(t, "technique", json_string(arm->technique));
    if (arm && arm->dose_min > 0 && !json_object_get(t, "planned_min"))
        json_object_set_new(t, "planned_min", json_real(arm->dose_min));
}

static bool tells_details(const struct call *call)
{
    for (int i = 0; i < TELLING; i++)
        if (json_object_get(call->args, telling[i]))
            return true;
    return false;
}

/* What is told while a treatment runs completes or corrects it. */
static void complete(struct daemon *d, struct call *call)
{
    json_t *all = json_object_get(d->session->state, "treatments"), *before, *t;

    if (study_is_locked(d, call))
        return;
    if (hides(d->session)) {
        call_error(call, "protocol", "a treatment is under way, and what was told of it is sealed: put it into a note");
        return;
    }
    t = json_deep_copy(treatment_last(d->session));
    if (!read_details(call, t)) {
        json_decref(t);
        return;
    }
    before = session_before(d->session);
    json_array_set_new(all, json_array_size(all) - 1, t);
    answer(d, call, before, "changed");
}

void treatment_start(struct daemon *d, struct call *call)
{
    json_t *all, *t, *before;

    if (d->session && is_running(d->session) && tells_details(call)) {
        complete(d, call);
        return;
    }
    if (!may_start(d, call))
        return;
    before = session_before(d->session);
    all = json_object_get(d->session->state, "treatments");
    if (!all) {
        all = json_array();
        json_object_set_new(d->session->state, "treatments", all);
    }
    t = json_pack("{s:I, s:n, s:n}", "n", (json_int_t)json_array_size(all) + 1, "stopped_utc", "stopped_s");
    fill_from_protocol(d->session, t);
    if (!read_details(call, t) || (hides(d->session) && !seal_details(d, call, t))) {
        json_decref(t);
        json_decref(before);
        return;
    }
    stamp(d, t, "started");
    json_array_append_new(all, t);
    json_object_del(json_object_get(d->session->state, "fields"), "oil_removed"); /* asked anew after each */
    answer(d, call, before, "started");
}

void treatment_stop(struct daemon *d, struct call *call)
{
    static const char *const names[] = {NULL};
    json_t *last = d->session ? treatment_last(d->session) : NULL, *before;

    if (!arg_known(call, names))
        return;
    if (!d->session)
        call_error(call, "no-session", "no session is open: gait session open --subject ID");
    else if (!last)
        call_error(call, "protocol", "no treatment has begun: gait treatment start");
    else if (!json_is_null(json_object_get(last, "stopped_utc")))
        call_already(call, json_pack("{s:o}", "treatment", treatment_object(d)));
    else if (!study_is_locked(d, call)) {
        before = session_before(d->session);
        stamp(d, last, "stopped");
        answer(d, call, before, "stopped");
    }
}

/* --- for whoever treats -------------------------------------------------------------------------------- */

static json_t *what_to_do(const struct session *s, const json_t *drawn)
{
    const char *name = json_string_value(json_object_get(drawn, "arm"));

    for (uint32_t i = 0; name && i < s->protocol->n_arms; i++) {
        const struct protocol_arm *arm = &s->protocol->arms[i];

        if (strcmp(arm->name, name) == 0)
            return json_pack("{s:s, s:s, s:f, s:s, s:O*}", "arm", arm->name, "technique",
                             arm->technique ? arm->technique : "", "dose_min", arm->dose_min, "about",
                             arm->about ? arm->about : "", "treated", json_object_get(drawn, "treated"));
    }
    return NULL;
}

static json_t *drawn_of(struct daemon *d, struct gait_error *err)
{
    const char *sealed = json_string_value(json_object_get(json_object_get(d->session->state, "allocation"), "sealed"));
    struct allocation a = {0};
    json_t *drawn = NULL;

    if (!sealed)
        return json_incref(json_object_get(d->session->state, "fields"));
    if (allocation_open(d->config.path, &a, err) == 0)
        drawn = allocation_unseal(&a, sealed);
    allocation_done(&a);
    if (!drawn && !err->text[0])
        gait_error_set(err, -EBADMSG, "the seal does not open with this key (allocation/key was changed)");
    return drawn;
}

/* Looking is written down: who gives the treatment looks, who measures does not. */
static void note_looking(struct daemon *d, const struct call *call)
{
    json_t *allocation = json_object_get(d->session->state, "allocation"), *seen = json_object_get(allocation, "seen");
    struct gait_error err = {0};
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    if (!seen) {
        seen = json_array();
        json_object_set_new(allocation, "seen", seen);
    }
    json_array_append_new(seen, json_pack("{s:s, s:s, s:s}", "utc", now, "who", call->who, "client", call->client));
    if (session_save(d->session, &err) < 0)
        daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
}

void treatment_show(struct daemon *d, struct call *call)
{
    static const char *const names[] = {NULL};
    struct gait_error err = {0};
    json_t *drawn, *result;

    if (!arg_known(call, names))
        return;
    if (!d->session || !d->session->protocol) {
        call_error(call, d->session ? "protocol" : "no-session", "no session with a protocol is open");
        return;
    }
    drawn = drawn_of(d, &err);
    result = drawn ? what_to_do(d->session, drawn) : NULL;
    json_decref(drawn);
    if (!result) {
        call_error(call, "internal", "%s", err.text[0] ? err.text : "the arm is not one of the protocol's");
        return;
    }
    note_looking(d, call);
    call_ok(call, result);
}
