/* The parts of a report that need to know pages. */
#ifndef PAGES_H
#define PAGES_H

#include "../study.h"
#include "canvas.h"

/* Where a page's own part begins and ends. */
enum { PAGE_BODY = 70, PAGE_FOOT = CANVAS_HEIGHT - 34 };

/** Title, subject and session. */
void page_head(cairo_t *cr, const struct study *study, const char *title);

/** Index of the timepoint that a summary's pictures show: the first after treatment. */
unsigned page_first_after(const struct study *study);

/** The first pages: question, findings, verdicts, numbers. */
unsigned summary_pages(const struct study *study);
void summary_draw(cairo_t *cr, const struct study *study, unsigned index);

/* The last pages: files, versions, parameters, exclusions, seed. */

/** How many pages the whole of it takes. */
unsigned provenance_pages(const struct study *study);
void provenance_page(cairo_t *cr, const struct study *study, struct box box, unsigned index);

/** As much as fits into a box: exclusions counted, not listed. */
void provenance_short(cairo_t *cr, const struct study *study, struct box box);

#endif
