#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gait/calibration.h"
#include "gait/frame.h"

static struct gait_geometry geometry(void)
{
    return (struct gait_geometry){
        .rows = 4, .cols = 3, .pitch_x_mm = 5.08, .pitch_y_mm = 7.62, .rate_hz = 126, .dtype = GAIT_U16};
}

static void sizes_and_names_of_types(void **state)
{
    (void)state;
    assert_int_equal(gait_dtype_size(GAIT_U8), 1);
    assert_int_equal(gait_dtype_size(GAIT_U16), 2);
    assert_int_equal(gait_dtype_size(GAIT_I16), 2);
    assert_int_equal(gait_dtype_size(GAIT_F32), 4);
    assert_int_equal(gait_dtype_size(GAIT_DTYPE_INVALID), 0);
    assert_string_equal(gait_dtype_name(GAIT_U8), "u1");
    assert_string_equal(gait_dtype_name(GAIT_U16), "<u2");
    assert_string_equal(gait_dtype_name(GAIT_I16), "<i2");
    assert_string_equal(gait_dtype_name(GAIT_F32), "<f4");
    assert_string_equal(gait_dtype_name((enum gait_dtype)99), "?");
}

static void a_geometry_within_bounds_passes(void **state)
{
    struct gait_geometry g = geometry();

    (void)state;
    assert_int_equal(gait_geometry_check(&g), 0);
    assert_int_equal(gait_geometry_frame_bytes(&g), 24);
    assert_close_abs(gait_geometry_cell_area_mm2(&g), 38.7096, 1e-12);
    g.rows = GAIT_ROWS_MAX;
    g.cols = GAIT_CELLS_MAX / GAIT_ROWS_MAX;
    assert_int_equal(gait_geometry_check(&g), 0);
}

static void each_bad_member_is_refused(void **state)
{
    struct gait_geometry good = geometry(), bad[11];
    uint8_t map[12] = {0};

    (void)state;
    for (size_t i = 0; i < 11; i++)
        bad[i] = good;
    bad[0].rows = 0;
    bad[1].cols = 0;
    bad[2].rows = GAIT_ROWS_MAX + 1;
    bad[3].rows = GAIT_ROWS_MAX;
    bad[3].cols = GAIT_CELLS_MAX / GAIT_ROWS_MAX + 1;
    bad[4].pitch_x_mm = 0;
    bad[5].pitch_y_mm = NAN;
    bad[6].rate_hz = INFINITY;
    bad[7].rate_hz = -100;
    bad[8].dtype = GAIT_DTYPE_INVALID;
    bad[9].dtype = (enum gait_dtype)5;
    map[7] = 3;
    bad[10].cell = map;
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(gait_geometry_check(&bad[i]), -EINVAL);
    assert_int_equal(gait_geometry_check(NULL), -EINVAL);
}

static void a_copy_has_its_own_map(void **state)
{
    uint8_t map[12] = {0};
    struct gait_geometry g = geometry(), copy, untouched = {.rows = 77};

    (void)state;
    g.cell = map;
    map[5] = GAIT_CELL_MISSING;
    assert_int_equal(gait_geometry_copy(&g, &copy), 0);
    assert_true(gait_geometry_equal(&g, &copy));
    map[5] = GAIT_CELL_OK;
    assert_int_equal(copy.cell[5], GAIT_CELL_MISSING);
    assert_false(gait_geometry_equal(&g, &copy));
    gait_geometry_done(&copy);
    assert_null(copy.cell);
    gait_geometry_done(NULL);
    g.rows = 0;
    assert_int_equal(gait_geometry_copy(&g, &untouched), -EINVAL);
    assert_int_equal(untouched.rows, 77);
}

static void equal_means_the_same_matrix(void **state)
{
    uint8_t map[12] = {0};
    struct gait_geometry a = geometry(), b = geometry();

    (void)state;
    b.rate_hz = 250;
    b.cell = map; /* full of OK: the same as none */
    assert_true(gait_geometry_equal(&a, &b));
    map[11] = GAIT_CELL_DEAD;
    assert_false(gait_geometry_equal(&a, &b));
    b = geometry();
    b.pitch_y_mm = 7.63;
    assert_false(gait_geometry_equal(&a, &b));
    b = geometry();
    b.dtype = GAIT_I16;
    assert_false(gait_geometry_equal(&a, &b));
    b = geometry();
    b.rows = 3;
    b.cols = 4;
    assert_false(gait_geometry_equal(&a, &b));
}

