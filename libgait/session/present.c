#include "session/present.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/files.h"

int session_file_of(const char *folder, char *ret_path, size_t size, struct gait_error *err)
{
    _cleanup_free_ char *real = realpath(folder, NULL);

    if (!real)
        return gait_error_set(err, -errno, "%s: cannot be opened: %s", folder, strerror(errno));
    if ((size_t)snprintf(ret_path, size, "%s/%s.h5", real, files_name(real)) >= size)
        return gait_error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
    return 0;
}

/* Every frame and record of ours again, from the file: raw counts are read too, so a file that cannot be read does not count. A file of less comes about when a
 * journal is cut short after a failed sync and sealed, and a power cut then undoes the cutting. */
static int holds(struct gait_recording *rec, uint32_t i, const struct trial *trial, const char *path,
                 struct gait_error *err)
{
    const struct gait_recorded_trial *t = gait_recording_trial(rec, i);
    _cleanup_(gait_recorded_frames_freep) struct gait_recorded_frames *frames = NULL;
    _cleanup_free_ void *raw = malloc(gait_geometry_frame_bytes(&t->state.geometry));
    struct gait_slot slot = {.raw = raw};
    uint64_t frame, n = 0, passed = 0;
    int r = raw ? gait_recorded_frames_new(rec, i, &frames, err) : -ENOMEM;

    if (r < 0)
        return r;
    while ((r = gait_recorded_frames_next(frames, &slot, &frame, err)) > 0) {
        while (n < trial->t.frames && trial->frame[n].frame < frame) {
            n++;
            passed++;
        }
        if (n >= trial->t.frames || frame != trial->frame[n].frame)
            break;
        n++;
    }
    if (r < 0)
        return r;
    if (r == 0 && t->n_footfalls <= trial->t.n_footfalls && passed + trial->t.frames - n > 0)
        return TRIAL_PART_PRESENT;
    if (r > 0 || n != trial->t.frames || t->n_footfalls != trial->t.n_footfalls)
        return gait_error_set(
            err, -EIO, "%s: holds %llu frames of this trial and its journal %llu; move the file away to seal again",
            path, (unsigned long long)t->frames, (unsigned long long)trial->t.frames);
    return TRIAL_PRESENT;
}

/* Returns TRIAL_PRESENT, TRIAL_PART_PRESENT; 0 there is no such file or trial; -EEXIST (trial files) it holds another. */
static int look_into(const char *path, bool trial_file, const struct trial *trial, struct gait_error *err)
{
    _cleanup_(gait_recording_freep) struct gait_recording *rec = NULL;
    int r;

    if (!files_exist(path))
        return 0;
    r = gait_recording_open(path, &rec, err);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < gait_recording_trials(rec); i++) {
        if (memcmp(gait_recording_trial(rec, i)->header.uuid, trial->t.header.uuid, GAIT_UUID_BYTES) == 0)
            return holds(rec, i, trial, path, err);
    }
    return trial_file ? gait_error_set(err, -EEXIST, "%s: holds another trial; move it away to seal this journal", path)
                      : 0;
}

int trial_is_present(const char *out, const struct trial *trial, struct gait_error *err)
{
    char folder[FILES_PATH_MAX], session[FILES_PATH_MAX];
    int r = look_into(out, true, trial, err);

    if (r != 0)
        return r;
    r = files_folder(out, folder, err);
    if (r == 0)
        r = session_file_of(folder, session, sizeof(session), err);
    return r < 0 ? r : look_into(session, false, trial, err);
}
