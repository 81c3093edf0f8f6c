/*
 * What the device thread does for mats that stream: rescue, unplug, reconnect.
 *
 *     flowing --stall, errors, silence--> clear halt --again--> reset --again--> reopen --again--> lost
 *     flowing --NO_DEVICE, or not in the list any more--> lost --a device of this id is there--> open --> flowing, connection + 1
 *
 * Errors may come before, or instead of, the news that a device left: whoever finds it gone while mending calls it an unplug. Frames since the last rescue
 * begin the ladder anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "transport/usb_internal.h"
#include "transport/usb_service.h"

enum { MENDED_FRAMES = 10, NS_PER_MS = 1000000, ACCESS_STEP_MS = 100, LOOK_AGAIN_MS = 200 };

static uint64_t after_ms(struct mat_usb *m, unsigned ms)
{
    return usb_now(m) + (uint64_t)ms * NS_PER_MS;
}

static void GAIT_PRINTF(4, 5) tell(struct mat_usb *m, enum mat_event_kind kind, int code, const char *text, ...)
{
    struct mat_event event = {.kind = kind, .code = code, .t_ns = usb_now(m)};
    va_list args;

    va_start(args, text);
    vsnprintf(event.text, sizeof event.text, text, args);
    va_end(args);
    if (m->sink.event)
        m->sink.event(m->sink.user, &event);
}

static const char *failure_text(int status)
{
    switch (status) {
    case LIBUSB_TRANSFER_ERROR:
        return "transfer error";
    case LIBUSB_TRANSFER_TIMED_OUT:
        return "time-out";
    case LIBUSB_TRANSFER_STALL:
        return "stall";
    case LIBUSB_TRANSFER_NO_DEVICE:
        return "no device";
    case LIBUSB_TRANSFER_OVERFLOW:
        return "overflow";
    default:
        return "none";
    }
}

/* --- begin and end of the flow ------------------------------------------------------------------------ */

/* Transfers wait for the first byte, unless the start steps want to read the answers themselves. */
int usb_begin(struct mat_usb *m, struct gait_error *err)
{
    bool answers = usb_steps_expect(&m->profile->start);
    int r = answers ? usb_steps_run(m, &m->profile->start, "start", err) : 0;

    if (r == 0)
        r = usb_flow_start(m, err);
    if (r == 0 && !answers)
        r = usb_steps_run(m, &m->profile->start, "start", err);
    if (r == 0)
        usb_enter(m, USB_FLOWING);
    return r;
}

int usb_make_ready(struct mat_usb *m, struct gait_error *err)
{
    int r = usb_transfers_new(m, err);

    if (r == 0 && usb_poll_new(m) < 0)
        r = gait_error_set(err, -ENOMEM, "%s: no memory for USB transfers", m->id);
    return r;
}

/* Everything home and freed. A transfer that never comes home keeps its memory: libusb may still write there. */
int usb_end(struct mat_usb *m)
{
    int r = usb_flow_stop(m);

    if (r < 0) {
        m->abandoned = true;
        return r;
    }
    usb_transfers_free(m);
    usb_poll_free(m);
    return 0;
}

/* A rescue begins the stream anew and with it the failures: while nothing has been mended, the one that it began with counts. */
static int first_failure(const struct mat_usb *m)
{
    bool mended = atomic_load(&m->count.frames) - m->rescue_frames > MENDED_FRAMES;

    return m->rescue_failure && !mended ? m->rescue_failure : atomic_load(&m->first_failure);
}

static void lose(struct mat_usb *m, int code, const char *why)
{
    int failure, r;

    r = usb_end(m);
    failure = first_failure(m);
    if (r == 0)
        usb_close(m);
    usb_enter(m, USB_LOST);
    m->was_lost = true;
    m->retry_since_ns = 0;
    m->told_denied = false;
    /* It may be back already, and told in the same breath. */
    m->due_ns = after_ms(m, code == -ENODEV ? 0 : m->context->config.retry_ms);
    m->settled_ns = after_ms(m, m->context->config.access_ms);
    if (r < 0)
        tell(m, MAT_EVENT_LOST, r, "%s, and a transfer never came back: restart gaitd to use this mat again", why);
    else
        tell(m, MAT_EVENT_LOST, code, "%s (first failed transfer: %s)", why, failure_text(failure));
}

/* --- the ladder ----------------------------------------------------------------------------------------- */

