#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "study.h"
#include "verb.h"

enum {
    KEY_ALL = 0x100,
    KEY_PRIMARY,
    KEY_FOOT,
    KEY_BASELINE,
    KEY_AGAINST,
    KEY_CONDITION,
    KEY_DESIGN,
    KEY_BLIND,
    KEY_SWC,
    KEY_DIRECTION,
    KEY_CSV,
    KEY_REPORT,
    KEY_FULL,
    KEY_PAPER,
    KEY_SEED,
    KEY_DATE,
    KEY_WINDOW,
    KEY_PROTOCOL,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What is compared:", 1},
    {"primary", KEY_PRIMARY, "NAME[:FOOT],...", 0,
     "the metrics named beforehand, at most 3, each with its foot if it has one of its own (default: "
     "heel31_impulse_Ns, heel31_peak_kPa, dai_mean)",
     1},
    {"foot", KEY_FOOT, "FOOT", 0, "left, right, or both: their mean (default)", 1},
    {"against", KEY_AGAINST, "TIMEPOINT", 0, "the baseline (default: the last one called pre..., else the first)", 1},
    {"condition", KEY_CONDITION, "NAME", 0, "the way of walking that is compared (default: that of the first trial)",
     1},
    {"design", KEY_DESIGN, "KIND", 0,
     "one_person, group, parallel, crossover or one_foot (default: told from the files)", 1},
    {"window", KEY_WINDOW, "PERCENT", 0, "passes this near the baseline's speed count first (default: 5)", 1},
    {0, 0, 0, 0, "What was registered:", 2},
    {"protocol", KEY_PROTOCOL, "FILE", 0,
     "the study's protocol: primaries, feet, SWC, directions, window (default: the one that the trials carry)", 2},
    {"baseline", KEY_BASELINE, "FILE", 0, "the lab's own measurement error, made by gait baseline", 2},
    {"swc", KEY_SWC, "NAME=VALUE", 0, "smallest worthwhile change of a metric, in its unit", 2},
    {"direction", KEY_DIRECTION, "NAME=WAY", 0, "the change that counts as improvement: increase or decrease", 2},
    {0, 0, 0, 0, "What comes out:", 3},
    {"metric", 'm', "NAME", 0, "this metric (again and again) instead of the usual ones", 3},
    {"all", KEY_ALL, NULL, 0, "every metric", 3},
    {"blind", KEY_BLIND, NULL, 0,
     "letters in place of arms, or of timepoints where there are no arms; a blind session stays so until it is "
     "unblinded",
     3},
    {"csv", KEY_CSV, "FILE", 0, "every footfall's numbers as a long table, for lme4", 3},
    {"report", KEY_REPORT, "FILE", 0, "a report as .pdf, .html, .svg or .png", 3},
    {"full", KEY_FULL, NULL, 0, "the report with every page, not two", 3},
    {"letter", KEY_PAPER, NULL, 0, "US Letter instead of A4", 3},
    {"seed", KEY_SEED, "NUMBER", 0, "of the random numbers (default: told from the files)", 3},
    {"date", KEY_DATE, "TEXT", 0, "the date that the report bears (default: now)", 3},
    {0},
};

/* NAME=VALUE: the metric, and *ret_value what stands behind the sign. */
static int named(struct argp_state *state, const char *option, char *arg, char **ret_value)
{
    char *sign = strchr(arg, '=');
    int m;

    if (!sign) {
        argp_error(state, "%s is '%s': it must be NAME=VALUE", option, arg);
        return 0;
    }
    *sign = '\0';
    m = gait_metric_find(arg);
    if (m < 0)
        argp_error(state, "%s: no metric is called '%s': gait metrics lists them", option, arg);
    *ret_value = sign + 1;
    return m < 0 ? 0 : m;
}

static void parse_direction(struct argp_state *state, char *arg, struct study_options *o)
{
    char *value = NULL;
    int m = named(state, "--direction", arg, &value);

    if (value && strcmp(value, "increase") == 0)
        o->direction[m] = GAIT_DIRECTION_INCREASE;
    else if (value && strcmp(value, "decrease") == 0)
        o->direction[m] = GAIT_DIRECTION_DECREASE;
    else
        argp_error(state, "--direction is '%s': it must be increase or decrease", value ? value : "");
}

static void parse_swc(struct argp_state *state, char *arg, struct study_options *o)
{
    char *value = NULL;
    int m = named(state, "--swc", arg, &value);

    if (value)
        o->swc[m] = verb_number(state, "--swc", value, 1e-12, 1e12);
}

static void init(struct study_options *o)
{
    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        o->swc[m] = NAN;
    o->seed = o->window_pct = NAN;
}

static void finish(struct argp_state *state, const struct study_options *o)
{
    if (!o->files)
        argp_error(state, "FILE is needed");
    if (o->blind && o->csv)
        argp_error(state, "--csv tells what --blind hides: one of them");
}

