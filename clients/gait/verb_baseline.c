/* gait baseline: the lab's own measurement error out of a double baseline. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "baseline_file.h"
#include "print.h"
#include "study.h"
#include "verb.h"

enum { PEOPLE_MAX = 1000, SESSIONS = 2, PEOPLE_WANTED = 20, KEY_FIRST = 0x100, KEY_SECOND, KEY_DATE };

struct baseline {
    const char *file[STUDY_FILES_MAX];
    size_t files;
    const char *out, *first, *second, *date;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "write the measurement error here, for gait compare --baseline", 0},
    {"first", KEY_FIRST, "TIMEPOINT", 0, "the first walk (default: pre1)", 0},
    {"second", KEY_SECOND, "TIMEPOINT", 0, "the second walk (default: pre2)", 0},
    {"date", KEY_DATE, "TEXT", 0, "the date that the file bears (default: now)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct baseline *b = state->input;

    switch (key) {
    case 'o':
        b->out = arg;
        return 0;
    case KEY_FIRST:
        b->first = arg;
        return 0;
    case KEY_SECOND:
        b->second = arg;
        return 0;
    case KEY_DATE:
        b->date = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (b->files == STUDY_FILES_MAX)
            argp_error(state, "more than %d files", STUDY_FILES_MAX);
        b->file[b->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!b->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What is being worked. */
struct work {
    struct steps steps;
    const char *subject[PEOPLE_MAX];
    size_t people;
    const char *timepoint[SESSIONS];
    const char *condition;
    double *x; /* room for one cell after another */
    struct gait_stats_cell *cell;
};

static int find_people(struct work *w, struct gait_error *err)
{
    for (size_t i = 0; i < w->steps.n_pass; i++) {
        const struct steps_pass *p = w->steps.pass[i];
        size_t k = 0;

        if (strcmp(p->condition, w->steps.pass[0]->condition) != 0)
            return gait_error_set(err, -EINVAL,
                                  "trial %u of %s was walked %s, the first trial %s: one condition a baseline",
                                  p->design.trial, p->subject, p->condition, w->steps.pass[0]->condition);
        if (p->design.settings.p_on_kPa != w->steps.pass[0]->design.settings.p_on_kPa ||
            p->design.settings.pitch_x_mm != w->steps.pass[0]->design.settings.pitch_x_mm)
            return gait_error_set(err, -EINVAL,
                                  "trial %u of %s has another threshold or other cells than the first trial",
                                  p->design.trial, p->subject);
        while (k < w->people && strcmp(w->subject[k], p->subject) != 0)
            k++;
        if (k == PEOPLE_MAX)
            return gait_error_set(err, -E2BIG, "more than %d people", PEOPLE_MAX);
        if (k == w->people)
            w->subject[w->people++] = p->subject;
    }
    return w->people ? 0 : gait_error_set(err, -ENODATA, "there is no trial that counts in these files");
}

/* The values of one person at one timepoint: steps of a foot, or passes' means of both feet. */
static size_t take(const struct work *w, const char *subject, const char *timepoint, enum gait_metric metric,
                   enum gait_design_foot foot, double *x)
{
    size_t n = 0;

    for (size_t p = 0; p < w->steps.n_pass; p++) {
        double sum[3] = {0};
        size_t count[3] = {0};

        if (strcmp(w->steps.pass[p]->subject, subject) != 0 || strcmp(w->steps.pass[p]->timepoint, timepoint) != 0)
            continue;
        for (size_t i = 0; i < w->steps.n_step; i++) {
            const struct step *s = w->steps.step[i];

            if (s->pass != p || !s->valid || !isfinite(s->value[metric]))
                continue;
            if (s->side == foot)
                x[n++] = s->value[metric];
            sum[s->side] += s->value[metric];
            count[s->side]++;
        }
        if (foot == GAIT_DESIGN_BOTH && count[GAIT_SIDE_LEFT] && count[GAIT_SIDE_RIGHT])
            x[n++] = (sum[GAIT_SIDE_LEFT] / (double)count[GAIT_SIDE_LEFT] +
                      sum[GAIT_SIDE_RIGHT] / (double)count[GAIT_SIDE_RIGHT]) /
                     2;
    }
    return n;
}

