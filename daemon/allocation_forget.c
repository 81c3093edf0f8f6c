/* A person's place in a study's list after consent was withdrawn: the place stays taken, or blocks would lose their balance; whose it was goes. */
#include "allocation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <jansson.h>

#include "folders.h"

/* A line that is not of this person, a torn one too, stays as it is. Returns 1 the mark was put; 0; negative errno. */
static int copy_line(FILE *to, const char *line, const char *subject)
{
    json_t *row = json_loads(line, 0, NULL);
    const char *whose = json_string_value(json_object_get(row, "subject"));
    bool is_it = whose && strcmp(whose, subject) == 0;
    int r = is_it;

    if (is_it) {
        _cleanup_free_ char *text = NULL;

        json_object_set_new(row, "subject", json_string(""));
        json_object_set_new(row, "purged", json_true());
        text = json_dumps(row, JSON_COMPACT);
        if (!text)
            r = -ENOMEM;
        else if (fprintf(to, "%s\n", text) < 0)
            r = -EIO;
    } else if (fputs(line, to) < 0) {
        r = -EIO;
    }
    json_decref(row);
    return r;
}

static int copy_list(FILE *from, FILE *to, const char *subject)
{
    char *line = NULL;
    size_t room = 0;
    int r = 0, marked = 0;

    while (r >= 0 && getline(&line, &room, from) > 0) {
        r = copy_line(to, line, subject);
        marked |= r > 0;
    }
    free(line);
    if (r >= 0 && (ferror(from) || fflush(to) != 0 || fsync(fileno(to)) < 0))
        r = -EIO;
    return r < 0 ? r : marked;
}

int allocation_forget(const char *sessions, const char *study, const char *subject, struct gait_error *err)
{
    char folder[ALLOCATION_FOLDER_MAX], path[ALLOCATION_PATH_MAX], beside[ALLOCATION_PATH_MAX + 8];
    FILE *from, *to;
    int fd, r;

    allocation_folder(sessions, folder);
    allocation_list_path(folder, study, path);
    snprintf(beside, sizeof beside, "%s.new", path);
    from = fopen(path, "re");
    if (!from) /* nothing was ever drawn */
        return errno == ENOENT ? 0 : gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    to = fd < 0 ? NULL : fdopen(fd, "w");
    r = to ? copy_list(from, to, subject) : -errno;
    fclose(from);
    if (to && fclose(to) != 0 && r >= 0)
        r = -errno;
    if (r > 0)
        r = rename(beside, path) < 0 ? -errno : folders_sync(folder);
    else
        unlink(beside);
    return r < 0 ? gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r)) : 0;
}
