/*
 * BIDS motion (BIDS 1.9): motion.tsv without a head line, one column a channel of channels.tsv; events and participants as in every BIDS dataset. There is
 * no channel type for pressure: forces and centres of pressure are MISC.
 */
#include "gait/export.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "text.h"
#include "track.h"

int gait_export_bids_label(const char *text, size_t size, char *ret_label)
{
    size_t n = 0;

    for (; *text && n + 1 < size; text++)
        if (isalnum((unsigned char)*text))
            ret_label[n++] = *text;
    ret_label[n] = '\0';
    return n ? 0 : -EINVAL;
}

static void cell(FILE *out, double value, const char *end)
{
    out_number(out, value, "n/a");
    fputs(end, out);
}

/* The columns: force, CoP and region forces of each foot. */
int gait_export_bids_motion(FILE *out, const struct gait_export_trial *trial)
{
    struct track track;
    int r = track_new(trial, &track, NULL);

    if (r < 0)
        return r;
    for (size_t i = 0; i < track.n; i++) {
        const struct track_sample *s = &track.sample[i];

        for (unsigned f = 0; f < track.feet; f++) {
            cell(out, s->lost ? (double)NAN : s->force_N[f], "\t");
            cell(out, s->lost ? (double)NAN : s->cop_x_mm[f], "\t");
            cell(out, s->lost ? (double)NAN : s->cop_y_mm[f], "\t");
            for (int k = 0; k < TRACK_REGIONS; k++)
                cell(out, s->lost ? (double)NAN : s->region_N[f][k], k + 1 < TRACK_REGIONS ? "\t" : "");
            fputc(f + 1 < track.feet ? '\t' : '\n', out);
        }
    }
    track_done(&track);
    return out_status(out);
}

static unsigned feet_of(const struct gait_export_trial *trial)
{
    for (size_t i = 0; i < trial->n_footfalls; i++)
        if (trial->footfall[i]->side != GAIT_SIDE_LEFT && trial->footfall[i]->side != GAIT_SIDE_RIGHT)
            return 3;
    return 2;
}

int gait_export_bids_channels(FILE *out, const struct gait_export_trial *trial)
{
    fputs("name\tcomponent\ttype\ttracked_point\tunits\n", out);
    for (unsigned f = 0; f < feet_of(trial); f++) {
        const char *foot = track_foot_name((enum track_foot)f);

        fprintf(out, "%s_force\tz\tMISC\t%s_foot\tN\n", foot, foot);
        fprintf(out, "%s_cop_x\tx\tMISC\t%s_foot\tmm\n", foot, foot);
        fprintf(out, "%s_cop_y\ty\tMISC\t%s_foot\tmm\n", foot, foot);
        for (int k = 0; k < TRACK_REGIONS; k++)
            fprintf(out, "%s_%s_force\tz\tMISC\t%s_foot\tN\n", foot, track_region_name((enum track_region)k), foot);
    }
    return out_status(out);
}

int gait_export_bids_motion_json(FILE *out, const struct gait_export_trial *trial)
{
    unsigned feet = feet_of(trial);

    fputs("{\n  \"TaskName\": \"walk\",\n  \"TaskDescription\": \"walking over a pressure mat, condition ", out);
    for (const char *c = trial->condition; *c; c++)
        fputc(*c == '"' || *c == '\\' || (unsigned char)*c < 0x20 ? ' ' : *c, out);
    fprintf(out, "\",\n  \"SamplingFrequency\": %.17g,\n  \"TrackingSystemName\": \"pressuremat\",\n",
            trial->geometry->rate_hz);
    fprintf(out, "  \"TrackedPointsCount\": %u,\n  \"MotionChannelCount\": %u,\n  \"MISCChannelCount\": %u,\n", feet,
            feet * (3 + TRACK_REGIONS), feet * (3 + TRACK_REGIONS));
    fputs("  \"RecordingType\": \"continuous\",\n  \"DeviceSerialNumber\": ", out);
    out_json(out, trial->mat);
    fputs(",\n  \"SoftwareVersions\": ", out);
    out_json(out, trial->software);
    fprintf(out, ",\n  \"RecordingDuration\": %.17g,\n  \"MissingValues\": \"n/a\"\n}\n",
            trial->n_frames ? trial->frame[trial->n_frames - 1].t_s : 0.0);
    return out_status(out);
}

