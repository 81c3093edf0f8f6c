/*
 * Session files: a trial's journal becomes trial-NNN.h5 (sealing), a session's trial files become SESSION.h5 (closing), and all three
 * are read through one door (gait_recording). The layout is docs/SESSION.md. gaitd does not link this library.
 *
 * A session's folder: session.json (the daemon's), trial-001.gaitj, trial-001.h5, ..., and after closing SESSION.h5. Each earlier form is
 * removed only after the next one was read back whole; all carry the journal's UUID, so a crash anywhere leaves nothing twice.
 */
#ifndef GAIT_SESSION_H
#define GAIT_SESSION_H

#include <gait/api.h>
#include <gait/cleanup.h>
#include <gait/error.h>
#include <gait/journal.h>

/* ---- writing --------------------------------------------------------------------------------------------------------------- */

struct gait_seal_options {
    bool pressure;     /* store pressure(time, y, x) in kPa beside the raw counts */
    bool keep_journal; /* do not remove the journal afterwards */
};

/* What became of a journal. */
struct gait_seal_report {
    uint8_t uuid[GAIT_UUID_BYTES];
    char path[4096]; /* the file that holds the trial now */
    uint32_t trial;
    uint64_t frames, footfalls;
    uint64_t gap_device, gap_ring;            /* frames lost by the mat; by us, damage included */
    uint64_t gap_damage;                      /* of gap_ring, those lost in bad stretches of the journal */
    char missing_kinds[GAIT_RECORD_TEXT_MAX]; /* as of gait_recorded_trial */
    struct gait_journal_stats journal;
    bool already; /* the trial had been sealed before: only the journal was left to remove */
};

/**
 * Make a complete trial file of a journal, read it back, sync it, give it its name without replacing anything, then remove the journal.
 *
 * Owner    out NULL: trial-NNN.h5 beside the journal. options and ret_report may be NULL.
 * Thread   any, one HDF5 user at a time in a process; memory: 16 frames and 200 bytes a frame.
 * Returns  0 (also when the file holds this journal's trial already); -EBUSY the journal is being written or sealed; -EEXIST the name holds
 *          another trial; -ENODATA nothing was ever recorded in it; -EBADMSG no journal or no state in it; -ENOSPC, -EIO, ...: the journal is kept and no half file stays. err says what.
 */
GAIT_API int gait_seal(const char *journal, const char *out, const struct gait_seal_options *options,
                       struct gait_seal_report *ret_report, struct gait_error *err);

/**
 * Copy all trial files of a session's folder into FOLDER/SESSION.h5 (SESSION: the folder's name), verify, remove them. Trials that the
 * session file holds already are kept; session.json becomes attributes at the root.
 *
 * Returns  0, *ret_trials (may be NULL) trials in the file; -EBUSY a journal in the folder is not sealed yet, or somebody else is closing; -ENOENT nothing to close;
 *          -EEXIST two different trials have one number; other negative errno: nothing was removed. err says what.
 */
GAIT_API int gait_session_close(const char *folder, uint32_t *ret_trials, struct gait_error *err);

/** The same with the trial files of another folder too, where recording went on when the first was full or broken; NULL or missing: none. */
GAIT_API int gait_session_close_also(const char *folder, const char *also, uint32_t *ret_trials,
                                     struct gait_error *err);

/* How one journal fared in a recovery; result as of gait_seal(), err its line. */
typedef void gait_recovered(void *user, const char *journal, int result, const struct gait_seal_report *report,
                            const struct gait_error *err);

struct gait_recover_counts {
    uint32_t sealed, already, failed, busy;
    uint32_t empty;     /* journals in which no trial ever began: removed */
    uint32_t with_gaps; /* of the sealed ones, those that miss frames or had bad bytes */
};

/**
 * Seal every journal under a path: a journal, a session's folder, or a folder of such folders. A journal in which no trial ever began is removed; one
 * that has become a file meanwhile is reported as sealed already. May be run at any time, as often as one likes.
 *
 * Owner    each and its user may be NULL.
 * Returns  0, also when single journals failed (counted, told through `each`, kept); negative errno when the path cannot be read.
 */
GAIT_API int gait_recover(const char *path, const struct gait_seal_options *options, gait_recovered *each, void *user,
                          struct gait_recover_counts *ret_counts, struct gait_error *err);

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

