/* How good the steps are: counted, against their window, left beside right in time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/session_tier.h>

#include "study.h"

enum { SIDES = 2 };

/* One valid step that counts. */
struct step {
    int timepoint, condition, side; /* side 0 left, 1 right */
    double stance_s, speed, at_s;   /* NaN unknown; at_s: seconds since the session was opened */
};

struct steps {
    struct step *row;
    size_t n;
    unsigned unknown_side;
    bool by_speed; /* every pass has a speed */
    double baseline[SIDES];
};

static const char *const feet[] = {"left", "right"};

static double number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static json_t *real_or_null(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* --- what is there ------------------------------------------------------------------------------------- */

static double median(double *value, size_t n)
{
    if (!n)
        return (double)NAN;
    qsort(value, n, sizeof *value, by_value);
    return n % 2 ? value[n / 2] : 0.5 * (value[n / 2 - 1] + value[n / 2]);
}

/* One walk over the mat, while its steps are gone through. */
struct crossing {
    const json_t *first, *last; /* valid steps */
    double latest_to_s;         /* of all feet; NaN none yet */
};

/* Heel to heel from the first to the last valid step, along the way. NaN with one step. */
static double speed_between(const json_t *first, const json_t *last)
{
    double dx, dy, dt;

    if (!first || first == last)
        return (double)NAN;
    dx = number_of(last, "x_mm") - number_of(first, "x_mm");
    dy = number_of(last, "y_mm") - number_of(first, "y_mm");
    dt = number_of(last, "ic_s") - number_of(first, "ic_s");
    /* along the way only: left and right lie beside each other */
    dt = dt > 0 ? fabs(dx * number_of(first, "way_x") + dy * number_of(first, "way_y")) / 1000 / dt : (double)NAN;
    return dt;
}

/* The same rule as that of the session's tables (docs/METRICS.md). */
static bool begins(const struct crossing *c, const json_t *step)
{
    return number_of(step, "ic_s") - c->latest_to_s > (double)GAIT_CROSSING_EMPTY_NS * 1e-9;
}

/* Walking speed of a pass: the median of its crossings of the mat that have one. */
static double speed_of(const json_t *steps, json_int_t trial)
{
    _cleanup_free_ double *speed = calloc(json_array_size(steps) + 1, sizeof *speed);
    struct crossing c = {.latest_to_s = (double)NAN};
    json_t *step;
    size_t i, n = 0;

    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        if (!speed || json_integer_value(json_object_get(step, "trial")) != trial)
            continue;
        if (begins(&c, step)) {
            speed[n] = speed_between(c.first, c.last);
            n += isfinite(speed[n]);
            c.first = c.last = NULL;
        }
        c.latest_to_s = fmax(c.latest_to_s, number_of(step, "to_s")); /* of a number and NaN the number */
        if (!json_is_true(json_object_get(step, "valid")))
            continue;
        c.first = c.first ? c.first : step;
        c.last = step;
    }
    if (!speed)
        return (double)NAN;
    speed[n] = speed_between(c.first, c.last);
    n += isfinite(speed[n]);
    return median(speed, n);
}

static bool take_step(const struct session *s, const json_t *step, double speed, struct steps *ret)
{
    const json_t *row = session_trial(s, (uint32_t)json_integer_value(json_object_get(step, "trial")));
    const char *timepoint = json_string_value(json_object_get(row, "timepoint"));
    const char *condition = json_string_value(json_object_get(row, "condition"));
    const char *foot = json_string_value(json_object_get(row, "foot"));
    int side = (int)json_integer_value(json_object_get(step, "side")) - 1;

    if (!timepoint || !condition || json_is_true(json_object_get(row, "discarded")) ||
        json_is_true(json_object_get(row, "extra")) || !json_is_true(json_object_get(step, "valid")))
        return false;
    if (side != 0 && side != 1) {
        ret->unknown_side++;
        return false;
    }
    if (foot && strcmp(foot, feet[side]) != 0) /* single mode: the other foot is stored and does not count */
        return false;
    ret->row[ret->n++] = (struct step){.timepoint = protocol_timepoint_find(s->protocol, timepoint),
                                       .condition = protocol_condition_find(s->protocol, condition),
                                       .side = side,
                                       .stance_s = number_of(step, "stance_s"),
                                       .speed = speed,
                                       .at_s = number_of(step, "at_s")};
    return true;
}

