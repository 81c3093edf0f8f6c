/*
 * What the readers make of small files whose every number is known, and what they say to bad ones.
 */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/formats_in.h>

#include "samples.h"

enum { CELLS_MAX = 64 };

static struct gait_frame_source *open_text(const char *text)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};

    if (gait_formats_in_open_bytes("test", text, strlen(text), &source, &err) < 0)
        fail_msg("%s", err.text);
    return source;
}

static void next_is(struct gait_frame_source *source, uint64_t seq, uint64_t t_ms, uint32_t gap, const float *expected)
{
    const struct gait_geometry *g = &gait_source_info(source)->geometry;
    struct gait_frame_meta meta;
    struct gait_error err = {0};
    float raw[CELLS_MAX];

    assert_int_equal(gait_source_next(source, raw, &meta, &err), 1);
    assert_int_equal(meta.seq, seq);
    assert_int_equal(meta.t_mat_ns, t_ms * 1000000);
    assert_int_equal(meta.gap_device, gap);
    for (size_t i = 0; i < gait_geometry_cells(g); i++)
        if (isnan(expected[i]))
            assert_nan((double)raw[i]);
        else
            assert_same_bits((double)raw[i], (double)expected[i]);
}

static void ends(struct gait_frame_source *source)
{
    struct gait_frame_meta meta;
    struct gait_error err = {0};
    float raw[CELLS_MAX];

    assert_int_equal(gait_source_next(source, raw, &meta, &err), 0);
}

/* 6 rows of 4: file row 2 is mat row 4, file row 5 is mat row 1. */
static const float emed_1[] = {[4 + 2] = 30, [16 + 1] = 10, [16 + 2] = 20, [23] = 0};
static const float emed_2[] = {[16 + 2] = 40, [23] = 0};

static void check_emed(const char *text)
{
    struct gait_frame_source *source = open_text(text);
    const struct gait_source_info *info = gait_source_info(source);
    double force;

    assert_string_equal(info->format, "emed-lst");
    assert_int_equal(info->geometry.cols, 4);
    assert_int_equal(info->geometry.rows, 6);
    assert_int_equal(info->geometry.dtype, GAIT_F32);
    assert_close_abs(info->geometry.pitch_x_mm, 5, 0);
    assert_close_abs(info->geometry.pitch_y_mm, 10, 0);
    assert_close_abs(info->geometry.rate_hz, 50, 0);
    assert_int_equal(info->frames, 2);
    assert_null(info->geometry.cell);
    assert_int_equal(gait_formats_device_force(source, &force), -ENODATA);
    for (int round = 0; round < 2; round++) {
        next_is(source, 1, 0, 0, emed_1);
        assert_int_equal(gait_formats_device_force(source, &force), 0);
        assert_close_abs(force, 3, 0);
        next_is(source, 2, 20, 0, emed_2);
        assert_int_equal(gait_formats_device_force(source, &force), 0);
        assert_close_abs(force, 2, 0);
        ends(source);
        assert_int_equal(gait_source_rewind(source, NULL), 0);
    }
    gait_source_free(source);
}

/* The text with every `from` replaced; the caller frees it. */
static char *replaced(const char *text, const char *from, const char *to)
{
    size_t n = 0, lf = strlen(from), lt = strlen(to);
    char *result, *out;

    for (const char *p = text; (p = strstr(p, from)); p += lf)
        n++;
    assert_true(n > 0);
    out = result = malloc(strlen(text) + n * lt + 1);
    for (const char *p; (p = strstr(text, from)); text = p + lf) {
        memcpy(out, text, (size_t)(p - text));
        memcpy(out + (p - text), to, lt);
        out += (size_t)(p - text) + lt;
    }
    strcpy(out, text);
    return result;
}

static void emed_places_cells(void **state)
{
    static const char *const same[][2] = {
        {"\n", "\r\n"}, {"\t", "   "},    {".00", ",00"},
        {"\f\n", "\f"}, {"\n\f\n", "\f"}, {".dat \tMatrix", ".dat\n\tMatrix"},
    };

    (void)state;
    check_emed(EMED);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char *text = replaced(EMED, same[i][0], same[i][1]);

        check_emed(text);
        free(text);
    }
    check_emed("\xef\xbb\xbf" EMED);
}

