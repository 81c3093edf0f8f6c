#include "metrics/contact.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lanes.h"

enum { BLOCKS_OF_WORD = 64 / LANES };

struct frame_sums {
    double p, px, py; /* kPa; kPa times columns, rows */
    uint32_t cells, saturated;
    float peak;
    uint32_t peak_row, peak_col;
};

/* What a row has gathered; lane l holds the columns c = l modulo LANES, in rising order. */
struct row_sums {
    struct lanes p, px, max;
    uint32_t cells, saturated;
};

static int take(size_t bytes, void *ret)
{
    void *p = NULL;

    if (posix_memalign(&p, 64, bytes ? bytes : 64) != 0)
        return -ENOMEM;
    memset(p, 0, bytes);
    *(void **)ret = p;
    return 0;
}

int contact_pass_init(const struct gait_calibrator *calibrator, struct contact_pass *ret_pass)
{
    struct contact_pass pass = {.calibrator = calibrator, .stride = calibrator->stride};
    const size_t rows = calibrator->geometry.rows;

    pass.words = (calibrator->geometry.cols + 63) / 64;
    if (take(pass.stride * sizeof(float), &pass.column) < 0 ||
        take(rows * pass.stride * sizeof(float), &pass.p_kPa) < 0 ||
        take(rows * pass.words * sizeof(uint64_t), &pass.mask[0]) < 0 ||
        take(rows * pass.words * sizeof(uint64_t), &pass.mask[1]) < 0) {
        contact_pass_done(&pass);
        return -ENOMEM;
    }
    for (uint32_t c = 0; c < pass.stride; c++)
        pass.column[c] = (float)c + 0.5f;
    *ret_pass = pass;
    contact_pass_begin(ret_pass, 10, 5, 20);
    return 0;
}

void contact_pass_done(struct contact_pass *pass)
{
    free(pass->column);
    free(pass->p_kPa);
    free(pass->mask[0]);
    free(pass->mask[1]);
    memset(pass, 0, sizeof *pass);
}

void contact_pass_begin(struct contact_pass *pass, double p_on_kPa, double p_off_kPa, double cop_force_N)
{
    const size_t bytes = (size_t)pass->calibrator->geometry.rows * pass->words * sizeof(uint64_t);

    pass->threshold.on_kPa = p_on_kPa > 0 ? (float)p_on_kPa : FLT_MIN;
    pass->threshold.off_kPa = p_off_kPa > 0 ? (float)p_off_kPa : FLT_MIN;
    pass->threshold.cop_force_N = cop_force_N;
    memset(pass->mask[0], 0, bytes);
    memset(pass->mask[1], 0, bytes);
}

/* Measured cells of a block at their ceiling. */
LANES_INLINE uint32_t saturated(const struct lanes *count, float ceiling, const float *slope)
{
    uint32_t bits = lanes_at_least(count, ceiling);

    if (bits) {
        const struct lanes s = lanes_load(slope);

        bits &= lanes_at_least(&s, FLT_MIN);
    }
    return (uint32_t)__builtin_popcount(bits);
}

/* One block of 16 cells: pressure out, contact bits returned. Most blocks are empty and are done at the first question. */
LANES_INLINE uint32_t block(const struct contact_pass *pass, enum gait_dtype dtype, int curved,
                            const unsigned char *raw, size_t at, uint32_t col, uint32_t before, struct row_sums *sums)
{
    const struct gait_calibrator *c = pass->calibrator;
    struct lanes count, p = lanes_calibrated(c, dtype, curved, raw, c->offset + at, c->slope + at, &count);
    uint32_t bits;

    lanes_store(pass->p_kPa + at, &p);
    if (!lanes_any_at_least(&p, pass->threshold.off_kPa))
        return 0;
    sums->saturated += saturated(&count, c->saturation, c->slope + at);
    bits = lanes_at_least(&p, pass->threshold.on_kPa) | (lanes_at_least(&p, pass->threshold.off_kPa) & before);
    if (!bits)
        return 0;
    p = lanes_keep(&p, bits);
    lanes_add(&sums->p, &p);
    lanes_add_product(&sums->px, &p, pass->column + col);
    lanes_max(&sums->max, &p);
    sums->cells += (uint32_t)__builtin_popcount(bits);
    return bits;
}

