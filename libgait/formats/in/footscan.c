/*
 * RSscan footscan, the text of its roll-off sheet:
 *
 *     Right foot data
 *     Rectangle width          the value stands on the next line; sensors
 *     20
 *     Rectangle height
 *     38
 *     Frame 0 (0.00 ms)
 *     0  0.0  0.8 ...          one line a row, N per sensor, heel first: row 0 is already at y = 0
 *     (a blank line)
 *
 * Sensors of the plate are 5.08 mm across and 7.62 mm along [pressuRe's loader]. The rectangle is a window cut tightly around the foot: its border is not
 * the plate's. One empty row or column is put on each side, so that a foot that touches the window does not count as one cut by the edge of a mat.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PITCH_X_MM 5.08
#define PITCH_Y_MM 7.62

enum { RING = 1 }; /* empty cells around the rectangle */

static int detect(const struct formats_text *text)
{
    if (formats_holds(text, FORMATS_HEAD_BYTES, " foot data") && formats_holds(text, FORMATS_HEAD_BYTES, "Rectangle "))
        return 90;
    return formats_holds(text, FORMATS_HEAD_BYTES, "Frame ") && formats_holds(text, FORMATS_HEAD_BYTES, " ms)") ? 70
                                                                                                                : 0;
}

/* "Frame 12 (24.00 ms)". Returns 1 when the line is one, 0 when not, negative when it is a broken one. */
static int frame_line(const struct formats_file *file, const struct formats_line *line, struct formats_frame *frame,
                      struct gait_error *err)
{
    struct formats_token token;
    const char *at = NULL, *rest;
    double ms;

    if (!formats_token_next(line, &at, &token) || !formats_is(token, "Frame"))
        return 0;
    if (!formats_token_next(line, &at, &token) || formats_count(token, &frame->number) < 0)
        return formats_fail(&file->text, line, token.start, err,
                            "'Frame' is not followed by its number: export the recording again");
    if (!formats_token_next(line, &at, &token) || *token.start != '(' ||
        formats_leading_number(token.start + 1, token.end, &ms, &rest) < 0 || !(ms >= 0 && ms <= 1e8))
        return formats_fail(&file->text, line, token.start, err,
                            "'Frame n' is not followed by its time, '(n ms)': export the recording again");
    frame->t_s = ms / 1000;
    frame->line = *line;
    return 1;
}

/* The count on the line after a "Rectangle ..." line. */
static int read_below(const struct formats_file *file, struct formats_cursor *cursor, double *ret_value,
                      struct gait_error *err)
{
    struct formats_line line = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1};
    struct formats_token token;
    const char *at = NULL;
    uint32_t value;

    if (!formats_line_next(&file->text, cursor, &line) || !formats_token_next(&line, &at, &token) ||
        formats_count(token, &value) < 0)
        return formats_fail(&file->text, &line, NULL, err,
                            "the size of the rectangle belongs here: export the recording again");
    *ret_value = value;
    return 0;
}

static const char *side_of(const struct formats_line *line)
{
    return formats_after(line, "Right foot data") ? "right" : formats_after(line, "Left foot data") ? "left" : NULL;
}

/* The time between the first two frames tells the rate. */
static int read_rate(struct formats_file *file, struct formats_cursor cursor, struct gait_error *err)
{
    struct formats_frame frame[2];
    struct formats_line line;
    double step_s;
    int n = 0, r;

    while (n < 2 && formats_line_next(&file->text, &cursor, &line)) {
        r = frame_line(file, &line, &frame[n], err);
        if (r < 0)
            return r;
        n += r;
    }
    if (n < 2)
        return gait_error_set(err, -EINVAL,
                              "%s: fewer than two frames, so the rate is not known: export the whole recording",
                              file->text.name);
    step_s = frame[1].t_s - frame[0].t_s;
    if (!(step_s >= 1e-5 && step_s <= 10))
        return formats_fail(&file->text, &frame[1].line, NULL, err,
                            "this frame is not 0.01 ms to 10 s after the one before: export the recording again");
    file->info.geometry.rate_hz = 1 / step_s;
    return 0;
}

static int check_head(struct formats_file *file, const struct formats_line *line, double rows, double cols,
                      struct gait_error *err)
{
    int r;

