/* How many are connected to a socket, counted from what libzmq's monitor says of it. Thread: main. */
#ifndef GAITD_PEERS_H
#define GAITD_PEERS_H

#include <stdint.h>

struct peers {
    void *socket, *monitor; /* NULL: not watched */
    int64_t connected;
    unsigned generation;
};

/** Watch a socket that nothing is bound to yet, so that nobody comes unseen. events: more than who comes and goes. Returns 0; -1 with zmq_errno(). */
int peers_watch(struct peers *peers, void *zmq, void *socket, int events);
/** The next event there is, counted; 0: none. To be read until then at every turn of the loop. */
int peers_next(struct peers *peers);
/** While the socket lives: a monitor without a reader would hold up libzmq's I/O thread for ever. */
void peers_unwatch(struct peers *peers);

#endif
