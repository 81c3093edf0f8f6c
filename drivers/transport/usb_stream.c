/*
 * Transfers in flight. The callback decodes straight into the ring's slot and submits the transfer again; it allocates nothing, opens nothing, waits for nothing.
 * What it cannot mend it parks, and asks the device thread (usb_want). Transfers in flight x time of one transfer is what a late callback may take:
 * eight frames, or a tenth of a second for mats whose frames are many transfers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transport/usb_internal.h"

enum { TRANSFER_PREFERRED = 64 << 10, BRIDGE_PREFERRED = 1024, FTDI_PREFERRED = 4096, ISO_PACKETS_DEFAULT = 16 };
enum { HOME_MS = 2000, HOME_STEP_MS = 5, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* --- bytes to frames (usb thread) ------------------------------------------------------------------ */

static void note_rate(struct mat_usb *m, uint64_t now_ns)
{
    uint64_t since = now_ns - m->rate_since_ns;

    m->rate_frames++;
    if (since < NS_PER_S)
        return;
    atomic_store_explicit(&m->count.rate_mHz, m->rate_frames * 1000u * (uint64_t)NS_PER_S / since,
                          memory_order_relaxed);
    m->rate_since_ns = now_ns;
    m->rate_frames = 0;
}

static void commit(struct mat_usb *m, struct gait_slot *slot, const struct mat_decoded *d, uint64_t now_ns)
{
    slot->meta.seq = d->has_seq ? d->seq : gait_ring_head(m->sink.ring);
    slot->meta.tick = d->has_tick ? d->tick_us : 0;
    slot->meta.flags = d->flags;
    mat_frame_time_stamp(&m->time, d, now_ns, &slot->meta);
    atomic_fetch_add_explicit(&m->count.gap_device, slot->meta.gap_device, memory_order_relaxed);
    (void)gait_ring_commit(m->sink.ring); /* a spilled frame is counted by the ring */
    usb_count(&m->count.frames);
    atomic_store_explicit(&m->count.last_frame_ns, now_ns, memory_order_relaxed);
    note_rate(m, now_ns);
    if (m->sink.committed)
        m->sink.committed(m->sink.user);
    if (atomic_load_explicit(&m->fresh, memory_order_relaxed)) {
        atomic_store(&m->fresh, false);
        usb_want(m, USB_WANT_FIRST_FRAME);
    }
    usb_poll_frame(m, now_ns);
}

static void feed(struct mat_usb *m, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
    struct mat_decoded d;
    size_t used = 0;

    atomic_store_explicit(&m->last_data_ns, now_ns, memory_order_relaxed);
    do {
        struct gait_slot *slot = gait_ring_acquire(m->sink.ring, 0);

        m->driver->decode(m->instance, bytes + used, len - used, slot->raw, &d);
        used += d.used;
        if (d.verdict != MAT_MORE)
            usb_count(&m->count.verdict[d.verdict & 15]);
        if (d.verdict == MAT_FRAME || d.verdict == MAT_PARTIAL)
            commit(m, slot, &d, now_ns);
    } while (d.verdict != MAT_MORE || used < len);
}

static void feed_transfer(struct mat_usb *m, struct usb_urb *urb, uint64_t now_ns)
{
    size_t len = (size_t)urb->transfer->actual_length;

    if (m->bridge && m->bridge->strip)
        len = m->bridge->strip(urb->bytes, len, m->layout.packet_bytes);
    if (len > 0)
        feed(m, urb->bytes, len, now_ns);
}

