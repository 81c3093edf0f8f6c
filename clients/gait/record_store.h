/*
 * What `gait record` keeps of a stream: a folder with a journal for each mat (its frames, in kPa) and messages.jsonl (everything else, in the
 * json/ form of docs/STREAM.md). What never came is counted and stands in the journal.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include <stdio.h>

#include <gait/journal.h>
#include <gait/stream.h>

enum { RECORD_MATS_MAX = 16, RECORD_PATH_MAX = 1024 };

struct record_mat {
    char mat[GAIT_ID_MAX + 1];
    double pitch_x_mm, pitch_y_mm, rate_hz; /* the snapshot's */
    char path[RECORD_PATH_MAX];
    unsigned files; /* journals begun: a restart of the daemon and another matrix each begin one */
    struct gait_geometry geometry;
    struct gait_journal *journal;                           /* NULL before the first frame */
    bool restarted;                                         /* the daemon was, since its newest frame */
    uint64_t next;                                          /* frame index that comes next */
    uint64_t frames, lost_device, lost_ring, skipped, lost; /* lost: sent, and never came here */
    uint64_t unwritten;                                     /* came, and the disk took it not */
    uint64_t in_journal, journal_device, journal_ring, last_t_ns;
    uint64_t all_device, all_ring; /* the daemon's sums, up to the last frame kept */
};

struct record_store {
    const char *folder;
    FILE *messages;
    uint64_t n_messages, lost_messages;
    unsigned restarts; /* of the daemon */
    struct record_mat mat[RECORD_MATS_MAX];
    size_t n_mats;
};

/** Make the folder (which must not be there) and messages.jsonl. Returns 0; negative errno, err says what. */
int record_store_open(struct record_store *store, const char *folder, struct gait_error *err);

/** A mat of the snapshot; frames of others are not taken. Returns 0; -ENOSPC too many. */
int record_store_mat(struct record_store *store, const char *mat, double pitch_x_mm, double pitch_y_mm, double rate_hz);

/** Keep one message. Returns 0; negative errno, err says what: the disk, or a frame of a mat without a geometry. */
int record_store_take(struct record_store *store, const struct gait_message *message, struct gait_error *err);

/** What came is on the disk. Returns 0; negative errno, err says what. */
int record_store_sync(struct record_store *store, struct gait_error *err);

/** End the journals and close everything. why: what ended it. Returns 0; negative errno, err says what. */
int record_store_close(struct record_store *store, const char *why, struct gait_error *err);

#endif
