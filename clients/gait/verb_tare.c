#include <stdio.h>

#include "print.h"
#include "verb.h"

enum { KEY_FRAMES = 0x100, KEY_OVERRIDE };

struct tare {
    const char *mat, *override;
    uint32_t frames;
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "the mat; not needed where there is one", 0},
    {"frames", KEY_FRAMES, "N", 0, "how many unloaded frames to take (100 to 2000, default 100)", 0},
    {"override", KEY_OVERRIDE, "WHY", 0, "the mat is empty, and what looks like a foot or like broken cells is so", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tare *tare = state->input;

    switch (key) {
    case 'm':
        tare->mat = arg;
        return 0;
    case KEY_FRAMES:
        tare->frames = (uint32_t)verb_number(state, "--frames", arg, 100, 2000);
        return 0;
    case KEY_OVERRIDE:
        tare->override = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_tared(const struct client *client, const json_t *result)
{
    (void)client;
    printf("%s is tared over %.0f frames (calibration %.0f)\n", client_text(result, "mat"),
           client_number(result, "frames"), client_number(result, "calibration"));
    if (client_number(result, "noisy_cells") + client_number(result, "stuck_cells") +
            client_number(result, "saturated_cells") >
        0)
        printf("found now: %.0f cells too noisy for the threshold, %.0f stuck, %.0f saturated when empty\n",
               client_number(result, "noisy_cells"), client_number(result, "stuck_cells"),
               client_number(result, "saturated_cells"));
    if (client_number(result, "dead_cells") > 0) {
        print_dead_cells(result);
        putchar('\n');
    }
    printf("%s\n", client_text(result, "path"));
}

static int run(const struct client *client, const void *input)
{
    const struct tare *tare = input;
    json_t *args = json_object();

    client_set_text(args, "mat", tare->mat);
    client_set_text(args, "override", tare->override);
    if (tare->frames)
        json_object_set_new(args, "frames", json_integer(tare->frames));
    return client_ask_print(client, "tare", args, 6 * CLIENT_ASK_MS, print_tared);
}

const struct verb verb_tare = {
    .name = "tare",
    .summary = "Take the unloaded mat as zero; nobody may stand on it",
    .options = options,
    .size = sizeof(struct tare),
    .parse = parse,
    .run = run,
};
