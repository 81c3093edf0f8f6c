#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "gait/crc32c.h"
#include "session/layout.h"
#include "session/salvage.h"

/* ---- the bytes, as far as they go -------------------------------------------------------------------------------------------------- */

/* What comes out of a chunk that cannot be unpacked whole: everything before its damage, and a little of what is none. */
static size_t unpack_start(hid_t set, hsize_t at, uint8_t *to, size_t room)
{
    hsize_t offset[1] = {at}, packed = 0;
    _cleanup_free_ uint8_t *bytes = NULL;
    uint32_t filters = 0;
    z_stream z = {.next_out = to, .avail_out = (uInt)room};

    if (H5Dget_chunk_storage_size(set, offset, &packed) < 0 || packed == 0 || packed > 2 * H5_CHUNK_BYTES)
        return 0;
    bytes = malloc(packed);
    if (!bytes || H5Dread_chunk(set, H5P_DEFAULT, offset, &filters, bytes) < 0 || inflateInit(&z) != Z_OK)
        return 0;
    z.next_in = bytes;
    z.avail_in = (uInt)packed;
    inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    return room - z.avail_out;
}

static bool read_part(hid_t set, hsize_t at, hsize_t n, uint8_t *to)
{
    _cleanup_h5_ hid_t space = H5Dget_space(set), memory = H5Screate_simple(1, &n, NULL);

    return H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &n, NULL) >= 0 &&
           H5Dread(set, H5T_STD_U8LE, memory, space, H5P_DEFAULT, to) >= 0;
}

/* Chunk by chunk up to the first that is damaged. Returns how many bytes there are. */
static size_t read_start(hid_t set, size_t n, uint8_t *to)
{
    _cleanup_h5_ hid_t create = H5Dget_create_plist(set);
    hsize_t chunk = n;

    if (H5Pget_layout(create) == H5D_CHUNKED && H5Pget_chunk(create, 1, &chunk) != 1)
        return 0;
    for (size_t at = 0; at < n; at += chunk) {
        size_t want = n - at < chunk ? n - at : chunk;

        if (!read_part(set, at, want, to + at))
            return at + (chunk <= H5_CHUNK_BYTES ? unpack_start(set, at, to + at, want) : 0);
    }
    return n;
}

/* ---- is the state what was written? ------------------------------------------------------------------------------------------------ */

/* The numbers of two objects' attributes: those of `own` must stand in `theirs`. Texts have a checksum of their own. */
static herr_t same_number(hid_t own, const char *name, const H5A_info_t *info, void *user)
{
    hid_t theirs = *(hid_t *)user;
    _cleanup_h5_ hid_t a = H5Aopen(own, name, H5P_DEFAULT), type = H5Aget_type(a);
    _cleanup_h5_ hid_t b = H5Aexists(theirs, name) > 0 ? H5Aopen(theirs, name, H5P_DEFAULT) : -1;
    double x = 0, y = 1;

    (void)info;
    if (H5Tget_class(type) != H5T_FLOAT)
        return 0;
    if (b < 0 || H5Aread(a, H5T_NATIVE_DOUBLE, &x) < 0 || H5Aread(b, H5T_NATIVE_DOUBLE, &y) < 0)
        return -1;
    return memcmp(&x, &y, sizeof(x)) == 0 ? 0 : -1;
}

struct twin {
    hid_t own, theirs;
    const char *group;
};

