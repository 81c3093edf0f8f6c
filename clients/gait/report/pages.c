/* Which pages a report has and what stands where on them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pages.h"
#include "report.h"

enum { PAGES_MAX = 120, STEPS_A_PAGE = 4, BODY = 70, FOOT = CANVAS_HEIGHT - 34 };

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
static unsigned first_after(const struct study *s)
{
    for (unsigned i = 0; i < s->n_timepoint; i++)
        if (!gait_design_is_before(s->timepoint[i]))
            return i;
    return 0;
}

static unsigned person_pages(const struct study *s, struct page *page)
{
    enum gait_metric metric[GAIT_METRIC_COUNT];
    unsigned n = 0, steps = (shown_metrics(s, metric) + STEPS_A_PAGE - 1) / STEPS_A_PAGE;

    page[n++] = (struct page){SUMMARY, 0};
    if (!s->n_timepoint)
        return n;
    if (!s->options->full) {
        page[n++] = (struct page){PICTURES, first_after(s)};
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
        page[n++] = (struct page){SUMMARY, 0};
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

static void head(cairo_t *cr, const struct study *s, const char *title)
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

/* ---- summary --------------------------------------------------------------------------------------------------------------- */

static double draw_design(cairo_t *cr, const struct study *s, double y)
{
    char text[500];

    snprintf(
        text, sizeof(text),
        "Compared with %.40s, walked %.40s; %s; foot: %s. Main numbers: passes within %g %% of the baseline's speed or "
        "stance time. Differences are always after minus before. Measurement error: %.120s.",
        s->plan.baseline, s->plan.condition[0] ? s->plan.condition : "(condition not said)",
        s->plan.kind == GAIT_DESIGN_ONE_PERSON ? "one person, the pass is the unit"
                                               : gait_design_kind_name(s->plan.kind),
        gait_design_foot_name(s->plan.foot), 100 * s->plan.window,
        s->terms ? s->terms_source : "literature defaults where there are any");
    canvas_ink(cr, CANVAS_INK, 1);
    return canvas_wrapped(cr, CANVAS_MARGIN, y, WIDTH, 8.5, text, false) + 2;
}

static double draw_findings(cairo_t *cr, const struct study *s, double y, double bottom)
{
    static const char *const words[] = {"", "Note: ", "Warning: ", "Refused: "};

    for (int severity = GAIT_DESIGN_REFUSED; severity >= GAIT_DESIGN_NOTE; severity--)
        for (size_t i = 0; i < s->n_finding; i++) {
            char text[GAIT_DESIGN_TEXT_MAX + 16];

            if ((int)s->finding[i].severity != severity)
                continue;
            snprintf(text, sizeof(text), "%s%s", words[severity], s->finding[i].text);
            canvas_ink(cr, severity == GAIT_DESIGN_NOTE ? CANVAS_GREY : CANVAS_ALARM, 1);
            if (canvas_wrapped(cr, CANVAS_MARGIN, y, WIDTH, 8, text, true) > bottom) {
                canvas_text(cr, CANVAS_MARGIN, y, 8, CANVAS_START, "More was found: gait compare lists it.");
                return y + 12;
            }
            y = canvas_wrapped(cr, CANVAS_MARGIN, y, WIDTH, 8, text, false);
        }
    return y + 4;
}

/* One verdict: its word on the left, the sentence beside it. */
static double draw_verdict(cairo_t *cr, const char *word, const char *timepoint, const char *sentence, bool strong,
                           double y)
{
    double end = canvas_wrapped(cr, CANVAS_MARGIN + 92, y, WIDTH - 98, 8.5, sentence, true);

    if (end < y + 23)
        end = y + 23;
    canvas_ink(cr, CANVAS_PALE, strong ? 0.65 : 0.3);
    cairo_rectangle(cr, CANVAS_MARGIN, y - 10, WIDTH, end - y + 1);
    cairo_fill(cr);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, CANVAS_MARGIN + 5, y, 8.5, CANVAS_START, word);
    canvas_text(cr, CANVAS_MARGIN + 5, y + 10, 7.5, CANVAS_START, timepoint);
    canvas_wrapped(cr, CANVAS_MARGIN + 92, y, WIDTH - 98, 8.5, sentence, false);
    return end + 4;
}

static const char *shown_word(const char *word)
{
    return strcmp(word, "beyond_error") == 0 ? "BEYOND ERROR"
           : strcmp(word, "beyond_swc") == 0 ? "BEYOND SWC"
           : strcmp(word, "none") == 0       ? "no verdict"
                                             : word;
}

static double draw_verdicts(cairo_t *cr, const struct study *s, double y)
{
    for (size_t i = 0; i < s->n_judged; i++) {
        const struct gait_design_comparison *c = &s->judged[i];

        y = draw_verdict(cr, shown_word(gait_verdict_name(c->verdict.kind)), c->timepoint, c->sentence,
                         c->verdict.kind == GAIT_VERDICT_BEYOND_ERROR, y);
    }
    for (size_t i = 0; i < s->n_group; i++) {
        const struct gait_design_group *g = &s->group[i];

        y = draw_verdict(cr, shown_word(gait_design_group_verdict_name(g->verdict)), g->timepoint, g->sentence,
                         g->verdict == GAIT_DESIGN_GROUP_BEYOND_SWC, y);
    }
    return y;
}

