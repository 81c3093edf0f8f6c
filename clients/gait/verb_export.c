#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/session.h>

#include "export_bids.h"
#include "export_trial.h"
#include "guard.h"
#include "recording.h"
#include "verb.h"
#include "whole_file.h"

enum { FILES_MAX = 4096, KEY_TO = 0x100, KEY_TRIAL, KEY_OUT, KEY_FORCE, KEY_FULL };

struct export
{
    const char *to, *output, *folder;
    const char *file[FILES_MAX];
    size_t files;
    uint32_t trial; /* 0: all (journal: the first) */
    double full_kPa;
    bool force;
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FORMAT", 0, "csv, mat, c3d, bids, emed, png, gif or journal (needed)", 0},
    {"out", KEY_OUT, "DIR", 0, "folder to write into, made when it is not there (default: this one)", 0},
    {"output", 'o', "FILE", 0, "the one file to make (csv, journal; one FILE)", 0},
    {"trial", KEY_TRIAL, "N", 0, "this trial only, counted in the file from 1", 0},
    {"force", KEY_FORCE, NULL, 0, "replace what is there already", 0},
    {"full-kpa", KEY_FULL, "KPA", 0, "what the brightest colour stands for (png, gif; default: the trial's peak)", 0},
    {0},
};

/* One file on its way out, in a process of its own. */
struct job {
    const struct export *export;
    const struct client *client;
    const char *file;
};

/* ---- one trial to one file ------------------------------------------------------------------------------------------------------ */

typedef int write_trial(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                        struct gait_error *err);

static int write_mat(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                     struct gait_error *err)
{
    (void)export;
    out->by_path = true;
    return gait_export_mat(out->part, trial, err);
}

static int write_c3d(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                     struct gait_error *err)
{
    (void)export;
    return gait_export_c3d(out->out, trial, err);
}

static int write_emed(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                      struct gait_error *err)
{
    (void)export;
    return gait_export_emed(out->out, trial, err);
}

static int write_png(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                     struct gait_error *err)
{
    return gait_export_png(out->out, trial, export->full_kPa, err);
}

static int write_gif(struct whole_file *out, const struct gait_export_trial *trial, const struct export *export,
                     struct gait_error *err)
{
    return gait_export_gif(out->out, trial, export->full_kPa, err);
}

static const struct format {
    const char *name, *ending;
    write_trial *write; /* NULL: not one file a trial */
    const char *gaps;   /* how missing frames can be seen in it */
} formats[] = {
    {"csv", "csv", NULL, "steps that they touch have the flag 'gap'"},
    {"mat", "mat", write_mat, "frames.lost says where"},
    {"c3d", "c3d", write_c3d, "0 N and an event 'Frames lost' there"},
    {"bids", "", NULL, "n/a and an event frames_lost there"},
    {"emed", "lst", write_emed, "the picture numbers jump there"},
    {"png", "png", write_png, "the picture does not show it"},
    {"gif", "gif", write_gif, "it stands still there"},
    {"journal", "gaitj", NULL, ""},
};

