#include "gait/export.h"

#include "text.h"
#include "track.h"

int gait_export_csv_long_head(FILE *out)
{
    fputs("subject,session,condition,timepoint,trial,step,side,valid,discarded,extra,t_since_treatment_s,metric,value,"
          "unit,reason,flags,mask\n",
          out);
    return out_status(out);
}

/* The columns that say which footfall a line is about. */
static void write_key(FILE *out, const struct gait_export_trial *t, const struct gait_footfall *f)
{
    const char *text[] = {t->subject, t->session, t->condition, t->timepoint};

    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        out_csv(out, text[i]);
        fputc(',', out);
    }
    fprintf(out, "%u,%u,%s,%d,%d,%d,", t->trial, f->id, gait_side_name((enum gait_side)f->side), f->valid, t->discarded,
            t->extra);
    out_number(out, t->since_treatment_s, "");
}

static void write_footfall(FILE *out, const struct gait_export_trial *t, const struct gait_footfall *f)
{
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        if (info->tier != GAIT_TIER_STEP)
            continue;
        write_key(out, t, f);
        fprintf(out, ",%s,", info->name);
        out_number(out, f->value[m], "");
        fprintf(out, ",%s,%s,", info->unit, f->reason[m] ? gait_reason_name((enum gait_reason)f->reason[m]) : "");
        out_flags(out, f->flags, "; ");
        fprintf(out, ",%s\n", gait_metric_mask((enum gait_metric)m));
    }
}

int gait_export_csv_long(FILE *out, const struct gait_export_trial *trial)
{
    for (size_t i = 0; i < trial->n_footfalls; i++)
        write_footfall(out, trial, trial->footfall[i]);
    return out_status(out);
}

int gait_export_csv_wide_head(FILE *out)
{
    fputs("subject,session,condition,timepoint,trial,step,side,valid,discarded,extra,t_since_treatment_s,class,flags,"
          "ic_s",
          out);
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        if (info->tier == GAIT_TIER_STEP)
            fprintf(out, ",%s [%s]", info->name, info->unit);
    }
    fputc('\n', out);
    return out_status(out);
}

int gait_export_csv_wide(FILE *out, const struct gait_export_trial *trial)
{
    for (size_t i = 0; i < trial->n_footfalls; i++) {
        const struct gait_footfall *f = trial->footfall[i];

        write_key(out, trial, f);
        fprintf(out, ",%s,", gait_class_name((enum gait_class)f->gait_class));
        out_flags(out, f->flags, "; ");
        fputc(',', out);
        out_number(out, track_ic_s(trial, i), "");
        for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
            if (gait_metric_info((enum gait_metric)m)->tier != GAIT_TIER_STEP)
                continue;
            fputc(',', out);
            out_number(out, f->value[m], "");
        }
        fputc('\n', out);
    }
    return out_status(out);
}

static void write_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\n    \"%s\": ", name);
    out_json(out, text ? text : "");
}

int gait_export_metrics_json(FILE *out)
{
    fprintf(out, "{\n  \"algorithm_version\": %d,\n  \"metrics\": {", GAIT_ALGORITHM_VERSION);
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        fprintf(out, "%s\n  \"%s\": {\n    \"unit\": \"%s\"", m ? "," : "", info->name, info->unit);
        write_member(out, "tier", info->tier == GAIT_TIER_STEP ? "step" : "session");
        write_member(out, "mask", gait_metric_mask((enum gait_metric)m));
        write_member(out, "definition", info->definition);
        write_member(out, "source", info->source);
        write_member(out, "valid_when", info->valid_when);
        write_member(out, "known_bias", info->bias);
        fputs("\n  }", out);
    }
    fputs("\n  }\n}\n", out);
    return out_status(out);
}
