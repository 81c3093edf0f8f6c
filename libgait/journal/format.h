/*
 * Bytes of a record's head and of a frame's head, both ways. Offsets are drawn in gait/journal.h and docs/SESSION.md.
 */
#ifndef GAIT_JOURNAL_FORMAT_H
#define GAIT_JOURNAL_FORMAT_H

#include "gait/journal.h"

enum {
    RECORD_PAYLOAD_MAX = GAIT_PACK_BYTES_MAX,
    RECORD_MAGIC_BYTES = 8,
};

extern const uint8_t record_magic[RECORD_MAGIC_BYTES];

struct record_head {
    uint8_t uuid[GAIT_UUID_BYTES];
    uint64_t number;
    uint32_t payload_bytes;
    uint32_t payload_crc;
    uint16_t type;
    uint8_t major, minor;
};

/* Bytes with the padding. */
static inline size_t record_padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* Whole record in the file. */
static inline size_t record_bytes(const struct record_head *head)
{
    return GAIT_RECORD_HEAD_BYTES + record_padded(head->payload_bytes);
}

void record_head_write(uint8_t to[GAIT_RECORD_HEAD_BYTES], const struct record_head *head);

/* True when magic, CRC and length are right: the head can be believed, its payload not yet. */
bool record_head_read(const uint8_t from[GAIT_RECORD_HEAD_BYTES], struct record_head *ret_head);

void frame_head_write(uint8_t to[GAIT_FRAME_HEAD_BYTES], uint64_t frame, const struct gait_slot *slot,
                      uint32_t raw_bytes);
void frame_head_read(const uint8_t from[GAIT_FRAME_HEAD_BYTES], struct gait_journal_frame *ret_frame);

#endif
