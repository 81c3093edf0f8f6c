#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verb.h"

enum { KEY_SINCE = 0x100, KEY_TRIAL, KEY_SESSION, WORDS_MAX = 16, FIELD_MAX = 160 };

struct logs {
    const char *mat, *session, *since;
    unsigned trial, lines; /* 0: all */
    bool follow;
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "lines about this mat only", 0},
    {"session", KEY_SESSION, "ID", 0, "lines of this session only", 0},
    {"trial", KEY_TRIAL, "N", 0, "lines about this trial only", 0},
    {"lines", 'n', "N", 0, "the last N lines", 0},
    {"since", KEY_SINCE, "TIME", 0, "from then on: '10 min ago', '2026-01-31 09:00'", 0},
    {"follow", 'f', NULL, 0, "go on as lines come", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct logs *logs = state->input;

    switch (key) {
    case 'm':
        logs->mat = arg;
        return 0;
    case KEY_SESSION:
        logs->session = arg;
        return 0;
    case KEY_TRIAL:
        logs->trial = (unsigned)verb_number(state, "--trial", arg, 1, 1e6);
        return 0;
    case 'n':
        logs->lines = (unsigned)verb_number(state, "--lines", arg, 1, 1e9);
        return 0;
    case KEY_SINCE:
        logs->since = arg;
        return 0;
    case 'f':
        logs->follow = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* journalctl's words; fields that are given must all hold. */
struct words {
    char text[WORDS_MAX][FIELD_MAX];
    char *argv[WORDS_MAX + 1];
    size_t n;
    bool cut; /* one did not fit */
};

static void word(struct words *w, const char *before, const char *text)
{
    int n = snprintf(w->text[w->n], FIELD_MAX, "%s%s", before, text);

    w->cut |= n >= FIELD_MAX;
    w->argv[w->n] = w->text[w->n];
    w->n++;
}

static void put_words(struct words *w, const struct client *client, const struct logs *logs)
{
    char number[16];

    word(w, "journalctl", "");
    word(w, "--no-pager", "");
    word(w, "--output=", client->json ? "json" : "short-iso");
    word(w, "SYSLOG_IDENTIFIER=", "gaitd");
    if (logs->mat)
        word(w, "MAT=", logs->mat);
    if (logs->session)
        word(w, "SESSION=", logs->session);
    if (logs->since)
        word(w, "--since=", logs->since);
    if (logs->follow)
        word(w, "--follow", "");
    snprintf(number, sizeof number, "%u", logs->trial);
    if (logs->trial)
        word(w, "TRIAL=", number);
    snprintf(number, sizeof number, "%u", logs->lines);
    if (logs->lines)
        word(w, "--lines=", number);
}

static int run(const struct client *client, const void *input)
{
    struct words words = {0};

    put_words(&words, client, input);
    if (words.cut)
        return client_fail(client, CLIENT_USAGE, "an argument is too long");
    if (access("/run/log/journal", F_OK) < 0 && access("/var/log/journal", F_OK) < 0)
        return client_fail(client, CLIENT_FAILED,
                           "this system keeps no journal (neither /run/log/journal nor /var/log/journal): a gaitd that "
                           "systemd did not start writes its lines to its standard error");
    execvp("journalctl", words.argv);
    return client_fail(client, CLIENT_FAILED, "journalctl cannot be run: %s (Debian: apt-get install systemd)",
                       strerror(errno));
}

const struct verb verb_logs = {
    .name = "logs",
    .summary = "Show what gaitd said, by mat, session or trial",
    .more =
        "It looks into systemd's journal, which members of the groups adm and systemd-journal may read. With --json "
        "each line is an object with all fields.\n\n"
        "Examples:\n  gait logs --lines 20 --follow\n  gait logs --session S01-20260131 --trial 3\n  gait logs --mat "
        "walkway --since '1 hour ago'",
    .options = options,
    .size = sizeof(struct logs),
    .parse = parse,
    .run = run,
};
