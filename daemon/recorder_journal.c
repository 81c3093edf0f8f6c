/* The files of one trial: opened, moved when full, broken or old, closed. */
#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "folders.h"

enum { ROOM_EVERY_MS = 250 };

GAIT_DEFINE_CLEANUP(struct gait_journal *, gait_journal_free)

static void journal_path(const struct trial *trial, unsigned folder, char ret[CONFIG_PATH_MAX])
{
    if (trial->journals == 0)
        snprintf(ret, CONFIG_PATH_MAX, "%s/trial-%03u.gaitj", trial->folder[folder], trial->header.trial);
    else
        snprintf(ret, CONFIG_PATH_MAX, "%s/trial-%03u-%u.gaitj", trial->folder[folder], trial->header.trial,
                 trial->journals + 1);
}

/* A journal with header and state, synced; it begins at trial frame first_frame. The file goes away again when that fails. */
static int open_journal(struct trial *trial, unsigned folder, uint64_t first_frame, const uint8_t *continues,
                        struct gait_journal **ret_journal, struct gait_error *err)
{
    _cleanup_(gait_journal_freep) struct gait_journal *journal = NULL;
    struct gait_journal_header header;
    char path[CONFIG_PATH_MAX], part[16];
    int r = folders_make(trial->folder[folder], err);

    if (r < 0)
        return r;
    snprintf(part, sizeof part, "%u", trial->journals + 1);
    if (trial->journals)
        r = gait_journal_header_set(&trial->header, "part", part);
    if (r < 0)
        return gait_error_set(err, r, "%s: %s", trial->folder[folder], strerror(-r));
    header = trial->header; /* fields stay the trial's */
    if (continues) {
        memcpy(header.continues, continues, sizeof header.continues);
        r = gait_uuid_new(header.uuid);
        if (r < 0)
            return gait_error_set(err, r, "no random numbers: %s", strerror(-r));
    }
    header.first_frame = first_frame;
    journal_path(trial, folder, path);
    r = gait_journal_create(path, &header, NULL, &journal, err);
    if (r < 0)
        return r;
    r = gait_journal_append_state(journal, &trial->state);
    if (r == 0)
        r = gait_journal_sync(journal, NULL);
    if (r < 0) {
        unlink(path);
        return gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r));
    }
    memcpy(trial->journal, path, sizeof trial->journal);
    trial->journals++;
    *ret_journal = gait_steal(&journal);
    return 0;
}

/* The syncer works on whatever stands here; it is waited for before the journal is taken away. */
static struct gait_journal *exchange(struct recorder_lane *rec, struct gait_journal *journal, uint64_t base)
{
    struct gait_journal *old;

    pthread_mutex_lock(&rec->lock);
    while (rec->syncing)
        pthread_cond_wait(&rec->quiet, &rec->lock);
    old = rec->journal;
    rec->journal = journal;
    rec->sync_base = base;
    pthread_mutex_unlock(&rec->lock);
    rec->journal_base = base;
    rec->journal_frames = rec->journal_footfalls = 0;
    return old;
}

int recorder_arm(struct recorder *self, struct lane *lane, struct gait_error *err)
{
    struct trial *trial = lane->rec.trial;
    struct gait_journal *journal;
    int r = open_journal(trial, 0, 0, NULL, &journal, err);

    (void)self;
    lane->rec.folder = 0;
    if (r < 0 && trial->folder[1][0]) {
        lane->rec.folder = 1;
        r = open_journal(trial, 1, 0, NULL, &journal, err);
    }
    if (r < 0)
        return r;
    exchange(&lane->rec, journal, 0);
    return 0;
}

static void tell_moved(struct recorder *self, unsigned mat, struct lane *lane, enum news_kind kind, int code,
                       const char *text, const char *left)
{
    struct news *news = news_new(kind, mat);

    news->trial = lane->rec.trial;
    memcpy(news->path, lane->rec.trial->journal, sizeof news->path);
    snprintf(news->left, sizeof news->left, "%s", left);
    news->t_ns = gait_now_ns(self->clock);
    news->code = gait_error_set(&news->err, code, "%s", text);
    mailbox_post(self->main, &news->letter);
}

