/* A protocol comes into a session: found, judged, drawn, kept whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "allocation.h"
#include "study.h"

enum { FAULTS_MAX = 50, DAY_S = 86400 };

static bool refuse(struct call *call, const char *code, const struct gait_error *err)
{
    call_error(call, code, "protocol: %s", err->text);
    return false;
}

/* --- finding it ------------------------------------------------------------------------------------- */

static bool name_ok(const char *name)
{
    return *name && strlen(name) < 48 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

/* Beside gaitd.yaml, in /etc/gaitd, then what was installed. */
static bool find_file(const struct daemon *d, const char *name, char ret_path[CONFIG_PATH_MAX + 80])
{
    const char *slash = strrchr(d->config.file, '/');
    char beside[CONFIG_PATH_MAX];
    const char *const folder[] = {beside, "/etc/gaitd/protocols", GAIT_PROTOCOLS_DIR};

    snprintf(beside, sizeof beside, "%.*s/protocols", slash ? (int)(slash - d->config.file) : 0, d->config.file);
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) {
        snprintf(ret_path, CONFIG_PATH_MAX + 80, "%s/%s.yaml", folder[i], name);
        if (access(ret_path, R_OK) == 0)
            return true;
    }
    return false;
}

static bool read_named(struct daemon *d, struct call *call, const char *name, char **ret_text, size_t *ret_length,
                       char ret_path[CONFIG_PATH_MAX + 80])
{
    struct gait_error err = {0};

    if (!name_ok(name) || !find_file(d, name, ret_path)) {
        call_error(
            call, "bad-argument",
            "protocol: there is no \"%.60s\" beside gaitd.yaml in protocols/, in /etc/gaitd/protocols or in %s; a "
            "file is named by its path",
            name, GAIT_PROTOCOLS_DIR);
        return false;
    }
    return protocol_read_file(ret_path, ret_text, ret_length, &err) == 0 || refuse(call, "bad-argument", &err);
}

/* A word: one of ours. {name, text}: a file that the client has read. */
static bool read_text(struct daemon *d, struct call *call, char **ret_text, size_t *ret_length,
                      char ret_path[CONFIG_PATH_MAX + 80])
{
    const json_t *arg = json_object_get(call->args, "protocol"), *text = json_object_get(arg, "text");
    const char *path = json_string_value(json_object_get(arg, "name"));

    if (json_is_string(arg))
        return read_named(d, call, json_string_value(arg), ret_text, ret_length, ret_path);
    if (!json_is_string(text) || !path || strlen(json_string_value(text)) != json_string_length(text)) {
        call_error(call, "bad-argument", "protocol: a name, or {\"name\": PATH, \"text\": the file's text}");
        return false;
    }
    snprintf(ret_path, CONFIG_PATH_MAX + 80, "%s", path);
    *ret_text = strdup(json_string_value(text));
    *ret_length = json_string_length(text);
    if (!*ret_text)
        call_error(call, "internal", "no memory");
    return *ret_text != NULL;
}

static bool parse(struct call *call, const char *path, const char *text, size_t length, struct protocol **ret)
{
    _cleanup_free_ struct mat_profile_fault *faults = calloc(FAULTS_MAX, sizeof *faults);
    struct gait_error err = {0};
    char list[800] = "";
    size_t count = 0, n = 0;
    int r = faults ? protocol_read_bytes(text, length, ret, faults, FAULTS_MAX, &count, &err) : -ENOMEM;

    for (size_t i = 0; r == -EINVAL && i < count && i < FAULTS_MAX && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%u:%u: %s%s%s", i ? "; " : "", faults[i].line,
                              faults[i].column, faults[i].path, *faults[i].path ? ": " : "", faults[i].text);
    if (r < 0)
        call_error(call, "bad-argument", "%.120s: %s", path, *list ? list : err.text);
    return r == 0;
}

/* --- earlier sessions of the same person -------------------------------------------------------------- */

struct earlier {
    unsigned sessions;
    double newest_s; /* end of the last treatment, seconds since 1970; 0 none */
};

static void look_at(const json_t *state, const char *study, struct earlier *ret)
{
    const char *own = json_string_value(json_object_get(json_object_get(state, "protocol"), "study"));
    const json_t *treatments = json_object_get(state, "treatments");
    size_t n = json_array_size(treatments);
    double at = n ? json_number_value(json_object_get(json_array_get(treatments, n - 1), "stopped_s")) : 0;

    if (!own || strcmp(own, study) != 0 || !n)
        return; /* nothing was given: it does not count as a period */
    ret->sessions++;
    if (at > ret->newest_s)
        ret->newest_s = at;
}

