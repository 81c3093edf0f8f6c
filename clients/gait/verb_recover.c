#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gait/session.h>

#include "verb.h"

enum { KEY_PRESSURE = 0x100, KEY_KEEP, KEY_CLOSE, KEY_ALSO };

struct recover {
    const char *path, *also;
    bool close;
    struct gait_seal_options seal;
};

static const struct argp_option options[] = {
    {"pressure", KEY_PRESSURE, NULL, 0, "store pressure in kPa beside the raw counts", 0},
    {"keep-journal", KEY_KEEP, NULL, 0, "do not remove a journal when its trial file has been read back", 0},
    {"close", KEY_CLOSE, NULL, 0, "PATH is a session's folder: make one file of its trials", 0},
    {"also", KEY_ALSO, "DIR", 0, "with --close: trials of the session that were recorded into this folder", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct recover *recover = state->input;

    switch (key) {
    case KEY_PRESSURE:
        recover->seal.pressure = true;
        return 0;
    case KEY_KEEP:
        recover->seal.keep_journal = true;
        return 0;
    case KEY_CLOSE:
        recover->close = true;
        return 0;
    case KEY_ALSO:
        recover->also = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (recover->path)
            argp_error(state, "one path at a time");
        recover->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (recover->close && !recover->path)
            argp_error(state, "--close needs the session's folder");
        if (recover->also && !recover->close)
            argp_error(state, "--also goes with --close");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Where sessions lie when nobody says: of the user's daemon, else of the service. */
static const char *default_path(char path[4096])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (geteuid() == 0)
        return "/var/lib/gaitd/sessions";
    if (state && *state)
        snprintf(path, 4096, "%s/gaitd/sessions", state);
    else
        snprintf(path, 4096, "%s/.local/state/gaitd/sessions", home ? home : "");
    return path;
}

#define AGAIN ": free room there and run it again, nothing is lost: "

static void tell_json(const char *journal, int result, const struct gait_seal_report *report, const char *text)
{
    json_t *line = json_pack("{s:s,s:b}", "journal", journal, "ok", result >= 0);

    if (result >= 0) {
        json_object_set_new(line, "path", json_string(report->path));
        json_object_set_new(line, "trial", json_integer(report->trial));
        json_object_set_new(line, "frames", json_integer((json_int_t)report->frames));
        json_object_set_new(line, "footfalls", json_integer((json_int_t)report->footfalls));
        json_object_set_new(line, "lost_device", json_integer((json_int_t)report->gap_device));
        json_object_set_new(line, "lost_ring", json_integer((json_int_t)report->gap_ring));
        json_object_set_new(line, "lost_damage", json_integer((json_int_t)report->gap_damage));
        json_object_set_new(line, "missing_records", json_integer((json_int_t)report->journal.missing_records));
        json_object_set_new(line, "missing_kinds", json_string(report->missing_kinds));
        json_object_set_new(line, "bad_bytes", json_integer((json_int_t)report->journal.bad_bytes));
        json_object_set_new(line, "ended", json_boolean(report->journal.ended));
        json_object_set_new(line, "already", json_boolean(report->already));
    } else {
        json_object_set_new(line, "message", json_string(text));
    }
    client_print_json(line);
    json_decref(line);
}

struct told {
    const struct client *client;
    bool other; /* something failed that is not the file's own fault */
};

static bool is_bad_file(int result)
{
    return result == -EBADMSG || result == -ENODATA || result == -EPROTONOSUPPORT;
}

/* One line a journal. */
static void tell(void *user, const char *journal, int result, const struct gait_seal_report *report,
                 const struct gait_error *err)
{
    struct told *told = user;
    const struct client *client = told->client;
    char text[2 * GAIT_ERROR_TEXT_MAX];

    snprintf(text, sizeof(text), "%s%s", err && err->text[0] ? err->text : strerror(-result),
             client_room_hint(err ? err->text : "", AGAIN "the journal is kept"));
    told->other |= result < 0 && !is_bad_file(result);

    if (client->json) {
        tell_json(journal, result, report, text);
        return;
    }
    if (result < 0) {
        fprintf(stderr, "gait: %s\n", text);
        return;
    }
    printf("%s: %ju frames, %ju footfalls", report->path, (uintmax_t)report->frames, (uintmax_t)report->footfalls);
    if (report->gap_device || report->gap_ring)
        printf(", lost %ju by the mat, %ju by us", (uintmax_t)report->gap_device, (uintmax_t)report->gap_ring);
    if (report->gap_damage)
        printf(" (%ju in damaged stretches)", (uintmax_t)report->gap_damage);
    if (report->journal.missing_records)
        printf(", %ju record%s damaged%s%s%s", (uintmax_t)report->journal.missing_records,
               report->journal.missing_records > 1 ? "s" : "", report->missing_kinds[0] ? " (" : "",
               report->missing_kinds, report->missing_kinds[0] ? ")" : "");
    else if (report->journal.bad_bytes)
        printf(", %ju bytes between records are none", (uintmax_t)report->journal.bad_bytes);
    puts(report->already ? " (was sealed already)" : report->journal.ended ? "" : " (cut off)");
}

static int run_close(const struct client *client, const struct recover *recover)
{
    struct gait_error err = {0};
    uint32_t trials = 0;
    int r = gait_session_close_also(recover->path, recover->also, &trials, &err);
    json_t *line;

    if (*client_room_hint(err.text, AGAIN))
        return client_fail(client, CLIENT_FAILED, "%s" AGAIN "the trial files are kept", err.text);
    if (r < 0)
        return client_fail_error(client, r, &err);
    if (client->json) {
        line = json_pack("{s:s,s:i}", "folder", recover->path, "trials", (int)trials);
        client_print_json(line);
        json_decref(line);
    } else {
        printf("%s: one file of %u trials\n", recover->path, trials);
    }
    return CLIENT_OK;
}

static bool is_one_journal(const char *path)
{
    struct stat st;

    return path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static int run(const struct client *client, const void *input)
{
    const struct recover *recover = input;
    struct gait_recover_counts counts = {0};
    struct told told = {.client = client};
    struct gait_error err = {0};
    char path[4096];
    int r;

    if (recover->close)
        return run_close(client, recover);
    r = gait_recover(recover->path ? recover->path : default_path(path), &recover->seal, tell, &told, &counts, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    if (counts.busy && is_one_journal(recover->path))
        return CLIENT_REFUSED; /* tell() has said why */
    if (counts.busy)
        client_note(client, "%u journals are being written or sealed: left alone", counts.busy);
    if (!counts.sealed && !counts.already && !counts.failed && !counts.busy)
        client_note(client, "nothing to recover");
    if (counts.failed)
        return told.other ? CLIENT_FAILED : CLIENT_BAD_INPUT;
    return counts.with_gaps ? CLIENT_GAPS : CLIENT_OK;
}

const struct verb verb_recover = {
    .name = "recover",
    .args = "[DIR|JOURNAL]",
    .summary = "Make trial files of journals left behind",
    .more =
        "A trial is recorded into a journal; afterwards this makes the HDF5 file of it, reads it back and only "
        "then removes the journal. gaitd runs "
        "it by itself after each trial and at its start; it may be run at any time, as often as one likes. Without "
        "a path: the sessions of this "
        "user, or of the service. The exit status is 6 when frames are missing or what was written is damaged (a trial "
        "that was cut off and lost "
        "nothing that had been written is 0; gait check says 6 of it), 3 when nothing can be made of a "
        "journal, 5 when the one journal that was named is being written or sealed.\n\nExamples:\n  gait recover\n  "
        "gait recover "
        "/var/lib/gaitd/sessions/S01-20260301/trial-002.gaitj\n  gait recover --close "
        "/var/lib/gaitd/sessions/S01-20260301",
    .options = options,
    .files = "file",
    .size = sizeof(struct recover),
    .parse = parse,
    .run = run,
};