static herr_t same_object(hid_t group, const char *name, const H5O_info_t *info, void *user)
{
    const struct twin *twin = user;
    _cleanup_h5_ hid_t own = H5Oopen(group, name, H5P_DEFAULT);
    char path[H5_PATH_MAX];
    _cleanup_h5_ hid_t theirs = -1;
    struct h5_digest a, b;
    uint32_t texts = 0, their_texts = 0;
    hsize_t at = 0;

    snprintf(path, sizeof(path), "%s/%s", twin->group, name);
    theirs = H5Oopen(twin->theirs, path, H5P_DEFAULT);
    if (own < 0 || theirs < 0 || H5Aiterate2(own, H5_INDEX_NAME, H5_ITER_INC, &at, same_number, &theirs) < 0)
        return -1;
    if (info->type == H5O_TYPE_GROUP)
        return h5_texts_crc(own, &texts) == h5_texts_crc(theirs, &their_texts) && texts == their_texts ? 0 : -1;
    if (h5_digest_of(twin->own, path, &a, NULL) < 0 || h5_digest_of(twin->theirs, path, &b, NULL) < 0)
        return -1;
    return a.crc == b.crc && a.bytes == b.bytes ? 0 : -1;
}

/* Write what the records say of the state into a file in memory, and hold that against what this file says of it beside them. */
static bool state_stands_twice(const struct gait_recording *rec, const char *group, const struct trial *trial)
{
    _cleanup_h5_ hid_t access = h5_file_access();
    struct gait_error err = {0};
    struct h5_writer w = {.name = "memory", .err = &err, .file = -1};
    struct layout l = {.w = &w, .trial = trial};
    char state[H5_PATH_MAX];
    struct twin twin = {-1, rec->file, state};
    bool same = false;

    if (access >= 0 && H5Pset_fapl_core(access, H5_CHUNK_BYTES, 0) >= 0)
        w.file = H5Fcreate("gait-state", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    layout_group(l.group, &trial->t.header);
    snprintf(state, sizeof(state), "%s/state", group);
    twin.own = w.file;
    if (w.file >= 0 && strcmp(l.group, group) == 0 && layout_start(&l) == 0)
        same = H5Ovisit_by_name2(w.file, state, H5_INDEX_NAME, H5_ITER_INC, same_object, &twin, H5O_INFO_BASIC,
                                 H5P_DEFAULT) >= 0;
    h5_writer_done(&w);
    h5_closep(&w.file);
    return same;
}

/* ---- both -------------------------------------------------------------------------------------------------------------------------- */

static int broken(const struct gait_recording *rec, const char *what, struct gait_error *err)
{
    return gait_error_set(err, -EBADMSG, "%s: its records %s: without their state nothing can be made of the frames",
                          rec->path, what);
}

/* The bytes of the dataset that can be read, and whether they are all and what was written. */
static int read_bytes(struct gait_recording *rec, const char *group, uint8_t **ret, size_t *ret_n, bool *ret_whole,
                      struct gait_error *err)
{
    _cleanup_h5_ hid_t set = -1;
    int64_t n = recording_open_records(rec, group, &set);

    if (n < 0)
        return broken(rec, "cannot be opened", err);
    *ret = malloc((size_t)n + 1);
    if (!*ret)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    *ret_n = read_start(set, (size_t)n, *ret);
    *ret_whole = *ret_n == (size_t)n && salvage_crc_holds(set, gait_crc32c(0, *ret, (size_t)n));
    return 0;
}

int salvage_records(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_salvaged *s,
                    struct gait_error *err)
{
    _cleanup_free_ uint8_t *bytes = NULL;
    struct gait_error why = {0};
    size_t n = 0;
    bool whole = false;
    int r = read_bytes(rec, group, &bytes, &n, &whole, err);

    if (r < 0)
        return r;
    r = trial_load_records(trial, bytes, n, rec->path, &why); /* of what is not whole, as many as there are */
    if (r == -ENOMEM)
        return gait_error_set(err, r, "%s: no memory", rec->path);
    if (r == 0 && whole)
        return 0;
    if (!trial->have_header || !trial->have_state)
        return broken(rec, "cannot be read", err);
    if (!state_stands_twice(rec, group, trial))
        return broken(rec, "have changed, and what they say of the state stands nowhere else in the file", err);
    s->footfalls_lost = true;
    salvage_tell(s, "its records are not whole (%u actions of operators are left, unproven)", trial->t.n_actions);
    return 0;
}
