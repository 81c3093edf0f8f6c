/* gait session lock, unblind, purge. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "verb.h"

enum { KEY_YES = 0x100 };

struct ending {
    const char *why, *session;
    bool yes;
};

static const struct argp_option which[] = {
    {"session", 'i', "ID", 0, "another session than the open one (gait session list)", 0},
    {0},
};
static const struct argp_option purge_options[] = {
    {"session", 'i', "ID", 0, "another session than the open one (gait session list)", 0},
    {"yes", KEY_YES, NULL, 0, "do not ask", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct ending *e = state->input;

    switch (key) {
    case 'i':
        e->session = arg;
        return 0;
    case KEY_YES:
        e->yes = true;
        return 0;
    case ARGP_KEY_ARG:
        if (e->why)
            argp_error(state, "one reason, in quotes");
        e->why = arg;
        return 0;
    case ARGP_KEY_END:
        if (!e->why)
            argp_error(state, "WHY is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static json_t *args_of(const struct ending *e)
{
    json_t *args = json_object();

    client_set_text(args, "why", e->why);
    client_set_text(args, "session", e->session);
    return args;
}

/* --- lock -------------------------------------------------------------------------------------------------- */

static void print_locked(const struct client *client, const json_t *result)
{
    (void)client;
    printf("session %s is locked%s: nothing of it is changed any more\n",
           client_text(json_object_get(result, "session"), "session"),
           json_is_true(json_object_get(result, "already")) ? " already" : "");
}

static int run_lock(const struct client *client, const void *options)
{
    (void)options;
    return client_ask_print(client, "session lock", NULL, CLIENT_ASK_MS, print_locked);
}

const struct verb verb_session_lock = {
    .name = "session lock",
    .summary = "Freeze the session; a blind one shows its numbers",
    .more =
        "No trial, correction or fact is taken after it. The arm stays a letter until gait session unblind. Closing a "
        "session locks it.",
    .run = run_lock,
};

/* --- unblind ------------------------------------------------------------------------------------------------ */

static void print_unblinded(const struct client *client, const json_t *result)
{
    const json_t *told = json_object_get(result, "unblinded");

    (void)client;
    printf("session %s: arm %s (letter %s)", client_text(result, "session"), client_text(told, "arm"),
           client_text(told, "letter"));
    if (*client_text(told, "treated"))
        printf(", treated %s", client_text(told, "treated"));
    printf("; unblinded %s by %s: %s\n", client_text(told, "utc"), client_text(told, "who"), client_text(told, "why"));
}

static int run_unblind(const struct client *client, const void *options)
{
    return client_ask_print(client, "session unblind", args_of(options), CLIENT_ASK_MS, print_unblinded);
}

const struct verb verb_session_unblind = {
    .name = "session unblind",
    .args = "WHY",
    .summary = "Tell which arm a session was; who asked and why is kept",
    .more = "In an emergency also before the session is locked.\n\nExamples:\n  gait session unblind 'all 40 are "
            "measured'\n"
            "  gait session unblind --session S07-20260301 'allergic reaction'",
    .options = which,
    .size = sizeof(struct ending),
    .parse = parse,
    .run = run_unblind,
};

/* --- purge -------------------------------------------------------------------------------------------------- */

static int ask_first(const struct client *client, struct ending *e)
{
    char line[128] = "";

    if (e->yes)
        return CLIENT_OK;
    if (!isatty(STDIN_FILENO))
        return client_fail(client, CLIENT_USAGE, "purge deletes a session for ever: add --yes");
    fprintf(stderr,
            "All data of %s%s are deleted for ever. Type yes to go on: ", e->session ? "session " : "the open session",
            e->session ? e->session : "");
    if (!fgets(line, sizeof line, stdin) || strcmp(line, "yes\n") != 0)
        return client_fail(client, CLIENT_REFUSED, "nothing was deleted");
    return CLIENT_OK;
}

static void print_purged(const struct client *client, const json_t *result)
{
    (void)client;
    printf("session %s is gone: %.0f files, %.1f MiB\n", client_text(result, "session"), client_number(result, "files"),
           client_number(result, "bytes") / 1048576);
}

static int run_purge(const struct client *client, const void *options)
{
    struct ending e = *(const struct ending *)options;
    int r = ask_first(client, &e);
    json_t *args;

    if (r != CLIENT_OK)
        return r;
    args = args_of(&e);
    json_object_set_new(args, "confirm", json_true());
    return client_ask_print(client, "session purge", args, CLIENT_ASK_MS, print_purged);
}

const struct verb verb_session_purge = {
    .name = "session purge",
    .args = "WHY",
    .summary = "Delete a session for ever: consent was withdrawn",
    .more = "Journals, files and session.json go, on both paths; who did it and why stays in the audit log. Copies and "
            "exports elsewhere are yours to delete.",
    .options = purge_options,
    .size = sizeof(struct ending),
    .parse = parse,
    .run = run_purge,
};
