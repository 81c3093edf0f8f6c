#include "device.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/frame_source.h>

#include "device_usb.h"
#include "memory.h"
#include "news.h"

/* --- what sources call: their own threads, nothing may block ------------------------------------------------- */

static void committed(void *user)
{
    struct seat *seat = user;

    wake(seat->device->pipeline_fd);
    if (!seat->lane->unpaced && atomic_load_explicit(&seat->lane->hurried, memory_order_relaxed))
        wake(seat->device->publisher_fd);
}

static void event(void *user, const struct mat_event *event)
{
    struct seat *seat = user;

    (void)spsc_push(&seat->lane->events, event); /* full: main is 64 events behind, and this is one more of them */
    wake(seat->device->main->fd);
}

/* An unpaced source stays so close that the publisher never skips. */
static bool ready(void *user)
{
    struct seat *seat = user;
    struct gait_ring_stats stats;

    gait_ring_stats(seat->lane->ring, &stats);
    return stats.lag[GAIT_STAGE_PUBLISHER] < stats.depth_frames / 4;
}

/* --- opening ------------------------------------------------------------------------------------------------- */

static bool same_values(const float *a, const float *b, size_t n)
{
    return (!a && !b) || (a && b && memcmp(a, b, n * sizeof *a) == 0);
}

static bool same_calibration(const struct gait_calibration *a, const struct gait_calibration *b, size_t cells)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->serial, b->serial) == 0 && a->scale == b->scale &&
           a->kPa_per_count == b->kPa_per_count &&
           memcmp(&a->saturation_count, &b->saturation_count, sizeof a->saturation_count) == 0 &&
           a->n_curve == b->n_curve && same_values(a->curve_count, b->curve_count, a->n_curve) &&
           same_values(a->curve_kPa, b->curve_kPa, a->n_curve) && same_values(a->offset, b->offset, cells) &&
           same_values(a->gain, b->gain, cells) && same_values(a->sigma, b->sigma, cells);
}

/* The lane can be kept when the new source's frames fit into its ring and mean the same; what was tared since then goes with the old one. */
static bool fits(const struct lane *lane, const struct gait_source_info *info)
{
    const struct idle_link *link = atomic_load(&lane->idle);

    return gait_geometry_equal(&lane->geometry, &info->geometry) && lane->geometry.rate_hz == info->geometry.rate_hz &&
           !link->older &&
           same_calibration(&link->state.calibration, &info->calibration, gait_geometry_cells(&lane->geometry));
}

static int make_lane(struct device *self, unsigned mat, const struct gait_source_info *info, struct gait_error *err)
{
    const struct config *c = self->config;
    struct gait_trial_state idle;
    struct lane *lane;
    int r = gait_trial_state_init(&idle, &info->geometry, &info->calibration);

    if (r < 0)
        return gait_error_set(err, r, "%s: geometry or calibration make no sense", c->mat[mat].id);
    idle.parameters = c->parameters;
    if (idle.calibration.version == 0)
        idle.calibration.version = 1;
    r = lane_new(c->mat[mat].id, &info->geometry, c, c->ring_memory_MiB / (c->n_mats ? c->n_mats : 1), &idle,
                 self->lanes, &lane, err);
    gait_trial_state_done(&idle);
    if (r < 0)
        return r;
    self->seat[mat].lane = lane;
    return 0;
}

static void close_seat(struct device *self, unsigned mat, bool lane_too)
{
    struct seat *seat = &self->seat[mat];

    if (seat->transport)
        seat->transport->ops->free(seat->transport);
    seat->transport = NULL;
    if (lane_too && seat->lane) {
        lanes_retire(self->lanes, mat);
        seat->lane = lane_free(seat->lane);
    }
}

static void set_sink(struct device *self, unsigned mat)
{
    struct seat *seat = &self->seat[mat];

    seat->sink = (struct mat_sink){.ring = seat->lane->ring,
                                   .clock = self->clock,
                                   .committed = committed,
                                   .event = event,
                                   .ready = ready,
                                   .user = seat};
    seat->device = self;
    atomic_store(&self->lanes->lane[mat], seat->lane);
}

