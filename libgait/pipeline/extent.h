/*
 * How long and wide a set of cells is in any direction: its reach in 32 fixed directions, kept as it grows. Two sets are joined by the larger reach of each.
 */
#ifndef PIPELINE_EXTENT_H
#define PIPELINE_EXTENT_H

#include <stdint.h>

enum { EXTENT_DIRECTIONS = 32 }; /* over half a turn */

struct extent {
    double low[EXTENT_DIRECTIONS], high[EXTENT_DIRECTIONS]; /* mm along each direction, cell centres */
};

/* The smallest box round a set among those directions. */
struct extent_box {
    double length_mm, width_mm; /* length >= width; whole cells */
    uint32_t along;             /* direction of the length */
};

void extent_clear(struct extent *e);
void extent_add(struct extent *e, double x_mm, double y_mm);
void extent_join(struct extent *e, const struct extent *other);

/** The box of least area. pitch_*: whole cells count, not their centres. */
struct extent_box extent_box(const struct extent *e, double pitch_x_mm, double pitch_y_mm);

/** Breadth in one direction, whole cells. */
double extent_breadth(const struct extent *e, uint32_t direction, double pitch_x_mm, double pitch_y_mm);

/** Unit vector of a direction. */
void extent_direction(uint32_t direction, double *ret_x, double *ret_y);

#endif
