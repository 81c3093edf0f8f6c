#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/crc32c.h"
#include "session/layout.h"
#include "session/salvage.h"

/* The columns by their place in frame_columns[], which is the order of docs/SESSION.md. */
enum column {
    FRAME,
    INDEX,
    SEQ,
    TICK,
    T_ARRIVAL,
    T_MAT,
    T,
    GAP_DEVICE,
    GAP_RING,
    CONNECTION,
    FLAGS,
    CALIBRATION,
    NUMBERS
};

/* One trial's frames being saved: n of them stood in the file. */
struct saving {
    struct gait_recording *rec;
    const char *group;
    struct trial *trial;
    struct gait_salvaged *salvaged;
    struct gait_error *err;
    uint64_t n;
    bool *good;   /* [n] its counts can be read */
    uint32_t bad; /* columns that cannot, as bits */
};

static void path_of(const struct saving *s, const char *name, char ret[H5_PATH_MAX])
{
    snprintf(ret, H5_PATH_MAX, "%s/%s", s->group, name);
}

static bool is_bad(const struct saving *s, enum column column)
{
    return s->bad >> column & 1;
}

static int lost(const struct saving *s, const char *what)
{
    return gait_error_set(s->err, -EBADMSG, "%s: %s: %s", s->rec->path, s->group, what);
}

/* ---- the counts -------------------------------------------------------------------------------------------------------------------- */

/* Which frames can be read, a chunk at a time; *ret_crc of all when all can. */
static void try_chunks(struct saving *s, hid_t set, uint8_t *chunk, uint32_t *ret_crc)
{
    const struct gait_geometry *g = &s->trial->t.state.geometry;
    _cleanup_h5_ hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    const size_t frame_bytes = gait_geometry_frame_bytes(g);

    for (uint64_t at = 0; at < s->n; at += TRIAL_CHUNK_FRAMES) {
        hsize_t start[3] = {at, 0, 0}, count[3] = {0, g->rows, g->cols};
        _cleanup_h5_ hid_t memory = -1;

        count[0] = s->n - at < TRIAL_CHUNK_FRAMES ? s->n - at : TRIAL_CHUNK_FRAMES;
        memory = H5Screate_simple(3, count, NULL);
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
            H5Dread(set, type, memory, space, H5P_DEFAULT, chunk) >= 0) {
            memset(s->good + at, true, count[0]);
            *ret_crc = gait_crc32c(*ret_crc, chunk, (size_t)count[0] * frame_bytes);
        } else {
            s->salvaged->frames_lost += count[0];
        }
    }
}

static int save_raw(struct saving *s)
{
    const struct gait_geometry *g = &s->trial->t.state.geometry;
    char path[H5_PATH_MAX];
    _cleanup_free_ uint8_t *chunk = malloc(TRIAL_CHUNK_FRAMES * gait_geometry_frame_bytes(g));
    _cleanup_h5_ hid_t set = -1, type = -1;
    uint32_t crc = 0;

    path_of(s, "raw", path);
    set = H5Dopen2(s->rec->file, path, H5P_DEFAULT);
    type = H5Dget_type(set);
    if (!chunk)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    if (H5Tget_size(type) != gait_dtype_size(g->dtype))
        return lost(s, "raw has another type than its state says");
    try_chunks(s, set, chunk, &crc);
    if (s->salvaged->frames_lost == 0 && !salvage_crc_holds(set, crc)) {
        memset(s->good, false, s->n);
        s->salvaged->frames_lost = s->n;
        salvage_tell(s->salvaged, "raw differs from its checksum, and where cannot be told");
    }
    return 0;
}

/* ---- the columns ------------------------------------------------------------------------------------------------------------------- */

static void put(struct saving *s, size_t offset, uint64_t i, const void *value, size_t size)
{
    memcpy((uint8_t *)&s->trial->frame[i] + offset, value, size);
}

static int save_columns(struct saving *s)
{
    _cleanup_free_ uint8_t *values = malloc((size_t)s->n * sizeof(uint64_t) + 1);
    char path[H5_PATH_MAX];

    if (!values)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    for (size_t c = 0; c < n_frame_columns; c++) {
        const size_t size = gait_pack_dtype_size(frame_columns[c].dtype);

        path_of(s, frame_columns[c].name, path);
        if (!salvage_column(s->rec, path, frame_columns[c].dtype, s->n, values)) {
            s->bad |= 1u << c;
            continue;
        }
        for (uint64_t i = 0; i < s->n; i++)
            put(s, frame_columns[c].offset, i, values + i * size, size);
    }
    return 0;
}

