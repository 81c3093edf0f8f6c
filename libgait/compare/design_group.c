/* Group comparisons: paired, parallel arms, crossover, one foot treated. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stats_rank.h>

#include "compare/common.h"

#define LEVEL 0.95

struct people {
    size_t n; /* everybody in the data */
    const char **subject;
    double *a, *b, *c, *d; /* columns; which is which the design says */
    uint8_t *group;
};

static void people_done(struct people *p)
{
    free(p->subject);
    free(p->a);
    free(p->b);
    free(p->c);
    free(p->d);
    free(p->group);
}

static int people_new(struct people *p, const struct gait_design_data *data)
{
    size_t n = data->passes + 1;

    p->subject = calloc(n, sizeof(*p->subject));
    p->a = calloc(n, sizeof(double));
    p->b = calloc(n, sizeof(double));
    p->c = calloc(n, sizeof(double));
    p->d = calloc(n, sizeof(double));
    p->group = calloc(n, 1);
    return p->subject && p->a && p->b && p->c && p->d && p->group ? 0 : -ENOMEM;
}

static struct gait_stats_estimate no_estimate(void)
{
    return (struct gait_stats_estimate){NAN, NAN, NAN, NAN, NAN, LEVEL, {NAN, NAN}, GAIT_STATS_NOTE_FEW};
}

static struct gait_stats_effect_paired no_effect(void)
{
    return (struct gait_stats_effect_paired){NAN, NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN}, GAIT_STATS_NOTE_FEW};
}

