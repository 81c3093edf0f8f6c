#include "gait/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "files are little-endian and written as memory stands; this machine needs byte swaps that nobody has written yet"
#endif

enum { ITEM_HEAD_BYTES = 8 };

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

size_t gait_pack_dtype_size(enum gait_pack_dtype dtype)
{
    switch (dtype) {
    case GAIT_PACK_U8:
    case GAIT_PACK_UTF8:
        return 1;
    case GAIT_PACK_U16:
    case GAIT_PACK_I16:
        return 2;
    case GAIT_PACK_U32:
    case GAIT_PACK_F32:
        return 4;
    case GAIT_PACK_U64:
    case GAIT_PACK_I64:
    case GAIT_PACK_F64:
        return 8;
    }
    return 0;
}

void gait_pack_done(struct gait_pack *pack)
{
    if (!pack)
        return;
    free(pack->bytes);
    gait_pack_init(pack);
}

/* Room for n more bytes, zeroed. */
static int make_room(struct gait_pack *pack, size_t n)
{
    size_t want = pack->used + n, capacity = pack->capacity ? pack->capacity : 1024;
    uint8_t *bytes;

    if (want > GAIT_PACK_BYTES_MAX)
        return -E2BIG;
    while (capacity < want)
        capacity *= 2;
    if (capacity != pack->capacity) {
        bytes = realloc(pack->bytes, capacity);
        if (!bytes)
            return -ENOMEM;
        pack->bytes = bytes;
        pack->capacity = capacity;
    }
    memset(pack->bytes + pack->used, 0, n);
    return 0;
}

/* Bytes of the data, or -EINVAL / -E2BIG. */
static int64_t data_bytes(enum gait_pack_dtype dtype, unsigned ndim, const uint32_t *shape)
{
    size_t n = gait_pack_dtype_size(dtype);

    if (n == 0 || ndim > GAIT_PACK_AXES_MAX || (dtype == GAIT_PACK_UTF8 && ndim != 1))
        return -EINVAL;
    for (unsigned i = 0; i < ndim; i++) {
        n *= shape[i];
        if (n > GAIT_PACK_BYTES_MAX)
            return -E2BIG;
    }
    return (int64_t)n;
}

static int add(struct gait_pack *pack, const char *name, enum gait_pack_dtype dtype, unsigned ndim,
               const uint32_t *shape, const void *data)
{
    size_t name_n = name ? strnlen(name, GAIT_PACK_NAME_MAX + 1) : 0;
    int64_t n = data_bytes(dtype, ndim, shape);
    size_t head, whole;
    uint8_t *p;
    int r;

    if (n < 0)
        return (int)n;
    if (name_n == 0 || name_n > GAIT_PACK_NAME_MAX || (n && !data))
        return -EINVAL;
    head = padded(ITEM_HEAD_BYTES + 4 * ndim + name_n);
    whole = head + padded((size_t)n);
    r = make_room(pack, whole);
    if (r < 0)
        return r;

    p = pack->bytes + pack->used;
    memcpy(p, &(uint32_t){(uint32_t)whole}, 4);
    memcpy(p + 4, &(uint16_t){(uint16_t)name_n}, 2);
    p[6] = (uint8_t)dtype;
    p[7] = (uint8_t)ndim;
    if (ndim)
        memcpy(p + ITEM_HEAD_BYTES, shape, (size_t)4 * ndim);
    memcpy(p + ITEM_HEAD_BYTES + 4 * ndim, name, name_n);
    if (n)
        memcpy(p + head, data, (size_t)n);
    pack->used += whole;
    return 0;
}

int gait_pack_array(struct gait_pack *pack, const char *name, enum gait_pack_dtype dtype, unsigned ndim,
                    const uint32_t *shape, const void *data)
{
    if (!pack->error)
        pack->error = add(pack, name, dtype, ndim, shape, data);
    return pack->error;
}

int gait_pack_u8(struct gait_pack *pack, const char *name, uint8_t value)
{
    return gait_pack_array(pack, name, GAIT_PACK_U8, 0, NULL, &value);
}

int gait_pack_u32(struct gait_pack *pack, const char *name, uint32_t value)
{
    return gait_pack_array(pack, name, GAIT_PACK_U32, 0, NULL, &value);
}

int gait_pack_u64(struct gait_pack *pack, const char *name, uint64_t value)
{
    return gait_pack_array(pack, name, GAIT_PACK_U64, 0, NULL, &value);
}

int gait_pack_i64(struct gait_pack *pack, const char *name, int64_t value)
{
    return gait_pack_array(pack, name, GAIT_PACK_I64, 0, NULL, &value);
}

int gait_pack_f64(struct gait_pack *pack, const char *name, double value)
{
    return gait_pack_array(pack, name, GAIT_PACK_F64, 0, NULL, &value);
}

int gait_pack_f64s(struct gait_pack *pack, const char *name, uint32_t n, const double *values)
{
    return gait_pack_array(pack, name, GAIT_PACK_F64, 1, &n, values);
}

int gait_pack_text(struct gait_pack *pack, const char *name, const char *text)
{
    size_t n = text ? strnlen(text, GAIT_PACK_BYTES_MAX) : 0;

    return gait_pack_array(pack, name, GAIT_PACK_UTF8, 1, &(uint32_t){(uint32_t)n}, text);
}