static int gather(const struct session *s, struct steps *ret)
{
    const json_t *steps = json_object_get(s->state, "steps");
    json_int_t trial = -1;
    double speed = (double)NAN;
    json_t *step;
    size_t i;

    *ret = (struct steps){.row = calloc(json_array_size(steps) + 1, sizeof *ret->row), .by_speed = true};
    if (!ret->row)
        return -1;
    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        if (json_integer_value(json_object_get(step, "trial")) != trial) {
            trial = json_integer_value(json_object_get(step, "trial"));
            speed = speed_of(steps, trial);
        }
        if (take_step(s, step, speed, ret))
            ret->by_speed &= isfinite(speed);
    }
    ret->by_speed &=
        ret->n > 0 && s->protocol->speed_source == PROTOCOL_SPEED_MAT && s->protocol->mat_mode == PROTOCOL_MULTI;
    return 0;
}

/* --- numbers of a cell --------------------------------------------------------------------------------- */

static double median_where(const struct steps *steps, bool (*wanted)(const struct step *, int, int, int), int timepoint,
                           int condition, int side, bool speed)
{
    _cleanup_free_ double *value = calloc(steps->n + 1, sizeof *value);
    size_t n = 0;

    for (size_t i = 0; value && i < steps->n; i++) {
        double v = speed ? steps->row[i].speed : steps->row[i].stance_s;

        if (isfinite(v) && wanted(&steps->row[i], timepoint, condition, side))
            value[n++] = v;
    }
    return value ? median(value, n) : (double)NAN;
}

static bool in_cell(const struct step *s, int timepoint, int condition, int side)
{
    return s->timepoint == timepoint && s->condition == condition && s->side == side;
}

/* The baseline: the last pre timepoint that has steps; of that condition. Speed is the walker's, not a foot's. */
static int baseline_of(const struct protocol *p, const struct steps *steps)
{
    int found = -1;

    for (size_t i = 0; i < steps->n; i++)
        if (steps->row[i].timepoint > found && p->timepoints[steps->row[i].timepoint].kind == PROTOCOL_PRE)
            found = steps->row[i].timepoint;
    return found;
}

static bool either_foot(const struct step *s, int timepoint, int condition, int side)
{
    (void)side;
    return s->timepoint == timepoint && s->condition == condition;
}

static void find_baseline(const struct protocol *p, struct steps *steps, int condition)
{
    int timepoint = baseline_of(p, steps);

    for (int side = 0; side < SIDES; side++)
        steps->baseline[side] =
            median_where(steps, steps->by_speed ? either_foot : in_cell, timepoint, condition, side, steps->by_speed);
}

static bool fits(const struct protocol *p, const struct steps *steps, int side, double v)
{
    return fabs(v - steps->baseline[side]) <= steps->baseline[side] * p->window_percent / 100;
}

