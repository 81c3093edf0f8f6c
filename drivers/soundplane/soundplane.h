#ifndef SOUNDPLANE_H
#define SOUNDPLANE_H

#include "driver.h"

/* Soundplane model A. Its two endpoints' packets of equal number are given to decode one behind the other: first board, second board. */
extern const struct mat_driver mat_soundplane_driver;

#endif
