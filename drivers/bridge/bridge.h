/*
 * Serial bridge chips over USB: how each is set to a line, and what it puts around the bytes. Nothing here touches libusb: requests go through a function that
 * the transport gives. These chips may be anybody's device: only one that gaitd.yaml names is ever opened.
 */
#ifndef MAT_BRIDGE_H
#define MAT_BRIDGE_H

#include "driver.h"
#include "mats/profile.h"

/* How a bridge sends a control request; blocks. Returns bytes transferred or negative errno (-EPIPE: the chip refused). */
struct mat_bridge_io {
    int (*control)(void *user, uint8_t request_type, uint8_t request, uint16_t value, uint16_t index, uint8_t *data,
                   uint16_t length);
    void *user;
    uint16_t bcd_device;
    uint8_t interface_number; /* of the data endpoints; a CDC device's control interface is control_interface */
    uint8_t control_interface;
};

struct mat_bridge {
    enum mat_bridge_kind kind;
    const char *name, *label;
    const struct mat_usb_id *ids; /* zero-terminated: the common chips, for udev rules and hints */

    /* Enable the chip and set the line. Returns 0; -EINVAL a line it cannot do, with err; or what io returned. Device thread. */
    int (*open)(const struct mat_bridge_io *io, const struct mat_line *line, struct gait_error *err);

    /* Switch off what open switched on; failures do not matter (the device may be gone). NULL: nothing to do. Device thread. */
    void (*close)(const struct mat_bridge_io *io);

    /*
     * Take what the chip added out of one transfer, in place. NULL: adds nothing. Returns the bytes that remain. usb thread; pure.
     * packet: wMaxPacketSize of the endpoint.
     */
    size_t (*strip)(uint8_t *bytes, size_t len, size_t packet);
};

/** The bridge of a kind, or NULL. Thread: any. */
const struct mat_bridge *mat_bridge_find(enum mat_bridge_kind kind);

/* The chips, one file each. */
extern const struct mat_bridge mat_bridge_cdc_acm, mat_bridge_ftdi, mat_bridge_cp210x, mat_bridge_ch340,
    mat_bridge_pl2303;

/* CDC line coding and control lines, which PL2303 has too. */
int mat_cdc_set_line(const struct mat_bridge_io *io, uint16_t index, const struct mat_line *line);

/** Say that a chip cannot do a line. Returns -EINVAL. */
int mat_bridge_line_refused(const char *chip, const struct mat_line *line, struct gait_error *err);

#endif
