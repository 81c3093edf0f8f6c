/* Which pages a report has and what stands where on them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../print.h"
#include "pages.h"
#include "report.h"

enum { PAGES_MAX = 256, STEPS_A_PAGE = 4, BODY = PAGE_BODY, FOOT = PAGE_FOOT };

#define WIDTH (CANVAS_WIDTH - 2.0 * CANVAS_MARGIN)

struct page {
    enum { SUMMARY, PICTURES, FOREST, MAPS, CURVES, PRINTS, STEPS, PEOPLE, PROVENANCE } kind;
    unsigned index; /* timepoint, or number of its kind */
};

static unsigned shown_metrics(const struct study *s, enum gait_metric *ret_metric)
{
    unsigned n = 0;

    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        if (study_shows(s, (enum gait_metric)m))
            ret_metric[n++] = (enum gait_metric)m;
    return n;
}

/* The timepoint that the summary's pictures show: the first after treatment. */
unsigned page_first_after(const struct study *s)
{
    for (unsigned i = 0; i < s->n_timepoint; i++)
        if (!study_is_before(s, s->timepoint[i]))
            return i;
    return 0;
}

static unsigned person_pages(const struct study *s, struct page *page)
{
    enum gait_metric metric[GAIT_METRIC_COUNT];
    unsigned n = 0, steps = (shown_metrics(s, metric) + STEPS_A_PAGE - 1) / STEPS_A_PAGE;

    for (unsigned i = 0; i < summary_pages(s); i++)
        page[n++] = (struct page){SUMMARY, i};
    if (!s->n_timepoint)
        return n;
    if (!s->options->full) {
        page[n++] = (struct page){PICTURES, page_first_after(s)};
        return n;
    }
    for (unsigned t = 0; t < s->n_timepoint; t++) {
        page[n++] = (struct page){FOREST, t};
        page[n++] = (struct page){MAPS, t};
        page[n++] = (struct page){CURVES, t};
        page[n++] = (struct page){PRINTS, t};
    }
    for (unsigned i = 0; i < steps && n < PAGES_MAX / 2; i++)
        page[n++] = (struct page){STEPS, i};
    return n;
}

static unsigned list(const struct study *s, struct page *page)
{
    unsigned n = 0, more = provenance_pages(s);

    if (s->plan.kind == GAIT_DESIGN_ONE_PERSON) {
        n = person_pages(s, page);
        if (!s->options->full && s->n_timepoint)
            return n; /* it stands at the foot of the second page */
    } else {
        for (unsigned i = 0; i < summary_pages(s); i++)
            page[n++] = (struct page){SUMMARY, i};
        for (unsigned t = 0; t < s->n_timepoint; t++)
            page[n++] = (struct page){PEOPLE, t};
    }
    for (unsigned i = 0; i < more && n < PAGES_MAX; i++)
        page[n++] = (struct page){PROVENANCE, i};
    return n;
}

unsigned pages_count(const struct study *study)
{
    struct page page[PAGES_MAX];

    return list(study, page);
}

/* ---- what all pages bear --------------------------------------------------------------------------------------------------- */

void page_head(cairo_t *cr, const struct study *s, const char *title)
{
    char text[400];

    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, CANVAS_MARGIN, 40, 14, CANVAS_START, title);
    snprintf(text, sizeof(text), "%.60s  %.60s", s->plan.kind == GAIT_DESIGN_ONE_PERSON ? s->pass[0].subject : "",
             s->plan.kind == GAIT_DESIGN_ONE_PERSON ? s->pass[0].session : "");
    canvas_text(cr, CANVAS_WIDTH - CANVAS_MARGIN, 25, 8.5, CANVAS_END, text);
    canvas_ink(cr, CANVAS_PALE, 1);
    canvas_line(cr, CANVAS_MARGIN, 48, CANVAS_WIDTH - CANVAS_MARGIN, 48, 0.8);
}

static void foot(cairo_t *cr, const struct study *s, unsigned page, unsigned pages)
{
    char text[120];

    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_text(cr, CANVAS_MARGIN, CANVAS_HEIGHT - 20, 7, CANVAS_START,
                "Loading on a pressure mat, not a diagnosis. No direction is \"better\" unless registered beforehand.");
    snprintf(text, sizeof(text), "%s   page %u of %u", s->date, page + 1, pages);
    canvas_text(cr, CANVAS_WIDTH - CANVAS_MARGIN, CANVAS_HEIGHT - 20, 7, CANVAS_END, text);
}

/* ---- pictures -------------------------------------------------------------------------------------------------------------- */

