/* What speaks against comparing: refusals, warnings, and what must be said beside the numbers. */
#include <gait/design.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "compare/common.h"

#define STEPS_REFUSED 3 /* below */
#define STEPS_VERDICT 4
#define STEPS_WANTED  5

struct findings {
    struct gait_design_finding *finding;
    size_t room, n;
    const char *timepoint;
    const char *who; /* "" or whose trials the next ones are about */
    enum gait_design_foot foot;
};

/* Where the next finding goes: a refusal takes the place of a lesser one where all places are taken. NULL: nowhere. */
static struct gait_design_finding *place_for(const struct findings *f, enum gait_design_severity severity)
{
    if (f->n < f->room)
        return &f->finding[f->n];
    for (size_t i = f->room; i-- > 0 && severity == GAIT_DESIGN_REFUSED;)
        if (f->finding[i].severity != GAIT_DESIGN_REFUSED)
            return &f->finding[i];
    return NULL;
}

static void __attribute__((format(printf, 4, 5)))
say(struct findings *f, enum gait_design_severity severity, const char *code, const char *format, ...)
{
    struct gait_design_finding *one = place_for(f, severity);
    va_list args;
    int n;

    if (one) {
        *one = (struct gait_design_finding){
            .severity = severity, .code = code, .timepoint = f->timepoint, .foot = f->foot};
        n = snprintf(one->text, sizeof(one->text), "%.70s%s", f->who, f->who[0] ? ": " : "");
        va_start(args, format);
        vsnprintf(one->text + n, sizeof(one->text) - (size_t)n, format, args);
        va_end(args);
    }
    f->n++;
}

static const struct gait_design_pass *first_at(const struct gait_design_data *data, const struct gait_design_plan *plan,
                                               const char *subject, const char *timepoint)
{
    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];

        if (strcmp(p->condition, plan->condition) == 0 && strcmp(p->timepoint, timepoint) == 0 &&
            (!subject || strcmp(p->subject, subject) == 0))
            return p;
    }
    return NULL;
}

/* Settings that make the numbers of two passes different things, whoever walked them. */
static void check_numbers(struct findings *f, const struct gait_design_pass *a, const struct gait_design_pass *b)
{
    const struct gait_design_settings *x = &a->settings, *y = &b->settings;

    if (x->algorithm_version != y->algorithm_version)
        say(f, GAIT_DESIGN_REFUSED, "algorithm_version",
            "trial %u was computed by algorithm version %u, trial %u by %u: analyse both again with one version",
            a->trial, x->algorithm_version, b->trial, y->algorithm_version);
    if (strcmp(x->masks, y->masks) != 0)
        say(f, GAIT_DESIGN_REFUSED, "masks",
            "the masks differ (trial %u: %.40s; trial %u: %.40s): analyse both with one set", a->trial, x->masks,
            b->trial, y->masks);
    if (x->p_on_kPa != y->p_on_kPa)
        say(f, GAIT_DESIGN_REFUSED, "threshold",
            "the contact threshold differs (trial %u: %g kPa, trial %u: %g kPa): areas and arch numbers hang on it; "
            "analyse "
            "both with one",
            a->trial, x->p_on_kPa, b->trial, y->p_on_kPa);
    if (x->pitch_x_mm != y->pitch_x_mm || x->pitch_y_mm != y->pitch_y_mm)
        say(f, GAIT_DESIGN_REFUSED, "pitch", "the mats' cells differ (trial %u: %g x %g mm, trial %u: %g x %g mm)",
            a->trial, x->pitch_x_mm, x->pitch_y_mm, b->trial, y->pitch_x_mm, y->pitch_y_mm);
    if (x->surface != y->surface || x->approach != y->approach)
        say(f, GAIT_DESIGN_REFUSED, "protocol",
            "surface or approach differs between trial %u and trial %u (overground or belt; steps before the mat)",
            a->trial, b->trial);
}

/* The same, and what else must not differ within a person. */
static void check_settings(struct findings *f, const struct gait_design_pass *a, const struct gait_design_pass *b)
{
    const struct gait_design_settings *x = &a->settings, *y = &b->settings;

    check_numbers(f, a, b);
    if (strcmp(x->footwear, y->footwear) != 0)
        say(f, GAIT_DESIGN_REFUSED, "footwear",
            "footwear differs (trial %u: %.40s, trial %u: %.40s): that alone changes the pressures", a->trial,
            x->footwear[0] ? x->footwear : "not said", b->trial, y->footwear[0] ? y->footwear : "not said");
    if (x->rate_hz != y->rate_hz)
        say(f, GAIT_DESIGN_WARNING, "rate",
            "the frame rate differs (trial %u: %g Hz, trial %u: %g Hz): peaks and times "
            "are not quite the same thing",
            a->trial, x->rate_hz, b->trial, y->rate_hz);
    if (strcmp(a->mat, b->mat) != 0)
        say(f, GAIT_DESIGN_WARNING, "mat", "trial %u was walked on mat %.40s, trial %u on %.40s", a->trial, a->mat,
            b->trial, b->mat);
    if (x->calibration_version != y->calibration_version || strcmp(x->calibration_date, y->calibration_date) != 0)
        say(f, GAIT_DESIGN_WARNING, "calibration",
            "tare or calibration changed between trial %u (version %u) and trial %u (version %u): a shift of all "
            "pressures "
            "may be the mat's",
            a->trial, x->calibration_version, b->trial, y->calibration_version);
}