/* The main analysis beside the one of all passes, and at equal speed. */
static double draw_beside(cairo_t *cr, const struct study *s, double y)
{
    static const char *const titles[] = {"metric", "in the window", "all passes", "at equal speed", "MDC95"};
    static const double at[] = {0, 136, 246, 354, WIDTH};
    char text[64];

    canvas_ink(cr, CANVAS_GREY, 1);
    for (int i = 0; i < 5; i++)
        canvas_text(cr, CANVAS_MARGIN + at[i], y, 6.5, i == 4 ? CANVAS_END : CANVAS_START, titles[i]);
    for (size_t i = 0; i < s->n_judged; i++) {
        const struct gait_design_comparison *c = &s->judged[i];
        const struct gait_stats_estimate *e[] = {&c->change, &c->all, c->has_adjusted ? &c->adjusted.group : NULL};

        y += 10;
        canvas_ink(cr, CANVAS_INK, 1);
        snprintf(text, sizeof(text), "%s, %.16s", gait_metric_info(c->metric)->name, c->timepoint);
        canvas_text(cr, CANVAS_MARGIN, y, 6.5, CANVAS_START, text);
        for (int k = 0; k < 3; k++) {
            if (!e[k] || !isfinite(e[k]->value))
                snprintf(text, sizeof(text), "-");
            else if (!isfinite(e[k]->ci.lo))
                snprintf(text, sizeof(text), "%+.3g", e[k]->value);
            else
                snprintf(text, sizeof(text), "%+.3g (%.2g to %.2g)", e[k]->value, e[k]->ci.lo, e[k]->ci.hi);
            canvas_text(cr, CANVAS_MARGIN + at[k + 1], y, 6.5, CANVAS_START, text);
        }
        if (isfinite(c->mdc95))
            snprintf(text, sizeof(text), "%.3g %s%s", c->mdc95, study_unit(c->metric),
                     c->mdc_source == GAIT_DESIGN_MDC_LITERATURE ? " (lit.)" : "");
        else
            snprintf(text, sizeof(text), "no_mdc");
        canvas_text(cr, CANVAS_MARGIN + at[4], y, 6.5, CANVAS_END, text);
    }
    return y + 16;
}

static void draw_summary(cairo_t *cr, const struct study *s)
{
    double y = BODY;

    head(cr, s,
         s->plan.kind == GAIT_DESIGN_ONE_PERSON ? "Did anything change beyond measurement error?"
                                                : "Did the group change?");
    y = draw_design(cr, s, y);
    y = draw_findings(cr, s, y, 260);
    y = draw_verdicts(cr, s, y + 8);
    if (s->n_judged)
        y = draw_beside(cr, s, y + 6);
    if (s->n_timepoint && s->plan.kind == GAIT_DESIGN_ONE_PERSON && FOOT - y > 110) {
        char text[120];

        snprintf(text, sizeof(text), "All metrics, %.24s against %.24s (L left, R right foot; exploratory: no verdict)",
                 s->timepoint[first_after(s)], s->plan.baseline);
        canvas_ink(cr, CANVAS_INK, 1);
        canvas_bold(cr, CANVAS_MARGIN, y + 2, 8.5, CANVAS_START, text);
        draw_forest(cr, s, (struct box){CANVAS_MARGIN, y + 6, WIDTH, FOOT - y - 6}, s->timepoint[first_after(s)]);
    }
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
    head(cr, s, text);
    draw_map_pair(cr, s, s->timepoint[t], 66, 205);
    draw_curves(cr, s, s->timepoint[t], 304, 268);
    provenance_short(cr, s, (struct box){CANVAS_MARGIN, 588, WIDTH, FOOT - 588});
}

static void titled(cairo_t *cr, const struct study *s, const char *what, unsigned t)
{
    char text[160];

    snprintf(text, sizeof(text), "%s: %.24s against %.24s", what, s->timepoint[t], s->plan.baseline);
    head(cr, s, text);
}

static void draw_prints(cairo_t *cr, const struct study *s, unsigned t)
{
    double w = WIDTH / 2, h = 200;

    titled(cr, s, "Paths and constructions", t);
    draw_key(cr, s, s->timepoint[t], 64);
    for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        double x = CANVAS_MARGIN + w * (side - GAIT_SIDE_LEFT);

        draw_cop(cr, s, (struct box){x, 78, w - 6, h}, s->timepoint[t], (enum gait_side)side);
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

    head(cr, s, "Step by step");
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_text(cr, CANVAS_MARGIN, 60, 7, CANVAS_START,
                "In the order of walking. Blue dots: left foot, orange squares: right; lines: their means; hollow: "
                "does not count.");
    for (unsigned i = 0; i < STEPS_A_PAGE && index * STEPS_A_PAGE + i < n; i++)
        draw_steps(cr, s, (struct box){CANVAS_MARGIN, BODY + h * i, WIDTH, h - 6}, metric[index * STEPS_A_PAGE + i]);
}

static void draw_people_page(cairo_t *cr, const struct study *s, unsigned t)
{
    double h = (FOOT - BODY) / 3.0, w = WIDTH / 2;

    titled(cr, s, "People", t);
    for (size_t i = 0; i < s->plan.primaries; i++) {
        double y = BODY + h * (double)i;

        draw_people(cr, s, (struct box){CANVAS_MARGIN, y, w - 8, h - 8}, s->timepoint[t], s->plan.primary[i]);
        draw_agreement(cr, s, (struct box){CANVAS_MARGIN + w, y, w, h - 8}, s->timepoint[t], s->plan.primary[i]);
    }
}

void pages_draw(cairo_t *cr, const struct study *s, unsigned page)
{
    struct page pages[PAGES_MAX];
    unsigned n = list(s, pages), i = pages[page].index;

    switch (pages[page].kind) {
    case SUMMARY:
        draw_summary(cr, s);
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
        head(cr, s, "What this report rests on");
        provenance_page(cr, s, (struct box){CANVAS_MARGIN, BODY, WIDTH, FOOT - BODY}, i);
        break;
    }
    foot(cr, s, page, n);
}
