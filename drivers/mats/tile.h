/*
 * Several pads as one mat. One pad is the clock: with each of its frames, every other gives its last complete frame. Places that no pad covers are missing cells;
 * a pad that is not there has NaN in all of its cells. Pure: who calls says what time it is.
 */
#ifndef MAT_TILE_H
#define MAT_TILE_H

#include <gait/frame.h>

#include "mats/profile.h"

struct mat_tile;

/* What a merged frame was made of; recorded with it. */
struct mat_tile_state {
    struct gait_frame_pads pads;
    uint32_t stale; /* bit set: present, and older than one frame time */
    uint32_t flags; /* GAIT_FRAME_PAD_MISSING, GAIT_FRAME_PAD_STALE */
};

/**
 * Owner    the profile (with tiling) must outlive it; the caller frees.
 * Thread   init.
 * Returns  0; -EINVAL the pads do not fit (gait profile check says why); -ENOMEM.
 */
int mat_tile_new(const struct mat_profile *profile, const struct gait_geometry *pad, struct mat_tile **ret_tile);
void mat_tile_free(struct mat_tile *tile);

/** The whole mat: GAIT_F32, so that NaN can stand in it; rate of the clock pad. */
const struct gait_geometry *mat_tile_geometry(const struct mat_tile *tile);

/** Which pad a device is, by its id; -1 none of them. A pad without an id in the profile takes whoever comes first and is not named there. */
int mat_tile_pad(const struct mat_tile *tile, const char *id);

/**
 * Take a pad's complete frame.
 *
 * Shape    raw[rows*cols] of the pad's geometry. t_ns is its arrival and never goes backwards for one pad.
 * Thread   usb.  Cost O(cells of the pad), no allocation.
 * Returns  true when this pad is the clock: merge now.
 */
bool mat_tile_put(struct mat_tile *tile, unsigned pad, const void *raw, uint64_t t_ns);

/* A pad was unplugged: until its next frame it is missing. */
void mat_tile_gone(struct mat_tile *tile, unsigned pad);

/**
 * The merged frame at the time of the clock pad's last frame.
 *
 * Shape    ret_raw[rows*cols] float counts. A pad that gave nothing for longer than gone_ns (0: 500 ms) is missing.
 */
void mat_tile_merge(const struct mat_tile *tile, uint64_t gone_ns, float *ret_raw, struct mat_tile_state *ret_state);

#endif
