#include "session/copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

/* One object of the group being copied. */
struct object {
    char path[H5_PATH_MAX];
    haddr_t addr;
    H5O_type_t type;
};

struct objects {
    struct object *object;
    size_t n;
    const char *group;
};

/* ---- attributes ---- */

static int copy_attribute(hid_t from, hid_t to)
{
    char name[256];
    _cleanup_h5_ hid_t type = H5Aget_type(from), space = H5Aget_space(from), attr = -1;
    hssize_t n = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);
    _cleanup_free_ void *value = n < 0 || size == 0 ? NULL : calloc((size_t)(n > 0 ? n : 1), size);
    int r = -1;

    if (!value || H5Aget_name(from, sizeof(name), name) < 0 || H5Aread(from, type, value) < 0)
        return -1;
    if (H5Aexists(to, name) > 0)
        H5Adelete(to, name);
    attr = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attr >= 0 && H5Awrite(attr, type, value) >= 0)
        r = 0;
    if (H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, value);
    return r;
}

static bool of_scales(const char *name)
{
    static const char *const own[] = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcmp(name, own[i]) == 0)
            return true;
    }
    return false;
}

static herr_t each_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    _cleanup_h5_ hid_t attr = of_scales(name) ? -1 : H5Aopen(object, name, H5P_DEFAULT);

    (void)info;
    return attr < 0 ? (of_scales(name) ? 0 : -1) : copy_attribute(attr, *(hid_t *)user);
}

int copy_attributes(struct h5_writer *w, hid_t from, const char *path)
{
    _cleanup_h5_ hid_t source = H5Oopen(from, path, H5P_DEFAULT);
    _cleanup_h5_ hid_t target = H5Oopen(w->file, path, H5P_DEFAULT);
    hsize_t at = 0;

    if (source < 0 || target < 0 || H5Aiterate2(source, H5_INDEX_NAME, H5_ITER_INC, &at, each_attribute, &target) < 0)
        return h5_error(w->err, "%s: attributes of %s cannot be copied", w->name, path);
    return 0;
}

/* ---- datasets ---- */

static int copy_chunks(hid_t from, hid_t to)
{
    _cleanup_h5_ hid_t space = H5Dget_space(from);
    _cleanup_free_ uint8_t *bytes = NULL;
    hsize_t n = 0, room = 0;

    if (H5Dget_num_chunks(from, space, &n) < 0)
        return -1;
    for (hsize_t i = 0; i < n; i++) {
        hsize_t offset[H5_AXES_MAX] = {0}, size;
        unsigned mask;
        uint32_t filters = 0;
        haddr_t addr;

        if (H5Dget_chunk_info(from, space, i, offset, &mask, &addr, &size) < 0)
            return -1;
        if (size > room) {
            free(bytes);
            bytes = malloc(size);
            room = bytes ? size : 0;
        }
        if (!bytes || H5Dread_chunk(from, H5P_DEFAULT, offset, &filters, bytes) < 0 ||
            H5Dwrite_chunk(to, H5P_DEFAULT, filters, offset, size, bytes) < 0)
            return -1;
    }
    return 0;
}

