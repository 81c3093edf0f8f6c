/* gait protocol check, list, keys: what a study's protocol may say and whether one says it right. None of it needs a daemon; one that is there says where else it looks. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stream.h>
#include <gait/verdict.h>

#include "protocol/protocol.h"
#include "protocol_tools.h"
#include "verb.h"

enum { FAULTS_MAX = 1000, FILES_MAX = 64, DAEMON_MS = 2000 };

struct check {
    const char *file[FILES_MAX];
    size_t files;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct check *check = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (check->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        check->file[check->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!check->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Mistakes go where they are read: a list for people is what was asked for, and a complaint when a session was to be opened. */
static void print_faults(FILE *out, bool json, const char *path, const struct mat_profile_fault *faults, size_t count)
{
    json_t *list = json ? json_array() : NULL;

    for (size_t i = 0; i < count && i < FAULTS_MAX; i++) {
        const struct mat_profile_fault *f = &faults[i];

        if (list)
            json_array_append_new(list, json_pack("{s:I,s:I,s:s,s:s}", "line", (json_int_t)f->line, "column",
                                                  (json_int_t)f->column, "key", f->path, "text", f->text));
        else
            fprintf(out, "%s:%u:%u: %s%s%s\n", path, f->line, f->column, f->path, f->path[0] ? ": " : "", f->text);
    }
    if (list) {
        json_t *line = json_pack("{s:s,s:I,s:o}", "file", path, "mistakes", (json_int_t)count, "list", list);

        client_print_json(line);
        json_decref(line);
    }
}

int protocol_tools_read(const struct client *client, const char *path, FILE *out, bool json, char **ret_text,
                        struct protocol **ret_protocol)
{
    _cleanup_free_ struct mat_profile_fault *faults = calloc(FAULTS_MAX, sizeof *faults);
    struct gait_error err = {0};
    size_t count = 0, length = 0;
    int r = protocol_read_file(path, ret_text, &length, &err);

    if (r < 0)
        return client_fail(client, CLIENT_BAD_INPUT, "%s", err.text);
    if (!faults)
        return client_fail(client, CLIENT_FAILED, "no memory for reading %s", path);
    r = strlen(*ret_text) == length
            ? protocol_read_bytes(*ret_text, length, ret_protocol, faults, FAULTS_MAX, &count, &err)
            : gait_error_set(&err, -EINVAL, "it has a NUL inside: this is no text");
    if (count)
        print_faults(out, json, path, faults, count);
    if (r < 0 && !count)
        return client_fail(client, CLIENT_BAD_INPUT, "%s: %s", path, err.text);
    return r < 0 ? CLIENT_BAD_INPUT : CLIENT_OK;
}

/* --- check ------------------------------------------------------------------------------------------------ */

/* Where one visit is judged by itself. Of feet that take turns each has its passes. */
static void print_few(const struct protocol *p)
{
    unsigned most[PROTOCOL_POST + 1] = {0};

    for (uint32_t i = 0; i < p->n_timepoints; i++)
        if (protocol_passes(p, i) > most[p->timepoints[i].kind])
            most[p->timepoints[i].kind] = protocol_passes(p, i);
    if (most[PROTOCOL_PRE] < GAIT_VERDICT_PASSES || most[PROTOCOL_POST] < GAIT_VERDICT_PASSES)
        printf("  mind: gait compare gives no verdict on a person with fewer than %d passes of a condition before and "
               "after\n",
               GAIT_VERDICT_PASSES);
}

static void print_good(const char *path, const struct protocol *p)
{
    printf("%s: good: %s%s%s, %s%s\n", path, p->name, p->title ? ": " : "", p->title ? p->title : "",
           protocol_design_name(p->design), p->blind ? ", blind" : "");
    for (uint32_t i = 0; i < p->n_timepoints; i++) {
        const struct protocol_timepoint *t = &p->timepoints[i];

        printf("  %-16s %-15s %3u pass%s%s of %u condition%s", t->name, protocol_kind_name(t->kind),
               protocol_passes(p, i), protocol_passes(p, i) == 1 ? "" : "es",
               p->mat_mode == PROTOCOL_SINGLE ? " a foot" : "", p->n_conditions, p->n_conditions > 1 ? "s" : "");
        if (t->kind == PROTOCOL_POST)
            printf(", %g min after the treatment", t->after_treatment_min);
        putchar('\n');
    }
    print_few(p);
}

static int check_file(const struct client *client, const char *path)
{
    _cleanup_free_ char *text = NULL;
    struct protocol *p = NULL;
    int r = protocol_tools_read(client, path, stdout, client->json, &text, &p);

    if (r == CLIENT_OK && client->json)
        print_faults(stdout, true, path, NULL, 0);
    else if (r == CLIENT_OK)
        print_good(path, p);
    protocol_free(p);
    return r;
}

