/* Who wants what: only prefixes that exist are let in, so a flood of invented ones costs nothing here. */
#include "publisher.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { READ_AT_ONCE = 256, HWM_LEAST = 10, HEAD_BYTES = 1024, BOUND_NS = 200000000 };

static bool known_id(const struct publisher *self, const char *id, size_t n)
{
    for (unsigned i = 0; i < self->n_known; i++)
        if (strlen(self->known[i]) == n && memcmp(self->known[i], id, n) == 0)
            return true;
    return false;
}

/* "", "json/" are too wide; "frame/", "frame/ID/", "json/frame/ID/" exist. */
bool publisher_allowed(const struct publisher *self, const char *prefix)
{
    if (strncmp(prefix, "json/", 5) == 0)
        prefix += 5;
    for (int i = 0; i < GAIT_TOPIC_COUNT; i++) {
        const char *name = gait_topic_name((enum gait_topic)i);
        size_t n = strlen(name), m;

        if (strncmp(prefix, name, n) != 0 || prefix[n] != '/')
            continue;
        prefix += n + 1;
        m = strlen(prefix);
        return m == 0 || (i != GAIT_TOPIC_STATUS && m > 1 && prefix[m - 1] == '/' && known_id(self, prefix, m - 1));
    }
    return false;
}

static struct subscription *find(struct publisher *self, const char *topic, bool add)
{
    struct subscription *more;

    for (size_t i = 0; i < self->n_subscription; i++)
        if (strcmp(self->subscription[i].topic, topic) == 0)
            return &self->subscription[i];
    if (!add || self->n_subscription == SUBSCRIPTIONS_MAX)
        return NULL;
    more = realloc(self->subscription, (self->n_subscription + 1) * sizeof *more);
    if (!more)
        return NULL;
    self->subscription = more;
    more += self->n_subscription++;
    memset(more, 0, sizeof *more);
    snprintf(more->topic, sizeof more->topic, "%s", topic);
    return more;
}

static bool wanted(struct publisher *self, enum gait_topic topic, const char *mat, bool json)
{
    char one[GAIT_TOPIC_TEXT_MAX], all[GAIT_TOPIC_TEXT_MAX];
    const struct subscription *a, *b;

    if (gait_topic_text(topic, mat, json, one) < 0 || gait_topic_text(topic, NULL, json, all) < 0)
        return false;
    a = find(self, one, false);
    b = find(self, all, false);
    return (a && a->count) || (b && b->count);
}

void publisher_want(struct publisher *self, struct lane *lane)
{
    bool frames = false;

    for (int i = 0; i < GAIT_TOPIC_COUNT; i++)
        for (int json = 0; json < 2; json++) {
            lane->pub.topic[i].wanted[json] = wanted(self, (enum gait_topic)i, lane->id, json);
            frames |= i <= GAIT_TOPIC_FRAME10 && lane->pub.topic[i].wanted[json];
        }
    atomic_store_explicit(&lane->hurried, frames, memory_order_relaxed);
}

/* libzmq counts messages, not bytes: all of them could be pictures of the largest mat, in base64. */
void publisher_bound(struct publisher *self)
{
    size_t largest = 0;
    int hwm;

    for (unsigned i = 0; i < LANES_MAX; i++) {
        const struct lane *lane = lanes_get(self->lanes, i);
        size_t bytes = lane ? gait_geometry_cells(gait_ring_geometry(lane->ring)) * sizeof(float) / 3 * 4 : 0;

        largest = bytes > largest ? bytes : largest;
    }
    hwm = (int)fmin((double)self->hwm_most, fmax(HWM_LEAST, (double)(self->slow_bytes / (largest + HEAD_BYTES))));
    if (atomic_exchange(&self->hwm, hwm) != hwm)
        self->newcomers = true;
}

/* A new connection begins with the limit that its socket was bound with, the most. */
void publisher_bound_newcomers(struct publisher *self)
{
    const uint64_t now_ns = gait_now_ns(self->clock);
    const int hwm = atomic_load(&self->hwm);

    if (!self->newcomers || now_ns - self->bound_ns < BOUND_NS)
        return;
    zmq_setsockopt(self->socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    self->newcomers = false;
    self->bound_ns = now_ns;
}

static void want_all(struct publisher *self)
{
    for (unsigned i = 0; i < LANES_MAX; i++) {
        struct lane *lane = lanes_get(self->lanes, i);

        if (lane)
            publisher_want(self, lane);
    }
    for (int json = 0; json < 2; json++)
        self->status_wanted[json] = wanted(self, GAIT_TOPIC_STATUS, NULL, json);
}

/* A message of a subscriber: 1 or 0, then the prefix. With XPUB_MANUAL nothing counts until it is set here. */
static bool take_subscription(struct publisher *self, zmq_msg_t *message)
{
    const char *data = zmq_msg_data(message);
    size_t n = zmq_msg_size(message);
    char topic[GAIT_TOPIC_TEXT_MAX];
    struct subscription *s;

    if (n < 1 || (data[0] != 0 && data[0] != 1))
        return false;
    if (n - 1 >= sizeof topic || memchr(data + 1, '\0', n - 1)) {
        atomic_fetch_add(&self->refused, data[0] == 1);
        return false;
    }
    memcpy(topic, data + 1, n - 1);
    topic[n - 1] = '\0';
    s = publisher_allowed(self, topic) ? find(self, topic, data[0] == 1) : NULL;
    if (!s) {
        atomic_fetch_add(&self->refused, data[0] == 1);
        return false;
    }
    zmq_setsockopt(self->socket, data[0] ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic, n - 1);
    if (data[0]) {
        s->count++;
        atomic_fetch_add(&self->subscriptions, 1);
    } else if (s->count) {
        s->count--;
        atomic_fetch_sub(&self->subscriptions, 1);
    }
    return true;
}

/* Some at a time: a flood of them must not keep frames and footfalls from being sent. */
void publisher_read_subscriptions(struct publisher *self)
{
    bool changed = false;
    zmq_msg_t message;

    zmq_msg_init(&message);
    for (unsigned n = 0; n < READ_AT_ONCE && zmq_msg_recv(&message, self->socket, ZMQ_DONTWAIT) >= 0; n++)
        changed |= take_subscription(self, &message);
    zmq_msg_close(&message);
    if (changed) {
        self->newcomers |= (uint64_t)atomic_load(&self->hwm) != self->hwm_most;
        want_all(self);
    }
}
