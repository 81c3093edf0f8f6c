#include "protocol/plan.h"

#include <string.h>

static void add(struct plan_foot *to, const struct plan_foot *from)
{
    to->valid += from->valid;
    to->invalid += from->invalid;
    to->partial += from->partial;
    to->merged += from->merged;
}

static bool counts(const struct plan_pass *pass, int timepoint, int condition)
{
    return !pass->discarded && !pass->extra && pass->timepoint == timepoint && pass->condition == condition;
}

/* A running pass is taken as good, so that what is said to come next is what comes after it. */
static bool is_good(const struct plan_pass *pass, bool single)
{
    if (!single)
        return pass->running || pass->side[0].valid + pass->side[1].valid > 0;
    return pass->running || (pass->foot && pass->side[pass->foot - 1].valid > 0);
}

static void add_pass(struct plan_cell *cell, const struct plan_pass *pass, bool single)
{
    bool good = is_good(pass, single);

    cell->passes += good;
    add(&cell->no_side, &pass->no_side);
    for (int f = 0; f < 2; f++)
        if (!single || pass->foot == f + 1)
            add(&cell->side[f], &pass->side[f]);
}

void plan_cell(const struct protocol *p, const struct plan_pass *pass, size_t n, int timepoint, int condition,
               struct plan_cell *ret)
{
    bool single = p->mat_mode == PROTOCOL_SINGLE;
    unsigned planned = protocol_passes(p, (unsigned)timepoint), running[2] = {0, 0};

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < n; i++) {
        if (!counts(&pass[i], timepoint, condition))
            continue;
        add_pass(ret, &pass[i], single);
        if (pass[i].running && single && pass[i].foot && !pass[i].side[pass[i].foot - 1].valid)
            running[pass[i].foot - 1]++;
    }
    for (int f = 0; f < 2; f++)
        ret->target[f] = single ? planned : p->min_steps;
    if (p->timepoints[timepoint].kind == PROTOCOL_FAMILIARISATION && !single)
        ret->target[0] = ret->target[1] = 0; /* walked to get used to it: no steps are asked for */
    if (single)
        ret->complete = ret->side[0].valid + running[0] >= planned && ret->side[1].valid + running[1] >= planned;
    else
        ret->complete =
            ret->passes >= planned && ret->side[0].valid >= ret->target[0] && ret->side[1].valid >= ret->target[1];
}

/* Where the session stands: never back behind a pass that was walked, nor before the treatment once there was one. */
static int floor_of(const struct protocol *p, const struct plan_pass *pass, size_t n, const struct plan_now *now)
{
    int floor = 0;

    for (size_t i = 0; i < n; i++)
        if (!pass[i].discarded && pass[i].timepoint > floor)
            floor = pass[i].timepoint;
    if (now->treating || now->treated)
        while (floor < (int)p->n_timepoints && p->timepoints[floor].kind != PROTOCOL_POST)
            floor++;
    return floor;
}

/* The foot whose turn it is: the order tells the k-th valid step, and a foot that has enough is passed over. */
static int foot_in_turn(const struct protocol *p, const struct plan_cell *cell)
{
    static const int abba[4] = {PROTOCOL_LEFT, PROTOCOL_RIGHT, PROTOCOL_RIGHT, PROTOCOL_LEFT};
    int foot;

    if (p->mat_mode != PROTOCOL_SINGLE)
        return 0;
    foot = p->foot_order == PROTOCOL_ABBA ? abba[cell->passes % 4] : abba[cell->passes % 2];
    if (cell->side[foot - 1].valid >= cell->target[foot - 1])
        foot = foot == PROTOCOL_LEFT ? PROTOCOL_RIGHT : PROTOCOL_LEFT;
    return foot;
}

static bool find_cell(const struct protocol *p, const struct plan_pass *pass, size_t n, int from, struct plan_next *ret)
{
    struct plan_cell cell;

    for (int t = from; t < (int)p->n_timepoints; t++)
        for (int c = 0; c < (int)p->n_conditions; c++) {
            plan_cell(p, pass, n, t, c, &cell);
            if (cell.complete)
                continue;
            ret->timepoint = t;
            ret->condition = c;
            ret->foot = foot_in_turn(p, &cell);
            ret->pass = cell.passes + 1;
            ret->of = protocol_passes(p, (unsigned)t) * (p->mat_mode == PROTOCOL_SINGLE ? 2 : 1);
            if (ret->of < ret->pass)
                ret->of = ret->pass;
            return true;
        }
    return false;
}

/* Seconds until a timepoint may begin; a timepoint that has begun waits for nothing. */
static double wait_of(const struct protocol *p, const struct plan_pass *pass, size_t n, const struct plan_now *now,
                      int timepoint)
{
    const struct protocol_timepoint *t = &p->timepoints[timepoint];
    double due = (t->after_treatment_min - t->early_min) * 60;

    for (size_t i = 0; i < n; i++)
        if (!pass[i].discarded && pass[i].timepoint == timepoint)
            return 0;
    return t->kind == PROTOCOL_POST && now->treated && now->since_s < due ? due - now->since_s : 0;
}

static enum plan_what what_first(const struct protocol *p, const struct plan_now *now, const struct plan_next *next)
{
    if (now->treating)
        return PLAN_TREATMENT_STOP;
    if (p->timepoints[next->timepoint].kind != PROTOCOL_POST)
        return PLAN_TRIAL;
    if (!now->treated)
        return PLAN_TREATMENT_START;
    if (p->oil_removed && !now->oil_removed)
        return PLAN_OIL;
    return next->wait_s > 0 ? PLAN_WAIT : PLAN_TRIAL;
}

void plan_next(const struct protocol *p, const struct plan_pass *pass, size_t n, const struct plan_now *now,
               struct plan_next *ret)
{
    *ret = (struct plan_next){.what = PLAN_CLOSE, .timepoint = -1, .condition = -1};
    if (!find_cell(p, pass, n, floor_of(p, pass, n, now), ret)) {
        ret->what = now->treating ? PLAN_TREATMENT_STOP : PLAN_CLOSE;
        return;
    }
    ret->wait_s = wait_of(p, pass, n, now, ret->timepoint);
    ret->what = what_first(p, now, ret);
}

const char *plan_what_name(enum plan_what what)
{
    static const char *const names[] = {"", "trial", "treatment_start", "treatment_stop", "wait", "oil", "close"};

    return names[what];
}
