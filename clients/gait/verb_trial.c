#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "verb.h"

enum { KEY_OVERRIDE = 0x100, KEY_FOOT = 0x200, KEY_REPLAY, KEY_WALKER, KEY_SPEED, KEY_TRIAL };

struct trial {
    const char *mat, *condition, *timepoint, *foot, *override, *replay, *walker, *why;
    double speed; /* NaN: not given */
    uint32_t trial;
};

/* ---- start ------------------------------------------------------------------------------------------------------------------- */

static const struct argp_option start_options[] = {
    {"mat", 'm', "ID", 0, "the mat, or 'all'; not needed where there is one", 0},
    {"condition", 'c', "NAME", 0, "how it is walked: barefoot, shod (default: barefoot, or what the session says)", 0},
    {"timepoint", 't', "NAME", 0, "when: pre1, post0, ... (left out: the protocol's next)", 0},
    {"foot", KEY_FOOT, "SIDE", 0, "left or right, where one pass is one footfall (left out: whose turn it is)", 0},
    {"override", KEY_OVERRIDE, "WHY", 0, "go on where a refusal may be overruled, and keep the reason", 0},
    {"replay", KEY_REPLAY, "FILE", 0, "play this recording instead (mats whose source is replay or walker)", 1},
    {"walker", KEY_WALKER, "TEXT", 0, "let this walker walk instead, such as seed=1,rows=360,cols=64", 1},
    {"speed", KEY_SPEED, "N", 0, "of either: 1 as recorded, 0 as fast as it is taken (default 1)", 1},
    {0},
};

