#include <stdio.h>
#include <string.h>

#include <gait/metric.h>

#include "print.h"
#include "verb.h"

enum { KEY_MARKDOWN = 0x100 };

struct metrics {
    bool markdown;
    const char *name;
};

static const struct argp_option options[] = {
    {"markdown", KEY_MARKDOWN, NULL, 0, "the table of docs/METRICS.md", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct metrics *metrics = state->input;

    switch (key) {
    case KEY_MARKDOWN:
        metrics->markdown = true;
        return 0;
    case ARGP_KEY_ARG:
        if (metrics->name)
            argp_error(state, "one metric at a time");
        metrics->name = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *tier_name(const struct gait_metric_info *info)
{
    return info->tier == GAIT_TIER_STEP ? "step" : "session";
}

static void print_reasons(void)
{
    for (int r = 1; r < GAIT_REASON_COUNT; r++)
        printf("%s `%s`", r > 1 ? "," : "", gait_reason_name((enum gait_reason)r));
    puts(".");
}

/* The whole of docs/METRICS.md. */
static void print_markdown(void)
{
    printf(
        "# Metrics\n\nEvery number that a footfall carries. This page is printed by `gait metrics --markdown` from "
        "the table that the programs "
        "use;\nalgorithm version %d. Change the table (`libgait/include/gait/metric_list.h`, "
        "`libgait/core/metric_text.h`), not the page.\n\n"
        "Tier **step**: from this footfall and earlier data only, published once, the same live and offline to the "
        "bit. Tier **session**: made\n"
        "when the session closes, in a table of its own. A number that cannot be had is NaN with a reason, never 0. "
        "Not a diagnostic device.\n\n"
        "Events of a neighbour are used where they are known. Cut by the edge that the walker came from, a foot has "
        "landed beside the mat: its initial\n"
        "contact is not known; cut by the edge ahead its toe-off is not. Neither is known of a foot cut at a side, of "
        "two merged feet, of one with a gap\n"
        "inside; a footfall open at the end of a trial has no toe-off.\n\n"
        "Where the mat was empty of feet for more than 1 s between the latest toe-off and the next initial contact, "
        "another crossing begins. A trial may hold\n"
        "several; no step, stride, way of walking, side, cadence, speed or class is told from one to the next, and "
        "each footfall has the numbers of its own\n"
        "crossing. The trial's numbers (`/session_tables/trials`) are the medians of its crossings that have them, its "
        "class what all crossings say that say\n"
        "one, its progression their mean, NaN where one lies 30 degrees or more beside the first. A treadmill's trial "
        "is one crossing; in single mode each\n"
        "footfall stands for itself.\n\n"
        "Reasons:",
        GAIT_ALGORITHM_VERSION);
    print_reasons();
    puts("\n| metric | unit | tier | mask | definition | source | valid when | known bias "
         "|\n|---|---|---|---|---|---|---|---|");
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        printf("| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", info->name, info->unit, tier_name(info),
               gait_metric_mask((enum gait_metric)m), info->definition, info->source, info->valid_when, info->bias);
    }
}

static json_t *to_json(enum gait_metric metric)
{
    const struct gait_metric_info *info = gait_metric_info(metric);

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "name", info->name, "unit", info->unit, "tier",
                     tier_name(info), "mask", gait_metric_mask(metric), "definition", info->definition, "source",
                     info->source, "valid_when", info->valid_when, "bias", info->bias);
}

static void print_json(const char *name)
{
    json_t *list = json_array(), *reasons = json_array(), *all;

    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        if (!name || strcmp(gait_metric_info((enum gait_metric)m)->name, name) == 0)
            json_array_append_new(list, to_json((enum gait_metric)m));
    for (int r = 1; r < GAIT_REASON_COUNT; r++)
        json_array_append_new(reasons, json_string(gait_reason_name((enum gait_reason)r)));
    all = json_pack("{s:i,s:o,s:o}", "algorithm_version", GAIT_ALGORITHM_VERSION, "metrics", list, "reasons", reasons);
    client_print_json(all);
    json_decref(all);
}

static void print_one(const struct client *client, enum gait_metric metric)
{
    const struct gait_metric_info *info = gait_metric_info(metric);

    printf("%s%s%s [%s], %s tier\n", print_colour(client, PRINT_BOLD), info->name, print_colour(client, PRINT_PLAIN),
           info->unit, tier_name(info));
    printf("  is          %s\n  source      %s\n  valid when  %s\n", info->definition, info->source, info->valid_when);
    if (*gait_metric_mask(metric))
        printf("  mask        %s\n", gait_metric_mask(metric));
    if (*info->bias)
        printf("  known bias  %s\n", info->bias);
}

static void print_list(void)
{
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        printf("%-36s %-10s %-8s %s\n", info->name, info->unit, tier_name(info), info->definition);
    }
    fputs("\nWhy a number may be missing:", stdout);
    for (int r = 1; r < GAIT_REASON_COUNT; r++)
        printf("%s %s", r > 1 ? "," : "", gait_reason_name((enum gait_reason)r));
    putchar('\n');
}

static int run(const struct client *client, const void *input)
{
    const struct metrics *metrics = input;
    int m = metrics->name ? gait_metric_find(metrics->name) : 0;

    if (m < 0)
        return client_fail(client, CLIENT_USAGE, "no metric is called '%s': gait metrics lists them", metrics->name);
    if (client->json)
        print_json(metrics->name);
    else if (metrics->markdown)
        print_markdown();
    else if (metrics->name)
        print_one(client, (enum gait_metric)m);
    else
        print_list();
    return CLIENT_OK;
}

const struct verb verb_metrics = {
    .name = "metrics",
    .args = "[NAME]",
    .summary = "Explain the numbers: unit, definition, source, bias",
    .more = "Examples:\n  gait metrics arch_index\n  gait metrics --markdown",
    .options = options,
    .size = sizeof(struct metrics),
    .parse = parse,
    .run = run,
};
