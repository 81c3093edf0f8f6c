/*
 * Mats on USB, through libusb. One context has the usb thread, which handles libusb's events for all mats: it decodes into the ring, resubmits and posts. All
 * else (open, probe, clear halt, reset, close) happens inside the calls below, in the device thread.
 *
 *     usb thread:     callback -> decode into the slot -> commit -> resubmit;  hotplug, stall, silence -> wake()
 *     device thread:  wake() arrived, or *ret_due_ns came -> mat_usb_service() -> clear halt, reset, close what left, reopen what came back
 *
 * How a mat is taken:  mat_usb_scan() -> mat_usb_new() (opens, asks what must be asked) -> mat_usb_geometry() -> make the ring -> mat_usb_bind() -> ops->start().
 * An unplugged mat's transport stays: the ring belongs to the mat's identity. When a device with the same id appears, mat_usb_service() reopens it and frames go on.
 */
#ifndef MAT_TRANSPORT_USB_H
#define MAT_TRANSPORT_USB_H

#include "driver.h"
#include "mats/profile.h"
#include "transport/transport.h"

struct mat_usb_config {
    const struct gait_clock *clock;
    /* There is something to do for mat_usb_service(). usb thread; must not block. */
    void (*wake)(void *user);
    void *user;
    const char *usbfs_memory_path; /* NULL: /sys/module/usbcore/parameters/usbfs_memory_mb */
    unsigned silence_ms;           /* no data for so long while streaming: rescue. 0: 20 frame times, at least 500 ms */
    unsigned access_ms;            /* how long an open is tried while permissions settle. 0: 2000 */
    unsigned retry_ms;             /* then: how long until a mat that came back is tried again. 0: 5000 */
};

struct mat_usb_context;

/**
 * Start libusb, its hotplug and the usb thread.
 *
 * Thread   device.
 * Returns  0; -ENOMEM; -EIO libusb does not start here, with err.
 */
int mat_usb_context_new(const struct mat_usb_config *config, struct mat_usb_context **ret_context,
                        struct gait_error *err);

/** End the usb thread and libusb; every transport of it has been freed. NULL is fine. Thread: device. */
void mat_usb_context_free(struct mat_usb_context *context);

/* A device that a profile claims. */
struct mat_usb_found {
    struct mat_device device;
    const struct mat_profile *profile;
    int score;
    char id[GAIT_ID_MAX + 1]; /* mat id: the serial, or port-1-1.2 */
    bool by_port;             /* the serial is missing, or two devices have it */
    bool open;                /* a transport of ours has it */
    bool again;               /* for the caller to set: opening it failed before, so permissions had their time */
    char note[192];           /* what a person should know (why by_port, two profiles claim it), or "" */
};

/**
 * List the devices that are plugged in and that a profile claims. Strings come from sysfs, so nothing is opened; a device that no profile matches is not touched.
 *
 * Shape    ret_found[capacity]; *ret_count may exceed capacity: then the rest was cut.
 * Owner    found[].profile points into profiles.
 * Thread   device.
 * Returns  0; -EIO with err.
 * named    says whether gaitd.yaml names this device (by id) for this profile: only then a generic bridge chip is claimed. NULL: none is named.
 */
int mat_usb_scan(struct mat_usb_context *context, const struct mat_profile *const *profiles, size_t n_profiles,
                 bool (*named)(void *user, const char *id, const struct mat_profile *profile), void *user,
                 struct mat_usb_found *ret_found, size_t capacity, size_t *ret_count, struct gait_error *err);

/**
 * Open a found device, run its profile's init steps, ask for its id (identity: command) and an open mat for its geometry. Nothing streams yet.
 *
 * Owner    the profile of `found` must outlive the transport; free by ops->free.
 * Thread   device; blocks for the steps' time-outs, and up to access_ms while permissions settle, unless it is tried again.
 * Returns  0; with err: -EACCES no permission (names the udev rule), -EBUSY, -ENODEV, -EPROTO hostile or wrong descriptors or answers, -EINVAL profile, -ENOMEM.
 */
int mat_usb_new(struct mat_usb_context *context, const struct mat_usb_found *found,
                struct mat_transport **ret_transport, struct gait_error *err);

/* Valid until free. Thread: any. */
const struct gait_geometry *mat_usb_geometry(const struct mat_transport *transport);
const struct gait_calibration *mat_usb_calibration(const struct mat_transport *transport); /* factory; NULL: none */
/* The answer to the profile's identity command, percent-escaped; without one, or without an answer, the id of mat_usb_found. */
const char *mat_usb_id(const struct mat_transport *transport);
bool mat_usb_answers(const struct mat_transport *transport); /* its id is what it answered */
bool mat_usb_needs_tare(const struct mat_transport
                            *transport); /* its profile says that it does not give 0 unloaded; false of a tiled mat */
const char *mat_usb_note(const struct mat_transport *transport); /* what a person should know about the id, or "" */

/**
 * Say where frames go. Once, before start.
 *
 * Returns  0; -EINVAL the ring is made for another geometry.
 */
int mat_usb_bind(struct mat_transport *transport, const struct mat_sink *sink);

/**
 * Do what has to be done in the device thread for all mats: close what left, reopen what came back, clear halts, reset.
 *
 * Unit     *ret_due_ns: call again at this time of the context's clock even without wake(); UINT64_MAX: no need.
 * Thread   device; may block for a mat's time-outs.
 * Returns  1 when devices came or went since the last call (scan again), else 0.
 */
int mat_usb_service(struct mat_usb_context *context, uint64_t *ret_due_ns);

#endif
