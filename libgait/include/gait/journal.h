/*
 * The journal of one trial: one append-only file of records, written while frames arrive, read after anything that may have happened.
 * An append costs what write(2) costs. Format: docs/SESSION.md.
 *
 * A record (little-endian), each starting at a multiple of 8:
 *
 *     0  u8[8]   magic: 8B 47 41 49 54 52 0D 0A
 *     8  u8[16]  UUID of the journal
 *    24  u64     record number, from 0, no gaps
 *    32  u32     payload bytes, without padding
 *    36  u16     type (enum gait_record_type)
 *    38  u8      major version (1)
 *    39  u8      minor version (0)
 *    40  u32     CRC-32C of the payload and its padding
 *    44  u32     CRC-32C of the 44 bytes above
 *    48          payload, then zeros up to a multiple of 8
 *
 * The file ends where nothing but zeros follow (room that was taken ahead) or at its end.
 */
#ifndef GAIT_JOURNAL_H
#define GAIT_JOURNAL_H

#include <gait/api.h>
#include <gait/error.h>
#include <gait/frame_source.h>
#include <gait/record.h>
#include <gait/ring.h>

enum {
    GAIT_JOURNAL_MAJOR = 1,
    GAIT_JOURNAL_MINOR = 0,
    GAIT_RECORD_HEAD_BYTES = 48,
    GAIT_FRAME_HEAD_BYTES = 144, /* of a frame's payload, before the raw counts */
};

/* ---- writing --------------------------------------------------------------------------------------------------------------- */

struct gait_journal_options {
    uint64_t step_bytes; /* room taken ahead of the end at once; 0: 64 MiB */
    uint64_t
        reserve_bytes; /* of it, kept back from frames so that footfalls and the end still fit a full disk; 0: 1 MiB */
};

/* How far a journal is. frames counts frame records: trial frames first_frame .. first_frame + frames - 1. */
struct gait_journal_mark {
    uint64_t records, frames, bytes;
};

struct gait_journal;

/**
 * Make the file (mode 0640, never over an existing one), write the header record and sync file and folder.
 *
 * Owner    header stays the caller's. options NULL: defaults.
 * Thread   recorder or control; may block on the disk.
 * Returns  0; -EEXIST; -ENOSPC; -EINVAL uuid is zero or a text is too long; other negative errno; err says what and where.
 */
GAIT_API int gait_journal_create(const char *path, const struct gait_journal_header *header,
                                 const struct gait_journal_options *options, struct gait_journal **ret_journal,
                                 struct gait_error *err);

/**
 * Append a frame with ONE writev: head and raw counts straight from the slot. It is trial frame first_frame + frames so far.
 *
 * Unit     cells of the state's geometry: raw_bytes.
 * Thread   recorder: all appends of a journal from one thread; gait_journal_sync() may run beside them in another.
 * Returns  0; -ENOSPC or -EDQUOT no room: nothing was written, frames may not go on, footfalls, events and the end still fit the reserve;
 *          another negative errno, or -EIO ever after one: the journal is condemned, rewrite what is not synced elsewhere.
 */
GAIT_API int gait_journal_append_frame(struct gait_journal *journal, const struct gait_slot *slot, size_t raw_bytes);

/** The next frame is `frames` further on: those between are missing (a damaged trial is written anew). Thread: recorder. Returns 0. */
GAIT_API int gait_journal_skip_frames(struct gait_journal *journal, uint64_t frames);

/** Append another record. Thread: recorder. Returns as append_frame; -EINVAL a text too long or a record too large. */
GAIT_API int gait_journal_append(struct gait_journal *journal, enum gait_record_type type,
                                 const struct gait_pack *pack);
GAIT_API int gait_journal_append_state(struct gait_journal *journal, const struct gait_trial_state *state);
GAIT_API int gait_journal_append_footfall(struct gait_journal *journal, const struct gait_footfall *footfall);
GAIT_API int gait_journal_append_gap(struct gait_journal *journal, const struct gait_gap *gap);
GAIT_API int gait_journal_append_clock(struct gait_journal *journal, const struct gait_clock_record *clock);
GAIT_API int gait_journal_append_action(struct gait_journal *journal, const struct gait_action *action);
GAIT_API int gait_journal_append_event(struct gait_journal *journal, const struct gait_event *event);
GAIT_API int gait_journal_append_end(struct gait_journal *journal, const struct gait_end *end);

/**
 * Make everything appended before this call survive a power cut.
 *
 * Thread   syncer (or recorder); beside appends, not beside another sync, close or free.
 * Returns  0 and *ret_synced (may be NULL) what is safe now; negative errno: the journal is condemned, since the kernel forgets what it
 *          could not write, and every later append and sync gives -EIO. -ENOENT: the file was removed or moved away; gait_journal_rescue().
 */
GAIT_API int gait_journal_sync(struct gait_journal *journal, struct gait_journal_mark *ret_synced);

/** What is appended; what the last good sync covers; the errno that condemned it, or 0. Thread: any. */
GAIT_API void gait_journal_appended(const struct gait_journal *journal, struct gait_journal_mark *ret_mark);
GAIT_API void gait_journal_synced(const struct gait_journal *journal, struct gait_journal_mark *ret_mark);
GAIT_API int gait_journal_condemned(const struct gait_journal *journal);