static uint64_t attribute(const struct saving *s, const char *name, uint64_t otherwise)
{
    _cleanup_h5_ hid_t object = H5Gopen2(s->rec->file, s->group, H5P_DEFAULT);
    uint64_t value;

    return object >= 0 && recording_read_u64(object, name, &value) ? value : otherwise;
}

/* Without a hole in the journal the frames follow each other. */
static int mend_frame(struct saving *s)
{
    const struct gait_recorded_trial *t = &s->trial->t;

    if (attribute(s, "gap_damage", 1) != 0 || attribute(s, "first_frame", UINT64_MAX) != t->header.first_frame ||
        (t->ended && t->end.frames != s->n))
        return lost(s, "the numbers of its frames cannot be read, and some were missing among them");
    for (uint64_t i = 0; i < s->n; i++)
        s->trial->frame[i].frame = t->header.first_frame + i;
    salvage_tell(s->salvaged, "frame is counted anew");
    return 0;
}

/* The mat's time: from the axis `time`, which was made of it. */
static int mend_mat_time(struct saving *s)
{
    _cleanup_free_ double *time = malloc((size_t)s->n * sizeof(*time) + 1);
    uint64_t t0_ns = attribute(s, "t0_mat_ns", UINT64_MAX);
    char path[H5_PATH_MAX];

    path_of(s, "time", path);
    if (!time)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    if (t0_ns == UINT64_MAX || !salvage_column(s->rec, path, GAIT_PACK_F64, s->n, time))
        return lost(s, "neither t_mat_ns nor time can be read: when its frames were cannot be told");
    for (uint64_t i = 0; i < s->n; i++)
        s->trial->frame[i].meta.t_mat_ns = t0_ns + (uint64_t)llround(time[i] * 1e9);
    salvage_tell(s->salvaged, "t_mat_ns is made from time");
    return 0;
}

/* Host time: each of the two stands in for the other, a transfer's time apart. */
static int mend_host_time(struct saving *s)
{
    const bool arrival = is_bad(s, T_ARRIVAL), t = is_bad(s, T);

    if (arrival && t)
        return lost(s, "neither t_ns nor t_arrival_ns can be read");
    for (uint64_t i = 0; i < s->n; i++) {
        struct gait_frame_meta *m = &s->trial->frame[i].meta;

        if (arrival)
            m->t_arrival_ns = m->t_ns;
        else
            m->t_ns = m->t_arrival_ns;
    }
    salvage_tell(s->salvaged, arrival ? "t_arrival_ns is t_ns" : "t_ns is t_arrival_ns");
    return 0;
}

/* What was lost before a frame stands in the table of gaps, too. */
static int mend_gaps(struct saving *s)
{
    char path[H5_PATH_MAX];
    _cleanup_free_ uint64_t *column = NULL;
    _cleanup_free_ uint8_t *told_by = NULL;
    _cleanup_h5_ hid_t set = -1;
    int64_t n;

    path_of(s, "gaps/frame", path);
    set = H5Dopen2(s->rec->file, path, H5P_DEFAULT);
    n = set < 0 ? -EBADMSG : recording_column_length(set, H5T_STD_U64LE);
    if (n < 0 || !recording_holds(s->rec, set, (uint64_t)n * 8))
        return lost(s, "which frames are missing cannot be read");
    column = calloc(3 * (size_t)n + 1, sizeof(*column));
    told_by = malloc((size_t)n + 1);
    if (!column || !told_by)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    static const char *const name[] = {"gaps/frame", "gaps/gap_device", "gaps/gap_ring"};
    for (int c = 0; c < 3; c++) {
        path_of(s, name[c], path);
        if (!salvage_column(s->rec, path, GAIT_PACK_U64, (uint64_t)n, column + c * n))
            return lost(s, "which frames are missing cannot be read");
    }
    path_of(s, "gaps/told_by", path);
    if (!salvage_column(s->rec, path, GAIT_PACK_U8, (uint64_t)n, told_by))
        return lost(s, "which frames are missing cannot be read");
    for (uint64_t i = 0; i < s->n; i++)
        s->trial->frame[i].meta.gap_device = s->trial->frame[i].meta.gap_ring = 0;
    for (int64_t k = 0, i = 0; k < n; k++) {
        if (told_by[k] != 0)
            continue;
        while (i < (int64_t)s->n && s->trial->frame[i].frame < column[k])
            i++;
        if (i == (int64_t)s->n || s->trial->frame[i].frame != column[k])
            return lost(s, "its table of gaps names frames that are not there");
        s->trial->frame[i].meta.gap_device = (uint32_t)column[n + k];
        s->trial->frame[i].meta.gap_ring = (uint32_t)column[2 * n + k];
    }
    salvage_tell(s->salvaged, "gaps of frames are those of the table gaps");
    return 0;
}

