#include "threads.h"

#include <errno.h>
#include <fenv.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { NOTES = 256 };

struct body {
    void *(*run)(void *);
    void *arg;
    char name[16];
};

/* Name, timer slack, and the floating-point environment that every result is computed in. */
static void *begin(void *arg)
{
    struct body body = *(struct body *)arg;

    free(arg);
    pthread_setname_np(pthread_self(), body.name);
    prctl(PR_SET_TIMERSLACK, 1);
    fesetenv(FE_DFL_ENV);
    return body.run(body.arg);
}

static int start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg, struct gait_error *err)
{
    struct body *body = malloc(sizeof *body);
    int r;

    if (!body)
        return gait_error_set(err, -ENOMEM, "thread %s: no memory", name);
    body->run = run;
    body->arg = arg;
    snprintf(body->name, sizeof body->name, "%s", name);
    r = pthread_create(thread, NULL, begin, body);
    if (r) {
        free(body);
        return gait_error_set(err, -r, "thread %s: %s", name, strerror(r));
    }
    return 0;
}

/* Without the right to it the daemon runs all the same, only less evenly. */
static void make_real_time(struct daemon *d)
{
    const struct sched_param param = {.sched_priority = (int)d->config.priority};
    int r = d->config.priority ? pthread_setschedparam(d->pipeline.thread, SCHED_FIFO, &param) : 0;

    if (r)
        daemon_log(d, GAIT_LOG_INFO,
                   "no real-time priority for the pipeline (%s): continuing without; LimitRTPRIO= grants it",
                   strerror(r));
}

static int make_boxes(struct daemon *d)
{
    int r = mailbox_init(&d->news);

    if (r == 0)
        r = mailbox_init(&d->recorder.box);
    if (r == 0)
        r = mailbox_init(&d->publisher.box);
    if (r == 0)
        r = mailbox_init(&d->device.box);
    if (r == 0)
        r = gait_notes_new(NOTES, &d->pipeline.notes);
    if (r == 0) {
        d->pipeline.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        r = d->pipeline.fd < 0 ? -errno : 0;
    }
    return r;
}

static void connect_all(struct daemon *d)
{
    pthread_condattr_t monotonic;

    d->pipeline.lanes = d->recorder.lanes = d->publisher.lanes = d->device.lanes = &d->lanes;
    d->pipeline.clock = d->recorder.clock = d->publisher.clock = d->device.clock = d->clock;
    d->pipeline.recorder_fd = d->recorder.box.fd;
    d->pipeline.publisher_fd = d->publisher.box.fd;
    d->recorder.main = d->device.main = &d->news;
    d->recorder.publisher = &d->publisher;
    d->device.config = &d->config;
    d->device.pipeline_fd = d->pipeline.fd;
    d->device.publisher_fd = d->publisher.box.fd;
    memcpy(d->recorder.boot_id, d->boot_id, sizeof d->boot_id);
    memcpy(d->publisher.instance, d->instance, sizeof d->instance);
    pthread_mutex_init(&d->recorder.sync_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->recorder.sync_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    d->lanes.wake_fd[WATCH_PIPELINE] = d->pipeline.fd;
    d->lanes.wake_fd[WATCH_RECORDER] = d->recorder.box.fd;
    d->lanes.wake_fd[WATCH_SYNCER] = -1; /* wakes each second by itself */
    d->lanes.wake_fd[WATCH_PUBLISHER] = d->publisher.box.fd;
}

int threads_start(struct daemon *d, struct gait_error *err)
{
    int r = make_boxes(d);

    if (r < 0)
        return gait_error_set(err, r, "eventfd: %s", strerror(-r));
    connect_all(d);
    r = start(&d->publisher.thread, "publisher", publisher_thread, &d->publisher, err);
    if (r == 0)
        r = start(&d->recorder.thread, "recorder", recorder_thread, &d->recorder, err);
    if (r == 0)
        r = start(&d->recorder.sync_thread, "syncer", syncer_thread, &d->recorder, err);
    if (r == 0)
        r = start(&d->pipeline.thread, "pipeline", pipeline_thread, &d->pipeline, err);
    if (r == 0)
        r = start(&d->device.thread, "device", device_thread, &d->device, err);
    if (r == 0)
        make_real_time(d);
    return r;
}

static void throw_away(struct mailbox *box)
{
    struct letter *letter;

    while ((letter = mailbox_take(box)))
        free(letter);
    mailbox_done(box);
}

void threads_stop(struct daemon *d)
{
    device_ask(&d->device, DEVICE_QUIT, 0, NULL);
    pthread_join(d->device.thread, NULL);
    atomic_store(&d->pipeline.stop, true);
    wake(d->pipeline.fd);
    pthread_join(d->pipeline.thread, NULL);
    atomic_store(&d->recorder.stop, true);
    wake(d->recorder.box.fd);
    recorder_kick_syncer(&d->recorder);
    pthread_join(d->recorder.thread, NULL);
    pthread_join(d->recorder.sync_thread, NULL);
    atomic_store(&d->publisher.stop, true);
    wake(d->publisher.box.fd);
    pthread_join(d->publisher.thread, NULL);
    publisher_done(&d->publisher);
    for (unsigned i = 0; i < LANES_MAX; i++)
        lane_free(lanes_get(&d->lanes, i));
    throw_away(&d->news);
    throw_away(&d->recorder.box);
    throw_away(&d->publisher.box);
    throw_away(&d->device.box);
    close(d->pipeline.fd);
    gait_notes_free(d->pipeline.notes);
    pthread_mutex_destroy(&d->recorder.sync_lock);
    pthread_cond_destroy(&d->recorder.sync_wake);
}
