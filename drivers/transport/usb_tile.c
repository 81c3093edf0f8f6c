#include "transport/usb_tile.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mats/tile.h"

enum { PAD_RING_BYTES = 4 << 20 };

struct tiled_pad {
    struct usb_tile *tile;
    unsigned number;
    struct mat_transport *transport;
    struct gait_ring *ring;
    uint32_t connection; /* usb thread: of its last frame */
};

struct usb_tile {
    struct mat_transport transport; /* first: the two are cast into each other */
    const struct mat_profile *profile;
    struct mat_tile *tile; /* usb thread while pads stream */
    struct tiled_pad pad[MAT_PADS_MAX];
    unsigned pads, clock;
    struct mat_sink sink;
    bool bound;
    _Atomic uint32_t left; /* pads that were lost and must be taken out, as bits: device to usb thread */
    _Atomic uint32_t away; /* pads that are not streaming */
    _Atomic uint64_t frames;
};

static const struct mat_transport_ops tile_ops;

static struct usb_tile *tile_of(const struct mat_transport *transport)
{
    return (struct usb_tile *)transport;
}

/* --- frames (usb thread) ------------------------------------------------------------------------------ */

static void merge(struct usb_tile *t, struct tiled_pad *clock, const struct gait_slot *from)
{
    struct mat_tile_state state;
    struct gait_slot *slot;

    if (from->meta.connection != clock->connection) {
        clock->connection = from->meta.connection;
        gait_ring_reconnected(t->sink.ring);
    }
    slot = gait_ring_acquire(t->sink.ring, 0);
    mat_tile_merge(t->tile, 0, slot->raw, &state);
    slot->meta.seq = from->meta.seq;
    slot->meta.tick = from->meta.tick;
    slot->meta.t_arrival_ns = from->meta.t_arrival_ns;
    slot->meta.t_mat_ns = from->meta.t_mat_ns;
    slot->meta.t_ns = from->meta.t_ns;
    slot->meta.gap_device = from->meta.gap_device + from->meta.gap_ring;
    slot->meta.flags = (from->meta.flags & ~(uint32_t)GAIT_FRAME_RECONNECT) | state.flags;
    slot->meta.pads = state.pads;
    (void)gait_ring_commit(t->sink.ring); /* a spilled frame is counted by the ring */
    atomic_fetch_add_explicit(&t->frames, 1, memory_order_relaxed);
    if (t->sink.committed)
        t->sink.committed(t->sink.user);
}

static void take_out(struct usb_tile *t)
{
    uint32_t left = atomic_exchange(&t->left, 0);

    for (unsigned i = 0; left; i++, left >>= 1)
        if (left & 1)
            mat_tile_gone(t->tile, i);
}

/* All pads' frames come here in the one usb thread, so that nothing is locked. */
static void pad_committed(void *user)
{
    struct tiled_pad *pad = user;
    struct usb_tile *t = pad->tile;
    struct gait_slot *slot;

    take_out(t);
    while ((slot = gait_ring_peek(pad->ring, GAIT_STAGE_PIPELINE))) {
        if (mat_tile_put(t->tile, pad->number, slot->raw, slot->meta.t_arrival_ns))
            merge(t, pad, slot);
        gait_ring_advance(pad->ring, GAIT_STAGE_PIPELINE);
        if (gait_ring_peek(pad->ring, GAIT_STAGE_RECORDER))
            gait_ring_advance(pad->ring, GAIT_STAGE_RECORDER);
        (void)gait_ring_release(pad->ring, gait_ring_cursor(pad->ring, GAIT_STAGE_RECORDER));
    }
}

/* --- events (device thread) ------------------------------------------------------------------------------ */