/* What was found since `before` and was said since `from` already is taken back. */
static void drop_repeated(struct findings *f, size_t from, size_t before)
{
    for (size_t k = before; k < f->n && f->n <= f->room; k++)
        for (size_t j = from; j < before; j++)
            if (strcmp(f->finding[j].code, f->finding[k].code) == 0) {
                memmove(&f->finding[k], &f->finding[k + 1], (f->n - k - 1) * sizeof(*f->finding));
                f->n--;
                k--;
                break;
            }
}

/* Every pass of this person's timepoint against the first baseline pass; each kind of difference is said once. */
static void check_passes(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan,
                         const char *subject, const char *timepoint)
{
    const struct gait_design_pass *base = first_at(data, plan, subject, plan->baseline);
    const struct gait_design_pass *first = first_at(data, plan, subject, timepoint);
    size_t from = f->n;

    f->who = plan->kind == GAIT_DESIGN_ONE_PERSON ? "" : subject;
    for (size_t i = 0; base && i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];
        size_t before = f->n;

        if (strcmp(p->condition, plan->condition) != 0 || strcmp(p->timepoint, timepoint) != 0 ||
            (subject && strcmp(p->subject, subject) != 0))
            continue;
        check_settings(f, base, p);
        if (plan->kind != GAIT_DESIGN_CROSSOVER && strcmp(first->session, p->session) != 0)
            say(f, GAIT_DESIGN_WARNING, "sessions",
                "passes of several visits lie together at %.40s (%.50s, %.50s): name one visit's file to see it by "
                "itself",
                timepoint, first->session, p->session);
        drop_repeated(f, from, before);
    }
    f->who = "";
}

/* People stand in one comparison: their numbers must be the same thing. */
static void check_people(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan)
{
    const struct gait_design_pass *first = first_at(data, plan, NULL, plan->baseline);
    size_t from = f->n;
    char who[72];

    for (size_t i = 0; first && i < data->passes; i++) {
        const struct gait_design_pass *p = first_at(data, plan, data->pass[i].subject, plan->baseline);
        size_t before = f->n;

        if (!compare_first_of_person(data, i) || !p)
            continue;
        snprintf(who, sizeof(who), "%.32s and %.32s", first->subject, p->subject);
        f->who = who;
        check_numbers(f, first, p);
        drop_repeated(f, from, before);
    }
    f->who = "";
}

/* outside: there are passes after, none in the window. */
static void check_steps(struct findings *f, size_t pre, size_t post, bool outside, const char *subject,
                        const char *baseline)
{
    size_t least = pre < post ? pre : post;
    const char *where = pre <= post ? baseline : f->timepoint, *who = subject ? subject : "";
    const char *foot = f->foot == GAIT_DESIGN_BOTH   ? "each foot"
                       : f->foot == GAIT_DESIGN_LEFT ? "the left foot"
                                                     : "the right foot";

    if (pre && outside)
        say(f, GAIT_DESIGN_REFUSED, "few_steps",
            "%s%sno pass at %.60s lies in the window: record some at the baseline's pace", who, *who ? ": " : "",
            where);
    else if (!least && f->foot == GAIT_DESIGN_BOTH)
        say(f, GAIT_DESIGN_REFUSED, "few_steps",
            "%s%sno pass at %.60s in the window has a valid step of both feet: name one foot, or record more passes",
            who, *who ? ": " : "", where);
    else if (least < STEPS_REFUSED)
        say(f, GAIT_DESIGN_REFUSED, "few_steps",
            "%s%s%zu valid step%s of %s at %.60s in the window: fewer than 3 are not compared; record more passes", who,
            *who ? ": " : "", least, least == 1 ? "" : "s", foot, where);
    else if (least < STEPS_VERDICT)
        say(f, GAIT_DESIGN_WARNING, "few_steps",
            "%s%s3 valid steps of %s at %.60s in the window: numbers, but no verdict; 5 are wanted", who,
            *who ? ": " : "", foot, where);
    else if (least < STEPS_WANTED)
        say(f, GAIT_DESIGN_WARNING, "few_steps",
            "%s%s4 valid steps of %s at %.60s in the window: 5 are wanted, 10 are better", who, *who ? ": " : "", foot,
            where);
}

