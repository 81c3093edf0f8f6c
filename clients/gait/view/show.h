/* The whole picture: what stands where, at any size of the terminal. */
#ifndef VIEW_SHOW_H
#define VIEW_SHOW_H

#include "model.h"
#include "screen.h"

enum { SHOW_LEAST_ROWS = 16, SHOW_LEAST_COLS = 50 };

/** Draw the model. ret_line: row of the time line of a file, or -1. */
void show(struct screen *screen, const struct model *model, bool help, int *ret_line);

#endif