/* A trial as it was recorded, whatever file it lies in. Arrays belong to the recording. */
struct gait_recorded_trial {
    struct gait_journal_header header;
    struct gait_trial_state state;
    uint64_t frames; /* that can be read; gaps not counted */
    uint64_t gap_device, gap_ring, gap_damage;
    uint32_t n_footfalls, n_actions, n_events, n_gaps, n_clocks;
    struct gait_footfall **footfall; /* [n_footfalls] in stored order */
    struct gait_action *action;
    struct gait_event *event;
    struct gait_gap *gap; /* gap records only; what frames say of themselves is in their meta */
    struct gait_clock_record *clock;
    struct gait_end end; /* zeros when the trial was cut off */
    bool ended;          /* false: recovered from a journal that stops in the middle */
    uint64_t missing_records,
        bad_bytes;       /* of its journal, by record numbers (frames too) and between records: damaged */
    uint64_t torn_bytes; /* behind its last good record */
    char missing_kinds[GAIT_RECORD_TEXT_MAX]; /* "1 footfall, 2 frame": missing records whose kind can still be told */
};

struct gait_recording;

/**
 * Open a journal, a trial file or a session file.
 *
 * Thread   one at a time per recording, one HDF5 user at a time in a process. Frames stay in the file.
 * Returns  0; -ENOENT; -EBADMSG none of the three, or broken; -ENOTSUP another major version; other negative errno; err says what to do.
 */
GAIT_API int gait_recording_open(const char *path, struct gait_recording **ret_recording, struct gait_error *err);
GAIT_API void gait_recording_free(struct gait_recording *recording);
GAIT_DEFINE_CLEANUP(struct gait_recording *, gait_recording_free)

/** "journal", "trial" or "session"; static storage. */
GAIT_API const char *gait_recording_kind(const struct gait_recording *recording);
/** How many trials it holds. */
GAIT_API uint32_t gait_recording_trials(const struct gait_recording *recording);
/** Trial i (from 0, by rising number), or NULL. Owner: the recording. */
GAIT_API const struct gait_recorded_trial *gait_recording_trial(const struct gait_recording *recording, uint32_t i);

/**
 * What the daemon wrote about the session and its trials (session.json of docs/CONTROL.md): from a session file, else from the folder of a journal or trial file.
 *
 * Owner    *ret_json is the caller's: free(). It is a text from a file: not to be trusted.
 * Returns  0; -ENODATA there is none; -ENOMEM.
 */
GAIT_API int gait_recording_session_json(const struct gait_recording *recording, char **ret_json);

/**
 * What operators said of trial i (from 0): its actions, in their order, then those of session.json's `corrections`, which came after the trial had ended (at_frame: the
 * trial's frames). gait_footfall_correct() applies them.
 *
 * Owner    *ret_action is the caller's: free().
 * Returns  0; -EINVAL no such trial; -ENOMEM.
 */
GAIT_API int gait_recording_said(const struct gait_recording *recording, uint32_t i, struct gait_action **ret_action,
                                 uint32_t *ret_n);

/**
 * Check what opening does not: that every dataset of an HDF5 file has its unit, description and axes and can be read to its last byte, and that the
 * tables of metrics say what the footfalls' records say, that bytes are those of their checksums, and that attributes and tables count the frames,
 * footfalls and gaps that are there. Of a journal opening and reading its frames checks everything.
 *
 * Returns  0; 1 all can be read and two parts do not agree, err says which; -EBADMSG: err names the first problem and counts the others.
 */
GAIT_API int gait_recording_check(const struct gait_recording *recording, struct gait_error *err);

/* The frames of one trial, with all that was stored beside them. */
struct gait_recorded_frames;

/**
 * Begin to read a trial's frames.
 *
 * Owner    the recording must outlive it; gait_recorded_frames_free().
 * Returns  0; -EINVAL no such trial; -ENOMEM; negative errno with err.
 */
GAIT_API int gait_recorded_frames_new(struct gait_recording *recording, uint32_t trial,
                                      struct gait_recorded_frames **ret_frames, struct gait_error *err);
GAIT_API void gait_recorded_frames_free(struct gait_recorded_frames *frames);
GAIT_DEFINE_CLEANUP(struct gait_recorded_frames *, gait_recorded_frames_free)

/**
 * Read the next frame to the last bit: meta, numbers, calibration_version and raw of the slot (live is cleared).
 *
 * Owner    slot->raw: the caller's room for one raw frame.  *ret_frame: trial frame number.
 * Returns  1; 0 the end; negative errno with err.
 */
