#include "session_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A session file: no trial's, none half-written. */
static int is_session_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return entry->d_name[0] != '.' && n > 3 && strcmp(entry->d_name + n - 3, ".h5") == 0 &&
           strncmp(entry->d_name, "trial-", 6) != 0;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool has_session_json(const char *folder)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof(path), "%s/session.json", folder) < PATH_MAX && access(path, F_OK) == 0;
}

static int keep(struct session_files *files, const char *path, size_t most, struct gait_error *err)
{
    char **more = reallocarray(files->path, files->n + 1, sizeof(*more));

    if (more)
        files->path = more;
    if (files->n == most)
        return gait_error_set(err, -E2BIG, "more than %zu files", most);
    if (!more || !(more[files->n] = strdup(path)))
        return gait_error_set(err, -ENOMEM, "no memory");
    files->n++;
    return 0;
}

static void free_names(struct dirent **name, int n)
{
    for (int i = 0; i < n; i++)
        free(name[i]);
    free(name);
}

/* The one session file of a session's own folder. */
static int keep_session(struct session_files *files, const char *folder, size_t most, struct gait_error *err)
{
    struct dirent **name = NULL;
    int n = scandir(folder, &name, is_session_file, alphasort), r;
    char path[PATH_MAX];

    if (n < 0)
        return gait_error_set(err, -errno, "%s: %s", folder, strerror(errno));
    if (n == 1 && snprintf(path, sizeof(path), "%s/%s", folder, name[0]->d_name) < PATH_MAX)
        r = keep(files, path, most, err);
    else if (n == 0)
        r = gait_error_set(err, -ENOENT, "%s: its session is not closed: gait session close, or name its trial files",
                           folder);
    else
        r = gait_error_set(err, -ENOENT, "%s: there are %d session files in it: name one", folder, n);
    free_names(name, n);
    return r;
}

/* Every session in a folder, in a folder of its own or as a file beside others. */
static int keep_sessions(struct session_files *files, const char *folder, size_t most, struct gait_error *err)
{
    struct dirent **name = NULL;
    int n = scandir(folder, &name, is_shown, alphasort), r = 0;
    size_t before = files->n;
    char path[PATH_MAX];

    if (n < 0)
        return gait_error_set(err, -errno, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n && r == 0; i++) {
        if (snprintf(path, sizeof(path), "%s/%s", folder, name[i]->d_name) >= PATH_MAX)
            continue;
        if (is_folder(path) && has_session_json(path))
            r = keep_session(files, path, most, err);
        else if (!is_folder(path) && is_session_file(name[i]))
            r = keep(files, path, most, err);
    }
    free_names(name, n);
    if (r == 0 && files->n == before)
        r = gait_error_set(err, -ENOENT, "%s: a folder without a session file in it: name the files", folder);
    return r;
}

int session_files_find(const char *const *given, size_t n, size_t most, struct session_files *files,
                       struct gait_error *err)
{
    int r = 0;

    *files = (struct session_files){0};
    for (size_t i = 0; i < n && r == 0; i++) {
        char path[PATH_MAX];
        size_t length = strlen(given[i]);

        while (length > 1 && given[i][length - 1] == '/')
            length--;
        if (!is_folder(given[i]) || snprintf(path, sizeof(path), "%.*s", (int)length, given[i]) >= PATH_MAX)
            r = keep(files, given[i], most, err);
        else if (has_session_json(path))
            r = keep_session(files, path, most, err);
        else
            r = keep_sessions(files, path, most, err);
    }
    return r;
}

void session_files_done(struct session_files *files)
{
    for (size_t i = 0; i < files->n; i++)
        free(files->path[i]);
    free(files->path);
    *files = (struct session_files){0};
}