/* What happens to the clock pad happens to the mat; what happens to another is trouble. */
static void pad_event(void *user, const struct mat_event *event)
{
    struct tiled_pad *pad = user;
    struct usb_tile *t = pad->tile;
    struct mat_event told = *event;
    const char *what = event->kind == MAT_EVENT_LOST ? ": its cells are missing until it is back" : "";

    if (event->kind == MAT_EVENT_LOST) {
        atomic_fetch_or(&t->left, 1u << pad->number);
        atomic_fetch_or(&t->away, 1u << pad->number);
    } else if (event->kind == MAT_EVENT_BACK || event->kind == MAT_EVENT_STREAMING) {
        atomic_fetch_and(&t->away, ~(1u << pad->number));
    }
    if (pad->number == t->clock && event->kind == MAT_EVENT_LOST)
        what = ": it sets the pace, so there are no frames until it is back";
    else if (pad->number != t->clock && event->kind == MAT_EVENT_STREAMING)
        return;
    else if (pad->number != t->clock)
        told.kind = MAT_EVENT_TROUBLE;
    snprintf(told.text, sizeof told.text, "pad %u (%.64s): %.60s%s", pad->number + 1, mat_usb_id(pad->transport),
             event->text, what);
    if (t->sink.event)
        t->sink.event(t->sink.user, &told);
}

/* --- making ---------------------------------------------------------------------------------------------- */

/* Which place a device has; -1 none. */
static int place(const struct usb_tile *t, const struct mat_transport *pad, const struct mat_device *device)
{
    const struct mat_tiling *tiling = &t->profile->tiling;
    char port[48];
    int any = -1;

    snprintf(port, sizeof port, "port-%s", device->port);
    for (unsigned i = 0; i < t->pads; i++) {
        const char *id = tiling->pad[i].id;

        if (t->pad[i].transport)
            continue;
        if (id[0] && (!strcmp(id, mat_usb_id(pad)) || !strcmp(id, port) || !strcmp(id, device->serial)))
            return (int)i;
        if (!id[0] && any < 0)
            any = (int)i;
    }
    return any;
}

static int take_pads(struct usb_tile *t, struct mat_usb_context *context, const struct mat_usb_found *found, size_t n,
                     struct gait_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct mat_transport *pad;
        int r, at;

        if (found[i].open)
            continue;
        r = mat_usb_new(context, &found[i], &pad, err);
        if (r < 0)
            return r;
        at = place(t, pad, &found[i].device);
        if (at < 0)
            pad->ops->free(pad);
        else
            t->pad[at].transport = pad;
    }
    for (unsigned i = 0; i < t->pads; i++)
        if (!t->pad[i].transport)
            return gait_error_set(err, -ENODEV, "waiting for pad %u (%s) of %u of profile %s: plug it in", i + 1,
                                  t->profile->tiling.pad[i].id[0] ? t->profile->tiling.pad[i].id : "any", t->pads,
                                  t->profile->name);
    return 0;
}

static int prepare(struct usb_tile *t, struct mat_usb_context *context, const struct mat_usb_found *found, size_t n,
                   struct gait_error *err)
{
    int r = take_pads(t, context, found, n, err);

    if (r < 0)
        return r;
    r = mat_tile_new(t->profile, mat_usb_geometry(t->pad[0].transport), &t->tile);
    return r < 0 ? gait_error_set(err, r, "profile %s: its pads do not fit: gait profile check says why",
                                  t->profile->name)
                 : 0;
}

int mat_usb_tile_new(struct mat_usb_context *context, const struct mat_profile *profile,
                     const struct mat_usb_found *found, size_t n, struct mat_transport **ret_transport,
                     struct gait_error *err)
{
    struct usb_tile *t = calloc(1, sizeof *t);
    int r;

    if (!t)
        return gait_error_set(err, -ENOMEM, "no memory for a mat");
    t->transport.ops = &tile_ops;
    t->profile = profile;
    t->pads = profile->tiling.count;
    for (unsigned i = 0; i < t->pads; i++) {
        t->pad[i] = (struct tiled_pad){.tile = t, .number = i};
        t->clock = profile->tiling.pad[i].clock ? i : t->clock;
    }
    r = prepare(t, context, found, n, err);
    if (r < 0) {
        tile_ops.free(&t->transport);
        return r;
    }
    *ret_transport = &t->transport;
    return 0;
}

const struct gait_geometry *mat_usb_tile_geometry(const struct mat_transport *transport)
{
    return mat_tile_geometry(tile_of(transport)->tile);
}

const struct gait_calibration *mat_usb_tile_calibration(const struct mat_transport *transport)
{
    return mat_usb_calibration(tile_of(transport)->pad[0].transport);
}

