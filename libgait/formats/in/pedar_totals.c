/*
 * novel pedar forces (.fgt), written beside an .asc of the same measurement:
 *
 *     file name: ...                                        six lines of head: sensor type, integrals of force and pressure, times
 *     time[secs] ...                                        names of the columns
 *     0.01000  512.300 92.500 31.2 88.1  498.750 ...        time, then for each foot, the left one first: force, largest pressure, centre of pressure
 *
 * What the columns are called differs; which they are does not: of both feet 9, of one 5. Should it be otherwise, the forces contradict the pressures.
 */
#include "pedar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_ONE = 5, COLUMNS_BOTH = 9 };

int pedar_number(const struct formats_text *text, const struct formats_line *line, double t_s, double rate_hz,
                 uint32_t *ret, struct gait_error *err)
{
    double n = t_s * rate_hz;

    if (!(n >= -0.1 && n < 1e9) || fabs(n - round(n)) > 0.1)
        return formats_fail(text, line, NULL, err,
                            "the time %g s is no multiple of the scanning rate of %g Hz: export the recording again",
                            t_s, rate_hz);
    *ret = (uint32_t)llround(n);
    return 0;
}

static int add_total(struct pedar_totals *totals, size_t *room, struct pedar_total total)
{
    if (totals->n == *room) {
        size_t more = *room ? 2 * *room : 256;
        struct pedar_total *grown = reallocarray(totals->total, more, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        totals->total = grown;
        *room = more;
    }
    totals->total[totals->n++] = total;
    return 0;
}

/* A line of the table. Returns 1; 0 it is none (means and maxima below it); -EINVAL. */
static int take_row(const struct formats_text *text, const struct formats_line *line, double rate_hz, int columns,
                    int column, struct pedar_total *ret, struct gait_error *err)
{
    struct formats_token token;
    const char *at = NULL;
    double t_s;
    int n = 0;

    if (!formats_token_next(line, &at, &token) || formats_number(token, &t_s) < 0)
        return 0;
    ret->force_N = (double)NAN;
    for (n = 1; formats_token_next(line, &at, &token) && n <= columns; n++)
        if (n == column && (formats_number(token, &ret->force_N) < 0 || !(ret->force_N >= 0 && ret->force_N < 1e6)))
            return formats_fail(text, line, token.start, err,
                                "a force belongs here: the file is damaged, export it again");
    if (n != columns)
        return formats_fail(text, line, NULL, err,
                            "not the %d columns of %s: export it again, or move it away to import without totals",
                            columns, columns == COLUMNS_BOTH ? "both feet" : "one foot");
    n = pedar_number(text, line, t_s, rate_hz, &ret->number, err);
    return n < 0 ? n : 1;
}

int pedar_totals_read(const struct formats_text *text, double rate_hz, bool both, bool right, struct pedar_totals *ret,
                      struct gait_error *err)
{
    struct formats_cursor cursor = formats_start(text);
    struct formats_line line;
    bool in_table = false;
    size_t room = 0;
    int r = 0;

    *ret = (struct pedar_totals){NULL, 0};
    while (r >= 0 && formats_line_next(text, &cursor, &line)) {
        struct pedar_total total;

        if (!in_table) {
            in_table = formats_after(&line, "time[secs]") != NULL;
            continue;
        }
        r = take_row(text, &line, rate_hz, both ? COLUMNS_BOTH : COLUMNS_ONE, both && right ? 5 : 1, &total, err);
        if (r == 1 && ret->n && total.number <= ret->total[ret->n - 1].number)
            r = formats_fail(text, &line, NULL, err, "the time goes back: export it again");
        if (r == 1 && add_total(ret, &room, total) < 0)
            r = gait_error_set(err, -ENOMEM, "%s: no memory", text->name);
    }
    if (r >= 0 && !ret->n)
        r = gait_error_set(
            err, -EINVAL, "%s: no forces in it: export it again, or move it away to import without totals", text->name);
    return r < 0 ? r : 0;
}

double pedar_total_of(const struct pedar_totals *totals, uint32_t number)
{
    size_t low = 0, high = totals->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (totals->total[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < totals->n && totals->total[low].number == number ? totals->total[low].force_N : (double)NAN;
}