static void draw_key(cairo_t *cr, const struct study *s, const char *timepoint, double y)
{
    static const double dash[] = {3, 2};
    double x = CANVAS_MARGIN;

    canvas_ink(cr, CANVAS_LEFT, 1);
    canvas_line(cr, x, y - 2.5, x + 16, y - 2.5, 1.4);
    x += 20 + canvas_text(cr, x + 20, y, 7.5, CANVAS_START, s->plan.baseline) + 14;
    canvas_ink(cr, CANVAS_RIGHT, 1);
    cairo_set_dash(cr, dash, 2, 0);
    canvas_line(cr, x, y - 2.5, x + 16, y - 2.5, 1.4);
    cairo_set_dash(cr, NULL, 0, 0);
    x += 20 + canvas_text(cr, x + 20, y, 7.5, CANVAS_START, timepoint) + 14;
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_text(cr, x, y, 7.5, CANVAS_START,
                "line: mean of passes; band: 1 SD; shaded with black bar: differs (permutation, all nodes)");
}

static void map_caption(cairo_t *cr, double y)
{
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_wrapped(
        cr, CANVAS_MARGIN, y, WIDTH, 6.5,
        "Mean of the passes' largest pressures, feet laid over each other by axis and length, toes up. Outlined: "
        "differs, corrected for all places (permutation, max |t|).",
        false);
}

/* Both feet below each other, as large as a page allows. */
static void draw_map_pages(cairo_t *cr, const struct study *s, const char *timepoint)
{
    double h = (FOOT - BODY - 30) / 2.0;

    draw_maps(cr, s, (struct box){CANVAS_MARGIN, BODY, WIDTH, h}, timepoint, GAIT_SIDE_LEFT);
    draw_maps(cr, s, (struct box){CANVAS_MARGIN, BODY + h + 10, WIDTH, h}, timepoint, GAIT_SIDE_RIGHT);
    map_caption(cr, FOOT - 4);
}

static void draw_map_pair(cairo_t *cr, const struct study *s, const char *timepoint, double y, double height)
{
    double w = (WIDTH - 20) / 2;

    draw_maps(cr, s, (struct box){CANVAS_MARGIN, y, w, height}, timepoint, GAIT_SIDE_LEFT);
    draw_maps(cr, s, (struct box){CANVAS_MARGIN + w + 20, y, w, height}, timepoint, GAIT_SIDE_RIGHT);
    canvas_ink(cr, CANVAS_GREY, 1);
    map_caption(cr, y + height + 2);
}

static void draw_curves(cairo_t *cr, const struct study *s, const char *timepoint, double y, double height)
{
    static const enum gait_curve curves[] = {GAIT_CURVE_FORCE, GAIT_CURVE_HEEL_FORCE, GAIT_CURVE_MID_FORCE};

    draw_key(cr, s, timepoint, y);
    for (int row = 0; row < 2; row++)
        for (int i = 0; i < 3; i++)
            draw_curve(cr, s,
                       (struct box){CANVAS_MARGIN + WIDTH / 3 * i, y + 6 + (height - 6) / 2 * row, WIDTH / 3 - 6,
                                    (height - 6) / 2 - 4},
                       timepoint, row ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT, curves[i]);
}

static void draw_pictures(cairo_t *cr, const struct study *s, unsigned t)
{
    char text[120];

    snprintf(text, sizeof(text), "%.30s against %.30s", s->timepoint[t], s->plan.baseline);
    page_head(cr, s, text);
    draw_map_pair(cr, s, s->timepoint[t], 66, 205);
    draw_curves(cr, s, s->timepoint[t], 300, 244);
    provenance_short(cr, s, (struct box){CANVAS_MARGIN, 558, WIDTH, FOOT - 558});
}

static void titled(cairo_t *cr, const struct study *s, const char *what, unsigned t)
{
    char text[160];

    snprintf(text, sizeof(text), "%s: %.24s against %.24s", what, s->timepoint[t], s->plan.baseline);
    page_head(cr, s, text);
}

