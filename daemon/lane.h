/*
 * The way of one mat's frames: ring, pipeline and the queues between the threads that walk along it. Made and freed by the device thread; the threads see it through
 * the table `lanes`. docs/THREADS.md says who owns what.
 */
#ifndef GAITD_LANE_H
#define GAITD_LANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <gait/calibrate.h>
#include <gait/pipeline.h>
#include <gait/stream.h>
#include <gait/tare.h>

#include "spsc.h"
#include "stage_times.h"
#include "trial.h"

enum { LANES_MAX = CONFIG_MATS_MAX, THREADS_WATCHED = 4 };

/* main -> pipeline */
enum order_kind {
    ORDER_BEGIN = 1, /* trial: go back to the pre-trigger and start */
    ORDER_STOP,      /* at: last frame is the one before; wait for open feet when wait */
    ORDER_ABORT,     /* the trial never was */
    ORDER_ACT,       /* action, ticket */
    ORDER_IDLE,      /* state: measure in it from now on (after a tare) */
};

struct order {
    enum order_kind kind;
    bool wait;
    uint64_t at;
    uint64_t deadline_ns;
    uint64_t ticket;
    struct trial *trial;
    const struct gait_trial_state *state;
    struct gait_action action;
};

/* pipeline -> recorder; each is due when all frames below `index` have been dealt with */
enum work_kind {
    WORK_BEGIN = 1,
    WORK_FOOTFALL,
    WORK_ACTION,
    WORK_END,
    WORK_ABORT,
    WORK_FLOOR, /* frames below index are no pre-trigger for anybody */
};

struct work {
    enum work_kind kind;
    int code;
    uint64_t index;
    uint64_t ticket;
    struct trial *trial;             /* NULL: idle */
    uint32_t lost_device, lost_ring; /* WORK_END: behind the last frame */
    struct gait_footfall *footfall;
    struct gait_action action;
};

/* A state between trials with its calibration, which slots may still name; kept as long as the lane. */
struct idle_link {
    struct gait_trial_state state;
    struct idle_link *older;
};

/* What the pipeline counted since it started afresh (a trial, or the time between two); whoever reads may be a turn behind. */
struct pipeline_told {
    _Atomic uint64_t frames, footfalls, footfalls_dropped, arena_full, rejected_contacts;
};

struct pipeline_lane {
    struct trial *trial;                 /* NULL: idle */
    const struct gait_trial_state *idle; /* state between trials */
    struct order begin, stop;            /* pending; kind 0: none */
    uint32_t connection;
    bool seen_frame;
    uint64_t work_full, work_full_noted; /* pushes that the work queue had no room for */
};

enum recorder_mode { RECORDER_IDLE = 0, RECORDER_ARMED, RECORDER_RECORDING, RECORDER_LOSING };

struct recorder_lane {
    enum recorder_mode mode;
    struct trial *trial;
    bool told_first;
    unsigned folder;                            /* index into trial->folder */
    uint64_t journal_base;                      /* ring index of the open journal's first frame */
    uint64_t journal_frames, journal_footfalls; /* in the open journal */
    uint64_t journal_since_ns, clock_due_ns, room_due_ns;
    bool told_low;                                /* the disk is low, and main knows */
    char error[GAIT_ERROR_TEXT_MAX];              /* why it is losing */
    struct gait_journal *aside;                   /* losing: takes no more frames; its end is not written yet */
    uint64_t told_device, told_ring;              /* of the trial's losses: what stands in its journals */
    struct kept_record *kept;                     /* records that no sync covers, oldest first (recorder_kept.c) */
    struct gait_tare *tare;                       /* running, or NULL */
    bool tare_empty;                              /* whoever asked knows that nobody stands there */
    struct collect *collect;                      /* or this one: what a loaded mat shows */
    uint64_t tare_next, tare_ticket, tare_due_ns; /* due: with no frame until then it ends */
    /* shared with the syncer, under lock */
    pthread_mutex_t lock;
    pthread_cond_t quiet;
    struct gait_journal *journal;
    uint64_t sync_base;
    bool syncing;
};

