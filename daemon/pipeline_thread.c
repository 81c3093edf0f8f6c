#include "pipeline_thread.h"

#include <errno.h>
#include <poll.h>

#include "mailbox.h"

enum { BATCH = 64, SNOOZE_MS = 100, SNOOZE_STOPPING_MS = 20 };

/* The queue holds four times what the pool can have out, so a push cannot fail; if it ever did, the record goes straight back and is counted. */
static void hand_over(struct lane *lane, const struct work *work)
{
    if (spsc_push(&lane->work, work))
        return;
    lane->pipe.work_full++;
    if (work->footfall) {
        gait_pipeline_release(lane->pipeline, work->footfall);
        if (work->trial)
            atomic_fetch_add(&work->trial->footfalls_dropped, 1);
    }
}

static void hand_over_closed(struct lane *lane)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(lane->pipeline))) {
        const struct work work = {
            .kind = WORK_FOOTFALL,
            .trial = lane->pipe.trial,
            .footfall = f,
            .index = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE),
        };

        hand_over(lane, &work);
    }
}

static void tell(struct lane *lane, enum work_kind kind, struct trial *trial, int code)
{
    const struct work work = {
        .kind = kind, .trial = trial, .code = code, .index = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE)};

    hand_over(lane, &work);
}

static void go_idle(struct lane *lane)
{
    lane->pipe.trial = NULL;
    lane->pipe.stop.kind = (enum order_kind)0;
    lane->pipe.begin.kind = (enum order_kind)0;
    (void)gait_pipeline_start(lane->pipeline, lane->pipe.idle); /* it has started in this state before */
}

static void end_trial(struct lane *lane)
{
    struct gait_pipeline_counters counters;
    struct trial *trial = lane->pipe.trial;
    struct work work = {.kind = WORK_END, .trial = trial, .index = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE)};

    if (gait_pipeline_finish(lane->pipeline, GAIT_FOOTFALL_CUT) > 0)
        hand_over_closed(lane);
    gait_pipeline_counters(lane->pipeline, &counters);
    atomic_fetch_add(&trial->footfalls_dropped, counters.footfalls_dropped);
    gait_ring_lost_behind(lane->ring, &work.lost_device, &work.lost_ring);
    hand_over(lane, &work);
    go_idle(lane);
}

static void act(struct lane *lane, const struct order *order)
{
    struct work work = {
        .kind = WORK_ACTION,
        .trial = lane->pipe.trial,
        .ticket = order->ticket,
        .action = order->action,
        .index = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE),
    };

    if (!work.trial) {
        work.action.at_frame = work.index;
        work.code = order->action.kind == GAIT_ACTION_MARK ? 0 : -ENOENT;
    } else {
        work.code = gait_pipeline_act(lane->pipeline, &work.action);
    }
    hand_over(lane, &work);
}

/* Back to the first frame that the recorder still holds. False: the publisher is reading one of them, try again at the next turn. */
static bool begin_trial(struct lane *lane)
{
    const struct order begin = lane->pipe.begin;
    struct trial *trial = begin.trial;
    uint64_t base = gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER);
    int r = gait_ring_rewind(lane->ring, base);

    if (r == -EAGAIN)
        return false;
    if (r == 0)
        r = gait_pipeline_start(lane->pipeline, &trial->state);
    lane->pipe.begin.kind = (enum order_kind)0;
    if (r < 0) {
        tell(lane, WORK_ABORT, trial, r);
        go_idle(lane);
        return true;
    }
    atomic_store(&trial->base, base);
    lane->pipe.trial = trial;
    tell(lane, WORK_BEGIN, trial, 0);
    if (begin.action.kind)
        act(lane, &begin);
    return true;
}

static void obey(struct lane *lane, const struct order *order)
{
    switch (order->kind) {
    case ORDER_BEGIN:
        lane->pipe.begin = *order;
        break;
    case ORDER_STOP:
        if (lane->pipe.trial == order->trial || (lane->pipe.begin.kind && lane->pipe.begin.trial == order->trial))
            lane->pipe.stop = *order;
        break;
    case ORDER_ABORT:
        tell(lane, WORK_ABORT, order->trial, 0);
        go_idle(lane);
        break;
    case ORDER_ACT:
        act(lane, order);
        break;
    case ORDER_IDLE:
        lane->pipe.idle = order->state;
        if (!lane->pipe.trial)
            (void)gait_pipeline_start(lane->pipeline, order->state);
        tell(lane, WORK_FLOOR, NULL, 0);
        break;
    }
}

static bool obey_all(struct lane *lane)
{
    struct order order;
    bool any = false;

    while (spsc_take(&lane->orders, &order)) {
        obey(lane, &order);
        any = true;
    }
    if (lane->pipe.begin.kind && begin_trial(lane))
        any = true;
    return any;
}

