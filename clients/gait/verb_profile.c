/* gait profile check, keys: what a mat profile may say and whether one says it right. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "mats/profile.h"
#include "profile_tools.h"
#include "verb.h"

enum { FAULTS_MAX = 1000 };

static void print_faults(const struct client *client, const char *path, const struct mat_profile_fault *faults,
                         size_t count)
{
    json_t *list = client->json ? json_array() : NULL;

    for (size_t i = 0; i < count && i < FAULTS_MAX; i++) {
        const struct mat_profile_fault *f = &faults[i];

        if (list)
            json_array_append_new(list, json_pack("{s:I,s:I,s:s,s:s}", "line", (json_int_t)f->line, "column",
                                                  (json_int_t)f->column, "key", f->path, "text", f->text));
        else
            printf("%s:%u:%u: %s%s%s\n", path, f->line, f->column, f->path, f->path[0] ? ": " : "", f->text);
    }
    if (list) {
        json_t *line = json_pack("{s:s,s:I,s:o}", "file", path, "mistakes", (json_int_t)count, "list", list);

        client_print_json(line);
        json_decref(line);
    } else if (count > FAULTS_MAX) {
        printf("%s: and %zu more\n", path, count - FAULTS_MAX);
    }
}

int profile_tools_read(const struct client *client, const char *path, struct mat_profile **ret_profile)
{
    _cleanup_free_ struct mat_profile_fault *faults = calloc(FAULTS_MAX, sizeof *faults);
    struct gait_error err = {0};
    size_t count = 0;
    int r;

    if (!faults)
        return client_fail(client, CLIENT_FAILED, "no memory for reading %s", path);
    r = mat_profile_read(path, ret_profile, faults, FAULTS_MAX, &count, &err);
    if (r == -EINVAL && count) {
        print_faults(client, path, faults, count);
        return CLIENT_BAD_INPUT;
    }
    return r < 0 ? client_fail_error(client, r, &err) : CLIENT_OK;
}

static int check_file(const struct client *client, const char *path)
{
    struct mat_profile *profile = NULL;
    int r = profile_tools_read(client, path, &profile);

    if (r != CLIENT_OK)
        return r;
    if (client->json)
        print_faults(client, path, NULL, 0);
    else
        printf("%s: good: %s\n", path, profile->label);
    mat_profile_free(profile);
    return CLIENT_OK;
}

static int run(const struct client *client, const void *input)
{
    const struct verb_files *files = input;
    int worst = CLIENT_OK;

    for (size_t i = 0; i < files->n; i++) {
        int r = check_file(client, files->file[i]);

        worst = worst == CLIENT_OK ? r : worst;
    }
    return worst;
}

const struct verb verb_profile_check = {
    .name = "profile check",
    .args = "FILE...",
    .summary = "List every mistake of mat profiles",
    .more = "The exit status is 3 where there is a mistake. docs/ADD-A-MAT.md explains profiles.",
    .files = "file",
    .guarded = true,
    .size = sizeof(struct verb_files),
    .parse = verb_files_parse,
    .run = run,
};

static int run_keys(const struct client *client, const void *input)
{
    (void)client;
    (void)input;
    fputs("# The keys of a mat profile\n\nPrinted by `gait profile keys`, from the table that reads the files; "
          "[ADD-A-MAT](ADD-A-MAT.md) tells the story.\n\n",
          stdout);
    mat_profile_print_keys(stdout);
    return CLIENT_OK;
}

const struct verb verb_profile_keys = {
    .name = "profile keys",
    .summary = "Print every key of a mat profile, as Markdown",
    .run = run_keys,
};