/* Each packet has a status of its own; a lost one is counted and shows as a gap in the mat's numbers. */
static void feed_packets(struct mat_usb *m, struct usb_urb *urb, uint64_t now_ns)
{
    const uint8_t *packet = urb->bytes;
    uint64_t unpaired = 0;

    for (int i = 0; i < urb->transfer->num_iso_packets; i++) {
        const struct libusb_iso_packet_descriptor *d = &urb->transfer->iso_packet_desc[i];
        size_t len = d->actual_length <= d->length ? d->actual_length : d->length;
        const uint8_t *bytes = packet;

        packet += d->length;
        if (d->status != LIBUSB_TRANSFER_COMPLETED) {
            usb_count(&m->count.errors);
            continue;
        }
        if (m->pair && len > 0)
            bytes = usb_pair_take(m->pair, urb->endpoint, bytes, len, &len, &unpaired);
        if (bytes && len > 0)
            feed(m, bytes, len, now_ns);
    }
    atomic_fetch_add_explicit(&m->count.unpaired, unpaired, memory_order_relaxed);
}

/* --- completions (usb thread) ------------------------------------------------------------------------ */

/* A later completion would hide it. */
static void note_failure(struct mat_usb *m, enum libusb_transfer_status status)
{
    int none = 0;

    atomic_compare_exchange_strong(&m->first_failure, &none, (int)status);
}

/* Bytes are missing from here on: half a frame must not be joined with what comes. */
static void lost_bytes(struct mat_usb *m)
{
    m->driver->reset(m->instance);
    m->errors_in_row++;
}

/* Returns whether the transfer goes out again. */
static bool classify(struct mat_usb *m, struct usb_urb *urb)
{
    enum libusb_transfer_status status = urb->transfer->status;

    usb_count(&m->count.transfers);
    if (status != LIBUSB_TRANSFER_COMPLETED && status != LIBUSB_TRANSFER_CANCELLED)
        note_failure(m, status);
    switch (status) {
    case LIBUSB_TRANSFER_COMPLETED:
        if (urb->transfer->num_iso_packets > 0) {
            feed_packets(m, urb, usb_now(m));
        } else if (urb->transfer->actual_length > 0) {
            m->errors_in_row = 0;
            feed_transfer(m, urb, usb_now(m));
        }
        return true;
    case LIBUSB_TRANSFER_CANCELLED: /* what came before the cancellation is as good as any: the mat will not send it again */
        usb_count(&m->count.cancelled);
        if (urb->transfer->num_iso_packets == 0 && urb->transfer->actual_length > 0)
            feed_transfer(m, urb, usb_now(m));
        return false;
    case LIBUSB_TRANSFER_STALL:
        usb_count(&m->count.stalls);
        usb_want(m, USB_WANT_STALL);
        return false;
    case LIBUSB_TRANSFER_NO_DEVICE:
        usb_count(&m->count.no_device);
        usb_want(m, USB_WANT_GONE);
        return false;
    case LIBUSB_TRANSFER_OVERFLOW:
        usb_count(&m->count.overflows);
        break;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_TIMED_OUT:
        usb_count(&m->count.errors);
        break;
    }
    lost_bytes(m);
    if (m->errors_in_row <= m->n_urbs)
        return true;
    usb_want(m, USB_WANT_ERRORS);
    return false;
}

static bool resubmit(struct mat_usb *m, struct usb_urb *urb)
{
    int r = libusb_submit_transfer(urb->transfer);

    if (r == 0)
        return true;
    if (r == LIBUSB_ERROR_NO_DEVICE) {
        note_failure(m, LIBUSB_TRANSFER_NO_DEVICE);
        usb_count(&m->count.no_device);
        usb_want(m, USB_WANT_GONE);
        return false;
    }
    note_failure(m, LIBUSB_TRANSFER_ERROR);
    usb_count(&m->count.errors);
    usb_want(m, r == LIBUSB_ERROR_NO_MEM ? USB_WANT_MEMORY : USB_WANT_ERRORS);
    return false;
}

/* The count is the last thing touched: when it is 0 the device thread may free the mat. */
void usb_transfer_done(struct mat_usb *m)
{
    if (atomic_load(&m->cancelling))
        sem_post(&m->home);
    atomic_fetch_sub(&m->in_flight, 1);
}