/* Nothing else tells of these, and no metric is made of them. */
static void set_aside(struct saving *s)
{
    static const enum column none[] = {INDEX, SEQ, TICK, CONNECTION, FLAGS, CALIBRATION};

    for (size_t k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
        if (!is_bad(s, none[k]))
            continue;
        for (uint64_t i = 0; i < s->n; i++)
            put(s, frame_columns[none[k]].offset, i, &(uint64_t){0},
                gait_pack_dtype_size(frame_columns[none[k]].dtype));
        s->salvaged->columns_lost = true;
        salvage_tell(s->salvaged, "%s is unknown and 0", frame_columns[none[k]].name);
    }
}

static int mend_columns(struct saving *s)
{
    int r = is_bad(s, FRAME) ? mend_frame(s) : 0;

    if (r == 0 && is_bad(s, T_MAT))
        r = mend_mat_time(s);
    if (r == 0 && (is_bad(s, T_ARRIVAL) || is_bad(s, T)))
        r = mend_host_time(s);
    if (r == 0 && (is_bad(s, GAP_DEVICE) || is_bad(s, GAP_RING)))
        r = mend_gaps(s);
    if (r == 0)
        set_aside(s);
    s->salvaged->numbers_lost = s->bad >> NUMBERS != 0;
    return r;
}

/* ---- what is left ------------------------------------------------------------------------------------------------------------------ */

/* Frames that are not good go; what was lost before them was lost before the next that stays. */
static int keep_good(struct saving *s)
{
    struct trial *t = s->trial;
    uint64_t kept = 0, device = 0, ring = 0;

    t->row = malloc((size_t)s->n * sizeof(*t->row) + 1);
    if (!t->row)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    for (uint64_t i = 0; i < s->n; i++) {
        struct gait_journal_frame *f = &t->frame[i];

        if (i ? f->frame <= f[-1].frame : f->frame < t->t.header.first_frame)
            return lost(s, "the numbers of its frames do not rise");
        device += f->frame > 0 ? f->meta.gap_device : 0;
        ring += f->frame > 0 ? f->meta.gap_ring : 0;
        if (!s->good[i])
            continue;
        f->meta.gap_device = (uint32_t)device;
        f->meta.gap_ring = (uint32_t)ring;
        f->raw_bytes = gait_geometry_frame_bytes(&t->t.state.geometry);
        device = ring = 0;
        t->row[kept] = i;
        t->frame[kept++] = *f;
    }
    if (device || ring)
        salvage_tell(s->salvaged, "%ju frames were missing among the last ones already", (uintmax_t)(device + ring));
    t->t.frames = kept;
    return 0;
}

static int save(struct saving *s)
{
    int r;

    s->good = calloc(s->n + 1, sizeof(*s->good));
    s->trial->frame = calloc(s->n + 1, sizeof(*s->trial->frame));
    if (!s->good || !s->trial->frame)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory", s->rec->path);
    s->trial->frame_room = s->n;
    r = save_raw(s);
    if (r == 0)
        r = save_columns(s);
    if (r == 0)
        r = mend_columns(s);
    return r == 0 ? keep_good(s) : r;
}

int salvage_frames(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_salvaged *salvaged,
                   struct gait_error *err)
{
    struct saving s = {.rec = rec, .group = group, .trial = trial, .salvaged = salvaged, .err = err};
    int64_t n = recording_raw_frames(rec, group, &trial->t.state.geometry);
    int r;

    if (n < 0) {
        salvaged->frames_lost = attribute(&s, "frames", trial->t.end.frames);
        salvage_tell(salvaged, "raw cannot be opened");
        return 0;
    }
    s.n = (uint64_t)n;
    r = save(&s);
    free(s.good);
    return r;
}
