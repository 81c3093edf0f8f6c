#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stats.h>

#include "print.h"
#include "steps.h"
#include "verb.h"

enum { FILES_MAX = 4096, KEY_ALL = 0x100, FEW_STEPS = 5 };

struct compare {
    const char *file[FILES_MAX];
    size_t files;
    bool all;
    bool wanted[GAIT_METRIC_COUNT];
    bool any;
};

static const struct argp_option options[] = {
    {"metric", 'm', "NAME", 0, "this metric (again and again) instead of the usual ones", 0},
    {"all", KEY_ALL, NULL, 0, "every metric", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct compare *c = state->input;
    int m;

    switch (key) {
    case KEY_ALL:
        c->all = true;
        return 0;
    case 'm':
        m = gait_metric_find(arg);
        if (m < 0)
            argp_error(state, "no metric is called '%s': gait metrics lists them", arg);
        c->wanted[m] = c->any = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        c->file[c->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!c->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_wanted(const struct compare *c, enum gait_metric m)
{
    static const enum gait_metric usual[] = {
        GAIT_METRIC_STANCE,       GAIT_METRIC_FORCE_MAX,   GAIT_METRIC_IMPULSE,          GAIT_METRIC_PEAK,
        GAIT_METRIC_HO,           GAIT_METRIC_HEEL31_PEAK, GAIT_METRIC_HEEL31_FORCE_MAX, GAIT_METRIC_HEEL31_IMPULSE,
        GAIT_METRIC_HEEL31_SHARE, GAIT_METRIC_ARCH_INDEX,  GAIT_METRIC_MID_SHARE,        GAIT_METRIC_DAI_MEAN,
        GAIT_METRIC_CPEI,
    };

    if (gait_metric_info(m)->tier != GAIT_TIER_STEP)
        return false;
    if (c->all || c->any)
        return c->all || c->wanted[m];
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i] == m)
            return true;
    return false;
}

/* Mean, SD and n of one metric of one foot in one group. */
static struct gait_stats_summary summarise(const struct steps_group *group, enum gait_side side, enum gait_metric m)
{
    struct gait_stats_summary summary = {.mean = NAN, .sd = NAN};
    _cleanup_free_ double *x = malloc((group->n + 1) * sizeof(*x));
    size_t n = 0;

    for (size_t i = 0; x && i < group->n; i++)
        if (group->step[i].side == side)
            x[n++] = group->step[i].value[m];
    n = x ? gait_stats_drop_missing(x, n, x) : 0;
    if (n)
        gait_stats_summarise(x, n, &summary);
    return summary;
}

/* The first group walked in the same way: what the others are compared with. */
static const struct steps_group *baseline(const struct steps *steps, const struct steps_group *group)
{
    for (size_t i = 0; i < steps->n; i++)
        if (strcmp(steps->group[i].condition, group->condition) == 0)
            return &steps->group[i];
    return group;
}

static void name_of(const struct steps *steps, const struct steps_group *group, char name[2 * STEPS_LABEL_MAX])
{
    bool several = false;

    for (size_t i = 0; i < steps->n; i++)
        several |= strcmp(steps->group[i].condition, group->condition) != 0;
    snprintf(name, 2 * STEPS_LABEL_MAX, "%s%s%s", several ? group->condition : "", several ? " " : "",
             group->timepoint);
}

/* ---- as text ------------------------------------------------------------------------------------------------------------------ */

enum { COLUMN = 22 };

static void print_cell(const struct gait_stats_summary *s, int digits)
{
    char text[64];

    if (!s->n)
        snprintf(text, sizeof(text), "-");
    else if (isnan(s->sd))
        snprintf(text, sizeof(text), "%.*f (n 1)", digits, s->mean);
    else
        snprintf(text, sizeof(text), "%.*f +- %.*f (n %zu)", digits, s->mean, digits, s->sd, s->n);
    printf("  %*s", COLUMN, text);
}

static void print_row(const struct steps *steps, enum gait_side side, enum gait_metric m)
{
    const struct gait_metric_info *info = gait_metric_info(m);
    int digits = print_digits(info->unit);

    printf("%-24s %-8s", info->name,
           strcmp(info->unit, "1") == 0         ? ""
           : strcmp(info->unit, "percent") == 0 ? "%"
                                                : info->unit);
    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *group = &steps->group[i], *base = baseline(steps, group);
        struct gait_stats_summary s = summarise(group, side, m), b;

        print_cell(&s, digits);
        if (group == base)
            continue;
        b = summarise(base, side, m);
        if (s.n && b.n)
            printf("  %+9.*f", digits, print_rounded(s.mean - b.mean, digits));
        else
            printf("  %9s", "-");
    }
    putchar('\n');
}

static void print_head(const struct client *client, const struct steps *steps, enum gait_side side)
{
    char name[2 * STEPS_LABEL_MAX];

    printf("\n%s%-33s", print_colour(client, PRINT_BOLD), side == GAIT_SIDE_LEFT ? "LEFT FOOT" : "RIGHT FOOT");
    for (size_t i = 0; i < steps->n; i++) {
        name_of(steps, &steps->group[i], name);
        printf("  %*.*s", COLUMN, COLUMN, name);
        if (&steps->group[i] != baseline(steps, &steps->group[i]))
            printf("  %9s", "diff");
    }
    puts(print_colour(client, PRINT_PLAIN));
}

static size_t count(const struct steps_group *group, enum gait_side side)
{
    size_t n = 0;

    for (size_t i = 0; i < group->n; i++)
        n += group->step[i].side == side;
    return n;
}

static void print_groups(const struct client *client, const struct steps *steps)
{
    char name[2 * STEPS_LABEL_MAX];

    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *g = &steps->group[i];
        size_t left = count(g, GAIT_SIDE_LEFT), right = count(g, GAIT_SIDE_RIGHT);

        name_of(steps, g, name);
        printf("%-16s %u trials, %zu left and %zu right footfalls count, %zu do not", name, g->trials, left, right,
               g->left_out);
        if (g->discarded)
            printf(", %u trials were discarded", g->discarded);
        if (left < FEW_STEPS || right < FEW_STEPS)
            printf("  %sfewer than %d a foot%s", print_colour(client, PRINT_YELLOW), FEW_STEPS,
                   print_colour(client, PRINT_PLAIN));
        putchar('\n');
    }
}