static void mat_ids_are_safe_in_paths(void **state)
{
    char id[GAIT_ID_MAX + 1] = "untouched", long_id[GAIT_ID_MAX + 2];

    (void)state;
    assert_int_equal(gait_mat_id("port-1-1.2", id), 0);
    assert_string_equal(id, "port-1-1.2");
    assert_int_equal(gait_mat_id("../a b%\xff", id), 0);
    assert_string_equal(id, "..%2Fa%20b%25%FF");
    assert_int_equal(gait_mat_id("", id), -EINVAL);
    assert_int_equal(gait_mat_id(".", id), -EINVAL);
    assert_int_equal(gait_mat_id("..", id), -EINVAL);
    assert_int_equal(gait_mat_id(NULL, id), -EINVAL);
    memset(long_id, 'x', sizeof long_id);
    long_id[GAIT_ID_MAX + 1] = '\0';
    assert_int_equal(gait_mat_id(long_id, id), -ENAMETOOLONG);
    assert_string_equal(id, "..%2Fa%20b%25%FF");
    long_id[GAIT_ID_MAX] = '\0';
    assert_int_equal(gait_mat_id(long_id, id), 0);
    assert_string_equal(id, long_id);
    long_id[GAIT_ID_MAX - 1] = '/';
    assert_int_equal(gait_mat_id(long_id, id), -ENAMETOOLONG);
}

/* --- calibration ------------------------------------------------------------------------------- */

static void the_identity_fits_any_mat(void **state)
{
    struct gait_geometry g = geometry();
    struct gait_calibration c;

    (void)state;
    gait_calibration_identity(&c);
    assert_string_equal(c.model, "identity");
    assert_close_abs(c.scale * c.kPa_per_count, 1, 0);
    assert_nan(c.saturation_count);
    assert_int_equal(gait_calibration_check(&c, &g), 0);
}

static void a_bad_calibration_is_refused(void **state)
{
    float up[3] = {0, 10, 20}, flat[3] = {0, 0, 5}, down[3] = {0, 8, 7}, cells[12];
    struct gait_geometry g = geometry();
    struct gait_calibration c;

    (void)state;
    gait_calibration_identity(&c);
    c.n_curve = 3;
    c.curve_count = up;
    c.curve_kPa = flat;
    assert_int_equal(gait_calibration_check(&c, &g), 0);
    c.curve_kPa = down;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.curve_kPa = up;
    c.curve_count = flat; /* two pressures for one count */
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.curve_count = NULL;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.curve_count = up;
    c.n_curve = 1;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.n_curve = 0;
    c.kPa_per_count = -1;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.kPa_per_count = 1;
    c.scale = NAN;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.scale = 1;
    for (int i = 0; i < 12; i++)
        cells[i] = 1;
    c.gain = cells;
    assert_int_equal(gait_calibration_check(&c, &g), 0);
    cells[11] = 0;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    c.gain = NULL;
    c.offset = cells;
    cells[11] = -3; /* offsets may lie on either side */
    assert_int_equal(gait_calibration_check(&c, &g), 0);
    cells[11] = NAN;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
    g.cell = (uint8_t[12]){[11] = GAIT_CELL_MISSING}; /* a cell that is not there */
    assert_int_equal(gait_calibration_check(&c, &g), 0);
    c.offset = NULL;
    c.sigma = cells;
    cells[2] = -1;
    assert_int_equal(gait_calibration_check(&c, &g), -EINVAL);
}

static void a_copied_calibration_is_its_own(void **state)
{
    float count[2] = {0, 255}, kPa[2] = {0, 500}, cells[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct gait_geometry g = geometry();
    struct gait_calibration c, copy;

    (void)state;
    gait_calibration_identity(&c);
    c.version = 7;
    c.n_curve = 2;
    c.curve_count = count;
    c.curve_kPa = kPa;
    c.offset = c.gain = c.sigma = cells;
    assert_int_equal(gait_calibration_copy(&c, &g, &copy), 0);
    cells[3] = 2;
    kPa[1] = 400;
    assert_int_equal(copy.version, 7);
    assert_close_abs((double)copy.gain[3], 1, 0);
    assert_close_abs((double)copy.offset[11], 1, 0);
    assert_close_abs((double)copy.curve_kPa[1], 500, 0);
    gait_calibration_done(&copy);
    assert_null(copy.offset);
    gait_calibration_done(NULL);
    c.scale = 0;
    assert_int_equal(gait_calibration_copy(&c, &g, &copy), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_names_of_types),        cmocka_unit_test(a_geometry_within_bounds_passes),
        cmocka_unit_test(each_bad_member_is_refused),      cmocka_unit_test(a_copy_has_its_own_map),
        cmocka_unit_test(equal_means_the_same_matrix),     cmocka_unit_test(mat_ids_are_safe_in_paths),
        cmocka_unit_test(the_identity_fits_any_mat),       cmocka_unit_test(a_bad_calibration_is_refused),
        cmocka_unit_test(a_copied_calibration_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
