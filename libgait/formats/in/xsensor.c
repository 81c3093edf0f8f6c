/*
 * XSENSOR text export (.csv), a block for each frame; lines of nothing but commas may stand between any two:
 *
 *     Units:,mmHg                      mmHg, kPa, psi or N/cm2
 *     FRAME,1464
 *     Time, 08:21:17.982               of the day
 *     SENSOR,HX210... -LF ...          the pad; -LF and -RF are the left and the right insole
 *     Rows,31
 *     Columns,11
 *     Sensel Width (cm),0.86           Sensel Height likewise; cm, mm or in
 *     Average Pressure (mmHg),452.85   mean of the loaded sensels
 *     Peak Pressure (mmHg),2674.44
 *     SENSELS
 *     0,0,107.87,...                   Rows lines of Columns values, the toes first
 *     GROUP,1 ...                      regions that somebody drew: passed over
 *
 * Peak and average of every frame are compared with its sensels: a file in which they differ is refused. What the file says of the load is rounded through the
 * width of a sensel and is not compared. The first row of the file becomes the last row of the mat.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400 };

/* Half of the last digit of what is written with two decimals, and a hair for the sum. */
#define ROUNDING 0.0051

/* What a frame's head tells. */
struct head {
    double rows, cols, width_mm, height_mm, peak, average, t_s;
    bool sensels; /* stopped behind the line SENSELS */
    struct formats_token sensor;
    struct formats_line frame_line, line; /* line: the last one read */
    uint32_t number;
};

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "SENSELS") && formats_holds(text, FORMATS_HEAD_BYTES, "FRAME") ? 90
                                                                                                                  : 0;
}

static struct formats_token trimmed(struct formats_token t, const char *off)
{
    while (t.start < t.end && strchr(off, *t.start))
        t.start++;
    while (t.end > t.start && strchr(off, t.end[-1]))
        t.end--;
    return t;
}

/* A line's key and value; false: it has no key. */
static bool key_value(const struct formats_line *line, struct formats_token *ret_key, struct formats_token *ret_value)
{
    const char *at = NULL;

    if (!formats_field_next(line, &at, ret_key))
        return false;
    *ret_key = trimmed(*ret_key, " \":");
    if (!formats_field_next(line, &at, ret_value))
        *ret_value = (struct formats_token){line->end, line->end};
    *ret_value = trimmed(*ret_value, " \"");
    return ret_key->start < ret_key->end;
}

static bool begins(struct formats_token token, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(token.end - token.start) >= n && memcmp(token.start, word, n) == 0;
}

