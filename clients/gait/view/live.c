#include "live.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/stream.h>

#include "../client.h"
#include "review/shrink.h"

enum { SILENT_S = 3, TOPICS = 6, SNAPSHOT_MS = 1000, TICK_MS = 200, KEPT = 512 };

/*
 * A thread of its own hears the daemon, so that a terminal that takes nothing (a stalled ssh) costs no memory: of frames, numbers and the status the newest
 * is kept, of everything else the last KEPT messages.
 */
struct live {
    struct gait_endpoints endpoints;
    pthread_t thread;
    bool runs;
    int wake;             /* eventfd */
    pthread_mutex_t lock; /* over what follows */
    bool stop, resubscribe, restarted;
    char looked_at[GAIT_ID_MAX + 1];
    enum gait_topic topic; /* of frames */
    struct gait_message *newest[GAIT_TOPIC_COUNT];
    struct gait_message *kept[KEPT];
    size_t first, n;
    uint64_t missed;
    double heard_s;
    bool heard;
    /* the caller's */
    char mat[GAIT_ID_MAX + 1]; /* asked for on the command line, or "" */
    double checked_s;
    bool caught_up;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Frames of one mat, everything else of all: what another mat does is known when one changes over to it. */
static int subscribe(const char *endpoint, const char *mat, enum gait_topic kind, struct gait_subscriber **subscriber,
                     struct gait_error *err)
{
    char frames[GAIT_TOPIC_TEXT_MAX], numbers[GAIT_TOPIC_TEXT_MAX];
    const char *topic[TOPICS] = {"footfall/", "trial/", "event/", "status/", numbers, frames};
    struct gait_subscriber *fresh = NULL;
    int r;

