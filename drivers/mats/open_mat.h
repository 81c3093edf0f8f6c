/*
 * Our own open mat protocol, host's side: what a mat says of itself becomes a profile, and the framer does the rest. docs/OPEN-MAT.md tells firmware authors
 * the same from the other side.
 */
#ifndef MAT_OPEN_MAT_H
#define MAT_OPEN_MAT_H

#include <stdint.h>

#include "mats/profile.h"

enum {
    MAT_OPEN_VID = 0x1209,
    MAT_OPEN_PID = 0x0001,
    MAT_OPEN_IDENTIFY = 1, /* vendor IN, MAT_OPEN_IDENTITY_BYTES */
    MAT_OPEN_START = 2,    /* vendor OUT, no data */
    MAT_OPEN_STOP = 3,     /* vendor OUT, no data */
    MAT_OPEN_IDENTITY_BYTES = 40,
};

struct mat_open_identity {
    uint8_t parts; /* a frame comes in this many parts of equal size */
    uint16_t rows, cols;
    double pitch_x_mm, pitch_y_mm, rate_hz;
    uint16_t full_scale;       /* largest count */
    uint16_t saturation_count; /* 0: none known */
    double kPa_per_count;      /* NaN: not known */
    uint32_t firmware;
};

/**
 * Read the answer to IDENTIFY.
 *
 * Shape    bytes[len], little-endian.
 * Returns  0; -EPROTO with err: not an open mat, another version, or a matrix that cannot be.
 */
int mat_open_identity_read(const uint8_t *bytes, size_t len, struct mat_open_identity *ret_identity,
                           struct gait_error *err);

/**
 * The profile of an open mat: match, framing, fields, integrity, start and stop.
 *
 * Owner    nothing to free.
 * Returns  0; -EINVAL rows x cols is no multiple of parts, or out of range.
 */
int mat_open_profile(const struct mat_open_identity *identity, struct mat_profile *ret_profile);

/** Match rows, driver "open-mat" and no geometry: what a scan looks for before a mat was asked. */
void mat_open_profile_unasked(struct mat_profile *ret_profile);

#endif
