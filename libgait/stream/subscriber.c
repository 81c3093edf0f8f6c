/* Receives messages whole, and tells what never came. */
#include <gait/stream.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <gait/cleanup.h>

#include "stream/curve.h"

enum { PARTS_MAX = 3, RECEIVE_HWM = 4096, MESSAGE_BYTES_MAX = 68 << 20 };

/* Last seq of one topic. frame/ID/ and json/frame/ID/ count together, so they share one. */
struct counter {
    enum gait_topic topic;
    char mat[GAIT_ID_MAX + 1];
    uint64_t seq;
};

struct gait_subscriber {
    void *context, *socket;
    char instance[GAIT_INSTANCE_MAX + 1];
    bool restarted; /* the daemon, since we listen: what it numbered from 1 on was for us */
    struct counter *counter;
    size_t n_counter;
};

GAIT_DEFINE_CLEANUP(struct gait_subscriber *, gait_subscriber_free)

static int zmq_failed(struct gait_error *err, const char *what)
{
    int code = zmq_errno();

    return gait_error_set(err, code > 0 && code < 4096 ? -code : -EIO, "%s: %s", what, zmq_strerror(code));
}

static int connect_to(struct gait_subscriber *s, const char *endpoint, const char *const *topic, size_t n,
                      struct gait_error *err)
{
    const int hwm = RECEIVE_HWM, linger = 0, again_ms = 50, again_max_ms = 1000;
    const int64_t largest = MESSAGE_BYTES_MAX;
    int r;

    s->context = zmq_ctx_new();
    s->socket = s->context ? zmq_socket(s->context, ZMQ_SUB) : NULL;
    if (!s->socket)
        return zmq_failed(err, "subscriber");
    if (zmq_setsockopt(s->socket, ZMQ_RCVHWM, &hwm, sizeof hwm) < 0 ||
        zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger) < 0 ||
        zmq_setsockopt(s->socket, ZMQ_RECONNECT_IVL, &again_ms, sizeof again_ms) < 0 ||
        zmq_setsockopt(s->socket, ZMQ_RECONNECT_IVL_MAX, &again_max_ms, sizeof again_max_ms) < 0 ||
        zmq_setsockopt(s->socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) < 0)
        return zmq_failed(err, "subscriber");
    for (size_t i = 0; i < n; i++)
        if (zmq_setsockopt(s->socket, ZMQ_SUBSCRIBE, topic[i], strlen(topic[i])) < 0)
            return zmq_failed(err, topic[i]);
    r = stream_curve(s->socket, endpoint, err);
    if (r < 0)
        return r;
    return zmq_connect(s->socket, endpoint) < 0 ? zmq_failed(err, endpoint) : 0;
}

int gait_subscriber_new(const char *stream_endpoint, const char *const *topic, size_t n,
                        struct gait_subscriber **ret_subscriber, struct gait_error *err)
{
    _cleanup_(gait_subscriber_freep) struct gait_subscriber *s = NULL;
    int r;

    if (!stream_endpoint || (n && !topic))
        return -EINVAL;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    r = connect_to(s, stream_endpoint, topic, n, err);
    if (r == 0)
        *ret_subscriber = gait_steal(&s);
    return r;
}

void gait_subscriber_free(struct gait_subscriber *s)
{
    if (!s)
        return;
    if (s->socket)
        zmq_close(s->socket);
    if (s->context)
        zmq_ctx_term(s->context);
    free(s->counter);
    free(s);
}

int gait_subscriber_fd(const struct gait_subscriber *s)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(s->socket, ZMQ_FD, &fd, &size) < 0 ? -EIO : fd;
}

static struct counter *counter_of(struct gait_subscriber *s, const struct gait_stream_head *head)
{
    struct counter *more;

    for (size_t i = 0; i < s->n_counter; i++)
        if (s->counter[i].topic == head->topic && strcmp(s->counter[i].mat, head->mat) == 0)
            return &s->counter[i];
    more = realloc(s->counter, (s->n_counter + 1) * sizeof *more);
    if (!more)
        return NULL;
    s->counter = more;
    more += s->n_counter++;
    memset(more, 0, sizeof *more);
    more->topic = head->topic;
    memcpy(more->mat, head->mat, sizeof more->mat);
    return more;
}

/* A hole in seq is a loss on the way here; a new instance starts over, and what it sent before we had found it again is lost as well. */
static int count(struct gait_subscriber *s, struct gait_message *m)
{
    struct counter *c;

    if (strcmp(s->instance, m->head.instance) != 0) {
        m->restarted = s->instance[0] != '\0';
        s->restarted |= m->restarted;
        memcpy(s->instance, m->head.instance, sizeof s->instance);
        s->n_counter = 0;
    }
    c = counter_of(s, &m->head);
    if (!c)
        return -ENOMEM;
    if ((c->seq || s->restarted) && m->head.seq > c->seq + 1)
        m->lost = m->head.seq - c->seq - 1;
    if (m->head.seq > c->seq)
        c->seq = m->head.seq;
    return 0;
}

/* All parts of one message; parts beyond the third are dropped, *ret_n counts them. */
static int receive(void *socket, zmq_msg_t part[PARTS_MAX], size_t *ret_n, int flags)
{
    size_t n = 0;
    int more = 1;

    while (more) {
        zmq_msg_t extra, *to = n < PARTS_MAX ? &part[n] : &extra;

        zmq_msg_init(to);
        if (zmq_msg_recv(to, socket, flags) < 0) {
            zmq_msg_close(to);
            *ret_n = n;
            return -zmq_errno();
        }
        more = zmq_msg_more(to);
        if (to == &extra)
            zmq_msg_close(&extra);
        n++;
    }
    *ret_n = n;
    return 0;
}

static int decode(zmq_msg_t *part, size_t n, struct gait_message **ret_message, struct gait_error *err)
{
    const void *data[PARTS_MAX];
    size_t length[PARTS_MAX];

    for (size_t i = 0; i < n && i < PARTS_MAX; i++) {
        data[i] = zmq_msg_data(&part[i]);
        length[i] = zmq_msg_size(&part[i]);
    }
    int r = gait_message_decode(data, length, n, ret_message, err);

    return r == -EINVAL ? -EBADMSG : r;
}

int gait_subscriber_next(struct gait_subscriber *s, int timeout_ms, struct gait_message **ret_message,
                         struct gait_error *err)
{
    zmq_pollitem_t item = {.socket = s->socket, .events = ZMQ_POLLIN};
    zmq_msg_t part[PARTS_MAX];
    struct gait_message *m = NULL;
    size_t n;
    int r = zmq_poll(&item, 1, timeout_ms);

    if (r == 0 || (r < 0 && zmq_errno() == EINTR))
        return 0;
    r = receive(s->socket, part, &n, ZMQ_DONTWAIT);
    if (r == 0)
        r = decode(part, n, &m, err);
    else if (r == -EAGAIN || r == -EINTR)
        r = 0;
    for (size_t i = 0; i < n && i < PARTS_MAX; i++)
        zmq_msg_close(&part[i]);
    if (!m)
        return r;
    r = count(s, m);
    if (r < 0) {
        gait_message_free(m);
        return r;
    }
    *ret_message = m;
    return 1;
}
