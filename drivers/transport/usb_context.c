/* libusb's context and the one thread that handles its events for all mats. */
#include <errno.h>
#include <stdlib.h>

#include "transport/usb_internal.h"

enum { LOOK_US = 20000 }; /* between two looks for silence and due writes, when nothing else happens */

int usb_errno(int code)
{
    static const struct {
        int libusb, posix;
    } table[] = {
        {LIBUSB_ERROR_IO, -EIO},
        {LIBUSB_ERROR_INVALID_PARAM, -EINVAL},
        {LIBUSB_ERROR_ACCESS, -EACCES},
        {LIBUSB_ERROR_NO_DEVICE, -ENODEV},
        {LIBUSB_ERROR_NOT_FOUND, -ENOENT},
        {LIBUSB_ERROR_BUSY, -EBUSY},
        {LIBUSB_ERROR_TIMEOUT, -ETIMEDOUT},
        {LIBUSB_ERROR_OVERFLOW, -EOVERFLOW},
        {LIBUSB_ERROR_PIPE, -EPIPE},
        {LIBUSB_ERROR_INTERRUPTED, -EINTR},
        {LIBUSB_ERROR_NO_MEM, -ENOMEM},
        {LIBUSB_ERROR_NOT_SUPPORTED, -ENOTSUP},
    };

    if (code >= 0)
        return code;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].libusb == code)
            return table[i].posix;
    return -EIO;
}

void usb_want(struct mat_usb *m, unsigned want)
{
    unsigned before = atomic_fetch_or(&m->wants, want);

    if (!(before & want) && m->context->config.wake)
        m->context->config.wake(m->context->config.user);
}

/* Only posts: everything else happens in the device thread. */
static int hotplug(libusb_context *usb, libusb_device *device, libusb_hotplug_event event, void *user)
{
    struct mat_usb_context *c = user;

    (void)usb, (void)device, (void)event;
    atomic_fetch_add(&c->hotplugs, 1);
    if (c->config.wake)
        c->config.wake(c->config.user);
    return 0;
}

static void watch(struct mat_usb *m, uint64_t now_ns)
{
    uint64_t last = atomic_load(&m->last_data_ns);

    if (!atomic_load(&m->flowing))
        return;
    usb_poll_tick(m, now_ns);
    if (now_ns > last && now_ns - last > m->silence_ns)
        usb_want(m, USB_WANT_SILENT);
}

/* The device thread holds the lock for a few instructions when a mat comes or goes: then this round is left out. */
static void watch_all(struct mat_usb_context *c)
{
    uint64_t now_ns = gait_now_ns(c->config.clock);

    if (pthread_mutex_trylock(&c->lock) != 0)
        return;
    for (unsigned i = 0; i < USB_MATS_MAX; i++)
        if (c->mat[i])
            watch(c->mat[i], now_ns);
    pthread_mutex_unlock(&c->lock);
}

static void *usb_thread(void *user)
{
    struct mat_usb_context *c = user;

    while (!atomic_load(&c->quit)) {
        struct timeval wait = {.tv_usec = LOOK_US};

        libusb_handle_events_timeout_completed(c->usb, &wait, NULL);
        watch_all(c);
    }
    return NULL;
}

int usb_context_add(struct mat_usb_context *c, struct mat_usb *m)
{
    int r = -ENOSPC;

    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < USB_MATS_MAX && r < 0; i++)
        if (!c->mat[i]) {
            c->mat[i] = m;
            r = 0;
        }
    pthread_mutex_unlock(&c->lock);
    return r;
}

void usb_context_remove(struct mat_usb_context *c, struct mat_usb *m)
{
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < USB_MATS_MAX; i++)
        if (c->mat[i] == m)
            c->mat[i] = NULL;
    pthread_mutex_unlock(&c->lock);
}

static int start(struct mat_usb_context *c, struct gait_error *err)
{
    int r = libusb_init(&c->usb);

    if (r < 0)
        return gait_error_set(err, usb_errno(r), "USB cannot be used here: libusb says %s", libusb_strerror(r));
    if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
        c->has_hotplug = libusb_hotplug_register_callback(
                             c->usb, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
                             LIBUSB_HOTPLUG_NO_FLAGS, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
                             LIBUSB_HOTPLUG_MATCH_ANY, hotplug, c, &c->hotplug) == LIBUSB_SUCCESS;
    r = pthread_create(&c->thread, NULL, usb_thread, c);
    c->thread_runs = r == 0;
    if (r == 0)
        pthread_setname_np(c->thread, "usb");
    return r == 0 ? 0 : gait_error_set(err, -r, "the usb thread cannot be started");
}

int mat_usb_context_new(const struct mat_usb_config *config, struct mat_usb_context **ret_context,
                        struct gait_error *err)
{
    struct mat_usb_context *c = calloc(1, sizeof *c);
    int r;

    if (!c)
        return gait_error_set(err, -ENOMEM, "no memory for USB");
    c->config = *config;
    if (!c->config.usbfs_memory_path)
        c->config.usbfs_memory_path = "/sys/module/usbcore/parameters/usbfs_memory_mb";
    if (!c->config.access_ms)
        c->config.access_ms = 2000;
    if (!c->config.retry_ms)
        c->config.retry_ms = 5000;
    pthread_mutex_init(&c->lock, NULL);
    r = start(c, err);
    if (r < 0) {
        mat_usb_context_free(c);
        return r;
    }
    *ret_context = c;
    return 0;
}

void mat_usb_context_free(struct mat_usb_context *c)
{
    if (!c)
        return;
    if (c->has_hotplug)
        libusb_hotplug_deregister_callback(c->usb, c->hotplug);
    if (c->thread_runs) {
        atomic_store(&c->quit, true);
        libusb_interrupt_event_handler(c->usb);
        pthread_join(c->thread, NULL);
    }
    if (c->usb)
        libusb_exit(c->usb);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
