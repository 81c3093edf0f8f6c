#include "trial_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "offline.h"
#include "whole_file.h"

GAIT_DEFINE_CLEANUP(struct gait_journal *, gait_journal_free)

/* A trial being written; the first failure stays. */
struct work {
    const struct trial_writer *writer;
    const struct gait_recorded_trial *trial; /* NULL: a vendor's recording */
    struct gait_journal *journal;
    struct gait_error *err;
    size_t frame_bytes;
    const struct recording *recording;
    uint64_t expected; /* the next trial frame, when none is missing */
    struct gait_end end;
    int r;
};

static void fail(struct work *w, int r)
{
    if (w->r == 0 && r < 0)
        w->r = w->err->text[0] ? r : gait_error_set(w->err, r, "%s: %s", w->writer->journal, strerror(-r));
}

static void on_frame(void *user, const struct gait_slot *slot)
{
    struct work *w = user;

    if (w->r == 0 && w->recording->frame > w->expected)
        fail(w, gait_journal_skip_frames(w->journal, w->recording->frame - w->expected));
    if (w->r == 0)
        fail(w, gait_journal_append_frame(w->journal, slot, w->frame_bytes));
    w->expected = w->recording->frame + 1;
    w->end.frames++;
    w->end.t_ns = slot->meta.t_ns;
}

static void on_footfall(void *user, const struct gait_footfall *footfall)
{
    struct work *w = user;

    if (w->r == 0)
        fail(w, gait_journal_append_footfall(w->journal, footfall));
    w->end.footfalls++;
}

static void on_action(void *user, const struct gait_action *action)
{
    struct work *w = user;

    if (w->r == 0)
        fail(w, gait_journal_append_action(w->journal, action));
}

/* A footfall as it was, and the number of the analysis that made it. */
static int append_earlier(struct work *w, const struct gait_footfall *footfall)
{
    _cleanup_(gait_pack_done) struct gait_pack pack = {0};
    int r = gait_footfall_pack(&pack, footfall);

    r = r < 0 ? r : gait_pack_u32(&pack, "analysis", w->writer->version);
    return r < 0 ? r : gait_journal_append(w->journal, GAIT_RECORD_EARLIER_FOOTFALL, &pack);
}

/* Everything of one of our recordings besides frames, footfalls and the end. */
static int append_rest(struct work *w)
{
    const struct gait_recorded_trial *t = w->trial;
    int r = 0;

    for (uint32_t i = 0; r == 0 && w->writer->keep_footfalls && i < t->n_footfalls; i++)
        r = append_earlier(w, t->footfall[i]);
    for (uint32_t i = 0; r == 0 && i < t->n_clocks; i++)
        r = gait_journal_append_clock(w->journal, &t->clock[i]);
    for (uint32_t i = 0; r == 0 && i < t->n_gaps; i++)
        r = gait_journal_append_gap(w->journal, &t->gap[i]);
    for (uint32_t i = 0; r == 0 && i < t->n_actions; i++)
        r = gait_journal_append_action(w->journal, &t->action[i]);
    for (uint32_t i = 0; r == 0 && i < t->n_events; i++)
        r = gait_journal_append_event(w->journal, &t->event[i]);
    return r;
}

/* Frames that were lost behind the last one: no later frame's number tells of them. */
static int append_tail(struct work *w, uint64_t lost)
{
    struct gait_gap gap = {.frame = w->expected, .ring = lost, .t_ns = w->end.t_ns, .why = "damage at the end"};

    return lost ? gait_journal_append_gap(w->journal, &gap) : 0;
}

/* A trial that was cut off stays one: no end. */
static int append_end(struct work *w, const struct recording *recording, const struct offline_result *result)
{
    if (!recording->ended)
        return 0;
    w->end.gap_device = result->gap_device;
    w->end.gap_ring = result->gap_ring;
    w->end.footfalls_dropped = result->counters.footfalls_dropped;
    snprintf(w->end.why, sizeof(w->end.why), "%s", w->trial ? w->trial->end.why : "source end");
    snprintf(w->end.text, sizeof(w->end.text), "%s", w->trial ? w->trial->end.text : "");
    return gait_journal_append_end(w->journal, &w->end);
}

static int write_journal(const struct trial_writer *writer, struct recording *recording, struct gait_error *err)
{
    _cleanup_(gait_journal_freep) struct gait_journal *journal = NULL;
    struct work w = {.writer = writer, .err = err, .recording = recording, .expected = writer->header->first_frame};
    struct offline_hooks hooks = {.frame = on_frame, .footfall = on_footfall, .action = on_action, .user = &w};
    struct offline_result result;
    int r = gait_journal_create(writer->journal, writer->header, NULL, &journal, err);

    if (r < 0)
        return r;
    w.journal = journal;
    w.trial = recording->file ? gait_recording_trial(recording->file, recording->number) : NULL;
    w.frame_bytes = gait_geometry_frame_bytes(&recording->state.geometry);
    fail(&w, gait_journal_append_state(journal, &recording->state));
    if (w.r == 0 && w.trial)
        fail(&w, append_rest(&w));
    if (w.r == 0)
        fail(&w, offline_run(recording, &hooks, &result, err));
    if (w.r == 0)
        fail(&w, append_tail(&w, result.gap_tail));
    if (w.r == 0)
        fail(&w, append_end(&w, recording, &result));
    r = gait_journal_close(gait_steal(&journal));
    fail(&w, r);
    return w.r;
}

int trial_write(const struct trial_writer *writer, struct recording *recording, struct gait_seal_report *ret_report,
                struct gait_error *err)
{
    int r;

    if (faccessat(AT_FDCWD, writer->out, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return gait_error_set(err, -EEXIST, "%s: is there already; it is never replaced", writer->out);
    r = write_journal(writer, recording, err);
    if (*whole_hint(r))
        gait_error_set(err, r, "%s: %s%s", writer->out, strerror(-r), whole_hint(r));
    r = r < 0 ? r : gait_seal(writer->journal, writer->out, writer->seal, ret_report, err);
    if (unlink(writer->journal) < 0 && errno != ENOENT && r == 0)
        r = gait_error_set(err, -errno, "%s: cannot be removed: %s", writer->journal, strerror(errno));
    return r;
}
