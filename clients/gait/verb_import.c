#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/formats_in.h>
#include <gait/version.h>

#include "guard.h"
#include "recording.h"
#include "trial_writer.h"
#include "verb.h"
#include "whole_file.h"

enum { FILES_MAX = 4096, KEY_OUT = 0x100, KEY_SUBJECT, KEY_CONDITION, KEY_TIMEPOINT, KEY_MASS, KEY_INSOLE };

struct import {
    const char *file[FILES_MAX];
    size_t files;
    const char *folder, *subject, *condition, *timepoint, *insole;
    double mass_kg;
};

static const struct argp_option options[] = {
    {"out", KEY_OUT, "DIR", 0, "folder for the trial files (default: this one)", 0},
    {"subject", KEY_SUBJECT, "ID", 0, "pseudonym, never a name (a name in the recording is not taken over)", 0},
    {"condition", KEY_CONDITION, "C", 0, "how it was walked (default: barefoot; of insoles: shod)", 0},
    {"timepoint", KEY_TIMEPOINT, "T", 0, "pre1, post0, ...", 0},
    {"mass-kg", KEY_MASS, "KG", 0, "body mass of that day", 0},
    {"insole", KEY_INSOLE, "LAYOUT", 0,
     "FILE is a pedar text, of an insole whose sensors LAYOUT describes (docs/SESSION.md, section 4): a trial file for "
     "each foot",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct import *import = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        import->mass_kg = NAN;
        return 0;
    case KEY_OUT:
        import->folder = arg;
        return 0;
    case KEY_SUBJECT:
        if (!gait_subject_ok(arg))
            argp_error(state,
                       "--subject is '%s': it must be a pseudonym, never a name: a letter, then letters, digits, '-', "
                       "'_', at least one digit, at most %d (S01)",
                       arg, (int)GAIT_SUBJECT_MAX);
        import->subject = arg;
        return 0;
    case KEY_CONDITION:
        import->condition = arg;
        return 0;
    case KEY_TIMEPOINT:
        import->timepoint = arg;
        return 0;
    case KEY_MASS:
        import->mass_kg = verb_number(state, "--mass-kg", arg, 2, 400);
        return 0;
    case KEY_INSOLE:
        import->insole = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (import->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        import->file[import->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!import->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One file on its way in. */
struct job {
    const struct import *import;
    const char *file;
    char journal[WHOLE_PATH_MAX], out[WHOLE_PATH_MAX];
    uint64_t totals; /* frames with a total by the vendor, which agrees */
};

/* What is known of it. Nothing of the vendor's header but the kind of device: names of people and paths stay out. */
static int make_header(const struct job *job, const struct recording *recording, struct gait_journal_header *h)
{
    const struct import *import = job->import;
    const char *text[] = {import->subject, import->condition, import->timepoint};
    char *to[] = {h->subject, h->condition, h->timepoint};
    int r = gait_uuid_new(h->uuid);

    if (!text[1])
        text[1] = recording->insole ? "shod" : "barefoot";
    for (size_t i = 0; r == 0 && i < 3; i++)
        if (text[i] && gait_mat_id(text[i], to[i]) < 0)
            r = -EINVAL;
    h->trial = 1;
    snprintf(h->mat, sizeof(h->mat), "%s", recording->format);
    snprintf(h->software, sizeof(h->software), "gait %s", gait_version());
    r = r ? r : gait_journal_header_set(h, "imported_from", recording->format);
    if (r == 0 && gait_source_info(recording->source)->picture)
        r = gait_journal_header_set(h, "imported_picture", "largest pressures: no time, and no force");
    if (r == 0 && recording->insole)
        r = gait_journal_header_set(h, "imported_insole", "resampled: sensors of an insole laid on even cells");
    return r || !recording->side[0] ? r : gait_journal_header_set(h, "imported_side", recording->side);
}

static void tell(const struct client *client, const struct job *job, const struct gait_seal_report *report)
{
    json_t *line;

    if (!client->json) {
        printf("%s: %ju frames, %ju footfalls", job->out, (uintmax_t)report->frames, (uintmax_t)report->footfalls);
        if (job->totals)
            printf(", %ju totals of the vendor agree", (uintmax_t)job->totals);
        if (report->gap_device)
            printf(", %ju frame%s missing", (uintmax_t)report->gap_device, report->gap_device == 1 ? " is" : "s are");
        putchar('\n');
        return;
    }
    line = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "file", job->file, "path", job->out, "frames",
                     (json_int_t)report->frames, "footfalls", (json_int_t)report->footfalls, "totals",
                     (json_int_t)job->totals, "lost", (json_int_t)report->gap_device);
    client_print_json(line);
    json_decref(line);
}

static int import_open(const struct client *client, struct job *job, struct recording *recording)
{
    struct gait_journal_header header = {.trial = 1};
    struct trial_writer writer = {.journal = job->journal, .out = job->out, .header = &header};
    struct gait_seal_report report;
    struct gait_error err = {0};
    int r;

    if (!recording->vendor)
        return client_fail(client, CLIENT_BAD_INPUT, "%s: is one of ours already", job->file);
    job->totals = recording->totals;
    recording->state.subject.mass_kg = job->import->mass_kg;
    r = make_header(job, recording, &header);
    if (r < 0)
        gait_error_set(&err, r, "%s: --subject, --condition or --timepoint is longer than %d characters", job->file,
                       (int)GAIT_ID_MAX);
    r = r < 0 ? r : trial_write(&writer, recording, &report, &err);
    gait_journal_header_done(&header);
    if (r < 0)
        return client_fail_error(client, r, &err);
    tell(client, job, &report);
    if (gait_source_info(recording->source)->picture)
        client_note(
            client,
            "%s: one picture of each cell's largest pressure, without time: its footfall does not count and has no "
            "numbers; the picture, its area and its largest pressure stand",
            job->out);
    return CLIENT_OK;
}

static int run_job(const struct client *client, const void *input)
{
    struct job job = *(const struct job *)input;
    struct recording *recording = NULL;
    struct gait_error err = {0};
    int r = recording_open(job.file, &recording, &err);

    r = r < 0 ? client_fail_error(client, r, &err) : import_open(client, &job, recording);
    recording_free(recording);
    return r;
}

static void name_job(struct job *job, const char *foot)
{
    const char *slash = strrchr(job->file, '/'), *name = slash ? slash + 1 : job->file, *dot = strrchr(name, '.');
    int n = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    const char *folder = job->import->folder ? job->import->folder : ".";

    snprintf(job->journal, sizeof(job->journal), "%.2000s/.%.*s.importing.gaitj", folder, n, name);
    snprintf(job->out, sizeof(job->out), "%.2000s/%.*s%s.h5", folder, n, name, foot);
}

/* Both feet are read, and all of them is good, before one is written. */
static int run_insoles(const struct client *client, const void *input)
{
    struct job job = *(const struct job *)input;
    struct recording *foot[2] = {NULL, NULL};
    struct gait_error err = {0};
    int worst = CLIENT_OK, r = 0;

    for (int right = 0; right < 2 && (r == 0 || r == -ENODATA); right++)
        r = recording_open_insole(job.file, job.import->insole, right, &foot[right], &err);
    if (r < 0 && (r != -ENODATA || !foot[0]))
        worst = client_fail_error(client, r, &err);
    for (int right = 0; right < 2; right++) {
        if (foot[right] && worst == CLIENT_OK) {
            name_job(&job, right ? "-right" : "-left");
            worst = import_open(client, &job, foot[right]);
        }
        recording_free(foot[right]);
    }
    return worst;
}

static int run(const struct client *client, const void *input)
{
    const struct import *import = input;
    struct gait_error err = {0};
    int worst = CLIENT_OK, r;

    if (import->folder && whole_folder(import->folder, &err) < 0)
        return client_fail_error(client, err.code, &err);
    for (size_t i = 0; i < import->files; i++) {
        struct job job = {.import = import, .file = import->file[i]};

        name_job(&job, "");
        r = guard_run(client, job.file, import->insole ? run_insoles : run_job, &job);
        unlink(job.journal); /* of a reader that crashed */
        worst = r != CLIENT_OK ? r : worst;
    }
    return worst;
}

const struct verb verb_import = {
    .name = "import",
    .args = "FILE...",
    .summary = "Make trial files of vendors' recordings",
    .more =
        "FILE is an emed .lst, a Tekscan .asf or .csv, a footscan, XSENSOR or pliance text, a zebris PedCAD .apd, or "
        "with "
        "--insole a pedar .asc. "
        "Each becomes a trial file "
        "(.h5) with "
        "its frames as they "
        "are, the footfalls computed, and everything that a recording by gaitd has, for analyse, compare and "
        "export. Where the "
        "vendor wrote a total beside each frame (emed, pliance; of pedar the .fgt beside FILE), the cells must sum to "
        "it. A trial file that is there "
        "already is never "
        "replaced.\n\nExample:\n  gait import --subject S01 --timepoint pre1 --out imported *.lst",
    .options = options,
    .files = "file",
    .size = sizeof(struct import),
    .parse = parse,
    .run = run,
};
