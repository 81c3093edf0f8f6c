/* What main knows. Everything here belongs to the main thread unless a member says otherwise; docs/THREADS.md has the picture. */
#ifndef GAITD_DAEMON_H
#define GAITD_DAEMON_H

#include <jansson.h>

#include <gait/log.h>

#include "access.h"
#include "calibrating.h"
#include "config.h"
#include "control.h"
#include "device.h"
#include "lane.h"
#include "logging.h"
#include "news.h"
#include "peers.h"
#include "pipeline_thread.h"
#include "publisher.h"
#include "recorder.h"
#include "sealer.h"
#include "session.h"
#include "tcp.h"

enum mat_state {
    MAT_WAITING = 0, /* nothing is there to read from */
    MAT_IDLE,        /* held source, or streaming */
    MAT_OPENING,     /* start: the device thread opens another source */
    MAT_ARMING,      /* start: the recorder makes the journal */
    MAT_ARMED,       /* start: waits for the other mats */
    MAT_BEGINNING,   /* start: the first frame is on its way */
    MAT_RECORDING,
    MAT_STOPPING,
    MAT_ABORTING,
    MAT_FAILED,
};

struct mat {
    const struct mat_config *config;
    unsigned index;
    bool away; /* the device thread is changing its lane: nobody here looks at it */
    enum mat_state state;
    char text[256];
    struct source_config source;     /* in force */
    struct mat_transport *transport; /* the device thread's; status() from main */
    bool holdable;                   /* a source that waits for trial start */
    struct trial *trial;             /* running, or NULL */
    char journal_uuid[GAIT_UUID_TEXT + 1];
    bool tell_stopped; /* its end was asked for by a call in stop_calls */
    json_t *ended;     /* the row of its last trial for the answer to trial stop */
    struct news
        *over; /* its trial is over while the start still waits for other mats: told after the answer; or NULL */
    char last_source[SOURCE_TEXT_MAX];
    struct calibrating calibrating;
    char *truth; /* what a walker's frames should measure, for the journal's header; or NULL */
};

/* One `trial start` at work; NULL call: none. */
struct starting {
    struct call *call;
    uint32_t run, first_trial;
    bool begun;           /* journals stand, frames are waited for */
    uint64_t deadline_ns; /* 0: not running yet */
    unsigned mats[CONFIG_MATS_MAX], n;
    char condition[GAIT_ID_MAX + 1], timepoint[GAIT_ID_MAX + 1], override[256];
    double since_treatment_s; /* NaN: there was none */
    unsigned pass, of;        /* under a protocol */
    int foot;                 /* the one that is asked for: 0, enum protocol_foot */
    bool extra, late;
    bool failed;
    char code[32];
    char message[GAIT_ERROR_TEXT_MAX];
};

/* A call that waits for letters with its ticket. */
struct waiting {
    struct call *call; /* NULL: free */
    uint64_t ticket;
    unsigned left; /* letters still to come */
    json_t *result;
    struct mat *mat; /* with lane: whose frames are waited for */
    const struct lane *lane;
    struct calibrate_ask ask; /* of a calibrate */
};

enum { WAITING_MAX = 32 };
enum { AT_STREAM = 0, AT_QUERY, AT_CONTROL, AT_SOCKETS };

struct daemon {
    struct config config;
    char run_dir[CONFIG_PATH_MAX];
    const struct gait_clock *clock;
    struct gait_log log;
    char instance[GAIT_INSTANCE_MAX + 1];
    char boot_id[GAIT_UUID_TEXT + 1];
    uint64_t started_ns;
    bool quitting;
    int lock_fd, data_fd, second_fd; /* locks: the run folder, where sessions go; -1 none */
    void *zmq;
    struct lanes lanes;
    struct mat mat[CONFIG_MATS_MAX];
    unsigned n_mats;
    struct mailbox news;
    struct pipeline_thread pipeline;
    struct recorder recorder;
    struct publisher publisher;
    struct device device;
    struct control control;
    struct tcp tcp;
    struct peers peers[AT_SOCKETS];
    int epoll;
    bool audit_failed;
    /* the configuration once more, as it was read at the start; 0, or the exit status, told */
    int (*read_config)(void *user, struct config *config);
    void *read_config_user;
    struct session *session; /* NULL: none open */
    struct sealer sealer;
    struct starting starting;
    struct call *stop_call[CONFIG_MATS_MAX];
    unsigned n_stop_calls;
    struct call *close_call;
    char not_sealed[500]; /* of close_call: why a trial of the session could not be sealed; "" */
    json_t *unlisted;     /* of close_call: trial files that session.json does not know */
    struct waiting waiting[WAITING_MAX];
    uint64_t last_ticket;
    uint64_t status_due_ns, last_turns;
    char known[CONFIG_MATS_MAX][GAIT_ID_MAX + 1];
    char output[CONFIG_PATH_MAX]; /* where the last trial went, or the next one will */
    char output_text[256];
};

