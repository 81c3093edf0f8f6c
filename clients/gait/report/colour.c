/*
 * Two maps whose lightness is monotone, so that they read in grey print and for every kind of colour vision: dark blue over green to
 * yellow for pressure, blue over white to orange for differences. Control points in between which it is linear.
 */
#include <math.h>
#include <stdio.h>

#include "canvas.h"

static void between(const double (*point)[3], int points, double at, double rgb[3])
{
    double x = fmin(fmax(at, 0), 1) * (points - 1);
    int i = x >= points - 1 ? points - 2 : (int)x;

    for (int c = 0; c < 3; c++)
        rgb[c] = point[i][c] + (x - i) * (point[i + 1][c] - point[i][c]);
}

void colour_sequential(double value, double rgb[3])
{
    static const double points[][3] = {
        {0.27, 0.00, 0.33}, {0.28, 0.17, 0.48}, {0.23, 0.32, 0.55}, {0.17, 0.45, 0.56}, {0.13, 0.57, 0.55},
        {0.16, 0.68, 0.50}, {0.37, 0.79, 0.38}, {0.68, 0.86, 0.19}, {0.99, 0.91, 0.14},
    };

    between(points, sizeof(points) / sizeof(points[0]), value, rgb);
}

void colour_diverging(double value, double rgb[3])
{
    static const double points[][3] = {
        {0.03, 0.24, 0.44}, {0.22, 0.53, 0.75}, {0.65, 0.81, 0.90}, {0.97, 0.97, 0.97},
        {0.99, 0.78, 0.55}, {0.86, 0.46, 0.14}, {0.48, 0.22, 0.02},
    };

    between(points, sizeof(points) / sizeof(points[0]), (value + 1) / 2, rgb);
}

void colour_bar(cairo_t *cr, struct box box, double lo, double hi, bool diverging, const char *unit)
{
    enum { SLICES = 60 };
    char text[48];

    for (int i = 0; i < SLICES; i++) {
        double at = (i + 0.5) / SLICES, rgb[3];

        if (diverging)
            colour_diverging(2 * at - 1, rgb);
        else
            colour_sequential(at, rgb);
        cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
        cairo_rectangle(cr, box.x + box.w * i / SLICES, box.y, box.w / SLICES + 0.3, box.h);
        cairo_fill(cr);
    }
    canvas_ink(cr, CANVAS_INK, 1);
    snprintf(text, sizeof(text), "%.4g", lo);
    canvas_text(cr, box.x, box.y + box.h + 8, 6.5, CANVAS_START, text);
    snprintf(text, sizeof(text), "%.4g %s", hi, unit);
    canvas_text(cr, box.x + box.w, box.y + box.h + 8, 6.5, CANVAS_END, text);
    if (diverging)
        canvas_text(cr, box.x + box.w / 2, box.y + box.h + 8, 6.5, CANVAS_MIDDLE, "0");
}
