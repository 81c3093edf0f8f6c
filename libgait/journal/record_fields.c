#include "journal/record_fields.h"

#include <errno.h>
#include <string.h>

int record_fields_pack(struct gait_pack *pack, const struct record_field *fields, size_t n, const void *from)
{
    for (size_t i = 0; i < n; i++) {
        const struct record_field *f = &fields[i];
        const char *member = (const char *)from + f->offset;

        if (f->dtype == GAIT_PACK_UTF8) {
            if (strnlen(member, f->count) == f->count && !pack->error)
                pack->error = -EINVAL;
            gait_pack_text(pack, f->name, member);
        } else {
            gait_pack_array(pack, f->name, f->dtype, f->count ? 1 : 0, &f->count, member);
        }
    }
    return gait_pack_error(pack);
}

static int unpack_one(const void *bytes, size_t n_bytes, const struct record_field *f, char *member)
{
    struct gait_pack_item item;
    int r;

    if (f->dtype == GAIT_PACK_UTF8) {
        r = gait_pack_get_text(bytes, n_bytes, f->name, member, f->count);
        return r == -ENAMETOOLONG ? -EBADMSG : r;
    }
    r = gait_pack_find(bytes, n_bytes, f->name, &item);
    if (r < 0)
        return r;
    if (item.dtype != f->dtype || item.ndim != (f->count ? 1u : 0u) || (f->count && item.count != f->count))
        return -EBADMSG;
    memcpy(member, item.data, item.count * gait_pack_dtype_size(item.dtype));
    return 0;
}

int record_fields_unpack(const void *bytes, size_t n_bytes, const struct record_field *fields, size_t n, void *to)
{
    for (size_t i = 0; i < n; i++) {
        int r = unpack_one(bytes, n_bytes, &fields[i], (char *)to + fields[i].offset);

        if (r < 0 && r != -ENOENT)
            return r;
    }
    return 0;
}
