/*
 * Steps that go out while frames come in: keep-alive every so often, and the poll of mats that answer one frame to each request. Only control and write
 * steps; one transfer each, used again, so that nothing is allocated. All in the usb thread.
 */
#include <errno.h>
#include <string.h>

#include "transport/usb_internal.h"

enum { WRITE_TIMEOUT_MS = 1000, NS_PER_MS = 1000000, POLL_AGAIN_MS = 200 };

static void submit(struct mat_usb *m, struct usb_writer *w);

static void LIBUSB_CALL written(struct libusb_transfer *transfer)
{
    struct usb_writer *w = transfer->user_data;
    struct mat_usb *m = w->mat;
    bool well = transfer->status == LIBUSB_TRANSFER_COMPLETED;

    if (!well && transfer->status != LIBUSB_TRANSFER_CANCELLED)
        usb_count(&m->count.errors);
    if (well && w->next < w->steps->count && !atomic_load(&m->cancelling)) {
        submit(m, w);
    } else {
        w->busy = false;
    }
    usb_transfer_done(m);
}

static bool prepare(struct mat_usb *m, struct usb_writer *w, const struct mat_step *step)
{
    struct libusb_transfer *t = w->transfer;

    if (step->length > MAT_STEP_BYTES_MAX)
        return false;
    if (step->kind == MAT_STEP_CONTROL) {
        libusb_fill_control_setup(w->bytes, step->request_type, step->request, step->value, step->index, step->length);
        memcpy(w->bytes + 8, step->bytes, step->length);
        libusb_fill_control_transfer(t, m->handle, w->bytes, written, w, WRITE_TIMEOUT_MS);
        return true;
    }
    if (step->kind != MAT_STEP_WRITE || !m->layout.out)
        return false;
    memcpy(w->bytes, step->bytes, step->length);
    libusb_fill_bulk_transfer(t, m->handle, m->layout.out, w->bytes, step->length, written, w, WRITE_TIMEOUT_MS);
    return true;
}

static void submit(struct mat_usb *m, struct usb_writer *w)
{
    w->busy = true;
    while (w->next < w->steps->count && !prepare(m, w, &w->steps->step[w->next]))
        w->next++; /* usb_poll_new said that there are others */
    if (w->next < w->steps->count) {
        w->next++;
        atomic_fetch_add(&m->in_flight, 1);
        if (libusb_submit_transfer(w->transfer) == 0)
            return;
        atomic_fetch_sub(&m->in_flight, 1);
        usb_count(&m->count.errors);
    }
    w->busy = false;
}

static void begin(struct mat_usb *m, struct usb_writer *w, uint64_t now_ns)
{
    if (!w->transfer || w->busy || atomic_load(&m->cancelling))
        return;
    w->last_ns = now_ns;
    w->next = 0;
    submit(m, w);
}

void usb_poll_frame(struct mat_usb *m, uint64_t now_ns)
{
    begin(m, &m->poll, now_ns);
}

/* The poll again when its answer was lost. */
void usb_poll_tick(struct mat_usb *m, uint64_t now_ns)
{
    if (m->keep_alive.transfer && now_ns - m->keep_alive.last_ns >= (uint64_t)m->profile->keep_alive_ms * NS_PER_MS)
        begin(m, &m->keep_alive, now_ns);
    if (m->poll.transfer && now_ns - m->poll.last_ns >= (uint64_t)POLL_AGAIN_MS * NS_PER_MS)
        begin(m, &m->poll, now_ns);
}

static int writer_new(struct mat_usb *m, struct usb_writer *w, const struct mat_steps *steps)
{
    w->steps = steps;
    w->transfer = libusb_alloc_transfer(0);
    if (!w->transfer)
        return -ENOMEM;
    w->mat = m;
    return 0;
}

int usb_poll_new(struct mat_usb *m)
{
    int r = 0;

    if (m->profile->keep_alive.count && m->profile->keep_alive_ms)
        r = writer_new(m, &m->keep_alive, &m->profile->keep_alive);
    if (r == 0 && m->profile->poll_each_frame && m->profile->poll.count)
        r = writer_new(m, &m->poll, &m->profile->poll);
    return r;
}

void usb_poll_cancel(struct mat_usb *m)
{
    if (m->keep_alive.transfer)
        libusb_cancel_transfer(m->keep_alive.transfer);
    if (m->poll.transfer)
        libusb_cancel_transfer(m->poll.transfer);
}

void usb_poll_free(struct mat_usb *m)
{
    libusb_free_transfer(m->keep_alive.transfer);
    libusb_free_transfer(m->poll.transfer);
    m->keep_alive = m->poll = (struct usb_writer){0};
}
