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
};

/* A number as attribute. False: there is none. */
bool recording_read_u64(hid_t object, const char *name, uint64_t *ret_value);

/* Load all trials of an open HDF5 file. */
int recording_load_h5(struct gait_recording *recording, struct gait_error *err);

#endif
