/* Where ncursesw was left out of the build: the verb stands, and says how to get it. */
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
    return client_fail(client, CLIENT_FAILED,
                       "this gait was built without the terminal view: build it with GAIT_CONFIG=full (ncursesw), or "
                       "follow the lab with gait watch and gait status");
}

const struct verb verb_view = {
    .name = "view",
    .args = "[FILE]",
    .summary = "Look at the lab in a terminal (not in this build)",
    .parse = parse,
    .run = run,
};
