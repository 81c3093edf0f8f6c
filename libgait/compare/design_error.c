/* The lab's own measurement error out of a double baseline. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/live.h>

#include "compare/common.h"

enum { SESSIONS = 2 };

/* One foot's valid steps of a person at a timepoint. */
static size_t steps_of(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                       const char *timepoint, enum gait_metric metric, enum gait_design_foot foot, double *ret_x)
{
    size_t n = 0;

    for (size_t i = 0; i < data->steps; i++) {
        const struct gait_design_step *s = &data->step[i];
        const struct gait_design_pass *p = &data->pass[s->pass];

        if (s->valid && s->side == (uint8_t)foot && isfinite(s->value[metric]) && strcmp(p->subject, subject) == 0 &&
            strcmp(p->timepoint, timepoint) == 0 && strcmp(p->condition, plan->condition) == 0)
            ret_x[n++] = s->value[metric];
    }
    return n;
}

/* Steps of one foot; for both feet the passes' means, which is what `k` counts there. */
static size_t take(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                   const char *timepoint, enum gait_metric metric, enum gait_design_foot foot, double *ret_x)
{
    return foot == GAIT_DESIGN_BOTH
               ? gait_design_pass_means(data, plan, subject, NULL, timepoint, metric, foot, NULL, ret_x, NULL, NULL)
               : steps_of(data, plan, subject, timepoint, metric, foot, ret_x);
}

int gait_design_error_terms(const struct gait_design_data *data, const struct gait_design_plan *plan,
                            const char *second, enum gait_metric metric, enum gait_design_foot foot,
                            struct gait_stats_error_terms *ret_terms)
{
    _cleanup_free_ double *x = calloc(data->steps + data->passes + 1, sizeof(*x));
    _cleanup_free_ struct gait_stats_cell *cell = calloc(SESSIONS * data->passes + 1, sizeof(*cell));
    size_t used = 0, people = 0;

    if (!x || !cell)
        return -ENOMEM;
    for (size_t i = 0; i < data->passes; i++) {
        const char *subject = data->pass[i].subject;
        double *at = x + used;
        size_t n1, n2;

        if (!compare_first_of_person(data, i))
            continue;
        n1 = take(data, plan, subject, plan->baseline, metric, foot, at);
        n2 = take(data, plan, subject, second, metric, foot, at + n1);
        if (!n1 || !n2)
            continue;
        cell[people * SESSIONS] = (struct gait_stats_cell){at, n1};
        cell[people * SESSIONS + 1] = (struct gait_stats_cell){at + n1, n2};
        people++;
        used += n1 + n2;
    }
    return gait_stats_error_terms(cell, people, SESSIONS, ret_terms);
}
