/* Mats on USB, for the device thread: taking the one that a configuration names when it is plugged in, and keeping it. */
#ifndef GAITD_DEVICE_USB_H
#define GAITD_DEVICE_USB_H

#include "device.h"

/**
 * This mat's frames come over USB from now on: it is taken at once, or when it appears. What happens is told to main (NEWS_SOURCE, NEWS_WAITING).
 *
 * Thread   device.
 * Returns  0; negative errno with err: USB or the profile cannot be used at all.
 */
int device_usb_want(struct device *self, unsigned mat, struct gait_error *err);

/** Whether a mat's profile can be found and read. Thread: any. Returns 0; negative errno with err. */
int device_usb_check_profile(const struct config *config, const char *name, struct gait_error *err);

/** Serve all mats; take those that have come. Returns milliseconds until it must be called again, -1: when woken. Thread: device. */
int device_usb_serve(struct device *self);

/** After every transport was freed. Thread: device. */
void device_usb_done(struct device *self);

#endif
