#include "recorder.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <gait/error.h>

enum { SNOOZE_MS = 200, CLOCK_EVERY_S = 5 };
#define S_NS 1000000000ull

static struct news *tell(struct recorder *self, unsigned mat, enum news_kind kind, struct trial *trial)
{
    struct news *news = news_new(kind, mat);

    news->trial = trial;
    news->t_ns = gait_now_ns(self->clock);
    return news;
}

static void post(struct recorder *self, struct news *news)
{
    mailbox_post(self->main, &news->letter);
}

/* --- between trials ------------------------------------------------------------------------- */

/* Slots that the pipeline has worked, older than the pre-trigger or from before a reconnect, are given back. */
static void trail(struct lane *lane)
{
    uint64_t worked = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE);
    uint64_t at = gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER), keep = at;
    const struct gait_slot *newest = worked > at ? gait_ring_at(lane->ring, worked - 1) : NULL;
    uint64_t hold_ns = (uint64_t)(lane->pre_trigger_s * 1e9);

    if (!newest || lane->rec.tare || lane->rec.collect)
        return;
    while (keep < worked) {
        const struct gait_slot *slot = gait_ring_at(lane->ring, keep);

        if (slot && slot->meta.connection == newest->meta.connection && newest->meta.t_ns - slot->meta.t_ns < hold_ns)
            break;
        keep++;
    }
    if (keep > at && gait_ring_skip_recorder(lane->ring, keep) == 0)
        gait_ring_release(lane->ring, keep);
}

static void forget_before(struct lane *lane, uint64_t index)
{
    if (index > gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER))
        (void)gait_ring_skip_recorder(lane->ring, index);
    if (index > gait_ring_freed(lane->ring))
        (void)gait_ring_release(lane->ring, index);
}

/* --- a trial -------------------------------------------------------------------------------- */

static void begin(struct recorder *self, struct lane *lane, const struct work *work)
{
    struct recorder_lane *rec = &lane->rec;

    if (rec->mode != RECORDER_ARMED || rec->trial != work->trial)
        return;
    pthread_mutex_lock(&rec->lock);
    rec->journal_base = rec->sync_base = work->index;
    pthread_mutex_unlock(&rec->lock);
    rec->mode = RECORDER_RECORDING;
    rec->told_first = rec->told_low = false;
    rec->told_device = rec->told_ring = 0;
    rec->clock_due_ns = rec->room_due_ns = 0;
    rec->journal_since_ns = gait_now_ns(self->clock);
}

static void append_clock(struct recorder *self, struct lane *lane)
{
    struct gait_clock_record record = {.triple = gait_clock_read(self->clock),
                                       .frame = atomic_load(&lane->rec.trial->frames)};

    if (record.triple.monotonic_ns < lane->rec.clock_due_ns)
        return;
    lane->rec.clock_due_ns = record.triple.monotonic_ns + CLOCK_EVERY_S * S_NS;
    memcpy(record.boot_id, self->boot_id, sizeof record.boot_id);
    (void)gait_journal_append_clock(lane->rec.journal, &record); /* a failure shows at the next frame or at the close */
}

static void footfall(struct recorder *self, unsigned mat, struct lane *lane, const struct work *work)
{
    const struct gait_footfall *f = work->footfall;

    if (work->trial && lane->rec.mode == RECORDER_RECORDING && lane->rec.trial == work->trial) {
        struct news *news = tell(self, mat, NEWS_FOOTFALL, work->trial);

        struct gait_pack pack;

        gait_pack_init(&pack);
        (void)gait_footfall_pack(&pack, f);
        recorder_keep(&lane->rec, GAIT_RECORD_FOOTFALL, work->index, &pack);
        atomic_fetch_add(&work->trial->footfalls, 1);
        session_step_of(f, &news->footfall);
        post(self, news);
    }
    publisher_footfall(self->publisher, mat, lane, work->trial ? work->trial->header.trial : 0, work->index - 1,
                       work->footfall);
}

