/*
 * One trial out of any file that can be analysed: the frames with everything known of them, and the state and the actions that its numbers depend on.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <gait/error.h>
#include <gait/frame_source.h>
#include <gait/session.h>

struct recording {
    char format[32];                          /* "journal", "trial", "session", "emed-lst", ... */
    const struct gait_journal_header *header; /* who, where, when: empty for a vendor's file */
    struct gait_trial_state state;            /* a copy: options may change it */
    const struct gait_action *action;         /* [n_actions] by frame */
    size_t n_actions;
    struct gait_footfall *const *footfall; /* [n_footfalls] as recorded, and corrected; a vendor's file holds none */
    size_t n_footfalls;
    struct gait_action *said; /* [n_said] action, and what was said after the trial had ended */
    uint32_t n_said;
    struct gait_footfall *corrected, **list; /* what footfall points to */
    uint64_t frames;
    uint64_t frame;  /* trial frame number that next() gave last */
    uint32_t number; /* of the trial in the file, from 0 */
    bool ended;      /* the trial came to its end; false: it was cut off */
    bool discarded;  /* the operator said that the trial does not count */
    char side[8];    /* what a vendor's file says */
    uint64_t totals; /* frames whose cells sum to the total that the vendor wrote beside them */
    bool vendor;
    bool insole;                      /* sensors of an insole, laid on cells */
    struct json_t *session;           /* session.json, or NULL */
    struct gait_frame_source *source; /* a vendor's file */
    struct gait_recording *file;      /* or one of ours */
    struct gait_recorded_frames *stored;
};

/**
 * Open a file and stand at its first trial. What the file is, its content says. Where a vendor wrote a total beside a frame, its cells must sum to it.
 *
 * Owner    the caller: recording_free().
 * Returns  0; negative errno, err says what and where.
 */
int recording_open(const char *path, struct recording **ret_recording, struct gait_error *err);

/** Open one foot of a pedar text with a layout of its insole; forces are taken from the .fgt beside it, if there is one. Returns as above; -ENODATA it has no such foot. */
int recording_open_insole(const char *path, const char *layout, bool right, struct recording **ret_recording,
                          struct gait_error *err);
void recording_free(struct recording *recording);

/** The same of an open file, whose owner it becomes whatever happens. */
int recording_of(const char *path, struct gait_recording *file, struct recording **ret_recording,
                 struct gait_error *err);

/** How many trials the file holds, at least 1. */
uint32_t recording_trials(const struct recording *recording);

/** Stand at trial i, from 0: members and frames are its own from here on. Returns 0; negative errno, err says what. */
int recording_go(struct recording *recording, uint32_t i, struct gait_error *err);

/** Of a trial recorded in several parts (a limit in time, a disk that filled) which one this is, from 2; 0: the first or only one. */
uint32_t recording_part(const struct recording *recording);

/** What of a trial's journal could not be read, or is not there though its end counts it: "2 records damaged (1 footfall)"; "" nothing. */
enum { RECORDING_DAMAGE_MAX = 512 };
const char *recording_damage(const struct gait_recorded_trial *trial, char ret_text[RECORDING_DAMAGE_MAX]);
bool recording_is_damaged(const struct gait_recorded_trial *trial);

/** Say on stderr which trials of a file are damaged: what is computed of them may lack something. */
void recording_warn(const struct recording *recording, const char *path);

/** The next frame: meta and slot->raw, which has room for a frame of state.geometry. Returns 1; 0 at the end; negative errno. */
int recording_next(struct recording *recording, struct gait_slot *slot, struct gait_error *err);

/** True when the file begins as an HDF5 file does, is named as a journal or holds a record of one. Returns 1, 0, or negative errno: it cannot be read, or is named as a session file and is none. */
int recording_is_ours(const char *path, struct gait_error *err);

#endif
