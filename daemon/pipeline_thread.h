/* The one real-time thread: walks the rings of all mats with the pipeline. No malloc, no lock, no text. */
#ifndef GAITD_PIPELINE_THREAD_H
#define GAITD_PIPELINE_THREAD_H

#include <pthread.h>

#include <gait/clock.h>

#include <gait/note.h>

#include "lane.h"

/* What the thread notes for the log, which main writes: a is the mat, b a count. */
enum pipeline_note { NOTE_WORK_FULL = 1, NOTE_FOOTFALLS_DROPPED, NOTE_ARENA_FULL };

struct pipeline_thread {
    struct lanes *lanes;
    const struct gait_clock *clock;
    int fd; /* its wake-up: frames, orders */
    int recorder_fd, publisher_fd;
    struct gait_notes *notes;
    _Atomic bool stop;
    _Atomic uint64_t turns; /* rises at each turn: what the watchdog looks at */
    pthread_t thread;
};

/** Body of the thread. */
void *pipeline_thread(void *self);

/** One turn over all mats, as the thread does it; true when anything was done. Tests call it directly. */
bool pipeline_turn(struct pipeline_thread *self);

#endif
