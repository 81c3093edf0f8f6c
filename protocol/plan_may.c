/* What a protocol forbids. */
#include "protocol/plan.h"

enum plan_refusal plan_may(const struct protocol *p, const struct plan_pass *pass, size_t n, const struct plan_now *now,
                           int timepoint, int condition, int foot)
{
    bool post = p->timepoints[timepoint].kind == PROTOCOL_POST;
    struct plan_next next;
    struct plan_cell cell;

    plan_next(p, pass, n, now, &next);
    plan_cell(p, pass, n, timepoint, condition, &cell);
    if (now->treating)
        return PLAN_TREATING;
    if (post && !now->treated)
        return PLAN_NOT_TREATED;
    if (cell.complete)
        return PLAN_COMPLETE;
    if (next.timepoint != timepoint || next.condition != condition)
        return PLAN_NOT_IN_TURN;
    if (post && p->oil_removed && !now->oil_removed)
        return PLAN_OIL_LEFT;
    if (next.wait_s > 0)
        return PLAN_TOO_EARLY;
    return foot && next.foot && foot != next.foot ? PLAN_OTHER_FOOT : PLAN_MAY;
}

bool plan_is_late(const struct protocol *p, const struct plan_pass *pass, size_t n, const struct plan_now *now,
                  int timepoint)
{
    const struct protocol_timepoint *t = &p->timepoints[timepoint];

    for (size_t i = 0; i < n; i++)
        if (!pass[i].discarded && pass[i].timepoint == timepoint)
            return false;
    return t->kind == PROTOCOL_POST && now->treated && now->since_s > (t->after_treatment_min + t->late_min) * 60;
}

int plan_may_treat(const struct protocol *p, const struct plan_pass *pass, size_t n)
{
    struct plan_cell cell;

    for (int t = 0; t < (int)p->n_timepoints; t++)
        for (int c = 0; c < (int)p->n_conditions && p->timepoints[t].kind == PROTOCOL_PRE; c++) {
            plan_cell(p, pass, n, t, c, &cell);
            if (!cell.complete)
                return t + 1;
        }
    return 0;
}
