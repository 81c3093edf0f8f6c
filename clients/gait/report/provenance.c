#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/version.h>

#include "pages.h"

#define LINE 10.5

enum { LINES_A_PAGE = 64, LINE_BYTES = 400, COLUMNS = 130, REASONS_SHOWN = 4, EXCLUDED_LISTED = 3000 };

/* Gives line after line; draws those from `first` on while they fit. */
struct lines {
    cairo_t *cr;
    double x, y;
    unsigned n, first, room;
};

static void put_line(struct lines *l, const char *text)
{
    if (l->cr && l->n >= l->first && l->n < l->first + l->room) {
        canvas_text(l->cr, l->x, l->y, 7.5, CANVAS_START, text);
        l->y += LINE;
    }
    l->n++;
}

/* As many lines as a text takes; broken by columns, so that counting without a page gives the same. */
static void say(struct lines *l, const char *text)
{
    static const char indent[] = "        ";
    char line[LINE_BYTES + sizeof(indent)];
    const char *before = "";

    while (strlen(text) > COLUMNS) {
        size_t end = COLUMNS;

        while (end > COLUMNS / 2 && text[end] != ' ')
            end--;
        if (text[end] != ' ')
            end = COLUMNS; /* one long word */
        snprintf(line, sizeof(line), "%s%.*s", before, (int)end, text);
        put_line(l, line);
        text += end + (text[end] == ' ');
        before = indent;
    }
    snprintf(line, sizeof(line), "%s%s", before, text);
    put_line(l, line);
}

/* A file and its folder: trials of several sessions have the same names. */
static const char *last_parts(const char *path)
{
    const char *at = path + strlen(path);

    for (int slashes = 0; at > path; at--)
        if (at[-1] == '/' && ++slashes == 2)
            break;
    return at;
}

