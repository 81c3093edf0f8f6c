#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gait/crc32c.h"
#include "session/h5.h"

/*
 * Texts of attributes lie in HDF5's global heap, the only part of a file of version 1.1 in which nothing carries a checksum: each object
 * has one of its own over them.
 */

struct texts {
    uint32_t crc;
    size_t n;
};

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    struct texts *texts = user;
    _cleanup_h5_ hid_t attr = H5Aopen(object, name, H5P_DEFAULT), type = -1, space = -1;
    _cleanup_free_ char **text = NULL;
    htri_t is_text;
    hssize_t n;

    (void)info;
    type = attr < 0 ? -1 : H5Aget_type(attr);
    space = type < 0 ? -1 : H5Aget_space(attr);
    n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    is_text = n < 0 ? -1 : H5Tis_variable_str(type);
    if (is_text <= 0)
        return is_text;
    text = calloc((size_t)n + 1, sizeof(*text));
    if (!text || H5Aread(attr, type, text) < 0)
        return -1;
    texts->crc = gait_crc32c(texts->crc, name, strlen(name) + 1);
    for (hssize_t i = 0; i < n; i++)
        texts->crc = gait_crc32c(texts->crc, text[i] ? text[i] : "", (text[i] ? strlen(text[i]) : 0) + 1);
    texts->n++;
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, text) < 0 ? -1 : 0;
}

int h5_texts_crc(hid_t object, uint32_t *ret_crc)
{
    struct texts texts = {0};
    hsize_t at = 0;

    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &at, add_attribute, &texts) < 0)
        return -EIO;
    *ret_crc = texts.crc;
    return texts.n > 0;
}

static herr_t visit(hid_t root, const char *path, const H5O_info_t *info, void *user)
{
    struct h5_writer *w = user;
    _cleanup_h5_ hid_t object = H5Oopen(root, path, H5P_DEFAULT);
    uint32_t crc;
    htri_t has = object < 0 ? -1 : H5Aexists(object, H5_TEXTS_CRC);
    int r = has < 0 ? -1 : has > 0 ? 0 : h5_texts_crc(object, &crc);

    (void)info;
    if (r <= 0)
        return r;
    return h5_attr_u32(w, path, H5_TEXTS_CRC, crc);
}

int h5_seal_texts(struct h5_writer *w)
{
    if (H5Ovisit2(w->file, H5_INDEX_NAME, H5_ITER_INC, visit, w, H5O_INFO_BASIC) < 0)
        return h5_error(w->err, "%s: the checksums of its texts cannot be written", w->name);
    return 0;
}

int h5_texts_change(struct h5_writer *w, const char *path)
{
    _cleanup_h5_ hid_t object = H5Oopen(w->file, path, H5P_DEFAULT);

    htri_t has = object < 0 ? -1 : H5Aexists(object, H5_TEXTS_CRC);

    if (has < 0 || (has > 0 && H5Adelete(object, H5_TEXTS_CRC) < 0))
        return h5_error(w->err, "%s: the checksum of the texts of %s cannot be removed", w->name, path);
    return 0;
}
