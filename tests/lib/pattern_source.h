/* A frame source whose every cell follows from frame number and place: what arrives can be checked to the bit. */
#ifndef PATTERN_SOURCE_H
#define PATTERN_SOURCE_H

#include <stdint.h>

#include <gait/frame.h>

struct gait_frame_source;

/* Count 0..4095 of a cell of frame seq; a GAIT_U8 source gives its low byte. */
uint16_t pattern_count(uint64_t seq, uint32_t cell);

/* frames 0: without end. Never NULL. */
struct gait_frame_source *pattern_source(uint32_t rows, uint32_t cols, enum gait_dtype dtype, double rate_hz,
                                         uint64_t frames);

#endif
