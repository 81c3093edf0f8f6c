/* Contact pass and components against slow plain ones; calibration's rules; drift. */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/drift.h"
#include "metrics/contact.h"
#include "metrics/label.h"

static struct gait_geometry geometry_of(uint32_t rows, uint32_t cols, enum gait_dtype dtype)
{
    return (struct gait_geometry){
        .rows = rows, .cols = cols, .pitch_x_mm = 5, .pitch_y_mm = 4, .rate_hz = 100, .dtype = dtype};
}

static uint32_t random32(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

/* One flood of a component in a mask of bytes. */
static uint32_t flood(uint8_t *m, int rows, int cols, int r, int c)
{
    uint32_t n = 0;

    if (r < 0 || c < 0 || r >= rows || c >= cols || !m[r * cols + c])
        return 0;
    m[r * cols + c] = 0;
    for (int dr = -1; dr <= 1; dr++)
        for (int dc = -1; dc <= 1; dc++)
            n += flood(m, rows, cols, r + dr, c + dc);
    return n + 1;
}

/* Labels a mask of bytes and compares with floods in the order of first cells. */
static void compare_labels(struct label *l, const uint8_t *bytes)
{
    const int rows = (int)l->rows, cols = (int)l->cols;
    uint64_t *mask = calloc((size_t)rows * l->words, sizeof *mask);
    float *p = calloc((size_t)rows * (size_t)cols, sizeof *p);
    uint8_t *left = malloc((size_t)rows * (size_t)cols);
    uint32_t found = 0, n;

    memcpy(left, bytes, (size_t)rows * (size_t)cols);
    for (int i = 0; i < rows * cols; i++) {
        p[i] = (float)(i % 7 + 1);
        if (bytes[i])
            mask[(size_t)(i / cols) * l->words + (size_t)(i % cols / 64)] |= UINT64_C(1) << i % cols % 64;
    }
    n = label_mask(l, mask, p, l->cols);
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
            if (!left[r * cols + c])
                continue;
            assert_true(found < n);
            assert_int_equal(l->component[found].cells, flood(left, rows, cols, r, c));
            assert_int_equal(l->component[found].row0, r);
            found++;
        }
    }
    assert_int_equal(found, n);
    for (uint32_t k = 0; k < n; k++) { /* the linked runs are all of it, inside its box */
        const struct component *c = &l->component[k];
        uint32_t cells = 0;
        double sum = 0, px = 0;

        for (uint32_t i = c->first_run; i != UINT32_MAX; i = l->next_run[i]) {
            assert_int_equal(l->run[i].component, k);
            assert_in_range(l->run[i].row, c->row0, c->row1);
            assert_true(l->run[i].first >= c->col0 && l->run[i].last <= c->col1);
            for (uint32_t col = l->run[i].first; col <= l->run[i].last; col++) {
                assert_true(bytes[l->run[i].row * l->cols + col]);
                cells++;
                sum += (double)p[l->run[i].row * l->cols + col];
                px += (double)p[l->run[i].row * l->cols + col] * (col + 0.5);
            }
        }
        assert_int_equal(cells, c->cells);
        assert_close_rel(c->p_kPa, sum, 1e-12);
        assert_close_rel(c->px, px, 1e-12);
    }
    free(mask);
    free(p);
    free(left);
}

static void all_masks_of_4x4(void **state)
{
    struct label l;
    uint8_t bytes[16];

    (void)state;
    assert_int_equal(label_init(4, 4, &l), 0);
    for (uint32_t m = 0; m < 65536; m++) {
        for (int k = 0; k < 16; k++)
            bytes[k] = m >> k & 1;
        compare_labels(&l, bytes);
    }
    label_done(&l);
}

static void large_random_masks(void **state)
{
    static const uint32_t size[][2] = {{96, 88}, {40, 64}, {33, 65}, {20, 200}, {50, 128}, {1, 300}, {300, 1}};
    uint64_t seed = 5;

    (void)state;
    for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
        const size_t cells = (size_t)size[k][0] * size[k][1];
        uint8_t *bytes = malloc(cells);
        struct label l;

        assert_int_equal(label_init(size[k][0], size[k][1], &l), 0);
        for (uint32_t density = 0; density <= 10; density++) {
            for (size_t i = 0; i < cells; i++)
                bytes[i] = random32(&seed) % 10 < density;
            compare_labels(&l, bytes);
        }
        label_done(&l);
        free(bytes);
    }
}

/* What one frame should give, the slow way. */
struct plain {
    double sum, x, y, peak;
    uint32_t contact, saturated, peak_cell;
};

static uint32_t drawn_kPa(uint64_t *seed, int frame, uint32_t i, uint32_t cols)
{
    const bool empty = frame > 2 && i % cols / 16 % 5 != i / cols % 5; /* most blocks of a row */
    const uint32_t any = random32(seed) % 3 ? random32(seed) % 12 : random32(seed) % 200;

    return empty ? 0 : any;
}

