#include "publisher.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "memory.h"
#include "news.h"

enum { BATCH = 32, SNOOZE_MS = 200, MOMENT_NS = 50000 };

/* One thing to say that is never skipped. */
struct mail {
    struct letter letter;
    int mat;
    enum gait_topic topic;
    struct lane *lane; /* as it was then; only compared until it is known to be the same */
    uint32_t trial;
    uint64_t frame, t_ns;
    struct gait_footfall *footfall;
    json_t *body;
};

static void post(struct publisher *self, const struct mail *mail)
{
    struct mail *copy = memory_new(1, sizeof *copy);

    *copy = *mail;
    mailbox_post(&self->box, &copy->letter);
}

void publisher_footfall(struct publisher *self, unsigned mat, struct lane *lane, uint32_t trial, uint64_t frame,
                        struct gait_footfall *f)
{
    const struct mail mail = {
        .mat = (int)mat, .topic = GAIT_TOPIC_FOOTFALL, .lane = lane, .trial = trial, .frame = frame, .footfall = f};

    post(self, &mail);
}

void publisher_gap(struct publisher *self, unsigned mat, struct lane *lane, const struct gait_frame_meta *meta)
{
    const struct mail mail = {
        .mat = (int)mat,
        .topic = GAIT_TOPIC_EVENT,
        .lane = lane,
        .frame = meta->index,
        .t_ns = meta->t_ns,
        .body = json_pack("{s:s, s:I, s:I, s:s}", "event", "gap", "missing_device", (json_int_t)meta->gap_device,
                          "missing_ring", (json_int_t)meta->gap_ring, "text", "frames are missing before this one"),
    };

    post(self, &mail);
}

void publisher_object(struct publisher *self, int mat, enum gait_topic topic, uint64_t frame, uint64_t t_ns,
                      json_t *body)
{
    /* a copy of its own: what main goes on holding is not read by another thread */
    const struct mail mail = {.mat = mat, .topic = topic, .frame = frame, .t_ns = t_ns, .body = json_deep_copy(body)};

    json_decref(body);
    post(self, &mail);
}

/* --- what was queued --------------------------------------------------------------------------- */

static void remember(struct lane *lane, const char *header)
{
    char *copy = strdup(header);

    pthread_mutex_lock(&lane->pub.lock);
    free(lane->pub.footfall[lane->pub.footfalls % SNAPSHOT_FOOTFALLS]);
    lane->pub.footfall[lane->pub.footfalls++ % SNAPSHOT_FOOTFALLS] = copy;
    pthread_mutex_unlock(&lane->pub.lock);
}

static void send_footfall(struct publisher *self, struct lane *lane, const struct mail *mail)
{
    struct gait_footfall *f = mail->footfall;
    struct topic_state *topic = &lane->pub.topic[GAIT_TOPIC_FOOTFALL];
    struct outgoing out =
        publisher_number(self, topic, topic->wanted, GAIT_TOPIC_FOOTFALL, lane->id, mail->frame, f->ic_ns);
    float *payload;
    char *header = NULL;
    size_t floats;

    if (atomic_load(&self->blind))
        footfall_hide(f);
    floats = gait_stream_footfall_floats(f);
    payload = malloc(floats * sizeof *payload + 1);
    if (payload && gait_stream_footfall(&out.head, mail->trial, f, &header, payload) == 0) {
        remember(lane, header);
        publisher_send(self, &out, header, payload, floats * sizeof *payload, false);
    }
    free(payload);
}

static uint64_t newest_frame(struct lane *lane)
{
    const uint64_t next = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE);

    return next ? next - 1 : 0;
}

static void send_object(struct publisher *self, struct lane *lane, const struct mail *mail)
{
    struct topic_state *topic = lane ? &lane->pub.topic[mail->topic] : &self->status;
    const bool *wanted = lane ? topic->wanted : self->status_wanted;
    const uint64_t frame = lane && mail->frame == NEWEST_FRAME ? newest_frame(lane) : mail->frame;
    struct outgoing out = publisher_number(self, topic, wanted, mail->topic, lane ? lane->id : "", frame, mail->t_ns);
    char *header;

    if ((out.wanted[0] || out.wanted[1]) && gait_stream_object(&out.head, mail->body, &header) == 0)
        publisher_send(self, &out, header, NULL, 0, false);
}

/* --- frames -------------------------------------------------------------------------------------- */

static bool calibration_is(struct lane *lane, uint32_t version)
{
    const struct gait_trial_state *state;

    if (gait_calibrator_version(lane->pub.calibrator) == version && version != 0)
        return true;
    state = lane_state(lane, version);
    if (!state)
        return false;
    gait_calibrator_cells(lane->pub.calibrator, state->geometry.cell);
    return gait_calibrator_load(lane->pub.calibrator, &state->calibration) == 0;
}

struct picture {
    zmq_msg_t message; /* kPa, shared by the topics */
    bool made;
};

