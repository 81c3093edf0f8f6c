/* Several pads as one mat: places, turns, ages, absence. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "mats/tile.h"

enum { MS = 1000000 };

/* Pads of 2 x 3 cells of 10 mm: one at the origin, one turned a quarter beside it, one upside down above; 5 x 6 in all. */
static struct mat_profile three_pads(void)
{
    return (struct mat_profile){
        .tiling = {.count = 3,
                   .rows = 5,
                   .cols = 6,
                   .pad = {{.id = "left", .clock = true},
                           {.id = "turned", .x_mm = 30, .rotate_deg = 90},
                           {.id = "far", .y_mm = 30, .rotate_deg = 180}}},
    };
}

static const struct gait_geometry pad = {
    .rows = 2, .cols = 3, .pitch_x_mm = 10, .pitch_y_mm = 10, .rate_hz = 100, .dtype = GAIT_U8};

/* As bits. */
static uint32_t present(const struct mat_tile_state *s)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < s->pads.n; i++)
        bits |= (uint32_t)(s->pads.age_us[i] != GAIT_PAD_MISSING) << i;
    return bits;
}

static void test_places(void **state)
{
    (void)state;
    struct mat_profile p = three_pads();
    struct mat_tile *t;
    struct mat_tile_state s;
    const uint8_t a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {11, 12, 13, 14, 15, 16}, c[6] = {21, 22, 23, 24, 25, 26};
    /* 0 stands for a place without a pad. A quarter clockwise, row 0 on top: the first column, read upwards, becomes the first row. */
    const float expected[5][6] = {
        {1, 2, 3, 14, 11, 0}, {4, 5, 6, 15, 12, 0}, {0, 0, 0, 16, 13, 0}, {26, 25, 24, 0, 0, 0}, {23, 22, 21, 0, 0, 0}};
    float raw[30];

    assert_int_equal(mat_tile_new(&p, &pad, &t), 0);
    const struct gait_geometry *g = mat_tile_geometry(t);
    assert_int_equal(g->rows, 5);
    assert_int_equal(g->dtype, GAIT_F32);
    assert_false(mat_tile_put(t, 1, b, 1000 * MS));
    assert_false(mat_tile_put(t, 2, c, 1001 * MS));
    assert_true(mat_tile_put(t, 0, a, 1002 * MS));
    mat_tile_merge(t, 0, raw, &s);
    for (int i = 0; i < 30; i++) {
        float e = expected[i / 6][i % 6];

        assert_int_equal(g->cell[i], e == 0 ? GAIT_CELL_MISSING : GAIT_CELL_OK);
        if (e == 0)
            assert_true(isnan(raw[i]));
        else
            assert_true(raw[i] == e);
    }
    assert_int_equal(present(&s), 7);
    assert_int_equal(s.flags, 0);
    assert_int_equal(s.pads.age_us[0], 0);
    assert_int_equal(s.pads.age_us[1], 2000);
    mat_tile_free(t);
}

static void test_ages(void **state)
{
    (void)state;
    struct mat_profile p = three_pads();
    struct mat_tile *t;
    struct mat_tile_state s;
    const uint8_t a[6] = {0};
    float raw[30];

    assert_int_equal(mat_tile_new(&p, &pad, &t), 0);
    mat_tile_put(t, 1, a, 1000 * MS);
    mat_tile_put(t, 0, a, 1010 * MS);
    mat_tile_merge(t, 0, raw, &s);
    assert_int_equal(s.flags, GAIT_FRAME_PAD_MISSING); /* "far" never came; one frame time is not stale */
    assert_int_equal(present(&s), 3);
    assert_int_equal(s.pads.n, 3);
    assert_true(s.pads.age_us[2] == GAIT_PAD_MISSING);
    assert_true(isnan(raw[24]));
    mat_tile_put(t, 2, a, 1011 * MS);
    mat_tile_put(t, 0, a, 1020 * MS);
    mat_tile_merge(t, 0, raw, &s);
    assert_int_equal(s.flags, GAIT_FRAME_PAD_STALE); /* "turned" is 20 ms old */
    assert_int_equal(s.stale, 2);
    assert_true(raw[3] == 0.0f);
    mat_tile_put(t, 2, a, 1505 * MS);
    mat_tile_put(t, 0, a, 1510 * MS);
    mat_tile_merge(t, 0, raw, &s);
    assert_int_equal(s.flags, GAIT_FRAME_PAD_MISSING); /* nothing from "turned" for 510 ms */
    assert_true(isnan(raw[3]));
    mat_tile_gone(t, 2);
    mat_tile_merge(t, 0, raw, &s);
    assert_int_equal(present(&s), 1);
    mat_tile_put(t, 2, a, 1511 * MS); /* back */
    mat_tile_merge(t, 0, raw, &s);
    assert_int_equal(present(&s), 5);
    mat_tile_free(t);
}

static void test_which_pad(void **state)
{
    (void)state;
    struct mat_profile p = three_pads();
    struct mat_tile *t;

    assert_int_equal(mat_tile_new(&p, &pad, &t), 0);
    assert_int_equal(mat_tile_pad(t, "turned"), 1);
    assert_int_equal(mat_tile_pad(t, "stranger"), -1);
    mat_tile_free(t);
    p.tiling.pad[2].id[0] = '\0';
    assert_int_equal(mat_tile_new(&p, &pad, &t), 0);
    assert_int_equal(mat_tile_pad(t, "stranger"), 2);
    assert_int_equal(mat_tile_pad(t, "left"), 0);
    mat_tile_free(t);
}

static void test_refused(void **state)
{
    (void)state;
    struct mat_profile p = three_pads();
    struct mat_tile *t = NULL;

    p.tiling.pad[1].x_mm = 20; /* on top of the first */
    assert_int_equal(mat_tile_new(&p, &pad, &t), -EINVAL);
    p = three_pads();
    p.tiling.pad[2].y_mm = 40; /* beyond the mat */
    assert_int_equal(mat_tile_new(&p, &pad, &t), -EINVAL);
    p = three_pads();
    p.tiling.pad[0].clock = false;
    assert_int_equal(mat_tile_new(&p, &pad, &t), -EINVAL);
    p.tiling.count = 0;
    assert_int_equal(mat_tile_new(&p, &pad, &t), -EINVAL);
    assert_null(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_which_pad),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
