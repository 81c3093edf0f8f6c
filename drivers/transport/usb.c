#include "transport/usb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/usb_internal.h"
#include "transport/usb_service.h"

enum { SILENT_FRAMES = 20, SILENT_LEAST_MS = 500, NS_PER_MS = 1000000 };

static const struct mat_transport_ops usb_ops;

/* --- making ------------------------------------------------------------------------------------------ */

static int open_found(struct mat_usb *m, unsigned patience_ms, struct gait_error *err)
{
    libusb_device *device;
    int r = usb_find_device(m, &device);

    if (r < 0)
        return gait_error_set(err, r, "%s: it is no longer plugged in", m->id);
    r = usb_open(m, device, patience_ms, err);
    libusb_unref_device(device);
    return r;
}

static int ask(struct mat_usb *m, struct gait_error *err)
{
    int r;

    if (strcmp(m->profile->driver, "open-mat") != 0)
        return 0;
    r = usb_identify(m, &m->own_identity, err);
    if (r < 0)
        return r;
    r = mat_open_profile(&m->own_identity, &m->own);
    m->profile = &m->own;
    return r;
}

/* Without an answer, or with that of a mat that is open already, it stays known by serial number or port, and that is said. */
static int ask_id(struct mat_usb *m)
{
    char id[GAIT_ID_MAX + 1];
    int r;

    if (m->profile->identity.kind != MAT_IDENTITY_COMMAND)
        return 0;
    r = usb_ask_id(m, id);
    if (r == -ENODEV)
        return r;
    for (unsigned i = 0; i < USB_MATS_MAX && r == 0; i++)
        if (m->context->mat[i] && strcmp(m->context->mat[i]->id, id) == 0)
            r = -EEXIST;
    if (r == 0) {
        memcpy(m->id, id, sizeof m->id);
        m->answers = true;
    } else {
        snprintf(m->note, sizeof m->note, "%s: it is known by its %s as %s",
                 r == -ETIMEDOUT ? "it does not answer when asked for its id"
                 : r == -EEXIST  ? "another mat answers the same id"
                                 : "it could not be asked for its id",
                 m->by_port ? "port" : "serial number", m->id);
    }
    return 0;
}

static uint64_t silence_ns(const struct mat_usb *m)
{
    uint64_t frames_ns = (uint64_t)(SILENT_FRAMES * 1e9 / m->driver->geometry(m->instance)->rate_hz);
    uint64_t least_ns = (uint64_t)SILENT_LEAST_MS * NS_PER_MS;

    if (m->context->config.silence_ms)
        return (uint64_t)m->context->config.silence_ms * NS_PER_MS;
    return frames_ns > least_ns ? frames_ns : least_ns;
}

static int prepare(struct mat_usb *m, unsigned patience_ms, struct gait_error *err)
{
    int r = open_found(m, patience_ms, err);

    if (r == 0 && (r = ask_id(m)) < 0)
        return gait_error_set(err, r, "%s: it left while it was asked for its id", m->id);
    if (r == 0)
        r = ask(m, err);
    if (r == 0)
        r = m->driver->open(&m->device, m->profile, &m->instance, err);
    if (r < 0)
        return r;
    m->silence_ns = silence_ns(m);
    mat_frame_time_init(&m->time, m->driver->geometry(m->instance)->rate_hz);
    if (m->layout.endpoints == 2) {
        if (!m->profile->fields.sequence.width)
            return gait_error_set(err, -EINVAL,
                                  "profile %s: two endpoints are paired by a sequence number: give fields.sequence",
                                  m->profile->name);
        m->pair = usb_pair_new(&m->profile->fields.sequence);
        if (!m->pair)
            return gait_error_set(err, -ENOMEM, "%s: no memory", m->id);
    }
    r = usb_context_add(m->context, m);
    return r < 0 ? gait_error_set(err, r, "%s: more than %d mats", m->id, USB_MATS_MAX) : 0;
}

int mat_usb_new(struct mat_usb_context *context, const struct mat_usb_found *found,
                struct mat_transport **ret_transport, struct gait_error *err)
{
    const struct mat_driver *driver = mat_driver_find(found->profile->driver);
    struct mat_usb *m;
    int r;

    if (!driver)
        return gait_error_set(err, -EINVAL, "profile %s wants driver %s, which this gaitd does not have",
                              found->profile->name, found->profile->driver);
    m = calloc(1, sizeof *m);
    if (!m)
        return gait_error_set(err, -ENOMEM, "no memory for a mat");
    m->transport.ops = &usb_ops;
    m->context = context;
    m->profile = found->profile;
    m->driver = driver;
    m->device = found->device;
    m->by_port = found->by_port;
    m->bridge = mat_bridge_find(found->profile->usb.bridge);
    m->due_ns = UINT64_MAX;
    memcpy(m->id, found->id, sizeof m->id);
    memcpy(m->note, found->note, sizeof m->note);
    sem_init(&m->home, 0, 0);
    r = prepare(m, found->again ? 0 : context->config.access_ms, err);
    if (r < 0) {
        usb_ops.free(&m->transport);
        return r;
    }
    *ret_transport = &m->transport;
    return 0;
}

