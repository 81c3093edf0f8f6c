#include "session/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gait/cleanup.h"

GAIT_DEFINE_CLEANUP(struct gait_journal_reader *, gait_journal_reader_free)

static int load_journal(struct gait_recording *rec, struct gait_error *err)
{
    _cleanup_(gait_journal_reader_freep) struct gait_journal_reader *reader = NULL;
    int r = gait_journal_open(rec->path, &reader, err);

    if (r < 0)
        return r;
    rec->trial = calloc(1, sizeof(*rec->trial));
    if (!rec->trial)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    r = trial_load(reader, rec->path, rec->trial, err);
    rec->n_trials = r == 0;
    return r;
}

/* What the first bytes say: HDF5's signature, or anything else. */
static int looks_like_h5(const char *path, struct gait_error *err)
{
    static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    uint8_t bytes[8];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return gait_error_set(err, -EBADMSG, "%s: not a file; give a .gaitj or .h5 file", path);
    if (st.st_size == 0)
        return gait_error_set(err, -EBADMSG, "%s: the file is empty", path);
    return read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) && memcmp(bytes, signature, sizeof(bytes)) == 0;
}

int recording_open_h5(struct gait_recording *rec, struct gait_error *err)
{
    _cleanup_h5_ hid_t access = h5_file_access();

    rec->file = H5Fopen(rec->path, H5F_ACC_RDONLY, access);
    if (rec->file < 0) {
        h5_error(err, "%s: is broken or no HDF5 file", rec->path);
        if (err)
            err->code = -EBADMSG;
        return -EBADMSG;
    }
    return 0;
}

static int load_h5(struct gait_recording *rec, struct gait_error *err)
{
    int r = recording_open_h5(rec, err);

    return r < 0 ? r : recording_load_h5(rec, err);
}

int gait_recording_open(const char *path, struct gait_recording **ret_recording, struct gait_error *err)
{
    _cleanup_(gait_recording_freep) struct gait_recording *rec = NULL;
    struct gait_error own = {0};
    H5_QUIET;
    int r;

    err = err ? err : &own;
    r = looks_like_h5(path, err);
    if (r < 0)
        return r;
    rec = calloc(1, sizeof(*rec));
    if (!rec || !(rec->path = strdup(path)))
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    rec->file = -1;
    rec->kind = r ? RECORDING_TRIAL : RECORDING_JOURNAL;
    r = r ? load_h5(rec, err) : load_journal(rec, err);
    if (r < 0)
        return r;
    *ret_recording = gait_steal(&rec);
    return 0;
}

void gait_recording_free(struct gait_recording *rec)
{
    H5_QUIET;

    if (!rec)
        return;
    for (uint32_t i = 0; i < rec->n_trials; i++)
        trial_done(&rec->trial[i]);
    free(rec->trial);
    free(rec->salvaged);
    free(rec->path);
    h5_closep(&rec->file);
    free(rec);
}

const char *gait_recording_kind(const struct gait_recording *rec)
{
    static const char *const name[] = {
        [RECORDING_JOURNAL] = "journal", [RECORDING_TRIAL] = "trial", [RECORDING_SESSION] = "session"};

    return name[rec->kind];
}

uint32_t gait_recording_trials(const struct gait_recording *rec)
{
    return rec->n_trials;
}

const struct gait_recorded_trial *gait_recording_trial(const struct gait_recording *rec, uint32_t i)
{
    return i < rec->n_trials ? &rec->trial[i].t : NULL;
}
