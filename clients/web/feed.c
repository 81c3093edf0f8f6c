#include "feed.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/stream.h>

#include "review/shrink.h"

enum { TICK_MS = 250, SNAPSHOT_MS = 2000, SILENT_S = 3 };

struct feed {
    struct hub *hub;
    pthread_t thread;
    atomic_bool stop;
    struct gait_endpoints endpoints;
    double heard_s; /* when the last message came; of the start when none did */
    bool there;     /* the daemon is heard */
    bool told;      /* the state of the link has been said */
    bool want_snapshot;
    double asked_s; /* when the snapshot was asked for last */
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* {"kind": kind, "m": the header} */
static struct hub_blob *told_as(const char *kind, const json_t *header)
{
    char *text = gait_json_text(header);
    struct hub_blob *blob = text ? hub_blob_text("{\"kind\":\"%s\",\"m\":%s}", kind, text) : NULL;

    free(text);
    return blob;
}

static void take_frame(struct feed *feed, const struct gait_message *m)
{
    size_t cells = m->n_shape == 2 ? (size_t)m->shape[0] * m->shape[1] : 0;
    char json[256 + GAIT_ID_MAX];
    struct hub_blob *blob;
    unsigned char *payload;

    if (!cells || m->payload_bytes != cells * sizeof(float))
        return;
    snprintf(json, sizeof json,
             "{\"kind\":\"frame\",\"mat\":\"%s\",\"frame\":%ju,\"t_ns\":%ju,\"rows\":%u,\"cols\":%u}", m->head.mat,
             (uintmax_t)m->head.frame, (uintmax_t)m->head.t_ns, m->shape[0], m->shape[1]);
    blob = hub_blob_binary(json, shrink_bound(cells), &payload);
    if (blob)
        blob->size = (size_t)(payload - blob->bytes) + shrink_runs(m->payload, cells, payload);
    hub_put(feed->hub, HUB_FRAME, m->head.mat, blob);
}

/* The header, and the larger of the two pictures: the largest pressure of each cell. */
static void take_footfall(struct feed *feed, const struct gait_message *m)
{
    size_t cells = m->n_shape == 3 ? (size_t)m->shape[1] * m->shape[2] : 0;
    const float *kPa = m->payload;
    char *header = gait_json_text(m->header), *json = NULL;
    struct hub_blob *blob;
    unsigned char *payload;

    if (m->payload_bytes != 2 * cells * sizeof(float))
        cells = 0;
    if (header && asprintf(&json, "{\"kind\":\"footfall\",\"m\":%s}", header) >= 0) {
        blob = hub_blob_binary(json, cells * sizeof(uint16_t), &payload);
        for (size_t i = 0; blob && i < cells; i++) {
            uint16_t value = shrink_kPa(kPa[i]);

            memcpy(payload + 2 * i, &value, sizeof value);
        }
        hub_log(feed->hub, 0, blob);
        free(json);
    }
    free(header);
}

static void take(struct feed *feed, const struct gait_message *m)
{
    switch (m->head.topic) {
    case GAIT_TOPIC_FRAME2:
        take_frame(feed, m);
        break;
    case GAIT_TOPIC_LIVE:
        if (m->head.frame % 2 == 0) /* beside the frames */
            hub_put(feed->hub, HUB_LIVE, m->head.mat, told_as("live", m->header));
        break;
    case GAIT_TOPIC_FOOTFALL:
        take_footfall(feed, m);
        break;
    case GAIT_TOPIC_TRIAL:
        hub_log(feed->hub, 0, told_as("trial", m->header));
        feed->want_snapshot = true; /* another source may have made another geometry */
        break;
    case GAIT_TOPIC_EVENT:
        hub_log(feed->hub, 0, told_as("event", m->header));
        feed->want_snapshot = true;
        break;
    case GAIT_TOPIC_STATUS:
        hub_put(feed->hub, HUB_STATUS, NULL, told_as("status", m->header));
        break;
    default:
        break;
    }
    if (m->lost || m->restarted) {
        bool replaced = m->head.topic < GAIT_TOPIC_FOOTFALL || m->head.topic == GAIT_TOPIC_STATUS; /* by the next */

        hub_log(feed->hub, 0,
                hub_blob_text("{\"kind\":\"lost\",\"count\":%ju,\"replaced\":%s,\"restarted\":%s}", (uintmax_t)m->lost,
                              replaced ? "true" : "false", m->restarted ? "true" : "false"));
    }
    feed->want_snapshot |= m->restarted;
}

/* To the browsers: the daemon is there or not. */
static void put_link(struct feed *feed, bool there, const char *why)
{
    json_t *link = json_pack("{s:s, s:b, s:s}", "kind", "link", "there", there, "text", there ? "" : why);
    char *text = link ? gait_json_text(link) : NULL;

    hub_put(feed->hub, HUB_LINK, NULL, text ? hub_blob_text("%s", text) : NULL);
    free(text);
    json_decref(link);
}

/* Says once, on standard error and to the browsers, that the daemon is there or not; to the browsers that it is not again and again, so that they hear us. */
static void say(struct feed *feed, bool there, const char *why)
{
    bool news = !feed->told || feed->there != there;

    if (!news && there)
        return;
    feed->told = true;
    feed->there = there;
    feed->want_snapshot |= there;
    put_link(feed, there, why);
    if (news)
        fprintf(stderr, "gaitweb: %s%s\n", there ? "gaitd is heard at " : why,
                there ? feed->endpoints.stream : "; trying again");
}

static void ask_snapshot(struct feed *feed)
{
    struct gait_requester *requester = NULL;
    json_t *reply = NULL;
    int r = gait_requester_new(feed->endpoints.query, &requester, NULL);

    feed->asked_s = now_s();
    if (r == 0)
        r = gait_request(requester, "snapshot", NULL, SNAPSHOT_MS, &reply, NULL);
    if (r == 0 && json_object_get(reply, "result")) {
        hub_put(feed->hub, HUB_SNAPSHOT, NULL, told_as("snapshot", json_object_get(reply, "result")));
        feed->want_snapshot = false;
    }
    json_decref(reply);
    gait_requester_free(requester);
}

/* Nothing was heard for a while: why, as far as can be told. */
static void say_silent(struct feed *feed)
{
    struct gait_requester *requester = NULL;
    struct gait_error err = {0};

    if (gait_requester_new(feed->endpoints.query, &requester, &err) == 0)
        snprintf(err.text, sizeof err.text, "gaitd says nothing at %.200s", feed->endpoints.stream);
    gait_requester_free(requester);
    say(feed, false, err.text);
}

static void tick(struct feed *feed)
{
    double now = now_s();

    if (now - feed->heard_s > SILENT_S)
        say_silent(feed);
    else if (feed->there && feed->want_snapshot && now - feed->asked_s > 1)
        ask_snapshot(feed);
}

static void *run(void *arg)
{
    static const char *const topics[] = {"frame2/", "live/", "footfall/", "trial/", "event/", "status/"};
    struct feed *feed = arg;
    struct gait_subscriber *subscriber = NULL;
    struct gait_error err = {0};

    if (gait_subscriber_new(feed->endpoints.stream, topics, sizeof topics / sizeof *topics, &subscriber, &err) < 0)
        say(feed, false, err.text);
    while (subscriber && !atomic_load(&feed->stop)) {
        struct gait_message *message = NULL;

        if (gait_subscriber_next(subscriber, TICK_MS, &message, NULL) > 0) {
            feed->heard_s = now_s();
            say(feed, true, "");
            take(feed, message);
            gait_message_free(message);
        }
        tick(feed);
    }
    gait_subscriber_free(subscriber);
    return NULL;
}

int feed_new(struct hub *hub, const char *place, struct feed **ret_feed)
{
    struct feed *feed = calloc(1, sizeof *feed);
    struct gait_error err = {0};
    int r;

    if (!feed)
        return -ENOMEM;
    feed->hub = hub;
    feed->heard_s = now_s() - SILENT_S + 1; /* a daemon that is there says its status within a second */
    r = gait_endpoints_find(place, &feed->endpoints, &err);
    if (r < 0)
        fprintf(stderr, "gaitweb: %s\n", err.text);
    else
        r = -pthread_create(&feed->thread, NULL, run, feed);
    if (r < 0) {
        free(feed);
        return r;
    }
    *ret_feed = feed;
    return 0;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    atomic_store(&feed->stop, true);
    pthread_join(feed->thread, NULL);
    free(feed);
}
