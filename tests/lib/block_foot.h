#ifndef BLOCK_FOOT_H
#define BLOCK_FOOT_H

/*
 * A foot of rectangles of cells, each with a force of straight lines over time: what is to come out of it can be worked by hand. 110 x 40 cells of 5 mm, every
 * cell above 0 counts; row 0 of a block is the mat's row BLOCK_ROW0.
 */
#include <gait/measure.h>

enum { BLOCK_ROW0 = 6, BLOCK_COL0 = 10, BLOCK_POINTS = 8 };

struct point {
    double t_s, N;
};

/* Before its first point and behind its last a block is off the mat. */
struct block {
    int row, rows, col, cols;
    struct point at[BLOCK_POINTS];
};

/* Frames that are lost: every second one, so many, from this one on. */
struct lost_frames {
    int first, n;
};

struct block_walk {
    double rate_hz, until_s, mass_kg; /* mass NAN: not known */
    enum gait_side side;              /* what the operator says */
    struct lost_frames lost;
};

/* Measured, towards +y; gait_footfall_free(). Asserts. */
struct gait_footfall *block_walk(const struct block *block, size_t n, const struct block_walk *how);

/* 70 kg, for 0.72 s. */
struct gait_footfall *walked(const struct block *block, size_t n, double rate_hz, enum gait_side side);

#endif