static json_t *cell_row(const struct daemon *d, struct steps *steps, const struct study_view *v, int timepoint,
                        int condition, int side)
{
    const struct protocol *p = v->protocol;
    unsigned inside = 0, outside = 0, n = 0;
    char buffer[STUDY_NAME_MAX + 1];
    struct plan_cell cell;
    double at_s = 0;

    plan_cell(p, v->pass, v->n, timepoint, condition, &cell);
    find_baseline(p, steps, condition);
    for (size_t i = 0; i < steps->n; i++) {
        const struct step *s = &steps->row[i];
        double value = steps->by_speed ? s->speed : s->stance_s;

        if (!in_cell(s, timepoint, condition, side))
            continue;
        n++;
        at_s += s->at_s;
        if (isfinite(value) && isfinite(steps->baseline[side])) {
            inside += fits(p, steps, side, value);
            outside += !fits(p, steps, side, value);
        }
    }
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "timepoint",
        study_shown(d->session, p->timepoints[timepoint].name, buffer), "condition", p->conditions[condition].name,
        "foot", feet[side], "valid", (int)cell.side[side].valid, "target", (int)cell.target[side], "needed",
        (int)(cell.target[side] > cell.side[side].valid ? cell.target[side] - cell.side[side].valid : 0), "invalid",
        (int)cell.side[side].invalid, "partial", (int)cell.side[side].partial, "merged", (int)cell.side[side].merged,
        "stance_median_s", real_or_null(median_where(steps, in_cell, timepoint, condition, side, false)),
        "speed_median_m_per_s", real_or_null(median_where(steps, in_cell, timepoint, condition, side, true)),
        "in_window", isfinite(steps->baseline[side]) ? json_integer(inside) : json_null(), "out_of_window",
        isfinite(steps->baseline[side]) ? json_integer(outside) : json_null(), "mean_at_s",
        n ? real_or_null(at_s / n) : json_null());
}

/* --- all of it ----------------------------------------------------------------------------------------- */

static json_t *window_object(const struct protocol *p, struct steps *steps, int condition)
{
    json_t *o = json_pack("{s:s, s:f}", "by", steps->by_speed ? "speed" : "stance", "percent", p->window_percent);

    find_baseline(p, steps, condition);
    for (int side = 0; side < SIDES; side++) {
        double m = steps->baseline[side], w = m * p->window_percent / 100;

        json_object_set_new(o, feet[side],
                            json_pack("{s:o, s:o, s:o}", "baseline", real_or_null(m), "low", real_or_null(m - w),
                                      "high", real_or_null(m + w)));
    }
    return o;
}

static json_t *last_object(const struct daemon *d, struct steps *steps)
{
    const json_t *all = json_object_get(d->session->state, "steps");
    const json_t *step = json_array_size(all) ? json_array_get(all, json_array_size(all) - 1) : NULL;
    int side = (int)json_integer_value(json_object_get(step, "side")) - 1;
    double speed, value;

    if (!step)
        return json_null();
    speed = speed_of(all, json_integer_value(json_object_get(step, "trial")));
    value = steps->by_speed ? speed : number_of(step, "stance_s");
    return json_pack("{s:O, s:O, s:s, s:O, s:o, s:o, s:o}", "trial", json_object_get(step, "trial"), "footfall",
                     json_object_get(step, "footfall"), "foot", side == 0 || side == 1 ? feet[side] : "unknown",
                     "valid", json_object_get(step, "valid"), "stance_s", real_or_null(number_of(step, "stance_s")),
                     "speed_m_per_s", real_or_null(speed), "in_window",
                     (side == 0 || side == 1) && isfinite(value) && isfinite(steps->baseline[side])
                         ? json_boolean(fits(d->session->protocol, steps, side, value))
                         : json_null());
}

/* The cell at work: the running pass's, else the next one's, else the last one's. */
static void cell_at_work(const struct study_view *v, const struct plan_next *next, int *ret_timepoint,
                         int *ret_condition)
{
    const struct plan_pass *last = v->n ? &v->pass[v->n - 1] : NULL;
    bool use_last = last && last->timepoint >= 0 && last->condition >= 0 && (last->running || next->timepoint < 0);

    *ret_timepoint = use_last ? last->timepoint : next->timepoint < 0 ? 0 : next->timepoint;
    *ret_condition = use_last ? last->condition : next->condition < 0 ? 0 : next->condition;
}

