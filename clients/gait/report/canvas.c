#include "canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clean_text.h"

enum { LINE_MAX_BYTES = 400, TEXT_MAX_BYTES = 1024 };

/* Okabe and Ito's colours for before and after: apart for every kind of colour vision and in grey. */
void canvas_ink(cairo_t *cr, enum canvas_colour colour, double alpha)
{
    static const double rgb[][3] = {
        [CANVAS_INK] = {0.10, 0.10, 0.12},  [CANVAS_GREY] = {0.42, 0.42, 0.45},  [CANVAS_PALE] = {0.85, 0.85, 0.87},
        [CANVAS_LEFT] = {0.00, 0.45, 0.70}, [CANVAS_RIGHT] = {0.84, 0.37, 0.00}, [CANVAS_ALARM] = {0.70, 0.05, 0.10},
        [CANVAS_PAPER] = {1, 1, 1},
    };

    cairo_set_source_rgba(cr, rgb[colour][0], rgb[colour][1], rgb[colour][2], alpha);
}

static double put(cairo_t *cr, double x, double y, double size, enum canvas_align align, bool bold, const char *text)
{
    cairo_text_extents_t e;
    char safe[TEXT_MAX_BYTES];

    snprintf(safe, sizeof(safe), "%s", text);
    clean_text(safe);
    text = safe;
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
    cairo_text_extents(cr, text, &e);
    cairo_move_to(cr, align == CANVAS_START ? x : align == CANVAS_MIDDLE ? x - e.x_advance / 2 : x - e.x_advance, y);
    cairo_show_text(cr, text);
    cairo_new_path(cr); /* the pen stands behind the text otherwise */
    return e.x_advance;
}

double canvas_text(cairo_t *cr, double x, double y, double size, enum canvas_align align, const char *text)
{
    return put(cr, x, y, size, align, false, text);
}

double canvas_bold(cairo_t *cr, double x, double y, double size, enum canvas_align align, const char *text)
{
    return put(cr, x, y, size, align, true, text);
}

double canvas_wrapped(cairo_t *cr, double x, double y, double width, double size, const char *text, bool measure)
{
    char line[LINE_MAX_BYTES] = "", safe[TEXT_MAX_BYTES];
    size_t n = 0;

    snprintf(safe, sizeof(safe), "%s", text);
    clean_text(safe);
    text = safe;
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
    while (*text) {
        size_t word = strcspn(text, " ");
        cairo_text_extents_t e;

        if (n + word + 2 > sizeof(line))
            break;
        snprintf(line + n, sizeof(line) - n, "%s%.*s", n ? " " : "", (int)word, text);
        cairo_text_extents(cr, line, &e);
        if (n && e.x_advance > width) {
            line[n] = '\0';
            if (!measure)
                put(cr, x, y, size, CANVAS_START, false, line);
            y += size * 1.3;
            n = 0;
            continue;
        }
        n = strlen(line);
        text += word + (text[word] == ' ');
    }
    if (n && !measure)
        put(cr, x, y, size, CANVAS_START, false, line);
    return y + size * 1.3;
}

void canvas_line(cairo_t *cr, double x0, double y0, double x1, double y1, double width)
{
    cairo_set_line_width(cr, width);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
}

void canvas_frame(cairo_t *cr, struct box box)
{
    canvas_ink(cr, CANVAS_PALE, 1);
    cairo_set_line_width(cr, 0.6);
    cairo_rectangle(cr, box.x, box.y, box.w, box.h);
    cairo_stroke(cr);
}

double axis_at(const struct axis *axis, double value)
{
    return axis->from + (value - axis->lo) / (axis->hi - axis->lo) * (axis->to - axis->from);
}

struct axis axis_around(const double *value, size_t n, double from, double to)
{
    double lo = INFINITY, hi = -INFINITY, more;

    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) {
            lo = fmin(lo, value[i]);
            hi = fmax(hi, value[i]);
        }
    if (!(lo <= hi))
        return (struct axis){0, 1, from, to};
    more = hi > lo ? 0.06 * (hi - lo) : fmax(1e-6, 0.1 * fabs(hi));
    return (struct axis){lo - more, hi + more, from, to};
}

static double tick_step(const struct axis *axis)
{
    double raw = (axis->hi - axis->lo) / 5, power = pow(10, floor(log10(raw))), head = raw / power;

    return power * (head < 1.5 ? 1 : head < 3.5 ? 2 : head < 7.5 ? 5 : 10);
}

void axis_draw_x(cairo_t *cr, const struct axis *axis, struct box box, const char *title)
{
    double step = tick_step(axis);
    char text[32];

    for (double v = ceil(axis->lo / step) * step; v <= axis->hi + 1e-9 * step; v += step) {
        double x = axis_at(axis, v);

        snprintf(text, sizeof(text), "%.4g", fabs(v) < 1e-9 * step ? 0 : v);
        canvas_ink(cr, CANVAS_GREY, 1);
        canvas_line(cr, x, box.y + box.h, x, box.y + box.h + 2.5, 0.6);
        canvas_text(cr, x, box.y + box.h + 10, 6.5, CANVAS_MIDDLE, text);
    }
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, box.x + box.w / 2, box.y + box.h + 19, 7, CANVAS_MIDDLE, title);
}

void axis_draw_y(cairo_t *cr, const struct axis *axis, struct box box, const char *title)
{
    double step = tick_step(axis);
    char text[32];

    for (double v = ceil(axis->lo / step) * step; v <= axis->hi + 1e-9 * step; v += step) {
        double y = axis_at(axis, v);

        snprintf(text, sizeof(text), "%.4g", fabs(v) < 1e-9 * step ? 0 : v);
        canvas_ink(cr, CANVAS_GREY, 1);
        canvas_line(cr, box.x - 2.5, y, box.x, y, 0.6);
        canvas_text(cr, box.x - 4, y + 2.3, 6.5, CANVAS_END, text);
    }
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, box.x, box.y - 4, 7, CANVAS_START, title);
}
