/*
 * novel pliance ASCII (.asc):
 *
 *     file name: ... date/time ...
 *     mat type s2160_001
 *     total times [secs]: ... time per frame [secs]: ... scanning rate [Hz]: 24
 *     pressure values in kPa
 *     time[secs]  4  5  6 ...                               numbers of the sensors; their places stand below
 *     5.79167  0.000  13.333 ...                            frames, but those without any load
 *     MVP  0.000 ...                                        means and maxima: passed over
 *     time[secs] force[N] x[cm] y[cm]
 *     5.79167  4.252  5.926  26.192                         of every frame: total force, centre of pressure
 *     x[c]  0.2640  0.2640 ...                              centres of the sensors and their area, cm and cm2; corners before them are passed over
 *     y[c]  29.2980  28.2700 ...
 *     area  0.5428  0.5428 ...
 *
 * A frame that has no line and whose total is 0 is one of zeros; one whose total is not 0 is missing. x runs to the right and y along the walkway, as the file has
 * them. A mat whose sensors are no even grid is refused. Insoles: pedar.c.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

enum { SENSORS_MAX = 4096, PITCH_MIN_MM = 1, PITCH_MAX_MM = 100 };

/* Places are written to 0.001 mm, the area to 0.01 mm2. */
#define PLACE_MM 0.02
#define AREA_MM2 0.006

struct row {
    struct formats_line line; /* of its pressures, or of its total when there is no line of pressures */
    uint32_t number;
    float force_N; /* NaN: no total is told */
    bool loaded;   /* `line` has pressures */
};

struct own {
    uint32_t sensors;
    uint32_t *cell; /* of each sensor, in the order of the columns */
    struct row *row;
    size_t rows, room;
};

struct scan {
    struct own *own;
    double rate_hz;
    double *x_mm, *y_mm, *area_mm2; /* of each sensor; NULL: not told */
    size_t pressures;               /* rows with them; totals are matched from here on */
    bool kPa, in_totals, totals;
};

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "time[secs]") ? 80 : 0;
}

static void own_free(void *at)
{
    struct own *own = at;

    if (!own)
        return;
    free(own->cell);
    free(own->row);
    free(own);
}

static uint32_t count_tokens(const struct formats_line *line)
{
    struct formats_token token;
    const char *at = NULL;
    uint32_t n = 0;

    while (n <= SENSORS_MAX && formats_token_next(line, &at, &token))
        n++;
    return n;
}

static int add_row(struct own *own, const struct row *row)
{
    if (own->rows == own->room) {
        size_t room = own->room ? 2 * own->room : 256;
        struct row *more = reallocarray(own->row, room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        own->row = more;
        own->room = room;
    }
    own->row[own->rows++] = *row;
    return 0;
}

/* A frame's time as its number. */
static int number_of(const struct formats_file *file, const struct scan *s, const struct formats_line *line, double t_s,
                     uint32_t *ret, struct gait_error *err)
{
    double n = t_s * s->rate_hz;

    if (!(n >= -0.1 && n < 1e9) || fabs(n - round(n)) > 0.1)
        return formats_fail(&file->text, line, NULL, err,
                            "the time %g s is no multiple of the scanning rate of %g Hz: export the recording again",
                            t_s, s->rate_hz);
    *ret = (uint32_t)llround(n);
    return 0;
}

static int take_pressures(const struct formats_file *file, struct scan *s, const struct formats_line *line, double t_s,
                          struct gait_error *err)
{
    struct row row = {.line = *line, .force_N = (float)NAN, .loaded = true};
    int r = number_of(file, s, line, t_s, &row.number, err);

    if (r < 0)
        return r;
    if (count_tokens(line) != s->own->sensors + 1)
        return formats_fail(&file->text, line, NULL, err,
                            "%u values where there are %u sensors: the file is cut here, export it again",
                            count_tokens(line) - 1, s->own->sensors);
    s->pressures++;
    return add_row(s->own, &row) < 0 ? gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name) : 0;
}

