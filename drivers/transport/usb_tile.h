/*
 * Several pads, each a USB device of its own, as one mat. Each pad streams into a small ring of its own; in the usb thread, which all pads share, its frames go
 * into the tile (mats/tile.h), and with each frame of the clock pad the merged frame is committed into the mat's ring.
 *
 * A pad that leaves is missing (its cells NaN, the frame flagged) until it is back. Without the clock pad there are no frames: the mat is lost until that pad is
 * back; then its connection number rises, as with any mat.
 */
#ifndef MAT_TRANSPORT_USB_TILE_H
#define MAT_TRANSPORT_USB_TILE_H

#include "transport/usb.h"

/**
 * Open the pads of a tiled profile. All must be there; a pad is known by what it answers, its serial number or its port, and one without an id in the profile is
 * whichever is left. Devices that are none of the pads are closed again.
 *
 * Shape    found[n], all of this profile; those that are open already are passed over.
 * Owner    the profile must outlive the transport; free by ops->free.
 * Thread   device; blocks as mat_usb_new() does, for each.
 * Returns  0; with err: -ENODEV a pad is not there (says which), -EINVAL the pads do not fit, -ENOMEM, and what mat_usb_new() returns.
 */
int mat_usb_tile_new(struct mat_usb_context *context, const struct mat_profile *profile,
                     const struct mat_usb_found *found, size_t n, struct mat_transport **ret_transport,
                     struct gait_error *err);

/* Of the whole mat: float counts. Valid until free. Thread: any. */
const struct gait_geometry *mat_usb_tile_geometry(const struct mat_transport *transport);
/* The profile's, the same for all pads; NULL: none. */
const struct gait_calibration *mat_usb_tile_calibration(const struct mat_transport *transport);
bool mat_usb_tile_needs_tare(
    const struct mat_transport *transport); /* so say its pads; false of a mat that is no tiled one */

/** Say where merged frames go. Once, before start. Returns 0; -EINVAL the ring is made for another geometry; -ENOMEM. */
int mat_usb_tile_bind(struct mat_transport *transport, const struct mat_sink *sink);

#endif
