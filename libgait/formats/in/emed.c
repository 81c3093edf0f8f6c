/*
 * novel emed .lst, Latin-1, one or more pages a frame, each ended by a form feed:
 *
 *     File: ...  Matrix: 64x95                     columns x rows of the plate
 *     Sensor area: 0.25 cm2  Time/picture:10.0 ms
 *     Sensor size: 0.500x0.500 cm                  where it is missing, sensors are squares of that area
 *     Pict-No.: 1  Force[N]=...                    MPP and MVP pages have their name here: summaries, skipped
 *
 *             26    27 ...    47  Force            absolute column numbers from 1; only the active window is written
 *       30  0.00  0.00 ...  0.00   0.00            absolute row number, kPa, the row's force
 *       Force ...                 39.63            the columns' forces; the last is the frame's total in N
 *
 * Tabs or runs of blanks between the numbers. Row 1 is at the toes: it becomes the last row of the mat. A frame may be split over pages by rows or by columns;
 * its pages carry the same picture number.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* The head of one page, up to the line of column numbers. */
struct page {
    bool blank;   /* nothing but white space */
    bool summary; /* MPP, MVP */
    bool has_number, has_labels, ended;
    uint32_t number;
    struct formats_line first, labels;
};

struct labels {
    uint32_t n;
    bool force; /* the line ends in "Force" */
    uint16_t column[GAIT_COLS_MAX];
};

static int detect(const struct formats_text *text)
{
    if (formats_holds(text, FORMATS_HEAD_BYTES, "Pict-No.:") && formats_holds(text, FORMATS_HEAD_BYTES, "Matrix:"))
        return 95;
    return formats_holds(text, FORMATS_HEAD_BYTES, "Matrix:") &&
                   formats_holds(text, FORMATS_HEAD_BYTES, "Time/picture:")
               ? 80
               : 0;
}

/* "64x95", "0.500x0.500 cm": two numbers with an x between them; the word behind them goes to *ret_rest. */
static int read_pair(const char *at, const char *end, double *ret_a, double *ret_b, const char **ret_rest)
{
    double a, b;

    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (formats_leading_number(at, end, &a, &at) < 0 || at >= end || *at != 'x')
        return -EINVAL;
    if (formats_leading_number(at + 1, end, &b, &at) < 0)
        return -EINVAL;
    *ret_a = a;
    *ret_b = b;
    *ret_rest = at;
    return 0;
}

static int read_matrix(const struct formats_file *file, const struct formats_line *line, const char *at,
                       uint32_t *ret_cols, uint32_t *ret_rows, struct gait_error *err)
{
    const char *rest;
    double cols, rows;
    int r;

    if (read_pair(at, line->end, &cols, &rows, &rest) < 0)
        return formats_fail(&file->text, line, at, err,
                            "'Matrix:' is not followed by columns x rows: export the recording again");
    r = formats_matrix_check(file, line, at, rows, cols, err);
    if (r < 0)
        return r;
    *ret_cols = (uint32_t)cols;
    *ret_rows = (uint32_t)rows;
    return 0;
}

/* True when the next word is this unit. */
static bool unit_is(const struct formats_line *line, const char *at, const char *unit)
{
    struct formats_token token;

    return formats_token_next(line, &at, &token) && formats_is(token, unit);
}

/* "10.0 ms" */
static int read_period(struct formats_file *file, const struct formats_line *line, const char *at,
                       struct gait_error *err)
{
    double ms;

    while (at < line->end && *at == ' ')
        at++;
    if (formats_leading_number(at, line->end, &ms, &at) < 0)
        ms = 0;
    ms *= unit_is(line, at, "ms") ? 1 : unit_is(line, at, "s") ? 1000 : 0;
    if (!(ms >= 0.01 && ms <= 10000))
        return formats_fail(&file->text, line, at, err,
                            "'Time/picture:' is not a time in ms or s: export the recording again");
    file->period_s = ms / 1000;
    file->info.geometry.rate_hz = 1000 / ms;
    return 0;
}