/* Totals stand behind all frames, in their order; frames without load have only them. */
static int take_total(const struct formats_file *file, struct scan *s, const struct formats_line *line, double t_s,
                      struct gait_error *err)
{
    struct row row = {.line = *line};
    struct formats_token token;
    const char *at = NULL;
    double force = 0;
    int r = number_of(file, s, line, t_s, &row.number, err);

    if (r < 0)
        return r;
    (void)formats_token_next(line, &at, &token);
    if (!formats_token_next(line, &at, &token) || formats_number(token, &force) < 0 || !(force >= 0 && force < 1e6))
        return formats_fail(&file->text, line, NULL, err,
                            "a time and a force belong here: the file is damaged, export it again");
    row.force_N = (float)force;
    return add_row(s->own, &row) < 0 ? gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name) : 0;
}

static int take_places(const struct formats_file *file, const struct scan *s, const struct formats_line *line,
                       double mm_per_unit, double **ret, struct gait_error *err)
{
    _cleanup_free_ double *value = calloc(s->own->sensors + 1, sizeof(*value));
    struct formats_token token;
    const char *at = NULL;
    uint32_t n = 0;

    if (!value)
        return gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name);
    (void)formats_token_next(line, &at, &token);
    for (; n < s->own->sensors && formats_token_next(line, &at, &token); n++) {
        if (formats_number(token, &value[n]) < 0 || !(fabs(value[n]) < 1e4))
            return formats_fail(&file->text, line, token.start, err,
                                "a place or an area belongs here: the file is damaged, export it again");
        value[n] *= mm_per_unit;
    }
    if (n < s->own->sensors || formats_token_next(line, &at, &token))
        return formats_fail(&file->text, line, NULL, err,
                            "not one value for each of the %u sensors: the file is cut here, export it again",
                            s->own->sensors);
    free(*ret);
    *ret = gait_steal(&value);
    return 0;
}

/* The line that begins with time[secs]: numbers of sensors follow, or force[N]. */
static int take_columns(const struct formats_file *file, struct scan *s, const struct formats_line *line,
                        struct formats_token second, struct gait_error *err)
{
    uint32_t n = count_tokens(line) - 1;

    if (formats_is(second, "force[N]")) {
        s->in_totals = s->totals = true;
        return 0;
    }
    if (s->own->sensors)
        return formats_fail(&file->text, line, NULL, err,
                            "a second recording begins here: export each to a file of its own");
    if (n < 1 || n >= SENSORS_MAX)
        return formats_fail(&file->text, line, NULL, err, "%u sensors are no mat: export the recording again", n);
    if (!s->kPa || !(s->rate_hz > 0))
        return formats_fail(&file->text, line, NULL, err,
                            "'pressure values in kPa' and 'scanning rate [Hz]:' are not both above this line: export "
                            "the recording in kPa");
    s->own->sensors = n;
    return 0;
}

static int take_head(const struct formats_file *file, struct scan *s, const struct formats_line *line,
                     struct gait_error *err)
{
    const char *rate = formats_after(line, "scanning rate [Hz]:"), *unit = formats_after(line, "pressure values in");
    struct formats_token token;

    if (unit)
        s->kPa = formats_token_next(line, &unit, &token) && formats_is(token, "kPa");
    if (rate && (!formats_token_next(line, &rate, &token) || formats_number(token, &s->rate_hz) < 0 ||
                 !(s->rate_hz >= 0.1 && s->rate_hz <= 1e5)))
        return formats_fail(&file->text, line, NULL, err,
                            "'scanning rate [Hz]:' is not followed by 0.1 to 100000: export the recording again");
    return 0;
}

static int take_line(const struct formats_file *file, struct scan *s, const struct formats_line *line,
                     struct gait_error *err)
{
    struct formats_token first, second = {NULL, NULL};
    const char *at = NULL;
    double t_s;

