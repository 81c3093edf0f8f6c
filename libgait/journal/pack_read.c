#include "gait/pack.h"

#include <errno.h>
#include <string.h>

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* Axes of the item, and how many values and bytes they make; false when the item cannot be. */
static bool read_shape(const uint8_t *p, size_t whole, struct gait_pack_item *item, size_t *ret_bytes)
{
    size_t bytes = gait_pack_dtype_size(item->dtype);

    if (bytes == 0 || item->ndim > GAIT_PACK_AXES_MAX || 8 + 4 * (size_t)item->ndim > whole)
        return false;
    if (item->dtype == GAIT_PACK_UTF8 && item->ndim != 1)
        return false;
    item->count = 1;
    for (unsigned i = 0; i < item->ndim; i++) {
        memcpy(&item->shape[i], p + 8 + (size_t)4 * i, 4);
        item->count *= item->shape[i];
        if (item->count > GAIT_PACK_BYTES_MAX)
            return false;
    }
    *ret_bytes = bytes * item->count;
    return true;
}

int gait_pack_next(const void *bytes, size_t n, size_t *offset, struct gait_pack_item *ret_item)
{
    const uint8_t *p = (const uint8_t *)bytes + *offset;
    struct gait_pack_item item = {0};
    size_t left = n - *offset, data_n, head;
    uint32_t whole;
    uint16_t name_n;

    if (*offset >= n)
        return *offset == n ? 0 : -EBADMSG;
    if (left < 8)
        return -EBADMSG;
    memcpy(&whole, p, 4);
    memcpy(&name_n, p + 4, 2);
    if (whole < 8 || whole % 8 || whole > left)
        return -EBADMSG;
    item.dtype = (enum gait_pack_dtype)p[6];
    item.ndim = p[7];
    if (name_n == 0 || name_n > GAIT_PACK_NAME_MAX || !read_shape(p, whole, &item, &data_n))
        return -EBADMSG;
    head = padded(8 + 4 * (size_t)item.ndim + name_n);
    if (head > whole || padded(data_n) != whole - head)
        return -EBADMSG;

    item.name = (const char *)p + 8 + (size_t)4 * item.ndim;
    item.name_bytes = name_n;
    item.data = p + head;
    *offset += whole;
    *ret_item = item;
    return 1;
}

int gait_pack_find(const void *bytes, size_t n, const char *name, struct gait_pack_item *ret_item)
{
    struct gait_pack_item item;
    size_t offset = 0, name_n = strlen(name);
    int r;

    while ((r = gait_pack_next(bytes, n, &offset, &item)) > 0) {
        if (item.name_bytes == name_n && memcmp(item.name, name, name_n) == 0) {
            *ret_item = item;
            return 0;
        }
    }
    return r < 0 ? r : -ENOENT;
}

/* The one value of an item. */
static int find_scalar(const void *bytes, size_t n, const char *name, struct gait_pack_item *ret_item)
{
    int r = gait_pack_find(bytes, n, name, ret_item);

    if (r < 0)
        return r;
    return ret_item->ndim == 0 ? 0 : -EBADMSG;
}

int gait_pack_get_u64(const void *bytes, size_t n, const char *name, uint64_t *ret_value)
{
    struct gait_pack_item item;
    uint64_t value = 0;
    int r = find_scalar(bytes, n, name, &item);

    if (r < 0)
        return r;
    if (item.dtype != GAIT_PACK_U8 && item.dtype != GAIT_PACK_U16 && item.dtype != GAIT_PACK_U32 &&
        item.dtype != GAIT_PACK_U64)
        return -EBADMSG;
    memcpy(&value, item.data, gait_pack_dtype_size(item.dtype));
    *ret_value = value;
    return 0;
}

int gait_pack_get_u32(const void *bytes, size_t n, const char *name, uint32_t *ret_value)
{
    uint64_t value;
    int r = gait_pack_get_u64(bytes, n, name, &value);

    if (r < 0)
        return r;
    if (value > UINT32_MAX)
        return -ERANGE;
    *ret_value = (uint32_t)value;
    return 0;
}

int gait_pack_get_f64(const void *bytes, size_t n, const char *name, double *ret_value)
{
    struct gait_pack_item item;
    uint64_t value;
    float single;
    int r = find_scalar(bytes, n, name, &item);

    if (r < 0)
        return r;
    if (item.dtype == GAIT_PACK_F64) {
        memcpy(ret_value, item.data, 8);
        return 0;
    }
    if (item.dtype == GAIT_PACK_F32) {
        memcpy(&single, item.data, 4);
        *ret_value = (double)single;
        return 0;
    }
    r = gait_pack_get_u64(bytes, n, name, &value);
    if (r < 0)
        return r;
    if (value > (1ULL << 53))
        return -ERANGE;
    *ret_value = (double)value;
    return 0;
}

int gait_pack_get_array(const void *bytes, size_t n, const char *name, enum gait_pack_dtype dtype, size_t count,
                        void *ret_values)
{
    struct gait_pack_item item;
    int r = gait_pack_find(bytes, n, name, &item);

    if (r < 0)
        return r;
    if (item.dtype != dtype || item.count != count)
        return -EBADMSG;
    if (count)
        memcpy(ret_values, item.data, count * gait_pack_dtype_size(dtype));
    return 0;
}

int gait_pack_get_text(const void *bytes, size_t n, const char *name, char *ret_text, size_t size)
{
    struct gait_pack_item item;
    int r = gait_pack_find(bytes, n, name, &item);

    if (r < 0)
        return r;
    if (item.dtype != GAIT_PACK_UTF8 || memchr(item.data, 0, item.count))
        return -EBADMSG;
    if (item.count >= size)
        return -ENAMETOOLONG;
    memcpy(ret_text, item.data, item.count);
    ret_text[item.count] = '\0';
    return 0;
}
