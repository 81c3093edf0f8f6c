/*
 * Plays a frame_source into a ring, in a thread of its own. The thread reads ahead by one frame into a buffer of its own, so that reading a
 * file never delays a frame that is due and a paced frame meets the ring as it is when the frame is due.
 */
#include "transport.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"

enum {
    NAP_LONG_NS = 20 * 1000 * 1000, /* longest wait in one go: an injected clock may run ahead of the system's */
    NAP_ROOM_NS = 100 * 1000,       /* between two looks whether there is room */
    LOOKS_BEFORE_NAP = 64,
};

struct replay {
    struct mat_transport transport; /* first: the two are cast into each other */
    struct gait_frame_source *source;
    struct mat_replay_options options;
    struct mat_sink sink;
    void *raw; /* one frame */
    pthread_t thread;
    bool running; /* device thread only */

    pthread_mutex_t lock; /* below: for a few instructions at a time */
    pthread_cond_t changed;
    bool stopping;
    bool wanted;         /* released and not yet at its end */
    uint64_t generation; /* rises with every hold: ends what is playing */
    struct mat_transport_status status;
    uint64_t rate_since_ns, rate_frames;

    /* source thread only */
    bool streamed;      /* since start */
    bool fresh;         /* the source stands at its first frame */
    uint64_t last_t_ns; /* of any frame so far: t_ns never goes back */
};

struct play {
    uint64_t generation;
    bool started;
    uint64_t start_ns; /* when t_mat_ns 0 was played: what the pace counts from */
    uint64_t first_ns; /* t_ns of t_mat_ns 0 */
    uint64_t last_mat_ns, last_seq;
    uint64_t loop_mat_ns, loop_seq; /* added in the later rounds of a loop */
};

static struct replay *replay_of(struct mat_transport *transport)
{
    return (struct replay *)transport;
}

static const struct gait_geometry *geometry_of(const struct replay *replay)
{
    return &gait_source_info(replay->source)->geometry;
}

static uint64_t period_ns(const struct replay *replay)
{
    return (uint64_t)llround(1e9 / geometry_of(replay)->rate_hz);
}

/* --- saying what happened -------------------------------------------------------------------- */

static void say(struct replay *replay, enum mat_event_kind kind, int code, const char *text)
{
    struct mat_event event = {.kind = kind, .code = code, .t_ns = gait_now_ns(replay->sink.clock)};

    snprintf(event.text, sizeof event.text, "%s", text);
    if (replay->sink.event)
        replay->sink.event(replay->sink.user, &event);
}

static void set_text_locked(struct replay *replay, const char *text)
{
    snprintf(replay->status.text, sizeof replay->status.text, "%s", text);
}

static void count_frame_locked(struct replay *replay, const struct gait_frame_meta *meta)
{
    struct mat_transport_status *s = &replay->status;
    uint64_t now = meta->t_arrival_ns;

    s->streaming = true;
    s->frames++;
    s->gap_device += meta->gap_device;
    s->last_frame_ns = now;
    replay->rate_frames++;
    if (now - replay->rate_since_ns >= 1000000000u) {
        s->rate_hz = (double)replay->rate_frames * 1e9 / (double)(now - replay->rate_since_ns);
        replay->rate_since_ns = now;
        replay->rate_frames = 0;
    }
}

/* --- waiting --------------------------------------------------------------------------------- */

static bool over_locked(const struct replay *replay, const struct play *play)
{
    return replay->stopping || replay->generation != play->generation;
}

/* True when this play has been ended from outside. */
static bool over(struct replay *replay, const struct play *play)
{
    bool is_over;

    pthread_mutex_lock(&replay->lock);
    is_over = over_locked(replay, play);
    pthread_mutex_unlock(&replay->lock);
    return is_over;
}

