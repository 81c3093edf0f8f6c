#include "rig.h"

#include <stdio.h>
#include <time.h>

enum { PATIENCE_MS = 20000 }; /* on a busy machine nobody is silent, unless a scenario is about that */

static void wake(void *user)
{
    sem_post(&((struct rig *)user)->woken);
}

static uint64_t held_now_ns(const struct gait_clock *clock, enum gait_clock_id id)
{
    (void)id;
    return atomic_load(&((struct rig *)clock->user)->held_ns);
}

void rig_pass(struct rig *rig, unsigned ms)
{
    atomic_fetch_add(&rig->held_ns, (uint64_t)ms * 1000000u);
}

void rig_begin(struct rig *rig, const struct rig_options *options)
{
    struct mat_usb_config config = {.wake = wake, .user = rig, .silence_ms = PATIENCE_MS};
    struct gait_error err = {0};

    *rig = (struct rig){.clock = *gait_clock_system(), .held_ns = 1000000000};
    rig->bed = umock_bed_new();
    sem_init(&rig->woken, 0, 0);
    mat_open_profile_unasked(&rig->open_profile);
    if (options) {
        if (options->silence_ms) {
            config.silence_ms = options->silence_ms;
            rig->clock = (struct gait_clock){.now_ns = held_now_ns, .user = rig};
        }
        config.access_ms = options->access_ms;
        config.retry_ms = options->retry_ms;
        config.usbfs_memory_path = options->usbfs_memory_path;
    }
    config.clock = &rig->clock;
    if (mat_usb_context_new(&config, &rig->context, &err) < 0)
        fail_msg("%s", err.text);
}

void rig_end(struct rig *rig)
{
    mat_usb_context_free(rig->context);
    umock_bed_free(rig->bed);
    sem_destroy(&rig->woken);
}

struct mat_model *rig_model(const char *serial, uint32_t rows, uint32_t cols, uint8_t parts, uint64_t frames,
                            double rate_hz)
{
    struct mat_model_config config = {
        .source = pattern_source(rows, cols, GAIT_U16, RIG_HZ, frames), .rate_hz = rate_hz, .parts = parts};
    struct mat_model *model;

    snprintf(config.serial, sizeof config.serial, "%s", serial);
    assert_int_equal(mat_model_new(&config, &model, NULL), 0);
    return model;
}

void rig_fault(struct rig *rig, struct mat_model *model, enum mat_fault_kind kind, uint64_t after_frames,
               uint32_t count)
{
    umock_lock(rig->bed);
    assert_int_equal(
        mat_model_fault(model,
                        &(struct mat_fault){.kind = kind, .after_frames = after_frames, .count = count, .seed = 7}),
        0);
    umock_unlock(rig->bed);
}

static void nap(struct rig *rig)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)sem_timedwait(&rig->woken, &until);
}

static bool all_named(void *user, const char *id, const struct mat_profile *profile)
{
    (void)user, (void)id, (void)profile;
    return true;
}

void rig_scan(struct rig *rig, const struct mat_profile *profile, struct mat_usb_found *ret_found, size_t count)
{
    const struct mat_profile *profiles[] = {profile ? profile : &rig->open_profile};
    size_t n = 0;

    for (unsigned tries = 0; n != count; tries++) {
        assert_true(tries < 3000);
        assert_int_equal(mat_usb_scan(rig->context, profiles, 1, all_named, NULL, ret_found, count, &n, NULL), 0);
        if (n != count)
            nap(rig);
    }
}

static void on_event(void *user, const struct mat_event *event)
{
    struct rig_mat *mat = user;

    if (getenv("RIG_VERBOSE"))
        fprintf(stderr, "# event %d code %d: %s\n", event->kind, event->code, event->text);
    assert_true(mat->events < RIG_EVENTS_MAX);
    mat->event[mat->events++] = *event;
}

static void on_commit(void *user)
{
    (void)user;
}

struct mat_sink rig_sink(struct rig *rig, struct rig_mat *mat)
{
    mat->rig = rig;
    return (struct mat_sink){
        .ring = mat->ring, .clock = &rig->clock, .committed = on_commit, .event = on_event, .user = mat};
}

int rig_open(struct rig *rig, const struct mat_usb_found *found, struct rig_mat *ret_mat, struct gait_error *err)
{
    struct gait_ring_config config = {.seconds = 10, .memory_bytes = rig->ring_bytes ? rig->ring_bytes : 64 << 20};
    struct mat_sink sink;
    int r;

    *ret_mat = (struct rig_mat){.rig = rig};
    r = mat_usb_new(rig->context, found, &ret_mat->transport, err);
    if (r < 0)
        return r;
    config.geometry = *mat_usb_geometry(ret_mat->transport);
    assert_int_equal(gait_ring_new(&config, &ret_mat->ring), 0);
    sink = rig_sink(rig, ret_mat);
    assert_int_equal(mat_usb_bind(ret_mat->transport, &sink), 0);
    return 0;
}