    if (mat[0] &&
        (gait_topic_text(kind, mat, false, frames) < 0 || gait_topic_text(GAIT_TOPIC_LIVE, mat, false, numbers) < 0))
        return gait_error_set(err, -EINVAL, "'%s' is no mat's id", mat);
    r = gait_subscriber_new(endpoint, topic, mat[0] ? TOPICS : TOPICS - 2, &fresh, err);
    if (r < 0)
        return r;
    gait_subscriber_free(*subscriber);
    *subscriber = fresh;
    return 0;
}

/* Under the lock. */
static void keep(struct live *live, struct gait_message *m)
{
    enum gait_topic topic = m->head.topic;

    live->heard_s = now_s();
    live->heard = true;
    live->restarted |= m->restarted;
    if (topic < GAIT_TOPIC_FOOTFALL ||
        topic == GAIT_TOPIC_STATUS) { /* the one before was never seen: nobody waits for it */
        gait_message_free(live->newest[topic]);
        live->newest[topic] = m;
        return;
    }
    live->missed += m->lost;
    if (live->n == KEPT) {
        gait_message_free(live->kept[live->first]);
        live->first = (live->first + 1) % KEPT;
        live->n--;
        live->missed++;
    }
    live->kept[(live->first + live->n++) % KEPT] = m;
}

static void *hear(void *arg)
{
    struct live *live = arg;
    struct gait_subscriber *subscriber = NULL;
    const uint64_t one = 1;
    bool stop = false;

    while (!stop) {
        char mat[GAIT_ID_MAX + 1];
        struct gait_message *m = NULL;
        enum gait_topic topic;
        bool again;

        pthread_mutex_lock(&live->lock);
        again = live->resubscribe;
        live->resubscribe = false;
        topic = live->topic;
        memcpy(mat, live->looked_at, sizeof mat);
        pthread_mutex_unlock(&live->lock);
        if (again)
            subscribe(live->endpoints.stream, mat, topic, &subscriber, NULL);
        if (!subscriber || gait_subscriber_next(subscriber, TICK_MS, &m, NULL) != 1)
            m = NULL;
        pthread_mutex_lock(&live->lock);
        if (m)
            keep(live, m);
        stop = live->stop;
        pthread_mutex_unlock(&live->lock);
        if (m && write(live->wake, &one, sizeof one) < 0)
            continue; /* it is awake anyway */
    }
    gait_subscriber_free(subscriber);
    return NULL;
}

int live_new(const char *place, const char *mat, struct live **ret_live, struct gait_error *err)
{
    struct live *live = calloc(1, sizeof *live);
    char topic[GAIT_TOPIC_TEXT_MAX];
    int r;

    if (!live)
        return gait_error_set(err, -ENOMEM, "no memory");
    live->topic = GAIT_TOPIC_FRAME2;
    live->heard_s = now_s();
    live->resubscribe = true;
    pthread_mutex_init(&live->lock, NULL);
    live->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    r = live->wake < 0 ? gait_error_set(err, -errno, "no eventfd: %s", strerror(errno))
                       : gait_endpoints_find(place, &live->endpoints, err);
    if (r == 0 && mat && gait_topic_text(GAIT_TOPIC_LIVE, mat, false, topic) < 0)
        r = gait_error_set(err, -EINVAL, "'%.100s' is no mat's id", mat);
    if (r == 0 && mat)
        snprintf(live->mat, sizeof live->mat, "%s", mat);
    if (r == 0 && (r = -pthread_create(&live->thread, NULL, hear, live)) < 0)
        gait_error_set(err, r, "no thread: %s", strerror(-r));
    live->runs = r == 0;
    if (r == 0)
        *ret_live = live;
    else
        live_free(live);
    return r;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    pthread_mutex_lock(&live->lock);
    live->stop = true;
    pthread_mutex_unlock(&live->lock);
    if (live->runs)
        pthread_join(live->thread, NULL);
    for (int i = 0; i < GAIT_TOPIC_COUNT; i++)
        gait_message_free(live->newest[i]);
    for (; live->n; live->n--, live->first = (live->first + 1) % KEPT)
        gait_message_free(live->kept[live->first]);
    if (live->wake >= 0)
        close(live->wake);
    pthread_mutex_destroy(&live->lock);
    free(live);
}

int live_fd(const struct live *live)
{
    return live->wake;
}

/* About 50 pictures a second are more than a terminal shows. */
static enum gait_topic topic_for(double rate_hz)
{
    return rate_hz > 200 ? GAIT_TOPIC_FRAME10 : rate_hz > 60 ? GAIT_TOPIC_FRAME2 : GAIT_TOPIC_FRAME;
}

static void take_geometry(struct model *model)
{
    const json_t *mat = model_mat(model);

    if (mat)
        model_geometry(model, (uint32_t)client_number(mat, "rows"), (uint32_t)client_number(mat, "cols"),
                       client_number(mat, "pitch_x_mm"), client_number(mat, "pitch_y_mm"));
}

/* The footfalls that came before we did, without their pictures. */
static void catch_up(struct live *live, struct model *model)
{
    struct gait_requester *requester = NULL;
    json_t *reply = NULL, *mat, *footfall;
    size_t i, k;

    live->caught_up = true;
    if (gait_requester_new(live->endpoints.query, &requester, NULL) == 0 &&
        gait_request(requester, "snapshot", NULL, SNAPSHOT_MS, &reply, NULL) == 0) {
        json_array_foreach(json_object_get(json_object_get(reply, "result"), "mats"), i, mat)
            json_array_foreach(json_object_get(mat, "footfalls"), k, footfall) model_footfall(model, footfall, NULL, 0);
    }
    json_decref(reply);
    gait_requester_free(requester);
}

/* Looks at a mat: the one that was asked for, or the first. */
static void look_at(struct live *live, struct model *model, const char *mat, double rate_hz)
{
    enum gait_topic topic = topic_for(rate_hz);

    if (strcmp(mat, model->mat) == 0 && topic == live->topic)
        return;
    pthread_mutex_lock(&live->lock);
    live->topic = topic;
    snprintf(live->looked_at, sizeof live->looked_at, "%s", mat);
    live->resubscribe = true;
    pthread_mutex_unlock(&live->lock);
    snprintf(model->mat, sizeof model->mat, "%s", mat);
    model_clear(model);
    model_live(model, NULL);
    take_geometry(model);
}

static void choose(struct live *live, struct model *model)
{
    const json_t *mats = json_object_get(model->status, "mats"), *mat = model_mat(model), *row;
    size_t i;

    if (!mat && live->mat[0])
        json_array_foreach(mats, i, row) if (strcmp(client_text(row, "mat"), live->mat) == 0) mat = row;
    if (!mat && !live->mat[0])
        mat = json_array_get(mats, 0);
    if (mat)
        look_at(live, model, client_text(mat, "mat"), client_number(mat, "nominal_rate_hz"));
}

void live_next_mat(struct live *live, struct model *model)
{
    const json_t *mats = json_object_get(model->status, "mats"), *row;
    size_t i;

    json_array_foreach(mats, i, row) if (strcmp(client_text(row, "mat"), model->mat) == 0) break;
    row = json_array_get(mats, i + 1 < json_array_size(mats) ? i + 1 : 0);
    if (!row)
        return;
    live->mat[0] = 0;
    look_at(live, model, client_text(row, "mat"), client_number(row, "nominal_rate_hz"));
}

static void take_status(struct live *live, struct model *model, json_t *status)
{
    const json_t *session = json_object_get(status, "session"), *before = json_object_get(model->status, "session");

    if (before && strcmp(client_text(session, "session"), client_text(before, "session")) != 0 &&
        json_is_object(session))
        model_forget(model);
    json_incref(status);
    json_decref(model->status);
    model->status = status;
    choose(live, model);
    take_geometry(model);
    model->recording = json_is_object(json_object_get(model_mat(model), "trial"));
    model->changed = true;
    if (!live->caught_up)
        catch_up(live, model);
}

static void take_trial(struct model *model, const struct gait_message *m)
{
    const char *state = client_text(m->header, "state");

    if (strcmp(m->head.mat, model->mat) != 0)
        return;
    if (strcmp(state, "started") == 0) {
        model_clear(model);
        model->recording = true;
    } else if (strcmp(state, "ended") == 0 || strcmp(state, "failed") == 0) {
        model->recording = false;
    } /* sealed or discarded may be an earlier one */
    model->changed = true;
}

static void take_footfall(struct model *model, const struct gait_message *m)
{
    size_t cells = m->n_shape == 3 ? (size_t)m->shape[1] * m->shape[2] : 0;
    _cleanup_free_ uint16_t *picture = calloc(cells + 1, sizeof *picture);
    const float *kPa = m->payload;

    if (!picture || m->payload_bytes != 2 * cells * sizeof(float))
        cells = 0;
    for (size_t i = 0; i < cells; i++)
        picture[i] = shrink_kPa(kPa[i]);
    model_footfall(model, m->header, strcmp(m->head.mat, model->mat) == 0 ? picture : NULL, cells);
}

static void take(struct live *live, struct model *model, const struct gait_message *m)
{
    bool ours = strcmp(m->head.mat, model->mat) == 0;

    switch (m->head.topic) {
    case GAIT_TOPIC_FRAME:
    case GAIT_TOPIC_FRAME2:
    case GAIT_TOPIC_FRAME10:
        if (ours && m->n_shape == 2 && m->shape[0] == model->rows && m->shape[1] == model->cols &&
            m->payload_bytes == (size_t)model->rows * model->cols * sizeof(float))
            model_frame(model, m->payload);
        break;
    case GAIT_TOPIC_LIVE:
        if (ours)
            model_live(model, m->header);
        break;
    case GAIT_TOPIC_FOOTFALL:
        take_footfall(model, m);
        break;
    case GAIT_TOPIC_TRIAL:
        take_trial(model, m);
        break;
    case GAIT_TOPIC_EVENT:
        model_correct(model, m->header);
        break;
    case GAIT_TOPIC_STATUS:
        take_status(live, model, m->header);
        break;
    default:
        break;
    }
}

/* Nothing was heard for a while: why, as far as can be told. */
static void check(struct live *live, struct model *model, double heard_s, bool heard)
{
    struct gait_requester *requester = NULL;
    struct gait_error err = {0};
    double now = now_s();

    if (now - heard_s < (heard ? SILENT_S : 0.5) || now - live->checked_s < 1)
        return;
    live->checked_s = now;
    if (gait_requester_new(live->endpoints.query, &requester, &err) == 0) {
        if (now - heard_s < SILENT_S)
            err.text[0] = 0; /* it is there and has not spoken yet */
        else
            snprintf(err.text, sizeof err.text, "gaitd says nothing at %.150s", live->endpoints.stream);
    }
    gait_requester_free(requester);
    if (strncmp(model->link, err.text, sizeof model->link - 1) != 0)
        model->changed = true;
    snprintf(model->link, sizeof model->link, "%.*s", MODEL_TEXT - 1, err.text);
    if (err.text[0])
        model->recording = false;
}

/* What the thread has kept, in the order in which it is to be shown: the status first, since it says which mats there are. */
static size_t fetch(struct live *live, struct gait_message *ret_message[KEPT + GAIT_TOPIC_COUNT])
{
    size_t n = 0;

    if (live->newest[GAIT_TOPIC_STATUS])
        ret_message[n++] = gait_steal(&live->newest[GAIT_TOPIC_STATUS]);
    for (; live->n; live->n--, live->first = (live->first + 1) % KEPT)
        ret_message[n++] = gait_steal(&live->kept[live->first]);
    for (int i = 0; i < GAIT_TOPIC_COUNT; i++)
        if (live->newest[i])
            ret_message[n++] = gait_steal(&live->newest[i]);
    return n;
}

void live_take(struct live *live, struct model *model)
{
    struct gait_message *message[KEPT + GAIT_TOPIC_COUNT];
    uint64_t count;
    double heard_s;
    bool heard;
    size_t n;

    if (read(live->wake, &count, sizeof count) < 0)
        count = 0;
    pthread_mutex_lock(&live->lock);
    n = fetch(live, message);
    model->missed = live->missed;
    heard_s = live->heard_s;
    heard = live->heard;
    if (live->restarted)
        live->caught_up = false;
    live->restarted = false;
    pthread_mutex_unlock(&live->lock);
    if (n) {
        model->changed |= model->link[0] != 0;
        model->link[0] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        take(live, model, message[i]);
        gait_message_free(message[i]);
    }
    check(live, model, heard_s, heard);
}