/* Sleep for so long, or less when something changes. True when this play has been ended. */
static bool nap(struct replay *replay, const struct play *play, uint64_t ns)
{
    struct timespec until;
    bool is_over;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ns < NAP_LONG_NS ? ns : NAP_LONG_NS);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&replay->lock);
    is_over = over_locked(replay, play);
    if (!is_over) {
        pthread_cond_timedwait(&replay->changed, &replay->lock, &until);
        is_over = over_locked(replay, play);
    }
    pthread_mutex_unlock(&replay->lock);
    return is_over;
}

/* Absolute deadlines: lateness of one frame does not move the next. */
static bool wait_until_due(struct replay *replay, const struct play *play, uint64_t mat_ns)
{
    uint64_t due = play->start_ns + (uint64_t)((double)mat_ns / replay->options.speed);
    bool is_over = over(replay, play);

    while (!is_over) {
        uint64_t now = gait_now_ns(replay->sink.clock);

        if (now >= due)
            break;
        is_over = nap(replay, play, due - now);
    }
    return is_over;
}

static bool downstream_takes(struct replay *replay)
{
    return gait_ring_has_room(replay->sink.ring) && (!replay->sink.ready || replay->sink.ready(replay->sink.user));
}

/* Nobody tells us when a slot is freed: look, at first often. */
static bool wait_for_room(struct replay *replay, const struct play *play)
{
    bool is_over = over(replay, play);

    for (unsigned looks = 0; !is_over && !downstream_takes(replay); looks++) {
        if (looks < LOOKS_BEFORE_NAP)
            sched_yield();
        else
            is_over = nap(replay, play, NAP_ROOM_NS);
        is_over = is_over || over(replay, play);
    }
    return is_over;
}

/* --- playing --------------------------------------------------------------------------------- */

static void begin_clock(struct replay *replay, struct play *play)
{
    uint64_t now = gait_now_ns(replay->sink.clock);

    play->start_ns = now;
    play->first_ns = now > replay->last_t_ns ? now : replay->last_t_ns + period_ns(replay);
    play->started = true;
    pthread_mutex_lock(&replay->lock);
    replay->rate_since_ns = now;
    replay->rate_frames = 0;
    if (!over_locked(replay, play))
        set_text_locked(replay, "streaming");
    pthread_mutex_unlock(&replay->lock);
}

static void fill(struct replay *replay, const struct play *play, const struct gait_frame_meta *meta,
                 struct gait_slot *slot)
{
    struct gait_frame_meta *m = &slot->meta;

    memcpy(slot->raw, replay->raw, gait_geometry_frame_bytes(geometry_of(replay)));
    m->seq = meta->seq;
    m->tick = meta->tick;
    m->t_mat_ns = meta->t_mat_ns;
    m->gap_device = meta->gap_device;
    m->gap_ring = meta->gap_ring;
    m->flags = meta->flags;
    m->pads = meta->pads;
    m->t_ns = play->first_ns + meta->t_mat_ns;
    m->t_arrival_ns = gait_now_ns(replay->sink.clock);
    replay->last_t_ns = m->t_ns;
}

/* Under the lock, so that no frame comes any more once hold() has returned. Returns as gait_ring_commit(); -ECANCELED. */
static int commit(struct replay *replay, const struct play *play, const struct gait_frame_meta *meta)
{
    struct gait_slot *slot;
    int r = -ECANCELED;

    pthread_mutex_lock(&replay->lock);
    if (!over_locked(replay, play)) {
        slot = gait_ring_acquire(replay->sink.ring, 0);
        fill(replay, play, meta, slot);
        count_frame_locked(replay, &slot->meta);
        r = gait_ring_commit(replay->sink.ring);
    }
    pthread_mutex_unlock(&replay->lock);
    return r;
}

static int hand_over(struct replay *replay, const struct play *play, const struct gait_frame_meta *meta)
{
    int r = commit(replay, play, meta);

    if (r == -ECANCELED)
        return r;
    if (r == 0 && replay->sink.committed)
        replay->sink.committed(replay->sink.user);
    if (!replay->streamed)
        say(replay, MAT_EVENT_STREAMING, 0, "");
    replay->streamed = true;
    return 1;
}