static void LIBUSB_CALL completed(struct libusb_transfer *transfer)
{
    struct usb_urb *urb = transfer->user_data;
    struct mat_usb *m = urb->mat;

    (void)atomic_load(&m->in_flight); /* sees what the device thread wrote before it submitted */
    if (classify(m, urb) && !atomic_load(&m->cancelling) && resubmit(m, urb))
        return;
    usb_transfer_done(m);
}

/* --- making (device thread) ---------------------------------------------------------------------------- */

static size_t round_up(size_t bytes, size_t packet)
{
    return (bytes + packet - 1) / packet * packet;
}

/* Bytes of one unit on the wire, for the choice of a transfer's size. */
static size_t unit_bytes(const struct mat_usb *m)
{
    const struct mat_framing *framing = &m->profile->framing;
    size_t bytes = framing->length ? framing->length : framing->max_length;

    return bytes ? bytes : gait_geometry_frame_bytes(m->driver->geometry(m->instance));
}

static size_t choose_bytes(const struct mat_usb *m)
{
    size_t packet = m->layout.packet_bytes, bytes = m->profile->usb.transfer_bytes;

    if (!bytes && m->profile->usb.bridge)
        bytes = m->profile->usb.bridge == MAT_BRIDGE_FTDI ? FTDI_PREFERRED : BRIDGE_PREFERRED;
    else if (!bytes)
        bytes = unit_bytes(m) < TRANSFER_PREFERRED ? unit_bytes(m) : TRANSFER_PREFERRED;
    if (bytes > USB_TRANSFER_BYTES_MAX)
        bytes = USB_TRANSFER_BYTES_MAX;
    return round_up(bytes, packet); /* a transfer that is no multiple can overflow */
}

static unsigned choose_count(const struct mat_usb *m, size_t bytes)
{
    double rate =
        m->driver->geometry(m->instance)->rate_hz * (double)gait_geometry_frame_bytes(m->driver->geometry(m->instance));
    unsigned n = m->profile->usb.transfers;

    if (!n) {
        double tenth = 0.1 * rate / (double)bytes;

        n = tenth > USB_TRANSFERS_DEFAULT ? tenth < USB_TRANSFERS_MAX ? (unsigned)tenth : USB_TRANSFERS_MAX
                                          : USB_TRANSFERS_DEFAULT;
    }
    return n < 2 ? 2 : n > USB_TRANSFERS_MAX ? USB_TRANSFERS_MAX : n;
}

/* DMA memory of the system where it gives some: one copy less. */
static bool take_bytes(struct mat_usb *m, struct usb_urb *urb, size_t bytes)
{
    urb->capacity = bytes;
    urb->bytes = libusb_dev_mem_alloc(m->handle, bytes);
    urb->device_memory = urb->bytes != NULL;
    if (!urb->bytes)
        urb->bytes = malloc(bytes);
    return urb->bytes != NULL;
}

static bool fill_urb(struct mat_usb *m, struct usb_urb *urb, size_t bytes, int packets)
{
    struct libusb_transfer *t = libusb_alloc_transfer(packets);

    urb->mat = m;
    urb->transfer = t;
    if (!t || !take_bytes(m, urb, bytes))
        return false;
    t->dev_handle = m->handle;
    t->endpoint = m->layout.in[urb->endpoint];
    t->type = m->layout.transfer_type;
    t->buffer = urb->bytes;
    t->length = (int)bytes;
    t->num_iso_packets = packets;
    t->callback = completed;
    t->user_data = urb;
    if (packets)
        libusb_set_iso_packet_lengths(t, m->layout.packet_bytes);
    return true;
}

