/* What the daemon wrote about a session beside its trials: an attribute of a session file, a file beside trials that are not closed yet. */
#include <gait/session.h>

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "session/recording.h"

enum { JSON_BYTES_MAX = 16 << 20 };

static int from_attribute(hid_t file, char **ret_json)
{
    hid_t attribute, type = H5Tcopy(H5T_C_S1);
    char *text = NULL;

    H5E_BEGIN_TRY
    {
        attribute = H5Aopen(file, "session_json", H5P_DEFAULT);
        if (attribute >= 0 && type >= 0) {
            H5Tset_size(type, H5T_VARIABLE);
            H5Tset_cset(type, H5T_CSET_UTF8);
            if (H5Aread(attribute, type, &text) < 0)
                text = NULL;
        }
        *ret_json = text ? strdup(text) : NULL;
        if (text)
            H5free_memory(text);
        if (attribute >= 0)
            H5Aclose(attribute);
        if (type >= 0)
            H5Tclose(type);
    }
    H5E_END_TRY;
    return *ret_json ? 0 : -ENODATA;
}

static int from_folder(const char *path, char **ret_json)
{
    const char *slash = strrchr(path, '/');
    char name[4096];
    _cleanup_close_ int fd = -1;
    _cleanup_free_ char *text = NULL;
    ssize_t n;

    snprintf(name, sizeof(name), "%.*ssession.json", slash ? (int)(slash + 1 - path) : 0, path);
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -ENODATA;
    text = malloc(JSON_BYTES_MAX + 1);
    if (!text)
        return -ENOMEM;
    n = read(fd, text, JSON_BYTES_MAX);
    if (n <= 0)
        return -ENODATA;
    text[n] = '\0';
    *ret_json = gait_steal(&text);
    return 0;
}

int gait_recording_session_json(const struct gait_recording *recording, char **ret_json)
{
    char *json = NULL;
    int r;

    if (recording->texts_skipped)
        return -ENODATA;
    r = recording->kind == RECORDING_SESSION ? from_attribute(recording->file, &json)
                                             : from_folder(recording->path, &json);

    if (r == 0)
        *ret_json = json;
    return r;
}
