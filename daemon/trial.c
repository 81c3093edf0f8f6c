/* Trials, as main drives them: what all of it shares, and who is told what a thread said. trial_ask.c, trial_start.c, trial_stop.c have the parts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "study.h"
#include "text.h"
#include "trial_parts.h"

bool trial_any(const struct daemon *d)
{
    for (unsigned i = 0; i < d->n_mats; i++)
        if (mat_is_busy(&d->mat[i]) &&
            (d->mat[i].trial || d->mat[i].state != MAT_STOPPING)) /* without: its source is put back */
            return true;
    return d->starting.call;
}

json_t *trial_row(const struct mat *mat, const struct trial *t)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "mat", mat->config->id, "trial",
                     (json_int_t)t->header.trial, "run", (json_int_t)t->header.run, "condition", t->header.condition,
                     "timepoint", t->header.timepoint, "journal", t->told, "first_frame",
                     (json_int_t)atomic_load(&t->base), "frames", (json_int_t)atomic_load(&t->frames), "footfalls",
                     (json_int_t)atomic_load(&t->footfalls), "lost_device", (json_int_t)atomic_load(&t->lost_device),
                     "lost_ring", (json_int_t)atomic_load(&t->lost_ring));
}

void trial_publish(struct daemon *d, struct mat *mat, const char *state, const char *why)
{
    const struct trial *t = mat->trial;
    json_t *body = study_hide_row(d->session, trial_row(mat, t));

    json_object_set_new(body, "state", json_string(state));
    json_object_set_new(body, "session", json_string(t->header.session));
    json_object_set_new(body, "path", json_string(t->told));
    json_object_set_new(body, "why", json_string(why));
    publisher_object(&d->publisher, (int)mat->index, GAIT_TOPIC_TRIAL, NEWEST_FRAME, gait_now_ns(d->clock), body);
}

void trial_save_session(struct daemon *d)
{
    struct gait_error err = {0};

    if (d->session && session_save(d->session, &err) < 0)
        daemon_log(d, GAIT_LOG_ERROR, "%s", err.text);
}

void trial_say(struct trial *t, const char *key, const char *value)
{
    t->no_memory |= gait_journal_header_set(&t->header, key, value) == -ENOMEM;
}

static void on_footfall(struct daemon *d, const struct news *news)
{
    if (d->session)
        session_add_step(d->session, news->trial->header.trial, &news->footfall,
                         (double)d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME) / 1e9 -
                             json_number_value(json_object_get(d->session->state, "opened_s")));
}

void trial_news(struct daemon *d, const struct news *news)
{
    struct mat *mat = &d->mat[news->mat];

    if (news->path[0] && mat->trial && mat->trial == news->trial)
        memcpy(mat->trial->told, news->path, sizeof mat->trial->told);
    switch (news->kind) {
    case NEWS_SOURCE:
        trial_on_source(d, mat, news);
        break;
    case NEWS_WAITING:
        daemon_log_mat(d, mat, GAIT_LOG_NOTICE, "%s", news->err.text);
        snprintf(mat->text, sizeof mat->text, "%.250s", news->err.text);
        text_whole(mat->text);
        break;
    case NEWS_ARMED:
        trial_on_armed(d, mat, news);
        break;
    case NEWS_FIRST:
        trial_on_first(d, mat);
        break;
    case NEWS_ABORTED:
        trial_on_aborted(d, mat, news);
        break;
    case NEWS_DONE:
        trial_on_done(d, mat, news);
        break;
    case NEWS_HELD:
        trial_on_held(d, mat);
        break;
    case NEWS_LOW:
    case NEWS_MOVED:
    case NEWS_FAILED:
        trial_on_moved(d, mat, news);
        break;
    case NEWS_FOOTFALL:
        on_footfall(d, news);
        break;
    default:
        break;
    }
}
