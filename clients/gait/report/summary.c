/* The first page: what is compared, what speaks against it, the verdicts, and the numbers beside each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pages.h"
#include "report.h"

enum { VERDICTS_A_PAGE = 10, FINDINGS_END = 260, FOREST_LEAST = 110 };

#define WIDTH (CANVAS_WIDTH - 2.0 * CANVAS_MARGIN)

static const char *design_words(enum gait_design_kind kind)
{
    return kind == GAIT_DESIGN_GROUP       ? "a group, one number a person"
           : kind == GAIT_DESIGN_PARALLEL  ? "parallel arms, after adjusted for before"
           : kind == GAIT_DESIGN_CROSSOVER ? "crossover, each person their own control"
                                           : "one foot treated, the other is the control";
}

static double draw_design(cairo_t *cr, const struct study *s, double y)
{
    char text[500], feet[STUDY_FEET_MAX];

    snprintf(
        text, sizeof(text),
        "Compared with %.40s, walked %.40s; %s; foot: %s. Main numbers: passes within %g %% of the baseline's speed or "
        "stance time. Differences are always after minus before. Measurement error: %.120s.",
        s->plan.baseline, s->plan.condition[0] ? s->plan.condition : "(condition not said)",
        s->plan.kind == GAIT_DESIGN_ONE_PERSON ? "one person, the pass is the unit" : design_words(s->plan.kind),
        study_feet(s, feet), 100 * s->plan.window,
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

enum { VERDICT_LEFT = 92, VERDICT_LINES = 31 };

/* One verdict: its word on the left with the timepoint and the metric's name in tables, the sentence beside it. */
static double draw_verdict(cairo_t *cr, const char *word, const char *timepoint, enum gait_metric metric,
                           const char *sentence, bool strong, double y)
{
    const char *name = gait_metric_info(metric)->name;
    double end = canvas_wrapped(cr, CANVAS_MARGIN + VERDICT_LEFT, y, WIDTH - VERDICT_LEFT - 6, 8.5, sentence, true);

    if (end < y + VERDICT_LINES)
        end = y + VERDICT_LINES;
    canvas_ink(cr, CANVAS_PALE, strong ? 0.65 : 0.3);
    cairo_rectangle(cr, CANVAS_MARGIN, y - 10, WIDTH, end - y + 1);
    cairo_fill(cr);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, CANVAS_MARGIN + 5, y, 8.5, CANVAS_START, word);
    canvas_text(cr, CANVAS_MARGIN + 5, y + 10, 7.5, CANVAS_START, timepoint);
    canvas_ink(cr, CANVAS_GREY, 1);
    canvas_text(cr, CANVAS_MARGIN + 5, y + 18, strlen(name) > 24 ? 4.5 : 6, CANVAS_START, name);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_wrapped(cr, CANVAS_MARGIN + VERDICT_LEFT, y, WIDTH - VERDICT_LEFT - 6, 8.5, sentence, false);
    return end + 4;
}

static const char *shown_word(const char *word)
{
    return strcmp(word, "beyond_error") == 0 ? "BEYOND ERROR"
           : strcmp(word, "beyond_swc") == 0 ? "BEYOND SWC"
           : strcmp(word, "none") == 0       ? "no verdict"
                                             : word;
}

static double draw_verdicts(cairo_t *cr, const struct study *s, double y, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < s->n_judged; i++) {
        const struct gait_design_comparison *c = &s->judged[i];

        y = draw_verdict(cr, shown_word(gait_verdict_name(c->verdict.kind)), c->timepoint, c->metric, c->sentence,
                         c->verdict.kind == GAIT_VERDICT_BEYOND_ERROR, y);
    }
    for (size_t i = from; i < to && i < s->n_group; i++) {
        const struct gait_design_group *g = &s->group[i];

        y = draw_verdict(cr, shown_word(gait_design_group_verdict_name(g->verdict)), g->timepoint, g->metric,
                         g->sentence, g->verdict == GAIT_DESIGN_GROUP_BEYOND_SWC, y);
    }
    return y;
}

