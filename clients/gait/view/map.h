/* The pressure map: two pixels a character where the terminal knows half blocks. */
#ifndef VIEW_MAP_H
#define VIEW_MAP_H

#include "model.h"
#include "screen.h"

struct map_box {
    int y, x, rows, cols;
};

/** Rows that the map of this mat takes in so many columns, at most `most`. */
int map_rows(const struct screen *screen, const struct model *model, int cols, int most);

/** Draw it, as large as it goes into the box, its long side across. */
void map_draw(const struct screen *screen, const struct model *model, struct map_box box);

/** The colour bar with its kPa, one line. */
void map_bar(const struct screen *screen, const struct model *model, int y, int x, int end);

#endif