/* Of this subject in this study, but for the one that is being opened. */
static void find_earlier(const struct daemon *d, const char *study, struct earlier *ret)
{
    const char *subject = json_string_value(json_object_get(d->session->state, "subject"));
    json_t *list = session_list(d->config.path), *row;
    size_t i;

    *ret = (struct earlier){0};
    json_array_foreach(list, i, row)
    {
        const char *id = json_string_value(json_object_get(row, "session"));
        const char *whose = json_string_value(json_object_get(row, "subject"));
        json_t *state;

        if (!id || !whose || strcmp(whose, subject) != 0 || strcmp(id, d->session->id) == 0)
            continue;
        state = session_read(d->config.path, id, NULL);
        look_at(state, study, ret);
        json_decref(state);
    }
    json_decref(list);
}

static bool period_fits(struct daemon *d, struct call *call, const struct protocol *p, const char *study, bool anyway,
                        unsigned *ret_period)
{
    double now_s = (double)d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME) / 1e9, days;
    struct earlier earlier;

    find_earlier(d, study, &earlier);
    *ret_period = earlier.sessions + 1;
    if (p->design != PROTOCOL_CROSSOVER || !earlier.sessions || anyway)
        return true;
    days = (now_s - earlier.newest_s) / DAY_S;
    if (earlier.sessions >= protocol_periods(p)) {
        call_error(call, "protocol", "this person has had both treatments of %s: --override WHY opens a session anyway",
                   study);
        return false;
    }
    if (earlier.newest_s > 0 && days < p->washout_days) {
        call_error(call, "protocol",
                   "washout: the first treatment was %.1f days ago and %s asks for %g: wait, or give --override WHY",
                   days, study, p->washout_days);
        return false;
    }
    return true;
}

/* --- drawing -------------------------------------------------------------------------------------------- */

static unsigned choices_of(const struct protocol *p)
{
    return p->design == PROTOCOL_PARALLEL ? p->n_arms : protocol_is_drawn(p) ? 2 : 1;
}

static const char *stratum_of(const struct daemon *d, const struct protocol *p, char buffer[64])
{
    const char *field = p->allocation ? p->allocation->stratify_by : NULL;
    const json_t *value = field ? json_object_get(json_object_get(d->session->state, "fields"), field) : NULL;

    if (json_is_string(value))
        snprintf(buffer, 64, "%.63s", json_string_value(value));
    else if (json_is_boolean(value))
        snprintf(buffer, 64, "%s", json_is_true(value) ? "true" : "false");
    else if (json_is_number(value))
        snprintf(buffer, 64, "%.17g", json_number_value(value));
    else
        buffer[0] = '\0';
    return buffer;
}

/* Which side is treated: fixed, drawn, or the affected one. */
static const char *treated_of(const struct daemon *d, const struct protocol *p, unsigned choice)
{
    const char *affected =
        json_string_value(json_object_get(json_object_get(d->session->state, "fields"), "affected_side"));

    if (p->treated == PROTOCOL_RANDOM)
        return choice ? "right" : "left";
    if (p->treated == PROTOCOL_AFFECTED)
        return affected;
    return protocol_foot_name(p->treated);
}

static const struct protocol_arm *arm_of(const struct protocol *p, unsigned choice, unsigned period)
{
    if (p->design == PROTOCOL_PARALLEL)
        return &p->arms[choice];
    if (p->design == PROTOCOL_CROSSOVER)
        return &p->arms[(choice + period - 1) % 2];
    return &p->arms[0];
}

static void set_text(json_t *object, const char *key, const char *value)
{
    if (value)
        json_object_set_new(object, key, json_string(value));
}

/* What was drawn, sealed; and in clear where nobody is to be blind. */
static int keep_drawn(struct daemon *d, const struct protocol *p, const struct allocation *a, const char *study,
                      unsigned choice, unsigned period)
{
    const struct protocol_arm *arm = arm_of(p, choice, period);
    unsigned arms = p->design == PROTOCOL_PARALLEL ? p->n_arms : p->design == PROTOCOL_CROSSOVER ? 2 : 1;
    const char letter[2] = {arms > 1 ? allocation_letter(a->key, study, arms, (unsigned)(arm - p->arms)) : 'A', '\0'};
    const char *treated = treated_of(d, p, choice);
    json_t *clear = json_pack("{s:s, s:s, s:s*}", "arm", arm->name, "letter", letter, "treated", treated);
    json_t *fields = json_object_get(d->session->state, "fields");
    json_t *sealed = protocol_is_drawn(p) ? allocation_seal(a, clear) : json_null();

    json_decref(clear);
    if (!sealed)
        return -ENOMEM;
    json_object_set_new(d->session->state, "allocation", json_pack("{s:o}", "sealed", sealed));
    json_object_del(fields, "arm");
    json_object_del(fields, "treated");
    if (p->blind && protocol_is_drawn(p))
        return 0;
    set_text(fields, "arm", arm->name);
    if (treated && strcmp(treated, "both") != 0)
        set_text(fields, "treated", treated);
    return 0;
}