static const struct format *format_of(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (name && strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* ---- names -------------------------------------------------------------------------------------------------------------------------- */

/* The file's name without folder and ending; in front of it the session's when it is the same in every session. */
static void stem_of(const struct job *job, const struct recording *recording, char ret_stem[WHOLE_PATH_MAX])
{
    const char *slash = strrchr(job->file, '/'), *name = slash ? slash + 1 : job->file, *dot = strrchr(name, '.');
    int n = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    const char *session = recording->header->session;
    bool common = strncmp(name, "trial-", 6) == 0 && session[0] && !strchr(session, '/');

    snprintf(ret_stem, WHOLE_PATH_MAX, "%s%s%.*s", common ? session : "", common ? "-" : "", n, name);
}

static void path_of(const struct job *job, const struct recording *recording, const char *behind, const char *ending,
                    char ret_path[WHOLE_PATH_MAX])
{
    char stem[WHOLE_PATH_MAX];

    stem_of(job, recording, stem);
    snprintf(ret_path, WHOLE_PATH_MAX, "%.2000s/%.1900s%.64s.%s", job->export->folder ? job->export->folder : ".", stem,
             behind, ending);
}

static void trial_path(const struct job *job, const struct recording *recording, uint32_t i, const char *ending,
                       char ret_path[WHOLE_PATH_MAX])
{
    char behind[32] = "";
    uint32_t part = recording_part(recording);

    if (recording_trials(recording) > 1) {
        snprintf(behind, sizeof(behind), "-trial-%03u", recording->header->trial ? recording->header->trial : i + 1);
        if (part)
            snprintf(behind + strlen(behind), sizeof(behind) - strlen(behind), "-%u", part);
    }
    path_of(job, recording, behind, ending, ret_path);
}

/* What the recording does not have. */
struct holes {
    uint64_t lost, places; /* frames, and between how many frames */
    size_t cells;          /* without a value in the whole trial, where the format can write 0 only */
};

/* The notes of one trial; its holes are added to *holes. */
static void tell_holes(const struct job *job, const struct gait_export_trial *t, struct holes *holes)
{
    const struct format *format = format_of(job->export->to);
    struct holes here = {.cells = format->write == write_emed ? gait_export_unknown_cells(t) : 0};
    char trial[32] = "";

    for (size_t i = 0; i < t->n_frames; i++) {
        here.lost += t->frame[i].lost;
        here.places += t->frame[i].lost > 0;
    }
    if (t->trial)
        snprintf(trial, sizeof(trial), "trial %u: ", t->trial);
    if (here.lost)
        client_note(job->client, "%s: %s%ju frame%s missing in %ju place%s: %s", job->file, trial, (uintmax_t)here.lost,
                    here.lost == 1 ? " is" : "s are", (uintmax_t)here.places, here.places == 1 ? "" : "s",
                    format->gaps);
    if (here.cells)
        client_note(job->client, "%s: %s%zu cell%s no value: written as 0, as each 'File:' says", job->file, trial,
                    here.cells, here.cells == 1 ? " has" : "s have");
    holes->lost += here.lost;
    holes->places += here.places;
    holes->cells += here.cells;
}

static void tell(const struct job *job, const char *path, const struct holes *holes)
{
    if (job->client->json) {
        json_t *line = json_pack("{s:s,s:s,s:s,s:I,s:I}", "file", job->file, "format", job->export->to, "path", path,
                                 "lost", (json_int_t)holes->lost, "cells_as_0", (json_int_t)holes->cells);

        client_print_json(line);
        json_decref(line);
    } else {
        puts(path);
    }
}

/* ---- each kind ------------------------------------------------------------------------------------------------------------------------ */

static int one_trial(const struct job *job, const struct format *format, struct recording *recording, uint32_t i,
                     struct gait_error *err)
{
    struct export_trial e;
    struct holes holes = {0};
    struct whole_file out;
    char path[WHOLE_PATH_MAX];
    int r = export_trial_read(recording, i, &e, err);

    trial_path(job, recording, i, format->ending, path);
    if (r == 0)
        r = whole_begin(path, job->export->force, &out, err);
    if (r == 0) {
        r = format->write(&out, &e.t, job->export, err);
        r = whole_end(&out, r, err);
    }
    if (r == 0) {
        tell_holes(job, &e.t, &holes);
        tell(job, path, &holes);
    }
    export_trial_done(&e);
    return r;
}

static int bids_trial(const struct job *job, struct recording *recording, uint32_t i, struct gait_error *err)
{
    struct export_trial e;
    struct holes holes = {0};
    char path[WHOLE_PATH_MAX];
    int r = export_trial_read(recording, i, &e, err);

    if (r == 0)
        r = export_bids(job->export->folder ? job->export->folder : ".", job->file, &e.t, job->export->force, path,
                        err);
    if (r == 0) {
        tell_holes(job, &e.t, &holes);
        tell(job, path, &holes);
    }
    export_trial_done(&e);
    return r;
}

/* The tables of all trials asked for; NULL: not wanted. */
static int csv_tables(const struct job *job, struct recording *recording, FILE *longer, FILE *wide, struct holes *holes,
                      struct gait_error *err)
{
    uint32_t i = job->export->trial ? job->export->trial - 1 : 0;
    uint32_t end = job->export->trial ? job->export->trial : recording_trials(recording);
    int r = gait_export_csv_long_head(longer);

    if (r == 0 && wide)
        r = gait_export_csv_wide_head(wide);
    for (; r == 0 && i < end; i++) {
        struct export_trial e;

        r = export_trial_read(recording, i, &e, err);
        r = r == 0 ? gait_export_csv_long(longer, &e.t) : r;
        r = r == 0 && wide ? gait_export_csv_wide(wide, &e.t) : r;
        if (r == 0)
            tell_holes(job, &e.t, holes);
        export_trial_done(&e);
    }
    return r;
}

static int csv_one(const struct job *job, struct recording *recording, struct gait_error *err)
{
    struct whole_file out;
    struct holes holes = {0};
    int r;

    if (!job->export->output) {
        r = csv_tables(job, recording, stdout, NULL, &holes, err);
        if (ferror(stdout) || (r == 0 && fflush(stdout) != 0))
            r = gait_error_set(err, r < 0 ? r : -errno, "standard output: %s", strerror(r < 0 ? -r : errno));
        return r;
    }
    r = whole_begin(job->export->output, job->export->force, &out, err);
    return r < 0 ? r : whole_end(&out, csv_tables(job, recording, out.out, NULL, &holes, err), err);
}

/* STEM.csv (long), STEM-wide.csv, STEM-metrics.json: none stays when one fails. */
static int csv_folder(const struct job *job, struct recording *recording, struct gait_error *err)
{
    static const char *const behind[] = {"", "-wide", "-metrics"}, *const ending[] = {"csv", "csv", "json"};
    struct whole_file out[3] = {{0}};
    struct holes holes = {0};
    int r = 0, i;

    for (i = 0; r == 0 && i < 3; i++) {
        char path[WHOLE_PATH_MAX];

        path_of(job, recording, behind[i], ending[i], path);
        r = whole_begin(path, job->export->force, &out[i], err);
    }
    r = r == 0 ? csv_tables(job, recording, out[0].out, out[1].out, &holes, err) : r;
    r = r == 0 ? gait_export_metrics_json(out[2].out) : r;
    for (i = 0; i < 3; i++) {
        r = whole_end(&out[i], r, err);
        if (r == 0)
            tell(job, out[i].path, &holes);
    }
    for (i = 0; r < 0 && !job->export->force && i < 3; i++)
        if (out[i].done)
            unlink(out[i].path);
    return r;
}

/* Frames have their numbers, gaps and flags again; what could not be read of the journal before is only told. */
static void tell_journal(const struct job *job, const struct gait_recorded_trial *t, const char *path)
{
    if (t->missing_records || t->bad_bytes)
        client_note(job->client,
                    "%s: trial %u: the frames in damage are a gap of the new journal; that there were damaged records, "
                    "it does not say",
                    job->file, t->header.trial);
    if (!job->export->output)
        tell(job, path, &(struct holes){.lost = t->gap_device + t->gap_ring});
}

static int to_journal(const struct job *job, struct recording *recording, struct gait_error *err)
{
    uint32_t i = job->export->trial ? job->export->trial - 1 : 0;
    struct whole_file out;
    char path[WHOLE_PATH_MAX];
    int r;

    if (!recording->file)
        return gait_error_set(err, -EINVAL, "%s: a vendor's recording: gait import makes one of ours of it", job->file);
    r = recording_go(recording, i, err);
    if (r < 0)
        return r;
    trial_path(job, recording, i, "gaitj", path);
    if (job->export->output)
        snprintf(path, sizeof(path), "%s", job->export->output);
    r = whole_beside(path, job->export->force, &out, err);
    if (r < 0)
        return r;
    r = whole_placed(&out, gait_recording_to_journal(recording->file, i, out.part, err), err);
    if (r == 0)
        tell_journal(job, gait_recording_trial(recording->file, i), path);
    if (r == 0 && !job->export->trial && gait_recording_trials(recording->file) > 1)
        client_note(job->client, "%s: the first of its %u trials: --trial N takes another one", job->file,
                    gait_recording_trials(recording->file));
    return r;
}

static int each_trial(const struct job *job, const struct format *format, struct recording *recording,
                      struct gait_error *err)
{
    uint32_t i = job->export->trial ? job->export->trial - 1 : 0;
    uint32_t end = job->export->trial ? job->export->trial : recording_trials(recording);
    int r = 0;

    for (; r == 0 && i < end; i++)
        r = format->write ? one_trial(job, format, recording, i, err) : bids_trial(job, recording, i, err);
    return r;
}

static int run_job(const struct client *client, const void *input)
{
    const struct job *job = input;
    const struct export *export = job->export;
    const struct format *format = format_of(export->to);
    struct recording *recording = NULL;
    struct gait_error err = {0};
    int r = recording_open(job->file, &recording, &err);

    if (r == 0)
        recording_warn(recording, job->file);
    if (r == 0 && strcmp(export->to, "csv") == 0)
        r = export->folder || export->files > 1 ? csv_folder(job, recording, &err) : csv_one(job, recording, &err);
    else if (r == 0 && strcmp(export->to, "journal") == 0)
        r = to_journal(job, recording, &err);
    else if (r == 0)
        r = each_trial(job, format, recording, &err);
    recording_free(recording);
    return r < 0 ? client_fail_error(client, r, &err) : CLIENT_OK;
}

/* ---- the verb ----------------------------------------------------------------------------------------------------------------------------- */

static void check_arguments(const struct export *export, struct argp_state *state)
{
    bool one_file = format_of(export->to) && (strcmp(export->to, "csv") == 0 || strcmp(export->to, "journal") == 0);

    if (!export->files)
        argp_error(state, "FILE is needed");
    if (!format_of(export->to))
        argp_error(state, "--to FORMAT is needed: csv, mat, c3d, bids, emed, png, gif or journal");
    if (export->output && (!one_file || export->files > 1))
        argp_error(state, "--output is for csv and journal and one FILE: --out DIR takes all");
    if (export->output && export->folder)
        argp_error(state, "either --output or --out");
    if (export->to && strcmp(export->to, "journal") == 0 && !export->output && !export->folder)
        argp_error(state, "--output or --out is needed with --to journal");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct export *export = state->input;

    switch (key) {
    case KEY_TO:
        export->to = arg;
        return 0;
    case KEY_OUT:
        export->folder = arg;
        return 0;
    case 'o':
        export->output = arg;
        return 0;
    case KEY_TRIAL:
        export->trial = (uint32_t)verb_number(state, "--trial", arg, 1, 1e6);
        return 0;
    case KEY_FORCE:
        export->force = true;
        return 0;
    case KEY_FULL:
        export->full_kPa = verb_number(state, "--full-kpa", arg, 1, 10000);
        return 0;
    case ARGP_KEY_ARG:
        if (export->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        export->file[export->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        check_arguments(export, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Which file of how many, on a terminal; wiped away at the end. */
static void progress(const struct client *client, const struct export *export, size_t i)
{
    if (export->files < 2 || client->json || !isatty(STDERR_FILENO))
        return;
    if (i < export->files)
        fprintf(stderr, "\r\033[K[%zu/%zu] %.100s\r", i + 1, export->files, export->file[i]);
    else
        fputs("\r\033[K", stderr);
}

/* A bad file does not keep the others from being written. */
static int run(const struct client *client, const void *input)
{
    const struct export *export = input;
    struct gait_error err = {0};
    int worst = CLIENT_OK, r;

    if (export->folder && whole_folder(export->folder, &err) < 0)
        return client_fail_error(client, err.code, &err);
    for (size_t i = 0; i < export->files; i++) {
        struct job job = {.export = export, .client = client, .file = export->file[i]};

        progress(client, export, i);
        r = guard_run(client, job.file, run_job, &job);
        worst = r != CLIENT_OK ? r : worst;
    }
    progress(client, export, export->files);
    return worst;
}

const struct verb verb_export = {
    .name = "export",
    .args = "FILE...",
    .summary = "Write recordings in other forms",
    .more =
        "csv: every number of every footfall, one a line (long), one a column (wide), and what they mean (JSON); with "
        "one FILE "
        "and no --out the long table on standard output. mat: MATLAB and Octave. c3d: a force platform for each foot, "
        "events, "
        "forces of regions. bids: BIDS motion, a dataset that further recordings are added to. emed: ASCII as novel's "
        ".lst. png, "
        "gif: largest pressures. journal: what gaitd can play, one trial. FILE is a journal, a trial or session file, "
        "or a "
        "vendor's "
        "recording. Nothing is replaced without --force, nothing stays half-written; the names of what was made are "
        "printed. Where frames are missing it says so and how the file shows it; the exit status stays "
        "0.\n\nExamples:\n  gait export --to csv -o S01.csv S01-20260301.h5\n  gait export --to c3d --out c3d "
        "sessions/*/*.h5\n  gait export --to journal -o trial.gaitj trial-001.h5",
    .options = options,
    .files = "file",
    .size = sizeof(struct export),
    .parse = parse,
    .run = run,
};