/* One frame. Returns 1 played; 0 the end; -ECANCELED ended from outside; other negative errno with err. */
static int play_one(struct replay *replay, struct play *play, struct gait_error *err)
{
    struct gait_frame_meta meta = {0};
    int r = gait_source_next(replay->source, replay->raw, &meta, err);
    bool is_over;

    if (r <= 0)
        return r;
    replay->fresh = false;
    if (!play->started)
        begin_clock(replay, play);
    meta.t_mat_ns += play->loop_mat_ns;
    meta.seq += play->loop_seq;
    is_over = replay->options.speed > 0 ? wait_until_due(replay, play, meta.t_mat_ns) : wait_for_room(replay, play);
    if (is_over)
        return -ECANCELED;
    play->last_mat_ns = meta.t_mat_ns;
    play->last_seq = meta.seq;
    return hand_over(replay, play, &meta);
}

/* From the first frame to the end. Returns as play_one(), never 1. */
static int play_through(struct replay *replay, struct play *play, struct gait_error *err)
{
    int r = replay->fresh ? 0 : gait_source_rewind(replay->source, err);

    if (r < 0)
        return r;
    replay->fresh = true;
    do
        r = play_one(replay, play, err);
    while (r > 0);
    return r;
}

/* Said under the lock: an end that is told after hold() would end the next trial. */
static void end_play(struct replay *replay, const struct play *play, int r, const struct gait_error *err)
{
    pthread_mutex_lock(&replay->lock);
    if (!over_locked(replay, play)) {
        replay->wanted = false;
        replay->status.streaming = false;
        set_text_locked(replay, r == 0 ? "at its end" : err->text);
        say(replay, r == 0 ? MAT_EVENT_END : MAT_EVENT_FAILED, r, err->text);
    }
    pthread_mutex_unlock(&replay->lock);
}

/* From where the next round of a loop goes on; a source without a frame has no second round. */
static bool next_round(const struct replay *replay, struct play *play)
{
    if (!replay->options.loop || !play->started)
        return false;
    play->loop_mat_ns = play->last_mat_ns + period_ns(replay);
    play->loop_seq = play->last_seq + 1;
    return true;
}

static void play_until_over(struct replay *replay, uint64_t generation)
{
    struct play play = {.generation = generation};
    struct gait_error err = {0};
    int r;

    do
        r = play_through(replay, &play, &err);
    while (r == 0 && next_round(replay, &play));
    if (r != -ECANCELED)
        end_play(replay, &play, r, &err);
}

/* False when it is time to stop; else the generation to play. */
static bool wait_for_release(struct replay *replay, uint64_t *ret_generation)
{
    bool go;

    pthread_mutex_lock(&replay->lock);
    while (!replay->stopping && !replay->wanted)
        pthread_cond_wait(&replay->changed, &replay->lock);
    go = !replay->stopping;
    *ret_generation = replay->generation;
    pthread_mutex_unlock(&replay->lock);
    return go;
}

static void *source_thread(void *argument)
{
    struct replay *replay = argument;
    uint64_t generation;

    while (wait_for_release(replay, &generation))
        play_until_over(replay, generation);
    return NULL;
}

/* --- the transport --------------------------------------------------------------------------- */

static int start_thread(struct replay *replay)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&replay->thread, NULL, source_thread, replay);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        pthread_setname_np(replay->thread, "source");
    return -r;
}

static int replay_start(struct mat_transport *transport, struct gait_error *err)
{
    struct replay *replay = replay_of(transport);
    int r;

    if (replay->running)
        return 0;
    replay->streamed = false;
    pthread_mutex_lock(&replay->lock);
    replay->stopping = false;
    replay->wanted = replay->options.free_run;
    set_text_locked(replay, replay->wanted ? "starting" : "waiting for trial start");
    pthread_mutex_unlock(&replay->lock);
    r = start_thread(replay);
    if (r < 0)
        return gait_error_set(err, r, "no thread for the source: %s", strerror(-r));
    replay->running = true;
    return 0;
}

