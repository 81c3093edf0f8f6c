#include "folders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

int folders_make(const char *path, struct gait_error *err)
{
    char part[CONFIG_PATH_MAX];

    if (*path != '/' || strlen(path) >= sizeof part)
        return gait_error_set(err, -EINVAL, "%.100s: not an absolute path, or too long", path);
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1;; slash++) {
        char was = *slash;

        if (was != '/' && was != '\0')
            continue;
        *slash = '\0';
        if (mkdir(part, 0750) < 0 && errno != EEXIST)
            return gait_error_set(err, -errno, "%s: cannot be made: %s; make it, or change recording.path", part,
                                  strerror(errno));
        *slash = was;
        if (!was)
            return 0;
    }
}