/* The main analysis beside the one of all passes, and at equal speed. */
static double draw_beside(cairo_t *cr, const struct study *s, double y, size_t from, size_t to)
{
    static const char *const titles[] = {"metric", "in the window", "all passes", "at equal speed", "MDC95"};
    static const double at[] = {0, 152, 258, 364, WIDTH};
    char text[120];

    canvas_ink(cr, CANVAS_GREY, 1);
    for (int i = 0; i < 5; i++)
        canvas_text(cr, CANVAS_MARGIN + at[i], y, 6.5, i == 4 ? CANVAS_END : CANVAS_START, titles[i]);
    for (size_t i = from; i < to; i++) {
        const struct gait_design_comparison *c = &s->judged[i];
        const struct gait_stats_estimate *e[] = {&c->change, &c->all, c->has_adjusted ? &c->adjusted.group : NULL};

        y += 10;
        canvas_ink(cr, CANVAS_INK, 1);
        snprintf(text, sizeof(text), "%s, %.16s%s%s", gait_metric_info(c->metric)->name, c->timepoint,
                 *study_unit(c->metric) ? ", " : "", study_unit(c->metric));
        canvas_text(cr, CANVAS_MARGIN, y, 6.5, CANVAS_START, text);
        for (int k = 0; k < 3; k++) {
            if (!e[k] || !isfinite(e[k]->value))
                snprintf(text, sizeof(text), "-");
            else if (!isfinite(e[k]->ci.lo))
                snprintf(text, sizeof(text), "%+.3g", e[k]->value);
            else
                snprintf(text, sizeof(text), "%+.3g (%.3g to %.3g)", e[k]->value, e[k]->ci.lo, e[k]->ci.hi);
            canvas_text(cr, CANVAS_MARGIN + at[k + 1], y, 6.5, CANVAS_START, text);
        }
        if (isfinite(c->mdc95))
            snprintf(text, sizeof(text), "%.3g%s", c->mdc95,
                     c->mdc_source == GAIT_DESIGN_MDC_LITERATURE ? " (lit.)" : "");
        else
            snprintf(text, sizeof(text), "no_mdc");
        canvas_text(cr, CANVAS_MARGIN + at[4], y, 6.5, CANVAS_END, text);
    }
    return y + 16;
}

static void draw_all_metrics(cairo_t *cr, const struct study *s, double y)
{
    const char *timepoint = s->timepoint[page_first_after(s)];
    char text[120];

    snprintf(text, sizeof(text), "All metrics, %.24s against %.24s (L left, R right foot; exploratory: no verdict)",
             timepoint, s->plan.baseline);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, CANVAS_MARGIN, y + 2, 8.5, CANVAS_START, text);
    draw_forest(cr, s, (struct box){CANVAS_MARGIN, y + 6, WIDTH, PAGE_FOOT - y - 6}, timepoint);
}

static const char *question(enum gait_design_kind kind)
{
    return kind == GAIT_DESIGN_ONE_PERSON ? "Did anything change beyond measurement error?"
           : kind == GAIT_DESIGN_GROUP    ? "Did the group change?"
           : kind == GAIT_DESIGN_PARALLEL ? "Did the arms differ?"
           : kind == GAIT_DESIGN_ONE_FOOT ? "Did the treated foot change more than the other?"
                                          : "Did people change more under treatment than under control?";
}

unsigned summary_pages(const struct study *study)
{
    size_t n = study->n_judged + study->n_group;

    return n ? (unsigned)((n + VERDICTS_A_PAGE - 1) / VERDICTS_A_PAGE) : 1;
}

void summary_draw(cairo_t *cr, const struct study *s, unsigned index)
{
    size_t n = s->n_judged + s->n_group, from = (size_t)index * VERDICTS_A_PAGE,
           to = from + VERDICTS_A_PAGE < n ? from + VERDICTS_A_PAGE : n;
    double y = PAGE_BODY;

    page_head(cr, s, question(s->plan.kind));
    if (index == 0) {
        y = draw_design(cr, s, y);
        y = draw_findings(cr, s, y, FINDINGS_END) + 8;
    }
    y = draw_verdicts(cr, s, y + 4, from, to);
    if (s->n_judged)
        y = draw_beside(cr, s, y + 6, from, to);
    if (s->n_group) {
        y = draw_group_numbers(cr, s, y + 10, from, to);
        draw_group_forest(cr, s, (struct box){CANVAS_MARGIN, y + 4, WIDTH, 0}, from, to);
    }
    if (index == 0 && s->n_timepoint && s->plan.kind == GAIT_DESIGN_ONE_PERSON && PAGE_FOOT - y > FOREST_LEAST)
        draw_all_metrics(cr, s, y);
}