    if (rows == 0 || cols == 0)
        return formats_fail(&file->text, line, NULL, err,
                            "the size of the rectangle is missing from the head: export the recording again");
    r = formats_matrix_check(file, line, NULL, rows + 2 * RING, cols + 2 * RING, err);
    if (r < 0)
        return r;
    file->info.geometry.rows = (uint32_t)rows + 2 * RING;
    file->info.geometry.cols = (uint32_t)cols + 2 * RING;
    file->info.geometry.pitch_x_mm = PITCH_X_MM;
    file->info.geometry.pitch_y_mm = PITCH_Y_MM;
    file->kPa_per_unit = 1000 / (PITCH_X_MM * PITCH_Y_MM); /* N per mm2 is MPa */
    return 0;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct formats_line line = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1};
    struct formats_cursor before = *cursor;
    struct formats_frame first;
    double rows = 0, cols = 0;
    int r = 0;

    while (r == 0 && formats_line_next(&file->text, cursor, &line)) {
        if (frame_line(file, &line, &first, err) != 0) {
            *cursor = before;
            r = check_head(file, &line, rows, cols, err);
            return r < 0 ? r : read_rate(file, *cursor, err);
        }
        if (side_of(&line))
            snprintf(file->info.side, sizeof(file->info.side), "%s", side_of(&line));
        if (formats_after(&line, "Rectangle width"))
            r = read_below(file, cursor, &cols, err);
        else if (formats_after(&line, "Rectangle height"))
            r = read_below(file, cursor, &rows, err);
        before = *cursor;
    }
    return r < 0 ? r
                 : formats_fail(&file->text, &line, NULL, err,
                                "there is no 'Frame n (t ms)': the file is cut, export it again");
}

static int read_row(const struct formats_file *file, const struct formats_line *line, float *row,
                    struct gait_error *err)
{
    uint32_t cols = file->info.geometry.cols - 2 * RING, n = 0;
    struct formats_token token;
    const char *at = NULL;
    int r;

    for (; formats_token_next(line, &at, &token); n++) {
        if (n == cols)
            return formats_fail(&file->text, line, token.start, err,
                                "more than the %u values of the rectangle: export the recording again", cols);
        r = formats_cell(file, line, token, &row[n], err);
        if (r < 0)
            return r;
    }
    if (n < cols)
        return formats_fail(&file->text, line, NULL, err,
                            "%u values where the rectangle has %u: the file is cut here, export it again", n, cols);
    return 0;
}

static int read_rows(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                     const struct formats_frame *frame, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    const uint32_t rows = g->rows - 2 * RING;
    struct formats_line line;
    int r = 0;

    memset(raw, 0, gait_geometry_cells(g) * sizeof *raw);
    for (uint32_t row = 0; r == 0 && row < rows; row++) {
        if (!formats_line_next(&file->text, cursor, &line) || formats_blank(&line))
            return formats_fail(&file->text, &frame->line, NULL, err,
                                "frame %u has %u rows where the rectangle has %u: the file is cut, export it again",
                                frame->number, row, rows);
        r = read_row(file, &line, raw + (size_t)(row + RING) * g->cols + RING, err);
    }
    return r;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    struct formats_frame read = {.device_force_N = NAN};
    struct formats_line line;
    int r;

    do {
        if (!formats_line_next(&file->text, cursor, &line))
            return 0;
    } while (formats_blank(&line));
    if (side_of(&line))
        return formats_fail(&file->text, &line, NULL, err,
                            "a second foot starts here: export each foot to a file of its own");
    r = frame_line(file, &line, &read, err);
    if (r == 0)
        return formats_fail(&file->text, &line, NULL, err,
                            "'Frame n (t ms)' belongs here (the rectangle has %u rows): export the recording again",
                            file->info.geometry.rows - 2 * RING);
    if (r > 0)
        r = read_rows(file, cursor, raw, &read, err);
    if (r < 0)
        return r;
    *ret_frame = read;
    return 1;
}

const struct formats_format formats_footscan = {
    .info = {"footscan", "RSscan footscan text"}, .detect = detect, .header = header, .frame = frame};
