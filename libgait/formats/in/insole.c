/*
 * The layout of an insole, a text that the user writes once for each type of insole:
 *
 *     # what, measured by whom
 *     insole,y                            the type as 'sensor type:' of a recording names it, before the first '-'
 *     side,left                           of which foot the places are, seen from above: x to the right, y to the toes, mm
 *     1,186.5,31.0,12.0,45.5,25.1         number, area in mm2, two opposite corners of a rectangle
 *     2,190.0,45.5,12.0,60,12,60,25,45,25 or 3 to 8 corners in their order
 */
#include "insole.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_MAX_MM  400.0
#define LENGTH_MAX_MM 400.0
#define WIDTH_MAX_MM  200.0
#define SENSOR_MAX_MM 100.0
#define AREA_MAX_MM2  1e4
#define SCALE_MAX     1.5 /* an area and an outline farther apart than this are not of one sensor */

double formats_half_digit(struct formats_token number)
{
    double digit = 1;
    bool behind = false;

    for (const char *c = number.start; c < number.end; c++) {
        if (*c == '.' || *c == ',')
            behind = true;
        else if (*c < '0' || *c > '9')
            behind = false;
        else if (behind)
            digit /= 10;
    }
    return digit / 2;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static int take_word(const struct formats_text *text, const struct formats_line *line, struct formats_token key,
                     const char *at, struct formats_insole *insole, struct gait_error *err)
{
    struct formats_token value = {key.end, key.end}, more;
    size_t n;

    if (!formats_field_next(line, &at, &value) || value.start == value.end || formats_field_next(line, &at, &more))
        return formats_fail(text, line, value.start, err, "one word belongs behind '%.*s,'", (int)(key.end - key.start),
                            key.start);
    n = (size_t)(value.end - value.start);
    if (formats_is(key, "insole") && n < sizeof(insole->type)) {
        memcpy(insole->type, value.start, n);
        insole->type[n] = '\0';
        return 0;
    }
    if (formats_is(key, "insole"))
        return formats_fail(text, line, value.start, err, "a type has at most %zu characters",
                            sizeof(insole->type) - 1);
    if (!formats_is(value, "left") && !formats_is(value, "right"))
        return formats_fail(text, line, value.start, err, "'side' is left or right");
    insole->right = formats_is(value, "right");
    return 1;
}

/* Numbers behind the sensor's: its area, then x and y of its corners. Returns how many, or -EINVAL. */
static int take_numbers(const struct formats_text *text, const struct formats_line *line, const char *at,
                        double value[1 + 2 * FORMATS_INSOLE_CORNERS], double *ret_half_digit, struct gait_error *err)
{
    struct formats_token token;
    int n = 0;

    for (; formats_field_next(line, &at, &token); n++) {
        if (n == 1 + 2 * FORMATS_INSOLE_CORNERS)
            return formats_fail(text, line, token.start, err, "a sensor has at most %d corners",
                                FORMATS_INSOLE_CORNERS);
        if (formats_number(token, &value[n]) < 0 || !(fabs(value[n]) <= (n ? PLACE_MAX_MM : AREA_MAX_MM2)))
            return formats_fail(text, line, token.start, err, "%s",
                                n ? "a place within 400 mm belongs here" : "an area of at most 10000 mm2 belongs here");
        if (n == 0)
            *ret_half_digit = formats_half_digit(token);
    }
    return n;
}

static void set_corners(struct formats_sensor *s, const double *place, uint32_t corners)
{
    static const uint8_t x_of[] = {0, 2, 2, 0}, y_of[] = {1, 1, 3, 3}; /* around a rectangle from two of its corners */

    s->corners = corners == 2 ? 4 : corners;
    for (uint32_t i = 0; i < s->corners; i++) {
        s->x_mm[i] = place[corners == 2 ? x_of[i] : 2 * i];
        s->y_mm[i] = place[corners == 2 ? y_of[i] : 2 * i + 1];
    }
}

static int take_sensor(const struct formats_text *text, const struct formats_line *line, struct formats_token key,
                       const char *at, struct formats_insole *insole, struct gait_error *err)
{
    double value[1 + 2 * FORMATS_INSOLE_CORNERS] = {0}, half_digit = 0;
    struct formats_sensor *s;
    uint32_t number;
    int n;

    if (formats_count(key, &number) < 0 || number < 1 || number > FORMATS_INSOLE_SENSORS)
        return formats_fail(text, line, key.start, err,
                            "'insole', 'side' or a sensor's number from 1 to %d belongs here", FORMATS_INSOLE_SENSORS);
    s = &insole->sensor[number];
    if (s->corners)
        return formats_fail(text, line, key.start, err, "sensor %u stands in line %ju already", number,
                            (uintmax_t)s->line);
    n = take_numbers(text, line, at, value, &half_digit, err);
    if (n < 0)
        return n;
    if (n < 5 || n % 2 == 0)
        return formats_fail(text, line, NULL, err,
                            "a sensor is its number, its area in mm2, and x,y of 2 to %d corners",
                            FORMATS_INSOLE_CORNERS);
    if (!(value[0] >= 1))
        return formats_fail(text, line, NULL, err, "an area below 1 mm2 is no sensor's");
    set_corners(s, value + 1, (uint32_t)(n - 1) / 2);
    s->area_mm2 = value[0];
    s->area_off_mm2 = half_digit;
    s->line = line->number;
    return 0;
}

int formats_insole_read(const struct formats_text *text, struct formats_insole *ret, struct gait_error *err)
{
    struct formats_cursor cursor = formats_start(text);
    struct formats_token key;
    struct formats_line line;
    bool side = false, any = false;
    int r = 0;

    memset(ret, 0, sizeof(*ret));
    while (r >= 0 && formats_line_next(text, &cursor, &line)) {
        const char *at = NULL;

        if (formats_blank(&line) || !formats_field_next(&line, &at, &key) || (key.start < key.end && *key.start == '#'))
            continue;
        if (formats_is(key, "insole") || formats_is(key, "side")) {
            r = take_word(text, &line, key, at, ret, err);
            side = side || r == 1;
        } else {
            r = take_sensor(text, &line, key, at, ret, err);
            any = true;
        }
    }
    if (r < 0)
        return r;
    if (!side || !any)
        return gait_error_set(err, -EINVAL,
                              "%s: no %s in it, so it is no layout of an insole (docs/SESSION.md, section 4)",
                              text->name, side ? "sensors are" : "'side,left' or 'side,right' is");
    return 0;
}

/* --- laying out ---------------------------------------------------------------------------------------------- */

enum { FINE = 8 }; /* a cell's side in fine cells */
#define FINE_MM ((double)FORMATS_INSOLE_CELL_MM / FINE)

struct box {
    double x0, x1, y0, y1;
};

static const struct box no_box = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL};

