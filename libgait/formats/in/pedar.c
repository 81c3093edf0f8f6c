/*
 * novel pedar ASCII (.asc), of insoles:
 *
 *     file name: ... date/time ...
 *     sensor type:  y-1865l-...                             type of the insole, then serials
 *     total time [secs]: ... scanning rate [Hz]: 100
 *     pressure values in kPa
 *     left insole: 1,2,3, ... 99,                           the sensors of each foot that follow as columns, the left foot's first
 *     right insole: 1,2,3, ... 99,
 *     time[secs]  1  2 ... 99  1  2 ... 99
 *     0.01000  32.500 ...                                   every frame; means and maxima below them are passed over
 *
 * Where the sensors lie and how large they are is not in it (it differs by type and size): an insole's layout (insole.c) tells. One source is one foot.
 * Each cell has the pressure of the sensor whose it is, times the sensor's area over that of its cells: they sum to the sensor's force.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "insole.h"
#include "pedar.h"

struct list {
    uint8_t sensor[FORMATS_INSOLE_SENSORS];
    uint32_t n;
    int order; /* of the two lines: 1, 2; 0: there is none */
};

struct own {
    struct formats_grid grid;
    struct pedar_totals totals;
    struct list foot;       /* the one that is given out */
    uint32_t skip, columns; /* of the other foot before it; of both */
    double rate_hz;
    struct formats_insole insole;
};

struct head {
    struct list foot[2];
    struct formats_token type;
    double rate_hz;
    bool kPa;
};

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "time[secs]") &&
                   (formats_holds(text, FORMATS_HEAD_BYTES, "left insole:") ||
                    formats_holds(text, FORMATS_HEAD_BYTES, "right insole:"))
               ? 90
               : 0;
}

static void own_free(void *at)
{
    struct own *own = at;

    if (!own)
        return;
    free(own->grid.sensor);
    free(own->totals.total);
    free(own);
}

/* --- the head ------------------------------------------------------------------------------------------------ */

static int take_list(const struct formats_file *file, const struct formats_line *line, const char *at,
                     struct list *list, struct gait_error *err)
{
    struct formats_line rest = {.start = at, .end = line->end, .column_1 = line->column_1, .number = line->number};
    struct formats_token token;
    const char *field = NULL;
    uint32_t number;

    while (formats_field_next(&rest, &field, &token)) {
        if (token.start == token.end)
            continue; /* behind the last comma */
        if (formats_count(token, &number) < 0 || number < 1 || number > FORMATS_INSOLE_SENSORS ||
            memchr(list->sensor, (int)number, list->n))
            return formats_fail(&file->text, line, token.start, err,
                                "a sensor's number from 1 to %d, each once, belongs here: export the recording again",
                                FORMATS_INSOLE_SENSORS);
        list->sensor[list->n++] = (uint8_t)number;
    }
    return 0;
}

static int take_head(const struct formats_file *file, struct head *h, const struct formats_line *line,
                     struct gait_error *err)
{
    static const char *const name[2] = {"left insole:", "right insole:"};
    const char *rate = formats_after(line, "scanning rate [Hz]:"), *unit = formats_after(line, "pressure values in"),
               *type = formats_after(line, "sensor type:");
    struct formats_token token;

    for (int foot = 0; foot < 2; foot++) {
        const char *at = formats_after(line, name[foot]);

        if (!at)
            continue;
        if (h->foot[foot].order)
            return formats_fail(&file->text, line, NULL, err,
                                "'%s' stands here again: export each recording to a file of its own", name[foot]);
        h->foot[foot].order = h->foot[!foot].order + 1;
        return take_list(file, line, at, &h->foot[foot], err);
    }
    if (unit)
        h->kPa = formats_token_next(line, &unit, &token) && formats_is(token, "kPa");
    if (type && formats_token_next(line, &type, &token)) {
        const char *dash = memchr(token.start, '-', (size_t)(token.end - token.start));

        h->type = (struct formats_token){token.start, dash ? dash : token.end};
    }
    if (rate && (!formats_token_next(line, &rate, &token) || formats_number(token, &h->rate_hz) < 0 ||
                 !(h->rate_hz >= 0.1 && h->rate_hz <= 1e5)))
        return formats_fail(&file->text, line, NULL, err,
                            "'scanning rate [Hz]:' is not followed by 0.1 to 100000: export the recording again");
    return 0;
}

