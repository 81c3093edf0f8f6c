/* session.json against the folder: which trial of the one has no file in the other, and which file no trial. */
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/record.h>

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Length of a file's name without .gaitj or .h5; 0: it is neither. */
static size_t stem(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (strcmp(dot, ".gaitj") == 0 || strcmp(dot, ".h5") == 0) ? (size_t)(dot - name) : 0;
}

static bool in_folder(const char *folder, const char *name, size_t n)
{
    static const char *const endings[] = {".gaitj", ".h5"};
    char path[CONFIG_PATH_MAX + 200];

    for (size_t i = 0; *folder && i < sizeof endings / sizeof *endings; i++)
        if ((size_t)snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)n, name, endings[i]) < sizeof path &&
            access(path, F_OK) == 0)
            return true;
    return false;
}

/* What holds the trial's newest part: its journal, or the file that became of that. NULL: nothing yet. */
static const char *newest(const json_t *row)
{
    const char *journal = json_string_value(json_object_get(row, "journal"));

    return journal ? journal : json_string_value(json_object_get(row, "path"));
}

/* By name and not by path: the folder may have moved since. */
static bool is_there(const struct session *s, const char *second, const char *path, const char **ret_missing)
{
    const char *name = base(path);
    size_t n = stem(name);

    if (!n || in_folder(s->folder, name, n) || in_folder(second, name, n))
        return true;
    *ret_missing = name;
    return false;
}

/* The trial's uuid stands in the session file as text, in an attribute; a byte more or less of HDF5 is no matter here. */
static bool file_holds(const char *path, const char *text)
{
    enum { CHUNK = 1 << 16 };
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t keep = strlen(text) - 1, n = 0;
    char buffer[CHUNK + GAIT_UUID_TEXT];
    bool found = false;
    ssize_t got;

    while (fd >= 0 && !found && (got = read(fd, buffer + n, CHUNK)) > 0) {
        n += (size_t)got;
        found = memmem(buffer, n, text, keep + 1) != NULL;
        if (n > keep) {
            memmove(buffer, buffer + n - keep, keep);
            n = keep;
        }
    }
    return found;
}

/* A close that failed late had made the session's file and taken some trial files away. */
static bool in_session_file(const struct session *s, const json_t *row)
{
    const char *uuid = json_string_value(json_object_get(row, "uuid"));
    char path[CONFIG_PATH_MAX + 80];

    snprintf(path, sizeof path, "%s/%s.h5", s->folder, s->id);
    return uuid && strlen(uuid) == GAIT_UUID_TEXT && file_holds(path, uuid);
}

const char *session_missing(const struct session *s, const char *second, json_t *row)
{
    const char *missing = NULL, *path = newest(row);
    json_t *parts = json_object_get(row, "parts");
    bool there = !path || is_there(s, second, path, &missing);

    for (size_t i = 0; there && i < json_array_size(parts); i++)
        there = is_there(s, second, json_string_value(json_array_get(parts, i)), &missing);
    return there || in_session_file(s, row) ? NULL : missing;
}

static bool is_known(const struct session *s, const char *name, size_t n)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(s->state, "trials"), i, row)
    {
        const char *path = newest(row);
        json_t *parts = json_object_get(row, "parts");

        if (path && stem(base(path)) == n && strncmp(base(path), name, n) == 0)
            return true;
        for (size_t k = 0; k < json_array_size(parts); k++) {
            path = base(json_string_value(json_array_get(parts, k)));
            if (stem(path) == n && strncmp(path, name, n) == 0)
                return true;
        }
    }
    return false;
}

static void add_unlisted(const struct session *s, const char *folder, json_t *list)
{
    DIR *dir = *folder ? opendir(folder) : NULL;
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        size_t n = stem(entry->d_name);

        if (strncmp(entry->d_name, "trial-", 6) == 0 && n && !is_known(s, entry->d_name, n))
            json_array_append_new(list, json_string(entry->d_name));
    }
    if (dir)
        closedir(dir);
}

json_t *session_unlisted(const struct session *s, const char *second)
{
    json_t *list = json_array();

    add_unlisted(s, s->folder, list);
    add_unlisted(s, second, list);
    return list;
}
