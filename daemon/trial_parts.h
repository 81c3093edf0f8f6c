/* What the parts of trial*.c need of each other. All main thread. */
#ifndef GAITD_TRIAL_PARTS_H
#define GAITD_TRIAL_PARTS_H

#include "daemon.h"

/* trial.c */
void trial_publish(struct daemon *d, struct mat *mat, const char *state, const char *why);
void trial_save_session(struct daemon *d);
/** A free field of a journal's header; a key that no header takes is left out. No header lacks one for want of memory. */
void trial_say(struct trial *trial, const char *key, const char *value);

/* trial_start.c */
struct mat *trial_starting(struct daemon *d, unsigned i);
/** Sources stand open: the recorder is asked for journals, and the second runs. */
void trial_arm_all(struct daemon *d);
void trial_fail_start(struct daemon *d, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Answer a failed start when every mat has gone back. */
void trial_finish_failed(struct daemon *d);
void trial_on_source(struct daemon *d, struct mat *mat, const struct news *news);
void trial_on_armed(struct daemon *d, struct mat *mat, const struct news *news);
void trial_on_first(struct daemon *d, struct mat *mat);
void trial_on_aborted(struct daemon *d, struct mat *mat, const struct news *news);
/** It ended before its first frame was appended, or while it was being given up: a trial that never was. */
void trial_on_done_early(struct daemon *d, struct mat *mat);

/* trial_stop.c */
/** Answer those who asked for a stop when nothing of it is left to do. */
void trial_answer_stopped(struct daemon *d);
/** Its journal is complete. While the start that made it is unanswered the news waits in mat->over. */
void trial_on_done(struct daemon *d, struct mat *mat, const struct news *news);
void trial_on_held(struct daemon *d, struct mat *mat);
void trial_on_moved(struct daemon *d, struct mat *mat, const struct news *news);

#endif
