#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gait/cleanup.h>

#include "session/files.h"
#include "session/h5.h"
#include "gait/session.h"

/* A recovery: what to do with each journal and what came of them. */
struct recovery {
    const struct gait_seal_options *options;
    gait_recovered *each;
    void *user;
    struct gait_recover_counts counts;
};

static bool is_journal(const char *name)
{
    size_t n = strlen(name);

    return n > 6 && name[0] != '.' && strcmp(name + n - 6, ".gaitj") == 0;
}

/* The journal has gone since it was named, because it became a file: of what is in that, a report. Returns 1; 0 there is no such file. */
static int was_sealed(const char *journal, struct gait_seal_report *report)
{
    _cleanup_(gait_recording_freep) struct gait_recording *recording = NULL;
    const struct gait_recorded_trial *t;
    struct gait_error err;
    int n = snprintf(report->path, sizeof(report->path), "%.*s.h5", (int)strlen(journal) - 6, journal);

    if ((size_t)n >= sizeof(report->path) || gait_recording_open(report->path, &recording, &err) < 0)
        return 0;
    t = gait_recording_trial(recording, 0);
    memcpy(report->uuid, t->header.uuid, GAIT_UUID_BYTES);
    report->trial = t->header.trial;
    report->frames = t->frames;
    report->footfalls = t->n_footfalls;
    report->gap_device = t->gap_device;
    report->gap_ring = t->gap_ring;
    report->gap_damage = t->gap_damage;
    report->journal.ended = t->ended;
    report->journal.missing_records = t->missing_records;
    report->journal.bad_bytes = t->bad_bytes;
    memcpy(report->missing_kinds, t->missing_kinds, sizeof(report->missing_kinds));
    report->already = true;
    return 1;
}

static void recover_journal(struct recovery *rc, const char *path)
{
    struct gait_seal_report report = {0};
    struct gait_error err = {0};
    int r = gait_seal(path, NULL, rc->options, &report, &err);

    if (r == -ENOENT && is_journal(path) && was_sealed(path, &report))
        r = 0;
    if (r == -ENODATA && files_remove(path, NULL) == 0)
        rc->counts.empty++;
    else if (r == -EBUSY)
        rc->counts.busy++;
    else if (r < 0)
        rc->counts.failed++;
    else if (report.already)
        rc->counts.already++;
    else
        rc->counts.sealed++;
    if (r == 0 && (report.gap_device || report.gap_ring || report.journal.bad_bytes || report.journal.missing_records ||
                   report.journal.torn_bytes))
        rc->counts.with_gaps++;
    if (rc->each)
        rc->each(rc->user, path, r, &report, &err);
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Journals of a folder by name; folders in it one level down. */
static int recover_folder(struct recovery *rc, const char *folder, int depth, struct gait_error *err)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, no_dots, alphasort), r = 0;

    if (n < 0)
        return gait_error_set(err, -errno, "%s: cannot be read: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        char path[FILES_PATH_MAX];
        struct stat st;

        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name) < sizeof(path) &&
            lstat(path, &st) == 0) {
            if (S_ISREG(st.st_mode) && is_journal(entry[i]->d_name))
                recover_journal(rc, path);
            else if (S_ISDIR(st.st_mode) && depth > 0 && r == 0)
                r = recover_folder(rc, path, depth - 1, err);
        }
        free(entry[i]);
    }
    free(entry);
    return r;
}

int gait_recover(const char *path, const struct gait_seal_options *options, gait_recovered *each, void *user,
                 struct gait_recover_counts *ret_counts, struct gait_error *err)
{
    struct recovery rc = {.options = options, .each = each, .user = user};
    struct stat st;
    int r = 0;

    if (stat(path, &st) < 0) {
        if (errno != ENOENT || !is_journal(path))
            return gait_error_set(err, -errno, "%s: cannot be opened: %s", path, strerror(errno));
        st.st_mode = S_IFREG;
    }
    if (S_ISDIR(st.st_mode))
        r = recover_folder(&rc, path, 2, err);
    else
        recover_journal(&rc, path);
    if (ret_counts)
        *ret_counts = rc.counts;
    return r;
}