/* "0.500x0.500 cm" */
static int read_size(struct formats_file *file, const struct formats_line *line, const char *at, struct gait_error *err)
{
    double x, y, mm = 0;

    if (read_pair(at, line->end, &x, &y, &at) == 0)
        mm = unit_is(line, at, "cm") ? 10 : unit_is(line, at, "mm") ? 1 : 0;
    if (mm == 0 || !(x * mm >= 0.1 && x * mm <= 100 && y * mm >= 0.1 && y * mm <= 100))
        return formats_fail(&file->text, line, at, err,
                            "'Sensor size:' is not width x height in cm or mm: export the recording again");
    file->info.geometry.pitch_x_mm = x * mm;
    file->info.geometry.pitch_y_mm = y * mm;
    return 0;
}

/* "0.25 cm\xb2": the side of a square sensor, or 0 when that is no area. */
static double read_area_mm(const struct formats_line *line, const char *at)
{
    double cm2;

    while (at < line->end && *at == ' ')
        at++;
    if (formats_leading_number(at, line->end, &cm2, &at) < 0 || line->end - at < 3 || memcmp(at, " cm", 3) ||
        !(cm2 >= 1e-4 && cm2 <= 100))
        return 0;
    return 10 * sqrt(cm2);
}

/* What is missing from the first page's head, or NULL. */
static const char *missing(const struct formats_file *file)
{
    if (!file->info.geometry.rows)
        return "Matrix:";
    if (file->period_s == 0)
        return "Time/picture:";
    return file->info.geometry.pitch_x_mm == 0 ? "Sensor size:" : NULL;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct formats_cursor ahead = *cursor;
    struct formats_line line = {.column_1 = file->text.bytes, .start = file->text.bytes, .number = 1};
    double side_mm = 0;
    const char *at;
    int r = 0;

    file->kPa_per_unit = 1;
    while (r == 0 && missing(file) && formats_line_next(&file->text, &ahead, &line)) {
        if ((at = formats_after(&line, "Matrix:")))
            r = read_matrix(file, &line, at, &file->info.geometry.cols, &file->info.geometry.rows, err);
        if (r == 0 && (at = formats_after(&line, "Time/picture:")))
            r = read_period(file, &line, at, err);
        if (r == 0 && (at = formats_after(&line, "Sensor size:")))
            r = read_size(file, &line, at, err);
        if ((at = formats_after(&line, "Sensor area:")))
            side_mm = read_area_mm(&line, at);
        if (formats_after(&line, "Pict-No.:"))
            break;
    }
    if (r < 0)
        return r;
    if (file->info.geometry.pitch_x_mm == 0)
        file->info.geometry.pitch_x_mm = file->info.geometry.pitch_y_mm = side_mm;
    if (missing(file))
        return formats_fail(&file->text, &line, NULL, err,
                            "'%s' is missing from the head of the first page: the file is cut, export it again",
                            missing(file));
    return 0;
}

static int read_number(const struct formats_file *file, const struct formats_line *line, const char *at,
                       struct page *page, struct gait_error *err)
{
    struct formats_line rest = {.start = at, .end = line->end};
    struct formats_token token;
    const char *position = NULL;

    if (formats_after(line, "MPP") || formats_after(line, "MVP")) {
        page->summary = true;
        return 0;
    }
    if (!formats_token_next(&rest, &position, &token) || formats_count(token, &page->number) < 0)
        return formats_fail(&file->text, line, at, err,
                            "'Pict-No.:' is not followed by a number: export the recording again");
    page->has_number = true;
    return 0;
}

/* One line of a page's head. Returns 1 when it was the line of column numbers, with which the head ends. */
static int head_line(const struct formats_file *file, const struct formats_line *line, struct page *page,
                     struct gait_error *err)
{
    uint32_t cols, rows;
    const char *at;
    int r;