static void emed_joins_split_pages(void **state)
{
    (void)state;
    check_emed(EMED_HEAD "\tPict-No.: 1\n\n 2 \n2 10.0\n5 0\nForce 0.5\n\f\n" EMED_HEAD
                         "\tPict-No.: 1\n\n 3 Force\n2 20 1.5\n5 30 1.5\nForce 2.5 3.00\n\f" EMED_HEAD
                         "\tPict-No.: 2\n\n 2 3 Force\n2 0 40 2\n\f" EMED_HEAD
                         "\tPict-No.: 2\n\n 2 3 Force\n5 0 0 0\nForce 0 2 2\n");
}

static void emed_skips_summaries(void **state)
{
    (void)state;
    check_emed(EMED EMED_HEAD "\tMPP  Force[N]=sum\n\n\t2\t3\tForce\n2\t9\t9\t9\n\f\n" EMED_HEAD
                              "\tMVP  Force[N]=sum\n\n\t2\t3\tForce\n2\t9\t9\t9\n\f\n\n\f");
    check_emed(EMED EMED_HEAD "\tPict-No.: MPP  Force[N]=sum\n\n\t2\t3\tForce\n2\t9\t9\t9\n\f\n");
}

/* Without the size the area tells it, and seconds are a time, too. */
static void emed_heads_vary(void **state)
{
    static const char *const same[][3] = {
        {"cm\xb2\tTime/picture:20.0 ms", "cm\xb2\tTime/picture: 0.020 s", "5"},
        {"\tSensor size: 0.500x1.000 cm\n", "", "7.0710678"},
        {"Sensor size: 0.500x1.000 cm", "Sensor size: 5.0x10.0 mm", "5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char *text = replaced(EMED, same[i][0], same[i][1]);
        struct gait_frame_source *source = open_text(text);

        assert_close_abs(gait_source_info(source)->geometry.pitch_x_mm, atof(same[i][2]), 1e-6);
        next_is(source, 1, 0, 0, emed_1);
        next_is(source, 2, 20, 0, emed_2);
        gait_source_free(source);
        free(text);
    }
}

static void numbers_left_out_are_gaps(void **state)
{
    char *text = replaced(EMED, "Pict-No.: 2", "Pict-No.: 7");
    struct gait_frame_source *source = open_text(text);

    (void)state;
    next_is(source, 1, 0, 0, emed_1);
    next_is(source, 7, 120, 5, emed_2);
    gait_source_free(source);
    free(text);
}

static void tekscan_places_cells(void **state)
{
    static const float first[] = {0, NAN, 20, 30, NAN, 10}, second[] = {0, 0, 0, 40, NAN, 0};
    struct gait_frame_source *source = open_text(TEKSCAN);
    const struct gait_source_info *info = gait_source_info(source);
    struct gait_frame_meta meta;
    float raw[6];

    (void)state;
    assert_string_equal(info->format, "tekscan");
    assert_string_equal(info->device, "TEST");
    assert_close_abs(info->geometry.pitch_x_mm, 5, 0);
    assert_close_abs(info->geometry.pitch_y_mm, 10, 0);
    assert_int_equal(info->frames, 2);
    /* B in every frame: no cell; B in one frame: a cell that says nothing there */
    assert_int_equal(info->geometry.cell[4], GAIT_CELL_MISSING);
    assert_int_equal(info->geometry.cell[1], GAIT_CELL_OK);
    next_is(source, 4, 0, 0, first);
    next_is(source, 5, 20, 0, second);
    ends(source);
    gait_source_rewind(source, NULL);
    gait_source_next(source, raw, &meta, NULL);
    assert_int_equal(meta.flags, GAIT_FRAME_BAD_CELLS);
    gait_source_next(source, raw, &meta, NULL);
    assert_int_equal(meta.flags, 0);
    gait_source_free(source);
}

static void tekscan_scales_raw_counts(void **state)
{
    static const float first[] = {0, NAN, 40, 60, NAN, 20};
    char *text = replaced(TEKSCAN, "UNITS KPa", "UNITS raw");
    struct gait_frame_source *source = open_text(text); /* 510 kPa at count 255 */

    (void)state;
    next_is(source, 4, 0, 0, first);
    gait_source_free(source);
    free(text);
}

static void footscan_turns_forces_into_pressures(void **state)
{
    /* N over 5.08 x 7.62 mm; the heel comes first: nothing is turned over */
    double kPa = 1000 / (5.08 * 7.62);
    const float a = (float)(1.5 * kPa), b = (float)(2 * kPa), c = (float)(8.5 * kPa);
    const float first[] = {0, 0, 0, 0, 0, 0, a, 0, b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; /* 2 x 3 in a ring of zeros */
    const float second[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, c, 0, 0, 0, 0, 0, 0, 0};
    struct gait_frame_source *source = open_text(FOOTSCAN);
    const struct gait_source_info *info = gait_source_info(source);

    (void)state;
    assert_string_equal(info->format, "footscan");
    assert_string_equal(info->side, "left");
    assert_close_abs(info->geometry.rate_hz, 250, 1e-9);
    next_is(source, 0, 0, 0, first);
    next_is(source, 1, 4, 0, second);
    ends(source);
    gait_source_free(source);
}

static void xsensor_turns_rows_over(void **state)
{
    double kPa = 0.133322387415;
    const float first[] = {0, (float)(20 * kPa), 0, 0, (float)(10 * kPa), (float)(30 * kPa)}, second[6] = {0};
    struct gait_frame_source *source = open_text(XSENSOR);
    const struct gait_source_info *info = gait_source_info(source);

    (void)state;
    assert_string_equal(info->format, "xsensor");
    assert_string_equal(info->side, "left");
    assert_close_abs(info->geometry.pitch_x_mm, 8, 1e-12);
    assert_close_abs(info->geometry.pitch_y_mm, 10, 1e-12);
    assert_close_abs(info->geometry.rate_hz, 100, 1e-6);
    assert_int_equal(info->frames, 2);
    next_is(source, 7, 0, 0, first);
    next_is(source, 9, 20, 1, second);
    ends(source);
    gait_source_free(source);
}

/* What stands in no line had no load, or is missing: the table of forces tells. */
static void pliance_places_sensors(void **state)
{
    static const float one[] = {0, 20, 10, 0, 0, NAN}, none[] = {0, 0, 0, 0, 0, NAN},
                       two[] = {0, 0, 0, 0, 13.333f, NAN}, three[] = {0, 0, 0, 30, 0, NAN};
    struct gait_frame_source *source = open_text(PLIANCE);
    const struct gait_source_info *info = gait_source_info(source);
    double force;

    (void)state;
    assert_string_equal(info->format, "pliance");
    assert_int_equal(info->geometry.cols, 2);
    assert_int_equal(info->geometry.rows, 3);
    assert_close_abs(info->geometry.pitch_x_mm, 5.28, 1e-9);
    assert_close_abs(info->geometry.pitch_y_mm, 10.28, 1e-9);
    assert_close_abs(info->geometry.rate_hz, 24, 0);
    assert_int_equal(info->geometry.cell[5], GAIT_CELL_MISSING);
    assert_int_equal(info->frames, 4);
    for (int round = 0; round < 2; round++) {
        const uint64_t period_ns = 41666667;
        struct gait_frame_meta meta;
        const float *expected[] = {one, none, two, three};
        const uint64_t seq[] = {1, 2, 3, 5};
        const double force_N[] = {1.628, 0, 0.724, 1.628};
        float raw[6];

        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(gait_source_next(source, raw, &meta, NULL), 1);
            assert_int_equal(meta.seq, seq[i]);
            assert_int_equal(meta.gap_device, i == 3);
            assert_close_abs((double)meta.t_mat_ns, (double)((seq[i] - 1) * period_ns), 3);
            for (size_t k = 0; k < 6; k++)
                assert_true(isnan(expected[i][k]) ? isnan(raw[k]) : fabsf(raw[k] - expected[i][k]) < 1e-6f);
            assert_int_equal(gait_formats_device_force(source, &force), 0);
            assert_close_abs(force, force_N[i], 1e-6);
        }
        ends(source);
        gait_source_rewind(source, NULL);
    }
    gait_source_free(source);
}

static void pedcad_is_one_picture(void **state)
{
    static const float picture[] = {0, 0, 0, 0, 0,  0, 5, 0, 0, 125,
                                    0, 0, 0, 0, 30, 0, 0, 0, 0, 0}; /* in a ring of zeros */
    struct gait_frame_source *source = open_text(PEDCAD);
    const struct gait_source_info *info = gait_source_info(source);

    (void)state;
    assert_string_equal(info->format, "zebris-apd");
    assert_true(info->picture);
    assert_string_equal(info->side, "");
    assert_int_equal(info->geometry.cols, 4);
    assert_int_equal(info->geometry.rows, 5);
    assert_close_abs(info->geometry.pitch_x_mm, 8, 0);
    assert_close_abs(info->geometry.pitch_y_mm, 8.5, 0);
    next_is(source, 1, 0, 0, picture);
    ends(source);
    gait_source_free(source);
}

/* One mistake made in a good file, and the line it gets. */
struct mistake {
    const char *text, *from, *to, *message;
};

static const struct mistake mistakes[] = {
    {EMED, "Matrix: 4x6", "Matrix: 99999x99999", "test:4:29: a matrix of 99999 columns and 99999 rows cannot be"},
    {EMED, "Matrix: 4x6", "Matrix: 2x6", "test:10:4: column 3 is outside the matrix of 2 columns"},
    {EMED, "Matrix: 4x6", "Matrix: 4x4", "test:12:1: row 5 is outside the matrix of 4 rows"},
    {EMED, "Matrix: 4x6", "Matrix: what", "test:4:29: 'Matrix:' is not followed by columns x rows"},
    {EMED, "Time/picture:20.0 ms", "Time/picture:0 ms", "'Time/picture:' is not a time in ms"},
    {EMED, "Sensor area: 0.50 cm\xb2\tTime/picture:20.0 ms\n\tMV over frames\n\tSensor size: 0.500x1.000 cm",
     "Time/picture:20.0 ms", "'Sensor size:' is missing from the head"},
    {EMED, "Sensor size: 0.500x1.000 cm", "Sensor size: 0.500x1.000 feet", "'Sensor size:' is not width x height"},
    {EMED, "10.00", "1O.00", "test:11:3: '1O.00' is not a number: the file is damaged, export it again"},
    {EMED, "10.00", "1e300", "test:11:3: 1e300 is no pressure"},
    {EMED, "10.00", "12345678901234567890123456789012345", "is no pressure"},
    {EMED, "10.00", "18446744073709551626", "18446744073709551626 is no pressure"},
    {EMED, "10.00", "inf", "'inf' is not a number"},
    {EMED, "10.00", "\xff\xfe\xfd", "test:11:3: '\?\?\?' is not a number"},
    {EMED, "10.00\t20.00", "10.00", "2 values where 3 belong: the file is cut here"},
    {EMED, "2\t3\tForce\n2\t10", "3\t2\tForce\n2\t10", "column 2 stands after column 3"},
    {EMED, "5\t0.00\t30.00", "2\t0.00\t30.00", "this cell has a value already"},
    {EMED, "Pict-No.: 2", "Pict-No.: 0", "frame 0 comes after frame 1"},
    {EMED, "Pict-No.: 2", "", "this page has no 'Pict-No.:'"},
    {EMED, "Force\t0.00\t2.00\t2.00\n", "", "picture 2 ends without its last row of forces: the file is cut"},
    {TEKSCAN, "ROWS 3", "ROWS 4", "test:14:1: frame 4 has 3 rows where ROWS tells 4"},
    {TEKSCAN, "ROWS 3", "ROWS 2", "test:17:1: '0,B' stands where 'Frame n' belongs (2 rows a frame)"},
    {TEKSCAN, "COLS 2", "COLS 3", "test:15:1: 2 values where COLS tells 3"},
    {TEKSCAN, "COLS 2", "COLS 1", "test:15:3: more than the 1 values that COLS tells"},
    {TEKSCAN, "COLS 2", "COLS 1000000", "a matrix of 1000000 columns and 3 rows cannot be"},
    {TEKSCAN, "UNITS KPa", "UNITS stone", "UNITS stone are not supported: export the recording in kPa"},
    {TEKSCAN, "ROW_SPACING 10 mm", "ROW_SPACING 10 parsec", "the spacing is not 0.1 to 100 mm"},
    {TEKSCAN, "SECONDS_PER_FRAME 0.02\n", "", "SECONDS_PER_FRAME is missing from the head"},
    {TEKSCAN, "B,0\n0,40\n0,0\n@@\n", "B,0\n0,4", "2 rows where ROWS tells 3"},
    {TEKSCAN, "\nFrame 5\nB,0\n0,40\n0,0\n@@\n", "", "test: the data end after frame 4 without '@@'"},
    {TEKSCAN, "Frame 5", "Frame 4", "test:19:1: frame 4 comes after frame 4"},
    {TEKSCAN, "20,30", "20,", "'' is not a number"},
    {FOOTSCAN, "Rectangle width\t\t\n3", "Rectangle width\t\t\n4", "test:11:1: 3 values where the rectangle has 4"},
    {FOOTSCAN, "Rectangle height\t\t\n2", "Rectangle height\t\t\n3",
     "test:10:1: frame 0 has 2 rows where the rectangle has 3"},
    {FOOTSCAN, "Rectangle height\t\t\n2", "Rectangle height\t\t\n1", "test:12:1: 'Frame n (t ms)' belongs here"},
    {FOOTSCAN, "Frame 1 (4.00 ms)", "Frame 1 (0.00 ms)", "this frame is not 0.01 ms to 10 s after the one before"},
    {FOOTSCAN, "Frame 1 (4.00 ms)", "Frame 1", "'Frame n' is not followed by its time"},
    {FOOTSCAN, "0\t8,5\t0\n", "0\t8,5\t0\n\nRight foot data\n", "a second foot starts here"},
    {XSENSOR, "Units:,mmHg", "Units:,feet", "'Units:' is not mmHg, kPa, psi or N/cm2"},
    {XSENSOR, "0,10,30,,", "0,10,31,,", "frame 7: its largest value is 31.00, the file says 30.00"},
    {XSENSOR, "0,10,30,,", "0,11,30,,", "frame 7: its loaded values' mean is 20.33, the file says 20.00"},
    {XSENSOR, "0,10,30,,", "0,10", "2 values where 'Columns' tells 3"},
    {XSENSOR, "0,10,30,,", "0,10,30,40", "more than the 3 values that 'Columns' tells"},
    {XSENSOR, "0,10,30,,", "0,ten,30,,", "'ten' is not a number"},
    {XSENSOR, "Rows,2", "Rows,3", "is not a number"},
    {XSENSOR, "Columns,3", "Columns,99999999", "columns and 2 rows cannot be"},
    {XSENSOR, "Sensel Width (cm),0.8", "Sensel Width (ell),0.8", "'Sensel Width' and 'Sensel Height' are not"},
    {XSENSOR, "FRAME,9", "FRAME,7", "fewer than two frames with a 'Time'"},
    {XSENSOR, "00:00:00.010", "midnight", "'Time' is not hh:mm:ss.sss"},
    {XSENSOR, "GROUP,1", "SENSOR,HX210-RF S1", "a second sensor begins here"},
    {PEDAR, "Jane", "J.", "does not say where the sensors of its insole lie"},
    {PLIANCE, "area", "weight", "does not say where they lie"},
    {PLIANCE, "scanning rate [Hz]: 24", "scanning rate [Hz]: 0", "'scanning rate [Hz]:' is not followed by"},
    {PLIANCE, "scanning rate [Hz]: 24", "scanning rate [Hz]: 17", "is no multiple of the scanning rate of 17 Hz"},
    {PLIANCE, "values in kPa", "values in psi", "are not both above this line"},
    {PLIANCE, "30.000  0.000\n", "30.000\n", "test:11:1: 4 values where there are 5 sensors"},
    {PLIANCE, "30.000  0.000\n", "30.000  x\n", "'x' is not a number"},
    {PLIANCE, "  0.20833 1.628 0.8 1.5\n", "", "test:11:1: the table of forces does not have this frame"},
    {PLIANCE, "0.12500 0.724", "0.12500 -", "a time and a force belong here"},
    {PLIANCE, "0.7920  0.7920", "0.7920", "not one value for each of the 5 sensors"},
    {PLIANCE, "0.7920  0.7920", "0.7920  9.7920", "its sensors are no even grid"},
    {PLIANCE, "2.5700  1.5420", "1.5420  1.5420", "two lie in one place"},
    {PLIANCE, "area  0.5428", "area  0.6428", "its sensors are not of one size"},
    {PLIANCE, "MVP", "time[secs]", "a second recording begins here"},
    {PEDCAD, "N/cm2", "psi", "'UnitPressure' is not N/cm2 or kPa"},
    {PEDCAD, "UnitDistance=mm", "UnitDistance=feet", "'UnitDistance' is not mm or cm"},
    {PEDCAD, "LDistX=8.5", "LDistX=wide", "a number belongs behind 'LDistX='"},
    {PEDCAD, "LDistX=8.5", "LDistX=0", "are not all above"},
    {PEDCAD, "SensCountX=3", "SensCountX=4", "3 lines where 'SensCountX' tells 4"},
    {PEDCAD, "SensCountX=3", "SensCountX=2", "more than the 2 lines that 'SensCountX' tells"},
    {PEDCAD, "SensCountY=2", "SensCountY=3", "2 values where 'SensCountY' tells 3"},
    {PEDCAD, "SensCountY=2", "SensCountY=1", "more than the 1 values that 'SensCountY' tells"},
    {PEDCAD, "SensCountX=3", "SensCountX=99999999", "rows cannot be"},
    {PEDCAD, "12.5", "-2.5x", "'-2.5x' is not a number"},
    {PEDCAD, "[Data]", "[Date]", "there is no '[Data]'"},
    {NULL, NULL, NULL, NULL},
};

static void bad_input_gets_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; mistakes[i].message; i++) {
        const struct mistake *m = &mistakes[i];
        struct gait_frame_source *source = NULL;
        struct gait_error err = {0};
        char *text = replaced(m->text, m->from, m->to);
        int r = gait_formats_in_open_bytes("test", text, strlen(text), &source, &err);

        if (r != -EINVAL || !strstr(err.text, m->message) || strchr(err.text, '\n') || source)
            fail_msg("mistake %zu: got %d '%s', expected '%s'", i, r, err.text, m->message);
        free(text);
    }
}

