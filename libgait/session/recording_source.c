#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/recording.h"

/* One trial of a recording as frame source. */
struct recording_source {
    struct gait_frame_source source; /* first: the ops cast back */
    struct gait_recording *recording;
    struct gait_recorded_frames *frames;
    const struct gait_recorded_trial *trial;
    struct gait_source_info info;
    uint64_t expected, first_t_ns;
    bool began;
};

static const struct gait_source_info *source_info(const struct gait_frame_source *source)
{
    return &((const struct recording_source *)source)->info;
}

static int source_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                       struct gait_error *err)
{
    struct recording_source *s = (struct recording_source *)source;
    struct gait_slot slot = {.raw = raw};
    uint64_t frame, lost;
    int r = gait_recorded_frames_next(s->frames, &slot, &frame, err);

    if (r <= 0)
        return r;
    if (!s->began) {
        s->began = true;
        s->expected = frame;
        s->first_t_ns = slot.meta.t_mat_ns;
    }
    lost = frame - s->expected; /* in bad bytes of the journal */
    s->expected = frame + 1;
    ret_meta->seq = slot.meta.seq;
    ret_meta->tick = slot.meta.tick;
    ret_meta->t_mat_ns = slot.meta.t_mat_ns - s->first_t_ns;
    ret_meta->gap_device = slot.meta.gap_device;
    ret_meta->gap_ring = slot.meta.gap_ring + (uint32_t)(lost > UINT32_MAX / 2 ? UINT32_MAX / 2 : lost);
    ret_meta->flags = slot.meta.flags;
    ret_meta->pads = slot.meta.pads;
    return 1;
}

static int source_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    struct recording_source *s = (struct recording_source *)source;

    s->began = false;
    return gait_recorded_frames_rewind(s->frames, err);
}

static const char *source_truth(const struct gait_frame_source *source)
{
    const struct recording_source *s = (const struct recording_source *)source;

    return gait_journal_header_get(&s->trial->header, "truth");
}

static void source_free(struct gait_frame_source *source)
{
    struct recording_source *s = (struct recording_source *)source;

    if (!s)
        return;
    gait_recorded_frames_free(s->frames);
    gait_recording_free(s->recording);
    free(s);
}
GAIT_DEFINE_CLEANUP(struct gait_frame_source *, source_free)

static const struct gait_frame_source_ops source_ops = {
    .info = source_info,
    .next = source_next,
    .rewind = source_rewind,
    .truth_json = source_truth,
    .free = source_free,
};

static void fill_info(struct recording_source *s)
{
    s->info.geometry = s->trial->state.geometry;
    s->info.calibration = s->trial->state.calibration;
    snprintf(s->info.format, sizeof(s->info.format), "%s",
             s->recording->kind == RECORDING_JOURNAL ? "journal" : "session");
    snprintf(s->info.device, sizeof(s->info.device), "%.63s", s->trial->header.mat);
    s->info.frames = s->trial->frames;
    s->info.has_counter = true;
}

int gait_recording_source(const char *path, uint32_t trial, struct gait_frame_source **ret_source,
                          struct gait_error *err)
{
    struct recording_source *s = calloc(1, sizeof(*s));
    _cleanup_(source_freep) struct gait_frame_source *source = s ? &s->source : NULL;
    int r;

    if (!s)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    s->source.ops = &source_ops;
    r = gait_recording_open(path, &s->recording, err);
    if (r == 0)
        r = gait_recorded_frames_new(s->recording, trial, &s->frames, err);
    if (r < 0)
        return r;
    s->trial = gait_recording_trial(s->recording, trial);
    fill_info(s);
    *ret_source = gait_steal(&source);
    return 0;
}
