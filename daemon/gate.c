#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "memory.h"

enum { SNOOZE_MS = 200, AT_ONCE = 256, TURNS = 20 };

struct gate_letter {
    struct letter letter;
    void *socket;
};

/* Its two ends: subscriptions up, messages down. */
struct ends {
    void *up, *down;
    int hwm;
    bool newcomers;
    unsigned turns; /* since the limit was set */
};

static void close_ends(struct ends *e)
{
    if (e->up)
        zmq_close(e->up);
    if (e->down)
        zmq_close(e->down);
    *e = (struct ends){0};
}

/* A new upper end too: with the old one all its subscriptions go. */
static void open_ends(struct gate *gate, struct ends *e, void *down)
{
    const int linger = 0;

    close_ends(e);
    if (!down)
        return;
    e->down = down;
    e->up = zmq_socket(gate->zmq, ZMQ_XSUB);
    if (!e->up || zmq_setsockopt(e->up, ZMQ_LINGER, &linger, sizeof linger) < 0 || zmq_connect(e->up, GATE_STREAM) < 0)
        close_ends(e);
}

/* As many messages may wait here and for a slow line as the publisher lets wait. */
static void bound(const struct gate *gate, struct ends *e)
{
    const int hwm = atomic_load(&gate->publisher->hwm);

    if (!e->down || (hwm == e->hwm && !(e->newcomers && hwm != GATE_HWM && e->turns++ >= TURNS)))
        return;
    zmq_setsockopt(e->up, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(e->down, ZMQ_SNDHWM, &hwm, sizeof hwm);
    e->hwm = hwm;
    e->newcomers = false;
    e->turns = 0;
}

static void read_letters(struct gate *gate, struct ends *e)
{
    struct letter *l;

    while ((l = mailbox_take(&gate->box))) {
        open_ends(gate, e, ((struct gate_letter *)(void *)l)->socket);
        free(l);
    }
}

/* A subscription goes up when there is such a topic. False: there was none to read. */
static bool subscribe(const struct gate *gate, struct ends *e)
{
    char text[GAIT_TOPIC_TEXT_MAX + 2] = "";
    int n = zmq_recv(e->down, text, sizeof text - 1, ZMQ_DONTWAIT);

    if (n < 0)
        return false;
    if (n < 1 || (size_t)n >= sizeof text || (text[0] != 0 && text[0] != 1) || strlen(text + 1) != (size_t)n - 1 ||
        !publisher_allowed(gate->publisher, text + 1))
        return true;
    e->newcomers = true; /* a new connection begins with the limit that the socket was bound with */
    zmq_setsockopt(e->down, text[0] ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, text + 1, (size_t)n - 1);
    zmq_send(e->up, text, (size_t)n, ZMQ_DONTWAIT);
    return true;
}

/* All parts of one message. False: there was none. */
static bool hand_on(void *from, void *to)
{
    zmq_msg_t part;
    int more = 1;

    while (more) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, from, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return false;
        }
        more = zmq_msg_more(&part);
        if (zmq_msg_send(&part, to, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0)
            zmq_msg_close(&part);
    }
    return true;
}

static void *gate_thread(void *arg)
{
    struct gate *gate = arg;
    struct ends e = {0};

    while (!atomic_load(&gate->stop)) {
        zmq_pollitem_t item[3] = {
            {.fd = gate->box.fd, .events = ZMQ_POLLIN}, {.events = ZMQ_POLLIN}, {.events = ZMQ_POLLIN}};

        item[1].socket = e.up;
        item[2].socket = e.down;
        zmq_poll(item, e.down ? 3 : 1, SNOOZE_MS);
        wake_reset(gate->box.fd);
        read_letters(gate, &e);
        bound(gate, &e);
        for (int i = 0; e.down && i < AT_ONCE; i++) {
            bool asked = subscribe(gate, &e), sent = hand_on(e.up, e.down);

            if (!asked && !sent)
                break;
        }
    }
    read_letters(gate, &e);
    close_ends(&e);
    return NULL;
}

int gate_start(struct gate *gate, void *zmq, struct gait_error *err)
{
    int r = mailbox_init(&gate->box);

    gate->zmq = zmq;
    if (r == 0)
        r = -pthread_create(&gate->thread, NULL, gate_thread, gate);
    gate->running = r == 0;
    if (r == 0)
        pthread_setname_np(gate->thread, "gate");
    return r < 0 ? gait_error_set(err, r, "thread gate: %s", strerror(-r)) : 0;
}

void gate_give(struct gate *gate, void *socket)
{
    struct gate_letter *letter = memory_new(1, sizeof *letter);

    letter->socket = socket;
    mailbox_post(&gate->box, &letter->letter);
}

void gate_stop(struct gate *gate)
{
    if (!gate->running)
        return;
    atomic_store(&gate->stop, true);
    wake(gate->box.fd);
    pthread_join(gate->thread, NULL);
    mailbox_done(&gate->box);
    gate->running = false;
}