    if (!formats_token_next(line, &at, &first))
        return 0;
    (void)formats_token_next(line, &at, &second);
    if (formats_is(first, "time[secs]"))
        return take_columns(file, s, line, second, err);
    if (!s->own->sensors)
        return take_head(file, s, line, err);
    if (formats_is(first, "x[c]"))
        return take_places(file, s, line, 10, &s->x_mm, err);
    if (formats_is(first, "y[c]"))
        return take_places(file, s, line, 10, &s->y_mm, err);
    if (formats_is(first, "area"))
        return take_places(file, s, line, 100, &s->area_mm2, err);
    if (formats_number(first, &t_s) < 0)
        return 0; /* MVP, MPP, corners of the sensors */
    return s->in_totals ? take_total(file, s, line, t_s, err) : take_pressures(file, s, line, t_s, err);
}

/* --- the grid ---------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Distinct places along one axis: how many, the first, and how far they are from each other. Returns false: they are not even. */
static bool axis_of(const double *place, uint32_t n, double *ret_first_mm, double *ret_pitch_mm, uint32_t *ret_count)
{
    _cleanup_free_ double *sorted = malloc(n * sizeof(*sorted));
    uint32_t count = 0;
    double pitch;

    if (!sorted)
        return false;
    memcpy(sorted, place, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_value);
    for (uint32_t i = 0; i < n; i++)
        if (!count || sorted[i] - sorted[count - 1] > PITCH_MIN_MM)
            sorted[count++] = sorted[i];
    pitch = count > 1 ? (sorted[count - 1] - sorted[0]) / (count - 1) : 0;
    if (!(pitch >= PITCH_MIN_MM && pitch <= PITCH_MAX_MM))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (fabs(sorted[i] - sorted[0] - i * pitch) > PLACE_MM)
            return false;
    *ret_first_mm = sorted[0];
    *ret_pitch_mm = pitch;
    *ret_count = count;
    return true;
}

/* Each sensor in a cell of its own, all of the area of a cell. */
static bool place_sensors(struct scan *s, const struct gait_geometry *g, double x0_mm, double y0_mm)
{
    _cleanup_free_ bool *taken = calloc(gait_geometry_cells(g), sizeof(*taken));
    double area_mm2 = g->pitch_x_mm * g->pitch_y_mm;

    for (uint32_t i = 0; taken && i < s->own->sensors; i++) {
        double col = (s->x_mm[i] - x0_mm) / g->pitch_x_mm, row = (s->y_mm[i] - y0_mm) / g->pitch_y_mm;
        size_t cell = (size_t)llround(row) * g->cols + (size_t)llround(col);

        if (llround(col) >= g->cols || llround(row) >= g->rows || /* nearer than PITCH_MIN_MM to the last one */
            fabs(col - round(col)) * g->pitch_x_mm > PLACE_MM || fabs(row - round(row)) * g->pitch_y_mm > PLACE_MM ||
            fabs(s->area_mm2[i] - area_mm2) > AREA_MM2 + 1e-3 * area_mm2 || taken[cell])
            return false;
        taken[cell] = true;
        s->own->cell[i] = (uint32_t)cell;
    }
    return taken != NULL;
}

static int make_grid(struct formats_file *file, struct scan *s, struct gait_error *err)
{
    struct gait_geometry *g = &file->info.geometry;
    struct formats_line top = {.start = file->text.bytes, .column_1 = file->text.bytes, .number = 1};
    double x0_mm, y0_mm;
    int r;

    if (!s->x_mm || !s->y_mm || !s->area_mm2)
        return gait_error_set(
            err, -EINVAL,
            "%s: this text numbers its sensors but does not say where they lie and how large they are (lines 'x[c]', "
            "'y[c]', 'area' of a pliance mat; a pedar text has 'left insole:' and 'right insole:'): it cannot be read "
            "(docs/SESSION.md)",
            file->text.name);
    s->own->cell = calloc(s->own->sensors, sizeof(*s->own->cell));
    if (!s->own->cell)
        return gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name);
    if (!axis_of(s->x_mm, s->own->sensors, &x0_mm, &g->pitch_x_mm, &g->cols) ||
        !axis_of(s->y_mm, s->own->sensors, &y0_mm, &g->pitch_y_mm, &g->rows))
        return gait_error_set(err, -EINVAL, "%s: its sensors are no even grid: a mat has cells of one size",
                              file->text.name);
    r = formats_matrix_check(file, &top, NULL, g->rows, g->cols, err);
    if (r == 0 && !place_sensors(s, g, x0_mm, y0_mm))
        r = gait_error_set(err, -EINVAL, "%s: its sensors are not of one size, or two lie in one place",
                           file->text.name);
    return r;
}