GAIT_API int gait_recorded_frames_next(struct gait_recorded_frames *frames, struct gait_slot *slot, uint64_t *ret_frame,
                                       struct gait_error *err);
GAIT_API int gait_recorded_frames_rewind(struct gait_recorded_frames *frames, struct gait_error *err);

/**
 * Play one trial of a recording as a frame source (format "journal" or "session").
 *
 * Owner    gait_source_free(); it opens the file itself.
 * Returns  0; -EINVAL no such trial; as gait_recording_open().
 */
GAIT_API int gait_recording_source(const char *path, uint32_t trial, struct gait_frame_source **ret_source,
                                   struct gait_error *err);

/**
 * Write one trial out as a journal again: for gaitd, which has no HDF5, to play. Records come back byte for byte; the UUID stays.
 *
 * Returns  0; -EEXIST; other negative errno with err.
 */
GAIT_API int gait_recording_to_journal(struct gait_recording *recording, uint32_t trial, const char *path,
                                       struct gait_error *err);

/* ---- repairing ------------------------------------------------------------------------------------------------------------- */

/* What of one trial of a damaged HDF5 file could be saved. */
struct gait_salvaged {
    char group[24];       /* "/trial-001" */
    bool pressure;        /* the file keeps pressure beside the counts */
    bool lost;            /* nothing: the trial is none of the recording's, `told` says why */
    uint64_t frames_lost; /* their counts cannot be read */
    bool numbers_lost;    /* the frames' own numbers are to be computed anew from the counts */
    bool columns_lost;    /* a column of frames, of which no metric is made, is 0 now: `told` says which */
    bool uuid_unproven;   /* texts of its group have changed, and that is one of them */
    bool footfalls_lost;  /* the records are not whole: footfalls are to be computed anew from the frames */
    char told[512]; /* what was put in the place of what, or set aside: "t_mat_ns is made from time"; "" nothing */
};

/* libhdf5 may die of what a file holds. Who saves it in a child process knows by `begin` what it was at, and has that passed over the next time. */
struct gait_salvage_options {
    void (*begin)(void *user,
                  const char *part); /* a group, "/trial-001", or "/": the texts at the root. NULL: nobody asks */
    void *user;
    const char (*skip)[24]; /* [n_skip] parts that are not looked at: lost */
    size_t n_skip;
};

/**
 * Open a trial or session file of which parts are damaged: what can be read and agrees with its checksum is kept, what can be told from another part of the
 * file is, what cannot is lost and said so. Tables and metrics are not looked at: sealing makes them anew. The file itself is only read.
 *
 * Owner    options may be NULL.
 * Returns  0, also when nothing is damaged; -EBADMSG nothing can be saved; as gait_recording_open().
 */
GAIT_API int gait_recording_salvage(const char *path, const struct gait_salvage_options *options,
                                    struct gait_recording **ret_recording, struct gait_error *err);

/** True when an HDF5 file can be opened and says which trials it has. */
GAIT_API bool gait_recording_lists_trials(const char *path);

/**
 * Give a copy of a trial or session file, whose first bytes or list of groups are gone, new ones: its trials' groups are looked for, and what is known of the
 * session (unproven). The copy is changed; an empty file is made beside it and goes again.
 *
 * Returns  0, then gait_recording_salvage() goes on; -EBADMSG there is no trial in it; negative errno.
 */
GAIT_API int gait_recording_find_trials(const char *copy, struct gait_error *err);

/** What became of the i-th trial group of a salvaged file, or NULL behind the last. Those that are not lost are the recording's trials, in this order. */
GAIT_API const struct gait_salvaged *gait_recording_salvaged(const struct gait_recording *recording, uint32_t i);

/** True when the texts at the root of an HDF5 file, session_json among them, agree with their checksum, or have none. */
GAIT_API bool gait_recording_texts_hold(const struct gait_recording *recording);

/**
 * Put numbers that were computed anew in the place of a salvaged trial's lost ones.
 *
 * Shape    numbers[frames of the trial].
 * Returns  0; -EINVAL no such trial.
 */
GAIT_API int gait_recording_set_numbers(struct gait_recording *recording, uint32_t trial,
                                        const struct gait_frame_numbers *numbers);

/** Set a field of a trial's header, which goes with it into whatever is written of it. Returns 0; -EINVAL no such trial; -ENOMEM. */
GAIT_API int gait_recording_set_field(struct gait_recording *recording, uint32_t trial, const char *key,
                                      const char *value);

#endif
