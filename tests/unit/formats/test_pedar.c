/*
 * Insoles: two sensors a foot whose forces, places and areas are known, laid on cells; and what is said to bad recordings, layouts and forces.
 */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/formats_in.h>

#include "samples.h"

enum { COLS = 7, ROWS = 12, CELLS = COLS * ROWS };

static int open_foot(const char *const text[3], bool right, struct gait_frame_source **ret, struct gait_error *err)
{
    const struct gait_formats_text recording = {"walk", text[0], strlen(text[0])},
                                   layout = {"layout", text[1], strlen(text[1])},
                                   forces = {"forces", text[2], text[2] ? strlen(text[2]) : 0};

    return gait_formats_in_open_insole_bytes(&recording, &layout, text[2] ? &forces : NULL, right, ret, err);
}

/* A frame's force, and its moments over it: the centre of pressure from the corner of the grid. */
static double force_of(struct gait_frame_source *source, uint64_t seq, double *ret_x_mm, double *ret_y_mm)
{
    struct gait_frame_meta meta;
    float raw[CELLS];
    double sum = 0, x = 0, y = 0;

    assert_int_equal(gait_source_next(source, raw, &meta, NULL), 1);
    assert_int_equal(meta.seq, seq);
    for (size_t i = 0; i < CELLS; i++) {
        double force_N = isnan(raw[i]) ? 0 : (double)raw[i] * 4 / 1000;

        sum += force_N;
        x += force_N * (2 * (double)(i % COLS) + 1);
        y += force_N * (2 * (double)(i / COLS) + 1);
    }
    *ret_x_mm = x / sum;
    *ret_y_mm = y / sum;
    return sum;
}

/* Area times pressure, where the sensor's middle is: 2 mm from the grid's corner plus 3 or 5 mm, and mirrored for the right foot. */
static void a_sensor_keeps_its_force(void **state)
{
    static const char *const text[3] = {PEDAR, PEDAR_LAYOUT, NULL};
    static const struct {
        double force_N, x_mm, y_mm;
    } expected[2][2] = {{{30 * 50e-3, 5, 6}, {50 * 114e-3, 7, 16}},
                        {{10 * 50e-3, 9, 6}, {20 * 114e-3 + 2.5 * 50e-3, (2.28 * 7 + 0.125 * 9) / 2.405, NAN}}};

    (void)state;
    for (int right = 0; right < 2; right++) {
        struct gait_frame_source *source = NULL;
        const struct gait_source_info *info;
        double x, y;

        assert_int_equal(open_foot(text, right, &source, NULL), 0);
        info = gait_source_info(source);
        assert_string_equal(info->format, "pedar");
        assert_string_equal(info->side, right ? "right" : "left");
        assert_int_equal(info->geometry.cols, COLS);
        assert_int_equal(info->geometry.rows, ROWS);
        assert_close_abs(info->geometry.rate_hz, 100, 0);
        assert_int_equal(info->frames, 3);
        for (size_t i = 0, none = 0; i < CELLS; i++) {
            none += info->geometry.cell[i] == GAIT_CELL_MISSING;
            assert_int_equal(none, i < CELLS - 1 ? none : CELLS - 12 - 30);
        }
        for (uint64_t k = 0; k < 2; k++) {
            assert_close_abs(force_of(source, 1 + k, &x, &y), expected[right][k].force_N, 1e-6);
            assert_close_abs(x, expected[right][k].x_mm, 1e-5);
            if (!isnan(expected[right][k].y_mm))
                assert_close_abs(y, expected[right][k].y_mm, 1e-5);
        }
        assert_close_abs(force_of(source, 4, &x, &y), 0, 0);
        gait_source_free(source);
    }
}

/* Edges that lie in the middle of cells: of 5 by 6 mm, 7.5 cells, a sensor has 7 or 8, and its force all the same; of 6 by 6 its 9. */
static void a_sensor_has_as_many_cells_as_it_is_large(void **state)
{
    static const char *const text[3] = {PEDAR, "side,left\n1,30,0,0,5,6\n2,36,5,0,11,6\n", NULL};
    static const double force_N[] = {0.9, 1.8};

    (void)state;
    for (int k = 0; k < 2; k++) {
        struct gait_frame_source *source = NULL;
        struct gait_frame_meta meta;
        float raw[CELLS] = {0};
        double sum = 0;
        int n = 0;

        assert_int_equal(open_foot(text, false, &source, NULL), 0);
        assert_true(gait_geometry_cells(&gait_source_info(source)->geometry) <= CELLS);
        for (int i = 0; i <= k; i++)
            assert_int_equal(gait_source_next(source, raw, &meta, NULL), 1);
        for (size_t i = 0; i < gait_geometry_cells(&gait_source_info(source)->geometry); i++)
            if (raw[i] > 0) {
                sum += (double)raw[i] * 4e-3;
                n++;
            }
        assert_close_abs(sum, force_N[k], 1e-6);
        assert_true(k ? n >= 8 && n <= 10 : n == 7 || n == 8);
        gait_source_free(source);
    }
}

