/* `trial start`, up to where threads are asked: everything that can be refused before anything is touched. */
#include <stdio.h>
#include <string.h>

#include "study.h"
#include "trial_parts.h"

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
        const struct mat *mat = trial_starting(d, i);

        if (mat_is_busy(mat)) {
            if (mat->trial)
                call_error(call, "trial-running", "%s: trial %u is running: stop it first (gait trial stop)",
                           mat->config->id, mat->trial->header.trial);
            else
                call_error(call, "busy", "%s is being put back to its beginning: try again in a second",
                           mat->config->id);
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
                   "%.*f %s are left on %s and recording.floor_min is %g: free some space, or give --override WHY",
                   minutes < 1 ? 0 : 1, minutes < 1 ? minutes * 60 : minutes, minutes < 1 ? "seconds" : "minutes",
                   d->session->folder, d->config.floor_min);
        return false;
    }
    return true;
}

/* Everything that can be refused before anything is touched. */
static bool may_start(struct daemon *d, struct call *call, struct source_config *source, bool *ret_new_source)
{
    static const char *const names[] = {"mat", "condition", "timepoint", "foot", "override", "source", NULL};
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
    if (study_is_locked(d, call))
        return false;
    memset(&d->starting, 0, sizeof d->starting);
    snprintf(d->starting.override, sizeof d->starting.override, "%s", override ? override : "");
    d->starting.since_treatment_s = treatment_since_s(d, d->session);
    return choose_mats(d, call) && mats_are_free(d, call) &&
           (d->session->protocol ? study_may_start(d, call)
                                 : word_arg(d, call, "condition", "barefoot", d->starting.condition) &&
                                       word_arg(d, call, "timepoint", "", d->starting.timepoint)) &&
           disk_is_fit(d, call);
}

void trial_start(struct daemon *d, struct call *call)
{
    struct source_config source;
    bool new_source, any = false;

    if (!may_start(d, call, &source, &new_source))
        return;
    for (unsigned i = 0; i < d->starting.n; i++) {
        const struct mat *mat = trial_starting(d, i);
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
        struct mat *mat = trial_starting(d, i);
        const struct source_config *wanted =
            new_source ? &source : &mat->config->source; /* another one was for one trial */

        mat->state = MAT_OPENING;
        if ((new_source || wanted->kind == SOURCE_REPLAY || wanted->kind == SOURCE_WALKER) &&
            (!mat_lane(d, mat) || !same_source(wanted, &mat->source))) {
            mat->transport = NULL;
            mat->away = true;
            mat->source = *wanted;
            device_ask(&d->device, DEVICE_OPEN, mat->index, wanted);
            any = true;
        } else {
            mat->state = MAT_ARMING;
        }
    }
    if (!any)
        trial_arm_all(d);
}