/* Frames that the old journal took and no sync covers go into the new one, from the ring, and the records between them. */
static int rewrite(struct lane *lane, struct gait_journal *journal, uint64_t from, uint64_t to)
{
    size_t bytes = gait_geometry_frame_bytes(&lane->geometry);
    int r = recorder_kept_rewrite(&lane->rec, journal, 0, from + 1);

    for (uint64_t i = from; i < to && r == 0; i++) {
        const struct gait_slot *slot = gait_ring_at(lane->ring, i);

        r = slot ? gait_journal_append_frame(journal, slot, bytes) : -EIO;
        lane->rec.journal_frames += r == 0;
        if (r == 0)
            r = recorder_kept_rewrite(&lane->rec, journal, i + 1, i + 2);
    }
    return r;
}

/* A journal is lost as a whole: what of it is not in the ring or kept any more is counted. Returns the first frame that can be written again. */
static uint64_t count_removed(struct lane *lane, uint64_t first)
{
    struct recorder_lane *rec = &lane->rec;
    uint64_t freed = gait_ring_freed(lane->ring), kept = recorder_kept_footfalls(rec);

    if (rec->journal_footfalls > kept)
        atomic_fetch_add(&rec->trial->footfalls_dropped, rec->journal_footfalls - kept);
    if (freed <= first)
        return first;
    recorder_count_lost(rec->trial, freed - first);
    return freed;
}

/* The new journal says what the one before would have held. */
static void tell_removed(struct recorder *self, struct recorder_lane *rec, struct gait_journal *journal, uint64_t frame,
                         uint64_t lost)
{
    struct gait_gap gap = {
        .frame = frame, .ring = lost, .t_ns = gait_now_ns(self->clock), .why = "the journal was removed"};

    if (lost && gait_journal_append_gap(journal, &gap) == 0)
        rec->told_ring += lost;
}

/* In the folder that was chosen; when the trial stays in its folder and that takes no journal, in the other one. */
static int open_next(struct recorder_lane *rec, unsigned *folder, uint64_t first_frame, const uint8_t *continues,
                     struct gait_journal **ret_journal, struct gait_error *err)
{
    int r = open_journal(rec->trial, *folder, first_frame, continues, ret_journal, err);

    if (r < 0 && *folder == rec->folder && rec->trial->folder[1 - *folder][0]) {
        *folder = 1 - *folder;
        r = open_journal(rec->trial, *folder, first_frame, continues, ret_journal, err);
    }
    return r;
}

static const char *reason(const struct gait_journal *journal, int r)
{
    return gait_journal_condemned(journal) == -ENOENT ? "the journal was removed or moved away" : strerror(-r);
}

/* There is no other journal: what stood there is this one's again, when it is whole. */
static void stay(struct lane *lane, const struct recorder_left *left, uint64_t upto)
{
    struct recorder_lane *rec = &lane->rec;

    if (left->path[0])
        memcpy(rec->trial->journal, left->path, sizeof left->path); /* to be sealed */
    if (!left->journal) {
        recorder_count_lost(rec->trial, upto - left->upto);
        return;
    }
    pthread_mutex_lock(&rec->lock);
    rec->journal = left->journal;
    pthread_mutex_unlock(&rec->lock);
}

/* In another journal, which stands: with what no sync of the one before covered. */
static int go_on(struct recorder *self, unsigned mat, struct lane *lane, struct gait_journal *journal,
                 const struct recorder_left *left, const char *why)
{
    struct recorder_lane *rec = &lane->rec;
    uint64_t upto = gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER),
             gone = left->path[0] ? 0 : left->upto - left->first;
    char text[CONFIG_PATH_MAX + 200];
    int r, n;

    exchange(rec, journal, left->upto);
    rec->journal_since_ns = gait_now_ns(self->clock);
    rec->clock_due_ns = 0; /* each journal tells by itself when it was */
    tell_removed(self, rec, journal, left->upto - atomic_load(&rec->trial->base), gone);
    r = rewrite(lane, journal, left->upto, upto);
    n = snprintf(text, sizeof text, "%s: goes on in %s", why, rec->trial->journal);
    if (!left->path[0])
        snprintf(text + n, sizeof text - (size_t)n, "; %llu frames of it are lost", (unsigned long long)gone);
    tell_moved(self, mat, lane, NEWS_MOVED, 0, text, left->path); /* of what was left main must know, come what may */
    if (r < 0)
        recorder_untell(lane, left->upto + rec->journal_frames, upto);
    return r;
}