const struct gait_geometry *mat_usb_geometry(const struct mat_transport *transport)
{
    const struct mat_usb *m = usb_of(transport);

    return m->driver->geometry(m->instance);
}

const struct gait_calibration *mat_usb_calibration(const struct mat_transport *transport)
{
    const struct mat_usb *m = usb_of(transport);

    return m->driver->calibration ? m->driver->calibration(m->instance) : NULL;
}

/* A tiled mat has no device of its own. */
static bool is_device(const struct mat_transport *transport)
{
    return transport->ops == &usb_ops;
}

const char *mat_usb_id(const struct mat_transport *transport)
{
    return is_device(transport) ? usb_of(transport)->id : "";
}

bool mat_usb_answers(const struct mat_transport *transport)
{
    return usb_of(transport)->answers;
}

bool mat_usb_needs_tare(const struct mat_transport *transport)
{
    return is_device(transport) && usb_of(transport)->profile->calibration.needs_tare;
}

const char *mat_usb_note(const struct mat_transport *transport)
{
    return usb_of(transport)->note;
}

int mat_usb_bind(struct mat_transport *transport, const struct mat_sink *sink)
{
    struct mat_usb *m = usb_of(transport);

    if (!gait_geometry_equal(gait_ring_geometry(sink->ring), mat_usb_geometry(transport)))
        return -EINVAL;
    m->sink = *sink;
    m->bound = true;
    return 0;
}

/* --- the transport -------------------------------------------------------------------------------------- */

static int usb_start(struct mat_transport *transport, struct gait_error *err)
{
    struct mat_usb *m = usb_of(transport);
    int r = 0;

    if (m->wanted || !m->bound)
        return gait_error_set(err, -EINVAL, "%s: %s", m->id,
                              m->wanted ? "started twice" : "nobody said where frames go");
    if (!m->handle)
        r = open_found(m, m->context->config.access_ms, err);
    if (r == 0)
        r = usb_make_ready(m, err);
    if (r == 0)
        r = usb_begin(m, err);
    if (r < 0) {
        (void)usb_end(m);
        return r;
    }
    m->rescue_level = 0;
    m->rescue_failure = 0;
    m->rescue_frames = atomic_load(&m->count.frames);
    m->wanted = true;
    return 0;
}

static void usb_stop(struct mat_transport *transport)
{
    struct mat_usb *m = usb_of(transport);

    m->wanted = false;
    if (m->state != USB_FLOWING || m->abandoned)
        return;
    if (usb_end(m) < 0)
        return;
    if (m->profile->stop.count) /* the mat may be gone: what it answers does not matter */
        (void)usb_steps_run(m, &m->profile->stop, "stop", NULL);
    usb_enter(m, USB_CLOSED);
}

static void usb_free(struct mat_transport *transport)
{
    struct mat_usb *m = usb_of(transport);

    if (!m)
        return;
    usb_stop(transport);
    usb_context_remove(m->context, m);
    if (m->abandoned)
        return; /* a transfer that never came back may still write into it */
    usb_close(m);
    usb_pair_free(m->pair);
    if (m->driver->close)
        m->driver->close(m->instance);
    sem_destroy(&m->home);
    free(m);
}

/* --- status (any thread) ------------------------------------------------------------------------------------ */

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static const char *text_of(const struct mat_usb *m, bool streaming)
{
    if (streaming)
        return "streaming";
    if (atomic_load(&m->flowing))
        return atomic_load(&m->fresh) ? "waiting for the first frame" : "silent";
    switch (atomic_load(&m->shown)) {
    case USB_LOST:
        return atomic_load(&m->told_denied) ? "it is back and cannot be opened: gait logs" : "unplugged";
    case USB_FLOWING:
        return "being mended";
    default:
        return "stopped";
    }
}

static void usb_status(const struct mat_transport *transport, struct mat_transport_status *ret_status)
{
    const struct mat_usb *m = usb_of(transport);
    const struct usb_counts *c = &m->count;
    struct mat_transport_status s = {
        .frames = get(&c->frames),
        .last_frame_ns = get(&c->last_frame_ns),
        .gap_device = get(&c->gap_device),
        .transfers = get(&c->transfers),
        .stalls = get(&c->stalls),
        .overflows = get(&c->overflows),
        .errors = get(&c->errors),
        .cancelled = get(&c->cancelled),
        .no_device = get(&c->no_device),
        .clear_halts = get(&c->clear_halts),
        .resets = get(&c->resets),
        .reopens = get(&c->reopens),
        .reconnects = get(&c->reconnects),
    };
    uint64_t now_ns = usb_now(m);

    s.streaming = atomic_load(&m->flowing) && !atomic_load(&m->fresh) && now_ns < s.last_frame_ns + m->silence_ns;
    s.rate_hz = s.streaming ? (double)get(&c->rate_mHz) / 1000 : 0;
    for (unsigned i = 0; i < 16; i++)
        s.verdict[i] = get(&c->verdict[i]);
    snprintf(s.text, sizeof s.text, "%s", text_of(m, s.streaming));
    *ret_status = s;
}

static const struct mat_transport_ops usb_ops = {
    .start = usb_start,
    .stop = usb_stop,
    .status = usb_status,
    .free = usb_free,
};