/* Of the right foot's second frame: 0.0005 kPa of 164 mm2, and 0.5 mm2 at 20 kPa, 0.05 at 2.5. */
static void forces_beside_are_each_foots(void **state)
{
    static const char *const text[3] = {PEDAR, PEDAR_LAYOUT, PEDAR_FORCES};
    static const double force_N[2][2] = {{1.5, 5.7}, {0.5, 2.405}};

    (void)state;
    for (int right = 0; right < 2; right++) {
        struct gait_frame_source *source = NULL;
        double x, y, told;

        assert_int_equal(open_foot(text, right, &source, NULL), 0);
        for (uint64_t k = 0; k < 2; k++) {
            double sum = force_of(source, 1 + k, &x, &y);

            assert_int_equal(gait_formats_device_force(source, &told), 0);
            assert_close_abs(told, force_N[right][k], 0);
            assert_close_abs(sum, told, 1e-6);
        }
        if (right)
            assert_close_abs(gait_formats_device_tolerance(source), 0.0005 * 164e-3 + 20 * 0.5e-3 + 2.5 * 0.05e-3,
                             1e-9);
        gait_source_free(source);
    }
}

/* One mistake made in one of the three texts, and the line it gets. */
struct mistake {
    int of;
    const char *from, *to, *message;
};

static const struct mistake mistakes[] = {
    {0, "y-1l", "x-1l", "walk: the recording is of an insole 'x', the layout of 'Y' (layout): name its own"},
    {0, "left insole: 1,2,", "left insole: 1,3,", "walk:10:30: the columns are not the sensors of"},
    {0, "left insole: 1,2,", "left insole: 1,1,", "walk:7:16: a sensor's number from 1 to 255, each once"},
    {0, "left insole: 1,2,", "left insole: 1,x,", "walk:7:16: a sensor's number from 1 to 255, each once"},
    {0, "right insole: 2,1,", "left insole: 2,1,", "walk:8:1: 'left insole:' stands here again"},
    {0, "right insole: 2,1,", "right insole: 2,1,3,",
     "walk:10:1: 4 columns where 'left insole:' and 'right insole:' name 5"},
    {0, "in  kPa", "in  N/cm2", "export the recording in kPa"},
    {0, "[Hz]:   100", "[Hz]: none", "'scanning rate [Hz]:' is not followed by"},
    {0, "[Hz]:   100", "[Hz]: 90", "is no multiple of the scanning rate of 90 Hz"},
    {0, "\t  2.500\t", "\t", "walk:12:1: not one value for each of the 4 sensors"},
    {0, "\t  2.500\t", "\t  2.500\t1\t", "walk:12:1: not one value for each of the 4 sensors"},
    {0, "\t  2.500\t", "\t two\t", "walk:12:39: 'two' is not a number"},
    {0, "     0.04000", "     0.05000", "walk:13:1: the .fgt beside it does not have this frame"},
    {1, "side,left", "side,both", "layout:3:6: 'side' is left or right"},
    {1, "side,left\n", "", "no 'side,left' or 'side,right' is in it"},
    {1, "insole,Y", "insole", "layout:2:7: one word belongs behind 'insole,'"},
    {1, "\n2,114", "\n1,114", "layout:6:1: sensor 1 stands in line 5 already"},
    {1, "\n2,114", "\n3,114", "layout: sensor 2 of the recording is not in it"},
    {1, "\n2,114", "\nheel,114", "layout:6:1: 'insole', 'side' or a sensor's number"},
    {1, "2,114,", "2,214,",
     "layout:6: what sensor 2 encloses, and no other before it, is 120 mm2, its area is 214 mm2"},
    {1, "0,0,6,8\n", "0,0,6\n", "layout:5:1: a sensor is its number, its area in mm2, and x,y of 2 to 8 corners"},
    {1, "0,0,6,8\n", "0,0,6,heel\n", "layout:5:14: a place within 400 mm belongs here"},
    {1, "0,0,6,8\n", "-300,0,6,8\n", "310 mm wide and 20 mm long is no insole"},
    {1, "0,0,6,8\n", "0,-90,6,20\n", "layout:5: 6 by 110 mm is no sensor's outline"},
    {1, "1,50.0,0,0,6,8\n", "1,1,0.5,0.5,1.5,1.5\n", "layout:5: sensor 1 is too small for a cell of 2 mm"},
    {1, "1,50.0,", "1,0,", "layout:5:1: an area below 1 mm2 is no sensor's"},
    {2, "9.000\t0\t0\t0\t9.000\t0\t0\t0\t", "9.000", "forces:9:1: not the 9 columns of both feet"},
    {2, "5.700", "-5.700", "forces:8:6: a force belongs here"},
    {2, "0.03\t", "0.01\t", "forces:9:1: the time goes back"},
    {2, "time[secs]", "t", "forces: no forces in it"},
};