static double balance_of(const struct steps *steps, int timepoint, int condition)
{
    double sum[SIDES] = {0, 0};
    unsigned n[SIDES] = {0, 0};

    for (size_t i = 0; i < steps->n; i++)
        for (int side = 0; side < SIDES; side++)
            if (in_cell(&steps->row[i], timepoint, condition, side)) {
                sum[side] += steps->row[i].at_s;
                n[side]++;
            }
    return n[0] && n[1] ? sum[0] / n[0] - sum[1] / n[1] : (double)NAN;
}

static const char *counted(unsigned n, char buffer[16])
{
    static const char *const words[] = {"no",  "one",   "two",   "three", "four", "five",
                                        "six", "seven", "eight", "nine",  "ten"};

    if (n <= 10)
        return words[n];
    snprintf(buffer, 16, "%u", n);
    return buffer;
}

/* "two more left steps and one more right step needed" */
static void say_needed(const struct plan_cell *cell, char ret[160])
{
    size_t n = 0;

    ret[0] = '\0';
    for (int side = 0; side < SIDES; side++) {
        unsigned needed = cell->target[side] > cell->side[side].valid ? cell->target[side] - cell->side[side].valid : 0;
        char buffer[16];

        if (needed)
            n += (size_t)snprintf(ret + n, 160 - n, "%s%s more %s step%s", n ? " and " : "", counted(needed, buffer),
                                  feet[side], needed == 1 ? "" : "s");
    }
    if (!n && !cell->target[0] && !cell->target[1])
        snprintf(ret, 160, "to get used to it: no number of steps is asked for");
    else
        snprintf(ret + n, 160 - n, "%s", n ? " needed" : "enough valid steps of both feet");
}

static json_t *warnings_of(const struct daemon *d, struct steps *steps, const struct study_view *v, int timepoint,
                           int condition, double balance)
{
    json_t *list = json_array();
    struct plan_cell cell;
    char text[200];

    plan_cell(v->protocol, v->pass, v->n, timepoint, condition, &cell);
    if (isfinite(balance) && fabs(balance) > v->protocol->balance_s) {
        snprintf(text, sizeof text, "left and right steps lie %.0f s apart in time: let the feet take turns",
                 fabs(balance));
        json_array_append_new(list, json_string(text));
    }
    if (cell.no_side.partial + cell.no_side.merged > 2 &&
        cell.no_side.partial + cell.no_side.merged > cell.side[0].valid + cell.side[1].valid)
        json_array_append_new(list, json_string("most steps miss the mat or are merged: move the start mark"));
    for (int side = 0; side < SIDES; side++) {
        unsigned bad = cell.side[side].partial + cell.side[side].merged;

        if (bad > 2 && bad > cell.side[side].valid) {
            snprintf(text, sizeof text, "most %s steps miss the mat or are merged: move the start mark", feet[side]);
            json_array_append_new(list, json_string(text));
        }
    }
    if (steps->unknown_side) {
        snprintf(text, sizeof text, "%u valid steps have no side: gait footfall set-side says which foot it was",
                 steps->unknown_side);
        json_array_append_new(list, json_string(text));
    }
    (void)d;
    return list;
}

static json_t *cells_array(const struct daemon *d, struct steps *steps, const struct study_view *v)
{
    json_t *cells = json_array();

    for (int t = 0; t < (int)v->protocol->n_timepoints; t++)
        for (int c = 0; c < (int)v->protocol->n_conditions; c++)
            for (int side = 0; side < SIDES; side++)
                json_array_append_new(cells, cell_row(d, steps, v, t, c, side));
    return cells;
}

