#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/recording.h"

GAIT_DEFINE_CLEANUP(struct gait_journal *, gait_journal_free)

/* A trial on its way back into a journal: the kept records and the frames, merged by their record numbers. */
struct unsealing {
    const struct trial *trial;
    struct gait_recorded_frames *frames;
    struct gait_journal *journal;
    const char *path;
    struct gait_error *err;
    struct gait_slot slot;
    uint64_t frames_written;
};

static int failed(struct unsealing *u, int r)
{
    return gait_error_set(u->err, r, "%s: cannot be written: %s", u->path, strerror(-r));
}

static int put_frame(struct unsealing *u)
{
    uint64_t frame;
    int r = gait_recorded_frames_next(u->frames, &u->slot, &frame, u->err);

    if (r < 0)
        return r;
    u->slot.meta.pads.n = 0; /* they are among the kept records */
    r = gait_journal_skip_frames(u->journal, trial_damage_before(u->trial, u->frames_written));
    if (r == 0)
        r = gait_journal_append_frame(u->journal, &u->slot, gait_geometry_frame_bytes(&u->trial->t.state.geometry));
    u->frames_written++;
    return r < 0 ? failed(u, r) : 0;
}

/* Frames took the record numbers that no kept record has: those below `number` are due. */
static int put_frames_below(struct unsealing *u, uint64_t number, uint64_t *at)
{
    int r = 0;

    for (; r == 0 && *at < number && u->frames_written < u->trial->t.frames; (*at)++)
        r = put_frame(u);
    *at = number;
    return r;
}

static int put_record(struct unsealing *u, const uint8_t *head, uint64_t *at)
{
    struct gait_pack pack = {0};
    uint16_t type;
    uint32_t bytes;
    uint64_t number;
    int r;

    memcpy(&type, head, 2);
    memcpy(&bytes, head + 4, 4);
    memcpy(&number, head + 8, 8);
    r = put_frames_below(u, number, at);
    if (r < 0)
        return r;
    *at = number + 1;
    if (type == GAIT_RECORD_HEADER) /* written by create */
        return 0;
    pack.bytes = (uint8_t *)(uintptr_t)(head + TRIAL_RECORD_HEAD_BYTES);
    pack.used = bytes;
    r = gait_journal_append(u->journal, (enum gait_record_type)type, &pack);
    return r < 0 ? failed(u, r) : 0;
}

static int put_all(struct unsealing *u)
{
    const struct trial *t = u->trial;
    uint64_t at = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < t->records_bytes;) {
        uint32_t bytes;

        memcpy(&bytes, t->records + i + 4, 4);
        r = put_record(u, t->records + i, &at);
        i += TRIAL_RECORD_HEAD_BYTES + (((size_t)bytes + 7) & ~(size_t)7);
    }
    return r == 0 ? put_frames_below(u, UINT64_MAX, &at) : r;
}

int gait_recording_to_journal(struct gait_recording *recording, uint32_t trial, const char *path,
                              struct gait_error *err)
{
    _cleanup_(gait_recorded_frames_freep) struct gait_recorded_frames *frames = NULL;
    _cleanup_(gait_journal_freep) struct gait_journal *journal = NULL;
    _cleanup_free_ void *raw = NULL;
    struct gait_error own = {0};
    struct unsealing u = {.path = path, .err = err ? err : &own};
    int r = gait_recorded_frames_new(recording, trial, &frames, u.err);

    if (r < 0)
        return r;
    u.trial = &recording->trial[trial];
    raw = malloc(gait_geometry_frame_bytes(&u.trial->t.state.geometry));
    if (!raw)
        return gait_error_set(u.err, -ENOMEM, "%s: no memory", path);
    r = gait_journal_create(path, &u.trial->t.header, NULL, &journal, u.err);
    if (r < 0)
        return r;
    u.slot.raw = raw;
    u.frames = frames;
    u.journal = journal;
    r = put_all(&u);
    if (r == 0) {
        r = gait_journal_close(gait_steal(&journal));
        r = r < 0 ? failed(&u, r) : 0;
    }
    if (r < 0)
        unlink(path); /* nothing half-written stays behind */
    return r;
}
