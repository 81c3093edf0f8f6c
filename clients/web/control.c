#include "control.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gait/stream.h>

#include "reviews.h"

struct waiting {
    uint64_t client;
    struct order order;
};

struct control {
    struct hub *hub;
    const char *place;
    struct reviews *reviews;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t something;
    bool stop;
    struct waiting queue[CONTROL_WAITING_MAX];
    size_t first, count;
};

static void log_reply(struct hub *hub, uint64_t client, const char *id, const json_t *reply)
{
    json_t *message = json_pack("{s:s, s:s, s:O}", "kind", "reply", "id", id, "reply", reply);
    char *text = message ? gait_json_text(message) : NULL;

    if (text)
        hub_log(hub, client, hub_blob_text("%s", text));
    free(text);
    json_decref(message);
}

void control_refuse(struct hub *hub, uint64_t client, const char *id, const char *code, const char *why)
{
    json_t *reply = json_pack("{s:b, s:{s:s, s:s}}", "ok", 0, "error", "code", code, "message", why);

    if (reply)
        log_reply(hub, client, id, reply);
    json_decref(reply);
}

/* The file of a closed session, from the reply to `session list`; NULL: there is none. */
static const char *file_of(const json_t *reply, const char *session)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(json_object_get(reply, "result"), "sessions"), i,
                       row) if (strcmp(json_string_value(json_object_get(row, "session")) ?: "", session) == 0 &&
                                json_is_string(json_object_get(
                                    row, "closed_utc"))) return json_string_value(json_object_get(row, "path"));
    return NULL;
}

/* `review open` is ours: the browser names a session, the daemon says where its file is, a child reads it. */
static void open_review(struct control *control, const struct waiting *w, const json_t *reply)
{
    const char *session = json_string_value(json_object_get(w->order.args, "session"));
    const char *path = session ? file_of(reply, session) : NULL;
    struct gait_error err = {0};
    int number = path ? reviews_open(control->reviews, path, &err) : -ENOENT;
    json_t *answer;

    if (number < 0) {
        control_refuse(control->hub, w->client, w->order.id, "no-session",
                       path ? err.text : "there is no closed session of that name");
        return;
    }
    answer = json_pack("{s:b, s:{s:i}}", "ok", 1, "result", "review", number);
    if (answer)
        log_reply(control->hub, w->client, w->order.id, answer);
    json_decref(answer);
}

static void ask(struct control *control, struct waiting *w)
{
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    struct gait_error err = {0};
    json_t *reply = NULL;
    bool is_review = strcmp(w->order.verb, "review open") == 0;
    int r = gait_endpoints_find(control->place, &endpoints, &err);

    if (r == 0)
        r = gait_requester_new(endpoints.control, &requester, &err);
    if (r == 0)
        r = gait_request(requester, is_review ? "session list" : w->order.verb, is_review ? NULL : w->order.args,
                         w->order.timeout_ms, &reply, &err);
    if (r == 0 && is_review)
        open_review(control, w, reply);
    else if (r == 0)
        log_reply(control->hub, w->client, w->order.id, reply);
    else
        control_refuse(control->hub, w->client, w->order.id, "no-daemon", err.text[0] ? err.text : strerror(-r));
    json_decref(reply);
    gait_requester_free(requester);
    order_done(&w->order);
}

static bool take(struct control *control, struct waiting *ret_waiting)
{
    bool taken;

    pthread_mutex_lock(&control->lock);
    while (!control->stop && !control->count)
        pthread_cond_wait(&control->something, &control->lock);
    taken = !control->stop;
    if (taken) {
        *ret_waiting = control->queue[control->first];
        control->first = (control->first + 1) % CONTROL_WAITING_MAX;
        control->count--;
    }
    pthread_mutex_unlock(&control->lock);
    return taken;
}

static void *run(void *arg)
{
    struct waiting waiting;

    while (take(arg, &waiting))
        ask(arg, &waiting);
    return NULL;
}

int control_new(struct hub *hub, const char *place, struct reviews *reviews, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);
    int r;

    if (!control)
        return -ENOMEM;
    control->hub = hub;
    control->place = place;
    control->reviews = reviews;
    pthread_mutex_init(&control->lock, NULL);
    pthread_cond_init(&control->something, NULL);
    r = pthread_create(&control->thread, NULL, run, control);
    if (r) {
        free(control);
        return -r;
    }
    *ret_control = control;
    return 0;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    pthread_mutex_lock(&control->lock);
    control->stop = true;
    pthread_cond_signal(&control->something);
    pthread_mutex_unlock(&control->lock);
    pthread_join(control->thread, NULL);
    for (; control->count; control->count--, control->first = (control->first + 1) % CONTROL_WAITING_MAX)
        order_done(&control->queue[control->first].order);
    pthread_cond_destroy(&control->something);
    pthread_mutex_destroy(&control->lock);
    free(control);
}

int control_ask(struct control *control, uint64_t client, struct order *order)
{
    int r = -EBUSY;

    pthread_mutex_lock(&control->lock);
    if (control->count < CONTROL_WAITING_MAX) {
        control->queue[(control->first + control->count++) % CONTROL_WAITING_MAX] = (struct waiting){client, *order};
        order->args = NULL;
        pthread_cond_signal(&control->something);
        r = 0;
    }
    pthread_mutex_unlock(&control->lock);
    return r;
}
