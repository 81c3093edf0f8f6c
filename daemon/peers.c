#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* libzmq waits until an event can be queued, so the queue has no end of its own; it is emptied at every turn. */
int peers_watch(struct peers *peers, void *zmq, void *socket, int events)
{
    const int endless = 0;
    char name[64];
    int why;

    *peers =
        (struct peers){.socket = socket, .monitor = zmq_socket(zmq, ZMQ_PAIR), .generation = peers->generation + 1};
    snprintf(name, sizeof name, "inproc://peers-%p-%u", (void *)peers, peers->generation);
    if (peers->monitor && zmq_setsockopt(peers->monitor, ZMQ_RCVHWM, &endless, sizeof endless) == 0 &&
        zmq_socket_monitor(socket, name, events | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) == 0 &&
        zmq_connect(peers->monitor, name) == 0)
        return 0;
    why = errno;
    peers_unwatch(peers);
    errno = why;
    return -1;
}

int peers_next(struct peers *peers)
{
    uint16_t event = 0;
    zmq_msg_t part;

    zmq_msg_init(&part);
    while (!event && peers->monitor && zmq_msg_recv(&part, peers->monitor, ZMQ_DONTWAIT) >= 0)
        if (zmq_msg_more(&part) && zmq_msg_size(&part) >= sizeof event) /* else the address, of the listener */
            memcpy(&event, zmq_msg_data(&part), sizeof event);
    zmq_msg_close(&part);
    peers->connected += (event == ZMQ_EVENT_ACCEPTED) - (event == ZMQ_EVENT_DISCONNECTED);
    return event;
}

void peers_unwatch(struct peers *peers)
{
    const int linger = 0;

    if (peers->monitor) {
        (void)zmq_socket_monitor(peers->socket, NULL, 0);
        zmq_setsockopt(peers->monitor, ZMQ_LINGER, &linger, sizeof linger);
        zmq_close(peers->monitor);
    }
    *peers = (struct peers){.generation = peers->generation};
}