static int copy_whole(hid_t from, hid_t to)
{
    _cleanup_h5_ hid_t type = H5Dget_type(from), space = H5Dget_space(from);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);
    _cleanup_free_ void *values = NULL;
    int r = -1;

    if (n < 0 || size == 0)
        return -1;
    if (n == 0 || H5Dget_storage_size(from) == 0) /* a dimension without values */
        return 0;
    values = calloc((size_t)n, size);
    if (values && H5Dread(from, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
        H5Dwrite(to, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0)
        r = 0;
    return r;
}

static int copy_scale_name(hid_t from, hid_t to)
{
    char name[128] = "";
    htri_t is_scale = H5DSis_scale(from);

    if (is_scale <= 0)
        return is_scale < 0 ? -1 : 0;
    if (H5DSget_scale_name(from, name, sizeof(name)) < 0)
        return -1;
    return H5DSset_scale(to, name) < 0 ? -1 : 0;
}

/* What an older trial file does not have; copy_attributes() brings it of others. */
static int add_crc(struct h5_writer *w, hid_t source, const struct h5_digest *digest)
{
    htri_t has = H5Aexists(source, H5_CRC);

    if (has < 0)
        return h5_error(w->err, "%s: attributes of %s cannot be read", w->name, digest->path);
    if (has > 0 || H5Dget_storage_size(source) == 0)
        return 0;
    return h5_attr_u32(w, digest->path, H5_CRC, digest->crc);
}

static int copy_set(struct h5_writer *w, hid_t from, const char *path)
{
    _cleanup_h5_ hid_t source = H5Dopen2(from, path, H5P_DEFAULT), type = -1, space = -1, create = -1, target = -1;
    struct h5_digest digest, *grown;
    int r;

    type = source < 0 ? -1 : H5Dget_type(source);
    space = source < 0 ? -1 : H5Dget_space(source);
    create = source < 0 ? -1 : H5Dget_create_plist(source);
    target = create < 0 ? -1 : H5Dcreate2(w->file, path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    if (target < 0 ||
        (H5Pget_layout(create) == H5D_CHUNKED ? copy_chunks(source, target) : copy_whole(source, target)) < 0 ||
        copy_scale_name(source, target) < 0)
        return h5_error(w->err, "%s: %s cannot be copied", w->name, path);
    r = h5_digest_of(from, path, &digest, w->err);
    if (r == 0)
        r = add_crc(w, source, &digest);
    if (r < 0)
        return r;
    grown = reallocarray(w->digests, w->n_digests + 1, sizeof(*grown));
    if (!grown)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    w->digests = grown;
    grown[w->n_digests++] = digest;
    return 0;
}

/* ---- scales ---- */

struct attach {
    const struct objects *all;
    const char *path; /* of the scale found */
};

static herr_t find_scale(hid_t set, unsigned axis, hid_t scale, void *user)
{
    struct attach *a = user;
    H5O_info_t info;

    (void)set;
    (void)axis;
    if (H5Oget_info2(scale, &info, H5O_INFO_BASIC) < 0)
        return -1;
    for (size_t i = 0; i < a->all->n; i++) {
        if (a->all->object[i].addr == info.addr) {
            a->path = a->all->object[i].path;
            return 1;
        }
    }
    return -1;
}

static int attach_scales(struct h5_writer *w, hid_t from, const struct objects *all, const char *path)
{
    _cleanup_h5_ hid_t source = H5Dopen2(from, path, H5P_DEFAULT);
    _cleanup_h5_ hid_t target = H5Dopen2(w->file, path, H5P_DEFAULT);
    _cleanup_h5_ hid_t space = H5Dget_space(source);
    const char *scale[H5_AXES_MAX] = {NULL};
    int ndim = H5Sget_simple_extent_ndims(space);
    htri_t is_scale = H5DSis_scale(source);

    if (is_scale > 0)
        return 0;
    if (is_scale < 0 || ndim < 0 || ndim > H5_AXES_MAX)
        return h5_error(w->err, "%s: the axes of %s cannot be followed", w->name, path);
    for (int i = 0; i < ndim; i++) {
        struct attach a = {.all = all};

        if (H5DSiterate_scales(source, (unsigned)i, NULL, find_scale, &a) < 0)
            return h5_error(w->err, "%s: the scales of %s cannot be followed", w->name, path);
        scale[i] = a.path;
    }
    return h5_attach(w->file, target, (unsigned)ndim, scale, path, w->err);
}

/* ---- the group ---- */

static herr_t list_object(hid_t group, const char *name, const H5O_info_t *info, void *user)
{
    struct objects *all = user;
    struct object *grown = reallocarray(all->object, all->n + 1, sizeof(*grown));

    (void)group;
    if (!grown)
        return -1;
    all->object = grown;
    grown[all->n] = (struct object){.addr = info->addr, .type = info->type};
    if (strcmp(name, ".") == 0)
        snprintf(grown[all->n].path, H5_PATH_MAX, "%s", all->group);
    else if ((size_t)snprintf(grown[all->n].path, H5_PATH_MAX, "%s/%s", all->group, name) >= H5_PATH_MAX)
        return -1;
    all->n++;
    return 0;
}

static int copy_object(struct h5_writer *w, hid_t from, const struct object *o)
{
    int r;

    if (o->type != H5O_TYPE_GROUP && o->type != H5O_TYPE_DATASET)
        return gait_error_set(w->err, -EBADMSG, "%s: %s is no group and no dataset", w->name, o->path);
    r = o->type == H5O_TYPE_GROUP ? h5_group(w, o->path) : copy_set(w, from, o->path);
    return r < 0 ? r : copy_attributes(w, from, o->path);
}

int copy_group(struct h5_writer *w, hid_t from, const char *group)
{
    struct objects all = {.group = group};
    int r = 0;

    if (H5Ovisit_by_name2(from, group, H5_INDEX_NAME, H5_ITER_INC, list_object, &all, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        r = h5_error(w->err, "%s: %s cannot be listed", w->name, group);
    for (size_t i = 0; r == 0 && i < all.n; i++)
        r = copy_object(w, from, &all.object[i]);
    for (size_t i = 0; r == 0 && i < all.n; i++) {
        if (all.object[i].type == H5O_TYPE_DATASET)
            r = attach_scales(w, from, &all, all.object[i].path);
    }
    free(all.object);
    if (r == 0 && H5Fflush(w->file, H5F_SCOPE_LOCAL) < 0)
        r = h5_error(w->err, "%s: %s cannot be written", w->name, group);
    return r;
}
