#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

/* A mat is streaming when its frames come, waiting when it is unplugged; a source that runs free always streams. */
const char *mat_state_name(const struct mat *mat)
{
    static const char *const name[] = {"waiting",  "idle",      "starting", "starting", "starting",
                                       "starting", "recording", "stopping", "stopping", "failed"};
    struct mat_transport_status s = {.streaming = true};

    if (mat->state != MAT_IDLE || mat->holdable)
        return (size_t)mat->state < sizeof name / sizeof *name ? name[mat->state] : "?";
    if (mat->source.kind == SOURCE_USB && mat->transport)
        mat->transport->ops->status(mat->transport, &s);
    return s.streaming ? "streaming" : "waiting";
}

bool mat_is_busy(const struct mat *mat)
{
    return mat->state >= MAT_OPENING && mat->state <= MAT_ABORTING;
}

struct mat *mat_pick(struct daemon *d, struct call *call, const char *id)
{
    if (!id && d->n_mats == 1)
        return &d->mat[0];
    if (!id) {
        call_error(call, d->n_mats ? "which-mat" : "no-mat",
                   d->n_mats ? "there are %u mats: name one (--mat ID; gait devices lists them)"
                             : "no mat is configured%.0u: add one to gaitd.yaml",
                   d->n_mats);
        return NULL;
    }
    for (unsigned i = 0; i < d->n_mats; i++)
        if (strcmp(d->mat[i].config->id, id) == 0)
            return &d->mat[i];
    call_error(call, "no-mat", "there is no mat \"%.64s\": gait devices lists them", id);
    return NULL;
}

/* The pipeline empties this queue at every turn, main alone fills it: full means that the pipeline thread is dead. */
void mat_order(struct daemon *d, struct mat *mat, const struct order *order)
{
    struct lane *lane = mat_lane(d, mat);

    if (lane && !spsc_push(&lane->orders, order))
        daemon_log_mat(d, mat, GAIT_LOG_ERROR, "the pipeline takes no orders; restart gaitd");
    wake(d->pipeline.fd);
}

void mat_event(struct daemon *d, struct mat *mat, uint64_t frame, uint64_t t_ns, json_t *body)
{
    publisher_object(&d->publisher, (int)mat->index, GAIT_TOPIC_EVENT, frame, t_ns, body);
}

static void source_event(struct daemon *d, struct mat *mat, const struct mat_event *event)
{
    static const char *const word[] = {"", "streaming", "end", "lost", "back", "trouble", "failed"};
    const char *name = (size_t)event->kind < sizeof word / sizeof *word ? word[event->kind] : "trouble";

    daemon_log_mat(d, mat,
                   event->kind == MAT_EVENT_FAILED || event->kind == MAT_EVENT_LOST ? GAIT_LOG_WARNING : GAIT_LOG_INFO,
                   "%s%s%s", name, event->text[0] ? ": " : "", event->text);
    mat_event(d, mat, NEWEST_FRAME, event->t_ns, json_pack("{s:s, s:s}", "event", name, "text", event->text));
    if (event->kind == MAT_EVENT_END)
        trial_end(d, mat, "source_end", false);
    if (event->kind == MAT_EVENT_FAILED) {
        snprintf(mat->text, sizeof mat->text, "%s", event->text);
        trial_end(d, mat, "source_failed", false);
    }
    /* A mat that was unplugged may come back: the trial goes on with a marked gap until somebody stops it. */
}

void mat_source_events(struct daemon *d, struct mat *mat)
{
    struct lane *lane = mat_lane(d, mat);
    struct mat_event event;

    while (lane && spsc_take(&lane->events, &event))
        source_event(d, mat, &event);
}
