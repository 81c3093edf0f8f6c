/* Several people: one number each. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"

bool compare_first_of_person(const struct gait_design_data *data, size_t pass)
{
    for (size_t k = 0; k < pass; k++)
        if (strcmp(data->pass[k].subject, data->pass[pass].subject) == 0)
            return false;
    return true;
}

/* Mean of the pass means in the person's window; NaN below 3 steps. */
static double person_mean(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                          const char *timepoint, enum gait_metric metric, const struct gait_design_window *window,
                          double *room)
{
    size_t steps;
    size_t n =
        gait_design_pass_means(data, plan, subject, NULL, timepoint, metric, plan->foot, window, room, NULL, &steps);

    return n && steps >= COMPARE_STEPS_LEAST ? gait_stats_mean(room, n, NULL) : (double)NAN;
}

int gait_design_people(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *timepoint,
                       enum gait_metric metric, size_t room, const char **ret_subject, double *ret_pre,
                       double *ret_post)
{
    _cleanup_free_ double *x = calloc(data->passes + 1, sizeof(*x));
    size_t n = 0;

    if (!x)
        return -ENOMEM;
    for (size_t i = 0; i < data->passes; i++) {
        const char *subject = data->pass[i].subject;
        struct gait_design_window window;

        if (!compare_first_of_person(data, i))
            continue;
        if (gait_design_window(data, plan, subject, plan->foot, &window) < 0)
            return -ENOMEM;
        if (n < room) {
            ret_subject[n] = subject;
            ret_pre[n] = person_mean(data, plan, subject, plan->baseline, metric, &window, x);
            ret_post[n] = person_mean(data, plan, subject, timepoint, metric, &window, x);
        }
        n++;
    }
    return (int)n;
}