/*
 * Go on in another journal: in the same folder where that is well or was removed, in the other one where it is full or broken. The one before gets its end when
 * the next one stands: until then nobody knows that there is one.
 */
static int move(struct recorder *self, unsigned mat, struct lane *lane, bool same_folder, const char *why,
                struct gait_error *err)
{
    struct recorder_lane *rec = &lane->rec;
    uint8_t uuid[GAIT_UUID_BYTES];
    uint64_t upto = gait_ring_cursor(lane->ring, GAIT_STAGE_RECORDER);
    struct gait_journal *journal = NULL;
    bool was_removed = gait_journal_condemned(rec->journal) == -ENOENT;
    unsigned folder = same_folder || was_removed ? rec->folder : 1 - rec->folder;
    struct recorder_left left;
    int r;

    if (!rec->trial->folder[folder][0])
        return gait_error_set(err, -ENOSPC, "%s: %s, and there is no recording.second_path", rec->trial->folder[0],
                              why);
    memcpy(uuid, gait_journal_uuid(rec->journal), sizeof uuid);
    recorder_leave(lane, &left);
    if (!left.path[0])
        left.upto = count_removed(lane, left.first);
    r = open_next(rec, &folder, left.upto - atomic_load(&rec->trial->base), uuid, &journal, err);
    if (r < 0) {
        stay(lane, &left, upto);
        return r;
    }
    if (left.journal)
        recorder_write_end(self, lane, left.journal, left.upto - left.first, same_folder ? "continued" : "moved", why);
    rec->folder = folder;
    r = go_on(self, mat, lane, journal, &left, why);
    return r < 0 ? gait_error_set(err, r, "%s: %s", rec->trial->journal, strerror(-r)) : 0;
}

static void lose(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_error *err)
{
    struct recorder_lane *rec = &lane->rec;

    snprintf(rec->error, sizeof rec->error, "%s", err->text);
    recorder_put_aside(self, lane);
    rec->mode = RECORDER_LOSING;
    tell_moved(self, mat, lane, NEWS_FAILED, -EIO, rec->error, "");
}

/* Its folder, with what the journal has taken ahead, and without what its session file will take: that is smaller than the journal, which goes only then. */
static bool is_low(const struct recorder_lane *rec)
{
    bool writable;
    double bytes = folders_free_bytes(rec->trial->folder[rec->folder], &writable);
    struct gait_journal_mark mark;
    struct stat st;

    gait_journal_appended(rec->journal, &mark);
    if (stat(rec->trial->journal, &st) == 0 && (uint64_t)st.st_size > mark.bytes)
        bytes += (double)((uint64_t)st.st_size - mark.bytes);
    return bytes - (double)mark.bytes < rec->trial->floor_bytes;
}

/* In the other folder, when that has room to speak of. True: nothing is left to be told. */
static bool leave_low(struct recorder *self, unsigned mat, struct lane *lane)
{
    struct recorder_lane *rec = &lane->rec;
    const struct gait_journal *before = rec->journal;
    const char *other = rec->trial->folder[1 - rec->folder];
    struct gait_journal_mark mark = {0};
    struct gait_error err = {0};
    bool writable;

    if (!*other || !(folders_free_bytes(other, &writable) > 2 * rec->trial->floor_bytes))
        return false;
    if (move(self, mat, lane, false, "the disk is nearly full (recording.floor_min)", &err) == 0)
        return true;
    if (rec->journal == before)
        gait_journal_appended(before, &mark);
    if (rec->journal == before && mark.frames == rec->journal_frames)
        return false; /* it is whole */
    lose(self, mat, lane, &err);
    return true;
}

void recorder_mind_room(struct recorder *self, unsigned mat, struct lane *lane)
{
    struct recorder_lane *rec = &lane->rec;
    uint64_t now = gait_now_ns(self->clock);
    char text[CONFIG_PATH_MAX + 200];

    if (rec->told_low || rec->trial->floor_bytes <= 0 || now < rec->room_due_ns)
        return;
    rec->room_due_ns = now + ROOM_EVERY_MS * 1000000ull;
    if (gait_journal_condemned(rec->journal) || !is_low(rec) || leave_low(self, mat, lane))
        return;
    rec->told_low = true;
    snprintf(text, sizeof text,
             "%s: the disk is nearly full (recording.floor_min): the trial is ended; free some space",
             rec->trial->folder[rec->folder]);
    tell_moved(self, mat, lane, NEWS_LOW, 0, text, "");
}