/* The line that begins with time[secs] numbers the columns: the sensors of the two lists, one behind the other. */
static int check_columns(const struct formats_file *file, const struct head *h, const struct formats_line *line,
                         struct gait_error *err)
{
    const struct list *first = &h->foot[h->foot[1].order == 1];
    uint32_t n = 0, all = h->foot[0].n + h->foot[1].n, number;
    struct formats_token token;
    const char *at = NULL;

    (void)formats_token_next(line, &at, &token);
    for (; formats_token_next(line, &at, &token); n++) {
        const struct list *list = n < first->n ? first : &h->foot[first == &h->foot[0]];
        uint32_t i = n < first->n ? n : n - first->n;

        if (n >= all || formats_count(token, &number) < 0 || number != list->sensor[i])
            return formats_fail(&file->text, line, token.start, err,
                                "the columns are not the sensors of 'left insole:' and 'right insole:': whose they are "
                                "is not told, export the recording again");
    }
    if (n < all || !n)
        return formats_fail(&file->text, line, NULL, err,
                            "%u columns where 'left insole:' and 'right insole:' name %u sensors: export the "
                            "recording again",
                            n, all);
    if (!h->kPa || !(h->rate_hz > 0))
        return formats_fail(&file->text, line, NULL, err,
                            "'pressure values in kPa' and 'scanning rate [Hz]:' are not both above this line: export "
                            "the recording in kPa");
    return 0;
}

static int read_head(const struct formats_file *file, struct formats_cursor *cursor, struct head *h,
                     struct gait_error *err)
{
    struct formats_token first;
    struct formats_line line;
    int r = 0;

    while (r == 0 && formats_line_next(&file->text, cursor, &line)) {
        const char *at = NULL;

        if (formats_token_next(&line, &at, &first) && formats_is(first, "time[secs]"))
            return check_columns(file, h, &line, err);
        r = take_head(file, h, &line, err);
    }
    return r < 0
               ? r
               : gait_error_set(err, -EINVAL, "%s: no line 'time[secs]': export the recording again", file->text.name);
}

/* --- the insole ---------------------------------------------------------------------------------------------- */

static int check_layout(const struct formats_file *file, const struct head *h, const struct own *own,
                        struct gait_error *err)
{
    const struct formats_insole *insole = &own->insole;
    size_t n = strlen(insole->type), told = (size_t)(h->type.end - h->type.start);
    char quote[FORMATS_QUOTE_MAX + 4];

    if (n && told && (n != told || strncasecmp(insole->type, h->type.start, n) != 0))
        return gait_error_set(err, -EINVAL,
                              "%s: the recording is of an insole '%s', the layout of '%s' (%s): name its own",
                              file->text.name, formats_quote(h->type, quote), insole->type, file->beside->insole.name);
    for (uint32_t i = 0; i < own->foot.n; i++)
        if (!insole->sensor[own->foot.sensor[i]].corners)
            return gait_error_set(err, -EINVAL, "%s: sensor %u of the recording is not in it",
                                  file->beside->insole.name, own->foot.sensor[i]);
    return 0;
}