static bool draw(struct daemon *d, struct call *call, const struct protocol *p, const char *study, const char *sha256,
                 unsigned period, bool anyway)
{
    const char *subject = json_string_value(json_object_get(d->session->state, "subject"));
    struct allocation a = {0};
    struct gait_error err = {0};
    unsigned index = 0, choice = 0;
    char stratum[64];
    int r = 0;

    if (protocol_is_drawn(p)) {
        r = allocation_open_to_draw(d->config.path, &a, &err);
        if (r == 0)
            r = allocation_index(&a, study, stratum_of(d, p, stratum), subject, sha256, anyway, &index, &err);
        if (r == 0)
            choice = allocation_draw(a.key, study, stratum, p->allocation ? p->allocation->block : NULL,
                                     p->allocation ? p->allocation->blocks : 0, choices_of(p), index);
    }
    if (r == 0 && keep_drawn(d, p, &a, study, choice, period) < 0)
        r = gait_error_set(&err, -ENOMEM, "no memory");
    allocation_done(&a);
    if (r == -EEXIST)
        call_error(call, "protocol", "%s: the order of arms may not fit it any more; --override WHY goes on with it",
                   err.text);
    else if (r < 0)
        refuse(call, "path", &err);
    return r == 0;
}

/* --- all of it ------------------------------------------------------------------------------------------- */

static bool may_be_opened(struct daemon *d, struct call *call, const struct protocol *p)
{
    const json_t *fields = json_object_get(d->session->state, "fields");
    const char *stratum = p->allocation ? p->allocation->stratify_by : NULL;

    if ((p->treated == PROTOCOL_AFFECTED || p->index_foot == PROTOCOL_AFFECTED) &&
        !json_object_get(fields, "affected_side")) {
        call_error(call, "bad-argument",
                   "protocol: it asks for the affected side: --set affected_side=left (or right)");
        return false;
    }
    if (stratum && !json_object_get(fields, stratum)) {
        call_error(call, "bad-argument", "protocol: arms are drawn by %s: --set %s=...", stratum, stratum);
        return false;
    }
    return true;
}

static json_t *object_of(const struct protocol *p, const char *study, const char *path, const char *sha256,
                         const char *text, unsigned period)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "name", p->name, "study", study, "title",
                     p->title ? p->title : "", "file", path, "sha256", sha256, "design",
                     protocol_design_name(p->design), "period", (int)period, "text", text);
}

static bool take(struct daemon *d, struct call *call, struct protocol *p, const char *path, const char *text,
                 size_t length)
{
    bool anyway = json_object_get(call->args, "override") != NULL;
    const char *study = p->study ? p->study : p->name;
    char sha256[ALLOCATION_SHA_TEXT + 1];
    unsigned period;

    allocation_sha256(text, length, sha256);
    json_object_set_new(call->args, "protocol", /* what the audit log keeps of it */
                        json_pack("{s:s, s:s}", "name", path, "sha256", sha256));
    if (!may_be_opened(d, call, p) || !period_fits(d, call, p, study, anyway, &period) ||
        !draw(d, call, p, study, sha256, period, anyway))
        return false;
    json_object_set_new(d->session->state, "protocol", object_of(p, study, path, sha256, text, period));
    json_object_set_new(d->session->state, "treatments", json_array());
    if (anyway)
        json_object_set(d->session->state, "override", json_object_get(call->args, "override"));
    return true;
}

bool study_open(struct daemon *d, struct call *call)
{
    _cleanup_free_ char *text = NULL;
    char path[CONFIG_PATH_MAX + 80];
    struct protocol *p = NULL;
    size_t length = 0;

    if (!json_object_get(call->args, "protocol"))
        return true;
    if (!read_text(d, call, &text, &length, path) || !parse(call, path, text, length, &p))
        return false;
    if (!take(d, call, p, path, text, length)) {
        protocol_free(p);
        return false;
    }
    d->session->protocol = p;
    return true;
}