    if (page->has_number || page->summary) {
        page->labels = *line;
        page->has_labels = true;
        return 1;
    }
    if ((at = formats_after(line, "Matrix:"))) {
        r = read_matrix(file, line, at, &cols, &rows, err);
        if (r < 0)
            return r;
        if (cols != file->info.geometry.cols || rows != file->info.geometry.rows)
            return formats_fail(
                &file->text, line, at, err,
                "the matrix is %ux%u here and %ux%u on the first page: export each recording to a file of its own",
                cols, rows, file->info.geometry.cols, file->info.geometry.rows);
        return 0;
    }
    if ((at = formats_after(line, "Pict-No.:")))
        return read_number(file, line, at, page, err);
    page->summary = !formats_after(line, "File:") && (formats_after(line, "MPP") || formats_after(line, "MVP"));
    return 0;
}

/* Read the head of the page at the cursor. Returns 1 a page, 0 the end of the file. */
static int page_head(const struct formats_file *file, struct formats_cursor *cursor, struct page *page,
                     struct gait_error *err)
{
    struct formats_line line;
    bool any = false;
    int r;

    *page = (struct page){.blank = true};
    while (!page->ended && formats_line_next(&file->text, cursor, &line)) {
        any = true;
        if (!formats_blank(&line)) {
            if (page->blank)
                page->first = line;
            page->blank = false;
            r = head_line(file, &line, page, err);
            if (r != 0)
                return r;
        }
        page->ended = line.page_end;
    }
    page->ended = true;
    if (!any)
        return 0;
    if (!page->blank && !page->summary && !page->has_number)
        return formats_fail(&file->text, &page->first, NULL, err,
                            "this page has no 'Pict-No.:': the file is cut or changed, export it again");
    if (page->has_number)
        return formats_fail(&file->text, &page->first, NULL, err,
                            "picture %u has no values: the file is cut, export it again", page->number);
    return 1;
}

static int read_labels(const struct formats_file *file, const struct formats_line *line, struct labels *labels,
                       struct gait_error *err)
{
    char quote[FORMATS_QUOTE_MAX + 4];
    struct formats_token token;
    const char *at = NULL;
    uint32_t column;

    labels->n = 0;
    labels->force = false;
    while (formats_token_next(line, &at, &token)) {
        if (formats_is(token, "Force")) {
            labels->force = true;
            continue;
        }
        if (labels->force || formats_count(token, &column) < 0)
            return formats_fail(&file->text, line, token.start, err,
                                "'%s' is not a column number: export the recording again", formats_quote(token, quote));
        if (column < 1 || column > file->info.geometry.cols)
            return formats_fail(
                &file->text, line, token.start, err,
                "column %u is outside the matrix of %u columns: wrong 'Matrix:', export the recording again", column,
                file->info.geometry.cols);
        if (labels->n && column <= labels->column[labels->n - 1])
            return formats_fail(&file->text, line, token.start, err,
                                "column %u stands after column %u: export the recording again", column,
                                labels->column[labels->n - 1]);
        labels->column[labels->n++] = (uint16_t)column;
    }
    return labels->n ? 0 : formats_fail(&file->text, line, NULL, err, "no column numbers: export the recording again");
}

/* The values of a row behind its label. raw NULL: the row of forces, whose last value is the total. */
static int read_values(const struct formats_file *file, const struct formats_line *line, const char *at,
                       const struct labels *labels, float *raw, double *ret_last, struct gait_error *err)
{
    uint32_t expected = labels->n + labels->force, n = 0;
    struct formats_token token;
    float kPa;
    int r;

    for (; formats_token_next(line, &at, &token); n++) {
        if (n >= expected)
            return formats_fail(&file->text, line, token.start, err,
                                "more than the %u values of this page's columns: export the recording again", expected);
        if (!raw || n >= labels->n) {
            if (formats_number(token, ret_last) < 0)
                return formats_fail(&file->text, line, token.start, err,
                                    "this is not a force: export the recording again");
            continue;
        }
        float *cell = &raw[labels->column[n] - 1];
        r = formats_cell(file, line, token, &kPa, err);
        if (r < 0)
            return r;
        if (!isnan(*cell))
            return formats_fail(&file->text, line, token.start, err,
                                "this cell has a value already: export the recording again");
        *cell = kPa;
    }
    if (n != expected)
        return formats_fail(&file->text, line, NULL, err,
                            "%u values where %u belong: the file is cut here, export it again", n, expected);
    return 0;
}

