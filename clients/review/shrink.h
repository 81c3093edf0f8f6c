/* A pressure picture in few bytes: kPa in tenths as u16, and of a frame only the runs of cells that carry something. */
#ifndef GAIT_REVIEW_SHRINK_H
#define GAIT_REVIEW_SHRINK_H

#include <stddef.h>
#include <stdint.h>

enum { SHRINK_FLOOR_DECI_KPA = 20 }; /* frames: what is below 2 kPa is not sent */

/** Tenths of kPa; NaN and what is negative become 0, what is too large 65535. */
uint16_t shrink_kPa(float pressure_kPa);

/** The most bytes that n cells can take. */
size_t shrink_bound(size_t n);

/**
 * The runs of cells at or above the floor: u32 first cell, u32 count, count * u16, padded to 4 bytes.
 *
 * Shape    ret_bytes[shrink_bound(n)].
 * Returns  bytes written.
 */
size_t shrink_runs(const float *pressure_kPa, size_t n, unsigned char *ret_bytes);

#endif