static bool is_control(const char *arm)
{
    static const char *const words[] = {"control", "sham", "placebo", "rest", "none"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(arm, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* The two arms: the reference is the one called control, sham, placebo or rest, else the first by name. -EINVAL: not two. */
static int find_arms(const struct gait_design_data *data, const char **ret_arm, const char **ret_reference)
{
    const char *x = NULL, *y = NULL;

    for (size_t i = 0; i < data->passes; i++) {
        const char *arm = data->pass[i].arm;

        if (!arm[0] || (x && strcmp(arm, x) == 0) || (y && strcmp(arm, y) == 0))
            continue;
        if (x && y)
            return -EINVAL;
        if (!x)
            x = arm;
        else
            y = arm;
    }
    if (!x || !y)
        return -EINVAL;
    *ret_reference = is_control(x) && !is_control(y)   ? x
                     : is_control(y) && !is_control(x) ? y
                     : strcmp(x, y) < 0                ? x
                                                       : y;
    *ret_arm = *ret_reference == x ? y : x;
    return 0;
}

static const struct gait_design_pass *pass_of(const struct gait_design_data *data, const char *subject)
{
    for (size_t i = 0; i < data->passes; i++)
        if (strcmp(data->pass[i].subject, subject) == 0)
            return &data->pass[i];
    return NULL;
}

static void keep(struct people *p, size_t to, size_t from)
{
    p->subject[to] = p->subject[from];
    p->a[to] = p->a[from];
    p->b[to] = p->b[from];
    p->c[to] = p->c[from];
    p->d[to] = p->d[from];
    p->group[to] = p->group[from];
}

static void summarise(struct gait_design_group *g, const double *pre, const double *post)
{
    if (g->n) {
        gait_stats_summarise(pre, g->n, &g->pre);
        gait_stats_summarise(post, g->n, &g->post);
    }
}

/* How many people exceed their own MDC95. */
static int count_responders(const struct gait_design_data *data, const struct gait_design_plan *plan,
                            const struct people *p, struct gait_design_group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct gait_design_comparison c;
        int r = gait_design_compare(data, plan, p->subject[i], g->timepoint, g->metric, plan->foot, &c);

        if (r < 0)
            return r;
        g->responders_up += c.change.value > c.mdc95;
        g->responders_down += c.change.value < -c.mdc95;
    }
    return 0;
}

static int compare_paired(const struct gait_design_data *data, const struct gait_design_plan *plan, struct people *p,
                          struct gait_design_group *g)
{
    struct gait_stats_permutation permutation;
    struct gait_stats_wilcoxon wilcoxon;
    struct gait_stats_rng rng;

    for (size_t i = 0; i < p->n; i++)
        if (isfinite(p->a[i]) && isfinite(p->b[i]))
            keep(p, g->n++, i);
    g->n_left_out = p->n - g->n;
    summarise(g, p->a, p->b);
    if (gait_stats_paired_t(p->a, p->b, g->n, LEVEL, &g->effect) < 0)
        return 0;
    gait_stats_rng_init(&rng, plan->seed + (uint64_t)g->metric * 7919);
    if (gait_stats_permute_signs(p->a, p->b, g->n, &rng, &permutation) == 0)
        g->p_permutation = permutation.p;
    if (gait_stats_wilcoxon(p->a, p->b, g->n, &wilcoxon) == 0)
        g->p_wilcoxon = wilcoxon.p;
    if (gait_stats_effect_paired(p->a, p->b, g->n, LEVEL, &g->paired) < 0)
        g->paired = no_effect();
    return count_responders(data, plan, p, g);
}

static int compare_parallel(const struct gait_design_data *data, struct people *p, struct gait_design_group *g)
{
    struct gait_stats_adjusted adjusted;

    if (find_arms(data, &g->arm, &g->reference) < 0) {
        g->n_left_out = p->n;
        snprintf(g->why, sizeof(g->why), "parallel arms need exactly two arms: set arm=... when a session is opened");
        return 0;
    }
    for (size_t i = 0; i < p->n; i++) {
        const char *arm = pass_of(data, p->subject[i])->arm;

        if (!isfinite(p->a[i]) || !isfinite(p->b[i]) || !arm[0])
            continue;
        p->group[i] = strcmp(arm, g->arm) == 0;
        keep(p, g->n++, i);
    }
    g->n_left_out = p->n - g->n;
    summarise(g, p->a, p->b);
    if (gait_stats_adjust(p->b, p->group, p->a, g->n, LEVEL, &adjusted) == 0)
        g->effect = adjusted.group;
    return 0;
}

/* One person under one arm or on one foot, before and after; NaN below 3 steps. */
static int half(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                const char *session, const char *timepoint, enum gait_metric metric, enum gait_design_foot foot,
                double *ret_pre, double *ret_post)
{
    _cleanup_free_ double *x = calloc(data->passes + 1, sizeof(*x));
    struct gait_design_window w;
    size_t n, steps;

    if (!x || gait_design_window(data, plan, subject, foot, &w) < 0)
        return -ENOMEM;
    n = gait_design_pass_means(data, plan, subject, session, plan->baseline, metric, foot, &w, x, NULL, &steps);
    *ret_pre = n && steps >= COMPARE_STEPS_LEAST ? gait_stats_mean(x, n, NULL) : (double)NAN;
    n = gait_design_pass_means(data, plan, subject, session, timepoint, metric, foot, &w, x, NULL, &steps);
    *ret_post = n && steps >= COMPARE_STEPS_LEAST ? gait_stats_mean(x, n, NULL) : (double)NAN;
    return 0;
}

static const char *session_under(const struct gait_design_data *data, const char *subject, const char *arm,
                                 size_t *ret_at)
{
    for (size_t i = 0; i < data->passes; i++)
        if (strcmp(data->pass[i].subject, subject) == 0 && strcmp(data->pass[i].arm, arm) == 0) {
            *ret_at = i;
            return data->pass[i].session;
        }
    return NULL;
}

static int crossover_person(const struct gait_design_data *data, const struct gait_design_plan *plan, struct people *p,
                            struct gait_design_group *g, size_t i)
{
    size_t at_treated = 0, at_control = 0;
    const char *treated = session_under(data, p->subject[i], g->arm, &at_treated);
    const char *control = session_under(data, p->subject[i], g->reference, &at_control);
    int r;

    p->a[i] = p->b[i] = p->c[i] = p->d[i] = NAN;
    if (!treated || !control)
        return 0;
    if (strcmp(treated, control) == 0) { /* their passes could not be told apart */
        snprintf(g->why, sizeof(g->why), "%.40s walked under both arms in one session (%.60s): each arm needs its own",
                 p->subject[i], treated);
        return 0;
    }
    p->group[i] = at_treated < at_control;
    r = half(data, plan, p->subject[i], treated, g->timepoint, g->metric, plan->foot, &p->a[i], &p->b[i]);
    return r < 0 ? r
                 : half(data, plan, p->subject[i], control, g->timepoint, g->metric, plan->foot, &p->c[i], &p->d[i]);
}

static int one_foot_person(const struct gait_design_data *data, const struct gait_design_plan *plan, struct people *p,
                           struct gait_design_group *g, size_t i)
{
    const char *word = pass_of(data, p->subject[i])->treated;
    int foot = gait_design_foot_find(word), r;

    p->a[i] = p->b[i] = p->c[i] = p->d[i] = NAN;
    if (foot != GAIT_DESIGN_LEFT && foot != GAIT_DESIGN_RIGHT)
        return 0;
    p->group[i] = foot == GAIT_DESIGN_LEFT;
    r = half(data, plan, p->subject[i], NULL, g->timepoint, g->metric, (enum gait_design_foot)foot, &p->a[i], &p->b[i]);
    return r < 0 ? r
                 : half(data, plan, p->subject[i], NULL, g->timepoint, g->metric,
                        (enum gait_design_foot)(GAIT_DESIGN_BOTH - foot), &p->c[i], &p->d[i]);
}

/* Everybody with all four numbers: treated before and after in a and b, control in c and d; g names the two and counts. */
static int take_within(const struct gait_design_data *data, const struct gait_design_plan *plan, struct people *p,
                       struct gait_design_group *g)
{
    int r = 0;

    if (g->kind == GAIT_DESIGN_ONE_FOOT) {
        g->arm = "treated foot";
        g->reference = "untreated foot";
    } else if (find_arms(data, &g->arm, &g->reference) < 0) {
        g->n_left_out = p->n;
        snprintf(g->why, sizeof(g->why), "a crossover needs exactly two arms: set arm=... when a session is opened");
        return 0;
    }
    for (size_t i = 0; i < p->n && r == 0 && !g->why[0]; i++) {
        r = g->kind == GAIT_DESIGN_ONE_FOOT ? one_foot_person(data, plan, p, g, i)
                                            : crossover_person(data, plan, p, g, i);
        if (r == 0 && isfinite(p->a[i] + p->b[i] + p->c[i] + p->d[i]))
            keep(p, g->n++, i);
    }
    g->n_left_out = p->n - g->n;
    return r;
}

static int compare_within(const struct gait_design_data *data, const struct gait_design_plan *plan, struct people *p,
                          struct gait_design_group *g)
{
    struct gait_stats_within_result result;
    struct gait_stats_within in;
    int r = take_within(data, plan, p, g);

    if (r < 0 || g->why[0])
        return r;
    summarise(g, p->a, p->b);
    in = (struct gait_stats_within){p->a, p->b, p->c, p->d, p->group, g->n};
    if (gait_stats_within_person(&in, LEVEL, &result) == 0) {
        g->effect = result.effect;
        g->order_tested = result.order_tested;
        if (result.order_tested)
            g->order = result.order;
    }
    return 0;
}

int gait_design_within_people(const struct gait_design_data *data, const struct gait_design_plan *plan,
                              const char *timepoint, enum gait_metric metric, size_t room, const char **ret_subject,
                              double *ret_control, double *ret_treated)
{
    _cleanup_(people_done) struct people p = {0};
    struct gait_design_group g = {.kind = plan->kind, .timepoint = timepoint, .metric = metric};
    int r = people_new(&p, data);

    if (r < 0)
        return r;
    if (g.kind != GAIT_DESIGN_CROSSOVER && g.kind != GAIT_DESIGN_ONE_FOOT)
        return -EINVAL;
    r = gait_design_people(data, plan, timepoint, metric, data->passes, p.subject, p.a, p.b);
    if (r < 0)
        return r;
    p.n = (size_t)r;
    r = take_within(data, plan, &p, &g);
    for (size_t i = 0; i < g.n && i < room && r == 0; i++) {
        ret_subject[i] = p.subject[i];
        ret_control[i] = p.d[i] - p.c[i];
        ret_treated[i] = p.b[i] - p.a[i];
    }
    return r < 0 ? r : (int)g.n;
}

static void explain(struct gait_design_group *g)
{
    if (g->why[0])
        return;
    if (g->n < 2)
        snprintf(g->why, sizeof(g->why), "%zu %s before and after (3 valid steps in the window each): 2 are the least",
                 g->n, g->n == 1 ? "person has numbers" : "people have numbers");
    else if (!isfinite(g->effect.value))
        snprintf(g->why, sizeof(g->why), "%zu people are too few for this design", g->n);
    else if (g->effect.note)
        snprintf(g->why, sizeof(g->why), "%s", gait_stats_note_text(g->effect.note));
}

int gait_design_group(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *timepoint,
                      enum gait_metric metric, struct gait_design_group *ret_group)
{
    _cleanup_(people_done) struct people p = {0};
    struct gait_design_group g = {.kind = plan->kind,
                                  .timepoint = timepoint,
                                  .metric = metric,
                                  .foot = plan->foot,
                                  .arm = "",
                                  .reference = "",
                                  .effect = no_estimate(),
                                  .order = no_estimate(),
                                  .paired = no_effect(),
                                  .p_permutation = NAN,
                                  .p_wilcoxon = NAN,
                                  .p_adjusted = NAN,
                                  .pre = {0, NAN, NAN, NAN, NAN, NAN},
                                  .post = {0, NAN, NAN, NAN, NAN, NAN}};
    int r = people_new(&p, data);

    if (r < 0)
        return r;
    if (g.kind < GAIT_DESIGN_GROUP || g.kind > GAIT_DESIGN_ONE_FOOT)
        return -EINVAL;
    r = gait_design_people(data, plan, timepoint, metric, data->passes, p.subject, p.a, p.b);
    if (r < 0)
        return r;
    p.n = (size_t)r;
    if (g.kind == GAIT_DESIGN_GROUP)
        r = compare_paired(data, plan, &p, &g);
    else if (g.kind == GAIT_DESIGN_PARALLEL)
        r = compare_parallel(data, &p, &g);
    else
        r = compare_within(data, plan, &p, &g);
    if (r < 0)
        return r;
    explain(&g);
    *ret_group = g;
    return 0;
}
