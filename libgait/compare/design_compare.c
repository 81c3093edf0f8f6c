/* One metric of one person at one timepoint against the baseline. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#define LEVEL         0.95
#define SERIES_LEAST  5 /* below, r1 says nothing */
#define SERIES_STRONG 0.3
#define ROUNDING      1e-13 /* of the means: a difference this small is none */

/* Pass means of both timepoints. */
struct samples {
    double *pre, *post, *control_pre, *control_post;
    size_t n_pre, n_post, steps_pre, steps_post;
};

static void samples_done(struct samples *s)
{
    free(s->pre);
    free(s->post);
    free(s->control_pre);
    free(s->control_post);
}

static int samples_take(struct samples *s, const struct gait_design_data *data, const struct gait_design_plan *plan,
                        const char *subject, const char *timepoint, enum gait_metric metric, enum gait_design_foot foot,
                        const struct gait_design_window *window)
{
    s->pre = calloc(data->passes + 1, sizeof(double));
    s->post = calloc(data->passes + 1, sizeof(double));
    s->control_pre = calloc(data->passes + 1, sizeof(double));
    s->control_post = calloc(data->passes + 1, sizeof(double));
    if (!s->pre || !s->post || !s->control_pre || !s->control_post)
        return -ENOMEM;
    s->n_pre = gait_design_pass_means(data, plan, subject, NULL, plan->baseline, metric, foot, window, s->pre,
                                      s->control_pre, &s->steps_pre);
    s->n_post = gait_design_pass_means(data, plan, subject, NULL, timepoint, metric, foot, window, s->post,
                                       s->control_post, &s->steps_post);
    return 0;
}

static struct gait_stats_estimate no_estimate(void)
{
    return (struct gait_stats_estimate){NAN, NAN, NAN, NAN, NAN, LEVEL, {NAN, NAN}, GAIT_STATS_NOTE_FEW};
}

static struct gait_stats_summary summary_of(const double *x, size_t n)
{
    struct gait_stats_summary s = {0, NAN, NAN, NAN, NAN, NAN};

    if (n)
        gait_stats_summarise(x, n, &s);
    return s;
}

/* Welch; where there are too few passes for an interval the difference of means alone. */
static struct gait_stats_estimate welch(const double *pre, size_t n_pre, const double *post, size_t n_post)
{
    struct gait_stats_estimate e;

    if (gait_stats_welch(pre, n_pre, post, n_post, LEVEL, &e) == 0)
        return e;
    e = no_estimate();
    if (n_pre && n_post)
        e.value = gait_stats_mean(post, n_post, NULL) - gait_stats_mean(pre, n_pre, NULL);
    return e;
}

static double series(const double *x, size_t n, double *n_eff)
{
    struct gait_stats_autocorrelation a;

    *n_eff = (double)n;
    if (n < SERIES_LEAST || gait_stats_autocorrelation(x, n, &a) < 0)
        return NAN;
    if (a.r1 > SERIES_STRONG)
        *n_eff = a.n_eff;
    return a.r1;
}

/* The main analysis: by effective numbers where passes repeat each other. */
static void change_in_window(const struct samples *s, struct gait_design_comparison *c)
{
    struct gait_stats_estimate e;
    double n_eff_pre, n_eff_post;

    c->change = welch(s->pre, s->n_pre, s->post, s->n_post);
    if (fabs(c->change.value) <= ROUNDING * fmax(fabs(c->pre.mean), fabs(c->post.mean)))
        c->change.value = 0.0; /* "fell by 1e-14" of passes that are all alike */
    c->r1_pre = series(s->pre, s->n_pre, &n_eff_pre);
    c->r1_post = series(s->post, s->n_post, &n_eff_post);
    if (!(c->r1_pre > SERIES_STRONG) && !(c->r1_post > SERIES_STRONG))
        return;
    if (!isfinite(c->change.se)) /* fewer than two passes, or none that vary: said already */
        return;
    c->effective = true;
    if (gait_stats_welch_effective(s->pre, s->n_pre, n_eff_pre, s->post, s->n_post, n_eff_post, LEVEL, &e) == 0 &&
        isfinite(e.ci.lo) && isfinite(e.ci.hi)) {
        c->change = e;
        return;
    }
    e = no_estimate(); /* not Welch's of all passes: that would be the narrowest interval of all */
    e.value = c->change.value;
    e.note = GAIT_STATS_NOTE_REPEATED;
    c->change = e;
}

static void resample(const struct gait_design_plan *plan, const struct samples *s, struct gait_design_comparison *c)
{
    struct gait_stats_rng rng;

    gait_stats_rng_init(&rng, plan->seed + (uint64_t)c->metric * 7919 + (uint64_t)c->foot);
    if (gait_stats_permute_two(s->pre, s->n_pre, s->post, s->n_post, c->effective ? 2 : 1, &rng, &c->permutation) < 0)
        c->permutation = (struct gait_stats_permutation){.observed = NAN, .p = NAN, .p_min = NAN};
    if (gait_stats_bca_two(s->pre, s->n_pre, s->post, s->n_post, gait_stats_mean, NULL, LEVEL,
                           GAIT_STATS_BOOTSTRAP_DRAWS, &rng, &c->bca) < 0)
        c->bca = (struct gait_stats_bootstrap){.estimate = NAN, .bca = {NAN, NAN}, .percentile = {NAN, NAN}};
    if (gait_stats_effect_two(s->pre, s->n_pre, s->post, s->n_post, LEVEL, &c->effect) < 0)
        c->effect = (struct gait_stats_effect_two){NAN, NAN, NAN, NAN, {NAN, NAN}, GAIT_STATS_NOTE_FEW};
}

