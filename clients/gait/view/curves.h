/* Curves over 0 to 100 % of stance, in dots: eight a character where the terminal knows Braille. */
#ifndef VIEW_CURVES_H
#define VIEW_CURVES_H

#include "map.h"

/** One of the curves of docs/STREAM.md, of the last valid footfalls; the newest is bright. */
void curves_draw(const struct screen *screen, const struct model *model, struct map_box box, const char *name,
                 const char *title);

#endif