static void put_count(enum gait_dtype dtype, unsigned char *raw, uint32_t i, uint32_t kPa)
{
    const uint16_t u = (uint16_t)(kPa * 20);
    const float f = (float)kPa * 20;

    if (dtype == GAIT_U8)
        raw[i] = (uint8_t)kPa;
    else if (dtype == GAIT_F32)
        memcpy(raw + 4 * i, &f, 4);
    else
        memcpy(raw + 2 * i, &u, 2);
}

static void add_plain(struct plain *plain, uint32_t i, uint32_t cols, double p, bool saturated)
{
    plain->contact++;
    plain->sum += p;
    plain->x += p * (i % cols + 0.5) * 5;
    plain->y += p * (i / cols + 0.5) * 4;
    plain->saturated += saturated;
    if (p > plain->peak) {
        plain->peak = p;
        plain->peak_cell = i;
    }
}

static void compare_plain(const struct gait_frame_numbers *n, const struct plain *plain)
{
    const double force_N = plain->sum * 20e-3;

    assert_int_equal(n->contact_cells, plain->contact);
    assert_close_rel(n->force_N, force_N, 1e-6);
    assert_close_rel(n->area_mm2, plain->contact * 20.0, 1e-12);
    assert_close_abs(n->peak_kPa, plain->peak, 1e-9);
    assert_int_equal(n->peak_cell, plain->peak_cell);
    assert_int_equal(n->saturated_cells, plain->saturated);
    assert_int_equal(isnan(n->cop_x_mm), force_N < 20);
    if (force_N >= 20) {
        assert_close_rel(n->cop_x_mm, plain->x / plain->sum, 1e-6);
        assert_close_rel(n->cop_y_mm, plain->y / plain->sum, 1e-6);
    }
}

static void pass_against_plain(enum gait_dtype dtype, uint32_t rows, uint32_t cols, bool begun)
{
    const struct gait_geometry g = geometry_of(rows, cols, dtype);
    const double scale = dtype == GAIT_U8 ? 1 : 0.05;
    struct gait_calibrator *c;
    struct gait_calibration calibration;
    struct contact_pass pass;
    uint8_t *down = calloc(rows * cols, 1);
    unsigned char *raw = malloc(gait_geometry_frame_bytes(&g));
    uint64_t seed = 7;

    gait_calibration_identity(&calibration);
    calibration.kPa_per_count = scale;
    calibration.saturation_count = dtype == GAIT_U8 ? 190 : 3900;
    assert_int_equal(gait_calibrator_new(&g, &c), 0);
    assert_int_equal(gait_calibrator_load(c, &calibration), 0);
    assert_int_equal(contact_pass_init(c, &pass), 0);
    if (begun)
        contact_pass_begin(&pass, 10, 5, 20);
    for (int frame = 0; frame < 5; frame++) {
        struct plain plain = {.peak_cell = UINT32_MAX};
        struct gait_frame_numbers n;

        for (uint32_t i = 0; i < rows * cols; i++) {
            const uint32_t kPa = drawn_kPa(&seed, frame, i, cols);
            const double p = (double)((float)(dtype == GAIT_U8 ? kPa : kPa * 20) * (float)scale);

            put_count(dtype, raw, i, kPa);
            down[i] = p >= 10 || (p >= 5 && down[i]);
            if (down[i])
                add_plain(&plain, i, cols, p, kPa >= (dtype == GAIT_U8 ? 190 : 195));
        }
        contact_frame(&pass, raw, &n);
        compare_plain(&n, &plain);
        for (uint32_t i = 0; i < rows * cols; i++)
            assert_int_equal(contact_mask(&pass)[i / cols * pass.words + i % cols / 64] >> i % cols % 64 & 1, down[i]);
    }
    contact_pass_done(&pass);
    gait_calibrator_free(c);
    free(down);
    free(raw);
}

static void contact_pass(void **state)
{
    (void)state;
    for (int dtype = GAIT_U8; dtype <= GAIT_F32; dtype++) {
        pass_against_plain((enum gait_dtype)dtype, 96, 88, true);
        pass_against_plain((enum gait_dtype)dtype, 31, 70, true);
        pass_against_plain((enum gait_dtype)dtype, 40, 1100, false);
        pass_against_plain((enum gait_dtype)dtype, 9, 5, true);
        pass_against_plain((enum gait_dtype)dtype, 9, 13, true);
    }
}

static void threshold_zero_and_nan(void **state)
{
    const struct gait_geometry g = geometry_of(2, 3, GAIT_F32);
    const float raw[6] = {0, 1e-3f, NAN, INFINITY, -4, 2};
    struct gait_calibrator *c;
    struct contact_pass pass;
    struct gait_frame_numbers n;
    float p[6];

    (void)state;
    assert_int_equal(gait_calibrator_new(&g, &c), 0);
    assert_int_equal(contact_pass_init(c, &pass), 0);
    contact_pass_begin(&pass, 0, 0, 20);
    contact_frame(&pass, raw, &n);
    assert_int_equal(n.contact_cells, 2);
    assert_close_rel(n.mean_kPa, (2 + 1e-3) / 2, 1e-6);
    assert_nan(n.cop_x_mm); /* 0.04 N */
    gait_calibrate(c, raw, NAN, p);
    assert_true(p[0] == 0 && p[4] == 0 && p[5] == 2);
    assert_true(isnan(p[2]) && isnan(p[3]));
    contact_pass_done(&pass);
    gait_calibrator_free(c);
}

