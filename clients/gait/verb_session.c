#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <gait/cleanup.h>

#include "protocol/protocol.h"
#include "protocol_tools.h"
#include "verb.h"

enum { FIELDS_MAX = 150, KEY_SET = 0x100, KEY_MASS, KEY_STATURE, KEY_LEFT, KEY_RIGHT, KEY_OVERRIDE };

struct fields {
    const char *subject, *protocol, *override;
    double mass_kg, stature_m, left_mm, right_mm; /* 0: not given */
    const char *field[FIELDS_MAX];                /* "name=value" */
    size_t n_fields;
};

/* Members that the daemon knows by name; every other field is the lab's own. */
static bool is_known(const char *name, size_t n)
{
    static const char *const known[] = {"mass_kg",   "stature_m", "foot_length_left_mm", "foot_length_right_mm",
                                        "condition", "timepoint"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i]) == n && strncmp(known[i], name, n) == 0)
            return true;
    return false;
}

/* As it was typed: which of them are numbers the daemon knows. "" clears. */
static void set_value(json_t *object, const char *name, const char *text)
{
    if (*text)
        client_set_text(object, name, text);
    else
        json_object_set_new(object, name, json_null());
}

static void add_field(struct fields *fields, char *arg, const struct argp_state *state)
{
    const char *equals = strchr(arg, '=');

    if (!equals || equals == arg)
        argp_error(state, "'%s' is not FIELD=VALUE", arg);
    if (fields->n_fields == FIELDS_MAX)
        argp_error(state, "more than %d fields", FIELDS_MAX);
    fields->field[fields->n_fields++] = arg;
}

static json_t *args_of(const struct fields *fields)
{
    json_t *args = json_object(), *own = json_object();

    client_set_text(args, "subject", fields->subject);
    client_set_text(args, "override", fields->override);
    if (fields->mass_kg > 0)
        json_object_set_new(args, "mass_kg", json_real(fields->mass_kg));
    if (fields->stature_m > 0)
        json_object_set_new(args, "stature_m", json_real(fields->stature_m));
    if (fields->left_mm > 0)
        json_object_set_new(args, "foot_length_left_mm", json_real(fields->left_mm));
    if (fields->right_mm > 0)
        json_object_set_new(args, "foot_length_right_mm", json_real(fields->right_mm));
    for (size_t i = 0; i < fields->n_fields; i++) {
        const char *equals = strchr(fields->field[i], '=');
        size_t n = (size_t)(equals - fields->field[i]);
        char name[128];

        snprintf(name, sizeof(name), "%.*s", (int)n, fields->field[i]);
        set_value(is_known(name, n) ? args : own, name, equals + 1);
    }
    if (json_object_size(own))
        json_object_set(args, "fields", own);
    json_decref(own);
    return args;
}

/* ---- open -------------------------------------------------------------------------------------------------------------------- */

static const struct argp_option open_options[] = {
    {"subject", 'S', "ID", 0, "the subject's pseudonym, such as S01; never a name (needed)", 0},
    {"mass-kg", KEY_MASS, "KG", 0, "body mass measured today; without it nothing is given in % of body weight", 0},
    {"stature-m", KEY_STATURE, "M", 0, "stature", 0},
    {"foot-length-left-mm", KEY_LEFT, "MM", 0, "measured foot length", 0},
    {"foot-length-right-mm", KEY_RIGHT, "MM", 0, "measured foot length", 0},
    {"protocol", 'p', "NAME|FILE", 0, "protocol of the study: one of gait protocol list, or a file", 0},
    {"set", KEY_SET, "FIELD=VALUE", 0, "what else is known today (again and again; gait session fields lists them)", 0},
    {"override", KEY_OVERRIDE, "WHY", 0, "open it although the protocol forbids it (washout); the reason is kept", 0},
    {0},
};