/* mat.c: states of mats */
/** The word of docs/CONTROL.md. */
const char *mat_state_name(const struct mat *mat);
/** Mat of an id; NULL and an answered call when there is none or none was named among several. */
struct mat *mat_pick(struct daemon *d, struct call *call, const char *id);
static inline struct lane *mat_lane(struct daemon *d, const struct mat *mat)
{
    return mat->away ? NULL : lanes_get(&d->lanes, mat->index);
}
bool mat_is_busy(const struct mat *mat);
void mat_order(struct daemon *d, struct mat *mat, const struct order *order);
void mat_source_events(struct daemon *d, struct mat *mat);
void mat_event(struct daemon *d, struct mat *mat, uint64_t frame, uint64_t t_ns, json_t *body);

/* trial.c: start, stop, discard */
void trial_start(struct daemon *d, struct call *call);
void trial_stop(struct daemon *d, struct call *call);
void trial_discard(struct daemon *d, struct call *call);
/** End the trial of a mat; why stands in the file. wait: for feet that are down. */
void trial_end(struct daemon *d, struct mat *mat, const char *why, bool wait);
/** gaitd stops: what runs is ended, what is being started is given up. */
void trial_end_all(struct daemon *d);
/** What a thread said about a trial. */
void trial_news(struct daemon *d, const struct news *news);
/** Give up a start that takes too long. */
void trial_tick(struct daemon *d);
bool trial_any(const struct daemon *d);
json_t *trial_row(const struct mat *mat, const struct trial *trial);

/* acts.c: mark, set-side, invalid, tare */
void act_mark(struct daemon *d, struct call *call);
void act_set_side(struct daemon *d, struct call *call);
void act_invalid(struct daemon *d, struct call *call);
void act_tare(struct daemon *d, struct call *call);
struct waiting *act_wait(struct daemon *d, struct call *call, unsigned letters);
struct waiting *act_waiting(struct daemon *d, uint64_t ticket);
/** A mat that frames can be taken from between trials; NULL and an answered call when it is none. */
struct mat *act_free_mat(struct daemon *d, struct call *call, const char *id);
/** The answer depends on frames of this lane. */
void act_wait_for_lane(struct waiting *w, struct mat *mat, const struct lane *lane);
void act_tick(struct daemon *d);
/** The error code of docs/CONTROL.md for how collecting frames ended. */
const char *act_tare_code(int code);
void act_news(struct daemon *d, struct news *news);
/** What was done, for people; buffer is for a text that nobody typed. */
const char *act_text(const struct gait_action *action, char buffer[64]);

/* correct.c */
/** A footfall of a trial that has ended (mat, trial: NULL, 0 the newest). Answers the call. */
void correct_late(struct daemon *d, struct call *call, const char *mat, uint32_t trial,
                  const struct gait_action *action);

/* status.c */
json_t *status_object(struct daemon *d);
json_t *snapshot_object(struct daemon *d, const char *mat);
/** Minutes that can still be recorded into a folder (or the nearest one above it that exists); NaN unknown; *ret_free_MiB, *ret_writable. */
double disk_minutes(struct daemon *d, const char *path, double *ret_free_MiB, bool *ret_writable);

/** Bytes that must be left for the present rate, beside what sealing needs, or trials that run end. */
double disk_stop_bytes(struct daemon *d);

/* prometheus.c */
/** The status as a page of Prometheus' text format; free(). NULL: no memory. */
char *prometheus_page(struct daemon *d);

/* reload.c */
/** Read the configuration again: {changed: [...], refused: [{key, why}]}; NULL with err: nothing is changed. */
json_t *reload_config(struct daemon *d, struct gait_error *err);

/* verbs.c */
/** True for a verb that only looks. */
bool verbs_only_look(const char *verb);
void verbs_dispatch(struct daemon *d, struct call *call, bool query_only);

/* sealing.c: what to make files of, and what becomes of it */
/** A journal of a trial, complete: of a trial that goes on in another one too. */
void sealing_trial(struct daemon *d, const struct trial *trial, const char *journal);
void sealing_start(struct daemon *d); /* journals left by a crash */
void sealing_done(struct daemon *d, const struct seal_job *job, int status, const char *text);
/** Trials in the folders of the open session (second: on the second path, "" none) that session.json does not tell of are put there. True: it was changed. */
bool sealing_find(struct daemon *d, const char *second);
void sealing_close(struct daemon *d, struct call *call);

#endif