static bool frame_wanted(const struct lane *lane, uint64_t index)
{
    const struct topic_state *topic = lane->pub.topic;

    return topic[GAIT_TOPIC_FRAME].wanted[0] || topic[GAIT_TOPIC_FRAME].wanted[1] ||
           (index % 2 == 0 && (topic[GAIT_TOPIC_FRAME2].wanted[0] || topic[GAIT_TOPIC_FRAME2].wanted[1])) ||
           (index % 10 == 0 && (topic[GAIT_TOPIC_FRAME10].wanted[0] || topic[GAIT_TOPIC_FRAME10].wanted[1]));
}

/*
 * While the pipeline measures a frame its picture is made, with the calibration of the frame before it: it hardly ever changes in between, and whether it did is looked at
 * when the frame is sent.
 */
static bool make_early(struct lane *lane)
{
    struct early_picture *early = &lane->pub.early;
    const uint32_t version = gait_calibrator_version(lane->pub.calibrator);
    const struct gait_slot *slot;
    uint64_t index;

    if (!version || !atomic_load_explicit(&lane->hurried, memory_order_relaxed))
        return false;
    slot = gait_ring_preview(lane->ring, &index);
    if (!slot || !frame_wanted(lane, index) || (early->kPa && early->index == index)) {
        gait_ring_preview_end(lane->ring);
        return false;
    }
    if (!early->kPa)
        early->kPa = malloc(gait_geometry_cells(&lane->geometry) * sizeof *early->kPa);
    if (early->kPa)
        gait_calibrate(lane->pub.calibrator, slot->raw, (float)NAN, early->kPa);
    gait_ring_preview_end(lane->ring);
    early->index = index;
    early->version = version;
    return early->kPa != NULL;
}

/* The pipeline is through with a frame in some ten microseconds. To go to sleep and be woken takes longer. */
static bool worked_soon(const struct publisher *self, const struct lane *lane)
{
    const uint64_t index = lane->pub.early.index, until_ns = gait_now_ns(self->clock) + MOMENT_NS;

    while (gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE) <= index) {
        if (gait_now_ns(self->clock) > until_ns)
            return false;
        sched_yield();
    }
    return true;
}

static void free_floats(void *data, void *hint)
{
    (void)hint;
    free(data);
}

/* True when it is there: the message has it then. */
static bool take_early(struct lane *lane, const struct gait_slot *slot, size_t bytes, zmq_msg_t *ret_message)
{
    struct early_picture *early = &lane->pub.early;

    if (!early->kPa || early->index != slot->meta.index || early->version != slot->calibration_version ||
        zmq_msg_init_data(ret_message, early->kPa, bytes, free_floats, NULL) < 0)
        return false;
    early->kPa = NULL;
    return true;
}

static const float *kPa_of(struct lane *lane, const struct gait_slot *slot, struct picture *p)
{
    size_t cells = gait_geometry_cells(&lane->geometry);

    if (!p->made && take_early(lane, slot, cells * sizeof(float), &p->message))
        p->made = true;
    if (!p->made) {
        if (zmq_msg_init_size(&p->message, cells * sizeof(float)) < 0)
            return NULL;
        p->made = true;
        if (calibration_is(lane, slot->calibration_version))
            gait_calibrate(lane->pub.calibrator, slot->raw, (float)NAN, zmq_msg_data(&p->message));
        else
            for (size_t i = 0; i < cells; i++)
                ((float *)zmq_msg_data(&p->message))[i] = (float)NAN;
    }
    return zmq_msg_data(&p->message);
}

/* Sums, since what was lost among frames that are passed over is told as well. */
static void miss(struct lane *lane, const struct gait_slot *slot, uint64_t skipped)
{
    for (int i = 0; i < GAIT_TOPIC_STATUS; i++) {
        lane->pub.topic[i].gap_device += slot->lost_device - lane->pub.lost_device;
        lane->pub.topic[i].gap_ring += slot->lost_ring - lane->pub.lost_ring;
        lane->pub.topic[i].skipped += skipped;
    }
    lane->pub.lost_device = slot->lost_device;
    lane->pub.lost_ring = slot->lost_ring;
}

static void send_frame(struct publisher *self, struct lane *lane, const struct gait_slot *slot, enum gait_topic kind,
                       struct picture *picture)
{
    struct topic_state *topic = &lane->pub.topic[kind];
    struct outgoing out =
        publisher_number(self, topic, topic->wanted, kind, lane->id, slot->meta.index, slot->meta.t_ns);
    const float *kPa;
    char *header;

    if (!out.wanted[0] && !out.wanted[1])
        return;
    out.head.lost_device = slot->lost_device;
    out.head.lost_ring = slot->lost_ring;
    kPa = kPa_of(lane, slot, picture);
    if (kPa && gait_stream_frame(&out.head, &lane->geometry, &slot->meta, slot->calibration_version, &header) == 0)
        publisher_send_picture(self, &out, header, &picture->message, lane->unpaced);
}

