/* Sensel Morph: the driver, and its decoding in parts for tests. */
#ifndef SENSEL_H
#define SENSEL_H

#include <stdbool.h>

#include "driver.h"

extern const struct mat_driver mat_sensel_driver;

enum { SENSEL_ROWS = 105, SENSEL_COLS = 185, SENSEL_GRID_MAX = 93 * 53 };

struct sensel_grid {
    uint32_t rows, cols, scale; /* 53 x 93 by 2, or 27 x 47 by 4 */
    uint16_t cell[SENSEL_GRID_MAX];
};

/**
 * A pressure body: base value, then runs.
 *
 * Returns  true when the body fills one of the two grids exactly, to its last byte.
 */
bool sensel_unpack(const uint8_t *body, size_t length, struct sensel_grid *ret_grid);

/** The whole surface from a grid: four taps along each axis. Shape ret_raw[SENSEL_ROWS * SENSEL_COLS]. */
void sensel_expand(const struct sensel_grid *grid, uint16_t *ret_raw);

#endif