static void print_text(const struct client *client, const struct compare *c, const struct steps *steps)
{
    print_groups(client, steps);
    for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        print_head(client, steps, (enum gait_side)side);
        for (int m = 0; m < GAIT_METRIC_COUNT; m++)
            if (is_wanted(c, (enum gait_metric)m))
                print_row(steps, (enum gait_side)side, (enum gait_metric)m);
    }
    puts("\nMean +- SD over footfalls (n); diff: mean minus the mean of the first timepoint. Whether a difference is "
         "beyond measurement\n"
         "error is not judged here. Not a diagnostic device.");
}

/* ---- as JSON ------------------------------------------------------------------------------------------------------------------- */

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *cell_json(const struct steps *steps, const struct steps_group *group, enum gait_side side,
                         enum gait_metric m)
{
    const struct steps_group *base = baseline(steps, group);
    struct gait_stats_summary s = summarise(group, side, m), b = summarise(base, side, m);

    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:o}", "metric", gait_metric_info(m)->name, "side",
                     gait_side_name(side), "condition", group->condition, "timepoint", group->timepoint, "n", (int)s.n,
                     "mean", real(s.mean), "sd", real(s.sd), "difference",
                     group == base ? json_null() : real(s.mean - b.mean));
}

static void print_json(const struct compare *c, const struct steps *steps)
{
    json_t *rows = json_array(), *groups = json_array(), *all;

    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *g = &steps->group[i];

        json_array_append_new(groups, json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:i}", "condition", g->condition, "timepoint",
                                                g->timepoint, "trials", (int)g->trials, "left",
                                                (int)count(g, GAIT_SIDE_LEFT), "right", (int)count(g, GAIT_SIDE_RIGHT),
                                                "discarded", (int)g->discarded, "left_out", (int)g->left_out));
        for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++)
            for (int m = 0; m < GAIT_METRIC_COUNT; m++)
                if (is_wanted(c, (enum gait_metric)m))
                    json_array_append_new(rows, cell_json(steps, g, (enum gait_side)side, (enum gait_metric)m));
    }
    all = json_pack("{s:o,s:o}", "groups", groups, "rows", rows);
    client_print_json(all);
    json_decref(all);
}

static int run(const struct client *client, const void *input)
{
    const struct compare *c = input;
    struct steps steps = {0};
    struct gait_error err = {0};
    int r = 0;

    for (size_t i = 0; i < c->files && r == 0; i++)
        r = steps_add_file(&steps, c->file[i], &err);
    if (r < 0)
        r = client_fail_error(client, r, &err);
    else if (client->json)
        print_json(c, &steps);
    else
        print_text(client, c, &steps);
    steps_done(&steps);
    return r;
}

const struct verb verb_compare = {
    .name = "compare",
    .args = "FILE...",
    .summary = "Set timepoints beside each other, metric by metric",
    .more = "For each foot and metric: mean, SD and number of footfalls at each timepoint, and the difference from the "
            "first one walked in the same way. "
            "Only footfalls that count as full steps, of trials that were not discarded. Files may be session files, "
            "trial files, journals or vendors' "
            "recordings; a recording "
            "without a timepoint is called by its file's name.\n\nExamples:\n  gait compare S01-20260301.h5\n  gait "
            "compare before.lst after.lst -m "
            "arch_index",
    .options = options,
    .files = "file",
    .size = sizeof(struct compare),
    .parse = parse,
    .guarded = true,
    .run = run,
};
