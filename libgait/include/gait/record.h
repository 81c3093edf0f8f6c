/*
 * What stands in a journal beside frames, and how each becomes a gait_pack container and comes back, to the last bit.
 * The names of the items are the format: docs/SESSION.md lists them.
 */
#ifndef GAIT_RECORD_H
#define GAIT_RECORD_H

#include <gait/api.h>
#include <gait/clock.h>
#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/pack.h>
#include <gait/trial_state.h>

/* Kinds of records. Values are stored in files: append only. Unknown kinds are passed over. */
enum gait_record_type {
    GAIT_RECORD_DAMAGED = 0, /* never in a file: a reader says by it where bytes are bad */
    GAIT_RECORD_HEADER = 1,
    GAIT_RECORD_STATE = 2,
    GAIT_RECORD_FRAME = 3,
    GAIT_RECORD_GAP = 4,
    GAIT_RECORD_CLOCK = 5,
    GAIT_RECORD_FOOTFALL = 6,
    GAIT_RECORD_ACTION = 7,
    GAIT_RECORD_EVENT = 8,
    GAIT_RECORD_END = 9,
    GAIT_RECORD_EARLIER_FOOTFALL = 10, /* of an earlier analysis: as a footfall, with the item `analysis` */
    GAIT_RECORD_PADS = 11,             /* of a tiled mat: what the next frame was made of */
    GAIT_RECORD_TYPES,                 /* how many there are, with 0 */
};

enum {
    GAIT_UUID_BYTES = 16,
    GAIT_UUID_TEXT = 36, /* characters of the usual form, without the NUL */
    GAIT_RECORD_TEXT_MAX = 256,
    GAIT_HEADER_FIELDS_MAX = 256,
};

struct gait_header_field {
    char *key, *value; /* key: [A-Za-z0-9_.-]{1,64} */
};

/* Who, where, when: the first record. Texts are UTF-8, "" when unknown; never a person's name. */
struct gait_journal_header {
    uint8_t uuid[GAIT_UUID_BYTES];      /* of this journal; names the trial for ever */
    uint8_t continues[GAIT_UUID_BYTES]; /* the journal this one goes on from (another path, max_trial_s); zeros: none */
    uint64_t first_frame;               /* trial frame number of its first frame; 0 unless it continues one */
    uint32_t trial;                     /* within the session, from 1 */
    uint32_t run;                       /* trials of several mats at once share it */
    char session[GAIT_ID_MAX + 1];
    char mat[GAIT_ID_MAX + 1];
    char subject[GAIT_ID_MAX + 1]; /* pseudonymous */
    char condition[GAIT_ID_MAX + 1];
    char timepoint[GAIT_ID_MAX + 1];
    char software[GAIT_ID_MAX + 1]; /* "gaitd 0.1.0" */
    uint64_t start_realtime_ns;     /* wall clock, UTC since 1970 */
    uint32_t n_fields;
    struct gait_header_field *fields; /* everything else: protocol, speed, footwear, device; sealed as attributes */
};

/* Frames that are missing just before trial frame `frame`, beyond what that frame's own gap_device and gap_ring say. */
struct gait_gap {
    uint64_t frame;
    uint64_t device, ring; /* frames lost by the mat; by us */
    uint64_t t_ns;
    char why[GAIT_RECORD_TEXT_MAX];
};

/* Stands before the frame it is of. */
struct gait_pads_record {
    uint64_t frame; /* trial frame number */
    struct gait_frame_pads pads;
};

struct gait_clock_record {
    struct gait_clock_triple triple;
    uint64_t frame; /* trial frames appended when it was read */
    char boot_id[GAIT_UUID_TEXT + 1];
};

/* Something that happened and is no operator's action: reconnect, disk low, moved to the second path, ... */
struct gait_event {
    uint64_t t_ns;
    uint64_t frame;
    char code[GAIT_ID_MAX + 1]; /* "reconnect" */
    char text[GAIT_RECORD_TEXT_MAX];
};

/* The last record of a trial that was ended, not cut off. */
struct gait_end {
    uint64_t frames, footfalls; /* records of each kind in this journal */
    uint64_t gap_device, gap_ring;
    uint64_t footfalls_dropped;
    uint64_t t_ns;
    char why[GAIT_ID_MAX + 1]; /* "stop", "source end", "disk full", "discarded", ... */
    char text[GAIT_RECORD_TEXT_MAX];
};

