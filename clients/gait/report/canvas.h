/*
 * What every picture draws with: text that fits, axes with ticks, colours that the colour-blind can tell apart and a printer keeps.
 * A page is 595 x 792 points: what A4 and Letter have in common.
 */
#ifndef CANVAS_H
#define CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include <cairo.h>

enum { CANVAS_WIDTH = 595, CANVAS_HEIGHT = 792, CANVAS_MARGIN = 42 };

enum canvas_colour {
    CANVAS_INK,
    CANVAS_GREY,
    CANVAS_PALE,
    CANVAS_LEFT,  /* before */
    CANVAS_RIGHT, /* after */
    CANVAS_ALARM,
    CANVAS_PAPER,
};

enum canvas_align { CANVAS_START, CANVAS_MIDDLE, CANVAS_END };

struct box {
    double x, y, w, h;
};

struct axis {
    double lo, hi;   /* values at the ends */
    double from, to; /* points at the ends */
};

void canvas_ink(cairo_t *cr, enum canvas_colour colour, double alpha);

/** One line of text; y is the base line. Returns its width. */
double canvas_text(cairo_t *cr, double x, double y, double size, enum canvas_align align, const char *text);
double canvas_bold(cairo_t *cr, double x, double y, double size, enum canvas_align align, const char *text);

/** Text broken at blanks to fit a width; draws nothing with `measure`. Returns the base line behind the last line. */
double canvas_wrapped(cairo_t *cr, double x, double y, double width, double size, const char *text, bool measure);

void canvas_line(cairo_t *cr, double x0, double y0, double x1, double y1, double width);
void canvas_frame(cairo_t *cr, struct box box);

/** Where a value lies. */
double axis_at(const struct axis *axis, double value);

/** A range that holds all finite values, a little wider; 0..1 without one. */
struct axis axis_around(const double *value, size_t n, double from, double to);

/** Ticks with numbers below (x) or left of (y) the box, and a title with the unit. */
void axis_draw_x(cairo_t *cr, const struct axis *axis, struct box box, const char *title);
void axis_draw_y(cairo_t *cr, const struct axis *axis, struct box box, const char *title);

/** Perceptual maps for 0..1 and -1..1. */
void colour_sequential(double value, double rgb[3]);
void colour_diverging(double value, double rgb[3]);

/** A bar of colours with its values and unit, from lo to hi. */
void colour_bar(cairo_t *cr, struct box box, double lo, double hi, bool diverging, const char *unit);

#endif
