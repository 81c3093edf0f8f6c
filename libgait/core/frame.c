#include "gait/frame.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t gait_dtype_size(enum gait_dtype dtype)
{
    switch (dtype) {
    case GAIT_U8:
        return 1;
    case GAIT_U16:
    case GAIT_I16:
        return 2;
    case GAIT_F32:
        return 4;
    case GAIT_DTYPE_INVALID:
        break;
    }
    return 0;
}

const char *gait_dtype_name(enum gait_dtype dtype)
{
    switch (dtype) {
    case GAIT_U8:
        return "u1";
    case GAIT_U16:
        return "<u2";
    case GAIT_I16:
        return "<i2";
    case GAIT_F32:
        return "<f4";
    case GAIT_DTYPE_INVALID:
        break;
    }
    return "?";
}

static bool between(double x, double low, double high)
{
    return x >= low && x <= high; /* false for NaN */
}

static bool cell_map_ok(const struct gait_geometry *g)
{
    for (size_t i = 0; i < gait_geometry_cells(g); i++)
        if (g->cell[i] > GAIT_CELL_DEAD)
            return false;
    return true;
}

int gait_geometry_check(const struct gait_geometry *g)
{
    if (!g || g->rows < 1 || g->rows > GAIT_ROWS_MAX || g->cols < 1 || g->cols > GAIT_COLS_MAX)
        return -EINVAL;
    if (gait_geometry_cells(g) > GAIT_CELLS_MAX || gait_dtype_size(g->dtype) == 0)
        return -EINVAL;
    if (!between(g->pitch_x_mm, 0.1, 1000.0) || !between(g->pitch_y_mm, 0.1, 1000.0))
        return -EINVAL;
    if (!between(g->rate_hz, 0.001, 100000.0))
        return -EINVAL;
    if (g->cell && !cell_map_ok(g))
        return -EINVAL;
    return 0;
}

int gait_geometry_copy(const struct gait_geometry *g, struct gait_geometry *ret_copy)
{
    struct gait_geometry copy;
    int r = gait_geometry_check(g);

    if (r < 0)
        return r;
    copy = *g;
    if (g->cell) {
        copy.cell = malloc(gait_geometry_cells(g));
        if (!copy.cell)
            return -ENOMEM;
        memcpy(copy.cell, g->cell, gait_geometry_cells(g));
    }
    *ret_copy = copy;
    return 0;
}

void gait_geometry_done(struct gait_geometry *g)
{
    if (!g)
        return;
    free(g->cell);
    memset(g, 0, sizeof *g);
}

/* No map says the same as a map full of GAIT_CELL_OK. */
static uint8_t cell_of(const struct gait_geometry *g, size_t i)
{
    return g->cell ? g->cell[i] : (uint8_t)GAIT_CELL_OK;
}

bool gait_geometry_equal(const struct gait_geometry *a, const struct gait_geometry *b)
{
    if (a->rows != b->rows || a->cols != b->cols || a->dtype != b->dtype)
        return false;
    if (a->pitch_x_mm != b->pitch_x_mm || a->pitch_y_mm != b->pitch_y_mm)
        return false;
    if (!a->cell && !b->cell)
        return true;
    for (size_t i = 0; i < gait_geometry_cells(a); i++)
        if (cell_of(a, i) != cell_of(b, i))
            return false;
    return true;
}

static bool plain(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

int gait_mat_id(const char *raw, char ret_id[GAIT_ID_MAX + 1])
{
    static const char hex[] = "0123456789ABCDEF";
    char id[GAIT_ID_MAX + 1];
    size_t n = 0;

    if (!raw || !*raw || strcmp(raw, ".") == 0 || strcmp(raw, "..") == 0)
        return -EINVAL;
    for (const unsigned char *p = (const unsigned char *)raw; *p; p++) {
        size_t need = plain(*p) ? 1 : 3;

        if (n + need > GAIT_ID_MAX)
            return -ENAMETOOLONG;
        if (need == 1) {
            id[n++] = (char)*p;
        } else {
            id[n++] = '%';
            id[n++] = hex[*p >> 4];
            id[n++] = hex[*p & 15];
        }
    }
    id[n] = '\0';
    memcpy(ret_id, id, n + 1);
    return 0;
}