static error_t parse_text(int key, char *arg, struct argp_state *state, struct study_options *o)
{
    switch (key) {
    case KEY_PRIMARY:
        o->primary = arg;
        return 0;
    case KEY_FOOT:
        if (gait_design_foot_find(arg) < 0)
            argp_error(state, "--foot is '%s': it must be left, right or both", arg);
        o->foot = arg;
        return 0;
    case KEY_BASELINE:
        o->baseline_file = arg;
        return 0;
    case KEY_AGAINST:
        o->against = arg;
        return 0;
    case KEY_CONDITION:
        o->condition = arg;
        return 0;
    case KEY_DESIGN:
        o->design = arg;
        return 0;
    case KEY_PROTOCOL:
        o->protocol = arg;
        return 0;
    case KEY_CSV:
        o->csv = arg;
        return 0;
    case KEY_REPORT:
        o->report = arg;
        return 0;
    case KEY_DATE:
        o->date = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct study_options *o = state->input;
    int m;

    switch (key) {
    case ARGP_KEY_INIT:
        init(o);
        return ARGP_ERR_UNKNOWN;
    case KEY_ALL:
        o->all = true;
        return 0;
    case KEY_BLIND:
        o->blind = true;
        return 0;
    case KEY_FULL:
        o->full = true;
        return 0;
    case KEY_PAPER:
        o->letter = true;
        return 0;
    case KEY_SWC:
        parse_swc(state, arg, o);
        return 0;
    case KEY_DIRECTION:
        parse_direction(state, arg, o);
        return 0;
    case KEY_SEED:
        o->seed = verb_number(state, "--seed", arg, 0, 1e15);
        return 0;
    case KEY_WINDOW:
        o->window_pct = verb_number(state, "--window", arg, 0.1, 1000);
        return 0;
    case 'm':
        m = gait_metric_find(arg);
        if (m < 0)
            argp_error(state, "no metric is called '%s': gait metrics lists them", arg);
        else
            o->wanted[m] = o->any = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->files == STUDY_FILES_MAX)
            argp_error(state, "more than %d files", STUDY_FILES_MAX);
        o->file[o->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        finish(state, o);
        return 0;
    default:
        return parse_text(key, arg, state, o);
    }
}

static void print(const struct client *client, const struct study *study)
{
    json_t *all;

    if (!client->json) {
        table_print(client, study);
        verdict_print(client, study);
        return;
    }
    all = study_json(study);
    client_print_json(all);
    json_decref(all);
}

static const char *why_refused(const struct study *study)
{
    for (size_t i = 0; i < study->n_finding; i++)
        if (study->finding[i].severity == GAIT_DESIGN_REFUSED)
            return study->finding[i].text;
    return study->n_judged ? study->judged[0].why : "there is no other timepoint";
}

static int run(const struct client *client, const void *input)
{
    struct study_options asked = *(const struct study_options *)input;
    struct study *study = calloc(1, sizeof(*study));
    struct gait_error err = {0};
    int r;

    if (!study)
        return client_fail(client, CLIENT_FAILED, "no memory");
    asked.progress = !client->json;
    r = study_make(&asked, study, &err);
    if (r == 0 && asked.csv)
        r = study_csv(study, asked.csv, &err);
    if (r == 0 && asked.report)
        r = report_write(study, asked.report, &err);
    if (asked.progress)
        print_progress(NULL);
    if (r < 0)
        r = client_fail_error(client, r, &err);
    else
        print(client, study);
    if (r == CLIENT_OK && study_refused(study))
        r = client_fail(client, CLIENT_REFUSED, "nothing was compared: %s", why_refused(study));
    study_done(study);
    free(study);
    return r;
}

const struct verb verb_compare = {
    .name = "compare",
    .args = "FILE...",
    .summary = "Say whether anything changed beyond measurement error",
    .more =
        "For each foot and metric: mean, SD and number of footfalls at each timepoint, and the difference from the "
        "baseline. Then the verdicts on the metrics named beforehand. Only footfalls that count as full steps, of "
        "trials that were not discarded. Files may be session files, trial files, journals or vendors' recordings; a "
        "recording without a timepoint is called by its file's name. The folder of a session stands for its session "
        "file, any "
        "other folder for all sessions in it. Several subjects make a group report. What each "
        "number means: docs/COMPARE.md. Where nothing may be compared the exit status is 5; the reason is told, and "
        "what was asked for is written all the same.\n\nExamples:\n  gait compare S01-20260301.h5\n  gait compare "
        "S01-20260301.h5 "
        "--primary heel31_peak_kPa --foot left --swc heel31_peak_kPa=20 --report S01.pdf\n  gait compare before.lst "
        "after.lst -m arch_index",
    .options = options,
    .files = "file",
    .size = sizeof(struct study_options),
    .parse = parse,
    .guarded = true,
    .run = run,
};