static double kPa_of(struct formats_token unit)
{
    static const struct {
        const char *word;
        double kPa;
    } table[] = {{"mmHg", 0.133322387415}, {"kPa", 1}, {"psi", 6.894757293168}, {"N/cm2", 10}, {"N/cm\xc2\xb2", 10}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (formats_is(unit, table[i].word))
            return table[i].kPa;
    return NAN;
}

static double mm_of(struct formats_token key)
{
    static const struct {
        const char *word;
        double mm;
    } table[] = {{"(cm)", 10}, {"(mm)", 1}, {"(in)", 25.4}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (memmem(key.start, (size_t)(key.end - key.start), table[i].word, strlen(table[i].word)))
            return table[i].mm;
    return NAN;
}

static int number(const struct formats_file *file, const struct formats_line *line, struct formats_token value,
                  double factor, double *ret, struct gait_error *err)
{
    char quote[FORMATS_QUOTE_MAX + 4];
    double v;

    if (formats_number(value, &v) < 0 || !(v >= 0 && v <= 1e9))
        return formats_fail(&file->text, line, value.start, err, "'%s' is no number from 0: export the recording again",
                            formats_quote(value, quote));
    *ret = v * factor;
    return 0;
}

/* "08:21:17.982" in seconds. */
static int time_of_day(const struct formats_file *file, const struct formats_line *line, struct formats_token value,
                       double *ret_s, struct gait_error *err)
{
    static const double unit_s[] = {3600, 60, 1};
    const char *at = value.start;
    double sum = 0, v;

    for (size_t i = 0; i < 3; i++) {
        if (formats_leading_number(at, value.end, &v, &at) < 0 || !(v >= 0 && v < 61) ||
            (i < 2 && (at == value.end || *at++ != ':')))
            return formats_fail(&file->text, line, value.start, err,
                                "'Time' is not hh:mm:ss.sss: export the recording again with its time stamps");
        sum += v * unit_s[i];
    }
    *ret_s = sum;
    return 0;
}

static int take_line(const struct formats_file *file, struct head *head, struct formats_token key,
                     struct formats_token value, struct gait_error *err)
{
    const struct formats_line *line = &head->line;

    if (formats_is(key, "SENSOR") || formats_is(key, "Sensor"))
        head->sensor = value;
    else if (formats_is(key, "Time"))
        return time_of_day(file, line, value, &head->t_s, err);
    else if (formats_is(key, "Rows"))
        return number(file, line, value, 1, &head->rows, err);
    else if (formats_is(key, "Columns"))
        return number(file, line, value, 1, &head->cols, err);
    else if (begins(key, "Sensel Width"))
        return number(file, line, value, mm_of(key), &head->width_mm, err);
    else if (begins(key, "Sensel Height"))
        return number(file, line, value, mm_of(key), &head->height_mm, err);
    else if (begins(key, "Peak Pressure"))
        return number(file, line, value, 1, &head->peak, err);
    else if (begins(key, "Average Pressure"))
        return number(file, line, value, 1, &head->average, err);
    return 0;
}

/* From the line FRAME to behind the line SENSELS. Returns 1; 0 there is no further frame. */
static int read_head(const struct formats_file *file, struct formats_cursor *cursor, struct head *head,
                     struct gait_error *err)
{
    struct formats_token key, value;
    bool in = false;
    int r = 0;

    *head = (struct head){.peak = NAN, .average = NAN, .t_s = NAN};
    while (r == 0 && !head->sensels && formats_line_next(&file->text, cursor, &head->line)) {
        if (!key_value(&head->line, &key, &value))
            continue;
        if (formats_is(key, "FRAME") || formats_is(key, "Frame")) {
            if (in || formats_count(value, &head->number) < 0)
                return formats_fail(&file->text, &head->line, value.start, err,
                                    in ? "this frame begins before the last one had its sensels: export it again"
                                       : "'FRAME' is not followed by its number: export the recording again");
            in = true;
            head->frame_line = head->line;
        } else if (in && (formats_is(key, "SENSELS") || formats_is(key, "Sensels"))) {
            head->sensels = true;
        } else if (in) {
            r = take_line(file, head, key, value, err);
        }
    }
    if (r == 0 && in && !head->sensels)
        return formats_fail(&file->text, &head->frame_line, NULL, err,
                            "frame %u has no 'SENSELS': the file is cut here, export it again", head->number);
    return r < 0 ? r : head->sensels;
}

/* Another pad in the same frame: where its cells lie beside those of the first one, nobody says. */
static int one_sensor(const struct formats_file *file, struct formats_cursor cursor, struct formats_token first,
                      struct gait_error *err)
{
    struct formats_token key, value;
    struct formats_line line;

    while (formats_line_next(&file->text, &cursor, &line))
        if (key_value(&line, &key, &value) && (formats_is(key, "SENSOR") || formats_is(key, "Sensor")) &&
            (value.end - value.start != first.end - first.start ||
             (value.end > value.start && memcmp(value.start, first.start, (size_t)(first.end - first.start)) != 0)))
            return formats_fail(
                &file->text, &line, NULL, err,
                "a second sensor begins here, and where it lies is not said: export each sensor to a file of its own");
    return 0;
}

/* The last frame's number and time of day tell the rate better than two times rounded to a millisecond. */
static int read_rate(struct formats_file *file, struct formats_cursor cursor, const struct head *first,
                     struct gait_error *err)
{
    struct head last = *first, next;
    int r;

    while ((r = read_head(file, &cursor, &next, err)) > 0)
        last = next;
    if (r < 0)
        return r;
    if (last.number <= first->number || isnan(first->t_s) || isnan(last.t_s))
        return formats_fail(
            &file->text, &last.frame_line, NULL, err,
            "fewer than two frames with a 'Time', so the rate is not known: export the whole recording");
    file->period_s = (last.t_s + (last.t_s < first->t_s ? DAY_S : 0) - first->t_s) / (last.number - first->number);
    if (!(file->period_s >= 1e-5 && file->period_s <= 10))
        return formats_fail(&file->text, &last.frame_line, NULL, err,
                            "frames do not follow each other within 0.01 ms to 10 s: export the recording again");
    file->info.geometry.rate_hz = 1 / file->period_s;
    return 0;
}

static int read_units(struct formats_file *file, struct formats_cursor cursor, struct gait_error *err)
{
    struct formats_line line = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1};
    struct formats_token key, value;

    while (formats_line_next(&file->text, &cursor, &line)) {
        if (!key_value(&line, &key, &value) || !formats_is(key, "Units"))
            continue;
        file->kPa_per_unit = kPa_of(value);
        if (file->kPa_per_unit > 0)
            return 0;
        break;
    }
    return formats_fail(&file->text, &line, NULL, err,
                        "'Units:' is not mmHg, kPa, psi or N/cm2: export the recording in one of them");
}

/* A file without a sensor's name has no start of one. */
static bool names(struct formats_token sensor, const char *what)
{
    return sensor.start && memmem(sensor.start, (size_t)(sensor.end - sensor.start), what, strlen(what));
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct gait_geometry *g = &file->info.geometry;
    struct formats_cursor after = *cursor;
    struct head head;
    int r = read_units(file, *cursor, err);

    if (r == 0)
        r = read_head(file, &after, &head, err);
    if (r <= 0)
        return r < 0 ? r
                     : gait_error_set(err, -EINVAL, "%s: there is no frame in it: export the recording again",
                                      file->text.name);
    if (!(head.width_mm >= 0.1 && head.width_mm <= 100 && head.height_mm >= 0.1 && head.height_mm <= 100))
        return formats_fail(&file->text, &head.frame_line, NULL, err,
                            "'Sensel Width' and 'Sensel Height' are not 0.1 to 100 mm (cm, mm or in): export it again");
    r = formats_matrix_check(file, &head.frame_line, NULL, head.rows, head.cols, err);
    if (r < 0)
        return r;
    g->rows = (uint32_t)head.rows;
    g->cols = (uint32_t)head.cols;
    g->pitch_x_mm = head.width_mm;
    g->pitch_y_mm = head.height_mm;
    if (names(head.sensor, "-LF"))
        snprintf(file->info.side, sizeof(file->info.side), "left");
    else if (names(head.sensor, "-RF"))
        snprintf(file->info.side, sizeof(file->info.side), "right");
    r = one_sensor(file, after, head.sensor, err);
    return r < 0 ? r : read_rate(file, after, &head, err);
}

static int read_row(const struct formats_file *file, const struct formats_line *line, float *row,
                    struct gait_error *err)
{
    uint32_t cols = file->info.geometry.cols, n = 0;
    struct formats_token token;
    const char *at = NULL;
    int r;

    while (formats_field_next(line, &at, &token)) {
        token = trimmed(token, " \"");
        if (n >= cols && token.start == token.end)
            continue;
        if (n == cols)
            return formats_fail(&file->text, line, token.start, err,
                                "more than the %u values that 'Columns' tells: export the recording again", cols);
        r = formats_cell(file, line, token, &row[n++], err);
        if (r < 0)
            return r;
    }
    if (n < cols)
        return formats_fail(&file->text, line, NULL, err,
                            "%u values where 'Columns' tells %u: the file is cut here, export it again", n, cols);
    return 0;
}

static bool all_commas(const struct formats_line *line)
{
    for (const char *p = line->start; p < line->end; p++)
        if (!strchr(", \t\r", *p))
            return false;
    return true;
}

static int read_rows(const struct formats_file *file, struct formats_cursor *cursor, const struct head *head,
                     float *raw, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    struct formats_line line;
    int r = 0;

    for (uint32_t row = 0; r == 0 && row < g->rows; row++) {
        do {
            if (!formats_line_next(&file->text, cursor, &line))
                return formats_fail(&file->text, &head->frame_line, NULL, err,
                                    "frame %u has %u rows where 'Rows' tells %u: the file is cut, export it again",
                                    head->number, row, g->rows);
        } while (all_commas(&line));
        r = read_row(file, &line, raw + (size_t)(g->rows - 1 - row) * g->cols, err);
    }
    return r;
}

/* What the vendor's program counted in this frame. */
static int check_totals(const struct formats_file *file, const struct head *head, const float *raw,
                        struct gait_error *err)
{
    double sum = 0, largest = 0, loaded = 0, unit = file->kPa_per_unit;

    for (size_t i = 0; i < gait_geometry_cells(&file->info.geometry); i++) {
        double p = (double)raw[i] / unit;

        sum += p;
        loaded += p > 0;
        largest = p > largest ? p : largest;
    }
    if (!isnan(head->peak) && fabs(largest - head->peak) > ROUNDING + 1e-6 * largest)
        return formats_fail(&file->text, &head->frame_line, NULL, err,
                            "frame %u: its largest value is %.2f, the file says %.2f: export the recording again",
                            head->number, largest, head->peak);
    if (!isnan(head->average) && loaded > 0 && fabs(sum / loaded - head->average) > 2 * ROUNDING + 1e-6 * largest)
        return formats_fail(&file->text, &head->frame_line, NULL, err,
                            "frame %u: its loaded values' mean is %.2f, the file says %.2f: export the recording again",
                            head->number, sum / loaded, head->average);
    return 0;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    struct head head;
    int r = read_head(file, cursor, &head, err);

    if (r <= 0)
        return r;
    if (head.rows != g->rows || head.cols != g->cols) /* whole numbers both */
        return formats_fail(&file->text, &head.frame_line, NULL, err,
                            "frame %u has another matrix than the first one: export each sensor to a file of its own",
                            head.number);
    r = read_rows(file, cursor, &head, raw, err);
    if (r == 0)
        r = check_totals(file, &head, raw, err);
    if (r < 0)
        return r;
    *ret_frame =
        (struct formats_frame){.number = head.number, .t_s = head.t_s, .device_force_N = NAN, .line = head.frame_line};
    return 1;
}

const struct formats_format formats_xsensor = {
    .info = {"xsensor", "XSENSOR text"}, .detect = detect, .header = header, .frame = frame};