/* The first cell in contact with this pressure. */
static uint32_t column_of(const struct contact_pass *pass, uint32_t row, float p)
{
    const uint64_t *mask = pass->mask[pass->now] + (size_t)row * pass->words;

    for (uint32_t w = 0; w < pass->words; w++) {
        for (uint64_t bits = mask[w]; bits; bits &= bits - 1) {
            const uint32_t col = w * 64 + (uint32_t)__builtin_ctzll(bits);

            if (pass->p_kPa[(size_t)row * pass->stride + col] == p)
                return col;
        }
    }
    return 0;
}

/* Lanes into doubles, always in the same order. */
static void gather_row(const struct contact_pass *pass, uint32_t row, const struct row_sums *sums,
                       struct frame_sums *ret)
{
    float p[LANES], px[LANES], max[LANES];
    double row_p = 0;

    lanes_store(p, &sums->p);
    lanes_store(px, &sums->px);
    lanes_store(max, &sums->max);
    ret->cells += sums->cells;
    for (int k = 0; k < LANES; k++) {
        row_p += (double)p[k];
        ret->px += (double)px[k];
    }
    ret->p += row_p;
    ret->py += row_p * ((double)row + 0.5);
    for (int k = 1; k < LANES; k++)
        max[0] = max[k] > max[0] ? max[k] : max[0];
    if (max[0] > ret->peak) {
        ret->peak = max[0];
        ret->peak_row = row;
        ret->peak_col = column_of(pass, row, max[0]);
    }
}

/* One row of a type that is a constant where this is inlined. */
LANES_INLINE void row_pass(const struct contact_pass *pass, enum gait_dtype dtype, int curved, const unsigned char *raw,
                           uint32_t row, struct frame_sums *frame)
{
    const uint32_t cols = pass->calibrator->geometry.cols, full = cols / LANES, blocks = pass->stride / LANES;
    const uint64_t *before = pass->mask[pass->now ^ 1] + (size_t)row * pass->words;
    uint64_t *mask = pass->mask[pass->now] + (size_t)row * pass->words;
    const size_t size = lanes_size(dtype), at = (size_t)row * pass->stride;
    struct row_sums sums = {.cells = 0};

    for (uint32_t b = 0; b < blocks;) {
        const uint64_t old = before[b / BLOCKS_OF_WORD];
        const uint32_t word = b / BLOCKS_OF_WORD;
        uint64_t bits = 0;

        for (uint32_t shift = 0; shift < 64 && b < blocks; shift += LANES, b++) {
            unsigned char last[LANES * sizeof(float)];
            const unsigned char *from = raw + (size_t)b * LANES * size;

            if (b >= full) {
                memset(last, 0, sizeof last);
                memcpy(last, from, (cols - b * LANES) * size);
                from = last;
            }
            bits |= (uint64_t)block(pass, dtype, curved, from, at + b * LANES, b * LANES,
                                    (uint32_t)(old >> shift) & 0xffff, &sums)
                    << shift;
        }
        mask[word] = bits;
    }
    frame->saturated += sums.saturated;
    if (sums.cells)
        gather_row(pass, row, &sums, frame);
}

#define DEFINE_PASS(name, dtype, curved)                                                                \
    static void name(const struct contact_pass *pass, const unsigned char *raw, struct frame_sums *ret) \
    {                                                                                                   \
        const struct gait_geometry *g = &pass->calibrator->geometry;                                    \
                                                                                                        \
        for (uint32_t r = 0; r < g->rows; r++, raw += g->cols * lanes_size(dtype))                      \
            row_pass(pass, dtype, curved, raw, r, ret);                                                 \
    }

