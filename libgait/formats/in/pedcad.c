/*
 * zebris PedCAD text (.apd, "pedcad Importfile"): one picture of the largest pressure of each sensor under one foot, for the making of insoles:
 *
 *     [General]            Description, Date, Time, UnitDistance=mm, UnitPressure=N/cm2
 *     [Customer]           names of people: passed over
 *     [Technical]          MaxSensorsX and -Y of the platform, StartSensX and -Y of this window in it, SensCountX and -Y, LDistX and -Y: from sensor to sensor
 *     [Data]
 *     -1  0.5  1.5 ...     SensCountX lines of SensCountY values, the heel first; -1: never loaded
 *
 * x of the file runs along the walkway. That its columns run to the right is taken from recordings whose author tells right feet from left; no description says so. There is no
 * total in it to be compared with. The window comes with an empty row or column on each side, so that its border does not count as the platform's edge.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { RING = 1 };

#define KPA_PER_N_PER_CM2 10.0

struct head {
    double rows, cols, pitch_y, pitch_x, mm_per_unit;
};

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "pedcad Importfile") ||
                   (formats_holds(text, FORMATS_HEAD_BYTES, "[Technical]") &&
                    formats_holds(text, FORMATS_HEAD_BYTES, "SensCountX="))
               ? 90
               : 0;
}

/* "KEY=value" */
static bool value_of(const struct formats_line *line, const char *key, struct formats_token *ret)
{
    size_t n = strlen(key);

    if ((size_t)(line->end - line->start) <= n || memcmp(line->start, key, n) != 0 || line->start[n] != '=')
        return false;
    *ret = (struct formats_token){line->start + n + 1, line->end};
    return true;
}

static int take_units(struct formats_file *file, struct head *head, const struct formats_line *line,
                      struct gait_error *err)
{
    struct formats_token value;

    if (value_of(line, "UnitPressure", &value)) {
        file->kPa_per_unit = formats_is(value, "N/cm2") ? KPA_PER_N_PER_CM2 : formats_is(value, "kPa") ? 1 : 0;
        if (!(file->kPa_per_unit > 0))
            return formats_fail(&file->text, line, value.start, err,
                                "'UnitPressure' is not N/cm2 or kPa: export it so");
    }
    if (value_of(line, "UnitDistance", &value)) {
        head->mm_per_unit = formats_is(value, "mm") ? 1 : formats_is(value, "cm") ? 10 : 0;
        if (!(head->mm_per_unit > 0))
            return formats_fail(&file->text, line, value.start, err, "'UnitDistance' is not mm or cm: export it so");
    }
    return 0;
}

static int take_size(const struct formats_file *file, struct head *head, const struct formats_line *line,
                     struct gait_error *err)
{
    const struct {
        const char *key;
        double *to;
    } size[] = {{"SensCountX", &head->rows},
                {"SensCountY", &head->cols},
                {"LDistX", &head->pitch_y},
                {"LDistY", &head->pitch_x}};
    struct formats_token value;

    for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++)
        if (value_of(line, size[i].key, &value) && formats_number(value, size[i].to) < 0)
            return formats_fail(&file->text, line, value.start, err, "a number belongs behind '%s='", size[i].key);
    return 0;
}

static int make_geometry(struct formats_file *file, const struct head *head, const struct formats_line *line,
                         struct gait_error *err)
{
    struct gait_geometry *g = &file->info.geometry;
    int r;

    g->pitch_x_mm = head->pitch_x * head->mm_per_unit;
    g->pitch_y_mm = head->pitch_y * head->mm_per_unit;
    if (!(file->kPa_per_unit > 0) || !(g->pitch_x_mm >= 0.1 && g->pitch_x_mm <= 100) ||
        !(g->pitch_y_mm >= 0.1 && g->pitch_y_mm <= 100))
        return formats_fail(&file->text, line, NULL, err,
                            "'UnitPressure', 'UnitDistance', 'LDistX' and 'LDistY' (0.1 to 100 mm) are not all above "
                            "this line: export it again");
    r = formats_matrix_check(file, line, NULL, head->rows + 2 * RING, head->cols + 2 * RING, err);
    if (r < 0)
        return r;
    g->rows = (uint32_t)head->rows + 2 * RING;
    g->cols = (uint32_t)head->cols + 2 * RING;
    g->rate_hz = 1; /* there is no time in it */
    file->period_s = 1;
    file->info.picture = true;
    return 0;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct head head = {0};
    struct formats_line line = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1};
    int r = 0;

    file->kPa_per_unit = 0;
    while (r == 0 && formats_line_next(&file->text, cursor, &line)) {
        if (formats_is((struct formats_token){line.start, line.end}, "[Data]"))
            return make_geometry(file, &head, &line, err);
        r = take_units(file, &head, &line, err);
        if (r == 0)
            r = take_size(file, &head, &line, err);
    }
    return r < 0
               ? r
               : formats_fail(&file->text, &line, NULL, err, "there is no '[Data]': the file is cut, export it again");
}

static int read_row(const struct formats_file *file, const struct formats_line *line, float *row,
                    struct gait_error *err)
{
    uint32_t cols = file->info.geometry.cols - 2 * RING, n = 0;
    struct formats_token token;
    const char *at = NULL;
    int r = 0;

    for (; r == 0 && formats_token_next(line, &at, &token); n++) {
        if (n == cols)
            return formats_fail(&file->text, line, token.start, err,
                                "more than the %u values that 'SensCountY' tells: export it again", cols);
        if (!formats_is(token, "-1"))
            r = formats_cell(file, line, token, &row[n], err);
    }
    if (r == 0 && n < cols)
        r = formats_fail(&file->text, line, NULL, err,
                         "%u values where 'SensCountY' tells %u: the file is cut here, export it again", n, cols);
    return r;
}

/* The one picture. */
static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    const struct gait_geometry *g = &file->info.geometry;
    uint32_t rows = g->rows - 2 * RING, n = 0;
    struct formats_line line, first = {0};
    int r = 0;

    memset(raw, 0, gait_geometry_cells(g) * sizeof(*raw));
    while (r == 0 && formats_line_next(&file->text, cursor, &line)) {
        if (formats_blank(&line))
            continue;
        if (n == rows)
            return formats_fail(&file->text, &line, NULL, err,
                                "more than the %u lines that 'SensCountX' tells: export it again", rows);
        if (!n)
            first = line;
        r = read_row(file, &line, raw + (size_t)(n + RING) * g->cols + RING, err);
        n++;
    }
    if (r < 0 || !n)
        return r;
    if (n < rows)
        return formats_fail(&file->text, &first, NULL, err,
                            "%u lines where 'SensCountX' tells %u: the file is cut, export it again", n, rows);
    *ret_frame = (struct formats_frame){.number = 1, .device_force_N = (double)NAN, .line = first};
    return 1;
}

const struct formats_format formats_pedcad = {
    .info = {"zebris-apd", "zebris PedCAD text (.apd)"}, .detect = detect, .header = header, .frame = frame};
