#include <math.h>
#include <stdio.h>
#include <string.h>

#include "verb.h"

enum { KEY_BY = 0x100, KEY_OVERRIDE, KEY_INTENSITY };

struct treatment {
    const char *technique, *muscle, *side, *intensity, *by, *override;
    double minutes; /* NaN: not given */
};

static const struct argp_option start_options[] = {
    {"technique", 't', "TEXT", 0, "what is done, such as effleurage", 0},
    {"muscle", 'm', "TEXT", 0, "where, such as triceps surae", 0},
    {"side", 's' + 0x200, "SIDE", 0, "left, right or both", 0},
    {"dose-min", 'd', "MIN", 0, "planned minutes", 0},
    {"intensity", KEY_INTENSITY, "TEXT", 0, "how hard, such as 4 of 10", 0},
    {"by", KEY_BY, "ID", 0, "pseudonym of who treats", 0},
    {"override", KEY_OVERRIDE, "WHY", 0,
     "treat although the protocol asks for something else first; the reason is kept", 0},
    {0},
};

static error_t parse_start(int key, char *arg, struct argp_state *state)
{
    struct treatment *t = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        t->minutes = NAN;
        return 0;
    case 't':
        t->technique = arg;
        return 0;
    case 'm':
        t->muscle = arg;
        return 0;
    case 's' + 0x200:
        t->side = arg;
        return 0;
    case 'd':
        t->minutes = verb_number(state, "--dose-min", arg, 0, 240);
        return 0;
    case KEY_INTENSITY:
        t->intensity = arg;
        return 0;
    case KEY_BY:
        t->by = arg;
        return 0;
    case KEY_OVERRIDE:
        t->override = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_treatment(const struct client *client, const json_t *result)
{
    static const char *const told[] = {"technique", "muscle", "side", "intensity", "by"};
    const json_t *t = json_object_get(result, "treatment");

    (void)client;
    if (strcmp(client_text(t, "state"), "running") == 0)
        printf("treatment %.0f is under way since %s\n", client_number(t, "n"), client_text(t, "started_utc"));
    else
        printf("treatment %.0f ended at %s\n", client_number(t, "n"), client_text(t, "stopped_utc"));
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (*client_text(t, told[i]))
            printf("  %-10s %s\n", told[i], client_text(t, told[i]));
    if (json_is_number(json_object_get(t, "planned_min")))
        printf("  %-10s %g min\n", "planned", client_number(t, "planned_min"));
}

static int run_start(const struct client *client, const void *options)
{
    const struct treatment *t = options;
    json_t *args = json_object();

    client_set_text(args, "technique", t->technique);
    client_set_text(args, "muscle", t->muscle);
    client_set_text(args, "side", t->side);
    client_set_text(args, "intensity", t->intensity);
    client_set_text(args, "by", t->by);
    client_set_text(args, "override", t->override);
    if (!isnan(t->minutes))
        json_object_set_new(args, "planned_min", json_real(t->minutes));
    return client_ask_print(client, "treatment start", args, CLIENT_ASK_MS, print_treatment);
}

const struct verb verb_treatment_start = {
    .name = "treatment start",
    .summary = "The treatment begins: log what, where, how long",
    .more =
        "Under a protocol with one arm technique and minutes come from it. Every later trial carries the seconds since "
        "the treatment ended. Asked again while it runs, it completes or corrects what is known of it.\n\nExamples:\n  "
        "gait treatment start\n"
        "  gait treatment start --technique effleurage --muscle 'triceps surae' --side left --dose-min 10 --by T2",
    .options = start_options,
    .size = sizeof(struct treatment),
    .parse = parse_start,
    .run = run_start,
};

static int run_stop(const struct client *client, const void *options)
{
    (void)options;
    return client_ask_print(client, "treatment stop", NULL, CLIENT_ASK_MS, print_treatment);
}

const struct verb verb_treatment_stop = {
    .name = "treatment stop",
    .summary = "The treatment ends: from here on seconds are counted",
    .run = run_stop,
};

static void print_arm(const struct client *client, const json_t *result)
{
    (void)client;
    printf("arm        %s\n", client_text(result, "arm"));
    if (*client_text(result, "treated"))
        printf("side       %s\n", client_text(result, "treated"));
    if (*client_text(result, "technique"))
        printf("technique  %s\n", client_text(result, "technique"));
    if (client_number(result, "dose_min") > 0)
        printf("minutes    %g\n", client_number(result, "dose_min"));
    if (*client_text(result, "about"))
        printf("note       %s\n", client_text(result, "about"));
}

static int run_show(const struct client *client, const void *options)
{
    (void)options;
    return client_ask_print(client, "treatment show", NULL, CLIENT_ASK_MS, print_arm);
}

const struct verb verb_treatment_show = {
    .name = "treatment show",
    .summary = "For whoever treats: which arm this person was drawn for",
    .more =
        "In a blind study whoever measures does not ask this. Who looked, and when, is kept in the session and in the "
        "audit log.",
    .run = run_show,
};
