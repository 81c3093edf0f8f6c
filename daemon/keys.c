#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <gait/cleanup.h>

#include "config.h"

GAIT_DEFINE_CLEANUP(FILE *, fclose)

/* Value of "NAME: VALUE" lines. Returns 0; -ENOENT. */
static int value_of(const char *path, const char *name, char *ret, size_t size)
{
    _cleanup_(fclosep) FILE *f = fopen(path, "re");
    char line[256], found[16], value[128];

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, " %15[a-z]: %127s", found, value) == 2 && strcmp(found, name) == 0 && strlen(value) < size) {
            memcpy(ret, value, strlen(value) + 1);
            return 0;
        }
    return -ENOENT;
}

static int read_server(const char *folder, struct keys *keys, struct gait_error *err)
{
    char path[CONFIG_PATH_MAX + 32];
    struct stat st;

    snprintf(path, sizeof path, "%s/server.key", folder);
    if (stat(path, &st) == 0 && access(path, R_OK) < 0)
        return gait_error_set(err, -errno, "%s: %s; gaitd's own user reads it: chown -R gaitd:gaitd %s", path,
                              strerror(errno), folder);
    if (stat(path, &st) < 0)
        return gait_error_set(err, -errno, "%s: %s; make it with: gait key new NAME --keys %s", path, strerror(errno),
                              folder);
    if (st.st_mode & 077)
        return gait_error_set(err, -EPERM, "%s: others may read this secret key: chmod 600 it", path);
    if (value_of(path, "secret", keys->secret, sizeof keys->secret) < 0 || strlen(keys->secret) != KEY_Z85 ||
        value_of(path, "public", keys->public, sizeof keys->public) < 0 || strlen(keys->public) != KEY_Z85)
        return gait_error_set(err, -EINVAL, "%s: holds no lines secret: and public: of 40 characters", path);
    return 0;
}

static int read_allowed(const char *folder, const char *file, struct allowed_key *ret)
{
    char path[CONFIG_PATH_MAX + 300], role[16], public[KEY_Z85 + 1];
    size_t n = strlen(file);

    if (n < 5 || n - 4 > KEY_NAME_MAX || strcmp(file + n - 4, ".pub") != 0)
        return -EINVAL;
    snprintf(path, sizeof path, "%s/allowed/%s", folder, file);
    if (value_of(path, "role", role, sizeof role) < 0 || value_of(path, "public", public, sizeof public) < 0 ||
        strlen(public) != KEY_Z85 || !zmq_z85_decode(ret->public, public))
        return -EINVAL;
    snprintf(ret->name, sizeof ret->name, "%.*s", (int)(n - 4), file);
    ret->role = strcmp(role, "operator") == 0 ? KEY_OPERATOR : strcmp(role, "viewer") == 0 ? KEY_VIEWER : KEY_NONE;
    return ret->role ? 0 : -EINVAL;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int read_folder(const char *folder, struct keys *keys, void (*report)(void *user, const char *line), void *user,
                       struct gait_error *err)
{
    char path[CONFIG_PATH_MAX + 32], line[CONFIG_PATH_MAX + 400];
    struct dirent **entry;
    int n;

    snprintf(path, sizeof path, "%s/allowed", folder);
    n = scandir(path, &entry, visible, alphasort);
    if (n < 0)
        return gait_error_set(err, -errno, "%s: %s; it holds the keys that are let in", path, strerror(errno));
    keys->allowed = calloc((size_t)n + 1, sizeof *keys->allowed);
    for (int i = 0; i < n; i++) {
        if (keys->allowed && keys->n < KEYS_MAX &&
            read_allowed(folder, entry[i]->d_name, &keys->allowed[keys->n]) == 0) {
            keys->n++;
        } else {
            snprintf(line, sizeof line,
                     "%s/%s: no key (role: viewer or operator, public: 40 characters): it lets nobody in", path,
                     entry[i]->d_name);
            report(user, line);
        }
        free(entry[i]);
    }
    free(entry);
    return keys->allowed ? 0 : gait_error_set(err, -ENOMEM, "%s: no memory", path);
}

int keys_load_allowed(const char *folder, struct keys *keys, void (*report)(void *user, const char *line), void *user,
                      struct gait_error *err)
{
    const int r = read_folder(folder, keys, report, user, err);

    if (r < 0)
        keys->n = 0;
    return r;
}

int keys_load(const char *folder, struct keys *ret_keys, void (*report)(void *user, const char *line), void *user,
              struct gait_error *err)
{
    struct keys keys = {0};
    int r = read_server(folder, &keys, err);

    if (r == 0)
        r = read_folder(folder, &keys, report, user, err);
    if (r < 0)
        keys_done(&keys);
    else
        *ret_keys = keys;
    return r;
}

void keys_done(struct keys *keys)
{
    free(keys->allowed);
    explicit_bzero(keys, sizeof *keys);
}

const struct allowed_key *keys_find(const struct keys *keys, const uint8_t *public)
{
    for (unsigned i = 0; i < keys->n; i++)
        if (memcmp(keys->allowed[i].public, public, KEY_BYTES) == 0)
            return &keys->allowed[i];
    return NULL;
}

enum key_role keys_role(const struct keys *keys, const char *name)
{
    for (unsigned i = 0; i < keys->n; i++)
        if (strcmp(keys->allowed[i].name, name) == 0)
            return keys->allowed[i].role;
    return KEY_NONE;
}
