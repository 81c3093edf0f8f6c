#include "curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/footfall.h>

#include "../client.h"

enum { SHOWN = 6, LABEL = 6 };

struct plot {
    int rows, cols;     /* characters */
    int wide, high;     /* dots */
    unsigned char *dot; /* [rows*cols] bits of Braille */
    unsigned char *ink; /* [rows*cols] style of the newest that touched it */
};

static void set(struct plot *plot, int x, int y, enum style style, bool braille)
{
    static const unsigned char bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    size_t i;

    if (x < 0 || y < 0 || x >= plot->wide || y >= plot->high)
        return;
    i = braille ? (size_t)(y / 4) * (size_t)plot->cols + (size_t)(x / 2) : (size_t)y * (size_t)plot->cols + (size_t)x;
    plot->dot[i] |= braille ? bits[y % 4][x % 2] : 1;
    plot->ink[i] = (unsigned char)style;
}

static void curve(struct plot *plot, const json_t *values, double full, enum style style, bool braille)
{
    int before = -1;

    for (int x = 0; x < plot->wide; x++) {
        const json_t *v =
            json_array_get(values, (size_t)(x * (GAIT_CURVE_SAMPLES - 1) / (plot->wide > 1 ? plot->wide - 1 : 1)));
        int y = json_is_number(v) ? plot->high - 1 - (int)(json_number_value(v) / full * (plot->high - 1) + 0.5) : -1;

        if (y >= 0)
            for (int k = before < 0 ? y : before; k != y; k += k < y ? 1 : -1)
                set(plot, x, k, style, braille);
        set(plot, x, y, style, braille);
        before = y;
    }
}

/* The last valid footfalls, oldest first. Returns how many. */
static size_t recent(const struct model *model, const json_t *ret_footfall[SHOWN])
{
    size_t n = 0, from = model->footfalls;

    while (from > 0 && n < SHOWN) {
        from--;
        n += json_is_true(json_object_get(model->footfall[from], "valid"));
    }
    n = 0;
    for (size_t i = from; i < model->footfalls && n < SHOWN; i++)
        if (json_is_true(json_object_get(model->footfall[i], "valid")))
            ret_footfall[n++] = model->footfall[i];
    return n;
}

static double largest(const json_t *const *footfall, size_t n, const char *name)
{
    double full = 100;

    for (size_t i = 0; i < n; i++) {
        const json_t *v;
        size_t k;

        json_array_foreach(json_object_get(json_object_get(footfall[i], "curves"), name), k, v) if (json_is_number(v))
            full = fmax(full, json_number_value(v));
    }
    return ceil(full / 100) * 100;
}

void curves_draw(const struct screen *screen, const struct model *model, struct map_box box, const char *name,
                 const char *title)
{
    const json_t *footfall[SHOWN];
    size_t n = recent(model, footfall);
    double full = largest(footfall, n, name);
    bool braille = screen->unicode;
    struct plot plot = {.rows = box.rows - 2, .cols = box.cols - LABEL};
    _cleanup_free_ unsigned char *dots = NULL, *inks = NULL;

    if (plot.rows < 2 || plot.cols < 8)
        return;
    plot.wide = braille ? 2 * plot.cols : plot.cols;
    plot.high = braille ? 4 * plot.rows : plot.rows;
    plot.dot = dots = calloc((size_t)plot.rows, (size_t)plot.cols);
    plot.ink = inks = calloc((size_t)plot.rows, (size_t)plot.cols);
    if (!dots || !inks)
        return;
    for (size_t i = 0; i < n; i++) {
        bool left = strcmp(client_text(footfall[i], "side"), "left") == 0;

        curve(&plot, json_object_get(json_object_get(footfall[i], "curves"), name), full,
              i + 1 < n ? STYLE_SOFT
              : left    ? STYLE_LEFT
                        : STYLE_RIGHT,
              braille);
    }
    screen_text(screen, box.y, box.x, box.x + box.cols, STYLE_BOLD, title);
    screen_printf(screen, box.y + 1, box.x, box.x + LABEL, STYLE_SOFT, "%5.0f", full);
    screen_printf(screen, box.y + plot.rows, box.x, box.x + LABEL, STYLE_SOFT, "%5d", 0);
    for (int r = 0; r < plot.rows; r++)
        for (int c = 0; c < plot.cols; c++) {
            size_t i = (size_t)r * (size_t)plot.cols + (size_t)c;
            char text[4] = {(char)0xe2, (char)(0xa0 | plot.dot[i] >> 6), (char)(0x80 | (plot.dot[i] & 0x3f)), 0};

            if (plot.dot[i])
                screen_text(screen, box.y + 1 + r, box.x + LABEL + c, box.x + box.cols, (enum style)plot.ink[i],
                            braille ? text : "*");
        }
    screen_printf(screen, box.y + box.rows - 1, box.x + LABEL, box.x + box.cols, STYLE_SOFT, "0 %%%*s", plot.cols - 3,
                  "100 % of stance");
}
