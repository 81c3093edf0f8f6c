/* The primaries of one person, judged together. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/label.h"

const struct gait_design_finding *compare_refusal(const struct gait_design_plan *plan,
                                                  const struct gait_design_finding *finding, size_t findings,
                                                  const char *timepoint, unsigned foot)
{
    for (size_t i = 0; i < findings; i++)
        if (finding[i].severity == GAIT_DESIGN_REFUSED && strcmp(finding[i].code, "condition") != 0 &&
            (!finding[i].foot || finding[i].foot == foot) &&
            (!finding[i].timepoint[0] || strcmp(finding[i].timepoint, timepoint) == 0 ||
             strcmp(finding[i].timepoint, plan->baseline) == 0))
            return &finding[i];
    return NULL;
}

static void refuse(struct gait_design_comparison *c, const char *why)
{
    char label[COMPARE_LABEL_MAX];

    c->judged = true;
    c->verdict = (struct gait_verdict){
        .kind = GAIT_VERDICT_REFUSED,
        .ci95 = {NAN, NAN},
        .ci90 = {NAN, NAN},
        .largest_not_excluded = NAN,
    };
    snprintf(c->sentence, sizeof(c->sentence), "%s: not compared: %s.", compare_label(c->metric, c->foot, label), why);
}

static int judge_one(const struct gait_design_plan *plan, struct gait_design_comparison *c)
{
    char label[COMPARE_LABEL_MAX];
    struct gait_verdict_input in = {
        .change = c->change,
        .p_adjusted = isnan(c->p_adjusted) ? 1 : c->p_adjusted,
        .mdc95 = c->mdc95,
        .mdc_df = c->mdc_df,
        .mdc_is_literature = c->mdc_source == GAIT_DESIGN_MDC_LITERATURE,
        .swc = plan->swc[c->metric],
        .steps_pre = c->steps_pre,
        .steps_post = c->steps_post,
        .passes_pre = c->pre.n,
        .passes_post = c->post.n,
        .wanted = plan->wanted[c->metric],
    };
    int r;

    if (!isfinite(c->change.value)) {
        refuse(c, c->why);
        return 0;
    }
    r = gait_verdict_judge(&in, &c->verdict);
    if (r < 0)
        return r;
    c->judged = true;
    r = gait_verdict_sentence(&in, &c->verdict, compare_label(c->metric, c->foot, label), compare_unit(c->metric),
                              c->sentence, sizeof(c->sentence));
    return r < 0 ? r : 0;
}

int gait_design_judge(const struct gait_design_plan *plan, const struct gait_design_finding *finding, size_t findings,
                      struct gait_design_comparison *comparison, size_t n)
{
    _cleanup_free_ double *p = calloc(n + 1, sizeof(*p));
    int r = 0;

    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct gait_design_comparison *c = &comparison[i];
        bool out = compare_refusal(plan, finding, findings, c->timepoint, c->foot) || !isfinite(c->change.value);

        p[i] = out ? (double)NAN : gait_verdict_p(&c->change, c->mdc95, c->mdc_df);
    }
    r = gait_stats_holm(p, n, p);
    for (size_t i = 0; i < n && r == 0; i++) {
        const struct gait_design_finding *why =
            compare_refusal(plan, finding, findings, comparison[i].timepoint, comparison[i].foot);

        comparison[i].p_adjusted = p[i];
        if (why)
            refuse(&comparison[i], why->text);
        else
            r = judge_one(plan, &comparison[i]);
    }
    return r;
}
