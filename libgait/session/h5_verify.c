#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gait/crc32c.h"
#include "session/h5.h"

enum { SLAB_BYTES = 4 << 20 };

/* An open dataset and its shape. */
struct view {
    hid_t set, space, type;
    int ndim;
    hsize_t shape[H5_AXES_MAX];
};

static void view_close(struct view *v)
{
    h5_closep(&v->type);
    h5_closep(&v->space);
    h5_closep(&v->set);
}

static int view_open(hid_t file, const char *path, struct view *v, struct gait_error *err)
{
    v->set = H5Dopen2(file, path, H5P_DEFAULT);
    v->space = v->set < 0 ? -1 : H5Dget_space(v->set);
    v->type = v->set < 0 ? -1 : H5Dget_type(v->set);
    v->ndim = v->space < 0 ? -1 : H5Sget_simple_extent_ndims(v->space);
    if (v->ndim < 1 || v->ndim > H5_AXES_MAX || H5Sget_simple_extent_dims(v->space, v->shape, NULL) < 0)
        return h5_error(err, "%s: cannot be opened or has a shape that is none of ours", path);
    return 0;
}

/* Rows at, at+1, ... of a dataset into memory, in the file's own type: all of ours are little-endian, as this machine is. */
static int read_rows(const struct view *v, hsize_t at, hsize_t rows, void *to)
{
    hsize_t start[H5_AXES_MAX] = {at}, count[H5_AXES_MAX] = {rows};
    _cleanup_h5_ hid_t memory = -1;

    for (int i = 1; i < v->ndim; i++)
        count[i] = v->shape[i];
    memory = H5Screate_simple(v->ndim, count, NULL);
    if (H5Sselect_hyperslab(v->space, H5S_SELECT_SET, start, NULL, count, NULL) < 0)
        return -1;
    return H5Dread(v->set, v->type, memory, v->space, H5P_DEFAULT, to);
}

/* Rows of one chunk, so that each chunk is unpacked once. */
static hsize_t slab_rows(const struct view *v, size_t row)
{
    _cleanup_h5_ hid_t create = H5Dget_create_plist(v->set);
    hsize_t chunk[H5_AXES_MAX];

    if (H5Pget_layout(create) == H5D_CHUNKED && H5Pget_chunk(create, H5_AXES_MAX, chunk) > 0)
        return chunk[0];
    return SLAB_BYTES / row ? SLAB_BYTES / row : 1;
}

static int digest_numbers(const struct view *v, struct h5_digest *d, struct gait_error *err)
{
    size_t row = H5Tget_size(v->type);
    _cleanup_free_ uint8_t *slab = NULL;
    hsize_t rows;

    for (int i = 1; i < v->ndim; i++)
        row *= v->shape[i];
    if (row == 0 || v->shape[0] == 0)
        return 0;
    rows = slab_rows(v, row);
    if (rows > v->shape[0])
        rows = v->shape[0];
    slab = malloc(rows * row);
    if (!slab)
        return gait_error_set(err, -ENOMEM, "%s: no memory", d->path);
    for (hsize_t at = 0; at < v->shape[0]; at += rows) {
        hsize_t n = v->shape[0] - at < rows ? v->shape[0] - at : rows;

        if (read_rows(v, at, n, slab) < 0)
            return h5_error(err, "%s: cannot be read back", d->path);
        d->crc = gait_crc32c(d->crc, slab, n * row);
        d->bytes += n * row;
    }
    return 0;
}

int h5_digest_of(hid_t file, const char *path, struct h5_digest *ret_digest, struct gait_error *err)
{
    struct view v = {-1, -1, -1, 0, {0}};
    struct h5_digest d = {.crc = 0};
    int r;

    strncpy(d.path, path, sizeof(d.path) - 1);
    r = view_open(file, path, &v, err);
    if (r == 0)
        r = digest_numbers(&v, &d, err);
    view_close(&v);
    if (r == 0)
        *ret_digest = d;
    return r;
}

int h5_verify(const char *file_path, const struct h5_digest *digests, size_t n, struct gait_error *err)
{
    _cleanup_h5_ hid_t access = h5_file_access();
    _cleanup_h5_ hid_t file = H5Fopen(file_path, H5F_ACC_RDONLY, access);

    if (file < 0)
        return h5_error(err, "%s: cannot be opened after it was written", file_path);
    for (size_t i = 0; i < n; i++) {
        struct h5_digest now;
        int r = h5_digest_of(file, digests[i].path, &now, err);

        if (r < 0)
            return gait_error_prefix(err, r, "%s", file_path);
        if (now.crc != digests[i].crc || now.bytes != digests[i].bytes)
            return gait_error_set(err, -EIO,
                                  "%s: %s does not read back as it was written; the disk or memory is failing",
                                  file_path, digests[i].path);
    }
    return 0;
}