static double median_of(double *x, size_t n)
{
    struct gait_stats_summary s;

    n = gait_stats_drop_missing(x, n, x);
    return n && gait_stats_summarise(x, n, &s) == 0 ? s.median : (double)NAN;
}

/* Steps in the window, and whether speed drifted out of it. */
static int check_person(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan,
                        const char *subject, const char *timepoint)
{
    _cleanup_free_ double *x = calloc(data->passes + 1, sizeof(*x)), *control = calloc(data->passes + 1, sizeof(*x));
    struct gait_design_window w;
    size_t pre, post, n, inside;
    double median;
    int r;

    if (!x || !control)
        return -ENOMEM;
    r = gait_design_window(data, plan, subject, plan->foot, &w);
    if (r < 0)
        return r;
    gait_design_pass_means(data, plan, subject, NULL, plan->baseline, GAIT_METRIC_STANCE, plan->foot, &w, x, NULL,
                           &pre);
    n = gait_design_pass_means(data, plan, subject, NULL, timepoint, GAIT_METRIC_STANCE, plan->foot, NULL, x, control,
                               NULL);
    median = median_of(control, n);
    /* the window holds for every metric but stance itself: count with another one that every step has */
    inside = gait_design_pass_means(data, plan, subject, NULL, timepoint, GAIT_METRIC_IMPULSE, plan->foot, &w, x, NULL,
                                    &post);
    gait_design_pass_means(data, plan, subject, NULL, plan->baseline, GAIT_METRIC_IMPULSE, plan->foot, &w, x, NULL,
                           &pre);
    if (isfinite(median) && isfinite(w.median) && (median < w.lo || median > w.hi))
        say(f, GAIT_DESIGN_WARNING, "speed_drift",
            "%s%s%s at %.60s is %+.1f %% off the baseline (%.3g against %.3g %s): %zu of %zu passes lie in the window "
            "of "
            "+-%g %%; read the numbers at equal %s",
            w.by_speed ? "walking speed" : "stance time", subject ? " of " : "", subject ? subject : "", timepoint,
            100 * (median / w.median - 1), median, w.median, w.by_speed ? "m/s" : "s", inside, n, 100 * plan->window,
            w.by_speed ? "speed" : "stance time");
    if (isnan(w.median))
        say(f, GAIT_DESIGN_WARNING, "no_control",
            "neither speed nor stance time is known at the baseline: passes of any speed are compared");
    check_steps(f, pre, post, n > 0 && !inside, subject, plan->baseline);
    return 0;
}

/* Timepoints that stand in another condition only. */
static void check_conditions(struct findings *f, const struct gait_design_data *data,
                             const struct gait_design_plan *plan)
{
    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];
        bool said = strcmp(p->condition, plan->condition) == 0 || strcmp(p->timepoint, plan->baseline) == 0 ||
                    first_at(data, plan, NULL, p->timepoint);

        for (size_t k = 0; k < f->n && k < f->room && !said; k++)
            said = strcmp(f->finding[k].code, "condition") == 0 && strcmp(f->finding[k].timepoint, p->timepoint) == 0;
        if (said)
            continue;
        f->timepoint = p->timepoint;
        say(f, GAIT_DESIGN_REFUSED, "condition",
            "%.60s was walked %.40s only and the baseline %.60s %.40s: footwear alone changes the pressures",
            p->timepoint, p->condition, plan->baseline, plan->condition);
    }
    f->timepoint = "";
}

/* Passes of several people or arms would be taken for one person's before and after. */
static void check_one_person(struct findings *f, const struct gait_design_data *data)
{
    const char *arm = "";

    for (size_t i = 0; i < data->passes; i++) {
        if (strcmp(data->pass[i].subject, data->pass[0].subject) != 0) {
            say(f, GAIT_DESIGN_REFUSED, "people", "passes of %.40s and %.40s are no one person's: leave --design out",
                data->pass[0].subject, data->pass[i].subject);
            return;
        }
        if (!data->pass[i].arm[0] || strcmp(data->pass[i].arm, arm) == 0)
            continue;
        if (arm[0]) {
            say(f, GAIT_DESIGN_REFUSED, "arms",
                "one person walked under two arms (%.40s, %.40s): compare each visit by itself, or several people in a "
                "crossover",
                arm, data->pass[i].arm);
            return;
        }
        arm = data->pass[i].arm;
    }
}

