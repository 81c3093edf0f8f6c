/* Makes session files by running `gait` as a child, one at a time, retried: this process links no HDF5 and shares nothing with it but files. */
#ifndef GAITD_SEALER_H
#define GAITD_SEALER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"

enum seal_kind { SEAL_TRIAL = 1, SEAL_CLOSE = 2 };

struct seal_job {
    struct seal_job *next;
    enum seal_kind kind;
    char path[CONFIG_PATH_MAX]; /* a journal; the session's folder */
    char also[CONFIG_PATH_MAX]; /* close: the other folder of this session; "" none */
    char session[GAIT_ID_MAX + 1], mat[GAIT_ID_MAX + 1];
    uint32_t trial; /* 0: not known */
    unsigned tries;
    bool waited_for; /* somebody waits for the answer: one more try, a second later */
    bool told;       /* it was told as failed, and is tried on for ever: nobody waits for it */
    uint64_t due_ns;
    bool lacked_room;  /* the last try found the disk full */
    double free_bytes; /* what was free then */
};

struct sealer {
    struct seal_job *jobs; /* waiting, oldest first */
    struct seal_job *now;  /* running */
    pid_t pid;
    int output; /* -1: none */
    uint64_t kill_ns;
    char text[3 * CONFIG_PATH_MAX + 400]; /* last line of the child: JSON, two paths in it */
    char trouble[500];                    /* last failure that is not mended, for status */
    char trouble_path[CONFIG_PATH_MAX], trouble_session[GAIT_ID_MAX + 1]; /* of its job */
    uint64_t done, failed;
    uint64_t room_due_ns; /* when to look again whether a full disk has room */
    double timeout_s;
    bool pressure;
};

/** Queue a job (copied). Thread: main. */
void sealer_add(struct sealer *s, const struct seal_job *job);
/** Whether a journal is being sealed or waits for it; then it is due now, and somebody waits for it: a failure is told, once more. */
bool sealer_hurry(struct sealer *s, const char *journal);
unsigned sealer_waiting(const struct sealer *s);
/** Drop what waits for a session that is purged. Returns 1 when a child is at work on it: nothing is dropped then. */
int sealer_forget(struct sealer *s, const char *session);
/** Start what is due, kill what takes too long. */
void sealer_tick(struct sealer *s, uint64_t now_ns);
/**
 * A child has ended.
 *
 * Owner    *ret_job is the caller's: free(), when it is set: the job is over, or failed so often that it has to be told. Retries are queued here, with pauses that grow to a minute.
 * Returns  exit status of that job; -1 when it was killed; -EAGAIN none is over.
 */
int sealer_reap(struct sealer *s, pid_t pid, int status, uint64_t now_ns, struct seal_job **ret_job);
void sealer_done(struct sealer *s);

#endif
