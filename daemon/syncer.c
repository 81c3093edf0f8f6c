/* fdatasync of the open journals; only what a good one covers is freed in the ring. */
#include "recorder.h"

#include <time.h>

static void sync_lane(struct recorder *self, struct lane *lane)
{
    struct recorder_lane *rec = &lane->rec;
    struct gait_journal_mark mark;
    struct gait_journal *journal;
    uint64_t before;
    int r;

    pthread_mutex_lock(&rec->lock);
    journal = rec->journal;
    rec->syncing = journal != NULL;
    pthread_mutex_unlock(&rec->lock);
    if (!journal)
        return;
    before = gait_now_ns(self->clock);
    r = gait_journal_sync(journal, &mark);
    stage_times_add(lane->sync_times, gait_now_ns(self->clock) - before);
    pthread_mutex_lock(&rec->lock);
    if (r == 0 && mark.frames && rec->sync_base + mark.frames > gait_ring_freed(lane->ring))
        gait_ring_release(lane->ring, rec->sync_base + mark.frames);
    rec->syncing = false;
    pthread_cond_broadcast(&rec->quiet);
    pthread_mutex_unlock(&rec->lock);
}

static void wait_a_second(struct recorder *self)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&self->sync_lock);
    while (!self->sync_kicked && !atomic_load(&self->stop) &&
           pthread_cond_timedwait(&self->sync_wake, &self->sync_lock, &until) == 0)
        ;
    self->sync_kicked = false;
    pthread_mutex_unlock(&self->sync_lock);
}

void recorder_kick_syncer(struct recorder *self)
{
    pthread_mutex_lock(&self->sync_lock);
    self->sync_kicked = true;
    pthread_cond_signal(&self->sync_wake);
    pthread_mutex_unlock(&self->sync_lock);
}

void *syncer_thread(void *arg)
{
    struct recorder *self = arg;

    while (!atomic_load(&self->stop)) {
        lanes_seen(self->lanes, WATCH_SYNCER);
        for (unsigned i = 0; i < LANES_MAX; i++) {
            struct lane *lane = lanes_get(self->lanes, i);

            if (lane)
                sync_lane(self, lane);
        }
        wait_a_second(self);
    }
    atomic_store(&self->lanes->stopped[WATCH_SYNCER], true);
    return NULL;
}
