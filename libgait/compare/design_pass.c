/* Which passes count, and their means. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/live.h>

#include "compare/common.h"

#define WINDOW 0.05

void gait_design_plan_init(struct gait_design_plan *ret_plan)
{
    *ret_plan = (struct gait_design_plan){
        .primary = {GAIT_METRIC_HEEL31_IMPULSE, GAIT_METRIC_HEEL31_PEAK, GAIT_METRIC_DAI_MEAN},
        .primaries = 3,
        .foot = GAIT_DESIGN_BOTH,
        .condition = "",
        .baseline = "",
        .window = WINDOW,
        .seed = 1,
    };
    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        ret_plan->swc[m] = NAN;
}

struct gait_design_plan gait_design_plan_of(const struct gait_design_plan *plan, size_t primary)
{
    struct gait_design_plan of = *plan;

    if (plan->primary_foot[primary])
        of.foot = plan->primary_foot[primary];
    return of;
}

size_t gait_design_terms_index(enum gait_metric metric, enum gait_design_foot foot)
{
    return (size_t)metric * GAIT_DESIGN_FEET + (size_t)foot - 1;
}

const char *gait_design_kind_name(enum gait_design_kind kind)
{
    static const char *const names[] = {"?", "one_person", "group", "parallel", "crossover", "one_foot"};

    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

const char *gait_design_foot_name(enum gait_design_foot foot)
{
    static const char *const names[] = {"?", "left", "right", "both"};

    return (unsigned)foot <= GAIT_DESIGN_FEET ? names[foot] : "?";
}

int gait_design_foot_find(const char *name)
{
    for (int foot = 1; foot <= GAIT_DESIGN_FEET; foot++)
        if (strcmp(name, gait_design_foot_name((enum gait_design_foot)foot)) == 0)
            return foot;
    return -ENOENT;
}

bool gait_design_is_before(const char *timepoint)
{
    return strncmp(timepoint, "pre", 3) == 0 || strncmp(timepoint, "famil", 5) == 0;
}

static bool matches(const char *wanted, const char *is)
{
    return !wanted || strcmp(wanted, is) == 0;
}

/* Index of the first step that does not belong to an earlier pass. */
static size_t first_step(const struct gait_design_data *data, size_t pass)
{
    size_t lo = 0, hi = data->steps;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (data->step[middle].pass < pass)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

/* Mean of one foot's valid steps in a pass; NaN without one. */
static double foot_mean(const struct gait_design_data *data, size_t pass, uint8_t side, enum gait_metric metric,
                        size_t *ret_n)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = first_step(data, pass); i < data->steps && data->step[i].pass == pass; i++) {
        const struct gait_design_step *s = &data->step[i];

        if (s->side != side || !s->valid || !isfinite(s->value[metric]))
            continue;
        sum += s->value[metric];
        n++;
    }
    *ret_n = n;
    return n ? sum / (double)n : (double)NAN;
}

/* One pass's number for a foot, or for both where it has both; adds its steps up. */
static double pass_mean(const struct gait_design_data *data, size_t pass, enum gait_metric metric,
                        enum gait_design_foot foot, size_t *left, size_t *right)
{
    size_t n_left = 0, n_right = 0;
    double l = foot & GAIT_DESIGN_LEFT ? foot_mean(data, pass, GAIT_SIDE_LEFT, metric, &n_left) : 0;
    double r = foot & GAIT_DESIGN_RIGHT ? foot_mean(data, pass, GAIT_SIDE_RIGHT, metric, &n_right) : 0;
    double mean = foot == GAIT_DESIGN_BOTH ? (l + r) / 2 : l + r;

    if (isfinite(mean)) {
        *left += n_left;
        *right += n_right;
    }
    return mean;
}

static bool inside(const struct gait_design_window *window, enum gait_metric metric, double control)
{
    if (!window || isnan(window->median))
        return true;
    if (metric == GAIT_METRIC_STANCE && !window->by_speed)
        return true; /* what is judged must not choose the passes */
    return control >= window->lo && control <= window->hi;
}

static bool all_have_speed(const struct gait_design_data *data, const struct gait_design_plan *plan,
                           const char *subject)
{
    bool any = false;

    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];

        if (!matches(subject, p->subject) || strcmp(p->condition, plan->condition) != 0)
            continue;
        if (!(p->speed_m_per_s > 0))
            return false;
        any = true;
    }
    return any;
}

size_t gait_design_pass_means(const struct gait_design_data *data, const struct gait_design_plan *plan,
                              const char *subject, const char *session, const char *timepoint, enum gait_metric metric,
                              enum gait_design_foot foot, const struct gait_design_window *window, double *ret_x,
                              double *ret_control, size_t *ret_steps)
{
    bool by_speed = window ? window->by_speed : all_have_speed(data, plan, subject);
    size_t n = 0, left = 0, right = 0, unused = 0;

    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];
        double control, x;

        if (!matches(subject, p->subject) || !matches(session, p->session) || !matches(timepoint, p->timepoint) ||
            strcmp(p->condition, plan->condition) != 0)
            continue;
        control = by_speed ? p->speed_m_per_s : pass_mean(data, i, GAIT_METRIC_STANCE, foot, &unused, &unused);
        if (!inside(window, metric, control))
            continue;
        x = pass_mean(data, i, metric, foot, &left, &right);
        if (!isfinite(x))
            continue;
        if (ret_control)
            ret_control[n] = control;
        ret_x[n++] = x;
    }
    if (ret_steps)
        *ret_steps = foot == GAIT_DESIGN_BOTH ? (left < right ? left : right) : left + right;
    return n;
}

int gait_design_window(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                       enum gait_design_foot foot, struct gait_design_window *ret_window)
{
    struct gait_design_window w = {
        .by_speed = all_have_speed(data, plan, subject), .median = NAN, .lo = NAN, .hi = NAN};
    _cleanup_free_ double *x = calloc(data->passes + 1, sizeof(*x)), *control = calloc(data->passes + 1, sizeof(*x));
    size_t n;

    if (!x || !control)
        return -ENOMEM;
    n = gait_design_pass_means(data, plan, subject, NULL, plan->baseline, GAIT_METRIC_STANCE, foot, NULL, x, control,
                               NULL);
    n = gait_stats_drop_missing(control, n, control);
    if (n) {
        qsort(control, n, sizeof(*control), compare_doubles);
        w.median = gait_stats_quantile(control, n, 0.5);
        w.lo = w.median * (1 - plan->window);
        w.hi = w.median * (1 + plan->window);
    }
    *ret_window = w;
    return 0;
}