DEFINE_PASS(pass_u8, GAIT_U8, 0)
DEFINE_PASS(pass_u16, GAIT_U16, 0)
DEFINE_PASS(pass_i16, GAIT_I16, 0)
DEFINE_PASS(pass_f32, GAIT_F32, 0)
DEFINE_PASS(pass_curve, g->dtype, 1)

/* Dead cells with a value, after the pass; they never make the peak. */
static void pass_fills(const struct contact_pass *pass, struct frame_sums *sums)
{
    const struct gait_calibrator *c = pass->calibrator;

    for (uint32_t k = 0; k < c->fills; k++) {
        const struct fill *f = &c->fill[k];
        const float p = fill_value(f, pass->p_kPa, pass->stride);
        const size_t word = (size_t)f->row * pass->words + f->col / 64;
        const uint64_t bit = UINT64_C(1) << f->col % 64;
        const float limit = pass->mask[pass->now ^ 1][word] & bit ? pass->threshold.off_kPa : pass->threshold.on_kPa;

        pass->p_kPa[(size_t)f->row * pass->stride + f->col] = p;
        if (!(p >= limit))
            continue;
        pass->mask[pass->now][word] |= bit;
        sums->cells++;
        sums->p += (double)p;
        sums->px += (double)p * ((double)f->col + 0.5);
        sums->py += (double)p * ((double)f->row + 0.5);
    }
}

static void finish(const struct contact_pass *pass, const struct frame_sums *sums, struct gait_frame_numbers *ret)
{
    const struct gait_geometry *g = &pass->calibrator->geometry;
    const double cell_mm2 = gait_geometry_cell_area_mm2(g);

    ret->force_N = sums->p * cell_mm2 * 1e-3;
    ret->area_mm2 = sums->cells * cell_mm2;
    ret->peak_kPa = (double)sums->peak;
    ret->mean_kPa = sums->cells ? sums->p / sums->cells : (double)NAN;
    ret->cop_x_mm = ret->cop_y_mm = (double)NAN;
    if (sums->cells && ret->force_N >= pass->threshold.cop_force_N) {
        ret->cop_x_mm = sums->px / sums->p * g->pitch_x_mm;
        ret->cop_y_mm = sums->py / sums->p * g->pitch_y_mm;
    }
    ret->contact_cells = sums->cells;
    ret->saturated_cells = sums->saturated;
    ret->peak_cell = sums->peak > 0.0f ? sums->peak_row * g->cols + sums->peak_col : UINT32_MAX;
}

void contact_frame(struct contact_pass *pass, const void *raw, struct gait_frame_numbers *ret_numbers)
{
    struct frame_sums sums = {.cells = 0};

    pass->now ^= 1;
    if (pass->calibrator->n_curve)
        pass_curve(pass, raw, &sums);
    else if (pass->calibrator->geometry.dtype == GAIT_U8)
        pass_u8(pass, raw, &sums);
    else if (pass->calibrator->geometry.dtype == GAIT_U16)
        pass_u16(pass, raw, &sums);
    else if (pass->calibrator->geometry.dtype == GAIT_I16)
        pass_i16(pass, raw, &sums);
    else
        pass_f32(pass, raw, &sums);
    pass_fills(pass, &sums);
    finish(pass, &sums, ret_numbers);
}

bool calibrator_saturated(const struct gait_calibrator *calibrator, const void *raw, uint32_t cell)
{
    const struct gait_geometry *g = &calibrator->geometry;
    const size_t size = gait_dtype_size(g->dtype);
    unsigned char block16[LANES * sizeof(float)] = {0};
    struct lanes count;

    memcpy(block16, (const unsigned char *)raw + cell * size, size);
    count = lanes_raw(g->dtype, block16);
    return calibrator->how[cell] == GAIT_FILL_MEASURED && (lanes_at_least(&count, calibrator->saturation) & 1);
}
