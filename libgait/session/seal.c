#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gait/calibrate.h"
#include "session/files.h"
#include "session/layout.h"
#include "session/present.h"

GAIT_DEFINE_CLEANUP(struct gait_journal_reader *, gait_journal_reader_free)

/* One journal on its way into a file. */
struct seal {
    const char *journal, *out;
    const struct gait_seal_options *options;
    struct gait_error *err;
    struct gait_journal_reader *reader;
    struct trial trial;
    struct h5_writer w;
    struct layout l;
    char part[FILES_PATH_MAX], beside[FILES_PATH_MAX];
};

/* ---- frames, in chunks of 16 ---- */

/* A frame-shaped dataset being written, and the chunk that is being filled. */
struct frame_set {
    struct h5_stream stream;
    uint8_t *chunk;
    size_t frame_bytes;
};

static void frame_set_done(struct frame_set *set)
{
    h5_closep(&set->stream.set);
    free(set->chunk);
}

static int frame_set_begin(struct seal *s, const char *name, enum gait_pack_dtype dtype, const char *units,
                           const char *long_name, struct frame_set *set)
{
    const struct gait_geometry *g = &s->trial.t.state.geometry;
    char path[H5_PATH_MAX], time[H5_PATH_MAX], y[H5_PATH_MAX], x[H5_PATH_MAX];
    struct h5_array a = {
        layout_path(&s->l, path, name), dtype, 3, {s->trial.t.frames, g->rows, g->cols}, {NULL}, units, long_name};

    a.scale[0] = layout_path(&s->l, time, "time");
    a.scale[1] = layout_path(&s->l, y, "y");
    a.scale[2] = layout_path(&s->l, x, "x");
    set->frame_bytes = gait_geometry_cells(g) * gait_pack_dtype_size(dtype);
    set->chunk = malloc(TRIAL_CHUNK_FRAMES * set->frame_bytes);
    if (!set->chunk)
        return gait_error_set(s->err, -ENOMEM, "%s: no memory for 16 frames", s->journal);
    if (s->trial.t.frames == 0)
        return h5_write(&s->w, &a, set->chunk);
    return h5_stream_begin(&s->w, &a, s->trial.t.frames < TRIAL_CHUNK_FRAMES ? s->trial.t.frames : TRIAL_CHUNK_FRAMES,
                           &set->stream);
}

static enum gait_pack_dtype raw_type(enum gait_dtype dtype)
{
    switch (dtype) {
    case GAIT_U8:
        return GAIT_PACK_U8;
    case GAIT_I16:
        return GAIT_PACK_I16;
    case GAIT_F32:
        return GAIT_PACK_F32;
    default:
        return GAIT_PACK_U16;
    }
}

/* The next frame of the journal that the trial took; its numbers are compared, so both readings agree. */
static int next_frame(struct seal *s, uint64_t i, struct gait_journal_frame *ret_frame)
{
    struct gait_journal_record record;
    int r;

    while ((r = gait_journal_next(s->reader, &record, s->err)) > 0) {
        if (gait_journal_frame(&record, ret_frame) == 0 && ret_frame->frame == s->trial.frame[i].frame &&
            ret_frame->raw_bytes == gait_geometry_frame_bytes(&s->trial.t.state.geometry))
            return 0;
    }
    return r < 0 ? r
                 : gait_error_set(s->err, -EIO, "%s: frame %llu could be read once and not again", s->journal,
                                  (unsigned long long)s->trial.frame[i].frame);
}

static int flush_sets(struct seal *s, struct frame_set *raw, struct frame_set *pressure, uint64_t frames)
{
    int r = h5_stream_rows(&s->w, &raw->stream, raw->chunk, frames);

    if (r == 0 && pressure->chunk)
        r = h5_stream_rows(&s->w, &pressure->stream, pressure->chunk, frames);
    return r;
}

static int copy_frames(struct seal *s, struct frame_set *raw, struct frame_set *pressure,
                       struct gait_calibrator *calibrator)
{
    uint64_t frames = s->trial.t.frames;
    struct gait_journal_frame frame;
    int r = gait_journal_rewind(s->reader, s->err);