/* A reconnect ends what was down before it. */
static void look_at_connection(struct lane *lane, const struct gait_slot *slot)
{
    if (lane->pipe.seen_frame && slot->meta.connection != lane->pipe.connection &&
        gait_pipeline_finish(lane->pipeline, GAIT_FOOTFALL_GAP) > 0)
        hand_over_closed(lane);
    lane->pipe.connection = slot->meta.connection;
    lane->pipe.seen_frame = true;
}

/* The stop stands at a frame; feet that are down then are waited for, in the mat's frames or, when none come, in time. */
static bool stop_is_due(const struct lane *lane, uint64_t now_ns)
{
    const struct order *stop = &lane->pipe.stop;

    if (!stop->kind || gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE) < stop->at)
        return false;
    return !stop->wait || now_ns >= stop->deadline_ns || !gait_pipeline_busy(lane->pipeline);
}

static unsigned work_frames(struct lane *lane, const struct gait_clock *clock)
{
    unsigned n = 0;
    uint64_t now = gait_now_ns(clock);

    /* a trial that waits to begin goes first: no new frames until the readers have let go of those it goes back to */
    while (n < BATCH && !lane->pipe.begin.kind) {
        struct gait_slot *slot;
        uint64_t done;

        if (stop_is_due(lane, now))
            end_trial(lane);
        slot = gait_ring_peek(lane->ring, GAIT_STAGE_PIPELINE);
        if (!slot)
            break;
        if (lane->pipe.trial && slot->meta.index < lane->pipe.trial->asked_at)
            slot->meta.flags |= GAIT_FRAME_PRE_TRIGGER;
        look_at_connection(lane, slot);
        if (gait_pipeline_frame(lane->pipeline, slot) > 0) {
            gait_ring_advance(lane->ring, GAIT_STAGE_PIPELINE);
            hand_over_closed(lane);
        } else {
            gait_ring_advance(lane->ring, GAIT_STAGE_PIPELINE);
        }
        done = gait_now_ns(clock);
        stage_times_add(lane->pipeline_times, done - now);
        now = done;
        n++;
    }
    return n;
}

static void note(struct pipeline_thread *self, enum pipeline_note what, unsigned mat, uint64_t before, uint64_t now)
{
    if (now > before)
        (void)gait_notes_post(self->notes, what, mat, (int64_t)(now - before), gait_now_ns(self->clock));
}

/* Counters for whoever asks, and a note of each that ought to stay 0. */
static void tell_counters(struct pipeline_thread *self, unsigned mat, struct lane *lane)
{
    struct pipeline_told *told = &lane->told;
    struct gait_pipeline_counters c;

    gait_pipeline_counters(lane->pipeline, &c);
    note(self, NOTE_WORK_FULL, mat, lane->pipe.work_full_noted, lane->pipe.work_full);
    note(self, NOTE_FOOTFALLS_DROPPED, mat, atomic_load(&told->footfalls_dropped), c.footfalls_dropped);
    note(self, NOTE_ARENA_FULL, mat, atomic_load(&told->arena_full), c.arena_full);
    lane->pipe.work_full_noted = lane->pipe.work_full;
    atomic_store(&told->frames, c.frames);
    atomic_store(&told->footfalls, c.footfalls);
    atomic_store(&told->footfalls_dropped, c.footfalls_dropped);
    atomic_store(&told->arena_full, c.arena_full);
    atomic_store(&told->rejected_contacts, c.rejected_contacts);
}

bool pipeline_turn(struct pipeline_thread *self)
{
    bool any = false;

    lanes_seen(self->lanes, WATCH_PIPELINE);
    for (unsigned i = 0; i < LANES_MAX; i++) {
        struct lane *lane = lanes_get(self->lanes, i);

        if (!lane)
            continue;
        any |= obey_all(lane);
        if (work_frames(lane, self->clock) > 0) {
            tell_counters(self, i, lane);
            any = true;
        }
    }
    atomic_fetch_add_explicit(&self->turns, 1, memory_order_relaxed);
    return any;
}

static bool waiting_to_stop(struct lanes *lanes)
{
    for (unsigned i = 0; i < LANES_MAX; i++) {
        const struct lane *lane = lanes_get(lanes, i);

        if (lane && (lane->pipe.stop.kind || lane->pipe.begin.kind))
            return true;
    }
    return false;
}

void *pipeline_thread(void *arg)
{
    struct pipeline_thread *self = arg;
    struct pollfd wait = {.fd = self->fd, .events = POLLIN};

    while (!atomic_load(&self->stop)) {
        bool any = pipeline_turn(self);

        if (any) {
            /* who shows it first: each wake-up costs the next one some time, and nobody waits for the recorder */
            wake(self->publisher_fd);
            wake(self->recorder_fd);
            continue;
        }
        poll(&wait, 1, waiting_to_stop(self->lanes) ? SNOOZE_STOPPING_MS : SNOOZE_MS);
        wake_reset(self->fd);
    }
    atomic_store(&self->lanes->stopped[WATCH_PIPELINE], true);
    return NULL;
}