static void says(const void *bytes, size_t length, const char *message)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};

    assert_int_equal(gait_formats_in_open_bytes("test", bytes, length, &source, &err), -EINVAL);
    assert_string_equal(err.text, message);
    assert_null(source);
}

static void what_is_no_recording_is_told(void **state)
{
    (void)state;
    says("", 0, "test: the file is empty: export the recording again");
    says("\x89HDF\r\n\x1a\n\0\0", 10,
         "test: byte 8 is 0x00, so this is not a text export: export the recording as text");
    says("\xff\xfe"
         "P\0",
         4, "test: the text is UTF-16: save it as UTF-8 or Latin-1");
    says("hello\n", 6,
         "test: not a recording that this program knows: it reads emed .lst, Tekscan .asf and .csv, footscan, XSENSOR, "
         "pliance and pedar text, and PedCAD .apd");
}

/* A file cut at any byte is refused or gives whole frames only; it never crashes. */
static void any_cut_is_safe(void **state)
{
    static const char *const whole[] = {EMED, TEKSCAN, FOOTSCAN, XSENSOR, PLIANCE, PEDAR, PEDCAD};

    (void)state;
    for (size_t k = 0; k < sizeof(whole) / sizeof(whole[0]); k++) {
        for (size_t n = 0; n < strlen(whole[k]); n++) {
            struct gait_frame_source *source = NULL;
            struct gait_error err = {0};
            int r = gait_formats_in_open_bytes("test", whole[k], n, &source, &err);

            if (r < 0)
                assert_true(err.text[0] && !strchr(err.text, '\n') && !source);
            else
                assert_true(gait_source_info(source)->frames >= 1);
            gait_source_free(source);
        }
    }
}