static void action(struct recorder *self, unsigned mat, struct lane *lane, const struct work *work)
{
    struct news *news = tell(self, mat, NEWS_ACTED, work->trial);

    if (work->trial && work->code == 0 && lane->rec.mode == RECORDER_RECORDING) {
        struct gait_pack pack;

        gait_pack_init(&pack);
        (void)gait_action_pack(&pack, &work->action);
        recorder_keep(&lane->rec, GAIT_RECORD_ACTION, work->index, &pack);
    }
    news->code = work->code;
    news->ticket = work->ticket;
    news->action = work->action;
    post(self, news);
}

/* Frames that came when the ring was full and before the trial was over: no later frame of the trial tells of them. */
static void lost_at_end(struct recorder *self, struct lane *lane, const struct work *work)
{
    struct gait_gap gap = {.frame = work->index - atomic_load(&work->trial->base),
                           .device = work->lost_device,
                           .ring = work->lost_ring,
                           .t_ns = gait_now_ns(self->clock),
                           .why = "behind the trial's last frame"};
    struct gait_pack pack;

    if (!work->lost_ring)
        return;
    atomic_fetch_add(&work->trial->lost_device, work->lost_device);
    atomic_fetch_add(&work->trial->lost_ring, work->lost_ring);
    if (lane->rec.mode != RECORDER_RECORDING)
        return;
    gait_pack_init(&pack);
    (void)gait_gap_pack(&pack, &gap);
    recorder_keep(&lane->rec, GAIT_RECORD_GAP, work->index, &pack);
}

static void end(struct recorder *self, unsigned mat, struct lane *lane, const struct work *work)
{
    struct news *news = tell(self, mat, NEWS_DONE, work->trial);

    lost_at_end(self, lane, work);
    if (lane->rec.mode == RECORDER_LOSING) {
        recorder_close_aside(self, lane);
        news->code = gait_error_set(&news->err, -EIO, "%s", lane->rec.error);
    } else
        news->code = recorder_close(self, mat, lane, &news->err);
    memcpy(news->path, work->trial->journal, sizeof news->path);
    lane->rec.mode = RECORDER_IDLE;
    lane->rec.trial = NULL;
    forget_before(lane, work->index);
    post(self, news);
}

static void abort_trial(struct recorder *self, unsigned mat, struct lane *lane, const struct work *work)
{
    struct news *news;

    if (lane->rec.trial != work->trial)
        return;
    recorder_drop(lane);
    forget_before(lane, work->index);
    news = tell(self, mat, NEWS_ABORTED, work->trial);
    news->code = work->code;
    post(self, news);
}

static void deal_with(struct recorder *self, unsigned mat, struct lane *lane, const struct work *work)
{
    switch (work->kind) {
    case WORK_BEGIN:
        begin(self, lane, work);
        break;
    case WORK_FOOTFALL:
        footfall(self, mat, lane, work);
        break;
    case WORK_ACTION:
        action(self, mat, lane, work);
        break;
    case WORK_END:
        end(self, mat, lane, work);
        break;
    case WORK_ABORT:
        abort_trial(self, mat, lane, work);
        break;
    case WORK_FLOOR:
        if (lane->rec.mode == RECORDER_IDLE)
            forget_before(lane, work->index);
        break;
    }
}

static void tell_gap(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_frame_meta *meta)
{
    if (meta->gap_device || meta->gap_ring)
        publisher_gap(self->publisher, mat, lane, meta);
}

static void record_slot(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_slot *slot)
{
    struct recorder_lane *rec = &lane->rec;
    struct trial *trial = rec->trial;
    bool first = slot->meta.index == atomic_load(&trial->base);

    if (!first) {
        atomic_fetch_add(&trial->lost_device, slot->meta.gap_device);
        atomic_fetch_add(&trial->lost_ring, slot->meta.gap_ring);
        tell_gap(self, mat, lane, &slot->meta);
    }
    recorder_append(self, mat, lane, slot);
    if (rec->mode == RECORDER_RECORDING && !rec->told_first) {
        rec->told_first = true;
        post(self, tell(self, mat, NEWS_FIRST, trial));
    }
    if (rec->mode == RECORDER_RECORDING)
        append_clock(self, lane);
    if (rec->mode == RECORDER_RECORDING)
        recorder_mind_room(self, mat, lane);
}

