/* Appends trials to their journals, lossless; one thread for all mats. Between trials it only trails behind by the pre-trigger. */
#ifndef GAITD_RECORDER_H
#define GAITD_RECORDER_H

#include <gait/clock.h>

#include "lane.h"
#include "mailbox.h"
#include "news.h"
#include "publisher.h"

enum recorder_order { RECORD_ARM = 1, RECORD_DISARM, RECORD_TARE };

struct recorder_letter {
    struct letter letter;
    enum recorder_order order;
    unsigned mat;
    struct trial *trial;
    uint32_t frames; /* tare */
    bool loaded;     /* collect what a loaded mat shows, for a calibration */
    bool empty;      /* tare: whoever asks knows that nobody stands there */
    double p_on_kPa;
    uint64_t ticket;
};

struct recorder {
    struct lanes *lanes;
    const struct gait_clock *clock;
    struct mailbox box;
    struct mailbox *main;
    struct publisher *publisher;
    char boot_id[GAIT_UUID_TEXT + 1];
    _Atomic bool stop;
    pthread_t thread;
    /* the syncer's */
    pthread_mutex_t sync_lock;
    pthread_cond_t sync_wake;
    bool sync_kicked;
    pthread_t sync_thread;
};

void *recorder_thread(void *self);
/** fdatasync of every open journal, each second and when kicked; what it covers is freed in the ring. */
void *syncer_thread(void *self);
/** Sync now, not in up to a second. Thread: any that may lock. */
void recorder_kick_syncer(struct recorder *recorder);

/* recorder_journal.c: the files of one trial. All recorder thread. */
int recorder_arm(struct recorder *self, struct lane *lane, struct gait_error *err);
/** Append one frame, moving to another journal when this one is full, broken or old. After a failure that cannot be mended mode is RECORDER_LOSING. */
void recorder_append(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_slot *slot);
/** Look now and then whether the disk has room for a while and for the trial's file: before it has not, go on in the other folder, or tell main. */
void recorder_mind_room(struct recorder *self, unsigned mat, struct lane *lane);
/** The end record, the last sync, the file closed. Returns 0 or negative errno with err. */
int recorder_close(struct recorder *self, unsigned mat, struct lane *lane, struct gait_error *err);
/** As if it never was: file removed. */
void recorder_drop(struct lane *lane);

/* recorder_left.c: a journal that takes no more frames. All recorder thread. */
struct recorder_left {
    struct gait_journal *journal; /* whole, and out of the syncer's sight; NULL: it is closed, nothing can be added */
    char path[CONFIG_PATH_MAX];   /* "" when it was removed and could not be rescued */
    uint64_t first, upto;         /* ring indices: its first frame, behind the last one that is safe */
};
/** Sync and take away the open journal. After a bad sync it is taken back to what the last good one covered; the rest can be written again elsewhere. */
void recorder_leave(struct lane *lane, struct recorder_left *ret);
/** Leave the open journal, if there is one, for recorder_close_aside(); what is in no file after that is counted as lost, and what is lost so far stands in it. */
void recorder_put_aside(struct recorder *self, struct lane *lane);
/** The end of a trial that is being lost: the journal that was put aside says how much is missing, and is closed. A full disk has room for that: the reserve. */
void recorder_close_aside(struct recorder *self, struct lane *lane);
/** The end record, the last sync, the journal closed and freed. Returns 0 or negative errno. */
int recorder_write_end(struct recorder *self, struct lane *lane, struct gait_journal *journal, uint64_t frames,
                       const char *why, const char *text);
/** Frames that were appended, and are on no disk after all. */
void recorder_count_lost(struct trial *trial, uint64_t frames);
/** The same of ring indices from <= i < upto, with the gaps that those told of. */
void recorder_untell(struct lane *lane, uint64_t from, uint64_t upto);

/* recorder_kept.c: footfalls and actions until a sync covers them. All recorder thread. */
/** Append a record to the open journal and keep it; pack is taken over. index: the ring index it stands before. */
void recorder_keep(struct recorder_lane *rec, enum gait_record_type type, uint64_t index, struct gait_pack *pack);
/** Append those of from <= index < upto to another journal. Returns 0 or negative errno. */
int recorder_kept_rewrite(struct recorder_lane *rec, struct gait_journal *journal, uint64_t from, uint64_t upto);
/** The journal they were appended to is left, and this much of it is safe. */
void recorder_kept_safe(struct recorder_lane *rec, const struct gait_journal_mark *safe);
/** One of them is in no journal. */
bool recorder_kept_unwritten(const struct recorder_lane *rec);
/** How many of them are footfalls that some journal took. */
uint64_t recorder_kept_footfalls(const struct recorder_lane *rec);
/** Forget all; a footfall that is in no journal is counted as dropped. */
void recorder_kept_done(struct recorder_lane *rec);

/* recorder_tare.c: offsets from frames between trials. */
void recorder_tare_begin(struct recorder *self, const struct recorder_letter *letter, struct lane *lane);
void recorder_tare_run(struct recorder *self, unsigned mat, struct lane *lane);
/** A trial begins: what was running is answered with -ECANCELED. */
void recorder_tare_cancel(struct recorder *self, unsigned mat, struct lane *lane);

/* recorder_collect.c: mean counts and forces of a loaded mat, for a calibration. */
struct collect;
/** Returns 0; -ENOMEM. */
int collect_new(const struct gait_geometry *geometry, uint32_t frames, struct collect **ret_collect);
struct collect *collect_free(struct collect *collect);
/** Returns 1 enough; 0 more are wanted. */
int collect_add(struct collect *collect, const struct gait_slot *slot);
/** Hand what was collected over to news. */
void collect_finish(struct collect *collect, struct news *news);

#endif
