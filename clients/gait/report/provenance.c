#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/version.h>

#include "pages.h"

#define LINE 10.5

enum { LINES_A_PAGE = 64, LINE_BYTES = 240 };

/* Gives line after line; draws those from `first` on while they fit. */
struct lines {
    cairo_t *cr;
    double x, y;
    unsigned n, first, room;
};

static void say(struct lines *l, const char *text)
{
    if (l->cr && l->n >= l->first && l->n < l->first + l->room) {
        canvas_text(l->cr, l->x, l->y, 7.5, CANVAS_START, text);
        l->y += LINE;
    }
    l->n++;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void say_files(struct lines *l, const struct study *s, bool listed)
{
    char text[LINE_BYTES];
    size_t most = listed ? s->steps.n_file : s->steps.n_file < 4 ? s->steps.n_file : 4;

    for (size_t i = 0; i < most; i++) {
        const struct steps_file *f = &s->steps.file[i];

        snprintf(text, sizeof(text), "File %zu: %.80s   CRC-32C %08x   %llu bytes, %u trials that count", i + 1,
                 last_part(f->path), f->crc32c, (unsigned long long)f->bytes, f->trials);
        say(l, text);
    }
    if (most < s->steps.n_file) {
        snprintf(text, sizeof(text), "and %zu files more (--full lists them)", s->steps.n_file - most);
        say(l, text);
    }
}

static void say_settings(struct lines *l, const struct study *s)
{
    const struct gait_design_settings *x = &s->pass[0].settings;
    char text[LINE_BYTES];

    snprintf(text, sizeof(text), "Made %s by gait %s; recorded by %.40s; algorithm version %u; seed %llu", s->date,
             GAIT_VERSION_STRING, s->steps.pass[0]->software[0] ? s->steps.pass[0]->software : "(not said)",
             x->algorithm_version, (unsigned long long)s->plan.seed);
    say(l, text);
    snprintf(text, sizeof(text),
             "Mat %.40s, cells %.4g x %.4g mm, %.4g Hz; contact from %g kPa; masks %s; calibration version %u %.24s",
             s->pass[0].mat[0] ? s->pass[0].mat : "(not said)", x->pitch_x_mm, x->pitch_y_mm, x->rate_hz, x->p_on_kPa,
             x->masks, x->calibration_version, x->calibration_date);
    say(l, text);
    snprintf(text, sizeof(text), "Design %s; baseline %.24s; foot %s; passes within %g %% of the baseline's median %s",
             gait_design_kind_name(s->plan.kind), s->plan.baseline, gait_design_foot_name(s->plan.foot),
             100 * s->plan.window, "speed, else stance time");
    say(l, text);
    snprintf(text, sizeof(text),
             "Intervals 95 %%; Holm over %zu primary comparisons; bootstrap %u draws, permutation exact or %u draws",
             s->n_judged + s->n_group, GAIT_STATS_BOOTSTRAP_DRAWS, GAIT_STATS_PERMUTATION_DRAWS);
    say(l, text);
    snprintf(
        text, sizeof(text), "Measurement error: %.180s",
        s->terms
            ? s->terms_source
            : "literature defaults (heel and whole foot 17 %; arch index, heel-off, shares, CPEI); none for the rest");
    say(l, text);
    for (size_t i = 0; i < s->plan.primaries; i++) {
        enum gait_metric m = s->plan.primary[i];
        static const char *const ways[] = {"none", "increase", "decrease"};
        int n = snprintf(text, sizeof(text), "Primary: %s; registered direction: %s; smallest worthwhile change: ",
                         gait_metric_info(m)->name, ways[s->plan.wanted[m]]);

        if (s->plan.swc[m] > 0)
            snprintf(text + n, sizeof(text) - (size_t)n, "%g %s", s->plan.swc[m], study_unit(m));
        else
            snprintf(text + n, sizeof(text) - (size_t)n, "none registered");
        say(l, text);
    }
}

/* Counted by reason: what the short form has room for. */
static void count_excluded(struct lines *l, const struct study *s)
{
    char text[LINE_BYTES];
    size_t shown = 0;

    snprintf(text, sizeof(text), "Left out: %zu footfalls and trials%s", s->steps.n_excluded,
             s->steps.n_excluded ? ":" : "");
    say(l, text);
    for (size_t i = 0; i < s->steps.n_excluded; i++) {
        size_t n = 0;
        bool seen = false;

        for (size_t k = 0; k < s->steps.n_excluded; k++) {
            bool same = strcmp(s->steps.excluded[k].why, s->steps.excluded[i].why) == 0;

            n += same;
            seen |= same && k < i;
        }
        if (seen || shown++ >= 4)
            continue;
        snprintf(text, sizeof(text), "    %zu: %s", n, s->steps.excluded[i].why);
        say(l, text);
    }
}

static void list_excluded(struct lines *l, const struct study *s)
{
    char text[LINE_BYTES];

    snprintf(text, sizeof(text), "Left out: %zu footfalls and trials%s", s->steps.n_excluded,
             s->steps.n_excluded ? ":" : "");
    say(l, text);
    for (size_t i = 0; i < s->steps.n_excluded; i++) {
        const struct steps_excluded *e = &s->steps.excluded[i];

        if (e->footfall)
            snprintf(text, sizeof(text), "    file %zu, trial %u, footfall %u: %s", e->file + 1, e->trial, e->footfall,
                     e->why);
        else
            snprintf(text, sizeof(text), "    file %zu, trial %u: %s", e->file + 1, e->trial, e->why);
        say(l, text);
    }
}

static void say_all(struct lines *l, const struct study *s)
{
    say_settings(l, s);
    say_files(l, s, true);
    list_excluded(l, s);
}

unsigned provenance_pages(const struct study *study)
{
    struct lines l = {0};

    say_all(&l, study);
    return (l.n + LINES_A_PAGE - 1) / LINES_A_PAGE;
}

void provenance_page(cairo_t *cr, const struct study *study, struct box box, unsigned index)
{
    struct lines l = {cr, box.x, box.y + 6, 0, index * LINES_A_PAGE, LINES_A_PAGE};

    canvas_ink(cr, CANVAS_INK, 1);
    say_all(&l, study);
}

void provenance_short(cairo_t *cr, const struct study *study, struct box box)
{
    struct lines l = {cr, box.x, box.y + 12, 0, 0, (unsigned)((box.h - 12) / LINE)};

    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, box.x, box.y, 8.5, CANVAS_START, "What this report rests on");
    say_settings(&l, study);
    say_files(&l, study, false);
    count_excluded(&l, study);
}
