#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session/layout.h"
#include "session/recording.h"

struct gait_recorded_frames {
    struct gait_recording *recording;
    const struct trial *trial;
    uint64_t next;
    size_t frame_bytes;
    struct gait_journal_reader *reader; /* of a journal */
    hid_t set;                          /* raw of an HDF5 file */
    uint8_t *chunk;                     /* 16 frames of it, from chunk_at */
    uint64_t chunk_at, chunk_frames;
};

static int open_raw(struct gait_recorded_frames *f, struct gait_error *err)
{
    char path[H5_PATH_MAX];
    struct layout l = {.w = NULL};

    if (f->recording->kind == RECORDING_JOURNAL)
        return gait_journal_open(f->recording->path, &f->reader, err);
    layout_group(l.group, &f->trial->t.header);
    f->set = H5Dopen2(f->recording->file, layout_path(&l, path, "raw"), H5P_DEFAULT);
    f->chunk = malloc(TRIAL_CHUNK_FRAMES * f->frame_bytes);
    if (f->set < 0)
        return h5_error(err, "%s: %s cannot be opened", f->recording->path, path);
    return f->chunk ? 0 : gait_error_set(err, -ENOMEM, "%s: no memory", f->recording->path);
}

int gait_recorded_frames_new(struct gait_recording *recording, uint32_t trial, struct gait_recorded_frames **ret_frames,
                             struct gait_error *err)
{
    _cleanup_(gait_recorded_frames_freep) struct gait_recorded_frames *f = NULL;
    struct gait_error own = {0};
    H5_QUIET;
    int r;

    err = err ? err : &own;
    if (trial >= recording->n_trials)
        return gait_error_set(err, -EINVAL, "%s: holds %u trials", recording->path, recording->n_trials);
    f = calloc(1, sizeof(*f));
    if (!f)
        return gait_error_set(err, -ENOMEM, "%s: no memory", recording->path);
    f->set = -1;
    f->recording = recording;
    f->trial = &recording->trial[trial];
    f->frame_bytes = gait_geometry_frame_bytes(&f->trial->t.state.geometry);
    r = open_raw(f, err);
    if (r < 0)
        return r;
    *ret_frames = gait_steal(&f);
    return 0;
}

void gait_recorded_frames_free(struct gait_recorded_frames *f)
{
    H5_QUIET;

    if (!f)
        return;
    gait_journal_reader_free(f->reader);
    h5_closep(&f->set);
    free(f->chunk);
    free(f);
}

int gait_recorded_frames_rewind(struct gait_recorded_frames *f, struct gait_error *err)
{
    f->next = 0;
    return f->reader ? gait_journal_rewind(f->reader, err) : 0;
}

static int raw_from_journal(struct gait_recorded_frames *f, void *raw, struct gait_error *err)
{
    struct gait_journal_record record;
    struct gait_journal_frame frame;
    int r;

    while ((r = gait_journal_next(f->reader, &record, err)) > 0) {
        if (gait_journal_frame(&record, &frame) < 0 || frame.frame != f->trial->frame[f->next].frame ||
            frame.raw_bytes != f->frame_bytes)
            continue;
        memcpy(raw, frame.raw, frame.raw_bytes);
        return 0;
    }
    return r < 0 ? r : gait_error_set(err, -EIO, "%s: changed while it was read", f->recording->path);
}

/* The chunk of the file that a row of raw lies in. */
static int read_chunk(struct gait_recorded_frames *f, uint64_t row, struct gait_error *err)
{
    const struct gait_geometry *g = &f->trial->t.state.geometry;
    hsize_t shape[3], first = row - row % TRIAL_CHUNK_FRAMES, start[3] = {first, 0, 0},
                      count[3] = {0, g->rows, g->cols};
    _cleanup_h5_ hid_t space = H5Dget_space(f->set), type = H5Dget_type(f->set), memory = -1;

    if (H5Sget_simple_extent_dims(space, shape, NULL) != 3 || row >= shape[0])
        return gait_error_set(err, -EBADMSG, "%s: raw has no frame %llu", f->recording->path, (unsigned long long)row);
    if (H5Tget_size(type) != gait_dtype_size(g->dtype))
        return gait_error_set(err, -EBADMSG, "%s: raw has another type than its state says", f->recording->path);
    count[0] = shape[0] - first < TRIAL_CHUNK_FRAMES ? shape[0] - first : TRIAL_CHUNK_FRAMES;
    memory = H5Screate_simple(3, count, NULL);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dread(f->set, type, memory, space, H5P_DEFAULT, f->chunk) < 0)
        return h5_error(err, "%s: frame %llu cannot be read", f->recording->path, (unsigned long long)row);
    f->chunk_at = first;
    f->chunk_frames = count[0];
    return 0;
}

static int raw_from_h5(struct gait_recorded_frames *f, void *raw, struct gait_error *err)
{
    uint64_t row = f->trial->row ? f->trial->row[f->next] : f->next;

    if (row < f->chunk_at || row >= f->chunk_at + f->chunk_frames) {
        H5_QUIET;
        int r = read_chunk(f, row, err);

        if (r < 0)
            return r;
    }
    memcpy(raw, f->chunk + (size_t)(row - f->chunk_at) * f->frame_bytes, f->frame_bytes);
    return 0;
}

int gait_recorded_frames_next(struct gait_recorded_frames *f, struct gait_slot *slot, uint64_t *ret_frame,
                              struct gait_error *err)
{
    const struct gait_journal_frame *frame = &f->trial->frame[f->next];
    struct gait_error own = {0};
    int r;

    err = err ? err : &own;
    if (f->next >= f->trial->t.frames)
        return 0;
    r = f->reader ? raw_from_journal(f, slot->raw, err) : raw_from_h5(f, slot->raw, err);
    if (r < 0)
        return r;
    slot->meta = frame->meta;
    slot->numbers = frame->numbers;
    slot->live = (struct gait_frame_live){0};
    slot->calibration_version = frame->calibration_version;
    if (ret_frame)
        *ret_frame = frame->frame;
    f->next++;
    return 1;
}
