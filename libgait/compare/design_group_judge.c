/* Group comparisons judged together against the smallest worthwhile change. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"
#include "compare/label.h"

#define ALPHA 0.05

const char *gait_design_group_verdict_name(enum gait_design_group_verdict verdict)
{
    static const char *const names[] = {"none", "beyond_swc", "equivalent", "inconclusive", "refused"};

    return (unsigned)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "?";
}

static const char *what(const struct gait_design_group *g)
{
    return g->kind == GAIT_DESIGN_GROUP      ? "change"
           : g->kind == GAIT_DESIGN_PARALLEL ? "difference of the arms, adjusted for before,"
           : g->kind == GAIT_DESIGN_ONE_FOOT ? "change of the treated foot beyond the other's"
                                             : "change beyond the control's";
}

/* Of "no more than the SWC": the 95 % interval lies beyond it where this is at most 0.05. NaN: nothing to judge by. */
static double p_beyond(const struct gait_design_group *g, double swc)
{
    double over = fabs(g->effect.value) - swc;

    if (!(g->effect.se > 0) || !(swc > 0) || !isfinite(over))
        return NAN;
    return over > 0 ? fmin(1, 2 * compare_t_upper(over / g->effect.se, g->effect.df)) : 1;
}

/* p: p_beyond(), adjusted for all that are judged together. */
static enum gait_design_group_verdict verdict_of(const struct gait_design_group *g, double swc, double p)
{
    struct gait_stats_tost tost;

    if (isnan(p))
        return GAIT_DESIGN_GROUP_NONE;
    if ((g->effect.ci.lo > swc || g->effect.ci.hi < -swc) && p <= ALPHA && g->p_adjusted <= ALPHA)
        return GAIT_DESIGN_GROUP_BEYOND_SWC;
    if (gait_stats_tost(&g->effect, swc, ALPHA, &tost) == 0 && tost.equivalent)
        return GAIT_DESIGN_GROUP_EQUIVALENT;
    return GAIT_DESIGN_GROUP_INCONCLUSIVE;
}

static void sentence(struct gait_design_group *g, double swc)
{
    const char *words = compare_unit(g->metric);
    char unit[32] = "", label[COMPARE_LABEL_MAX];
    char *at = g->sentence;
    size_t size = sizeof(g->sentence);
    int n;

    compare_label(g->metric, g->kind == GAIT_DESIGN_ONE_FOOT ? (enum gait_design_foot)0 : g->foot, label);
    if (*words) /* a ratio has none */
        snprintf(unit, sizeof(unit), " %s", words);
    if (!isfinite(g->effect.value)) {
        snprintf(at, size, "%s: not compared: %s.", label, g->why);
        return;
    }
    if (!(g->effect.se > 0)) {
        snprintf(at, size, "%s: mean %s %+.3g%s; no interval and no verdict: %s.", label, what(g), g->effect.value,
                 unit, g->why);
        return;
    }
    n = snprintf(at, size, "%s: mean %s %+.3g%s (95 %% interval %.3g to %.3g, %zu people)", label, what(g),
                 g->effect.value, unit, g->effect.ci.lo, g->effect.ci.hi, g->n);
    if (n < 0 || (size_t)n >= size)
        return;
    at += n;
    size -= (size_t)n;
    if (g->verdict == GAIT_DESIGN_GROUP_BEYOND_SWC)
        snprintf(at, size, ": more than what was registered as worthwhile (%.3g%s).", swc, unit);
    else if (g->verdict == GAIT_DESIGN_GROUP_EQUIVALENT)
        snprintf(at, size, ": equivalent, less than what was registered as worthwhile (%.3g%s).", swc, unit);
    else if (g->verdict == GAIT_DESIGN_GROUP_INCONCLUSIVE)
        snprintf(at, size, ": inconclusive against the registered %.3g%s.", swc, unit);
    else
        snprintf(at, size, ". No verdict: no smallest worthwhile change was registered.");
}

/* No number of a comparison that must not be made. */
static void refuse(struct gait_design_group *g, const char *why)
{
    static const struct gait_stats_interval none = {NAN, NAN};

    g->effect = (struct gait_stats_estimate){NAN, NAN, NAN, NAN, NAN, g->effect.level, none, GAIT_STATS_NOTE_NONE};
    g->paired.d_av = g->paired.g_av = g->paired.d_z = g->paired.g_z = g->paired.r = NAN;
    g->paired.ci_d_z = none;
    g->order_tested = false;
    g->p_permutation = g->p_wilcoxon = NAN;
    g->responders_up = g->responders_down = 0;
    g->verdict = GAIT_DESIGN_GROUP_REFUSED;
    snprintf(g->why, sizeof(g->why), "%s", why);
}

int gait_design_group_judge(const struct gait_design_plan *plan, const struct gait_design_finding *finding,
                            size_t findings, struct gait_design_group *group, size_t n)
{
    _cleanup_free_ double *p = calloc(2 * n + 1, sizeof(*p));
    double *beyond = p + n;
    int r;

    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct gait_design_finding *why =
            compare_refusal(plan, finding, findings, group[i].timepoint, group[i].foot);

        if (why)
            refuse(&group[i], why->text);
        p[i] = group[i].effect.se > 0 ? group[i].effect.p : (double)NAN;
        beyond[i] = p_beyond(&group[i], plan->swc[group[i].metric]);
    }
    r = gait_stats_holm(p, n, p);
    if (r == 0)
        r = gait_stats_holm(beyond, n, beyond);
    for (size_t i = 0; i < n && r == 0; i++) {
        group[i].p_adjusted = p[i];
        group[i].judged = true;
        if (group[i].verdict != GAIT_DESIGN_GROUP_REFUSED)
            group[i].verdict = verdict_of(&group[i], plan->swc[group[i].metric], beyond[i]);
        sentence(&group[i], plan->swc[group[i].metric]);
    }
    return r;
}
