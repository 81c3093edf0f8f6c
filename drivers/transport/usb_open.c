/* Opening a mat: permission, interface, chip, init steps. Device thread only; may block for the time-outs. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "transport/usb_internal.h"

enum { ACCESS_STEP_MS = 50, CONTROL_TIMEOUT_MS = 1000, NS_PER_MS = 1000000 };

static void nap_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * NS_PER_MS};

    (void)nanosleep(&t, NULL);
}

static int cannot_open(const struct mat_usb *m, const struct mat_device *d, int code, struct gait_error *err)
{
    if (code == LIBUSB_ERROR_ACCESS)
        return gait_error_set(
            err, -EACCES,
            "%s: no permission for the mat at port %s (%04x:%04x): gaitd's udev rule is missing or does not "
            "name it; `gait doctor` prints the command that mends it",
            m->id, d->port, d->vid, d->pid);
    if (code == LIBUSB_ERROR_BUSY)
        return gait_error_set(err, -EBUSY, "%s: another program has the mat at port %s open: end it", m->id, d->port);
    return gait_error_set(err, usb_errno(code), "%s: the mat at port %s cannot be opened: %s", m->id, d->port,
                          libusb_strerror(code));
}

/* udev may still be setting permissions when the arrival is told. */
static int open_patiently(struct mat_usb *m, libusb_device *device, unsigned patience_ms)
{
    for (unsigned waited_ms = 0;; waited_ms += ACCESS_STEP_MS) {
        int r = libusb_open(device, &m->handle);

        if (r != LIBUSB_ERROR_ACCESS || waited_ms >= patience_ms)
            return r;
        nap_ms(ACCESS_STEP_MS);
    }
}

static int read_layout(struct mat_usb *m, libusb_device *device, struct gait_error *err)
{
    struct libusb_config_descriptor *config;
    int r = libusb_get_active_config_descriptor(device, &config);

    if (r == LIBUSB_ERROR_NOT_FOUND) { /* not configured yet */
        r = libusb_set_configuration(m->handle, 1);
        r = r < 0 ? r : libusb_get_active_config_descriptor(device, &config);
    }
    if (r < 0)
        return gait_error_set(err, r == LIBUSB_ERROR_IO ? -EPROTO : usb_errno(r),
                              "%s: its descriptors cannot be read: %s", m->id, libusb_strerror(r));
    r = usb_layout_read(config, &m->profile->usb, &m->layout, err);
    libusb_free_config_descriptor(config);
    return r < 0 ? gait_error_prefix(err, r, "%s", m->id) : 0;
}

static int claim(struct mat_usb *m, uint8_t number, struct gait_error *err)
{
    int r = libusb_claim_interface(m->handle, number);

    if (r == 0)
        return 0;
    if (r == LIBUSB_ERROR_BUSY)
        return gait_error_set(err, -EBUSY, "%s: interface %u is in use by another program: end it", m->id, number);
    return gait_error_set(err, usb_errno(r), "%s: interface %u cannot be claimed: %s", m->id, number,
                          libusb_strerror(r));
}

static int claim_all(struct mat_usb *m, struct gait_error *err)
{
    const struct usb_layout *l = &m->layout;
    int r;

    libusb_set_auto_detach_kernel_driver(m->handle, 1); /* and gives it back at release */
    r = claim(m, l->interface_number, err);
    if (r == 0 && l->control_interface != l->interface_number)
        r = claim(m, l->control_interface, err);
    if (r < 0 || (!l->set_alternate && !l->alternate))
        return r;
    r = libusb_set_interface_alt_setting(m->handle, l->interface_number, l->alternate);
    return r < 0 ? gait_error_set(err, usb_errno(r), "%s: alternate setting %u: %s", m->id, l->alternate,
                                  libusb_strerror(r))
                 : 0;
}

static int bridge_control(void *user, uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint8_t *data,
                          uint16_t length)
{
    struct mat_usb *m = user;

    return usb_errno(libusb_control_transfer(m->handle, type, request, value, index, data, length, CONTROL_TIMEOUT_MS));
}

static struct mat_bridge_io bridge_io(struct mat_usb *m)
{
    return (struct mat_bridge_io){.control = bridge_control,
                                  .user = m,
                                  .bcd_device = m->device.bcd_device,
                                  .interface_number = m->layout.interface_number,
                                  .control_interface = m->layout.control_interface};
}

int usb_set_up(struct mat_usb *m, struct gait_error *err)
{
    if (m->bridge) {
        struct mat_bridge_io io = bridge_io(m);
        int r = m->bridge->open(&io, &m->profile->line, err);

        if (r == -EINVAL)
            return gait_error_prefix(err, r, "%s", m->id);
        if (r < 0)
            return gait_error_set(err, r, "%s: the %s does not take its line settings: %s", m->id, m->bridge->label,
                                  strerror(-r));
        nap_ms(m->profile->line.settle_ms);
    }
    return usb_steps_run(m, &m->profile->init, "init", err);
}

int usb_open(struct mat_usb *m, libusb_device *device, unsigned patience_ms, struct gait_error *err)
{
    struct mat_device d;
    int r;

    usb_describe(device, &d);
    r = open_patiently(m, device, patience_ms);
    if (r < 0) {
        m->handle = NULL;
        return cannot_open(m, &d, r, err);
    }
    m->device = d;
    r = read_layout(m, device, err);
    if (r == 0)
        r = claim_all(m, err);
    if (r == 0)
        r = usb_set_up(m, err);
    if (r < 0)
        usb_close(m);
    return r;
}

/* What was not claimed answers NOT_FOUND, which is fine. */
void usb_close(struct mat_usb *m)
{
    if (!m->handle)
        return;
    if (m->bridge && m->bridge->close) {
        struct mat_bridge_io io = bridge_io(m);

        m->bridge->close(&io);
    }
    if (m->layout.control_interface != m->layout.interface_number)
        libusb_release_interface(m->handle, m->layout.control_interface);
    libusb_release_interface(m->handle, m->layout.interface_number);
    libusb_close(m->handle);
    m->handle = NULL;
}

int usb_identify(struct mat_usb *m, struct mat_open_identity *ret_identity, struct gait_error *err)
{
    uint8_t answer[64];
    int r =
        libusb_control_transfer(m->handle, 0xc0, MAT_OPEN_IDENTIFY, 0, 0, answer, sizeof answer, CONTROL_TIMEOUT_MS);

    if (r < 0)
        return gait_error_set(err, usb_errno(r), "%s: it does not answer IDENTIFY: %s", m->id, libusb_strerror(r));
    r = mat_open_identity_read(answer, (size_t)r, ret_identity, err);
    return r < 0 ? gait_error_prefix(err, r, "%s", m->id) : 0;
}
