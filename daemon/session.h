/* The open session: session.json in its folder, written anew beside and renamed at every change, so that it survives whatever happens. */
#ifndef GAITD_SESSION_H
#define GAITD_SESSION_H

#include <jansson.h>
#include <stdbool.h>

#include <gait/clock.h>
#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/frame.h>
#include <gait/trial_state.h>

#include "config.h"

struct session {
    char id[GAIT_ID_MAX + 1];
    char folder[CONFIG_PATH_MAX];
    json_t *state;             /* what session.json holds: docs/CONTROL.md, "session" */
    struct protocol *protocol; /* from state.protocol.text; NULL none */
};

/* What is kept of a footfall: for the axis of later trials, and to say how good a visit is. */
struct session_step {
    uint32_t footfall;
    uint8_t side; /* enum gait_side */
    bool valid, partial, merged;
    double toe_out_deg, length_mm;
    double stance_s, ic_s, to_s;     /* ic_s, to_s: mat time; to_s NaN: no foot */
    double x_mm, y_mm, way_x, way_y; /* heel; direction of walking */
};

/**
 * Make a new session under a folder that is there, with a folder of its own whose name nothing had before. name: the template (session_name.h); args: of `session
 * open`, with a subject.
 *
 * Owner    session_free().
 * Returns  0; -EINVAL args do not give a name; other negative errno; err says what.
 */
int session_new(const char *root, const char *name, const json_t *args, uint64_t realtime_ns,
                struct session **ret_session, struct gait_error *err);

/** The session under a folder that is not closed, the newest if several. Returns 1 and *ret_session; 0 none; negative errno with err: unreadable. */
int session_resume(const char *root, struct session **ret_session, struct gait_error *err);
struct session *session_free(struct session *session);

/** Take a session back that was made a moment ago and holds nothing. */
void session_remove(const struct session *session);

/** Write session.json; it is there whole, or as it was. Returns 0; negative errno with err. */
int session_save(const struct session *session, struct gait_error *err);

/** What a command is about to change, as it stands. New: to session_keep(), or json_decref(). */
json_t *session_before(const struct session *session);

/**
 * Save what a command changed; when that fails the change is taken back, so that what was refused is nowhere: what was borrowed of state is gone then. Takes before over.
 *
 * Returns  as session_save().
 */
int session_keep(struct session *session, json_t *before, struct gait_error *err);

/**
 * Take the changes of `session open` or `session set`: known members and fields; null clears. All or nothing.
 *
 * Returns  NULL well; else which argument is wrong and why (static or in ret_message).
 */
const char *session_change(struct session *session, const json_t *args, char ret_message[200]);

/**
 * Whether everything asked for stands in the session as it was asked for (`session open` once more).
 *
 * Returns  true; false and in ret_message what stands there and what was asked.
 */
bool session_agrees(const struct session *session, const json_t *args, char ret_message[200]);

/** Next number of a trial, or of a run; from 1. */
uint32_t session_next(struct session *session, const char *counter);

/** Row of a trial in state.trials, or NULL. Borrowed. */
json_t *session_trial(const struct session *session, uint32_t trial);

/** Number of the newest trial, of a mat when one is named; 0: none. */
uint32_t session_newest(const struct session *session, const char *mat);

/** The subject's numbers for the state of a trial; NaN where unknown. */
void session_subject(const struct session *session, struct gait_subject *ret_subject);
/** What earlier trials know of each foot: medians over their valid full steps. */
void session_axis(const struct session *session, struct gait_session_axis *ret_axis);
void session_step_of(const struct gait_footfall *footfall, struct session_step *ret_step);
/** Remember a step; at_s: when, since the session was opened. */
void session_add_step(struct session *session, uint32_t trial, const struct session_step *step, double at_s);
/** What an operator said of a step that is there: side 0 leaves it, invalid. Returns false: there is no such step. */
bool session_correct_step(struct session *session, uint32_t trial, uint32_t footfall, enum gait_side side,
                          bool invalid);
/** Those of a trial from a footfall on; 0: all. */
void session_forget_steps(struct session *session, uint32_t trial, uint32_t from);

/** State of a session that is not open, by its id; NULL none, or unreadable (err). Owner: json_decref(). */
json_t *session_read(const char *root, const char *id, struct gait_error *err);
/** The same as a session. Owner: session_free(). */
struct session *session_find(const char *root, const char *id, struct gait_error *err);

/* session_files.c: session.json against what lies in its folder. second: this session's folder on the second path, "" none. */
/** Name of a file of a trial that is in neither folder, as journal or as trial file; NULL: all are there. Borrowed from row. */
const char *session_missing(const struct session *session, const char *second, json_t *row);
/** Names of trial files in the folders that no trial of session.json has. New. */
json_t *session_unlisted(const struct session *session, const char *second);

/** All sessions under a folder, oldest first, as `session list` tells them. NULL: no memory. */
json_t *session_list(const char *root);

/** ISO 8601 UTC with seconds. */
void utc_text(uint64_t realtime_ns, char ret[32]);

#endif
