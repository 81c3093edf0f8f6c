/* The long table: one number a line, for lme4 and its like. Steps stand nested in passes, passes in sessions, feet in people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study.h"
#include "whole_file.h"

/* Quoted where it must be. */
static void put_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_step(FILE *out, const struct study *study, const struct step *step)
{
    const struct steps_pass *pass = study->steps.pass[step->pass];
    const char *const texts[] = {pass->subject,   pass->session, pass->condition,
                                 pass->timepoint, pass->arm,     pass->treated};

    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        if (info->tier != GAIT_TIER_STEP)
            continue;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            put_text(out, texts[i]);
            putc(',', out);
        }
        fprintf(out, "%u,%u,%s,%s,%d,", pass->design.trial, step->id, gait_side_name((enum gait_side)step->side),
                info->name, step->valid);
        if (isfinite(step->value[m]))
            fprintf(out, "%.17g", step->value[m]);
        putc(',', out);
        if (isfinite(pass->design.speed_m_per_s))
            fprintf(out, "%.17g", pass->design.speed_m_per_s);
        fprintf(out, ",%s,%s,", info->unit, gait_metric_mask((enum gait_metric)m));
        if (isfinite(pass->since_treatment_s))
            fprintf(out, "%.17g", pass->since_treatment_s);
        putc('\n', out);
    }
}

int study_csv(const struct study *study, const char *path, struct gait_error *err)
{
    struct whole_file file;
    int r = whole_new(path, &file, err);
    FILE *out = file.out;

    if (r < 0)
        return r;
    fputs("subject,session,condition,timepoint,arm,treated,trial,footfall,side,metric,valid,value,speed_m_per_s,unit,"
          "mask,"
          "t_since_treatment_s\n",
          out);
    for (size_t i = 0; i < study->steps.n_step; i++)
        put_step(out, study, study->steps.step[i]);
    return whole_end(&file, 0, err);
}
