/*
 * A trial in the forms that other programs read: CSV, MAT, C3D, BIDS motion, emed-style ASCII, PNG and GIF. Each writer takes a trial as plain data and an
 * open file; which file that is, and that it appears whole or not at all, is the caller's. A library of its own: matio links HDF5.
 */
#ifndef GAIT_EXPORT_H
#define GAIT_EXPORT_H

#include <stdio.h>

#include <gait/api.h>
#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/frame.h>
#include <gait/trial_state.h>

/* One frame's numbers. */
struct gait_export_frame {
    double t_s;    /* mat time since the first frame */
    uint64_t lost; /* frames missing just before it */
    struct gait_frame_numbers numbers;
};

/* Everything of one trial that a writer may want. Nothing is kept; texts are "" when unknown, never NULL. */
struct gait_export_trial {
    const char *subject, *session, *condition, *timepoint, *mat, *software;
    uint32_t trial; /* 0: a vendor's recording */
    uint32_t part;  /* of a trial recorded in several parts, from 2; 0 the first or only one */
    bool discarded;
    bool extra;                 /* over the protocol's plan, or walked during the treatment: kept and not counted */
    double since_treatment_s;   /* since the treatment ended; NaN: there was none */
    uint64_t start_realtime_ns; /* 0 unknown */
    uint64_t t0_mat_ns;         /* mat time of the first frame */
    const struct gait_subject *body;
    const struct gait_geometry *geometry;
    size_t n_footfalls, n_frames;
    const struct gait_footfall *const *footfall;
    const struct gait_export_frame *frame;
    const float
        *picture_kPa; /* [rows*cols] largest pressure of each cell in the whole trial; NaN where there is no sensel */

    /*
     * The frames' pressure from the first on, when `rewind` was called; NaN where there is no sensel.
     * next: Returns 1; 0 the end; negative errno with err.
     */
    int (*rewind)(void *user, struct gait_error *err);
    int (*next)(void *user, float *ret_p_kPa, struct gait_error *err);
    void *user;
};

/* ---- CSV: UTF-8, a point for decimals, %.17g, a number that does not exist is empty ------------------------------------------------ */

/** One line a number: heads first, then each trial. Returns 0; -EIO, ...: what the file says. Source metrics.md section 9. */
GAIT_API int gait_export_csv_long_head(FILE *out);
GAIT_API int gait_export_csv_long(FILE *out, const struct gait_export_trial *trial);
/** One line a footfall, one column a metric, its unit in the name. */
GAIT_API int gait_export_csv_wide_head(FILE *out);
GAIT_API int gait_export_csv_wide(FILE *out, const struct gait_export_trial *trial);
/** What each metric is: an object with a member for each, {unit, tier, definition, source, valid_when, known_bias}. */
GAIT_API int gait_export_metrics_json(FILE *out);

/* ---- C3D ---------------------------------------------------------------------------------------------------------------------------- */

/**
 * A C3D file without points: a FORCE_PLATFORM of TYPE 1 for each foot (left, right, and unknown when there are such footfalls), whose corners are the
 * mat; regions' forces as further analog channels; Foot Strike and Foot Off as events. Numbers are 32-bit floats, Intel order.
 *
 * The plate's axes: x is the mat's x, y the mat's -y, z down, as the C3D guide has it: the force of the foot on the plate is +Fz. CoP from the centre of
 * the surface, in mm; 0 without force. Samples stand at multiples of the nominal period; where frames are missing, 0 N and a General event "Frames lost".
 *
 * Returns  0; -EFBIG more frames or events than a C3D file holds; -ENOMEM; what writing returns; err says what.
 */
GAIT_API int gait_export_c3d(FILE *out, const struct gait_export_trial *trial, struct gait_error *err);

/* ---- MATLAB --------------------------------------------------------------------------------------------------------------------------- */

/**
 * A MAT file of version 5: struct `trial` (info, geometry), `frames` (columns), `footfalls` (a column for each metric, sides as texts, regions, curves),
 * `metrics` (units and definitions), `picture_kPa`.
 *
 * Owner    path: a file that is not there yet.
 * Returns  0; -ENOTSUP built without matio; -ENOMEM; -ENOSPC it does not come back as it was written; -EIO; err says what.
 */
GAIT_API int gait_export_mat(const char *path, const struct gait_export_trial *trial, struct gait_error *err);

/* ---- BIDS motion -------------------------------------------------------------------------------------------------------------------------- */

/** The parts of one recording by the BIDS name "sub-X[_ses-Y]_task-walk[...]": labels have letters and digits only. */
GAIT_API int gait_export_bids_label(const char *text, size_t size, char *ret_label);
GAIT_API int gait_export_bids_motion(FILE *out, const struct gait_export_trial *trial);
GAIT_API int gait_export_bids_motion_json(FILE *out, const struct gait_export_trial *trial);
GAIT_API int gait_export_bids_channels(FILE *out, const struct gait_export_trial *trial);
GAIT_API int gait_export_bids_events(FILE *out, const struct gait_export_trial *trial);
GAIT_API int gait_export_bids_events_json(FILE *out);
GAIT_API int gait_export_bids_dataset_json(FILE *out, const struct gait_export_trial *trial);
GAIT_API int gait_export_bids_participants_json(FILE *out);
/** One line of participants.tsv, whose head is GAIT_EXPORT_BIDS_PARTICIPANTS. */
GAIT_API int gait_export_bids_participant(FILE *out, const struct gait_export_trial *trial);
#define GAIT_EXPORT_BIDS_PARTICIPANTS "participant_id\tweight\theight\tfoot_length_left\tfoot_length_right"

/* ---- emed-style ASCII, pictures ---------------------------------------------------------------------------------------------------------- */

/**
 * A page a frame, as novel's programs write .lst: kPa with two decimals, forces in N. Our own reader reads it. Picture numbers jump over frames that are
 * missing; cells without a value are written as 0, for the layout has no other way, and their number behind the name in 'File:'.
 *
 * Returns  0; negative errno, err says what.
 */
GAIT_API int gait_export_emed(FILE *out, const struct gait_export_trial *trial, struct gait_error *err);

/** How many cells have no value in the whole trial: no sensel there, or none that works. */
GAIT_API size_t gait_export_unknown_cells(const struct gait_export_trial *trial);

/**
 * The largest pressure of each cell as a picture, y up, with a colour bar in kPa. PNG is one picture; GIF shows it growing, in real time, and stops at the
 * whole one; over missing frames an image stands as long as they took. Colours rise evenly in brightness and are told apart by colour-blind eyes; white is no contact, grey no sensel.
 *
 * Unit     full_kPa: what the brightest colour stands for; 0: the trial's peak.
 * Returns  0; negative errno, err says what.
 */
GAIT_API int gait_export_png(FILE *out, const struct gait_export_trial *trial, double full_kPa, struct gait_error *err);
GAIT_API int gait_export_gif(FILE *out, const struct gait_export_trial *trial, double full_kPa, struct gait_error *err);

#endif