enum { SNAPSHOT_FOOTFALLS = 16 };

struct topic_state {
    _Atomic uint64_t seq;
    uint64_t gap_device, gap_ring, skipped; /* since the last message */
    bool wanted[2];                         /* plain, json/ */
};

/* A picture that was made before the pipeline was through with its frame. */
struct early_picture {
    float *kPa; /* NULL: none */
    uint64_t index;
    uint32_t version; /* of the calibration it was made with */
};

struct publisher_lane {
    struct topic_state topic[GAIT_TOPIC_COUNT];
    struct gait_calibrator *calibrator;
    struct early_picture early;
    uint64_t lost_device, lost_ring; /* of the ring, up to the last frame that was looked at */
    bool known;                      /* its subscriptions have been looked at */
    pthread_mutex_t lock;            /* of the footfalls below: main reads them for a snapshot */
    char *footfall[SNAPSHOT_FOOTFALLS];
    unsigned footfalls;
};

struct lane {
    char id[GAIT_ID_MAX + 1];
    struct gait_geometry geometry;
    struct gait_ring *ring;
    struct gait_pipeline *pipeline;
    double pre_trigger_s;
    bool unpaced;         /* the source waits for us: every frame is published */
    _Atomic bool hurried; /* somebody sees the frames: the publisher is woken with the pipeline */
    struct spsc orders, work;
    struct spsc events;             /* struct mat_event: source -> main */
    struct idle_link *_Atomic idle; /* newest first */
    struct pipeline_lane pipe;
    struct pipeline_told told;
    struct recorder_lane rec;
    struct publisher_lane pub;
    struct stage_times *pipeline_times, *append_times, *sync_times, *publish_times; /* the daemon's */
};

/* All lanes, and how a retired one is known to be out of use: each watched thread copies `epoch` to its `seen` at the top of its loop. */
struct lanes {
    struct lane *_Atomic lane[LANES_MAX];
    _Atomic uint64_t epoch;
    _Atomic uint64_t seen[THREADS_WATCHED];
    int wake_fd[THREADS_WATCHED];
    _Atomic bool stopped[THREADS_WATCHED];
    struct stage_times pipeline, append, sync, publish;
};

enum watched { WATCH_PIPELINE = 0, WATCH_RECORDER, WATCH_SYNCER, WATCH_PUBLISHER };

/**
 * Take everything a lane needs; it begins idle with a copy of the given state.
 *
 * Thread   device, or init.
 * Returns  0; negative errno with err.
 */
int lane_new(const char *id, const struct gait_geometry *geometry, const struct config *config, double memory_MiB,
             const struct gait_trial_state *idle, struct lanes *lanes, struct lane **ret_lane, struct gait_error *err);
struct lane *lane_free(struct lane *lane);

/** Keep a copy of a state between trials, the newest from now on. Thread: main. Returns 0; -ENOMEM; -EINVAL. */
int lane_add_idle(struct lane *lane, const struct gait_trial_state *state);
/** The newest state between trials. Thread: any. */
static inline const struct gait_trial_state *lane_idle(const struct lane *lane)
{
    return &atomic_load_explicit(&lane->idle, memory_order_acquire)->state;
}
/** The state between trials whose calibration has that version, or NULL. Thread: any. */
const struct gait_trial_state *lane_state(const struct lane *lane, uint32_t version);

/** Top of a watched thread's loop. */
static inline void lanes_seen(struct lanes *lanes, enum watched who)
{
    atomic_store(&lanes->seen[who], atomic_load(&lanes->epoch));
}
static inline struct lane *lanes_get(struct lanes *lanes, unsigned i)
{
    return atomic_load_explicit(&lanes->lane[i], memory_order_acquire);
}
/** Take a lane out of the table and wait until no thread looks at it. Thread: device. */
void lanes_retire(struct lanes *lanes, unsigned i);

#endif
