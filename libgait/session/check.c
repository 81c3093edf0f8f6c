#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

#include "gait/crc32c.h"
#include "session/check.h"
#include "session/layout.h"

static void problem(struct check *check, const char *path, const char *what)
{
    if (check->problems++ == 0)
        snprintf(check->first, sizeof(check->first), "%.160s %s", path, what);
}

/* ---- every dataset: described, and readable to its last byte --------------------------------------------------------------------- */

static bool has_text(hid_t object, const char *name)
{
    _cleanup_h5_ hid_t attr = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t type = attr < 0 ? -1 : H5Aget_type(attr);

    return type >= 0 && H5Tget_class(type) == H5T_STRING;
}

static bool all_axes_scaled(hid_t set, int axes)
{
    for (int i = 0; i < axes; i++)
        if (H5DSget_num_scales(set, (unsigned)i) < 1)
            return false;
    return true;
}

/* What unpacking finds wrong (the compressed bytes carry a checksum) is found by reading. *ret_crc: of what was read. */
static bool reads(hid_t set, hid_t space, int axes, const hsize_t shape[H5_AXES_MAX], uint32_t *ret_crc)
{
    _cleanup_h5_ hid_t type = H5Dget_type(set);
    _cleanup_h5_ hid_t create = H5Dget_create_plist(set);
    hsize_t start[H5_AXES_MAX] = {0}, count[H5_AXES_MAX], chunk[H5_AXES_MAX], row = H5Tget_size(type), step = 1;
    _cleanup_free_ void *rows = NULL;

    for (int i = 1; i < axes; i++)
        row *= count[i] = shape[i];
    if (H5Pget_layout(create) == H5D_CHUNKED && H5Pget_chunk(create, H5_AXES_MAX, chunk) > 0)
        step = chunk[0];
    step = step > shape[0] ? shape[0] : step;
    if (row == 0 || step == 0)
        return true;
    if (row > (1u << 30) || step > (1u << 30) / row || !(rows = malloc(row * step)))
        return false;
    for (; start[0] < shape[0]; start[0] += step) {
        _cleanup_h5_ hid_t memory = -1;

        count[0] = shape[0] - start[0] < step ? shape[0] - start[0] : step;
        memory = H5Screate_simple(axes, count, NULL);
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
            H5Dread(set, type, memory, space, H5P_DEFAULT, rows) < 0)
            return false;
        *ret_crc = gait_crc32c(*ret_crc, rows, (size_t)(count[0] * row));
    }
    return true;
}

/* A length without a coordinate, which netCDF wants as a dataset of nothing. */
static bool is_bare_axis(hid_t set)
{
    static const char bare[] = "This is a netCDF dimension";
    char name[sizeof(bare) + 64] = "";

    return H5DSis_scale(set) > 0 && H5DSget_scale_name(set, name, sizeof(name)) > 0 &&
           strncmp(name, bare, sizeof(bare) - 1) == 0;
}

static void check_dataset(struct check *check, const char *path, hid_t set)
{
    _cleanup_h5_ hid_t space = H5Dget_space(set);
    hsize_t shape[H5_AXES_MAX];
    uint32_t crc = 0;
    uint64_t told;
    int axes = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);

    if (axes < 1 || axes > H5_AXES_MAX || H5Sget_simple_extent_dims(space, shape, NULL) != axes) {
        problem(check, path, "has a shape that is none of ours");
        return;
    }
    if (is_bare_axis(set))
        return;
    if (!has_text(set, "units"))
        problem(check, path, "has no units");
    if (!has_text(set, "long_name"))
        problem(check, path, "has no long_name");
    if (H5DSis_scale(set) <= 0 && !all_axes_scaled(set, axes))
        problem(check, path, "has an axis without a scale");
    if (!reads(set, space, axes, shape, &crc))
        problem(check, path, "cannot be read to its end");
    else if (recording_read_u64(set, H5_CRC, &told) && told != crc) /* none before version 1.1 */
        problem(check, path, "differs from its checksum: bytes of it have changed");
}

