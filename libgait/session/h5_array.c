#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

#include "gait/crc32c.h"
#include "session/h5.h"

/* HDF5 leaves 8 in an object's header; a metric has more, and the heap that they would lie in is larger than they are. */
enum { ATTRIBUTES_IN_HEADER = 32 };

/* ---- creating ---- */

static uint64_t row_bytes(const struct h5_array *a)
{
    uint64_t n = gait_pack_dtype_size(a->dtype);

    for (unsigned i = 1; i < a->ndim; i++)
        n *= a->shape[i];
    return n;
}

static int set_chunks(const struct h5_array *a, uint64_t chunk_rows, hid_t create)
{
    hsize_t chunk[H5_AXES_MAX] = {chunk_rows};

    for (unsigned i = 1; i < a->ndim; i++)
        chunk[i] = a->shape[i];
    if (H5Pset_chunk(create, (int)a->ndim, chunk) < 0 || H5Pset_shuffle(create) < 0)
        return -1;
    return H5Pset_deflate(create, 1);
}

/* All of what is asked for, or none. */
static hid_t create_list(const struct h5_array *a, uint64_t chunk_rows)
{
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);

    if (create >= 0 && (H5Pset_attr_creation_order(create, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) < 0 ||
                        H5Pset_attr_phase_change(create, ATTRIBUTES_IN_HEADER, ATTRIBUTES_IN_HEADER / 2) < 0 ||
                        H5Pset_obj_track_times(create, 0) < 0 || (chunk_rows && set_chunks(a, chunk_rows, create) < 0)))
        h5_closep(&create);
    return create;
}

int h5_attach(hid_t file, hid_t set, unsigned ndim, const char *const *scale, const char *path, struct gait_error *err)
{
    for (unsigned i = 0; i < ndim; i++) {
        _cleanup_h5_ hid_t axis = scale[i] ? H5Dopen2(file, scale[i], H5P_DEFAULT) : -1;

        if (scale[i] && (axis < 0 || H5DSattach_scale(set, axis, i) < 0))
            return h5_error(err, "cannot attach %s to axis %u of %s", scale[i], i, path);
    }
    return 0;
}

static int describe(struct h5_writer *w, const struct h5_array *a, hid_t set)
{
    int r = 0;

    if (a->scale[0])
        r = h5_attach(w->file, set, a->ndim, a->scale, a->path, w->err);
    if (r == 0 && a->units)
        r = h5_attr_text(w, a->path, "units", a->units);
    if (r == 0 && a->long_name)
        r = h5_attr_text(w, a->path, "long_name", a->long_name);
    return r;
}