static void curve_gain_and_offset(void **state)
{
    const struct gait_geometry g = geometry_of(1, 6, GAIT_U16);
    const uint16_t raw[6] = {10, 11, 20, 35, 60, 500};
    float count[3] = {0, 10, 50}, kPa[3] = {0, 100, 300}, offset[6] = {10, 10, 10, 10, 10, 10},
          gain[6] = {1, 1, 1, 2, 1, 1}, p[6];
    struct gait_calibration calibration;
    struct gait_calibrator *c;

    (void)state;
    gait_calibration_identity(&calibration);
    calibration.n_curve = 3;
    calibration.curve_count = count;
    calibration.curve_kPa = kPa;
    calibration.offset = offset;
    calibration.gain = gain;
    calibration.scale = 0.5;
    assert_int_equal(gait_calibrator_new(&g, &c), 0);
    assert_int_equal(gait_calibrator_load(c, &calibration), 0);
    gait_calibrate(c, raw, 0, p);
    assert_true(p[0] == 0.0f && p[1] == 5.0f && p[2] == 50.0f && p[3] == 175.0f && p[4] == 150.0f && p[5] == 150.0f);
    gait_calibrator_free(c);
}

static void dead_cells(void **state)
{
    struct gait_geometry g = geometry_of(12, 10, GAIT_U16);
    uint8_t cell[120] = {0};
    uint16_t raw[120];
    struct gait_calibrator *c;
    struct contact_pass pass;
    struct gait_frame_numbers n;
    float p[120];

    (void)state;
    for (int i = 0; i < 120; i++)
        raw[i] = (uint16_t)(20 + i % 10);
    cell[2 * 10 + 4] = GAIT_CELL_DEAD; /* alone: sides and corners of a ramp give the ramp */
    for (int col = 0; col < 10; col++)
        cell[5 * 10 + col] = GAIT_CELL_DEAD; /* a whole row */
    for (int k = 0; k < 6; k++)
        cell[(8 + k / 3) * 10 + 4 + k % 3] = GAIT_CELL_DEAD; /* a cluster of six: nothing */
    cell[0] = GAIT_CELL_MISSING;
    g.cell = cell;
    raw[24] = raw[84] = 60000;
    for (int col = 0; col < 10; col++)
        raw[6 * 10 + col] = 40;
    assert_int_equal(gait_calibrator_new(&g, &c), 0);
    gait_calibrate(c, raw, NAN, p);
    assert_close_abs((double)p[24], 24, 1e-4);
    for (int col = 0; col < 10; col++)
        assert_close_abs((double)p[50 + col], (20 + col + 40) / 2.0, 1e-4);
    assert_true(isnan(p[84]) && isnan(p[0]));
    assert_int_equal(gait_calibrator_fill(c)[24], GAIT_FILL_NEIGHBOURS);
    assert_int_equal(gait_calibrator_fill(c)[84], GAIT_FILL_NONE);
    assert_int_equal(contact_pass_init(c, &pass), 0);
    contact_frame(&pass, raw, &n);
    assert_int_equal(n.contact_cells, 120 - 6 - 1);
    assert_close_abs(n.peak_kPa, 40, 1e-9);
    contact_pass_done(&pass);
    gait_calibrator_free(c);
}

static void drift(void **state)
{
    const struct gait_geometry g = geometry_of(16, 16, GAIT_U16);
    struct gait_calibrator *c;
    struct gait_drift *d;
    uint16_t raw[256];
    float offset[256];

    (void)state;
    assert_int_equal(gait_calibrator_new(&g, &c), 0);
    assert_int_equal(gait_drift_new(&g, 5, 5, &d), 0);
    for (int i = 0; i < 256; i++)
        offset[i] = 100;
    for (int k = 0; k <= 2000; k++) {
        for (int i = 0; i < 256; i++)
            raw[i] = 102;      /* a creep of 2 kPa */
        raw[8 * 16 + 8] = 200; /* one foot stays */
        gait_drift_follow(d, c, raw, UINT64_C(1000000000) + (uint64_t)k * 10000000, offset);
        if (k == 49)
            assert_close_abs((double)offset[0], 100, 1e-6); /* not before half a second of quiet */
    }
    assert_close_abs((double)offset[0], 102 - 2 * exp(-19.5 / 5), 0.01);
    for (int r = 6; r <= 10; r++)
        for (int col = 6; col <= 10; col++)
            assert_close_abs((double)offset[r * 16 + col], 100, 1e-6);
    assert_true(offset[5 * 16 + 8] > 101.5f);
    gait_drift_free(d);
    gait_calibrator_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_masks_of_4x4),
        cmocka_unit_test(large_random_masks),
        cmocka_unit_test(contact_pass),
        cmocka_unit_test(threshold_zero_and_nan),
        cmocka_unit_test(curve_gain_and_offset),
        cmocka_unit_test(dead_cells),
        cmocka_unit_test(drift),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
