/* USB ids that say nothing about what is behind them: serial chips and boards that anybody's device may have. */
#ifndef MAT_CHIPS_H
#define MAT_CHIPS_H

#include <stdbool.h>
#include <stdint.h>

/** The chip's name where vendor and product are such an id, or NULL. Thread: any. */
const char *mat_generic_chip(uint16_t vid, uint16_t pid);

#endif
