/*
 * A struct's members as items of a container, driven by a table: one line a member, used for both ways.
 */
#ifndef GAIT_JOURNAL_RECORD_FIELDS_H
#define GAIT_JOURNAL_RECORD_FIELDS_H

#include <stddef.h>

#include "gait/pack.h"

struct record_field {
    const char *name;
    enum gait_pack_dtype dtype;
    uint32_t count; /* 0: one value; else the length of an array, or the size of a text with its NUL */
    size_t offset;
};

#define FIELD_U8(type, member)                                  \
    {                                                           \
#member, GAIT_PACK_U8, 0, offsetof(struct type, member) \
    }
#define FIELD_U32(type, member)                                  \
    {                                                            \
#member, GAIT_PACK_U32, 0, offsetof(struct type, member) \
    }
#define FIELD_U64(type, member)                                  \
    {                                                            \
#member, GAIT_PACK_U64, 0, offsetof(struct type, member) \
    }
#define FIELD_F64(type, member)                                  \
    {                                                            \
#member, GAIT_PACK_F64, 0, offsetof(struct type, member) \
    }
#define FIELD_F64S(type, member, n)                                \
    {                                                              \
#member, GAIT_PACK_F64, (n), offsetof(struct type, member) \
    }
#define FIELD_U8S(type, member, n)                                \
    {                                                             \
#member, GAIT_PACK_U8, (n), offsetof(struct type, member) \
    }
#define FIELD_U32S(type, member, n)                                \
    {                                                              \
#member, GAIT_PACK_U32, (n), offsetof(struct type, member) \
    }
#define FIELD_TEXT(type, member)                                                                   \
    {                                                                                              \
#member, GAIT_PACK_UTF8, sizeof(((struct type *)0)->member), offsetof(struct type, member) \
    }

#define FIELDS_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* Add every member; returns gait_pack_error(). -EINVAL: a text has no NUL. */
int record_fields_pack(struct gait_pack *pack, const struct record_field *fields, size_t n, const void *from);

/* Read the members that are there, leave the others. Returns 0; -EBADMSG one has another type or size. */
int record_fields_unpack(const void *bytes, size_t n_bytes, const struct record_field *fields, size_t n, void *to);

#endif
