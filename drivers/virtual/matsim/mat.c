/* The mat that is simulated: where its frames come from, what it poses as. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/formats_in.h>
#include <gait/journal.h>

#include "matsim.h"
#include "transport/walker.h"

static int open_walker(const char *text, struct gait_frame_source **ret_source, struct gait_error *err)
{
    struct mat_walker_config walker;
    int r;

    mat_walker_default(&walker);
    r = mat_walker_parse(text, &walker, err);
    return r < 0 ? gait_error_prefix(err, r, "walker \"%s\"", text) : mat_walker_new(&walker, ret_source, err);
}

static int open_recording(const char *path, struct gait_frame_source **ret_source, struct gait_error *err)
{
    static const unsigned char journal[8] = {0x8b, 'G', 'A', 'I', 'T', 'R', '\r', '\n'};
    static const unsigned char hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char begin[8] = {0};

    if (fd < 0 || read(fd, begin, sizeof begin) < 0)
        return gait_error_set(err, -errno, "%s: cannot be read: %s", path, strerror(errno));
    if (memcmp(begin, hdf5, sizeof hdf5) == 0)
        return gait_error_set(err, -EINVAL, "%s: make it a journal first: gait export --to journal %s", path, path);
    if (memcmp(begin, journal, sizeof journal) == 0)
        return gait_journal_source(path, ret_source, err);
    return gait_formats_in_open(path, ret_source, err);
}

int profile_read(const struct options *o, struct mat_profile **ret_profile, struct gait_error *err)
{
    const char *path = o->profile;
    struct mat_profile_fault fault;
    size_t n = 0;
    int r;

    *ret_profile = NULL;
    r = path ? mat_profile_read(path, ret_profile, &fault, 1, &n, err) : 0;
    if (r == -EINVAL && n)
        return gait_error_set(err, r, "%s:%u:%u: %s: %s; gait profile check %s lists all of its %zu mistakes", path,
                              fault.line, fault.column, fault.path, fault.text, path, n);
    return r;
}

static int check_size(const struct options *o, const struct mat_profile *p, const struct gait_geometry *g,
                      struct gait_error *err)
{
    if (!p || !p->layout.rows || (p->layout.rows == g->rows && p->layout.cols == g->cols))
        return 0;
    return gait_error_set(err, -EINVAL, "%s has %ux%u cells, the source %ux%u%s", o->profile, p->layout.rows,
                          p->layout.cols, g->rows, g->cols, o->recording ? "" : ": give the walker rows= and cols=");
}

int mat_make(const struct options *o, const struct mat_profile *profile, struct mat_model **ret_model,
             struct gait_error *err)
{
    struct mat_model_config config = {.profile = profile, .parts = o->parts, .rate_hz = o->rate_hz, .loop = !o->once};
    struct mat_model *model;
    int r = o->recording ? open_recording(o->recording, &config.source, err)
                         : open_walker(o->walker ? o->walker : "seed=1", &config.source, err);

    if (r == 0 && (r = check_size(o, profile, &gait_source_info(config.source)->geometry, err)) < 0)
        gait_source_free(config.source);
    if (r < 0)
        return r;
    snprintf(config.serial, sizeof config.serial, "%s", o->serial);
    r = mat_model_new(&config, &model, err);
    if (r < 0)
        return r;
    for (unsigned i = 0; i < o->faults; i++)
        mat_model_fault(model, &o->fault[i]);
    *ret_model = model;
    return 0;
}