/* Every text is read, also where no checksum stands beside it: before version 1.1. */
static void check_texts(struct check *check, hid_t root, const char *path)
{
    _cleanup_h5_ hid_t object = H5Oopen(root, path, H5P_DEFAULT);
    uint32_t now = 0;
    uint64_t told;
    int r = object < 0 ? -EIO : h5_texts_crc(object, &now);

    if (r < 0)
        problem(check, path, "has attributes that cannot be read");
    else if (recording_read_u64(object, H5_TEXTS_CRC, &told) && (r == 0 || now != told))
        problem(check, path, "has texts as attributes that differ from their checksum");
}

static herr_t visit(hid_t root, const char *path, const H5O_info_t *info, void *user)
{
    struct check *check = user;
    _cleanup_h5_ hid_t set = -1;

    if (info->type == H5O_TYPE_NAMED_DATATYPE)
        problem(check, path, "is a named type, which no gait file has");
    if (info->type == H5O_TYPE_DATASET) {
        set = H5Dopen2(root, path, H5P_DEFAULT);
        if (set < 0)
            problem(check, path, "cannot be opened");
        else
            check_dataset(check, path, set);
    }
    check_texts(check, root, path);
    return 0;
}

/* ---- the tables say what the records say --------------------------------------------------------------------------------------------- */

/* A metric's unit as the file has it: readers of later versions may know it by another name, never by another unit. */
static bool has_unit(hid_t set, const char *unit)
{
    _cleanup_h5_ hid_t attr = H5Aexists(set, "units") > 0 ? H5Aopen(set, "units", H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
    _cleanup_h5_ hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
    char *text = NULL;
    bool same;

    if (type < 0 || H5Tis_variable_str(type) <= 0 || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Aread(attr, type, &text) < 0)
        return false;
    same = text && strcmp(text, unit) == 0;
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &text);
    return same;
}

static void check_metric(struct check *check, const struct gait_recorded_trial *t, const char *path,
                         enum gait_metric metric)
{
    _cleanup_h5_ hid_t set =
        H5Lexists(check->rec->file, path, H5P_DEFAULT) > 0 ? H5Dopen2(check->rec->file, path, H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t space = set < 0 ? -1 : H5Dget_space(set);
    _cleanup_free_ double *value = malloc((t->n_footfalls + 1) * sizeof(*value));

    if (set < 0)
        return; /* an older file */
    if (!has_unit(set, gait_metric_info(metric)->unit))
        problem(check, path, "has another unit than the metric");
    if (!value || H5Sget_simple_extent_npoints(space) != (hssize_t)t->n_footfalls ||
        (t->n_footfalls && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)) {
        problem(check, path, "does not have one number for each footfall");
        return;
    }
    for (uint32_t i = 0; i < t->n_footfalls; i++) {
        if (memcmp(&value[i], &t->footfall[i]->value[metric], sizeof(double)) != 0) {
            problem(check, path, "differs from the footfalls' records");
            return;
        }
    }
}

static void check_tables(struct check *check, const struct gait_recorded_trial *t)
{
    struct layout l = {.w = NULL};
    char path[H5_PATH_MAX], name[128];

    layout_group(l.group, &t->header);
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        snprintf(name, sizeof(name), "footfalls/%s", gait_metric_info((enum gait_metric)m)->name);
        check_metric(check, t, layout_path(&l, path, name), (enum gait_metric)m);
    }
}

int gait_recording_check(const struct gait_recording *rec, struct gait_error *err)
{
    struct check check = {.rec = rec};
    H5_QUIET;

    if (rec->kind == RECORDING_JOURNAL)
        return 0;
    if (H5Ovisit2(rec->file, H5_INDEX_NAME, H5_ITER_INC, visit, &check, H5O_INFO_ALL) < 0)
        problem(&check, "/", "cannot be listed");
    for (uint32_t i = 0; i < rec->n_trials; i++) {
        check_tables(&check, &rec->trial[i].t);
        check_counts(&check, &rec->trial[i]);
    }
    if (check.problems == 0 && check.clashes == 0)
        return 0;
    if (check.problems == 0) {
        gait_error_set(err, 0, "%s%s", check.clash, check.clashes > 1 ? ", and more disagrees" : "");
        return 1;
    }
    if (check.problems == 1)
        return gait_error_set(err, -EBADMSG, "%s: %s", rec->path, check.first);
    return gait_error_set(err, -EBADMSG, "%s: %s, and %u more problems", rec->path, check.first, check.problems - 1);
}