static int run_check(const struct client *client, const void *input)
{
    const struct check *check = input;
    int worst = CLIENT_OK;

    for (size_t i = 0; i < check->files; i++) {
        int r = check_file(client, check->file[i]);

        worst = worst == CLIENT_OK ? r : worst;
    }
    return worst;
}

const struct verb verb_protocol_check = {
    .name = "protocol check",
    .args = "FILE...",
    .summary = "List every mistake of study protocols",
    .more = "The exit status is 3 where there is a mistake. docs/PROTOCOLS.md explains protocols; gait protocol list "
            "shows those that are installed, to copy from.",
    .files = "file",
    .guarded = true,
    .size = sizeof(struct check),
    .parse = parse,
    .run = run_check,
};

/* --- list --------------------------------------------------------------------------------------------------- */

static int is_protocol(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

static void list_file(const struct client *client, const char *path)
{
    _cleanup_free_ char *text = NULL;
    struct mat_profile_fault fault;
    struct protocol *p = NULL;
    size_t length = 0, count = 0;

    if (protocol_read_file(path, &text, &length, NULL) < 0)
        return;
    (void)protocol_read_bytes(text, length, &p, &fault, 1, &count, NULL);
    if (client->json) {
        json_t *line = p ? json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", p->name, "title", p->title ? p->title : "",
                                     "file", path, "design", protocol_design_name(p->design), "blind", p->blind)
                         : json_pack("{s:s, s:I}", "file", path, "mistakes", (json_int_t)count);

        client_print_json(line);
        json_decref(line);
    } else if (p) {
        printf("%-20s %-16s %s\n%-20s %s\n", p->name, protocol_design_name(p->design), p->title ? p->title : "", "",
               path);
    } else {
        printf("%-20s %zu mistakes: gait protocol check %s\n", "?", count, path);
    }
    protocol_free(p);
}

/* Where the daemon looks first: beside its gaitd.yaml. "": there is no daemon, or it reads none, or that is /etc/gaitd. */
static void beside_config(const struct client *client, char *ret, size_t size)
{
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    struct gait_error err = {0};
    json_t *reply = NULL;
    const char *path, *slash;

    *ret = '\0';
    if (gait_endpoints_find(client->place, &endpoints, &err) < 0 ||
        gait_requester_new(endpoints.control, &requester, &err) < 0)
        return;
    if (gait_request(requester, "config", NULL, DAEMON_MS, &reply, &err) == 0) {
        path = client_text(json_object_get(reply, "result"), "path");
        slash = strrchr(path, '/');
        if (slash && strncmp(path, "/etc/gaitd/", (size_t)(slash - path) + 1) != 0)
            snprintf(ret, size, "%.*s/protocols", (int)(slash - path), path);
    }
    json_decref(reply);
    gait_requester_free(requester);
}

static unsigned list_folder(const struct client *client, const char *folder)
{
    struct dirent **entry;
    int entries = scandir(folder, &entry, is_protocol, alphasort);

    for (int k = 0; k < entries; k++) {
        char path[4500];

        snprintf(path, sizeof path, "%s/%s", folder, entry[k]->d_name);
        list_file(client, path);
        free(entry[k]);
    }
    if (entries >= 0)
        free(entry);
    return entries > 0 ? (unsigned)entries : 0;
}

static int run_list(const struct client *client, const void *input)
{
    char beside[4096];
    const char *const folders[] = {beside, "/etc/gaitd/protocols", GAIT_PROTOCOLS_DIR};
    unsigned n = 0;

    (void)input;
    beside_config(client, beside, sizeof beside);
    for (size_t i = *beside ? 0 : 1; i < sizeof folders / sizeof *folders; i++)
        n += list_folder(client, folders[i]);
    if (!n)
        client_note(client, "no protocol in %s%s%s or %s", beside, *beside ? ", " : "", folders[1], folders[2]);
    return CLIENT_OK;
}

const struct verb verb_protocol_list = {
    .name = "protocol list",
    .summary = "List the study protocols that are installed",
    .more = "Those beside the daemon's gaitd.yaml too, where one runs. Copy one to /etc/gaitd/protocols, change it, "
            "and check it with gait protocol check FILE.",
    .run = run_list,
};

/* --- keys --------------------------------------------------------------------------------------------------- */

static int run_keys(const struct client *client, const void *input)
{
    (void)client;
    (void)input;
    fputs("# The keys of a protocol\n\nPrinted by `gait protocol keys`, from the table that reads the files; "
          "[PROTOCOLS](PROTOCOLS.md) tells the story.\n\n",
          stdout);
    protocol_print_keys(stdout);
    return CLIENT_OK;
}

const struct verb verb_protocol_keys = {
    .name = "protocol keys",
    .summary = "Print every key of a study protocol, as Markdown",
    .run = run_keys,
};
