#include <errno.h>
#include <string.h>

#include "gait/record.h"
#include "journal/record_fields.h"

static const struct record_field gap_fields[] = {
    FIELD_U64(gait_gap, frame), FIELD_U64(gait_gap, device), FIELD_U64(gait_gap, ring),
    FIELD_U64(gait_gap, t_ns),  FIELD_TEXT(gait_gap, why),
};

static const struct record_field clock_fields[] = {
    {"monotonic_ns", GAIT_PACK_U64, 0, offsetof(struct gait_clock_record, triple.monotonic_ns)},
    {"boottime_ns", GAIT_PACK_U64, 0, offsetof(struct gait_clock_record, triple.boottime_ns)},
    {"realtime_ns", GAIT_PACK_U64, 0, offsetof(struct gait_clock_record, triple.realtime_ns)},
    FIELD_U64(gait_clock_record, frame),
    FIELD_TEXT(gait_clock_record, boot_id),
};

/* enums are stored as u32 */
_Static_assert(sizeof(enum gait_action_kind) == 4 && sizeof(enum gait_side) == 4, "enums are 4 bytes");
static const struct record_field action_fields[] = {
    FIELD_U32(gait_action, kind),     FIELD_U32(gait_action, side), FIELD_U32(gait_action, footfall),
    FIELD_U64(gait_action, at_frame), FIELD_U64(gait_action, t_ns), FIELD_TEXT(gait_action, text),
};

static const struct record_field event_fields[] = {
    FIELD_U64(gait_event, t_ns),
    FIELD_U64(gait_event, frame),
    FIELD_TEXT(gait_event, code),
    FIELD_TEXT(gait_event, text),
};

static const struct record_field end_fields[] = {
    FIELD_U64(gait_end, frames),
    FIELD_U64(gait_end, footfalls),
    FIELD_U64(gait_end, gap_device),
    FIELD_U64(gait_end, gap_ring),
    FIELD_U64(gait_end, t_ns),
    FIELD_TEXT(gait_end, why),
    FIELD_U64(gait_end, footfalls_dropped),
    FIELD_TEXT(gait_end, text),
};

int gait_pads_pack(struct gait_pack *pack, const struct gait_pads_record *pads)
{
    gait_pack_array(pack, "frame", GAIT_PACK_U64, 0, NULL, &pads->frame);
    gait_pack_array(pack, "age_us", GAIT_PACK_U32, 1, &pads->pads.n, pads->pads.age_us);
    return gait_pack_error(pack);
}

int gait_pads_unpack(const void *bytes, size_t n, struct gait_pads_record *ret_pads)
{
    struct gait_pads_record pads = {0};
    struct gait_pack_item frame, age;

    if (gait_pack_find(bytes, n, "frame", &frame) < 0 || frame.dtype != GAIT_PACK_U64 || frame.count != 1)
        return -EBADMSG;
    if (gait_pack_find(bytes, n, "age_us", &age) < 0 || age.dtype != GAIT_PACK_U32 || age.ndim != 1 ||
        age.count > GAIT_PADS_MAX)
        return -EBADMSG;
    memcpy(&pads.frame, frame.data, sizeof pads.frame);
    pads.pads.n = (uint32_t)age.count;
    memcpy(pads.pads.age_us, age.data, age.count * sizeof *pads.pads.age_us);
    *ret_pads = pads;
    return 0;
}

#define BOTH_WAYS(word, type)                                                                \
    int gait_##word##_pack(struct gait_pack *pack, const struct type *from)                  \
    {                                                                                        \
        return record_fields_pack(pack, word##_fields, FIELDS_COUNT(word##_fields), from);   \
    }                                                                                        \
    int gait_##word##_unpack(const void *bytes, size_t n, struct type *ret)                  \
    {                                                                                        \
        struct type to;                                                                      \
        int r;                                                                               \
                                                                                             \
        memset(&to, 0, sizeof(to));                                                          \
        r = record_fields_unpack(bytes, n, word##_fields, FIELDS_COUNT(word##_fields), &to); \
        if (r == 0)                                                                          \
            *ret = to;                                                                       \
        return r;                                                                            \
    }

BOTH_WAYS(gap, gait_gap)
BOTH_WAYS(clock, gait_clock_record)
BOTH_WAYS(action, gait_action)
BOTH_WAYS(event, gait_event)
BOTH_WAYS(end, gait_end)

const char *gait_record_name(enum gait_record_type type)
{
    static const char *const names[] = {
        [GAIT_RECORD_DAMAGED] = "damaged",
        [GAIT_RECORD_HEADER] = "header",
        [GAIT_RECORD_STATE] = "state",
        [GAIT_RECORD_FRAME] = "frame",
        [GAIT_RECORD_GAP] = "gap",
        [GAIT_RECORD_CLOCK] = "clock",
        [GAIT_RECORD_ACTION] = "action",
        [GAIT_RECORD_FOOTFALL] = "footfall",
        [GAIT_RECORD_EVENT] = "event",
        [GAIT_RECORD_END] = "end",
        [GAIT_RECORD_EARLIER_FOOTFALL] = "earlier_footfall",
        [GAIT_RECORD_PADS] = "pads",
    };

    return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}