/* The error terms of one metric of one foot; people without both walks are left out. Returns 1; 0 too little; negative errno. */
static int terms_of(const struct work *w, enum gait_metric metric, enum gait_design_foot foot,
                    struct gait_stats_error_terms *ret_terms)
{
    size_t used = 0, people = 0;
    int r;

    for (size_t i = 0; i < w->people; i++) {
        double *at = w->x + used;
        size_t n1 = take(w, w->subject[i], w->timepoint[0], metric, foot, at);
        size_t n2 = take(w, w->subject[i], w->timepoint[1], metric, foot, at + n1);

        if (!n1 || !n2)
            continue;
        w->cell[people * SESSIONS] = (struct gait_stats_cell){at, n1};
        w->cell[people * SESSIONS + 1] = (struct gait_stats_cell){at + n1, n2};
        people++;
        used += n1 + n2;
    }
    r = gait_stats_error_terms(w->cell, people, SESSIONS, ret_terms);
    return r == -ENODATA ? 0 : r < 0 ? r : 1;
}

static json_t *row_of(enum gait_metric metric, enum gait_design_foot foot, const struct gait_stats_error_terms *t)
{
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:I,s:I}", "metric", gait_metric_info(metric)->name, "unit",
                  gait_metric_info(metric)->unit, "foot", gait_design_foot_name(foot), "var_session", t->var_session,
                  "var_step", t->var_step, "df_session", t->df_session, "df_step", t->df_step, "ms_error", t->ms_error,
                  "mean_inverse_steps", t->mean_inverse_steps, "mean_shift", t->mean_shift, "subjects",
                  (json_int_t)t->subjects, "sessions", (json_int_t)t->sessions);
    static const size_t ks[] = {5, 10};
    json_t *per_k = json_array();

    for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++) {
        struct gait_stats_mdc mdc;

        if (gait_stats_mdc(t, ks[i], ks[i], &mdc) == 0)
            json_array_append_new(per_k, json_pack("{s:i,s:o,s:o,s:o}", "k", (int)ks[i], "mdc95", study_real(mdc.mdc95),
                                                   "ci95_lo", study_real(mdc.ci.lo), "ci95_hi", study_real(mdc.ci.hi)));
    }
    json_object_set_new(row, "per_k", per_k);
    return row;
}

static void print_row(enum gait_metric metric, const struct gait_stats_error_terms *t)
{
    int digits = print_digits(gait_metric_info(metric)->unit);
    struct gait_stats_mdc five, ten;

    if (gait_stats_mdc(t, 5, 5, &five) < 0 || gait_stats_mdc(t, 10, 10, &ten) < 0)
        return;
    printf("%-34s %6zu %9.*f (%.*f to %.*f) %9.*f %s\n", gait_metric_info(metric)->name, t->subjects, digits,
           five.mdc95, digits, five.ci.lo, digits, five.ci.hi, digits, ten.mdc95, study_unit(metric));
}

/* All metrics and feet; the table shows both feet together, the file holds each. */
static int make_rows(const struct client *client, struct work *w, json_t *rows)
{
    int r = 0;

    if (!client->json)
        printf("%-34s %6s %9s (%s) %9s\n", "both feet", "people", "MDC95 k=5", "its 95 % interval", "k=10");
    for (int m = 0; m < GAIT_METRIC_COUNT && r >= 0; m++)
        for (int foot = GAIT_DESIGN_LEFT; foot <= GAIT_DESIGN_BOTH && r >= 0; foot++) {
            struct gait_stats_error_terms t;

            if (gait_metric_info((enum gait_metric)m)->tier != GAIT_TIER_STEP)
                continue;
            r = terms_of(w, (enum gait_metric)m, (enum gait_design_foot)foot, &t);
            if (r != 1 || !(t.var_step + t.var_session > 0))
                continue;
            json_array_append_new(rows, row_of((enum gait_metric)m, (enum gait_design_foot)foot, &t));
            if (foot == GAIT_DESIGN_BOTH && !client->json)
                print_row((enum gait_metric)m, &t);
        }
    return r < 0 ? r : 0;
}

