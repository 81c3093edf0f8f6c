#include "lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/cleanup.h>

#include "mailbox.h"
#include "recorder.h"
#include "transport/transport.h"

enum { ORDERS = 64, WORKS = 256, EVENTS = 64, SNOOZE_NS = 200000 };

GAIT_DEFINE_CLEANUP(struct lane *, lane_free)

struct trial *trial_free(struct trial *trial)
{
    if (trial) {
        gait_journal_header_done(&trial->header);
        gait_trial_state_done(&trial->state);
        free(trial);
    }
    return NULL;
}

static int make_queues(struct lane *lane)
{
    int r = spsc_init(&lane->orders, ORDERS, sizeof(struct order));

    if (r == 0)
        r = spsc_init(&lane->work, WORKS, sizeof(struct work));
    if (r == 0)
        r = spsc_init(&lane->events, EVENTS, sizeof(struct mat_event));
    return r;
}

static int make_ring(struct lane *lane, const struct config *config, double memory_MiB)
{
    const struct gait_ring_config ring = {
        .geometry = lane->geometry,
        .seconds = config->ring_seconds,
        .pre_trigger_s = config->pre_trigger_s,
        .memory_bytes = (uint64_t)(memory_MiB * 1048576.0),
    };
    int r = gait_ring_new(&ring, &lane->ring);

    if (r == 0)
        r = gait_pipeline_new(&lane->geometry, lane->ring, NULL, &lane->pipeline);
    if (r == 0)
        r = gait_calibrator_new(&lane->geometry, &lane->pub.calibrator);
    return r;
}

int lane_new(const char *id, const struct gait_geometry *geometry, const struct config *config, double memory_MiB,
             const struct gait_trial_state *idle, struct lanes *lanes, struct lane **ret_lane, struct gait_error *err)
{
    _cleanup_(lane_freep) struct lane *lane = aligned_alloc(64, (sizeof *lane + 63) / 64 * 64);
    int r;

    if (!lane)
        return gait_error_set(err, -ENOMEM, "%s: no memory", id);
    memset(lane, 0, sizeof *lane);
    pthread_mutex_init(&lane->rec.lock, NULL);
    pthread_mutex_init(&lane->pub.lock, NULL);
    pthread_cond_init(&lane->rec.quiet, NULL);
    snprintf(lane->id, sizeof lane->id, "%s", id);
    lane->pre_trigger_s = config->pre_trigger_s;
    lane->pipeline_times = &lanes->pipeline;
    lane->append_times = &lanes->append;
    lane->sync_times = &lanes->sync;
    lane->publish_times = &lanes->publish;
    r = gait_geometry_copy(geometry, &lane->geometry);
    if (r == 0)
        r = make_queues(lane);
    if (r == 0)
        r = make_ring(lane, config, memory_MiB);
    if (r == -E2BIG)
        return gait_error_set(err, r, "%s: %u x %u cells do not fit into ring.memory_MiB %g; raise it", id,
                              geometry->rows, geometry->cols, memory_MiB);
    if (r == 0)
        r = lane_add_idle(lane, idle);
    if (r == 0) {
        lane->pipe.idle = lane_idle(lane);
        r = gait_pipeline_start(lane->pipeline, lane->pipe.idle);
    }
    if (r < 0)
        return gait_error_set(err, r, "%s: cannot be measured with: %s", id, r == -ENOMEM ? "no memory" : strerror(-r));
    *ret_lane = gait_steal(&lane);
    return 0;
}

static void free_idle(struct idle_link *link)
{
    while (link) {
        struct idle_link *older = link->older;

        gait_trial_state_done(&link->state);
        free(link);
        link = older;
    }
}

struct lane *lane_free(struct lane *lane)
{
    if (!lane)
        return NULL;
    gait_tare_free(lane->rec.tare);
    collect_free(lane->rec.collect);
    recorder_kept_done(&lane->rec);
    gait_journal_free(lane->rec.journal);
    gait_calibrator_free(lane->pub.calibrator);
    free(lane->pub.early.kPa);
    gait_pipeline_free(lane->pipeline);
    gait_ring_free(lane->ring);
    spsc_done(&lane->orders);
    spsc_done(&lane->work);
    spsc_done(&lane->events);
    for (unsigned i = 0; i < SNAPSHOT_FOOTFALLS; i++)
        free(lane->pub.footfall[i]);
    free_idle(atomic_load(&lane->idle));
    gait_geometry_done(&lane->geometry);
    pthread_mutex_destroy(&lane->rec.lock);
    pthread_mutex_destroy(&lane->pub.lock);
    pthread_cond_destroy(&lane->rec.quiet);
    free(lane);
    return NULL;
}

int lane_add_idle(struct lane *lane, const struct gait_trial_state *state)
{
    struct idle_link *link = calloc(1, sizeof *link);
    int r = link ? gait_trial_state_copy(state, &link->state) : -ENOMEM;

    if (r < 0) {
        free(link);
        return r;
    }
    link->older = atomic_load_explicit(&lane->idle, memory_order_relaxed);
    atomic_store_explicit(&lane->idle, link, memory_order_release);
    return 0;
}

const struct gait_trial_state *lane_state(const struct lane *lane, uint32_t version)
{
    const struct idle_link *link = atomic_load_explicit(&lane->idle, memory_order_acquire);

    while (link && link->state.calibration.version != version)
        link = link->older;
    return link ? &link->state : NULL;
}

static bool all_have_seen(const struct lanes *lanes, uint64_t epoch)
{
    for (int i = 0; i < THREADS_WATCHED; i++)
        if (!atomic_load(&lanes->stopped[i]) && atomic_load(&lanes->seen[i]) < epoch)
            return false;
    return true;
}

void lanes_retire(struct lanes *lanes, unsigned i)
{
    const struct timespec snooze = {.tv_nsec = SNOOZE_NS};
    uint64_t epoch;

    atomic_store(&lanes->lane[i], NULL);
    epoch = atomic_fetch_add(&lanes->epoch, 1) + 1;
    while (!all_have_seen(lanes, epoch)) {
        for (int k = 0; k < THREADS_WATCHED; k++)
            wake(lanes->wake_fd[k]);
        nanosleep(&snooze, NULL);
    }
}
