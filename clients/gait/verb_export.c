#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/session.h>

#include "print.h"
#include "recording.h"
#include "verb.h"

enum { KEY_TO = 0x100, KEY_TRIAL };

struct export
{
    const char *to, *out, *file;
    uint32_t trial; /* 0: all (csv), the first (journal) */
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FORMAT", 0,
     "csv: every number of every footfall, one a line; journal: what gaitd can play (needed)", 0},
    {"output", 'o', "OUT", 0, "file to make; it must not be there yet (csv: default standard output)", 0},
    {"trial", KEY_TRIAL, "N", 0, "this trial only, counted in the file from 1", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct export *export = state->input;

    switch (key) {
    case KEY_TO:
        export->to = arg;
        return 0;
    case 'o':
        export->out = arg;
        return 0;
    case KEY_TRIAL:
        export->trial = (uint32_t)verb_number(state, "--trial", arg, 1, 1e6);
        return 0;
    case ARGP_KEY_ARG:
        if (export->file)
            argp_error(state, "one file at a time");
        export->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!export->file)
            argp_error(state, "FILE is needed");
        if (!export->to || (strcmp(export->to, "csv") != 0 && strcmp(export->to, "journal") != 0))
            argp_error(state, "--to csv or --to journal is needed");
        if (strcmp(export->to, "journal") == 0 && !export->out)
            argp_error(state, "--output is needed with --to journal");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int to_journal(const struct client *client, const struct export *export)
{
    _cleanup_(gait_recording_freep) struct gait_recording *recording = NULL;
    struct gait_error err = {0};
    int r = gait_recording_open(export->file, &recording, &err);

    if (r == 0)
        r = gait_recording_to_journal(recording, export->trial ? export->trial - 1 : 0, export->out, &err);
    return r < 0 ? client_fail_error(client, r, &err) : CLIENT_OK;
}

/* ---- csv: the long table of metrics -------------------------------------------------------------------------------------------- */

static void write_footfall(FILE *out, const struct gait_journal_header *h, bool discarded,
                           const struct gait_footfall *f)
{
    char flags[1024];
    FILE *text = fmemopen(flags, sizeof(flags), "w");

    if (text) {
        print_flags(text, f->flags);
        fclose(text);
    }
    for (char *p = text ? strchr(flags, ',') : NULL; p; p = strchr(p, ','))
        *p = ';';
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        if (info->tier != GAIT_TIER_STEP)
            continue;
        fprintf(out, "%s,%s,%s,%s,%u,%u,%s,%d,%d,%s,", h->subject, h->session, h->condition, h->timepoint, h->trial,
                f->id, gait_side_name((enum gait_side)f->side), f->valid, discarded, info->name);
        if (!isnan(f->value[m]))
            fprintf(out, "%.17g", f->value[m]);
        fprintf(out, ",%s,%s,%s\n", info->unit, f->reason[m] ? gait_reason_name((enum gait_reason)f->reason[m]) : "",
                text ? flags : "");
    }
}

static int write_csv(FILE *out, const struct export *export, struct gait_error *err)
{
    struct recording *recording = NULL;
    int r = recording_open(export->file, &recording, err);
    uint32_t i, end;

    if (r < 0)
        return r;
    i = export->trial ? export->trial - 1 : 0;
    end = export->trial ? export->trial : recording_trials(recording);
    fputs("subject,session,condition,timepoint,trial,step,side,valid,discarded,metric,value,unit,reason,flags\n", out);
    for (; r == 0 && i < end; i++) {
        r = recording_go(recording, i, err);
        for (size_t k = 0; r == 0 && k < recording->n_footfalls; k++)
            write_footfall(out, recording->header, recording->discarded, recording->footfall[k]);
    }
    recording_free(recording);
    return r;
}

/* A file appears whole or not at all. */
static int to_csv(const struct client *client, const struct export *export)
{
    struct gait_error err = {0};
    FILE *out = stdout;
    int r, ours = recording_is_ours(export->file, &err), fd = -1;

    if (ours < 0)
        return client_fail_error(client, ours, &err);
    if (!ours)
        return client_fail(client, CLIENT_BAD_INPUT,
                           "%s: not a file of ours; gait analyse --json gives a vendor file's numbers", export->file);
    if (export->out) {
        fd = open(export->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        out = fd < 0 ? NULL : fdopen(fd, "w");
        if (!out)
            return client_fail(client, CLIENT_FAILED, "%s: %s", export->out, strerror(errno));
    }
    r = write_csv(out, export, &err);
    if (export->out && (fclose(out) != 0 || r < 0)) {
        r = r < 0 ? r : gait_error_set(&err, -errno, "%s: %s", export->out, strerror(errno));
        unlink(export->out);
    }
    return r < 0 ? client_fail_error(client, r, &err) : CLIENT_OK;
}

static int run(const struct client *client, const void *input)
{
    const struct export *export = input;

    return strcmp(export->to, "csv") == 0 ? to_csv(client, export) : to_journal(client, export);
}

const struct verb verb_export = {
    .name = "export",
    .args = "FILE",
    .summary = "Write a recording in another form",
    .more = "CSV is UTF-8 with a point for decimals; a number that does not exist is empty, with its "
            "reason.\n\nExamples:\n  gait export --to csv -o "
            "S01.csv S01-20260301.h5\n  gait export --to journal -o trial.gaitj trial-001.h5",
    .options = options,
    .files = "file",
    .size = sizeof(struct export),
    .parse = parse,
    .guarded = true,
    .run = run,
};
