/* A profile's init, start and stop steps, one after the other, each with its time-out. Device thread; nothing streams but at a start without answers. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "transport/usb_internal.h"

enum { TIMEOUT_DEFAULT_MS = 1000, ANSWER_MAX = 4096, NS_PER_MS = 1000000 };

static void nap_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * NS_PER_MS};

    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

static unsigned timeout_of(const struct mat_step *step)
{
    return step->timeout_ms ? step->timeout_ms : TIMEOUT_DEFAULT_MS;
}

static int control(struct mat_usb *m, const struct mat_step *step)
{
    uint8_t bytes[MAT_STEP_BYTES_MAX];
    uint16_t length = step->length < sizeof bytes ? step->length : sizeof bytes;

    memcpy(bytes, step->bytes, sizeof bytes);
    return usb_errno(libusb_control_transfer(m->handle, step->request_type, step->request, step->value, step->index,
                                             bytes, length, timeout_of(step)));
}

int usb_write_out(struct mat_usb *m, const struct mat_step *step)
{
    uint8_t bytes[MAT_STEP_BYTES_MAX];
    int length = step->length < sizeof bytes ? step->length : (int)sizeof bytes, done = 0, r;

    if (!m->layout.out)
        return -ENXIO;
    memcpy(bytes, step->bytes, sizeof bytes);
    r = libusb_bulk_transfer(m->handle, m->layout.out, bytes, length, &done, timeout_of(step));
    return r < 0 ? usb_errno(r) : done == length ? 0 : -EIO;
}

int usb_read_in(struct mat_usb *m, uint8_t *bytes, unsigned timeout_ms)
{
    int done = 0, r;

    if (m->layout.transfer_type == LIBUSB_TRANSFER_TYPE_INTERRUPT)
        r = libusb_interrupt_transfer(m->handle, m->layout.in[0], bytes, USB_READ_BYTES, &done, timeout_ms);
    else
        r = libusb_bulk_transfer(m->handle, m->layout.in[0], bytes, USB_READ_BYTES, &done, timeout_ms);
    if (r < 0 && !(r == LIBUSB_ERROR_TIMEOUT && done > 0))
        return usb_errno(r);
    return m->bridge && m->bridge->strip ? (int)m->bridge->strip(bytes, (size_t)done, m->layout.packet_bytes) : done;
}

static bool matches_at(const uint8_t *bytes, const struct mat_step *step)
{
    for (unsigned i = 0; i < step->length; i++)
        if ((bytes[i] ^ step->bytes[i]) & step->mask[i])
            return false;
    return true;
}

/* The bytes may come anywhere in what the mat says until the time is over. */
static int expect(struct mat_usb *m, const struct mat_step *step)
{
    uint8_t answer[ANSWER_MAX + USB_READ_BYTES];
    uint64_t end_ns = usb_now(m) + (uint64_t)timeout_of(step) * NS_PER_MS;
    size_t have = 0, looked = 0;

    if (step->length > MAT_STEP_BYTES_MAX)
        return -EINVAL;
    for (uint64_t now_ns = usb_now(m); now_ns < end_ns && have < ANSWER_MAX; now_ns = usb_now(m)) {
        int n = usb_read_in(m, answer + have, (unsigned)((end_ns - now_ns) / NS_PER_MS) + 1);

        if (n < 0)
            return n;
        have += (size_t)n;
        for (; looked + step->length <= have; looked++)
            if (matches_at(answer + looked, step))
                return 0;
    }
    return -ETIMEDOUT;
}

static int run_one(struct mat_usb *m, const struct mat_step *step)
{
    switch (step->kind) {
    case MAT_STEP_CONTROL:
        return control(m, step);
    case MAT_STEP_WRITE:
        return usb_write_out(m, step);
    case MAT_STEP_EXPECT:
        return expect(m, step);
    case MAT_STEP_DELAY:
        nap_ms(step->delay_ms);
        return 0;
    }
    return -EINVAL;
}

/* Where to go back to when step k failed: the request that it answers. */
static unsigned request_before(const struct mat_steps *steps, unsigned k)
{
    for (unsigned i = k; i-- > 0;)
        if (steps->step[i].kind == MAT_STEP_WRITE || steps->step[i].kind == MAT_STEP_CONTROL)
            return i;
    return k;
}

static int failed(struct mat_usb *m, const struct mat_steps *steps, unsigned k, const char *what, int r,
                  struct gait_error *err)
{
    const char *why = r == -ETIMEDOUT ? "no answer" : r == -EPIPE ? "refused" : strerror(-r);
    static const char *const kind[] = {"", "control request", "write", "expected answer", "delay"};

    return gait_error_set(err, r, "%s: %s step %u (%s) of profile %s: %s", m->id, what, k + 1,
                          kind[steps->step[k].kind <= MAT_STEP_DELAY ? steps->step[k].kind : 0], m->profile->name, why);
}

int usb_steps_run(struct mat_usb *m, const struct mat_steps *steps, const char *what, struct gait_error *err)
{
    unsigned count = steps->count <= MAT_STEPS_MAX ? steps->count : MAT_STEPS_MAX, tries[MAT_STEPS_MAX] = {0};

    for (unsigned k = 0; k < count;) {
        int r = run_one(m, &steps->step[k]);

        if (r >= 0)
            k++;
        else if (r == -ENODEV || tries[k]++ >= steps->step[k].retries)
            return failed(m, steps, k, what, r, err);
        else
            k = request_before(steps, k);
    }
    return 0;
}

bool usb_steps_expect(const struct mat_steps *steps)
{
    for (unsigned k = 0; k < steps->count && k < MAT_STEPS_MAX; k++)
        if (steps->step[k].kind == MAT_STEP_EXPECT)
            return true;
    return false;
}