/* Which sensor lies where, finer than the cells will be. */
struct fine {
    uint8_t *sensor; /* [rows * cols]; 0: none */
    uint32_t rows, cols;
    double x0, y0;
};

static struct box box_of(const struct formats_sensor *s, struct box box)
{
    for (uint32_t i = 0; i < s->corners; i++) {
        box.x0 = fmin(box.x0, s->x_mm[i]);
        box.x1 = fmax(box.x1, s->x_mm[i]);
        box.y0 = fmin(box.y0, s->y_mm[i]);
        box.y1 = fmax(box.y1, s->y_mm[i]);
    }
    return box;
}

/* Half-open: a point on an edge that two sensors share is in one of them. */
static bool is_inside(const struct formats_sensor *s, double x, double y)
{
    bool inside = false;

    for (uint32_t i = 0, k = s->corners - 1; i < s->corners; k = i++)
        if ((s->y_mm[i] > y) != (s->y_mm[k] > y) &&
            x < s->x_mm[i] + (s->x_mm[k] - s->x_mm[i]) * (y - s->y_mm[i]) / (s->y_mm[k] - s->y_mm[i]))
            inside = !inside;
    return inside;
}

/* The fine cells from `first` on whose centres lie between two places. */
static void span(double from_mm, double to_mm, uint32_t limit, uint32_t *ret_first, uint32_t *ret_end)
{
    double first = floor(from_mm / FINE_MM - 0.5), end = ceil(to_mm / FINE_MM + 0.5);

    *ret_first = first > 0 ? (uint32_t)first : 0;
    *ret_end = end < limit ? (uint32_t)end : limit;
}

/* The fine cells whose centres a sensor encloses and none before it. Returns how many. */
static uint32_t take_cells(const struct formats_sensor *s, uint8_t number, const struct fine *fine)
{
    struct box box = box_of(s, no_box);
    uint32_t row, row_end, col_first, col_end, n = 0;

    span(box.y0 - fine->y0, box.y1 - fine->y0, fine->rows, &row, &row_end);
    span(box.x0 - fine->x0, box.x1 - fine->x0, fine->cols, &col_first, &col_end);
    for (; row < row_end; row++)
        for (uint32_t col = col_first; col < col_end; col++) {
            uint8_t *cell = &fine->sensor[(size_t)row * fine->cols + col];

            if (!*cell && is_inside(s, fine->x0 + (col + 0.5) * FINE_MM, fine->y0 + (row + 0.5) * FINE_MM)) {
                *cell = number;
                n++;
            }
        }
    return n;
}

static struct formats_sensor for_foot(const struct formats_sensor *s, bool mirror)
{
    struct formats_sensor result = *s;

    for (uint32_t i = 0; mirror && i < s->corners; i++)
        result.x_mm[i] = -s->x_mm[i];
    return result;
}

