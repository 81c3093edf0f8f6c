/*
 * Real recordings against tables made by somebody else's program (numpy, double precision; where they come from: the README beside them): every frame's
 * force, peak, area and centre of pressure over all cells above 0, and the totals that the vendor wrote into the emed file.
 */
#include "assert_close.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/formats_in.h>

struct sums {
    double force_N, peak_kPa, area_cm2, cop_x_mm, cop_y_mm;
};

static struct sums reduce(const struct gait_geometry *g, const float *p)
{
    double area_mm2 = gait_geometry_cell_area_mm2(g), x = 0, y = 0;
    struct sums s = {0};

    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        double f = (double)p[i] * area_mm2 * 1e-3;

        if (!(p[i] > 0))
            continue;
        s.force_N += f;
        s.area_cm2 += area_mm2 / 100;
        s.peak_kPa = fmax(s.peak_kPa, (double)p[i]);
        x += f * ((double)(i % g->cols) + 0.5) * g->pitch_x_mm;
        y += f * ((double)(i / g->cols) + 0.5) * g->pitch_y_mm;
    }
    s.cop_x_mm = x / s.force_N;
    s.cop_y_mm = y / s.force_N;
    return s;
}

/* The tables have 6 significant digits: one unit of the last one is at most 1e-5 of the value. */
static void check_frame(const struct sums *s, const double *row, double origin_x_mm, double origin_y_mm)
{
    assert_close_rel(s->force_N, row[2], 1e-5);
    assert_close_rel(s->peak_kPa, row[3], 1e-5);
    assert_close_rel(s->area_cm2, row[4], 1e-5);
    if (row[2] < 20)
        return;
    assert_close_rel(s->cop_x_mm - origin_x_mm, row[5] * 1000, 1e-5);
    assert_close_rel(s->cop_y_mm - origin_y_mm, row[6] * 1000, 1e-5);
}

static int read_row(FILE *table, double row[8])
{
    char line[512], *at = line, *end;
    int n = 0;

    if (!fgets(line, sizeof(line), table))
        return 0;
    for (; n < 8; n++) {
        row[n] = strtod(at, &end);
        if (end == at)
            break;
        at = end + (*end == ',');
    }
    return n;
}

static void check_recording(const char *recording, const char *reference, uint64_t frames, double origin_x_mm,
                            double origin_y_mm)
{
    const char *data = getenv("GAIT_DATA");
    char path[4096], line[512];
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};
    struct gait_frame_meta meta;
    double row[8], device;
    uint64_t n = 0;
    float *raw;
    FILE *table;
    int columns;

    snprintf(path, sizeof(path), "%s/reference/%s", data, reference);
    table = fopen(path, "r");
    snprintf(path, sizeof(path), "%s/pressuRe/%s", data, recording);
    if (!table || gait_formats_in_open(path, &source, &err) < 0)
        fail_msg("%s: %s", path, table ? err.text : "no table beside it");
    raw = malloc(gait_geometry_frame_bytes(&gait_source_info(source)->geometry));
    assert_non_null(fgets(line, sizeof(line), table));
    for (; gait_source_next(source, raw, &meta, &err) == 1; n++) {
        struct sums s = reduce(&gait_source_info(source)->geometry, raw);

        columns = read_row(table, row);
        assert_true(columns >= 7);
        check_frame(&s, row, origin_x_mm, origin_y_mm);
        assert_close_abs((double)meta.t_mat_ns * 1e-9, row[1], 1e-9);
        assert_int_equal(meta.gap_device, 0);
        if (columns == 8) {
            assert_int_equal(gait_formats_device_force(source, &device), 0);
            assert_close_abs(device, row[7], 0);
            assert_close_abs(s.force_N, device, 0.0051);
        }
    }
    assert_string_equal(err.text, "");
    assert_int_equal(n, frames);
    assert_int_equal(gait_source_info(source)->frames, frames);
    free(raw);
    gait_source_free(source);
    fclose(table);
}

static void emed(void **state)
{
    (void)state; /* the table's origin: lower left corner of file rows 30..83, columns 26..47 */
    check_recording("emed_test.lst", "numpy_emed_curves.csv", 106, 25 * 5, (95 - 83) * 5);
}

static void tekscan(void **state)
{
    (void)state;
    check_recording("fscan_left.asf", "numpy_tekscan_curves.csv", 205, 0, 0);
}

static void footscan(void **state)
{
    (void)state;
    check_recording("footscan_test.tsv", "numpy_footscan_curves.csv", 329, 5.08, 7.62); /* the ring around its window */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(emed), cmocka_unit_test(tekscan), cmocka_unit_test(footscan)};
    char path[4096];

    snprintf(path, sizeof(path), "%s/pressuRe/emed_test.lst", getenv("GAIT_DATA") ? getenv("GAIT_DATA") : "");
    if (access(path, R_OK) < 0) {
        printf("SKIP: no recordings here (%s): set GAIT_DATA\n", path);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