static void check_arms(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan)
{
    if (plan->kind == GAIT_DESIGN_ONE_PERSON)
        check_one_person(f, data);
    if (plan->kind == GAIT_DESIGN_ONE_PERSON || plan->kind == GAIT_DESIGN_GROUP)
        say(f, GAIT_DESIGN_NOTE, "no_control_arm",
            "no control arm: this is the change over the session, whatever its cause (warm-up, time, being measured)");
    if (plan->kind == GAIT_DESIGN_ONE_FOOT)
        say(f, GAIT_DESIGN_NOTE, "untreated_foot",
            "the untreated foot may change too: this is the local difference only; a sham or rest arm tells more");
    if (plan->primaries > GAIT_VERDICT_PRIMARIES_MAX)
        say(f, GAIT_DESIGN_REFUSED, "primaries", "more than %d primary metrics", GAIT_VERDICT_PRIMARIES_MAX);
}

/* Each foot that a primary is about, once. */
static int check_feet(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan,
                      const char *subject, const char *timepoint)
{
    bool done[GAIT_DESIGN_FEET + 1] = {false};
    int r = 0;

    for (size_t i = 0; i < plan->primaries && i < GAIT_VERDICT_PRIMARIES_MAX && r == 0; i++) {
        struct gait_design_plan of = gait_design_plan_of(plan, i);

        if (done[of.foot])
            continue;
        done[of.foot] = true;
        f->foot = of.foot;
        r = check_person(f, data, &of, subject, timepoint);
    }
    return r;
}

/* Who has too little in the window for a group, and where. */
static int note_left_out(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan,
                         const char *subject, const char *timepoint)
{
    _cleanup_free_ double *x = calloc(data->passes + 1, sizeof(*x));
    struct gait_design_window w;
    size_t pre, post;

    if (!x || gait_design_window(data, plan, subject, plan->foot, &w) < 0)
        return -ENOMEM;
    gait_design_pass_means(data, plan, subject, NULL, plan->baseline, GAIT_METRIC_IMPULSE, plan->foot, &w, x, NULL,
                           &pre);
    gait_design_pass_means(data, plan, subject, NULL, timepoint, GAIT_METRIC_IMPULSE, plan->foot, &w, x, NULL, &post);
    if (pre < STEPS_REFUSED || post < STEPS_REFUSED)
        say(f, GAIT_DESIGN_NOTE, "left_out",
            "%.60s is left out: %zu valid steps of a foot in the window at %.40s, %zu at %.40s; 3 are the least",
            subject, pre, plan->baseline, post, timepoint);
    return 0;
}

static int check_timepoint(struct findings *f, const struct gait_design_data *data, const struct gait_design_plan *plan,
                           const char *timepoint)
{
    bool one = plan->kind == GAIT_DESIGN_ONE_PERSON;
    int r = 0;

    f->timepoint = timepoint;
    for (size_t i = 0; i < data->passes && r == 0; i++) {
        const char *subject = data->pass[i].subject;

        if (!compare_first_of_person(data, i))
            continue;
        f->foot = (enum gait_design_foot)0;
        check_passes(f, data, plan, subject, timepoint);
        if (strcmp(timepoint, plan->baseline) == 0)
            continue;
        if (one)
            r = check_feet(f, data, plan, subject, timepoint);
        else if (plan->kind == GAIT_DESIGN_GROUP || plan->kind == GAIT_DESIGN_PARALLEL)
            r = note_left_out(f, data, plan, subject, timepoint);
    }
    f->foot = (enum gait_design_foot)0;
    return r;
}

int gait_design_check(const struct gait_design_data *data, const struct gait_design_plan *plan, size_t room,
                      struct gait_design_finding *ret_finding)
{
    struct findings f = {.finding = ret_finding, .room = room, .timepoint = "", .who = ""};
    const char *timepoint[GAIT_DESIGN_FINDINGS_MAX];
    size_t n = gait_design_timepoints(data, plan, GAIT_DESIGN_FINDINGS_MAX, timepoint);
    int r;

    check_arms(&f, data, plan);
    check_conditions(&f, data, plan);
    if (plan->kind != GAIT_DESIGN_ONE_PERSON)
        check_people(&f, data, plan);
    if (!n)
        say(&f, GAIT_DESIGN_REFUSED, "one_timepoint",
            "there is only the timepoint %.60s: nothing to compare it with; record one after treatment, or name "
            "another "
            "baseline",
            plan->baseline);
    r = check_timepoint(&f, data, plan, plan->baseline);
    for (size_t i = 0; r == 0 && i < n && i < GAIT_DESIGN_FINDINGS_MAX; i++)
        r = check_timepoint(&f, data, plan, timepoint[i]);
    return r < 0 ? r : (int)f.n;
}
