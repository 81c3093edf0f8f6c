/*
 * gait: one command line for everything. This file reads the global options, finds the verb, lets argp read the verb's own
 * options and runs it.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/version.h>

#include "guard.h"
#include "verb.h"

enum { KEY_SOCKET = 's', KEY_JSON = 'j', KEY_COMPLETION = 0x1000 };

static const struct argp_option common_options[] = {
    {"socket", KEY_SOCKET, "PLACE", 0, "run folder or endpoint of the daemon (default: $GAIT_SOCKET, else found)", 0},
    {"json", KEY_JSON, NULL, 0, "print JSON, for programs", 0},
    {0},
};

static const struct argp_option global_options[] = {
    {"completion", KEY_COMPLETION, "SHELL", 0, "print the completion of a shell (bash) and exit", 0},
    {0},
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct client *client = state->input;

    switch (key) {
    case KEY_SOCKET:
        client->place = arg;
        return 0;
    case KEY_JSON:
        client->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp common = {.options = common_options, .parser = parse_common};

/* A verb's own parser, with the common options as a child. */
struct verb_input {
    const struct verb *verb;
    struct client *client;
    void *options;
};

static error_t parse_verb(int key, char *arg, struct argp_state *state)
{
    struct verb_input *input = state->input;
    error_t r = ARGP_ERR_UNKNOWN;

    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = input->client;
    if (input->verb->parse) {
        state->input = input->options;
        r = input->verb->parse(key, arg, state);
        state->input = input;
    }
    if (r == ARGP_ERR_UNKNOWN && key == ARGP_KEY_ARG)
        argp_error(state, "'%s' is too much", arg);
    return r;
}

/* "summary.\vparagraphs": what argp puts before and behind the options. */
static char *doc_of(const struct verb *verb)
{
    char *doc = NULL;

    if (asprintf(&doc, "%s.\v%s", verb->summary, verb->more ? verb->more : "") < 0)
        return NULL;
    return doc;
}

static int run_verb(struct client *client, const struct verb *verb, int argc, char **argv)
{
    struct argp_child children[] = {{&common, 0, "Everywhere:", 1}, {0}};
    char *doc = doc_of(verb), *name = NULL;
    struct argp argp = {
        .options = verb->options, .parser = parse_verb, .args_doc = verb->args, .doc = doc, .children = children};
    struct verb_input input = {.verb = verb, .client = client, .options = calloc(1, verb->size + 1)};
    int r = CLIENT_FAILED;

    if (doc && input.options && asprintf(&name, "gait %s", verb->name) > 0) {
        argv[0] = name;
        if (argp_parse(&argp, argc, argv, 0, NULL, &input) == 0)
            r = verb->guarded ? guard_run(client, NULL, verb->run, input.options) : verb->run(client, input.options);
        else
            r = client_fail(client, CLIENT_FAILED, "no memory to read the options");
    }
    free(name);
    free(input.options);
    free(doc);
    return r;
}

struct global {
    struct client *client;
    int first; /* index in argv of the verb */
};

static error_t parse_global(int key, char *arg, struct argp_state *state)
{
    struct global *global = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = global->client;
        return 0;
    case KEY_COMPLETION:
        if (strcmp(arg, "bash") != 0)
            argp_error(state, "no completion for '%s': there is one for bash", arg);
        verb_completion_bash(stdout, common_options);
        exit(CLIENT_OK);
    case ARGP_KEY_ARG:
        global->first = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_state_help(state, stderr, ARGP_HELP_STD_USAGE);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The list of verbs at the end of the general help. */
static char *list_verbs(int key, const char *text, void *input)
{
    char *list = NULL;
    size_t size;
    FILE *out;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text;
    out = open_memstream(&list, &size);
    if (!out)
        return (char *)(uintptr_t)text;
    fputs("Verbs (gait VERB --help tells more):\n", out);
    for (size_t i = 0; verbs[i]; i++)
        fprintf(out, "  %-20s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\nExit status: 0 ok, 1 failed, 2 usage, 3 bad input, 4 no daemon, 5 refused,\n6 done with gaps.\n", out);
    fclose(out);
    return list;
}

static bool wants_colour(void)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (!no || !no[0]) && term && strcmp(term, "dumb") != 0;
}

/* The verbs that begin with a word: "session open", ... */
static bool begins_with(const struct verb *verb, const char *word)
{
    size_t n = strlen(word);

    return strncmp(verb->name, word, n) == 0 && verb->name[n] == ' ';
}

static bool wants_help(int argc, char *const *argv)
{
    return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0);
}

/* "open, set, ..., list": what may follow the word; empty: nothing begins with it. */
static void list_group(const char *word, char ret[300])
{
    size_t n = 0;

    ret[0] = '\0';
    for (size_t i = 0; verbs[i]; i++)
        if (begins_with(verbs[i], word) && n < 300)
            n += (size_t)snprintf(ret + n, 300 - n, "%s%s", n ? ", " : "", verbs[i]->name + strlen(word) + 1);
}

static int unknown_verb(const struct client *client, int argc, char *const *argv)
{
    char list[300];

    list_group(argv[0], list);
    if (!*list)
        return client_fail(client, CLIENT_USAGE, "'%s' is no verb: gait --help lists them", argv[0]);
    if (!wants_help(argc, argv))
        return client_fail(client, CLIENT_USAGE, "'%s%s%s' is no verb: after '%s' comes one of %s", argv[0],
                           argc > 1 ? " " : "", argc > 1 ? argv[1] : "", argv[0], list);
    for (size_t i = 0; verbs[i]; i++)
        if (begins_with(verbs[i], argv[0]))
            printf("  %-20s %s\n", verbs[i]->name, verbs[i]->summary);
    printf("gait %s VERB --help tells more\n", argv[0]);
    return CLIENT_OK;
}

int main(int argc, char **argv)
{
    struct argp_child children[] = {{&common, 0, NULL, 0}, {0}};
    struct argp argp = {.options = global_options,
                        .parser = parse_global,
                        .args_doc = "VERB [OPTION...] [ARG...]",
                        .doc = "Measure footfalls on pressure mats: talk to gaitd, read its recordings.\v",
                        .children = children,
                        .help_filter = list_verbs};
    struct client client = {.colour = wants_colour()};
    struct global global = {.client = &client};
    const struct verb *verb;
    int words = 0, r;

    argp_err_exit_status = CLIENT_USAGE;
    argp_program_version = "gait " GAIT_VERSION_STRING;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &global) != 0 || !global.first)
        return CLIENT_USAGE;
    verb = verb_find(argc - global.first, argv + global.first, &words);
    if (!verb)
        return unknown_verb(&client, argc - global.first, argv + global.first);
    global.first += words - 1;
    r = run_verb(&client, verb, argc - global.first, argv + global.first);
    if ((fflush(stdout) != 0 || ferror(stdout)) && r == CLIENT_OK)
        return client_fail(&client, CLIENT_FAILED, "standard output cannot be written: %m");
    return r;
}
