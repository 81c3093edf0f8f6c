/* Starting and ending the threads. */
#ifndef GAITD_THREADS_H
#define GAITD_THREADS_H

#include "daemon.h"

/** Queues, wake-ups and all threads. Signals are blocked already. Returns 0; negative errno with err. */
int threads_start(struct daemon *d, struct gait_error *err);
/** Device first, then who walks along the rings; joins all and frees the lanes. */
void threads_stop(struct daemon *d);

#endif