static int lay_out(struct formats_file *file, const struct head *h, struct own *own, struct gait_error *err)
{
    const struct formats_beside *beside = file->beside;
    int r = formats_insole_read(&beside->insole, &own->insole, err);

    r = r < 0 ? r : check_layout(file, h, own, err);
    r = r < 0 ? r
              : formats_insole_lay(&own->insole, beside->insole.name, beside->right, &file->info.geometry, &own->grid,
                                   err);
    if (r == 0 && beside->totals.bytes)
        r = pedar_totals_read(&beside->totals, h->rate_hz, h->foot[0].n && h->foot[1].n, beside->right, &own->totals,
                              err);
    return r;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    struct own *own = calloc(1, sizeof(*own));
    struct head h = {.rate_hz = 0};
    const struct list *other;
    int r = own ? read_head(file, cursor, &h, err) : gait_error_set(err, -ENOMEM, "%s: no memory", file->text.name);

    file->own = own; /* freed with the file */
    if (r < 0)
        return r;
    if (!file->beside)
        return gait_error_set(err, -EINVAL,
                              "%s: a pedar text does not say where the sensors of its insole lie and how large they "
                              "are: name a file that does ('gait import --insole', docs/SESSION.md)",
                              file->text.name);
    own->foot = h.foot[file->beside->right];
    other = &h.foot[!file->beside->right];
    if (!own->foot.n)
        return gait_error_set(err, -ENODATA, "%s: no sensors of the %s foot", file->text.name,
                              file->beside->right ? "right" : "left");
    own->columns = own->foot.n + other->n;
    own->skip = other->order && other->order < own->foot.order ? other->n : 0;
    own->rate_hz = file->info.geometry.rate_hz = h.rate_hz;
    file->period_s = 1 / h.rate_hz;
    file->kPa_per_unit = 1;
    snprintf(file->info.side, sizeof(file->info.side), file->beside->right ? "right" : "left");
    return lay_out(file, &h, own, err);
}

/* --- frames -------------------------------------------------------------------------------------------------- */

/* The sensors of the foot; how far their pressures and areas as written leave its force open is added up. Returns 0 or -EINVAL. */
static int take_pressures(const struct formats_file *file, const struct formats_line *line, const char *at,
                          float kPa[FORMATS_INSOLE_SENSORS + 1], double *ret_off_N, struct gait_error *err)
{
    const struct own *own = file->own;
    struct formats_token token;
    uint32_t n = 0;
    int r = 0;

    for (; r == 0 && formats_token_next(line, &at, &token); n++) {
        uint32_t k = n >= own->skip && n - own->skip < own->foot.n ? own->foot.sensor[n - own->skip] : 0;
        const struct formats_sensor *s = &own->insole.sensor[k];

        if (n > own->columns)
            break;
        r = formats_cell(file, line, token, &kPa[k], err); /* [0]: the other foot's */
        if (k && r == 0 && kPa[k] != 0)
            *ret_off_N += (formats_half_digit(token) * s->area_mm2 + fabs((double)kPa[k]) * s->area_off_mm2) / 1000;
    }
    if (r == 0 && n != own->columns)
        r = formats_fail(&file->text, line, NULL, err,
                         "not one value for each of the %u sensors: the file is cut here, export it again",
                         own->columns);
    return r;
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    const struct own *own = file->own;
    float kPa[FORMATS_INSOLE_SENSORS + 1];
    struct formats_frame f = {.device_force_N = (double)NAN};
    struct formats_token first;
    const char *at = NULL;
    double t_s;
    int r;

    do {
        at = NULL;
        if (!formats_line_next(&file->text, cursor, &f.line))
            return 0;
    } while (!formats_token_next(&f.line, &at, &first) || formats_number(first, &t_s) < 0);
    r = pedar_number(&file->text, &f.line, t_s, own->rate_hz, &f.number, err);
    for (uint32_t k = 0; k <= FORMATS_INSOLE_SENSORS; k++)
        kPa[k] = (float)NAN;
    r = r < 0 ? r : take_pressures(file, &f.line, at, kPa, &f.device_off_N, err);
    if (r < 0)
        return r;
    kPa[0] = (float)NAN; /* no sensor there */
    for (size_t i = 0; i < gait_geometry_cells(&file->info.geometry); i++)
        raw[i] = (float)((double)kPa[own->grid.sensor[i]] * own->grid.scale[own->grid.sensor[i]]);
    f.device_force_N = pedar_total_of(&own->totals, f.number);
    if (own->totals.n && isnan(f.device_force_N))
        return formats_fail(&file->text, &f.line, NULL, err,
                            "the .fgt beside it does not have this frame: it is of another recording, or cut");
    *ret_frame = f;
    return 1;
}

const struct formats_format formats_pedar = {.info = {"pedar", "novel pedar text (.asc) with a layout of its insole"},
                                             .detect = detect,
                                             .header = header,
                                             .frame = frame,
                                             .own_free = own_free};
