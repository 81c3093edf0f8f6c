/*
 * The virtual mat over USB/IP: what a host (Linux's vhci-hcd, the usbip tool) says on a TCP connection, and what the device model answers.
 *
 * A link is one connection. It begins with the handshake (device list, import) or, for a socket that vhci was handed directly, with transfers. No threads and
 * no clock: the owner polls the socket for usbip_link_events() and calls usbip_link_work() with the time.
 *
 * Everything a host sends is bounded before it is believed: a transfer of more than USBIP_TRANSFER_BYTES_MAX, more than USBIP_TRANSFERS_MAX of them at once, an
 * endpoint or a direction that cannot be ends the link with one line.
 */
#ifndef MAT_VIRTUAL_USBIP_H
#define MAT_VIRTUAL_USBIP_H

#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>

#include "virtual/model.h"

enum {
    USBIP_PORT = 3240,
    USBIP_BUSID_BYTES = 32,
    USBIP_BUS = 1,
    USBIP_ADDRESS = 2,
    USBIP_DEVID = USBIP_BUS << 16 | USBIP_ADDRESS,
    USBIP_TRANSFER_BYTES_MAX = 4 << 20,
    USBIP_TRANSFERS_MAX = 256,
    USBIP_PACKETS_MAX = 1024,
};

/* What is offered. One host at a time has it. The owner outlives all links. */
struct usbip_mat {
    struct mat_model *model; /* NULL: unplugged */
    char busid[USBIP_BUSID_BYTES];
    bool taken;
};

/** USB speed as USB/IP and vhci count it: 2 full, 3 high; told from the endpoints. */
uint32_t usbip_speed(const struct mat_model *model);

struct usbip_link;

/**
 * Begin to serve a connection.
 *
 * Owner    fd is the link's, also on failure.
 * Returns  0; -ENOMEM; what fcntl returns.
 */
int usbip_link_new(int fd, struct usbip_mat *mat, bool imported, struct usbip_link **ret_link);

/** Close the connection: the host sees an unplug. NULL is fine. */
void usbip_link_free(struct usbip_link *link);

int usbip_link_fd(const struct usbip_link *link);
short usbip_link_events(const struct usbip_link *link);

/** Whether the host has imported the mat over this link. */
bool usbip_link_imported(const struct usbip_link *link);

/**
 * Take what the host sent, give what the mat has to say by now.
 *
 * Unit     *ret_due_ns on the clock of now_ns: call again then even without an event; UINT64_MAX: no need.
 * Returns  1 goes on; 0 the host has closed; with err: -ENODEV the mat unplugged itself, -EPROTO the host sent what cannot be; else what the socket returned.
 */
int usbip_link_work(struct usbip_link *link, uint64_t now_ns, uint64_t *ret_due_ns, struct gait_error *err);

#endif
