/* One number for all bits of calibrate, contact and label over seeded frames of many geometries: same_bits.sh compares it between compilers and options. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/contact.h"
#include "metrics/label.h"

static uint64_t seed = 1, digest = UINT64_C(14695981039346656037);

static uint32_t random32(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}

static void add(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < n; i++)
        digest = (digest ^ b[i]) * UINT64_C(1099511628211);
}

/* Blotches of load, noise below the threshold and, for float mats, samples that are not numbers. */
static void draw(const struct gait_geometry *g, void *raw)
{
    unsigned char *b = raw;

    for (uint32_t i = 0; i < g->rows * g->cols; i++) {
        const uint32_t x = i % g->cols / 7, y = i / g->cols / 9, noise = random32() % 8;
        const uint32_t v = (x * 31 + y * 17 + random32() % 2) % 5 == 0 ? random32() % 250 : noise;
        const uint16_t u = (uint16_t)(v * 200);
        const int16_t s = (int16_t)((int)v * 100 - 300);
        const float f = random32() % 500 == 0 ? NAN : (float)v * 1.7f - 3;

        if (g->dtype == GAIT_U8)
            b[i] = (uint8_t)v;
        else if (g->dtype == GAIT_U16)
            memcpy(b + 2 * i, &u, 2);
        else if (g->dtype == GAIT_I16)
            memcpy(b + 2 * i, &s, 2);
        else
            memcpy(b + 4 * i, &f, 4);
    }
}

static void work(const struct gait_geometry *g, const struct gait_calibration *calibration)
{
    void *raw = malloc(gait_geometry_frame_bytes(g));
    float *p = malloc(gait_geometry_cells(g) * sizeof *p);
    struct gait_calibrator *c = NULL;
    struct contact_pass pass;
    struct label label;
    struct gait_frame_numbers n;

    if (!raw || !p || gait_calibrator_new(g, &c) < 0 || gait_calibrator_load(c, calibration) < 0 ||
        contact_pass_init(c, &pass) < 0 || label_init(g->rows, g->cols, &label) < 0)
        exit(1);
    if (g->rows % 2)
        contact_pass_begin(&pass, 10, 5, 20);
    for (int frame = 0; frame < 4; frame++) {
        memset(&n, 0, sizeof n);
        draw(g, raw);
        gait_calibrate(c, raw, frame % 2 ? 0.0f : -1.0f, p);
        contact_frame(&pass, raw, &n);
        label_mask(&label, contact_mask(&pass), pass.p_kPa, pass.stride);
        add(p, gait_geometry_cells(g) * sizeof *p);
        add(pass.p_kPa, (size_t)g->rows * pass.stride * sizeof *p);
        add(contact_mask(&pass), (size_t)g->rows * pass.words * 8);
        n.cop_x_mm = isnan(n.cop_x_mm) ? -1 : n.cop_x_mm;
        n.cop_y_mm = isnan(n.cop_y_mm) ? -1 : n.cop_y_mm;
        n.mean_kPa = isnan(n.mean_kPa) ? -1 : n.mean_kPa;
        add(&n, sizeof n);
        for (uint32_t k = 0; k < label.components; k++) {
            add(&label.component[k].p_kPa, 3 * sizeof(double));
            add(&label.component[k].peak_kPa, sizeof(float));
        }
    }
    label_done(&label);
    contact_pass_done(&pass);
    gait_calibrator_free(c);
    free(p);
    free(raw);
}

int main(void)
{
    static const uint32_t size[][2] = {{32, 32}, {96, 88}, {38, 20}, {60, 21}, {64, 64}, {90, 64}, {30, 130}, {3, 1}};
    static float curve_count[] = {5, 40, 100, 400, 60000}, curve_kPa[] = {0, 20, 90, 500, 900};
    uint8_t *cell = calloc(96 * 130, 1);
    float *offset = calloc(96 * 130, sizeof *offset), *gain = calloc(96 * 130, sizeof *gain);

    for (int i = 0; i < 96 * 130; i++) {
        cell[i] = (uint8_t)(random32() % 40 == 0 ? 1 + random32() % 2 : 0);
        offset[i] = (float)(random32() % 300) * 0.01f;
        gain[i] = 0.8f + (float)(random32() % 100) * 0.004f;
    }
    for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
        for (int type = GAIT_U8; type <= GAIT_F32; type++) {
            struct gait_geometry g = {.rows = size[k][0],
                                      .cols = size[k][1],
                                      .pitch_x_mm = 5,
                                      .pitch_y_mm = 7.62,
                                      .rate_hz = 100,
                                      .dtype = (enum gait_dtype)type};
            struct gait_calibration c;

            gait_calibration_identity(&c);
            work(&g, &c);
            c.kPa_per_count = type == GAIT_U16 ? 0.013 : 1.1;
            c.saturation_count = type == GAIT_U16 ? 40000 : 200;
            c.offset = offset;
            c.gain = gain;
            g.cell = cell;
            work(&g, &c);
            c.n_curve = 5;
            c.curve_count = curve_count;
            c.curve_kPa = curve_kPa;
            work(&g, &c);
        }
    }
    printf("%016" PRIx64 "\n", digest);
    return 0;
}