static void send_live(struct publisher *self, struct lane *lane, const struct gait_slot *slot)
{
    struct topic_state *topic = &lane->pub.topic[GAIT_TOPIC_LIVE];
    struct outgoing out =
        publisher_number(self, topic, topic->wanted, GAIT_TOPIC_LIVE, lane->id, slot->meta.index, slot->meta.t_ns);
    char *header;

    if ((out.wanted[0] || out.wanted[1]) &&
        gait_stream_live(&out.head, &slot->meta, &slot->numbers, &slot->live, &header) == 0)
        publisher_send(self, &out, header, NULL, 0, lane->unpaced);
}

static void publish_slot(struct publisher *self, struct lane *lane, const struct gait_slot *slot)
{
    struct picture picture = {.made = false};

    send_live(self, lane, slot);
    send_frame(self, lane, slot, GAIT_TOPIC_FRAME, &picture);
    if (slot->meta.index % 2 == 0)
        send_frame(self, lane, slot, GAIT_TOPIC_FRAME2, &picture);
    if (slot->meta.index % 10 == 0)
        send_frame(self, lane, slot, GAIT_TOPIC_FRAME10, &picture);
    if (picture.made)
        zmq_msg_close(&picture.message);
}

static bool publish_lane(struct publisher *self, struct lane *lane)
{
    unsigned n;

    for (n = 0; n < BATCH; n++) {
        uint64_t before = gait_now_ns(self->clock), skipped;
        const struct gait_slot *slot = gait_ring_pin(lane->ring, &skipped);

        if (!slot)
            break;
        miss(lane, slot, skipped);
        publish_slot(self, lane, slot);
        gait_ring_unpin(lane->ring);
        stage_times_add(lane->publish_times, gait_now_ns(self->clock) - before);
    }
    return n == BATCH;
}

/* What a trial's message says comes behind the frames it is about. */
static void catch_up(struct publisher *self, struct lane *lane)
{
    uint64_t worked = gait_ring_cursor(lane->ring, GAIT_STAGE_PIPELINE);

    while (gait_ring_cursor(lane->ring, GAIT_STAGE_PUBLISHER) < worked && publish_lane(self, lane))
        ;
}

static void send_mail(struct publisher *self, const struct mail *mail)
{
    struct lane *lane = mail->mat >= 0 ? lanes_get(self->lanes, (unsigned)mail->mat) : NULL;

    if (lane && lane->pub.known && mail->topic == GAIT_TOPIC_TRIAL)
        catch_up(self, lane);
    if (mail->footfall) {
        if (lane != mail->lane) /* its mat is gone, and the record with it */
            return;
        if (mail->trial)
            send_footfall(self, lane, mail);
        gait_pipeline_release(lane->pipeline, mail->footfall);
    } else if (lane || mail->topic == GAIT_TOPIC_STATUS) {
        send_object(self, lane, mail);
    }
}

static void read_mail(struct publisher *self)
{
    struct letter *letter;

    while ((letter = mailbox_take(&self->box))) {
        struct mail *mail = (struct mail *)(void *)letter;

        send_mail(self, mail);
        json_decref(mail->body);
        free(mail);
    }
}

static bool publish_all(struct publisher *self)
{
    bool more = false;

    for (unsigned i = 0; i < LANES_MAX; i++) {
        struct lane *lane = lanes_get(self->lanes, i);

        if (!lane)
            continue;
        if (!lane->pub.known) {
            publisher_bound(self);
            publisher_want(self, lane);
            lane->pub.known = true;
        }
        more |= publish_lane(self, lane);
        if (make_early(lane) && worked_soon(self, lane))
            more |= publish_lane(self, lane);
    }
    return more;
}

void *publisher_thread(void *arg)
{
    struct publisher *self = arg;
    zmq_pollitem_t item[2] = {{.socket = self->socket, .events = ZMQ_POLLIN},
                              {.fd = self->box.fd, .events = ZMQ_POLLIN}};
    bool more = false;

    while (!atomic_load(&self->stop)) {
        zmq_poll(item, 2, more ? 0 : SNOOZE_MS);
        wake_reset(self->box.fd);
        lanes_seen(self->lanes, WATCH_PUBLISHER);
        publisher_read_subscriptions(self);
        publisher_bound_newcomers(self);
        read_mail(self);
        more = publish_all(self);
    }
    read_mail(self);
    atomic_store(&self->lanes->stopped[WATCH_PUBLISHER], true);
    return NULL;
}

void publisher_done(struct publisher *self)
{
    struct letter *letter;

    while ((letter = mailbox_take(&self->box))) {
        json_decref(((struct mail *)(void *)letter)->body);
        free(letter);
    }
    free(self->subscription);
    self->subscription = NULL;
}