/* --- frames ------------------------------------------------------------------------------------------------ */

/* Rows with pressures, then totals: each total goes to its frame. What has a total above 0 and no pressures is missing: place_frame() makes a gap of it. */
static int join(const struct formats_file *file, struct scan *s, struct gait_error *err)
{
    struct own *own = s->own;
    size_t p = 0, kept = 0;
    struct row *joined = s->totals ? calloc(own->rows + 1, sizeof(*joined)) : NULL;

    if (!s->totals)
        return 0;
    if (!joined)
        return gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name);
    for (size_t t = s->pressures; t < own->rows; t++) {
        struct row row = own->row[t];

        if (p < s->pressures && own->row[p].number < row.number)
            break;
        if (p < s->pressures && own->row[p].number == row.number) {
            row = own->row[p++];
            row.force_N = own->row[t].force_N;
        }
        if (row.loaded || !(row.force_N > 0))
            joined[kept++] = row;
    }
    if (p < s->pressures) {
        free(joined);
        return formats_fail(&file->text, &own->row[p].line, NULL, err,
                            "the table of forces does not have this frame: the file is cut, export it again");
    }
    free(own->row);
    own->row = joined;
    own->rows = kept;
    return 0;
}

static int scan_file(struct formats_file *file, struct formats_cursor cursor, struct scan *s, struct gait_error *err)
{
    struct formats_line line;
    int r = 0;

    while (r == 0 && formats_line_next(&file->text, &cursor, &line))
        r = take_line(file, s, &line, err);
    if (r == 0)
        r = make_grid(file, s, err);
    return r < 0 ? r : join(file, s, err);
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct scan s = {.own = calloc(1, sizeof(*s.own))};
    int r = s.own ? 0 : gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name);

    file->own = s.own; /* freed with the file */
    r = r < 0 ? r : scan_file(file, *cursor, &s, err);
    free(s.x_mm);
    free(s.y_mm);
    free(s.area_mm2);
    if (r < 0)
        return r;
    file->kPa_per_unit = 1;
    file->info.geometry.rate_hz = s.rate_hz;
    file->period_s = 1 / s.rate_hz;
    cursor->at = 0; /* from here on it counts frames: header() has found them all */
    return 0;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    const struct own *own = file->own;
    const struct row *row;
    struct formats_token token;
    const char *at = NULL;
    int r = 0;

    if (cursor->at >= own->rows)
        return 0;
    row = &own->row[cursor->at++];
    for (size_t i = 0; i < gait_geometry_cells(&file->info.geometry); i++)
        raw[i] = (float)NAN; /* no sensor there */
    (void)(row->loaded && formats_token_next(&row->line, &at, &token));
    for (uint32_t i = 0; i < own->sensors && r == 0; i++) {
        raw[own->cell[i]] = 0;
        if (row->loaded && formats_token_next(&row->line, &at, &token))
            r = formats_cell(file, &row->line, token, &raw[own->cell[i]], err);
    }
    if (r < 0)
        return r;
    *ret_frame =
        (struct formats_frame){.number = row->number, .device_force_N = (double)row->force_N, .line = row->line};
    return 1;
}

const struct formats_format formats_novel_asc = {.info = {"pliance", "novel pliance text (.asc)"},
                                                 .detect = detect,
                                                 .header = header,
                                                 .frame = frame,
                                                 .own_free = own_free};
