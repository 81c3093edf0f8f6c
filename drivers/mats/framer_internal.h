/* What the files of the framer share. */
#ifndef MAT_FRAMER_INTERNAL_H
#define MAT_FRAMER_INTERNAL_H

#include "mats/framer.h"

enum { MAT_PARTS_MAX = 64 };

/* A counter of 1 to 8 bytes, unwrapped to 64 bits. */
struct mat_unwrap {
    bool known;
    uint64_t value;
};

/* A frame that comes in several units, part by part. */
struct mat_assembly {
    bool open;
    uint64_t seq, tick_us;
    bool has_tick, counter_unsure;
    uint32_t gap, gap_flags;
    uint64_t parts_seen; /* bit set */
    uint32_t parts;
    uint32_t next_first; /* the sample that the next piece begins with */
    uint32_t tail;       /* samples that the frame before still missed when its next piece was lost */
    uint32_t cells;      /* filled so far, where units carry a start index instead of a part number */
    uint64_t last_seq;   /* newest frame given out, to know a late part by */
    bool any;
};

struct mat_framer {
    const struct mat_profile *profile;
    struct gait_geometry geometry;
    uint8_t *buf;
    size_t n, cap;
    uint32_t *cell_of;  /* delivered cell of each sample */
    bool in_order;      /* cell_of[i] == i */
    uint32_t samples;   /* in a whole frame */
    bool locked;        /* two hits in a row, or strong evidence: the next unit is believed by its markers */
    bool strong;        /* header and checksum together make an invented unit practically impossible */
    bool in_garbage;    /* a run of skipped bytes was reported already */
    bool escape;        /* SLIP: the last byte was ESC */
    bool overlong;      /* SLIP, line: the unit outgrew its buffer and is being skipped */
    bool unit_ready;    /* SLIP, line: buf holds a whole unit that is not worked yet */
    int64_t last_index; /* indexed lines: the newest index, -1 none */
    uint32_t refused;   /* units that were hurt or torn, since a frame was begun */
    bool went_back;     /* the counter, at the newest unit */
    struct mat_unwrap seq, tick;
    struct mat_assembly part;
};

/* What stands at the front of the buffer. */
enum mat_found { MAT_FOUND_WANT, MAT_FOUND_UNIT, MAT_FOUND_SKIP };

struct mat_find {
    enum mat_found what;
    size_t length;            /* WANT: bytes wanted in all; UNIT: its length; SKIP: bytes to drop */
    enum mat_verdict verdict; /* SKIP: why */
};

/* framer_find.c: units in a stream of bytes with headers, trailers, lengths or delimiters */
void mat_find_unit(struct mat_framer *f, struct mat_find *ret_find);

/* integrity.c */
bool mat_integrity_ok(const struct mat_integrity *integrity, const uint8_t *unit, size_t length);
uint32_t mat_crc(const struct mat_integrity *integrity, const uint8_t *bytes, size_t length);

/* samples.c: the cells of a unit into raw; first = number of its first sample. Returns samples stored; -ERANGE an impossible value; -EINVAL not numbers. */
int mat_samples_take(const struct mat_framer *f, const uint8_t *bytes, size_t length, uint32_t first, void *raw);
int mat_layout_map(const struct mat_profile *profile, uint32_t **ret_cell_of);
enum gait_dtype mat_samples_dtype(const struct mat_samples *samples);
uint32_t mat_samples_in(const struct mat_samples *samples, size_t bytes);

/* framer_unit.c: a checked unit becomes (a part of) a frame; false: give it again, the frame before it had to go out first */
bool mat_unit_take(struct mat_framer *f, const uint8_t *unit, size_t length, void *raw, struct mat_decoded *out);

/* framer_text.c: SLIP and lines, whose units end at a byte */
size_t mat_text_collect(struct mat_framer *f, const uint8_t *bytes, size_t len, bool *ret_unit,
                        struct mat_decoded *out);
bool mat_text_indexed(struct mat_framer *f, void *raw, struct mat_decoded *out);

/* framer_fields.c */
uint64_t mat_field_read(const struct mat_field *field, const uint8_t *unit);
uint64_t mat_unwrap(struct mat_unwrap *u, uint64_t raw, unsigned width_bytes);

#endif
