#include "session/h5.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct h5_quiet h5_quiet_begin(void)
{
    struct h5_quiet quiet = {0};

    /*
     * A file whose close failed on a full disk stays in HDF5 1.10's tables with its memory freed, and the library's exit handler then crashes on it. We close
     * all we open and read it back, so there is nothing for that handler to do. Only the first call, before HDF5 is used, has an effect.
     */
    (void)H5dont_atexit();
    H5Eget_auto2(H5E_DEFAULT, &quiet.print, &quiet.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return quiet;
}

void h5_quiet_end(struct h5_quiet *quiet)
{
    H5Eset_auto2(H5E_DEFAULT, quiet->print, quiet->data);
}

void h5_closep(hid_t *id)
{
    int saved = errno;

    if (*id > 0 && H5Iis_valid(*id) > 0) {
        switch (H5Iget_type(*id)) {
        case H5I_FILE:
            H5Fclose(*id);
            break;
        default:
            H5Idec_ref(*id);
            break;
        }
    }
    *id = -1;
    errno = saved;
}

/* Keeps the innermost description, and any errno that one of them names. */
struct walk {
    char text[256];
    int error;
};

static herr_t keep_innermost(unsigned n, const H5E_error2_t *e, void *user)
{
    struct walk *walk = user;
    const char *number = e->desc ? strstr(e->desc, "errno = ") : NULL;

    (void)n;
    if (e->desc && walk->text[0] == '\0')
        snprintf(walk->text, sizeof(walk->text), "%s (%s)", e->desc, e->func_name);
    if (number && walk->error == 0)
        walk->error = -atoi(number + strlen("errno = "));
    return 0;
}

int h5_error(struct gait_error *err, const char *format, ...)
{
    struct walk walk = {0};
    char what[GAIT_ERROR_TEXT_MAX];
    va_list args;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &walk);
    H5Eclear2(H5E_DEFAULT);
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (walk.error <
        0) /* the system's word says it all; HDF5's has a time stamp, a descriptor and a buffer's address in it */
        return gait_error_set(err, walk.error, "%.200s: %s", what, strerror(-walk.error));
    for (char *c = walk.text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return gait_error_set(err, -EIO, "%.200s: HDF5 failed%s%s", what, walk.text[0] ? ": " : "", walk.text);
}

hid_t h5_file_access(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    if (access >= 0 &&
        (H5Pset_file_locking(access, 0, 1) < 0 || H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0 ||
         H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0))
        h5_closep(&access);
    return access;
}

hid_t h5_file_new(const char *path)
{
    _cleanup_h5_ hid_t create = H5Pcreate(H5P_FILE_CREATE);
    _cleanup_h5_ hid_t access = h5_file_access();

    if (create < 0 || access < 0 ||
        H5Pset_link_creation_order(create, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) < 0)
        return -1;
    return H5Fcreate(path, H5F_ACC_EXCL, create, access);
}

hid_t h5_type(enum gait_pack_dtype dtype)
{
    switch (dtype) {
    case GAIT_PACK_U8:
        return H5T_STD_U8LE;
    case GAIT_PACK_U16:
        return H5T_STD_U16LE;
    case GAIT_PACK_I16:
        return H5T_STD_I16LE;
    case GAIT_PACK_U32:
        return H5T_STD_U32LE;
    case GAIT_PACK_U64:
        return H5T_STD_U64LE;
    case GAIT_PACK_I64:
        return H5T_STD_I64LE;
    case GAIT_PACK_F32:
        return H5T_IEEE_F32LE;
    case GAIT_PACK_F64:
        return H5T_IEEE_F64LE;
    case GAIT_PACK_UTF8:
        break;
    }
    return -1;
}

enum gait_pack_dtype h5_dtype(hid_t type)
{
    for (int d = GAIT_PACK_U8; d <= GAIT_PACK_F64; d++) {
        if (H5Tequal(type, h5_type((enum gait_pack_dtype)d)) > 0)
            return (enum gait_pack_dtype)d;
    }
    return 0;
}

void h5_writer_done(struct h5_writer *w)
{
    h5_closep(&w->file);
    free(w->digests);
    free(w->scratch[0]);
    free(w->scratch[1]);
    free(w->level_buffer);
    memset(w, 0, sizeof(*w));
}

int h5_group(struct h5_writer *w, const char *path)
{
    _cleanup_h5_ hid_t create = H5Pcreate(H5P_GROUP_CREATE);
    _cleanup_h5_ hid_t group = -1;

    if (create >= 0 && H5Pset_link_creation_order(create, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0)
        group = H5Gcreate2(w->file, path, H5P_DEFAULT, create, H5P_DEFAULT);
    return group < 0 ? h5_error(w->err, "%s: cannot make %s", w->name, path) : 0;
}

/* ---- attributes ---- */

static int attr_write(struct h5_writer *w, const char *path, const char *name, hid_t type, hid_t space,
                      const void *value)
{
    _cleanup_h5_ hid_t object = H5Oopen(w->file, path, H5P_DEFAULT);
    _cleanup_h5_ hid_t attr = -1;

    if (object >= 0 && H5Aexists(object, name) > 0)
        H5Adelete(object, name);
    attr = object < 0 ? -1 : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attr < 0 || H5Awrite(attr, type, value) < 0)
        return h5_error(w->err, "%s: cannot write attribute %s of %s", w->name, name, path);
    return 0;
}

/* A type that could not be made whole would be one character, and cut each text to that. */
static hid_t text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0))
        h5_closep(&type);
    return type;
}

int h5_attr_text(struct h5_writer *w, const char *path, const char *name, const char *text)
{
    _cleanup_h5_ hid_t type = text_type();
    _cleanup_h5_ hid_t space = H5Screate(H5S_SCALAR);

    return attr_write(w, path, name, type, space, &text);
}

int h5_attr_texts(struct h5_writer *w, const char *path, const char *name, size_t n, const char *const *texts)
{
    hsize_t shape = n;
    _cleanup_h5_ hid_t type = text_type();
    _cleanup_h5_ hid_t space = n ? H5Screate_simple(1, &shape, NULL) : -1;

    return n ? attr_write(w, path, name, type, space, texts) : 0;
}

static int attr_scalar(struct h5_writer *w, const char *path, const char *name, enum gait_pack_dtype dtype,
                       const void *value)
{
    _cleanup_h5_ hid_t space = H5Screate(H5S_SCALAR);

    return attr_write(w, path, name, h5_type(dtype), space, value);
}

int h5_attr_f64(struct h5_writer *w, const char *path, const char *name, double value)
{
    return attr_scalar(w, path, name, GAIT_PACK_F64, &value);
}

int h5_attr_i64(struct h5_writer *w, const char *path, const char *name, int64_t value)
{
    return attr_scalar(w, path, name, GAIT_PACK_I64, &value);
}

int h5_attr_u64(struct h5_writer *w, const char *path, const char *name, uint64_t value)
{
    return attr_scalar(w, path, name, GAIT_PACK_U64, &value);
}

int h5_attr_u32(struct h5_writer *w, const char *path, const char *name, uint32_t value)
{
    return attr_scalar(w, path, name, GAIT_PACK_U32, &value);
}

int h5_attr_array(struct h5_writer *w, const char *path, const char *name, enum gait_pack_dtype dtype, size_t n,
                  const void *values)
{
    hsize_t shape = n;
    _cleanup_h5_ hid_t space = H5Screate_simple(1, &shape, NULL);

    return attr_write(w, path, name, h5_type(dtype), space, values);
}
