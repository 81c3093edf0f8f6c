/*
 * Tekscan ASCII movie (.asf, .csv), LF or CRLF:
 *
 *     KEY value ...            ROWS, COLS, ROW_SPACING 5.08 mm, SECONDS_PER_FRAME, UNITS KPa or raw, END_FRAME, ...
 *     ASCII_DATA @@
 *     Frame 1
 *     B,B,0,12,...             ROWS lines of COLS values; B: there is no cell
 *     ...
 *     @@
 *
 * The first row is at the toes: it becomes the last row of the mat. MIRROR_ROW and MIRROR_COL tell how the maker's program shows the matrix; it is taken as it
 * stands. UNITS raw is accepted with a one-point calibration, which is a straight line through 0 and SATURATION_PRESSURE at count 255.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RAW_CEILING = 255 };

/* What of the head is needed only until its end. */
struct head {
    double rows, cols, saturation_kPa;
    bool raw, units, two_points;
    struct formats_line line; /* the last one read, for messages */
};

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "ASCII_DATA") ? 95 : formats_holds(text, 64, "DATA_TYPE") ? 60 : 0;
}

/* A key's value and the unit behind it. */
static int value_of(const struct formats_file *file, const struct formats_line *line, const char *at, double *ret_value,
                    struct formats_token *ret_unit, struct gait_error *err)
{
    struct formats_token token = {at, at};

    if (!formats_token_next(line, &at, &token) || formats_number(token, ret_value) < 0)
        return formats_fail(&file->text, line, token.start, err, "this is not a number: export the recording again");
    if (!formats_token_next(line, &at, ret_unit))
        *ret_unit = (struct formats_token){line->end, line->end};
    return 0;
}

static double mm_of(struct formats_token unit)
{
    static const struct {
        const char *word;
        double mm;
    } table[] = {{"mm", 1}, {"millimeters", 1}, {"cm", 10}, {"centimeters", 10}, {"in", 25.4}, {"inches", 25.4}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (formats_is(unit, table[i].word))
            return table[i].mm;
    return NAN;
}

static int read_spacing(const struct formats_file *file, const struct formats_line *line, const char *at,
                        double *ret_mm, struct gait_error *err)
{
    struct formats_token unit;
    double value;
    int r = value_of(file, line, at, &value, &unit, err);

    if (r < 0)
        return r;
    value *= mm_of(unit);
    if (!(value >= 0.1 && value <= 100))
        return formats_fail(
            &file->text, line, at, err,
            "the spacing is not 0.1 to 100 mm (in mm, centimeters or inches): export the recording again");
    *ret_mm = value;
    return 0;
}

static int read_period(struct formats_file *file, const struct formats_line *line, const char *at,
                       struct gait_error *err)
{
    struct formats_token unit;
    double s;
    int r = value_of(file, line, at, &s, &unit, err);

    if (r < 0)
        return r;
    if (!(s >= 1e-5 && s <= 10))
        return formats_fail(&file->text, line, at, err,
                            "SECONDS_PER_FRAME is not between 0.00001 and 10: export the recording again");
    file->period_s = s;
    file->info.geometry.rate_hz = 1 / s;
    return 0;
}

static int read_units(const struct formats_file *file, const struct formats_line *line, const char *at,
                      struct head *head, struct gait_error *err)
{
    char quote[FORMATS_QUOTE_MAX + 4];
    struct formats_token token = {at, at};

    formats_token_next(line, &at, &token);
    head->raw = token.end - token.start == 3 && strncasecmp(token.start, "raw", 3) == 0;
    head->units = head->raw || (token.end - token.start == 3 && strncasecmp(token.start, "kpa", 3) == 0);
    if (!head->units)
        return formats_fail(&file->text, line, token.start, err,
                            "UNITS %s are not supported: export the recording in kPa", formats_quote(token, quote));
    return 0;
}

static int read_end_frame(struct formats_file *file, const struct formats_line *line, const char *at,
                          struct gait_error *err)
{
    struct formats_token token = {at, at};

    formats_token_next(line, &at, &token);
    if (formats_count(token, &file->last_number) < 0)
        return formats_fail(&file->text, line, token.start, err,
                            "END_FRAME is not a frame number: export the recording again");
    return 0;
}

/* One "KEY value" line; keys that are not needed are passed over. */
static int head_line(struct formats_file *file, const struct formats_line *line, struct head *head,
                     struct gait_error *err)
{
    struct formats_token key, unit;
    const char *at = NULL;

    if (!formats_token_next(line, &at, &key))
        return 0;
    if (formats_is(key, "ROWS"))
        return value_of(file, line, at, &head->rows, &unit, err);
    if (formats_is(key, "COLS"))
        return value_of(file, line, at, &head->cols, &unit, err);
    if (formats_is(key, "ROW_SPACING"))
        return read_spacing(file, line, at, &file->info.geometry.pitch_y_mm, err);
    if (formats_is(key, "COL_SPACING"))
        return read_spacing(file, line, at, &file->info.geometry.pitch_x_mm, err);
    if (formats_is(key, "SECONDS_PER_FRAME"))
        return read_period(file, line, at, err);
    if (formats_is(key, "UNITS"))
        return read_units(file, line, at, head, err);
    if (formats_is(key, "SATURATION_PRESSURE"))
        return value_of(file, line, at, &head->saturation_kPa, &unit, err);
    if (formats_is(key, "END_FRAME"))
        return read_end_frame(file, line, at, err);
    head->two_points |= formats_is(key, "CALIBRATION_POINT_2");
    if (formats_is(key, "SENSOR_TYPE") && formats_token_next(line, &at, &unit))
        formats_quote(unit, file->info.device);
    return 0;
}

static int check_head(struct formats_file *file, const struct head *head, struct gait_error *err)
{
    struct gait_geometry *g = &file->info.geometry;
    const char *missing = !head->rows           ? "ROWS"
                          : !head->cols         ? "COLS"
                          : g->pitch_y_mm == 0  ? "ROW_SPACING"
                          : g->pitch_x_mm == 0  ? "COL_SPACING"
                          : file->period_s == 0 ? "SECONDS_PER_FRAME"
                          : !head->units        ? "UNITS"
                                                : NULL;

    if (missing)
        return formats_fail(&file->text, &head->line, NULL, err,
                            "%s is missing from the head: the file is cut, export it again", missing);
    if (head->raw && (!(head->saturation_kPa > 0) || head->two_points))
        return formats_fail(&file->text, &head->line, NULL, err,
                            "raw counts without a one-point calibration: export the recording in kPa");
    return 0;
}

static int take_head(struct formats_file *file, const struct head *head, struct gait_error *err)
{
    int r = formats_matrix_check(file, &head->line, NULL, head->rows, head->cols, err);

    if (r < 0)
        return r;
    file->info.geometry.rows = (uint32_t)head->rows;
    file->info.geometry.cols = (uint32_t)head->cols;
    file->kPa_per_unit = head->raw ? head->saturation_kPa / RAW_CEILING : 1;
    if (head->saturation_kPa > 1) /* values are whole kPa, or made from whole counts */
        file->info.calibration.saturation_count = head->saturation_kPa - (head->raw ? 0.5 * file->kPa_per_unit : 0.5);
    return 0;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct head head = {.line = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1}};
    int r = 0;

    while (r == 0 && formats_line_next(&file->text, cursor, &head.line)) {
        if (formats_after(&head.line, "ASCII_DATA")) {
            r = check_head(file, &head, err);
            return r < 0 ? r : take_head(file, &head, err);
        }
        r = head_line(file, &head.line, &head, err);
    }
    return r < 0 ? r
                 : formats_fail(&file->text, &head.line, NULL, err,
                                "the head has no 'ASCII_DATA @@': the file is cut, export it again");
}

