/* gait baseline: the lab's own measurement error out of a double baseline. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/cleanup.h>

#include "baseline_file.h"
#include "print.h"
#include "session_files.h"
#include "study.h"
#include "verb.h"
#include "whole_file.h"

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
    struct gait_design_pass *pass;
    struct gait_design_step *step;
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
            p->design.settings.pitch_x_mm != w->steps.pass[0]->design.settings.pitch_x_mm ||
            p->design.settings.pitch_y_mm != w->steps.pass[0]->design.settings.pitch_y_mm)
            return gait_error_set(err, -EINVAL,
                                  "trial %u of %s has another threshold or other cells than the first trial",
                                  p->design.trial, p->subject);
        if (p->design.settings.algorithm_version != w->steps.pass[0]->design.settings.algorithm_version)
            return gait_error_set(err, -EINVAL,
                                  "trial %u of %s was computed by another algorithm version than the first trial: "
                                  "analyse all again with one",
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
    printf("%-34s %6zu %9.*f %9.*f %9.*f (%.*f to %.*f) %9.*f %s\n", gait_metric_info(metric)->name, t->subjects,
           digits, sqrt(t->var_session), digits, sqrt(t->var_step), digits, five.mdc95, digits, five.ci.lo, digits,
           five.ci.hi, digits, ten.mdc95, study_unit(metric));
}

/* All metrics and feet; the table shows both feet together, the file holds each. */
static int make_rows(const struct client *client, const struct work *w, json_t *rows)
{
    struct gait_design_data data = {w->pass, w->steps.n_pass, w->step, w->steps.n_step};
    struct gait_design_plan plan = {.condition = w->pass[0].condition, .baseline = w->timepoint[0]};
    int r = 0;

    if (!client->json)
        printf("%-34s %6s %9s %9s %9s (%s) %9s\n", "both feet", "people", "SD walks", "SD passes", "MDC95 k=5",
               "its 95 % interval", "k=10");
    for (int m = 0; m < GAIT_METRIC_COUNT && r >= 0; m++)
        for (int foot = GAIT_DESIGN_LEFT; foot <= GAIT_DESIGN_BOTH && r >= 0; foot++) {
            struct gait_stats_error_terms t;

            if (gait_metric_info((enum gait_metric)m)->tier != GAIT_TIER_STEP)
                continue;
            r = gait_design_error_terms(&data, &plan, w->timepoint[1], (enum gait_metric)m, (enum gait_design_foot)foot,
                                        &t);
            if (r == -ENODATA)
                r = 0;
            else if (r == 0 && t.var_step + t.var_session > 0)
                r = 1;
            if (r != 1)
                continue;
            json_array_append_new(rows, row_of((enum gait_metric)m, (enum gait_design_foot)foot, &t));
            if (foot == GAIT_DESIGN_BOTH && !client->json)
                print_row((enum gait_metric)m, &t);
        }
    return r < 0 ? r : 0;
}

static json_t *file_of(const struct baseline *b, const struct work *w, json_t *rows)
{
    const struct gait_design_settings *x = &w->pass[0].settings;
    char date[STUDY_DATE_MAX];
    time_t now = time(NULL);
    struct tm utc;

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:f,s:f,s:f,s:I,s:o}", "format", BASELINE_FORMAT, "date",
                     b->date ? b->date : date, "first", w->timepoint[0], "second", w->timepoint[1], "condition",
                     w->steps.pass[0]->condition, "algorithm_version", (int)x->algorithm_version, "p_on_kPa",
                     x->p_on_kPa, "pitch_x_mm", x->pitch_x_mm, "pitch_y_mm", x->pitch_y_mm, "subjects",
                     (json_int_t)w->people, "terms", rows);
}

static int write_file(const char *path, const json_t *all, struct gait_error *err)
{
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
    struct whole_file file;
    int r = text ? whole_new(path, &file, err) : gait_error_set(err, -ENOMEM, "%s: no memory", path);

    if (r == 0) {
        fprintf(file.out, "%s\n", text);
        r = whole_end(&file, 0, err);
    }
    free(text);
    return r;
}

static int add_files(const struct baseline *b, struct work *w, struct gait_error *err)
{
    struct session_files files;
    int r = session_files_find(b->file, b->files, STUDY_FILES_MAX, &files, err);

    for (size_t i = 0; i < files.n && r == 0; i++)
        r = steps_add_file(&w->steps, files.path[i], err);
    session_files_done(&files);
    return r;
}

static int work_it(const struct client *client, const struct baseline *b, struct work *w, struct gait_error *err)
{
    json_t *rows = json_array(), *all;
    int r = add_files(b, w, err);

    if (w->steps.progress)
        print_progress(NULL);
    if (r == 0)
        r = find_people(w, err);
    if (r == 0) {
        r = steps_design(&w->steps, &w->pass, &w->step);
        r = r < 0 ? r : make_rows(client, w, rows);
        if (r < 0)
            gait_error_set(err, r, "%s", strerror(-r));
    }
    if (r == 0 && json_array_size(rows) == 0)
        r = gait_error_set(err, -EINVAL,
                           "fewer than 2 people walked at both %s and %s: name the two with --first and --second",
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
    w->steps.progress = !client->json;
    r = work_it(client, b, w, &err);
    if (r == 0 && w->people < PEOPLE_WANTED)
        client_note(client,
                    "%zu people: %d are wanted, with fewer the MDC itself is uncertain (its interval says how much)",
                    w->people, PEOPLE_WANTED);
    if (r < 0)
        r = client_fail_error(client, r, &err);
    steps_done(&w->steps);
    free(w->pass);
    free(w->step);
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