static error_t parse_start(int key, char *arg, struct argp_state *state)
{
    struct trial *trial = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        trial->speed = NAN;
        return 0;
    case 'm':
        trial->mat = arg;
        return 0;
    case 'c':
        trial->condition = arg;
        return 0;
    case 't':
        trial->timepoint = arg;
        return 0;
    case KEY_FOOT:
        trial->foot = arg;
        return 0;
    case KEY_OVERRIDE:
        trial->override = arg;
        return 0;
    case KEY_REPLAY:
        trial->replay = arg;
        return 0;
    case KEY_WALKER:
        trial->walker = arg;
        return 0;
    case KEY_SPEED:
        trial->speed = verb_number(state, "--speed", arg, 0, 1000);
        return 0;
    case ARGP_KEY_END:
        if (trial->replay && trial->walker)
            argp_error(state, "--replay and --walker exclude each other");
        if (!isnan(trial->speed) && !trial->replay && !trial->walker)
            argp_error(state, "--speed belongs to --replay or --walker");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_started(const struct client *client, const json_t *result)
{
    const json_t *trial;
    size_t i;

    if (client_number(result, "pass") > 0)
        printf("%s, %s: pass %.0f of %.0f%s%s%s%s%s\n", client_text(result, "timepoint"),
               client_text(result, "condition"), client_number(result, "pass"), client_number(result, "of"),
               *client_text(result, "foot") ? ", " : "", client_text(result, "foot"),
               *client_text(result, "foot") ? " foot" : "",
               json_is_true(json_object_get(result, "extra")) ? ", extra: kept, not counted" : "",
               json_is_true(json_object_get(result, "late")) ? ", late" : "");
    json_array_foreach(json_object_get(result, "trials"), i, trial)
    {
        printf("trial %.0f runs on %s%s: %s\n", client_number(trial, "trial"), client_text(trial, "mat"),
               json_is_true(json_object_get(result, "already")) ? " already" : "", client_text(trial, "journal"));
        if (*client_text(trial, "calibration_text"))
            printf("%scalibration: %s%s\n", print_colour(client, PRINT_YELLOW), client_text(trial, "calibration_text"),
                   print_colour(client, PRINT_PLAIN));
    }
}

/* The daemon has another working folder: paths go to it whole. */
static int set_source(const struct client *client, const struct trial *trial, json_t *args)
{
    double speed = isnan(trial->speed) ? 1 : trial->speed;
    char *path;

    if (trial->walker) {
        json_object_set_new(args, "source", json_pack("{s:s,s:f}", "walker", trial->walker, "speed", speed));
    } else if (trial->replay) {
        path = realpath(trial->replay, NULL);
        if (!path)
            return client_fail(client, CLIENT_BAD_INPUT, "%s: %s", trial->replay, strerror(errno));
        json_object_set_new(args, "source", json_pack("{s:{s:s,s:f}}", "replay", "path", path, "speed", speed));
        free(path);
    }
    return CLIENT_OK;
}

static int run_start(const struct client *client, const void *options)
{
    const struct trial *trial = options;
    json_t *args = json_object();
    int r;

    client_set_text(args, "mat", trial->mat);
    client_set_text(args, "condition", trial->condition);
    client_set_text(args, "timepoint", trial->timepoint);
    client_set_text(args, "foot", trial->foot);
    client_set_text(args, "override", trial->override);
    r = set_source(client, trial, args);
    if (r != CLIENT_OK) {
        json_decref(args);
        return r;
    }
    return client_ask_print(client, "trial start", args, CLIENT_ASK_MS, print_started);
}

const struct verb verb_trial_start = {
    .name = "trial start",
    .summary = "Start a trial: one pass over the mat",
    .more = "It is 'ok' only when a first frame is safely in the journal. The seconds just before the start belong to "
            "the trial too. Under a protocol it needs no arguments: it takes the next pass and says which; what the "
            "protocol "
            "forbids is refused without --override WHY.\n\n"
            "Examples:\n  gait trial start\n  gait trial start --timepoint pre1\n  gait trial start --mat all "
            "--condition shod --timepoint "
            "post0",
    .options = start_options,
    .size = sizeof(struct trial),
    .parse = parse_start,
    .run = run_start,
};

/* ---- stop and discard ---------------------------------------------------------------------------------------------------------- */

static const struct argp_option stop_options[] = {
    {"mat", 'm', "ID", 0, "the mat; otherwise every running trial", 0},
    {0},
};

static error_t parse_stop(int key, char *arg, struct argp_state *state)
{
    struct trial *trial = state->input;

    if (key != 'm')
        return ARGP_ERR_UNKNOWN;
    trial->mat = arg;
    return 0;
}

static double lost_in(const json_t *trial)
{
    return client_number(trial, "lost_device") + client_number(trial, "lost_ring");
}

static void print_stopped(const struct client *client, const json_t *result)
{
    const json_t *trial;
    size_t i;

    (void)client;
    if (json_is_true(json_object_get(result, "already")))
        fputs("no trial was running; the last one:\n", stdout);
    json_array_foreach(json_object_get(result, "trials"), i, trial)
        printf("trial %.0f on %s: %.0f frames, %.0f footfalls, lost %.0f by the mat, %.0f by us (%s)\n",
               client_number(trial, "trial"), client_text(trial, "mat"), client_number(trial, "frames"),
               client_number(trial, "footfalls"), client_number(trial, "lost_device"),
               client_number(trial, "lost_ring"), client_text(trial, "why"));
}

static int run_stop(const struct client *client, const void *options)
{
    const struct trial *trial = options;
    json_t *args = json_object(), *result = NULL, *each;
    double lost = 0;
    size_t i;
    int r;

    client_set_text(args, "mat", trial->mat);
    r = client_ask(client, "trial stop", args, CLIENT_ASK_MS, &result);
    if (r != CLIENT_OK)
        return r;
    json_array_foreach(json_object_get(result, "trials"), i, each) lost += lost_in(each);
    if (client->json)
        client_print_json(result);
    else
        print_stopped(client, result);
    json_decref(result);
    return lost > 0 ? CLIENT_GAPS : CLIENT_OK;
}

const struct verb verb_trial_stop = {
    .name = "trial stop",
    .summary = "Stop the running trial",
    .more = "Waits at most 2 s for a foot that is down. The exit status is 6 when frames are missing in it.",
    .options = stop_options,
    .size = sizeof(struct trial),
    .parse = parse_stop,
    .run = run_stop,
};

static const struct argp_option discard_options[] = {
    {"mat", 'm', "ID", 0, "the mat; not needed where there is one", 0},
    {"trial", KEY_TRIAL, "N", 0, "number of the trial; otherwise the last one", 0},
    {0},
};

static error_t parse_discard(int key, char *arg, struct argp_state *state)
{
    struct trial *trial = state->input;

    switch (key) {
    case 'm':
        trial->mat = arg;
        return 0;
    case KEY_TRIAL:
        trial->trial = (uint32_t)verb_number(state, "--trial", arg, 1, 1e6);
        return 0;
    case ARGP_KEY_ARG:
        if (trial->why)
            argp_error(state, "one reason, in quotes");
        trial->why = arg;
        return 0;
    case ARGP_KEY_END:
        if (!trial->why)
            argp_error(state, "WHY is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_discarded(const struct client *client, const json_t *result)
{
    const json_t *trial;
    size_t i;

    (void)client;
    json_array_foreach(json_object_get(result, "trials"), i, trial)
        printf("trial %.0f %sdoes not count; its data stay\n", client_number(trial, "trial"),
               strcmp(client_text(trial, "state"), "recording") == 0 ? "was running: it ends here and " : "");
}

static int run_discard(const struct client *client, const void *options)
{
    const struct trial *trial = options;
    json_t *args = json_object();

    client_set_text(args, "why", trial->why);
    client_set_text(args, "mat", trial->mat);
    if (trial->trial)
        json_object_set_new(args, "trial", json_integer(trial->trial));
    return client_ask_print(client, "trial discard", args, CLIENT_ASK_MS, print_discarded);
}

const struct verb verb_trial_discard = {
    .name = "trial discard",
    .args = "WHY",
    .summary = "Say that a trial does not count; its data are kept",
    .more = "Examples:\n  gait trial discard 'stumbled'\n  gait trial discard --trial 3 'looked at the mat'",
    .options = discard_options,
    .size = sizeof(struct trial),
    .parse = parse_discard,
    .run = run_discard,
};
