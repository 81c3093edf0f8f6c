/*
 * The one thin layer over HDF5: quiet errors kept as text, handles that close themselves, attributes, and whole arrays with a scale on every
 * axis, compressed by us. Everything here returns 0 or negative errno with the writer's err set.
 */
#ifndef GAIT_SESSION_H5_H
#define GAIT_SESSION_H5_H

#include <hdf5.h>

#include "gait/cleanup.h"
#include "gait/error.h"
#include "gait/pack.h"

enum {
    H5_AXES_MAX = 3,
    H5_PATH_MAX = 192,
    H5_CHUNK_BYTES = 1 << 20, /* of arrays that are not frames */
};

/* HDF5's own error printing, switched off for a scope and put back after it. */
struct h5_quiet {
    H5E_auto2_t print;
    void *data;
};
struct h5_quiet h5_quiet_begin(void);
void h5_quiet_end(struct h5_quiet *quiet);
#define H5_QUIET _cleanup_(h5_quiet_end) __attribute__((unused)) struct h5_quiet quiet = h5_quiet_begin()

/* Closes any kind of handle. */
void h5_closep(hid_t *id);
#define _cleanup_h5_ _cleanup_(h5_closep)

/* Text of the innermost failure on HDF5's stack into err, "prefix: ..."; the errno it names, else -EIO. Clears the stack. */
int h5_error(struct gait_error *err, const char *format, ...) GAIT_PRINTF(2, 3);

/* Property list for opening: no file locks (they fail on NFS), the format of HDF5 1.8, whose headers carry checksums. */
hid_t h5_file_access(void);
/* Make a file that is not there; groups and links keep the order they were made in. Negative on failure, with the reason on HDF5's stack. */
hid_t h5_file_new(const char *path);

/* The file's type of a stored number; -1 for another. */
hid_t h5_type(enum gait_pack_dtype dtype);
/* The way back; 0 when it is none of ours. */
enum gait_pack_dtype h5_dtype(hid_t type);

/* What a dataset held when it was written, to be compared after reading it back. */
struct h5_digest {
    char path[H5_PATH_MAX];
    uint32_t crc;
    uint64_t bytes;
};

struct h5_writer {
    hid_t file;
    const char *name; /* for messages */
    struct gait_error *err;
    struct h5_digest *digests;
    size_t n_digests;
    uint8_t *scratch[2]; /* a chunk shuffled; compressed */
    size_t scratch_bytes[2];
    void *level_buffer; /* ISA-L's */
};

void h5_writer_done(struct h5_writer *w);

/* Describes one array. scales: path of the dimension scale of each axis; NULL for an array that is a scale itself. */
struct h5_array {
    const char *path;
    enum gait_pack_dtype dtype;
    unsigned ndim;
    uint64_t shape[H5_AXES_MAX];
    const char *scale[H5_AXES_MAX];
    const char *units, *long_name;
};

int h5_group(struct h5_writer *w, const char *path);
int h5_attr_text(struct h5_writer *w, const char *path, const char *name, const char *text);
/* n texts along one axis; none: no attribute. */
int h5_attr_texts(struct h5_writer *w, const char *path, const char *name, size_t n, const char *const *texts);
int h5_attr_f64(struct h5_writer *w, const char *path, const char *name, double value);
int h5_attr_i64(struct h5_writer *w, const char *path, const char *name, int64_t value);
int h5_attr_u32(struct h5_writer *w, const char *path, const char *name, uint32_t value);
int h5_attr_u64(struct h5_writer *w, const char *path, const char *name, uint64_t value);
/* n values of a type along one axis. */
int h5_attr_array(struct h5_writer *w, const char *path, const char *name, enum gait_pack_dtype dtype, size_t n,
                  const void *values);

/* Write an array whole. */
int h5_write(struct h5_writer *w, const struct h5_array *array, const void *data);
/* Write a coordinate: an array of one axis that is its own scale. */
int h5_write_scale(struct h5_writer *w, const struct h5_array *array, const void *data);
/* A dimension without values, in netCDF's way. */
int h5_dimension(struct h5_writer *w, const char *path, uint64_t n);

/* An array written in chunks of rows along its first axis; every chunk is flushed. */
struct h5_stream {
    hid_t set;
    char path[H5_PATH_MAX]; /* the array's, whose own may be gone */
    enum gait_pack_dtype dtype;
    uint64_t rows;
    uint64_t chunk_rows, row_bytes, rows_written;
    uint32_t crc;
};
int h5_stream_begin(struct h5_writer *w, const struct h5_array *array, uint64_t chunk_rows,
                    struct h5_stream *ret_stream);
/* rows <= chunk_rows; fewer only in the last chunk. data has room for chunk_rows; what is behind `rows` is cleared. */
int h5_stream_rows(struct h5_writer *w, struct h5_stream *stream, void *data, uint64_t rows);
int h5_stream_end(struct h5_writer *w, struct h5_stream *stream);

/* CRC and size of a dataset as it reads back. */
int h5_digest_of(hid_t file, const char *path, struct h5_digest *ret_digest, struct gait_error *err);
/* Compare all digests with what the file gives now. -EIO: it does not hold what was written. */
int h5_verify(const char *file_path, const struct h5_digest *digests, size_t n, struct gait_error *err);

/* Attach the scales by path to the axes of a dataset. */
int h5_attach(hid_t file, hid_t set, unsigned ndim, const char *const *scale, const char *path, struct gait_error *err);

/* ---- h5_texts.c ---- */

#define H5_CRC       "crc32c"       /* attribute of a dataset: of its values */
#define H5_TEXTS_CRC "texts_crc32c" /* attribute of an object with texts as attributes */

/* CRC-32C of an object's texts: of each text attribute, in the order of their names, the name and its texts, each with its NUL. Returns 1; 0 it has none; -EIO. */
int h5_texts_crc(hid_t object, uint32_t *ret_crc);
/* Give every object of the file that has none its checksum of texts: the last that is written. */
int h5_seal_texts(struct h5_writer *w);
/* The texts of an object that was copied change: its checksum goes. */
int h5_texts_change(struct h5_writer *w, const char *path);

/* ---- compress.c ---- */

/* Bytes that h5_compress() may need for n. */
size_t h5_compress_bound(size_t n);
/* HDF5's shuffle. */
void h5_shuffle(uint8_t *to, const uint8_t *from, size_t n, size_t element_bytes);
/* zlib stream of n bytes. level_buffer: from h5_level_buffer(). Returns its size, 0 on failure. */
size_t h5_compress(uint8_t *to, size_t to_bytes, const uint8_t *from, size_t n, void *level_buffer);
void *h5_level_buffer(void);

#endif
