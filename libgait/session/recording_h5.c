#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/layout.h"
#include "session/recording.h"

#define RECORDING_RECORDS "/journal/records"

enum {
    FRAMES_MAX = 1 << 28,
    RECORDS_BYTES_MAX = 1 << 30,
    RATIO_MAX = 1100, /* deflate cannot do better than 1032 to 1 */
};

bool recording_holds(const struct gait_recording *rec, hid_t set, uint64_t bytes)
{
    hsize_t stored = H5Dget_storage_size(set), file = 0;

    if (H5Fget_filesize(rec->file, &file) < 0)
        return false;
    return bytes / RATIO_MAX <= (stored < file ? stored : file);
}

/* A text attribute, cut at RECORDING_TEXT_MAX; false when there is none. */
static bool read_text(hid_t object, const char *name, char ret_text[RECORDING_TEXT_MAX])
{
    _cleanup_h5_ hid_t attr = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
    _cleanup_h5_ hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
    char *text = NULL;

    if (type < 0 || H5Tis_variable_str(type) <= 0 || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Aread(attr, type, &text) < 0 || !text)
        return false;
    snprintf(ret_text, RECORDING_TEXT_MAX, "%s", text);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &text);
    return true;
}

int64_t recording_column_length(hid_t set, hid_t type)
{
    _cleanup_h5_ hid_t space = H5Dget_space(set);
    _cleanup_h5_ hid_t stored = H5Dget_type(set);
    hsize_t n;

    if (space < 0 || H5Sget_simple_extent_ndims(space) != 1 || H5Sget_simple_extent_dims(space, &n, NULL) != 1)
        return -EBADMSG;
    return H5Tequal(stored, type) > 0 ? (int64_t)n : -EBADMSG;
}

static int broken(const struct gait_recording *rec, const char *path, struct gait_error *err)
{
    h5_error(err, "%s: %s is missing or broken", rec->path, path);
    err->code = -EBADMSG;
    return -EBADMSG;
}

int64_t recording_open_records(const struct gait_recording *rec, const char *group, hid_t *ret_set)
{
    char path[H5_PATH_MAX];
    int64_t n;

    snprintf(path, sizeof(path), "%s" RECORDING_RECORDS, group);
    *ret_set = H5Dopen2(rec->file, path, H5P_DEFAULT);
    n = *ret_set < 0 ? -EBADMSG : recording_column_length(*ret_set, H5T_STD_U8LE);
    return n > RECORDS_BYTES_MAX || (n >= 0 && !recording_holds(rec, *ret_set, (uint64_t)n)) ? -EBADMSG : n;
}

