/* The USB devices that are plugged in, as the kernel's files tell: nothing is opened. */
#ifndef USB_DEVICES_H
#define USB_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "mats/profile.h"
#include "driver.h"

struct usb_device {
    struct mat_device device;
    char power[16]; /* "on", "auto", "" unknown */
    char node[64];  /* /dev/bus/usb/001/002 */
};

/** List them. Shape ret_devices[capacity]. root: "" or the folder that stands for /. Returns how many; -errno when there is no such list. */
int usb_devices_list(const char *root, struct usb_device *ret_devices, size_t capacity);

#endif