static json_t *file_of(const struct baseline *b, const struct work *w, json_t *rows)
{
    char date[STUDY_DATE_MAX];
    time_t now = time(NULL);
    struct tm utc;

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:o}", "format", BASELINE_FORMAT, "date", b->date ? b->date : date,
                     "first", w->timepoint[0], "second", w->timepoint[1], "condition", w->steps.pass[0]->condition,
                     "subjects", (json_int_t)w->people, "terms", rows);
}

static int write_file(const char *path, const json_t *all, struct gait_error *err)
{
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
    FILE *out = text ? fopen(path, "wxe") : NULL;
    int r = out ? 0 : text ? -errno : -ENOMEM;

    if (out && fprintf(out, "%s\n", text) < 0)
        r = -EIO;
    if (out && fclose(out) != 0 && r == 0)
        r = -errno;
    if (out && r < 0)
        unlink(path);
    free(text);
    return r < 0 ? gait_error_set(err, r, "%s: %s%s", path, strerror(-r),
                                  r == -EEXIST ? ": nothing is written over, name another file" : "")
                 : 0;
}

static int work_it(const struct client *client, const struct baseline *b, struct work *w, struct gait_error *err)
{
    json_t *rows = json_array(), *all;
    int r = 0;

    for (size_t i = 0; i < b->files && r == 0; i++)
        r = steps_add_file(&w->steps, b->file[i], err);
    if (r == 0)
        r = find_people(w, err);
    if (r == 0) {
        w->x = calloc(2 * w->steps.n_step + 1, sizeof(double));
        w->cell = calloc(SESSIONS * w->people + 1, sizeof(*w->cell));
        r = w->x && w->cell ? make_rows(client, w, rows) : -ENOMEM;
        if (r < 0)
            gait_error_set(err, r, "%s", strerror(-r));
    }
    if (r == 0 && json_array_size(rows) == 0)
        r = gait_error_set(err, -EINVAL, "nobody walked at both %s and %s: name the two with --first and --second",
                           w->timepoint[0], w->timepoint[1]);
    if (r < 0) {
        json_decref(rows);
        return r;
    }
    all = file_of(b, w, rows);
    if (b->out)
        r = write_file(b->out, all, err);
    if (r == 0 && client->json)
        client_print_json(all);
    json_decref(all);
    return r;
}

static int run(const struct client *client, const void *input)
{
    const struct baseline *b = input;
    struct work *w = calloc(1, sizeof(*w));
    struct gait_error err = {0};
    int r;

    if (!w)
        return client_fail(client, CLIENT_FAILED, "no memory");
    w->timepoint[0] = b->first ? b->first : "pre1";
    w->timepoint[1] = b->second ? b->second : "pre2";
    r = work_it(client, b, w, &err);
    if (r == 0 && w->people < PEOPLE_WANTED)
        client_note(client,
                    "%zu people: %d are wanted, with fewer the MDC itself is uncertain (its interval says how much)",
                    w->people, PEOPLE_WANTED);
    if (r < 0)
        r = client_fail_error(client, r, &err);
    steps_done(&w->steps);
    free(w->x);
    free(w->cell);
    free(w);
    return r;
}

const struct verb verb_baseline = {
    .name = "baseline",
    .args = "FILE...",
    .summary = "Find the lab's own measurement error (double baseline)",
    .more =
        "Session files of 20 people or more who walked twice without a treatment, with the real interval between (off "
        "the mat, lying as long as the treatment lasts). Gives for each metric the variance between sessions and "
        "between steps, and MDC95 with its own 95 % interval.\n\nExample:\n  gait baseline B*.h5 -o baseline.json",
    .options = options,
    .files = "file",
    .size = sizeof(struct baseline),
    .parse = parse,
    .guarded = true,
    .run = run,
};