void rig_start(struct rig_mat *mat)
{
    struct gait_error err = {0};

    if (mat->transport->ops->start(mat->transport, &err) < 0)
        fail_msg("start: %s", err.text);
}

void rig_run(struct rig *rig, struct rig_mat *ret_mat)
{
    struct mat_usb_found found;
    struct gait_error err = {0};

    rig_scan(rig, NULL, &found, 1);
    if (rig_open(rig, &found, ret_mat, &err) < 0)
        fail_msg("open: %s", err.text);
    rig_start(ret_mat);
}

/* --- the reader ------------------------------------------------------------------------------------ */

static void check_cells(const struct gait_geometry *g, const struct gait_slot *slot, uint64_t frame)
{
    uint32_t cells = g->rows * g->cols;

    for (uint32_t i = 0; i < cells; i++) {
        unsigned got = g->dtype == GAIT_U8 ? ((const uint8_t *)slot->raw)[i] : ((const uint16_t *)slot->raw)[i];
        unsigned want = pattern_count(frame, i) & (g->dtype == GAIT_U8 ? 0xffu : 0xffffu);

        if (got != want)
            fail_msg("frame %llu cell %u: %u, not %u", (unsigned long long)frame, i, got, want);
    }
}

static void check(struct rig_mat *mat, const struct gait_slot *slot)
{
    uint64_t frame = slot->meta.tick ? slot->meta.tick / (1000000 / RIG_HZ)
                     : mat->numbered ? slot->meta.seq - 1
                                     : mat->next_frame;

    assert_true(slot->meta.t_ns > mat->last_t_ns);
    assert_true(frame >= mat->next_frame);
    assert_int_equal(slot->meta.index, mat->frames);
    if (mat->whole)
        assert_int_equal(frame, mat->next_frame);
    if (!(slot->meta.flags & GAIT_FRAME_PARTIAL))
        check_cells(gait_ring_geometry(mat->ring), slot, frame);
    assert_true(slot->meta.connection >= mat->connection);
    assert_true((slot->meta.connection > mat->connection) == ((slot->meta.flags & GAIT_FRAME_RECONNECT) != 0));
    mat->connection = slot->meta.connection;
    mat->reconnects += (slot->meta.flags & GAIT_FRAME_RECONNECT) != 0;
    mat->partial += (slot->meta.flags & GAIT_FRAME_PARTIAL) != 0;
    mat->gap_device += slot->meta.gap_device;
    mat->gap_ring += slot->meta.gap_ring;
    mat->last_t_ns = slot->meta.t_ns;
    mat->next_frame = frame + 1;
    mat->frames++;
}

static void drain(struct rig_mat *mat)
{
    struct gait_slot *slot;

    while ((slot = gait_ring_peek(mat->ring, GAIT_STAGE_PIPELINE))) {
        check(mat, slot);
        gait_ring_advance(mat->ring, GAIT_STAGE_PIPELINE);
        if (gait_ring_peek(mat->ring, GAIT_STAGE_RECORDER))
            gait_ring_advance(mat->ring, GAIT_STAGE_RECORDER);
        (void)gait_ring_release(mat->ring, gait_ring_cursor(mat->ring, GAIT_STAGE_RECORDER));
    }
}

void rig_turn(struct rig *rig, struct rig_mat *mats, unsigned n)
{
    uint64_t due_ns;

    rig->new_devices += (unsigned)mat_usb_service(rig->context, &due_ns);
    for (unsigned i = 0; i < n; i++)
        drain(&mats[i]);
    nap(rig);
    for (unsigned i = 0; i < n; i++)
        drain(&mats[i]);
}

void rig_close(struct rig_mat *mat)
{
    mat->transport->ops->free(mat->transport);
    gait_ring_free(mat->ring);
    mat->transport = NULL;
}

struct mat_transport_status rig_status(const struct rig_mat *mat)
{
    struct mat_transport_status s;

    mat->transport->ops->status(mat->transport, &s);
    return s;
}

unsigned rig_events(const struct rig_mat *mat, enum mat_event_kind kind)
{
    unsigned n = 0;

    for (unsigned i = 0; i < mat->events; i++)
        n += mat->event[i].kind == kind;
    return n;
}

const char *rig_event_text(const struct rig_mat *mat, enum mat_event_kind kind)
{
    for (unsigned i = mat->events; i-- > 0;)
        if (mat->event[i].kind == kind)
            return mat->event[i].text;
    return "";
}
