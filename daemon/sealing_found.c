/*
 * The open session against what a crash left in its folders: the next number is above every file's, and a journal that no row of session.json tells of gets one.
 * A daemon that dies between making a journal and answering the start leaves such a one.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

enum { NUMBER_MAX = 99999 }; /* a name with more was given by nobody here */

static bool begins(struct gait_journal_reader *reader)
{
    struct gait_journal_record record;

    while (gait_journal_next(reader, &record, NULL) > 0)
        if (record.type == GAIT_RECORD_STATE || record.type == GAIT_RECORD_FRAME)
            return true;
    return false;
}

/* The header of a journal that begins a trial: one with neither state nor frame is a trial that never began, and the sealer removes it. Owner: gait_journal_header_done(). */
static bool read_header(const char *path, struct gait_journal_header *ret_header)
{
    struct gait_journal_reader *reader;
    struct gait_journal_record record;
    bool good;

    if (gait_journal_open(path, &reader, NULL) < 0)
        return false;
    good = gait_journal_next(reader, &record, NULL) > 0 && record.type == GAIT_RECORD_HEADER &&
           gait_journal_header_unpack(record.payload, record.payload_bytes, ret_header) == 0 && begins(reader);
    gait_journal_reader_free(reader);
    return good;
}

static void take_field(const struct gait_journal_header *h, const char *key, json_t *row)
{
    const char *text = gait_journal_header_get(h, key);

    if (!text)
        return;
    if (strcmp(key, "pass") == 0)
        json_object_set_new(row, key, json_integer(atoll(text)));
    else if (strcmp(key, "t_since_treatment_s") == 0)
        json_object_set_new(row, key, json_real(strtod(text, NULL)));
    else if (strcmp(key, "extra") == 0 || strcmp(key, "late") == 0)
        json_object_set_new(row, key, json_true());
    else
        json_object_set_new(row, key, json_string(text));
}

/* As if it had been noted when the trial began. */
static void add_row(struct session *s, const char *path, const struct gait_journal_header *h)
{
    static const char *const keys[] = {"pass", "foot", "extra", "late", "t_since_treatment_s", "override"};
    char opened[32], uuid[GAIT_UUID_TEXT + 1];
    json_t *row;

    utc_text(h->start_realtime_ns, opened);
    gait_uuid_text(h->uuid, uuid);
    row = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:f}", "mat", h->mat,
                    "trial", (json_int_t)h->trial, "run", (json_int_t)h->run, "condition", h->condition, "timepoint",
                    h->timepoint, "journal", path, "first_frame", 0, "frames", 0, "footfalls", 0, "lost_device", 0,
                    "lost_ring", 0, "state", "recording", "uuid", uuid, "started_utc", opened, "started_s",
                    (double)h->start_realtime_ns / 1e9);
    for (size_t i = 0; row && i < sizeof keys / sizeof *keys; i++)
        take_field(h, keys[i], row);
    if (row)
        json_array_append_new(json_object_get(s->state, "trials"), row);
}

static bool above(struct session *s, const char *counter, uint32_t number)
{
    if (json_integer_value(json_object_get(s->state, counter)) > number)
        return false;
    json_object_set_new(s->state, counter, json_integer((json_int_t)number + 1));
    return true;
}

/* Of another session's: it was copied here, and is none of its trials. */
static bool take_journal(struct session *s, const char *path, uint32_t trial)
{
    struct gait_journal_header h = {0};
    bool any = false;

    if (!read_header(path, &h)) {
        gait_journal_header_done(&h);
        return false;
    }
    if (strcmp(h.session, s->id) == 0 && h.trial == trial && !h.first_frame) {
        add_row(s, path, &h);
        (void)above(s, "next_run", h.run);
        any = true;
    }
    gait_journal_header_done(&h);
    return any;
}

static bool take_folder(struct session *s, const char *folder)
{
    DIR *dir = *folder ? opendir(folder) : NULL;
    const struct dirent *entry;
    char path[CONFIG_PATH_MAX];
    bool any = false;

    while (dir && (entry = readdir(dir))) {
        const char *dot = strrchr(entry->d_name, '.');
        bool journal = dot && strcmp(dot, ".gaitj") == 0;
        unsigned trial = 0;

        if ((!journal && !(dot && strcmp(dot, ".h5") == 0)) || sscanf(entry->d_name, "trial-%u", &trial) != 1 ||
            trial == 0 || trial > NUMBER_MAX)
            continue;
        any |= above(s, "next_trial", trial);
        if (journal && !session_trial(s, trial) &&
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < sizeof path)
            any |= take_journal(s, path, trial);
    }
    if (dir)
        closedir(dir);
    return any;
}

bool sealing_find(struct daemon *d, const char *second)
{
    bool any = take_folder(d->session, d->session->folder);

    any |= take_folder(d->session, second);
    return any;
}