json_t *study_quality(const struct daemon *d, const struct study_view *v, const struct plan_next *next)
{
    const struct protocol *p = v->protocol;
    unsigned extra = 0, discarded = 0;
    char text[160], buffer[STUDY_NAME_MAX + 1];
    int timepoint, condition;
    struct plan_cell cell;
    struct steps steps;
    double balance;
    json_t *o, *last;

    if (gather(d->session, &steps) < 0)
        return json_null();
    cell_at_work(v, next, &timepoint, &condition);
    plan_cell(p, v->pass, v->n, timepoint, condition, &cell);
    say_needed(&cell, text);
    find_baseline(p, &steps, condition); /* before the rows of cells, each of which finds its own */
    last = last_object(d, &steps);
    balance = balance_of(&steps, timepoint, condition);
    for (size_t i = 0; i < v->n; i++) {
        extra += v->pass[i].extra && !v->pass[i].discarded;
        discarded += v->pass[i].discarded;
    }
    o = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:{s:i, s:i, s:i}, s:i, s:i, s:o, s:s}", "timepoint",
                  study_shown(d->session, p->timepoints[timepoint].name, buffer), "condition",
                  p->conditions[condition].name, "cells", cells_array(d, &steps, v), "window",
                  window_object(p, &steps, condition), "last", last, "balance_s", real_or_null(balance), "balanced",
                  isfinite(balance) ? json_boolean(fabs(balance) <= p->balance_s) : json_null(), "unknown_side",
                  (int)steps.unknown_side, "no_side", "invalid", (int)cell.no_side.invalid, "partial",
                  (int)cell.no_side.partial, "merged", (int)cell.no_side.merged, "extra_passes", (int)extra,
                  "discarded", (int)discarded, "warnings", warnings_of(d, &steps, v, timepoint, condition, balance),
                  "text", text);
    free(steps.row);
    return o;
}

/* --- after a crash --------------------------------------------------------------------------------------- */

/* What was said of a footfall after it had left the mat stands behind its record. */
static void hear(struct session *s, uint32_t trial, const struct gait_journal_record *record)
{
    struct gait_action a;

    if (gait_action_unpack(record->payload, record->payload_bytes, &a) == 0 &&
        (a.kind == GAIT_ACTION_INVALID || a.kind == GAIT_ACTION_SET_SIDE))
        (void)session_correct_step(s, trial, a.footfall, a.side, a.kind == GAIT_ACTION_INVALID);
}

/* A journal that begins a trial has all of its steps; one that goes on with it has those from its first one on. */
static void recover_from(struct daemon *d, uint32_t trial, const char *path, bool begins, double started_s)
{
    struct gait_journal_reader *reader;
    struct gait_journal_record record;

    if (gait_journal_open(path, &reader, NULL) < 0)
        return;
    if (begins)
        session_forget_steps(d->session, trial, 0);
    while (gait_journal_next(reader, &record, NULL) > 0) {
        struct gait_footfall *f = NULL;
        struct session_step step;

        if (record.type == GAIT_RECORD_ACTION)
            hear(d->session, trial, &record);
        if (record.type != GAIT_RECORD_FOOTFALL || gait_footfall_unpack(record.payload, record.payload_bytes, &f) < 0)
            continue;
        session_step_of(f, &step);
        session_forget_steps(d->session, trial, step.footfall);
        session_add_step(d->session, trial, &step, started_s);
        gait_footfall_free(f);
    }
    gait_journal_reader_free(reader);
}

/* Parts that are files by now cannot be read here: of their steps session.json tells, which was saved when they were left. */
void study_recover_steps(struct daemon *d, const json_t *row)
{
    const char *path = json_string_value(json_object_get(row, "journal"));
    const json_t *parts = json_object_get(row, "parts");
    uint32_t trial = (uint32_t)json_integer_value(json_object_get(row, "trial"));
    double started_s = json_number_value(json_object_get(row, "started_s")) -
                       json_number_value(json_object_get(d->session->state, "opened_s"));

    for (size_t i = 0; i < json_array_size(parts); i++)
        recover_from(d, trial, json_string_value(json_array_get(parts, i)), i == 0, started_s);
    if (path)
        recover_from(d, trial, path, json_array_size(parts) == 0, started_s);
}
