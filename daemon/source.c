/* What replay and walker play: named in gaitd.yaml or by trial start. */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/formats_in.h>
#include <gait/journal.h>

#include "text.h"
#include "transport/walker.h"

/* O_NONBLOCK: a pipe would be waited for here until somebody writes. */
static int first_bytes(const char *path, unsigned char ret[8], struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat is;
    ssize_t n;

    memset(ret, 0, 8);
    if (fd < 0 || fstat(fd, &is) < 0)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return gait_error_set(err, -EINVAL, "%s: is no regular file: name a recording", path);
    n = read(fd, ret, 8);
    if (n < 0)
        return gait_error_set(err, -errno, "%s: cannot be read: %s", path, strerror(errno));
    return 0;
}

static int open_recording(const char *path, struct gait_frame_source **ret_source, struct gait_error *err)
{
    static const unsigned char journal[8] = {0x8b, 'G', 'A', 'I', 'T', 'R', '\r', '\n'};
    static const unsigned char hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char begin[8];
    int r = first_bytes(path, begin, err);

    if (r < 0)
        return r;
    if (memcmp(begin, hdf5, sizeof hdf5) == 0)
        return source_open_exported(path, ret_source, err);
    if (memcmp(begin, journal, sizeof journal) == 0)
        return gait_journal_source(path, ret_source, err);
    return gait_formats_in_open(path, ret_source, err);
}

static int open_walker(const char *text, struct gait_frame_source **ret_source, struct gait_error *err)
{
    struct mat_walker_config walker;
    int r;

    mat_walker_default(&walker);
    r = mat_walker_parse(text, &walker, err);
    return r < 0 ? gait_error_prefix(err, r, "walker \"%s\"", text) : mat_walker_new(&walker, ret_source, err);
}

int source_open(const struct source_config *config, struct gait_frame_source **ret_source,
                char ret_text[SOURCE_TEXT_MAX], struct gait_error *err)
{
    struct gait_frame_source *source = NULL;
    int r;

    switch (config->kind) {
    case SOURCE_WALKER:
        r = open_walker(config->walker, &source, err);
        snprintf(ret_text, SOURCE_TEXT_MAX, "walker %.140s", config->walker);
        break;
    case SOURCE_REPLAY:
        r = open_recording(config->path, &source, err);
        snprintf(ret_text, SOURCE_TEXT_MAX, "replay %.140s", config->path);
        break;
    default:
        return gait_error_set(err, -EINVAL,
                              "no source: give the mat a source in gaitd.yaml, such as source: {walker: \"seed=1\"}");
    }
    text_whole(ret_text);
    if (r == 0)
        *ret_source = source;
    return r;
}
