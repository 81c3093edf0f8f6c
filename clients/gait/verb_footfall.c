#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verb.h"

enum { KEY_TRIAL = 0x100 };

struct correction {
    const char *mat, *what; /* the side, or why it does not count */
    uint32_t footfall, trial;
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "the mat; not needed where there is one", 0},
    {"trial", KEY_TRIAL, "N", 0, "number of the trial; otherwise the running or last one", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct correction *c = state->input;

    switch (key) {
    case 'm':
        c->mat = arg;
        return 0;
    case KEY_TRIAL:
        c->trial = (uint32_t)verb_number(state, "--trial", arg, 1, 1e6);
        return 0;
    case ARGP_KEY_ARG:
        if (!c->footfall)
            c->footfall = (uint32_t)verb_number(state, "the footfall", arg, 1, 1e9);
        else if (!c->what)
            c->what = arg;
        else
            argp_error(state, "'%s' is too much", arg);
        return 0;
    case ARGP_KEY_END:
        if (!c->what)
            argp_error(state, "two arguments are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_side(int key, char *arg, struct argp_state *state)
{
    const struct correction *c = state->input;
    error_t r = parse(key, arg, state);

    if (key == ARGP_KEY_END && c->what && strcmp(c->what, "left") != 0 && strcmp(c->what, "right") != 0)
        argp_error(state, "the side is '%s': it must be left or right", c->what);
    return r;
}

static void print_done(const struct correction *c, bool is_side, const json_t *result)
{
    char what[32] = "does not count";

    if (is_side)
        snprintf(what, sizeof(what), "is %s", c->what);
    if (json_is_integer(json_object_get(result, "at_frame")))
        printf("footfall %" PRIu32 " %s: written at frame %.0f\n", c->footfall, what,
               client_number(result, "at_frame"));
    else
        printf("footfall %" PRIu32
               " of trial %.0f %s: kept with the session; its file has it when the session is closed\n",
               c->footfall, client_number(result, "trial"), what);
}

static int ask(const struct client *client, const struct correction *c, const char *verb, const char *member)
{
    json_t *args = json_object(), *result = NULL;
    int r;

    json_object_set_new(args, "footfall", json_integer(c->footfall));
    client_set_text(args, member, c->what);
    client_set_text(args, "mat", c->mat);
    if (c->trial)
        json_object_set_new(args, "trial", json_integer(c->trial));
    r = client_ask(client, verb, args, CLIENT_ASK_MS, &result);
    if (r != CLIENT_OK)
        return r;
    if (client->json)
        client_print_json(result);
    else
        print_done(c, strcmp(member, "side") == 0, result);
    json_decref(result);
    return CLIENT_OK;
}

static int run_side(const struct client *client, const void *input)
{
    return ask(client, input, "footfall set-side", "side");
}

static int run_invalid(const struct client *client, const void *input)
{
    return ask(client, input, "footfall invalid", "why");
}

const struct verb verb_set_side = {
    .name = "footfall set-side",
    .args = "N left|right",
    .summary = "Say which foot footfall N was",
    .more =
        "While its trial runs, or afterwards until the session is locked or closed. What the print alone says is kept "
        "beside it.\n\nExamples:\n  gait footfall set-side 3 left\n  gait footfall set-side --trial 2 3 left",
    .options = options,
    .files = "left right",
    .size = sizeof(struct correction),
    .parse = parse_side,
    .run = run_side,
};

const struct verb verb_invalid = {
    .name = "footfall invalid",
    .args = "N WHY",
    .summary = "Say that footfall N does not count, and why",
    .more = "While its trial runs, or afterwards until the session is locked or closed.\n\nExamples:\n  gait footfall "
            "invalid 3 'aimed at the mat'\n  gait footfall invalid --trial 2 3 'aimed at the mat'",
    .options = options,
    .size = sizeof(struct correction),
    .parse = parse,
    .run = run_invalid,
};
