/*
 * Finds frames in any byte stream, cut anywhere, by what a profile says, and turns their samples into the mat's matrix.
 * Pure after new: no I/O, clock, log or allocation. It is the `decode` of the driver named "profile".
 */
#ifndef MAT_FRAMER_H
#define MAT_FRAMER_H

#include "driver.h"
#include "mats/profile.h"

struct mat_framer;

/* Returns 0; -EINVAL the profile cannot be framed; -ENOMEM. Owner: profile must outlive it. */
int mat_framer_new(const struct mat_profile *profile, struct mat_framer **ret_framer);
void mat_framer_free(struct mat_framer *framer);

/**
 * Consume bytes until at most one frame is complete; call again with the rest, even an empty one, until the verdict is MAT_MORE with everything used:
 * a frame may already stand complete in what was kept. With packet framing `bytes` is one whole packet.
 *
 * Shape    raw[rows*cols] of gait_geometry.dtype as mat_framer_geometry() says.
 * Thread   usb.  Always makes progress; bounded time per byte.
 */
void mat_framer_decode(struct mat_framer *framer, const uint8_t *bytes, size_t len, void *raw,
                       struct mat_decoded *ret_decoded);

/* Forget half a frame and the lock, keep the counters' unwrapping. */
void mat_framer_reset(struct mat_framer *framer);

const struct gait_geometry *mat_framer_geometry(const struct mat_framer *framer);

#endif
