/*
 * One trial in memory: everything of its journal but the raw counts. Made record by record, from a journal or from what a session file
 * keeps of it.
 */
#ifndef GAIT_SESSION_TRIAL_H
#define GAIT_SESSION_TRIAL_H

#include "gait/session.h"

enum {
    TRIAL_RECORD_HEAD_BYTES = 16, /* of a record kept verbatim: u16 type, u16 zero, u32 payload bytes, u64 number */
    TRIAL_CHUNK_FRAMES = 16,
};

struct trial {
    struct gait_recorded_trial t;
    bool have_header, have_state;
    struct gait_journal_frame *frame; /* [t.frames], raw is NULL */
    size_t frame_room;
    uint64_t *row; /* [t.frames] of a damaged file: where in its raw each frame lies; NULL: at its own number */
    struct gait_pads_record *pads; /* [n_pads], of a tiled mat; trial_complete() puts them into the frames */
    uint32_t n_pads;
    uint64_t frames_passed; /* frame records that are none of this trial, or came before any state */
    uint8_t *records;       /* every record but frames, verbatim */
    size_t records_bytes, records_room;
    struct gait_journal_stats stats;
};

void trial_done(struct trial *trial);

/* Take one record that is no frame: decode what is known, keep the bytes. */
int trial_take(struct trial *trial, enum gait_record_type type, uint64_t number, const void *payload, size_t n,
               const char *name, struct gait_error *err);

/* Take a frame's numbers, when its size is the state's and its number rises. Returns 1 taken; 0 it is none of this trial; -ENOMEM. */
int trial_take_frame(struct trial *trial, const struct gait_journal_frame *frame);

/* All is taken: count the gaps. -EBADMSG no state; -ENODATA nothing at all. */
int trial_complete(struct trial *trial, const char *name, struct gait_error *err);

/* Everything of a journal but the raw counts. */
int trial_load(struct gait_journal_reader *reader, const char *name, struct trial *ret_trial, struct gait_error *err);

/* The kept records again. */
int trial_load_records(struct trial *trial, const uint8_t *records, size_t n, const char *name, struct gait_error *err);

/* Frames missing just before frame i (i == t.frames: at the end) by the numbers: lost in the journal. */
uint64_t trial_damage_before(const struct trial *trial, uint64_t i);

#endif
