/* Where GSL and cairo were left out of the build: the verbs stand, and say how to get them. */
#include "verb.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    (void)state;
    return key == ARGP_KEY_ARG ? 0 : ARGP_ERR_UNKNOWN;
}

static int run(const struct client *client, const void *options)
{
    (void)options;
    return client_fail(
        client, CLIENT_FAILED,
        "this gait was built without comparison and reports: build it with GAIT_CONFIG=full (GSL, cairo), or "
        "take the numbers with gait export");
}

const struct verb verb_compare = {
    .name = "compare",
    .args = "FILE...",
    .summary = "Compare timepoints (not in this build)",
    .parse = parse,
    .run = run,
};

const struct verb verb_baseline = {
    .name = "baseline",
    .args = "FILE...",
    .summary = "Find the lab's measurement error (not in this build)",
    .parse = parse,
    .run = run,
};
