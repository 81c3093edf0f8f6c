/*
 * A trial of any recording as the writers of gait/export.h want it.
 */
#ifndef EXPORT_TRIAL_H
#define EXPORT_TRIAL_H

#include <gait/calibrate.h>
#include <gait/export.h>

#include "recording.h"

struct export_trial {
    struct gait_export_trial t; /* points into what follows */
    struct recording *recording;
    uint32_t number;            /* of the trial in the file, from 0 */
    struct gait_footfall **own; /* computed here: a vendor's recording holds none */
    size_t n_own;
    const struct gait_footfall **footfall;
    struct gait_export_frame *frame;
    size_t frame_room;
    float *picture_kPa, *p_kPa;
    void *raw;
    uint64_t expected, first_ns; /* the next trial frame; mat time of the first */
    struct gait_calibrator *calibrator;
};

/**
 * Read trial i of an open recording: numbers, footfalls by rising contact, the largest pressures. A vendor's footfalls are computed.
 *
 * Owner    recording must outlive it; export_trial_done(), also after a failure.
 * Returns  0; negative errno, err says what.
 */
int export_trial_read(struct recording *recording, uint32_t i, struct export_trial *ret_trial, struct gait_error *err);
void export_trial_done(struct export_trial *trial);

#endif