static int start(struct device *self, unsigned mat, struct gait_frame_source *source,
                 const struct source_config *config, struct gait_error *err)
{
    struct seat *seat = &self->seat[mat];
    const struct mat_replay_options options = {
        .speed = config->speed, .free_run = config->free_run, .loop = config->free_run};
    int r;

    seat->lane->unpaced = config->speed == 0;
    seat->holdable = !config->free_run;
    set_sink(self, mat);
    r = mat_replay_new(source, &options, &seat->sink, &seat->transport);
    if (r < 0)
        return gait_error_set(err, r, "%s: cannot be played: %s", self->config->mat[mat].id, strerror(-r));
    return seat->transport->ops->start(seat->transport, err);
}

int device_take(struct device *self, unsigned mat, struct mat_transport *transport, const struct gait_source_info *info,
                struct gait_error *err)
{
    struct seat *seat = &self->seat[mat];
    int r = 0;

    close_seat(self, mat, seat->lane && !fits(seat->lane, info));
    if (!seat->lane)
        r = make_lane(self, mat, info, err);
    if (r < 0)
        return r;
    seat->lane->unpaced = false;
    seat->holdable = false;
    seat->transport = transport;
    set_sink(self, mat);
    return 0;
}

static void keep_truth(struct seat *seat, const char *truth)
{
    free(seat->truth);
    seat->truth = truth ? strdup(truth) : NULL;
}

static int open_seat(struct device *self, unsigned mat, const struct source_config *config, struct gait_error *err)
{
    struct seat *seat = &self->seat[mat];
    struct gait_frame_source *source;
    char text[SOURCE_TEXT_MAX];
    int r = source_open(config, &source, text, err);

    if (r < 0)
        return r;
    close_seat(self, mat, seat->lane && !fits(seat->lane, gait_source_info(source)));
    if (!seat->lane)
        r = make_lane(self, mat, gait_source_info(source), err);
    if (r < 0) {
        gait_source_free(source);
        return r;
    }
    memcpy(seat->text, text, sizeof seat->text);
    keep_truth(seat, source->ops->truth_json(source));
    return start(self, mat, source, config, err);
}

/* --- the thread ------------------------------------------------------------------------------------------------ */

static void answer(struct device *self, unsigned mat, enum news_kind kind, int code, const struct gait_error *err)
{
    struct news *news = news_new(kind, mat);

    news->code = code;
    if (err)
        news->err = *err;
    mailbox_post(self->main, &news->letter);
}

static void obey(struct device *self, const struct device_letter *letter)
{
    struct seat *seat = &self->seat[letter->mat];
    struct gait_error err = {0};
    int r;

    switch (letter->order) {
    case DEVICE_OPEN:
        if (letter->source.kind == SOURCE_USB) {
            r = device_usb_want(self, letter->mat, &err);
            if (r == 0)
                break; /* it says itself when the mat is there */
        } else {
            r = open_seat(self, letter->mat, &letter->source, &err);
        }
        answer(self, letter->mat, NEWS_SOURCE, r, &err);
        break;
    case DEVICE_RELEASE:
        if (seat->transport && seat->transport->ops->release)
            seat->transport->ops->release(seat->transport);
        break;
    case DEVICE_HOLD:
        if (seat->transport && seat->transport->ops->hold)
            seat->transport->ops->hold(seat->transport);
        answer(self, letter->mat, NEWS_HELD, 0, NULL);
        break;
    case DEVICE_QUIT:
        break;
    }
}

void *device_thread(void *arg)
{
    struct device *self = arg;
    struct pollfd wait = {.fd = self->box.fd, .events = POLLIN};
    bool quit = false;

    while (!quit) {
        struct letter *l = mailbox_take(&self->box);
        struct device_letter *letter = (struct device_letter *)(void *)l;

        if (!l) {
            poll(&wait, 1, device_usb_serve(self));
            wake_reset(self->box.fd);
            continue;
        }
        quit = letter->order == DEVICE_QUIT;
        obey(self, letter);
        free(letter);
    }
    for (unsigned i = 0; i < LANES_MAX; i++) {
        close_seat(self, i, false);
        keep_truth(&self->seat[i], NULL);
    }
    device_usb_done(self);
    return NULL;
}

void device_ask(struct device *self, enum device_order order, unsigned mat, const struct source_config *source)
{
    struct device_letter *letter = memory_new(1, sizeof *letter);

    letter->order = order;
    letter->mat = mat;
    if (source)
        letter->source = *source;
    mailbox_post(&self->box, &letter->letter);
}