bool mat_usb_tile_needs_tare(const struct mat_transport *transport)
{
    return transport->ops == &tile_ops && mat_usb_needs_tare(tile_of(transport)->pad[0].transport);
}

int mat_usb_tile_bind(struct mat_transport *transport, const struct mat_sink *sink)
{
    struct usb_tile *t = tile_of(transport);
    int r = gait_geometry_equal(gait_ring_geometry(sink->ring), mat_tile_geometry(t->tile)) ? 0 : -EINVAL;

    for (unsigned i = 0; i < t->pads && r == 0; i++) {
        struct tiled_pad *pad = &t->pad[i];
        struct gait_ring_config config = {
            .geometry = *mat_usb_geometry(pad->transport), .seconds = 0.1, .memory_bytes = PAD_RING_BYTES};
        struct mat_sink own = {.clock = sink->clock, .committed = pad_committed, .event = pad_event, .user = pad};

        r = gait_ring_new(&config, &pad->ring);
        own.ring = pad->ring;
        if (r == 0)
            r = mat_usb_bind(pad->transport, &own);
    }
    if (r < 0)
        return r;
    t->sink = *sink;
    t->bound = true;
    return 0;
}

/* --- the transport ------------------------------------------------------------------------------------------ */

static void tile_stop(struct mat_transport *transport)
{
    struct usb_tile *t = tile_of(transport);

    for (unsigned i = 0; i < t->pads; i++)
        if (t->pad[i].transport)
            t->pad[i].transport->ops->stop(t->pad[i].transport);
}

static int tile_start(struct mat_transport *transport, struct gait_error *err)
{
    struct usb_tile *t = tile_of(transport);
    int r = t->bound ? 0 : gait_error_set(err, -EINVAL, "%s: nobody said where frames go", t->profile->name);

    for (unsigned i = 0; i < t->pads && r == 0; i++)
        r = t->pad[i].transport->ops->start(t->pad[i].transport, err);
    if (r < 0)
        tile_stop(transport);
    return r;
}

static void add(struct mat_transport_status *sum, const struct mat_transport_status *pad)
{
    for (unsigned i = 0; i < 16; i++)
        sum->verdict[i] += pad->verdict[i];
    sum->transfers += pad->transfers;
    sum->stalls += pad->stalls;
    sum->overflows += pad->overflows;
    sum->errors += pad->errors;
    sum->cancelled += pad->cancelled;
    sum->no_device += pad->no_device;
    sum->clear_halts += pad->clear_halts;
    sum->resets += pad->resets;
    sum->reopens += pad->reopens;
    sum->reconnects += pad->reconnects;
}

/* Frames and rate are the clock pad's; transfers and troubles are summed over the pads. */
static void tile_status(const struct mat_transport *transport, struct mat_transport_status *ret_status)
{
    const struct usb_tile *t = tile_of(transport);
    struct mat_transport_status s, pad;
    uint32_t away = atomic_load(&t->away);

    t->pad[t->clock].transport->ops->status(t->pad[t->clock].transport, &s);
    for (unsigned i = 0; i < t->pads; i++) {
        if (i == t->clock)
            continue;
        t->pad[i].transport->ops->status(t->pad[i].transport, &pad);
        add(&s, &pad);
    }
    s.frames = atomic_load_explicit(&t->frames, memory_order_relaxed);
    if (s.streaming && away)
        snprintf(s.text, sizeof s.text, "streaming, %d of %u pads missing", __builtin_popcount(away), t->pads);
    *ret_status = s;
}

static void tile_free(struct mat_transport *transport)
{
    struct usb_tile *t = tile_of(transport);

    if (!t)
        return;
    tile_stop(transport);
    for (unsigned i = 0; i < t->pads; i++) {
        if (t->pad[i].transport)
            t->pad[i].transport->ops->free(t->pad[i].transport);
        gait_ring_free(t->pad[i].ring);
    }
    mat_tile_free(t->tile);
    free(t);
}

static const struct mat_transport_ops tile_ops = {
    .start = tile_start,
    .stop = tile_stop,
    .status = tile_status,
    .free = tile_free,
};
