/*
 * The pressure picture of a Sensel Morph.
 *
 * body:   base, then alternately  n            n cells of 0
 *                                 v v v .. 0   one cell of base + v each; a 0 ends them
 * number: one byte below 80, or two: low 7 bits with 80 set, then the rest << 7
 */
#include "sensel/sensel.h"

static bool take_number(const uint8_t **p, const uint8_t *end, uint32_t *ret_number)
{
    if (*p == end)
        return false;
    uint32_t number = *(*p)++;
    if (number & 0x80) {
        if (*p == end)
            return false;
        number = (number & 0x7f) | (uint32_t) * (*p)++ << 7;
    }
    *ret_number = number;
    return true;
}

/* Returns how many cells the body says, all of it used; 0 when it is no body or has more than `most`. */
static uint32_t take_cells(const uint8_t *p, const uint8_t *end, uint32_t most, uint16_t *cell)
{
    uint32_t n = 0, base, number;
    bool zeros = true;

    if (!take_number(&p, end, &base))
        return 0;
    while (p < end) {
        if (!take_number(&p, end, &number))
            return 0;
        if (zeros) {
            if (number > most - n)
                return 0;
            for (; number; number--)
                cell[n++] = 0;
            zeros = false;
        } else if (number) {
            if (n == most || base + number > UINT16_MAX)
                return 0;
            cell[n++] = (uint16_t)(base + number);
        } else {
            zeros = true;
        }
    }
    return n;
}

bool sensel_unpack(const uint8_t *body, size_t length, struct sensel_grid *ret_grid)
{
    uint32_t n = take_cells(body, body + length, SENSEL_GRID_MAX, ret_grid->cell);

    ret_grid->cols = n == 93 * 53 ? 93 : 47;
    ret_grid->rows = n == 93 * 53 ? 53 : 27;
    ret_grid->scale = n == 93 * 53 ? 2 : 4;
    return n == 93 * 53 || n == 47 * 27;
}

/*
 * Cubic through the four nearest points (Catmull-Rom), in 128ths: exact at the grid's own points, a constant stays what it is. The maker's own weights are
 * not published; only that there are four taps.
 */
static const int16_t taps[4][4] = {{0, 128, 0, 0}, {-9, 111, 29, -3}, {-8, 72, 72, -8}, {-3, 29, 111, -9}};

static uint32_t clamp(int64_t i, uint32_t n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : (uint32_t)i;
}

/* Values along one row of the surface at grid row r, in 128ths. */
static int32_t along(const struct sensel_grid *g, uint32_t r, uint32_t col)
{
    const uint16_t *row = g->cell + (size_t)r * g->cols;
    const int16_t *w = taps[col % g->scale * (4 / g->scale)];
    int64_t at = col / g->scale;
    int32_t sum = 0;

    for (int k = 0; k < 4; k++)
        sum += w[k] * row[clamp(at + k - 1, g->cols)];
    return sum;
}

void sensel_expand(const struct sensel_grid *g, uint16_t *raw)
{
    for (uint32_t r = 0; r < SENSEL_ROWS; r++) {
        const int16_t *w = taps[r % g->scale * (4 / g->scale)];
        int64_t at = r / g->scale;

        for (uint32_t c = 0; c < SENSEL_COLS; c++) {
            int64_t sum = 0;

            for (int k = 0; k < 4; k++)
                if (w[k])
                    sum += (int64_t)w[k] * along(g, clamp(at + k - 1, g->rows), c);
            sum = (sum + (1 << 13)) >> 14; /* 128 x 128, to the nearest */
            raw[r * SENSEL_COLS + c] = (uint16_t)(sum < 0 ? 0 : sum > UINT16_MAX ? UINT16_MAX : sum);
        }
    }
}
