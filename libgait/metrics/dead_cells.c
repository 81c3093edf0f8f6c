/*
 * Which dead cells are filled and from what (metrics.md section 1): whole dead rows and columns linearly across, single cells and clusters of up to
 * four by the inverse-distance mean of at least three live neighbours, in two passes. Larger clusters stay empty.
 */
#include "metrics/calibrator.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LINE_MAX = 2 }; /* dead rows side by side that are still filled across */

static bool dead(const struct gait_geometry *g, uint32_t r, uint32_t c)
{
    return g->cell[(size_t)r * g->cols + c] == GAIT_CELL_DEAD;
}

/* A whole line: dead wherever there is a sensel at all, and somewhere there is one. */
static bool line_dead(const struct gait_geometry *g, bool is_row, uint32_t line)
{
    const uint32_t n = is_row ? g->cols : g->rows;
    bool any = false;

    for (uint32_t i = 0; i < n; i++) {
        const uint8_t cell = is_row ? g->cell[(size_t)line * g->cols + i] : g->cell[(size_t)i * g->cols + line];

        if (cell == GAIT_CELL_OK)
            return false;
        any |= cell == GAIT_CELL_DEAD;
    }
    return any;
}

static void fill_across(bool is_row, uint32_t line, uint32_t first, uint32_t last, uint32_t other, struct fill *f)
{
    const float width = (float)(last - first);
    const uint32_t side[2] = {first, last};

    memset(f, 0, sizeof *f);
    f->row = is_row ? line : other;
    f->col = is_row ? other : line;
    f->n = 2;
    for (int k = 0; k < 2; k++) {
        f->from[k].row = is_row ? side[k] : other;
        f->from[k].col = is_row ? other : side[k];
        f->from[k].weight = (k == 0 ? (float)(last - line) : (float)(line - first)) / width;
    }
}

/* Fills the dead lines of one direction; a line at the edge of the mat has one side only and is left. */
static uint32_t fill_lines(const struct gait_geometry *g, bool is_row, struct fill *fill, uint32_t n, uint8_t *how)
{
    const uint32_t lines = is_row ? g->rows : g->cols, across = is_row ? g->cols : g->rows;

    for (uint32_t line = 0; line < lines; line++) {
        uint32_t end = line;

        while (end < lines && line_dead(g, is_row, end))
            end++;
        if (end > line && end - line <= LINE_MAX && line > 0 && end < lines) {
            for (uint32_t k = line; k < end; k++) {
                for (uint32_t i = 0; i < across; i++) {
                    const uint32_t r = is_row ? k : i, c = is_row ? i : k;

                    if (n == FILLS_MAX || !dead(g, r, c) || how[(size_t)r * g->cols + c] == GAIT_FILL_NEIGHBOURS)
                        continue;
                    fill_across(is_row, k, line - 1, end, i, &fill[n++]);
                    how[(size_t)r * g->cols + c] = GAIT_FILL_NEIGHBOURS;
                }
            }
        }
        line = end > line ? end - 1 : line;
    }
    return n;
}

/* Size of the cluster of unfilled dead cells around one, at most FILL_CLUSTER_MAX + 1. */
static uint32_t cluster_size(const struct gait_geometry *g, const uint8_t *how, uint32_t start)
{
    uint32_t list[FILL_CLUSTER_MAX + 1], n = 1;

    list[0] = start;
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t r0 = list[k] / g->cols, c0 = list[k] % g->cols;

        for (uint32_t r = r0 ? r0 - 1 : 0; r <= r0 + 1 && r < g->rows; r++) {
            for (uint32_t c = c0 ? c0 - 1 : 0; c <= c0 + 1 && c < g->cols; c++) {
                const uint32_t i = r * g->cols + c;
                bool known = !dead(g, r, c) || how[i] == GAIT_FILL_NEIGHBOURS;

                for (uint32_t j = 0; j < n; j++)
                    known |= list[j] == i;
                if (known)
                    continue;
                if (n > FILL_CLUSTER_MAX)
                    return n;
                list[n++] = i;
            }
        }
    }
    return n;
}

/* The neighbours that have a value: measured, or filled in an earlier pass. */
static bool fill_around(const struct gait_geometry *g, const uint8_t *how, uint32_t i, struct fill *f)
{
    const uint32_t r0 = i / g->cols, c0 = i % g->cols;
    float sum = 0.0f;

    memset(f, 0, sizeof *f);
    f->row = r0;
    f->col = c0;
    for (uint32_t r = r0 ? r0 - 1 : 0; r <= r0 + 1 && r < g->rows; r++) {
        for (uint32_t c = c0 ? c0 - 1 : 0; c <= c0 + 1 && c < g->cols; c++) {
            if ((r == r0 && c == c0) || how[(size_t)r * g->cols + c] == GAIT_FILL_NONE)
                continue;
            f->from[f->n].row = r;
            f->from[f->n].col = c;
            f->from[f->n].weight = r == r0 || c == c0 ? 1.0f : 0.70710678f;
            sum += f->from[f->n].weight;
            f->n++;
        }
    }
    for (uint32_t k = 0; k < f->n; k++)
        f->from[k].weight /= sum;
    return f->n >= 3;
}

uint32_t fill_plan(const struct gait_geometry *g, struct fill *ret_fill, uint8_t *ret_how, uint32_t *scratch)
{
    const size_t cells = gait_geometry_cells(g);
    uint32_t n = 0, small = 0;

    memset(ret_how, GAIT_FILL_MEASURED, cells);
    if (!g->cell)
        return 0;
    for (size_t i = 0; i < cells; i++)
        ret_how[i] = g->cell[i] == GAIT_CELL_OK ? GAIT_FILL_MEASURED : GAIT_FILL_NONE;
    n = fill_lines(g, true, ret_fill, n, ret_how);
    n = fill_lines(g, false, ret_fill, n, ret_how);
    for (uint32_t i = 0; i < cells; i++)
        if (g->cell[i] == GAIT_CELL_DEAD && ret_how[i] == GAIT_FILL_NONE &&
            cluster_size(g, ret_how, i) <= FILL_CLUSTER_MAX)
            scratch[small++] = i;
    for (int pass = 0; pass < 2; pass++) {
        const uint32_t before = n;

        for (uint32_t k = 0; k < small; k++)
            if (n < FILLS_MAX && ret_how[scratch[k]] == GAIT_FILL_NONE &&
                fill_around(g, ret_how, scratch[k], &ret_fill[n]))
                n++;
        for (uint32_t k = before; k < n; k++) /* only now: a pass does not see its own fills */
            ret_how[(size_t)ret_fill[k].row * g->cols + ret_fill[k].col] = GAIT_FILL_NEIGHBOURS;
    }
    return n;
}
