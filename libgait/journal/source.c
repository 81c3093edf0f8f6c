#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "gait/journal.h"

/* A journal as frame source. */
struct journal_source {
    struct gait_frame_source source; /* first: the ops cast back */
    struct gait_journal_reader *reader;
    struct gait_trial_state state;
    struct gait_source_info info;
    char *path;
    char *truth;         /* header field of a recorded walker, or NULL */
    uint64_t expected;   /* trial frame number that should come next */
    uint64_t first_t_ns; /* mat time of the first frame */
    struct gait_pads_record pads;
    bool began;
};

static const struct gait_source_info *source_info(const struct gait_frame_source *source)
{
    return &((const struct journal_source *)source)->info;
}

static void give_frame(struct journal_source *s, const struct gait_journal_frame *frame, void *raw,
                       struct gait_frame_meta *ret_meta)
{
    uint64_t lost;

    if (!s->began) {
        s->began = true;
        s->expected = frame->frame;
        s->first_t_ns = frame->meta.t_mat_ns;
    }
    lost = frame->frame - s->expected;
    memcpy(raw, frame->raw, frame->raw_bytes);
    ret_meta->seq = frame->meta.seq;
    ret_meta->tick = frame->meta.tick;
    ret_meta->t_mat_ns = frame->meta.t_mat_ns - s->first_t_ns;
    ret_meta->gap_device = frame->meta.gap_device;
    ret_meta->gap_ring = frame->meta.gap_ring + (uint32_t)(lost > UINT32_MAX / 2 ? UINT32_MAX / 2 : lost);
    ret_meta->flags = frame->meta.flags;
    ret_meta->pads = s->pads.frame == frame->frame ? s->pads.pads : (struct gait_frame_pads){0};
    s->expected = frame->frame + 1;
}

static int source_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                       struct gait_error *err)
{
    struct journal_source *s = (struct journal_source *)source;
    struct gait_journal_record record;
    struct gait_journal_frame frame;
    int r;

    while ((r = gait_journal_next(s->reader, &record, err)) > 0) {
        if (record.type == GAIT_RECORD_PADS)
            (void)gait_pads_unpack(record.payload, record.payload_bytes, &s->pads);
        /* A frame of another size than the state says is no frame of this trial: it counts as lost by its number. */
        if (gait_journal_frame(&record, &frame) < 0 ||
            frame.raw_bytes != gait_geometry_frame_bytes(&s->state.geometry) || (s->began && frame.frame < s->expected))
            continue;
        give_frame(s, &frame, raw, ret_meta);
        return 1;
    }
    return r;
}

static int source_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    struct journal_source *s = (struct journal_source *)source;

    s->began = false;
    return gait_journal_rewind(s->reader, err);
}

static const char *source_truth(const struct gait_frame_source *source)
{
    return ((const struct journal_source *)source)->truth;
}

static void source_free(struct gait_frame_source *source)
{
    struct journal_source *s = (struct journal_source *)source;

    if (!s)
        return;
    gait_journal_reader_free(s->reader);
    gait_trial_state_done(&s->state);
    free(s->path);
    free(s->truth);
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

/* The state and what the header says of the mat. */
static int read_start(struct journal_source *s, struct gait_error *err)
{
    struct gait_journal_record record;
    struct gait_journal_header header;
    int r;

    while ((r = gait_journal_next(s->reader, &record, err)) > 0 && record.type != GAIT_RECORD_STATE) {
        if (record.type == GAIT_RECORD_HEADER &&
            gait_journal_header_unpack(record.payload, record.payload_bytes, &header) == 0) {
            const char *truth = gait_journal_header_get(&header, "truth");

            memcpy(s->info.device, header.mat, sizeof(s->info.device) - 1);
            if (truth && !s->truth)
                s->truth = strdup(truth);
            gait_journal_header_done(&header);
        }
    }
    if (r < 0)
        return r;
    if (r == 0 || gait_trial_state_unpack(record.payload, record.payload_bytes, &s->state) < 0)
        return gait_error_set(
            err, -EBADMSG, "%s: the journal holds no state record, so its frames have no size or calibration", s->path);
    s->info.geometry = s->state.geometry;
    s->info.calibration = s->state.calibration;
    return gait_journal_rewind(s->reader, err);
}

int gait_journal_source(const char *path, struct gait_frame_source **ret_source, struct gait_error *err)
{
    struct journal_source *s = calloc(1, sizeof(*s));
    _cleanup_(source_freep) struct gait_frame_source *source = s ? &s->source : NULL;
    int r;

    if (!s || !(s->path = strdup(path)))
        return gait_error_set(err, -ENOMEM, "%s: no memory to read it", path);
    s->source.ops = &source_ops;
    strcpy(s->info.format, "journal");
    s->info.has_counter = true;
    r = gait_journal_open(path, &s->reader, err);
    if (r == 0)
        r = read_start(s, err);
    if (r < 0)
        return r;
    *ret_source = gait_steal(&source);
    return 0;
}
