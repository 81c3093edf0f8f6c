/* The arithmetic below the metrics, against the C library and against brute force. */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/foot.h"

static void test_turning(void **state)
{
    (void)state;
    for (int from = -180; from < 180; from += 7)
        for (int by = 1; by <= 90; by++)
            for (int part = 0; part <= 4; part++) {
                double a = from * M_PI / 180, b = (from + by) * M_PI / 180, c = a + (b - a) * part / 4;
                struct vec2 t = turn_between((struct vec2){cos(a), sin(a)}, (struct vec2){cos(b), sin(b)}, part / 4.0);

                assert_close_abs(t.x, cos(c), 1e-15 * 4);
                assert_close_abs(t.y, sin(c), 1e-15 * 4);
            }
}

static int ascending(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void test_sorting(void **state)
{
    double a[200], b[200];

    (void)state;
    srand(1);
    for (uint32_t n = 0; n <= 200; n++) {
        for (uint32_t i = 0; i < n; i++)
            a[i] = b[i] = rand() % 50;
        sort_doubles(a, n);
        qsort(b, n, sizeof(b[0]), ascending);
        for (uint32_t i = 0; i < n; i++)
            assert_true(a[i] == b[i]);
    }
}

static void test_quantile(void **state)
{
    const double a[] = {1, 2, 4, 8}; /* numpy.quantile(a, ...) */

    (void)state;
    assert_close_abs(quantile_sorted(a, 4, 0.5), 3, 1e-15);
    assert_close_abs(quantile_sorted(a, 4, 0.98), 7.76, 1e-14);
    assert_close_abs(quantile_sorted(a, 4, 1), 8, 0);
    assert_close_abs(quantile_sorted(a, 1, 0.98), 1, 0);
    assert_nan(quantile_sorted(a, 0, 0.5));
}

/* Share of a cell below a line, counted on 400 x 400 points. */
static double counted(const struct gait_measure_scratch *m, double u, double line)
{
    int below = 0;

    for (int i = 0; i < 400; i++)
        for (int j = 0; j < 400; j++) {
            double x = ((i + 0.5) / 400 - 0.5) * m->pitch_x_mm, y = ((j + 0.5) / 400 - 0.5) * m->pitch_y_mm;

            below += u + x * m->axis.x + y * m->axis.y < line;
        }
    return below / 160000.0;
}

static void test_split_cells(void **state)
{
    struct gait_measure_scratch m = {.pitch_x_mm = 5.08, .pitch_y_mm = 7.62};

    (void)state;
    for (int deg = 0; deg < 360; deg += 15) {
        m.axis = (struct vec2){sin(deg * M_PI / 180), cos(deg * M_PI / 180)};
        for (double line = -7; line <= 7; line += 0.7)
            assert_close_abs(foot_cell_share_below(&m, 100, 100 + line), counted(&m, 100, 100 + line), 0.004);
    }
}

/* The smallest rectangle round a turned bar lies along the bar. */
static void test_calipers(void **state)
{
    struct foot_cell print[2000];
    struct vec2 corner[8000], hull[8001];

    (void)state;
    for (int deg = -80; deg <= 80; deg += 20) {
        struct gait_measure_scratch m = {
            .pitch_x_mm = 1, .pitch_y_mm = 1, .print = print, .corner = corner, .hull = hull};
        double s = sin(deg * M_PI / 180), c = cos(deg * M_PI / 180);
        struct vec2 axis;

        for (int i = -60; i <= 60; i++)
            for (int j = -60; j <= 60; j++)
                if (fabs(i * s + j * c) < 40 && fabs(i * c - j * s) < 8 && m.cells < 2000)
                    print[m.cells++].mm = (struct vec2){i, j};
        axis = foot_axis_box(&m);
        assert_true(fabs(axis.x * s + axis.y * c) > cos(3 * M_PI / 180));
    }
}

/* Peaks, crossings and times of a series that can be worked by hand. */
static void test_series(void **state)
{
    double t[9], w[9], y[9] = {0, 10, 30, 28, 40, 40, 20, 10, 0};
    struct gait_measure_scratch m = {.frames = 7, .t_s = t, .weight_s = w};

    (void)state;
    for (int k = 0; k < 9; k++) {
        t[k] = 0.01 * (k - 1);
        w[k] = k > 0 && k < 8 ? 0.01 : 0;
    }
    assert_close_abs(foot_integral(&m, y), 1.78, 1e-12);
    assert_close_abs(foot_at(&m, y, 0.005), 20, 1e-9);
    assert_close_abs(foot_at(&m, y, -0.005), 5, 1e-9);
    assert_close_abs(foot_at(&m, y, 1), 0, 0);
    assert_close_abs(foot_first_rise(&m, y, 20), 0.005, 1e-12);
    assert_close_abs(foot_last_fall(&m, y, 15), 0.055, 1e-12);
    assert_nan(foot_first_rise(&m, y, 41));
    assert_close_abs(foot_time_above(&m, y, 28), 0.04, 1e-12);
    assert_int_equal(foot_first_peak(&m, y, 2), 2);   /* 30 falls by 2 before it is exceeded */
    assert_int_equal(foot_first_peak(&m, y, 2.1), 5); /* the flat top's last frame */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turning),     cmocka_unit_test(test_sorting),  cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_split_cells), cmocka_unit_test(test_calipers), cmocka_unit_test(test_series),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
