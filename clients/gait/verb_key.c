/* Keys for daemons that are reached over TCP: made, listed, revoked in the daemon's folder of keys (docs/SECURITY.md). No daemon is asked. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <gait/cleanup.h>

#include "verb.h"

enum { KEY_Z85 = 40, NAME_MAX_BYTES = 64, PATH_BYTES = 4096 };

struct key {
    const char *name, *folder, *output, *role;
};

static const struct argp_option new_options[] = {
    {"role", 'r', "ROLE", 0, "viewer (looks; the default) or operator (commands)", 0},
    {"keys", 'k', "DIR", 0, "the daemon's folder of keys (default: /etc/gaitd/keys)", 0},
    {"output", 'o', "FILE", 0, "where the new key goes (default: NAME.key)", 0},
    {0},
};
static const struct argp_option options[] = {
    {"keys", 'k', "DIR", 0, "the daemon's folder of keys (default: /etc/gaitd/keys)", 0},
    {0},
};

static bool name_ok(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_MAX_BYTES && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct key *k = state->input;

    switch (key) {
    case 'r':
        if (strcmp(arg, "viewer") != 0 && strcmp(arg, "operator") != 0)
            argp_error(state, "--role is '%s': viewer or operator", arg);
        k->role = arg;
        return 0;
    case 'k':
        k->folder = arg;
        return 0;
    case 'o':
        k->output = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (k->name)
            argp_error(state, "one name at a time");
        if (!name_ok(arg))
            argp_error(state, "'%s' is no name of a key: 1 to 64 letters, digits, '.', '_', '-'", arg);
        k->name = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_named(int key, char *arg, struct argp_state *state)
{
    const struct key *k = state->input;

    if (key == ARGP_KEY_END && !k->name)
        argp_error(state, "NAME is needed");
    return parse(key, arg, state);
}

static const char *folder_of(const struct key *k)
{
    return k->folder ? k->folder : "/etc/gaitd/keys";
}

/* Write a new file with just this mode, owned by whoever owns the folder of keys; never over another. Returns 0 or negative errno. */
static int write_new(const char *path, mode_t mode, const char *owner_of, const char *text)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    size_t n = strlen(text);
    struct stat st;

    if (fd < 0)
        return -errno;
    if (fchmod(fd, mode) < 0 ||
        (owner_of && stat(owner_of, &st) == 0 && geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0) ||
        write(fd, text, n) != (ssize_t)n || fsync(fd) < 0) {
        int r = errno ? -errno : -EIO;

        unlink(path);
        return r;
    }
    return 0;
}

/* What root makes is there for gaitd to read: a new folder gets the owner of owner_of; NULL: the service's own user, where there is one. */
static int make_folder(const char *path, const char *owner_of)
{
    const struct passwd *service = getpwnam("gaitd");
    struct stat st = {.st_uid = service ? service->pw_uid : 0, .st_gid = service ? service->pw_gid : 0};

    if (mkdir(path, 0750) < 0)
        return errno == EEXIST ? 0 : -errno;
    if ((owner_of && stat(owner_of, &st) < 0) || (geteuid() == 0 && chown(path, st.st_uid, st.st_gid) < 0))
        return -errno;
    return 0;
}

/* The server's public key; its pair is made when there is none. */
static int server_key(const char *folder, char ret_public[KEY_Z85 + 1])
{
    char path[PATH_BYTES], line[256], name[16], value[64], secret[KEY_Z85 + 1], text[256];
    FILE *f;
    int r = -ENOENT;

    snprintf(path, sizeof path, "%s/server.key", folder);
    f = fopen(path, "re");
    if (!f && errno != ENOENT)
        return -errno;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, " %15[a-z]: %63s", name, value) == 2 && strcmp(name, "public") == 0 &&
            strlen(value) == KEY_Z85) {
            memcpy(ret_public, value, KEY_Z85 + 1);
            r = 0;
        }
    if (f) {
        fclose(f);
        return r;
    }
    if (zmq_curve_keypair(ret_public, secret) < 0)
        return -ENOTSUP;
    snprintf(text, sizeof text, "# gaitd's own key: keep it\nsecret: %s\npublic: %s\n", secret, ret_public);
    r = write_new(path, 0600, folder, text);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(text, sizeof text);
    return r;
}

static int make_folders(const char *folder, char ret_allowed[PATH_BYTES])
{
    int r = make_folder(folder, NULL);

    snprintf(ret_allowed, PATH_BYTES, "%s/allowed", folder);
    return r == 0 ? make_folder(ret_allowed, folder) : r;
}