static void draw_prints(cairo_t *cr, const struct study *s, unsigned t)
{
    double w = WIDTH / 2, h = 200;

    titled(cr, s, "Paths and constructions", t);
    draw_key(cr, s, s->timepoint[t], 64);
    for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        double x = CANVAS_MARGIN + w * (side - GAIT_SIDE_LEFT);

        draw_cop(cr, s, (struct box){x, 78, 0.46 * w, h}, s->timepoint[t], (enum gait_side)side);
        draw_curve(cr, s, (struct box){x + 0.46 * w, 78, 0.54 * w - 8, h - 8}, s->timepoint[t], (enum gait_side)side,
                   GAIT_CURVE_COP_V);
        draw_construction(cr, s, (struct box){x, 96 + h, w - 6, h}, s->plan.baseline, (enum gait_side)side);
        draw_construction(cr, s, (struct box){x, 108 + 2 * h, w - 6, h}, s->timepoint[t], (enum gait_side)side);
    }
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_wrapped(
        cr, CANVAS_MARGIN, 120 + 3 * h, WIDTH, 7,
        "The step with the middle arch index. Grey lines: the toeless foot in thirds (arch index). Black: centre of "
        "pressure; blue: chord; red: the distal-third line, thick over the forefoot.",
        false);
}

static void draw_step_page(cairo_t *cr, const struct study *s, unsigned index)
{
    enum gait_metric metric[GAIT_METRIC_COUNT];
    unsigned n = shown_metrics(s, metric);
    double h = (FOOT - BODY - 10.0) / STEPS_A_PAGE;

    page_head(cr, s, "Step by step");
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_text(cr, CANVAS_MARGIN, 60, 7, CANVAS_START,
                "In the order of walking. Blue dots: left foot, orange squares: right; lines: their means; hollow: "
                "does not count.");
    for (unsigned i = 0; i < STEPS_A_PAGE && index * STEPS_A_PAGE + i < n; i++)
        draw_steps(cr, s, (struct box){CANVAS_MARGIN, BODY + h * i, WIDTH, h - 6}, metric[index * STEPS_A_PAGE + i]);
}

static void draw_people_page(cairo_t *cr, const struct study *s, unsigned t)
{
    double h = (FOOT - BODY - 20) / 3.0, w = WIDTH / 2;
    char text[300];

    titled(cr, s, "People", t);
    snprintf(text, sizeof(text),
             "Left: a line for each person, thick: mean%s%.24s%s%.24s%s. Right: lines are bias and 95 %% limits of "
             "agreement, bands their 95 %% intervals.",
             s->plan.kind == GAIT_DESIGN_PARALLEL && s->n_group ? "; orange, dashed: " : "",
             s->plan.kind == GAIT_DESIGN_PARALLEL && s->n_group ? s->group[0].arm : "",
             s->plan.kind == GAIT_DESIGN_PARALLEL && s->n_group ? "; blue, full: " : "",
             s->plan.kind == GAIT_DESIGN_PARALLEL && s->n_group ? s->group[0].reference : "",
             s->plan.kind == GAIT_DESIGN_CROSSOVER || s->plan.kind == GAIT_DESIGN_ONE_FOOT
                 ? ", of changes after minus before"
                 : "");
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_wrapped(cr, CANVAS_MARGIN, 62, WIDTH, 6.5, text, false);
    for (size_t i = 0; i < s->plan.primaries; i++) {
        double y = BODY + 20 + h * (double)i;

        draw_people(cr, s, (struct box){CANVAS_MARGIN, y, w - 8, h - 8}, s->timepoint[t], i);
        draw_agreement(cr, s, (struct box){CANVAS_MARGIN + w, y, w, h - 8}, s->timepoint[t], i);
    }
}

void pages_draw(cairo_t *cr, const struct study *s, unsigned page)
{
    struct page pages[PAGES_MAX];
    unsigned n = list(s, pages), i = pages[page].index;

    if (s->options->progress)
        print_progress("drawing page %u of %u", page + 1, n);
    switch (pages[page].kind) {
    case SUMMARY:
        summary_draw(cr, s, i);
        break;
    case PICTURES:
        draw_pictures(cr, s, i);
        break;
    case FOREST:
        titled(cr, s, "All metrics", i);
        draw_forest(cr, s, (struct box){CANVAS_MARGIN, BODY, WIDTH, FOOT - BODY}, s->timepoint[i]);
        break;
    case MAPS:
        titled(cr, s, "Pressure", i);
        draw_map_pages(cr, s, s->timepoint[i]);
        break;
    case CURVES:
        titled(cr, s, "Force over stance", i);
        draw_curves(cr, s, s->timepoint[i], BODY, 460);
        break;
    case PRINTS:
        draw_prints(cr, s, i);
        break;
    case STEPS:
        draw_step_page(cr, s, i);
        break;
    case PEOPLE:
        draw_people_page(cr, s, i);
        break;
    case PROVENANCE:
        page_head(cr, s, "What this report rests on");
        provenance_page(cr, s, (struct box){CANVAS_MARGIN, BODY, WIDTH, FOOT - BODY}, i);
        break;
    }
    foot(cr, s, page, n);
}