static int read_records(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_error *err)
{
    char path[H5_PATH_MAX];
    _cleanup_free_ uint8_t *bytes = NULL;
    _cleanup_h5_ hid_t set = -1;
    int64_t n = recording_open_records(rec, group, &set);

    snprintf(path, sizeof(path), "%s" RECORDING_RECORDS, group);
    if (n < 0)
        return broken(rec, path, err);
    bytes = malloc((size_t)n + 1);
    if (!bytes)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    if (n && H5Dread(set, H5T_STD_U8LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0)
        return broken(rec, path, err);
    return trial_load_records(trial, bytes, (size_t)n, rec->path, err);
}

/* One column into its member of all frames. */
static int read_column(struct gait_recording *rec, const char *group, const struct frame_column *c, struct trial *trial,
                       struct gait_error *err)
{
    char path[H5_PATH_MAX];
    size_t size = gait_pack_dtype_size(c->dtype);
    _cleanup_free_ uint8_t *values = malloc((size_t)trial->t.frames * size + 1);
    _cleanup_h5_ hid_t set = -1;

    if (!values)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    snprintf(path, sizeof(path), "%s/%s", group, c->name);
    set = H5Dopen2(rec->file, path, H5P_DEFAULT);
    if (set < 0 || recording_column_length(set, h5_type(c->dtype)) != (int64_t)trial->t.frames)
        return broken(rec, path, err);
    if (trial->t.frames && H5Dread(set, h5_type(c->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        return broken(rec, path, err);
    for (uint64_t i = 0; i < trial->t.frames; i++)
        memcpy((uint8_t *)&trial->frame[i] + c->offset, values + i * size, size);
    return 0;
}

int64_t recording_raw_frames(struct gait_recording *rec, const char *group, const struct gait_geometry *g)
{
    char path[H5_PATH_MAX];
    _cleanup_h5_ hid_t set = -1, space = -1;
    hsize_t shape[3];

    snprintf(path, sizeof(path), "%s/raw", group);
    set = H5Dopen2(rec->file, path, H5P_DEFAULT);
    space = set < 0 ? -1 : H5Dget_space(set);
    if (space < 0 || H5Sget_simple_extent_ndims(space) != 3 || H5Sget_simple_extent_dims(space, shape, NULL) != 3)
        return -EBADMSG;
    if (shape[0] > FRAMES_MAX || shape[1] != g->rows || shape[2] != g->cols ||
        !recording_holds(rec, set, shape[0] * gait_geometry_frame_bytes(g)))
        return -EBADMSG;
    return (int64_t)shape[0];
}

static int read_frames(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_error *err)
{
    int64_t n = trial->have_state ? recording_raw_frames(rec, group, &trial->t.state.geometry) : -EBADMSG;
    int r = 0;

    if (n < 0)
        return broken(rec, group, err);
    trial->frame = calloc((size_t)n + 1, sizeof(*trial->frame));
    if (!trial->frame)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    trial->t.frames = trial->frame_room = (uint64_t)n;
    for (size_t i = 0; r == 0 && i < n_frame_columns; i++)
        r = read_column(rec, group, &frame_columns[i], trial, err);
    for (uint64_t i = 0; i < trial->t.frames; i++)
        trial->frame[i].raw_bytes = gait_geometry_frame_bytes(&trial->t.state.geometry);
    for (uint64_t i = 0; r == 0 && i < trial->t.frames; i++) {
        if (i ? trial->frame[i].frame <= trial->frame[i - 1].frame
              : trial->frame[i].frame < trial->t.header.first_frame)
            r = broken(rec, group, err);
    }
    return r;
}

bool recording_read_u64(hid_t object, const char *name, uint64_t *ret_value)
{
    _cleanup_h5_ hid_t attr = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
    uint64_t value;

    if (attr < 0 || H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attr, H5T_NATIVE_UINT64, &value) < 0)
        return false;
    *ret_value = value;
    return true;
}

/* What of the journal could not be read when it was sealed. */
static void read_damage(hid_t object, struct gait_recorded_trial *t)
{
    char kinds[RECORDING_TEXT_MAX] = "";

    (void)recording_read_u64(object, "journal_missing_records", &t->missing_records);
    (void)recording_read_u64(object, "journal_bad_bytes", &t->bad_bytes);
    (void)recording_read_u64(object, "journal_torn_bytes", &t->torn_bytes);
    if (read_text(object, "journal_missing_kinds", kinds))
        snprintf(t->missing_kinds, sizeof(t->missing_kinds), "%s", kinds);
}

void recording_read_about(struct gait_recording *rec, const char *group, struct trial *trial)
{
    _cleanup_h5_ hid_t object = H5Gopen2(rec->file, group, H5P_DEFAULT);
    char text[RECORDING_TEXT_MAX];

    if (object >= 0)
        read_damage(object, &trial->t);
    if (object >= 0 && read_text(object, "uuid", text))
        (void)gait_uuid_parse(text, trial->t.header.uuid); /* the header's own stays when this is none */
    if (!trial->have_header)
        (void)sscanf(group, "/trial-%u", &trial->t.header.trial);
}

static int load_trial(struct gait_recording *rec, const char *name, struct trial *trial, struct gait_error *err)
{
    char group[RECORDING_TEXT_MAX];
    int r;

    snprintf(group, sizeof(group), "/%s", name);
    r = read_records(rec, group, trial, err);
    if (r == 0)
        r = read_frames(rec, group, trial, err);
    if (r == 0)
        recording_read_about(rec, group, trial);
    return r == 0 ? trial_complete(trial, rec->path, err) : r;
}

static herr_t keep_name(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    struct recording_names *names = user;
    char(*grown)[RECORDING_TEXT_MAX];

    (void)group;
    (void)info;
    if (strncmp(name, "trial-", 6) != 0 || strlen(name) >= RECORDING_TEXT_MAX - 1)
        return 0;
    grown = reallocarray(names->name, names->n + 1, sizeof(*grown));
    if (!grown) {
        names->error = -ENOMEM;
        return -1;
    }
    names->name = grown;
    snprintf(names->name[names->n++], RECORDING_TEXT_MAX, "%s", name);
    return 0;
}

static int load_trials(struct gait_recording *rec, const struct recording_names *names, struct gait_error *err)
{
    rec->trial = calloc(names->n + 1, sizeof(*rec->trial));
    if (!rec->trial)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    for (size_t i = 0; i < names->n; i++) {
        int r;

        rec->n_trials++; /* before: half a trial is freed too */
        r = load_trial(rec, names->name[i], &rec->trial[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

int recording_read_format(struct gait_recording *rec, struct gait_error *err)
{
    _cleanup_h5_ hid_t root = H5Gopen2(rec->file, "/", H5P_DEFAULT);
    char format[RECORDING_TEXT_MAX], version[RECORDING_TEXT_MAX], kind[RECORDING_TEXT_MAX];

    if (root < 0 || !read_text(root, "format", format) || strcmp(format, SESSION_FORMAT) != 0)
        return gait_error_set(err, -EBADMSG, "%s: an HDF5 file, but no gait session: the attribute format is not '%s'",
                              rec->path, SESSION_FORMAT);
    if (!read_text(root, "format_version", version) || atoi(version) != SESSION_MAJOR)
        return gait_error_set(err, -ENOTSUP,
                              "%s: another version of the session format, this program reads %d.x: use a newer one",
                              rec->path, SESSION_MAJOR);
    (void)sscanf(version, "%*d.%d", &rec->minor);
    rec->kind = read_text(root, "kind", kind) && strcmp(kind, "session") == 0 ? RECORDING_SESSION : RECORDING_TRIAL;
    return 0;
}

int recording_list_trials(struct gait_recording *rec, struct recording_names *ret, struct gait_error *err)
{
    hsize_t at = 0;

    if (H5Literate(rec->file, H5_INDEX_NAME, H5_ITER_INC, &at, keep_name, ret) < 0)
        return ret->error ? ret->error : h5_error(err, "%s: cannot list its trials", rec->path);
    return 0;
}

int recording_load_h5(struct gait_recording *rec, struct gait_error *err)
{
    struct recording_names names = {0};
    int r = recording_read_format(rec, err);

    if (r == 0)
        r = recording_list_trials(rec, &names, err);
    if (r == 0)
        r = load_trials(rec, &names, err);
    free(names.name);
    return r;
}
