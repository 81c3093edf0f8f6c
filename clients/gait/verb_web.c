#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "review_write.h"
#include "verb.h"

enum { KEY_TO_PIPE = 0x100, KEY_CERT, KEY_KEY, KEY_HOST, ARGS_MAX = 16 };

struct web {
    const char *file;
    bool to_pipe;
    const char *arg[ARGS_MAX]; /* handed on to gaitweb */
    size_t args;
};

static const struct argp_option options[] = {
    {"listen", 'l', "ADDRESS:PORT", 0, "where to listen (default 127.0.0.1:7480; port 0: any that is free)", 0},
    {"cert", KEY_CERT, "FILE", 0, "certificate (PEM); needed to listen beyond this machine", 0},
    {"key", KEY_KEY, "FILE", 0, "its private key (PEM)", 0},
    {"host", KEY_HOST, "NAME", 0, "another name that browsers call this machine by", 0},
    {"to-pipe", KEY_TO_PIPE, NULL, OPTION_HIDDEN, "write what the page shows (clients/review/record.h)", 0},
    {0},
};

static void hand_on(struct argp_state *state, struct web *web, const char *option, const char *value)
{
    if (web->args + 2 > ARGS_MAX - 4)
        argp_error(state, "too many options");
    web->arg[web->args++] = option;
    web->arg[web->args++] = value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct web *web = state->input;

    switch (key) {
    case 'l':
        hand_on(state, web, "--listen", arg);
        return 0;
    case KEY_CERT:
        hand_on(state, web, "--cert", arg);
        return 0;
    case KEY_KEY:
        hand_on(state, web, "--key", arg);
        return 0;
    case KEY_HOST:
        hand_on(state, web, "--host", arg);
        return 0;
    case KEY_TO_PIPE:
        web->to_pipe = true;
        return 0;
    case ARGP_KEY_ARG:
        if (web->file)
            argp_error(state, "one FILE at a time: '%s' is too much", arg);
        web->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!web->file)
            argp_error(state, "FILE is needed; the live page is gaitweb's");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int write_file(const struct client *client, const void *input)
{
    return review_write(client, ((const struct web *)input)->file);
}

/* Becomes the gaitweb that lies beside this gait. */
static int run(const struct client *client, const void *input)
{
    const struct web *web = input;
    const char *argv[ARGS_MAX] = {"gaitweb", "--review", web->file};
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 16);
    char *slash;

    if (web->to_pipe)
        return guard_run(client, web->file, write_file, web);
    if (access(web->file, R_OK) < 0)
        return client_fail(client, CLIENT_BAD_INPUT, "%s: %s", web->file, strerror(errno));
    program[n > 0 ? n : 0] = 0;
    slash = strrchr(program, '/');
    strcpy(slash ? slash + 1 : program, "gaitweb");
    for (size_t i = 0; i < web->args; i++)
        argv[3 + i] = web->arg[i];
    execv(program, (char *const *)(uintptr_t)argv);
    return client_fail(client, CLIENT_FAILED,
                       "%s: %s: gaitweb is not installed beside gait (it needs GAIT_CONFIG=full with libwebsockets); "
                       "gait analyse FILE shows a file without it",
                       program, strerror(errno));
}

const struct verb verb_web = {
    .name = "web",
    .args = "FILE",
    .summary = "Look at a recording in the browser, without a daemon",
    .more = "FILE is a trial's journal, a trial or session file, or a vendor's recording. Prints an address to open: "
            "play, step, scrub through the frames, footfalls with every flag. FILE is read in a process of its own "
            "with limits and stays as it is.\n\nExample:\n  gait web S01-20261127.h5",
    .options = options,
    .files = "file",
    .size = sizeof(struct web),
    .parse = parse,
    .run = run,
};
