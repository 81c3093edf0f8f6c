/* The last page: files, versions, parameters, exclusions, seed. */
#ifndef PAGES_H
#define PAGES_H

#include "../study.h"
#include "canvas.h"

/** How many pages the whole of it takes. */
unsigned provenance_pages(const struct study *study);
void provenance_page(cairo_t *cr, const struct study *study, struct box box, unsigned index);

/** As much as fits into a box: exclusions counted, not listed. */
void provenance_short(cairo_t *cr, const struct study *study, struct box box);

#endif