/* Every pass, as it is and at equal speed. */
static int sensitivity(const struct samples *s, struct gait_design_comparison *c)
{
    size_t n = s->n_pre + s->n_post, kept = 0;
    _cleanup_free_ double *y = calloc(n + 1, sizeof(*y)), *control = calloc(n + 1, sizeof(*control));
    _cleanup_free_ uint8_t *group = calloc(n + 1, 1);

    if (!y || !control || !group)
        return -ENOMEM;
    c->all_pre = summary_of(s->pre, s->n_pre);
    c->all_post = summary_of(s->post, s->n_post);
    c->all = welch(s->pre, s->n_pre, s->post, s->n_post);
    for (size_t i = 0; i < n; i++) {
        bool after = i >= s->n_pre;
        double v = after ? s->control_post[i - s->n_pre] : s->control_pre[i];

        if (!isfinite(v))
            continue;
        y[kept] = after ? s->post[i - s->n_pre] : s->pre[i];
        group[kept] = after;
        control[kept++] = v;
    }
    c->has_adjusted = gait_stats_adjust(y, group, control, kept, LEVEL, &c->adjusted) == 0;
    return 0;
}

/* The change that one person must exceed, from the lab's own baseline, else the literature's default, else none. */
static void find_mdc(const struct gait_design_plan *plan, struct gait_design_comparison *c)
{
    const struct gait_stats_error_terms *terms =
        plan->terms ? &plan->terms[gait_design_terms_index(c->metric, c->foot)] : NULL;
    size_t k_pre = c->foot == GAIT_DESIGN_BOTH ? c->pre.n : c->steps_pre;
    size_t k_post = c->foot == GAIT_DESIGN_BOTH ? c->post.n : c->steps_post;
    struct gait_stats_mdc mdc;

    c->mdc95 = c->mdc_df = NAN;
    c->mdc_ci = (struct gait_stats_interval){NAN, NAN};
    c->mdc_note = "";
    if (terms && terms->subjects && k_pre && k_post && gait_stats_mdc(terms, k_pre, k_post, &mdc) == 0 &&
        mdc.mdc95 > 0) {
        c->mdc_source = GAIT_DESIGN_MDC_LAB;
        c->mdc95 = mdc.mdc95;
        c->mdc_df = mdc.df;
        c->mdc_ci = mdc.ci;
        c->mdc_note = gait_stats_note_text(mdc.note);
        return;
    }
    c->mdc95 = gait_mdc_literature_value(c->metric, c->pre.mean);
    if (isfinite(c->mdc95)) {
        c->mdc_source = GAIT_DESIGN_MDC_LITERATURE;
        c->mdc_df = INFINITY;
    }
}

static void explain(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                    struct gait_design_comparison *c)
{
    size_t trials = 0;

    for (size_t i = 0; i < data->passes; i++)
        trials += strcmp(data->pass[i].timepoint, c->timepoint) == 0 &&
                  (!subject || strcmp(data->pass[i].subject, subject) == 0) &&
                  strcmp(data->pass[i].condition, plan->condition) == 0;
    if (!trials)
        snprintf(c->why, sizeof(c->why), "there is no pass at %.60s", c->timepoint);
    else if (!c->all_pre.n || !c->all_post.n)
        snprintf(c->why, sizeof(c->why), "could not be measured in any pass at %.60s%s",
                 c->all_pre.n ? c->timepoint : plan->baseline,
                 c->foot == GAIT_DESIGN_BOTH ? " (both feet in one pass are needed; name one foot otherwise)" : "");
    else if (!c->pre.n || !c->post.n)
        snprintf(c->why, sizeof(c->why), "no pass at %.60s lies in the window (+-%g %% of the baseline's %s)",
                 c->pre.n ? c->timepoint : plan->baseline, 100 * plan->window, "speed or stance time");
    else if (c->pre.n < 2 || c->post.n < 2)
        snprintf(c->why, sizeof(c->why), "%s pass: no interval, no test", "a single");
    else if (c->change.note)
        snprintf(c->why, sizeof(c->why), "%s", gait_stats_note_text(c->change.note));
}

int gait_design_compare(const struct gait_design_data *data, const struct gait_design_plan *plan, const char *subject,
                        const char *timepoint, enum gait_metric metric, enum gait_design_foot foot,
                        struct gait_design_comparison *ret_comparison)
{
    struct gait_design_comparison c = {.timepoint = timepoint, .metric = metric, .foot = foot, .p_adjusted = NAN};
    _cleanup_(samples_done) struct samples in = {0}, all = {0};
    struct gait_design_window window;
    int r;

    if (!data || !plan || !timepoint || (unsigned)metric >= GAIT_METRIC_COUNT || foot < GAIT_DESIGN_LEFT ||
        foot > GAIT_DESIGN_BOTH)
        return -EINVAL;
    r = gait_design_window(data, plan, subject, foot, &window);
    if (r == 0)
        r = samples_take(&in, data, plan, subject, timepoint, metric, foot, &window);
    if (r == 0)
        r = samples_take(&all, data, plan, subject, timepoint, metric, foot, NULL);
    if (r < 0)
        return r;
    c.steps_pre = in.steps_pre;
    c.steps_post = in.steps_post;
    c.pre = summary_of(in.pre, in.n_pre);
    c.post = summary_of(in.post, in.n_post);
    change_in_window(&in, &c);
    resample(plan, &in, &c);
    r = sensitivity(&all, &c);
    if (r < 0)
        return r;
    find_mdc(plan, &c);
    explain(data, plan, subject, &c);
    *ret_comparison = c;
    return 0;
}