static void ease_ring(struct recorder *self, const struct lane *lane)
{
    struct gait_ring_stats stats;

    gait_ring_stats(lane->ring, &stats);
    if (stats.fill > stats.depth_frames / 2)
        recorder_kick_syncer(self);
}

/* Frames and what lies between them, in the order of the frame indices. */
static void follow(struct recorder *self, unsigned mat, struct lane *lane)
{
    unsigned n = 0;

    for (;;) {
        const struct work *work = spsc_peek(&lane->work);
        bool walking = lane->rec.mode == RECORDER_RECORDING || lane->rec.mode == RECORDER_LOSING;
        const struct gait_slot *slot;

        if (work && (!walking || gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER) >= work->index)) {
            const struct work copy = *work;

            spsc_drop(&lane->work);
            deal_with(self, mat, lane, &copy);
            continue;
        }
        slot = walking ? gait_ring_peek(lane->ring, GAIT_STAGE_RECORDER) : NULL;
        if (!slot)
            break;
        record_slot(self, mat, lane, slot);
        gait_ring_advance(lane->ring, GAIT_STAGE_RECORDER);
        if (lane->rec.mode == RECORDER_LOSING)
            gait_ring_release(lane->ring, gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER));
        if (++n % 16 == 0)
            ease_ring(self, lane);
    }
    if (lane->rec.mode == RECORDER_RECORDING)
        ease_ring(self, lane);
}

/* --- orders --------------------------------------------------------------------------------- */

static void arm(struct recorder *self, const struct recorder_letter *letter, struct lane *lane)
{
    struct news *news = tell(self, letter->mat, NEWS_ARMED, letter->trial);

    recorder_tare_cancel(self, letter->mat, lane);
    lane->rec.trial = letter->trial;
    if (letter->trial->no_pre_trigger)
        forget_before(lane, gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE));
    news->code = recorder_arm(self, lane, &news->err);
    memcpy(news->path, letter->trial->journal, sizeof news->path);
    if (news->code < 0)
        lane->rec.trial = NULL;
    else
        lane->rec.mode = RECORDER_ARMED;
    post(self, news);
}

static void disarm(struct recorder *self, const struct recorder_letter *letter, struct lane *lane)
{
    if (lane->rec.trial == letter->trial)
        recorder_drop(lane);
    post(self, tell(self, letter->mat, NEWS_ABORTED, letter->trial));
}

static void read_letters(struct recorder *self)
{
    struct letter *l;

    while ((l = mailbox_take(&self->box))) {
        struct recorder_letter *letter = (struct recorder_letter *)(void *)l;
        struct lane *lane = lanes_get(self->lanes, letter->mat);

        if (lane && letter->order == RECORD_ARM)
            arm(self, letter, lane);
        else if (lane && letter->order == RECORD_DISARM)
            disarm(self, letter, lane);
        else if (lane && letter->order == RECORD_TARE)
            recorder_tare_begin(self, letter, lane);
        free(letter);
    }
}

void *recorder_thread(void *arg)
{
    struct recorder *self = arg;
    struct pollfd wait = {.fd = self->box.fd, .events = POLLIN};

    while (!atomic_load(&self->stop)) {
        wake_reset(self->box.fd);
        lanes_seen(self->lanes, WATCH_RECORDER);
        read_letters(self);
        for (unsigned i = 0; i < LANES_MAX; i++) {
            struct lane *lane = lanes_get(self->lanes, i);

            if (!lane)
                continue;
            follow(self, i, lane);
            recorder_tare_run(self, i, lane);
            if (lane->rec.mode == RECORDER_IDLE)
                trail(lane);
        }
        poll(&wait, 1, SNOOZE_MS);
    }
    atomic_store(&self->lanes->stopped[WATCH_RECORDER], true);
    return NULL;
}