static void say_files(struct lines *l, const struct study *s, bool listed)
{
    char text[LINE_BYTES];
    size_t most = listed ? s->steps.n_file : s->steps.n_file < 2 ? s->steps.n_file : 2;

    for (size_t i = 0; i < most; i++) {
        const struct steps_file *f = &s->steps.file[i];

        char sha256[GAIT_SHA256_TEXT + 1];

        snprintf(text, sizeof(text), "File %zu: %.80s   %llu bytes, %u trial%s", i + 1, last_parts(f->path),
                 (unsigned long long)f->bytes, f->trials, f->trials == 1 ? " that counts" : "s that count");
        say(l, text);
        gait_sha256_text(f->sha256, sha256);
        snprintf(text, sizeof(text), "    SHA-256 %s", sha256);
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
    char text[LINE_BYTES], feet[STUDY_FEET_MAX];

    snprintf(text, sizeof(text), "Made %s by gait %s; recorded by %.40s; algorithm version %u; seed %llu", s->date,
             GAIT_VERSION_STRING, s->steps.pass[0]->software[0] ? s->steps.pass[0]->software : "(not said)",
             x->algorithm_version, (unsigned long long)s->plan.seed);
    say(l, text);
    snprintf(text, sizeof(text),
             "Mat %.40s, cells %.4g x %.4g mm, %.4g Hz; contact from %g kPa; masks %s; calibration version %u%s%.24s",
             s->pass[0].mat[0] ? s->pass[0].mat : "(not said)", x->pitch_x_mm, x->pitch_y_mm, x->rate_hz, x->p_on_kPa,
             x->masks, x->calibration_version, x->calibration_date[0] ? " " : "", x->calibration_date);
    say(l, text);
    snprintf(text, sizeof(text), "Design %s; baseline %.24s; foot %s; passes within %g %% of the baseline's median %s",
             gait_design_kind_name(s->plan.kind), s->plan.baseline, study_feet(s, feet), 100 * s->plan.window,
             "speed, else stance time");
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
    if (s->protocol) {
        snprintf(text, sizeof(text), "Protocol %s", s->protocol_source);
        say(l, text);
        snprintf(text, sizeof(text), "    SHA-256 %s", s->protocol_sha256);
        say(l, text);
    }
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

static void say_parameters(struct lines *l, const struct study *s)
{
    static const char *const approaches[] = {"not said", "midgait", "two_step", "three_step"};
    const struct gait_parameters *p = &s->steps.pass[0]->parameters;
    char text[LINE_BYTES];

    snprintf(text, sizeof(text),
             "Parameters: contact from %g, until %g kPa; events at %g N; centre of pressure from %g N; footfalls from "
             "%g N, %g BW, %g cm2, %u cells",
             p->p_on_kPa, p->p_off_kPa, p->event_force_N, p->cop_force_N, p->min_force_N, p->min_force_BW,
             p->min_area_cm2, p->min_cells);
    say(l, text);
    snprintf(text, sizeof(text), "    gaps: blob %g s, closing %g s; %s; approach %s; %s", p->blob_gap_s,
             p->closing_gap_s, p->surface == GAIT_TREADMILL ? "treadmill" : "overground",
             (unsigned)p->approach < 4 ? approaches[p->approach] : "?",
             p->mat_mode == GAIT_MAT_SINGLE ? "one footfall a pass" : "several footfalls a pass");
    say(l, text);
}

/* When and how much was walked; a blind report keeps its times to itself. */
static void say_timepoint(struct lines *l, const struct study *s, const char *timepoint)
{
    uint64_t first = UINT64_MAX, last = 0;
    double since[2] = {INFINITY, -INFINITY};
    size_t passes = 0, side[3] = {0};
    char text[LINE_BYTES], when[2][32] = {"", ""};
    int n;

    for (size_t i = 0; i < s->steps.n_pass; i++) {
        uint64_t t = s->steps.pass[i]->start_realtime_ns;

        if (strcmp(s->pass[i].timepoint, timepoint) != 0 || strcmp(s->pass[i].condition, s->plan.condition) != 0)
            continue;
        passes++;
        first = t && t < first ? t : first;
        last = t > last ? t : last;
        since[0] = fmin(since[0], s->steps.pass[i]->since_treatment_s);
        since[1] = fmax(since[1], s->steps.pass[i]->since_treatment_s);
    }
    for (size_t i = 0; i < s->data.steps; i++)
        if (s->step[i].valid && strcmp(s->pass[s->step[i].pass].timepoint, timepoint) == 0 &&
            strcmp(s->pass[s->step[i].pass].condition, s->plan.condition) == 0)
            side[s->step[i].side]++;
    n = snprintf(text, sizeof(text), "Timepoint %.24s: %zu passes, %zu left and %zu right footfalls that count",
                 timepoint, passes, side[GAIT_SIDE_LEFT], side[GAIT_SIDE_RIGHT]);
    for (int k = 0; k < 2 && last && !s->blind; k++) {
        time_t t = (time_t)((k ? last : first) / 1000000000);
        struct tm utc;

        strftime(when[k], sizeof(when[k]), k ? "%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &utc));
    }
    if (when[0][0])
        n += snprintf(text + n, sizeof(text) - (size_t)n, "; begun %s to %s", when[0], when[1]);
    if (isfinite(since[1]) && !s->blind)
        snprintf(text + n, sizeof(text) - (size_t)n, ", %.1f to %.1f min after the treatment", since[0] / 60,
                 since[1] / 60);
    say(l, text);
}

/* What was done, where, how hard and by whom: what of it was logged. */
static void say_details(struct lines *l, const json_t *row)
{
    static const char *const keys[] = {"technique", "muscle", "side", "intensity", "by"};
    static const char *const words[] = {"", "", "side ", "intensity ", "by "};
    char text[LINE_BYTES] = "    ";
    size_t n = strlen(text), from = n;

    if (json_object_get(row, "sealed")) {
        say(l, "    what it was is sealed (gait session unblind)");
        return;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && n < sizeof(text); i++)
        if (*client_text(row, keys[i]))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%.110s", n > from ? "; " : "", words[i],
                                  client_text(row, keys[i]));
    if (n == from)
        snprintf(text + n, sizeof(text) - n, "what it was is not logged");
    say(l, text);
}

static void say_treatment(struct lines *l, const struct study *s, const struct steps_treatment *t)
{
    double planned = client_number(t->row, "planned_min"), given = steps_given_min(t);
    char text[LINE_BYTES];
    int n = snprintf(text, sizeof(text), "Treatment %.0f%s%.60s: begun %.24s", client_number(t->row, "n"),
                     s->plan.kind == GAIT_DESIGN_ONE_PERSON ? "" : " of ",
                     s->plan.kind == GAIT_DESIGN_ONE_PERSON ? "" : t->subject, client_text(t->row, "started_utc"));

    if (isfinite(given))
        n += snprintf(text + n, sizeof(text) - (size_t)n, ", ended %.24s, %.1f min", client_text(t->row, "stopped_utc"),
                      given);
    else
        n += snprintf(text + n, sizeof(text) - (size_t)n, ", its end is not logged");
    if (isfinite(planned))
        snprintf(text + n, sizeof(text) - (size_t)n, " (planned %g min)", planned);
    say(l, text);
    say_details(l, t->row);
}

static void say_treatments(struct lines *l, const struct study *s)
{
    if (s->blind) {
        say(l, "Treatments: not shown while the report is blind");
        return;
    }
    if (!s->steps.n_treatment)
        say(l, "Treatments: none is logged");
    for (size_t i = 0; i < s->steps.n_treatment; i++)
        say_treatment(l, s, &s->steps.treatment[i]);
}

static void say_timepoints(struct lines *l, const struct study *s)
{
    say_timepoint(l, s, s->plan.baseline);
    for (size_t t = 0; t < s->n_timepoint; t++)
        say_timepoint(l, s, s->timepoint[t]);
}

/* Counted by reason: what the short form has room for. */
static void count_excluded(struct lines *l, const struct study *s)
{
    char text[LINE_BYTES];
    const char *why[REASONS_SHOWN];
    size_t n[REASONS_SHOWN] = {0}, reasons = 0;

    snprintf(text, sizeof(text), "Left out: %zu footfalls and trials%s", s->steps.n_excluded,
             s->steps.n_excluded ? ":" : "");
    say(l, text);
    for (size_t i = 0, k; i < s->steps.n_excluded; i++) {
        for (k = 0; k < reasons && strcmp(why[k], s->steps.excluded[i].why) != 0; k++)
            ;
        if (k == REASONS_SHOWN)
            continue;
        if (k == reasons)
            why[reasons++] = s->steps.excluded[i].why;
        n[k]++;
    }
    for (size_t k = 0; k < reasons; k++) {
        snprintf(text, sizeof(text), "    %zu: %s", n[k], why[k]);
        say(l, text);
    }
}

static void list_excluded(struct lines *l, const struct study *s)
{
    char text[LINE_BYTES];

    snprintf(text, sizeof(text), "Left out: %zu footfalls and trials%s", s->steps.n_excluded,
             s->steps.n_excluded ? ":" : "");
    say(l, text);
    for (size_t i = 0; i < s->steps.n_excluded && i < EXCLUDED_LISTED; i++) {
        const struct steps_excluded *e = &s->steps.excluded[i];

        if (e->footfall)
            snprintf(text, sizeof(text), "    file %zu, trial %u, footfall %u: %s", e->file + 1, e->trial, e->footfall,
                     e->why);
        else
            snprintf(text, sizeof(text), "    file %zu, trial %u: %s", e->file + 1, e->trial, e->why);
        say(l, text);
    }
    if (s->steps.n_excluded > EXCLUDED_LISTED) {
        snprintf(text, sizeof(text), "    and %zu more: gait compare --json lists them",
                 s->steps.n_excluded - EXCLUDED_LISTED);
        say(l, text);
    }
}

static void say_all(struct lines *l, const struct study *s)
{
    say_settings(l, s);
    say_parameters(l, s);
    say_timepoints(l, s);
    say_treatments(l, s);
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

static void say_short(struct lines *l, const struct study *s)
{
    say_settings(l, s);
    say_treatments(l, s);
    say_files(l, s, false);
    count_excluded(l, s);
}

void provenance_short(cairo_t *cr, const struct study *study, struct box box)
{
    struct lines all = {0}, l = {cr, box.x, box.y + 12, 0, 0, (unsigned)((box.h - 12) / LINE)};
    unsigned room = l.room;

    say_short(&all, study);
    canvas_ink(cr, CANVAS_INK, 1);
    canvas_bold(cr, box.x, box.y, 8.5, CANVAS_START, "What this report rests on");
    if (all.n > room)
        l.room--;
    say_short(&l, study);
    if (all.n > room)
        canvas_text(cr, box.x, l.y, 7.5, CANVAS_START, "More stands in the full version (--full).");
}