static error_t parse_open(int key, char *arg, struct argp_state *state)
{
    struct fields *fields = state->input;

    switch (key) {
    case 'S':
        fields->subject = arg;
        return 0;
    case 'p':
        fields->protocol = arg;
        return 0;
    case KEY_OVERRIDE:
        fields->override = arg;
        return 0;
    case KEY_MASS:
        fields->mass_kg = verb_number(state, "--mass-kg", arg, 2, 400);
        return 0;
    case KEY_STATURE:
        fields->stature_m = verb_number(state, "--stature-m", arg, 0.3, 2.8);
        return 0;
    case KEY_LEFT:
        fields->left_mm = verb_number(state, "--foot-length-left-mm", arg, 50, 450);
        return 0;
    case KEY_RIGHT:
        fields->right_mm = verb_number(state, "--foot-length-right-mm", arg, 50, 450);
        return 0;
    case KEY_SET:
        add_field(fields, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (!fields->subject)
            argp_error(state, "--subject ID is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What is asked before the first step. */
static void print_protocol(const json_t *session)
{
    const json_t *p = json_object_get(session, "protocol");

    if (!json_is_object(p))
        return;
    printf("protocol  %s%s%s\n", client_text(p, "name"), *client_text(p, "title") ? ": " : "", client_text(p, "title"));
    if (client_number(p, "periods") > 1)
        printf("          session %.0f of %.0f of this person\n", client_number(p, "period"),
               client_number(p, "periods"));
    if (json_is_true(json_object_get(p, "arm_hidden")))
        puts("          blind: arm, timepoints and numbers are hidden until gait session lock");
    else if (*client_text(p, "arm"))
        printf("          arm %s\n", client_text(p, "arm"));
    if (client_number(p, "warm_up_min") > 0)
        printf("          walk for %.0f min to warm up\n", client_number(p, "warm_up_min"));
    if (*client_text(p, "note"))
        printf("          %s\n", client_text(p, "note"));
    printf("next      %s\n", client_text(json_object_get(session, "next"), "text"));
}

static void print_opened(const struct client *client, const json_t *result)
{
    const json_t *session = json_object_get(result, "session");

    (void)client;
    printf("session %s of subject %s is open%s: %s\n", client_text(session, "session"), client_text(session, "subject"),
           json_is_true(json_object_get(result, "already")) ? " already" : "", client_text(session, "folder"));
    print_protocol(session);
}

/* A file goes over whole: the daemon may run elsewhere. What is no file is a name that the daemon looks for. */
static int set_protocol(const struct client *client, const char *name, json_t *args)
{
    _cleanup_free_ char *text = NULL;
    struct protocol *protocol = NULL;
    char whole[4096];
    int r;

    if (!name)
        return CLIENT_OK;
    if (!strpbrk(name, "/.") && access(name, F_OK) < 0) {
        client_set_text(args, "protocol", name);
        return CLIENT_OK;
    }
    r = protocol_tools_read(client, name, stderr, false, &text, &protocol);
    protocol_free(protocol);
    if (r == CLIENT_OK) {
        json_t *file = json_object();

        client_set_text(file, "name", realpath(name, whole) ? whole : name);
        client_set_text(file, "text", text);
        json_object_set_new(args, "protocol", file);
    }
    return r;
}

static int run_open(const struct client *client, const void *options)
{
    const struct fields *fields = options;
    json_t *args = args_of(fields);
    int r = set_protocol(client, fields->protocol, args);

    if (r == CLIENT_OK)
        return client_ask_print(client, "session open", args, CLIENT_ASK_MS, print_opened);
    json_decref(args);
    return r;
}

const struct verb verb_session_open = {
    .name = "session open",
    .summary = "Open a session: one subject on one day",
    .more = "A subject is a pseudonym of letters and digits; names are refused, because session files "
            "travel.\n\nExamples:\n"
            "  gait session open --subject S01 --mass-kg 70.5\n"
            "  gait session open --subject S01 --protocol massage-pre-post --mass-kg 70.5 --set affected_side=left",
    .options = open_options,
    .size = sizeof(struct fields),
    .parse = parse_open,
    .run = run_open,
};

/* ---- set --------------------------------------------------------------------------------------------------------------------- */

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
    struct fields *fields = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        add_field(fields, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (!fields->n_fields)
            argp_error(state, "FIELD=VALUE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_value(const char *key, const json_t *value)
{
    static const char *const inner[] = {"v", "opened_s", "next_trial", "next_run"};

    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
        if (strcmp(key, inner[i]) == 0)
            return;
    if (json_is_string(value))
        printf("%-28s %s\n", key, json_string_value(value));
    else if (json_is_number(value))
        printf("%-28s %.6g\n", key, json_number_value(value));
    else if (json_is_boolean(value) && strcmp(key, "blind") != 0 && strcmp(key, "locked") != 0)
        printf("%-28s %s\n", key, json_is_true(value) ? "true" : "false");
}

static void print_set(const struct client *client, const json_t *result)
{
    const json_t *session = json_object_get(result, "session");
    const char *key;
    json_t *value;

    (void)client;
    json_object_foreach((json_t *)(uintptr_t)session, key, value) print_value(key, value);
    json_object_foreach(json_object_get(session, "fields"), key, value) print_value(key, value);
    if (json_is_object(json_object_get(session, "next")))
        printf("next                         %s\n", client_text(json_object_get(session, "next"), "text"));
}

static int run_set(const struct client *client, const void *options)
{
    return client_ask_print(client, "session set", args_of(options), CLIENT_ASK_MS, print_set);
}

const struct verb verb_session_set = {
    .name = "session set",
    .args = "FIELD=VALUE...",
    .summary = "Set facts of the open session",
    .more = "gait session fields lists what there is, with units and ranges; a field of your own begins with x_. "
            "condition and "
            "timepoint are what the next trials get where no protocol says it. FIELD= clears one.\n\nExamples:\n"
            "  gait session set mass_kg=70.5 pain_walking_post_nprs=2\n  gait session set oil_removed=true\n"
            "  gait session set x_bench=3",
    .files = "mass_kg= stature_m= foot_length_left_mm= foot_length_right_mm= condition= timepoint= oil_removed=true",
    .size = sizeof(struct fields),
    .parse = parse_set,
    .run = run_set,
};

/* ---- close and list ------------------------------------------------------------------------------------------------------------ */

struct closing {
    const char *override;
};

static const struct argp_option close_options[] = {
    {"override", KEY_OVERRIDE, "REASON", 0, "close though files of trials are missing; the reason is kept", 0},
    {0},
};

static error_t parse_close(int key, char *arg, struct argp_state *state)
{
    if (key != KEY_OVERRIDE)
        return ARGP_ERR_UNKNOWN;
    ((struct closing *)state->input)->override = arg;
    return 0;
}

static void print_closed(const struct client *client, const json_t *result)
{
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(result, "unlisted"), i, name)
        client_note(client, "%s is in it too, though this session recorded no such trial", json_string_value(name));
    if (*client_text(result, "path"))
        puts(client_text(result, "path"));
    else
        printf("session %s is closed: it has no trial, so no file was made\n",
               client_text(json_object_get(result, "session"), "session"));
}

/* It cannot be opened again, and the file of many trials takes a while. */
static int tell_before_closing(const struct client *client)
{
    const json_t *session, *next;
    json_t *status = NULL;
    size_t trials;
    int r = client->json ? CLIENT_OK : client_ask(client, "status", NULL, CLIENT_ASK_MS, &status);

    if (r != CLIENT_OK || client->json)
        return r;
    session = json_object_get(status, "session");
    next = json_object_get(session, "next");
    trials = json_array_size(json_object_get(session, "trials"));
    if (json_is_object(next) && strcmp(client_text(next, "do"), "close") != 0)
        client_note(client, "passes of the protocol are missing (next was %s); the session is closed without them",
                    client_text(next, "text"));
    if (trials >= 10)
        client_note(client, "the file of %zu trials is made and read back: this can take minutes", trials);
    json_decref(status);
    return CLIENT_OK;
}

static int run_close(const struct client *client, const void *input)
{
    const struct closing *closing = input;
    json_t *args;
    int r = tell_before_closing(client);

    if (r != CLIENT_OK)
        return r;
    args = json_object();
    client_set_text(args, "override", closing->override);
    return client_ask_print(client, "session close", args, CLIENT_CLOSE_MS, print_closed);
}

const struct verb verb_session_close = {
    .name = "session close",
    .summary = "Close the session, make its file, print the path",
    .more = "Every trial of the session must have its file still; otherwise nothing is closed.\n\nExamples:\n  gait "
            "session "
            "close\n  gait session close --override 'trial 2 was deleted by mistake'",
    .options = close_options,
    .size = sizeof(struct closing),
    .parse = parse_close,
    .run = run_close,
};

static void print_list(const struct client *client, const json_t *result)
{
    const json_t *sessions = json_object_get(result, "sessions"), *session, *trials;
    size_t i;

    (void)client;
    json_array_foreach(sessions, i, session)
    {
        double n;

        trials = json_object_get(session, "trials");
        n = json_is_array(trials) ? (double)json_array_size(trials) : client_number(session, "trials");
        printf("%-24s %-20s %3.0f trials  %s\n", client_text(session, "session"), client_text(session, "opened_utc"), n,
               *client_text(session, "path")          ? client_text(session, "path")
               : !*client_text(session, "closed_utc") ? "open"
               : n > 0                                ? "closed, its file is not there yet: gait status"
                                                      : "closed, without a trial");
    }
}

static int run_list(const struct client *client, const void *options)
{
    (void)options;
    return client_ask_print(client, "session list", NULL, CLIENT_ASK_MS, print_list);
}

const struct verb verb_session_list = {
    .name = "session list",
    .summary = "List the sessions on this machine and their files",
    .run = run_list,
};