/** A random (version 4) UUID. Returns 0; negative errno when the system gives no random bytes. */
GAIT_API int gait_uuid_new(uint8_t ret_uuid[GAIT_UUID_BYTES]);
/** The usual text, lower case. */
GAIT_API void gait_uuid_text(const uint8_t uuid[GAIT_UUID_BYTES], char ret_text[GAIT_UUID_TEXT + 1]);
/** Returns 0; -EINVAL no UUID. */
GAIT_API int gait_uuid_parse(const char *text, uint8_t ret_uuid[GAIT_UUID_BYTES]);

/** "frame", "footfall", ...; "unknown" else; static storage. */
GAIT_API const char *gait_record_name(enum gait_record_type type);

/**
 * Set a free field of a header; a key that is there already gets the new value.
 *
 * Owner    copies; gait_journal_header_done() frees them.
 * Returns  0; -EINVAL bad key; -E2BIG too many; -ENOMEM.
 */
GAIT_API int gait_journal_header_set(struct gait_journal_header *header, const char *key, const char *value);
/** Value of a free field, or NULL. */
GAIT_API const char *gait_journal_header_get(const struct gait_journal_header *header, const char *key);
GAIT_API void gait_journal_header_done(struct gait_journal_header *header);

/* The numbers of a region as columns: `region[r]` as doubles in this order. */
struct gait_region_column {
    const char *name, *unit, *long_name;
};
enum { GAIT_REGION_COLUMNS = sizeof(struct gait_region_numbers) / sizeof(double) };
/** Row i of the table, or NULL beyond its end; static storage. */
GAIT_API const struct gait_region_column *gait_region_column(unsigned i);

/*
 * To and from containers. pack: adds to *pack; returns 0 or gait_pack_error(). unpack: unknown items are ignored, missing ones keep their
 * neutral value (0, NaN, "") unless the record makes no sense without them. Nothing is trusted: sizes are checked before memory is taken.
 *
 * Owner    what unpack gives is the caller's: _done() or _free().
 * Returns  0; -EBADMSG not such a record; -ENOMEM; -ENOTSUP (state) it needs a newer reader.
 */
GAIT_API int gait_journal_header_pack(struct gait_pack *pack, const struct gait_journal_header *header);
GAIT_API int gait_journal_header_unpack(const void *bytes, size_t n, struct gait_journal_header *ret_header);
GAIT_API int gait_trial_state_pack(struct gait_pack *pack, const struct gait_trial_state *state);
GAIT_API int gait_trial_state_unpack(const void *bytes, size_t n, struct gait_trial_state *ret_state);
GAIT_API int gait_footfall_pack(struct gait_pack *pack, const struct gait_footfall *footfall);
GAIT_API int gait_footfall_unpack(const void *bytes, size_t n, struct gait_footfall **ret_footfall);
GAIT_API int gait_gap_pack(struct gait_pack *pack, const struct gait_gap *gap);
GAIT_API int gait_gap_unpack(const void *bytes, size_t n, struct gait_gap *ret_gap);
GAIT_API int gait_pads_pack(struct gait_pack *pack, const struct gait_pads_record *pads);
GAIT_API int gait_pads_unpack(const void *bytes, size_t n, struct gait_pads_record *ret_pads);
GAIT_API int gait_clock_pack(struct gait_pack *pack, const struct gait_clock_record *clock);
GAIT_API int gait_clock_unpack(const void *bytes, size_t n, struct gait_clock_record *ret_clock);
GAIT_API int gait_action_pack(struct gait_pack *pack, const struct gait_action *action);
GAIT_API int gait_action_unpack(const void *bytes, size_t n, struct gait_action *ret_action);
GAIT_API int gait_event_pack(struct gait_pack *pack, const struct gait_event *event);
GAIT_API int gait_event_unpack(const void *bytes, size_t n, struct gait_event *ret_event);
GAIT_API int gait_end_pack(struct gait_pack *pack, const struct gait_end *end);
GAIT_API int gait_end_unpack(const void *bytes, size_t n, struct gait_end *ret_end);

#endif