static int clear_halts(struct mat_usb *m)
{
    int r = 0;

    usb_count(&m->count.clear_halts);
    for (unsigned e = 0; e < m->layout.endpoints && r == 0; e++)
        r = usb_errno(libusb_clear_halt(m->handle, m->layout.in[e]));
    return r == -ENOENT ? 0 : r;
}

static int reset(struct mat_usb *m, struct gait_error *err)
{
    int r = usb_errno(libusb_reset_device(m->handle));

    usb_count(&m->count.resets);
    if (r == -ENOENT) /* it will come back as a new device */
        r = -ENODEV;
    return r < 0 ? r : usb_set_up(m, err);
}

/* A mat that is known by what it answers must answer it again. */
static int same_answer(struct mat_usb *m, struct gait_error *err)
{
    char id[GAIT_ID_MAX + 1];
    int r = usb_ask_id(m, id);

    if (r < 0)
        return gait_error_set(err, r, "%s: the mat at port %s does not answer when asked for its id", m->id,
                              m->device.port);
    if (strcmp(id, m->id) != 0)
        return gait_error_set(err, -ESTALE, "%s: at port %s is another mat, %s", m->id, m->device.port, id);
    return 0;
}

/* The same device, or the same mat that came back. */
static int open_again(struct mat_usb *m, libusb_device *device, struct gait_error *err)
{
    struct mat_open_identity identity;
    struct mat_profile profile;
    int r = usb_open(m, device, 0, err);

    if (r < 0)
        return r;
    if (m->answers)
        r = same_answer(m, err);
    if (r == 0 && m->profile == &m->own) {
        r = usb_identify(m, &identity, err);
        if (r == 0 && (mat_open_profile(&identity, &profile) < 0 || identity.parts != m->own_identity.parts ||
                       profile.layout.rows != m->own.layout.rows || profile.layout.cols != m->own.layout.cols ||
                       profile.layout.pitch_x_mm != m->own.layout.pitch_x_mm ||
                       profile.layout.pitch_y_mm != m->own.layout.pitch_y_mm))
            r = gait_error_set(
                err, -EMEDIUMTYPE,
                "%s: it came back with %ux%u cells, not %ux%u: refused; restart gaitd to take it as another mat", m->id,
                identity.rows, identity.cols, m->own.layout.rows, m->own.layout.cols);
    }
    if (r == 0)
        r = usb_make_ready(m, err);
    if (r == 0) {
        gait_ring_reconnected(m->sink.ring);
        mat_frame_time_restart(&m->time);
        r = usb_begin(m, err);
    }
    if (r < 0 && usb_end(m) == 0)
        usb_close(m);
    return r;
}

static int reopen(struct mat_usb *m, struct gait_error *err)
{
    libusb_device *device = libusb_ref_device(libusb_get_device(m->handle));
    int r = usb_end(m);

    usb_count(&m->count.reopens);
    if (r == 0) {
        usb_close(m);
        r = open_again(m, device, err);
    }
    libusb_unref_device(device);
    return r;
}

static int climb(struct mat_usb *m, struct gait_error *err)
{
    int r = usb_flow_stop(m);

    if (r < 0)
        return r;
    switch (m->rescue_level++) {
    case 0:
        r = clear_halts(m);
        return r < 0 ? r : usb_flow_start(m, err);
    case 1:
        r = reset(m, err);
        mat_frame_time_restart(&m->time); /* some mats count from zero again */
        return r < 0 ? r : usb_begin(m, err);
    default:
        return reopen(m, err);
    }
}

static void rescue(struct mat_usb *m, unsigned wants)
{
    static const char *const next[] = {"clearing the halt", "resetting the port", "opening it anew"};
    uint64_t frames = atomic_load(&m->count.frames);
    const char *why = wants & USB_WANT_STALL    ? "the mat stalled"
                      : wants & USB_WANT_MEMORY ? "the kernel had no USB memory"
                      : wants & USB_WANT_ERRORS ? "transfers fail"
                                                : "the mat is silent";
    struct gait_error err = {0};
    int r = -EIO;

    if (frames - m->rescue_frames > MENDED_FRAMES)
        m->rescue_level = 0;
    if (m->rescue_level == 0)
        m->rescue_failure = atomic_load(&m->first_failure);
    m->rescue_frames = frames;
    while (r < 0 && r != -ENODEV && r != -ETIMEDOUT && m->rescue_level < 3) {
        tell(m, MAT_EVENT_TROUBLE, 0, "%s (first failed transfer: %s): %s, continuing", why,
             failure_text(atomic_load(&m->first_failure)), next[m->rescue_level]);
        r = climb(m, &err);
    }
    if (r == 0)
        return;
    if (r == -ENODEV || (m->handle && !usb_still_there(m)))
        lose(m, -ENODEV, "unplugged");
    else
        lose(m, r, err.text[0] ? err.text : "given up after clearing the halt, reset and reopening");
}