/**
 * Take a condemned journal back to what its last good sync covers; then it may be appended to again. The kernel has forgotten only what stood behind that, and it is cut off.
 *
 * Thread   recorder, when no sync runs; may block on the disk.
 * Returns  0; negative errno: it stays condemned. -ENOENT as gait_journal_sync(): what is covered can be rescued.
 */
GAIT_API int gait_journal_take_back(struct gait_journal *journal);

/**
 * Copy everything appended to a journal that is not under its path any more into another file, never over an existing one; file and folder are synced. The
 * journal is that file from then on, and may be appended to again.
 *
 * Thread   recorder, when no sync runs; may block on the disk.
 * Returns  0; negative errno: nothing is left at path, the journal stays condemned, err says why.
 */
GAIT_API int gait_journal_rescue(struct gait_journal *journal, const char *path, struct gait_error *err);

GAIT_API const char *gait_journal_path(const struct gait_journal *journal);
GAIT_API const uint8_t *gait_journal_uuid(const struct gait_journal *journal);

/**
 * Give back the room taken ahead, sync, close and free. The journal is gone whatever is returned.
 *
 * Thread   recorder, when no sync runs.
 * Returns  0; negative errno: something may not be on the disk.
 */
GAIT_API int gait_journal_close(struct gait_journal *journal);

/** Close and free as it stands, as a crash would leave it; NULL is fine. */
GAIT_API void gait_journal_free(struct gait_journal *journal);

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

struct gait_journal_record {
    enum gait_record_type
        type;        /* GAIT_RECORD_DAMAGED: a bad stretch of `bytes` at `offset`, `missing` records lost in it */
    uint64_t number; /* record number; of the next good record for a bad stretch */
    uint64_t offset; /* byte in the file */
    uint64_t bytes;  /* of the record with head and padding, or of the bad stretch */
    uint64_t missing;
    const void *payload; /* 8-byte aligned; valid until the next call; NULL for a bad stretch */
    size_t payload_bytes;
};

/* A frame record taken apart. */
struct gait_journal_frame {
    uint64_t frame; /* trial frame number */
    uint32_t calibration_version;
    struct gait_frame_meta meta;
    struct gait_frame_numbers numbers;
    const void *raw; /* into the payload */
    size_t raw_bytes;
};

/* Counted so far; complete once next() has returned 0. */
struct gait_journal_stats {
    uint64_t records, frames, footfalls;
    uint64_t bad_stretches, bad_bytes;      /* holes and flipped bits between good records */
    uint64_t missing_records;               /* by their numbers */
    uint64_t missing_of[GAIT_RECORD_TYPES]; /* of these, those whose head can still be read, by their kinds */
    uint64_t duplicate_records;             /* a number seen already, or of another journal: passed over */
    uint64_t torn_bytes;                    /* behind the last good record, not zero */
    uint64_t good_bytes;                    /* end of the last good record */
    bool ended;                             /* an end record was read */
};

struct gait_journal_reader;

/**
 * Open a journal for reading, also while it is being written or when it is broken.
 *
 * Thread   one at a time per reader. Memory: one record (at most 32 MiB), taken as records need it.
 * Returns  0; -ENODATA empty, or nothing but zeros; -EBADMSG no record of a journal in it; -ENOTSUP another major version; other negative errno; err says what to do.
 */
GAIT_API int gait_journal_open(const char *path, struct gait_journal_reader **ret_reader, struct gait_error *err);

/**
 * Read the next good record, or tell of a bad stretch before it.
 *
 * Only a record with the magic, the journal's UUID, both CRCs right and a number above the last one counts; after a bad one the
 * reader looks for the next magic.
 *
 * Returns  1; 0 the end; negative errno when the file cannot be read.
 */
GAIT_API int gait_journal_next(struct gait_journal_reader *reader, struct gait_journal_record *ret_record,
                               struct gait_error *err);

/** Take a frame record apart. Returns 0; -EBADMSG it is none. */
GAIT_API int gait_journal_frame(const struct gait_journal_record *record, struct gait_journal_frame *ret_frame);

/** Start over. Returns 0 or negative errno. */
GAIT_API int gait_journal_rewind(struct gait_journal_reader *reader, struct gait_error *err);

/** UUID that stands in the file's records. Valid until close. */
GAIT_API const uint8_t *gait_journal_reader_uuid(const struct gait_journal_reader *reader);
GAIT_API void gait_journal_stats(const struct gait_journal_reader *reader, struct gait_journal_stats *ret_stats);
GAIT_API void gait_journal_reader_free(struct gait_journal_reader *reader);

/**
 * Play a journal: its frames as a gait_frame_source, with the state's geometry and calibration. Frames lost in bad stretches are counted into
 * gap_ring of the frame behind them.
 *
 * Owner    gait_source_free().
 * Returns  0; -EBADMSG no journal, or no state record in it; other negative errno; err says what to do.
 */
GAIT_API int gait_journal_source(const char *path, struct gait_frame_source **ret_source, struct gait_error *err);

#endif
