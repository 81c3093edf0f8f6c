#include "journal/format.h"

#include <errno.h>
#include <string.h>

#include "gait/crc32c.h"

const uint8_t record_magic[RECORD_MAGIC_BYTES] = {0x8B, 'G', 'A', 'I', 'T', 'R', 0x0D, 0x0A};

enum { HEAD_CRC_AT = 44 };

void record_head_write(uint8_t to[GAIT_RECORD_HEAD_BYTES], const struct record_head *head)
{
    uint32_t crc;

    memcpy(to, record_magic, RECORD_MAGIC_BYTES);
    memcpy(to + 8, head->uuid, GAIT_UUID_BYTES);
    memcpy(to + 24, &head->number, 8);
    memcpy(to + 32, &head->payload_bytes, 4);
    memcpy(to + 36, &head->type, 2);
    to[38] = head->major;
    to[39] = head->minor;
    memcpy(to + 40, &head->payload_crc, 4);
    crc = gait_crc32c(0, to, HEAD_CRC_AT);
    memcpy(to + HEAD_CRC_AT, &crc, 4);
}

bool record_head_read(const uint8_t from[GAIT_RECORD_HEAD_BYTES], struct record_head *ret_head)
{
    uint32_t crc;

    memcpy(&crc, from + HEAD_CRC_AT, 4);
    if (memcmp(from, record_magic, RECORD_MAGIC_BYTES) != 0 || gait_crc32c(0, from, HEAD_CRC_AT) != crc)
        return false;
    memcpy(ret_head->uuid, from + 8, GAIT_UUID_BYTES);
    memcpy(&ret_head->number, from + 24, 8);
    memcpy(&ret_head->payload_bytes, from + 32, 4);
    memcpy(&ret_head->type, from + 36, 2);
    ret_head->major = from[38];
    ret_head->minor = from[39];
    memcpy(&ret_head->payload_crc, from + 40, 4);
    return ret_head->payload_bytes <= RECORD_PAYLOAD_MAX;
}

/* Where each number of a frame's head stands; both ways go through this one list. */
#define FRAME_HEAD(AT)                  \
    AT(8, meta.index, 8)                \
    AT(16, meta.seq, 8)                 \
    AT(24, meta.tick, 8)                \
    AT(32, meta.t_arrival_ns, 8)        \
    AT(40, meta.t_mat_ns, 8)            \
    AT(48, meta.t_ns, 8)                \
    AT(56, meta.gap_device, 4)          \
    AT(60, meta.gap_ring, 4)            \
    AT(64, meta.connection, 4)          \
    AT(68, meta.flags, 4)               \
    AT(72, calibration_version, 4)      \
    AT(80, numbers.force_N, 8)          \
    AT(88, numbers.area_mm2, 8)         \
    AT(96, numbers.peak_kPa, 8)         \
    AT(104, numbers.mean_kPa, 8)        \
    AT(112, numbers.cop_x_mm, 8)        \
    AT(120, numbers.cop_y_mm, 8)        \
    AT(128, numbers.contact_cells, 4)   \
    AT(132, numbers.saturated_cells, 4) \
    AT(136, numbers.peak_cell, 4)       \
    AT(140, numbers.open_footfalls, 4)

void frame_head_write(uint8_t to[GAIT_FRAME_HEAD_BYTES], uint64_t frame, const struct gait_slot *slot,
                      uint32_t raw_bytes)
{
    memcpy(to, &frame, 8);
#define WRITE(offset, member, size)                                     \
    _Static_assert(sizeof(slot->member) == (size), "size of " #member); \
    memcpy(to + (offset), &slot->member, size);
    FRAME_HEAD(WRITE)
#undef WRITE
    memcpy(to + 76, &raw_bytes, 4);
}

void frame_head_read(const uint8_t from[GAIT_FRAME_HEAD_BYTES], struct gait_journal_frame *ret_frame)
{
    uint32_t raw_bytes;

    memcpy(&ret_frame->frame, from, 8);
#define READ(offset, member, size) memcpy(&ret_frame->member, from + (offset), size);
    FRAME_HEAD(READ)
#undef READ
    memcpy(&raw_bytes, from + 76, 4);
    ret_frame->raw_bytes = raw_bytes;
}

int gait_journal_frame(const struct gait_journal_record *record, struct gait_journal_frame *ret_frame)
{
    struct gait_journal_frame frame = {0};

    if (record->type != GAIT_RECORD_FRAME || !record->payload || record->payload_bytes < GAIT_FRAME_HEAD_BYTES)
        return -EBADMSG;
    frame_head_read(record->payload, &frame);
    if (frame.raw_bytes != record->payload_bytes - GAIT_FRAME_HEAD_BYTES)
        return -EBADMSG;
    frame.raw = (const uint8_t *)record->payload + GAIT_FRAME_HEAD_BYTES;
    *ret_frame = frame;
    return 0;
}
