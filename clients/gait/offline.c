#include "offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

GAIT_DEFINE_CLEANUP(struct gait_pipeline *, gait_pipeline_free)

enum { CELL_ALIGNMENT = 64 };

/* One trial on its way through. */
struct run {
    struct recording *recording;
    struct gait_pipeline *pipeline;
    const struct offline_hooks *hooks;
    struct offline_result result;
    size_t next_action;
    uint32_t said; /* footfalls whose side an insole has told */
};

static void give_footfalls(const struct run *run)
{
    struct gait_footfall *footfall;

    while ((footfall = gait_pipeline_closed(run->pipeline))) {
        if (run->hooks->footfall)
            run->hooks->footfall(run->hooks->user, footfall);
        gait_pipeline_release(run->pipeline, footfall);
    }
}

/* What the operator did when the pipeline stood behind this frame. */
static void act(struct run *run, uint64_t frame)
{
    const struct recording *recording = run->recording;

    while (run->next_action < recording->n_actions && recording->action[run->next_action].at_frame <= frame) {
        struct gait_action action = recording->action[run->next_action++];

        gait_pipeline_act(run->pipeline, &action);
    }
}

/* An insole knows its foot: each footfall is told its side as an operator would, and so the recording keeps it. */
static void say_sides(struct run *run, const struct gait_slot *slot)
{
    const struct recording *recording = run->recording;
    struct gait_action action = {.kind = GAIT_ACTION_SET_SIDE, .t_ns = slot->meta.t_ns, .text = "of an insole"};

    action.side = strcmp(recording->side, "right") == 0 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
    action.footfall = run->said + 1;
    while (recording->insole && gait_pipeline_act(run->pipeline, &action) == 0) {
        if (run->hooks->action)
            run->hooks->action(run->hooks->user, &action);
        action.footfall = ++run->said + 1;
    }
}

static void work(struct run *run, struct gait_slot *slot)
{
    struct offline_result *result = &run->result;

    if (result->counters.frames++ == 0) { /* what was lost before it is not the trial's */
        result->first_t_ns = slot->meta.t_ns;
    } else {
        result->gap_device += slot->meta.gap_device;
        result->gap_ring += slot->meta.gap_ring;
    }
    result->last_t_ns = slot->meta.t_ns;
    gait_pipeline_frame(run->pipeline, slot);
    if (run->hooks->frame)
        run->hooks->frame(run->hooks->user, slot);
    give_footfalls(run);
}

/* The recording's own sums: what was lost before its first frame and behind its last one stands in no frame. */
static void count_lost(const struct recording *recording, uint64_t expected, struct offline_result *result)
{
    const struct gait_recorded_trial *t =
        recording->file ? gait_recording_trial(recording->file, recording->number) : NULL;
    uint64_t written;

    if (!t)
        return;
    written = t->end.frames + t->header.first_frame;
    if (expected < t->header.first_frame)
        expected = t->header.first_frame;
    result->gap_device = t->gap_device;
    result->gap_ring = t->gap_ring;
    if (t->ended && written > expected)
        result->gap_tail = written - expected;
}

int offline_run(struct recording *recording, const struct offline_hooks *hooks, struct offline_result *ret_result,
                struct gait_error *err)
{
    size_t bytes = gait_geometry_frame_bytes(&recording->state.geometry);
    _cleanup_(gait_pipeline_freep) struct gait_pipeline *pipeline = NULL;
    _cleanup_free_ void *raw =
        aligned_alloc(CELL_ALIGNMENT, (bytes + CELL_ALIGNMENT - 1) / CELL_ALIGNMENT * CELL_ALIGNMENT);
    struct run run = {.recording = recording, .hooks = hooks};
    struct gait_slot slot = {.raw = raw};
    uint64_t expected = 0;
    int r;

    if (!raw)
        return gait_error_set(err, -ENOMEM, "no memory for a frame");
    r = gait_pipeline_new(&recording->state.geometry, NULL, NULL, &pipeline);
    if (r == 0)
        r = gait_pipeline_start(pipeline, &recording->state);
    if (r < 0)
        return gait_error_set(err, r, "the recording's matrix or parameters cannot be worked with");
    run.pipeline = pipeline;
    for (uint64_t index = 0; (r = recording_next(recording, &slot, err)) == 1; index++) {
        uint64_t lost =
            index > 0 && recording->stored ? recording->frame - expected : 0; /* in bad stretches of the file */

        expected = recording->frame + 1;
        index += lost;
        slot.meta.gap_ring += (uint32_t)(lost > UINT32_MAX / 2 ? UINT32_MAX / 2 : lost);
        slot.meta.index = index;
        work(&run, &slot);
        act(&run, index);
        say_sides(&run, &slot);
    }
    if (r < 0)
        return r;
    gait_pipeline_finish(pipeline, GAIT_FOOTFALL_CUT);
    give_footfalls(&run);
    gait_pipeline_counters(pipeline, &run.result.counters);
    count_lost(recording, expected, &run.result);
    *ret_result = run.result;
    return 0;
}
