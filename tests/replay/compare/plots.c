/*
 * Draws the figures of docs/COMPARE.md from the simulations' RESULT lines: compare_plots RESULTS FOLDER. In the report's own hand.
 *
 * RESULT compare_power mdc=.. one=.. three=.. of=..                   compare-power.png
 * RESULT compare_pipeline_power mdc=.. alone=.. any=.. of=..
 * RESULT compare_unchanged wrong=.. of=.. what=..                     compare-unchanged.png
 * RESULT compare_pipeline_unchanged wrong=.. of=..
 * RESULT compare_rate found=.. of=.. promised=0.950 what=95 % ...     compare-coverage.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "report/canvas.h"

enum { ROWS_MAX = 64, WHAT_MAX = 96, WIDTH = 560, HEIGHT = 300, SCALE = 2 };

#define ROW 15.0

/* A share with its count. */
struct row {
    double x;
    int found, of;
    char what[WHAT_MAX];
};

struct rows {
    struct row row[ROWS_MAX];
    size_t n;
};

struct results {
    struct rows one, three, pipeline_one, pipeline_any, unchanged, coverage;
};

static void put(struct rows *rows, double x, int found, int of, const char *what)
{
    if (rows->n == ROWS_MAX || of <= 0)
        return;
    rows->row[rows->n] = (struct row){.x = x, .found = found, .of = of};
    snprintf(rows->row[rows->n++].what, WHAT_MAX, "%.*s", (int)strcspn(what, "\n"), what);
}

static void take(struct results *r, const char *line)
{
    const char *what = strstr(line, "what=");
    double mdc, promised;
    int a, b, of;

    what = what ? what + 5 : "";
    if (sscanf(line, "RESULT compare_power mdc=%lf one=%d three=%d of=%d", &mdc, &a, &b, &of) == 4) {
        put(&r->one, mdc, a, of, "");
        put(&r->three, mdc, b, of, "");
    } else if (sscanf(line, "RESULT compare_pipeline_power mdc=%lf alone=%d any=%d of=%d", &mdc, &a, &b, &of) == 4) {
        put(&r->pipeline_one, mdc, a, of, "");
        put(&r->pipeline_any, mdc, b, of, "");
    } else if (sscanf(line, "RESULT compare_unchanged wrong=%d of=%d", &a, &of) == 2) {
        put(&r->unchanged, 0, a, of, what);
    } else if (sscanf(line, "RESULT compare_pipeline_unchanged wrong=%d of=%d", &a, &of) == 2) {
        put(&r->unchanged, 0, a, of, "from frames to verdict, MDC of 20 others");
    } else if (sscanf(line, "RESULT compare_rate found=%d of=%d promised=%lf", &a, &of, &promised) == 3 &&
               strncmp(what, "95 %", 4) == 0) {
        put(&r->coverage, promised, a, of, what);
    }
}

/* Wilson's interval of a share. */
static void interval(const struct row *row, double *ret_lo, double *ret_hi)
{
    double n = row->of, p = row->found / n, z2 = 1.96 * 1.96, middle = (p + z2 / (2 * n)) / (1 + z2 / n),
           half = 1.96 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);

    *ret_lo = 100 * (middle - half);
    *ret_hi = 100 * (middle + half);
}

static double percent(const struct row *row)
{
    return 100.0 * row->found / row->of;
}

/* ---- power ------------------------------------------------------------------------------------------------------------------ */

static void curve(cairo_t *cr, const struct rows *rows, const struct axis *x, const struct axis *y,
                  enum canvas_colour colour, bool dashed)
{
    static const double dash[] = {4, 3};