/* --- back ------------------------------------------------------------------------------------------------- */

static void try_later(struct mat_usb *m, int r, const struct gait_error *err)
{
    uint64_t now_ns = usb_now(m);
    bool passes =
        r == -EACCES || r == -EIO; /* permissions settle; a device that is leaving is still listed for a while */
    bool settling = passes && now_ns - m->retry_since_ns < (uint64_t)m->context->config.access_ms * NS_PER_MS;

    m->due_ns = r == -EMEDIUMTYPE ? UINT64_MAX : after_ms(m, settling ? ACCESS_STEP_MS : m->context->config.retry_ms);
    if (settling || m->told_denied || r == -ENODEV)
        return;
    m->told_denied = true;
    tell(m, MAT_EVENT_TROUBLE, r, "%s", err->text);
}

static void look_for(struct mat_usb *m)
{
    struct gait_error err = {0};
    libusb_device *device;
    int r = usb_find_device(m, &device);

    if (r < 0 && m->tried) { /* others of its kind are there, and none was it */
        m->due_ns = m->mute ? after_ms(m, m->context->config.retry_ms) : UINT64_MAX;
        return;
    }
    if (r < 0) {
        m->due_ns = usb_now(m) < m->settled_ns ? after_ms(m, LOOK_AGAIN_MS) : UINT64_MAX; /* sysfs may lag behind */
        m->told_denied = false;
        m->retry_since_ns = 0;
        return;
    }
    if (!m->retry_since_ns)
        m->retry_since_ns = usb_now(m);
    m->due_ns = UINT64_MAX;
    r = open_again(m, device, &err);
    libusb_unref_device(device);
    if (m->answers && (r == -ESTALE || r == -ETIMEDOUT)) {
        m->mute |= r == -ETIMEDOUT;
        m->tried++;
        look_for(m);
        return;
    }
    if (r < 0) {
        usb_enter(m, USB_LOST);
        try_later(m, r, &err);
        return;
    }
    m->rescue_level = 0;
    m->rescue_failure = 0;
    m->rescue_frames = atomic_load(&m->count.frames);
    usb_count(&m->count.reconnects);
}

static void first_frame(struct mat_usb *m)
{
    if (m->was_lost)
        tell(m, MAT_EVENT_BACK, 0, "%s is back at port %s", m->id, m->device.port);
    else
        tell(m, MAT_EVENT_STREAMING, 0, "%s streams from port %s", m->id, m->device.port);
    m->was_lost = false;
}

static void serve(struct mat_usb *m, bool plugged)
{
    unsigned wants = atomic_exchange(&m->wants, 0);

    if (!m->wanted || m->abandoned)
        return;
    if (m->state == USB_LOST && (plugged || usb_now(m) >= m->due_ns)) {
        m->tried = 0;
        m->mute = false;
        if (plugged)
            m->settled_ns = after_ms(m, m->context->config.access_ms);
        look_for(m);
        return;
    }
    if (m->state != USB_FLOWING)
        return;
    if (wants & USB_WANT_FIRST_FRAME)
        first_frame(m);
    wants &= ~(unsigned)USB_WANT_FIRST_FRAME;
    if ((wants & USB_WANT_GONE) || ((wants || plugged) && !usb_still_there(m)))
        lose(m, -ENODEV, "unplugged");
    else if (wants)
        rescue(m, wants);
}

int mat_usb_service(struct mat_usb_context *c, uint64_t *ret_due_ns)
{
    unsigned hotplugs = atomic_load(&c->hotplugs);
    bool plugged = hotplugs != c->hotplugs_seen;

    c->hotplugs_seen = hotplugs;
    *ret_due_ns = UINT64_MAX;
    for (unsigned i = 0; i < USB_MATS_MAX; i++) {
        struct mat_usb *m = c->mat[i];

        if (!m)
            continue;
        serve(m, plugged);
        if (m->wanted && m->state == USB_LOST && m->due_ns < *ret_due_ns)
            *ret_due_ns = m->due_ns;
    }
    return plugged;
}