static int read_row(const struct formats_file *file, const struct formats_line *line, float *row,
                    struct gait_error *err)
{
    uint32_t cols = file->info.geometry.cols, n = 0;
    struct formats_token field;
    const char *at = NULL;
    int r;

    for (; formats_field_next(line, &at, &field); n++) {
        if (n == cols)
            return formats_fail(&file->text, line, field.start, err,
                                "more than the %u values that COLS tells: export the recording again", cols);
        if (formats_is(field, "B")) {
            row[n] = NAN;
            continue;
        }
        r = formats_cell(file, line, field, &row[n], err);
        if (r < 0)
            return r;
    }
    if (n < cols)
        return formats_fail(&file->text, line, NULL, err,
                            "%u values where COLS tells %u: the file is cut here, export it again", n, cols);
    return 0;
}

/* The line "Frame n". Returns 1, 0 at the end of the data. */
static int frame_line(const struct formats_file *file, struct formats_cursor *cursor, struct formats_frame *frame,
                      struct gait_error *err)
{
    char quote[FORMATS_QUOTE_MAX + 4];
    struct formats_line line;
    struct formats_token token;
    const char *at = NULL;

    do {
        if (!formats_line_next(&file->text, cursor, &line))
            return gait_error_set(err, -ENODATA, "the data end without '@@'");
    } while (formats_blank(&line));
    formats_token_next(&line, &at, &token);
    if (formats_is(token, "@@"))
        return 0;
    if (!formats_is(token, "Frame") || !formats_token_next(&line, &at, &token) ||
        formats_count(token, &frame->number) < 0)
        return formats_fail(&file->text, &line, token.start, err,
                            "'%s' stands where 'Frame n' belongs (%u rows a frame): export the recording again",
                            formats_quote(token, quote), file->info.geometry.rows);
    frame->line = line;
    return 1;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    struct formats_frame read = {.device_force_N = NAN};
    struct formats_line line;
    int r = frame_line(file, cursor, &read, err);

    for (uint32_t row = g->rows; r == 1 && row-- > 0;) {
        if (!formats_line_next(&file->text, cursor, &line) || formats_blank(&line))
            return formats_fail(&file->text, &read.line, NULL, err,
                                "frame %u has %u rows where ROWS tells %u: the file is cut, export it again",
                                read.number, g->rows - row - 1, g->rows);
        r = read_row(file, &line, raw + (size_t)row * g->cols, err);
        r = r < 0 ? r : 1;
    }
    if (r == 1)
        *ret_frame = read;
    return r;
}

const struct formats_format formats_tekscan = {
    .info = {"tekscan", "Tekscan ASCII movie (.asf, .csv)"}, .detect = detect, .header = header, .frame = frame};