/* Rows must rise by onset; each footfall is one, and so is each gap. */
int gait_export_bids_events(FILE *out, const struct gait_export_trial *trial)
{
    size_t frame = 0;

    fputs("onset\tduration\ttrial_type\tfootfall\tvalid\tflags\n", out);
    for (size_t i = 0; i <= trial->n_footfalls; i++) {
        double ic_s = i < trial->n_footfalls ? track_ic_s(trial, i) : (double)INFINITY;

        for (; frame < trial->n_frames && trial->frame[frame].t_s < ic_s; frame++)
            if (trial->frame[frame].lost)
                fprintf(out, "%.9f\t0\tframes_lost\tn/a\tn/a\t%ju frames\n", trial->frame[frame].t_s,
                        (uintmax_t)trial->frame[frame].lost);
        if (i == trial->n_footfalls)
            break;
        fprintf(out, "%.9f\t%.9f\t%s_stance\t%u\t%d\t", ic_s, track_to_s(trial, i) - ic_s,
                gait_side_name((enum gait_side)trial->footfall[i]->side), trial->footfall[i]->id,
                trial->footfall[i]->valid);
        out_flags(out, trial->footfall[i]->flags, ",");
        fputs(trial->footfall[i]->flags ? "\n" : "n/a\n", out);
    }
    return out_status(out);
}

int gait_export_bids_events_json(FILE *out)
{
    fputs("{\n"
          "  \"trial_type\": {\"LongName\": \"stance of a foot, or frames that are missing\"},\n"
          "  \"footfall\": {\"LongName\": \"number of the footfall in the trial, by first contact\"},\n"
          "  \"valid\": {\"LongName\": \"the footfall counts as a full step\", \"Levels\": {\"1\": \"yes\", \"0\": "
          "\"no\"}},\n"
          "  \"flags\": {\"LongName\": \"facts about the footfall\"}\n}\n",
          out);
    return out_status(out);
}

int gait_export_bids_dataset_json(FILE *out, const struct gait_export_trial *trial)
{
    fputs("{\n  \"Name\": \"Gait on a pressure mat\",\n  \"BIDSVersion\": \"1.9.0\",\n  \"DatasetType\": \"raw\",\n"
          "  \"GeneratedBy\": [{\"Name\": \"gaitd\", \"Version\": ",
          out);
    out_json(out, trial->software);
    fputs("}]\n}\n", out);
    return out_status(out);
}

int gait_export_bids_participants_json(FILE *out)
{
    fputs("{\n"
          "  \"weight\": {\"Description\": \"body mass on the day\", \"Units\": \"kg\"},\n"
          "  \"height\": {\"Description\": \"stature\", \"Units\": \"m\"},\n"
          "  \"foot_length_left\": {\"Description\": \"length of the left foot\", \"Units\": \"mm\"},\n"
          "  \"foot_length_right\": {\"Description\": \"length of the right foot\", \"Units\": \"mm\"}\n}\n",
          out);
    return out_status(out);
}

int gait_export_bids_participant(FILE *out, const struct gait_export_trial *trial)
{
    char label[GAIT_ID_MAX + 1];

    if (gait_export_bids_label(trial->subject, sizeof(label), label) < 0)
        strcpy(label, "unknown");
    fprintf(out, "sub-%s\t", label);
    cell(out, trial->body->mass_kg, "\t");
    cell(out, trial->body->stature_m, "\t");
    cell(out, trial->body->foot_length_mm[0], "\t");
    cell(out, trial->body->foot_length_mm[1], "\n");
    return out_status(out);
}
