/* The protocol of the open session, as main drives it: what is next, what is forbidden, how good the steps are, who may know what. All main thread. */
#ifndef GAITD_STUDY_H
#define GAITD_STUDY_H

#include "daemon.h"
#include "protocol/plan.h"

enum { STUDY_NAME_MAX = 32 };

/* Passes and times of the open session, for the pure functions of protocol/plan.h. */
struct study_view {
    const struct protocol *protocol;
    struct plan_pass *pass;
    uint32_t *run; /* [n] run of each pass */
    size_t n;
    struct plan_now now;
};

/** Returns 0; -ENOENT no session or no protocol; -ENOMEM. Owner: study_view_done(). */
int study_view_make(const struct daemon *d, struct study_view *ret_view);
void study_view_done(struct study_view *view);

/* study_open.c */
/**
 * Take a protocol into a session that was made a moment ago: judged, drawn, kept whole.
 *
 * Returns  true; false and an answered call.
 */
bool study_open(struct daemon *d, struct call *call);

/* study_start.c */
/** Which pass a start is, and whether it may be walked. Returns true; false and an answered call. */
bool study_may_start(struct daemon *d, struct call *call);
/** What it was, into the trial's header and state, and its row. */
void study_mark_header(struct daemon *d, struct trial *trial);
void study_mark_row(struct daemon *d, json_t *row);
/** "pre1, barefoot: pass 3 of 10, left foot" */
void study_say(const struct daemon *d, const struct plan_next *next, char ret_text[200]);

/* study_status.c */
/** The session as anybody may see it: without steps, with next, quality and treatment, names hidden while blind. NULL session: null. */
json_t *study_session(struct daemon *d);

/* study_steps.c */
/** Numbers of the cell rows, windows and the balance of left and right: status member `quality`. */
json_t *study_quality(const struct daemon *d, const struct study_view *view, const struct plan_next *next);
/** Footfalls of trials that were cut off, from their journals. */
void study_recover_steps(struct daemon *d, const json_t *row);

/* blind.c */
bool study_is_blind(const struct session *session);
/** A timepoint as operators may see it: its name, or t1, t2, ... while blind. */
const char *study_shown(const struct session *session, const char *timepoint, char buffer[STUDY_NAME_MAX + 1]);
/** The real name of what an operator wrote. */
const char *study_meant(const struct session *session, const char *shown);
/** Hide what may not be seen in a row of a trial that goes out. */
json_t *study_hide_row(const struct session *session, json_t *row);
/** Tell the publisher whether footfalls' numbers may go out. */
void study_tell_blind(struct daemon *d);

/* treatment.c */
void treatment_start(struct daemon *d, struct call *call);
void treatment_stop(struct daemon *d, struct call *call);
void treatment_show(struct daemon *d, struct call *call);
/** Last treatment of a session; NULL none. Borrowed. */
json_t *treatment_last(const struct session *session);
/** Seconds since it ended; NaN while it runs or when there is none. */
double treatment_since_s(const struct daemon *d, const struct session *session);
/** Status member `treatment`. */
json_t *treatment_object(const struct daemon *d);

/* session_end.c */
void session_lock(struct daemon *d, struct call *call);
void session_unblind(struct daemon *d, struct call *call);
void session_purge(struct daemon *d, struct call *call);
/** Freeze a session: names and numbers may be seen, arms get their letter. */
void study_lock(struct daemon *d, const char *who, bool closing);
/** Take back a lock that came with a close that failed. */
void study_unlock(struct daemon *d);
/** True when nothing may be changed any more; the call is answered. */
bool study_is_locked(struct daemon *d, struct call *call);

#endif
