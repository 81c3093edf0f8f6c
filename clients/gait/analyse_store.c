#include "analyse_store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/version.h>

#include "trial_writer.h"
#include "whole_file.h"

/* "algorithm 1, p_on 10 kPa, mass 70 kg, gait 0.1.0, 2026-03-01T10:00:00Z" */
static void describe(char *text, size_t size, const struct gait_trial_state *state, uint32_t algorithm,
                     const char *software, time_t at)
{
    struct tm utc;
    char date[32] = "";

    if (at && gmtime_r(&at, &utc))
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(text, size, "algorithm %u, p_on %g kPa, p_off %g kPa, mass ", algorithm, state->parameters.p_on_kPa,
             state->parameters.p_off_kPa);
    snprintf(text + strlen(text), size - strlen(text), isnan(state->subject.mass_kg) ? "unknown" : "%g kg",
             state->subject.mass_kg);
    snprintf(text + strlen(text), size - strlen(text), "%s%s%s%s", software[0] ? ", " : "", software,
             date[0] ? ", " : "", date);
}

/* A copy of the trial's header with a UUID of its own, since it is another file, and the story of both analyses. */
static int make_header(const struct gait_recorded_trial *trial, const struct gait_trial_state *state,
                       struct gait_journal_header *h)
{
    char text[512], uuid[GAIT_UUID_TEXT + 1], software[GAIT_ID_MAX + 1];
    int r;

    *h = trial->header;
    h->fields = NULL;
    h->n_fields = 0;
    gait_uuid_text(h->uuid, uuid);
    r = gait_uuid_new(h->uuid);
    for (uint32_t i = 0; r == 0 && i < trial->header.n_fields; i++)
        r = gait_journal_header_set(h, trial->header.fields[i].key, trial->header.fields[i].value);
    describe(text, sizeof(text), &trial->state, trial->state.algorithm_version, trial->header.software,
             (time_t)(trial->header.start_realtime_ns / 1000000000));
    r = r ? r : gait_journal_header_set(h, "analysis.1", text);
    snprintf(software, sizeof(software), "gait %s", gait_version());
    describe(text, sizeof(text), state, GAIT_ALGORITHM_VERSION, software, time(NULL));
    r = r ? r : gait_journal_header_set(h, "analysis.2", text);
    r = r ? r : gait_journal_header_set(h, "analysis_of", uuid);
    return r ? r : gait_journal_header_set(h, "analysis_version", "2");
}

static void name_files(const char *folder, const char *path, const struct recording *recording,
                       char ret_journal[WHOLE_PATH_MAX], char ret_out[WHOLE_PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    int n = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    char trial[32] = "";

    if (recording_trials(recording) > 1)
        snprintf(trial, sizeof(trial), "-trial-%03u", recording->header->trial);
    snprintf(ret_journal, WHOLE_PATH_MAX, "%.2000s/.%.*s%s-v2.analysing.gaitj", folder, n, name, trial);
    snprintf(ret_out, WHOLE_PATH_MAX, "%.2000s/%.*s%s-v2.h5", folder, n, name, trial);
}

static void tell(const struct client *client, const char *path, const struct gait_seal_report *report)
{
    json_t *line;

    if (!client->json) {
        printf("%s: version 2, %ju footfalls, version 1 beside it\n", path, (uintmax_t)report->footfalls);
        return;
    }
    line = json_pack("{s:s,s:s,s:i,s:I}", "kind", "stored", "path", path, "version", 2, "footfalls",
                     (json_int_t)report->footfalls);
    client_print_json(line);
    json_decref(line);
}

int analyse_store(const struct client *client, const char *folder, const char *path, struct recording *recording)
{
    char journal[WHOLE_PATH_MAX], out[WHOLE_PATH_MAX];
    struct gait_journal_header header;
    struct trial_writer writer = {
        .journal = journal, .out = out, .header = &header, .keep_footfalls = true, .version = 1};
    const struct gait_recorded_trial *trial;
    struct gait_seal_report report;
    struct gait_error err = {0};
    int r;

    if (!recording->file)
        return client_fail(client, CLIENT_BAD_INPUT, "%s: a vendor's recording: gait import makes a trial file of it",
                           path);
    trial = gait_recording_trial(recording->file, recording->number);
    if (gait_journal_header_get(&trial->header, "analysis_version"))
        return client_fail(client, CLIENT_BAD_INPUT,
                           "%s: holds a second analysis already: store one of the file it was made from", path);
    name_files(folder, path, recording, journal, out);
    recording->state.algorithm_version = GAIT_ALGORITHM_VERSION;
    r = make_header(trial, &recording->state, &header);
    r = r < 0 ? gait_error_set(&err, r, "%s: its header cannot be copied", path)
              : trial_write(&writer, recording, &report, &err);
    gait_journal_header_done(&header);
    if (r < 0)
        return client_fail_error(client, r, &err);
    tell(client, out, &report);
    return CLIENT_OK;
}
