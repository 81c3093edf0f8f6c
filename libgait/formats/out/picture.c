#include "picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE_MAX = 16384, /* pixels */
    AIM = 800,        /* pixels of the longer side, when cells can be made larger */
    CELL_MAX = 16,
    MARGIN = 8,
    BAR_WIDTH = 16,
    BAR_ROOM = 80, /* bar and its numbers */
    HEIGHT_MIN = 120,
    GLYPH_W = 5,
    GLYPH_H = 7,
    TICKS = 4,
};

/* Anchors of viridis (Smith and van der Walt 2015), straight lines between: brightness rises evenly, also for eyes without red or green. */
static const uint8_t anchor[][3] = {{68, 1, 84},    {71, 45, 123}, {59, 82, 139},  {44, 114, 142}, {33, 145, 140},
                                    {40, 174, 128}, {94, 201, 98}, {173, 220, 48}, {253, 231, 37}};

void picture_palette(uint8_t ret_rgb[768])
{
    const int steps = sizeof(anchor) / sizeof(anchor[0]) - 1;

    memset(ret_rgb, 0, 768);
    memset(ret_rgb + 3 * PICTURE_WHITE, 255, 3);
    memset(ret_rgb + 3 * PICTURE_GREY, 200, 3);
    for (int i = PICTURE_FIRST; i <= PICTURE_LAST; i++) {
        double at = (double)(i - PICTURE_FIRST) / (PICTURE_LAST - PICTURE_FIRST) * steps;
        int k = at >= steps ? steps - 1 : (int)at;

        for (int c = 0; c < 3; c++)
            ret_rgb[3 * i + c] = (uint8_t)lround(anchor[k][c] + (at - k) * (anchor[k + 1][c] - anchor[k][c]));
    }
}

static uint8_t colour(double p_kPa, double full_kPa)
{
    if (isnan(p_kPa))
        return PICTURE_GREY;
    if (!(p_kPa > 0))
        return PICTURE_WHITE;
    if (p_kPa >= full_kPa)
        return PICTURE_LAST;
    return (uint8_t)(PICTURE_FIRST + lround(p_kPa / full_kPa * (PICTURE_LAST - PICTURE_FIRST)));
}

/* ---- text: digits, a point and "kPa" ------------------------------------------------------------------------------------------- */

/* Rows from the top, the leftmost pixel is the highest of 5 bits. */
static const struct {
    char c;
    uint8_t row[GLYPH_H];
} glyph[] = {
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 4, 4, 4, 4, 14}},   {'2', {14, 17, 1, 2, 4, 8, 31}},
    {'3', {31, 2, 4, 2, 1, 17, 14}},     {'4', {2, 6, 10, 18, 31, 2, 2}},  {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 8, 8, 8}},    {'8', {14, 17, 17, 14, 17, 17, 14}},
    {'9', {14, 17, 17, 15, 1, 2, 12}},   {'.', {0, 0, 0, 0, 0, 12, 12}},   {'k', {16, 16, 18, 20, 24, 20, 18}},
    {'P', {30, 17, 17, 30, 16, 16, 16}}, {'a', {0, 0, 14, 1, 15, 17, 15}},
};

static void draw_text(struct picture *p, unsigned x, unsigned y, const char *text)
{
    for (; *text; text++, x += GLYPH_W + 1)
        for (size_t g = 0; g < sizeof(glyph) / sizeof(glyph[0]); g++) {
            if (glyph[g].c != *text)
                continue;
            for (unsigned r = 0; r < GLYPH_H; r++)
                for (unsigned b = 0; b < GLYPH_W; b++)
                    if (glyph[g].row[r] >> (GLYPH_W - 1 - b) & 1 && x + b < p->width && y + r < p->height)
                        p->pixel[(size_t)(y + r) * p->width + x + b] = PICTURE_BLACK;
        }
}

/* From full at the top to 0, with five numbers and the unit. */
static void draw_bar(struct picture *p)
{
    unsigned x = p->width - BAR_ROOM, top = MARGIN + 2 * GLYPH_H, bottom = p->height - MARGIN - GLYPH_H;
    char text[16];

    for (unsigned y = top; y <= bottom; y++)
        memset(p->pixel + (size_t)y * p->width + x,
               PICTURE_FIRST + (int)((bottom - y) * (PICTURE_LAST - PICTURE_FIRST) / (bottom - top)), BAR_WIDTH);
    for (unsigned i = 0; i <= TICKS; i++) {
        snprintf(text, sizeof(text), "%.4g", p->full_kPa * i / TICKS);
        draw_text(p, x + BAR_WIDTH + 4, bottom - i * (bottom - top) / TICKS - GLYPH_H / 2, text);
    }
    draw_text(p, x, MARGIN, "kPa");
}

/* ---- the mat ----------------------------------------------------------------------------------------------------------------------- */

/* As many pixels a cell as make the longer side about AIM, in the proportion of the pitches. */
static void size_cells(const struct gait_geometry *g, struct picture *p)
{
    double least = g->pitch_x_mm < g->pitch_y_mm ? g->pitch_x_mm : g->pitch_y_mm;
    double x = g->pitch_x_mm / least, y = g->pitch_y_mm / least;
    double longest = g->cols * x > g->rows * y ? g->cols * x : g->rows * y, scale = floor(AIM / longest);

    scale = scale < 1 ? 1 : scale > CELL_MAX ? CELL_MAX : scale;
    p->cell_x = (unsigned)lround(scale * x);
    p->cell_y = (unsigned)lround(scale * y);
}

int picture_new(const struct gait_geometry *g, double full_kPa, struct picture *ret_picture, struct gait_error *err)
{
    struct picture p = {.full_kPa = full_kPa, .margin = MARGIN};
    double width, height;

    size_cells(g, &p);
    width = 2.0 * MARGIN + (double)g->cols * p.cell_x + BAR_ROOM;
    height = 2.0 * MARGIN + (double)g->rows * p.cell_y;
    if (width > SIDE_MAX || height > SIDE_MAX)
        return gait_error_set(err, -EFBIG, "a picture of %.0f x %.0f pixels is more than %d", width, height,
                              (int)SIDE_MAX);
    p.width = (unsigned)width;
    p.height = height < HEIGHT_MIN ? HEIGHT_MIN : (unsigned)height;
    p.pixel = calloc(p.height, p.width);
    if (!p.pixel)
        return gait_error_set(err, -ENOMEM, "no memory for a picture");
    draw_bar(&p);
    *ret_picture = p;
    return 0;
}

void picture_done(struct picture *picture)
{
    free(picture->pixel);
    *picture = (struct picture){0};
}

void picture_paint(struct picture *p, const struct gait_geometry *g, const float *p_kPa)
{
    for (uint32_t r = 0; r < g->rows; r++) {
        uint8_t *row = p->pixel + (size_t)(p->margin + (g->rows - 1 - r) * p->cell_y) * p->width + p->margin;

        for (uint32_t c = 0; c < g->cols; c++)
            memset(row + (size_t)c * p->cell_x, colour((double)p_kPa[(size_t)r * g->cols + c], p->full_kPa), p->cell_x);
        for (unsigned y = 1; y < p->cell_y; y++)
            memcpy(row + (size_t)y * p->width, row, (size_t)g->cols * p->cell_x);
    }
}

double picture_peak(const struct gait_export_trial *trial)
{
    double peak = 1;

    for (size_t i = 0; i < gait_geometry_cells(trial->geometry); i++)
        if ((double)trial->picture_kPa[i] > peak)
            peak = (double)trial->picture_kPa[i];
    return peak;
}