    for (uint64_t i = 0; r == 0 && i < frames; i++) {
        size_t at = (size_t)(i % TRIAL_CHUNK_FRAMES);

        r = next_frame(s, i, &frame);
        if (r < 0)
            return r;
        memcpy(raw->chunk + at * raw->frame_bytes, frame.raw, raw->frame_bytes);
        if (calibrator) {
            float *p_kPa = (float *)(void *)(pressure->chunk + at * pressure->frame_bytes);

            gait_calibrate(calibrator, frame.raw, __builtin_nanf(""), p_kPa);
        }
        if (at == TRIAL_CHUNK_FRAMES - 1 || i == frames - 1)
            r = flush_sets(s, raw, pressure, at + 1);
    }
    return r;
}

static int write_frames(struct seal *s, struct frame_set *raw, struct frame_set *pressure)
{
    const struct gait_trial_state *state = &s->trial.t.state;
    _cleanup_(gait_calibrator_freep) struct gait_calibrator *calibrator = NULL;
    int r = frame_set_begin(s, "raw", raw_type(state->geometry.dtype), layout_raw_unit(state),
                            "samples as the mat gave them", raw);

    if (r == 0 && s->options->pressure) {
        r = frame_set_begin(s, "pressure", GAIT_PACK_F32, "kPa", "calibrated pressure; NaN where there is no sensel",
                            pressure);
        if (r == 0)
            r = gait_calibrator_new(&state->geometry, &calibrator);
        if (r == 0)
            r = gait_calibrator_load(calibrator, &state->calibration);
    }
    if (r < 0)
        return s->err->code
                   ? r
                   : gait_error_set(s->err, r, "%s: its frames cannot be calibrated: %s", s->journal, strerror(-r));
    if (s->trial.t.frames == 0)
        return 0;
    r = copy_frames(s, raw, pressure, calibrator);
    if (r == 0)
        r = h5_stream_end(&s->w, &raw->stream);
    if (r == 0 && calibrator)
        r = h5_stream_end(&s->w, &pressure->stream);
    return r;
}

/* ---- the file ---- */

static int create_file(struct seal *s)
{
    int r = files_part(s->out, s->part, s->err);

    if (r < 0)
        return r;
    if (unlink(s->part) < 0 &&
        errno != ENOENT) /* of a sealer that was killed; the journal's lock says that it is gone */
        return gait_error_set(s->err, -errno, "%s: cannot be removed: %s", s->part, strerror(errno));
    s->w = (struct h5_writer){.name = s->out, .err = s->err};
    s->w.file = h5_file_new(s->part);
    if (s->w.file < 0)
        return h5_error(s->err, "%s: cannot be made", s->part);
    s->l = (struct layout){.w = &s->w, .trial = &s->trial};
    s->l.t0_ns = s->trial.t.frames ? s->trial.frame[0].meta.t_mat_ns : 0;
    layout_group(s->l.group, &s->trial.t.header);
    return 0;
}

static int write_file(struct seal *s)
{
    const struct gait_recorded_trial *trial = &s->trial.t;
    struct frame_set raw = {.stream.set = -1}, pressure = {.stream.set = -1};
    int r = layout_root(&s->l);

    if (r == 0)
        r = layout_start(&s->l);
    if (r == 0)
        r = layout_frames(&s->l);
    if (r == 0)
        r = write_frames(s, &raw, &pressure);
    frame_set_done(&raw);
    frame_set_done(&pressure);
    if (r == 0)
        r = layout_footfalls(&s->l);
    if (r == 0)
        r = layout_tables(&s->l);
    if (r == 0)
        r = layout_events(&s->w, &trial, 1);
    if (r == 0)
        r = h5_seal_texts(&s->w);
    if (r == 0 && H5Fflush(s->w.file, H5F_SCOPE_GLOBAL) < 0)
        r = h5_error(s->err, "%s: cannot be written", s->out);
    return r;
}

/* H5Fclose tells of late failures; a handle that is only dropped would not. */
static int close_file(struct seal *s)
{
    hid_t file = s->w.file;

    s->w.file = -1;
    return H5Fclose(file) < 0 ? h5_error(s->err, "%s: cannot be closed", s->out) : 0;
}

