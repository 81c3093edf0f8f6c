#include "map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../client.h"

/* How the mat lies on the screen. */
struct place {
    bool turned;           /* its rows run across the screen */
    uint32_t across, down; /* cells */
    int wide, high;        /* pixels */
    int per_character;     /* pixels above each other in one character */
};

/* A character is twice as high as wide; with half blocks a pixel is square. */
static struct place place_in(const struct screen *screen, const struct model *model, int cols, int rows)
{
    struct place p = {.turned = model->rows > model->cols, .per_character = screen->unicode && screen->colours ? 2 : 1};
    double wide_mm = p.turned ? model->rows * model->pitch_y_mm : model->cols * model->pitch_x_mm;
    double high_mm = p.turned ? model->cols * model->pitch_x_mm : model->rows * model->pitch_y_mm;
    double pixel = p.per_character == 2 ? 1 : 2; /* height over width */
    double scale = fmin(cols / wide_mm, rows * p.per_character * pixel / high_mm);

    p.across = p.turned ? model->rows : model->cols;
    p.down = p.turned ? model->cols : model->rows;
    p.wide = (int)fmax(1, fmin(cols, floor(wide_mm * scale + 1e-6)));
    p.high = (int)fmax(1, fmin(rows * p.per_character, floor(high_mm * scale / pixel + 0.5)));
    return p;
}

int map_rows(const struct screen *screen, const struct model *model, int cols, int most)
{
    struct place p;

    if (!model->rows)
        return most;
    p = place_in(screen, model, cols, most);
    return (p.high + p.per_character - 1) / p.per_character;
}

/* The largest pressure under a pixel. */
static uint16_t under(const struct model *model, const struct place *p, const uint16_t *cells, int x, int y)
{
    uint32_t a0 = (uint32_t)((uint64_t)x * p->across / (uint32_t)p->wide);
    uint32_t a1 = (uint32_t)(((uint64_t)x + 1) * p->across / (uint32_t)p->wide);
    uint32_t d0 = (uint32_t)((uint64_t)y * p->down / (uint32_t)p->high);
    uint32_t d1 = (uint32_t)(((uint64_t)y + 1) * p->down / (uint32_t)p->high);
    uint16_t largest = 0;

    for (uint32_t a = a0; a < (a1 > a0 ? a1 : a0 + 1); a++)
        for (uint32_t d = d0; d < (d1 > d0 ? d1 : d0 + 1); d++) {
            uint16_t v = p->turned ? cells[(size_t)a * model->cols + d] : cells[(size_t)d * model->cols + a];

            largest = v > largest ? v : largest;
        }
    return largest;
}

static int level(const struct screen *screen, const struct model *model, uint16_t deci_kPa)
{
    int k = (int)(deci_kPa / 10.0 / model->full_kPa * screen->levels);

    return k < screen->levels ? k : screen->levels - 1;
}

/* Colour of a pixel; -1: the mat itself. */
static int colour(const struct screen *screen, const struct model *model, const struct place *p, int x, int y)
{
    uint16_t now, past;

    if (y >= p->high)
        return -1;
    now = under(model, p, model->now, x, y);
    if (now)
        return screen->level[level(screen, model, now)];
    past = under(model, p, model->past, x, y);
    return past ? screen->past[level(screen, model, past)] : -1;
}

static void draw_blocks(const struct screen *screen, const struct model *model, const struct place *p, int y, int x)
{
    for (int row = 0; row < (p->high + 1) / 2; row++)
        for (int col = 0; col < p->wide; col++) {
            int top = colour(screen, model, p, col, 2 * row), low = colour(screen, model, p, col, 2 * row + 1);

            if (top >= 0)
                screen_cell(screen, y + row, x + col, 0x2580, top, low, false);
            else if (low >= 0)
                screen_cell(screen, y + row, x + col, 0x2584, low, -1, false);
            else
                screen_cell(screen, y + row, x + col, (row + col) % 4 ? L' ' : 0x00b7, screen->mat, -1, false);
        }
}