static int lay_sensors(const struct formats_insole *insole, const char *name, bool mirror, struct fine *fine,
                       struct gait_error *err)
{
    for (uint32_t k = 1; k <= FORMATS_INSOLE_SENSORS; k++) {
        struct formats_sensor s = for_foot(&insole->sensor[k], mirror);
        struct box box = box_of(&s, no_box);
        double mm2, scale;

        if (!s.corners)
            continue;
        if (!(box.x1 - box.x0 <= SENSOR_MAX_MM && box.y1 - box.y0 <= SENSOR_MAX_MM))
            return gait_error_set(err, -EINVAL, "%s:%ju: %.0f by %.0f mm is no sensor's outline: places are in mm",
                                  name, (uintmax_t)s.line, box.x1 - box.x0, box.y1 - box.y0);
        mm2 = take_cells(&s, (uint8_t)k, fine) * FINE_MM * FINE_MM;
        scale = s.area_mm2 / mm2;
        if (!(scale <= SCALE_MAX && scale >= 1 / SCALE_MAX))
            return gait_error_set(err, -EINVAL,
                                  "%s:%ju: what sensor %u encloses, and no other before it, is %.0f mm2, its area is "
                                  "%g mm2: correct one of them",
                                  name, (uintmax_t)s.line, k, mm2, s.area_mm2);
    }
    return 0;
}

/* Whose a cell is: what each sensor (or none: 0) covers of it is added to what it is owed, and who is owed most gets it. */
static uint8_t give_cell(const struct fine *fine, uint32_t row, uint32_t col, double owed[FORMATS_INSOLE_SENSORS + 1])
{
    uint32_t count[FORMATS_INSOLE_SENSORS + 1] = {0};
    int best = -1;

    for (uint32_t y = 0; y < FINE; y++)
        for (uint32_t x = 0; x < FINE; x++)
            count[fine->sensor[(size_t)(row * FINE + y) * fine->cols + col * FINE + x]]++;
    for (int k = 0; k <= FORMATS_INSOLE_SENSORS; k++) {
        owed[k] += (double)count[k] / (FINE * FINE);
        if (count[k] && (best < 0 || owed[k] > owed[best]))
            best = k;
    }
    owed[best] -= 1;
    return (uint8_t)best;
}

static int lay_cells(const struct formats_insole *insole, const char *name, const struct fine *fine,
                     struct formats_grid *grid, struct gait_error *err)
{
    uint32_t rows = fine->rows / FINE, cols = fine->cols / FINE, n[FORMATS_INSOLE_SENSORS + 1] = {0};
    double owed[FORMATS_INSOLE_SENSORS + 1] = {0};

    for (uint32_t i = 0; i < rows * cols; i++) {
        grid->sensor[i] = give_cell(fine, i / cols, i % cols, owed);
        n[grid->sensor[i]]++;
    }
    for (uint32_t k = 1; k <= FORMATS_INSOLE_SENSORS; k++) {
        const struct formats_sensor *s = &insole->sensor[k];

        if (s->corners && !n[k])
            return gait_error_set(err, -EINVAL, "%s:%ju: sensor %u is too small for a cell of %d mm", name,
                                  (uintmax_t)s->line, k, FORMATS_INSOLE_CELL_MM);
        grid->scale[k] = n[k] ? s->area_mm2 / (n[k] * FORMATS_INSOLE_CELL_MM * FORMATS_INSOLE_CELL_MM) : 0;
    }
    return 0;
}

int formats_insole_lay(const struct formats_insole *insole, const char *name, bool right, struct gait_geometry *g,
                       struct formats_grid *ret, struct gait_error *err)
{
    const double pitch = FORMATS_INSOLE_CELL_MM;
    struct fine fine = {.sensor = NULL};
    struct box box = no_box;
    bool mirror = insole->right != right;
    int r;

    for (uint32_t k = 1; k <= FORMATS_INSOLE_SENSORS; k++) {
        struct formats_sensor s = for_foot(&insole->sensor[k], mirror);

        box = box_of(&s, box);
    }
    if (!(box.x1 - box.x0 <= WIDTH_MAX_MM && box.y1 - box.y0 <= LENGTH_MAX_MM))
        return gait_error_set(err, -EINVAL,
                              "%s: %.0f mm wide and %.0f mm long is no insole: places are in mm, y runs to the toes",
                              name, box.x1 - box.x0, box.y1 - box.y0);
    fine.x0 = box.x0 - pitch;
    fine.y0 = box.y0 - pitch;
    g->pitch_x_mm = g->pitch_y_mm = pitch;
    g->cols = (uint32_t)ceil((box.x1 - fine.x0) / pitch) + 1;
    g->rows = (uint32_t)ceil((box.y1 - fine.y0) / pitch) + 1;
    fine.cols = g->cols * FINE;
    fine.rows = g->rows * FINE;
    fine.sensor = calloc((size_t)fine.rows * fine.cols, 1);
    if (!fine.sensor)
        return gait_error_set(err, -ENOMEM, "%s: no memory", name);
    r = lay_sensors(insole, name, mirror, &fine, err);
    ret->sensor = r < 0 ? NULL : calloc(gait_geometry_cells(g), 1);
    if (r == 0 && !ret->sensor)
        r = gait_error_set(err, -ENOMEM, "%s: no memory", name);
    r = r < 0 ? r : lay_cells(insole, name, &fine, ret, err);
    free(fine.sensor);
    return r; /* ret->sensor is the caller's, also on failure */
}