/* replace: a file of this trial that holds less may stand there. */
static int make_file(struct seal *s, bool replace)
{
    int r = create_file(s);

    if (r == 0)
        r = write_file(s);
    if (r == 0)
        r = close_file(s);
    if (r == 0)
        r = h5_verify(s->part, s->w.digests, s->w.n_digests, s->err);
    if (r == 0)
        r = files_commit(s->part, s->out, replace, s->err);
    if (r < 0) {
        h5_closep(&s->w.file);
        if (s->part[0])
            unlink(s->part);
    }
    h5_writer_done(&s->w);
    return r;
}

static void fill_report(const struct seal *s, bool already, struct gait_seal_report *ret)
{
    const struct gait_recorded_trial *t = &s->trial.t;

    memcpy(ret->uuid, t->header.uuid, GAIT_UUID_BYTES);
    snprintf(ret->path, sizeof(ret->path), "%s", s->out);
    ret->trial = t->header.trial;
    ret->frames = t->frames;
    ret->footfalls = t->n_footfalls;
    ret->gap_device = t->gap_device;
    ret->gap_ring = t->gap_ring;
    ret->gap_damage = t->gap_damage;
    memcpy(ret->missing_kinds, t->missing_kinds, sizeof(ret->missing_kinds));
    ret->journal = s->trial.stats;
    ret->already = already;
}

/* The trial file beside the journal: NAME.gaitj becomes NAME.h5. */
static int name_file(struct seal *s)
{
    size_t n = strlen(s->journal), ending = strlen(".gaitj");

    if (s->out)
        return 0;
    if (n > ending && strcmp(s->journal + n - ending, ".gaitj") == 0)
        n -= ending;
    if ((size_t)snprintf(s->beside, sizeof(s->beside), "%.*s.h5", (int)n, s->journal) >= sizeof(s->beside))
        return gait_error_set(s->err, -ENAMETOOLONG, "%.100s...: the path is too long", s->journal);
    s->out = s->beside;
    return 0;
}

/* A journal that lost its header still has its name. */
static void name_trial(struct seal *s)
{
    if (!s->trial.have_header && sscanf(files_name(s->journal), "trial-%u", &s->trial.t.header.trial) != 1)
        s->trial.t.header.trial = 0;
}

static int load(struct seal *s)
{
    int r = gait_journal_open(s->journal, &s->reader, s->err);

    return r < 0 ? r : trial_load(s->reader, s->journal, &s->trial, s->err);
}

static int seal(struct seal *s, bool *ret_already)
{
    int r = load(s);

    if (r == 0)
        r = name_file(s);
    if (r < 0)
        return r;
    name_trial(s);
    r = trial_is_present(s->out, &s->trial, s->err);
    if (r == 0 || r == TRIAL_PART_PRESENT) {
        r = make_file(s, r == TRIAL_PART_PRESENT);
        if (r == -EBADMSG) /* what was just written reads wrong: the disk's fault, not the journal's */
            s->err->code = r = -EIO;
    } else if (r > 0) {
        *ret_already = true;
        r = 0;
    }
    if (r == 0 && !s->options->keep_journal)
        r = files_remove(s->journal, s->err);
    return r;
}

int gait_seal(const char *journal, const char *out, const struct gait_seal_options *options,
              struct gait_seal_report *ret_report, struct gait_error *err)
{
    static const struct gait_seal_options defaults = {0};
    struct gait_error own = {0};
    struct seal s = {.journal = journal, .out = out, .options = options ? options : &defaults, .err = err ? err : &own};
    _cleanup_close_ int lock = files_lock(journal, s.err);
    struct gait_seal_report report = {0};
    bool already = false;
    H5_QUIET;
    int r;

    if (lock < 0)
        return lock;
    s.err->code = 0;
    s.err->text[0] = '\0';
    r = seal(&s, &already);
    if (r == 0)
        fill_report(&s, already, &report);
    gait_journal_reader_free(s.reader);
    trial_done(&s.trial);
    if (r == 0 && ret_report)
        *ret_report = report;
    return r;
}