int usb_transfers_new(struct mat_usb *m, struct gait_error *err)
{
    bool iso = m->layout.transfer_type == LIBUSB_TRANSFER_TYPE_ISOCHRONOUS;
    int packets = iso ? m->profile->usb.iso_packets ? m->profile->usb.iso_packets : ISO_PACKETS_DEFAULT : 0;
    size_t bytes = iso ? (size_t)packets * m->layout.packet_bytes : choose_bytes(m);
    unsigned n;
    int r = usb_memory_plan(m, bytes, choose_count(m, bytes), &n, err);

    if (r < 0)
        return r;
    m->budget_bytes = n * bytes;
    m->context->budget_bytes += m->budget_bytes;
    for (m->n_urbs = 0; m->n_urbs < n;) {
        struct usb_urb *urb = &m->urb[m->n_urbs++];

        urb->endpoint = (uint8_t)((m->n_urbs - 1) % m->layout.endpoints);
        if (!fill_urb(m, urb, bytes, packets)) {
            usb_transfers_free(m);
            return gait_error_set(err, -ENOMEM, "%s: no memory for USB transfers", m->id);
        }
    }
    return 0;
}

void usb_transfers_free(struct mat_usb *m)
{
    m->context->budget_bytes -= m->budget_bytes;
    m->budget_bytes = 0;
    for (unsigned i = 0; i < m->n_urbs; i++) {
        struct usb_urb *urb = &m->urb[i];

        if (urb->bytes && urb->device_memory)
            libusb_dev_mem_free(m->handle, urb->bytes, urb->capacity);
        else
            free(urb->bytes);
        libusb_free_transfer(urb->transfer);
        *urb = (struct usb_urb){0};
    }
    m->n_urbs = 0;
}

/* --- begin and end (device thread) ----------------------------------------------------------------------- */

static void begin(struct mat_usb *m)
{
    uint64_t now_ns = usb_now(m);

    m->driver->reset(m->instance);
    if (m->pair)
        usb_pair_reset(m->pair);
    m->errors_in_row = 0;
    m->rate_since_ns = now_ns;
    m->rate_frames = 0;
    atomic_store(&m->last_data_ns, now_ns);
    atomic_store(&m->first_failure, 0);
    atomic_store(&m->wants, 0);
    atomic_store(&m->cancelling, false);
    atomic_store(&m->fresh, true);
}

int usb_flow_start(struct mat_usb *m, struct gait_error *err)
{
    int r = 0;

    begin(m);
    for (unsigned i = 0; i < m->n_urbs && r == 0; i++) {
        atomic_fetch_add(&m->in_flight, 1);
        r = libusb_submit_transfer(m->urb[i].transfer);
        if (r < 0)
            atomic_fetch_sub(&m->in_flight, 1);
    }
    if (r == LIBUSB_ERROR_NO_MEM)
        return gait_error_set(err, -ENOMEM,
                              "%s: the kernel has no USB memory left: `echo 128 > %s` as root raises the limit", m->id,
                              m->context->config.usbfs_memory_path);
    if (r < 0)
        return gait_error_set(err, usb_errno(r), "%s: transfers cannot be started: %s", m->id, libusb_strerror(r));
    atomic_store(&m->flowing, true);
    return 0;
}

static void wait_home(struct mat_usb *m)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += HOME_STEP_MS * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    while (sem_clockwait(&m->home, CLOCK_MONOTONIC, &until) < 0 && errno == EINTR)
        ;
}

/* A callback that has just submitted again is caught by the next round. */
int usb_flow_stop(struct mat_usb *m)
{
    atomic_store(&m->flowing, false);
    atomic_store(&m->cancelling, true);
    pthread_mutex_lock(&m->context->lock); /* a poll that the usb thread was just about to send is in flight now */
    pthread_mutex_unlock(&m->context->lock);
    for (int round = 0; atomic_load(&m->in_flight) > 0; round++) {
        if (round > HOME_MS / HOME_STEP_MS)
            return -ETIMEDOUT;
        for (unsigned i = 0; i < m->n_urbs; i++)
            libusb_cancel_transfer(m->urb[i].transfer);
        usb_poll_cancel(m);
        wait_home(m);
    }
    return 0;
}
