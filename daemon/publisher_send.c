/* Messages onto the socket. */
#include "publisher.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { PATIENCE_MS = 500 };
#define SULK_NS 10000000000ull

struct outgoing publisher_number(struct publisher *self, struct topic_state *topic, const bool wanted[2],
                                 enum gait_topic kind, const char *mat, uint64_t frame, uint64_t t_ns)
{
    struct outgoing out = {
        .head = {.topic = kind,
                 .frame = frame,
                 .t_ns = t_ns,
                 .gap_device = topic->gap_device,
                 .gap_ring = topic->gap_ring,
                 .skipped = topic->skipped},
        .wanted = {wanted[0], wanted[1]},
    };

    out.head.seq = atomic_load_explicit(&topic->seq, memory_order_relaxed) + 1;
    atomic_store_explicit(&topic->seq, out.head.seq, memory_order_relaxed);
    topic->gap_device = topic->gap_ring = topic->skipped = 0;
    memcpy(out.head.instance, self->instance, sizeof out.head.instance);
    memcpy(out.head.mat, mat, strlen(mat) + 1);
    return out;
}

/*
 * A full queue of one subscriber drops the message for it alone. For a source that waits for us nothing has to be dropped: then the send is tried again for a
 * while; who still does not read is not waited for in the next ten seconds.
 */
static bool be_patient(struct publisher *self, bool patient)
{
    const int on = patient && gait_now_ns(self->clock) >= self->patience_until_ns;

    zmq_setsockopt(self->socket, ZMQ_XPUB_NODROP, &on, sizeof on);
    return on;
}

static void give_up(struct publisher *self)
{
    self->patience_until_ns = gait_now_ns(self->clock) + SULK_NS;
    be_patient(self, false);
}

static int wait_for_room(struct publisher *self)
{
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLOUT};
    uint64_t until = gait_now_ns(self->clock) + PATIENCE_MS * 1000000ull;

    while (gait_now_ns(self->clock) < until) {
        if (zmq_poll(&item, 1, 10) > 0 && item.revents)
            return 0;
    }
    return -1;
}

static void send_first(struct publisher *self, const void *data, size_t n, int flags)
{
    while (zmq_send(self->socket, data, n, flags | ZMQ_DONTWAIT) < 0 && zmq_errno() == EAGAIN) {
        if (wait_for_room(self) < 0)
            give_up(self);
    }
}

static void free_text(void *data, void *hint)
{
    (void)hint;
    free(data);
}

/* payload is taken over. */
static void send_parts(struct publisher *self, const char *topic, char *header, zmq_msg_t *payload)
{
    zmq_msg_t message;

    send_first(self, topic, strlen(topic), ZMQ_SNDMORE);
    if (zmq_msg_init_data(&message, header, strlen(header), free_text, NULL) < 0) {
        free(header);
        zmq_msg_init(&message);
    }
    zmq_msg_send(&message, self->socket, ZMQ_SNDMORE);
    zmq_msg_send(payload, self->socket, 0);
}

static void send_single(struct publisher *self, const char *topic, const char *header, const void *payload,
                        size_t bytes)
{
    char *part;
    int n = gait_stream_single(topic, header, payload, bytes, &part);

    if (n < 0)
        return;
    send_first(self, part, (size_t)n, 0);
    free(part);
}

void publisher_send_picture(struct publisher *self, const struct outgoing *out, char *header, void *picture,
                            bool patient)
{
    char topic[GAIT_TOPIC_TEXT_MAX];
    zmq_msg_t payload;

    be_patient(self, patient);
    if (out->wanted[1] && gait_topic_text(out->head.topic, out->head.mat, true, topic) > 0)
        send_single(self, topic, header, zmq_msg_data(picture), zmq_msg_size(picture));
    zmq_msg_init(&payload);
    if (out->wanted[0] && gait_topic_text(out->head.topic, out->head.mat, false, topic) > 0 &&
        zmq_msg_copy(&payload, picture) == 0) {
        send_parts(self, topic, header, &payload);
    } else {
        free(header);
        zmq_msg_close(&payload);
    }
    atomic_fetch_add_explicit(&self->messages, 1, memory_order_relaxed);
}

void publisher_send(struct publisher *self, const struct outgoing *out, char *header, const void *payload, size_t bytes,
                    bool patient)
{
    zmq_msg_t message;

    if (zmq_msg_init_size(&message, bytes) < 0) {
        free(header);
        return;
    }
    if (bytes)
        memcpy(zmq_msg_data(&message), payload, bytes);
    publisher_send_picture(self, out, header, &message, patient);
    zmq_msg_close(&message);
}