static void bad_input_gets_one_line(void **state)
{
    static const char *const good[3] = {PEDAR, PEDAR_LAYOUT, PEDAR_FORCES};

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *m = &mistakes[i];
        const char *at = strstr(good[m->of], m->from), *text[3] = {good[0], good[1], good[2]};
        struct gait_frame_source *source = NULL;
        struct gait_error err = {0};
        char bad[2048];
        int r;

        assert_non_null(at);
        snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - good[m->of]), good[m->of], m->to, at + strlen(m->from));
        text[m->of] = bad;
        r = open_foot(text, m->of == 2 && strcmp(m->from, "5.700") != 0, &source, &err);
        if (r != -EINVAL || !strstr(err.text, m->message) || strchr(err.text, '\n') || source)
            fail_msg("mistake %zu: got %d '%s', expected '%s'", i, r, err.text, m->message);
    }
}

static void a_foot_may_not_be_there(void **state)
{
    static const char *const other[3] = {EMED, PEDAR_LAYOUT, NULL};
    static const char right_only[] =
        "sensor type: y\nscanning rate [Hz]: 100\npressure values in kPa\nright insole: 1,2,\n"
        "time[secs] 1 2\n0.01 10 0\n";
    const char *one[3] = {right_only, PEDAR_LAYOUT, "time[secs] force\n0.01 0.5 10 3 4\n"};
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};
    double told, x, y;

    (void)state;
    assert_int_equal(open_foot(one, false, &source, &err), -ENODATA);
    assert_string_equal(err.text, "walk: no sensors of the left foot");
    assert_int_equal(open_foot(one, true, &source, &err), 0);
    assert_close_abs(force_of(source, 1, &x, &y), 0.5, 1e-7);
    assert_int_equal(gait_formats_device_force(source, &told), 0);
    assert_close_abs(told, 0.5, 0);
    gait_source_free(source);
    source = NULL;
    assert_int_equal(open_foot(other, false, &source, &err), -EINVAL);
    assert_non_null(strstr(err.text, "needs no layout of an insole"));
    assert_int_equal(gait_formats_in_open_insole("/nonexistent/a", "/nonexistent/b", NULL, false, &source, &err),
                     -ENOENT);
    assert_string_equal(err.text, "/nonexistent/b: No such file or directory");
}

/* Any of the three cut at any byte is refused or gives whole frames; it never crashes. */
static void any_cut_is_safe(void **state)
{
    static const char *const good[3] = {PEDAR, PEDAR_LAYOUT, PEDAR_FORCES};

    (void)state;
    for (int of = 0; of < 3; of++)
        for (size_t n = 0; n < strlen(good[of]); n++) {
            struct gait_frame_source *source = NULL;
            struct gait_error err = {0};
            const char *text[3] = {good[0], good[1], good[2]};
            char *cut = strndup(good[of], n);

            text[of] = cut;
            if (open_foot(text, n % 2, &source, &err) < 0)
                assert_true(err.text[0] && !strchr(err.text, '\n') && !source);
            else
                assert_true(gait_source_info(source)->frames >= 1);
            gait_source_free(source);
            free(cut);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sensor_keeps_its_force),     cmocka_unit_test(a_sensor_has_as_many_cells_as_it_is_large),
        cmocka_unit_test(forces_beside_are_each_foots), cmocka_unit_test(bad_input_gets_one_line),
        cmocka_unit_test(a_foot_may_not_be_there),      cmocka_unit_test(any_cut_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
