/*
 * A small container that says itself what it holds: named items, each a scalar, an array or a text. It is the payload of every journal
 * record but frames. Readers ask for names and ignore what they do not know, so a writer may add items without breaking anybody.
 *
 * Bytes (little-endian), items one after another, each starting at a multiple of 8:
 *
 *     0  u32  bytes of this item with everything below and its padding, a multiple of 8
 *     4  u16  bytes of the name
 *     6  u8   type of the data (enum gait_pack_dtype)
 *     7  u8   number of axes, 0 (one value) to 4
 *     8  u32  length of each axis, the slowest first
 *        u8   name, UTF-8, no NUL;  zeros up to a multiple of 8
 *             data;                 zeros up to a multiple of 8
 */
#ifndef GAIT_PACK_H
#define GAIT_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>

/* Values are stored in files: append only. */
enum gait_pack_dtype {
    GAIT_PACK_U8 = 1,
    GAIT_PACK_U16 = 2,
    GAIT_PACK_I16 = 3,
    GAIT_PACK_U32 = 4,
    GAIT_PACK_U64 = 5,
    GAIT_PACK_I64 = 6,
    GAIT_PACK_F32 = 7,
    GAIT_PACK_F64 = 8,
    GAIT_PACK_UTF8 = 9, /* one axis: bytes; no NUL inside */
};

enum {
    GAIT_PACK_AXES_MAX = 4,
    GAIT_PACK_NAME_MAX = 255,
    GAIT_PACK_BYTES_MAX = 32 << 20, /* of a whole container */
};

/* A container being written. The first failure sticks: add everything, then look once at gait_pack_error(). */
struct gait_pack {
    uint8_t *bytes;
    size_t used, capacity;
    int error;
};

/** An empty container; it takes memory as it grows. */
static inline void gait_pack_init(struct gait_pack *pack)
{
    *pack = (struct gait_pack){0};
}

/** Free the bytes; NULL is fine. */
GAIT_API void gait_pack_done(struct gait_pack *pack);

/** Forget the items, keep the memory. */
static inline void gait_pack_clear(struct gait_pack *pack)
{
    pack->used = 0;
    pack->error = 0;
}

/**
 * Add an array.
 *
 * Shape    data: product of shape[0..ndim) values of dtype; ndim 0: one value. data may be NULL when that product is 0.
 * Owner    name and data are copied.
 * Thread   one at a time per container.
 * Returns  0; -EINVAL bad name, type or shape; -E2BIG over GAIT_PACK_BYTES_MAX; -ENOMEM; or the failure that sticks.
 */
GAIT_API int gait_pack_array(struct gait_pack *pack, const char *name, enum gait_pack_dtype dtype, unsigned ndim,
                             const uint32_t *shape, const void *data);

/** Add one value; returns as gait_pack_array(). */
GAIT_API int gait_pack_u8(struct gait_pack *pack, const char *name, uint8_t value);
GAIT_API int gait_pack_u32(struct gait_pack *pack, const char *name, uint32_t value);
GAIT_API int gait_pack_u64(struct gait_pack *pack, const char *name, uint64_t value);
GAIT_API int gait_pack_i64(struct gait_pack *pack, const char *name, int64_t value);
GAIT_API int gait_pack_f64(struct gait_pack *pack, const char *name, double value);

/** Add n doubles along one axis. */
GAIT_API int gait_pack_f64s(struct gait_pack *pack, const char *name, uint32_t n, const double *values);

/** Add a text (UTF-8, NUL-terminated; the NUL is not stored). */
GAIT_API int gait_pack_text(struct gait_pack *pack, const char *name, const char *text);

/** 0, or the failure that sticks. */
static inline int gait_pack_error(const struct gait_pack *pack)
{
    return pack->error;
}

/** Size of one value in bytes; 0 for an unknown type. */
GAIT_API size_t gait_pack_dtype_size(enum gait_pack_dtype dtype);

/* One item of a container being read. Points into the container's bytes; data is aligned to 8 when the container is. */
struct gait_pack_item {
    const char *name; /* not terminated */
    size_t name_bytes;
    enum gait_pack_dtype dtype;
    unsigned ndim;
    uint32_t shape[GAIT_PACK_AXES_MAX];
    size_t count; /* values; 1 for ndim 0 */
    const uint8_t *data;
};

/**
 * Read the item at *offset and move behind it; begin with 0. Never reads past n, whatever the bytes are.
 *
 * Returns  1 an item; 0 the end; -EBADMSG the bytes are no container (offset stays at the bad item).
 */
GAIT_API int gait_pack_next(const void *bytes, size_t n, size_t *offset, struct gait_pack_item *ret_item);

/**
 * Find an item by name; of several, the first.
 *
 * Returns  0; -ENOENT; -EBADMSG.
 */
GAIT_API int gait_pack_find(const void *bytes, size_t n, const char *name, struct gait_pack_item *ret_item);

/**
 * Read one value. Unsigned integers of any size go into a u64; any number goes into an f64 if it is exact there.
 *
 * Returns  0; -ENOENT no such item; -EBADMSG no container, or it is an array, or of another kind; -ERANGE it does not fit.
 */
GAIT_API int gait_pack_get_u64(const void *bytes, size_t n, const char *name, uint64_t *ret_value);
GAIT_API int gait_pack_get_u32(const void *bytes, size_t n, const char *name, uint32_t *ret_value);
GAIT_API int gait_pack_get_f64(const void *bytes, size_t n, const char *name, double *ret_value);

/**
 * Copy an array of exactly `count` values of exactly `dtype`.
 *
 * Returns  0; -ENOENT; -EBADMSG no container, another type or another count.
 */
GAIT_API int gait_pack_get_array(const void *bytes, size_t n, const char *name, enum gait_pack_dtype dtype,
                                 size_t count, void *ret_values);

/**
 * Copy a text into a buffer of `size` bytes, terminated.
 *
 * Returns  0; -ENOENT; -EBADMSG not a text or a NUL inside; -ENAMETOOLONG (nothing written).
 */
GAIT_API int gait_pack_get_text(const void *bytes, size_t n, const char *name, char *ret_text, size_t size);

#endif
