/*
 * The inside of an open recording: what its frames are read with.
 */
#ifndef GAIT_SESSION_RECORDING_H
#define GAIT_SESSION_RECORDING_H

#include "session/h5.h"
#include "session/trial.h"

enum recording_kind { RECORDING_JOURNAL = 1, RECORDING_TRIAL = 2, RECORDING_SESSION = 3 };

struct gait_recording {
    enum recording_kind kind;
    char *path;
    hid_t file; /* HDF5 kinds */
    struct trial *trial;
    uint32_t n_trials;
    int minor; /* of an HDF5 file's format_version */
    struct gait_salvaged *salvaged;
    uint32_t n_salvaged;
    bool texts_skipped; /* those at the root break their reader */
};

enum { RECORDING_TEXT_MAX = 64 };

/* Names of the groups "trial-...", by name. */
struct recording_names {
    char (*name)[RECORDING_TEXT_MAX];
    size_t n;
    int error;
};

/* A number as attribute. False: there is none. */
bool recording_read_u64(hid_t object, const char *name, uint64_t *ret_value);

/* Open the file of an HDF5 recording. -EBADMSG: it is none. */
int recording_open_h5(struct gait_recording *recording, struct gait_error *err);

/* Format, version and kind by the root's attributes. */
int recording_read_format(struct gait_recording *recording, struct gait_error *err);

/* List the trials of an open HDF5 file; free(ret->name). */
int recording_list_trials(struct gait_recording *recording, struct recording_names *ret, struct gait_error *err);

/* A dataset that says it holds more than its stored bytes can be is not to be believed, nor room taken for it. */
bool recording_holds(const struct gait_recording *recording, hid_t set, uint64_t bytes);

/* Frames of raw(time, y, x), which must have the state's shape; -EBADMSG. */
int64_t recording_raw_frames(struct gait_recording *recording, const char *group, const struct gait_geometry *geometry);

/* Length of a dataset of one axis whose elements are of `type`; -EBADMSG when it is none. */
int64_t recording_column_length(hid_t set, hid_t type);

/* The kept records of a trial's group. Returns how many bytes they are, *ret_set (to be closed, -1: none) their dataset; -EBADMSG. */
int64_t recording_open_records(const struct gait_recording *recording, const char *group, hid_t *ret_set);

/* What attributes of the trial's group say of it. */
void recording_read_about(struct gait_recording *recording, const char *group, struct trial *trial);

/* Load all trials of an open HDF5 file. */
int recording_load_h5(struct gait_recording *recording, struct gait_error *err);

#endif
