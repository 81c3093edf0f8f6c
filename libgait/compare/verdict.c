/* Beyond measurement error, equivalent, or inconclusive. */
#include <gait/verdict.h>

#include <errno.h>
#include <math.h>

#include "compare/dist.h"

#define STEPS_REFUSED 3 /* below */
#define STEPS_VERDICT 4 /* from */
#define STEPS_WANTED  5
#define ALPHA         0.05

static bool known_positive(double x)
{
    return isnan(x) || (x > 0.0 && isfinite(x));
}

double gait_verdict_p(const struct gait_stats_estimate *change, double mdc95, double mdc_df)
{
    double t;

    if (!(change->se > 0.0) || !(mdc95 > 0.0) || !(mdc_df > 0.0))
        return 1.0;
    t = compare_normal_quantile(0.975) * fabs(change->value) / mdc95;
    return fmax(change->p, 2.0 * (isinf(mdc_df) ? compare_normal_cdf(-t) : compare_t_upper(t, mdc_df)));
}

static double own_p(const struct gait_verdict_input *in)
{
    return gait_verdict_p(&in->change, in->mdc95, in->mdc_df);
}

static int check(const struct gait_verdict_input *in)
{
    if (!isfinite(in->change.value) || !known_positive(in->mdc95) || !known_positive(in->swc))
        return -EINVAL;
    if (!isnan(in->mdc95) && !(in->mdc_df > 0.0))
        return -EINVAL;
    if (!(in->p_adjusted <= 1.0 && in->p_adjusted >= own_p(in) * (1.0 - 1e-12)))
        return -EINVAL;
    return 0;
}

static struct gait_stats_interval interval(const struct gait_stats_estimate *e, double level)
{
    double half = compare_t_quantile(0.5 + level / 2.0, e->df) * e->se;

    return (struct gait_stats_interval){e->value - half, e->value + half};
}

/* Whether there are too few steps or passes, or no interval, for a verdict; says which in kind and reasons. */
static bool too_little(const struct gait_verdict_input *in, struct gait_verdict *v)
{
    size_t steps = in->steps_pre < in->steps_post ? in->steps_pre : in->steps_post;
    size_t passes = in->passes_pre < in->passes_post ? in->passes_pre : in->passes_post;

    if (steps < STEPS_WANTED)
        v->reasons |= GAIT_VERDICT_FEW_STEPS;
    if (steps < STEPS_REFUSED) {
        v->kind = GAIT_VERDICT_REFUSED;
        return true;
    }
    v->kind = GAIT_VERDICT_NONE;
    if (passes < GAIT_VERDICT_PASSES)
        v->reasons |= GAIT_VERDICT_FEW_PASSES;
    if (!(in->change.se > 0.0))
        v->reasons |= GAIT_VERDICT_NO_INTERVAL;
    return steps < STEPS_VERDICT || passes < GAIT_VERDICT_PASSES || !(in->change.se > 0.0);
}

static void set_interval(const struct gait_verdict_input *in, struct gait_verdict *v)
{
    v->ci95 = v->ci90 = (struct gait_stats_interval){NAN, NAN};
    v->largest_not_excluded = NAN;
    if (v->kind == GAIT_VERDICT_REFUSED || !(in->change.se > 0.0))
        return;
    v->ci95 = interval(&in->change, 1.0 - ALPHA);
    v->ci90 = interval(&in->change, 1.0 - 2.0 * ALPHA);
    v->largest_not_excluded = fabs(v->ci95.lo) > fabs(v->ci95.hi) ? v->ci95.lo : v->ci95.hi;
}

static void judge(const struct gait_verdict_input *in, struct gait_verdict *v)
{
    bool excludes_zero = v->ci95.lo > 0.0 || v->ci95.hi < 0.0;
    bool exceeds = fabs(in->change.value) > in->mdc95; /* false without an MDC */
    bool stands = in->p_adjusted < ALPHA;

    if (!excludes_zero)
        v->reasons |= GAIT_VERDICT_INTERVAL_HAS_ZERO;
    else if (exceeds && !stands)
        v->reasons |= own_p(in) < ALPHA ? GAIT_VERDICT_MULTIPLICITY : GAIT_VERDICT_MDC_UNCERTAIN;
    if (isnan(in->mdc95))
        v->reasons |= GAIT_VERDICT_NO_MDC;
    else if (!exceeds)
        v->reasons |= GAIT_VERDICT_WITHIN_MDC | (excludes_zero ? GAIT_VERDICT_CONSISTENT_SHIFT : 0);
    if (in->mdc_is_literature && !isnan(in->mdc95))
        v->reasons |= GAIT_VERDICT_LITERATURE_MDC;
    if (isnan(in->swc))
        v->reasons |= GAIT_VERDICT_NO_SWC;
    if (excludes_zero && exceeds && stands)
        v->kind = GAIT_VERDICT_BEYOND_ERROR;
    else if (v->ci90.lo > -in->swc && v->ci90.hi < in->swc)
        v->kind = GAIT_VERDICT_EQUIVALENT;
    else
        v->kind = GAIT_VERDICT_INCONCLUSIVE;
}

int gait_verdict_judge(const struct gait_verdict_input *input, struct gait_verdict *ret_verdict)
{
    struct gait_verdict v = {.reasons = 0};
    int r;

    if (!input || !ret_verdict)
        return -EINVAL;
    r = check(input);
    if (r < 0)
        return r;
    if (input->change.value != 0.0)
        v.direction = input->change.value > 0.0 ? GAIT_DIRECTION_INCREASE : GAIT_DIRECTION_DECREASE;
    if (too_little(input, &v)) {
        set_interval(input, &v);
    } else {
        set_interval(input, &v);
        judge(input, &v);
    }
    v.improved = v.kind == GAIT_VERDICT_BEYOND_ERROR && input->wanted == v.direction;
    *ret_verdict = v;
    return 0;
}

const char *gait_verdict_name(enum gait_verdict_kind kind)
{
    switch (kind) {
    case GAIT_VERDICT_REFUSED:
        return "refused";
    case GAIT_VERDICT_NONE:
        return "none";
    case GAIT_VERDICT_BEYOND_ERROR:
        return "beyond_error";
    case GAIT_VERDICT_EQUIVALENT:
        return "equivalent";
    case GAIT_VERDICT_INCONCLUSIVE:
        return "inconclusive";
    }
    return "?";
}

const char *gait_verdict_reason_name(enum gait_verdict_reason reason)
{
    switch (reason) {
    case GAIT_VERDICT_FEW_STEPS:
        return "few_steps";
    case GAIT_VERDICT_FEW_PASSES:
        return "few_passes";
    case GAIT_VERDICT_NO_INTERVAL:
        return "no_interval";
    case GAIT_VERDICT_NO_MDC:
        return "no_mdc";
    case GAIT_VERDICT_NO_SWC:
        return "no_swc";
    case GAIT_VERDICT_WITHIN_MDC:
        return "within_mdc";
    case GAIT_VERDICT_INTERVAL_HAS_ZERO:
        return "interval_has_zero";
    case GAIT_VERDICT_MULTIPLICITY:
        return "multiplicity";
    case GAIT_VERDICT_CONSISTENT_SHIFT:
        return "consistent_shift";
    case GAIT_VERDICT_MDC_UNCERTAIN:
        return "mdc_uncertain";
    case GAIT_VERDICT_LITERATURE_MDC:
        return "literature_mdc";
    }
    return "?";
}
