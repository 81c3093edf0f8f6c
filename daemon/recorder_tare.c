/* Offsets of the empty mat, or what a loaded one shows, from frames between trials. The frames stay in the ring as long as the recorder's cursor does not pass them. */
#include "recorder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SILENCE_S = 5 };

static uint64_t due_ns(const struct recorder *self)
{
    return gait_now_ns(self->clock) + SILENCE_S * 1000000000ull;
}

static void answer(struct recorder *self, unsigned mat, struct lane *lane, int code, const char *text,
                   struct news *news)
{
    if (!news)
        news = news_new(NEWS_TARED, mat);
    news->collected.any = lane->rec.collect;
    news->ticket = lane->rec.tare_ticket;
    news->code = code < 0 ? gait_error_set(&news->err, code, "%s", text) : 0;
    gait_tare_free(lane->rec.tare);
    lane->rec.tare = NULL;
    lane->rec.collect = collect_free(lane->rec.collect);
    mailbox_post(self->main, &news->letter);
}

void recorder_tare_begin(struct recorder *self, const struct recorder_letter *letter, struct lane *lane)
{
    struct gait_tare *tare = NULL;
    struct collect *collect = NULL;
    int r = -EALREADY;

    if (lane->rec.mode == RECORDER_IDLE && !lane->rec.tare && !lane->rec.collect)
        r = letter->loaded ? collect_new(&lane->geometry, letter->frames, &collect)
                           : gait_tare_new(&lane->geometry, letter->frames, &tare);
    if (r < 0) {
        struct news *news = news_new(NEWS_TARED, letter->mat);

        news->ticket = letter->ticket;
        news->collected.any = letter->loaded;
        news->code = gait_error_set(&news->err, r, "a trial, tare or calibration is running: wait for its end");
        mailbox_post(self->main, &news->letter);
        return;
    }
    lane->rec.tare = tare;
    lane->rec.tare_empty = letter->empty;
    lane->rec.collect = collect;
    lane->rec.tare_ticket = letter->ticket;
    lane->rec.tare_next = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE);
    lane->rec.tare_due_ns = due_ns(self);
}

static double mean_of(const float *value, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)value[i];
    return n ? sum / (double)n : (double)NAN;
}

static const char *why(int r)
{
    if (r == -EBUSY)
        return "somebody is on the mat: clear it and tare again";
    if (r == -EUSERS)
        return "somebody is on the mat, or a place like a foot rests above the rest: clear it and tare again; when the "
               "mat is empty, gait tare --override WHY";
    return strerror(-r);
}

static void finish(struct recorder *self, unsigned mat, struct lane *lane)
{
    const struct gait_trial_state *idle = lane_idle(lane);
    size_t cells = gait_geometry_cells(&lane->geometry);
    struct news *news = news_new(NEWS_TARED, mat);
    struct gait_tare_result result;
    int r = -ENOMEM;

    news->tare.offset = calloc(cells, sizeof(float));
    news->tare.sigma = calloc(cells, sizeof(float));
    if (news->tare.offset && news->tare.sigma)
        r = gait_tare_finish(lane->rec.tare, &idle->calibration, idle->parameters.p_on_kPa, lane->rec.tare_empty,
                             news->tare.offset, news->tare.sigma, &result);
    if (r == 0) {
        news->tare.frames = result.frames;
        news->tare.sigma_mean = mean_of(news->tare.sigma, cells);
        news->tare.noisy_cells = result.noisy_cells;
        news->tare.stuck_cells = result.stuck_cells;
    }
    answer(self, mat, lane, r, why(r), news);
}

static void finish_collecting(struct recorder *self, unsigned mat, struct lane *lane)
{
    struct news *news = news_new(NEWS_TARED, mat);

    collect_finish(lane->rec.collect, news);
    answer(self, mat, lane, 0, "", news);
}

static bool running(const struct lane *lane)
{
    return lane->rec.tare || lane->rec.collect;
}

void recorder_tare_cancel(struct recorder *self, unsigned mat, struct lane *lane)
{
    if (running(lane))
        answer(self, mat, lane, -ECANCELED, "a trial began before there were frames enough: ask again after it", NULL);
}

static void add_frame(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_slot *slot)
{
    int r = -EIO;

    if (slot && lane->rec.collect) {
        if (collect_add(lane->rec.collect, slot) == 1)
            finish_collecting(self, mat, lane);
        return;
    }
    if (slot)
        r = gait_tare_add(lane->rec.tare, slot->raw);
    if (r == 1)
        finish(self, mat, lane);
    else if (r < 0)
        answer(self, mat, lane, r, strerror(-r), NULL);
}

void recorder_tare_run(struct recorder *self, unsigned mat, struct lane *lane)
{
    uint64_t worked = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE);

    if (running(lane) && lane->rec.tare_next < worked)
        lane->rec.tare_due_ns = due_ns(self);
    else if (running(lane) && gait_now_ns(self->clock) >= lane->rec.tare_due_ns)
        answer(self, mat, lane, -ETIMEDOUT, "no frame has come for 5 s: is the mat plugged in? (gait status)", NULL);
    while (running(lane) && lane->rec.tare_next < worked) {
        const struct gait_slot *slot = gait_ring_at(lane->ring, lane->rec.tare_next++);

        add_frame(self, mat, lane, slot);
    }
    /* frames that were looked at may go */
    if (running(lane) && lane->rec.tare_next > gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER) &&
        gait_ring_skip_recorder(lane->ring, lane->rec.tare_next) == 0)
        gait_ring_release(lane->ring, lane->rec.tare_next);
}
