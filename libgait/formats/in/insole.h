/*
 * The layout of an insole: where its sensors lie and how large they are, from a text of the user's own; and the same sensors laid on a grid of fine cells.
 */
#ifndef FORMATS_INSOLE_H
#define FORMATS_INSOLE_H

#include <gait/frame.h>

#include "text.h"

enum { FORMATS_INSOLE_SENSORS = 255, FORMATS_INSOLE_CORNERS = 8, FORMATS_INSOLE_CELL_MM = 2 };

struct formats_sensor {
    uint32_t corners; /* 0: there is no such sensor */
    double x_mm[FORMATS_INSOLE_CORNERS], y_mm[FORMATS_INSOLE_CORNERS];
    double area_mm2, area_off_mm2; /* and half of the last digit it was written with */
    uint64_t line;                 /* of the text, for messages */
};

struct formats_insole {
    char type[16]; /* as the recording names it; "": any */
    bool right;
    struct formats_sensor sensor[FORMATS_INSOLE_SENSORS + 1]; /* by number */
};

/*
 * A grid of equal cells, each of the sensor that covers part of it and is short of cells most: so many cells has a sensor as its outline is large, to about one. What no sensor has is no cell; so is the outermost
 * row and column on each side.
 */
struct formats_grid {
    uint8_t *sensor; /* [rows * cols] number; 0: none. The caller frees it, whatever is returned */
    double scale[FORMATS_INSOLE_SENSORS + 1]; /* a sensor's area over that of its cells: keeps its force */
};

/** Read a layout. Returns 0; -EINVAL with err (line, column, what to do). */
int formats_insole_read(const struct formats_text *text, struct formats_insole *ret, struct gait_error *err);

/** Lay it out for one foot; what was given for the other is mirrored. Fills rows, columns and pitches of `g`. Returns 0; -EINVAL with err; -ENOMEM. */
int formats_insole_lay(const struct formats_insole *insole, const char *name, bool right, struct gait_geometry *g,
                       struct formats_grid *ret, struct gait_error *err);

/** Half of the last digit of a number as it is written: 0.05 of "12.5". */
double formats_half_digit(struct formats_token number);

#endif
