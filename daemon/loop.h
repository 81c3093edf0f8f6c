/* Main's loop: signals, requests, letters from the threads, timers. It never touches frames and never opens a device. */
#ifndef GAITD_LOOP_H
#define GAITD_LOOP_H

#include "daemon.h"

/** Before any thread starts: the signals that the loop reads. */
void loop_block_signals(void);
/** The next letter, waited for. Thread: main, before loop_run(). Owner: free(). */
struct news *loop_wait_news(struct daemon *d);
/** Until a signal ends it: then trials are stopped and sealed. Returns 0; negative errno. */
int loop_run(struct daemon *d);

#endif
