#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/journal.h>

#include "guard.h"
#include "recording.h"
#include "verb.h"

/* What reading a whole trial found. */
struct found {
    uint64_t frames, lost_device, lost_ring, lost_damage;
};

static int read_frames(struct recording *recording, struct found *found, struct gait_error *err)
{
    _cleanup_free_ void *raw = malloc(gait_geometry_frame_bytes(&recording->state.geometry));
    struct gait_slot slot = {.raw = raw};
    int r;

    if (!raw)
        return gait_error_set(err, -ENOMEM, "no memory for a frame");
    while ((r = recording_next(recording, &slot, err)) == 1) {
        if (found->frames++ == 0)
            continue; /* what was lost before the first is not the trial's */
        found->lost_device += slot.meta.gap_device;
        found->lost_ring += slot.meta.gap_ring;
    }
    return r;
}

/* The trial's sums: gap records too, which stand in no frame. */
static void count_lost(const struct gait_recorded_trial *trial, struct found *found)
{
    found->lost_device = trial->gap_device;
    found->lost_ring = trial->gap_ring - trial->gap_damage;
    found->lost_damage = trial->gap_damage;
}

static const struct gait_recorded_trial no_trial;

static const struct gait_recorded_trial *trial_of(const struct recording *r)
{
    return r->file ? gait_recording_trial(r->file, r->number) : &no_trial;
}

static void tell_json(const char *path, const struct recording *r, const struct found *f)
{
    const struct gait_recorded_trial *t = trial_of(r);
    char damage[RECORDING_DAMAGE_MAX];
    json_t *line =
        json_pack("{s:s,s:s,s:i,s:I,s:i,s:I,s:I,s:I,s:b,s:I,s:I,s:s}", "file", path, "format", r->format, "trial",
                  (int)r->header->trial, "frames", (json_int_t)f->frames, "footfalls", (int)r->n_footfalls,
                  "lost_device", (json_int_t)f->lost_device, "lost_ring", (json_int_t)f->lost_ring, "lost_damage",
                  (json_int_t)f->lost_damage, "ended", r->ended, "missing_records", (json_int_t)t->missing_records,
                  "bad_bytes", (json_int_t)t->bad_bytes, "damage", recording_damage(t, damage));

    client_print_json(line);
    json_decref(line);
}

/* What exit status 6 is about is never called good. */
static const char *verdict(bool damaged, bool gaps, bool ended)
{
    if (damaged)
        return ended ? ": damaged" : ": damaged, and cut off";
    if (gaps)
        return ended ? ": with gaps" : ": with gaps, and cut off";
    return ended ? ": good" : ": good, but cut off";
}

static void tell(const struct client *client, const char *path, const struct recording *r, const struct found *f)
{
    char damage[RECORDING_DAMAGE_MAX];

    if (client->json) {
        tell_json(path, r, f);
        return;
    }
    printf("%s: %s", path, r->format);
    if (r->header->trial)
        printf(", trial %u", r->header->trial);
    printf(", %u x %u cells, %ju frames", r->state.geometry.cols, r->state.geometry.rows, (uintmax_t)f->frames);
    if (!r->vendor)
        printf(", %zu footfalls", r->n_footfalls);
    if (f->lost_device || f->lost_ring)
        printf(", lost %ju by the mat, %ju by us", (uintmax_t)f->lost_device, (uintmax_t)f->lost_ring);
    if (f->lost_damage)
        printf(", %ju in damaged stretches", (uintmax_t)f->lost_damage);
    if (recording_damage(trial_of(r), damage)[0])
        printf(", %s", damage);
    if (gait_journal_header_get(r->header, "analysis_version"))
        printf(", analysis %s", gait_journal_header_get(r->header, "analysis_version"));
    puts(verdict(damage[0] || f->lost_damage, f->lost_device || f->lost_ring, r->ended));
}

/* Which analyses a file holds: the last is the one in its tables. And what a repair has done to the trial. */
static void tell_versions(const struct client *client, const struct gait_journal_header *header)
{
    char key[32];
    const char *text = gait_journal_header_get(header, "repaired");

    if (text && !client->json)
        printf("    repaired %s\n", text);
    for (unsigned i = 1; !client->json; i++) {
        snprintf(key, sizeof(key), "analysis.%u", i);
        text = gait_journal_header_get(header, key);
        if (!text)
            return;
        printf("    version %u: %s\n", i, text);
    }
}

/* What is in the file can be read, and parts of it do not agree. */
static void tell_clash(const struct client *client, const char *path, const struct gait_error *err)
{
    if (client->json) {
        json_t *line = json_pack("{s:s,s:s}", "file", path, "damage", err->text);

        client_print_json(line);
        json_decref(line);
    } else {
        printf("%s: %s: damaged\n", path, err->text);
    }
}

/* What a repair could not save, and no trial can tell. */
static bool tell_repaired(const struct client *client, const char *path, const struct recording *recording)
{
    const char *repaired = json_string_value(json_object_get(recording->session, "repaired"));
    struct gait_error err;

    if (!repaired)
        return false;
    gait_error_set(&err, 0, "repaired %s", repaired);
    tell_clash(client, path, &err);
    return true;
}

static int check_file(const struct client *client, const void *input)
{
    const char *path = input;
    struct recording *recording = NULL;
    struct gait_error err = {0};
    int r = recording_open(path, &recording, &err);
    bool gaps = false;

    if (r == 0 && recording->file)
        r = gait_recording_check(recording->file, &err);
    if (r == 1) {
        tell_clash(client, path, &err);
        gaps = true;
        r = 0;
    }
    gaps |= r == 0 && tell_repaired(client, path, recording);

    for (uint32_t i = 0; r == 0 && i < recording_trials(recording); i++) {
        struct found found = {0};

        r = recording_go(recording, i, &err);
        if (r == 0)
            r = read_frames(recording, &found, &err);
        if (recording->file)
            count_lost(gait_recording_trial(recording->file, i), &found);
        if (r == 0) {
            tell(client, path, recording, &found);
            tell_versions(client, recording->header);
        }
        gaps |= found.lost_device || found.lost_damage || found.lost_ring ||
                (r == 0 && (!recording->ended || recording_is_damaged(trial_of(recording))));
    }
    recording_free(recording);
    if (r < 0) /* a file in which nothing was recorded is a bad file too */
        return client_fail_error(client, r == -ENODATA ? -EBADMSG : r, &err);
    return gaps ? CLIENT_GAPS : CLIENT_OK;
}

/* A bad file does not hide the state of the others. */
static int run(const struct client *client, const void *input)
{
    const struct verb_files *files = input;
    int worst = CLIENT_OK, r;

    for (size_t i = 0; i < files->n; i++) {
        r = guard_run(client, files->file[i], check_file, files->file[i]);
        if (worst == CLIENT_OK || (worst == CLIENT_GAPS && r != CLIENT_OK))
            worst = r;
    }
    return worst;
}

const struct verb verb_check = {
    .name = "check",
    .args = "FILE...",
    .summary = "Read files whole and say whether they are good",
    .more =
        "Opens each file in a process of its own with limits on memory and time, reads every frame, every record "
        "and its checksum, every dataset with its unit, and compares the tables with the records. The exit status is 3 "
        "for a file that cannot be read, 6 when frames are missing (with gaps), a trial was cut off or a record of its "
        "journal is damaged. Of a damaged session file gait repair saves what can be saved.",
    .files = "file",
    .size = sizeof(struct verb_files),
    .parse = verb_files_parse,
    .run = run,
};