/* Letters that grow darker; a print that is left is dotted. */
static void draw_letters(const struct screen *screen, const struct model *model, const struct place *p, int y, int x)
{
    static const char ramp[] = "-=+*#%@";

    for (int row = 0; row < p->high; row++)
        for (int col = 0; col < p->wide; col++) {
            uint16_t now = under(model, p, model->now, col, row), past = under(model, p, model->past, col, row);
            int k = (int)(now / 10.0 / model->full_kPa * 7), ink = screen->mat;
            wchar_t c = now ? (wchar_t)ramp[k < 6 ? k : 6] : past ? L':' : (row + col) % 4 ? L' ' : L'.';

            if (screen->colours && (now || past))
                ink = now ? screen->level[level(screen, model, now)] : screen->past[level(screen, model, past)];
            screen_cell(screen, y + row, x + col, c, ink, -1, now != 0);
        }
}

/* Where a point of the mat lies in characters. */
static bool at(const struct model *model, const struct place *p, double x_mm, double y_mm, int *ret_y, int *ret_x)
{
    double a = (p->turned ? y_mm / model->pitch_y_mm : x_mm / model->pitch_x_mm) / p->across;
    double d = (p->turned ? x_mm / model->pitch_x_mm : y_mm / model->pitch_y_mm) / p->down;

    if (!(a >= 0 && a < 1 && d >= 0 && d < 1))
        return false;
    *ret_x = (int)(a * p->wide);
    *ret_y = (int)(d * p->high) / p->per_character;
    return true;
}

static void draw_marks(const struct screen *screen, const struct model *model, const struct place *p, int y, int x)
{
    const json_t *last = model->footfalls ? model->footfall[model->footfalls - 1] : NULL;
    int row, col;

    for (size_t i = 0; i < model->footfalls; i++) {
        const json_t *m = model->footfall[i];
        const char *side = client_text(m, "side");
        double y_mm = client_number(m, "heel_y_mm"), x_mm = client_number(m, "heel_x_mm");

        if (strcmp(client_text(m, "mat"), model->mat) != 0 && !model->review)
            continue;
        if (client_number(m, "trial") != client_number(last, "trial"))
            continue;
        if (at(model, p, x_mm, y_mm, &row, &col))
            screen_text(screen, y + row, x + col, x + p->wide, *side == 'l' ? STYLE_LEFT : STYLE_RIGHT,
                        *side == 'l'   ? "L"
                        : *side == 'r' ? "R"
                                       : "?");
    }
    if (at(model, p, client_number(model->live, "cop_x_mm"), client_number(model->live, "cop_y_mm"), &row, &col))
        screen_cell(screen, y + row, x + col, screen->unicode ? 0x25cf : L'o', -1, -1, true);
}

void map_draw(const struct screen *screen, const struct model *model, struct map_box box)
{
    struct place p;

    if (!model->rows || box.rows < 1 || box.cols < 1)
        return;
    p = place_in(screen, model, box.cols, box.rows);
    box.x += (box.cols - p.wide) / 2;
    if (p.per_character == 2)
        draw_blocks(screen, model, &p, box.y, box.x);
    else
        draw_letters(screen, model, &p, box.y, box.x);
    draw_marks(screen, model, &p, box.y, box.x);
}

void map_bar(const struct screen *screen, const struct model *model, int y, int x, int end)
{
    static const char ramp[] = "-=+*#%@";
    enum { QUARTERS = 4 };
    int piece = (end - x - 34) / QUARTERS;

    if (!(model->full_kPa > 0))
        return; /* no mat has been heard of */
    piece = piece > 12 ? 12 : piece < 2 ? 2 : piece;
    for (int q = 0; q < QUARTERS; q++) {
        x = screen_printf(screen, y, x, end, STYLE_SOFT, "%.0f ", model->full_kPa * q / QUARTERS);
        for (int i = 0; i < piece && x < end; i++, x++) {
            double part = (q * piece + i + 0.5) / (QUARTERS * piece);
            int k = (int)(part * screen->levels);
            wchar_t c = screen->unicode && screen->colours ? 0x2588 : (wchar_t)ramp[(int)(part * 7)];

            screen_cell(screen, y, x, c, screen->colours ? screen->level[k] : -1, -1, false);
        }
        x++;
    }
    screen_printf(screen, y, x, end, STYLE_SOFT, "%.0f kPa%s", model->full_kPa, model->fixed ? " (fixed)" : "");
}