static void files_that_cannot_be_read(void **state)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};

    (void)state;
    assert_int_equal(gait_formats_in_open("/nonexistent/x.lst", &source, &err), -ENOENT);
    assert_string_equal(err.text, "/nonexistent/x.lst: No such file or directory");
    assert_int_equal(gait_formats_in_open("/", &source, &err), -EINVAL);
    assert_string_equal(err.text, "/: not a file: name a recording");
    assert_int_equal(gait_formats_device_force(NULL, &(double){0}), -EINVAL);
}

static void formats_are_listed(void **state)
{
    size_t n = 0;

    (void)state;
    while (gait_formats_in_info(n))
        assert_true(gait_formats_in_info(n++)->name[0]);
    assert_int_equal(n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emed_places_cells),
        cmocka_unit_test(emed_joins_split_pages),
        cmocka_unit_test(emed_skips_summaries),
        cmocka_unit_test(emed_heads_vary),
        cmocka_unit_test(numbers_left_out_are_gaps),
        cmocka_unit_test(tekscan_places_cells),
        cmocka_unit_test(tekscan_scales_raw_counts),
        cmocka_unit_test(footscan_turns_forces_into_pressures),
        cmocka_unit_test(xsensor_turns_rows_over),
        cmocka_unit_test(pliance_places_sensors),
        cmocka_unit_test(pedcad_is_one_picture),
        cmocka_unit_test(bad_input_gets_one_line),
        cmocka_unit_test(what_is_no_recording_is_told),
        cmocka_unit_test(any_cut_is_safe),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(formats_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