static int read_row(const struct formats_file *file, const struct formats_line *line, const struct labels *labels,
                    float *raw, double *total_N, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    char quote[FORMATS_QUOTE_MAX + 4];
    struct formats_token token;
    const char *at = NULL;
    double last = NAN;
    uint32_t row;
    int r;

    formats_token_next(line, &at, &token);
    if (formats_is(token, "Force")) {
        r = read_values(file, line, at, labels, NULL, &last, err);
        if (r == 0 && labels->force)
            *total_N = last;
        return r;
    }
    if (formats_count(token, &row) < 0)
        return formats_fail(&file->text, line, token.start, err, "'%s' is not a row number: export the recording again",
                            formats_quote(token, quote));
    if (row < 1 || row > g->rows)
        return formats_fail(&file->text, line, token.start, err,
                            "row %u is outside the matrix of %u rows: wrong 'Matrix:', export the recording again", row,
                            g->rows);
    return read_values(file, line, at, labels, raw + (size_t)(g->rows - row) * g->cols, &last, err);
}

/* The rows of a page, to its form feed. *totalled: the page has a column of forces, so a total must come. */
static int page_body(const struct formats_file *file, struct formats_cursor *cursor, const struct page *page,
                     float *raw, bool *totalled, double *total_N, struct gait_error *err)
{
    struct labels labels;
    struct formats_line line = page->labels;
    int r = read_labels(file, &line, &labels, err);

    *totalled |= r == 0 && labels.force;

    while (r == 0 && !line.page_end && formats_line_next(&file->text, cursor, &line))
        if (!formats_blank(&line))
            r = read_row(file, &line, &labels, raw, total_N, err);
    return r;
}

static void skip_page(const struct formats_file *file, struct formats_cursor *cursor, const struct page *page)
{
    struct formats_line line = page->labels;

    while (!page->ended && !line.page_end && formats_line_next(&file->text, cursor, &line))
        ;
}

/* The next page that belongs to a frame; blank and summary pages are passed over. Returns 1, 0 at the end. */
static int next_page(const struct formats_file *file, struct formats_cursor *cursor, struct page *page,
                     struct gait_error *err)
{
    int r;

    while ((r = page_head(file, cursor, page, err)) == 1) {
        if (page->has_number)
            return 1;
        skip_page(file, cursor, page);
    }
    return r;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    size_t cells = gait_geometry_cells(&file->info.geometry);
    struct formats_cursor ahead = *cursor;
    struct page page;
    bool totalled = false;
    int r = next_page(file, &ahead, &page, err);

    if (r <= 0)
        return r;
    for (size_t i = 0; i < cells; i++)
        raw[i] = NAN; /* not given yet */
    *ret_frame = (struct formats_frame){.number = page.number, .device_force_N = NAN, .line = page.first};
    do {
        r = page_body(file, &ahead, &page, raw, &totalled, &ret_frame->device_force_N, err);
        if (r < 0)
            return r;
        *cursor = ahead;
        r = next_page(file, &ahead, &page, err);
        if (r < 0)
            return r;
    } while (r == 1 && page.number == ret_frame->number);
    if (totalled && isnan(ret_frame->device_force_N))
        return formats_fail(&file->text, &ret_frame->line, NULL, err,
                            "picture %u ends without its last row of forces: the file is cut, export it again",
                            ret_frame->number);
    for (size_t i = 0; i < cells; i++)
        raw[i] = isnan(raw[i]) ? 0 : raw[i]; /* outside the window that the vendor wrote */
    return 1;
}

const struct formats_format formats_emed = {
    .info = {"emed-lst", "novel emed text (.lst)"}, .detect = detect, .header = header, .frame = frame};
