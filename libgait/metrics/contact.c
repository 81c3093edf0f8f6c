#include "metrics/contact.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lanes.h"

/* Which blocks of a row are not empty, a bit each. */
struct hits {
    uint64_t bits[GAIT_COLS_MAX / LANES / 64];
};

struct frame_sums {
    double p, px, py; /* kPa; kPa times columns, rows */
    uint32_t cells, saturated;
    float peak;
    uint32_t peak_row, peak_col;
};

/* What a row has gathered; lane l holds the columns c = l modulo LANES, in rising order. */
struct row_sums {
    struct lanes p, px, max;
    uint32_t cells;
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
    ret_pass->threshold.full_kPa = 0; /* what will be loaded is not known yet */
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

/* The least pressure that a cell at its ceiling can show: rounding keeps the order. Where that cannot be said, or could be less than contact, 0. */
static float full_kPa(const struct gait_calibrator *c, float on_kPa)
{
    float least = FLT_MAX;

    if (c->n_curve || c->geometry.dtype == GAIT_F32)
        return 0.0f;
    for (size_t k = 0; k < (size_t)c->geometry.rows * c->stride; k++)
        if (c->slope[k] >= FLT_MIN && (c->saturation - c->offset[k]) * c->slope[k] < least)
            least = (c->saturation - c->offset[k]) * c->slope[k];
    return least >= on_kPa ? least : 0.0f;
}

void contact_pass_begin(struct contact_pass *pass, double p_on_kPa, double p_off_kPa, double cop_force_N)
{
    const size_t bytes = (size_t)pass->calibrator->geometry.rows * pass->words * sizeof(uint64_t);

    pass->threshold.on_kPa = p_on_kPa > 0 ? (float)p_on_kPa : FLT_MIN;
    pass->threshold.off_kPa = p_off_kPa > 0 ? (float)p_off_kPa : FLT_MIN;
    pass->threshold.cop_force_N = cop_force_N;
    pass->threshold.full_kPa = full_kPa(pass->calibrator, pass->threshold.on_kPa);
    memset(pass->mask[0], 0, bytes);
    memset(pass->mask[1], 0, bytes);
}

/* Bits set in the low 16. Not __builtin_popcount: the plain x86-64 has no instruction for it. */
static inline uint32_t count16(uint32_t v)
{
    v -= v >> 1 & 0x5555;
    v = (v & 0x3333) + (v >> 2 & 0x3333);
    v = (v + (v >> 4)) & 0x0f0f;
    return (v + (v >> 8)) & 0x1f;
}

/* What a frame is worked with; cells are told by their place in the padded rows. */
struct work {
    const struct gait_calibrator *calibrator;
    const float *offset, *slope, *column;
    float *p_kPa;
    const uint64_t *before;
    uint64_t *mask;
    float on_kPa, off_kPa;
};

/* Measured cells of a block at their ceiling. */
static uint32_t saturated(const struct gait_calibrator *c, const unsigned char *raw, size_t cell)
{
    const struct lanes count = lanes_raw(c->geometry.dtype, raw), slope = lanes_load(c->slope + cell);

    return count16(lanes_at_least(&count, c->saturation) & lanes_at_least(&slope, FLT_MIN));
}

/* A block that is not empty: its bits into the mask, its cells in contact into the sums. */
LANES_INLINE void contact_block(const struct work *work, size_t cell, size_t word, uint32_t col, struct row_sums *sums)
{
    const struct lanes p = lanes_load(work->p_kPa + cell);
    const uint32_t before = (uint32_t)(work->before[word] >> col % 64) & 0xffff;
    const uint32_t bits = lanes_at_least(&p, work->on_kPa) | (lanes_at_least(&p, work->off_kPa) & before);
    struct lanes kept;

    if (!bits)
        return;
    work->mask[word] |= (uint64_t)bits << col % 64;
    kept = lanes_keep(&p, bits);
    lanes_add(&sums->p, &kept);
    lanes_add_product(&sums->px, &kept, work->column + col);
    lanes_max(&sums->max, &kept);
    sums->cells += count16(bits);
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

/* Lanes into doubles, always in the same order: sixteen to four as floats, four to one as doubles. */
static double sum_of(const struct lanes *a)
{
    float four[LANES / 4];

    lanes_fold(a, four);
    return ((double)four[0] + (double)four[1]) + ((double)four[2] + (double)four[3]);
}

/* Returns the row's largest pressure. */
static float gather_row(uint32_t row, const struct row_sums *sums, struct frame_sums *ret)
{
    const double p = sum_of(&sums->p);
    const float max = lanes_largest(&sums->max);

    ret->cells += sums->cells;
    ret->p += p;
    ret->px += sum_of(&sums->px);
    ret->py += p * ((double)row + 0.5);
    if (max > ret->peak) {
        ret->peak = max;
        ret->peak_row = row;
    }
    return max;
}

/* Cells of a row at their ceiling, in blocks that are not empty. */
static __attribute__((noinline)) uint32_t row_saturated(const struct contact_pass *pass, const unsigned char *raw,
                                                        size_t row, const struct hits *hits)
{
    const struct gait_calibrator *c = pass->calibrator;
    const size_t size = lanes_size(c->geometry.dtype);
    uint32_t n = 0;

    for (size_t col = 0; col < pass->stride; col += LANES)
        if (hits->bits[col / (64 * LANES)] >> col / LANES % 64 & 1)
            n += saturated(c, raw + col * size, row * pass->stride + col);
    return n;
}

/* The blocks of a row that are not empty. Out of line and after the row, so that the way of the many empty blocks stays short. */
static __attribute__((noinline)) void row_contacts(const struct contact_pass *pass, const struct work *work,
                                                   const unsigned char *raw, size_t row, const struct hits *hits,
                                                   struct frame_sums *frame)
{
    const size_t cell = row * pass->stride, word = row * pass->words;
    struct row_sums sums = {.cells = 0};
    float max = 0.0f;

    for (size_t s = 0; s < sizeof hits->bits / sizeof hits->bits[0]; s++) {
        for (uint64_t bits = hits->bits[s]; bits; bits &= bits - 1) {
            const size_t col = (s * 64 + (size_t)__builtin_ctzll(bits)) * LANES;

            contact_block(work, cell + col, word + col / 64, (uint32_t)col, &sums);
        }
    }
    if (sums.cells)
        max = gather_row((uint32_t)row, &sums, frame);
    if (max >= pass->threshold.full_kPa && work->calibrator->saturation <= FLT_MAX)
        frame->saturated += row_saturated(pass, raw, row, hits);
}

/* One row: every pressure, and which blocks are not empty, few are. What is read beyond its end has slope 0: the next row's cells, or whatever follows in a
 * padded copy. Returns whether any is. */
LANES_INLINE bool row_pass(const struct work *work, enum gait_dtype dtype, int curved, const unsigned char *raw,
                           size_t cell, size_t stride, struct hits *hits)
{
    const size_t end = cell + stride;

    memset(hits, 0, sizeof *hits);
    for (size_t at = cell; at < end; at += LANES, raw += LANES * lanes_size(dtype)) {
        struct lanes count;
        const struct lanes p =
            lanes_calibrated(work->calibrator, dtype, curved, raw, work->offset + at, work->slope + at, &count);

        lanes_store(work->p_kPa + at, &p);
        if (__builtin_expect(lanes_any_at_least(&p, work->off_kPa), 0))
            hits->bits[(at - cell) / (64 * LANES)] |= UINT64_C(1) << (at - cell) / LANES % 64;
    }
    return (hits->bits[0] | hits->bits[1]) != 0;
}

/* The rows too near the end of the raw frame for reading whole blocks: one, or a few of a narrow mat. */
static __attribute__((noinline)) void last_rows(const struct contact_pass *pass, const struct work *work,
                                                const unsigned char *raw, size_t first, struct frame_sums *frame)
{
    const struct gait_calibrator *c = pass->calibrator;
    const size_t size = lanes_size(c->geometry.dtype), cols = c->geometry.cols, stride = pass->stride;
    unsigned char copy[GAIT_COLS_MAX * sizeof(float)];
    struct hits hits;

    for (size_t r = first; r < c->geometry.rows; r++) {
        memcpy(copy, raw + r * cols * size, cols * size);
        memset(copy + cols * size, 0, (stride - cols) * size);
        if (row_pass(work, c->geometry.dtype, c->n_curve > 0, copy, r * stride, stride, &hits))
            row_contacts(pass, work, copy, r, &hits, frame);
    }
}

/* All rows of a type that is a constant where this is inlined. */
LANES_INLINE void frame_pass(const struct contact_pass *pass, enum gait_dtype dtype, int curved,
                             const unsigned char *raw, struct frame_sums *frame)
{
    const struct gait_calibrator *c = pass->calibrator;
    const size_t cols = c->geometry.cols, stride = pass->stride, bytes = cols * lanes_size(dtype);
    const size_t cells = c->geometry.rows * cols, whole = cells < stride ? 0 : (cells - stride) / cols + 1;
    const struct work work = {
        .calibrator = c,
        .offset = c->offset,
        .slope = c->slope,
        .column = pass->column,
        .p_kPa = pass->p_kPa,
        .before = pass->mask[pass->now ^ 1],
        .mask = pass->mask[pass->now],
        .on_kPa = pass->threshold.on_kPa,
        .off_kPa = pass->threshold.off_kPa,
    };
    struct hits hits;

    for (size_t r = 0; r < whole; r++)
        if (row_pass(&work, dtype, curved, raw + r * bytes, r * stride, stride, &hits))
            row_contacts(pass, &work, raw + r * bytes, r, &hits, frame);
    last_rows(pass, &work, raw, whole, frame);
}

#define DEFINE_PASS(name, dtype, curved)                                                                \
    static void name(const struct contact_pass *pass, const unsigned char *raw, struct frame_sums *ret) \
    {                                                                                                   \
        frame_pass(pass, dtype, curved, raw, ret);                                                      \
    }

DEFINE_PASS(pass_u8, GAIT_U8, 0)
DEFINE_PASS(pass_u16, GAIT_U16, 0)
DEFINE_PASS(pass_i16, GAIT_I16, 0)
DEFINE_PASS(pass_f32, GAIT_F32, 0)
DEFINE_PASS(pass_curve, pass->calibrator->geometry.dtype, 1)

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
    memset(pass->mask[pass->now], 0, (size_t)pass->calibrator->geometry.rows * pass->words * sizeof(uint64_t));
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
    if (sums.peak > 0.0f)
        sums.peak_col = column_of(pass, sums.peak_row, sums.peak);
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
