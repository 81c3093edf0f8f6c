/* A journal that takes no more frames: what of it is safe, and its end, which says what it has not got. */
#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gait/cleanup.h>

#include "folders.h"

int recorder_write_end(struct recorder *self, struct lane *lane, struct gait_journal *journal, uint64_t frames,
                       const char *why, const char *text)
{
    const struct trial *trial = lane->rec.trial;
    struct gait_end end = {
        .frames = frames,
        .footfalls = lane->rec.journal_footfalls,
        .gap_device = atomic_load(&trial->lost_device),
        .gap_ring = atomic_load(&trial->lost_ring),
        .footfalls_dropped = atomic_load(&trial->footfalls_dropped),
        .t_ns = gait_now_ns(self->clock),
    };

    snprintf(end.why, sizeof end.why, "%.*s", (int)sizeof end.why - 1, why);
    snprintf(end.text, sizeof end.text, "%.*s", (int)sizeof end.text - 1, text);
    (void)gait_journal_append_end(journal, &end);
    return gait_journal_close(journal);
}

/* A journal that was removed is still held open: all of it goes under its name again, in its folder or in the other one, and is whole there. */
static int rescue(const struct trial *trial, struct gait_journal *journal, char path[CONFIG_PATH_MAX])
{
    const char *name = strrchr(path, '/') + 1;
    int r = -ENOENT;

    for (unsigned i = 0; r < 0 && i < 2 && trial->folder[i][0]; i++) {
        struct gait_error err;
        char to[2 * CONFIG_PATH_MAX];

        snprintf(to, sizeof to, "%s/%s", trial->folder[i], name);
        r = strlen(to) < CONFIG_PATH_MAX ? folders_make(trial->folder[i], &err) : -ENAMETOOLONG;
        if (r == 0)
            r = gait_journal_rescue(journal, to, &err);
        if (r == 0)
            memcpy(path, to, strlen(to) + 1);
    }
    return r;
}

static struct gait_journal *take_from_syncer(struct recorder_lane *rec)
{
    struct gait_journal *journal;

    pthread_mutex_lock(&rec->lock);
    while (rec->syncing)
        pthread_cond_wait(&rec->quiet, &rec->lock);
    journal = gait_steal(&rec->journal);
    pthread_mutex_unlock(&rec->lock);
    return journal;
}

void recorder_leave(struct lane *lane, struct recorder_left *ret)
{
    struct recorder_lane *rec = &lane->rec;
    struct gait_journal *old = take_from_syncer(rec);
    struct gait_journal_mark safe;
    int r, back;

    snprintf(ret->path, sizeof ret->path, "%s", gait_journal_path(old));
    r = gait_journal_sync(old, NULL);
    gait_journal_synced(old, &safe);
    back = r < 0 && gait_journal_condemned(old) != -ENOENT ? gait_journal_take_back(old) : 0;
    if (gait_journal_condemned(old) == -ENOENT) {
        if (rescue(rec->trial, old, ret->path) == 0) {
            gait_journal_appended(old, &safe);
        } else {
            safe = (struct gait_journal_mark){0};
            ret->path[0] = '\0';
            gait_journal_free(gait_steal(&old));
        }
    } else if (back < 0) {
        gait_journal_free(gait_steal(&old)); /* its last frames then stand in two files; their numbers tell */
    }
    recorder_kept_safe(rec, &safe);
    if (old && r < 0)
        rec->journal_footfalls -= recorder_kept_footfalls(rec);
    ret->journal = old;
    ret->first = rec->journal_base;
    ret->upto = rec->journal_base + safe.frames;
}

void recorder_count_lost(struct trial *trial, uint64_t frames)
{
    atomic_fetch_sub(&trial->frames, frames);
    atomic_fetch_add(&trial->lost_ring, frames);
}

void recorder_untell(struct lane *lane, uint64_t from, uint64_t upto)
{
    recorder_count_lost(lane->rec.trial, upto - from);
    for (uint64_t i = from; i < upto; i++) {
        const struct gait_slot *slot = gait_ring_at(lane->ring, i);

        if (!slot || i == atomic_load(&lane->rec.trial->base))
            continue;
        lane->rec.told_device -= slot->meta.gap_device;
        lane->rec.told_ring -= slot->meta.gap_ring;
    }
}

/* What is lost so far and no record tells yet. */
static void tell_lost(struct recorder *self, struct recorder_lane *rec)
{
    const struct trial *trial = rec->trial;
    struct gait_gap gap = {.frame = rec->journal_base + rec->journal_frames - atomic_load(&trial->base),
                           .device = atomic_load(&trial->lost_device) - rec->told_device,
                           .ring = atomic_load(&trial->lost_ring) - rec->told_ring,
                           .t_ns = gait_now_ns(self->clock)};

    if (!rec->aside || (!gap.device && !gap.ring))
        return;
    snprintf(gap.why, sizeof gap.why, "%.*s", (int)sizeof gap.why - 1, rec->error);
    if (gait_journal_append_gap(rec->aside, &gap) < 0)
        return;
    rec->told_device += gap.device;
    rec->told_ring += gap.ring;
}

void recorder_put_aside(struct recorder *self, struct lane *lane)
{
    struct recorder_lane *rec = &lane->rec;
    uint64_t appended = rec->journal_base + rec->journal_frames;
    struct recorder_left left;

    if (rec->journal) {
        recorder_leave(lane, &left);
        if (left.upto < appended)
            recorder_untell(lane, left.upto, appended);
        if (left.path[0])
            memcpy(rec->trial->journal, left.path, sizeof left.path);
        rec->journal_frames = left.upto - left.first;
        rec->aside = left.journal;
    }
    atomic_fetch_add(&rec->trial->footfalls_dropped, recorder_kept_footfalls(rec)); /* they were taken back */
    recorder_kept_done(rec);
    tell_lost(self, rec);
    if (rec->aside) /* nobody knows whether there will be an end */
        (void)gait_journal_sync(rec->aside, NULL);
}

void recorder_close_aside(struct recorder *self, struct lane *lane)
{
    struct recorder_lane *rec = &lane->rec;

    if (!rec->aside)
        return;
    tell_lost(self, rec);
    (void)recorder_write_end(self, lane, gait_steal(&rec->aside), rec->journal_frames, "write failed", rec->error);
}
