#include "control.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gait/stream.h>

struct waiting {
    uint64_t client;
    struct order order;
};

struct control {
    struct hub *hub;
    const char *place;
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

static void ask(struct control *control, struct waiting *w)
{
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    struct gait_error err = {0};
    json_t *reply = NULL;
    int r = gait_endpoints_find(control->place, &endpoints, &err);

    if (r == 0)
        r = gait_requester_new(endpoints.control, &requester, &err);
    if (r == 0)
        r = gait_request(requester, w->order.verb, w->order.args, w->order.timeout_ms, &reply, &err);
    if (r == 0)
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

int control_new(struct hub *hub, const char *place, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);
    int r;

    if (!control)
        return -ENOMEM;
    control->hub = hub;
    control->place = place;
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