static void replay_release(struct mat_transport *transport)
{
    struct replay *replay = replay_of(transport);

    pthread_mutex_lock(&replay->lock);
    replay->wanted = true;
    pthread_cond_signal(&replay->changed);
    pthread_mutex_unlock(&replay->lock);
}

static void replay_hold(struct mat_transport *transport)
{
    struct replay *replay = replay_of(transport);

    if (replay->options.free_run)
        return;
    pthread_mutex_lock(&replay->lock);
    replay->wanted = false;
    replay->generation++;
    gait_ring_forget_lost(replay->sink.ring); /* nobody commits: that is done under the lock */
    replay->status.streaming = false;
    set_text_locked(replay, "waiting for trial start");
    pthread_cond_signal(&replay->changed);
    pthread_mutex_unlock(&replay->lock);
}

static void replay_stop(struct mat_transport *transport)
{
    struct replay *replay = replay_of(transport);

    if (!replay->running)
        return;
    pthread_mutex_lock(&replay->lock);
    replay->stopping = true;
    pthread_cond_signal(&replay->changed);
    pthread_mutex_unlock(&replay->lock);
    pthread_join(replay->thread, NULL);
    replay->running = false;
    pthread_mutex_lock(&replay->lock);
    replay->status.streaming = false;
    set_text_locked(replay, "stopped");
    pthread_mutex_unlock(&replay->lock);
}

static void replay_status(const struct mat_transport *transport, struct mat_transport_status *ret_status)
{
    /* the lock is no part of what the caller sees as constant */
    struct replay *replay = (struct replay *)(uintptr_t)transport;

    pthread_mutex_lock(&replay->lock);
    *ret_status = replay->status;
    pthread_mutex_unlock(&replay->lock);
}

static void replay_free(struct mat_transport *transport)
{
    struct replay *replay = replay_of(transport);

    if (!replay)
        return;
    replay_stop(transport);
    gait_source_free(replay->source);
    pthread_cond_destroy(&replay->changed);
    pthread_mutex_destroy(&replay->lock);
    free(replay->raw);
    free(replay);
}

static const struct mat_transport_ops ops = {
    .start = replay_start,
    .release = replay_release,
    .hold = replay_hold,
    .stop = replay_stop,
    .status = replay_status,
    .free = replay_free,
};

static int check(const struct gait_frame_source *source, const struct mat_replay_options *options,
                 const struct mat_sink *sink)
{
    if (!options || !(options->speed >= 0) || isinf(options->speed) || (options->loop && !options->free_run))
        return -EINVAL;
    if (!sink || !sink->ring || !sink->clock)
        return -EINVAL;
    if (!gait_geometry_equal(&gait_source_info(source)->geometry, gait_ring_geometry(sink->ring)))
        return -EINVAL;
    return 0;
}

static int init_waiting(struct replay *replay)
{
    pthread_condattr_t attributes;
    int r = pthread_condattr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    r = pthread_cond_init(&replay->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (r == 0)
        r = pthread_mutex_init(&replay->lock, NULL);
    return -r;
}

int mat_replay_new(struct gait_frame_source *source, const struct mat_replay_options *options,
                   const struct mat_sink *sink, struct mat_transport **ret_transport)
{
    _cleanup_free_ struct replay *replay = NULL;
    _cleanup_free_ void *raw = NULL;
    int r = source ? check(source, options, sink) : -EINVAL;

    if (r == 0) {
        raw = malloc(gait_geometry_frame_bytes(&gait_source_info(source)->geometry));
        replay = calloc(1, sizeof *replay);
        r = raw && replay ? init_waiting(replay) : -ENOMEM;
    }
    if (r < 0) {
        gait_source_free(source);
        return r;
    }
    replay->transport.ops = &ops;
    replay->source = source;
    replay->options = *options;
    replay->sink = *sink;
    replay->raw = gait_steal(&raw);
    replay->fresh = true;
    set_text_locked(replay, "not started");
    *ret_transport = &gait_steal(&replay)->transport;
    return 0;
}