/* First the key of whoever asks, then the leave for it: a failure lets nobody in. */
static int write_pair(const struct key *k, const char *allowed, const char *server, char ret_output[PATH_BYTES])
{
    char public[KEY_Z85 + 1], secret[KEY_Z85 + 1], text[400], path[PATH_BYTES + 100];
    const char *role = k->role ? k->role : "viewer";
    int r;

    snprintf(path, sizeof path, "%s/%s.pub", allowed, k->name);
    if (access(path, F_OK) == 0)
        return -EEXIST;
    if (zmq_curve_keypair(public, secret) < 0)
        return -ENOTSUP;
    if (k->output)
        snprintf(ret_output, PATH_BYTES, "%s", k->output);
    else
        snprintf(ret_output, PATH_BYTES, "%s.key", k->name);
    snprintf(text, sizeof text,
             "# %s %s's key of gaitd: keep it; GAIT_KEY names this file\nsecret: %s\npublic: %s\nserver: %s\n",
             *role == 'o' ? "an" : "a", role, secret, public, server);
    r = write_new(ret_output, 0600, NULL, text);
    explicit_bzero(secret, sizeof secret);
    snprintf(text, sizeof text, "# lets %s in; gait key revoke %s ends that\nrole: %s\npublic: %s\n", k->name, k->name,
             role, public);
    if (r == 0 && (r = write_new(path, 0640, allowed, text)) < 0)
        unlink(ret_output);
    return r;
}

static int run_new(const struct client *client, const void *input)
{
    const struct key *k = input;
    const char *folder = folder_of(k);
    char allowed[PATH_BYTES], server[KEY_Z85 + 1], output[PATH_BYTES] = "";
    int r = make_folders(folder, allowed);

    if (r == 0)
        r = server_key(folder, server);
    if (r < 0)
        return client_fail(client, CLIENT_FAILED, "%s: %s", folder, strerror(-r));
    r = write_pair(k, allowed, server, output);
    if (r == -EEXIST)
        return client_fail(client, CLIENT_BAD_INPUT,
                           "%s has a key already, or %s exists: revoke it first, or choose another name", k->name,
                           output[0] ? output : "its file");
    if (r < 0)
        return client_fail(client, CLIENT_FAILED, "%s: %s", output[0] ? output : allowed, strerror(-r));
    if (client->json) {
        json_t *line =
            json_pack("{s:s, s:s, s:s}", "name", k->name, "role", k->role ? k->role : "viewer", "path", output);

        client_print_json(line);
        json_decref(line);
    } else {
        printf("%s: give it to %s, who sets GAIT_KEY to it; it lets in as %s\n", output, k->name,
               k->role ? k->role : "viewer");
    }
    return CLIENT_OK;
}

static void read_role(const char *path, char ret[16])
{
    FILE *f = fopen(path, "re");
    char line[256];

    strcpy(ret, "broken");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, " role: %15s", ret) == 1)
            break;
    if (f)
        fclose(f);
}

static int run_list(const struct client *client, const void *input)
{
    char allowed[PATH_BYTES], path[PATH_BYTES + 300], role[16];
    const struct dirent *entry;
    DIR *dir;

    snprintf(allowed, sizeof allowed, "%s/allowed", folder_of(input));
    dir = opendir(allowed);
    if (!dir)
        return client_fail(client, CLIENT_FAILED, "%s: %s", allowed, strerror(errno));
    while ((entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);

        if (n < 5 || strcmp(entry->d_name + n - 4, ".pub") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", allowed, entry->d_name);
        read_role(path, role);
        if (client->json)
            printf("{\"name\":\"%.*s\",\"role\":\"%s\"}\n", (int)(n - 4), entry->d_name, role);
        else
            printf("%-24.*s %s\n", (int)(n - 4), entry->d_name, role);
    }
    closedir(dir);
    return CLIENT_OK;
}

static int run_revoke(const struct client *client, const void *input)
{
    const struct key *k = input;
    char path[PATH_BYTES + 100];

    snprintf(path, sizeof path, "%s/allowed/%s.pub", folder_of(k), k->name);
    if (unlink(path) < 0 && errno == ENOENT)
        return client_fail(client, CLIENT_BAD_INPUT, "%s: there is no such key: gait key list", k->name);
    if (access(path, F_OK) == 0)
        return client_fail(client, CLIENT_FAILED, "%s: %s", path, strerror(errno));
    if (!client->json)
        printf(
            "%s is not let in any more; a gaitd that runs here closes every connection within a second (gait logs)\n",
            k->name);
    return CLIENT_OK;
}

const struct verb verb_key_new = {
    .name = "key new",
    .args = "NAME",
    .summary = "Make a key for somebody who reaches the daemon over TCP",
    .more = "The first one makes the daemon's own key too.\n\nExamples:\n  gait key new reception --role viewer\n  "
            "gait key new anna --role "
            "operator -o anna.key",
    .options = new_options,
    .size = sizeof(struct key),
    .parse = parse_named,
    .run = run_new,
};

const struct verb verb_key_list = {
    .name = "key list",
    .summary = "List who is let in over TCP",
    .more = "Examples:\n  gait key list",
    .options = options,
    .size = sizeof(struct key),
    .parse = parse,
    .run = run_list,
};

const struct verb verb_key_revoke = {
    .name = "key revoke",
    .args = "NAME",
    .summary = "Let somebody in no longer; effective at once",
    .more = "Examples:\n  gait key revoke reception",
    .options = options,
    .size = sizeof(struct key),
    .parse = parse_named,
    .run = run_revoke,
};
