/*
 * Numbers and words for people: units beside them, sensible digits, colour on terminals only.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>
#include <stdio.h>

#include <gait/footfall.h>

#include "client.h"

enum { PRINT_TEXT_MAX = 48 };

/** "818.6 N", "0.227", "-": so many digits as the unit deserves (force 0.1 N, pressure 1 kPa, time 1 ms, ratio 0.001). */
const char *print_value(char text[PRINT_TEXT_MAX], double value, const char *unit);

/** A value that rounds to 0 at so many digits as 0: no "-0.0". */
double print_rounded(double value, int digits);

/** Digits behind the point for a unit of the metric table. */
int print_digits(const char *unit);

enum print_colour { PRINT_PLAIN, PRINT_BOLD, PRINT_DIM, PRINT_RED, PRINT_GREEN, PRINT_YELLOW, PRINT_BLUE };

/** Escape sequence to begin a colour, or "" when colours are not wanted. PRINT_PLAIN ends one. */
const char *print_colour(const struct client *client, enum print_colour colour);

/** One line of a footfall: side, stance, force, peak, heel, arch, flags. */
void print_footfall(const struct client *client, const char *mat, const struct gait_footfall *f);

/** "recording: unplugged", of a mat's state and text; one of them where the other only repeats it. */
void print_state(const json_t *mat);

/** "2 dead cells, filled from their neighbours", of an answer's dead_cells and unfilled_cells. */
void print_dead_cells(const json_t *result);

/** On a terminal: what is being done, in place of what stood there; NULL wipes it away. Else nothing. */
void print_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The words of a set of footfall flags, with a comma between. */
void print_flags(FILE *out, uint32_t flags);

#endif