static bool is_old(struct recorder *self, const struct lane *lane)
{
    double age_s = (double)(gait_now_ns(self->clock) - lane->rec.journal_since_ns) / 1e9;

    return age_s > lane->rec.trial->max_journal_s;
}

void recorder_append(struct recorder *self, unsigned mat, struct lane *lane, const struct gait_slot *slot)
{
    struct recorder_lane *rec = &lane->rec;
    struct gait_error err = {0};
    size_t bytes = gait_geometry_frame_bytes(&lane->geometry);
    uint64_t before = gait_now_ns(self->clock);
    int r = 0;

    if (rec->mode == RECORDER_LOSING) {
        atomic_fetch_add(&rec->trial->lost_ring, 1);
        return;
    }
    if (is_old(self, lane))
        r = move(self, mat, lane, true, "recording.max_trial_s reached", &err);
    if (r == 0) {
        r = gait_journal_append_frame(rec->journal, slot, bytes);
        if (r < 0) {
            r = move(self, mat, lane, false, reason(rec->journal, r), &err);
            if (r == 0)
                r = gait_error_set(&err, gait_journal_append_frame(rec->journal, slot, bytes), "%s: cannot be written",
                                   rec->trial->journal);
        }
    }
    if (r < 0) {
        atomic_fetch_add(&rec->trial->lost_ring, 1);
        lose(self, mat, lane, &err);
        return;
    }
    rec->journal_frames++;
    if (slot->meta.index != atomic_load(&rec->trial->base)) {
        rec->told_device += slot->meta.gap_device;
        rec->told_ring += slot->meta.gap_ring;
    }
    atomic_fetch_add(&rec->trial->frames, 1);
    stage_times_add(lane->append_times, gait_now_ns(self->clock) - before);
}

/* Out of the syncer's sight, and safe; else back again. */
static int take_synced(struct recorder_lane *rec, struct gait_journal **ret_journal)
{
    uint64_t frames = rec->journal_frames, footfalls = rec->journal_footfalls, base = rec->journal_base;
    struct gait_journal *journal = exchange(rec, NULL, base);
    int r = gait_journal_sync(journal, NULL);

    if (r < 0)
        exchange(rec, journal, base);
    else
        *ret_journal = journal;
    rec->journal_frames = frames;
    rec->journal_footfalls = footfalls;
    return r;
}

int recorder_close(struct recorder *self, unsigned mat, struct lane *lane, struct gait_error *err)
{
    struct gait_journal *journal = NULL;
    int r = recorder_kept_unwritten(&lane->rec) ? -EIO : take_synced(&lane->rec, &journal);

    if (r < 0) {
        r = move(self, mat, lane, false, reason(lane->rec.journal, r), err);
        if (r == 0)
            r = take_synced(&lane->rec, &journal);
    }
    if (r < 0) {
        snprintf(lane->rec.error, sizeof lane->rec.error, "%s", err->text);
        recorder_put_aside(self, lane);
        recorder_close_aside(self, lane);
        return gait_error_set(err, r, "%s: the last frames may not be on the disk", lane->rec.trial->journal);
    }
    recorder_kept_done(&lane->rec);
    r = recorder_write_end(self, lane, journal, lane->rec.journal_frames, lane->rec.trial->why, "");
    return r < 0 ? gait_error_set(err, r, "%s: its end may not be on the disk: %s", lane->rec.trial->journal,
                                  strerror(-r))
                 : 0;
}

void recorder_drop(struct lane *lane)
{
    struct gait_journal *journal = exchange(&lane->rec, NULL, 0);

    if (!journal)
        journal = gait_steal(&lane->rec.aside);
    if (journal) {
        gait_journal_free(journal);
        unlink(lane->rec.trial->journal);
    }
    recorder_kept_done(&lane->rec);
    lane->rec.mode = RECORDER_IDLE;
    lane->rec.trial = NULL;
}
