#include <stdio.h>

#include "verb.h"

struct mark {
    const char *mat, *text;
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "the mat; otherwise every trial that runs", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct mark *mark = state->input;

    switch (key) {
    case 'm':
        mark->mat = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (mark->text)
            argp_error(state, "one text, in quotes");
        mark->text = arg;
        return 0;
    case ARGP_KEY_END:
        if (!mark->text)
            argp_error(state, "TEXT is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_marked(const struct client *client, const json_t *result)
{
    const json_t *mark;
    size_t i;

    (void)client;
    json_array_foreach(json_object_get(result, "marks"), i, mark)
        printf("marked %s at frame %.0f\n", client_text(mark, "mat"), client_number(mark, "frame"));
}

static int run(const struct client *client, const void *input)
{
    const struct mark *mark = input;
    json_t *args = json_object();

    client_set_text(args, "text", mark->text);
    client_set_text(args, "mat", mark->mat);
    return client_ask_print(client, "mark", args, CLIENT_ASK_MS, print_marked);
}

const struct verb verb_mark = {
    .name = "mark",
    .args = "TEXT",
    .summary = "Write a remark into the recording, at the frame of now",
    .more = "Examples:\n  gait mark 'oil wiped off'",
    .options = options,
    .size = sizeof(struct mark),
    .parse = parse,
    .run = run,
};