    for (size_t i = 0; i < rows->n; i++)
        cairo_line_to(cr, axis_at(x, rows->row[i].x), axis_at(y, percent(&rows->row[i])));
    canvas_ink(cr, colour, 1);
    cairo_set_line_width(cr, 1.3);
    cairo_set_dash(cr, dash, dashed ? 2 : 0, 0);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

static void points(cairo_t *cr, const struct rows *rows, const struct axis *x, const struct axis *y,
                   enum canvas_colour colour, double aside)
{
    for (size_t i = 0; i < rows->n; i++) {
        double at = axis_at(x, rows->row[i].x) + aside, lo, hi;

        interval(&rows->row[i], &lo, &hi);
        canvas_ink(cr, colour, 1);
        canvas_line(cr, at, axis_at(y, lo), at, axis_at(y, hi), 1);
        cairo_arc(cr, at, axis_at(y, percent(&rows->row[i])), 3, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
}

static void key(cairo_t *cr, double x, double y, enum canvas_colour colour, int kind, const char *text)
{
    static const double dash[] = {4, 3};

    canvas_ink(cr, colour, 1);
    cairo_set_dash(cr, dash, kind == 1 ? 2 : 0, 0);
    if (kind < 2) {
        canvas_line(cr, x, y - 2.5, x + 18, y - 2.5, 1.3);
    } else {
        cairo_arc(cr, x + 9, y - 2.5, 3, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
    cairo_set_dash(cr, NULL, 0, 0);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_text(cr, x + 24, y, 7.5, CANVAS_START, text);
}

static void draw_power(cairo_t *cr, const struct results *r)
{
    struct box plot = {40, 26, WIDTH - 60, HEIGHT - 60};
    struct axis x = {0, 3.2, plot.x, plot.x + plot.w}, y = {0, 100, plot.y + plot.h, plot.y};
    char text[160];

    canvas_ink(cr, CANVAS_PALE, 1);
    canvas_line(cr, plot.x, axis_at(&y, 80), plot.x + plot.w, axis_at(&y, 80), 0.6);
    curve(cr, &r->one, &x, &y, CANVAS_LEFT, false);
    curve(cr, &r->three, &x, &y, CANVAS_RIGHT, true);
    points(cr, &r->pipeline_one, &x, &y, CANVAS_LEFT, -2);
    points(cr, &r->pipeline_any, &x, &y, CANVAS_RIGHT, 2);
    canvas_frame(cr, plot);
    axis_draw_x(cr, &x, plot, "true change, in MDC95");
    axis_draw_y(cr, &y, plot, "called beyond_error, % of patients");
    key(cr, plot.x + plot.w - 240, plot.y + plot.h - 62, CANVAS_LEFT, 0, "one primary metric, simulated numbers");
    key(cr, plot.x + plot.w - 240, plot.y + plot.h - 48, CANVAS_RIGHT, 1, "any, where one of three changed");
    snprintf(text, sizeof(text), "one primary, from frames to verdict (n %d a point)",
             r->pipeline_one.n ? r->pipeline_one.row[0].of : 0);
    key(cr, plot.x + plot.w - 240, plot.y + plot.h - 34, CANVAS_LEFT, 2, text);
    key(cr, plot.x + plot.w - 240, plot.y + plot.h - 20, CANVAS_RIGHT, 2, "any of three, from frames to verdict");
}

/* ---- shares below each other ------------------------------------------------------------------------------------------------- */

static void draw_shares(cairo_t *cr, const struct rows *rows, double lo, double hi, double from, double to,
                        const char *title)
{
    struct box plot = {290, 14, WIDTH - 290 - 70, ROW * (double)rows->n + 6};
    struct axis x = {lo, hi, plot.x, plot.x + plot.w};
    char text[64];

    canvas_ink(cr, CANVAS_PALE, 0.6);
    cairo_rectangle(cr, axis_at(&x, from), plot.y, axis_at(&x, to) - axis_at(&x, from), plot.h);
    cairo_fill(cr);
    for (size_t i = 0; i < rows->n; i++) {
        double y = plot.y + 3 + ROW * ((double)i + 0.5), at[2];

        interval(&rows->row[i], &at[0], &at[1]);
        canvas_ink(cr, CANVAS_INK, 1);
        canvas_text(cr, 6, y + 2.5, 7, CANVAS_START, rows->row[i].what);
        snprintf(text, sizeof(text), "%.2f %%  of %d", percent(&rows->row[i]), rows->row[i].of);
        canvas_text(cr, WIDTH - 4, y + 2.5, 7, CANVAS_END, text);
        canvas_ink(cr, CANVAS_LEFT, 1);
        canvas_line(cr, axis_at(&x, fmax(at[0], lo)), y, axis_at(&x, fmin(at[1], hi)), y, 1.1);
        cairo_arc(cr, axis_at(&x, percent(&rows->row[i])), y, 2.6, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
    canvas_frame(cr, plot);
    axis_draw_x(cr, &x, plot, title);
}

static void draw_unchanged(cairo_t *cr, const struct results *r)
{
    draw_shares(cr, &r->unchanged, 0, 10, 0, 5, "unchanged patients with any beyond_error, %; grey: promised");
}

static void draw_coverage(cairo_t *cr, const struct results *r)
{
    draw_shares(cr, &r->coverage, 86, 98, 94, 96, "intervals that hold the truth, %; grey: 95 -+ 1");
}

/* ---- files ------------------------------------------------------------------------------------------------------------------ */

static int write_png(const char *folder, const char *name, double height, const struct results *r,
                     void (*draw)(cairo_t *cr, const struct results *r))
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH * SCALE, (int)(height * SCALE));
    cairo_t *cr = cairo_create(surface);
    cairo_status_t status;
    char path[4096];

    cairo_scale(cr, SCALE, SCALE);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    draw(cr, r);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    status = cairo_surface_write_to_png(surface, path);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "%s: %s\n", path, cairo_status_to_string(status));
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ? 0 : -1;
}

int main(int argc, char **argv)
{
    static struct results r;
    FILE *in = argc == 3 ? fopen(argv[1], "re") : NULL;
    char line[512];
    int failed;

    if (!in) {
        fprintf(stderr, "usage: compare_plots RESULTS FOLDER\n");
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof(line), in))
        take(&r, line);
    fclose(in);
    failed = write_png(argv[2], "compare-power.png", HEIGHT, &r, draw_power) |
             write_png(argv[2], "compare-unchanged.png", ROW * (double)r.unchanged.n + 46, &r, draw_unchanged) |
             write_png(argv[2], "compare-coverage.png", ROW * (double)r.coverage.n + 46, &r, draw_coverage);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
