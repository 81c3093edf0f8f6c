/* Hands the stream on to TCP: its own thread between the publisher and the XPUB socket that keys are needed for, so that a slow line is nobody else's trouble. */
#ifndef GAITD_GATE_H
#define GAITD_GATE_H

#include <pthread.h>
#include <stdbool.h>

#include <gait/error.h>

#include "mailbox.h"
#include "publisher.h"

enum { GATE_HWM = 1000 }; /* messages that may wait for a connection until the publisher's own limit is set for it */
#define GATE_STREAM "inproc://stream" /* where the publisher's socket is bound for it */

struct gate {
    void *zmq;
    const struct publisher *publisher; /* which prefixes exist */
    struct mailbox box;
    _Atomic bool stop;
    bool running;
    pthread_t thread;
};

/** Start its thread; nothing is open yet. Returns 0; negative errno with err. */
int gate_start(struct gate *gate, void *zmq, struct gait_error *err);
/** Take another XPUB socket, bound (NULL: none): the one before is closed, and with it every connection. Thread: main. */
void gate_give(struct gate *gate, void *socket);
/** End the thread and close. */
void gate_stop(struct gate *gate);

#endif