/* The dataset with its scales and attributes; chunk_rows 0: in one piece, not compressed. */
static int create_set(struct h5_writer *w, const struct h5_array *a, hid_t type, uint64_t chunk_rows, hid_t *ret_set)
{
    hsize_t shape[H5_AXES_MAX];
    _cleanup_h5_ hid_t space = -1, create = create_list(a, chunk_rows), set = -1;
    int r;

    for (unsigned i = 0; i < a->ndim; i++)
        shape[i] = a->shape[i];
    space = H5Screate_simple((int)a->ndim, shape, NULL);
    set = H5Dcreate2(w->file, a->path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    if (set < 0)
        return h5_error(w->err, "%s: cannot make %s", w->name, a->path);
    r = describe(w, a, set);
    if (r < 0)
        return r;
    *ret_set = set;
    set = -1;
    return 0;
}

/* ---- writing ---- */

static int keep_digest(struct h5_writer *w, const char *path, uint32_t crc, uint64_t bytes)
{
    struct h5_digest *grown = reallocarray(w->digests, w->n_digests + 1, sizeof(*grown));

    if (!grown)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    w->digests = grown;
    grown[w->n_digests] = (struct h5_digest){.crc = crc, .bytes = bytes};
    snprintf(grown[w->n_digests].path, H5_PATH_MAX, "%s", path);
    w->n_digests++;
    return 0;
}

static int scratch(struct h5_writer *w, int which, size_t n)
{
    uint8_t *grown;

    if (n <= w->scratch_bytes[which])
        return 0;
    grown = realloc(w->scratch[which], n);
    if (!grown)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory for a chunk of %zu bytes", w->name, n);
    w->scratch[which] = grown;
    w->scratch_bytes[which] = n;
    return 0;
}

int h5_stream_begin(struct h5_writer *w, const struct h5_array *a, uint64_t chunk_rows, struct h5_stream *ret_stream)
{
    struct h5_stream s = {.dtype = a->dtype, .rows = a->shape[0], .chunk_rows = chunk_rows, .row_bytes = row_bytes(a)};
    size_t chunk = (size_t)(chunk_rows * s.row_bytes);
    int r = scratch(w, 0, chunk);

    snprintf(s.path, sizeof(s.path), "%s", a->path);
    if (r == 0)
        r = scratch(w, 1, h5_compress_bound(chunk));
    if (!w->level_buffer)
        w->level_buffer = h5_level_buffer();
    if (r == 0)
        r = create_set(w, a, h5_type(a->dtype), chunk_rows, &s.set);
    if (r < 0)
        return r;
    *ret_stream = s;
    return 0;
}

int h5_stream_rows(struct h5_writer *w, struct h5_stream *s, void *data, uint64_t rows)
{
    size_t chunk = (size_t)(s->chunk_rows * s->row_bytes), used = (size_t)(rows * s->row_bytes), size;
    hsize_t offset[H5_AXES_MAX] = {s->rows_written};

    s->crc = gait_crc32c(s->crc, data, used);
    memset((uint8_t *)data + used, 0, chunk - used);
    h5_shuffle(w->scratch[0], data, chunk, gait_pack_dtype_size(s->dtype));
    size = h5_compress(w->scratch[1], w->scratch_bytes[1], w->scratch[0], chunk, w->level_buffer);
    if (size == 0)
        return gait_error_set(w->err, -EIO, "%s: cannot compress %s", w->name, s->path);
    if (H5Dwrite_chunk(s->set, H5P_DEFAULT, 0, offset, size, w->scratch[1]) < 0 ||
        H5Fflush(w->file, H5F_SCOPE_LOCAL) < 0)
        return h5_error(w->err, "%s: cannot write %s", w->name, s->path);
    s->rows_written += rows;
    return 0;
}

int h5_stream_end(struct h5_writer *w, struct h5_stream *s)
{
    int r = 0;

    h5_closep(&s->set);
    if (s->rows_written != s->rows)
        r = gait_error_set(w->err, -EIO, "%s: %s got %llu of %llu rows", w->name, s->path,
                           (unsigned long long)s->rows_written, (unsigned long long)s->rows);
    if (r == 0)
        r = h5_attr_u32(w, s->path, H5_CRC, s->crc);
    return r < 0 ? r : keep_digest(w, s->path, s->crc, s->rows_written * s->row_bytes);
}

static int write_in_chunks(struct h5_writer *w, const struct h5_array *a, const uint8_t *data)
{
    uint64_t row = row_bytes(a), chunk_rows = H5_CHUNK_BYTES / row ? H5_CHUNK_BYTES / row : 1;
    _cleanup_free_ uint8_t *chunk = NULL;
    struct h5_stream s = {.set = -1};
    int r;

    if (chunk_rows > a->shape[0])
        chunk_rows = a->shape[0];
    chunk = malloc((size_t)(chunk_rows * row));
    if (!chunk)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    r = h5_stream_begin(w, a, chunk_rows, &s);
    for (uint64_t at = 0; r == 0 && at < a->shape[0]; at += chunk_rows) {
        uint64_t rows = a->shape[0] - at < chunk_rows ? a->shape[0] - at : chunk_rows;

        memcpy(chunk, data + at * row, (size_t)(rows * row));
        r = h5_stream_rows(w, &s, chunk, rows);
    }
    if (r < 0) {
        h5_closep(&s.set);
        return r;
    }
    return h5_stream_end(w, &s);
}

static int write_in_one(struct h5_writer *w, const struct h5_array *a, const void *data, uint64_t bytes)
{
    _cleanup_h5_ hid_t set = -1;
    uint32_t crc = gait_crc32c(0, data, (size_t)bytes);
    int r = create_set(w, a, h5_type(a->dtype), 0, &set);

    if (r == 0 && bytes)
        r = h5_attr_u32(w, a->path, H5_CRC, crc);
    if (r < 0)
        return r;
    if (bytes && H5Dwrite(set, h5_type(a->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        return h5_error(w->err, "%s: cannot write %s", w->name, a->path);
    return keep_digest(w, a->path, crc, bytes);
}

int h5_write(struct h5_writer *w, const struct h5_array *a, const void *data)
{
    uint64_t bytes = a->shape[0] * row_bytes(a);

    if (bytes < 4096) /* a page: compressing it saves nothing */
        return write_in_one(w, a, data, bytes);
    return write_in_chunks(w, a, data);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int make_scale(struct h5_writer *w, const char *path, const char *name)
{
    _cleanup_h5_ hid_t set = H5Dopen2(w->file, path, H5P_DEFAULT);

    if (set < 0 || H5DSset_scale(set, name) < 0)
        return h5_error(w->err, "%s: cannot make a scale of %s", w->name, path);
    return 0;
}

int h5_write_scale(struct h5_writer *w, const struct h5_array *a, const void *data)
{
    struct h5_array own = *a;
    int r;

    own.scale[0] = NULL;
    r = h5_write(w, &own, data);
    return r < 0 ? r : make_scale(w, a->path, last_part(a->path));
}

int h5_dimension(struct h5_writer *w, const char *path, uint64_t n)
{
    struct h5_array a = {.path = path, .dtype = GAIT_PACK_F32, .ndim = 1, .shape = {n}};
    char name[80];
    _cleanup_h5_ hid_t set = -1;
    int r = create_set(w, &a, H5T_IEEE_F32LE, 0, &set);

    if (r < 0)
        return r;
    snprintf(name, sizeof(name), "This is a netCDF dimension but not a netCDF variable. %9llu", (unsigned long long)n);
    return make_scale(w, path, name);
}
